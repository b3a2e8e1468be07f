//! What an application did with records, as batches. Kafka 4.3: `Acknowledgements`.

use super::super::message::{AcknowledgeType, AcknowledgementBatch};
use crate::sorted::SortedMap;

/// What became of offsets.
pub(super) type Acks = SortedMap<i64, AcknowledgeType>;

/// So many offsets with one type are a batch of their own. Kafka: `MAX_RECORDS_WITH_SAME_ACKNOWLEDGE_TYPE`.
const SAME_MAX: usize = 10;

/// The batches: offsets that follow each other together, long runs of one type by themselves. Kafka:
/// `getAcknowledgementBatches`.
pub(super) fn batches(acks: &Acks) -> Vec<AcknowledgementBatch> {
    let mut batches: Vec<AcknowledgementBatch> = Vec::new();
    for (offset, how) in acks {
        match batches.last_mut().filter(|batch| batch.last.saturating_add(1) == *offset) {
            Some(batch) => {
                batch.last = *offset;
                batch.types.push(*how);
            }
            None => batches.push(AcknowledgementBatch { first: *offset, last: *offset, types: vec![*how] }),
        }
    }
    let mut parts: Vec<AcknowledgementBatch> = batches.iter().flat_map(cut).collect();
    for batch in &mut parts {
        if batch.types.iter().all(|how| Some(how) == batch.types.first()) {
            batch.types.truncate(1);
        }
    }
    parts
}

/// A run of more than ten of one type is a part by itself. Kafka: `maybeOptimiseAcknowledgeTypes`.
fn cut(batch: &AcknowledgementBatch) -> Vec<AcknowledgementBatch> {
    let mut parts: Vec<AcknowledgementBatch> = Vec::new();
    let mut first = batch.first;
    let mut rest: Vec<AcknowledgeType> = Vec::new();
    for run in batch.types.chunk_by(|one, other| one == other) {
        rest.extend(run);
        if run.len() > SAME_MAX {
            let before = rest.len().saturating_sub(run.len());
            let types = rest.drain(..before).collect();
            push(&mut parts, &mut first, types);
            push(&mut parts, &mut first, std::mem::take(&mut rest));
        }
    }
    push(&mut parts, &mut first, rest);
    parts
}

fn push(parts: &mut Vec<AcknowledgementBatch>, first: &mut i64, types: Vec<AcknowledgeType>) {
    let length = i64::try_from(types.len()).unwrap_or(i64::MAX);
    if length > 0 {
        let last = first.saturating_add(length).saturating_sub(1);
        parts.push(AcknowledgementBatch { first: *first, last, types });
        *first = last.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AcknowledgeType::{Accept, Gap, Reject, Release};

    fn told(types: &[(i64, AcknowledgeType)]) -> Vec<(i64, i64, Vec<AcknowledgeType>)> {
        let acks: Acks = types.iter().copied().collect();
        batches(&acks).into_iter().map(|batch| (batch.first, batch.last, batch.types)).collect()
    }

    #[test]
    fn neighbours_are_told_together_and_once_if_they_are_alike() {
        assert_eq!(told(&[]), []);
        assert_eq!(told(&[(0, Accept), (1, Release)]), [(0, 1, vec![Accept, Release])]);
        assert_eq!(told(&[(4, Accept), (5, Accept), (7, Gap)]), [(4, 5, vec![Accept]), (7, 7, vec![Gap])]);
    }

    #[test]
    fn a_long_run_is_a_batch_by_itself() {
        let mut types = vec![(0, Reject), (1, Release)];
        types.extend((2..13).map(|offset| (offset, Accept)));
        types.extend([(13, Reject), (14, Accept)]);
        let expected = [(0, 1, vec![Reject, Release]), (2, 12, vec![Accept]), (13, 14, vec![Reject, Accept])];
        assert_eq!(told(&types), expected);
        let ten: Vec<(i64, AcknowledgeType)> = (0..10).map(|offset| (offset, Accept)).chain([(10, Reject)]).collect();
        assert_eq!(told(&ten).len(), 1);
    }

    /// What Kafka 4.3.1 made of 400 random acknowledgements.
    #[test]
    fn batches_are_kafkas() {
        use serde_json::{Value, json};
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/share_acknowledgements.jsonl");
        let named = |id: &Value| {
            [Gap, Accept, Release, Reject, AcknowledgeType::Renew][usize::try_from(id.as_u64().unwrap()).unwrap()]
        };
        let mut count = 0;
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let acks = line["acks"].as_array().unwrap().iter();
            let acks: Acks = acks.map(|one| (one[0].as_i64().unwrap(), named(&one[1]))).collect();
            let told = batches(&acks).into_iter().map(|batch| {
                json!([batch.first, batch.last, batch.types.iter().map(|how| how.id()).collect::<Vec<_>>()])
            });
            assert_eq!(told.collect::<Value>(), line["batches"], "{}", line["acks"]);
            count += 1;
        }
        assert_eq!(count, 400);
    }
}

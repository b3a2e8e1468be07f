//! Provisional.
use crate::fact::ReadyBecause;
use crate::ids::{BatchId, TopicPartition};
use crate::time::SimTime;
use highwater_log::record::NewRecord;
use highwater_log::size::batch_size_upper_bound;
use std::collections::BTreeMap;

/// x
#[derive(Clone, Debug)]
pub struct Batch {
    pub id: BatchId,
    pub partition: TopicPartition,
    pub records: Vec<NewRecord>,
    pub numbers: Vec<i64>,
    pub bytes: i64,
    pub ticks: Vec<i64>,
    pub created: SimTime,
    pub closed: bool,
    pub attempts: i64,
}
/// x
#[derive(Clone, Debug, Default)]
pub struct Accumulator {
    pub queues: BTreeMap<TopicPartition, Vec<Batch>>,
    next: u64,
}
impl Accumulator {
    /// x
    pub fn append(
        &mut self,
        tp: &TopicPartition,
        record: NewRecord,
        number: i64,
        batch_size: i64,
        now: SimTime,
    ) -> (BatchId, bool, i64, i64, bool) {
        let queue = self.queues.entry(tp.clone()).or_default();
        let size = highwater_log::size::record_size_in_bytes(
            queue.last().map_or(0, |b| b.records.len() as i32),
            0,
            record.key.as_ref().map(|k| k.len()),
            record.value.as_ref().map(|k| k.len()),
            &[],
        ) as i64;
        let bound = batch_size_upper_bound(
            record.key.as_ref().map(|k| k.len()),
            record.value.as_ref().map(|k| k.len()),
            &[],
        ) as i64
            - 61;
        if let Some(last) = queue.last_mut()
            && !last.closed
            && last.bytes + bound > batch_size
        {
            last.closed = true;
        }
        let new = queue.last().is_none_or(|b| b.closed);
        if new {
            queue.push(Batch {
                id: BatchId(self.next),
                partition: tp.clone(),
                records: vec![],
                numbers: vec![],
                bytes: 61,
                ticks: vec![],
                created: now,
                closed: false,
                attempts: 0,
            });
            self.next += 1;
        }
        let full = queue.len() > 1;
        let Some(last) = queue.last_mut() else {
            return (BatchId(0), false, 0, 0, false);
        };
        last.records.push(record);
        last.numbers.push(number);
        last.bytes += size;
        last.ticks.push(last.bytes);
        (
            last.id,
            new,
            last.records.len() as i64,
            last.bytes,
            full || last.bytes >= batch_size,
        )
    }
    /// x
    pub fn ready(
        &self,
        now: SimTime,
        linger_ms: u64,
        batch_size: i64,
    ) -> (Vec<(TopicPartition, BatchId, ReadyBecause, i64)>, Option<SimTime>) {
        let mut ready = vec![];
        let mut next: Option<SimTime> = None;
        for (tp, queue) in &self.queues {
            let Some(b) = queue.first() else { continue };
            let waited = now.ms_since(b.created);
            if queue.len() > 1 || b.closed || b.bytes >= batch_size {
                ready.push((tp.clone(), b.id, ReadyBecause::Full, waited as i64));
            } else if waited >= linger_ms {
                ready.push((tp.clone(), b.id, ReadyBecause::LingerExpired, waited as i64));
            } else {
                let at = b.created.plus_ms(linger_ms);
                next = Some(next.map_or(at, |n| n.min(at)));
            }
        }
        (ready, next)
    }
    /// x
    pub fn take(&mut self, tp: &TopicPartition) -> Option<Batch> {
        let q = self.queues.get_mut(tp)?;
        if q.is_empty() { None } else { Some(q.remove(0)) }
    }
}

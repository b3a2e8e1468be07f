//! Builds the partitioner panel.

use highwater_sim::sorted::{SortedMap, sort_short_by_key};

use highwater_sim::ids::TopicPartition;
use highwater_sim::producer::partitioner::{murmur2, murmur2_trace, to_positive};
use highwater_sim::world::World;

use super::{Palette, View, measure_moves};
use crate::scene::Shown;
use crate::scene::partitioner::{Division, HashStage, KeyChip, KeyStages, PartitionLane, PartitionerPanel};
use crate::script::Stage;

/// Where a key goes among `count` partitions; partition 0 for a count below 1.
pub(super) fn partition_of(key: &[u8], count: i32) -> i32 {
    to_positive(murmur2(key)).checked_rem(count).unwrap_or(0)
}

pub(super) fn panel(world: &World, view: &View, palette: &Palette) -> Option<PartitionerPanel> {
    let topic = view.topic()?;
    let producer = view.producer.as_deref()?;
    // The producer hashes over what it knows; before it knows anything, over what there is.
    let known = world.producer(producer).and_then(|producer| producer.metadata.topic(topic).cloned());
    let there = world.metadata().topics.get(topic)?;
    let count = |partitions: usize| i32::try_from(partitions).unwrap_or(i32::MAX);
    let partitions = count(known.map_or(there.partitions.len(), |known| known.partitions.len()));
    let ignoring = world
        .producer(producer)
        .filter(|producer| producer.config.partitioner_ignore_keys || !producer.config.partitioner_class.heeds_keys());
    // Where keys are ignored nothing is hashed: the sticky partitioner's partition, if it has one, is the one that is meant.
    let ignored = ignoring.map(|producer| producer.sticky_partition(topic).map_or(-1, |(partition, _)| partition));
    let view = &match ignored {
        Some(_) => View { through: Stage::Key, before: None, ..view.clone() },
        None => view.clone(),
    };
    let lanes = lanes(world, topic, count(there.partitions.len()), partitions, view, palette, ignored);
    Some(PartitionerPanel {
        topic: topic.to_string(),
        partitions,
        key: view.key.as_deref().map(|key| Box::new(stages(producer, topic, key, partitions, view, palette))),
        lanes,
        moves: view.moves.as_ref().map(|moves| measure_moves(topic, moves)),
    })
}

fn stages(producer: &str, topic: &str, key: &str, partitions: i32, view: &View, palette: &Palette) -> KeyStages {
    let trace = murmur2_trace(key.as_bytes());
    let positive = to_positive(trace.result);
    let partition = positive.checked_rem(partitions).unwrap_or(0);
    let shown = |value: i32| Shown { value, key: format!("chosen/{producer}/{topic}") };
    let part = |from: usize, to: usize| key.as_bytes().get(from..to).map(readable).unwrap_or_default();
    let whole = trace.turns.len().saturating_mul(4);
    let hash = HashStage {
        initial: trace.initial,
        turns: (0..).zip(&trace.turns).map(|(turn, h)| (part(turn * 4, turn * 4 + 4), *h)).collect(),
        tail: trace.tail.map(|h| (part(whole, key.len()), h)),
        murmur2: shown(trace.result),
    };
    KeyStages {
        text: key.to_owned(),
        color: palette.color(Some(key)),
        bytes: key.char_indices().flat_map(bytes_of_char).collect(),
        hash: (view.through >= Stage::Murmur2).then_some(hash),
        positive: (view.through >= Stage::Positive).then(|| shown(positive)),
        remainder: (view.through >= Stage::Remainder).then(|| Division {
            dividend: positive,
            divisor: partitions,
            quotient: positive.checked_div(partitions).unwrap_or(0),
            remainder: shown(partition),
        }),
        partition: (view.through >= Stage::Partition).then(|| shown(partition)),
        before: view.before.map(|count| (count, partition_of(key.as_bytes(), count))),
    }
}

/// Each byte of a character, the first one with the character.
fn bytes_of_char((_, character): (usize, char)) -> Vec<(u8, String)> {
    let mut buffer = [0_u8; 4];
    let bytes = character.encode_utf8(&mut buffer).as_bytes();
    bytes
        .iter()
        .enumerate()
        .map(|(index, byte)| (*byte, if index == 0 { character.to_string() } else { String::new() }))
        .collect()
}

fn readable(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '·' }).collect()
}

/// The keys in the logs, where they are and where their next record goes; `ignored`: keys do not count, and where the sticky
/// partitioner stands, -1 for nowhere yet.
fn lanes(
    world: &World,
    topic: &str,
    there: i32,
    partitions: i32,
    view: &View,
    palette: &Palette,
    ignored: Option<i32>,
) -> Vec<PartitionLane> {
    let mut records: SortedMap<i32, i64> = SortedMap::new();
    let mut keys: Vec<(String, SortedMap<i32, i64>)> = Vec::new();
    for number in 0..there {
        let Some(replica) = world.leader(&TopicPartition::new(topic, number)) else {
            continue;
        };
        records.insert(number, replica.log_end_offset().0.saturating_sub(replica.log_start_offset().0));
        for batch in replica.log.batches_from(0) {
            for record in batch.records().into_iter().flatten() {
                let Some(key) = super::cluster::text(record.key.as_deref()) else {
                    continue;
                };
                if !palette.knows(&key) {
                    continue;
                }
                let known = keys.iter().position(|(name, _)| *name == key);
                let index = known.unwrap_or_else(|| {
                    keys.push((key, SortedMap::new()));
                    keys.len().saturating_sub(1)
                });
                if let Some((_, places)) = keys.get_mut(index) {
                    *places.get_or_insert_with(number, || 0) += 1;
                }
            }
        }
    }
    if let Some(key) = &view.key
        && !keys.iter().any(|(name, _)| name == key)
        && view.through >= Stage::Partition
    {
        keys.push((key.clone(), SortedMap::new()));
    }
    sort_short_by_key(&mut keys, |(key, _)| palette.rank(key));
    (0..there)
        .map(|number| {
            let id = format!("topic/{topic}/partition-{number}");
            let chips = keys.iter().filter_map(|(key, places)| {
                let next = ignored.is_none() && partition_of(key.as_bytes(), partitions) == number;
                let here = places.get(&number).copied().unwrap_or(0);
                (next || here > 0).then(|| KeyChip {
                    id: format!("{id}/key-{key}"),
                    key: key.clone(),
                    color: palette.color(Some(key)),
                    next,
                    records: here,
                })
            });
            let is_now = match ignored {
                Some(sticky) => sticky == number,
                None => {
                    view.through >= Stage::Partition
                        && view.key.as_ref().is_some_and(|key| partition_of(key.as_bytes(), partitions) == number)
                }
            };
            PartitionLane {
                partition: number,
                records: records.get(&number).copied().unwrap_or(0),
                keys: chips.collect(),
                is_now,
                id,
            }
        })
        .collect()
}

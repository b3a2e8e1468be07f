//! Builds the accumulator panel.

use highwater_sim::ids::TopicPartition;
use highwater_sim::producer::{BatchView, Producer};
use highwater_sim::world::World;

use super::View;
use crate::scene::Shown;
use crate::scene::accumulator::{AccumulatorPanel, Batch, BatchState, Queue};

pub(super) fn panel(world: &World, view: &View) -> Option<AccumulatorPanel> {
    let topic = view.topic()?;
    let producer = world.producer(view.producer.as_deref()?)?;
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let known = producer.metadata.topic(topic).map_or(0, |known| known.partitions.len());
    let known = i32::try_from(known).unwrap_or(i32::MAX);
    let queues = (0..known).filter_map(|partition| {
        let id = format!("accumulator/{}/{topic}-{partition}", producer.id);
        let batches = producer.batches(&TopicPartition::new(topic, partition));
        let looked_at = view.look.iter().any(|mark| mark.starts_with(&id));
        let sticky = producer.sticky_partition(topic).is_some_and(|(at, _)| at == partition);
        (!batches.is_empty() || looked_at || sticky).then(|| Queue {
            batches: batches.iter().map(|seen| batch(world, &id, seen)).collect(),
            partition,
            id,
        })
    });
    Some(AccumulatorPanel {
        producer: producer.id.to_string(),
        topic: topic.to_string(),
        batch_size: number(producer.config.batch_size),
        linger_ms: number(producer.config.linger_ms),
        queues: queues.collect(),
        sticky: producer.sticky_partition(topic).map(|(partition, bytes)| {
            (Shown { value: partition, key: format!("sticky/{}/{topic}", producer.id) }, bytes)
        }),
        past: past(producer, topic),
    })
}

/// The partitions of the batches before the one that the sticky partitioner is at.
fn past(producer: &Producer, topic: &str) -> Vec<i32> {
    let mut past = producer.past_batches(topic);
    let now = producer.sticky_partition(topic).map(|(partition, _)| partition);
    if past.last().copied() == now {
        past.pop();
    }
    past
}

fn batch(world: &World, queue: &str, seen: &BatchView) -> Batch {
    Batch {
        id: format!("{queue}/batch-{}", seen.id),
        bytes: seen.bytes,
        ticks: seen.ticks.clone(),
        waited_ms: i64::try_from(world.now().ms_since(seen.since)).unwrap_or(i64::MAX),
        state: match (seen.in_flight, seen.closed) {
            (true, _) => BatchState::InFlight,
            (false, true) => BatchState::Closed,
            (false, false) => BatchState::Open,
        },
    }
}

//! What of a replica's log is in memory and what on the disk, where memory has a bound.

use highwater_sim::broker::Broker;
use highwater_sim::broker::page_cache::Transferred;
use highwater_sim::broker::partition::Partition;
use highwater_sim::consumer::Consumer;
use highwater_sim::ids::{NodeId, Offset};
use highwater_sim::world::World;

use crate::phrase::Phrase;
use crate::scene::cluster::{RecordCell, Stored};

/// Where each record that is shown is stored; nothing where memory has no bound.
pub(super) fn of(broker: &Broker, replica: &Partition, records: &[RecordCell]) -> Vec<Stored> {
    let Some(cache) = &broker.page_cache else { return Vec::new() };
    let durable = replica.durable_offset().0;
    let stored = records.iter().map(|record| Stored {
        offset: record.offset,
        in_memory: replica.is_cached(cache, Offset(record.offset)).unwrap_or(false),
        on_disk: record.offset < durable,
    });
    stored.collect()
}

/// What brokers have sent a consumer; none where memory has no bound.
pub(crate) fn sent_to(world: &World, consumer: &Consumer) -> Option<Transferred> {
    let node = NodeId::Client(consumer.id.clone());
    let sent = world.brokers().filter_map(|broker| Some(broker.page_cache.as_ref()?.sent_to(&node)));
    sent.reduce(highwater_sim::broker::page_cache::Transferred::with)
}

/// How much of what it read came from a disk.
pub(super) fn from_disk(world: &World, consumer: &Consumer) -> Option<Phrase> {
    Some(Phrase::new("scene.consumer_from_disk").with("bytes", sent_to(world, consumer)?.from_disk))
}

/// How much processors copied for it.
pub(super) fn copied(world: &World, consumer: &Consumer) -> Option<Phrase> {
    Some(Phrase::new("scene.consumer_copied").with("bytes", sent_to(world, consumer)?.copied))
}

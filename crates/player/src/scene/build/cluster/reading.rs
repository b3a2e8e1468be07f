//! From whom a consumer reads, in a cluster that has racks.

use highwater_sim::consumer::Consumer;
use highwater_sim::ids::TopicPartition;
use highwater_sim::world::World;

use crate::phrase::Phrase;

/// Whom it reads from, and why not from a nearer one; none without racks.
pub(super) fn from_whom(world: &World, consumer: &Consumer, partition: &TopicPartition) -> Option<Phrase> {
    if world.metadata().brokers.values().all(|broker| broker.rack.name().is_none()) {
        return None;
    }
    let broker = consumer.reads_from(partition)?;
    let phrase = match consumer.config.client_rack.name() {
        Some(rack) => Phrase::new("scene.consumer_in_rack").with("rack", rack),
        None => Phrase::new("scene.consumer_in_no_rack"),
    };
    Some(phrase.with("broker", broker.0))
}

/// What the replica that it reads from does not know to be committed yet, and the leader does.
pub(super) fn behind_leader(world: &World, consumer: &Consumer, partition: &TopicPartition) -> Option<Phrase> {
    let broker = consumer.position(partition)?.preferred?.replica;
    let (here, leader) = (world.high_watermark(broker, partition)?, world.leader(partition)?.high_watermark());
    (here < leader).then(|| Phrase::new("scene.consumer_hw_here").with("here", here.0).with("leader", leader.0))
}

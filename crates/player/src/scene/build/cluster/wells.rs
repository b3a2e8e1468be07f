//! What of a replica's log is in memory and what on the disk, where memory has a bound.

use highwater_sim::broker::Broker;
use highwater_sim::broker::partition::Partition;
use highwater_sim::ids::Offset;

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

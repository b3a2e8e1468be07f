//! Disks that lose what was not written, are slow, or full. Kafka 4.3: `LogDirFailureChannel`,
//! `ReplicaManager.handleLogDirFailure`.
//!
//! Differs from Kafka: a broker has one log directory. A slow disk holds back what would append: the requests of producers,
//! and the answers to followers; reading takes no time.

use std::rc::Rc;

use super::super::World;
use crate::event_queue::{Event, EventKind};
use crate::fact::UnflushedLost;
use crate::fact::{Fact, FactKind};
use crate::ids::{BrokerId, FactId, MessageId, NodeId, Offset};
use crate::message::{Body, Message};
use crate::sorted::SortedSet;
use crate::time::SimTime;

/// What is wrong with a broker's disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    write_ms: u64,
    free_at: SimTime,
    written: SortedSet<MessageId>,
    is_full: bool,
}

impl World {
    /// The process is gone, and what only the page cache had.
    pub(super) fn lose_power(&mut self, id: BrokerId, given: FactId, facts: &mut Vec<Fact>) {
        if self.faults.is_running(id) || self.faults.is_paused(id) {
            self.halt(id, false, given, facts);
            self.silence(id, given, facts);
        }
        self.with_broker(id, given, facts, |broker, out| {
            if let Some(cache) = &mut broker.page_cache {
                cache.lose();
            }
            for (partition, replica) in &mut broker.partitions {
                let from = replica.log_end_offset();
                let to = replica.durable_offset();
                if to < from && Rc::make_mut(replica).lose_from(to, out.clock_ms()) {
                    let to = Offset(replica.log.log_end_offset());
                    out.fact(FactKind::UnflushedLost(UnflushedLost {
                        broker: broker.id,
                        partition: partition.clone(),
                        from,
                        to,
                    }));
                }
            }
        });
    }

    /// The operating system writes everything to the disk.
    pub(super) fn write_back(&mut self, id: BrokerId, given: FactId, facts: &mut Vec<Fact>) {
        self.with_broker(id, given, facts, |broker, _| {
            for replica in broker.partitions.values_mut() {
                Rc::make_mut(replica).write_back();
            }
        });
    }

    /// A write takes so long from now on.
    pub(super) fn slow_disk(&mut self, id: BrokerId, write_ms: u64) {
        let disk = self.faults.disks.get_or_insert_with(id, Disk::default);
        disk.write_ms = write_ms;
        if write_ms == 0 && !disk.is_full {
            self.faults.disks.remove(&id);
        }
    }

    /// The disk has no room any more, or again.
    pub(super) fn fill_disk(&mut self, id: BrokerId, is_full: bool) {
        let disk = self.faults.disks.get_or_insert_with(id, Disk::default);
        disk.is_full = is_full;
        if !is_full && disk.write_ms == 0 {
            self.faults.disks.remove(&id);
        }
    }

    /// The disk of a broker is full.
    pub(super) fn is_full(&self, id: BrokerId) -> bool {
        self.faults.disks.get(&id).is_some_and(|disk| disk.is_full)
    }

    /// What writes waits for a slow disk, or fails on a full one. True if it does not happen now.
    pub(super) fn wait_for_disk(&mut self, id: BrokerId, event: &Event, facts: &mut Vec<Fact>) -> bool {
        let EventKind::Deliver(message) = &event.kind else { return false };
        let Some(disk) = self.faults.disks.get_mut(&id).filter(|_| writes(message)) else { return false };
        if disk.is_full {
            let failed = self.tell(FactKind::LogDirFailed(id), event.cause, facts);
            self.halt(id, false, failed, facts);
            self.silence(id, failed, facts);
            self.refuse(id, message, failed, facts);
            return true;
        }
        if disk.written.remove(&message.id) || disk.write_ms == 0 {
            return false;
        }
        disk.free_at = disk.free_at.max(self.now).plus_ms(disk.write_ms);
        disk.written.insert(message.id);
        let at = disk.free_at;
        self.schedule(at, event.cause, event.kind.clone(), facts);
        true
    }
}

/// Handling the message appends to a log.
fn writes(message: &Message) -> bool {
    match &*message.body {
        Body::ProduceRequest(_) => true,
        Body::FetchResponse(response) => {
            matches!(message.to, NodeId::Broker(_)) && response.partitions.iter().any(|part| !part.records.is_empty())
        }
        _ => false,
    }
}

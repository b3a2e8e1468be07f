//! Which leaders a client goes to: from metadata, and from answers that refuse a request because of the leader (KIP-951).
//!
//! Differs from Kafka: no `lastSeenLeaderEpochs`; what `ListOffsets` and committed offsets tell of newer leader epochs is not
//! heeded, where Kafka asks for metadata before it fetches.

use std::rc::Rc;

use super::ClientMetadata;
use crate::fact::{FactKind, PartitionLeadershipUpdated};
use crate::ids::{BrokerId, TopicPartition};
use crate::message::CurrentLeaders;
use crate::metadata::PartitionRegistration;
use crate::outbox::Outbox;

impl ClientMetadata {
    /// Takes over the leaders that a response names: of partitions that are known, in a newer epoch, on a broker that is known
    /// or was named along with them. True if there was one; the last is the cause of what follows. Kafka:
    /// `Metadata.updatePartitionLeadership`.
    #[inline(never)]
    pub fn update_partition_leadership(&mut self, named: &CurrentLeaders, out: &mut Outbox) -> bool {
        let received = out.cause();
        let mut is_updated = false;
        for (id, named_leader) in &named.leaders {
            let (Some(leader), leader_epoch) = (named_leader.leader_id, named_leader.leader_epoch) else { continue };
            let Some(known) = self.partition(id).map(Rc::clone) else { continue };
            let has_node = self.is_online(leader) || named.node_endpoints.contains(&leader);
            if leader_epoch <= known.leader_epoch || !has_node {
                continue;
            }
            let updated = Rc::new(PartitionRegistration { leader: Some(leader), leader_epoch, ..(*known).clone() });
            let image = self.topics.get_mut(&id.topic).map(Rc::make_mut);
            let Some(place) =
                usize::try_from(id.partition).ok().zip(image).and_then(|(at, it)| it.partitions.get_mut(at))
            else {
                continue;
            };
            *place = Rc::clone(&updated);
            is_updated = true;
            out.because(received);
            self.tell_leader(id.clone(), &known, &updated, true, out);
        }
        if is_updated {
            let is_new = |node: &&BrokerId| !self.brokers.contains(node);
            let new: Vec<BrokerId> = named.node_endpoints.iter().filter(is_new).copied().collect();
            self.brokers.extend(new);
        }
        is_updated
    }

    pub(super) fn tell_leader(
        &self,
        partition: TopicPartition,
        known: &PartitionRegistration,
        now: &PartitionRegistration,
        by_refusal: bool,
        out: &mut Outbox,
    ) {
        if (known.leader, known.leader_epoch) != (now.leader, now.leader_epoch) {
            out.then(FactKind::PartitionLeadershipUpdated(PartitionLeadershipUpdated {
                client: self.client.clone(),
                partition,
                from: known.leader,
                to: now.leader,
                leader_epoch: now.leader_epoch,
                by_refusal,
            }));
        }
    }
}

//! For how long nobody in a group read a partition that somebody had read before, from facts.

use highwater_sim::fact::FactKind;
use highwater_sim::fact::group::GroupFact;
use highwater_sim::ids::{ClientId, TopicPartition};
use highwater_sim::sorted::SortedMap;
use highwater_sim::time::SimTime;

use super::super::Situation;

/// Where a partition is.
enum Place {
    Owned(ClientId),
    Free(SimTime),
}

/// In ms, so far: of one partition or, without one, the sum over all. What nobody has read yet does not count.
pub(super) fn paused_ms(situation: &Situation<'_>, group: &str, only: Option<&TopicPartition>) -> i64 {
    let mut places: SortedMap<TopicPartition, Place> = SortedMap::new();
    let mut paused_us = 0_u64;
    let is_asked = |partition: &TopicPartition| only.is_none_or(|only| only == partition);
    for fact in situation.facts {
        let FactKind::Group(told) = &fact.kind else { continue };
        match &**told {
            GroupFact::PartitionsAssigned { consumer, group: of, owned, .. } if of == group => {
                for partition in owned.iter().filter(|partition| is_asked(partition)) {
                    if let Some(Place::Free(since)) = places.insert(partition.clone(), Place::Owned(consumer.clone())) {
                        paused_us = paused_us.saturating_add(fact.at.0.saturating_sub(since.0));
                    }
                }
            }
            GroupFact::PartitionsRevoked { consumer, group: of, revoked: gone }
            | GroupFact::PartitionsLost { consumer, group: of, lost: gone }
                if of == group =>
            {
                for (partition, place) in places.iter_mut().filter(|(partition, _)| gone.contains(partition)) {
                    let _ = partition;
                    if matches!(place, Place::Owned(owner) if owner == consumer) {
                        *place = Place::Free(fact.at);
                    }
                }
            }
            GroupFact::ConsumerCrashed { consumer } | GroupFact::ConsumerClosed { consumer } => {
                for place in places.values_mut() {
                    if matches!(place, Place::Owned(owner) if owner == consumer) {
                        *place = Place::Free(fact.at);
                    }
                }
            }
            _ => {}
        }
    }
    let now = situation.world.now();
    for place in places.values() {
        if let Place::Free(since) = place {
            paused_us = paused_us.saturating_add(now.0.saturating_sub(since.0));
        }
    }
    i64::try_from(paused_us / 1_000).unwrap_or(i64::MAX)
}

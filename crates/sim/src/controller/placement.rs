//! Where the replicas of new partitions go. Kafka 4.3: `StripedReplicaPlacer`.
//!
//! Leaders go round the racks, and followers take the next racks from there, so that a partition lies on as many racks as
//! possible and every broker leads about as often. Fenced brokers come last and never lead.

use thiserror::Error;

use crate::ids::BrokerId;
use crate::rng::{Random, RandomError};
use highwater_log::java;

/// A broker that replicas can be placed on. Kafka: `UsableBroker`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsableBroker {
    /// Its id.
    pub id: BrokerId,
    /// Its `broker.rack`, if it has one.
    pub rack: Option<String>,
    /// It is registered and not alive.
    pub fenced: bool,
}

/// Why nothing can be placed. Kafka: `InvalidReplicationFactorException`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PlacementError {
    /// No replica is asked for.
    #[error("Invalid replication factor {0}: the replication factor must be positive.")]
    NotPositive(i32),
    /// Nobody could lead.
    #[error("All brokers are currently fenced, or have all their log directories cordoned.")]
    AllFenced,
    /// More replicas than brokers.
    #[error(
        "The target replication factor of {factor} cannot be reached because only {brokers} broker(s) are registered or some brokers have all their log directories cordoned."
    )]
    TooFewBrokers {
        /// What is asked for.
        factor: i32,
        /// How many brokers there are.
        brokers: usize,
    },
    /// A scripted generator ran dry.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// Places new partitions, each on `replication_factor` brokers; the first of each leads.
///
/// # Errors
/// A replication factor that cannot be had.
pub fn place(
    random: &mut dyn Random,
    brokers: &[UsableBroker],
    partitions: usize,
    replication_factor: i32,
) -> Result<Vec<Vec<BrokerId>>, PlacementError> {
    let mut racks = RackList::new(random, brokers)?;
    let factor = usize::try_from(replication_factor).ok().filter(|factor| *factor > 0);
    let factor = factor.ok_or(PlacementError::NotPositive(replication_factor))?;
    if racks.unfenced == 0 {
        return Err(PlacementError::AllFenced);
    }
    if factor > brokers.len() {
        return Err(PlacementError::TooFewBrokers { factor: replication_factor, brokers: brokers.len() });
    }
    let mut placed = Vec::new();
    for _ in 0..partitions {
        placed.push(racks.place(random, factor)?);
    }
    Ok(placed)
}

/// `random.nextInt(length)`.
fn below(random: &mut dyn Random, length: usize) -> Result<usize, RandomError> {
    let drawn = random.next_int_below(i32::try_from(length).unwrap_or(i32::MAX))?;
    Ok(usize::try_from(drawn).unwrap_or(0))
}

/// `Collections.shuffle`.
fn shuffle<T>(list: &mut [T], random: &mut dyn Random) -> Result<(), RandomError> {
    for end in (2..=list.len()).rev() {
        let other = below(random, end)?;
        list.swap(end.saturating_sub(1), other);
    }
    Ok(())
}

/// The brokers of a rack that are alive, or those that are fenced.
#[derive(Debug, Default)]
struct BrokerList {
    brokers: Vec<BrokerId>,
    epoch: usize,
    index: usize,
    offset: usize,
}

impl BrokerList {
    fn initialize(&mut self, random: &mut dyn Random) -> Result<(), RandomError> {
        if !self.brokers.is_empty() {
            self.brokers.sort_unstable();
            self.offset = below(random, self.brokers.len())?;
        }
        Ok(())
    }

    /// The next broker for the partition with this number; none when all have been taken for it.
    fn next(&mut self, epoch: usize) -> Option<BrokerId> {
        let size = self.brokers.len();
        if size == 0 {
            return None;
        }
        if self.epoch != epoch {
            self.epoch = epoch;
            self.index = 0;
            self.offset = self.offset.saturating_add(1).checked_rem(size)?;
        }
        if self.index >= size {
            return None;
        }
        let at = self.index.saturating_add(self.offset).checked_rem(size)?;
        self.index = self.index.saturating_add(1);
        self.brokers.get(at).copied()
    }
}

#[derive(Debug, Default)]
struct Rack {
    fenced: BrokerList,
    unfenced: BrokerList,
}

struct RackList {
    racks: Vec<(Option<String>, Rack)>,
    /// The racks in the order in which Java's hash map has them.
    in_hash_order: Vec<usize>,
    /// The racks in the order in which they take turns.
    turns: Vec<usize>,
    unfenced: usize,
    epoch: usize,
    offset: usize,
}

impl RackList {
    fn new(random: &mut dyn Random, brokers: &[UsableBroker]) -> Result<RackList, RandomError> {
        let mut racks: Vec<(Option<String>, Rack)> = Vec::new();
        let mut unfenced = 0_usize;
        for broker in brokers {
            let found = racks.iter().position(|(name, _)| *name == broker.rack);
            let at = found.unwrap_or_else(|| {
                racks.push((broker.rack.clone(), Rack::default()));
                racks.len().saturating_sub(1)
            });
            let Some((_, rack)) = racks.get_mut(at) else { continue };
            if broker.fenced {
                rack.fenced.brokers.push(broker.id);
            } else {
                unfenced = unfenced.saturating_add(1);
                rack.unfenced.brokers.push(broker.id);
            }
        }
        let hashes = racks.iter().map(|(name, _)| name.as_deref().map_or(0, java::string_hash_code));
        let in_hash_order = java::hash_order(hashes, 0);
        for rack in &in_hash_order {
            if let Some((_, rack)) = racks.get_mut(*rack) {
                rack.fenced.initialize(random)?;
                rack.unfenced.initialize(random)?;
            }
        }
        let mut turns: Vec<usize> = (0..racks.len()).collect();
        // Names in Java's order, by UTF-16; no rack first. No name is there twice.
        turns.sort_unstable_by_key(|rack| {
            let name = racks.get(*rack).and_then(|(name, _)| name.as_deref());
            name.map(|name| name.encode_utf16().collect::<Vec<u16>>())
        });
        let offset = if turns.is_empty() { 0 } else { below(random, turns.len())? };
        Ok(RackList { racks, in_hash_order, turns, unfenced, epoch: 0, offset })
    }

    fn rack(&mut self, turn: usize) -> Option<&mut Rack> {
        let rack = *self.turns.get(turn)?;
        self.racks.get_mut(rack).map(|(_, rack)| rack)
    }

    /// One partition. There are enough brokers, and one of them is alive.
    fn place(&mut self, random: &mut dyn Random, factor: usize) -> Result<Vec<BrokerId>, RandomError> {
        // After as many partitions as there are living brokers the same assignments would come again.
        if self.epoch == self.unfenced && self.unfenced > 1 {
            self.shuffle(random)?;
            self.epoch = 0;
        }
        let count = self.turns.len();
        if self.offset == count {
            self.offset = 0;
        }
        let epoch = self.epoch;
        let after = |turn: usize| turn.saturating_add(1).checked_rem(count).unwrap_or(0);
        let mut brokers = Vec::with_capacity(factor);
        let mut leaders = self.offset;
        for _ in 0..count {
            if let Some(leader) = self.rack(leaders).and_then(|rack| rack.unfenced.next(epoch)) {
                brokers.push(leader);
                break;
            }
            leaders = after(leaders);
        }
        // The followers go round from the same rack on; the leader's rack is passed over once.
        let mut turn = self.offset;
        let mut passed = false;
        let mut empty = 0_usize;
        while brokers.len() < factor && empty <= count {
            if turn == leaders && !passed {
                passed = true;
            } else {
                let found =
                    self.rack(turn).and_then(|rack| rack.unfenced.next(epoch).or_else(|| rack.fenced.next(epoch)));
                match found {
                    Some(broker) => {
                        brokers.push(broker);
                        empty = 0;
                    }
                    None => empty = empty.saturating_add(1),
                }
            }
            turn = after(turn);
        }
        self.epoch = self.epoch.saturating_add(1);
        self.offset = self.offset.saturating_add(1);
        Ok(brokers)
    }

    fn shuffle(&mut self, random: &mut dyn Random) -> Result<(), RandomError> {
        shuffle(&mut self.turns, random)?;
        for rack in &self.in_hash_order {
            if let Some((_, rack)) = self.racks.get_mut(*rack) {
                shuffle(&mut rack.fenced.brokers, random)?;
                shuffle(&mut rack.unfenced.brokers, random)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::JavaRandom;

    fn broker(id: i32, rack: Option<&str>, fenced: bool) -> UsableBroker {
        UsableBroker { id: BrokerId(id), rack: rack.map(str::to_owned), fenced }
    }

    #[test]
    fn a_partition_lies_on_as_many_racks_as_there_are() {
        let brokers = [
            broker(1, Some("a"), false),
            broker(2, Some("a"), false),
            broker(3, Some("b"), false),
            broker(4, Some("b"), false),
        ];
        let placed = place(&mut JavaRandom::new(7), &brokers, 20, 2).unwrap();
        for replicas in placed {
            let first = replicas.iter().filter(|replica| replica.0 <= 2).count();
            assert_eq!((replicas.len(), first), (2, 1), "{replicas:?}");
        }
    }

    #[test]
    fn a_fenced_broker_never_leads() {
        let brokers = [broker(1, None, true), broker(2, None, false), broker(3, None, false)];
        let placed = place(&mut JavaRandom::new(1), &brokers, 30, 3).unwrap();
        assert!(placed.iter().all(|replicas| replicas.len() == 3 && replicas[0] != BrokerId(1)));
    }

    #[test]
    fn what_cannot_be_had_is_told_in_kafkas_words() {
        let told = |brokers: &[UsableBroker], factor| place(&mut JavaRandom::new(1), brokers, 1, factor).unwrap_err();
        assert_eq!(told(&[broker(1, None, false)], 0), PlacementError::NotPositive(0));
        assert_eq!(told(&[broker(1, None, true)], 1), PlacementError::AllFenced);
        assert_eq!(told(&[], 1), PlacementError::AllFenced);
        let few = told(&[broker(1, None, false)], 2);
        assert_eq!(few, PlacementError::TooFewBrokers { factor: 2, brokers: 1 });
        assert!(few.to_string().starts_with("The target replication factor of 2 cannot be reached because only 1"));
    }
}

//! The record of a change to a partition: who leads, who is in sync, who could lead, and which epochs grow. Kafka 4.3:
//! `PartitionChangeBuilder`, `PartitionRegistration.merge`.

use crate::controller::reassignment::Reassignment;
use crate::ids::{BrokerId, LeaderEpoch};
use crate::metadata::{LeaderRecoveryState, PartitionRegistration};
use highwater_log::java;

/// How a leader is sought. Kafka: `PartitionChangeBuilder.Election`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Election {
    /// The first replica, if it is in the ISR.
    Preferred,
    /// Any replica of the ISR.
    #[default]
    Online,
    /// Any replica of the ISR, or else any that is alive: what only the ISR had is lost.
    Unclean,
}

/// What changes of a partition; nothing where nothing does. Kafka: `PartitionChangeRecord`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionChange {
    /// The leader, also the same again: then the leader epoch grows. `Some(None)`: nobody leads.
    pub leader: Option<Option<BrokerId>>,
    /// The ISR.
    pub isr: Option<Vec<BrokerId>>,
    /// The eligible leader replicas.
    pub elr: Option<Vec<BrokerId>>,
    /// Who led last.
    pub last_known_elr: Option<Vec<BrokerId>>,
    /// The replicas.
    pub replicas: Option<Vec<BrokerId>>,
    /// Those that a reassignment adds.
    pub adding_replicas: Option<Vec<BrokerId>>,
    /// Those that a reassignment removes.
    pub removing_replicas: Option<Vec<BrokerId>>,
    /// Whether the leader was elected cleanly.
    pub leader_recovery_state: Option<LeaderRecoveryState>,
}

impl PartitionRegistration {
    /// The partition after a change. The leader epoch grows if the change names a leader, the partition epoch always.
    /// Kafka: `merge`.
    #[must_use]
    pub fn merge(&self, change: &PartitionChange) -> PartitionRegistration {
        let list = |new: &Option<Vec<BrokerId>>, old: &Vec<BrokerId>| new.clone().unwrap_or_else(|| old.clone());
        let grown = self.leader_epoch.0.wrapping_add(i32::from(change.leader.is_some()));
        PartitionRegistration {
            replicas: list(&change.replicas, &self.replicas),
            isr: list(&change.isr, &self.isr),
            elr: list(&change.elr, &self.elr),
            last_known_elr: list(&change.last_known_elr, &self.last_known_elr),
            adding_replicas: list(&change.adding_replicas, &self.adding_replicas),
            removing_replicas: list(&change.removing_replicas, &self.removing_replicas),
            leader: change.leader.unwrap_or(self.leader),
            leader_recovery_state: change.leader_recovery_state.unwrap_or(self.leader_recovery_state),
            leader_epoch: LeaderEpoch(grown),
            partition_epoch: self.partition_epoch.wrapping_add(1),
        }
    }
}

/// What shall become of a partition. Fields that are none stay as they are.
pub struct PartitionChangeBuilder<'a> {
    partition: &'a PartitionRegistration,
    is_acceptable_leader: &'a dyn Fn(BrokerId) -> bool,
    /// `min.insync.replicas` of the topic, at most as many as it has replicas.
    pub min_isr: usize,
    /// `eligible.leader.replicas.version` is 1 (KIP-966).
    pub elr_enabled: bool,
    /// Before metadata version 3.6 the leader epoch grew with every ISR that shrank (KAFKA-15021).
    pub bumps_epoch_on_shrink: bool,
    /// How a leader is sought.
    pub election: Election,
    /// The new ISR.
    pub isr: Vec<BrokerId>,
    /// The new replicas.
    pub replicas: Vec<BrokerId>,
    /// The replicas that shall go.
    pub removing: Vec<BrokerId>,
    /// The replicas that come.
    pub adding: Vec<BrokerId>,
    /// Replicas that started again without what they had not flushed: they cannot be eligible.
    pub unclean_shutdown_replicas: Vec<BrokerId>,
    /// The new recovery state.
    pub leader_recovery_state: LeaderRecoveryState,
    /// The last leader may lead again when nobody else is left (balanced recovery), which is the default.
    pub use_last_known_leader: bool,
    elr: Vec<BrokerId>,
    last_known_elr: Vec<BrokerId>,
}

/// Who is elected.
struct Elected {
    leader: Option<BrokerId>,
    unclean: bool,
}

impl<'a> PartitionChangeBuilder<'a> {
    /// A change of `partition` that changes nothing yet. `is_acceptable_leader` says which brokers are alive and may lead.
    pub fn new(
        partition: &'a PartitionRegistration,
        is_acceptable_leader: &'a dyn Fn(BrokerId) -> bool,
        min_isr: usize,
    ) -> PartitionChangeBuilder<'a> {
        PartitionChangeBuilder {
            partition,
            is_acceptable_leader,
            min_isr,
            elr_enabled: true,
            bumps_epoch_on_shrink: false,
            election: Election::Online,
            isr: partition.isr.clone(),
            replicas: partition.replicas.clone(),
            removing: partition.removing_replicas.clone(),
            adding: partition.adding_replicas.clone(),
            unclean_shutdown_replicas: Vec::new(),
            leader_recovery_state: partition.leader_recovery_state,
            use_last_known_leader: true,
            elr: partition.elr.clone(),
            last_known_elr: partition.last_known_elr.clone(),
        }
    }

    /// The record of the change; none if there is nothing to change.
    pub fn build(mut self) -> Option<PartitionChange> {
        let mut change = PartitionChange::default();
        self.complete_reassignment();
        self.populate_elr();
        self.elect(&mut change);
        let partition = self.partition;
        if change.leader.is_none() && !contains_all(&self.replicas, &partition.replicas) {
            // Without one of the old replicas the leader epoch grows, so that none is taken for a follower any more.
            change.leader = Some(partition.leader);
        }
        self.update_elr(&mut change);
        if change.isr.is_none() && (!self.isr.is_empty() || self.elr_enabled) && self.isr != partition.isr {
            change.isr = Some(self.isr.clone());
        }
        let shrank = change.isr.as_ref().is_some_and(|isr| !contains_all(isr, &partition.isr));
        if self.bumps_epoch_on_shrink && change.leader.is_none() && shrank {
            change.leader = Some(partition.leader);
        }
        self.update_last_known_leader(&mut change);
        self.assign(&mut change);
        if self.leader_recovery_state != partition.leader_recovery_state {
            change.leader_recovery_state = Some(self.leader_recovery_state);
        }
        (change != PartitionChange::default()).then_some(change)
    }

    fn complete_reassignment(&mut self) {
        let reassignment = Reassignment {
            removing: self.removing.clone(),
            adding: self.adding.clone(),
            replicas: self.replicas.clone(),
        };
        if let Some(completed) = reassignment.maybe_complete(&self.isr) {
            self.isr = completed.isr;
            self.replicas = completed.replicas;
            self.removing.clear();
            self.adding.clear();
        }
    }

    /// Below the minimum, who leaves the ISR stays eligible: it holds all that is committed, and nothing more can be
    /// committed without the minimum. Kafka: `maybePopulateTargetElr`.
    fn populate_elr(&mut self) {
        if !self.elr_enabled {
            return;
        }
        if self.isr.len() >= self.min_isr {
            self.elr.clear();
            self.last_known_elr.clear();
            return;
        }
        let mut candidates = JavaSet::copied(&self.elr);
        candidates.extend(&self.partition.isr);
        let unclean = &self.unclean_shutdown_replicas;
        let keep = |id: &BrokerId| !self.isr.contains(id) && !unclean.contains(id);
        let elr: Vec<BrokerId> = candidates.in_order().into_iter().filter(keep).collect();
        candidates.extend(&self.last_known_elr);
        let keep = |id: &BrokerId| !self.isr.contains(id) && !elr.contains(id);
        self.last_known_elr = candidates.in_order().into_iter().filter(keep).collect();
        self.elr = elr;
    }

    fn is_valid_leader(&self, replica: BrokerId) -> bool {
        let knows_all = self.isr.contains(&replica) || (self.isr.is_empty() && self.elr.contains(&replica));
        knows_all && (self.is_acceptable_leader)(replica)
    }

    fn elected(&self) -> Elected {
        let clean = |leader| Elected { leader: Some(leader), unclean: false };
        let valid = |replica: &BrokerId| self.is_valid_leader(*replica);
        let preferred = self.replicas.first().copied().filter(valid);
        if let (Election::Preferred, Some(preferred)) = (self.election, preferred) {
            return clean(preferred);
        }
        if let Some(leader) = self.partition.leader.filter(valid) {
            return clean(leader);
        }
        if let Some(leader) = self.replicas.iter().copied().find(valid) {
            return clean(leader);
        }
        if let Some(last) = self.last_known_leader() {
            return Elected { leader: Some(last), unclean: true };
        }
        let alive = || self.replicas.iter().copied().find(|replica| (self.is_acceptable_leader)(*replica));
        let unclean = if self.election == Election::Unclean { alive() } else { None };
        Elected { leader: unclean, unclean: unclean.is_some() }
    }

    /// The last leader, if nobody is left in ISR and ELR. Kafka: `canElectLastKnownLeader`.
    fn last_known_leader(&self) -> Option<BrokerId> {
        if !self.elr_enabled || !self.use_last_known_leader || !self.elr.is_empty() || !self.isr.is_empty() {
            return None;
        }
        match self.partition.last_known_elr.as_slice() {
            [only] if (self.is_acceptable_leader)(*only) => Some(*only),
            _ => None,
        }
    }

    fn elect(&mut self, change: &mut PartitionChange) {
        let elected = self.elected();
        if elected.leader == self.partition.leader {
            return;
        }
        if let Some(leader) = elected.leader
            && self.elr.contains(&leader)
        {
            self.isr = vec![leader];
            self.elr.retain(|replica| *replica != leader);
        }
        change.leader = Some(elected.leader);
        if elected.unclean {
            change.isr = Some(elected.leader.into_iter().collect());
            if self.partition.leader_recovery_state != LeaderRecoveryState::Recovering {
                change.leader_recovery_state = Some(LeaderRecoveryState::Recovering);
            }
        }
    }

    fn update_elr(&mut self, change: &mut PartitionChange) {
        let partition = self.partition;
        // Only an unclean election has set the ISR by now.
        if change.isr.is_some() || !self.elr_enabled {
            self.elr.clear();
            self.last_known_elr.clear();
        }
        if self.elr != partition.elr {
            change.elr = Some(self.elr.clone());
        }
        // With balanced recovery the field holds the last leader, see `update_last_known_leader`.
        if !self.use_last_known_leader && self.last_known_elr != partition.last_known_elr {
            change.last_known_elr = Some(self.last_known_elr.clone());
        }
    }

    fn update_last_known_leader(&self, change: &mut PartitionChange) {
        if !self.use_last_known_leader || !self.elr_enabled {
            return;
        }
        let partition = self.partition;
        let knows_one = !partition.last_known_elr.is_empty();
        match change.leader {
            // The first time that nobody leads. Kafka writes −1 here if nobody led before either.
            Some(None) if !knows_one => change.last_known_elr = Some(vec![partition.leader.unwrap_or(NO_LEADER)]),
            Some(Some(_)) if knows_one => change.last_known_elr = Some(Vec::new()),
            _ => {}
        }
    }

    fn assign(&self, change: &mut PartitionChange) {
        let partition = self.partition;
        let changed = |new: &Vec<BrokerId>, old: &Vec<BrokerId>| (new != old).then(|| new.clone());
        if !self.replicas.is_empty() {
            change.replicas = changed(&self.replicas, &partition.replicas);
        }
        change.removing_replicas = changed(&self.removing, &partition.removing_replicas);
        change.adding_replicas = changed(&self.adding, &partition.adding_replicas);
    }
}

/// Nobody, where Kafka writes a number. Kafka: `LeaderConstants.NO_LEADER`.
const NO_LEADER: BrokerId = BrokerId(-1);

fn contains_all(list: &[BrokerId], others: &[BrokerId]) -> bool {
    others.iter().all(|other| list.contains(other))
}

/// A `HashSet<Integer>`: brokers in the order of Java's table.
struct JavaSet {
    inserted: Vec<BrokerId>,
    copied: usize,
}

impl JavaSet {
    /// `new HashSet<>(list)`.
    fn copied(list: &[BrokerId]) -> JavaSet {
        let mut set = JavaSet { inserted: Vec::new(), copied: list.len() };
        set.extend(list);
        set
    }

    fn extend(&mut self, list: &[BrokerId]) {
        for id in list {
            if !self.inserted.contains(id) {
                self.inserted.push(*id);
            }
        }
    }

    fn in_order(&self) -> Vec<BrokerId> {
        let order = java::hash_order(self.inserted.iter().map(|id| id.0), self.copied);
        order.into_iter().filter_map(|index| self.inserted.get(index).copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: &[i32]) -> Vec<BrokerId> {
        numbers.iter().copied().map(BrokerId).collect()
    }

    fn partition(replicas: &[i32], isr: &[i32], leader: i32) -> PartitionRegistration {
        PartitionRegistration {
            replicas: ids(replicas),
            isr: ids(isr),
            leader: Some(BrokerId(leader)).filter(|leader| leader.0 >= 0),
            leader_epoch: LeaderEpoch(5),
            partition_epoch: 9,
            ..PartitionRegistration::default()
        }
    }

    /// The change when only these brokers are alive, and the partition after it.
    fn changed(
        before: &PartitionRegistration,
        alive: &[i32],
        min_isr: usize,
        set: impl FnOnce(&mut PartitionChangeBuilder<'_>),
    ) -> (Option<PartitionChange>, PartitionRegistration) {
        let alive = ids(alive);
        let is_acceptable = |broker: BrokerId| alive.contains(&broker);
        let mut builder = PartitionChangeBuilder::new(before, &is_acceptable, min_isr);
        set(&mut builder);
        let change = builder.build();
        let after = change.as_ref().map_or_else(|| before.clone(), |change| before.merge(change));
        (change, after)
    }

    #[test]
    fn a_dead_leader_is_followed_by_the_next_of_the_isr() {
        let before = partition(&[1, 2, 3], &[1, 3, 2], 1);
        let (_, after) = changed(&before, &[2, 3], 1, |builder| builder.isr = ids(&[3, 2]));
        assert_eq!((after.leader, after.isr), (Some(BrokerId(2)), ids(&[3, 2])), "in the order of the replicas");
        assert_eq!((after.leader_epoch, after.partition_epoch), (LeaderEpoch(6), 10));
        assert_eq!(changed(&before, &[1, 2, 3], 1, |_| {}).0, None, "nothing to change");
    }

    #[test]
    fn below_the_minimum_who_leaves_stays_eligible_and_may_lead_again() {
        let before = partition(&[1, 2, 3], &[1, 2], 1);
        let (_, one) = changed(&before, &[1], 2, |builder| builder.isr = ids(&[1]));
        assert_eq!((&one.elr, one.leader_epoch), (&ids(&[2]), LeaderEpoch(5)), "a shrink is no new epoch");
        let (_, none) = changed(&one, &[], 2, |builder| builder.isr = ids(&[]));
        assert_eq!((none.leader, &none.elr, &none.last_known_elr), (None, &ids(&[1, 2]), &ids(&[1])));
        let (_, back) = changed(&none, &[2], 2, |_| {});
        assert_eq!((back.leader, &back.isr, &back.elr), (Some(BrokerId(2)), &ids(&[2]), &ids(&[1])));
        assert_eq!((back.leader_recovery_state, back.last_known_elr.len()), (LeaderRecoveryState::Recovered, 0));
        let (_, unclean) = changed(&none, &[1], 2, |builder| builder.unclean_shutdown_replicas = ids(&[1, 2]));
        assert_eq!(unclean.leader, Some(BrokerId(1)), "nobody is eligible, so the last leader leads");
        assert_eq!((unclean.isr, unclean.leader_recovery_state), (ids(&[1]), LeaderRecoveryState::Recovering));
    }

    #[test]
    fn an_unclean_election_takes_whoever_is_alive() {
        let mut before = partition(&[1, 2, 3], &[1], 1);
        before.leader_epoch = LeaderEpoch(1);
        let elect = |builder: &mut PartitionChangeBuilder<'_>| {
            builder.elr_enabled = false;
            builder.election = Election::Unclean;
        };
        let (_, after) = changed(&before, &[3], 1, elect);
        assert_eq!((after.leader, after.isr), (Some(BrokerId(3)), ids(&[3])));
        assert_eq!(after.leader_recovery_state, LeaderRecoveryState::Recovering);
        let (_, stays) = changed(&before, &[3], 1, |builder| builder.elr_enabled = false);
        assert_eq!((stays.leader, stays.isr), (None, ids(&[1])), "else nobody leads, and the ISR waits");
    }

    #[test]
    fn epochs_grow_with_a_removed_replica_and_long_ago_with_every_shrink() {
        let before = partition(&[1, 2, 3], &[1, 2, 3], 1);
        let (_, removed) = changed(&before, &[1, 2, 3], 1, |builder| {
            builder.replicas = ids(&[1, 2]);
            builder.isr = ids(&[1, 2]);
        });
        assert_eq!(removed.leader_epoch, LeaderEpoch(6));
        let (_, old) = changed(&before, &[1, 2, 3], 1, |builder| {
            builder.isr = ids(&[1, 2]);
            builder.bumps_epoch_on_shrink = true;
        });
        assert_eq!((old.leader, old.leader_epoch), (Some(BrokerId(1)), LeaderEpoch(6)));
    }
}

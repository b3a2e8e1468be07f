//! A partition on its way to other brokers. Kafka 4.3: `PartitionReassignmentReplicas`, `PartitionReassignmentRevert`.

use thiserror::Error;

use crate::ids::BrokerId;
use crate::sorted::SortedSet;

/// The replicas of a reassignment that is going on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reassignment {
    /// Those that go when it is done.
    pub removing: Vec<BrokerId>,
    /// Those that come.
    pub adding: Vec<BrokerId>,
    /// All that there are meanwhile.
    pub replicas: Vec<BrokerId>,
}

/// What a partition is once its reassignment is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletedReassignment {
    /// The replicas.
    pub replicas: Vec<BrokerId>,
    /// The ISR.
    pub isr: Vec<BrokerId>,
}

/// What a partition is once its reassignment is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevertedReassignment {
    /// The replicas.
    pub replicas: Vec<BrokerId>,
    /// The ISR.
    pub isr: Vec<BrokerId>,
    /// Nobody of the old replicas is in the ISR, so the first one is put there: an unclean election.
    pub unclean: bool,
}

/// Everything would be taken away. Kafka: `InvalidReplicaAssignmentException`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("Invalid replica assignment: addingReplicas contains all replicas.")]
pub struct InvalidReplicaAssignment;

fn without(replicas: &[BrokerId], others: &[BrokerId]) -> Vec<BrokerId> {
    replicas.iter().filter(|replica| !others.contains(replica)).copied().collect()
}

/// Those of some replicas that are not among others, ascending, each once.
fn difference(replicas: &[BrokerId], others: &[BrokerId]) -> Vec<BrokerId> {
    let difference: SortedSet<BrokerId> = without(replicas, others).into_iter().collect();
    difference.into_iter().collect()
}

impl Reassignment {
    /// From one assignment to another: meanwhile there are the new replicas, and behind them those that go.
    pub fn between(current: &[BrokerId], target: &[BrokerId]) -> Reassignment {
        let removing = difference(current, target);
        let adding = difference(target, current);
        let replicas = target.iter().chain(&removing).copied().collect();
        Reassignment { removing, adding, replicas }
    }

    /// Something is still to come or to go. Kafka: `isReassignmentInProgress`.
    pub fn is_in_progress(&self) -> bool {
        !self.removing.is_empty() || !self.adding.is_empty()
    }

    /// The replicas from before. Kafka: `originalReplicas`.
    pub fn original_replicas(&self) -> Vec<BrokerId> {
        without(&self.replicas, &self.adding)
    }

    /// What the partition is if it is done with this ISR: the new replicas must be in it, and all of them if the partition
    /// is left with fewer replicas than before. Kafka: `maybeCompleteReassignment`.
    pub fn maybe_complete(&self, target_isr: &[BrokerId]) -> Option<CompletedReassignment> {
        let isr = without(target_isr, &self.removing);
        let replicas = without(&self.replicas, &self.removing);
        let nothing_left = !self.removing.is_empty() && (isr.is_empty() || replicas.is_empty());
        let shrinks = self.removing.len() > self.adding.len();
        let has_all = |needed: &[BrokerId]| needed.iter().all(|replica| isr.contains(replica));
        let is_done =
            self.is_in_progress() && !nothing_left && has_all(&self.adding) && (!shrinks || has_all(&replicas));
        is_done.then_some(CompletedReassignment { replicas, isr })
    }

    /// What the partition is if it is taken back while it has this ISR. Kafka: `PartitionReassignmentRevert`.
    ///
    /// # Errors
    /// [`InvalidReplicaAssignment`] if no replica from before is left.
    pub fn revert(&self, isr: &[BrokerId]) -> Result<RevertedReassignment, InvalidReplicaAssignment> {
        let replicas = self.original_replicas();
        let isr = without(isr, &self.adding);
        if !isr.is_empty() {
            return Ok(RevertedReassignment { replicas, isr, unclean: false });
        }
        let first = replicas.first().copied().ok_or(InvalidReplicaAssignment)?;
        Ok(RevertedReassignment { replicas, isr: vec![first], unclean: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: &[i32]) -> Vec<BrokerId> {
        numbers.iter().copied().map(BrokerId).collect()
    }

    #[test]
    fn it_is_done_when_the_new_replicas_are_in_sync() {
        let moving = Reassignment::between(&ids(&[1, 2, 3]), &ids(&[4, 5, 3]));
        assert_eq!((&moving.adding, &moving.removing), (&ids(&[4, 5]), &ids(&[1, 2])));
        assert_eq!(moving.replicas, ids(&[4, 5, 3, 1, 2]));
        assert_eq!(moving.original_replicas(), ids(&[3, 1, 2]));
        assert_eq!(moving.maybe_complete(&ids(&[1, 3, 4])), None);
        assert_eq!(moving.maybe_complete(&ids(&[4, 5])).unwrap().isr, ids(&[4, 5]), "the new ones suffice");
        let shrinking = Reassignment::between(&ids(&[1, 2, 3]), &ids(&[2, 4]));
        assert_eq!(shrinking.maybe_complete(&ids(&[1, 4])), None, "with fewer replicas all must be there");
        let done = moving.maybe_complete(&ids(&[1, 3, 4, 5])).unwrap();
        assert_eq!(done, CompletedReassignment { replicas: ids(&[4, 5, 3]), isr: ids(&[3, 4, 5]) });
        assert_eq!(Reassignment::between(&ids(&[1]), &ids(&[1])).maybe_complete(&ids(&[1])), None);
    }

    #[test]
    fn taking_it_back_may_be_unclean() {
        let moving = Reassignment::between(&ids(&[1, 2]), &ids(&[3, 4]));
        let back = moving.revert(&ids(&[2, 3])).unwrap();
        assert_eq!(back, RevertedReassignment { replicas: ids(&[1, 2]), isr: ids(&[2]), unclean: false });
        assert!(moving.revert(&ids(&[3])).unwrap().unclean);
        let all_new = Reassignment { adding: ids(&[1]), replicas: ids(&[1]), ..Reassignment::default() };
        assert_eq!(all_new.revert(&ids(&[1])), Err(InvalidReplicaAssignment));
    }
}

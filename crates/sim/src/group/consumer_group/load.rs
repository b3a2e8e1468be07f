//! A consumer group as its records have it. Kafka 4.3: `GroupMetadataManager.replay` of the `ConsumerGroup…` records,
//! `ConsumerGroupMember.Builder.updateWith`, `onLoaded`.

use super::{ConsumerGroup, Epochs, LEAVE_EPOCH, Member, MemberState, Resolved, Target, Timers};
use crate::group::records::{self, Part, Record, Value};
use crate::sorted::SortedMap;
use crate::time::SimTime;

impl ConsumerGroup {
    /// Takes over what one of its records says. What is about a member that is not there is passed over.
    pub fn replay(&mut self, record: &Record) {
        let Record { key, value } = record;
        match (&key.part, value) {
            (Part::Group, Some(Value::Epoch(epoch))) => {
                self.epoch = epoch.epoch;
                self.metadata_hash = epoch.metadata_hash;
            }
            (Part::Group, Some(Value::TargetEpoch(target))) => {
                self.assignment_epoch = target.assignment_epoch;
                let since = target.assignment_timestamp.saturating_sub(SimTime::ZERO.timestamp_ms());
                self.assigned_at = u64::try_from(since).ok().map(SimTime::from_ms);
            }
            (Part::RegularExpression(text), Some(Value::RegularExpression(told))) => {
                let since = told.timestamp.saturating_sub(SimTime::ZERO.timestamp_ms());
                let resolved = Resolved {
                    topics: told.topics.iter().cloned().collect(),
                    version: u64::try_from(told.version).unwrap_or(0),
                    at: SimTime::from_ms(u64::try_from(since).unwrap_or(0)),
                };
                self.expressions.insert(text.clone(), resolved);
            }
            (Part::RegularExpression(text), None) => {
                self.expressions.remove(text);
            }
            (Part::Member(id), value) => self.replay_member(id, record.key.kind, value.as_ref()),
            _ => {}
        }
    }

    fn replay_member(&mut self, id: &str, kind: records::Kind, value: Option<&Value>) {
        use records::Kind;
        match (kind, value) {
            (Kind::ConsumerGroupMemberMetadata, None) => {
                self.members.remove(id);
                self.static_members.retain(|_, there| there != id);
            }
            (Kind::ConsumerGroupTargetAssignmentMember, None) => {
                self.target.remove(id);
            }
            (Kind::ConsumerGroupCurrentMemberAssignment, None) => {
                if let Some(member) = self.members.get_mut(id) {
                    member.epoch = LEAVE_EPOCH;
                    member.previous_epoch = LEAVE_EPOCH;
                    member.assigned = Epochs::new();
                    member.pending_revocation = Epochs::new();
                }
            }
            (_, Some(Value::Member(told))) => {
                let Some(member) = self.member_to_load(id) else { return };
                member.instance_id.clone_from(&told.instance_id);
                member.client_id.clone_from(&told.client_id);
                member.client_host.clone_from(&told.client_host);
                member.rebalance_timeout_ms = told.rebalance_timeout_ms;
                member.subscribed_topic_names = told.subscribed_topic_names.iter().cloned().collect();
                member.subscribed_topic_regex = told.subscribed_topic_regex.clone().unwrap_or_default();
                member.server_assignor.clone_from(&told.server_assignor);
                if let Some(instance) = &told.instance_id {
                    self.static_members.insert(instance.clone(), id.to_owned());
                }
            }
            (_, Some(Value::TargetAssignment(told))) => {
                let numbers = |there: &records::Partitions| there.partitions.iter().copied().collect();
                let target: Target =
                    told.topic_partitions.iter().map(|there| (there.topic_id, numbers(there))).collect();
                self.target.insert(id.to_owned(), target);
            }
            (_, Some(Value::CurrentAssignment(told))) => {
                let Some(member) = self.member_to_load(id) else { return };
                member.epoch = told.member_epoch;
                member.previous_epoch = told.previous_member_epoch;
                member.state = MemberState::with_value(told.state);
                member.assigned = with_epochs(&told.assigned_partitions, told.member_epoch);
                member.pending_revocation = with_epochs(&told.partitions_pending_revocation, told.member_epoch);
            }
            _ => {}
        }
    }

    /// Kafka: `getOrMaybeCreateMember`.
    fn member_to_load(&mut self, id: &str) -> Option<&mut Member> {
        if !self.members.contains_key(id) {
            self.members.insert(id.to_owned(), Member::new(id));
        }
        self.members.get_mut(id)
    }

    /// All is read: the sessions of all members begin anew, and the time that is left to those who must give something up.
    pub fn on_loaded(&mut self, now: SimTime) {
        self.timers = SortedMap::new();
        for member in self.members.values().cloned().collect::<Vec<_>>() {
            self.timers.insert(member.id.clone(), Timers::default());
            self.set_timers(now, &member, true);
        }
    }
}

/// Partitions with the epochs in which they were assigned; those of records that say none are the member's own.
fn with_epochs(partitions: &[records::Partitions], epoch: i32) -> Epochs {
    let of = |there: &records::Partitions| {
        let epochs = there.assignment_epochs.clone().unwrap_or_default();
        let one = |(place, number): (usize, &i32)| (*number, epochs.get(place).copied().unwrap_or(epoch));
        (there.topic_id, there.partitions.iter().enumerate().map(one).collect())
    };
    partitions.iter().map(of).collect()
}

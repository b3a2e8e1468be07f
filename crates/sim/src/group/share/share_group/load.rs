//! A share group as its records have it. Kafka 4.3: `GroupMetadataManager.replay` of the `ShareGroup…` records, `onLoaded`.

use super::super::super::consumer_group::Target;
use super::super::super::records::{self, Kind, Part, Record, ShareTopic, Value};
use super::{ShareGroup, ShareMember};
use crate::sorted::SortedSet;
use crate::time::SimTime;

impl ShareGroup {
    /// Takes over what one of its records says. What is about a member that is not there is passed over.
    pub fn replay(&mut self, now: SimTime, record: &Record) {
        match (&record.key.part, &record.value) {
            (Part::Group, Some(Value::Epoch(epoch))) => self.epoch = epoch.epoch,
            (Part::Group, Some(Value::TargetEpoch(target))) => {
                self.assignment_epoch = target.assignment_epoch;
                let since = target.assignment_timestamp.saturating_sub(SimTime::ZERO.timestamp_ms());
                self.assigned_at = u64::try_from(since).ok().map(SimTime::from_ms);
            }
            (Part::Group, Some(Value::StatePartitions(states))) => {
                let of = |there: &ShareTopic| (there.topic_id, there.partitions.iter().copied().collect());
                self.initialized = states.initialized_topics.iter().map(of).collect();
                let since = |there: &ShareTopic| {
                    let (topic, numbers): (_, SortedSet<i32>) = of(there);
                    (topic, (numbers, now))
                };
                self.initializing = states.initializing_topics.iter().map(since).collect();
            }
            (Part::Member(id), value) => self.replay_member(id, record.key.kind, value.as_ref()),
            _ => {}
        }
    }

    fn replay_member(&mut self, id: &str, kind: Kind, value: Option<&Value>) {
        match (kind, value) {
            (Kind::ShareGroupMemberMetadata, None) => self.members.retain(|there, _| there != id),
            (Kind::ShareGroupTargetAssignmentMember, None) => {
                self.target.remove(id);
            }
            (Kind::ShareGroupCurrentMemberAssignment, None) => {
                if let Some(mut member) = self.members.get(id).cloned() {
                    (member.epoch, member.previous_epoch) = (-1, -1);
                    member.assigned = Target::new();
                    self.put(&member);
                }
            }
            (_, Some(Value::Member(told))) => {
                let mut member = self.member_to_load(id);
                member.client_id.clone_from(&told.client_id);
                member.client_host.clone_from(&told.client_host);
                member.subscribed_topic_names = told.subscribed_topic_names.iter().cloned().collect();
                self.put(&member);
            }
            (_, Some(Value::TargetAssignment(told))) => {
                self.target.insert(id.to_owned(), target(&told.topic_partitions));
            }
            (_, Some(Value::CurrentAssignment(told))) => {
                let mut member = self.member_to_load(id);
                (member.epoch, member.previous_epoch) = (told.member_epoch, told.previous_member_epoch);
                member.assigned = target(&told.assigned_partitions);
                self.put(&member);
            }
            _ => {}
        }
    }

    /// Kafka: `getOrMaybeCreateMember`.
    fn member_to_load(&self, id: &str) -> ShareMember {
        self.members.get(id).cloned().unwrap_or_else(|| ShareMember::new(id))
    }

    /// All is read: the sessions of all members begin anew. What it knows of topics is what its members subscribe to.
    pub fn on_loaded(&mut self, now: SimTime, cluster: &[super::TopicPartitions]) {
        let ends = now.plus_ms(self.config.session_timeout_ms);
        self.sessions = self.members.iter().map(|(id, _)| (id.clone(), ends)).collect();
        self.topics = self.subscribed_topics(cluster);
    }
}

fn target(partitions: &[records::Partitions]) -> Target {
    partitions.iter().map(|there| (there.topic_id, there.partitions.iter().copied().collect())).collect()
}

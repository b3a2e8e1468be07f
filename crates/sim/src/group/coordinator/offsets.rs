//! What groups have committed. Kafka 4.3: `OffsetMetadataManager`.
//!
//! Differs from Kafka: offsets that a transaction has not decided yet are kept beside the others and not written again.

use highwater_log::java::string_hash_code;

use super::super::consumer_group::ConsumerGroup;
use super::super::error::GroupError;
use super::super::message::{FetchedOffset, OffsetCommit, OffsetFetch, OffsetToCommit};
use super::super::records::{self, Key, Kind, Part, Record, Value};
use super::super::timeline_map::TimelineMap;
use super::classic::{ClassicGroup, State};
use super::{Context, Outcome};
use crate::ids::{Topic, TopicId};
use crate::sorted::SortedMap;

/// An offset that a group has committed. Kafka: `OffsetAndMetadata`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The topic.
    pub topic: Topic,
    /// The partition.
    pub partition: i32,
    /// The next offset to read.
    pub offset: i64,
    /// Its leader epoch; -1 if not known.
    pub leader_epoch: i32,
    /// What was kept with it.
    pub metadata: String,
    /// When it was committed, in ms since the epoch.
    pub timestamp_ms: i64,
    /// The topic's id; 0 if not known.
    pub topic_id: TopicId,
}

/// An offset that counts if its transaction commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Whose transaction.
    pub producer_id: i64,
    /// The group.
    pub group: String,
    /// The offset.
    pub offset: Committed,
}

/// A group's offsets, by topic and partition.
type ByTopic = TimelineMap<Topic, TimelineMap<i32, Committed>>;

/// The offsets of all groups.
#[derive(Clone, Debug, Default)]
pub(super) struct Offsets {
    groups: SortedMap<String, ByTopic>,
    pending: Vec<Pending>,
}

impl Offsets {
    /// What a group has committed, by topic and partition.
    pub fn of(&self, group: &str) -> Vec<&Committed> {
        let mut offsets: Vec<&Committed> = self.groups.get(group).map(in_order).unwrap_or_default();
        offsets.sort_unstable_by_key(|there| (&there.topic, there.partition));
        offsets
    }

    fn get(&self, group: &str, topic: &str, partition: i32) -> Option<&Committed> {
        self.groups.get(group)?.get(topic)?.get(&partition)
    }

    /// What a group has committed for one partition is gone.
    pub fn remove(&mut self, group: &str, topic: &Topic, partition: i32) {
        let is_it = |there: &Committed| there.topic == *topic && there.partition == partition;
        self.forget(group, &is_it, &mut Outcome::default());
    }

    /// Keeps an offset for good.
    pub fn put(&mut self, group: &str, offset: Committed) {
        let topics = self.groups.get_or_insert_with(group.to_owned(), ByTopic::default);
        let topic = topics.get_or_default(string_hash_code(&offset.topic), offset.topic.clone());
        if let Some(partitions) = topic {
            partitions.insert(offset.partition, offset.partition, offset);
        }
    }

    /// Keeps what may be kept, for good or until a producer's transaction ends.
    pub fn commit(
        &mut self,
        request: &OffsetCommit,
        producer_id: Option<i64>,
        context: &mut Context<'_>,
    ) -> Vec<(Topic, i32, GroupError)> {
        let mut answer = Vec::with_capacity(request.offsets.len());
        for offset in &request.offsets {
            if offset.metadata.len() > context.config.offset_metadata_max_bytes {
                answer.push((offset.topic.clone(), offset.partition, GroupError::OffsetMetadataTooLarge));
                continue;
            }
            answer.push((offset.topic.clone(), offset.partition, GroupError::None));
            let timestamp_ms = context.now.timestamp_ms();
            // A transactional commit names the topic alone.
            let topic_id = if producer_id.is_some() { TopicId::default() } else { offset.topic_id };
            let offset = Committed {
                topic: offset.topic.clone(),
                partition: offset.partition,
                offset: offset.offset,
                leader_epoch: offset.leader_epoch,
                metadata: offset.metadata.clone(),
                timestamp_ms,
                topic_id,
            };
            context.out.records.push(Record {
                key: key(&request.group, &offset.topic, offset.partition),
                value: Some(Value::OffsetCommit(records::OffsetCommit {
                    offset: offset.offset,
                    leader_epoch: offset.leader_epoch,
                    metadata: offset.metadata.clone(),
                    commit_timestamp: timestamp_ms,
                    expire_timestamp: -1,
                    topic_id,
                })),
            });
            match producer_id {
                Some(producer_id) => {
                    self.pending.push(Pending { producer_id, group: request.group.clone(), offset });
                }
                None => self.put(&request.group, offset),
            }
        }
        answer
    }

    /// Kafka: `replayEndTransactionMarker`.
    pub fn end_transaction(&mut self, producer_id: i64, commit: bool) {
        let pending = std::mem::take(&mut self.pending);
        for one in pending {
            if one.producer_id != producer_id {
                self.pending.push(one);
            } else if commit {
                self.put(&one.group, one.offset);
            }
        }
    }

    /// Kafka: `fetchOffsets`, `fetchAllOffsets`.
    pub fn fetch(&self, request: &OffsetFetch) -> Vec<FetchedOffset> {
        let is_unstable = |topic: &Topic, partition: i32| {
            let same = |one: &Pending| one.offset.topic == *topic && one.offset.partition == partition;
            request.require_stable && self.pending.iter().any(|one| one.group == request.group && same(one))
        };
        let answer = |topic: &Topic, partition: i32| {
            let unstable = is_unstable(topic, partition);
            let committed = self.get(&request.group, topic, partition).filter(|_| !unstable);
            FetchedOffset {
                topic: topic.clone(),
                partition,
                offset: committed.map_or(-1, |there| there.offset),
                leader_epoch: committed.map_or(-1, |there| there.leader_epoch),
                metadata: committed.map(|there| there.metadata.clone()).unwrap_or_default(),
                error: if unstable { GroupError::UnstableOffsetCommit } else { GroupError::None },
            }
        };
        match &request.partitions {
            Some(partitions) => partitions.iter().map(|(topic, partition)| answer(topic, *partition)).collect(),
            None => self.of(&request.group).into_iter().map(|there| answer(&there.topic, there.partition)).collect(),
        }
    }

    /// Forgets all offsets of a group. Kafka: `deleteAllOffsets`.
    pub fn forget_group(&mut self, group: &str, out: &mut Outcome) {
        self.forget(group, &|_| true, out);
        self.pending.retain(|one| one.group != group);
    }

    /// Forgets the offsets of topics.
    pub fn forget_topics(&mut self, topics: &[Topic], out: &mut Outcome) {
        let groups: Vec<String> = self.groups.keys().cloned().collect();
        for group in groups {
            self.forget(&group, &|there| topics.contains(&there.topic), out);
        }
    }

    /// Forgets some offsets of a group; whether nothing is left.
    fn forget(&mut self, group: &str, gone: &dyn Fn(&Committed) -> bool, out: &mut Outcome) -> bool {
        let Some(topics) = self.groups.get_mut(group) else { return true };
        let tombstones = in_order(topics)
            .into_iter()
            .filter(|there| gone(there))
            .map(|there| Record { key: key(group, &there.topic, there.partition), value: None });
        out.records.extend(tombstones);
        topics.retain(|_, partitions| {
            partitions.retain(|_, there| !gone(there));
            !partitions.is_empty()
        });
        let is_empty = topics.is_empty();
        if is_empty {
            self.groups.remove(group);
        }
        is_empty
    }

    fn pending_of(&self, group: &str) -> Vec<(Topic, i32)> {
        let of = self.pending.iter().filter(|one| one.group == group);
        of.map(|one| (one.offset.topic.clone(), one.offset.partition)).collect()
    }

    /// Forgets what is too old; whether nothing is left. Kafka: `cleanupExpiredOffsets`, `offsetExpirationCondition`.
    pub fn expire(&mut self, group: &ClassicGroup, context: &mut Context<'_>) -> bool {
        let pending = self.pending_of(&group.id);
        if !self.groups.contains_key(&group.id) {
            return pending.is_empty();
        }
        let since_empty = group.protocol_type.is_some() && group.state == State::Empty;
        let is_live =
            group.uses_consumer_protocol() && group.subscribed_topics.is_some() && group.state == State::Stable;
        if group.protocol_type.is_some() && !since_empty && !is_live {
            return false;
        }
        let now_ms = context.now.timestamp_ms();
        let retention_ms = context.config.offsets_retention_ms;
        let is_expired = |there: &Committed| {
            let since_ms = if since_empty { group.state_since.timestamp_ms() } else { there.timestamp_ms };
            !group.is_subscribed_to(&there.topic)
                && now_ms.saturating_sub(since_ms) >= retention_ms
                && !pending.contains(&(there.topic.clone(), there.partition))
        };
        self.forget(&group.id, &is_expired, context.out) && pending.is_empty()
    }

    /// The same of a group by the consumer protocol: what nobody subscribes to expires after its commit.
    pub fn expire_of_consumer_group(&mut self, group: &ConsumerGroup, context: &mut Context<'_>) -> bool {
        let pending = self.pending_of(&group.id);
        if !self.groups.contains_key(&group.id) {
            return pending.is_empty();
        }
        let now_ms = context.now.timestamp_ms();
        let retention_ms = context.config.offsets_retention_ms;
        let is_expired = |there: &Committed| {
            !group.is_subscribed_to(&there.topic)
                && now_ms.saturating_sub(there.timestamp_ms) >= retention_ms
                && !pending.contains(&(there.topic.clone(), there.partition))
        };
        self.forget(&group.id, &is_expired, context.out) && pending.is_empty()
    }
}

/// In the order in which Kafka goes through them.
fn in_order(topics: &ByTopic) -> Vec<&Committed> {
    topics.iter().flat_map(|(_, partitions)| partitions.iter().map(|(_, there)| there)).collect()
}

/// The same error for every partition.
pub(super) fn all(request: &OffsetCommit, error: GroupError) -> Vec<(Topic, i32, GroupError)> {
    request.offsets.iter().map(|offset: &OffsetToCommit| (offset.topic.clone(), offset.partition, error)).collect()
}

fn key(group: &str, topic: &Topic, partition: i32) -> Key {
    Key { kind: Kind::OffsetCommit, group: group.to_owned(), part: Part::Partition(topic.clone(), partition) }
}

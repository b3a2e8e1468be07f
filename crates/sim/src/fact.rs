//! Facts: what happened, in Kafka's words, each with its cause. Nothing is ever found out by comparing two states.

mod details;
mod fields;
pub mod group;
mod idempotence;
mod json;
mod message_fact;
mod names;
mod page_cache;
mod partitioning;
pub mod share;
mod trouble;

pub use details::{CheckpointFile, ChosenBy, Completion, IsrStep, ReadyBecause};
pub use fields::{FieldValue, Fields};
pub use highwater_log::{log::Verdict, segment::RollReason};
pub use message_fact::{MessageFact, Says, SessionSays};
pub use partitioning::{AbortedForNewBatch, StickyPartitionSwitched, SwitchedBecause};
pub use trouble::{
    ConfigRecord, PartitionLeadershipUpdated, PollThrew, PreferredReadReplica, TruncationDetected, UnflushedLost,
};
pub use {group::GroupFact, idempotence::IdempotenceFact, page_cache::PageCacheFact};

use crate::ids::{BatchId, BrokerId, ClientId, FactId, LeaderEpoch, MessageId, NodeId, Offset, Topic, TopicPartition};
use crate::{bytes::Bytes, command::Command, controller::partition_change::PartitionChange, error::Errors};
use crate::{metadata::PartitionRegistration, time::SimTime, timer::Timer};

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Its number, from 0.
    pub id: FactId,
    /// When.
    pub at: SimTime,
    /// The fact that made it happen; none for a command, where every chain of causes ends.
    pub cause: Option<FactId>,
    /// What.
    pub kind: FactKind,
}

/// What happened. A fact that mirrors one of Kafka's records has that record's name and fields.
#[derive(Clone, Debug)]
pub enum FactKind {
    /// Somebody outside did something.
    CommandGiven {
        /// What.
        command: Command,
    },
    /// A timer ran out and was heeded.
    TimerFired {
        /// Whose.
        node: NodeId,
        /// Which.
        timer: Timer,
    },
    /// The controller wrote a `PartitionRecord`: a new partition.
    PartitionRecord {
        /// Which.
        partition: TopicPartition,
        /// The assigned replicas.
        replicas: Vec<BrokerId>,
        /// The in-sync replicas.
        isr: Vec<BrokerId>,
        /// The leader, -1 for none.
        leader: BrokerId,
        /// Its epoch.
        leader_epoch: LeaderEpoch,
        /// The partition's epoch.
        partition_epoch: i32,
    },
    /// The controller wrote a `PartitionChangeRecord`.
    PartitionChangeRecord {
        /// Which partition.
        partition: TopicPartition,
        /// What the record says.
        change: std::rc::Rc<PartitionChange>,
        /// The partition then.
        registration: std::rc::Rc<PartitionRegistration>,
    },
    /// A client learned about a topic.
    MetadataUpdated {
        /// Who.
        client: ClientId,
        /// Which topic.
        topic: Topic,
        /// How many partitions the client knows now.
        partitions: i32,
        /// How many it knew before, 0 at first.
        before: i32,
    },
    /// A client learned who leads a partition now.
    PartitionLeadershipUpdated(PartitionLeadershipUpdated),
    /// A producer chose the partition of a record.
    PartitionChosen {
        /// The producer.
        producer: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// The key.
        key: Option<Bytes>,
        /// How many partitions it chose from.
        partitions: i32,
        /// How.
        by: ChosenBy,
    },
    /// The sticky partitioner went to another partition (which may be the same again).
    StickyPartitionSwitched(StickyPartitionSwitched),
    /// A record found no batch that takes it: the partitioner hears of it, and is asked again (Kafka 2.4 to 3.9).
    AbortedForNewBatch(AbortedForNewBatch),
    /// A record went into a batch of the accumulator.
    RecordAccumulated {
        /// The producer.
        producer: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// The batch.
        batch: BatchId,
        /// The batch was made for this record.
        new_batch: bool,
        /// Records in the batch now.
        records: i64,
        /// Its bytes now.
        bytes: i64,
        /// `batch.size`.
        batch_size: i64,
    },
    /// A batch can be sent.
    BatchReady {
        /// The producer.
        producer: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// The batch.
        batch: BatchId,
        /// Why.
        because: ReadyBecause,
        /// How long it waited, in ms.
        waited_ms: i64,
    },
    /// The sender took a batch out of its queue, into a request to the leader.
    BatchDrained {
        /// The producer.
        producer: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// The batch.
        batch: BatchId,
        /// The leader.
        broker: BrokerId,
        /// Its records.
        records: i64,
    },
    /// The producer heard that a batch is stored as its `acks` demand.
    BatchAcknowledged {
        /// The producer.
        producer: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// The batch.
        batch: BatchId,
        /// Where it lies; -1 where nobody says.
        base_offset: Offset,
        /// Its records.
        records: i64,
    },
    /// A batch goes back into its queue and will be sent again.
    BatchRetried {
        /// The producer.
        producer: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// The batch.
        batch: BatchId,
        /// Why.
        error: Errors,
        /// How often it has been sent.
        attempts: i64,
    },
    /// A batch, or a record that never came into one, failed for good.
    SendFailed {
        /// The producer.
        producer: ClientId,
        /// The topic.
        topic: Topic,
        /// The batch, if there was one.
        batch: Option<BatchId>,
        /// Why, as Kafka's exception or error name says.
        error: String,
        /// The records that are lost to the application.
        records: i64,
    },
    /// A message left its sender.
    Sent(MessageFact),
    /// A message reached its receiver.
    Received(MessageFact),
    /// A message did not get through: the link is cut, or nobody listens at its end.
    MessageLost(MessageFact),
    /// The controller wrote a `RegisterBrokerRecord`: a broker is there, under a new epoch.
    RegisterBrokerRecord {
        /// The broker.
        broker: BrokerId,
        /// Its epoch now.
        broker_epoch: i64,
    },
    /// The controller wrote a `BrokerRegistrationChangeRecord`.
    BrokerRegistrationChangeRecord {
        /// The broker.
        broker: BrokerId,
        /// It is fenced now: it leads nothing, and is in no ISR.
        fenced: bool,
        /// It is about to stop.
        in_controlled_shutdown: bool,
    },
    /// The controller wrote a `ConfigRecord`: a topic has another configuration.
    ConfigRecord(ConfigRecord),
    /// The controller wrote a `ClearElrRecord`: after another `min.insync.replicas` only the ISR is eligible.
    ClearElrRecord(Topic),
    /// The controller wrote a `RemoveTopicRecord`: the topic is deleted.
    RemoveTopicRecord(Topic),
    /// A machine lost power, and with it the end of a log that was only in the page cache.
    UnflushedLost(UnflushedLost),
    /// A write failed because the disk is full: the log directory is offline, and a broker without another one halts.
    LogDirFailed(BrokerId),
    /// A broker that starts has loaded a log.
    LogLoaded {
        /// Where.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// It had stopped cleanly; otherwise what may not have been flushed was read anew.
        is_clean: bool,
        /// Where the log ends.
        log_end_offset: Offset,
        /// The high watermark: what the checkpoint file says, as far as the log goes.
        high_watermark: Offset,
    },
    /// Records went to the end of a log.
    RecordAppended {
        /// Where.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// The first record.
        first_offset: Offset,
        /// The last.
        last_offset: Offset,
        /// The epoch in the batch.
        leader_epoch: LeaderEpoch,
        /// By the leader, not by a follower.
        as_leader: bool,
    },
    /// The leader learned from a fetch how far a follower is.
    FollowerCredited {
        /// The leader.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// The follower.
        follower: BrokerId,
        /// What the leader knew before; none before the follower's first fetch.
        from: Option<Offset>,
        /// The follower's log end offset: what it asked for.
        to: Offset,
    },
    /// The leader's high watermark rose to the least log end offset that counts.
    HighWatermarkAdvanced {
        /// The leader.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// Before.
        from: Offset,
        /// After: the least of the log end offsets.
        to: Offset,
        /// What the minimum was taken of: the leader's own end and what it knows of the others.
        log_end_offsets: Vec<(BrokerId, Offset)>,
    },
    /// The leader changes the ISR, together with the controller.
    IsrUpdate {
        /// The leader.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// The committed ISR before.
        from: Vec<BrokerId>,
        /// The ISR that was asked for, or committed.
        to: Vec<BrokerId>,
        /// How far the change is.
        step: IsrStep,
    },
    /// A follower took over the leader's high watermark, clamped to its own log; it may fall.
    HighWatermarkUpdated {
        /// The follower.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// Before.
        from: Offset,
        /// After: `min(leader's, own log end)`.
        to: Offset,
        /// What the leader's response said.
        leader_high_watermark: Offset,
        /// The end of its own log.
        log_end_offset: Offset,
    },
    /// A follower cut the end of its log, which the leader's log has not.
    LogTruncated {
        /// The follower.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// Its log end before.
        from: Offset,
        /// Its log end now.
        to: Offset,
        /// The leader's epoch that was compared, and where that ends; none if it was cut at its own high watermark.
        leader_end: Option<(LeaderEpoch, Offset)>,
    },
    /// A fetch waits in the broker for more bytes or for its time (`DelayedFetch`).
    FetchParked {
        /// Where.
        broker: BrokerId,
        /// The request.
        message: MessageId,
        /// The partition.
        partition: TopicPartition,
        /// Who waits.
        node: NodeId,
        /// How long at most, in ms.
        wait_ms: u64,
    },
    /// A waiting fetch is answered now.
    FetchCompleted {
        /// Where.
        broker: BrokerId,
        /// The request.
        message: MessageId,
        /// The partition.
        partition: TopicPartition,
        /// Why now.
        completion: Completion,
    },
    /// A produce request with `acks=all` waits for the high watermark (`DelayedProduce`).
    ProduceParked {
        /// Where.
        broker: BrokerId,
        /// The request.
        message: MessageId,
        /// The partition.
        partition: TopicPartition,
        /// The high watermark that it waits for.
        required_offset: Offset,
        /// How long at most, in ms.
        wait_ms: u64,
    },
    /// A waiting produce request is answered now.
    ProduceCompleted {
        /// Where.
        broker: BrokerId,
        /// The request.
        message: MessageId,
        /// The partition.
        partition: TopicPartition,
        /// Why now.
        completion: Completion,
    },
    /// A consumer found out where to begin.
    PositionReset {
        /// The consumer.
        consumer: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// The offset that it will read next.
        position: Offset,
    },
    /// A consumer found that what it had read is no longer in the leader's log, and goes back to where they part.
    TruncationDetected(TruncationDetected),
    /// From whom a consumer reads.
    PreferredReadReplica(PreferredReadReplica),
    /// `poll()` threw an exception.
    PollThrew(PollThrew),
    /// `poll()` returned records to the application, and the position went past them.
    RecordsPolled {
        /// The consumer.
        consumer: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// The first record.
        first_offset: Offset,
        /// The last record.
        last_offset: Offset,
        /// The offset that it will read next.
        position: Offset,
        /// How many records.
        records: i64,
    },
    /// A log began a new segment.
    SegmentRolled {
        /// Where.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// The base offset of the new segment.
        base_offset: Offset,
        /// Why the old one takes no more.
        reason: RollReason,
    },
    /// A segment was deleted.
    SegmentDeleted {
        /// Where.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// Its base offset.
        base_offset: Offset,
        /// Why.
        verdict: Verdict,
    },
    /// A broker looked for segments to delete and found the first one that stays.
    RetentionChecked {
        /// Where.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// How many segments were deleted.
        deleted: i64,
        /// The base offset of the first one that stays.
        kept: Offset,
        /// Why it stays.
        verdict: Verdict,
    },
    /// The first offset of a log went up: what is before it cannot be read any more.
    LogStartOffsetIncremented {
        /// Where.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// Before.
        from: Offset,
        /// After.
        to: Offset,
    },
    /// The cleaner has compacted a log.
    LogCleaned {
        /// Where.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// Where the dirty part began.
        first_dirty_offset: Offset,
        /// Where it begins now: the cleaner's checkpoint.
        next_dirty_offset: Offset,
        /// How much of the log was dirty, in thousandths.
        dirty_thousandths: i64,
        /// Keys in the offset map.
        keys: i64,
        /// Records that were looked at.
        records_read: i64,
        /// Records that stayed.
        records_kept: i64,
    },
    /// A broker wrote a log to its disk.
    LogFlushed {
        /// Where.
        broker: BrokerId,
        /// The partition.
        partition: TopicPartition,
        /// What is before it is on the disk.
        recovery_point: Offset,
    },
    /// A broker wrote an offset into one of its checkpoint files.
    CheckpointWritten {
        /// Where.
        broker: BrokerId,
        /// Which file.
        file: CheckpointFile,
        /// The partition.
        partition: TopicPartition,
        /// The offset.
        offset: Offset,
    },
    /// Something happened between files, memory and network.
    PageCache(Box<PageCacheFact>),
    /// Something about an id or sequence numbers.
    Idempotence(Box<IdempotenceFact>),
    /// Something happened in a group.
    Group(Box<GroupFact>),
    /// Something happened in a share group.
    Share(Box<share::ShareFact>),
    /// A bound was reached; what would have gone past it did not happen.
    LimitReached {
        /// Who hit it.
        node: Option<NodeId>,
        /// Which bound.
        what: std::rc::Rc<str>,
        /// Where it lies.
        limit: u64,
    },
}

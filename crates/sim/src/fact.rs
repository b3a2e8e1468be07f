//! Facts: what happened, in Kafka's words, each with its cause.
//!
//! Captions, traces, the list of events, animations and "why?" all come from here; nothing is ever found out by
//! comparing two states.

use std::rc::Rc;

use serde::Serialize;

use crate::bytes::Bytes;
use crate::command::Command;
use crate::error::Errors;
use crate::ids::{BatchId, BrokerId, ClientId, FactId, LeaderEpoch, MessageId, NodeId, Offset, Topic, TopicPartition};
use crate::message::{Acks, Api, Body, Message};
use crate::time::SimTime;
use crate::timer::Timer;

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
pub struct Fact {
    /// Its number, from 0.
    pub id: FactId,
    /// When, in microseconds of virtual time.
    #[serde(rename = "at_us")]
    pub at: SimTime,
    /// The fact that made it happen; none for a command, where every chain of causes ends.
    pub cause: Option<FactId>,
    /// What.
    #[serde(flatten)]
    pub kind: FactKind,
}

/// How a partition was chosen. Kafka 4.3: `KafkaProducer.partition`, `BuiltInPartitioner`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum ChosenBy {
    /// The application named it.
    Application,
    /// `(murmur2(key) & 0x7fffffff) % partitions`.
    KeyHash {
        /// murmur2 of the key.
        murmur2: i32,
        /// With the sign bit cleared.
        positive: i32,
    },
    /// No key: the partition where the sticky partitioner stands.
    Sticky,
}

/// Why a batch can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadyBecause {
    /// It is full, or another batch stands behind it.
    Full,
    /// It has waited `linger.ms`.
    LingerExpired,
    /// Somebody waits for buffer memory.
    MemoryWaiters,
    /// The producer is being closed.
    Closed,
    /// The application flushes.
    Flushing,
    /// A retry: its backoff has run out.
    BackoffExpired,
}

/// What a message tells of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageFact {
    /// Its number.
    pub message: MessageId,
    /// The request's number.
    pub correlation: MessageId,
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// The API.
    pub api: Api,
    /// A response, not a request.
    pub response: bool,
    /// The first partition that it is about.
    #[serde(flatten)]
    pub partition: Option<TopicPartition>,
    /// Its telling fields.
    pub says: Says,
}

/// The telling fields of a message (of its first partition).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// A Produce request.
    Produce {
        /// `acks`.
        acks: Acks,
        /// Records of all its batches.
        records: i64,
    },
    /// A Produce response.
    Produced {
        /// The error.
        error: Errors,
        /// Where the records lie.
        base_offset: Offset,
    },
    /// A Fetch request.
    Fetch {
        /// From which offset.
        offset: Offset,
        /// The epoch of the last record that the fetcher has.
        last_fetched_epoch: Option<LeaderEpoch>,
    },
    /// A Fetch response.
    Fetched {
        /// The error.
        error: Errors,
        /// The high watermark that it carries.
        high_watermark: Offset,
        /// Records that it carries.
        records: i64,
        /// The first of them.
        first_offset: Option<Offset>,
    },
    /// A `ListOffsets` request.
    ListOffsets,
    /// Its response.
    ListedOffsets {
        /// The offset.
        offset: Offset,
    },
    /// A Metadata request.
    Metadata,
    /// Its response.
    MetadataIs {
        /// The partitions of the first topic.
        partitions: i32,
    },
}

/// Why a request that waited was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Completion {
    /// What it waited for is there.
    Satisfied,
    /// It has waited as long as it may.
    TimedOut,
}

/// What happened. The names are the names of the facts; a fact that mirrors one of Kafka's records has that record's
/// name and fields.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "fact")]
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
        #[serde(flatten)]
        timer: Timer,
    },
    /// The controller wrote a `PartitionRecord`: a new partition.
    PartitionRecord {
        /// Which.
        #[serde(flatten)]
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
    /// A producer chose the partition of a record.
    PartitionChosen {
        /// The producer.
        producer: ClientId,
        /// The partition.
        #[serde(flatten)]
        partition: TopicPartition,
        /// The key.
        key: Option<Bytes>,
        /// How many partitions it chose from.
        partitions: i32,
        /// How.
        #[serde(flatten)]
        by: ChosenBy,
    },
    /// The sticky partitioner went to another partition (which may be the same again).
    StickyPartitionSwitched {
        /// The producer.
        producer: ClientId,
        /// The topic.
        topic: Topic,
        /// Where it was; none at the first record.
        from: Option<i32>,
        /// Where it is now.
        to: i32,
        /// Bytes that went to the old one.
        bytes: i64,
    },
    /// A record went into a batch of the accumulator.
    RecordAccumulated {
        /// The producer.
        producer: ClientId,
        /// The partition.
        #[serde(flatten)]
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
        #[serde(flatten)]
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
        #[serde(flatten)]
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
        #[serde(flatten)]
        partition: TopicPartition,
        /// The batch.
        batch: BatchId,
        /// Where it lies; -1 with `acks=0`, where nobody says.
        base_offset: Offset,
        /// Its records.
        records: i64,
    },
    /// A batch goes back into its queue and will be sent again.
    BatchRetried {
        /// The producer.
        producer: ClientId,
        /// The partition.
        #[serde(flatten)]
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
    /// Records went to the end of a log.
    RecordAppended {
        /// Where.
        broker: BrokerId,
        /// The partition.
        #[serde(flatten)]
        partition: TopicPartition,
        /// The first record.
        first_offset: Offset,
        /// The last.
        last_offset: Offset,
        /// The epoch in the batch.
        leader_epoch: LeaderEpoch,
        /// By the leader (which gave the offsets), not by a follower.
        as_leader: bool,
    },
    /// The leader learned from a fetch how far a follower is.
    FollowerCredited {
        /// The leader.
        broker: BrokerId,
        /// The partition.
        #[serde(flatten)]
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
        #[serde(flatten)]
        partition: TopicPartition,
        /// Before.
        from: Offset,
        /// After: the least of the log end offsets.
        to: Offset,
        /// What the minimum was taken of: the leader's own end and what it knows of the others.
        log_end_offsets: Vec<(BrokerId, Offset)>,
    },
    /// A follower took over the leader's high watermark, clamped to its own log; it may fall.
    HighWatermarkUpdated {
        /// The follower.
        broker: BrokerId,
        /// The partition.
        #[serde(flatten)]
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
    /// A fetch waits in the broker for more bytes or for its time (`DelayedFetch`).
    FetchParked {
        /// Where.
        broker: BrokerId,
        /// The request.
        message: MessageId,
        /// The partition.
        #[serde(flatten)]
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
        #[serde(flatten)]
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
        #[serde(flatten)]
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
        #[serde(flatten)]
        partition: TopicPartition,
        /// Why now.
        completion: Completion,
    },
    /// A consumer found out where to begin.
    PositionReset {
        /// The consumer.
        consumer: ClientId,
        /// The partition.
        #[serde(flatten)]
        partition: TopicPartition,
        /// The offset that it will read next.
        position: Offset,
    },
    /// `poll()` returned records to the application, and the position went past them.
    RecordsPolled {
        /// The consumer.
        consumer: ClientId,
        /// The partition.
        #[serde(flatten)]
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
    /// A bound was reached; what would have gone past it did not happen.
    LimitReached {
        /// Who hit it.
        node: Option<NodeId>,
        /// Which bound.
        what: Rc<str>,
        /// Where it lies.
        limit: u64,
    },
}

impl FactKind {
    /// The fact's name, such as `HighWatermarkAdvanced`; of messages `FetchSent`, `FetchReceived`,
    /// `FetchResponseSent`, `FetchResponseReceived` and so on.
    pub fn name(&self) -> &'static str {
        match self {
            FactKind::CommandGiven { .. } => "CommandGiven",
            FactKind::TimerFired { .. } => "TimerFired",
            FactKind::PartitionRecord { .. } => "PartitionRecord",
            FactKind::MetadataUpdated { .. } => "MetadataUpdated",
            FactKind::PartitionChosen { .. } => "PartitionChosen",
            FactKind::StickyPartitionSwitched { .. } => "StickyPartitionSwitched",
            FactKind::RecordAccumulated { .. } => "RecordAccumulated",
            FactKind::BatchReady { .. } => "BatchReady",
            FactKind::BatchDrained { .. } => "BatchDrained",
            FactKind::BatchAcknowledged { .. } => "BatchAcknowledged",
            FactKind::BatchRetried { .. } => "BatchRetried",
            FactKind::SendFailed { .. } => "SendFailed",
            FactKind::Sent(message) => match (message.api, message.response) {
                (Api::Produce, false) => "ProduceSent",
                (Api::Produce, true) => "ProduceResponseSent",
                (Api::Fetch, false) => "FetchSent",
                (Api::Fetch, true) => "FetchResponseSent",
                (Api::ListOffsets, false) => "ListOffsetsSent",
                (Api::ListOffsets, true) => "ListOffsetsResponseSent",
                (Api::Metadata, false) => "MetadataSent",
                (Api::Metadata, true) => "MetadataResponseSent",
            },
            FactKind::Received(message) => match (message.api, message.response) {
                (Api::Produce, false) => "ProduceReceived",
                (Api::Produce, true) => "ProduceResponseReceived",
                (Api::Fetch, false) => "FetchReceived",
                (Api::Fetch, true) => "FetchResponseReceived",
                (Api::ListOffsets, false) => "ListOffsetsReceived",
                (Api::ListOffsets, true) => "ListOffsetsResponseReceived",
                (Api::Metadata, false) => "MetadataReceived",
                (Api::Metadata, true) => "MetadataResponseReceived",
            },
            FactKind::RecordAppended { .. } => "RecordAppended",
            FactKind::FollowerCredited { .. } => "FollowerCredited",
            FactKind::HighWatermarkAdvanced { .. } => "HighWatermarkAdvanced",
            FactKind::HighWatermarkUpdated { .. } => "HighWatermarkUpdated",
            FactKind::FetchParked { .. } => "FetchParked",
            FactKind::FetchCompleted { .. } => "FetchCompleted",
            FactKind::ProduceParked { .. } => "ProduceParked",
            FactKind::ProduceCompleted { .. } => "ProduceCompleted",
            FactKind::PositionReset { .. } => "PositionReset",
            FactKind::RecordsPolled { .. } => "RecordsPolled",
            FactKind::LimitReached { .. } => "LimitReached",
        }
    }

    /// Every name that a fact can have: what a scenario may wait for.
    pub const NAMES: &'static [&'static str] = &[
        "CommandGiven",
        "TimerFired",
        "PartitionRecord",
        "MetadataUpdated",
        "PartitionChosen",
        "StickyPartitionSwitched",
        "RecordAccumulated",
        "BatchReady",
        "BatchDrained",
        "BatchAcknowledged",
        "BatchRetried",
        "SendFailed",
        "ProduceSent",
        "ProduceResponseSent",
        "FetchSent",
        "FetchResponseSent",
        "ListOffsetsSent",
        "ListOffsetsResponseSent",
        "MetadataSent",
        "MetadataResponseSent",
        "ProduceReceived",
        "ProduceResponseReceived",
        "FetchReceived",
        "FetchResponseReceived",
        "ListOffsetsReceived",
        "ListOffsetsResponseReceived",
        "MetadataReceived",
        "MetadataResponseReceived",
        "RecordAppended",
        "FollowerCredited",
        "HighWatermarkAdvanced",
        "HighWatermarkUpdated",
        "FetchParked",
        "FetchCompleted",
        "ProduceParked",
        "ProduceCompleted",
        "PositionReset",
        "RecordsPolled",
        "LimitReached",
    ];

    /// The keys of the values that this fact set, such as `hw/orders-0/broker-1`.
    pub fn sets(&self) -> Vec<String> {
        match self {
            FactKind::PartitionRecord { partition, .. } => {
                vec![
                    format!("isr/{partition}"),
                    format!("leader/{partition}"),
                    format!("epoch/{partition}"),
                ]
            }
            FactKind::MetadataUpdated { client, topic, .. } => vec![format!("known_partitions/{client}/{topic}")],
            FactKind::PartitionChosen {
                producer, partition, ..
            } => vec![format!("chosen/{producer}/{}", partition.topic)],
            FactKind::StickyPartitionSwitched { producer, topic, .. } => vec![format!("sticky/{producer}/{topic}")],
            FactKind::RecordAppended { broker, partition, .. } => vec![format!("leo/{partition}/broker-{broker}")],
            FactKind::FollowerCredited {
                broker,
                partition,
                follower,
                ..
            } => {
                vec![format!("credited/{partition}/broker-{broker}/{follower}")]
            }
            FactKind::HighWatermarkAdvanced { broker, partition, .. }
            | FactKind::HighWatermarkUpdated { broker, partition, .. } => {
                vec![format!("hw/{partition}/broker-{broker}")]
            }
            FactKind::PositionReset {
                consumer, partition, ..
            }
            | FactKind::RecordsPolled {
                consumer, partition, ..
            } => {
                vec![format!("position/{consumer}/{partition}")]
            }
            FactKind::BatchAcknowledged {
                producer, partition, ..
            } => vec![format!("acked/{producer}/{partition}")],
            _ => Vec::new(),
        }
    }

    /// The partition that the fact is about, if it is about one.
    pub fn partition(&self) -> Option<&TopicPartition> {
        match self {
            FactKind::PartitionRecord { partition, .. }
            | FactKind::PartitionChosen { partition, .. }
            | FactKind::RecordAccumulated { partition, .. }
            | FactKind::BatchReady { partition, .. }
            | FactKind::BatchDrained { partition, .. }
            | FactKind::BatchAcknowledged { partition, .. }
            | FactKind::BatchRetried { partition, .. }
            | FactKind::RecordAppended { partition, .. }
            | FactKind::FollowerCredited { partition, .. }
            | FactKind::HighWatermarkAdvanced { partition, .. }
            | FactKind::HighWatermarkUpdated { partition, .. }
            | FactKind::FetchParked { partition, .. }
            | FactKind::FetchCompleted { partition, .. }
            | FactKind::ProduceParked { partition, .. }
            | FactKind::ProduceCompleted { partition, .. }
            | FactKind::PositionReset { partition, .. }
            | FactKind::RecordsPolled { partition, .. } => Some(partition),
            FactKind::Sent(message) | FactKind::Received(message) => message.partition.as_ref(),
            _ => None,
        }
    }

    /// An error or a loss.
    pub fn is_bad(&self) -> bool {
        match self {
            FactKind::SendFailed { .. } | FactKind::LimitReached { .. } | FactKind::BatchRetried { .. } => true,
            FactKind::ProduceCompleted { completion, .. } => *completion == Completion::TimedOut,
            FactKind::Sent(message) | FactKind::Received(message) => matches!(
                message.says,
                Says::Produced { error, .. } | Says::Fetched { error, .. } if error != Errors::None
            ),
            _ => false,
        }
    }
}

impl Fact {
    /// The fact as a JSON object with its name under `fact`: what `run --facts` prints and what `until` looks into.
    pub fn to_json(&self) -> serde_json::Value {
        let mut json = serde_json::to_value(self).unwrap_or_default();
        if let Some(object) = json.as_object_mut() {
            object.insert("fact".to_owned(), self.kind.name().into());
        }
        json
    }
}

impl MessageFact {
    /// What `message` tells of itself.
    pub fn of(message: &Message) -> MessageFact {
        let (partition, says) = match &*message.body {
            Body::ProduceRequest(request) => {
                let records = request
                    .batches
                    .iter()
                    .map(|(_, batch)| i64::from(batch.record_count()))
                    .sum();
                (
                    request.batches.first().map(|(partition, _)| partition),
                    Says::Produce {
                        acks: request.acks,
                        records,
                    },
                )
            }
            Body::ProduceResponse(response) => {
                let first = response.partitions.first();
                let (error, base_offset) =
                    first.map_or((Errors::None, Offset(-1)), |part| (part.error, part.base_offset));
                (first.map(|part| &part.partition), Says::Produced { error, base_offset })
            }
            Body::FetchRequest(request) => {
                let first = request.partitions.first();
                let says = Says::Fetch {
                    offset: first.map_or(Offset(-1), |part| part.fetch_offset),
                    last_fetched_epoch: first.and_then(|part| part.last_fetched_epoch),
                };
                (first.map(|part| &part.partition), says)
            }
            Body::FetchResponse(response) => {
                // What a reader wants to know is what it brings: the first partition that brings something, or errs.
                let first = response
                    .partitions
                    .iter()
                    .find(|part| !part.records.is_empty() || part.error != Errors::None)
                    .or(response.partitions.first());
                let says = first.map_or(
                    Says::Fetched {
                        error: Errors::None,
                        high_watermark: Offset(-1),
                        records: 0,
                        first_offset: None,
                    },
                    |part| Says::Fetched {
                        error: part.error,
                        high_watermark: part.high_watermark,
                        records: part.records.iter().map(|batch| i64::from(batch.record_count())).sum(),
                        first_offset: part.records.first().map(|batch| Offset(batch.base_offset())),
                    },
                );
                (first.map(|part| &part.partition), says)
            }
            Body::ListOffsetsRequest(request) => (
                request.partitions.first().map(|(partition, _)| partition),
                Says::ListOffsets,
            ),
            Body::ListOffsetsResponse(response) => {
                let first = response.partitions.first();
                let offset = first.map_or(Offset(-1), |(_, _, offset)| *offset);
                (first.map(|(partition, _, _)| partition), Says::ListedOffsets { offset })
            }
            Body::MetadataRequest(_) => (None, Says::Metadata),
            Body::MetadataResponse(response) => {
                let partitions = response.topics.first().map_or(0, |(_, image)| image.partitions.len());
                (
                    None,
                    Says::MetadataIs {
                        partitions: i32::try_from(partitions).unwrap_or(i32::MAX),
                    },
                )
            }
        };
        MessageFact {
            message: message.id,
            correlation: message.correlation,
            from: message.from.clone(),
            to: message.to.clone(),
            api: message.body.api(),
            response: message.body.is_response(),
            partition: partition.cloned(),
            says,
        }
    }
}

//! Requests and responses by their API names. Kafka 4.3: `clients/src/main/resources/common/message/*.json`.
//!
//! Differs from Kafka: only the fields that a decision reads are here; no versions, no throttle times.

use std::rc::Rc;

use highwater_log::batch::RecordBatch;
use highwater_log::leader_epochs::EpochEndOffset;

use crate::broker::alter_partition::AlterPartitionItem;
use crate::broker::isr::AlteredPartition;
pub use crate::config::Acks;
use crate::config::Rack;
use crate::error::Errors;
use crate::fetch_session::FetchMetadata;
use crate::group::body::{GroupApi, GroupBody};
use crate::group::share::body::{ShareApi, ShareBody};
use crate::ids::{BrokerId, LeaderEpoch, MessageId, NodeId, Offset, Topic, TopicId, TopicPartition};
use crate::metadata::TopicImage;

pub use current_leaders::{CurrentLeaders, LeaderIdAndEpoch};
pub use producer_ids::{AllocateProducerIdsRequest, AllocateProducerIdsResponse, InitProducerIdResponse};

pub use offset_for_leader_epoch::{
    EpochAnswer, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, WantedEpoch,
};

mod current_leaders;
mod offset_for_leader_epoch;
mod producer_ids;

/// A message on the network.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its own number.
    pub id: MessageId,
    /// Of a response: the request that it answers (Kafka's correlation id); of a request: itself.
    pub correlation: MessageId,
    /// Who sent it.
    pub from: NodeId,
    /// Who gets it.
    pub to: NodeId,
    /// What it says.
    pub body: Rc<Body>,
}

/// A request or a response.
#[derive(Clone, Debug)]
pub enum Body {
    /// Produce.
    ProduceRequest(ProduceRequest),
    /// Its response; never sent for `acks=0`.
    ProduceResponse(ProduceResponse),
    /// Fetch, by a follower or a consumer.
    FetchRequest(FetchRequest),
    /// Its response.
    FetchResponse(FetchResponse),
    /// `ListOffsets`: where a log begins or ends.
    ListOffsetsRequest(ListOffsetsRequest),
    /// Its response.
    ListOffsetsResponse(ListOffsetsResponse),
    /// Metadata of some topics.
    MetadataRequest(MetadataRequest),
    /// Its response.
    MetadataResponse(MetadataResponse),
    /// `OffsetForLeaderEpoch`: where a leader's epoch ends.
    OffsetForLeaderEpochRequest(OffsetForLeaderEpochRequest),
    /// Its response.
    OffsetForLeaderEpochResponse(OffsetForLeaderEpochResponse),
    /// `AlterPartition`: a leader wants other ISRs.
    AlterPartitionRequest(AlterPartitionRequest),
    /// Its response.
    AlterPartitionResponse(AlterPartitionResponse),
    /// `InitProducerId`: an idempotent producer wants an id.
    InitProducerIdRequest,
    /// Its response.
    InitProducerIdResponse(InitProducerIdResponse),
    /// `AllocateProducerIds`: a broker wants a block of ids.
    AllocateProducerIdsRequest(AllocateProducerIdsRequest),
    /// Its response.
    AllocateProducerIdsResponse(AllocateProducerIdsResponse),
    /// What members and coordinators of groups send each other.
    Group(GroupBody),
    /// What share consumers and leaders send each other.
    Share(ShareBody),
}

/// The APIs of this simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Api {
    /// Records to a leader.
    Produce,
    /// Records from a leader.
    Fetch,
    /// Offsets by time or end.
    ListOffsets,
    /// Who leads what.
    Metadata,
    /// Where epochs end.
    OffsetForLeaderEpoch,
    /// Other ISRs.
    AlterPartition,
    /// Ids for producers.
    InitProducerId,
    /// Blocks of ids for brokers.
    AllocateProducerIds,
    /// What groups need.
    Group(GroupApi),
    /// What share groups need of leaders.
    Share(ShareApi),
}

impl Api {
    /// Kafka's name.
    pub fn name(self) -> &'static str {
        match self {
            Api::Produce => "Produce",
            Api::Fetch => "Fetch",
            Api::ListOffsets => "ListOffsets",
            Api::Metadata => "Metadata",
            Api::OffsetForLeaderEpoch => "OffsetForLeaderEpoch",
            Api::AlterPartition => "AlterPartition",
            Api::InitProducerId => "InitProducerId",
            Api::AllocateProducerIds => "AllocateProducerIds",
            Api::Group(api) => api.name(),
            Api::Share(api) => api.name(),
        }
    }
}

impl Body {
    /// Which API it belongs to.
    pub fn api(&self) -> Api {
        match self {
            Body::ProduceRequest(_) | Body::ProduceResponse(_) => Api::Produce,
            Body::FetchRequest(_) | Body::FetchResponse(_) => Api::Fetch,
            Body::ListOffsetsRequest(_) | Body::ListOffsetsResponse(_) => Api::ListOffsets,
            Body::MetadataRequest(_) | Body::MetadataResponse(_) => Api::Metadata,
            Body::OffsetForLeaderEpochRequest(_) | Body::OffsetForLeaderEpochResponse(_) => Api::OffsetForLeaderEpoch,
            Body::AlterPartitionRequest(_) | Body::AlterPartitionResponse(_) => Api::AlterPartition,
            Body::InitProducerIdRequest | Body::InitProducerIdResponse(_) => Api::InitProducerId,
            Body::AllocateProducerIdsRequest(_) | Body::AllocateProducerIdsResponse(_) => Api::AllocateProducerIds,
            Body::Group(body) => Api::Group(body.api()),
            Body::Share(body) => Api::Share(body.api()),
        }
    }

    /// A response, not a request.
    pub fn is_response(&self) -> bool {
        match self {
            Body::ProduceResponse(_)
            | Body::FetchResponse(_)
            | Body::ListOffsetsResponse(_)
            | Body::MetadataResponse(_)
            | Body::OffsetForLeaderEpochResponse(_)
            | Body::AlterPartitionResponse(_)
            | Body::InitProducerIdResponse(_)
            | Body::AllocateProducerIdsResponse(_) => true,
            Body::Group(body) => body.is_response(),
            Body::Share(body) => body.is_response(),
            _ => false,
        }
    }
}

/// `ProduceRequest`.
#[derive(Clone, Debug)]
pub struct ProduceRequest {
    /// `acks`.
    pub acks: Acks,
    /// How long the leader may wait for the ISR, in ms.
    pub timeout_ms: u64,
    /// One batch for each partition.
    pub batches: Vec<(TopicPartition, RecordBatch)>,
}

/// `ProduceResponse`.
#[derive(Clone, Debug)]
pub struct ProduceResponse {
    /// An answer for each partition of the request.
    pub partitions: Vec<ProducePartition>,
    /// The leaders of partitions that were refused with `NOT_LEADER_OR_FOLLOWER`.
    pub current_leaders: CurrentLeaders,
}

/// `PartitionProduceResponse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducePartition {
    /// Which partition.
    pub partition: TopicPartition,
    /// What went wrong.
    pub error: Errors,
    /// The offset of the batch's first record; -1 if nothing was appended.
    pub base_offset: Offset,
    /// The start of the log; -1 if the broker does not know it.
    pub log_start_offset: Offset,
}

/// How far a consumer may see. Kafka: `IsolationLevel`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IsolationLevel {
    /// To the high watermark.
    #[default]
    ReadUncommitted,
    /// To the last stable offset.
    ReadCommitted,
}

/// `FetchRequest`.
#[derive(Clone, Debug)]
pub struct FetchRequest {
    /// The follower's broker id; none for a consumer (Kafka: `ReplicaId` -1).
    pub replica: Option<BrokerId>,
    /// The follower's broker epoch; −1 says nothing (Kafka: `ReplicaEpoch`).
    pub replica_epoch: i64,
    /// How long the broker may hold the request back, in ms.
    pub max_wait_ms: u64,
    /// How many bytes end the wait.
    pub min_bytes: u64,
    /// At most so many bytes in the response (one batch is always allowed).
    pub max_bytes: u64,
    /// The rack of a consumer (Kafka: `RackId`).
    pub rack: Rack,
    /// It came by a connection that `sendfile` can answer: not encrypted. Kafka: the listener's `TransportLayer`.
    pub zero_copy: bool,
    /// The fetch session, and which fetch of it this is.
    pub session: FetchMetadata,
    /// What to read: all of it in a full request; in an incremental one what is new in the session or asked for otherwise.
    pub partitions: Vec<FetchPartition>,
    /// What leaves the session.
    pub forgotten: Vec<TopicPartition>,
    /// Not on the wire, for who looks at the message: all that the session asks for.
    pub asks_for: AsksFor,
}

/// What a fetch asks for, named or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsksFor {
    /// How many partitions.
    pub partitions: usize,
    /// The first of them.
    pub first: Option<Box<FetchPartition>>,
}

impl AsksFor {
    /// All of these.
    pub fn all(partitions: &[FetchPartition]) -> AsksFor {
        AsksFor { partitions: partitions.len(), first: partitions.first().cloned().map(Box::new) }
    }
}

/// `FetchPartition`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchPartition {
    /// Which partition.
    pub partition: TopicPartition,
    /// The offset to read from; of a follower: its log end offset.
    pub fetch_offset: Offset,
    /// The leader epoch that the fetcher knows.
    pub current_leader_epoch: Option<LeaderEpoch>,
    /// Of a follower: the start of its log; −1 of a consumer.
    pub log_start_offset: Offset,
    /// The epoch of the last record that the fetcher has.
    pub last_fetched_epoch: Option<LeaderEpoch>,
    /// At most so many bytes of this partition.
    pub max_bytes: u64,
}

/// `FetchResponse`.
#[derive(Clone, Debug)]
pub struct FetchResponse {
    /// What is wrong with the session.
    pub error: Errors,
    /// The session; 0 is none.
    pub session_id: i32,
    /// An answer for each partition; in a session for those where something has changed since the last answer.
    pub partitions: Vec<FetchedPartition>,
    /// The leaders of partitions that were refused with `NOT_LEADER_OR_FOLLOWER` or `FENCED_LEADER_EPOCH`.
    pub current_leaders: CurrentLeaders,
    /// Not on the wire, for who looks at the message: the first partition that was read.
    pub about: Option<TopicPartition>,
}

/// `PartitionData` of a fetch response.
#[derive(Clone, Debug)]
pub struct FetchedPartition {
    /// Which partition.
    pub partition: TopicPartition,
    /// What went wrong.
    pub error: Errors,
    /// The leader's high watermark when it read; -1 with an error.
    pub high_watermark: Offset,
    /// The first offset of the log.
    pub log_start_offset: Offset,
    /// The follower's log parts from the leader's: the leader's last epoch that is not newer than the follower's, and
    /// where it ends. There are no records then.
    pub diverging_epoch: Option<EpochEndOffset>,
    /// The replica that the consumer should read from; there are no records then (KIP-392).
    pub preferred_read_replica: Option<BrokerId>,
    /// Whole batches, in order.
    pub records: Vec<RecordBatch>,
}

/// `ListOffsetsRequest`.
#[derive(Clone, Debug)]
pub struct ListOffsetsRequest {
    /// The follower that asks, which sees to the log end; none for a consumer.
    pub replica: Option<BrokerId>,
    /// Which partitions, and what of each.
    pub partitions: Vec<(TopicPartition, ListOffsetsSpec)>,
}

/// What is asked of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOffsetsSpec {
    /// -2: the first offset.
    Earliest,
    /// -1: for a consumer, the high watermark.
    Latest,
    /// The first record that is not older, in ms since the epoch.
    Timestamp(i64),
}

impl ListOffsetsSpec {
    /// What the request holds for it, in ms since the epoch, or one of the negative numbers that stand for an end
    /// (`ListOffsetsRequest.EARLIEST_TIMESTAMP`, `LATEST_TIMESTAMP`).
    pub fn timestamp(self) -> i64 {
        match self {
            ListOffsetsSpec::Earliest => -2,
            ListOffsetsSpec::Latest => -1,
            ListOffsetsSpec::Timestamp(timestamp) => timestamp,
        }
    }
}

/// `ListOffsetsResponse`.
#[derive(Clone, Debug)]
pub struct ListOffsetsResponse {
    /// An answer for each partition of the request; the offset is -1 with an error.
    pub partitions: Vec<ListedOffset>,
}

/// `ListOffsetsPartitionResponse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedOffset {
    /// Which partition.
    pub partition: TopicPartition,
    /// What went wrong.
    pub error: Errors,
    /// The offset; -1 with an error.
    pub offset: Offset,
    /// The leader epoch at that offset, if it is known.
    pub leader_epoch: Option<LeaderEpoch>,
}

/// `MetadataRequest`: the topics that the client wants to know about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataRequest {
    /// By name. Kafka: `forTopicNames`.
    Names(Vec<Topic>),
    /// By id. Kafka: `forTopicIds`.
    Ids(Vec<TopicId>),
    /// All that there are. Kafka: `allTopics`.
    All,
}

/// `MetadataResponse`.
#[derive(Clone, Debug)]
pub struct MetadataResponse {
    /// The brokers of the cluster.
    pub brokers: Vec<BrokerId>,
    /// What the answering broker knows of each topic; a topic that it does not know is absent
    /// (Kafka: `UNKNOWN_TOPIC_OR_PARTITION`).
    pub topics: Vec<(Topic, Rc<TopicImage>)>,
}

/// `AlterPartitionRequest`.
#[derive(Clone, Debug)]
pub struct AlterPartitionRequest {
    /// The leader.
    pub broker: BrokerId,
    /// What it wants.
    pub partitions: Vec<AlterPartitionItem>,
}

/// `AlterPartitionResponse`.
#[derive(Clone, Debug)]
pub struct AlterPartitionResponse {
    /// What each partition is now, or why it stays as it is.
    pub partitions: Vec<(TopicPartition, Result<AlteredPartition, Errors>)>,
}

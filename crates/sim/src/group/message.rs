//! What members and applications ask a group's coordinator, and what it answers. Kafka 4.3: the messages of the APIs by
//! these names, in their newest versions.

use std::rc::Rc;

use super::consumer_group::{HeartbeatRequest, HeartbeatResponse};
use super::error::GroupError;
use super::share::share_group::{ShareHeartbeatRequest, ShareHeartbeatResponse};
use crate::ids::{Topic, TopicId};

/// A protocol's bytes, which the coordinator hands on.
pub type Opaque = Rc<[u8]>;

/// The type of all groups of consumers. Kafka: `ConsumerProtocol.PROTOCOL_TYPE`.
pub const CONSUMER: &str = "consumer";

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A member wants to be in the group's next generation.
    JoinGroup(JoinGroup),
    /// A member wants its assignment; the leader brings everyone's.
    SyncGroup(SyncGroup),
    /// A member lives.
    Heartbeat(Heartbeat),
    /// A member by the consumer protocol lives, joins, says what it has, or goes.
    ConsumerGroupHeartbeat(HeartbeatRequest),
    /// A member of a share group lives, joins, or goes.
    ShareGroupHeartbeat(ShareHeartbeatRequest),
    /// Members go.
    LeaveGroup(LeaveGroup),
    /// Offsets to keep.
    OffsetCommit(OffsetCommit),
    /// Offsets that were kept.
    OffsetFetch(OffsetFetch),
    /// Offsets to keep if a transaction commits.
    TxnOffsetCommit(TxnOffsetCommit),
    /// A group is to be forgotten.
    DeleteGroup(String),
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// To [`Request::JoinGroup`].
    JoinGroup(Joined),
    /// To [`Request::SyncGroup`].
    SyncGroup(Synced),
    /// To [`Request::Heartbeat`].
    Heartbeat(GroupError),
    /// To [`Request::ConsumerGroupHeartbeat`].
    ConsumerGroupHeartbeat(Result<HeartbeatResponse, GroupError>),
    /// To [`Request::ShareGroupHeartbeat`].
    ShareGroupHeartbeat(Result<ShareHeartbeatResponse, GroupError>),
    /// To [`Request::LeaveGroup`].
    LeaveGroup(Left),
    /// To [`Request::OffsetCommit`]: an error for each partition.
    OffsetCommit(Vec<(Topic, i32, GroupError)>),
    /// To [`Request::OffsetFetch`].
    OffsetFetch(Vec<FetchedOffset>),
    /// To [`Request::TxnOffsetCommit`]: an error for each partition.
    TxnOffsetCommit(Vec<(Topic, i32, GroupError)>),
    /// To [`Request::DeleteGroup`].
    DeleteGroup(GroupError),
}

/// `JoinGroupRequest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinGroup {
    /// `group.id`.
    pub group: String,
    /// `session.timeout.ms`.
    pub session_timeout_ms: i32,
    /// `max.poll.interval.ms`.
    pub rebalance_timeout_ms: i32,
    /// Empty for a member that has none yet.
    pub member_id: String,
    /// `group.instance.id`.
    pub instance_id: Option<String>,
    /// [`CONSUMER`].
    pub protocol_type: String,
    /// The member's protocols (its assignors' names) in the order of its preference, each with its metadata.
    pub protocols: Vec<(String, Opaque)>,
    /// `client.id`, which every request has in its header.
    pub client_id: String,
    /// Where the request comes from.
    pub client_host: String,
}

/// `JoinGroupResponse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// What went wrong.
    pub error: GroupError,
    /// The generation; -1 with an error.
    pub generation: i32,
    /// The type of the protocol.
    pub protocol_type: Option<String>,
    /// The protocol that was chosen.
    pub protocol: Option<String>,
    /// The leader's member id.
    pub leader: String,
    /// The leader need not assign: it is a static member that came back into a stable group.
    pub skip_assignment: bool,
    /// The member's own id.
    pub member_id: String,
    /// All members with their metadata, for the leader only.
    pub members: Vec<JoinedMember>,
}

impl Joined {
    /// A refusal.
    pub fn refused(member_id: impl Into<String>, error: GroupError) -> Joined {
        Joined {
            error,
            generation: -1,
            protocol_type: None,
            protocol: None,
            leader: String::new(),
            skip_assignment: false,
            member_id: member_id.into(),
            members: Vec::new(),
        }
    }
}

/// `JoinGroupResponseMember`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinedMember {
    /// Its member id.
    pub member_id: String,
    /// `group.instance.id`.
    pub instance_id: Option<String>,
    /// What it says in the chosen protocol.
    pub metadata: Opaque,
}

/// `SyncGroupRequest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncGroup {
    /// `group.id`.
    pub group: String,
    /// The generation in which the member is.
    pub generation: i32,
    /// Its member id.
    pub member_id: String,
    /// `group.instance.id`.
    pub instance_id: Option<String>,
    /// The protocol's type as it was told.
    pub protocol_type: Option<String>,
    /// The protocol as it was told.
    pub protocol: Option<String>,
    /// Each member's assignment, from the leader.
    pub assignments: Vec<(String, Opaque)>,
}

/// `SyncGroupResponse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synced {
    /// What went wrong.
    pub error: GroupError,
    /// The protocol's type.
    pub protocol_type: Option<String>,
    /// The protocol.
    pub protocol: Option<String>,
    /// The member's assignment.
    pub assignment: Opaque,
}

impl Synced {
    /// A refusal.
    pub fn refused(error: GroupError) -> Synced {
        Synced { error, protocol_type: None, protocol: None, assignment: Opaque::default() }
    }
}

/// `HeartbeatRequest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// `group.id`.
    pub group: String,
    /// The generation in which the member is.
    pub generation: i32,
    /// Its member id.
    pub member_id: String,
    /// `group.instance.id`.
    pub instance_id: Option<String>,
}

/// `LeaveGroupRequest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveGroup {
    /// `group.id`.
    pub group: String,
    /// Who goes: member id (empty if an administrator removes a static member) and `group.instance.id`.
    pub members: Vec<(String, Option<String>)>,
}

/// `LeaveGroupResponse`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// What went wrong with all of it.
    pub error: GroupError,
    /// An answer for each member: as it was named, and what went wrong.
    pub members: Vec<(String, Option<String>, GroupError)>,
}

/// `OffsetCommitRequest`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetCommit {
    /// `group.id`.
    pub group: String,
    /// The generation in which the member is; -1 of one without group management.
    pub generation: i32,
    /// Its member id; empty of one without group management.
    pub member_id: String,
    /// `group.instance.id`.
    pub instance_id: Option<String>,
    /// What to keep.
    pub offsets: Vec<OffsetToCommit>,
}

/// `OffsetCommitRequestPartition`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetToCommit {
    /// The topic.
    pub topic: Topic,
    /// Its id; 0 if not known.
    pub topic_id: TopicId,
    /// The partition.
    pub partition: i32,
    /// The next offset to read.
    pub offset: i64,
    /// The leader epoch of the last record that was read; -1 if not known.
    pub leader_epoch: i32,
    /// What the application wants to be kept with it.
    pub metadata: String,
}

/// `OffsetFetchRequest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetFetch {
    /// `group.id`.
    pub group: String,
    /// The partitions; none asks for all that there are.
    pub partitions: Option<Vec<(Topic, i32)>>,
    /// Wait for the end of transactions.
    pub require_stable: bool,
}

/// `OffsetFetchResponsePartition`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedOffset {
    /// The topic.
    pub topic: Topic,
    /// The partition.
    pub partition: i32,
    /// The committed offset; -1 if there is none.
    pub offset: i64,
    /// Its leader epoch; -1 if not known.
    pub leader_epoch: i32,
    /// Its metadata.
    pub metadata: String,
    /// What went wrong.
    pub error: GroupError,
}

/// `TxnOffsetCommitRequest`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TxnOffsetCommit {
    /// What is to be kept, and for whom.
    pub commit: OffsetCommit,
    /// The producer whose transaction decides.
    pub producer_id: i64,
}

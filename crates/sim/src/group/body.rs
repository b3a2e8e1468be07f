//! What members and coordinators send each other over the network, and what such messages tell of themselves.

use super::consumer_group::Target;
use super::error::GroupError;
use super::message::{Request, Response};
use super::protocol::Assigned;
use crate::ids::{BrokerId, TopicPartition};
use crate::sorted::SortedSet;

/// A message between a member and a coordinator.
#[derive(Clone, Debug)]
pub enum GroupBody {
    /// `FindCoordinatorRequest`: who leads the partition of `__consumer_offsets` of this group?
    FindCoordinator(String),
    /// `FindCoordinatorResponse`.
    FoundCoordinator(String, Result<BrokerId, GroupError>),
    /// A request to the coordinator.
    Request(Request),
    /// Its response.
    Response(Response),
}

/// The APIs between members and coordinators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupApi {
    /// Which broker is a group's coordinator.
    FindCoordinator,
    /// To be in the next generation.
    JoinGroup,
    /// An assignment.
    SyncGroup,
    /// A member lives.
    Heartbeat,
    /// A member by the consumer protocol lives, joins, says what it has, or goes.
    ConsumerGroupHeartbeat,
    /// A member of a share group lives, joins, or goes.
    ShareGroupHeartbeat,
    /// A member goes.
    LeaveGroup,
    /// Offsets to keep.
    OffsetCommit,
    /// Offsets that were kept.
    OffsetFetch,
    /// Offsets to keep if a transaction commits.
    TxnOffsetCommit,
    /// A group is to be forgotten.
    DeleteGroups,
}

/// The telling fields of such a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupSays {
    /// `group.id`; empty in a response, which does not say it.
    pub group: String,
    /// The generation, if it says one.
    pub generation: Option<i32>,
    /// The member epoch, if it says one.
    pub member_epoch: Option<i32>,
    /// How many partitions a member by the consumer protocol has, or is to have, if that is said. Topics are there by id.
    pub partitions: Option<i64>,
    /// The expression for the topics that a member by the consumer protocol subscribes to, if it says one.
    pub subscribed_topic_regex: Option<String>,
    /// The member id, if it says one.
    pub member_id: String,
    /// The coordinator that was found.
    pub coordinator: Option<BrokerId>,
    /// What is assigned, of a `SyncGroup` response.
    pub assigned: Option<Vec<TopicPartition>>,
    /// Partitions with the offsets that are committed, or were.
    pub offsets: Vec<(TopicPartition, i64)>,
    /// What went wrong.
    pub error: GroupError,
}

impl GroupApi {
    /// Kafka's name.
    pub fn name(self) -> &'static str {
        self.names()[0]
    }

    /// Kafka's name, and those of the facts that a request was sent and received, and its response.
    pub fn names(self) -> [&'static str; 5] {
        macro_rules! names {
            ($name:literal) => {
                [
                    $name,
                    concat!($name, "Sent"),
                    concat!($name, "Received"),
                    concat!($name, "ResponseSent"),
                    concat!($name, "ResponseReceived"),
                ]
            };
        }
        match self {
            GroupApi::FindCoordinator => names!("FindCoordinator"),
            GroupApi::JoinGroup => names!("JoinGroup"),
            GroupApi::SyncGroup => names!("SyncGroup"),
            GroupApi::Heartbeat => names!("Heartbeat"),
            GroupApi::ConsumerGroupHeartbeat => names!("ConsumerGroupHeartbeat"),
            GroupApi::ShareGroupHeartbeat => names!("ShareGroupHeartbeat"),
            GroupApi::LeaveGroup => names!("LeaveGroup"),
            GroupApi::OffsetCommit => names!("OffsetCommit"),
            GroupApi::OffsetFetch => names!("OffsetFetch"),
            GroupApi::TxnOffsetCommit => names!("TxnOffsetCommit"),
            GroupApi::DeleteGroups => names!("DeleteGroups"),
        }
    }
}

impl GroupBody {
    /// Which API it belongs to.
    pub fn api(&self) -> GroupApi {
        match self {
            GroupBody::FindCoordinator(_) | GroupBody::FoundCoordinator(..) => GroupApi::FindCoordinator,
            GroupBody::Request(request) => request.api(),
            GroupBody::Response(response) => response.api(),
        }
    }

    /// A response, not a request.
    pub fn is_response(&self) -> bool {
        matches!(self, GroupBody::FoundCoordinator(..) | GroupBody::Response(_))
    }

    /// What it tells of itself.
    pub fn says(&self) -> GroupSays {
        match self {
            GroupBody::FindCoordinator(group) => GroupSays { group: group.clone(), ..GroupSays::default() },
            GroupBody::FoundCoordinator(group, found) => GroupSays {
                group: group.clone(),
                coordinator: found.ok(),
                error: found.err().unwrap_or_default(),
                ..GroupSays::default()
            },
            GroupBody::Request(request) => of_request(request),
            GroupBody::Response(response) => of_response(response),
        }
    }
}

fn of_request(request: &Request) -> GroupSays {
    let says = |group: &str, generation: Option<i32>, member_id: &str| GroupSays {
        group: group.to_owned(),
        generation,
        member_id: member_id.to_owned(),
        ..GroupSays::default()
    };
    match request {
        Request::JoinGroup(join) => says(&join.group, None, &join.member_id),
        Request::SyncGroup(sync) => says(&sync.group, Some(sync.generation), &sync.member_id),
        Request::Heartbeat(beat) => says(&beat.group, Some(beat.generation), &beat.member_id),
        Request::ConsumerGroupHeartbeat(beat) => GroupSays {
            member_epoch: Some(beat.member_epoch),
            partitions: beat.topic_partitions.as_ref().map(count),
            subscribed_topic_regex: beat.subscribed_topic_regex.clone().filter(|regex| !regex.is_empty()),
            ..says(&beat.group, None, &beat.member_id)
        },
        Request::ShareGroupHeartbeat(beat) => says(&beat.group, Some(beat.member_epoch), &beat.member_id),
        Request::LeaveGroup(leave) => {
            says(&leave.group, None, leave.members.first().map_or("", |(member_id, _)| member_id))
        }
        Request::OffsetCommit(commit) => {
            let at = |there: &super::message::OffsetToCommit| {
                (TopicPartition::new(there.topic.clone(), there.partition), there.offset)
            };
            let offsets = commit.offsets.iter().map(at).collect();
            let generation = (commit.generation >= 0).then_some(commit.generation);
            GroupSays { offsets, ..says(&commit.group, generation, &commit.member_id) }
        }
        Request::TxnOffsetCommit(commit) => says(&commit.commit.group, None, &commit.commit.member_id),
        Request::OffsetFetch(fetch) => says(&fetch.group, None, ""),
        Request::DeleteGroup(group) => says(group, None, ""),
    }
}

fn of_response(response: &Response) -> GroupSays {
    let mut says = GroupSays { error: response.error(), ..GroupSays::default() };
    match response {
        Response::JoinGroup(joined) => {
            says.generation = (joined.generation >= 0).then_some(joined.generation);
            says.member_id.clone_from(&joined.member_id);
        }
        Response::ConsumerGroupHeartbeat(Ok(beat)) => {
            says.member_epoch = Some(beat.member_epoch);
            says.partitions = beat.assignment.as_ref().map(count);
            says.member_id.clone_from(&beat.member_id);
        }
        Response::ShareGroupHeartbeat(Ok(beat)) => {
            says.generation = Some(beat.member_epoch);
            says.member_id.clone_from(&beat.member_id);
        }
        Response::SyncGroup(synced) if synced.error == GroupError::None => {
            says.assigned = Some(assigned(&synced.assignment));
        }
        Response::OffsetFetch(offsets) => {
            let at = |there: &super::message::FetchedOffset| {
                (TopicPartition::new(there.topic.clone(), there.partition), there.offset)
            };
            says.offsets = offsets.iter().map(at).collect();
        }
        _ => {}
    }
    says
}

/// How many partitions these are.
fn count(target: &Target) -> i64 {
    let count = target.values().map(SortedSet::len).fold(0_usize, usize::saturating_add);
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The partitions of an assignment; none of bytes that are no assignment.
pub fn assigned(bytes: &[u8]) -> Vec<TopicPartition> {
    let decoded = Assigned::decode(bytes).unwrap_or_default();
    let of = |(topic, numbers): &(crate::ids::Topic, Vec<i32>)| {
        numbers.iter().map(|number| TopicPartition::new(topic.clone(), *number)).collect::<Vec<_>>()
    };
    decoded.partitions.iter().flat_map(of).collect()
}

impl Request {
    /// Which API it belongs to.
    pub fn api(&self) -> GroupApi {
        match self {
            Request::JoinGroup(_) => GroupApi::JoinGroup,
            Request::SyncGroup(_) => GroupApi::SyncGroup,
            Request::Heartbeat(_) => GroupApi::Heartbeat,
            Request::ConsumerGroupHeartbeat(_) => GroupApi::ConsumerGroupHeartbeat,
            Request::ShareGroupHeartbeat(_) => GroupApi::ShareGroupHeartbeat,
            Request::LeaveGroup(_) => GroupApi::LeaveGroup,
            Request::OffsetCommit(_) => GroupApi::OffsetCommit,
            Request::OffsetFetch(_) => GroupApi::OffsetFetch,
            Request::TxnOffsetCommit(_) => GroupApi::TxnOffsetCommit,
            Request::DeleteGroup(_) => GroupApi::DeleteGroups,
        }
    }

    /// The group that it is about.
    pub fn group(&self) -> &str {
        match self {
            Request::JoinGroup(request) => &request.group,
            Request::SyncGroup(request) => &request.group,
            Request::Heartbeat(request) => &request.group,
            Request::ConsumerGroupHeartbeat(request) => &request.group,
            Request::ShareGroupHeartbeat(request) => &request.group,
            Request::LeaveGroup(request) => &request.group,
            Request::OffsetCommit(request) => &request.group,
            Request::OffsetFetch(request) => &request.group,
            Request::TxnOffsetCommit(request) => &request.commit.group,
            Request::DeleteGroup(group) => group,
        }
    }

    /// Its answer from a broker that will not handle it.
    pub fn refused(&self, error: GroupError) -> Response {
        use super::message::{FetchedOffset, Joined, Left, OffsetCommit, Synced};
        let all = |commit: &OffsetCommit| {
            commit.offsets.iter().map(|there| (there.topic.clone(), there.partition, error)).collect()
        };
        match self {
            Request::JoinGroup(join) => Response::JoinGroup(Joined::refused(join.member_id.clone(), error)),
            Request::SyncGroup(_) => Response::SyncGroup(Synced::refused(error)),
            Request::Heartbeat(_) => Response::Heartbeat(error),
            Request::ConsumerGroupHeartbeat(_) => Response::ConsumerGroupHeartbeat(Err(error)),
            Request::ShareGroupHeartbeat(_) => Response::ShareGroupHeartbeat(Err(error)),
            Request::LeaveGroup(_) => Response::LeaveGroup(Left { error, members: Vec::new() }),
            Request::OffsetCommit(commit) => Response::OffsetCommit(all(commit)),
            Request::TxnOffsetCommit(commit) => Response::TxnOffsetCommit(all(&commit.commit)),
            Request::OffsetFetch(fetch) => {
                let one = |(topic, partition): &(crate::ids::Topic, i32)| FetchedOffset {
                    topic: topic.clone(),
                    partition: *partition,
                    offset: -1,
                    leader_epoch: -1,
                    metadata: String::new(),
                    error,
                };
                Response::OffsetFetch(fetch.partitions.iter().flatten().map(one).collect())
            }
            Request::DeleteGroup(_) => Response::DeleteGroup(error),
        }
    }
}

impl Response {
    /// Which API it belongs to.
    pub fn api(&self) -> GroupApi {
        match self {
            Response::JoinGroup(_) => GroupApi::JoinGroup,
            Response::SyncGroup(_) => GroupApi::SyncGroup,
            Response::Heartbeat(_) => GroupApi::Heartbeat,
            Response::ConsumerGroupHeartbeat(_) => GroupApi::ConsumerGroupHeartbeat,
            Response::ShareGroupHeartbeat(_) => GroupApi::ShareGroupHeartbeat,
            Response::LeaveGroup(_) => GroupApi::LeaveGroup,
            Response::OffsetCommit(_) => GroupApi::OffsetCommit,
            Response::OffsetFetch(_) => GroupApi::OffsetFetch,
            Response::TxnOffsetCommit(_) => GroupApi::TxnOffsetCommit,
            Response::DeleteGroup(_) => GroupApi::DeleteGroups,
        }
    }

    /// What went wrong: with all of it, or with the first part with which something did.
    pub fn error(&self) -> GroupError {
        let first = |mut errors: &mut dyn Iterator<Item = GroupError>| {
            Iterator::find(&mut errors, |error| *error != GroupError::None).unwrap_or_default()
        };
        match self {
            Response::JoinGroup(joined) => joined.error,
            Response::SyncGroup(synced) => synced.error,
            Response::Heartbeat(error) | Response::DeleteGroup(error) => *error,
            Response::ConsumerGroupHeartbeat(answer) | Response::ShareGroupHeartbeat(answer) => {
                answer.as_ref().err().copied().unwrap_or_default()
            }
            Response::LeaveGroup(left) if left.error != GroupError::None => left.error,
            Response::LeaveGroup(left) => first(&mut left.members.iter().map(|(.., error)| *error)),
            Response::OffsetCommit(answer) | Response::TxnOffsetCommit(answer) => {
                first(&mut answer.iter().map(|(.., error)| *error))
            }
            Response::OffsetFetch(offsets) => first(&mut offsets.iter().map(|there| there.error)),
        }
    }
}

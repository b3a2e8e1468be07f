//! What share consumers ask the leaders of their partitions, and what those answer. Kafka 4.3: `ShareFetch` and
//! `ShareAcknowledge` in their newest versions.

use super::in_flight::RecordState;
use super::partition::{AcquireMode, AcquiredRecords, FetchedBatch, Refusal};
use crate::ids::TopicPartition;
use crate::message::CurrentLeaders;

/// The epoch of a session that begins. Kafka: `ShareRequestMetadata.INITIAL_EPOCH`.
pub const INITIAL_EPOCH: i32 = 0;
/// The epoch of a session that ends. Kafka: `ShareRequestMetadata.FINAL_EPOCH`.
pub const FINAL_EPOCH: i32 = -1;

/// The epoch after another. Kafka: `ShareRequestMetadata.nextEpoch`.
pub fn next_epoch(epoch: i32) -> i32 {
    match epoch {
        ..0 => FINAL_EPOCH,
        i32::MAX => 1,
        _ => epoch.saturating_add(1),
    }
}

/// What goes wrong, by Kafka's names; `None` is success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShareError {
    /// Success.
    #[default]
    None,
    /// The server does not say what went wrong.
    UnknownServerError,
    /// The broker knows no such topic or partition.
    UnknownTopicOrPartition,
    /// The broker does not lead this partition.
    NotLeaderOrFollower,
    /// The request contradicts itself.
    InvalidRequest,
    /// The leader epoch is older than one that is known.
    FencedLeaderEpoch,
    /// The record is not the member's, or not any more.
    InvalidRecordState,
    /// The broker has no such session.
    ShareSessionNotFound,
    /// The session is in another epoch.
    InvalidShareSessionEpoch,
    /// The group's state is a later one.
    FencedStateEpoch,
    /// The broker has as many sessions as it may.
    ShareSessionLimitReached,
}

/// The errors with their codes and names.
const ALL: [(ShareError, i16, &str); 11] = [
    (ShareError::UnknownServerError, -1, "UNKNOWN_SERVER_ERROR"),
    (ShareError::None, 0, "NONE"),
    (ShareError::UnknownTopicOrPartition, 3, "UNKNOWN_TOPIC_OR_PARTITION"),
    (ShareError::NotLeaderOrFollower, 6, "NOT_LEADER_OR_FOLLOWER"),
    (ShareError::InvalidRequest, 42, "INVALID_REQUEST"),
    (ShareError::FencedLeaderEpoch, 74, "FENCED_LEADER_EPOCH"),
    (ShareError::InvalidRecordState, 121, "INVALID_RECORD_STATE"),
    (ShareError::ShareSessionNotFound, 122, "SHARE_SESSION_NOT_FOUND"),
    (ShareError::InvalidShareSessionEpoch, 123, "INVALID_SHARE_SESSION_EPOCH"),
    (ShareError::FencedStateEpoch, 124, "FENCED_STATE_EPOCH"),
    (ShareError::ShareSessionLimitReached, 133, "SHARE_SESSION_LIMIT_REACHED"),
];

impl ShareError {
    /// Whoever asked has another leader in mind than the broker, which then names the one that it knows.
    pub fn is_about_leader(self) -> bool {
        matches!(self, ShareError::NotLeaderOrFollower | ShareError::FencedLeaderEpoch)
    }

    /// Kafka's number of it.
    pub fn code(self) -> i16 {
        ALL.iter().find(|(error, ..)| *error == self).map_or(-1, |(_, code, _)| *code)
    }

    /// Kafka's name of it.
    pub fn name(self) -> &'static str {
        ALL.iter().find(|(error, ..)| *error == self).map_or("", |(.., name)| name)
    }
}

/// What a member does with a record. Kafka: `AcknowledgeType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcknowledgeType {
    /// There is no record at this offset: the client tells it by itself.
    Gap,
    /// It is done with.
    Accept,
    /// Somebody may try again.
    Release,
    /// Nobody should try again.
    Reject,
    /// It needs more time (KIP-1222).
    Renew,
}

impl AcknowledgeType {
    /// All of them.
    const ALL: [(AcknowledgeType, i8, &'static str); 5] = [
        (AcknowledgeType::Gap, 0, "GAP"),
        (AcknowledgeType::Accept, 1, "ACCEPT"),
        (AcknowledgeType::Release, 2, "RELEASE"),
        (AcknowledgeType::Reject, 3, "REJECT"),
        (AcknowledgeType::Renew, 4, "RENEW"),
    ];

    /// Kafka's number of it.
    pub fn id(self) -> i8 {
        AcknowledgeType::ALL.iter().find(|(there, ..)| *there == self).map_or(0, |(_, id, _)| *id)
    }

    /// Kafka's name of it.
    pub fn name(self) -> &'static str {
        AcknowledgeType::ALL.iter().find(|(there, ..)| *there == self).map_or("", |(.., name)| name)
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<AcknowledgeType> {
        AcknowledgeType::ALL.iter().find(|(.., there)| *there == name).map(|(there, ..)| *there)
    }

    /// What the record becomes; none if only its lock is renewed.
    pub(super) fn becomes(self) -> Option<RecordState> {
        match self {
            AcknowledgeType::Gap | AcknowledgeType::Reject => Some(RecordState::Archived),
            AcknowledgeType::Accept => Some(RecordState::Acknowledged),
            AcknowledgeType::Release => Some(RecordState::Available),
            AcknowledgeType::Renew => None,
        }
    }
}

/// What a member does with several records. Kafka: `AcknowledgementBatch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcknowledgementBatch {
    /// The first offset.
    pub first: i64,
    /// The last offset.
    pub last: i64,
    /// One for all, or one each.
    pub types: Vec<AcknowledgeType>,
}

impl AcknowledgementBatch {
    /// What becomes of an offset.
    pub(super) fn type_of(&self, offset: i64) -> AcknowledgeType {
        let at = if self.types.len() > 1 { usize::try_from(offset.saturating_sub(self.first)).unwrap_or(0) } else { 0 };
        self.types.get(at).copied().unwrap_or(AcknowledgeType::Gap)
    }
}

/// Batches by partition, in the order of the request.
pub type Acknowledgements = Vec<(TopicPartition, Vec<AcknowledgementBatch>)>;

/// Whether batches may be told: in order, each with one type or one an offset. Kafka: `validateAcknowledgementBatches`.
///
/// # Errors
/// `INVALID_REQUEST`.
pub fn validate(batches: &[AcknowledgementBatch], renews: bool) -> Result<(), Refusal> {
    let refuse = |message| Err(Refusal::new(ShareError::InvalidRequest, message));
    let mut before = None;
    for batch in batches {
        let count = usize::try_from(batch.last.saturating_sub(batch.first)).map_or(0, |count| count.saturating_add(1));
        if count == 0 || before.is_some_and(|before| batch.first <= before) || batch.types.is_empty() {
            return refuse("The request contradicts itself.");
        }
        if batch.types.len() > 1 && batch.types.len() != count {
            return refuse("The request contradicts itself.");
        }
        if !renews && batch.types.contains(&AcknowledgeType::Renew) {
            return refuse("The request contradicts itself.");
        }
        before = Some(batch.last);
    }
    Ok(())
}

/// `ShareFetchRequest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareFetchRequest {
    /// `group.id`.
    pub group: String,
    /// The member id.
    pub member_id: String,
    /// The session's epoch: 0 begins one.
    pub session_epoch: i32,
    /// Partitions that come into the session.
    pub added: Vec<TopicPartition>,
    /// Partitions that leave it.
    pub forgotten: Vec<TopicPartition>,
    /// What is acknowledged on the way.
    pub acknowledgements: Acknowledgements,
    /// A lock is to be renewed: nothing is fetched then.
    pub is_renew_ack: bool,
    /// `fetch.max.wait.ms`.
    pub max_wait_ms: u64,
    /// `max.poll.records`.
    pub max_records: i64,
    /// How many records make a batch for acknowledging: `max.poll.records` again.
    pub batch_size: i64,
    /// `share.acquire.mode`.
    pub acquire_mode: AcquireMode,
}

/// What became of a partition in a `ShareFetchResponse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedPartition {
    /// The partition.
    pub partition: TopicPartition,
    /// What went wrong with fetching.
    pub error: ShareError,
    /// How the acknowledgements ended; none if there were none.
    pub acknowledged: Option<Result<(), Refusal>>,
    /// The batches with the records.
    pub batches: Vec<FetchedBatch>,
    /// Which of them the member has got.
    pub acquired: Vec<AcquiredRecords>,
}

/// `ShareFetchResponse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareFetchResponse {
    /// What went wrong with all of it.
    pub error: ShareError,
    /// How long the member has the records, in ms.
    pub acquisition_lock_timeout_ms: u64,
    /// The partitions about which there is something to say.
    pub partitions: Vec<FetchedPartition>,
    /// The leaders of partitions that were refused because of them.
    pub current_leaders: CurrentLeaders,
}

/// `ShareAcknowledgeRequest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareAcknowledgeRequest {
    /// `group.id`.
    pub group: String,
    /// The member id.
    pub member_id: String,
    /// The session's epoch: -1 ends it, and gives back what the member has.
    pub session_epoch: i32,
    /// A lock is to be renewed.
    pub is_renew_ack: bool,
    /// What is acknowledged.
    pub acknowledgements: Acknowledgements,
}

/// `ShareAcknowledgeResponse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareAcknowledgeResponse {
    /// What went wrong with all of it.
    pub error: ShareError,
    /// How long the member has records, in ms.
    pub acquisition_lock_timeout_ms: u64,
    /// How it ended by partition.
    pub partitions: Vec<(TopicPartition, Result<(), Refusal>)>,
    /// The leaders of partitions that were refused because of them.
    pub current_leaders: CurrentLeaders,
}

/// A request to a leader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareRequest {
    /// Records, please.
    Fetch(ShareFetchRequest),
    /// What becomes of records.
    Acknowledge(ShareAcknowledgeRequest),
}

/// A leader's response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareResponse {
    /// To [`ShareRequest::Fetch`].
    Fetch(ShareFetchResponse),
    /// To [`ShareRequest::Acknowledge`].
    Acknowledge(ShareAcknowledgeResponse),
}

impl ShareResponse {
    /// The partitions that were refused because of their leader. Of a fetch those where that is so of the records, not of
    /// the acknowledgements. Kafka: `KafkaApis.processShareFetchResponse`, `processShareAcknowledgeResponse`.
    pub fn refused_for_leader(&self) -> Vec<TopicPartition> {
        match self {
            ShareResponse::Fetch(response) => {
                let refused = response.partitions.iter().filter(|there| there.error.is_about_leader());
                refused.map(|there| there.partition.clone()).collect()
            }
            ShareResponse::Acknowledge(response) => {
                let is_refused = |result: &Result<(), Refusal>| result.is_err_and(|it| it.error.is_about_leader());
                let refused = response.partitions.iter().filter(|(_, result)| is_refused(result));
                refused.map(|(partition, _)| partition.clone()).collect()
            }
        }
    }

    /// The leaders that it names.
    pub fn current_leaders(&self) -> &CurrentLeaders {
        match self {
            ShareResponse::Fetch(response) => &response.current_leaders,
            ShareResponse::Acknowledge(response) => &response.current_leaders,
        }
    }

    /// It names these leaders.
    pub fn set_current_leaders(&mut self, leaders: CurrentLeaders) {
        match self {
            ShareResponse::Fetch(response) => response.current_leaders = leaders,
            ShareResponse::Acknowledge(response) => response.current_leaders = leaders,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_go_round_and_errors_have_kafkas_codes() {
        assert_eq!([FINAL_EPOCH, 0, 1, i32::MAX].map(next_epoch), [-1, 1, 2, 1]);
        assert!(ALL.is_sorted_by_key(|(_, code, _)| *code));
        assert_eq!(ShareError::InvalidRecordState.code(), 121);
        assert_eq!(AcknowledgeType::named("REJECT").map(AcknowledgeType::id), Some(3));
    }

    #[test]
    fn batches_that_contradict_themselves_are_refused() {
        use AcknowledgeType::{Accept, Renew};
        let batch =
            |first, last, types: &[AcknowledgeType]| AcknowledgementBatch { first, last, types: types.to_vec() };
        assert!(validate(&[batch(0, 1, &[Accept]), batch(2, 3, &[Accept, Accept])], false).is_ok());
        assert!(validate(&[batch(0, 0, &[Renew])], true).is_ok());
        for wrong in [
            vec![batch(1, 0, &[Accept])],
            vec![batch(0, 1, &[Accept]), batch(1, 2, &[Accept])],
            vec![batch(0, 0, &[])],
            vec![batch(0, 2, &[Accept, Accept])],
            vec![batch(0, 0, &[Renew])],
        ] {
            assert_eq!(validate(&wrong, false).unwrap_err().error, ShareError::InvalidRequest, "{wrong:?}");
        }
    }
}

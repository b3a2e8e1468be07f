//! The share panel: a partition as a share group reads it, record by record, and the members that have the records.

use super::group::{MemberMessage, MemberRole};
use super::{MarkId, Shown};

/// A share partition with the members of its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharePanel {
    /// `share-workers/jobs-0`.
    pub id: MarkId,
    /// `workers`.
    pub group: String,
    /// `jobs-0`.
    pub partition: String,
    /// The broker that leads the partition; none if nobody does.
    pub leader: Option<i32>,
    /// The share-partition start offset; none while the leader has not loaded the state.
    pub start: Shown<Option<i64>>,
    /// Nothing was handed out from here on; none while the leader has not loaded the state.
    pub end: Option<i64>,
    /// The high watermark.
    pub high_watermark: i64,
    /// The log end offset.
    pub log_end_offset: i64,
    /// `group.share.delivery.count.limit`.
    pub delivery_count_limit: i32,
    /// `group.share.record.lock.duration.ms`.
    pub lock_duration_ms: u64,
    /// The newest records of the log, in order of their offsets.
    pub records: Vec<ShareRecord>,
    /// The members, also those whose processes are gone, in order of their names.
    pub members: Vec<ShareMember>,
}

/// What has become of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareState {
    /// It lies before the start offset: nothing is kept of it any more.
    Done,
    /// It was handed out and came back.
    Available,
    /// A member has it.
    Acquired,
    /// A member is done with it.
    Acknowledged,
    /// Nobody will get it any more.
    Archived,
    /// It was never handed out.
    Waiting,
}

impl ShareState {
    /// The end of its keys among the words.
    pub fn key(self) -> &'static str {
        match self {
            ShareState::Done => "done",
            ShareState::Available => "available",
            ShareState::Acquired => "acquired",
            ShareState::Acknowledged => "acknowledged",
            ShareState::Archived => "archived",
            ShareState::Waiting => "waiting",
        }
    }

    /// Something is kept of it.
    pub fn is_in_flight(self) -> bool {
        !matches!(self, ShareState::Done | ShareState::Waiting)
    }
}

/// A record of the log, and what the group has of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareRecord {
    /// `share-workers/jobs-0/record-3`.
    pub id: MarkId,
    /// Its offset.
    pub offset: i64,
    /// Its key.
    pub key: Option<String>,
    /// Its value, shortened.
    pub value: Option<String>,
    /// 1 to 6, by its key.
    pub color: u8,
    /// What has become of it.
    pub state: Shown<ShareState>,
    /// The member that has it.
    pub member: Option<String>,
    /// How often it was delivered.
    pub delivery_count: i32,
    /// How long its lock lasts yet, in ms.
    pub lock_left_ms: Option<u64>,
    /// A change of it is being written.
    pub is_in_transition: bool,
}

/// A member of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareMember {
    /// `member-w1`.
    pub id: MarkId,
    /// `w1`.
    pub name: String,
    /// What it is.
    pub role: MemberRole,
    /// Its application polls.
    pub polls: bool,
    /// It is assigned the partition.
    pub is_assigned: bool,
    /// The records that its application has.
    pub in_hand: Vec<i64>,
    /// How many records its application has got.
    pub returned: i64,
    /// What is between it and the leader.
    pub message: Option<MemberMessage>,
}

impl SharePanel {
    /// Nothing but time has passed since another picture of it.
    #[inline(never)]
    pub fn is_still(&self, before: &SharePanel) -> bool {
        let timeless = |panel: &SharePanel| {
            let mut panel = panel.clone();
            panel.records.iter_mut().for_each(|record| record.lock_left_ms = record.lock_left_ms.map(|_| 0));
            panel
        };
        timeless(self) == timeless(before)
    }
}

//! What the leader of a share partition says of it: which records went to whom, and what became of them.

use std::rc::Rc;

use super::in_flight::RecordState;
use super::message::AcknowledgeType;
use super::partition::AcquiredRecords;
use crate::time::SimTime;

/// Something that happened to a share partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareEventKind {
    /// Its state was read: records are handed out from here on.
    Loaded {
        /// The share-partition start offset.
        start_offset: i64,
    },
    /// A member has got records, until then.
    Acquired {
        /// The member id.
        member: Rc<str>,
        /// Which, and how often they were delivered.
        records: AcquiredRecords,
        /// When its lock ends.
        until: SimTime,
    },
    /// A member said what is to become of records.
    Acknowledged {
        /// The member id.
        member: Rc<str>,
        /// Which.
        records: Left,
        /// What it said.
        how: AcknowledgeType,
    },
    /// A member wants records longer; its lock ends then.
    Renewed {
        /// The member id.
        member: Rc<str>,
        /// The first offset.
        first: i64,
        /// The last offset.
        last: i64,
        /// When its lock ends now.
        until: SimTime,
    },
    /// A lock ended before its member said anything.
    LockExpired {
        /// The member id.
        member: Rc<str>,
        /// Which records.
        records: Left,
    },
    /// A session ended, and what its member had is nobody's.
    Released {
        /// The member id.
        member: Rc<str>,
        /// Which records.
        records: Left,
    },
    /// The share-partition start offset has moved.
    StartMoved {
        /// Before.
        from: i64,
        /// After.
        to: i64,
    },
}

/// Records that a member has no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// The first offset.
    pub first: i64,
    /// The last offset.
    pub last: i64,
    /// What has become of them.
    pub state: RecordState,
    /// How often they were delivered.
    pub delivery_count: i32,
}

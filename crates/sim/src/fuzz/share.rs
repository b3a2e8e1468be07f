//! The members of the share groups of schedules, and what they do.

use super::Member;

/// The members of the schedules with a share group.
pub const SHARE_MEMBERS: [Member; 4] = [
    Member { id: "s1", group: "share", configs: EXPLICIT, is_share: true },
    Member { id: "s2", group: "share", configs: EXPLICIT, is_share: true },
    Member { id: "s3", group: "share", configs: LIMITED, is_share: true },
    Member { id: "s4", group: "share", configs: LIMITED, is_share: true },
];
const EXPLICIT: &[(&str, &str)] = &[("share.acknowledgement.mode", "explicit"), ("max.poll.interval.ms", "8000")];
const LIMITED: &[(&str, &str)] = &[
    ("share.acquire.mode", "record_limit"),
    ("max.poll.records", "2"),
    ("max.poll.interval.ms", "8000"),
    ("request.timeout.ms", "5000"),
];
/// Records of these offsets no application of a share group can process, each of which takes it so long, in ms.
pub const SHARE_WORK: (u64, [i64; 3]) = (20, [1, 4, 6]);

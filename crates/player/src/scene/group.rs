//! The group panel: the coordinator with the group's state, the members with their partitions, their lines of time, and
//! the coordinator's log.

use super::{MarkId, Shown};
use crate::phrase::Phrase;

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPanel {
    /// `group-billing`.
    pub id: MarkId,
    /// `billing`.
    pub group: String,
    /// The broker that coordinates it; none while nobody does.
    pub coordinator: Shown<Option<i32>>,
    /// Kafka's name of its state.
    pub state: Shown<String>,
    /// Its generation, or its epoch if it is one by the consumer protocol; 0 before any.
    pub generation: Shown<i32>,
    /// The epoch of its target assignment; only groups by the consumer protocol have one.
    pub assignment_epoch: Option<Shown<i32>>,
    /// The assignor that was chosen.
    pub protocol: Option<String>,
    /// Its members, also those whose processes are gone, in order of their names. Empty where there is a crowd.
    pub members: Vec<MemberCard>,
    /// The partitions that nobody owns. Empty where there is a crowd.
    pub unowned: Vec<Token>,
    /// Where members and partitions are too many for cards and tokens.
    pub crowd: Option<GroupCrowd>,
    /// What its members did lately.
    pub time: GroupTime,
    /// The coordinator's log.
    pub log: GroupLog,
}

impl GroupPanel {
    /// The member that a mark is, of a crowd.
    pub fn one_of_crowd(&self, mark: &str) -> Option<&CrowdMember> {
        self.crowd.as_ref()?.members.iter().find(|member| member.id == mark)
    }

    /// Nothing but time has passed since another picture of the group.
    #[inline(never)]
    pub fn is_still(&self, before: &GroupPanel) -> bool {
        let events = |panel: &GroupPanel| panel.time.events.last().map(|(at, _)| *at);
        self.coordinator == before.coordinator
            && self.state == before.state
            && self.generation == before.generation
            && self.assignment_epoch == before.assignment_epoch
            && self.members == before.members
            && self.unowned == before.unowned
            && self.crowd == before.crowd
            && self.log == before.log
            && events(self).is_none_or(|last| Some(last) == events(before))
    }
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberRole {
    /// It leads the group.
    Leader,
    /// It is in the group.
    Member,
    /// Its process runs, and the coordinator does not know it as a member.
    Outside,
    /// Its process has not begun.
    Idle,
    /// It was closed.
    Closed,
    /// Its process is gone.
    Crashed,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberCard {
    /// `member-c1`.
    pub id: MarkId,
    /// `c1`.
    pub name: String,
    /// `group.instance.id`.
    pub instance: Option<String>,
    /// What it is.
    pub role: MemberRole,
    /// Its application polls.
    pub polls: bool,
    /// What it owned before what it owns now.
    pub before: Vec<Token>,
    /// What it owns.
    pub now: Shown<Vec<Token>>,
    /// How far it is, of a member by the consumer protocol.
    pub epoch: Option<MemberEpoch>,
    /// What is between it and the coordinator.
    pub message: Option<MemberMessage>,
}

/// A large group: how many partitions each member has, not which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupCrowd {
    /// How many partitions its topics have.
    pub partitions: i64,
    /// How many of them nobody owns.
    pub unowned: i64,
    /// Its members; of names that end in numbers in the order of these.
    pub members: Vec<CrowdMember>,
}

/// A member of a large group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrowdMember {
    /// `member-c17`.
    pub id: MarkId,
    /// `c17`.
    pub name: String,
    /// What it is.
    pub role: MemberRole,
    /// Its application polls.
    pub polls: bool,
    /// How many partitions it has, and had before.
    pub kept: i64,
    /// How many it has, and had not before.
    pub came: i64,
    /// How many it had before, and has no more.
    pub gone: i64,
}

impl CrowdMember {
    /// How many partitions it has.
    pub fn owns(&self) -> i64 {
        self.kept.saturating_add(self.came)
    }
}

/// How far a member by the consumer protocol is, as the coordinator has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberEpoch {
    /// `member-c1/epoch`.
    pub id: MarkId,
    /// The epoch that it has reached.
    pub epoch: Shown<i32>,
    /// Kafka's name of what it waits for.
    pub state: &'static str,
    /// What it must give up, before it reaches the next epoch.
    pub pending: Vec<String>,
    /// What it is to have and does not have yet.
    pub due: Vec<String>,
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// `member-c1/orders-0`, `member-c1/before-orders-0` or, without an owner, `group-billing/orders-0`.
    pub id: MarkId,
    /// `orders-0`.
    pub partition: String,
    /// What stands on it: the number, or the whole name where the group reads several topics.
    pub label: String,
    /// 1 to 6.
    pub color: u8,
    /// Its owner's process is gone, and the coordinator does not know.
    pub is_orphan: bool,
    /// Its owner must give it up.
    pub is_leaving: bool,
    /// Of what a member owned before: nobody else had it between that member and who owns it now.
    pub is_last: bool,
}

/// A message between a member and the coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberMessage {
    /// Kafka's name of its API.
    pub api: String,
    /// It comes from the coordinator.
    pub response: bool,
    /// It waits in the coordinator.
    pub waits: bool,
    /// What went wrong, by Kafka's name.
    pub error: Option<String>,
}

/// The lines of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupTime {
    /// `group-billing/time`.
    pub id: MarkId,
    /// Where they begin, in microseconds of virtual time.
    pub from_us: u64,
    /// Now.
    pub now_us: u64,
    /// A line a member.
    pub rows: Vec<TimeRow>,
    /// When members came and went.
    pub events: Vec<(u64, Phrase)>,
}

/// A member's line of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeRow {
    /// `member-c1/time`.
    pub id: MarkId,
    /// `c1`.
    pub name: String,
    /// What it did from when to when, in order.
    pub spans: Vec<TimeSpan>,
    /// When it told the coordinator that it lives.
    pub heartbeats: Vec<u64>,
    /// How long it was without partitions the last time, or is; none if it never was in the time that is shown.
    pub without_ms: Option<i64>,
    /// It had partitions before that.
    pub had_some: bool,
}

/// A part of a line of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSpan {
    /// From when.
    pub from_us: u64,
    /// To when.
    pub to_us: u64,
    /// It has partitions.
    pub works: bool,
}

/// The end of the coordinator's log, as far as it is about the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupLog {
    /// `group-billing/log`.
    pub id: MarkId,
    /// `__consumer_offsets-31`.
    pub partition: String,
    /// Its last records about the group, oldest first.
    pub records: Vec<LogLine>,
}

/// A record of the coordinator's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// `group-billing/record-12`.
    pub id: MarkId,
    /// Its offset.
    pub offset: i64,
    /// Kafka's name of its kind.
    pub kind: &'static str,
    /// What it says.
    pub text: Phrase,
    /// It is on all replicas that count.
    pub committed: bool,
}

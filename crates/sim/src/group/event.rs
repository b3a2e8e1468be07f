//! What a coordinator says of its groups beside records and answers: what Kafka's `GroupMetadataManager` logs.

use std::fmt;

/// Something that happened in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupEvent {
    /// `group.id`.
    pub group: String,
    /// What.
    pub kind: GroupEventKind,
}

/// A member as a reader knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberName {
    /// Its member id.
    pub id: String,
    /// The `client.id` with which it came.
    pub client: String,
}

/// What happened in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupEventKind {
    /// A member came; static if it names a `group.instance.id`.
    MemberAdded {
        /// Who.
        member: MemberName,
        /// `group.instance.id`.
        instance_id: Option<String>,
    },
    /// A static member came back under a new member id.
    StaticMemberReplaced {
        /// Who.
        member: MemberName,
        /// Its `group.instance.id`.
        instance_id: String,
        /// The member id before.
        before: String,
    },
    /// A member is gone.
    MemberRemoved {
        /// Who.
        member: MemberName,
        /// Why.
        because: Removal,
    },
    /// The group waits for its members to join again.
    RebalanceStarted {
        /// The generation that ends.
        generation: i32,
        /// Why.
        because: RebalanceReason,
        /// Who is to blame, if one member is.
        member: Option<MemberName>,
    },
    /// All who come have joined: a generation begins, without an assignment yet.
    GenerationStarted {
        /// Its number.
        generation: i32,
        /// The protocol that was chosen; none of a group that is empty.
        protocol: Option<String>,
        /// The leader.
        leader: Option<MemberName>,
        /// Who is in it.
        members: Vec<MemberName>,
    },
}

/// Why a member is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It left.
    Left,
    /// Nothing was heard of it for `session.timeout.ms`.
    SessionExpired,
    /// It did not join again in time.
    DidNotRejoin,
    /// It joined and then did not ask for its assignment in time.
    DidNotSync,
    /// By the consumer protocol: it did not give up in time what another is to have.
    DidNotRevoke,
}

/// Why a group rebalances. Kafka: the `reason` of `prepareRebalance`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RebalanceReason {
    /// A member came.
    MemberAdded,
    /// A member said something else of itself: another subscription, other partitions.
    MemberChanged,
    /// The leader joined again: it knows of something that its metadata does not say.
    LeaderRejoined,
    /// A static member came back, and another protocol would be chosen now.
    StaticMemberReplaced,
    /// A member is gone.
    MemberRemoved(Removal),
}

impl Removal {
    /// As facts name it.
    pub fn name(self) -> &'static str {
        match self {
            Removal::Left => "left",
            Removal::SessionExpired => "session_expired",
            Removal::DidNotRejoin => "did_not_rejoin",
            Removal::DidNotSync => "did_not_sync",
            Removal::DidNotRevoke => "did_not_revoke",
        }
    }
}

impl RebalanceReason {
    /// As facts name it.
    pub fn name(self) -> &'static str {
        match self {
            RebalanceReason::MemberAdded => "member_added",
            RebalanceReason::MemberChanged => "member_changed",
            RebalanceReason::LeaderRejoined => "leader_rejoined",
            RebalanceReason::StaticMemberReplaced => "static_member_replaced",
            RebalanceReason::MemberRemoved(removal) => removal.name(),
        }
    }
}

impl fmt::Display for MemberName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.client)
    }
}

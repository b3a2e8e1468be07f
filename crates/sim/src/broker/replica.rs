//! What a leader knows of a follower. Kafka 4.3: `org.apache.kafka.server.replica.Replica`, `ReplicaState`.

use highwater_log::log::OffsetMetadata;

use crate::error::Errors;
use crate::ids::Offset;

/// A follower as its leader knows it, from its fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaState {
    /// The start of its log; −1 before its first fetch.
    pub log_start_offset: Offset,
    /// The offset that its last fetch asked for, with its place in the leader's log; −1 before its first fetch.
    pub log_end_offset: OffsetMetadata,
    /// The leader's log end offset at that fetch; −1 before it.
    pub last_fetch_leader_log_end_offset: Offset,
    /// When it last fetched, in ms since the epoch; 0 before.
    pub last_fetch_ms: i64,
    /// The last moment at which it had everything that the leader had, in ms since the epoch.
    pub last_caught_up_ms: i64,
    /// The broker epoch in its last fetch; none before that.
    pub broker_epoch: Option<i64>,
}

/// A fetch of a follower, as its leader takes it down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollowerFetch {
    /// What it asked for: it has everything before that.
    pub fetch_offset: OffsetMetadata,
    /// The start of the follower's log.
    pub log_start_offset: Offset,
    /// The leader's log end offset before it read.
    pub leader_log_end_offset: Offset,
    /// The follower's broker epoch; −1 says nothing.
    pub broker_epoch: i64,
}

impl Default for ReplicaState {
    /// A replica that was added to a leader's epoch. Kafka: `EMPTY`.
    fn default() -> ReplicaState {
        ReplicaState {
            log_start_offset: Offset(-1),
            log_end_offset: OffsetMetadata::UNKNOWN,
            last_fetch_leader_log_end_offset: Offset::ZERO,
            last_fetch_ms: 0,
            last_caught_up_ms: 0,
            broker_epoch: None,
        }
    }
}

impl ReplicaState {
    /// How far its log is known to reach; none before its first fetch.
    pub fn known_end(&self) -> Option<Offset> {
        Some(Offset(self.log_end_offset.offset)).filter(|end| *end >= Offset::ZERO)
    }

    /// It has all that the leader has, or had so not long ago. Kafka: `isCaughtUp`.
    pub fn is_caught_up(&self, leader_log_end_offset: i64, now_ms: i64, lag_time_max_ms: i64) -> bool {
        self.log_end_offset.offset == leader_log_end_offset
            || now_ms.saturating_sub(self.last_caught_up_ms) <= lag_time_max_ms
    }

    /// Takes a fetch down. A follower that always fetches a little behind has caught up too: at a fetch, with what the
    /// leader had at the fetch before. Kafka: `updateFetchStateOrThrow`.
    ///
    /// # Errors
    /// `NOT_LEADER_OR_FOLLOWER` for a fetch from before the follower's present registration; `alive_epoch` is that one's
    /// epoch, unless it is fenced.
    pub fn record_fetch(&mut self, now_ms: i64, fetch: &FollowerFetch, alive_epoch: Option<i64>) -> Result<(), Errors> {
        if fetch.broker_epoch != -1 && alive_epoch.is_some_and(|epoch| epoch > fetch.broker_epoch) {
            return Err(Errors::NotLeaderOrFollower);
        }
        if fetch.fetch_offset.offset >= fetch.leader_log_end_offset.0 {
            self.last_caught_up_ms = self.last_caught_up_ms.max(now_ms);
        } else if fetch.fetch_offset.offset >= self.last_fetch_leader_log_end_offset.0 {
            self.last_caught_up_ms = self.last_caught_up_ms.max(self.last_fetch_ms);
        }
        self.log_start_offset = fetch.log_start_offset;
        self.log_end_offset = fetch.fetch_offset;
        self.last_fetch_leader_log_end_offset = self.last_fetch_leader_log_end_offset.max(fetch.leader_log_end_offset);
        self.last_fetch_ms = now_ms;
        self.broker_epoch = Some(fetch.broker_epoch);
        Ok(())
    }

    /// A leader's epoch begins: who is in the ISR counts as caught up now, and who is not holds nobody back. What a
    /// leader anew knew of an epoch long ago is forgotten. Kafka: `resetReplicaState`.
    pub fn reset(&mut self, now_ms: i64, leader_log_end_offset: Offset, is_new_leader: bool, is_in_isr: bool) {
        let now_if_in_isr = if is_in_isr { now_ms } else { 0 };
        if is_new_leader {
            *self = ReplicaState { last_fetch_leader_log_end_offset: Offset(-1), ..ReplicaState::default() };
        } else {
            self.last_fetch_leader_log_end_offset = leader_log_end_offset;
            self.last_fetch_ms = now_if_in_isr;
        }
        self.last_caught_up_ms = now_if_in_isr;
    }
}

//! A consumer's configurations.

use crate::group::share::consumer::AcknowledgementMode;
use crate::group::share::partition::AcquireMode;
use crate::sorted::SortedSet;

use super::define::{not_simulated_yet, simulated};
use super::duration::AutoOffsetReset;
use super::value::{AssignmentStrategy, Value};
use super::{ConfigError, GroupProtocol, INT, LONG, Rack, RemoteAssignor, Scope, SecurityProtocol};

simulated! {
    /// What a consumer is told. Kafka: `ConsumerConfig`.
    ConsumerConfig of Scope::Consumer;

    "The fewest bytes for which a broker answers a fetch at once."
    fetch_min_bytes: u64 = 1, "fetch.min.bytes" (0, INT) since "0.9.0";
    "How long a broker may hold back a fetch that has not enough bytes, in ms."
    fetch_max_wait_ms: u64 = 500, "fetch.max.wait.ms" (0, INT) since "0.9.0";
    "At most so many bytes of one partition in a fetch response; a single larger batch is still returned."
    max_partition_fetch_bytes: u64 = 1_048_576, "max.partition.fetch.bytes" (0, INT) since "0.9.0";
    "At most so many bytes in a fetch response; a single larger batch is still returned."
    fetch_max_bytes: u64 = 52_428_800, "fetch.max.bytes" (0, INT) since "0.10.1";
    "Where to begin without a valid position: `earliest`, `latest`, `none`, or `by_duration:` with a duration such as `PT1H`."
    auto_offset_reset: AutoOffsetReset = AutoOffsetReset::Latest, "auto.offset.reset" since "0.9.0";
    "The age at which metadata is asked for again although nothing seems wrong, in ms."
    metadata_max_age_ms: u64 = 300_000, "metadata.max.age.ms" (0, LONG) since "0.9.0";
    "How long a response may take before the request counts as failed, in ms."
    request_timeout_ms: u64 = 30000, "request.timeout.ms" (0, INT) since "0.9.0" was "40000" until "0.10.1" was "305000" until "2.0";
    "How long to wait before a failed request is tried again, in ms; for metadata it doubles with each try."
    retry_backoff_ms: u64 = 100, "retry.backoff.ms" (0, LONG) since "0.9.0";
    "The longest wait before metadata is asked for again, in ms."
    retry_backoff_max_ms: u64 = 1000, "retry.backoff.max.ms" (0, LONG) since "3.7";
    "How long to wait before the first attempt to connect again, in ms; doubles with each attempt."
    reconnect_backoff_ms: u64 = 50, "reconnect.backoff.ms" (0, LONG) since "0.9.0";
    "The longest wait before an attempt to connect again, in ms."
    reconnect_backoff_max_ms: u64 = 1000, "reconnect.backoff.max.ms" (0, LONG) since "0.11.0";
    "At most so many records from one `poll`."
    max_poll_records: u64 = 500, "max.poll.records" (1, INT) since "0.10.0" was "2147483647" until "0.10.1";
    "Whether positions are committed by themselves."
    enable_auto_commit: bool = true, "enable.auto.commit" since "0.9.0";
    "How often positions are committed by themselves, in ms."
    auto_commit_interval_ms: u64 = 5000, "auto.commit.interval.ms" (0, INT) since "0.9.0";
    "After how long without a heartbeat a member is out of its group, in ms."
    session_timeout_ms: u64 = 45000, "session.timeout.ms" (0, INT) since "0.9.0" was "30000" until "0.10.1" was "10000" until "3.0";
    "How often a member sends a heartbeat, in ms."
    heartbeat_interval_ms: u64 = 3000, "heartbeat.interval.ms" (0, INT) since "0.9.0";
    "After how long without a `poll` a member leaves its group, in ms."
    max_poll_interval_ms: u64 = 300_000, "max.poll.interval.ms" (1, INT) since "0.10.1";
    "Whether topics of Kafka's own, such as `__consumer_offsets`, match no pattern of the consumer."
    exclude_internal_topics: bool = true, "exclude.internal.topics" since "0.10.0";
    "The rack where the consumer is, to read from a near replica."
    client_rack: Rack = Rack::NONE, "client.rack" since "2.3";
    "How it speaks with brokers: in the clear, or encrypted."
    security_protocol: SecurityProtocol = SecurityProtocol::Plaintext, "security.protocol" since "0.9.0";
    "How a group's leader assigns partitions, in the order of the member's preference."
    partition_assignment_strategy: AssignmentStrategy = AssignmentStrategy::RangeThenCooperative,
        "partition.assignment.strategy" since "0.9.0" was "range" until "3.0";
    "Who assigns partitions: `classic`, a member of the group; `consumer`, the group's coordinator (KIP-848)."
    group_protocol: GroupProtocol = GroupProtocol::Classic, "group.protocol" since "3.7";
    "Which of the coordinator's assignors the member wants, with `group.protocol=consumer`."
    group_remote_assignor: RemoteAssignor = RemoteAssignor::Null, "group.remote.assignor" since "3.7";
    "Of a share consumer: whether the next `poll` accepts what the last one returned, or the application acknowledges each record."
    share_acknowledgement_mode: AcknowledgementMode = AcknowledgementMode::Implicit,
        "share.acknowledgement.mode" since "4.1";
    "Of a share consumer: whether it gets whole batches, also beyond `max.poll.records`, or never more than that."
    share_acquire_mode: AcquireMode = AcquireMode::BatchOptimized, "share.acquire.mode" since "4.2";
}

not_simulated_yet! {
    Scope::Consumer;
    "Whether records of open and aborted transactions are read."
        Value::Word("read_uncommitted"), "isolation.level" since "0.11.0";
    "The group whose member the consumer is." Value::Null, "group.id" since "0.9.0";
    "The name by which a static member is known." Value::Null, "group.instance.id" since "2.3";
}

impl ConsumerConfig {
    /// The checks and adjustments that Kafka makes when a consumer starts (`postProcessReconnectBackoffConfigs`).
    ///
    /// # Errors
    /// [`ConfigError::Inconsistent`].
    pub(super) fn settle(&mut self, given: &SortedSet<&str>) -> Result<(), ConfigError> {
        if given.contains("reconnect.backoff.ms") && !given.contains("reconnect.backoff.max.ms") {
            self.reconnect_backoff_max_ms = self.reconnect_backoff_ms;
        }
        self.check(given.iter().copied())
    }

    /// Whether what was set goes with `group.protocol`: the names that were given, and whatever is not as by default.
    ///
    /// # Errors
    /// [`ConfigError::Inconsistent`].
    pub fn check<'a>(&self, given: impl IntoIterator<Item = &'a str>) -> Result<(), ConfigError> {
        let default = ConsumerConfig::default();
        let names = self.group_protocol.refuses().iter().copied();
        let changed = names.filter(|name| self.get(name) != default.get(name));
        self.group_protocol.check(given.into_iter().chain(changed))
    }
}

//! A broker's configurations.

use crate::sorted::SortedSet;

use super::define::{not_simulated_yet, simulated};
use super::value::Value;
use super::{ConfigError, INT, InterBrokerProtocol, LONG, Rack, ReplicaSelectorClass, Scope};

simulated! {
    /// What a broker is told. Kafka: `AbstractKafkaConfig`.
    BrokerConfig of Scope::Broker;

    "How long a leader may hold back a follower's fetch that has not enough bytes, in ms."
    replica_fetch_wait_max_ms: u64 = 500, "replica.fetch.wait.max.ms" (0, INT) since "0.8.0";
    "The fewest bytes for which a leader answers a follower's fetch at once."
    replica_fetch_min_bytes: u64 = 1, "replica.fetch.min.bytes" (0, INT) since "0.8.0";
    "At most so many bytes of one partition in the response to a follower; a single larger batch is still returned."
    replica_fetch_max_bytes: u64 = 1_048_576, "replica.fetch.max.bytes" (0, INT) since "0.8.0";
    "At most so many bytes in the response to a follower; a single larger batch is still returned."
    replica_fetch_response_max_bytes: u64 = 10_485_760, "replica.fetch.response.max.bytes" (0, INT) since "0.10.1";
    "How long a follower waits after an error before it fetches again, in ms."
    replica_fetch_backoff_ms: u64 = 1000, "replica.fetch.backoff.ms" (0, INT) since "0.9.0";
    "How many fetch sessions a broker remembers."
    max_incremental_fetch_session_cache_slots: u64 = 1000,
        "max.incremental.fetch.session.cache.slots" (0, INT) since "1.1";
    "After how long without having caught up a follower is out of sync, in ms."
    replica_lag_time_max_ms: u64 = 30000, "replica.lag.time.max.ms" (0, LONG) since "0.8.0" was "10000" until "2.5";
    "How large the ISR must be for a write with `acks=all`; a topic can have its own."
    min_insync_replicas: i32 = 1, "min.insync.replicas" (1, INT) since "0.8.2";
    "The rack where the broker is."
    broker_rack: Rack = Rack::NULL, "broker.rack" since "0.10.0";
    "How a leader finds the replica that a consumer should read from."
    replica_selector_class: ReplicaSelectorClass = ReplicaSelectorClass::Leader, "replica.selector.class" since "2.4";
    "How often high watermarks are written to disk, in ms."
    replica_high_watermark_checkpoint_interval_ms: u64 = 5000,
        "replica.high.watermark.checkpoint.interval.ms" (1, LONG) since "0.8.0";
    "How often a broker looks for segments to delete, in ms."
    log_retention_check_interval_ms: u64 = 300_000, "log.retention.check.interval.ms" (1, LONG) since "0.8.0";
    "How often a broker looks for logs to write to disk, in ms."
    log_flush_scheduler_interval_ms: u64 = 9_223_372_036_854_775_807,
        "log.flush.scheduler.interval.ms" (1, LONG) since "0.8.0";
    "How often recovery points are written to disk, in ms."
    log_flush_offset_checkpoint_interval_ms: u64 = 60000,
        "log.flush.offset.checkpoint.interval.ms" (0, INT) since "0.8.0";
    "How often log start offsets are written to disk, in ms."
    log_flush_start_offset_checkpoint_interval_ms: u64 = 60000,
        "log.flush.start.offset.checkpoint.interval.ms" (0, INT) since "0.11.0";
    "How long the cleaner sleeps when nothing is to be compacted, in ms."
    log_cleaner_backoff_ms: u64 = 15000, "log.cleaner.backoff.ms" (0, LONG) since "0.8.1";
    "How often a broker tells the controller that it lives, in ms."
    broker_heartbeat_interval_ms: u64 = 2000, "broker.heartbeat.interval.ms" (0, INT) since "2.8";
    "After how long without a heartbeat the controller fences a broker, in ms."
    broker_session_timeout_ms: u64 = 9000, "broker.session.timeout.ms" (0, INT) since "2.8";
    "Whether the controller lets the first replica lead again where another one does."
    auto_leader_rebalance_enable: bool = true, "auto.leader.rebalance.enable" since "0.8.1";
    "How often the controller looks for partitions that the first replica does not lead, in seconds."
    leader_imbalance_check_interval_seconds: u64 = 300, "leader.imbalance.check.interval.seconds" (1, INT) since "0.8.1";
    "How many partitions `__consumer_offsets` has."
    offsets_topic_num_partitions: i32 = 50, "offsets.topic.num.partitions" (1, INT) since "0.8.2";
    "How many replicas each partition of `__consumer_offsets` has; a smaller cluster has as many as it has brokers."
    offsets_topic_replication_factor: i32 = 3, "offsets.topic.replication.factor" (1, INT) since "0.8.2";
    "How long a new group waits for more members before its first generation, in ms."
    group_initial_rebalance_delay_ms: u64 = 3000, "group.initial.rebalance.delay.ms" (0, INT) since "0.11.0";
    "The least session timeout that a member may ask for, in ms."
    group_min_session_timeout_ms: u64 = 6000, "group.min.session.timeout.ms" (0, INT) since "0.9.0";
    "The longest session timeout that a member may ask for, in ms."
    group_max_session_timeout_ms: u64 = 1_800_000, "group.max.session.timeout.ms" (0, INT) since "0.9.0" was "30000" until "0.10.1" was "300000" until "2.3";
    "How often members by the consumer protocol send a heartbeat, in ms; the range is that of Kafka's own defaults."
    group_consumer_heartbeat_interval_ms: u64 = 5000, "group.consumer.heartbeat.interval.ms" (5_000, 15_000) since "3.7";
    "After how long without a heartbeat a member by the consumer protocol is out of its group, in ms."
    group_consumer_session_timeout_ms: u64 = 45000, "group.consumer.session.timeout.ms" (45_000, 60_000) since "3.7";
    "How long a coordinator waits between two target assignments of a group, in ms."
    group_consumer_assignment_interval_ms: u64 = 1000, "group.consumer.assignment.interval.ms" (0, 15_000) since "4.3";
    "How often members of share groups send a heartbeat, in ms."
    group_share_heartbeat_interval_ms: u64 = 5000, "group.share.heartbeat.interval.ms" (5_000, 15_000) since "4.0";
    "After how long without a heartbeat a member of a share group is out of it, in ms."
    group_share_session_timeout_ms: u64 = 45000, "group.share.session.timeout.ms" (45_000, 60_000) since "4.0";
    "How long a coordinator waits between two target assignments of a share group, in ms."
    group_share_assignment_interval_ms: u64 = 1000, "group.share.assignment.interval.ms" (0, 15_000) since "4.3";
    "How long a member of a share group has a record before it is available again, in ms."
    group_share_record_lock_duration_ms: u64 = 30000, "group.share.record.lock.duration.ms" (15_000, 60_000) since "4.0";
    "How often a record is delivered to a share group at most; then it is archived."
    group_share_delivery_count_limit: i32 = 5, "group.share.delivery.count.limit" (2, 10) since "4.0";
    "How many records of a partition a share group has in flight at most."
    group_share_partition_max_record_locks: i64 = 2000,
        "group.share.partition.max.record.locks" (100, 4_000) since "4.0" was "200" until "4.1";
    "How many share sessions a broker has at most."
    group_share_max_share_sessions: u64 = 2000, "group.share.max.share.sessions" (1, INT) since "4.1";
    "How long the offsets of a group without members are kept, in minutes."
    offsets_retention_minutes: u64 = 10080, "offsets.retention.minutes" (1, INT) since "0.8.2" was "1440" until "2.0";
    "How often a coordinator looks for offsets that are too old, in ms."
    offsets_retention_check_interval_ms: u64 = 600_000, "offsets.retention.check.interval.ms" (1, LONG) since "0.8.2";
    "Whether a replica outside of the ISR may become leader when nobody else can; a topic can have its own."
    unclean_leader_election_enable: bool = false,
        "unclean.leader.election.enable" since "0.8.2" was "true" until "0.11.0";
    "How often the controller looks for partitions without a leader that any replica may lead, in ms."
    unclean_leader_election_interval_ms: u64 = 300_000, "unclean.leader.election.interval.ms" (1, LONG) since "3.9";
    "The version whose rules brokers follow among themselves, to see what older ones did; gone since 4.0."
    inter_broker_protocol_version: InterBrokerProtocol = InterBrokerProtocol::V4_3,
        "inter.broker.protocol.version" since "0.8.2";
    "Whether replicas that left the ISR below the minimum can be elected (KIP-966): 1 for yes, 0 for no. A feature."
    eligible_leader_replicas_version: u64 = 1, "eligible.leader.replicas.version" (0, 1) since "4.0" was "0" until "4.1";
    "The largest batch that a leader takes, in bytes; a topic can have its own as `max.message.bytes`."
    message_max_bytes: u64 = 1_048_588, "message.max.bytes" (0, INT) since "0.8.0" was "1000012" until "2.5";
    "After how long without a batch a partition forgets a producer, in ms."
    producer_id_expiration_ms: u64 = 86_400_000, "producer.id.expiration.ms" (1, INT) since "3.4";
    "How often a broker looks for producers to forget, in ms."
    producer_id_expiration_check_interval_ms: u64 = 600_000,
        "producer.id.expiration.check.interval.ms" (1, INT) since "3.4";
}

not_simulated_yet! {
    Scope::Broker;
    "How many threads fetch from each leader." Value::Number(1), "num.replica.fetchers" since "0.8.0";
    "The size at which a log begins a new segment, in bytes." Value::Number(1_073_741_824), "log.segment.bytes" since "0.8.0";
}

impl BrokerConfig {
    /// The checks that Kafka makes when a broker starts.
    ///
    /// # Errors
    /// [`ConfigError::Inconsistent`].
    pub(super) fn settle(&mut self, _given: &SortedSet<&str>) -> Result<(), ConfigError> {
        self.check()
    }

    /// Whether all values go together.
    ///
    /// # Errors
    /// [`ConfigError::Inconsistent`].
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.replica_fetch_wait_max_ms > self.replica_lag_time_max_ms {
            return Err(ConfigError::Inconsistent(format!(
                "`replica.fetch.wait.max.ms` ({}) must be at most `replica.lag.time.max.ms` ({}), or followers leave the ISR \
                 while they wait",
                self.replica_fetch_wait_max_ms, self.replica_lag_time_max_ms
            )));
        }
        Ok(())
    }
}

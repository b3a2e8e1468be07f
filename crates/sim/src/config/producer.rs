//! A producer's configurations.

use crate::sorted::SortedSet;

use super::define::{not_simulated_yet, simulated};
use super::partitioner_class::PartitionerClass;
use super::value::{Acks, Value};
use super::{ConfigError, INT, LONG, Scope};

/// With idempotence a producer has at most so many requests in flight on a connection.
/// Kafka: `MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION_FOR_IDEMPOTENCE`.
const MAX_IN_FLIGHT_WITH_IDEMPOTENCE: u64 = 5;

simulated! {
    /// What a producer is told. Kafka: `ProducerConfig`.
    ProducerConfig of Scope::Producer;

    "How many replicas must have a record before the producer hears of it: `0`, `1` or `all`."
    acks: Acks = Acks::All, "acks" since "0.8.2" was "1" until "3.0";
    "The size at which a batch is full, in bytes; also how much goes to a partition before the sticky partitioner switches."
    batch_size: u64 = 16384, "batch.size" (0, INT) since "0.8.2";
    "How long a batch waits for more records before it is sent although it is not full, in ms."
    linger_ms: u64 = 5, "linger.ms" (0, LONG) since "0.8.2" was "0" until "4.0";
    "All the memory for records that wait to be sent, in bytes."
    buffer_memory: u64 = 33_554_432, "buffer.memory" (0, LONG) since "0.8.2";
    "How long `send` waits for metadata and for buffer memory, in ms."
    max_block_ms: u64 = 60000, "max.block.ms" (0, LONG) since "0.9.0";
    "How many requests may wait for a response on one connection."
    max_in_flight_requests_per_connection: u64 = 5, "max.in.flight.requests.per.connection" (1, INT) since "0.8.2";
    "How often a batch is sent again after a retriable error."
    retries: u64 = 2_147_483_647, "retries" (0, INT) since "0.8.2" was "0" until "2.1";
    "How long a batch, or a request for metadata, waits before its first retry, in ms; doubles with each retry."
    retry_backoff_ms: u64 = 100, "retry.backoff.ms" (0, LONG) since "0.8.2";
    "The longest wait before a retry, in ms."
    retry_backoff_max_ms: u64 = 1000, "retry.backoff.max.ms" (0, LONG) since "3.7";
    "How long to wait before the first attempt to connect again, in ms; doubles with each attempt."
    reconnect_backoff_ms: u64 = 50, "reconnect.backoff.ms" (0, LONG) since "0.8.2";
    "The longest wait before an attempt to connect again, in ms."
    reconnect_backoff_max_ms: u64 = 1000, "reconnect.backoff.max.ms" (0, LONG) since "0.11.0";
    "How long after its creation a batch has succeeded or failed for good, in ms."
    delivery_timeout_ms: u64 = 120_000, "delivery.timeout.ms" (0, INT) since "2.1";
    "How long a response may take before the request counts as failed, in ms."
    request_timeout_ms: u64 = 30000, "request.timeout.ms" (0, INT) since "0.9.0";
    "The largest request, in bytes; a single larger batch still goes alone."
    max_request_size: u64 = 1_048_576, "max.request.size" (0, INT) since "0.8.2";
    "Whether each record is written exactly once, in order, despite retries."
    enable_idempotence: bool = true, "enable.idempotence" since "0.11.0" was "false" until "3.0";
    "Whether the sticky partitioner chooses the partition even if a record has a key."
    partitioner_ignore_keys: bool = false, "partitioner.ignore.keys" since "3.3";
    "The partitioner in place of the producer's own; a word with a version is the class of an older client, as history."
    partitioner_class: PartitionerClass = PartitionerClass::BuiltIn, "partitioner.class" since "0.9.0";
    "Whether partitions with shorter queues are chosen more often."
    partitioner_adaptive_partitioning_enable: bool = true, "partitioner.adaptive.partitioning.enable" since "3.3";
    "After how long without being able to send to a broker its partitions are not chosen, in ms; 0 is never."
    partitioner_availability_timeout_ms: u64 = 0, "partitioner.availability.timeout.ms" (0, LONG) since "3.3";
    "The age at which metadata is asked for again although nothing seems wrong, in ms."
    metadata_max_age_ms: u64 = 300_000, "metadata.max.age.ms" (0, LONG) since "0.8.2";
}

not_simulated_yet! {
    Scope::Producer;
    "The codec of the batches." Value::Word("none"), "compression.type" since "0.8.2";
    "The name under which a producer has transactions." Value::Null, "transactional.id" since "0.11.0";
    "After how long the coordinator aborts a transaction, in ms."
        Value::Number(60_000), "transaction.timeout.ms" since "0.11.0";
    "How long metadata of an unused topic is kept, in ms." Value::Number(300_000), "metadata.max.idle.ms" since "2.5";
    "After how long an idle connection is closed, in ms." Value::Number(540_000), "connections.max.idle.ms" since "0.9.0";
}

impl ProducerConfig {
    /// The checks and adjustments that Kafka makes when a producer is created, idempotence's in Kafka's words; `given` are the
    /// names that were set. Kafka: `postProcessAndValidateIdempotenceConfigs`.
    ///
    /// # Errors
    /// [`ConfigError::Inconsistent`].
    pub(super) fn settle(&mut self, given: &SortedSet<&str>) -> Result<(), ConfigError> {
        self.settle_idempotence(given.contains("enable.idempotence"))?;
        if given.contains("reconnect.backoff.ms") && !given.contains("reconnect.backoff.max.ms") {
            self.reconnect_backoff_max_ms = self.reconnect_backoff_ms;
        }
        let least = self.least_delivery_timeout_ms();
        if self.delivery_timeout_ms < least && !given.contains("delivery.timeout.ms") {
            self.delivery_timeout_ms = least;
        }
        self.check()
    }

    /// Whether all values go together.
    ///
    /// # Errors
    /// [`ConfigError::Inconsistent`].
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.enable_idempotence {
            if self.retries == 0 {
                return inconsistent("Must set retries to non-zero when using the idempotent producer.");
            }
            if self.acks != Acks::All {
                return inconsistent(
                    "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee \
                     idempotence.",
                );
            }
            self.check_in_flight()?;
        }
        if self.delivery_timeout_ms < self.least_delivery_timeout_ms() {
            return Err(ConfigError::Inconsistent(format!(
                "`delivery.timeout.ms` ({}) must be at least `linger.ms` + `request.timeout.ms` ({} + {})",
                self.delivery_timeout_ms, self.linger_ms, self.request_timeout_ms
            )));
        }
        Ok(())
    }

    /// `acks` or `retries` that do not go with idempotence switch it off, unless it was asked for.
    fn settle_idempotence(&mut self, asked_for: bool) -> Result<(), ConfigError> {
        if self.enable_idempotence && !asked_for {
            self.check_in_flight()?;
            self.enable_idempotence = self.acks == Acks::All && self.retries > 0;
        }
        Ok(())
    }

    fn check_in_flight(&self) -> Result<(), ConfigError> {
        if self.max_in_flight_requests_per_connection > MAX_IN_FLIGHT_WITH_IDEMPOTENCE {
            return Err(ConfigError::Inconsistent(format!(
                "To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most \
                 {MAX_IN_FLIGHT_WITH_IDEMPOTENCE}. Current value is {}.",
                self.max_in_flight_requests_per_connection
            )));
        }
        Ok(())
    }

    fn least_delivery_timeout_ms(&self) -> u64 {
        let largest = u64::try_from(INT).unwrap_or(u64::MAX);
        self.linger_ms.min(largest).saturating_add(self.request_timeout_ms).min(largest)
    }
}

fn inconsistent(why: &str) -> Result<(), ConfigError> {
    Err(ConfigError::Inconsistent(why.to_owned()))
}

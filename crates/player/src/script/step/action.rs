//! What a step does at its beginning.

use crate::expression::Expression;
use crate::script::Scalar;

/// Something done to the cluster or by a client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "author",
    derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema),
    serde(deny_unknown_fields),
    serde(rename_all = "snake_case")
)]
pub enum Action {
    /// The application gives a producer one record.
    Produce {
        /// The producer's id.
        producer: String,
        /// The topic.
        topic: String,
        /// The key; null if absent.
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        key: Option<String>,
        /// The value; null (a tombstone) if absent.
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        value: Option<String>,
        /// The partition; chosen by the partitioner if absent.
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        partition: Option<i32>,
        /// The record says that it is so old, in ms; less than 0: that it comes from the future. If absent, it has the
        /// producer's clock.
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        timestamp_ago_ms: Option<i64>,
    },
    /// The application gives a producer many records, one after the other.
    ProduceMany {
        /// The producer's id.
        producer: String,
        /// The topic.
        topic: String,
        /// The keys are this with 0, 1, 2 … behind it; null if absent.
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        key_prefix: Option<String>,
        /// How many records.
        count: u32,
        /// The size of each value in bytes.
        value_size: u32,
        /// The partition; chosen by the partitioner if absent.
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        partition: Option<i32>,
    },
    /// An administrator creates a topic that has `later = true`, or one that was deleted.
    CreateTopic {
        /// The topic.
        topic: String,
    },
    /// An administrator deletes a topic.
    DeleteTopic {
        /// The topic.
        topic: String,
    },
    /// An administrator adds partitions.
    AddPartitions {
        /// The topic.
        topic: String,
        /// How many it then has.
        total: i32,
    },
    /// The application of a consumer begins to poll.
    StartConsumer {
        /// The consumer's id.
        consumer: String,
    },
    /// The application of a consumer subscribes to other topics: by one of `topics`, `pattern` and `subscription_pattern`.
    Subscribe {
        /// The consumer's id.
        consumer: String,
        /// The topics, by name.
        #[cfg_attr(feature = "author", serde(default))]
        topics: Vec<String>,
        /// What their names match, as the client finds them: `subscribe(Pattern)`.
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        pattern: Option<String>,
        /// What their names match, as the coordinator finds them: `subscribe(SubscriptionPattern)`.
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        subscription_pattern: Option<String>,
    },
    /// The application calls `close()`: the consumer commits, if it does so by itself, and leaves its group.
    CloseConsumer {
        /// The consumer's id.
        consumer: String,
    },
    /// A consumer's process is gone at once.
    CrashConsumer {
        /// The consumer's id.
        consumer: String,
    },
    /// The application does not call `poll()` any more: it is busy with what it got, or stuck.
    PausePolling {
        /// The consumer's id.
        consumer: String,
    },
    /// The application polls again.
    ResumePolling {
        /// The consumer's id.
        consumer: String,
    },
    /// The application polls until it gets records, and then no more.
    PollOnce {
        /// The consumer's id.
        consumer: String,
    },
    /// The application commits.
    Commit {
        /// The consumer's id.
        consumer: String,
        /// It waits for the answer (`commitSync`); if not, it goes on (`commitAsync`).
        sync: bool,
        /// The partition, such as "orders-0"; with `offset`. If absent, the positions in all partitions.
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        partition: Option<String>,
        /// The next offset to read.
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        offset: Option<i64>,
    },
    /// The application sets where a consumer reads next: one of `offset`, `to` and `timestamp_ago_ms`.
    Seek {
        /// The consumer's id.
        consumer: String,
        /// The partition, such as "orders-0".
        partition: String,
        /// This offset.
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        offset: Option<i64>,
        /// "beginning" or "end".
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        to: Option<String>,
        /// The first record that is at most so old, in ms (`offsetsForTimes`).
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        timestamp_ago_ms: Option<i64>,
    },
    /// The application of a share consumer says what is to become of a record that it has (`acknowledge()`); its next poll
    /// or commit tells the leader.
    Acknowledge {
        /// The consumer's id.
        consumer: String,
        /// The partition, such as "orders-0".
        partition: String,
        /// The record's offset.
        offset: i64,
        /// "accept", "release", "reject" or "renew".
        how: String,
    },
    /// Time passes before the next command of the step: until all that is given is so.
    Wait {
        /// So much has passed, in ms of virtual time.
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        ms: Option<u64>,
        /// This holds.
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        when: Option<Expression>,
    },
    /// A client asks for metadata now, not when `metadata.max.age.ms` has passed.
    RefreshMetadata {
        /// The id of a producer or a consumer.
        client: String,
    },
    /// A broker does nothing any more; what comes to it waits.
    Pause {
        /// The broker.
        broker: i32,
    },
    /// A paused broker goes on.
    Resume {
        /// The broker.
        broker: i32,
    },
    /// A broker's process is gone at once; what it wrote survives in the page cache.
    Kill {
        /// The broker.
        broker: i32,
    },
    /// A broker is told to stop: its leaderships move away first, and it closes its logs.
    Stop {
        /// The broker.
        broker: i32,
    },
    /// The first replica of a partition leads it, if it may.
    ElectPreferred {
        /// The partition, such as "orders-0".
        partition: String,
    },
    /// A partition moves to other brokers.
    Reassign {
        /// The partition, such as "orders-0".
        partition: String,
        /// The brokers, the preferred leader first.
        replicas: Vec<i32>,
    },
    /// Any live replica of a partition leads it that nobody leads: what only the others had is lost.
    ElectUnclean {
        /// The partition, such as "orders-0".
        partition: String,
    },
    /// The move of a partition to other brokers is taken back.
    CancelReassignment {
        /// The partition, such as "orders-0".
        partition: String,
    },
    /// A configuration of a topic changes.
    AlterConfig {
        /// The topic.
        topic: String,
        /// Kafka's name of the configuration.
        name: String,
        /// Its value; if absent, as the cluster has it.
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        value: Option<Scalar>,
    },
    /// A broker that is not running is started.
    Start {
        /// The broker.
        broker: i32,
    },
    /// A broker's machine loses power: its process is gone, and what was not on the disk.
    PowerLoss {
        /// The broker.
        broker: i32,
    },
    /// The operating system of a broker writes its page cache to the disk; Kafka does not know of it.
    WriteBack {
        /// The broker.
        broker: i32,
    },
    /// A broker's disk takes long for each write.
    SlowDisk {
        /// The broker.
        broker: i32,
        /// How long, in ms; 0: no longer.
        ms: u64,
    },
    /// A broker's disk is full: the next write fails, and the broker halts.
    FillDisk {
        /// The broker.
        broker: i32,
    },
    /// A full disk has room again.
    FreeDisk {
        /// The broker.
        broker: i32,
    },
    /// A node's clock is wrong.
    SkewClock {
        /// A broker's number or a client's id.
        node: Scalar,
        /// How far it is ahead, in ms; behind if less than 0; 0: right again.
        ms: i64,
    },
    /// The next message on its way between two nodes arrives twice.
    DuplicateMessage {
        /// A broker's number, a client's id or "controller".
        from: Scalar,
        /// Another one.
        to: Scalar,
        /// What it is, such as `Produce` or `FetchResponse`; any if absent.
        #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
        message: Option<String>,
    },
    /// Messages between two nodes are lost, also those that are on their way.
    Cut {
        /// A broker's number, a client's id or "controller".
        from: Scalar,
        /// Another one.
        to: Scalar,
        /// Only what the first sends to the second.
        #[cfg_attr(feature = "author", serde(default))]
        one_way: bool,
    },
    /// Messages between two nodes get through again.
    Heal {
        /// A broker's number, a client's id or "controller".
        from: Scalar,
        /// Another one.
        to: Scalar,
        /// Only what the first sends to the second.
        #[cfg_attr(feature = "author", serde(default))]
        one_way: bool,
    },
}

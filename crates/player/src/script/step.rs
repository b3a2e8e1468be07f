//! A step as data: what is done, when it ends, what is shown, what must hold, what is asked.

mod files_show;

use super::{Entries, Localized, Scalar};
use crate::expression::Expression;
use crate::scene::MarkId;
use crate::template::Template;
use highwater_sim::ids::TopicPartition;

pub use files_show::{FilesShow, Gauges, SearchStage};

/// What a reader sees as one step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Step {
    /// Its id, in links and in `after`.
    pub id: String,
    /// Its chapter, as an index into `chapters`.
    pub chapter: usize,
    /// What happens, in at most eight words.
    pub title: Localized<Template>,
    /// One or two sentences, over the world after the step.
    pub say: Localized<Template>,
    /// What is said of B alone, in a comparison.
    #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"))]
    pub say_b: Option<Localized<Template>>,
    /// What is done at its beginning.
    #[cfg_attr(feature = "author", serde(rename = "do"))]
    pub actions: Vec<Action>,
    /// When it ends; none: at once after its commands, before anything that takes time.
    pub until: Option<Until>,
    /// What to look at.
    pub look: Vec<MarkId>,
    /// What the picture shows.
    pub show: Show,
    /// What must hold after the step.
    pub expect: Vec<Expression>,
    /// A question at its end.
    pub ask: Option<Ask>,
    /// The Kafka versions that a step about the past is about, such as "before 0.11".
    pub history: Option<String>,
    /// The terms of the glossary that stand below the words.
    pub terms: Vec<String>,
}

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
    /// The application of a consumer subscribes to other topics.
    Subscribe {
        /// The consumer's id.
        consumer: String,
        /// The topics.
        topics: Vec<String>,
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

/// When a step ends: as soon as all that is given is so. After `within_ms` without that the step has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Until {
    /// Facts of this kind since the step began.
    pub fact: Option<FactWanted>,
    /// This many ms of virtual time since the step began.
    pub ms: Option<u64>,
    /// This holds.
    pub when: Option<Expression>,
    /// The most virtual time that the step may take, in ms.
    pub within_ms: u64,
}

/// Facts that a step waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct FactWanted {
    /// The fact's name, such as `FetchReceived`.
    pub name: String,
    /// The fields that must have these values; a partition is written `orders-0`.
    pub fields: Entries,
    /// How many of them.
    pub count: u64,
}

/// A panel of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    feature = "author",
    derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema),
    serde(rename_all = "snake_case")
)]
pub enum PanelKind {
    /// One partition on its brokers, with clients and messages.
    Cluster,
    /// How a key becomes a partition.
    Partitioner,
    /// A producer's batches.
    Accumulator,
    /// All replicas of a topic, less of each the more there are.
    Replicas,
    /// Bytes by partition, a chart a producer.
    Spread,
    /// The files of a log: its segments, a search in them, the bytes of a batch.
    Files,
    /// A log that is compacted: its records, what is newer, the offset map.
    Compaction,
    /// The controller's card over the cluster panel: a partition in the metadata log.
    Controller,
    /// Who led a partition when, and who was in its ISR.
    History,
    /// The leader epochs of a log.
    Epochs,
    /// The producers that a log knows.
    Producers,
    /// A group: its coordinator, its members, who owns what.
    Group,
}

/// A stage of the partitioner panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    feature = "author",
    derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema),
    serde(rename_all = "snake_case")
)]
pub enum Stage {
    /// The key's bytes.
    Key,
    /// The hash.
    Murmur2,
    /// Without its sign bit.
    Positive,
    /// The division.
    Remainder,
    /// The partition.
    Partition,
}

/// What the picture shows; complete, with what steps inherit filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Show {
    /// The panels in reading order, at least one.
    pub panels: Vec<PanelKind>,
    /// The partition of the cluster panel.
    #[cfg_attr(feature = "author", serde(serialize_with = "super::partition_name"))]
    pub partition: TopicPartition,
    /// The topic of the partitioner and accumulator panels.
    pub topic: String,
    /// The producer of the accumulator panel; none if the scenario has none.
    pub producer: Option<String>,
    /// The group of the group panel; none if the scenario has none.
    #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"))]
    pub group: Option<String>,
    /// How many seconds of virtual time the group panel's lines of time show.
    #[cfg_attr(feature = "author", serde(skip_serializing_if = "is_usual"))]
    pub seconds: u32,
    /// The key of the partitioner panel.
    pub key: Option<String>,
    /// The last stage of the partitioner panel that is shown.
    pub through: Stage,
    /// The earlier number of partitions, to show where the key was.
    pub before: Option<i32>,
    /// Measures how many keys move.
    pub moves: Option<Moves>,
    /// What the panels about files show.
    #[cfg_attr(feature = "author", serde(skip_serializing_if = "FilesShow::is_plain"))]
    pub files: FilesShow,
}

/// A measurement: the keys `<prefix>0` to `<prefix><count-1>` hashed with both numbers of partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "author",
    derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema),
    serde(deny_unknown_fields)
)]
pub struct Moves {
    /// What stands before the number in each key.
    pub prefix: String,
    /// How many keys.
    pub count: u32,
    /// The number of partitions before.
    pub from: i32,
    /// The number of partitions after.
    pub to: i32,
}

/// A question at the end of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Ask {
    /// The question, over the world after its own step.
    pub question: Localized<Template>,
    /// The step, as an index into `steps`, in the world after which the answer is computed: its own step or a later one.
    pub after: usize,
    /// What there is to choose from.
    pub choices: Choices,
    /// Why the right answer is right, over the world of `after`.
    pub why: Localized<Template>,
}

/// The answers of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Choices {
    /// The number that this is, among others near it.
    Near(Expression),
    /// These, of which exactly one holds.
    Listed(Vec<ListedChoice>),
    /// A number that the reader gives.
    Number(Asked),
    /// A mark of the picture that the reader points at.
    Point(Pointed),
}

/// A number that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Asked {
    /// The number, in the world of `after`.
    pub about: Expression,
    /// What it counts, such as "bytes".
    pub unit: Option<Localized>,
}

/// Marks that can be pointed at, and which of them are right.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Pointed {
    /// The marks, as `log/orders-0/segment-*`: the star is what differs between them.
    pub marks: String,
    /// Holds in the world of `after` for the right ones; `it` in it is what the star stands for.
    pub when: Expression,
}

/// What the star of [`Pointed::marks`] stands for, in [`Pointed::when`].
pub const IT: &str = "it";

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct ListedChoice {
    /// The answer in words, over the world of its own step.
    pub say: Localized<Template>,
    /// Holds in the world of `after` if this is the right answer.
    pub when: Expression,
}

/// How many seconds lines of time show if nobody says otherwise.
pub const SECONDS: u32 = 8;

#[cfg(feature = "author")]
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form that serde wants")]
fn is_usual(seconds: &u32) -> bool {
    *seconds == SECONDS
}

//! A step as data: what is done, when it ends, what is shown, what must hold, what is asked.

mod action;
mod files_show;

use super::{Entries, Localized};
use crate::expression::Expression;
use crate::scene::MarkId;
use crate::template::Template;
use highwater_sim::ids::TopicPartition;

pub use action::Action;
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
    /// A partition as a share group reads it: what became of each record, and who has it.
    Share,
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
    /// The topic of the partitioner, accumulator, replicas and spread panels.
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

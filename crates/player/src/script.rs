//! A scenario as data: the cluster, what is done to it step by step, the words for it, and what must hold.
//!
//! Authors write TOML (`scenarios/<id>/scenario.toml` with the English texts, `zh.toml` beside it with the Chinese ones);
//! the feature `author` reads that and tells what is wrong with line and column. What is packed for the page is the JSON
//! of [`Scenario`]: the same things with all defaults filled in and all texts in both languages.
//! [`Scenario::from_json`] reads that back; what others packed is read by [`Scenario::brought`], within bounds, and by
//! `Scenario::checked`, which finds all that is wrong with it.

#[cfg(feature = "author")]
pub mod author;
mod bounds;
#[cfg(feature = "author")]
mod compared;
mod entries;
mod faults;
mod groups;
#[cfg(feature = "author")]
mod names;
mod open;
mod place;
mod read;
#[cfg(feature = "author")]
mod scalar;
mod step;
#[cfg(feature = "author")]
mod validate;

use highwater_sim::ids::TopicPartition;

#[cfg(feature = "author")]
pub(crate) use compared::owner_of;
pub use entries::Entries;
pub(crate) use faults::{fault_of, message_of};
pub(crate) use groups::{action_of, subscription};
#[cfg(feature = "author")]
pub(crate) use names::{ConfigOwner, FACT_NAMES};
pub use open::OpenError;
pub use place::{Place, Problem, Segment};
pub(crate) use read::{all, localized};
pub use step::{
    Action, Ask, Asked, Choices, FactWanted, FilesShow, Gauges, IT, ListedChoice, Moves, PanelKind, Pointed, SECONDS,
    SearchStage, Show, Stage, Step, Until,
};

use crate::compare::Change;
use crate::expression::Expression;
use crate::lang::Lang;

/// The most topics.
pub const MAX_TOPICS: usize = 64;
/// The most partitions of a topic.
pub const MAX_PARTITIONS: i32 = 1_000;
/// The most replicas of all partitions together.
pub const MAX_REPLICAS: i64 = 10_000;
/// The most brokers.
pub const MAX_BROKERS: i32 = 16;
/// The most producers, and the most consumers.
pub const MAX_CLIENTS: usize = 128;
/// The most steps.
pub const MAX_STEPS: usize = 200;
/// The most commands of a step, marks that it looks at, and expectations.
pub const MAX_PER_STEP: usize = 64;
/// The most records that all steps together send.
pub const MAX_RECORDS: u64 = 100_000;
/// The most bytes that the values of these records have together.
pub const MAX_RECORD_BYTES: u64 = 64 << 20;
/// The most entries of a table of configs or of a fact's fields.
pub const MAX_ENTRIES: usize = 64;
/// The largest file of a scenario, in bytes.
pub const MAX_FILE_BYTES: usize = 1 << 20;
/// The largest packed scenario, in bytes.
pub const MAX_PACKED_BYTES: usize = 4 << 20;
/// The most events of a scenario that somebody brought to the page: a second or two.
pub const MAX_BROUGHT_EVENTS: u64 = 500_000;
/// How long a step may run if its `until` does not say, in ms of virtual time.
pub const WITHIN_MS: u64 = 600_000;

/// The same thing in each language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Localized<T = String> {
    /// English.
    pub en: T,
    /// Chinese.
    pub zh: T,
}

impl<T> Localized<T> {
    /// The one in `lang`.
    pub fn get(&self, lang: Lang) -> &T {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }

    #[cfg(feature = "author")]
    pub(crate) fn get_mut(&mut self, lang: Lang) -> &mut T {
        match lang {
            Lang::En => &mut self.en,
            Lang::Zh => &mut self.zh,
        }
    }
}

/// A scenario, checked and complete.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Scenario {
    /// `hw-two-rounds`: its folder, and its name in links.
    pub id: String,
    /// The question that it answers, such as "When is a record visible?".
    pub title: Localized,
    /// One line: the surprise.
    pub hook: Localized,
    /// The family of the course that it belongs to.
    pub family: FamilyName,
    /// How long a learner needs, in minutes.
    pub minutes: u32,
    /// The Kafka version that it is about, such as `4.3`.
    pub kafka: String,
    /// One of those that nobody should miss.
    pub essential: bool,
    /// Words to find it by, in both languages.
    pub tags: Vec<String>,
    /// The checks against Kafka that its rules went through, as `scenarios/checked.toml` names them. They are packed apart.
    #[cfg_attr(feature = "author", serde(skip))]
    pub checks: Vec<String>,
    /// The step with the decisive moment, as an index into `steps`.
    pub picture: usize,
    /// The seed of all randomness.
    pub seed: u64,
    /// `[let]`: names for expressions, in the order of the file.
    #[cfg_attr(feature = "author", serde(rename = "let"))]
    pub definitions: Vec<(String, Expression)>,
    /// The brokers and the network between all.
    pub cluster: Cluster,
    /// The topics, those that a step creates among them.
    #[cfg_attr(feature = "author", serde(rename = "topic"))]
    pub topics: Vec<Topic>,
    /// The producers.
    #[cfg_attr(feature = "author", serde(rename = "producer"))]
    pub producers: Vec<Producer>,
    /// The consumers.
    #[cfg_attr(feature = "author", serde(rename = "consumer"))]
    pub consumers: Vec<Consumer>,
    /// The configs that are worth turning.
    #[cfg_attr(feature = "author", serde(rename = "knob", skip_serializing_if = "Vec::is_empty"))]
    pub knobs: Vec<Knob>,
    /// What is different in B, where the scenario compares two futures by itself.
    #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"))]
    pub compare: Option<Compare>,
    /// The chapters; every step belongs to one, and they come in order.
    #[cfg_attr(feature = "author", serde(rename = "chapter"))]
    pub chapters: Vec<Chapter>,
    /// The steps, at least one.
    #[cfg_attr(feature = "author", serde(rename = "step"))]
    pub steps: Vec<Step>,
}

/// A family of the course by id and title.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct FamilyName {
    /// `replication`.
    pub id: String,
    /// "Replication".
    pub title: Localized,
}

/// Configs by Kafka's names.
pub type Configs = Entries;

/// A value of a config or of a field of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize, schemars::JsonSchema), serde(untagged))]
pub enum Scalar {
    /// true or false.
    Truth(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scalar::Truth(truth) => write!(f, "{truth}"),
            Scalar::Number(number) => write!(f, "{number}"),
            Scalar::Text(text) => f.write_str(text),
        }
    }
}

/// The brokers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Cluster {
    /// How many; they are numbered from 1.
    pub brokers: i32,
    /// How long a message travels, in ms of virtual time.
    pub latency_ms: u64,
    /// Broker configs.
    pub config: Configs,
    /// The rack of each broker (`broker.rack`), in order; empty if they are in none.
    #[cfg_attr(feature = "author", serde(skip_serializing_if = "Vec::is_empty"))]
    pub racks: Vec<String>,
    /// How much memory each machine has for files, in bytes; none if that has no bound.
    #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"))]
    pub page_cache_bytes: Option<u64>,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// How many partitions.
    pub partitions: i32,
    /// How many replicas each has.
    pub replication: i32,
    /// The brokers of each partition, the preferred leader first; none if the controller places them.
    pub assignment: Option<Vec<Vec<i32>>>,
    /// Topic configs.
    pub config: Configs,
    /// Limits that only a real broker has (`segment.bytes` of 1 MB or more) do not hold, so that little fills a segment.
    pub scaled: bool,
    /// It is not there from the beginning: a step creates it.
    #[cfg_attr(feature = "author", serde(skip_serializing_if = "std::ops::Not::not"))]
    pub later: bool,
}

/// A producer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Producer {
    /// Its `client.id`.
    pub id: String,
    /// Producer configs.
    pub config: Configs,
}

/// A consumer with partitions assigned by hand, or in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Consumer {
    /// Its `client.id`.
    pub id: String,
    /// Its partitions.
    #[cfg_attr(feature = "author", serde(serialize_with = "partition_names"))]
    pub assign: Vec<TopicPartition>,
    /// Where it begins.
    pub from: StartAt,
    /// Consumer configs.
    pub config: Configs,
    /// It runs from the beginning; otherwise a step starts it.
    pub start: bool,
    /// Its group; none if its partitions are assigned by hand.
    #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"))]
    pub group: Option<GroupMembership>,
    /// What its application does with records; none if that takes it no time.
    #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"))]
    pub application: Option<ApplicationWork>,
}

/// What the application of a consumer does with records.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "author",
    derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema),
    serde(deny_unknown_fields)
)]
pub struct ApplicationWork {
    /// How long a record takes, in ms.
    pub ms_per_record: u64,
    /// When it commits: `"before"` it works on what a poll returned or `"after"`, both with `commitSync`, or `"after_async"`;
    /// without it not by itself.
    #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
    pub commit: Option<String>,
    /// How many threads work while another one polls; without it the one that polls works itself.
    #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
    pub threads: Option<u64>,
    /// The offsets of records that it cannot process: with `share.acknowledgement.mode=explicit` it releases them, and
    /// accepts the others.
    #[cfg_attr(feature = "author", serde(default))]
    pub fails: Vec<i64>,
}

/// A consumer's part in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "author",
    derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema),
    serde(deny_unknown_fields)
)]
pub struct GroupMembership {
    /// Its `group.id`.
    pub id: String,
    /// The topics that it subscribes to by name.
    #[cfg_attr(feature = "author", serde(default))]
    pub subscribe: Vec<String>,
    /// It subscribes to the topics whose names match, as its client finds them: `subscribe(Pattern)`.
    #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
    pub pattern: Option<String>,
    /// It subscribes to the topics whose names match, as the coordinator finds them: `subscribe(SubscriptionPattern)`, with
    /// `group.protocol=consumer`.
    #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
    pub subscription_pattern: Option<String>,
    /// Its `group.instance.id`, which makes it a static member.
    #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
    pub instance_id: Option<String>,
    /// It is a share group, which begins here in a partition that it has no state of: its `share.auto.offset.reset`,
    /// "latest" (Kafka's default), "earliest" or `by_duration:…`.
    #[cfg_attr(feature = "author", serde(skip_serializing_if = "Option::is_none"), serde(default))]
    pub share: Option<String>,
}

impl GroupMembership {
    /// It subscribes, and is not given partitions.
    pub fn subscribes(&self) -> bool {
        !self.subscribe.is_empty() || self.pattern.is_some() || self.subscription_pattern.is_some()
    }
}

/// Where a consumer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum StartAt {
    /// At the log start offset.
    Earliest,
    /// At the high watermark.
    Latest,
    /// At this offset.
    Offset(i64),
}

/// Two futures of the scenario: as it is (A), and with changes (B).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Compare {
    /// What A is.
    pub a: Localized,
    /// What B is.
    pub b: Localized,
    /// What is different in B.
    pub changes: Vec<Change>,
}

/// A config that is worth turning, to see what becomes of the scenario then.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Knob {
    /// Kafka's name.
    pub config: String,
    /// Whose it is: `broker`, `topic/orders`, `producer/p1`, `consumer/c1`.
    pub of: String,
    /// The values that teach something.
    pub values: Vec<Scalar>,
    /// What to look for.
    pub why: Localized,
}

/// A part of the scenario with a title of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Chapter {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: Localized,
}

impl Scenario {
    /// Reads a packed scenario that has been checked when it was packed. That it is of this form is seen to, that it makes
    /// sense is not.
    ///
    /// # Errors
    /// Too much text, or text that is not JSON or not of this form.
    pub fn from_json(json: &str) -> Result<Scenario, OpenError> {
        open::from_json(json)
    }

    /// Reads a packed scenario that somebody brought to the page: of this form, and within the bounds of every scenario.
    ///
    /// # Errors
    /// As [`Scenario::from_json`], and the first thing that is out of bounds, with its place.
    pub fn brought(json: &str) -> Result<Scenario, OpenError> {
        open::brought(json)
    }

    /// Reads a packed scenario of anybody's and checks all of it: nothing in it is trusted.
    ///
    /// # Errors
    /// Too much text, text that is not JSON or not of this form, or the first thing that is wrong in it.
    #[cfg(feature = "author")]
    pub fn checked(json: &str) -> Result<Scenario, OpenError> {
        open::checked(json)
    }

    /// As packed JSON, in one line.
    ///
    /// # Errors
    /// None that a checked scenario could have; they are those of the JSON writer.
    #[cfg(feature = "author")]
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// The index of the step with this id.
    pub fn step_index(&self, id: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.id == id)
    }
}

/// The partition of a name such as `orders-0`; none if it has another form.
pub fn partition_from_name(name: &str) -> Option<TopicPartition> {
    crate::expression::as_partition(name)
}

/// A partition as `orders-0`.
#[cfg(feature = "author")]
fn partition_name<S: serde::Serializer>(partition: &TopicPartition, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(partition)
}

/// Partitions as `["orders-0"]`.
#[cfg(feature = "author")]
fn partition_names<S: serde::Serializer>(partitions: &[TopicPartition], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(partitions.iter().map(ToString::to_string))
}

#[cfg(feature = "author")]
#[cfg(test)]
mod tests;

//! The scenario file as authors write it. The descriptions here are those of `scenarios/schema.json`.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, SeqAccess, Visitor, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer};

use crate::script::{Action, ApplicationWork, Configs, FilesShow, GroupMembership, Moves, PanelKind, Scalar, Stage};

/// A scenario of Highwater: scenario.toml, with its texts in English. The Chinese texts are in zh.toml beside it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scenario")]
pub(super) struct ScenarioForm {
    /// The name of the folder, as it stands in links: small letters, digits, hyphens.
    pub id: String,
    /// The question that the scenario answers.
    pub title: String,
    /// One line for its card: the surprise.
    pub hook: String,
    /// The id of a family in course.toml.
    pub family: String,
    /// How long a learner needs, in minutes.
    pub minutes: u32,
    /// The Kafka version that it is about.
    #[serde(default = "kafka_version")]
    pub kafka: String,
    /// One of those that nobody should miss.
    #[serde(default)]
    pub essential: bool,
    /// Words to find it by, in both languages.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The checks against Kafka that its rules went through, by their ids in checked.toml, such as "vectors/partition".
    #[serde(default)]
    pub checked: Vec<String>,
    /// The id of the step whose picture stands on its card: the decisive moment.
    pub picture: String,
    /// The seed of all randomness.
    #[serde(default = "seed")]
    pub seed: u64,
    /// Names for expressions; they may use each other.
    #[serde(default, rename = "let")]
    pub definitions: BTreeMap<String, String>,
    /// The brokers and the network.
    pub cluster: ClusterForm,
    /// The topics.
    #[serde(default)]
    pub topic: Vec<TopicForm>,
    /// The producers.
    #[serde(default)]
    pub producer: Vec<ProducerForm>,
    /// The consumers.
    #[serde(default)]
    pub consumer: Vec<ConsumerForm>,
    /// The configs that are worth turning.
    #[serde(default)]
    pub knob: Vec<KnobForm>,
    /// Two futures side by side from the beginning.
    pub compare: Option<CompareForm>,
    /// The chapters in order; without any, the scenario is one chapter.
    #[serde(default)]
    pub chapter: Vec<ChapterForm>,
    /// The steps in order.
    #[serde(default)]
    pub step: Vec<StepForm>,
}

fn kafka_version() -> String {
    "4.3".to_owned()
}

fn seed() -> u64 {
    1
}

fn latency_ms() -> u64 {
    1
}

/// Configs by Kafka's names: `"linger.ms" = 5` and `linger.ms = 5` are the same.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "Configs")]
pub(super) struct ConfigForm(pub BTreeMap<String, ConfigEntry>);

#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a config is true or false, a whole number or a text")]
pub(super) enum ConfigEntry {
    Value(Scalar),
    Table(BTreeMap<String, ConfigEntry>),
}

impl ConfigForm {
    /// Kafka's full names, whether they were written with quotes or as nested tables.
    pub fn flat(self) -> Configs {
        let mut flat = Vec::new();
        flatten("", self.0, &mut flat);
        flat.into_iter().collect()
    }
}

// As deep as the TOML is nested, which its parser bounds.
fn flatten(prefix: &str, table: BTreeMap<String, ConfigEntry>, flat: &mut Vec<(String, Scalar)>) {
    for (key, entry) in table {
        let name = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match entry {
            ConfigEntry::Value(value) => flat.push((name, value)),
            ConfigEntry::Table(inner) => flatten(&name, inner, flat),
        }
    }
}

/// The brokers and the network.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Cluster")]
pub(super) struct ClusterForm {
    /// How many brokers; they are numbered from 1.
    pub brokers: i32,
    /// How long a message travels, in ms of virtual time.
    #[serde(default = "latency_ms")]
    pub latency_ms: u64,
    /// Broker configs.
    #[serde(default)]
    pub config: ConfigForm,
    /// The rack of each broker, `broker.rack`, in order.
    #[serde(default)]
    pub racks: Vec<String>,
    /// How much memory each machine has for files, in bytes; left out: as much as it needs.
    pub page_cache_bytes: Option<u64>,
}

/// A topic.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Topic")]
pub(super) struct TopicForm {
    /// Its name.
    pub name: String,
    /// How many partitions.
    pub partitions: i32,
    /// How many replicas each has.
    pub replication: i32,
    /// The brokers of each partition, the preferred leader first; if absent, the controller places them.
    pub assignment: Option<Vec<Vec<i32>>>,
    /// Topic configs.
    #[serde(default)]
    pub config: ConfigForm,
    /// true: segment.bytes may be less than the 1 MB that a real topic has at least. The page says so.
    #[serde(default)]
    pub scaled: bool,
    /// true: it is not there from the beginning, `create_topic` makes it.
    #[serde(default)]
    pub later: bool,
}

/// A producer.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Producer")]
pub(super) struct ProducerForm {
    /// Its client.id.
    pub id: String,
    /// Producer configs.
    #[serde(default)]
    pub config: ConfigForm,
}

/// A consumer: `assign` gives it partitions by hand, `group` makes it a member of a group.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Consumer")]
pub(super) struct ConsumerForm {
    /// Its client.id.
    pub id: String,
    /// Its partitions, such as `orders-0`.
    #[serde(default)]
    pub assign: Vec<String>,
    /// Its group.
    pub group: Option<GroupMembership>,
    /// What its application does with records; without it that takes no time.
    pub application: Option<ApplicationWork>,
    /// Where it begins: "earliest", "latest" or an offset.
    #[serde(default = "earliest")]
    pub from: FromForm,
    /// Consumer configs.
    #[serde(default)]
    pub config: ConfigForm,
    /// true: it runs from the beginning. The id of a step: that step starts it. If absent: `start_consumer` does.
    pub start: Option<StartForm>,
}

fn earliest() -> FromForm {
    FromForm::Word("earliest".to_owned())
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "\"earliest\", \"latest\" or an offset")]
pub(super) enum FromForm {
    Offset(i64),
    Word(String),
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "true, false or the id of a step")]
pub(super) enum StartForm {
    Truth(bool),
    Step(String),
}

/// A config that is worth turning: the page offers its values and shows what becomes of the scenario with them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Knob")]
pub(super) struct KnobForm {
    /// Kafka's name.
    pub config: String,
    /// Whose it is: "broker", "topic/orders", "producer/p1", "consumer/c1". If absent: of the brokers, of the first topic, of
    /// the first producer or consumer, whoever has such a config.
    pub of: Option<String>,
    /// The values that teach something, one to six.
    pub values: Vec<Scalar>,
    /// What to look for, in a sentence.
    pub why: String,
}

/// A comparison: the scenario as it is (A), and with something changed (B). Both go step by step.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Compare")]
pub(super) struct CompareForm {
    /// What A is, in a few words.
    pub a: String,
    /// What B is, in a few words.
    pub b: String,
    /// What is different in B, one to eight changes.
    pub change: Vec<CompareChangeForm>,
}

/// Something that is different in B.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CompareChange")]
pub(super) struct CompareChangeForm {
    /// The id of the step after which it is done; if absent: from the start, which only configs can be.
    pub after: Option<String>,
    /// The command, such as "configure", "drop", "kill".
    pub command: String,
    /// What it is done to, such as "producer/p1", "2", "1/3".
    pub on: String,
    /// What it takes beside that, such as "linger.ms:50".
    #[serde(default)]
    pub with: String,
}

/// A part of the scenario with a title of its own.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Chapter")]
pub(super) struct ChapterForm {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// What a reader sees as one step.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Step")]
pub(super) struct StepForm {
    /// Its id, in links.
    pub id: String,
    /// The id of its chapter; if absent, that of the step before.
    pub chapter: Option<String>,
    /// What happens, in at most eight words.
    pub title: String,
    /// One or two sentences, at most 45 words, with `{values}`, `**stress**` and `[[terms]]`.
    pub say: String,
    /// In a comparison: what is to be said of B alone, over its world.
    pub say_b: Option<String>,
    /// What is done at its beginning.
    #[serde(default, rename = "do")]
    pub actions: Vec<Action>,
    /// When it ends; if absent, at once after its commands.
    pub until: Option<UntilForm>,
    /// The marks to look at, such as `broker-1/orders-0/hw`.
    #[serde(default)]
    pub look: Vec<String>,
    /// What the picture shows; what is absent is as in the step before.
    #[serde(default)]
    pub show: ShowForm,
    /// What must hold after the step.
    #[serde(default)]
    pub expect: Vec<String>,
    /// A question at its end.
    pub ask: Option<AskForm>,
    /// The Kafka versions that a step about the past is about, such as "before 0.11".
    pub history: Option<String>,
    /// The terms that stand below the words; if absent, those of `say`.
    pub terms: Option<Vec<String>>,
}

/// When a step ends: as soon as all that is given is so. Other keys are fields of the fact and the values that they must have.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Until")]
pub(super) struct UntilForm {
    /// The name of a fact, such as `FetchReceived`.
    pub fact: Option<String>,
    /// How many such facts since the step began, by default 1.
    pub count: Option<u64>,
    /// This many ms of virtual time since the step began.
    pub ms: Option<u64>,
    /// A condition.
    pub when: Option<String>,
    /// The most virtual time that the step may take, in ms, by default 600000.
    pub within_ms: Option<u64>,
    /// Fields of the fact.
    #[serde(flatten)]
    pub fields: BTreeMap<String, FieldForm>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a field of a fact is true or false, a whole number or a text")]
pub(super) enum FieldForm {
    Value(Scalar),
}

/// What the picture shows. Each key that is absent is as in the step before.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Show")]
pub(super) struct ShowForm {
    /// The panels in reading order; at first `["cluster"]`.
    pub panels: Option<Vec<PanelKind>>,
    /// The partition of the cluster panel; at first partition 0 of the first topic.
    pub partition: Option<String>,
    /// The topic of the partitioner and accumulator panels; at first that of `partition`.
    pub topic: Option<String>,
    /// The producer of the accumulator panel; at first the first one.
    pub producer: Option<String>,
    /// The group of the group panel; at first the first one.
    pub group: Option<String>,
    /// How many seconds of virtual time the group panel's lines of time show; at first 8.
    pub seconds: Option<u32>,
    /// The key of the partitioner panel; false for none.
    pub key: Option<TextOrFalse>,
    /// The last stage of the partitioner panel that is shown; at first all.
    pub through: Option<Stage>,
    /// The earlier number of partitions, to show where the key was; false for none.
    pub before: Option<NumberOrFalse>,
    /// Measures how many keys move; false for none.
    pub moves: Option<MovesOrFalse>,
    /// What the panels about files show; {} for the segments alone.
    pub files: Option<FilesShow>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a text, or false for none")]
pub(super) enum TextOrFalse {
    Truth(bool),
    Text(String),
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a whole number, or false for none")]
pub(super) enum NumberOrFalse {
    Truth(bool),
    Number(i32),
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "{ prefix, count, from, to }, or false for none")]
pub(super) enum MovesOrFalse {
    Truth(bool),
    Moves(Moves),
}

/// A question at the end of a step, about what comes next.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Ask")]
pub(super) struct AskForm {
    /// The question.
    pub question: String,
    /// The id of the step in whose world the answer is computed: by default the next one; "now" for this one.
    pub after: Option<String>,
    /// With `choices = "near"`: the number that is asked for.
    pub about: Option<String>,
    /// To choose from: "near" for numbers near the right one, or a list of answers.
    pub choices: Option<ChoicesForm>,
    /// To give: the number that is asked for.
    pub number: Option<String>,
    /// With `number`: what it counts, such as "bytes".
    pub unit: Option<String>,
    /// To point at: marks of the picture, such as "log/orders-0/segment-*"; the star is what differs between them.
    pub point: Option<String>,
    /// With `point`: holds in the world of `after` for the right marks; `it` is what the star stands for.
    pub when: Option<String>,
    /// Why the right answer is right, with values of the world of `after`.
    pub why: String,
}

/// The answers of a question.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "Choices")]
pub(super) enum ChoicesForm {
    /// "near".
    Word(String),
    /// Two to four answers, of which exactly one holds.
    List(Vec<ChoiceForm>),
}

/// One answer.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Choice")]
pub(super) struct ChoiceForm {
    /// The answer in words.
    pub say: String,
    /// Holds in the world of `after` if this is the right answer.
    pub when: String,
}

// By hand, because an untagged enum would hide what is wrong inside the list.
impl<'de> Deserialize<'de> for ChoicesForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ChoicesForm, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = ChoicesForm;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"near\" or a list of { say, when }")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<ChoicesForm, E> {
                Ok(ChoicesForm::Word(word.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<ChoicesForm, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(sequence)).map(ChoicesForm::List)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// zh.toml: the texts of scenario.toml in Chinese.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TranslationForm {
    #[serde(default)]
    pub scenario: ScenarioTexts,
    #[serde(default)]
    pub knob: BTreeMap<String, String>,
    #[serde(default)]
    pub compare: CompareTexts,
    #[serde(default)]
    pub chapter: BTreeMap<String, String>,
    #[serde(default)]
    pub step: BTreeMap<String, StepTexts>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenarioTexts {
    pub title: Option<String>,
    pub hook: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CompareTexts {
    pub a: Option<String>,
    pub b: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepTexts {
    pub title: Option<String>,
    pub say: Option<String>,
    pub say_b: Option<String>,
    pub question: Option<String>,
    pub choices: Option<Vec<String>>,
    pub unit: Option<String>,
    pub why: Option<String>,
}

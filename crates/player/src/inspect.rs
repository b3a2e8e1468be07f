//! What an inspector shows of a mark: all that the thing is, under Kafka's own names, the configurations that rule it, and
//! its bytes where it is stored. Pure: a world, the facts that led to it and a mark give the same inspection anywhere.
//!
//! A file a kind of thing; [`thing`] is what they fill in. A mark that no file knows is shown as its panel says it.

pub mod bytes;
mod client;
mod configs;
mod group;
mod log;
pub(crate) mod message;
mod node;
mod partition;
mod partitioner;
mod record;
mod replica;
mod share;
mod terms;
pub(crate) mod thing;

use highwater_sim::ids::{BrokerId, FactId, TopicPartition};
use highwater_sim::world::World;

pub use bytes::ByteField;
pub use thing::Unit;

use crate::explain;
use crate::facts::Facts;
use crate::glossary;
use crate::lang::Lang;
use crate::phrase::Phrase;
use crate::scene::{MarkId, Scene, text};
use crate::script::partition_from_name;
use crate::words::Gloss;
use thing::{Because, Field, Thing};

/// Where a thing is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The world.
    pub world: &'a World,
    /// All facts until then.
    pub facts: Facts<'a>,
    /// The picture then.
    pub scene: &'a Scene,
    /// Of a message: the world just after it was sent.
    pub then: Option<&'a World>,
}

/// A value of a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Kafka's name.
    pub name: String,
    /// The value.
    pub text: String,
    /// What it is counted in.
    pub unit: Unit,
    /// What it was before this step, if it was something else.
    pub was: Option<String>,
    /// The mark that "why?" is asked by: [`value_mark`].
    pub why: MarkId,
    /// Its term, if the glossary has one.
    pub term: Option<Gloss>,
}

/// Values of one of Kafka's classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The class.
    pub name: String,
    /// Its fields.
    pub values: Vec<Value>,
}

/// A configuration that rules a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigLine {
    /// Kafka's name.
    pub name: &'static str,
    /// Whose it is: `broker`, `topic`, `producer` or `consumer`.
    pub scope: &'static str,
    /// Its value here.
    pub value: String,
    /// What the value is counted in.
    pub unit: Unit,
    /// Kafka 4.3's default.
    pub default: String,
    /// The version since which that is the default.
    pub since: String,
    /// The value is another than the default.
    pub is_set: bool,
}

/// Bytes with their fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BytesView {
    /// What they are.
    pub title: String,
    /// The fields in order.
    pub fields: Vec<ByteField>,
    /// How many fields there are beyond those.
    pub more: usize,
}

/// Everything about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Its mark.
    pub mark: MarkId,
    /// What it is called.
    pub title: String,
    /// What kind of thing it is.
    pub kind: String,
    /// Its term, if the glossary has one.
    pub term: Option<Gloss>,
    /// It is not there now: why not, in words, and the step nearest to this one that has it.
    pub gone: Option<(String, usize)>,
    /// The step in which it was sent, if it is a message of another step.
    pub step: Option<usize>,
    /// Its values.
    pub groups: Vec<Group>,
    /// The configurations that rule it.
    pub configs: Vec<ConfigLine>,
    /// Its bytes.
    pub bytes: Option<BytesView>,
}

/// The mark by which "why?" is asked of the value at a place (from 0) of a thing.
pub fn value_mark(mark: &str, place: usize) -> MarkId {
    ["value-", &place.to_string(), "/", mark].concat()
}

/// The mark and the place of a [`value_mark`].
pub fn value_of(mark: &str) -> Option<(&str, usize)> {
    let (place, mark) = mark.strip_prefix("value-")?.split_once('/')?;
    Some((mark, place.parse().ok()?))
}

/// Everything about the thing of a mark, in `lang`; `before` is what it was when the step began. None if it is not there.
pub fn inspect(seen: &Seen<'_>, before: &Seen<'_>, mark: &str, lang: Lang) -> Option<Inspection> {
    let now = thing(seen, mark, lang)?;
    let then = thing(before, mark, lang);
    Some(told(&now, then.as_ref(), mark, lang))
}

fn told(now: &Thing, then: Option<&Thing>, mark: &str, lang: Lang) -> Inspection {
    let gloss = |id: &str| glossary::lookup(id, lang);
    let mut place = 0_usize;
    let mut groups = Vec::with_capacity(now.sheets.len());
    for sheet in &now.sheets {
        let mut values = Vec::with_capacity(sheet.fields.len());
        for field in &sheet.fields {
            let was = then.and_then(|then| {
                then.fields()
                    .find(|(old, was)| old.name == sheet.name && was.name == field.name)
                    .map(|(_, was)| &was.text)
            });
            values.push(Value {
                name: field.name.clone(),
                text: field.text.clone(),
                unit: field.unit,
                was: was.filter(|was| **was != field.text).cloned(),
                why: value_mark(mark, place),
                term: terms::of(&field.name, lang).and_then(|term| gloss(&term)),
            });
            place = place.saturating_add(1);
        }
        groups.push(Group { name: sheet.name.clone(), values });
    }
    let configs = now.rules.iter().map(|rule| {
        let written = |value: String| if value.is_empty() { "\"\"".to_owned() } else { value };
        let default = written(rule.config.default.to_string());
        let value = written(rule.value.clone());
        ConfigLine {
            name: rule.config.name,
            scope: rule.config.scope.name(),
            unit: configs::unit(rule.config.name),
            since: configs::since(rule.config),
            is_set: value != default,
            value,
            default,
        }
    });
    Inspection {
        mark: mark.to_owned(),
        title: now.title.say(lang),
        kind: Phrase::new(&["inspect.kind_", now.kind].concat()).say(lang),
        term: gloss(now.term),
        gone: None,
        step: None,
        configs: configs.collect(),
        bytes: now.bytes.as_ref().map(|bytes| BytesView {
            title: bytes.title.say(lang),
            fields: bytes.fields.clone(),
            more: bytes.more,
        }),
        groups,
    }
}

/// The chain behind the value at a place of a thing, newest first, and the value in words. None if there is no such value;
/// an empty chain if nothing has happened to it.
pub(crate) fn why(seen: &Seen<'_>, mark: &str, place: usize, lang: Lang) -> Option<(String, Vec<FactId>)> {
    let thing = thing(seen, mark, lang)?;
    let (_, field) = thing.fields().nth(place)?;
    let label = [field.name.as_str(), " ", field.text.as_str()].concat();
    let chain = explain::of_value(seen.facts, seen.scene, mark, &field.because);
    Some((label, chain.into_iter().map(|fact| fact.id).collect()))
}

/// A thing by its mark.
pub(crate) fn thing(seen: &Seen<'_>, mark: &str, lang: Lang) -> Option<Thing> {
    found(seen, mark).filter(|thing| thing.fields().next().is_some()).or_else(|| as_its_panel_says(seen, mark, lang))
}

fn found(seen: &Seen<'_>, mark: &str) -> Option<Thing> {
    let (head, rest) = mark.split_once('/').unwrap_or((mark, ""));
    if let Some(id) = message::number(mark) {
        return message::message(seen, id, seen.then.or(Some(seen.world)));
    }
    if let Some(id) = head.strip_prefix("broker-") {
        let id = BrokerId(id.parse().ok()?);
        return if rest.is_empty() { node::broker(seen, id) } else { on_broker(seen, id, rest) };
    }
    if let Some(name) = head.strip_prefix("client-") {
        return match rest.strip_prefix("line-") {
            Some(number) => client::line(seen, name, number.parse().ok()?),
            None => client::client(seen, name),
        };
    }
    if head.starts_with("share-") {
        return share::share(seen, mark);
    }
    if head.starts_with("member-")
        && let Some(thing) = share::share(seen, mark)
    {
        return Some(thing);
    }
    if head.starts_with("group-") || head.starts_with("member-") {
        return group::group(seen, mark);
    }
    match head {
        "controller" => Some(node::controller(seen)),
        "history" => partition::history(seen, mark, &partition_from_name(rest.split('/').next().unwrap_or(rest))?),
        "isr" => partition::isr(seen, &partition_from_name(rest)?),
        "moves" => partition::moves(seen, mark),
        "partitioner" => partitioner::stage(seen, rest),
        "topic" => {
            let (topic, part) = rest.split_once("/partition-")?;
            let (number, key) = part.split_once('/').map_or((part, None), |(number, key)| (number, Some(key)));
            let partition = TopicPartition::new(topic, number.parse().ok()?);
            if key.is_some() { partition::key(seen, mark, &partition) } else { partition::lane(seen, &partition) }
        }
        "accumulator" => {
            let (name, rest) = rest.split_once('/')?;
            match rest.split_once("/batch-") {
                Some((queue, batch)) => client::batch(seen, name, &partition_from_name(queue)?, batch.parse().ok()?),
                None => client::queue(seen, name, &partition_from_name(rest)?),
            }
        }
        "replicas" => of_replicas(seen, rest),
        "spread" => match rest.split_once('/') {
            Some((name, partition)) => client::filled(seen, name, &partition_from_name(partition)?),
            None if rest.is_empty() => client::spread(seen),
            None => client::client(seen, rest),
        },
        "log" => log::log(seen, &mark.to_owned()),
        _ => None,
    }
}

/// What stands in the replicas panel: the topic, a broker, a partition, a replica.
fn of_replicas(seen: &Seen<'_>, rest: &str) -> Option<Thing> {
    let (name, part) = rest.split_once('/').unwrap_or((rest, ""));
    let broker = || Some(BrokerId(part.rsplit('-').next()?.parse().ok()?));
    match (seen.world.metadata().topics.contains_key(name), part) {
        (true, "") => partition::topic(seen, name),
        (true, _) => node::broker(seen, broker()?),
        (false, "") => partition::lane(seen, &partition_from_name(name)?),
        (false, _) => on_broker(seen, broker()?, name),
    }
}

/// What is on a broker: a replica, or something of it.
fn on_broker(seen: &Seen<'_>, id: BrokerId, rest: &str) -> Option<Thing> {
    let (name, part) = rest.split_once('/').unwrap_or((rest, ""));
    let partition = partition_from_name(name)?;
    let broker = seen.world.broker(id)?;
    let replica = seen.world.replica(id, &partition)?;
    let spot = replica::Spot { seen, broker, replica };
    match part {
        "" => return Some(spot.whole()),
        "hw" => return Some(spot.high_watermark()),
        "leo" => return Some(spot.log_end_offset()),
        _ => {}
    }
    if part.starts_with("cut-") {
        return record::ghost(seen, &spot, &[&["broker-", &id.to_string()].concat(), rest].join("/"));
    }
    if let Some(follower) = part.strip_prefix("float-") {
        return spot.float(BrokerId(follower.parse().ok()?));
    }
    let shelf = record::Shelf {
        seen,
        log: &replica.log,
        partition: &partition,
        broker: id.0,
        high_watermark: replica.high_watermark().0,
    };
    shelf.record(part.strip_prefix("record-")?.parse().ok()?)
}

/// A mark of a panel that says more of it than is known here.
fn as_its_panel_says(seen: &Seen<'_>, mark: &str, lang: Lang) -> Option<Thing> {
    let label = text::label(seen.scene, mark, lang)?;
    let title = label.split([':', '：', ',', '，', '.', '。']).next().unwrap_or(&label).to_owned();
    let mut thing = Thing::new("mark", "", Phrase::new("inspect.mark").with("label", title));
    thing.sheet(mark.split('/').next().unwrap_or(mark));
    thing.sheets.last_mut()?.fields.push(Field {
        name: mark.to_owned(),
        text: label,
        unit: Unit::None,
        because: Because::Thing,
    });
    Some(thing)
}

//! How two futures differ, by their facts.
//!
//! Two facts are the same if they have the same name, fields and moment. What was changed is no difference by itself, and
//! neither is a command or a timer that fires: what follows from them is. A message that goes in both and only says another
//! thing (the epoch of a Fetch) is the first difference only if nothing follows from it: a reader looks for the log that is
//! cut in one, not for the field that led there.

use highwater_sim::fact::{Fact, FactKind, FieldValue};
use highwater_sim::sorted::{SortedMap, sort_short_by_key};

use crate::facts::FactRef;
use crate::lang::Lang;
use crate::marks;
use crate::phrase::Phrase;
use crate::playback::Player;
use crate::run::Run;
use crate::say;
use crate::scene::MarkId;

/// The most rows of a table of differences.
pub const ROWS_MAX: usize = 6;

/// Fields that number things or say where a value came from: facts that differ in nothing else set the same.
const NUMBERS: [&str; 6] = ["message", "correlation", "batch", "from", "waited_ms", "request"];

/// The first fact that happened in one future and not in the other, or in another way.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The fact in A; none if it is only in B.
    pub a: Option<Told>,
    /// The fact in B; none if it is only in A.
    pub b: Option<Told>,
    /// The step in which it happened, from 1; where both have it, the earlier one. Before the first step: 1.
    pub step: usize,
    /// The marks that it is about.
    pub marks: Vec<MarkId>,
    /// The step since which messages that go in both say other things; none if that is not before.
    pub said_since: Option<usize>,
}

/// A fact of one of the futures.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its name.
    pub name: &'static str,
    /// When, in microseconds.
    pub time_us: u64,
    /// Its sentence, before it has a language.
    sentence: Phrase,
    /// The step in which it happened.
    step: usize,
}

/// A value that the futures do not agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The name of the fact that sets it; of both facts, where A and B have it from different ones.
    pub name: String,
    /// It is the first difference.
    pub is_first: bool,
    /// What A says.
    pub a: Option<Cell>,
    /// What B says.
    pub b: Option<Cell>,
}

/// What one future says of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The sentence of the fact.
    pub sentence: String,
    /// The step in which it happened.
    pub step: usize,
    /// When, in microseconds.
    pub time_us: u64,
    /// An error or a loss.
    pub is_bad: bool,
}

/// The first difference behind the `shared` facts; `given` are the facts in B that are the change itself.
pub(super) fn first(a: &Run, b: &Run, shared: usize, given: &[u64]) -> Option<Difference> {
    let facts_a: Vec<FactRef<'_>> = behind(a, shared).filter(|fact| counts(fact)).collect();
    let facts_b: Vec<FactRef<'_>> =
        behind(b, shared).filter(|fact| counts(fact) && !given.contains(&fact.id.0)).collect();
    let [in_a, in_b] = [&facts_a, &facts_b].map(|facts| facts.iter().map(|fact| &**fact).collect::<Vec<&Fact>>());
    let first = parting(&in_a, &in_b, is_same)?;
    if !says_only(&first) {
        return Some(difference(a, b, first, None));
    }
    // What follows from what the message says: messages are counted otherwise from here on, so numbers are no difference.
    let [after_a, after_b] =
        [in_a, in_b].map(|facts| facts.into_iter().filter(|fact| !is_message(fact)).collect::<Vec<_>>());
    let said = difference(a, b, first, None);
    Some(match parting(&after_a, &after_b, |a, b| a.at == b.at && is_alike(a, b)) {
        Some(what) => difference(a, b, what, Some(said.step)),
        None => said,
    })
}

/// Where two futures part: the fact of each, or of one alone.
type Parting<'a> = (Option<&'a Fact>, Option<&'a Fact>);

fn parting<'a>(in_a: &[&'a Fact], in_b: &[&'a Fact], same: impl Fn(&Fact, &Fact) -> bool) -> Option<Parting<'a>> {
    let same = in_a.iter().zip(in_b).take_while(|(a, b)| same(a, b)).count();
    let (rest_a, rest_b) = (in_a.get(same..).unwrap_or_default(), in_b.get(same..).unwrap_or_default());
    // The one that comes first in time is the difference; if it is in both, it is about when or how.
    Some(match (rest_a.first().copied(), rest_b.first().copied()) {
        (None, None) => return None,
        (Some(here), None) => (Some(here), None),
        (None, Some(there)) => (None, Some(there)),
        (Some(here), Some(there)) if is_one_event(here, there) => (Some(here), Some(there)),
        (Some(here), Some(there)) if here.at <= there.at => (Some(here), twin(here, rest_b)),
        (Some(_), Some(there)) => (twin(there, rest_a), Some(there)),
    })
}

/// The same thing happens in both, with other values: it sets the same, or comes at the same moment to the same partition.
fn is_one_event(here: &Fact, there: &Fact) -> bool {
    let place = |fact: &Fact| (fact.kind.name(), fact.at, fact.kind.partition().cloned(), marks::brokers(&fact.kind));
    subject(here) == subject(there) || here.kind.partition().is_some() && place(here) == place(there)
}

/// The same message at the same moment, with something else in it.
fn says_only(parting: &Parting<'_>) -> bool {
    matches!(parting, (Some(a), Some(b)) if is_message(a) && a.at == b.at && subject(a) == subject(b))
}

fn is_message(fact: &Fact) -> bool {
    matches!(fact.kind, FactKind::Sent(_) | FactKind::Received(_) | FactKind::MessageLost(_))
}

fn difference(a: &Run, b: &Run, (fact_a, fact_b): Parting<'_>, said_since: Option<usize>) -> Difference {
    let told = |run: &Run, fact: &Fact| Told {
        name: fact.kind.name(),
        time_us: fact.at.0,
        sentence: say::phrase(&fact.kind),
        step: step_of(run, fact),
    };
    let (told_a, told_b) = (fact_a.map(|fact| told(a, fact)), fact_b.map(|fact| told(b, fact)));
    let step = [&told_a, &told_b].into_iter().flatten().map(|told| told.step).min().unwrap_or(1);
    let mut marked: Vec<MarkId> = Vec::new();
    for mark in [fact_a, fact_b].into_iter().flatten().flat_map(|fact| around(&fact.kind)) {
        if !marked.contains(&mark) {
            marked.push(mark);
        }
    }
    Difference { a: told_a, b: told_b, step, marks: marked, said_since: said_since.filter(|since| *since < step) }
}

/// The marks that a fact is about, and the rows where it happened: a message is gone when it has arrived.
fn around(kind: &FactKind) -> Vec<MarkId> {
    let brokers: Vec<i32> = match kind {
        FactKind::Received(message) => message.to.broker().into_iter().map(|id| id.0).collect(),
        _ => marks::brokers(kind),
    };
    let rows = brokers.iter().filter_map(|broker| Some(format!("broker-{broker}/{}", kind.partition()?)));
    marks::marks(kind).into_iter().chain(rows).collect()
}

fn behind(run: &Run, shared: usize) -> impl Iterator<Item = FactRef<'_>> {
    run.history.facts().part(shared..).iter()
}

fn counts(fact: &Fact) -> bool {
    !matches!(fact.kind, FactKind::CommandGiven { .. } | FactKind::TimerFired { .. })
}

fn is_same(a: &Fact, b: &Fact) -> bool {
    a.at == b.at && a.kind.name() == b.kind.name() && a.kind.fields().iter().eq(b.kind.fields().iter())
}

/// The same thing in the other future, at another time.
fn twin<'a>(fact: &Fact, others: &[&'a Fact]) -> Option<&'a Fact> {
    let named = |other: &&&Fact| other.kind.name() == fact.kind.name();
    others.iter().filter(named).find(|other| values(&other.kind).eq(&values(&fact.kind))).copied()
}

/// The same but for numbers of things.
fn is_alike(a: &Fact, b: &Fact) -> bool {
    a.kind.name() == b.kind.name() && values(&a.kind) == values(&b.kind)
}

/// What a fact says, but for numbers of things.
fn values(kind: &FactKind) -> Vec<(&'static str, FieldValue)> {
    let says = |name: &&'static str| match kind {
        // A watermark is where it is, whatever it is the minimum of.
        FactKind::HighWatermarkAdvanced { .. } | FactKind::HighWatermarkUpdated { .. } => {
            matches!(*name, "broker" | "topic" | "partition" | "to")
        }
        // `from` of a message is a node and tells it from others; of a value it is only what was before.
        FactKind::Sent(_) | FactKind::Received(_) | FactKind::MessageLost(_) if *name == "from" => true,
        _ => !NUMBERS.contains(name),
    };
    kind.fields().iter().filter(|(name, _)| says(name)).cloned().collect()
}

/// What a fact is about: two facts of one subject are the same event with other values.
fn subject(fact: &Fact) -> (&'static str, Vec<String>) {
    let kind = &fact.kind;
    let mut subject = kind.sets();
    if subject.is_empty() {
        subject.extend(kind.partition().map(ToString::to_string));
        let fields = kind.fields();
        for name in ["from", "to", "broker", "producer", "consumer", "client"] {
            if let Some(FieldValue::Text(text)) = fields.get(name) {
                subject.push(text.clone());
            } else if let Some(FieldValue::Number(number)) = fields.get(name) {
                subject.push(number.to_string());
            }
        }
    }
    (kind.name(), subject)
}

fn step_of(run: &Run, fact: &Fact) -> usize {
    let number = usize::try_from(fact.id.0).unwrap_or(usize::MAX);
    let before = run.ends.partition_point(|end| end.moment.facts <= number);
    before.saturating_add(1).min(run.ends.len())
}

impl Difference {
    /// As a sentence.
    pub fn phrase(&self, lang: Lang) -> Phrase {
        let step = i64::try_from(self.step).unwrap_or(i64::MAX);
        let told = |phrase: Phrase, side: &str, told: &Told| {
            phrase
                .with(side, told.sentence.say(lang))
                .with(&format!("{side}_ms"), milliseconds(told.time_us))
                .with("ms", milliseconds(told.time_us))
        };
        let first = match (&self.a, &self.b) {
            (Some(a), Some(b)) if a.sentence == b.sentence => {
                told(told(Phrase::new("compare.other_time"), "a", a), "b", b)
            }
            (Some(a), Some(b)) => told(told(Phrase::new("compare.other_value"), "a", a), "b", b),
            (Some(a), None) => told(Phrase::new("compare.only_a"), "a", a),
            (None, Some(b)) => told(Phrase::new("compare.only_b"), "b", b),
            (None, None) => Phrase::new("compare.no_difference"),
        }
        .with("step", step);
        let Some(since) = self.said_since else { return first };
        let since = i64::try_from(since).unwrap_or(i64::MAX);
        Phrase::new("compare.said_since").with("first", first.say(lang)).with("step", since)
    }
}

/// Microseconds in ms, with tenths where there are any.
fn milliseconds(time_us: u64) -> String {
    let (whole, tenth) = (time_us / 1_000, time_us % 1_000 / 100);
    if tenth == 0 { whole.to_string() } else { format!("{whole}.{tenth}") }
}

/// The last fact that set each value until now, where the two do not agree; the first difference leads.
pub(super) fn rows(a: &Player, b: &Player, shared: usize, first: Option<&Difference>, lang: Lang) -> Vec<Row> {
    let cell = |player: &Player, fact: &Fact| {
        let line = player.line(fact, lang);
        Cell { sentence: line.sentence, step: line.step, time_us: line.time_us, is_bad: line.bad }
    };
    let told =
        |told: &Told| Cell { sentence: told.sentence.say(lang), step: told.step, time_us: told.time_us, is_bad: false };
    let mut rows = Vec::new();
    if let Some(first) = first.filter(|first| first.step <= a.step()) {
        let name = first.a.as_ref().or(first.b.as_ref()).map_or("", |told| told.name).to_owned();
        rows.push(Row { name, is_first: true, a: first.a.as_ref().map(told), b: first.b.as_ref().map(told) });
    }
    let (last_a, last_b) = (last_facts(a, shared), last_facts(b, shared));
    let keys_b = last_b.iter().filter(|(key, _)| !last_a.iter().any(|(known, _)| known == key));
    for (key, _) in last_a.iter().chain(keys_b) {
        let find = |facts: &[(String, usize)]| facts.iter().find(|(known, _)| known == key).map(|(_, last)| *last);
        // What one future did not set since they part still is what both had before.
        let before = || earlier(a, shared, key);
        let fact_a = find(&last_a).and_then(|last| a.run().history.facts().get(last)).or_else(before);
        let fact_b = find(&last_b).and_then(|last| b.run().history.facts().get(last)).or_else(before);
        let agree = match (&fact_a, &fact_b) {
            (Some(here), Some(there)) => is_alike(here, there),
            (None, None) => true,
            _ => false,
        };
        if agree || rows.len() >= ROWS_MAX {
            continue;
        }
        let mut names: Vec<&str> = [&fact_a, &fact_b].into_iter().flatten().map(|fact| fact.kind.name()).collect();
        names.dedup();
        let name = names.join(" / ");
        let row =
            Row { name, is_first: false, a: fact_a.map(|fact| cell(a, &fact)), b: fact_b.map(|fact| cell(b, &fact)) };
        // A fact that sets two values is one row, and the first difference is told already.
        if !rows.iter().any(|known: &Row| known.a == row.a && known.b == row.b) {
            rows.push(row);
        }
    }
    rows
}

/// The last fact behind the shared ones until now, by what it set.
fn last_facts(player: &Player, shared: usize) -> Vec<(String, usize)> {
    let run = player.run();
    let until = player.step().checked_sub(1).and_then(|index| run.ends.get(index)).map_or(0, |end| end.moment.facts);
    let mut last: SortedMap<String, usize> = SortedMap::new();
    for (index, fact) in (shared..).zip(run.history.facts().part(shared..until)) {
        for key in keys(&fact.kind) {
            last.insert(key, index);
        }
    }
    let mut last: Vec<(String, usize)> = last.iter().map(|(key, index)| (key.clone(), *index)).collect();
    // The newest first.
    sort_short_by_key(&mut last, |(_, index)| usize::MAX.saturating_sub(*index));
    last
}

/// The last shared fact that set a value.
fn earlier<'a>(a: &'a Player, shared: usize, key: &str) -> Option<FactRef<'a>> {
    let before = a.run().history.facts().part(..shared);
    before.iter().rev().find(|fact| keys(&fact.kind).iter().any(|known| known == key))
}

/// The values that a fact sets; an error or a loss is one by itself.
fn keys(kind: &FactKind) -> Vec<String> {
    let keys = kind.sets();
    // Checkpoint files follow by the clock what they are about, and batches are filled where a partition was chosen.
    if matches!(kind, FactKind::CheckpointWritten { .. } | FactKind::RecordAccumulated { .. }) {
        return Vec::new();
    }
    if !keys.is_empty() || !kind.is_bad() || matches!(kind, FactKind::MessageLost(_)) {
        return keys;
    }
    vec![format!("{}/{}", kind.name(), kind.partition().map(ToString::to_string).unwrap_or_default())]
}

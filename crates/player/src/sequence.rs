//! Who sent what to whom, and when: the messages of a run as a sequence, as far as it has come. From facts alone.

use highwater_sim::fact::{Fact, FactKind, MessageFact, Says};
use highwater_sim::ids::{MessageId, NodeId};

use crate::facts::{FactRef, Facts};
use crate::phrase::Phrase;
use crate::scene::MarkId;
use crate::scene::build::summary;

/// The most messages that are shown at once.
pub const MESSAGES_MAX: usize = 14;

/// A node with its line of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifeline {
    /// `broker-1`, `client-p1`, `controller`.
    pub id: MarkId,
    /// `Broker 1`.
    pub name: Phrase,
    /// `B1`, where there is no room.
    pub short: String,
    /// What it is: a broker that leads what the messages are about is the leader.
    pub note: Option<Phrase>,
    /// It leads.
    pub is_leader: bool,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It has arrived.
    Arrived(u64),
    /// It is lost.
    Lost(u64),
    /// It is on its way.
    Travelling,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// `message-14`.
    pub id: MarkId,
    /// The lifeline of its sender.
    pub from: usize,
    /// The lifeline of its receiver.
    pub to: usize,
    /// When it was sent, in microseconds.
    pub sent_us: u64,
    /// What became of it.
    pub fate: Fate,
    /// The API by Kafka's name.
    pub api: &'static str,
    /// A response, not a request.
    pub response: bool,
    /// Its telling fields.
    pub summary: Phrase,
    /// It was sent or came in the present step.
    pub is_now: bool,
    /// An error or a loss.
    pub is_bad: bool,
    /// The step in which it was sent, from 1.
    pub step: usize,
}

/// A request that waits in a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The broker's lifeline.
    pub at: usize,
    /// Since when, in microseconds.
    pub from_us: u64,
    /// Until when; none while it waits.
    pub to_us: Option<u64>,
}

/// An offset that moved on a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    /// The broker's lifeline.
    pub at: usize,
    /// When, in microseconds.
    pub us: u64,
    /// The high watermark; otherwise the log end offset.
    pub is_water: bool,
    /// What it is now.
    pub offset: i64,
}

/// A sequence of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// The nodes, from the left.
    pub lifelines: Vec<Lifeline>,
    /// The messages, by the time of sending.
    pub arrows: Vec<Arrow>,
    /// What waits.
    pub waits: Vec<Wait>,
    /// What moved.
    pub chips: Vec<Chip>,
    /// The end of the step, in microseconds.
    pub now_us: u64,
    /// How many messages came before these.
    pub earlier: usize,
    /// How many came after these.
    pub later: usize,
}

/// Where a sequence is looked at.
pub(crate) struct Window<'a> {
    /// All facts of the run: every node has its place from the begin.
    pub all: Facts<'a>,
    /// How many of them have happened.
    pub until: usize,
    /// How many of them had happened when the step began.
    pub since: usize,
    /// How many messages at the end are passed over.
    pub back: usize,
    /// The end of the step, in microseconds.
    pub now_us: u64,
    /// The step of a fact, by its place.
    pub step_of: &'a dyn Fn(usize) -> usize,
    /// The brokers that lead what the picture is about.
    pub leader: Option<i32>,
}

/// The messages of a window.
pub(crate) fn sequence(window: &Window<'_>) -> Sequence {
    let facts = window.all.part(..window.until);
    let nodes = nodes(window.all);
    let is_sent = |(at, fact): (usize, FactRef<'_>)| matches!(fact.kind, FactKind::Sent(_)).then_some((at, fact.at.0));
    let sent: Vec<(usize, u64)> = facts.iter().enumerate().filter_map(is_sent).collect();
    let end = sent.len().saturating_sub(window.back).max(MESSAGES_MAX.min(sent.len()));
    let begin = end.saturating_sub(MESSAGES_MAX);
    let shown = sent.get(begin..end).unwrap_or_default();
    let from_us = shown.first().map_or(window.now_us, |(_, us)| *us);
    let to_us = sent.get(end).map_or(window.now_us, |(_, us)| us.saturating_sub(1));
    let arrows = arrows(window, &nodes, shown);
    let (waits, chips) = aside(facts, &nodes, (from_us, to_us));
    Sequence {
        lifelines: nodes.iter().map(|node| lifeline(node, window.leader)).collect(),
        arrows,
        waits,
        chips,
        now_us: to_us,
        earlier: begin,
        later: sent.len().saturating_sub(end),
    }
}

/// The messages that were sent at these places, and what became of them.
fn arrows(window: &Window<'_>, nodes: &[NodeId], sent: &[(usize, u64)]) -> Vec<Arrow> {
    let Some((first, _)) = sent.first() else { return Vec::new() };
    let place = |node: &NodeId| nodes.iter().position(|known| known == node);
    let mut all: Vec<(MessageId, Arrow)> = Vec::with_capacity(sent.len());
    for (index, fact) in window.all.part(*first..window.until).iter().enumerate() {
        let at = first.saturating_add(index);
        match &fact.kind {
            FactKind::Sent(message) if all.len() < sent.len() => {
                let (Some(from), Some(to)) = (place(&message.from), place(&message.to)) else { continue };
                all.push((message.message, arrow(message, &fact, (from, to), at, window)));
            }
            FactKind::Received(message) => note(&mut all, message, at >= window.since, Fate::Arrived(fact.at.0)),
            FactKind::MessageLost(message) => note(&mut all, message, at >= window.since, Fate::Lost(fact.at.0)),
            _ => {}
        }
    }
    all.into_iter().map(|(_, arrow)| arrow).collect()
}

fn arrow(message: &MessageFact, fact: &Fact, (from, to): (usize, usize), at: usize, window: &Window<'_>) -> Arrow {
    Arrow {
        id: ["message-", &message.message.to_string()].concat(),
        from,
        to,
        sent_us: fact.at.0,
        fate: Fate::Travelling,
        api: message.api.name(),
        response: message.response,
        summary: with_session(message),
        is_now: at >= window.since,
        is_bad: fact.kind.is_bad(),
        step: (window.step_of)(at),
    }
}

/// What a message says; of a Fetch also whether it names all of its partitions, or what has changed (KIP-227).
fn with_session(message: &MessageFact) -> Phrase {
    let said = summary(message);
    match &message.says {
        Says::Fetch { session, .. } if session.closes() => said,
        Says::Fetch { session, .. } => {
            let kind = match session.partitions {
                _ if session.is_full() => "sequence.fetch_full",
                ..=1 => "sequence.fetch_incremental",
                _ => "sequence.fetch_incremental_of",
            };
            Phrase::new(kind).with("said", said).with("named", session.named).with("all", session.partitions)
        }
        _ => said,
    }
}

/// A message has come to its end.
fn note(all: &mut [(MessageId, Arrow)], message: &MessageFact, is_now: bool, fate: Fate) {
    if let Some((_, arrow)) = all.iter_mut().rev().find(|(id, _)| *id == message.message) {
        arrow.fate = fate;
        arrow.is_now |= is_now;
        arrow.is_bad |= matches!(fate, Fate::Lost(_));
    }
}

/// Every node that sends or gets a message in the run: producers, brokers, the controller, consumers.
fn nodes(facts: Facts<'_>) -> Vec<NodeId> {
    let (mut producers, mut brokers, mut consumers) = (Vec::new(), Vec::new(), Vec::new());
    let mut has_controller = false;
    for fact in facts {
        let FactKind::Sent(message) = &fact.kind else { continue };
        for node in [&message.from, &message.to] {
            match node {
                NodeId::Broker(id) if !brokers.contains(id) => brokers.push(*id),
                NodeId::Client(_) if !producers.contains(node) && !consumers.contains(node) => {
                    producers.push(node.clone());
                }
                NodeId::Controller => has_controller = true,
                NodeId::Broker(_) | NodeId::Client(_) => {}
            }
        }
        // Who fetches is a consumer.
        let reads = matches!(message.api.name(), "Fetch" | "ListOffsets");
        if reads && let Some(at) = producers.iter().position(|node| *node == message.from) {
            consumers.push(producers.remove(at));
        }
    }
    highwater_sim::sorted::sort_short_by_key(&mut brokers, |id| *id);
    let controller = has_controller.then_some(NodeId::Controller);
    producers.into_iter().chain(brokers.into_iter().map(NodeId::Broker)).chain(controller).chain(consumers).collect()
}

fn lifeline(node: &NodeId, leader: Option<i32>) -> Lifeline {
    match node {
        NodeId::Broker(id) => {
            let is_leader = leader == Some(id.0);
            Lifeline {
                id: ["broker-", &id.to_string()].concat(),
                name: Phrase::new("interface.broker").with("id", id.0),
                short: ["B", &id.to_string()].concat(),
                note: is_leader.then(|| Phrase::new("sequence.leader")),
                is_leader,
            }
        }
        NodeId::Client(id) => Lifeline {
            id: ["client-", &id.to_string()].concat(),
            name: Phrase::new("sequence.client").with("name", id.to_string()),
            short: id.to_string(),
            note: None,
            is_leader: false,
        },
        NodeId::Controller => Lifeline {
            id: "controller".to_owned(),
            name: Phrase::new("sequence.controller"),
            short: "C".to_owned(),
            note: None,
            is_leader: false,
        },
    }
}

/// What waits, and what moves, between two moments.
fn aside(facts: Facts<'_>, nodes: &[NodeId], (from_us, to_us): (u64, u64)) -> (Vec<Wait>, Vec<Chip>) {
    let broker = |id: &highwater_sim::ids::BrokerId| nodes.iter().position(|node| *node == NodeId::Broker(*id));
    let mut waits: Vec<(MessageId, Wait)> = Vec::new();
    let mut chips: Vec<Chip> = Vec::new();
    for fact in facts.iter().take_while(|fact| fact.at.0 <= to_us) {
        let us = fact.at.0;
        match &fact.kind {
            FactKind::FetchParked { broker: id, message, .. } | FactKind::ProduceParked { broker: id, message, .. } => {
                if let Some(at) = broker(id) {
                    waits.push((*message, Wait { at, from_us: us.max(from_us), to_us: None }));
                }
            }
            FactKind::FetchCompleted { message, .. } | FactKind::ProduceCompleted { message, .. } => {
                if let Some((_, wait)) = waits.iter_mut().rev().find(|(id, _)| id == message) {
                    wait.to_us = Some(us);
                }
            }
            FactKind::HighWatermarkAdvanced { broker: id, to, .. }
            | FactKind::HighWatermarkUpdated { broker: id, to, .. } => {
                chip(&mut chips, broker(id), us, true, to.0);
            }
            FactKind::RecordAppended { broker: id, last_offset, .. } => {
                chip(&mut chips, broker(id), us, false, last_offset.plus(1).0);
            }
            FactKind::LogTruncated { broker: id, to, .. } => chip(&mut chips, broker(id), us, false, to.0),
            _ => {}
        }
    }
    waits.retain(|(_, wait)| wait.to_us.is_none_or(|to| to >= from_us));
    chips.retain(|chip| chip.us >= from_us);
    (waits.into_iter().map(|(_, wait)| wait).collect(), chips)
}

/// At one moment the last value counts.
fn chip(chips: &mut Vec<Chip>, at: Option<usize>, us: u64, is_water: bool, offset: i64) {
    let Some(at) = at else { return };
    let same = chips.iter_mut().rev().take_while(|chip| chip.us == us);
    match same.into_iter().find(|chip| chip.at == at && chip.is_water == is_water) {
        Some(chip) => chip.offset = offset,
        None => chips.push(Chip { at, us, is_water, offset }),
    }
}

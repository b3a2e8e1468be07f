//! Builds the cluster panel.

mod reading;
mod trouble;
mod wells;

pub(crate) use trouble::is_lost;
pub(crate) use wells::sent_to;

use highwater_sim::broker::Broker;
use highwater_sim::broker::partition::Partition;
use highwater_sim::consumer::{Consumer, Life};
use highwater_sim::fact::{MessageFact, Says};
use highwater_sim::ids::{BrokerId, NodeId, Offset, TopicPartition};
use highwater_sim::producer::{Fate, Producer, SentRecord};
use highwater_sim::sorted::sort_short_by_key;
use highwater_sim::world::World;

use super::{Palette, RECORDS_MAX, View, summary};
use crate::phrase::Phrase;
use crate::scene::Shown;
use crate::scene::cluster::{
    ClientCard, ClientKind, ClientLine, ClusterPanel, Envelope, Float, LineRecord, RecordCell, ReplicaRow, Role,
    Standing, Status, Whereabouts,
};
use crate::script::PanelKind;

/// With more clients than these, consumers that have not begun are left out, then those that are gone.
const CLIENTS_MAX: usize = 3;
/// At most so many lines on a client's card.
const LINES_MAX: usize = 2;

pub(super) fn panel(world: &World, view: &View, palette: &Palette) -> Option<ClusterPanel> {
    let partition = view.partition.as_ref()?;
    let registration = world.metadata().partition(partition)?;
    let replicas: Vec<(&Broker, &Partition)> = registration
        .replicas
        .iter()
        .filter_map(|id| Some((world.broker(*id)?, world.replica(*id, partition)?)))
        .collect();
    let end = replicas.iter().map(|(_, replica)| replica.log_end_offset().0).max().unwrap_or(0);
    let start = replicas.iter().map(|(_, replica)| replica.log_start_offset().0).min().unwrap_or(0);
    let first_offset = start.max(end.saturating_sub(RECORDS_MAX));
    let mut isr: Vec<i32> = registration.isr.iter().map(|id| id.0).collect();
    sort_short_by_key(&mut isr, |id| *id);
    let mut elr: Vec<i32> = registration.elr.iter().map(|id| id.0).collect();
    sort_short_by_key(&mut elr, |id| *id);
    let mut rows: Vec<ReplicaRow> =
        replicas.iter().map(|(broker, replica)| row(world, broker, replica, &isr, first_offset, palette)).collect();
    trouble::differing(&mut rows);
    if !view.seen.cuts().is_empty() {
        trouble::ghosts(&mut rows, &view.seen, partition, first_offset);
    }
    let producers = world.producers().filter_map(|producer| producer_card(world, producer, partition, palette));
    let consumers = world.consumers().filter_map(|consumer| consumer_card(world, consumer, partition));
    let (mut consumers, producers): (Vec<ClientCard>, Vec<ClientCard>) = (consumers.collect(), producers.collect());
    thin_out(world, &mut consumers, producers.len());
    let has_controller = view.panels.contains(&PanelKind::Controller);
    let controller = has_controller.then(|| trouble::controller(registration, &view.seen, partition));
    let mut cuts = Vec::new();
    if !world.cut_links().is_empty() {
        cuts.extend(world.cut_links().iter().map(|(from, to)| (mark_of(from), mark_of(to))));
    }
    Some(ClusterPanel {
        partition: partition.to_string(),
        isr: Shown { value: isr, key: format!("isr/{partition}") },
        elr,
        leader: registration.leader.map(|id| id.0),
        cuts,
        first_offset,
        replicas: rows,
        clients: controller.into_iter().chain(consumers).chain(producers).collect(),
        messages: messages(world, partition),
    })
}

fn row(
    world: &World,
    broker: &Broker,
    replica: &Partition,
    isr: &[i32],
    first_offset: i64,
    palette: &Palette,
) -> ReplicaRow {
    let partition = &replica.id;
    let id = format!("broker-{}/{partition}", broker.id);
    let floats = replica
        .replicas()
        .iter()
        .map(|(follower, known)| Float {
            id: format!("{id}/float-{follower}"),
            replica: follower.0,
            log_end_offset: Shown {
                value: known.known_end().map(|end| end.0),
                key: format!("credited/{partition}/broker-{}/{follower}", broker.id),
            },
            holds_water: isr.contains(&follower.0),
        })
        .collect();
    let cells = records(&id, replica, first_offset, palette);
    let epochs = replica.log.leader_epochs().iter().map(|entry| (entry.epoch, entry.start_offset)).collect();
    let registration = world.metadata().partition(partition);
    let leads = registration.is_some_and(|registration| registration.leader == Some(broker.id));
    ReplicaRow {
        broker: broker.id.0,
        rack: broker.config.broker_rack.name().map(str::to_owned),
        role: if leads && replica.is_leader() { Role::Leader } else { Role::Follower },
        in_isr: isr.contains(&broker.id.0),
        in_elr: registration.is_some_and(|registration| registration.elr.contains(&broker.id)),
        standing: standing(world, broker.id),
        cuts: trouble::cuts(world, broker.id),
        is_deposed: replica.is_leader() && !leads && !world.is_down(broker.id),
        clock: trouble::clock(world, broker, replica, isr),
        ghosts: Vec::new(),
        stored: wells::of(broker, replica, &cells),
        records: cells,
        high_watermark: Shown {
            value: replica.high_watermark().0,
            key: format!("hw/{partition}/broker-{}", broker.id),
        },
        log_end_offset: Shown {
            value: replica.log_end_offset().0,
            key: format!("leo/{partition}/broker-{}", broker.id),
        },
        epochs,
        floats,
        id,
    }
}

pub(super) fn standing(world: &World, broker: BrokerId) -> Standing {
    let fenced = || world.metadata().brokers.get(&broker).is_some_and(|registered| registered.fenced);
    if world.is_down(broker) {
        Standing::Down
    } else if world.is_paused(broker) {
        Standing::Paused
    } else if fenced() {
        Standing::Fenced
    } else {
        Standing::Up
    }
}

/// The records of a replica from an offset on, as cells of a row.
pub(crate) fn records(row: &str, replica: &Partition, first_offset: i64, palette: &Palette) -> Vec<RecordCell> {
    let mut cells = Vec::new();
    for batch in replica.log.batches_from(first_offset) {
        let Ok(records) = batch.records() else { continue };
        for record in records {
            if record.offset < first_offset {
                continue;
            }
            let key = text(record.key.as_deref());
            cells.push(RecordCell {
                id: format!("{row}/record-{}", record.offset),
                offset: record.offset,
                color: palette.color(key.as_deref()),
                key,
                value: text(record.value.as_deref()).map(clipped),
                committed: Offset(record.offset) < replica.high_watermark(),
                differs: false,
                batch: batch.base_offset(),
            });
        }
    }
    cells
}

/// A value; of a long one how long it is.
fn clipped(value: String) -> String {
    match value.len() {
        ..=64 => value,
        bytes @ ..=999 => format!("{bytes} B"),
        bytes => format!("{} kB", bytes.saturating_add(500) / 1_000),
    }
}

/// Bytes as text, `0x…` if they are not UTF-8.
pub(super) fn text(bytes: Option<&[u8]>) -> Option<String> {
    bytes.map(|bytes| highwater_sim::bytes::Bytes::from(bytes).text())
}

fn producer_card(
    world: &World,
    producer: &Producer,
    partition: &TopicPartition,
    palette: &Palette,
) -> Option<ClientCard> {
    let mine: Vec<&SentRecord> = producer
        .sent()
        .iter()
        .filter(|sent| sent.topic == partition.topic && sent.partition.is_none_or(|at| at == partition.partition))
        .collect();
    let knows = producer.metadata.topic(&partition.topic).is_some();
    if mine.is_empty() && !knows && producer.sent_total() > 0 {
        return None;
    }
    let id = format!("client-{}", producer.id);
    let is_lost = |sent: &&&SentRecord| match sent.fate {
        Fate::Acknowledged(offset) => offset.0 >= 0 && trouble::is_lost(world, sent, offset),
        _ => false,
    };
    let lost = i64::try_from(mine.iter().filter(is_lost).count()).unwrap_or(i64::MAX);
    let skip = mine.len().saturating_sub(LINES_MAX);
    let lines = mine.iter().skip(skip).map(|sent| producer_line(world, producer, sent, &id, palette)).collect();
    Some(ClientCard {
        name: producer.id.to_string(),
        kind: ClientKind::Producer { acks: producer.config.acks.name().to_owned() },
        lines,
        earlier: producer.sent_total().saturating_sub(i64::try_from(mine.len().min(LINES_MAX)).unwrap_or(0)),
        lost,
        id,
    })
}

fn producer_line(world: &World, producer: &Producer, sent: &SentRecord, card: &str, palette: &Palette) -> ClientLine {
    let key = sent.key.as_ref().map(highwater_sim::bytes::Bytes::text);
    let value = sent.value.as_ref().map_or_else(|| "null".to_owned(), |value| clipped(value.text()));
    let (text, status, committed) = match &sent.fate {
        Fate::AwaitsMetadata => {
            (Phrase::new("scene.line_metadata"), (Status::Waiting, Phrase::new("scene.waits_metadata")), false)
        }
        Fate::Accumulated => {
            (Phrase::new("scene.line_accumulated"), (Status::Waiting, Phrase::new("scene.waits_batch")), false)
        }
        Fate::InFlight(request) => {
            let waiting = sent
                .partition
                .map(|number| TopicPartition::new(sent.topic.clone(), number))
                .and_then(|partition| waits_for(world, &partition, *request));
            match waiting {
                Some((base, required)) => (
                    Phrase::new("scene.line_at_offset")
                        .with("offset", base.0.saturating_add(producer.place_in_request(sent.number).unwrap_or(0))),
                    (Status::Waiting, Phrase::new("scene.waits_hw").with("hw", required.0)),
                    false,
                ),
                None => (Phrase::new("scene.line_in_flight"), (Status::Plain, Phrase::new("scene.on_its_way")), false),
            }
        }
        Fate::Acknowledged(offset) if offset.0 < 0 => {
            (Phrase::new("scene.line_unknown_offset"), (Status::Plain, Phrase::new("scene.not_answered")), false)
        }
        Fate::Acknowledged(offset) if trouble::is_lost(world, sent, *offset) => (
            Phrase::new("scene.line_acknowledged_at").with("offset", offset.0),
            (Status::Bad, Phrase::new("scene.lost")),
            false,
        ),
        Fate::Acknowledged(offset) => (
            Phrase::new("scene.line_at_offset").with("offset", offset.0),
            (Status::Good, Phrase::new("scene.acknowledged")),
            producer.config.acks == highwater_sim::message::Acks::All,
        ),
        Fate::Failed(error) => (
            Phrase::new("scene.line_failed"),
            (Status::Bad, Phrase::new("scene.failed").with("error", error.as_ref())),
            false,
        ),
    };
    ClientLine {
        id: format!("{card}/line-{}", sent.number),
        record: Some(LineRecord { value, color: palette.color(key.as_deref()), key, committed }),
        text,
        status: Some(status),
    }
}

/// Where a produce request's records lie at the partition's leader, and the high watermark that it waits for.
fn waits_for(
    world: &World,
    partition: &TopicPartition,
    request: highwater_sim::ids::MessageId,
) -> Option<(Offset, Offset)> {
    let leader = world.metadata().partition(partition)?.leader?;
    let produce = world.broker(leader)?.purgatory.produces.get(&request)?;
    let part = produce.parts.iter().find(|part| part.answer.partition == *partition)?;
    Some((part.answer.base_offset, part.required_offset?))
}

fn consumer_card(world: &World, consumer: &Consumer, partition: &TopicPartition) -> Option<ClientCard> {
    let id = format!("client-{}", consumer.id);
    let position = consumer.position(partition);
    if position.is_none() && consumer.positions().next().is_some() {
        return None;
    }
    let offset = position.and_then(|position| position.offset);
    let read = position.map_or(0, |position| position.records);
    let leader = world.leader(partition);
    let mut lines = Vec::new();
    let mut both_lines = false;
    let first = match (position, offset) {
        (None, _) => Phrase::new(match consumer.life {
            Life::Running => "scene.consumer_idle",
            Life::Closed => "scene.consumer_closed",
            Life::Crashed => "scene.consumer_crashed",
        }),
        (Some(_), None) => Phrase::new("scene.consumer_asks"),
        (Some(_), Some(at)) => {
            let from_whom =
                reading::from_whom(world, consumer, partition).or_else(|| wells::from_disk(world, consumer));
            both_lines = from_whom.is_some();
            let position = || Phrase::new("scene.consumer_position").with("position", at.0).with("records", read);
            from_whom.unwrap_or_else(position)
        }
    };
    let first = working(consumer, offset).unwrap_or(first);
    // Who was thrown out before it had a position has nothing else to say.
    if consumer.threw().is_none() || offset.is_some() {
        lines.push(ClientLine { id: format!("{id}/line-0"), record: None, text: first, status: None });
    }
    if let Some(error) = consumer.threw() {
        let text = Phrase::new("scene.consumer_threw").with("error", error);
        lines.push(ClientLine { id: format!("{id}/line-1"), record: None, text, status: None });
    } else if let (Some(at), Some(leader)) = (offset, leader) {
        let (end, water) = (leader.log_end_offset(), leader.high_watermark());
        let dry = end.0.saturating_sub(water.0.max(at.0));
        let told = reading::behind_leader(world, consumer, partition).or_else(|| wells::copied(world, consumer));
        let second = if let Some(told) = told {
            told
        } else if dry == 1 {
            Phrase::new("scene.consumer_one_dry").with("offset", end.0.saturating_sub(1))
        } else if dry > 1 {
            Phrase::new("scene.consumer_dry").with("first", water.0.max(at.0)).with("last", end.0.saturating_sub(1))
        } else if at > end {
            Phrase::new("scene.consumer_ahead").with("position", at.0).with("end", end.0)
        } else if at < water {
            Phrase::new("scene.consumer_behind").with("records", water.0.saturating_sub(at.0))
        } else {
            Phrase::new("scene.consumer_all_read")
        };
        lines.push(ClientLine { id: format!("{id}/line-1"), record: None, text: second, status: None });
    }
    Some(ClientCard {
        name: consumer.id.to_string(),
        kind: ClientKind::Consumer {
            position: Shown { value: offset.map(|at| at.0), key: format!("position/{}/{partition}", consumer.id) },
            both_lines,
        },
        lines,
        earlier: 0,
        lost: 0,
        id,
    })
}

/// Where many cards stand beside each other, leaves out consumers that have not begun, and if need be those that are gone.
#[inline(never)]
fn thin_out(world: &World, consumers: &mut Vec<ClientCard>, producers: usize) {
    for gone in [false, true] {
        if consumers.len().saturating_add(producers) <= CLIENTS_MAX {
            return;
        }
        consumers.retain(|card| {
            world.consumer(&card.name).is_none_or(|consumer| match consumer.life {
                Life::Running => gone || consumer.returned() > 0 || consumer.positions().next().is_some(),
                Life::Closed | Life::Crashed => !gone,
            })
        });
    }
}

/// What an application that takes its time has done.
#[inline(never)]
fn working(consumer: &Consumer, position: Option<Offset>) -> Option<Phrase> {
    let (application, position) = consumer.application.as_deref().zip(position)?;
    let key = if application.unfinished() > 0 { "scene.consumer_works" } else { "scene.consumer_worked" };
    Some(
        Phrase::new(key)
            .with("position", position.0)
            .with("done", application.processed())
            .with("held", application.unfinished()),
    )
}

fn messages(world: &World, partition: &TopicPartition) -> Vec<Envelope> {
    let mut envelopes: Vec<Envelope> = world
        .on_the_wire()
        .into_iter()
        .map(MessageFact::of)
        .filter(|message| message.partition.as_ref().is_none_or(|about| about == partition))
        // The controller and the coordinators of groups are not in this picture.
        .filter(|message| message.api_of_group().is_none())
        .filter(|message| message.from != NodeId::Controller && message.to != NodeId::Controller)
        .map(|message| envelope(&message, Whereabouts::Travelling, partition))
        .collect();
    for broker in world.brokers() {
        for (id, fetch) in &broker.purgatory.fetches {
            let message = highwater_sim::message::Message {
                id: *id,
                correlation: *id,
                from: fetch.from.clone(),
                to: NodeId::Broker(broker.id),
                body: fetch.request.clone(),
            };
            let said = MessageFact::of(&message);
            if said.partition.as_ref().is_none_or(|about| about == partition) {
                let parked = Whereabouts::Parked {
                    wait_ms: fetch.deadline.ms_since(fetch.since),
                    waited_ms: world.now().ms_since(fetch.since),
                };
                envelopes.push(envelope(&said, parked, partition));
            }
        }
        for (id, produce) in &broker.purgatory.produces {
            let Some(part) = produce.parts.iter().find(|part| part.answer.partition == *partition) else {
                continue;
            };
            let Some(required) = part.required_offset else { continue };
            envelopes.push(Envelope {
                id: format!("message-{id}"),
                from: mark_of(&produce.from),
                to: format!("broker-{}", broker.id),
                api: "Produce".to_owned(),
                response: false,
                summary: Phrase::new("scene.waits_hw").with("hw", required.0),
                whereabouts: Whereabouts::Parked {
                    wait_ms: produce.deadline.ms_since(produce.since),
                    waited_ms: world.now().ms_since(produce.since),
                },
                cause: None,
            });
        }
    }
    envelopes
}

/// A client by its card, a broker by its row.
fn mark_of(node: &NodeId) -> String {
    match node {
        NodeId::Broker(id) => format!("broker-{id}"),
        NodeId::Client(id) => format!("client-{id}"),
        NodeId::Controller => "controller".to_owned(),
    }
}

fn envelope(message: &MessageFact, whereabouts: Whereabouts, partition: &TopicPartition) -> Envelope {
    // A follower asks for the next offset because it holds what is before it.
    let cause = match (&message.from, &message.says, whereabouts) {
        (NodeId::Broker(BrokerId(id)), Says::Fetch { offset, .. }, Whereabouts::Travelling) if offset.0 > 0 => Some((
            format!("broker-{id}/{partition}/leo"),
            Phrase::new("scene.cause_holds").with("offset", offset.0.saturating_sub(1)),
        )),
        _ => None,
    };
    Envelope {
        id: format!("message-{}", message.message),
        from: mark_of(&message.from),
        to: mark_of(&message.to),
        api: message.api.name().to_owned(),
        response: message.response,
        summary: summary(message),
        whereabouts,
        cause,
    }
}

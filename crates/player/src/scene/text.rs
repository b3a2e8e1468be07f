//! The picture in words: what the Text view shows, what a screen reader reads, what is printed.

mod compaction;
mod files;
mod group;
mod history;
mod marks;
mod replicas;
mod share;
mod spread;
mod table;

pub use marks::marks;
pub use spread::partitioner_name;

use super::accumulator::{AccumulatorPanel, Batch, BatchState};
use super::cluster::{
    ClientCard, ClientKind, Clock, ClockOf, ClusterPanel, Envelope, ReplicaRow, Role, Standing, Whereabouts,
};
use super::partitioner::PartitionerPanel;
use super::{Panel, Scene};
use crate::lang::Lang;
use crate::phrase::{Arg, Phrase};

pub use group::{crowd_phrase, member_epoch, pause as member_pause, role as member_role, without as crowd_without};
pub use share::{has as share_has, role as share_role};

/// A heading with its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextBlock {
    /// What it is about.
    pub heading: String,
    /// A sentence each.
    pub lines: Vec<String>,
}

/// The whole picture, panel after panel.
pub fn describe(scene: &Scene, lang: Lang) -> Vec<TextBlock> {
    let mut blocks = Vec::new();
    for panel in &scene.panels {
        match panel {
            Panel::Cluster(panel) => cluster(panel, lang, &mut blocks),
            Panel::Partitioner(panel) => blocks.push(partitioner(panel, lang)),
            Panel::Accumulator(panel) => blocks.push(accumulator(panel, lang)),
            Panel::Files(panel) => files::describe(panel, lang, &mut blocks),
            Panel::Compaction(panel) => blocks.push(compaction::describe(panel, lang)),
            Panel::History(panel) => blocks.push(history::describe(panel, lang)),
            Panel::Replicas(panel) => replicas::describe(panel, lang, &mut blocks),
            Panel::Spread(panel) => spread::describe(panel, lang, &mut blocks),
            Panel::Table(panel) => blocks.push(table::describe(panel, lang)),
            Panel::Group(panel) => group::describe(panel, lang, &mut blocks),
            Panel::Share(panel) => share::describe(panel, lang, &mut blocks),
        }
    }
    blocks
}

/// One mark: type, name, state, value. None for a mark that is not in the picture.
pub fn label(scene: &Scene, mark: &str, lang: Lang) -> Option<String> {
    scene.panels.iter().find_map(|panel| {
        let phrase = match panel {
            Panel::Cluster(panel) => cluster_label(panel, mark),
            Panel::Partitioner(panel) => partitioner_label(panel, mark),
            Panel::Accumulator(panel) => accumulator_label(panel, mark),
            Panel::Files(panel) => files::label(panel, mark),
            Panel::Compaction(panel) => compaction::label(panel, mark),
            Panel::History(panel) => return history::label(panel, mark, lang),
            Panel::Replicas(panel) => return replicas::label(panel, mark, lang),
            Panel::Spread(panel) => return spread::label(panel, mark, lang),
            Panel::Group(panel) => group::label(panel, mark),
            Panel::Share(panel) => share::label(panel, mark),
            Panel::Table(panel) => return table::label(panel, mark, lang),
        };
        phrase.map(|phrase| phrase.say(lang))
    })
}

fn list(items: impl IntoIterator<Item = impl ToString>) -> Vec<String> {
    items.into_iter().map(|item| item.to_string()).collect()
}

/// `producerId: 1000`
fn named(name: impl Into<Arg>, value: impl Into<Arg>) -> Phrase {
    Phrase::new("text.named").with("name", name).with("value", value)
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn cluster(panel: &ClusterPanel, lang: Lang, blocks: &mut Vec<TextBlock>) {
    let isr = Phrase::new("text.isr").with("partition", panel.partition.as_str()).with("isr", list(&panel.isr.value));
    let mut lines = vec![isr.say(lang)];
    if !panel.elr.is_empty() {
        lines.push(Phrase::new("text.elr").with("elr", list(&panel.elr)).say(lang));
    }
    if panel.leader.is_none() {
        lines.push(Phrase::new("text.no_leader").say(lang));
    }
    lines.extend(panel.cuts.iter().map(|(from, to)| cut_phrase(from, to).say(lang)));
    blocks.push(TextBlock {
        heading: Phrase::new("text.partition").with("partition", panel.partition.as_str()).say(lang),
        lines,
    });
    for row in &panel.replicas {
        let mut lines = vec![marks_line(row).say(lang), records_line(row, lang)];
        if !row.stored.is_empty() {
            lines.extend(stored_phrases(row).map(|phrase| phrase.say(lang)));
        }
        if !row.ghosts.is_empty() {
            lines.push(ghosts_phrase(row).say(lang));
        }
        lines.extend(row.clock.iter().map(|clock| clock_phrase(clock).say(lang)));
        for float in &row.floats {
            let key = if float.log_end_offset.value.is_some() { "text.float" } else { "text.float_unknown" };
            let end = float.log_end_offset.value.unwrap_or(-1);
            lines.push(Phrase::new(key).with("replica", float.replica).with("end", end).say(lang));
        }
        blocks.push(TextBlock { heading: row_name(row).say(lang), lines });
    }
    for client in &panel.clients {
        blocks.push(TextBlock {
            heading: client_name(client).say(lang),
            lines: client
                .lines
                .iter()
                .map(|line| line_phrase(line).say(lang))
                .chain(client.lost_beside(&client.lines).map(|lost| lost.say(lang)))
                .collect(),
        });
    }
    let messages = panel.messages.iter().map(|message| message_phrase(message).say(lang)).collect::<Vec<_>>();
    let lines = if messages.is_empty() { vec![Phrase::new("text.no_messages").say(lang)] } else { messages };
    blocks.push(TextBlock { heading: Phrase::new("text.messages").say(lang), lines });
}

fn row_name(row: &ReplicaRow) -> Phrase {
    let key = match (row.role, row.in_isr) {
        (Role::Leader, _) => "text.row_leader",
        (Role::Follower, true) => "text.row_follower",
        (Role::Follower, false) => "text.row_out",
    };
    let name = Phrase::new(key).with("broker", row.broker);
    let name = match &row.rack {
        Some(rack) => Phrase::new("text.row_rack").with("row", name).with("rack", rack.as_str()),
        None => name,
    };
    let key = match row.standing {
        Standing::Up if row.in_elr => "text.row_elr",
        Standing::Up if row.is_deposed => "text.row_deposed",
        Standing::Up => return name,
        Standing::Paused if row.is_deposed => "text.row_paused_deposed",
        Standing::Paused => "text.row_paused",
        Standing::Fenced => "text.row_fenced",
        Standing::Down => "text.row_down",
    };
    Phrase::new(key).with("row", name)
}

/// A clock that runs at a replica.
#[inline(never)]
fn clock_phrase(clock: &Clock) -> Phrase {
    let key = match clock.about {
        ClockOf::Lag => "text.lag_clock",
        ClockOf::Silence => "text.silence_clock",
    };
    let ms = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
    Phrase::new(key).with("waited", ms(clock.waited_ms)).with("limit", ms(clock.limit_ms))
}

/// What is in memory, and what on the disk.
#[inline(never)]
fn stored_phrases(row: &ReplicaRow) -> [Phrase; 2] {
    let offsets = |is_there: &dyn Fn(&super::cluster::Stored) -> bool| {
        let there: Vec<i64> = row.stored.iter().filter(|at| is_there(at)).map(|at| at.offset).collect();
        if there.is_empty() { Arg::from("–") } else { list(there).into() }
    };
    [
        Phrase::new("text.in_memory").with("offsets", offsets(&|at| at.in_memory)),
        Phrase::new("text.on_disk").with("offsets", offsets(&|at| at.on_disk)),
    ]
}

/// The records that are no more.
#[inline(never)]
fn ghosts_phrase(row: &ReplicaRow) -> Phrase {
    let records = row.ghosts.iter().map(|ghost| {
        let key = ghost.cell.key.as_ref().map(|key| format!(" {key}")).unwrap_or_default();
        format!("{} {}{key}", ghost.cell.offset, ghost.cell.value.as_deref().unwrap_or("null"))
    });
    Phrase::new("text.ghosts").with("records", list(records))
}

/// What a link that is cut loses.
#[inline(never)]
fn cut_phrase(from: &str, to: &str) -> Phrase {
    Phrase::new("text.cut").with("from", place(from)).with("to", place(to))
}

/// A broker, a client or the controller by its mark.
fn place(mark: &str) -> Phrase {
    match mark.strip_prefix("broker-").and_then(|id| id.parse::<i32>().ok()) {
        Some(broker) => Phrase::new("facts.broker").with("broker", broker),
        None if mark == "controller" => Phrase::new("text.controller"),
        None => Phrase::new("facts.client").with("client", mark.strip_prefix("client-").unwrap_or(mark)),
    }
}

fn marks_line(row: &ReplicaRow) -> Phrase {
    Phrase::new("text.marks").with("hw", row.high_watermark.value).with("leo", row.log_end_offset.value)
}

/// Committed or not, and whether the leader has another record there.
fn state_of(cell: &super::cluster::RecordCell) -> Phrase {
    let state = Phrase::new(if cell.committed { "text.committed" } else { "text.uncommitted" });
    if cell.differs { Phrase::new("text.differs").with("state", state) } else { state }
}

fn records_line(row: &ReplicaRow, lang: Lang) -> String {
    if row.records.is_empty() {
        return Phrase::new("text.empty_log").say(lang);
    }
    let record = |cell: &super::cluster::RecordCell| {
        let key = cell.key.as_ref().map(|key| format!(" {key}")).unwrap_or_default();
        let said = format!("{} {}{key}", cell.offset, cell.value.as_deref().unwrap_or("null"));
        Phrase::new("text.record_in_state").with("record", said).with("state", state_of(cell))
    };
    Phrase::new("text.records").with("records", row.records.iter().map(record).collect::<Vec<_>>()).say(lang)
}

fn client_name(client: &ClientCard) -> Phrase {
    match &client.kind {
        ClientKind::Producer { acks } => {
            Phrase::new("text.producer").with("name", client.name.as_str()).with("acks", acks.as_str())
        }
        ClientKind::Controller => Phrase::new("text.controller_of").with("partition", client.name.as_str()),
        ClientKind::Consumer { position, .. } => match position.value {
            Some(at) => Phrase::new("text.consumer_at").with("name", client.name.as_str()).with("position", at),
            None => Phrase::new("text.consumer").with("name", client.name.as_str()),
        },
    }
}

fn line_phrase(line: &super::cluster::ClientLine) -> Phrase {
    let Some(record) = &line.record else {
        return line.text.clone();
    };
    let name = match &record.key {
        Some(key) => format!("{} {key}", record.value),
        None => record.value.clone(),
    };
    let phrase = Phrase::new(if line.status.is_some() { "text.line_status" } else { "text.line" })
        .with("record", name)
        .with("text", line.text.clone());
    match &line.status {
        Some((_, status)) => phrase.with("status", status.clone()),
        None => phrase,
    }
}

fn message_phrase(message: &Envelope) -> Phrase {
    let key = match (message.whereabouts, message.response) {
        (Whereabouts::Travelling, false) => "text.request",
        (Whereabouts::Travelling, true) => "text.response",
        (Whereabouts::Parked { .. }, _) => "text.parked",
    };
    let wait = if let Whereabouts::Parked { wait_ms, .. } = message.whereabouts { wait_ms } else { 0 };
    Phrase::new(key)
        .with("api", message.api.as_str())
        .with("from", place(&message.from))
        .with("to", place(&message.to))
        .with("summary", message.summary.clone())
        .with("wait", i64::try_from(wait).unwrap_or(i64::MAX))
}

fn cluster_label(panel: &ClusterPanel, mark: &str) -> Option<Phrase> {
    if mark == format!("isr/{}", panel.partition) {
        return Some(
            Phrase::new("text.isr").with("partition", panel.partition.as_str()).with("isr", list(&panel.isr.value)),
        );
    }
    if let Some(message) = panel.messages.iter().find(|message| message.id == mark) {
        return Some(message_phrase(message));
    }
    for client in &panel.clients {
        if client.id == mark {
            return Some(client_name(client));
        }
        if let Some(line) = client.lines.iter().find(|line| line.id == mark) {
            return Some(line_phrase(line));
        }
    }
    let row = panel.replicas.iter().find(|row| mark.starts_with(&row.id))?;
    let broker = row.broker;
    let part = mark.strip_prefix(&row.id)?.trim_start_matches('/');
    match part {
        "" => Some(row_name(row)),
        "hw" => Some(Phrase::new("text.label_hw").with("hw", row.high_watermark.value).with("broker", broker)),
        "leo" => Some(Phrase::new("text.label_leo").with("leo", row.log_end_offset.value).with("broker", broker)),
        _ => {
            if let Some(float) = row.floats.iter().find(|float| float.id == mark) {
                let key = if float.log_end_offset.value.is_some() { "text.float" } else { "text.float_unknown" };
                let end = float.log_end_offset.value.unwrap_or(-1);
                return Some(Phrase::new(key).with("replica", float.replica).with("end", end));
            }
            if let Some(ghost) = row.ghosts.iter().find(|ghost| ghost.cell.id == mark) {
                return Some(
                    Phrase::new("text.label_ghost")
                        .with("offset", ghost.cell.offset)
                        .with("value", ghost.cell.value.as_deref().unwrap_or("null"))
                        .with("key", ghost.cell.key.clone().unwrap_or_default())
                        .with("broker", broker),
                );
            }
            let cell = row.records.iter().find(|cell| cell.id == mark)?;
            Some(
                Phrase::new("text.label_record")
                    .with("offset", cell.offset)
                    .with("value", cell.value.as_deref().unwrap_or("null"))
                    .with("key", cell.key.clone().unwrap_or_default())
                    .with("state", state_of(cell))
                    .with("broker", broker),
            )
        }
    }
}

fn partitioner(panel: &PartitionerPanel, lang: Lang) -> TextBlock {
    let mut lines = Vec::new();
    let stages = [
        "partitioner/key",
        "partitioner/murmur2",
        "partitioner/positive",
        "partitioner/remainder",
        "partitioner/partition",
    ];
    lines.extend(stages.iter().filter_map(|mark| partitioner_label(panel, mark)));
    lines.extend(panel.lanes.iter().filter_map(|lane| partitioner_label(panel, &lane.id)));
    lines.extend(panel.moves.iter().filter_map(|moves| partitioner_label(panel, &moves.id)));
    TextBlock {
        heading: Phrase::new("text.topic")
            .with("topic", panel.topic.as_str())
            .with("partitions", panel.partitions)
            .say(lang),
        lines: lines.iter().map(|line| line.say(lang)).collect(),
    }
}

fn partitioner_label(panel: &PartitionerPanel, mark: &str) -> Option<Phrase> {
    if let Some(lane) = panel.lanes.iter().find(|lane| lane.id == mark) {
        let keys = lane.keys.iter().filter(|chip| chip.next).map(|chip| chip.key.as_str());
        let old = lane.keys.iter().filter(|chip| !chip.next).map(|chip| chip.key.as_str());
        let (keys, old) = (list(keys), list(old));
        let key = match (keys.is_empty(), old.is_empty()) {
            (true, true) => "text.lane_empty",
            (false, true) => "text.lane",
            (true, false) => "text.lane_old",
            (false, false) => "text.lane_both",
        };
        return Some(
            Phrase::new(key)
                .with("partition", lane.partition)
                .with("records", lane.records)
                .with("keys", keys)
                .with("old", old),
        );
    }
    for lane in &panel.lanes {
        if let Some(chip) = lane.keys.iter().find(|chip| chip.id == mark) {
            let key = if chip.next { "text.chip" } else { "text.chip_old" };
            return Some(
                Phrase::new(key)
                    .with("key", chip.key.as_str())
                    .with("partition", lane.partition)
                    .with("records", chip.records),
            );
        }
    }
    if let Some(moves) = panel.moves.as_ref().filter(|moves| moves.id == mark) {
        return Some(
            Phrase::new("text.moves")
                .with("keys", moves.keys)
                .with("moved", moves.moved)
                .with("from", moves.from)
                .with("to", moves.to),
        );
    }
    let key = panel.key.as_ref()?;
    match mark {
        "partitioner/key" => {
            let bytes = key.bytes.iter().map(|(byte, _)| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
            Some(Phrase::new("text.key").with("key", key.text.as_str()).with("bytes", bytes))
        }
        "partitioner/murmur2" => {
            let hash = key.hash.as_ref()?;
            let turns = count(hash.turns.len());
            Some(Phrase::new("text.murmur2").with("murmur2", hash.murmur2.value).with("turns", turns))
        }
        "partitioner/positive" => Some(Phrase::new("text.positive").with("positive", key.positive.as_ref()?.value)),
        "partitioner/remainder" => {
            let division = key.remainder.as_ref()?;
            Some(
                Phrase::new("text.remainder")
                    .with("dividend", division.dividend)
                    .with("divisor", division.divisor)
                    .with("quotient", division.quotient)
                    .with("remainder", division.remainder.value),
            )
        }
        "partitioner/partition" => {
            let partition = key.partition.as_ref()?.value;
            match key.before {
                Some((was_count, was)) => Some(
                    Phrase::new("text.chosen_before")
                        .with("key", key.text.as_str())
                        .with("partition", partition)
                        .with("count", was_count)
                        .with("before", was),
                ),
                None => Some(Phrase::new("text.chosen").with("key", key.text.as_str()).with("partition", partition)),
            }
        }
        _ => None,
    }
}

fn accumulator(panel: &AccumulatorPanel, lang: Lang) -> TextBlock {
    let mut lines: Vec<Phrase> = Vec::new();
    if let Some((partition, bytes)) = &panel.sticky {
        lines.push(
            Phrase::new("text.sticky")
                .with("partition", partition.value)
                .with("bytes", *bytes)
                .with("size", panel.batch_size),
        );
    }
    for queue in &panel.queues {
        if queue.batches.is_empty() {
            lines.push(Phrase::new("text.queue_empty").with("partition", queue.partition));
        }
        lines.extend(queue.batches.iter().map(|batch| batch_phrase(panel, queue.partition, batch)));
    }
    if !panel.past.is_empty() {
        lines.push(Phrase::new("text.past").with("past", list(&panel.past)));
    }
    TextBlock {
        heading: Phrase::new("text.accumulator").with("producer", panel.producer.as_str()).say(lang),
        lines: lines.iter().map(|line| line.say(lang)).collect(),
    }
}

fn batch_phrase(panel: &AccumulatorPanel, partition: i32, batch: &Batch) -> Phrase {
    let key = match batch.state {
        BatchState::Open => "text.batch_open",
        BatchState::Closed => "text.batch_closed",
        BatchState::InFlight => "text.batch_in_flight",
    };
    Phrase::new(key)
        .with("partition", partition)
        .with("records", count(batch.ticks.len()))
        .with("bytes", batch.bytes)
        .with("size", panel.batch_size)
        .with("waited", batch.waited_ms)
        .with("linger", panel.linger_ms)
}

fn accumulator_label(panel: &AccumulatorPanel, mark: &str) -> Option<Phrase> {
    for queue in &panel.queues {
        if let Some(batch) = queue.batches.iter().find(|batch| batch.id == mark) {
            return Some(batch_phrase(panel, queue.partition, batch));
        }
        if queue.id == mark {
            return Some(
                Phrase::new("text.queue")
                    .with("partition", queue.partition)
                    .with("batches", count(queue.batches.len())),
            );
        }
    }
    None
}

//! The replicas panel: a row a partition, a column a broker. Few replicas are logs with cells, many are bars, and where not
//! every partition has a row there is a tick for each.

use highwater_player::phrase::Phrase;
use highwater_player::scene::cluster::Standing;
use highwater_player::scene::replicas::{BrokerColumn, PartitionRow, ReplicaBar, ReplicasPanel, TickRow};

use super::frame::Area;
use super::node::{Node, number};
use super::text::{self, grouped};
use super::{Draw, Picture};

/// From the top to the names of the brokers.
const HEADING_PX: f64 = 30.0;
/// From there to the first row.
const NAMES_PX: f64 = 40.0;
/// A row of bars, and the bar.
const BAR_ROW_PX: f64 = 19.0;
const BAR_PX: f64 = 14.0;
/// A row of cells, and the cell with the space after it.
const CELL_ROW_PX: f64 = 42.0;
const CELL_PX: f64 = 24.0;
const CELL_PITCH_PX: f64 = 27.0;
/// A narrower column has no words in it.
const WORDS_PX: f64 = 52.0;
/// The widest bar.
const WIDEST_PX: f64 = 220.0;
/// A tick of a partition, with the space around it.
const TICK_W_PX: f64 = 6.0;
const TICK_H_PX: f64 = 5.5;
const TICK_PITCH_PX: f64 = 8.0;
/// The least width of a tick.
const TICK_LEAST_PX: f64 = 2.0;

/// Where the columns stand.
struct Columns {
    /// Where the first begins.
    left: f64,
    /// From one to the next.
    pitch: f64,
    /// How wide a bar is.
    bar: f64,
    /// How many cells a column holds; none where there are bars.
    cells: Option<i64>,
}

impl Columns {
    fn of(draw: &Draw<'_>, panel: &ReplicasPanel) -> Columns {
        let names = panel.rows.iter().map(|row| text::width(&row.partition, 12.0)).fold(30.0, f64::max);
        let left = names.min(draw.frame.width * 0.24) + 12.0;
        let count = panel.brokers.len().max(1) as f64;
        let pitch = ((draw.frame.width - left) / count).min(WIDEST_PX + 10.0);
        let gap = if pitch < 30.0 { 4.0 } else { 10.0 };
        let bar = pitch - gap;
        let fit = ((bar + CELL_PITCH_PX - CELL_PX) / CELL_PITCH_PX).floor() as i64;
        Columns { left, pitch, bar, cells: (panel.is_few && fit >= 4).then_some(fit) }
    }

    fn x(&self, index: usize) -> f64 {
        self.left + index as f64 * self.pitch
    }

    fn row_px(&self) -> f64 {
        if self.cells.is_some() { CELL_ROW_PX } else { BAR_ROW_PX }
    }
}

/// Draws all replicas of a topic.
#[inline(never)]
pub fn draw(draw: &Draw<'_>, panel: &ReplicasPanel) -> Picture {
    let width = draw.frame.width;
    let columns = Columns::of(draw, panel);
    let title = Phrase::new("text.replicas")
        .with("topic", &*panel.topic)
        .with("partitions", grouped(panel.partitions))
        .with("under", grouped(panel.under_replicated));
    let title = text::fit(&draw.say(title), 14.7, width);
    let mut nodes = vec![
        Node::group(0.0, 0.0, "").named(&panel.id, draw.label(&panel.id)).with(Node::words(0.0, 16.0, "s-h", title)),
    ];
    let mut y = HEADING_PX;
    if !panel.rows.is_empty() {
        for (index, column) in panel.brokers.iter().enumerate() {
            nodes.push(broker(draw, column, &columns, columns.x(index), y));
        }
        y += NAMES_PX;
        for row in &panel.rows {
            nodes.push(partition(draw, panel, row, &columns, y));
            y += columns.row_px();
        }
        if columns.cells.is_some() {
            y += 4.0;
        }
    }
    if !panel.ticks.is_empty() {
        nodes.extend(ticks(draw, panel, &mut y));
    }
    Picture { width, height: y + 2.0, nodes, ..Picture::default() }
}

/// A broker over its column.
fn broker(draw: &Draw<'_>, column: &BrokerColumn, columns: &Columns, x: f64, y: f64) -> Node {
    let full = draw.say(Phrase::new("interface.broker").with("id", column.broker));
    let name = if text::width(&full, 12.6) <= columns.pitch - 4.0 { full } else { column.broker.to_string() };
    let troubled = column.standing != Standing::Up;
    let class = if troubled { "s-note s-strong mid f-bad" } else { "s-note s-strong mid f-ink" };
    let said = match column.standing {
        Standing::Up => Phrase::new("interface.replicas.leads").with("n", column.leads),
        Standing::Paused => Phrase::new("scene.paused"),
        Standing::Fenced => Phrase::new("scene.fenced"),
        Standing::Down => Phrase::new("scene.down"),
    };
    let said = draw.say(said);
    let mid = columns.bar / 2.0;
    let mut group = Node::group(x, y, "").named(&column.id, draw.label(&column.id));
    group = group.with(Node::words(mid, 12.0, class, name));
    if text::width(&said, 12.0) <= columns.pitch - 2.0 {
        group = group.with(Node::words(mid, 28.0, "s-dim mid", said));
    }
    group
}

fn partition(draw: &Draw<'_>, panel: &ReplicasPanel, row: &PartitionRow, columns: &Columns, y: f64) -> Node {
    let base = if columns.cells.is_some() { 18.0 } else { 11.4 };
    let looked_at = draw.is_in_focus(&row.id) || draw.is_in_focus(&format!("isr/{}", row.partition));
    let class = match (row.leader, looked_at) {
        (None, _) => "s-note f-bad",
        (_, true) => "s-note f-accent",
        _ => "s-note",
    };
    let name = Node::group(0.0, 0.0, "").named(&row.id, draw.label(&row.id)).with(Node::words(
        0.0,
        base,
        class,
        text::fit(&row.partition, 12.0, columns.left - 8.0),
    ));
    let mut group = Node::group(0.0, y, "").with(name);
    for (index, column) in panel.brokers.iter().enumerate() {
        let Some(bar) = row.bars.iter().find(|bar| bar.broker == column.broker) else { continue };
        let x = columns.x(index);
        group = group.with(match columns.cells {
            Some(fit) => log(draw, row, bar, columns, x, fit),
            None => replica(draw, row, bar, columns, x),
        });
    }
    group
}

/// What all replicas look like: the box, the amber edge of a leader, how far one outside the ISR is behind.
fn frame(draw: &Draw<'_>, row: &PartitionRow, bar: &ReplicaBar, (x, w): (f64, f64), height: f64) -> Node {
    let looked_at = draw.is_in_focus(&bar.id) || draw.is_in_focus(&format!("broker-{}/{}", bar.broker, row.partition));
    let place = match (bar.in_isr, looked_at) {
        (false, _) => "bar-box is-out",
        (true, true) => "bar-box is-new",
        (true, false) => "bar-box",
    };
    let mut group = Node::group(x, 0.0, "").named(&bar.id, draw.label(&bar.id)).with(Node::rect(
        Area::new(0.0, 0.0, w, height),
        3.0,
        place,
    ));
    if bar.is_leader {
        group = group.with(Node::path(format!("M-3 -1V{}", number(height + 1.0)), "bar-edge"));
    }
    group
}

/// A replica as a bar: water up to the high watermark, the rest dry.
fn replica(draw: &Draw<'_>, row: &PartitionRow, bar: &ReplicaBar, columns: &Columns, x: f64) -> Node {
    let span = (row.end_offset - row.first_offset).max(1) as f64;
    // The end of the longest log leaves a little room, so that a full bar is seen to end.
    let room = columns.bar * 0.94;
    let at = |offset: i64| room * ((offset - row.first_offset).max(0) as f64 / span).min(1.0);
    let (wet, dry) = (at(bar.high_watermark.value), at(bar.log_end_offset.value));
    let mut group = frame(draw, row, bar, (x, columns.bar), BAR_PX);
    let shape = |w: f64, class: &str| {
        let mut shape = Node::rect(Area::new(0.0, 0.0, w, BAR_PX), 3.0_f64.min(w / 2.0), class);
        shape.area = None;
        shape
    };
    if dry > 0.0 {
        group = group.with(shape(dry, "bar-bg"));
    }
    if wet > 0.0 {
        group = group.with(shape(wet.min(dry), "water-body"));
        group = group.with(Node::path(format!("M{} 0V{}", number(wet.min(dry)), number(BAR_PX)), "hw-line"));
    }
    if let Some(words) = lacks(bar, columns) {
        group = group.with(Node::words(columns.bar - 4.0, 11.4, "s-note s-strong f-bad end", words));
    }
    group
}

/// `−27`: how many records a replica outside the ISR lacks.
fn lacks(bar: &ReplicaBar, columns: &Columns) -> Option<String> {
    let words = grouped(bar.behind.saturating_neg());
    (!bar.in_isr && bar.behind > 0 && columns.bar >= WORDS_PX).then_some(words)
}

/// A replica as its newest records, without words.
fn log(draw: &Draw<'_>, row: &PartitionRow, bar: &ReplicaBar, columns: &Columns, x: f64, fit: i64) -> Node {
    // All replicas of a partition begin at one offset, and the next slot is empty.
    let first = row.first_offset.max(row.end_offset - (fit - 1));
    let at = |offset: i64| 4.0 + (offset - first).max(0) as f64 * CELL_PITCH_PX;
    let height = CELL_PX + 6.0;
    let mut group = frame(draw, row, bar, (x, columns.bar), height);
    let wet = at(bar.high_watermark.value) - 1.5;
    if bar.high_watermark.value > first {
        let mut water = Node::rect(Area::new(0.0, 0.0, wet, height), 3.0, "water-body");
        water.area = None;
        group = group.with(water);
    }
    for record in bar.records.iter().filter(|record| record.offset >= first) {
        let state = if record.committed { "is-committed" } else { "is-uncommitted" };
        let differs = if record.differs { " is-divergent" } else { "" };
        let cell = Node::group(at(record.offset), 3.0, &format!("rec k{} {state}{differs}", record.color))
            .with(Node::rect(Area::new(0.0, 0.0, CELL_PX, CELL_PX), 4.0, "box"));
        group = group.with(cell);
    }
    if bar.high_watermark.value > first {
        group = group.with(Node::path(format!("M{} -2V{}", number(wet), number(height + 2.0)), "hw-line"));
    }
    if let Some(words) = lacks(bar, columns) {
        let room = columns.bar - at(bar.log_end_offset.value);
        if text::width(&words, 12.0) + 8.0 <= room {
            group = group.with(Node::words(columns.bar - 6.0, 19.0, "s-note s-strong f-bad end", words));
        }
    }
    group
}

/// A line of ticks a preferred leader; more lines where they do not fit in one.
fn ticks(draw: &Draw<'_>, panel: &ReplicasPanel, y: &mut f64) -> Vec<Node> {
    let width = draw.frame.width;
    let mut nodes = Vec::new();
    if !panel.rows.is_empty() {
        *y += 10.0;
        nodes.push(Node::path(format!("M0 {}H{}", number(*y), number(width)), "rule"));
        *y += 8.0;
    }
    let said = Phrase::new("interface.replicas.ticks").with("n", grouped(panel.partitions));
    for line in text::wrap(&draw.say(said), 12.6, width) {
        nodes.push(Node::words(0.0, *y + 12.0, "s-note s-strong", line));
        *y += 18.0;
    }
    let key = Phrase::new("interface.replicas.key")
        .with("under", grouped(panel.under_replicated))
        .with("n", grouped(panel.partitions));
    for line in text::wrap(&draw.say(key), 12.0, width) {
        nodes.push(Node::words(0.0, *y + 10.0, "s-dim", line));
        *y += 16.0;
    }
    *y += 4.0;
    let names: Vec<String> = panel.ticks.iter().map(|row| draw.say(from(row))).collect();
    let left = names.iter().map(|name| text::width(name, 12.0)).fold(0.0, f64::max) + 10.0;
    let longest = panel.ticks.iter().map(|row| row.full.len()).max().unwrap_or(1).max(1);
    let fit = ((width - left) / (TICK_LEAST_PX + 3.0)).floor().max(1.0) as usize;
    // Two lines of 50 rather than 97 and 3.
    let in_line = longest.div_ceil(longest.div_ceil(fit));
    let pitch = ((width - left) / in_line as f64).min(TICK_PITCH_PX);
    for (row, name) in panel.ticks.iter().zip(names) {
        let lines = row.full.len().div_ceil(in_line).max(1) as f64;
        let height = (lines * TICK_PITCH_PX).max(14.0);
        let mut group = Node::group(0.0, *y, "").named(&row.id, draw.label(&row.id));
        group = group.with(Node::words(0.0, 10.0, "s-dim", name));
        for (full, class) in [(true, "tick-full"), (false, "tick-under")] {
            let d = ticks_path(row, full, in_line, (left, pitch));
            if !d.is_empty() {
                group = group.with(Node::path(d, class));
            }
        }
        nodes.push(group);
        *y += height + 2.0;
    }
    nodes
}

fn from(row: &TickRow) -> Phrase {
    Phrase::new("interface.broker").with("id", row.broker)
}

/// The ticks of one kind, as one shape.
fn ticks_path(row: &TickRow, full: bool, in_line: usize, (left, pitch): (f64, f64)) -> String {
    let inset = if full { 0.0 } else { 0.6 };
    let w = (pitch - 2.0).clamp(TICK_LEAST_PX, TICK_W_PX) - 2.0 * inset;
    let mut path = String::new();
    for (index, _) in row.full.iter().enumerate().filter(|(_, is_full)| **is_full == full) {
        let x = left + (index % in_line) as f64 * pitch + inset;
        let y = (index / in_line) as f64 * TICK_PITCH_PX + 3.0 + inset;
        let h = TICK_H_PX - 2.0 * inset;
        path.push_str(&format!("M{} {}h{}v{}h-{}z", number(x), number(y), number(w), number(h), number(w)));
    }
    path
}

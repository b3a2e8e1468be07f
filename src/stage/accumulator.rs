//! The accumulator panel: the producer's batches as bars up to `batch.size`, and where the sticky partitioner has been.

use highwater_player::phrase::Phrase;
use highwater_player::scene::accumulator::{AccumulatorPanel, Batch, BatchState};

use super::frame::Area;
use super::node::{Node, number};
use super::text::{self, grouped};
use super::{Draw, Picture};

const BATCH_H: f64 = 54.0;
/// Batches that the panel shows, the last ones; the others are counted in words.
const MOST_BATCHES: usize = 4;

/// Draws the queues of one producer.
pub fn draw(draw: &Draw<'_>, panel: &AccumulatorPanel, below_another: bool) -> Picture {
    let width = draw.frame.width;
    let narrow = draw.frame.is_narrow();
    let side = draw.frame.pick(264.0, 240.0, 0.0);
    let gap = draw.frame.pick(32.0, 26.0, 0.0);
    let batch_w = width - side - gap;
    let mut nodes = Vec::new();
    let title = if below_another && panel.sticky.is_some() {
        draw.say(Phrase::new("interface.accumulator.no_key"))
    } else {
        draw.say(Phrase::new("interface.accumulator.title").with("producer", panel.producer.as_str()))
    };
    let title_w = text::width(&title, 14.7);
    nodes.push(Node::words(0.0, 16.0, "s-h", title));
    let remark = ["interface.accumulator.sticky", "interface.accumulator.sticky_short"]
        .iter()
        .map(|key| draw.say(Phrase::new(key)))
        .find(|words| title_w + 14.0 + text::width(words, 12.0) <= width);
    if let (Some(remark), true) = (remark, panel.sticky.is_some()) {
        nodes.push(Node::words(title_w + 14.0, 16.0, "s-note", remark));
    }
    let top = 32.0;
    let batches: Vec<(i32, &Batch)> =
        panel.queues.iter().flat_map(|queue| queue.batches.iter().map(|batch| (queue.partition, batch))).collect();
    let skipped = batches.len().saturating_sub(MOST_BATCHES);
    let mut y = top;
    if batches.is_empty() {
        nodes.push(Node::rect(Area::new(0.0, y, batch_w, BATCH_H), 8.0, "blank-box"));
        let words = draw.say(Phrase::new("interface.accumulator.empty"));
        nodes.push(Node::words(14.0, y + 31.0, "s-dim", text::fit(&words, 12.0, batch_w - 28.0)));
        y += BATCH_H + 8.0;
    }
    for (partition, batch) in batches.iter().skip(skipped) {
        nodes.push(bar(draw, panel, *partition, batch, Area::new(0.0, y, batch_w, BATCH_H)));
        y += BATCH_H + 8.0;
    }
    if skipped > 0 {
        let of = panel.queues.iter().filter(|queue| !queue.batches.is_empty()).count();
        let more = Phrase::new("interface.accumulator.more")
            .with("n", grouped(i64::try_from(skipped).unwrap_or(i64::MAX)))
            .with("partitions", grouped(i64::try_from(of).unwrap_or(i64::MAX)));
        for line in text::wrap(&draw.say(more), 12.0, batch_w) {
            nodes.push(Node::words(0.0, y + 10.0, "s-note", line));
            y += 18.0;
        }
    }
    let waited =
        batches.iter().rev().find(|(_, batch)| batch.state == BatchState::Open).map(|(_, batch)| batch.waited_ms);
    nodes.extend(linger(draw, panel, waited, batch_w, &mut y));
    let past = |y: f64, x: f64, w: f64| went_to(draw, panel, x, y, w);
    if narrow {
        let (past_nodes, height) = past(y + 4.0, 0.0, width);
        nodes.extend(past_nodes);
        y += height;
    } else {
        let (past_nodes, height) = past(top, batch_w + gap, side);
        nodes.extend(past_nodes);
        y = y.max(top + height);
    }
    Picture { width, height: y, nodes, ..Picture::default() }
}

fn linger(draw: &Draw<'_>, panel: &AccumulatorPanel, waited: Option<i64>, room: f64, y: &mut f64) -> Vec<Node> {
    let name = format!("linger.ms {}", panel.linger_ms);
    let name_w = text::width(&name, 12.6) + 10.0;
    let mut nodes = vec![Node::words(0.0, *y + 10.0, "s-note s-strong f-ink", name)];
    if let Some(waited) = waited {
        let phrase = Phrase::new("interface.accumulator.waited").with("waited", waited).with("linger", panel.linger_ms);
        for (index, line) in text::wrap(&draw.say(phrase), 12.0, room - name_w).iter().enumerate() {
            if index > 0 {
                *y += 17.0;
            }
            nodes.push(Node::words(name_w, *y + 10.0, "s-note", line.clone()));
        }
    }
    *y += 18.0;
    nodes
}

fn bar(draw: &Draw<'_>, panel: &AccumulatorPanel, partition: i32, batch: &Batch, area: Area) -> Node {
    let (state, class) = match batch.state {
        BatchState::Open => (None, "batch"),
        BatchState::Closed => (Some("interface.accumulator.closed"), "batch is-closed"),
        BatchState::InFlight => (Some("interface.accumulator.in_flight"), "batch is-sent"),
    };
    let full = panel.batch_size.max(batch.bytes).max(1) as f64;
    let track_w = area.w - 28.0;
    let x_of = |bytes: i64| bytes as f64 / full * track_w;
    let bytes = draw.say(
        Phrase::new("interface.accumulator.bytes")
            .with("bytes", grouped(batch.bytes))
            .with("size", grouped(panel.batch_size)),
    );
    let name = draw.say(Phrase::new("interface.partition").with("n", partition));
    let name_w = text::width(&name, 12.6);
    let mut rail = Node::rect(Area::new(14.0, 32.0, track_w, 12.0), 6.0, "bar-bg");
    rail.area = None;
    let fill = match batch.state {
        BatchState::Open => "bar-acc",
        BatchState::Closed | BatchState::InFlight => "bar-fill",
    };
    let mut fill = Node::rect(Area::new(14.0, 32.0, x_of(batch.bytes), 12.0), 6.0, fill);
    fill.area = None;
    let outline = if draw.is_new(&batch.id) { "is-new-box" } else { "soft-box" };
    let mut group = Node::group(area.x, area.y, class)
        .named(&batch.id, draw.label(&batch.id))
        .part()
        .with(Node::rect(Area::new(0.0, 0.0, area.w, area.h), 8.0, outline))
        .with(Node::words(14.0, 22.0, "s-note s-strong f-ink", name))
        .with(Node::words(area.w - 14.0, 22.0, "s-note end", bytes.clone()))
        .with(rail)
        .with(fill);
    if let Some(state) = state {
        let words = draw.say(Phrase::new(state));
        let x = 14.0 + name_w + 12.0;
        if x + text::width(&words, 12.0) + 10.0 < area.w - 14.0 - text::width(&bytes, 12.0) {
            group = group.with(Node::words(x, 22.0, "s-note", words));
        }
    }
    let mut last = f64::MIN;
    for tick in batch.ticks.iter().take(batch.ticks.len().saturating_sub(1)) {
        let x = 14.0 + x_of(*tick);
        if x - last >= 4.0 {
            group = group.with(Node::path(format!("M{} 32v12", number(x)), "tickp"));
            last = x;
        }
    }
    group
}

/// The partitions of the batches so far, and the open next one.
fn went_to(draw: &Draw<'_>, panel: &AccumulatorPanel, x: f64, y: f64, room: f64) -> (Vec<Node>, f64) {
    let Some((sticky, _)) = &panel.sticky else {
        return (Vec::new(), 0.0);
    };
    let pitch = 44.0;
    let fits = ((room + 8.0) / pitch).floor().max(2.0) as usize;
    let shown: Vec<i32> = panel.past.iter().copied().skip(panel.past.len().saturating_sub(fits - 2)).collect();
    let words = draw.say(Phrase::new("interface.accumulator.went_to"));
    let mut nodes = vec![Node::words(x, y + 12.0, "s-note", text::fit(&words, 12.0, room))];
    let chip = |index: usize, class: &str, words: String, words_class: &str| {
        Node::group(x + index as f64 * pitch, y + 22.0, "past")
            .with(Node::rect(Area::new(0.0, 0.0, 36.0, 32.0), 7.0, class))
            .with(Node::words(18.0, 21.0, words_class, words))
    };
    for (index, partition) in shown.iter().enumerate() {
        nodes.push(chip(index, "plain-box", partition.to_string(), "mid s-h"));
    }
    nodes.push(chip(shown.len(), "is-chosen-box", sticky.value.to_string(), "mid s-h f-accent"));
    nodes.push(chip(shown.len() + 1, "dash-box", "?".to_owned(), "mid s-h f-dim"));
    let again = draw.say(Phrase::new("interface.accumulator.again"));
    let mut height = 22.0 + 32.0;
    for line in text::wrap(&again, 12.0, room) {
        height += 18.0;
        nodes.push(Node::words(x, y + height, "s-note", line));
    }
    (nodes, height + 6.0)
}

//! The lanes of a topic: its partitions with their keys, and how many keys move.

use crate::stage::Draw;
use crate::stage::frame::{Area, bounded};
use crate::stage::node::Node;
use crate::stage::node::number;
use crate::stage::node::rounded;
use crate::stage::text;
use crate::stage::text::grouped;
use highwater_player::phrase::Phrase;
use highwater_player::scene::partitioner::KeyChip;
use highwater_player::scene::partitioner::MovedShare;
use highwater_player::scene::partitioner::PartitionLane;
use highwater_player::scene::partitioner::PartitionerPanel;

/// The partitions with their keys; gives their lower edge.
pub(super) fn lanes(
    draw: &Draw<'_>,
    panel: &PartitionerPanel,
    area: Area,
    from: Option<(f64, f64)>,
    nodes: &mut Vec<Node>,
) -> f64 {
    let narrow = draw.frame.is_narrow();
    let count = panel.lanes.len().max(1);
    let (mut y, columns) = (area.y, if narrow && count > 3 { 2 } else { 1 });
    let title = draw.say(
        Phrase::new("interface.partitioner.topic").with("topic", panel.topic.as_str()).with("n", panel.partitions),
    );
    let has_ghost = panel.lanes.iter().flat_map(|lane| &lane.keys).any(|key| !key.next);
    let legend = if has_ghost {
        let room = area.w - text::width(&title, 14.7) - 14.0;
        ["interface.partitioner.legend", "interface.partitioner.legend_short"]
            .iter()
            .map(|key| draw.say(Phrase::new(key)))
            .find(|words| text::width(words, 12.0) <= room)
    } else {
        None
    };
    if narrow {
        y += 20.0;
    }
    nodes.push(Node::words(area.x, y + 15.0, "s-h", title));
    if let Some(legend) = legend {
        nodes.push(Node::words(area.x + area.w, y + 15.0, "s-dim end", legend));
    }
    y += if narrow { 26.0 } else { 28.0 };
    let rows = count.div_ceil(columns);
    let (pitch, lane_h) = if narrow {
        (42.0, 36.0)
    } else {
        let pitch = bounded(342.0 / rows as f64, 30.0, 57.0);
        (pitch, pitch - 7.0)
    };
    let lane_w = if columns == 2 { (area.w - 8.0) / 2.0 } else { area.w };
    let mut places = Vec::new();
    for (index, lane) in panel.lanes.iter().enumerate() {
        let (column, row) = (index / rows, index % rows);
        let place = Area::new(area.x + column as f64 * (lane_w + 8.0), y + row as f64 * pitch, lane_w, lane_h);
        nodes.push(lane_box(draw, lane, place));
        places.push((lane, place));
    }
    let now = places.iter().find(|(lane, _)| lane.is_now);
    if let (Some((_, place)), Some((x, from_y))) = (now, from) {
        let (to_x, to_y) = (place.x - 10.0, place.y + place.h / 2.0);
        let d = if to_x - x > 20.0 {
            let middle = f64::midpoint(x, to_x);
            format!(
                "M{} {}C{} {} {} {} {} {}",
                number(x),
                number(from_y),
                number(middle + 6.0),
                number(from_y),
                number(middle - 6.0),
                number(to_y),
                number(to_x),
                number(to_y)
            )
        } else {
            let middle = x + 6.0;
            rounded(&[(x, from_y), (middle, from_y), (middle, to_y), (to_x, to_y)], 5.0)
        };
        nodes.push(Node::path(d, "link-acc"));
        nodes.push(Node::path(format!("M{} {}l9 5l-9 5z", number(to_x - 1.0), number(to_y - 5.0)), "arrow"));
    }
    y + rows as f64 * pitch
}

fn lane_box(draw: &Draw<'_>, lane: &PartitionLane, place: Area) -> Node {
    let narrow = draw.frame.is_narrow();
    let class = if lane.is_now { "is-chosen-box" } else { "soft-box" };
    let (chip_w, chip_gap, x0) = if narrow { (64.0, 4.0, 26.0) } else { (74.0, 4.0, 44.0) };
    let chip_h = (place.h - 8.0).min(if narrow { 28.0 } else { 30.0 });
    let mut group = Node::group(place.x, place.y, "lane-p")
        .named(&lane.id, draw.label(&lane.id))
        .container()
        .part()
        .with(Node::rect(Area::new(0.0, 0.0, place.w, place.h), 8.0, class))
        .with(Node::words(
            if narrow { 10.0 } else { 14.0 },
            place.h / 2.0 + 5.4,
            &format!("{}{}", if narrow { "s-h" } else { "s-mid" }, if lane.is_now { " f-accent" } else { "" }),
            lane.partition.to_string(),
        ));
    let fits = ((place.w - x0 - 6.0 + chip_gap) / (chip_w + chip_gap)).floor().max(1.0) as usize;
    let over = lane.keys.len() > fits;
    let shown = if over { fits.saturating_sub(1).max(1) } else { lane.keys.len() };
    for (index, chip) in lane.keys.iter().take(shown).enumerate() {
        let x = x0 + index as f64 * (chip_w + chip_gap);
        group = group.with(key_chip(draw, chip, Area::new(x, (place.h - chip_h) / 2.0, chip_w, chip_h)));
    }
    let x = x0 + shown as f64 * (chip_w + chip_gap);
    if over {
        group = group.with(Node::words(x + 2.0, place.h / 2.0 + 4.5, "s-dim", format!("+{}", lane.keys.len() - shown)));
    } else if lane.records > 0 {
        let words = draw.say(Phrase::new("interface.partitioner.records").with("n", grouped(lane.records)));
        if x + text::width(&words, 12.0) + 12.0 <= place.w {
            group = group.with(Node::words(place.w - 10.0, place.h / 2.0 + 4.5, "s-dim end", words));
        }
    }
    group
}

fn key_chip(draw: &Draw<'_>, chip: &KeyChip, area: Area) -> Node {
    let state = match (chip.next, chip.records > 0) {
        (false, _) => "is-ghost",
        (true, true) => "is-committed",
        (true, false) => "is-uncommitted",
    };
    Node::group(area.x, area.y, &format!("rec k{} {state}", chip.color))
        .named(&chip.id, draw.label(&chip.id))
        .with(Node::rect(Area::new(0.0, 0.0, area.w, area.h), 6.0, "box"))
        .with(Node::words(area.w / 2.0, area.h / 2.0 + 4.8, "val is-long", text::fit(&chip.key, 12.5, area.w - 8.0)))
}

/// How many keys move: one bar, and the partitions before and after as segments as wide as their keys.
pub(super) fn moved_share(draw: &Draw<'_>, moves: &MovedShare, y: f64, nodes: &mut Vec<Node>) -> f64 {
    let width = draw.frame.width;
    let keys = moves.keys.max(1) as f64;
    let tenths = (moves.moved * 2_000 + moves.keys.max(1)) / (moves.keys.max(1) * 2); // of a percent, rounded
    let say = |key: &str| {
        let phrase = Phrase::new(key)
            .with("keys", grouped(moves.keys))
            .with("from", moves.from)
            .with("to", moves.to)
            .with("moved", grouped(moves.moved))
            .with("stay", grouped(moves.keys - moves.moved))
            .with("percent", format!("{}.{}", tenths / 10, tenths % 10));
        draw.say(phrase)
    };
    let title = say("interface.partitioner.moves");
    let mut group = Node::group(0.0, y, "moves").named(&moves.id, draw.label(&moves.id));
    let title_w = text::width(&title, 14.7);
    group = group.with(Node::words(0.0, 14.0, "s-h", title));
    let over = say("interface.partitioner.moves_over");
    let mut top = 24.0;
    if title_w + 14.0 + text::width(&over, 12.0) <= width {
        group = group.with(Node::words(title_w + 14.0, 14.0, "s-note", over));
    } else {
        group = group.with(Node::words(0.0, 32.0, "s-note", text::fit(&over, 12.0, width)));
        top = 42.0;
    }
    let share = bounded(moves.moved as f64 / keys, 0.0, 1.0) * width;
    group = group
        .with(Node::words(0.0, top + 12.0, "s-note s-strong f-accent", say("interface.partitioner.moved")))
        .with(Node::words(width, top + 12.0, "s-note end", say("interface.partitioner.stay")))
        .with(Node::rect(Area::new(0.0, top + 18.0, width, 12.0), 6.0, "bar-bg"))
        .with(Node::rect(Area::new(0.0, top + 18.0, share, 12.0), 6.0, "bar-acc"));
    top += 40.0;
    for (counts, partitions) in [(&moves.counts_before, moves.from), (&moves.counts_after, moves.to)] {
        let label = draw.say(Phrase::new("interface.partitioner.with_partitions").with("n", partitions));
        let label_w = if draw.frame.is_narrow() { 0.0 } else { 96.0 };
        if draw.frame.is_narrow() {
            group = group.with(Node::words(0.0, top + 11.0, "s-dim", label));
            top += 17.0;
        } else {
            group = group.with(Node::words(0.0, top + 16.0, "s-note", label));
        }
        let room = width - label_w;
        let total = counts.iter().sum::<i64>().max(1) as f64;
        let mut x = label_w;
        for (index, count) in counts.iter().enumerate() {
            let w = *count as f64 / total * room;
            let words = format!("{index}: {}", grouped(*count));
            let mut segment = Node::group(x, top, &format!("tok k{}", index % 6 + 1)).with(Node::rect(
                Area::new(0.0, 0.0, (w - 3.0).max(1.0), 24.0),
                4.0,
                "",
            ));
            if text::width(&words, 12.0) < w - 5.0 {
                segment = segment.with(Node::words((w - 3.0) / 2.0, 16.2, "mid is-small", words));
            }
            group = group.with(segment);
            x += w;
        }
        top += 32.0;
    }
    nodes.push(group);
    y + top
}

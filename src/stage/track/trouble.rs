//! What a row shows only when something goes wrong: ghosts of cut records, clocks, other states than in sync.

use highwater_player::phrase::Phrase;
use highwater_player::scene::cluster::{Clock, ClockOf, Ghost, ReplicaRow, Standing};

use super::{Measures, short};
use crate::stage::Draw;
use crate::stage::frame::Area;
use crate::stage::node::{Node, number};

/// How a replica is, in a few words, and their class.
pub(super) fn state(draw: &Draw<'_>, row: &ReplicaRow) -> (String, &'static str) {
    if let Some(clock) = &row.clock {
        return (clock_words(draw, clock), "s-note s-strong f-lead");
    }
    let key = match row.standing {
        Standing::Paused => "scene.paused",
        _ if row.is_deposed => "scene.deposed",
        _ if row.in_isr => "scene.in_sync",
        _ => "interface.out_of_sync",
    };
    (draw.say(Phrase::new(key)), "s-note")
}

#[inline(never)]
fn clock_words(draw: &Draw<'_>, clock: &Clock) -> String {
    let key = match clock.about {
        ClockOf::Lag => "scene.lag_clock",
        ClockOf::Silence => "scene.silence_clock",
    };
    draw.say(Phrase::new(key).with("waited", seconds(clock.waited_ms)).with("limit", seconds(clock.limit_ms)))
}

/// Milliseconds as seconds with at most one decimal.
fn seconds(ms: u64) -> String {
    number((ms / 100) as f64 / 10.0)
}

/// The time that has passed, as a bar under its words.
#[inline(never)]
pub(super) fn clock_bar(clock: &Clock, w: f64) -> [Node; 2] {
    let share = if clock.limit_ms == 0 { 1.0 } else { (clock.waited_ms as f64 / clock.limit_ms as f64).min(1.0) };
    let bar = |w: f64, class: &str| {
        let mut bar = Node::rect(Area::new(18.0, 88.0, w, 4.0), 2.0, class);
        bar.area = None;
        bar
    };
    [bar(w, "bar-bg"), bar(w * share, if clock.waited_ms >= clock.limit_ms { "bar-bad" } else { "bar-lead" })]
}

/// Records that were cut off: red and struck in the step that cut them, faint until their slots are written again.
#[inline(never)]
pub(super) fn ghosts(draw: &Draw<'_>, measures: &Measures, row: &ReplicaRow) -> Vec<Node> {
    let mut nodes = Vec::new();
    for ghost in row.ghosts.iter().filter(|ghost| measures.holds(ghost.cell.offset)) {
        nodes.extend(cell(draw, measures, ghost, measures.has_offsets(row)));
    }
    let is_cut = row.ghosts.iter().any(|ghost| ghost.is_new);
    let leo = row.log_end_offset.value;
    if is_cut && leo >= measures.first && leo <= measures.first + measures.slots {
        let x = measures.boundary(leo);
        nodes.push(Node::path(format!("M{} -10V{}", number(x), number(measures.bed + 8.0)), "cut-line"));
    }
    nodes
}

fn cell(draw: &Draw<'_>, measures: &Measures, ghost: &Ghost, has_offsets: bool) -> Vec<Node> {
    let (w, h) = (measures.cell_w, measures.cell_h);
    let x = measures.cell_x(ghost.cell.offset);
    let narrow = draw.frame.is_narrow();
    let value = ghost.cell.value.as_deref().map_or_else(|| "null".to_owned(), |value| short(value, 6));
    let long = if value.chars().count() > 5 { " is-long" } else { "" };
    let class = if ghost.is_new { "rec is-cut" } else { "rec is-ghost" };
    let mut group = Node::group(x, 0.0, class).named(&ghost.cell.id, draw.label(&ghost.cell.id)).with(Node::rect(
        Area::new(0.0, 0.0, w, h),
        6.0,
        "box",
    ));
    if ghost.is_new {
        let d = format!("M5 5L{} {}M{} 5L5 {}", number(w - 5.0), number(h - 5.0), number(w - 5.0), number(h - 5.0));
        group = group.with(Node::path(d, "cut-cross"));
    }
    let key = ghost.cell.key.as_deref().filter(|_| !narrow);
    let y = match (key, narrow) {
        (Some(_), _) => 19.0,
        (None, true) => h / 2.0 + 4.8,
        (None, false) => 26.8,
    };
    group = group.with(Node::words(w / 2.0, y, &format!("val{long}"), value));
    if let Some(key) = key {
        group = group.with(Node::words(w / 2.0, 36.0, "key", short(key, 7)));
    }
    let offset = Node::words(x + w / 2.0, measures.offsets, "off", ghost.cell.offset.to_string());
    [Some(group), has_offsets.then_some(offset)].into_iter().flatten().collect()
}

//! The marks of a log: flags, the log end, floats, the epoch ribbon.

use super::Measures;
use crate::stage::Draw;
use crate::stage::frame::{Area, bounded};
use crate::stage::node::Node;
use crate::stage::node::number;
use crate::stage::text;
use highwater_player::phrase::Phrase;
use highwater_player::scene::cluster::Float;
use highwater_player::scene::cluster::ReplicaRow;
use highwater_player::scene::cluster::Role;
use highwater_player::sorted::sort_short_by_key;

pub(super) fn ribbon(draw: &Draw<'_>, measures: &Measures, row: &ReplicaRow) -> Vec<Node> {
    let mut bands = Vec::new();
    for (index, (epoch, from)) in row.epochs.iter().enumerate() {
        let until = row.epochs.get(index + 1).map_or(row.log_end_offset.value, |(_, next)| *next);
        let from = (*from).max(measures.first);
        let until = until.min(measures.first + measures.slots);
        if until <= from {
            continue;
        }
        let w = (until - from) as f64 * measures.pitch - measures.gap();
        let key = if w >= 46.0 { "interface.epoch" } else { "interface.epoch_short" };
        bands.push(
            Node::group(measures.cell_x(from), 72.0, if index % 2 == 0 { "epoch" } else { "epoch is-alt" })
                .with(Node::rect(Area::new(0.0, 0.0, w, 17.0), 4.0, ""))
                .with(Node::words(w / 2.0, 12.8, "mid is-small", draw.say(Phrase::new(key).with("n", *epoch)))),
        );
    }
    bands
}

pub(super) fn flag_w(hw: i64) -> f64 {
    (hw.to_string().len() + 3) as f64 * 7.35 + 16.0
}

/// With nothing below it in the window, the flag has no room at its left.
pub(super) fn hw_flag_is_right(measures: &Measures, hw: i64) -> bool {
    measures.boundary(hw) - flag_w(hw) < -measures.gap() / 2.0 - measures.cell_w.min(12.0)
}

pub(super) fn flag(draw: &Draw<'_>, measures: &Measures, row: &ReplicaRow, hw: i64, hw_x: f64, mark: &str) -> Node {
    let w = flag_w(hw);
    let right = hw_flag_is_right(measures, hw);
    let left = if right { 0.0 } else { -w };
    let class = match row.role {
        Role::Leader => "hw",
        Role::Follower => "hw is-copy",
    };
    let mut group = Node::group(hw_x, 0.0, class)
        .named(mark, draw.label(mark))
        .with(Node::path(format!("M0 -38V{}", number(measures.bed)), "hw-line"));
    if draw.asks(mark) {
        let x = left - 12.0;
        group = group
            .with(Node::path(format!("M{} -38l9 9.5l-9 9.5l-9 -9.5z", number(x)), "ask-mark"))
            .with(Node::words(x, -24.4, "ask-mark-t mid is-small", "?"));
    }
    group = group.with(Node::rect(Area::new(left, -38.0, w, 19.0), 3.0, "hw-flag"));
    let now = format!("HW {hw}");
    group = group.with_all(draw.changing(mark, left + w / 2.0, -24.2, "hw-text", &now, |was| format!("HW {was}")));
    let diamond = if draw.asks(mark) { 24.0 } else { 0.0 };
    // The widest note, "was" in either language with three digits, must stay on the track and off the LEO's words.
    let note = if right {
        let room = measures.boundary(row.log_end_offset.value) - hw_x - w;
        (room > 72.0).then_some((w + 6.0, -24.2, "s-note f-accent"))
    } else {
        (hw_x - w - diamond > 60.0).then_some((-w - 6.0 - diamond, -24.2, "s-note f-accent end"))
    };
    draw.outlined(group, mark, Area::new(left, -38.0, w, 19.0), note)
}

pub(super) fn end_mark(
    draw: &Draw<'_>,
    measures: &Measures,
    row: &ReplicaRow,
    leo: i64,
    leo_x: f64,
    words_x: f64,
) -> Node {
    let mark = format!("{}/leo", row.id);
    let now = format!("LEO {leo}");
    let w = text::width(&now, 12.0);
    let group = Node::group(leo_x, 0.0, "leo")
        .named(&mark, draw.label(&mark))
        .with(Node::path(format!("M0 -36V{}", number(measures.bed)), "leo-line"))
        .with_all(draw.changing(&mark, words_x, -24.2, "leo-text", &now, |was| format!("LEO {was}")));
    // As at the flag: a note that would leave the track is not written; the text form has it.
    let note_x = words_x + w + 10.0;
    let was = draw.look.changes.was.get(&mark).map_or("", String::as_str);
    let note_w = text::width(&draw.say(Phrase::new("interface.was").with("value", was)), 12.0);
    let note = (leo_x + note_x + note_w <= measures.log_w(draw.frame)).then_some((note_x, -24.2, "s-note f-accent"));
    draw.outlined(group, &mark, Area::new(words_x - 3.0, -37.0, w + 6.0, 17.0), note)
}

pub(super) fn floats(draw: &Draw<'_>, measures: &Measures, row: &ReplicaRow, leo_x: f64, log_w: f64) -> Vec<Node> {
    let y = measures.floats;
    let mut nodes = Vec::new();
    let mut known: Vec<(&Float, f64)> = row
        .floats
        .iter()
        .filter_map(|float| float.log_end_offset.value.map(|offset| (float, measures.boundary(offset))))
        .collect();
    sort_short_by_key(&mut known, |float| (float.1 * 100.0) as i64);
    // No box leaves the row at its left.
    let mut taken = -14.0;
    let mut first_left = log_w;
    let mut index = 0;
    while let Some((_, boundary)) = known.get(index).copied() {
        let together: Vec<&Float> = known
            .iter()
            .skip(index)
            .take_while(|(_, x)| (*x - boundary).abs() < 0.5)
            .map(|(float, _)| *float)
            .collect();
        index += together.len();
        let widths: Vec<f64> =
            together.iter().map(|float| text::width(&format!("B{}", float.replica), 12.0).max(14.0) + 16.0).collect();
        let whole: f64 = widths.iter().sum::<f64>() + (widths.len() - 1) as f64;
        let mut left = (boundary - whole / 2.0).max(taken);
        first_left = first_left.min(left);
        for (place, (float, w)) in together.iter().zip(&widths).enumerate() {
            let note_right = place > 0 || !nodes.is_empty();
            nodes.push(float_box(draw, float, left, y, *w, boundary - left, together.len() == 2, place, note_right));
            left += w + 1.0;
        }
        taken = left + 1.0;
    }
    let unknown: Vec<String> = row
        .floats
        .iter()
        .filter(|float| float.log_end_offset.value.is_none())
        .map(|float| format!("B{}", float.replica))
        .collect();
    let words = if unknown.is_empty() {
        draw.say(Phrase::new("interface.what_the_leader_knows"))
    } else {
        draw.say(Phrase::new("interface.not_fetched_yet").with("brokers", unknown.join(", ")))
    };
    if row.floats.is_empty() || row.floats.iter().any(|float| draw.is_outlined(&float.id)) {
        return nodes; // what the floats were stands where these words would
    }
    let needed = text::width(&words, 12.0);
    let x = (leo_x + 7.0).max(taken + 7.0);
    if x + needed <= log_w {
        nodes.push(Node::words(x, y + 13.0, "s-dim", words));
    } else if first_left > needed + 8.0 {
        nodes.push(Node::words(0.0, y + 13.0, "s-dim", words));
    }
    nodes
}

#[expect(clippy::too_many_arguments, reason = "a box with its beak has this many measures")]
fn float_box(
    draw: &Draw<'_>,
    float: &Float,
    left: f64,
    y: f64,
    w: f64,
    beak: f64,
    paired: bool,
    place: usize,
    note_right: bool,
) -> Node {
    let class = if float.holds_water { "float" } else { "float is-next" };
    let beak_d = if !paired {
        format!("M{} 0l5 -6l5 6z", number(bounded(beak - 5.0, 2.0, w - 12.0)))
    } else if place == 0 {
        format!("M{} 0l8 -6v6z", number(w - 8.0))
    } else {
        "M8 0l-8 -6v6z".to_owned()
    };
    let group = Node::group(left, y, class)
        .named(&float.id, draw.label(&float.id))
        .with(Node::path(beak_d, ""))
        .with(Node::rect(Area::new(0.0, 0.0, w, 18.0), 4.0, ""))
        .with(Node::words(w / 2.0, 13.2, "mid is-small", format!("B{}", float.replica)));
    let note = if note_right { (w + 6.0, 13.2, "s-note f-accent") } else { (-6.0, 13.2, "s-note f-accent end") };
    draw.outlined(group, &float.id, Area::new(0.0, 0.0, w, 18.0), Some(note))
}

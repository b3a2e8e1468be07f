//! The history panel: a line of time for each replica, where it led, and where it was in the ISR.

use highwater_player::phrase::Phrase;
use highwater_player::scene::history::{HistoryPanel, HistoryRow, Was};

use super::frame::Area;
use super::node::{Node, number};
use super::text;
use super::{Draw, Picture};

/// From the top to the first line.
const TOP_PX: f64 = 34.0;
/// From a line to the next.
const LINE_PX: f64 = 24.0;
/// The least width of a band's words.
const ROOM_PX: f64 = 8.0;

/// Draws who led when.
#[inline(never)]
pub fn draw(draw: &Draw<'_>, panel: &HistoryPanel) -> Picture {
    let left = if draw.frame.is_narrow() { 72.0 } else { 96.0 };
    let axis = Axis { left, width: draw.frame.width - left - 8.0, until_us: panel.until_us.max(1) };
    let bottom = TOP_PX + panel.rows.len() as f64 * LINE_PX;
    let heading = Node::group(0.0, 0.0, "").named(&panel.id, draw.label(&panel.id)).with(Node::words(
        0.0,
        16.0,
        "s-h",
        draw.say(Phrase::new("text.history").with("partition", &*panel.partition)),
    ));
    let mut nodes = vec![heading];
    nodes.extend(epochs(draw, panel, &axis, bottom));
    for (index, row) in panel.rows.iter().enumerate() {
        nodes.push(line(draw, row, &axis, TOP_PX + index as f64 * LINE_PX));
    }
    nodes.extend(times(draw, &axis, bottom));
    Picture { width: draw.frame.width, height: bottom + 24.0, nodes, ..Picture::default() }
}

struct Axis {
    left: f64,
    width: f64,
    until_us: u64,
}

impl Axis {
    fn x(&self, at_us: u64) -> f64 {
        self.left + self.width * (at_us.min(self.until_us) as f64 / self.until_us as f64)
    }
}

fn line(draw: &Draw<'_>, row: &HistoryRow, axis: &Axis, y: f64) -> Node {
    let name = draw.say(Phrase::new("interface.broker").with("id", row.broker));
    let mut group = Node::group(0.0, y, "").named(&row.id, draw.label(&row.id)).with(Node::words(
        0.0,
        14.0,
        "s-note f-ink",
        text::fit(&name, 12.0, axis.left - 8.0),
    ));
    for (index, span) in row.spans.iter().enumerate() {
        let until = row.spans.get(index + 1).map_or(axis.until_us, |next| next.from_us);
        let (from, to) = (axis.x(span.from_us), axis.x(until));
        let w = (to - from).max(1.0);
        let shape = match span.was {
            Was::Leader => Node::rect(Area::new(from, 3.0, w, 14.0), 3.0, "past-lead"),
            Was::InIsr => Node::path(format!("M{} 10H{}", number(from), number(from + w)), "past-isr"),
            Was::InElr => Node::path(format!("M{} 10H{}", number(from), number(from + w)), "past-elr"),
            Was::Out => Node::path(format!("M{} 10H{}", number(from), number(from + w)), "past-out"),
        };
        group = group.with(shape);
        let words = match span.was {
            Was::Leader => draw.say(Phrase::new("interface.leader")),
            Was::InElr => "ELR".to_owned(),
            Was::InIsr | Was::Out => continue,
        };
        if text::width(&words, 12.0) + ROOM_PX <= w && span.was == Was::Leader {
            group = group.with(Node::words(from + w / 2.0, 14.2, "past-words mid is-small", words));
        }
    }
    group
}

/// A line where a leader epoch begins, with its number.
fn epochs(draw: &Draw<'_>, panel: &HistoryPanel, axis: &Axis, bottom: f64) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut free =
        text::width(&draw.say(Phrase::new("text.history").with("partition", &*panel.partition)), 14.7) + 12.0;
    for (epoch, at_us) in &panel.epochs {
        let x = axis.x(*at_us);
        nodes.push(Node::path(format!("M{} {}V{}", number(x), number(TOP_PX - 6.0), number(bottom)), "rule"));
        let words = draw.say(Phrase::new("interface.epoch_short").with("n", *epoch));
        let w = text::width(&words, 12.0);
        let at = (x - 2.0).max(axis.left).min(axis.left + axis.width - w);
        if at >= free {
            nodes.push(Node::words(at, TOP_PX - 10.0, "s-dim", words));
            free = at + w + ROOM_PX;
        }
    }
    nodes
}

/// The times at both ends.
fn times(draw: &Draw<'_>, axis: &Axis, bottom: f64) -> [Node; 2] {
    let seconds =
        |us: u64| draw.say(Phrase::new("interface.history_axis").with("s", number((us / 100_000) as f64 / 10.0)));
    [
        Node::words(axis.left, bottom + 14.0, "s-dim", seconds(0)),
        Node::words(axis.left + axis.width, bottom + 14.0, "s-dim end", seconds(axis.until_us)),
    ]
}

//! Links that are cut: a dashed lane with a cross on it. Where only one direction is lost, an arrowhead before the cross says
//! which: it points the way that nothing gets through. A node without a lane in the picture stands there as a word.
//!
//! Below 560 px there are no lanes: each row says at its top from whom it is cut off.

use highwater_player::phrase::Phrase;
use highwater_player::scene::cluster::{Cut, ReplicaRow};

use super::{Column, End, Network, end_of};
use crate::stage::Draw;
use crate::stage::frame::Area;
use crate::stage::node::{Node, number, rounded};
use crate::stage::text;

/// From a port to the cross on its lane.
const CROSS_PX: f64 = 40.0;
/// From a cross to the arrowhead before it.
const ARROW_PX: f64 = 17.0;
/// Between two lanes that end in words.
const STUB_PX: f64 = 20.0;

/// A cross over a lane.
#[inline(never)]
fn cross(x: f64, y: f64) -> Node {
    let (left, right, top, bottom) = (number(x - 6.0), number(x + 6.0), number(y - 6.0), number(y + 6.0));
    Node::path(format!("M{left} {top}L{right} {bottom}M{right} {top}L{left} {bottom}"), "cut-sign")
}

/// An arrowhead at a place, along a direction.
fn arrow((x, y): (f64, f64), (dx, dy): (f64, f64)) -> Node {
    let (tip, back) = ((x + 4.0 * dx, y + 4.0 * dy), (x - 4.0 * dx, y - 4.0 * dy));
    let d = format!(
        "M{} {}L{} {}L{} {}",
        number(back.0 - 5.0 * dy),
        number(back.1 - 5.0 * dx),
        number(tip.0),
        number(tip.1),
        number(back.0 + 5.0 * dy),
        number(back.1 + 5.0 * dx)
    );
    Node::path(d, "cut-sign")
}

/// The cross, and the arrowhead before it where one direction is lost. `away` is the way from the broker to the other end.
fn sign(cut: &Cut, (x, y): (f64, f64), away: (f64, f64)) -> Vec<Node> {
    let mut nodes = vec![cross(x, y)];
    let before = |way: (f64, f64)| arrow((x - ARROW_PX * way.0, y - ARROW_PX * way.1), way);
    match (cut.loses_sent, cut.loses_heard) {
        (true, false) => nodes.push(before(away)),
        (false, true) => nodes.push(before((-away.0, -away.1))),
        _ => {}
    }
    nodes
}

/// Where a sign is, with the arrowhead on either side of it.
fn place_of((x, y): (f64, f64), away: (f64, f64)) -> Area {
    let room = |along: f64| 8.0 + (ARROW_PX - 3.0) * along;
    let (w, h) = (room(away.0), room(away.1));
    Area::new(x - w, y - h, 2.0 * w, 2.0 * h)
}

/// Draws all links that are cut; the places of their signs and words, which messages keep clear of.
pub(super) fn lanes(draw: &Draw<'_>, column: &Column<'_>, network: &mut Network) -> Vec<Area> {
    let mut taken = Vec::new();
    for (index, row) in column.panel.replicas.iter().enumerate() {
        let mut stubs = 0.0;
        for cut in &row.cuts {
            match end_of(column.panel, &cut.other) {
                Some(End::Broker(other)) => taken.extend(between(column, (index, other), cut, network)),
                Some(End::Client(client)) if column.has_lane(client) => {
                    network.ways.push(lane(&column.client_lane(client, index)));
                    let port = (column.edge, column.client_port(index, client));
                    network.ports.push(Node::circle(port.0, port.1, 4.5, "port"));
                    let (at, away) = ((port.0 + CROSS_PX, port.1), (1.0, 0.0));
                    network.ways.extend(sign(cut, at, away));
                    taken.push(place_of(at, away));
                }
                _ => {
                    let y = column.row_y(index) + 18.0 + stubs;
                    taken.push(stub(draw, column.edge, y, cut, network));
                    stubs += STUB_PX;
                }
            }
        }
    }
    taken
}

fn lane(points: &[(f64, f64)]) -> Node {
    Node::path(rounded(points, 12.0), "lane is-cut")
}

/// Between two brokers: on the lane to the leader, or on one of its own between two followers. Where the sign is.
fn between(column: &Column<'_>, (here, other): (usize, usize), cut: &Cut, network: &mut Network) -> Option<Area> {
    let leader = column.rows.leader;
    let (at, away) = if other == leader {
        network.ways.push(lane(&column.broker_lane(here, leader)));
        ((column.edge + CROSS_PX, column.port(here)), (1.0, 0.0))
    } else if here != leader && here < other {
        // Clear of the ports for the leader.
        let (top, bottom) = (column.port(here) + 20.0, column.port(other) - 14.0);
        let x = column.edge + CROSS_PX;
        network.ways.push(lane(&[(column.edge, top), (x, top), (x, bottom), (column.edge, bottom)]));
        for y in [top, bottom] {
            network.ports.push(Node::circle(column.edge, y, 4.5, "port"));
        }
        ((x, bottom - 30.0), (0.0, 1.0))
    } else {
        return None;
    };
    network.ways.extend(sign(cut, at, away));
    Some(place_of(at, away))
}

/// A lane to a node that stands nowhere in the picture: it ends in that node's name.
fn stub(draw: &Draw<'_>, edge: f64, y: f64, cut: &Cut, network: &mut Network) -> Area {
    let end = edge + CROSS_PX + if cut.loses_heard && !cut.loses_sent { ARROW_PX + 8.0 } else { 10.0 };
    let words = text::fit(&draw.say(name(&cut.other)), 12.0, draw.frame.width - end - 4.0);
    let w = text::width(&words, 12.0);
    network.ways.push(lane(&[(edge, y), (end, y)]));
    network.ways.extend(sign(cut, (edge + CROSS_PX, y), (1.0, 0.0)));
    network.ways.push(Node::words(end + 4.0, y + 4.2, "s-note f-bad", words));
    network.ports.push(Node::circle(edge, y, 4.5, "port"));
    Area::new(edge, y - 8.0, end + 4.0 + w - edge, 16.0)
}

fn name(mark: &str) -> Phrase {
    match mark.strip_prefix("broker-") {
        Some(broker) => Phrase::new("interface.broker").with("id", broker),
        None if mark == "controller" => Phrase::new("interface.controller"),
        None => Phrase::new("facts.client").with("client", mark.strip_prefix("client-").unwrap_or(mark)),
    }
}

/// A cut link at the top of a row.
pub struct Sign(String);

impl Sign {
    /// How much room it takes.
    pub fn width(&self) -> f64 {
        22.0 + text::width(&self.0, 12.0)
    }

    /// The cross and the words, from `x` on, beside words on the baseline `y`.
    pub fn draw(&self, x: f64, y: f64) -> [Node; 2] {
        [cross(x + 6.0, y - 5.0), Node::words(x + 16.0, y, "s-note s-strong f-bad", self.0.clone())]
    }
}

/// From whom a row is cut off, in as few letters as the floats have: `B3` both ways, `→ B3` what it sends there.
pub fn signs(draw: &Draw<'_>, row: &ReplicaRow) -> Vec<Sign> {
    let short = |cut: &Cut| {
        let whom = match cut.other.strip_prefix("broker-") {
            Some(broker) => format!("B{broker}"),
            None => draw.say(name(&cut.other)),
        };
        let way = match (cut.loses_sent, cut.loses_heard) {
            (true, false) => "→ ",
            (false, true) => "← ",
            _ => "",
        };
        Sign([way, &whom].concat())
    };
    row.cuts.iter().map(short).collect()
}

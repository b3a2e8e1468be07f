//! The network: lanes between brokers and clients, messages on them, and those that wait in a broker.
//!
//! At 560 px and wider the network is a column at the right; below, messages stand between the rows.
//! Every lane has its own resting place, so that no message lies over a box or over another one.

mod cuts;
mod envelope;
mod narrow;

use crate::stage::frame::bounded;
use highwater_player::sorted::SortedMap;

use highwater_player::scene::cluster::{ClientKind, ClusterPanel, Envelope, Whereabouts};

use super::Draw;
use super::clients::{self, is_producer};
use super::cluster::Rows;
use super::frame::Area;
use super::node::{Node, number, rounded};
use super::text;
pub use cuts::{Sign, signs};
use envelope::{dock, envelope};

/// A message's way: where its envelope is at the start, at rest half way, and at the end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Travel {
    /// Leaving the sender.
    pub start: (f64, f64),
    /// Half way: where it stands while it is on the wire between two steps.
    pub rest: (f64, f64),
    /// Reaching the receiver.
    pub end: (f64, f64),
}

/// The network as shapes, by layer.
#[derive(Default)]
pub struct Network {
    /// Lanes without a message.
    pub idle: Vec<Node>,
    /// The ways of messages.
    pub ways: Vec<Node>,
    /// Where lanes meet boxes.
    pub ports: Vec<Node>,
    /// From the mark that made a sender send, to its port.
    pub causes: Vec<Node>,
    /// The messages.
    pub envelopes: Vec<Node>,
    /// Their ways, for motion.
    pub travels: SortedMap<String, Travel>,
    /// The lower edge of the lowest message.
    pub bottom: f64,
}

/// An end of a lane.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// The index of a replica's row.
    Broker(usize),
    /// The index of a client.
    Client(usize),
}

fn end_of(panel: &ClusterPanel, id: &str) -> Option<End> {
    if let Some(index) = panel.clients.iter().position(|client| client.id == id) {
        return Some(End::Client(index));
    }
    let broker: i32 = id.strip_prefix("broker-")?.split('/').next()?.parse().ok()?;
    panel.replicas.iter().position(|row| row.broker == broker).map(End::Broker)
}

#[derive(Clone, Copy, PartialEq)]
enum Beak {
    Up,
    Down,
    Left,
    Right,
}

const BEAK: f64 = 8.0;
const DOCK_H: f64 = 34.0;

/// The size of a message and its words in lines.
struct Size {
    w: f64,
    h: f64,
    lines: Vec<String>,
}

fn size(draw: &Draw<'_>, envelope: &Envelope) -> Size {
    let words = draw.say(&envelope.summary);
    let (least, most) = if draw.frame.is_narrow() {
        let half = ((draw.frame.width - 36.0) / 2.0).min(172.0);
        (half.min(146.0), half)
    } else {
        (156.0, 172.0)
    };
    let w = bounded(text::width(&words, 12.0) + 24.0, least, most).ceil();
    let mut lines = text::wrap(&words, 12.0, w - 22.0);
    if lines.len() > 2 {
        let rest = lines.split_off(1).join(" ");
        lines.push(text::fit(&rest, 12.0, w - 22.0));
    }
    let h = if lines.len() > 1 { 59.0 } else { 44.0 };
    Size { w, h, lines }
}

fn is_parked(envelope: &Envelope) -> bool {
    matches!(envelope.whereabouts, Whereabouts::Parked { .. })
}

/// The row before which the gap for messages between brokers stands, below 560 px.
pub fn gap_index(leader: usize, count: usize) -> usize {
    if leader + 1 < count { leader + 1 } else { leader }
}

fn stacked(draw: &Draw<'_>, panel: &ClusterPanel, of_clients: bool) -> f64 {
    let sizes: Vec<f64> = panel
        .messages
        .iter()
        .filter(|message| touches_client(panel, message) == of_clients)
        .map(|message| if is_parked(message) { DOCK_H } else { size(draw, message).h })
        .collect();
    sizes.chunks(2).map(|pair| pair.iter().copied().fold(0.0, f64::max) + 10.0).sum()
}

/// The gap for messages between brokers, below 560 px: always there, so that rows keep their places.
pub fn gap_between(draw: &Draw<'_>, panel: &ClusterPanel) -> f64 {
    stacked(draw, panel, false).max(54.0)
}

/// The gap for messages of clients, below 560 px: there only with one.
pub fn room_above(draw: &Draw<'_>, panel: &ClusterPanel) -> f64 {
    stacked(draw, panel, true)
}

fn touches_client(panel: &ClusterPanel, message: &Envelope) -> bool {
    [&message.from, &message.to].into_iter().any(|id| matches!(end_of(panel, id), Some(End::Client(_))))
}

/// Draws the network of a panel.
pub fn draw(draw: &Draw<'_>, panel: &ClusterPanel, rows: &Rows) -> Network {
    if draw.frame.is_narrow() { narrow::between_rows(draw, panel, rows) } else { column(draw, panel, rows) }
}

/// The measures of the network column.
struct Column<'a> {
    panel: &'a ClusterPanel,
    rows: &'a Rows,
    cards: Vec<Area>,
    /// Right edge of the brokers' boxes.
    edge: f64,
    /// The lane of brokers and consumers.
    trunk: f64,
    /// The lane of producers.
    outer: f64,
}

impl Column<'_> {
    fn row_y(&self, index: usize) -> f64 {
        self.rows.rows.get(index).map_or(0.0, |(y, _)| *y)
    }

    /// The port for other brokers.
    fn port(&self, index: usize) -> f64 {
        self.row_y(index) + if index == self.rows.leader { 124.0 } else { 76.0 }
    }

    /// The port for clients: consumers above, producers below.
    fn client_port(&self, broker: usize, client: usize) -> f64 {
        self.row_y(broker) + if self.is_producer(client) { 88.0 } else { 52.0 }
    }

    fn has_lane(&self, client: usize) -> bool {
        self.panel.clients.get(client).is_some_and(|client| client.kind != ClientKind::Controller)
    }

    fn is_producer(&self, client: usize) -> bool {
        self.panel.clients.get(client).is_some_and(is_producer)
    }

    /// A client's lane to a broker, from the card.
    fn client_lane(&self, client: usize, broker: usize) -> Vec<(f64, f64)> {
        let port = self.client_port(broker, client);
        let card = self.cards.get(client).copied().unwrap_or(Area::new(0.0, 0.0, 0.0, 76.0));
        let bottom = card.y + card.h;
        if self.is_producer(client) {
            if card.x + card.w >= self.outer {
                return vec![(self.outer, bottom), (self.outer, port), (self.edge, port)];
            }
            let x = card.x + card.w - 40.0;
            return vec![
                (x, bottom),
                (x, bottom + 8.0),
                (self.outer, bottom + 8.0),
                (self.outer, port),
                (self.edge, port),
            ];
        }
        let x = (card.x + card.w - 40.0).min(self.trunk - 24.0);
        vec![(x, bottom), (x, bottom + 12.0), (self.trunk, bottom + 12.0), (self.trunk, port), (self.edge, port)]
    }

    fn broker_lane(&self, from: usize, to: usize) -> Vec<(f64, f64)> {
        let (a, b) = (self.port(from), self.port(to));
        vec![(self.edge, a), (self.trunk, a), (self.trunk, b), (self.edge, b)]
    }
}

fn column(draw: &Draw<'_>, panel: &ClusterPanel, rows: &Rows) -> Network {
    let edge = rows.measures.box_x + rows.measures.box_w;
    let column = Column {
        panel,
        rows,
        cards: clients::places(draw, panel),
        edge,
        trunk: edge + 94.0,
        outer: draw.frame.width - 12.0,
    };
    let mut network = Network::default();
    idle(&column, &mut network);
    let mut taken = cuts::lanes(draw, &column, &mut network);
    let mut docks = 0.0;
    // Those that wait stand fixed at their ports; the ones on the wire then find room between them.
    for message in panel.messages.iter().filter(|message| is_parked(message)) {
        let (Some(from), Some(End::Broker(to))) = (end_of(panel, &message.from), end_of(panel, &message.to)) else {
            continue;
        };
        let y = match from {
            End::Client(client) => {
                column.client_port(to, client) - DOCK_H / 2.0 - if column.is_producer(client) { 0.0 } else { 5.0 }
            }
            End::Broker(_) => {
                docks += 1.0;
                column.row_y(to) + 116.0 + (docks - 1.0) * (DOCK_H + 6.0)
            }
        };
        let area = clear_of(&taken, Area::new(edge + 16.0, y, 156.0, DOCK_H), 4.0);
        taken.push(area);
        // The first is linked to its port, those below it to the one above.
        let port = match from {
            End::Client(client) => column.client_port(to, client),
            End::Broker(_) => column.port(to),
        };
        let link = if (area.y..=area.y + area.h).contains(&port) {
            format!("M{} {}H{}", number(edge), number(port), number(area.x))
        } else {
            format!("M{} {}V{}", number(area.x + 14.0), number(area.y - 6.0), number(area.y))
        };
        network.ways.push(Node::path(link, "path-now"));
        network.bottom = network.bottom.max(area.y + area.h);
        network.envelopes.push(dock(draw, panel, message, area));
        let here = (area.x, area.y);
        network.travels.insert(message.id.clone(), Travel { start: here, rest: here, end: here });
    }
    for message in panel.messages.iter().filter(|message| !is_parked(message)) {
        let (Some(from), Some(to)) = (end_of(panel, &message.from), end_of(panel, &message.to)) else {
            continue;
        };
        travelling(draw, &column, message, (from, to), &mut taken, &mut network);
    }
    network
}

fn idle(column: &Column<'_>, network: &mut Network) {
    let leader = column.rows.leader;
    for index in (0..column.panel.replicas.len()).filter(|index| *index != leader) {
        network.idle.push(Node::path(rounded(&column.broker_lane(index, leader), 12.0), "lane"));
        network.ports.push(Node::circle(column.edge, column.port(index), 4.5, "port"));
    }
    if column.panel.replicas.len() > 1 {
        network.ports.push(Node::circle(column.edge, column.port(leader), 4.5, "port"));
    }
    for client in (0..column.panel.clients.len()).filter(|client| column.has_lane(*client)) {
        network.idle.push(Node::path(rounded(&column.client_lane(client, leader), 12.0), "lane"));
        network.ports.push(Node::circle(column.edge, column.client_port(leader, client), 4.5, "port"));
    }
}

/// The area, moved down until it keeps `gap` from all that are there.
fn clear_of(taken: &[Area], mut area: Area, gap: f64) -> Area {
    for _ in 0..=taken.len() {
        let grown = Area::new(area.x, area.y - gap, area.w, area.h + 2.0 * gap);
        match taken.iter().find(|other| other.overlaps(grown)) {
            Some(other) => area.y = other.y + other.h + gap + 0.5,
            None => break,
        }
    }
    area
}

fn travelling(
    draw: &Draw<'_>,
    column: &Column<'_>,
    message: &Envelope,
    (from, to): (End, End),
    taken: &mut Vec<Area>,
    network: &mut Network,
) {
    let Size { w, h, lines } = size(draw, message);
    let x = column.trunk - w / 2.0;
    let (lane, desired, beak, start, end) = match (from, to) {
        (End::Broker(a), End::Broker(b)) => {
            let (pa, pb) = (column.port(a), column.port(b));
            let beak = if pb < pa { Beak::Up } else { Beak::Down };
            let rest = pa.max(pb) - 120.0;
            (column.broker_lane(a, b), rest, beak, pa - h / 2.0, pb - h / 2.0)
        }
        (End::Client(client), End::Broker(broker)) | (End::Broker(broker), End::Client(client)) => {
            let request = matches!(from, End::Client(_));
            let port = column.client_port(broker, client);
            let mut lane = column.client_lane(client, broker);
            if !request {
                lane.reverse();
            }
            if column.is_producer(client) {
                let beak = if request { Beak::Left } else { Beak::Right };
                let rest = port - h / 2.0;
                let card = 84.0;
                (lane, rest, beak, if request { card } else { rest }, if request { rest } else { card })
            } else {
                let beak = if request { Beak::Down } else { Beak::Up };
                let rest = bounded(port - 14.0 - h, 86.0, 94.0);
                (
                    lane,
                    rest,
                    beak,
                    if request { 84.0 } else { port - h / 2.0 },
                    if request { port - h / 2.0 } else { 84.0 },
                )
            }
        }
        (End::Client(_), End::Client(_)) => return,
    };
    let gap = if matches!((from, to), (End::Broker(_), End::Broker(_))) { 12.0 } else { 5.0 };
    let area = clear_of(taken, Area::new(x, desired, w, h), gap);
    taken.push(area);
    let moved = area.y - desired;
    ways(&message.id, &lane, area, beak, network);
    cause(draw, column, message, from, network);
    network.bottom = network.bottom.max(area.y + area.h);
    network.envelopes.push(envelope(draw, message, area, beak, &lines));
    network.travels.insert(
        message.id.clone(),
        Travel {
            start: (x, start + if matches!(beak, Beak::Right) { moved } else { 0.0 }),
            rest: (x, area.y),
            end: (x, end + if matches!(beak, Beak::Left) { moved } else { 0.0 }),
        },
    );
}

/// The way that a message has come.
fn way_behind(message: &str, d: String) -> Node {
    Node::path(d, "path-now").attr("pathLength", "1").moving(format!("{message}~way"))
}

/// The way that it still has to go.
fn way_ahead(message: &str, d: String) -> Node {
    Node::path(d, "path-to").moving(format!("{message}~ahead"))
}

/// The way behind an envelope and the way ahead of it: its lane without what the envelope covers.
fn ways(message: &str, lane: &[(f64, f64)], area: Area, beak: Beak, network: &mut Network) {
    let (cx, cy) = area.centre();
    let (enter, leave) = match beak {
        Beak::Up => ((cx, area.y + area.h), (cx, area.y - BEAK)),
        Beak::Down => ((cx, area.y), (cx, area.y + area.h + BEAK)),
        Beak::Left => ((area.x + area.w, cy), (area.x - BEAK, cy)),
        Beak::Right => ((area.x, cy), (area.x + area.w + BEAK, cy)),
    };
    let vertical = matches!(beak, Beak::Up | Beak::Down);
    // The segment of the lane on which the envelope stands.
    let on = lane.windows(2).position(|pair| match pair {
        [a, b] if vertical => {
            (a.0 - b.0).abs() < 0.5 && (a.0 - cx).abs() < 1.0 && (a.1.min(b.1)..=a.1.max(b.1)).contains(&cy)
        }
        [a, b] => (a.1 - b.1).abs() < 0.5 && (a.1 - cy).abs() < 1.0 && (a.0.min(b.0)..=a.0.max(b.0)).contains(&cx),
        _ => false,
    });
    let Some(on) = on else {
        network.ways.push(way_ahead(message, rounded(lane, 12.0)));
        return;
    };
    let mut behind: Vec<(f64, f64)> = lane.iter().take(on + 1).copied().collect();
    behind.push(enter);
    let mut ahead = vec![leave];
    ahead.extend(lane.iter().skip(on + 1).copied());
    network.ways.push(way_behind(message, rounded(&behind, 12.0)));
    if let (Some(first), Some(last)) = (ahead.first(), ahead.last())
        && (first.0 - last.0).abs() + (first.1 - last.1).abs() > 10.0
    {
        network.ways.push(way_ahead(message, rounded(&ahead, 12.0)));
    }
}

/// The dotted line from the end of the sender's log to its port, with why in a few words.
fn cause(draw: &Draw<'_>, column: &Column<'_>, message: &Envelope, from: End, network: &mut Network) {
    let (Some((mark, words)), End::Broker(index)) = (&message.cause, from) else {
        return;
    };
    let Some(row) = column.panel.replicas.get(index).filter(|row| mark.starts_with(&row.id)) else {
        return;
    };
    let measures = &column.rows.measures;
    let (x0, y0) = (measures.box_x + measures.header, column.row_y(index) + measures.top);
    let log_w = measures.log_w(draw.frame);
    // Past the ghosts of what was cut.
    let end = row.ghosts.last().map_or(row.log_end_offset.value, |ghost| ghost.cell.offset.saturating_add(1));
    let leo_x = measures.boundary(end.max(row.log_end_offset.value));
    let y = y0 + 22.0;
    let end = column.edge - 10.0;
    let mut d = format!("M{} {}H{}", number(x0 + leo_x - 1.0), number(y), number(end));
    let port = column.port(index);
    if (port - y).abs() > 24.0 {
        d.push_str(&format!("V{}", number(port)));
    }
    network.causes.push(Node::path(d, "cause"));
    let words = draw.say(words);
    let left = leo_x + measures.pitch + 7.0;
    if left + text::width(&words, 12.0) <= log_w + 8.0 {
        network.causes.push(Node::words(x0 + left, y0 + 14.0, "s-dim", words));
    }
}

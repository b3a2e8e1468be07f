//! The cluster panel: ISR rail at the left, a row for each replica, network at the right, clients on top.

use highwater_player::phrase::Phrase;
use highwater_player::scene::cluster::{ClusterPanel, Role};

use super::node::{Node, number};
use super::track::{self, FOLDED_PX, Measures};
use super::{Draw, Picture, clients, network, text};

/// Where the rows stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// Measures that all rows share.
    pub measures: Measures,
    /// Top edge and height of each replica's row, in the panel's order.
    pub rows: Vec<(f64, f64)>,
    /// The index of the leader's row (the first, if nobody leads).
    pub leader: usize,
    /// Space above the rows that messages of clients need, below 560 px.
    pub above: f64,
    /// The lower edge of the last row.
    pub bottom: f64,
}

/// Lays out one partition on its brokers.
pub fn draw(draw: &Draw<'_>, panel: &ClusterPanel) -> Picture {
    let few = draw.frame.is_low.then(|| fewer(draw, panel));
    let panel = few.as_ref().unwrap_or(panel);
    let rows = place_rows(draw, panel);
    let mut picture = Picture { width: draw.frame.width, height: rows.bottom + 2.0, ..Picture::default() };
    let lanes = network::draw(draw, panel, &rows);
    picture.nodes.push(Node::group(0.0, 0.0, "lanes").with_all(lanes.idle));
    picture.nodes.push(Node::group(0.0, 0.0, "ways").with_all(lanes.ways));
    picture.nodes.extend(isr(draw, panel, &rows));
    picture.nodes.extend(clients::draw(draw, panel));
    for (replica, (y, _)) in panel.replicas.iter().zip(&rows.rows) {
        picture.nodes.push(track::row(draw, &rows.measures, replica, *y));
    }
    picture.nodes.push(Node::group(0.0, 0.0, "ports").with_all(lanes.ports));
    picture.nodes.push(Node::group(0.0, 0.0, "causes").with_all(lanes.causes));
    picture.nodes.push(Node::group(0.0, 0.0, "messages").with_all(lanes.envelopes));
    picture.height = picture.height.max(lanes.bottom + 2.0);
    picture.travels = lanes.travels;
    picture
}

/// What a low frame has room for: the logs, and the clients that the step looks at.
fn fewer(draw: &Draw<'_>, panel: &ClusterPanel) -> ClusterPanel {
    let mut panel = panel.clone();
    panel.messages.clear();
    panel.clients.retain(|client| draw.scene.look.iter().any(|look| look.starts_with(&client.id)));
    for row in &mut panel.replicas {
        row.floats.clear();
    }
    panel
}

/// From the stage's top to the rows, where clients are cards.
const CARDS_PX: f64 = 100.0;

fn place_rows(draw: &Draw<'_>, panel: &ClusterPanel) -> Rows {
    let measures = Measures::of(panel, draw.frame, &draw.scene.look);
    let leader = panel.replicas.iter().position(|row| row.role == Role::Leader).unwrap_or(0);
    let narrow = draw.frame.is_narrow();
    let above = if narrow { network::room_above(draw, panel) } else { 0.0 };
    let mut y = match (narrow, panel.clients.is_empty()) {
        (true, _) => clients::lines_height(draw, panel) + above,
        (false, false) => CARDS_PX,
        (false, true) => 28.0,
    };
    let mut rows = Vec::new();
    for (index, replica) in panel.replicas.iter().enumerate() {
        if index > 0 {
            y += match narrow {
                true if draw.frame.is_low => 0.0,
                true if index == network::gap_index(leader, panel.replicas.len()) => network::gap_between(draw, panel),
                true => 8.0,
                false => 12.0,
            };
        }
        let height = if draw.is_folded(&replica.id) { FOLDED_PX } else { measures.row_h(replica) };
        rows.push((y, height));
        y += height;
    }
    Rows { measures, rows, leader, above, bottom: y }
}

fn isr(draw: &Draw<'_>, panel: &ClusterPanel, rows: &Rows) -> Vec<Node> {
    let mark = format!("isr/{}", panel.partition);
    let narrow = draw.frame.is_narrow();
    let (x, dot) = match (narrow, draw.frame.is_low) {
        (true, true) => track::low::DOT,
        (true, false) => (16.0, 17.0),
        (false, _) => (10.0, 26.0),
    };
    let members: Vec<f64> =
        panel.replicas.iter().zip(&rows.rows).filter(|(row, _)| row.in_isr).map(|(_, (y, _))| y + dot).collect();
    let mut rail = Node::group(0.0, 0.0, "isr").named(&mark, draw.label(&mark));
    if let (Some(first), Some(last)) = (members.first(), members.last()) {
        rail = rail.with(Node::path(format!("M{} {}V{}", number(x), number(*first), number(*last)), "isr-rail"));
    }
    if narrow {
        return vec![rail];
    }
    for (row, (y, _)) in panel.replicas.iter().zip(&rows.rows) {
        let class = if row.in_isr { "isr-in" } else { "isr-out" };
        if row.in_elr {
            rail = rail.with(Node::circle(x - 4.5, y + dot, 9.0, "isr-elr"));
        }
        rail = rail.with(Node::circle(if row.in_isr { x } else { x - 4.5 }, y + dot, 5.5, class));
    }
    let ids: Vec<String> = panel.isr.value.iter().map(ToString::to_string).collect();
    let y = rows.rows.first().map_or(88.0, |(y, _)| y - 12.0);
    let members = format!("ISR {{{}}}", ids.join(", "));
    let mut end = text::width(&members, 12.6) + 14.0;
    rail = rail.with(Node::words(0.0, y, "s-note s-strong", members));
    if !panel.elr.is_empty() {
        let ids: Vec<String> = panel.elr.iter().map(ToString::to_string).collect();
        let words = format!("ELR {{{}}}", ids.join(", "));
        rail = rail.with(Node::words(end, y, "s-note s-strong", words.clone()));
        end += text::width(&words, 12.6) + 14.0;
    }
    if panel.leader.is_none() {
        let words = draw.say(Phrase::new("interface.no_leader"));
        rail = rail.with(Node::words(end, y, "s-note f-lead s-strong", words));
    }
    vec![rail]
}

//! A row where there is little height, as in a frame of 480 × 360: name and role beside the log, and no box around them.

use highwater_player::scene::cluster::{ReplicaRow, Role, Standing};

use crate::stage::node::Node;
use crate::stage::{Draw, network, text};

/// The height of a row without offsets.
pub(super) const ROW_PX: f64 = 70.0;
/// What the offsets under the last row take.
pub(super) const OFFSETS_PX: f64 = 18.0;
/// From the left edge to the log.
pub(super) const HEADER_PX: f64 = 98.0;
/// The sign of a row on the ISR rail.
pub const DOT: (f64, f64) = (7.0, 50.0);

/// The name, and the role or what is wrong with it.
pub(super) fn header(
    draw: &Draw<'_>,
    row: &ReplicaRow,
    name: &str,
    role: String,
    state: (String, &'static str),
) -> Vec<Node> {
    let is_quiet = row.in_isr && row.clock.is_none() && !row.is_deposed;
    let (words, class) = match (row.standing, row.role) {
        (Standing::Up, Role::Leader) => (role, "s-note f-lead s-strong"),
        (Standing::Up, Role::Follower) if is_quiet => (role, "s-dim"),
        (Standing::Down, _) => (role, "s-note s-strong f-bad"),
        _ => state,
    };
    let ((x, y), left) = (DOT, DOT.0 * 2.0 + 4.0);
    let room = HEADER_PX - left - 10.0;
    let mut nodes = vec![
        Node::circle(x, y, 4.5, if row.in_isr { "isr-in" } else { "isr-out" }),
        Node::words(left, y + 1.0, "s-name", text::fit(name, 15.0, room)),
        Node::words(left, y + 17.0, class, text::fit(&words, 12.6, room)),
    ];
    let mut at = left;
    for cut in network::signs(draw, row) {
        nodes.extend(cut.draw(at, y - 19.0));
        at += cut.width();
    }
    nodes
}

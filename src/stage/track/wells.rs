//! Page cache and disk under a log: a square under each record that is there.

use highwater_player::phrase::Phrase;
use highwater_player::scene::cluster::{ReplicaRow, Standing};

use super::Measures;
use crate::stage::Draw;
use crate::stage::frame::Area;
use crate::stage::node::{Node, number};

/// The height of both wells with their gaps.
pub(super) const WELLS_H: f64 = 48.0;
const WELL_H: f64 = 20.0;
const PAGE: f64 = 14.0;

/// The two wells, `y` below the top of the cells.
pub(super) fn draw(draw: &Draw<'_>, measures: &Measures, row: &ReplicaRow, y: f64, log_w: f64) -> Vec<Node> {
    let narrow = draw.frame.is_narrow();
    let wall = measures.wall();
    let class = if row.standing == Standing::Down { "well is-dark" } else { "well" };
    let mut nodes = Vec::new();
    for (index, key) in ["scene.well_memory", "scene.well_disk"].into_iter().enumerate() {
        let top = y + index as f64 * (WELL_H + 4.0);
        nodes.push(Node::rect(Area::new(wall, top, log_w - wall, WELL_H), 4.0, class));
        // Below 560 px there is no header beside the log: a short word stands in the well, over the empty slot at its end.
        let key = if narrow && index == 0 { "scene.well_memory_short" } else { key };
        let words = draw.say(Phrase::new(key));
        nodes.push(if narrow {
            Node::words(log_w - 4.0, top + 14.5, "s-dim end", words)
        } else {
            Node::words(wall - 8.0, top + 14.5, "s-dim end", words)
        });
        for stored in row.stored.iter().filter(|stored| measures.holds(stored.offset)) {
            let is_memory = index == 0;
            if if is_memory { stored.in_memory } else { stored.on_disk } {
                let class = if stored.on_disk { "page is-disk" } else { "page" };
                nodes.push(page(measures, stored.offset, top, class));
            }
        }
    }
    // What only the memory had went with the power.
    let is_lost = |offset: i64| measures.holds(offset) && !row.stored.is_empty();
    if row.standing == Standing::Down {
        for ghost in row.ghosts.iter().filter(|ghost| is_lost(ghost.cell.offset)) {
            let x = square_x(measures, ghost.cell.offset);
            nodes.push(page(measures, ghost.cell.offset, y, "page is-gone"));
            let (left, top) = (x + 3.0, y + (WELL_H - PAGE) / 2.0 + 3.0);
            let d = format!("M{} {}l8 8m0 -8l-8 8", number(left), number(top));
            nodes.push(Node::path(d, "page-x"));
        }
    }
    nodes
}

fn square_x(measures: &Measures, offset: i64) -> f64 {
    measures.cell_x(offset) + (measures.cell_w - PAGE) / 2.0
}

fn page(measures: &Measures, offset: i64, top: f64, class: &'static str) -> Node {
    let area = Area::new(square_x(measures, offset), top + (WELL_H - PAGE) / 2.0, PAGE, PAGE);
    Node::rect(area, 3.0, class)
}

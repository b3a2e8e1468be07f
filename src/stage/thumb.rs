//! A card's picture: the decisive moment of a scenario at level 2, without words, 176 × 88.

use highwater_player::course::{Lane, Picture, Row};

use super::frame::Area;
use super::node::{Node, number};

/// Width of a card's picture.
pub const WIDTH: f64 = 176.0;
/// Height of a card's picture.
pub const HEIGHT: f64 = 88.0;

/// The shapes of a card's picture.
pub fn draw(picture: &Picture) -> Vec<Node> {
    if !picture.rows.is_empty() {
        replicas(&picture.rows)
    } else if !picture.lanes.is_empty() {
        lanes(&picture.lanes)
    } else if !picture.files.is_empty() {
        files(&picture.files)
    } else {
        cells(&picture.cells)
    }
}

/// Segments as bars as long as they have bytes, the one that matters in accent.
fn files(files: &[(i64, bool, bool)]) -> Vec<Node> {
    let most = files.iter().map(|(bytes, ..)| *bytes).max().unwrap_or(1).max(1) as f64;
    let count = files.len().clamp(1, 4) as f64;
    let top = HEIGHT / 2.0 - count * 10.0 + 2.0;
    let shown = files.iter().take(4).enumerate();
    shown
        .map(|(index, (bytes, picked, goes))| {
            let w = (152.0 * *bytes as f64 / most).max(10.0);
            let class = match (picked, goes) {
                (true, _) => "is-chosen-box",
                (_, true) => "is-bad-box",
                _ => "plain-box",
            };
            Node::rect(Area::new(12.0, top + index as f64 * 20.0, w, 15.0), 4.0, class)
        })
        .collect()
}

/// A compacted log: cells where records are, dashes where they were.
fn cells(colors: &[u8]) -> Vec<Node> {
    if colors.is_empty() {
        return Vec::new();
    }
    let skip = colors.len().saturating_sub(11);
    let mut nodes =
        vec![Node::rect(Area::new(8.0, 24.0, 160.0, 38.0), 4.0, "water-body"), Node::path("M8 62h160", "bed")];
    for (index, color) in colors.iter().skip(skip).enumerate() {
        let x = 11.0 + index as f64 * 14.3;
        nodes.push(match color {
            0 => Node::rect(Area::new(x + 1.0, 54.0, 10.0, 3.0), 1.5, "bar-gone"),
            _ => Node::group(x, 40.0, &format!("rec k{color} is-committed")).with(Node::rect(
                Area::new(0.0, 0.0, 12.0, 17.0),
                3.0,
                "box",
            )),
        });
    }
    nodes
}

fn replicas(rows: &[Row]) -> Vec<Node> {
    let count = rows.len().clamp(1, 3);
    let pitch = 29.0;
    let top = f64::midpoint(HEIGHT - count as f64 * pitch, 3.0);
    let end = rows.iter().map(|row| row.leo).max().unwrap_or(0);
    let start = rows.iter().map(|row| row.first).min().unwrap_or(0);
    let first = (end - 9).max(start);
    rows.iter().take(3).enumerate().flat_map(|(index, row)| replica(row, first, top + index as f64 * pitch)).collect()
}

fn replica(row: &Row, first: i64, y: f64) -> Vec<Node> {
    let place = match (row.leads, row.in_isr) {
        (true, _) => "place is-lead",
        (false, true) => "place",
        (false, false) => "place is-out",
    };
    let boundary = |offset: i64| 24.5 + (offset - first).max(0) as f64 * 15.0;
    let (hw, leo) = (boundary(row.hw), boundary(row.leo));
    let bed = number(y + 24.0);
    let mut nodes = vec![
        Node::circle(9.0, y + 13.0, 3.0, if row.in_isr { "isr-in" } else { "isr-out" }),
        Node::rect(Area::new(17.0, y, 155.0, 26.0), 5.0, place),
    ];
    if row.hw > first {
        let (x, top, surface) = (number(hw), number(y + 2.0), number(y + 6.0));
        let curve = format!(
            "M{x} {top}C{} {} {} {surface} {} {surface}H22.5V{bed}H{x}Z",
            number(hw - 4.0),
            number(y + 5.0),
            number(hw - 8.0),
            number((hw - 16.0).max(22.5))
        );
        nodes.push(Node::path(curve, "water-body"));
    }
    nodes.push(Node::path(format!("M22.5 {}V{bed}H{}", number(y + 6.0), number(leo)), "bed nof"));
    nodes.push(Node::path(format!("M{} {bed}H{}", number(leo), number((leo + 19.0).min(170.0))), "bed-dry"));
    for (offset, color) in (row.first..).zip(&row.colors).filter(|(offset, _)| *offset >= first) {
        let state = if offset < row.hw { "is-committed" } else { "is-uncommitted" };
        let x = 26.0 + (offset - first) as f64 * 15.0;
        nodes.push(Node::group(0.0, 0.0, &format!("rec k{color} {state}")).with(Node::rect(
            Area::new(x, y + 9.0, 12.0, 12.0),
            3.5,
            "box",
        )));
    }
    let copy = if row.leads { "hw" } else { "hw is-copy" };
    if row.hw > first {
        nodes.push(
            Node::group(0.0, 0.0, copy)
                .with(Node::path(format!("M{} {}V{bed}", number(hw), number(y)), "hw-line"))
                .with(Node::rect(Area::new(hw - 11.0, y - 0.5, 11.0, 5.0), 1.5, "hw-flag")),
        );
    }
    let leo = if row.hw == row.leo { leo + 1.6 } else { leo };
    nodes.push(Node::path(format!("M{} {}V{bed}", number(leo), number(y + 1.0)), "leo-line"));
    nodes
}

fn lanes(lanes: &[Lane]) -> Vec<Node> {
    let count = lanes.len().max(1) as f64;
    let pitch = (78.0 / count).min(18.0);
    let top = (HEIGHT - pitch * count) / 2.0;
    let mut nodes = vec![Node::group(0.0, 0.0, "rec k1 is-uncommitted").with(Node::rect(
        Area::new(10.0, 33.0, 34.0, 22.0),
        5.0,
        "box",
    ))];
    for (index, lane) in lanes.iter().enumerate() {
        let y = top + index as f64 * pitch;
        let class = if lane.now { "is-chosen-box" } else { "soft-box" };
        nodes.push(Node::rect(Area::new(92.0, y, 76.0, pitch - 3.0), 3.0, class));
        for (place, (color, next, here)) in lane.keys.iter().take(3).enumerate() {
            let state = match (*next, *here) {
                (false, _) => "is-ghost",
                (true, true) => "is-committed",
                (true, false) => "is-uncommitted",
            };
            let chip_h = (pitch - 7.0).max(4.0);
            nodes.push(Node::group(0.0, 0.0, &format!("rec k{color} {state}")).with(Node::rect(
                Area::new(97.0 + place as f64 * 22.0, y + 2.0, 18.0, chip_h),
                2.5,
                "box",
            )));
        }
        if lane.now {
            let to = y + (pitch - 3.0) / 2.0;
            nodes.push(Node::path(format!("M46 44C70 44 62 {to} 82 {to}", to = number(to)), "th-a"));
            nodes.push(Node::path(format!("M81 {}l8 4.5l-8 4.5z", number(to - 4.5)), "arrow"));
        }
    }
    nodes
}

//! A card's picture: the decisive moment of a scenario at level 2, without words, 176 × 88.

use highwater_player::scene::cluster::{ClusterPanel, ReplicaRow, Role};
use highwater_player::scene::{CompactionPanel, FilesPanel, Panel, PartitionerPanel, Scene};

use super::frame::Area;
use super::node::{Node, number};

/// Width of a card's picture.
pub const WIDTH: f64 = 176.0;
/// Height of a card's picture.
pub const HEIGHT: f64 = 88.0;

/// The shapes of a card's picture.
pub fn draw(scene: &Scene) -> Vec<Node> {
    match scene.panels.first() {
        Some(Panel::Cluster(panel)) => cluster(panel),
        Some(Panel::Partitioner(panel)) => partitioner(panel),
        Some(Panel::Accumulator(panel)) => {
            let batches = panel.queues.iter().flat_map(|queue| &queue.batches).take(3);
            batches
                .enumerate()
                .flat_map(|(index, batch)| {
                    let y = 16.0 + index as f64 * 22.0;
                    let share = batch.bytes as f64 / panel.batch_size.max(batch.bytes).max(1) as f64;
                    [
                        Node::rect(Area::new(12.0, y, 152.0, 12.0), 6.0, "bar-bg"),
                        Node::rect(Area::new(12.0, y, 152.0 * share, 12.0), 6.0, "bar-acc"),
                    ]
                })
                .collect()
        }
        Some(Panel::Files(panel)) => files(panel),
        Some(Panel::Compaction(panel)) => compaction(panel),
        None => Vec::new(),
    }
}

/// Segments as bars as long as they have bytes, the one that matters in accent.
fn files(panel: &FilesPanel) -> Vec<Node> {
    let most = panel.segments.iter().map(|card| card.bytes).max().unwrap_or(1).max(1) as f64;
    let count = panel.segments.len().clamp(1, 4) as f64;
    let top = HEIGHT / 2.0 - count * 10.0 + 2.0;
    let cards = panel.segments.iter().take(4).enumerate();
    cards
        .map(|(index, card)| {
            let w = (152.0 * card.bytes as f64 / most).max(10.0);
            let class = match (card.picked, card.deletable) {
                (true, _) => "is-chosen-box",
                (_, true) => "is-bad-box",
                _ => "plain-box",
            };
            Node::rect(Area::new(12.0, top + index as f64 * 20.0, w, 15.0), 4.0, class)
        })
        .collect()
}

/// A compacted log: cells where records are, dashes where they were.
fn compaction(panel: &CompactionPanel) -> Vec<Node> {
    let skip = panel.columns.len().saturating_sub(11);
    let mut nodes =
        vec![Node::rect(Area::new(8.0, 24.0, 160.0, 38.0), 4.0, "water-body"), Node::path("M8 62h160", "bed")];
    for (index, column) in panel.columns.iter().skip(skip).enumerate() {
        let x = 11.0 + index as f64 * 14.3;
        nodes.push(match &column.record {
            Some(record) => Node::group(x, 40.0, &format!("rec k{} is-committed", record.color)).with(Node::rect(
                Area::new(0.0, 0.0, 12.0, 17.0),
                3.0,
                "box",
            )),
            None => Node::rect(Area::new(x + 1.0, 54.0, 10.0, 3.0), 1.5, "bar-gone"),
        });
    }
    nodes
}

fn cluster(panel: &ClusterPanel) -> Vec<Node> {
    let count = panel.replicas.len().clamp(1, 3);
    let pitch = 29.0;
    let top = f64::midpoint(HEIGHT - count as f64 * pitch, 3.0);
    let end = panel.replicas.iter().map(|row| row.log_end_offset.value).max().unwrap_or(0);
    let first = (end - 9).max(panel.first_offset);
    panel
        .replicas
        .iter()
        .take(3)
        .enumerate()
        .flat_map(|(index, row)| replica(row, first, top + index as f64 * pitch))
        .collect()
}

fn replica(row: &ReplicaRow, first: i64, y: f64) -> Vec<Node> {
    let place = match (row.role, row.in_isr) {
        (Role::Leader, _) => "place is-lead",
        (Role::Follower, true) => "place",
        (Role::Follower, false) => "place is-out",
    };
    let boundary = |offset: i64| 24.5 + (offset - first).max(0) as f64 * 15.0;
    let (hw, leo) = (boundary(row.high_watermark.value), boundary(row.log_end_offset.value));
    let bed = number(y + 24.0);
    let mut nodes = vec![
        Node::circle(9.0, y + 13.0, 3.0, if row.in_isr { "isr-in" } else { "isr-out" }),
        Node::rect(Area::new(17.0, y, 155.0, 26.0), 5.0, place),
    ];
    if row.high_watermark.value > first {
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
    for record in row.records.iter().filter(|record| record.offset >= first) {
        let state = if record.committed { "is-committed" } else { "is-uncommitted" };
        let x = 26.0 + (record.offset - first) as f64 * 15.0;
        nodes.push(Node::group(0.0, 0.0, &format!("rec k{} {state}", record.color)).with(Node::rect(
            Area::new(x, y + 9.0, 12.0, 12.0),
            3.5,
            "box",
        )));
    }
    let copy = if row.role == Role::Leader { "hw" } else { "hw is-copy" };
    if row.high_watermark.value > first {
        nodes.push(
            Node::group(0.0, 0.0, copy)
                .with(Node::path(format!("M{} {}V{bed}", number(hw), number(y)), "hw-line"))
                .with(Node::rect(Area::new(hw - 11.0, y - 0.5, 11.0, 5.0), 1.5, "hw-flag")),
        );
    }
    let leo = if row.high_watermark.value == row.log_end_offset.value { leo + 1.6 } else { leo };
    nodes.push(Node::path(format!("M{} {}V{bed}", number(leo), number(y + 1.0)), "leo-line"));
    nodes
}

fn partitioner(panel: &PartitionerPanel) -> Vec<Node> {
    let count = panel.lanes.len().max(1) as f64;
    let pitch = (78.0 / count).min(18.0);
    let top = (HEIGHT - pitch * count) / 2.0;
    let color = panel.key.as_ref().map_or(1, |key| key.color);
    let mut nodes = vec![Node::group(0.0, 0.0, &format!("rec k{color} is-uncommitted")).with(Node::rect(
        Area::new(10.0, 33.0, 34.0, 22.0),
        5.0,
        "box",
    ))];
    for (index, lane) in panel.lanes.iter().enumerate() {
        let y = top + index as f64 * pitch;
        let class = if lane.is_now { "is-chosen-box" } else { "soft-box" };
        nodes.push(Node::rect(Area::new(92.0, y, 76.0, pitch - 3.0), 3.0, class));
        for (place, chip) in lane.keys.iter().take(3).enumerate() {
            let state = match (chip.next, chip.records > 0) {
                (false, _) => "is-ghost",
                (true, true) => "is-committed",
                (true, false) => "is-uncommitted",
            };
            let chip_h = (pitch - 7.0).max(4.0);
            nodes.push(Node::group(0.0, 0.0, &format!("rec k{} {state}", chip.color)).with(Node::rect(
                Area::new(97.0 + place as f64 * 22.0, y + 2.0, 18.0, chip_h),
                2.5,
                "box",
            )));
        }
        if lane.is_now {
            let to = y + (pitch - 3.0) / 2.0;
            nodes.push(Node::path(format!("M46 44C70 44 62 {to} 82 {to}", to = number(to)), "th-a"));
            nodes.push(Node::path(format!("M81 {}l8 4.5l-8 4.5z", number(to - 4.5)), "arrow"));
        }
    }
    nodes
}

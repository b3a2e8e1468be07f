//! Below 560 px: messages stand between the rows.

use super::{
    BEAK, Beak, DOCK_H, End, Network, Size, Travel, dock, end_of, envelope, gap_index, is_parked, size, touches_client,
    way_ahead, way_behind,
};
use crate::stage::Draw;
use crate::stage::cluster::Rows;
use crate::stage::frame::Area;
use crate::stage::node::Node;
use crate::stage::node::number;
use crate::stage::text;
use highwater_player::scene::cluster::ClusterPanel;
use highwater_player::scene::cluster::Envelope;

/// Below 560 px: messages of brokers in the gap beside the leader, those of clients above the rows.
pub(super) fn between_rows(draw: &Draw<'_>, panel: &ClusterPanel, rows: &Rows) -> Network {
    let mut network = Network::default();
    let leader = rows.leader;
    let gap = gap_index(leader, panel.replicas.len());
    let gap_top = gap.checked_sub(1).and_then(|index| rows.rows.get(index)).map_or(0.0, |(y, h)| y + h);
    let above_top = rows.rows.first().map_or(0.0, |(y, _)| *y) - rows.above;
    for of_clients in [true, false] {
        let mine: Vec<&Envelope> =
            panel.messages.iter().filter(|message| touches_client(panel, message) == of_clients).collect();
        let mut y = if of_clients { above_top } else { gap_top } + 5.0;
        for pair in mine.chunks(2) {
            let mut tallest: f64 = 0.0;
            for (place, message) in pair.iter().enumerate() {
                let (Some(from), Some(to)) = (end_of(panel, &message.from), end_of(panel, &message.to)) else {
                    continue;
                };
                let Size { w, h, lines } = size(draw, message);
                let h = if is_parked(message) { DOCK_H } else { h };
                tallest = tallest.max(h);
                let x = if place == 0 { draw.frame.width - w } else { 28.0 };
                let area = Area::new(x, y, w, h);
                let down = goes_down(rows, from, to);
                small(draw, panel, rows, message, area, down, &lines, &mut network);
                if let (1, Some((_, words))) = (pair.len(), &message.cause)
                    && !is_parked(message)
                {
                    let words = text::wrap(&draw.say(words), 12.0, x - 28.0 - 10.0);
                    for (index, line) in words.iter().take(2).enumerate() {
                        network.causes.push(Node::words(28.0, y + 19.0 + index as f64 * 16.0, "s-dim", line.clone()));
                    }
                }
            }
            y += tallest + 10.0;
        }
    }
    network
}

fn goes_down(rows: &Rows, from: End, to: End) -> bool {
    let level = |end: End| match end {
        End::Client(_) => -1.0,
        End::Broker(index) => rows.rows.get(index).map_or(0.0, |(y, _)| *y),
    };
    level(to) > level(from)
}

#[expect(clippy::too_many_arguments, reason = "the place, the words and the layers of one message")]
fn small(
    draw: &Draw<'_>,
    panel: &ClusterPanel,
    rows: &Rows,
    message: &Envelope,
    area: Area,
    down: bool,
    lines: &[String],
    network: &mut Network,
) {
    let beak = if down { Beak::Down } else { Beak::Up };
    if is_parked(message) {
        network.envelopes.push(dock(draw, panel, message, area));
    } else {
        let (cx, _) = area.centre();
        let (top, bottom) = (area.y - 6.0, area.y + area.h + 6.0);
        let far = rows.bottom.min(bottom + 400.0);
        // The way to a farther row runs behind the rows between.
        let lower = end_of(panel, if down { &message.to } else { &message.from })
            .and_then(|end| match end {
                End::Broker(index) => rows.rows.get(index).map(|(y, _)| *y + 6.0),
                End::Client(_) => None,
            })
            .unwrap_or(far);
        let behind = if down { (top, area.y) } else { (lower, area.y + area.h) };
        let ahead = if down { (area.y + area.h + BEAK, lower) } else { (area.y - BEAK, top) };
        let line = |(from, to): (f64, f64)| format!("M{} {}V{}", number(cx), number(from), number(to));
        network.ways.push(way_behind(&message.id, line(behind)));
        if (ahead.0 - ahead.1).abs() > 4.0 {
            network.ways.push(way_ahead(&message.id, line(ahead)));
        }
        network.envelopes.push(envelope(draw, message, area, beak, lines));
    }
    network.bottom = network.bottom.max(area.y + area.h);
    let shift = if down { 5.0 } else { -5.0 };
    network.travels.insert(
        message.id.clone(),
        Travel { start: (area.x, area.y - shift), rest: (area.x, area.y), end: (area.x, area.y + shift) },
    );
}

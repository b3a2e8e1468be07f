//! The ways of partitions from the member that had them to the one that has them. They pass between what stands in the
//! cards, and between the cards.

use super::{Group, Row};
use crate::stage::frame::Area;
use crate::stage::node::{Node, rounded};

/// From a token to the middle of the room between it and the next one, beside it and below it.
const BESIDE_PX: f64 = 3.0;
const BELOW_PX: f64 = 2.0;
/// A token so far from the lane may have others between.
const NEAR_PX: f64 = 24.0;

impl Group<'_> {
    /// The ways of the partitions that another member owns now.
    pub(super) fn moved(&mut self, rows: &[Row]) {
        let mut channel = 0.0;
        for (from_index, from) in rows.iter().enumerate() {
            for (partition, start) in &from.before {
                let owner = rows.iter().enumerate().find_map(|(index, row)| {
                    let found = row.now.iter().find(|(there, _)| there == partition)?;
                    (index != from_index).then_some((row, found.1))
                });
                let Some((to, end)) = owner else { continue };
                let points = if self.is_narrow() {
                    below_each_other(*start, end, self.width() * 0.46 + channel, channel / 2.0)
                } else {
                    beside_each_other((from, *start), (to, end), channel)
                };
                self.ways.push(Node::path(rounded(&points, 5.0), "link-acc way"));
                channel = if channel > 12.0 { 0.0 } else { channel + 4.0 };
            }
        }
    }
}

fn below_each_other(start: Area, end: Area, x: f64, apart: f64) -> Vec<(f64, f64)> {
    let (a, b) = (start.x + start.w / 2.0, end.x + end.w / 2.0);
    let (below, above) = (start.y + start.h + 5.0 + apart, end.y - 5.0 - apart);
    vec![(a, start.y + start.h + 1.0), (a, below), (x, below), (x, above), (b, above), (b, end.y - 1.0)]
}

fn beside_each_other((from, start): (&Row, Area), (to, end): (&Row, Area), channel: f64) -> Vec<(f64, f64)> {
    let (out, back) = (from.lane + channel, to.lane + channel);
    let (mut a, b) = (start.x + start.w / 2.0, end.x + end.w / 2.0);
    let bottom = start.y + start.h;
    let mut points = vec![(a, bottom + 1.0)];
    if from.lane - bottom > NEAR_PX {
        points.push((a, bottom + BELOW_PX));
        a = start.x + start.w + BESIDE_PX;
        points.push((a, bottom + BELOW_PX));
    }
    points.push((a, out));
    let is_far = end.y - to.lane > NEAR_PX + channel;
    let down = if is_far { end.x - BESIDE_PX } else { b };
    if (from.lane - to.lane).abs() > 1.0 {
        let gutter = to.gutter - 8.0 + channel;
        points.extend([(gutter, out), (gutter, back)]);
    }
    points.push((down, back));
    if is_far {
        points.extend([(down, end.y - BELOW_PX), (b, end.y - BELOW_PX)]);
    }
    points.push((b, end.y - 1.0));
    points
}

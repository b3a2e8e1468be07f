//! The members' lines of time: when each had partitions, when it had none, and when it said that it lives.

use highwater_player::phrase::Phrase;
use highwater_player::scene::group::TimeRow;

use super::super::frame::Area;
use super::super::node::{Node, number};
use super::super::text;
use super::Group;

/// The ticks are so many seconds apart, whatever makes at most eight, or four where it is tight.
const STEPS: [u64; 8] = [1, 2, 5, 10, 20, 60, 120, 300];

impl Group<'_> {
    pub(super) fn time(&mut self) {
        let (draw, time, width, narrow) = (self.draw, &self.panel.time, self.width(), self.is_narrow());
        let is_crowd = self.panel.crowd.is_some();
        let row_h = if is_crowd { self.strip_px() } else { draw.frame.pick(32.0, 32.0, 30.0) };
        let title = self.say("time");
        self.y += 14.0;
        let top = self.y;
        let mut node = Node::group(0.0, 0.0, "time")
            .named(&time.id, draw.label(&time.id))
            .container()
            .with(Node::words(0.0, top + 14.0, "s-h", title));
        let mut rows_top = top + 44.0;
        if is_crowd {
            for line in self.strips_words() {
                node = node.with(Node::words(0.0, rows_top - 12.0, "s-dim", line));
                rows_top += 18.0;
            }
        }
        let (left, right) = if is_crowd {
            (54.0, width - 20.0)
        } else if narrow {
            (34.0, width - 116.0)
        } else {
            (54.0, width - 130.0)
        };
        let span_us = time.now_us.saturating_sub(time.from_us).max(1) as f64;
        let x_of = |at: u64| left + (at.saturating_sub(time.from_us)) as f64 / span_us * (right - left);
        let count = if is_crowd { time.rows.len() } else { self.panel.members.len() };
        let bottom = rows_top + row_h * count as f64;
        let seconds = span_us / 1_000_000.0;
        let most = draw.frame.pick(8.0, 8.0, 4.0);
        let step = STEPS.into_iter().find(|step| seconds / *step as f64 <= most).unwrap_or(600);
        let mut tick = time.from_us.div_ceil(step * 1_000_000) * step;
        while tick * 1_000_000 <= time.now_us {
            let x = x_of(tick * 1_000_000);
            node =
                node.with(Node::path(format!("M{} {}V{}", number(x), number(rows_top - 4.0), number(bottom)), "rule"));
            // The words of now stand at the end.
            if x < right - 18.0 {
                let words =
                    draw.say(Phrase::new("interface.group.seconds").with("n", i64::try_from(tick).unwrap_or(0)));
                node = node.with(Node::words(x, bottom + 14.0, "s-dim mid", words));
            }
            tick += step;
        }
        let mut used = 0.0_f64;
        for (at, words) in &time.events {
            let x = x_of(*at);
            node =
                node.with(Node::path(format!("M{} {}V{}", number(x), number(rows_top - 6.0), number(bottom)), "cause"));
            let words = draw.say(words);
            let w = text::width(&words, 12.0);
            let begin = (x - w / 2.0).max(left - 30.0).min(width - w);
            if begin > used {
                node = node.with(Node::words(begin, rows_top - 10.0, "s-note", words));
                used = begin + w + 8.0;
            }
        }
        if is_crowd {
            node = node.with_all(self.strips(rows_top, row_h, &x_of));
        }
        let mut y = rows_top;
        for row in time.rows.iter().filter(|_| !is_crowd) {
            node = node.with(self.row(row, y, row_h, right, &x_of));
            y += row_h;
        }
        let now = self.say("time_now");
        let now_w = text::width(&now, 12.6);
        node = node.with(Node::path(
            format!("M{} {}V{}", number(right), number(rows_top - 6.0), number(bottom + 4.0)),
            "link-acc",
        ));
        if right - now_w / 2.0 > used {
            node = node.with(Node::words(right, rows_top - 10.0, "s-note mid s-strong f-accent", now));
        }
        self.nodes.push(node);
        self.y = bottom + 20.0;
    }

    fn row(&self, row: &TimeRow, y: f64, h: f64, right: f64, x_of: &dyn Fn(u64) -> f64) -> Node {
        let draw = self.draw;
        let (box_y, box_h) = (y + 5.0, h - 11.0);
        let mut node = Node::group(0.0, 0.0, "row").named(&row.id, draw.label(&row.id)).with(Node::words(
            0.0,
            y + h / 2.0 + 4.0,
            "s-note s-strong",
            text::fit(&row.name, 12.0, 46.0),
        ));
        for (index, span) in row.spans.iter().enumerate() {
            let worked = row.spans.iter().take(index).any(|before| before.works)
                || index == 0 && row.had_some && span.from_us == self.panel.time.from_us;
            let (from, to) = (x_of(span.from_us), x_of(span.to_us));
            let area = Area::new(from, box_y, (to - from).max(1.0), box_h);
            let words = self.say(match (span.works, worked) {
                (true, _) => "processing",
                (false, true) => "no_partitions",
                (false, false) => "waiting",
            });
            let part = if span.works {
                Node::group(0.0, 0.0, "tok k1").with(Node::rect(area, 4.0, "box"))
            } else {
                Node::group(0.0, 0.0, "").with(Node::rect(area, 4.0, "dash-box is-plain"))
            };
            node = node.with(part);
            // The words stand in the widest place between two heartbeats.
            let beats = row.heartbeats.iter().map(|at| x_of(*at)).filter(|x| *x > from && *x < to);
            let mut edges: Vec<f64> = [from].into_iter().chain(beats).chain([to]).collect();
            edges.dedup();
            let widest = edges.windows(2).filter_map(|pair| pair.first().zip(pair.last()));
            let widest = widest.max_by(|(a, b), (c, d)| (*b - *a).total_cmp(&(*d - *c)));
            if let Some((a, b)) = widest
                && text::width(&words, 12.0) + 8.0 < b - a
            {
                let middle = f64::midpoint(*a, *b);
                node = node.with(Node::words(middle, box_y + box_h / 2.0 + 4.2, "s-note mid", words));
            }
        }
        for at in &row.heartbeats {
            let x = x_of(*at);
            node = node
                .with(Node::path(format!("M{} {}v{}", number(x), number(box_y - 3.0), number(box_h + 3.0)), "isr-rail"))
                .with(Node::circle(x, box_y - 3.0, 2.8, "isr-in"));
        }
        let Some(pause) = highwater_player::scene::text::member_pause(row) else { return node };
        let class = if row.had_some { "s-note s-strong f-lead" } else { "s-note" };
        node.with(Node::words(
            right + 10.0,
            y + h / 2.0 + 4.0,
            class,
            text::fit(&draw.say(pause), 12.0, self.width() - right - 10.0),
        ))
    }
}

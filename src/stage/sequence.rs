//! Messages as a sequence: a line of time for each node, an arrow for each message. Time goes down; where nothing happens for
//! long, it is cut and the cut says so.

#[cfg(test)]
mod tests;

use highwater_player::phrase::Phrase;
use highwater_player::sequence::{Arrow, Fate, Lifeline, Sequence};

use super::Picture;
use super::frame::{Area, Frame, bounded};
use super::node::{Node, number};
use super::text::{self, grouped};

/// The least px between two moments.
const GAP_LEAST: f64 = 13.0;
/// So much further than the quickest message falls, no gap is: there time is cut.
const GAP_MOST: f64 = 1.3;
/// How far a message that has just been sent is drawn below now.
const AHEAD: f64 = 30.0;
/// Between the heads and the first moment.
const TOP_GAP: f64 = 26.0;
/// The height of a chip.
const CHIP_H: f64 = 18.0;

/// What layout reads.
pub struct Draw<'a> {
    /// The messages.
    pub sequence: &'a Sequence,
    /// The room.
    pub frame: Frame,
    /// A phrase in the reader's language.
    pub say: &'a dyn Fn(&Phrase) -> String,
    /// The accessible name of a message.
    pub label: &'a dyn Fn(&Arrow) -> String,
}

/// Lays out a sequence.
pub fn draw(draw: &Draw<'_>) -> Picture {
    let width = draw.frame.width;
    let mut sheet = Sheet::new(draw);
    sheet.times();
    sheet.lifelines();
    sheet.waits();
    sheet.arrows();
    sheet.now();
    sheet.dots();
    sheet.chips();
    sheet.labels();
    sheet.heads();
    Picture { width, height: sheet.bottom + 16.0, nodes: sheet.nodes, ..Picture::default() }
}

struct Sheet<'a> {
    draw: &'a Draw<'a>,
    /// Each moment with its height.
    moments: Vec<(u64, f64)>,
    /// Heights where time is cut, with the microseconds that are left out.
    cuts: Vec<(f64, u64)>,
    columns: Vec<f64>,
    head: (f64, f64),
    /// The height of now, and of the end of all lines.
    now: f64,
    bottom: f64,
    nodes: Vec<Node>,
    /// What words stand on already.
    taken: Vec<Area>,
}

impl<'a> Sheet<'a> {
    fn new(draw: &'a Draw<'a>) -> Sheet<'a> {
        let narrow = draw.frame.is_narrow();
        let left = if narrow { 44.0 } else { 66.0 };
        let count = draw.sequence.lifelines.len().max(1) as f64;
        let column = ((draw.frame.width - left) / count).max(1.0);
        let columns = (0..draw.sequence.lifelines.len()).map(|at| left + column * (at as f64 + 0.5)).collect();
        let head = (bounded(column - 8.0, 28.0, 132.0), if narrow { 40.0 } else { 44.0 });
        let mut sheet = Sheet {
            draw,
            moments: Vec::new(),
            cuts: Vec::new(),
            columns,
            head,
            now: 0.0,
            bottom: 0.0,
            nodes: Vec::new(),
            taken: Vec::new(),
        };
        sheet.place_moments();
        sheet
    }

    fn place_moments(&mut self) {
        let sequence = self.draw.sequence;
        let mut times: Vec<u64> = Vec::new();
        let ends = sequence.arrows.iter().filter_map(|arrow| match arrow.fate {
            Fate::Arrived(us) | Fate::Lost(us) => Some(us.min(sequence.now_us)),
            Fate::Travelling => None,
        });
        let all = sequence.arrows.iter().map(|arrow| arrow.sent_us).chain(ends);
        let waits = sequence.waits.iter().flat_map(|wait| [Some(wait.from_us), wait.to_us].into_iter().flatten());
        for us in all.chain(waits).chain(sequence.chips.iter().map(|chip| chip.us)).chain([sequence.now_us]) {
            if us <= sequence.now_us {
                insert(&mut times, us);
            }
        }
        let fall = self.draw.frame.pick(44.0, 46.0, 78.0);
        let px_per_us = fall / self.quickest_us() as f64;
        let most = fall * GAP_MOST;
        let mut y = self.head.1 + TOP_GAP;
        let mut before = None::<u64>;
        for us in times {
            if let Some(before) = before {
                let wanted = (us - before) as f64 * px_per_us;
                if wanted > most {
                    self.cuts.push((y + most / 2.0, us - before));
                }
                y += bounded(wanted, GAP_LEAST, most);
            }
            before = Some(us);
            self.moments.push((us, y));
        }
        self.now = y;
        let ahead = sequence.arrows.iter().any(|arrow| arrow.sent_us == sequence.now_us);
        self.bottom = y + if ahead { AHEAD } else { 0.0 };
    }

    /// How long the quickest message took, in microseconds.
    fn quickest_us(&self) -> u64 {
        let took = |arrow: &Arrow| match arrow.fate {
            Fate::Arrived(us) => us.checked_sub(arrow.sent_us).filter(|us| *us > 0),
            Fate::Lost(_) | Fate::Travelling => None,
        };
        self.draw.sequence.arrows.iter().filter_map(took).min().unwrap_or(2_000)
    }

    fn y(&self, us: u64) -> f64 {
        let at = self.moments.partition_point(|(moment, _)| *moment < us);
        self.moments.get(at).or(self.moments.last()).map_or(self.head.1 + TOP_GAP, |(_, y)| *y)
    }

    fn x(&self, at: usize) -> f64 {
        self.columns.get(at).copied().unwrap_or(0.0)
    }

    fn push(&mut self, node: Node) {
        self.nodes.push(node);
    }

    /// The times at the left, and where time is cut.
    fn times(&mut self) {
        let width = self.draw.frame.width;
        let last = self.now - 20.0;
        let mut free = 0.0;
        let mut is_first = true;
        for (us, y) in self.moments.clone() {
            if y < free || (y > last && us != self.draw.sequence.now_us) {
                continue;
            }
            if us == self.draw.sequence.now_us {
                break;
            }
            let words = time(us, is_first && !self.draw.frame.is_narrow());
            let start = text::width(&words, 12.0) + 8.0;
            self.push(Node::words(0.0, y + 4.0, "s-dim", words));
            self.push(Node::path(format!("M{} {}H{}", number(start), number(y), number(width)), "tick-row"));
            is_first = false;
            free = y + 24.0;
        }
        for (y, us) in self.cuts.clone() {
            let ms = grouped(i64::try_from(us / 1_000).unwrap_or(i64::MAX));
            let d = format!("M2 {}l5 -4l5 8l5 -8l5 8l5 -4", number(y));
            self.push(Node::path(d, "time-cut"));
            if !self.draw.frame.is_narrow() {
                self.push(Node::words(32.0, y + 4.0, "s-dim", format!("{ms} ms")));
            }
        }
    }

    fn lifelines(&mut self) {
        for at in 0..self.columns.len() {
            let x = number(self.x(at));
            self.push(Node::path(format!("M{x} {}V{}", number(self.head.1), number(self.bottom + 4.0)), "life"));
        }
    }

    fn waits(&mut self) {
        for wait in self.draw.sequence.waits.clone() {
            let (from, to) = (self.y(wait.from_us), wait.to_us.map_or(self.now, |us| self.y(us)));
            let area = Area::new(self.x(wait.at) - 4.0, from, 8.0, (to - from).max(3.0));
            self.push(Node::rect(area, 2.0, if wait.to_us.is_some() { "parked" } else { "parked is-open" }));
        }
    }

    /// Both ends of a message's line.
    fn line(&self, arrow: &Arrow) -> ((f64, f64), (f64, f64)) {
        let (from, to) = (self.x(arrow.from), self.x(arrow.to));
        let side = if to >= from { 1.0 } else { -1.0 };
        let start = (from + 5.0 * side, self.y(arrow.sent_us));
        let end = match arrow.fate {
            Fate::Arrived(us) if us <= self.draw.sequence.now_us => (to - 5.0 * side, self.y(us)),
            // It has not come there yet, or never does.
            Fate::Lost(us) if us <= self.draw.sequence.now_us => {
                (from + (to - from) * 0.62, self.y(us).max(start.1 + 10.0))
            }
            _ if arrow.sent_us == self.draw.sequence.now_us => (from + (to - from) * 0.45, self.now + AHEAD),
            _ => (from + (to - from) * 0.6, self.now),
        };
        (start, end)
    }

    fn arrows(&mut self) {
        for arrow in &self.draw.sequence.arrows {
            let ((x1, y1), (x2, y2)) = self.line(arrow);
            let class = line_class(arrow);
            let d = format!("M{} {}L{} {}", number(x1), number(y1), number(x2), number(y2));
            let mut group = Node::group(0.0, 0.0, "seq-line").with(Node::path(d, &class));
            let length = ((x2 - x1).powi(2) + (y2 - y1).powi(2)).sqrt().max(0.001);
            let (dx, dy) = ((x2 - x1) / length, (y2 - y1) / length);
            let tip = match arrow.fate {
                Fate::Lost(_) => format!("M{} {}l10 10m0 -10l-10 10", number(x2 - 5.0), number(y2 - 5.0)),
                Fate::Travelling => String::new(),
                Fate::Arrived(_) => format!(
                    "M{} {}L{} {}L{} {}z",
                    number(x2),
                    number(y2),
                    number(x2 - 9.0 * dx - 4.5 * dy),
                    number(y2 - 9.0 * dy + 4.5 * dx),
                    number(x2 - 9.0 * dx + 4.5 * dy),
                    number(y2 - 9.0 * dy - 4.5 * dx)
                ),
            };
            let tip_class = match arrow.fate {
                Fate::Lost(_) => "seq-lost",
                _ if arrow.is_bad => "seq-tip is-bad",
                _ if arrow.is_now => "seq-tip is-now",
                _ => "seq-tip",
            };
            if !tip.is_empty() {
                group = group.with(Node::path(tip, tip_class));
            }
            self.push(group);
        }
    }

    /// Where offsets moved, on the line of their broker.
    fn dots(&mut self) {
        for chip in &self.draw.sequence.chips {
            let dot = if chip.is_water { "st-dot-w" } else { "st-dot" };
            let (x, y) = (self.x(chip.at), self.y(chip.us));
            self.push(Node::circle(x, y, 4.0, dot));
        }
    }

    /// Offsets that moved, beside the line of their broker.
    fn chips(&mut self) {
        let narrow = self.draw.frame.is_narrow();
        for chip in self.draw.sequence.chips.clone() {
            let words = if chip.is_water { "HW " } else { "LEO " }.to_owned() + &chip.offset.to_string();
            let w = text::width(&words, 12.4) + 10.0;
            let (x, y) = (self.x(chip.at), self.y(chip.us));
            let right = Area::new(x + 9.0, y - 13.0, w, CHIP_H);
            let left = Area { x: x - 9.0 - w, ..right };
            let sides = [right, left];
            let room = Area::new(if narrow { 34.0 } else { 0.0 }, 0.0, self.draw.frame.width, 100_000.0);
            let Some(area) = self.free_place(&sides, room) else { continue };
            let (class, text_class) =
                if chip.is_water { ("st-hw", "hw-text") } else { ("st-leo", "mid s-note s-strong f-ink") };
            let group = Node::group(area.x, area.y, "seq-chip")
                .with(Node::rect(Area::new(0.0, 0.0, w, CHIP_H), 3.0, class))
                .with(Node::words(w / 2.0, 13.2, text_class, words));
            self.taken.push(area);
            self.push(group);
        }
    }

    /// The first of these places that is free, moved down until it is; within the room.
    fn free_place(&self, places: &[Area], room: Area) -> Option<Area> {
        const STEPS: u8 = 80;
        for step in 0..STEPS {
            // Down, and up a little, in turn.
            let dy = if step % 3 == 2 { -3.0 * f64::from(step / 3) } else { 4.0 * f64::from(step - step / 3) };
            for place in places {
                let moved = place.moved((0.0, dy));
                let is_inside = moved.x >= room.x
                    && moved.x + moved.w <= room.x + room.w
                    && moved.y >= self.head.1 + 4.0
                    && (dy >= 0.0 || moved.y > place.y - 24.0);
                let grown = Area::new(moved.x - 2.0, moved.y - 1.0, moved.w + 4.0, moved.h + 2.0);
                if is_inside && self.taken.iter().all(|other| !other.overlaps(grown)) {
                    return Some(moved);
                }
            }
        }
        None
    }

    fn now(&mut self) {
        let width = self.draw.frame.width;
        let y = self.now;
        let (start, words) = if self.draw.sequence.later > 0 {
            (0.0, None)
        } else {
            let words = (self.draw.say)(&Phrase::new("sequence.now"));
            (text::width(&words, 12.6) + 8.0, Some(words))
        };
        self.push(Node::path(format!("M{} {}H{}", number(start), number(y), number(width)), "now-line"));
        if let Some(words) = words {
            self.push(Node::words(0.0, y + 4.0, "s-note s-strong f-accent", words));
        }
    }

    /// The words of each message, on its line.
    fn labels(&mut self) {
        let narrow = self.draw.frame.is_narrow();
        for arrow in &self.draw.sequence.arrows {
            let lines = self.words(arrow, narrow);
            let w = lines.iter().map(|line| text::width(line, 12.6)).fold(0.0, f64::max) + 12.0;
            let h = if lines.len() > 1 { 33.0 } else { 20.0 };
            let ((x1, y1), (x2, y2)) = self.line(arrow);
            let at = |share: f64| Area::new(x1 + (x2 - x1) * share - w / 2.0, y1 + (y2 - y1) * share - h / 2.0, w, h);
            let left = if narrow { 34.0 } else { 58.0 };
            let inside = |area: Area| Area { x: bounded(area.x, left, (self.draw.frame.width - w).max(left)), ..area };
            let places: Vec<Area> =
                [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82].map(|share| inside(at(share))).to_vec();
            let room = Area::new(0.0, 0.0, self.draw.frame.width + 1.0, 100_000.0);
            let area = self.free_place(&places, room).unwrap_or_else(|| inside(at(0.5)));
            self.taken.push(area);
            self.bottom_at_least(area.y + area.h);
            let (class, ink) = label_class(arrow);
            let mut group = Node::group(area.x, area.y, "seq-label")
                .named(&arrow.id, (self.draw.label)(arrow))
                .with(Node::rect(Area::new(0.0, 0.0, w, h), 5.0, &["seq-lab box", class].concat()));
            for (index, line) in lines.into_iter().enumerate() {
                let y = 14.2 + 13.0 * index as f64;
                group = group.with(Node::words(w / 2.0, y, &["mid s-note s-strong ", ink].concat(), line));
            }
            self.push(group);
        }
    }

    fn bottom_at_least(&mut self, y: f64) {
        self.bottom = self.bottom.max(y);
    }

    /// `Fetch · offset 4`, in two lines where room is short.
    fn words(&self, arrow: &Arrow, narrow: bool) -> Vec<String> {
        let api = if arrow.response {
            (self.draw.say)(&Phrase::new("interface.response").with("api", arrow.api))
        } else {
            arrow.api.to_owned()
        };
        let summary = (self.draw.say)(&arrow.summary);
        let whole = [api.as_str(), " · ", summary.as_str()].concat();
        let span = (self.x(arrow.to) - self.x(arrow.from)).abs();
        let room = if narrow { 110.0 } else { bounded(span * 0.9, 120.0, 260.0) };
        if text::width(&whole, 12.6) <= room {
            return vec![whole];
        }
        vec![text::fit(&api, 12.6, room.max(120.0)), text::fit(&summary, 12.6, room.max(130.0))]
    }

    fn heads(&mut self) {
        for (at, lifeline) in self.draw.sequence.lifelines.iter().enumerate() {
            let node = self.head_of(at, lifeline);
            self.push(node);
        }
    }

    fn head_of(&self, at: usize, lifeline: &Lifeline) -> Node {
        let (w, h) = self.head;
        let whole = (self.draw.say)(&lifeline.name);
        let name = if text::width(&whole, 14.7) <= w - 8.0 { whole.clone() } else { lifeline.short.clone() };
        let class = if lifeline.is_leader { "place is-lead" } else { "place" };
        let note = lifeline.note.as_ref().map(|note| (self.draw.say)(note));
        let note = note.filter(|words| text::width(words, 12.6) <= w - 4.0);
        let middle = if note.is_some() { 19.0 } else { h / 2.0 + 5.0 };
        let mut head = Node::group(self.x(at) - w / 2.0, 0.0, "seq-head")
            .named(&lifeline.id, whole)
            .with(Node::rect(Area::new(0.0, 0.0, w, h), 9.0, &["box ", class].concat()))
            .with(Node::words(w / 2.0, middle, "mid s-h", name));
        if let Some(words) = note {
            head = head.with(Node::words(w / 2.0, 36.0, "mid s-note f-lead s-strong", words));
        }
        head
    }
}

/// Keeps times in order, each once.
fn insert(times: &mut Vec<u64>, us: u64) {
    let at = times.partition_point(|known| *known < us);
    if times.get(at) != Some(&us) {
        times.insert(at, us);
    }
}

/// `1 180.5`, in ms.
fn time(us: u64, with_unit: bool) -> String {
    let whole = grouped(i64::try_from(us / 1_000).unwrap_or(i64::MAX));
    let tenths = us % 1_000 / 100;
    let text = if tenths == 0 { whole } else { [whole.as_str(), ".", &tenths.to_string()].concat() };
    if with_unit { text + " ms" } else { text }
}

fn line_class(arrow: &Arrow) -> String {
    let kind = if arrow.response { "seq-resp" } else { "seq-req" };
    let state = match (arrow.is_bad, arrow.is_now) {
        _ if arrow.fate == Fate::Travelling => " is-ahead",
        (true, _) => " is-bad",
        (_, true) => " is-now",
        _ => "",
    };
    [kind, state].concat()
}

fn label_class(arrow: &Arrow) -> (&'static str, &'static str) {
    match (arrow.is_bad, arrow.is_now, arrow.response) {
        (true, ..) => (" is-bad", "f-bad"),
        (_, true, true) => (" is-now is-resp", "f-accent"),
        (_, true, false) => (" is-now", "f-accent"),
        (_, _, true) => (" is-resp", "f-2"),
        _ => ("", "f-2"),
    }
}

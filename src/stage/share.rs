//! The share panel: the newest records of a partition, under each what the share group has of it, and the members with the
//! records that they have. States differ by their words, their borders and their signs, never by colour alone.

use highwater_player::phrase::Phrase;
use highwater_player::scene::SharePanel;
use highwater_player::scene::group::MemberRole;
use highwater_player::scene::share::{ShareMember, ShareRecord, ShareState};
use highwater_player::scene::text::{share_has, share_role};

use super::frame::Area;
use super::node::{Node, number};
use super::text;
use super::{Draw, Picture};

/// A record, and what the group has of it.
const CELL_PX: f64 = 58.0;
const CELL_H_PX: f64 = 44.0;
const CARD_H_PX: f64 = 74.0;
/// From the top of the log to each row below.
const OFFSETS_PX: f64 = 62.0;
const MARKS_PX: f64 = 82.0;
const CARDS_PX: f64 = 98.0;
const COUNTS_PX: f64 = 190.0;
const NOTE_PX: f64 = 212.0;
const LOG_H_PX: f64 = 226.0;

/// Draws a share partition with its members.
#[inline(never)]
pub fn draw(draw: &Draw<'_>, panel: &SharePanel) -> Picture {
    let mut share = Share::new(draw, panel);
    share.partition();
    share.members();
    Picture { width: draw.frame.width, height: share.y, nodes: share.nodes, ..Picture::default() }
}

struct Share<'a> {
    draw: &'a Draw<'a>,
    panel: &'a SharePanel,
    nodes: Vec<Node>,
    /// Where the log begins, and the way from one record to the next.
    left: f64,
    top: f64,
    pitch: f64,
    first: i64,
    slots: i64,
    y: f64,
}

impl Share<'_> {
    fn new<'a>(draw: &'a Draw<'a>, panel: &'a SharePanel) -> Share<'a> {
        let frame = draw.frame;
        let (left, top) = frame.pick((164.0, 18.0), (150.0, 18.0), (14.0, 72.0));
        let pitch = if frame.is_narrow() { 62.0 } else { 65.0 };
        let slots = ((frame.width - left - 14.0 + pitch - CELL_PX) / pitch).floor().max(1.0) as i64;
        let begin = panel.records.first().map_or(panel.log_end_offset, |there| there.offset);
        let newest = (panel.log_end_offset + 1 - slots).max(begin);
        // What is in flight comes before what is new, and what the step looks at before both.
        let looked = panel.records.iter().find(|there| draw.scene.look.contains(&there.id)).map(|there| there.offset);
        let in_flight = panel.records.iter().find(|there| there.state.value.is_in_flight()).map(|there| there.offset);
        let first = newest.min(looked.or(in_flight).unwrap_or(newest)).max(begin);
        Share { draw, panel, nodes: Vec::new(), left, top, pitch, first, slots, y: 0.0 }
    }

    fn say(&self, key: &str) -> String {
        self.draw.say(Phrase::new(&["interface.shared.", key].concat()))
    }

    fn x(&self, offset: i64) -> f64 {
        self.left + (offset - self.first) as f64 * self.pitch
    }

    fn holds(&self, offset: i64) -> bool {
        (self.first..self.first + self.slots).contains(&offset)
    }

    fn partition(&mut self) {
        let (draw, panel, width) = (self.draw, self.panel, self.draw.frame.width);
        let h = self.top + LOG_H_PX;
        let mut card = Node::group(0.0, 0.0, "place-card")
            .named(&panel.id, draw.label(&panel.id))
            .container()
            .with(Node::rect(Area::new(0.0, 0.0, width, h), 10.0, "place"));
        card = card.with_all(self.head());
        let bed = self.top + CELL_H_PX + 4.0;
        card = card
            .with(Node::path(format!("M{} {}H{}", number(self.left - 4.0), number(bed), number(width - 12.0)), "bed"));
        let shown: Vec<&ShareRecord> = panel.records.iter().filter(|there| self.holds(there.offset)).collect();
        for there in &shown {
            card = card.with_all(self.record(there));
        }
        card = card.with_all(self.boundaries(bed)).with_all(self.rest(&shown));
        let key = if draw.frame.is_narrow() { "interface.shared.limit_short" } else { "interface.shared.limit" };
        let note = Phrase::new(key).with("limit", panel.delivery_count_limit);
        let note = text::fit(&draw.say(note), 12.0, width - self.left - 10.0);
        card = card.with(Node::words(self.left, self.top + NOTE_PX, "s-dim", note));
        self.nodes.push(card);
        self.y = h;
    }

    /// Whose log it is, and what the rows below are.
    fn head(&self) -> Vec<Node> {
        let (draw, panel) = (self.draw, self.panel);
        let pad = draw.frame.pick(18.0, 16.0, 14.0);
        let group = Phrase::new("interface.shared.group").with("group", panel.group.as_str());
        let leader = match panel.leader {
            Some(broker) => draw.say(Phrase::new("interface.shared.leader").with("broker", broker)),
            None => self.say("no_leader"),
        };
        let mut nodes = vec![Node::words(pad, 30.0, "s-name", panel.partition.as_str())];
        if draw.frame.is_narrow() {
            let after = pad + text::width(&panel.partition, 15.6) + 10.0;
            nodes.push(Node::words(after, 30.0, "s-note f-lead", leader));
            nodes.push(Node::words(pad, 50.0, "s-note", draw.say(group)));
            let counts = self.say("delivery_counts");
            nodes.push(Node::words(draw.frame.width - 14.0, 50.0, "s-dim end", counts));
            return nodes;
        }
        let room = self.left - pad - 10.0;
        nodes.push(Node::words(pad, 50.0, "s-note f-lead", text::fit(&leader, 12.0, room)));
        nodes.push(Node::words(pad, self.top + CARDS_PX + 18.0, "s-name", self.say("title")));
        nodes.push(Node::words(pad, self.top + CARDS_PX + 38.0, "s-note", text::fit(&draw.say(group), 12.0, room)));
        nodes.push(Node::words(
            pad,
            self.top + COUNTS_PX,
            "s-note",
            text::fit(&self.say("delivery_count"), 12.0, room),
        ));
        nodes
    }

    /// A record of the log, its offset, and the card of what the group has of it.
    fn record(&self, there: &ShareRecord) -> Vec<Node> {
        let (draw, x, top) = (self.draw, self.x(there.offset), self.top);
        let is_committed = there.offset < self.panel.high_watermark;
        let class = format!("rec k{} {}", there.color, if is_committed { "is-committed" } else { "is-uncommitted" });
        let mut cell =
            Node::group(x, top, &class).with(Node::rect(Area::new(0.0, 0.0, CELL_PX, CELL_H_PX), 6.0, "box"));
        let middle = CELL_PX / 2.0;
        let value = text::fit(there.value.as_deref().unwrap_or("null"), 13.0, CELL_PX - 4.0);
        match there.key.as_deref() {
            Some(key) => {
                cell = cell.with(Node::words(middle, 19.0, "val", value));
                cell = cell.with(Node::words(middle, 36.0, "key", text::fit(key, 12.0, CELL_PX - 4.0)));
            }
            None => cell = cell.with(Node::words(middle, 26.8, "val", value)),
        }
        let is_now = draw.is_in_focus(&there.id);
        let offset = Node::words(
            x + middle,
            top + OFFSETS_PX,
            if is_now { "off is-now" } else { "off" },
            there.offset.to_string(),
        );
        let mut nodes = vec![cell, offset];
        if there.state.value.is_in_flight() {
            let d = format!("M{} {}V{}", number(x + middle), number(top + OFFSETS_PX + 5.0), number(top + CARDS_PX));
            nodes.push(Node::path(d, "cause"));
            nodes.push(self.card(there, x, top + CARDS_PX));
            let times = there.delivery_count.to_string();
            let is_last = there.delivery_count >= self.panel.delivery_count_limit;
            let class = if is_last { "s-note s-strong mid f-bad" } else { "s-note s-strong mid f-ink" };
            nodes.push(Node::words(x + middle, top + COUNTS_PX, class, times));
        }
        nodes
    }

    /// State, member, lock.
    fn card(&self, there: &ShareRecord, x: f64, y: f64) -> Node {
        let (draw, middle) = (self.draw, CELL_PX / 2.0);
        let (class, ink) = match there.state.value {
            ShareState::Acquired => ("share-acquired", "f-lead"),
            ShareState::Acknowledged => ("share-acknowledged", "f-2"),
            ShareState::Archived => ("share-archived", "f-bad"),
            _ => ("share-available", "f-accent"),
        };
        let fresh = if draw.is_new(&there.id) { " is-fresh" } else { "" };
        let mut card = Node::group(x, y, &format!("share-card{fresh}"))
            .named(&there.id, draw.label(&there.id))
            .with(Node::rect(Area::new(0.0, 0.0, CELL_PX, CARD_H_PX), 6.0, class));
        let state = self.say(there.state.value.key());
        let mut line = 17.0;
        for words in state.split('\u{ad}') {
            // A word that is broken says so.
            let words = if state.ends_with(words) { words.to_owned() } else { [words, "-"].concat() };
            card = card.with(Node::words(middle, line, &format!("s-note mid {ink}"), words));
            line += 15.0;
        }
        match there.state.value {
            ShareState::Acquired => {
                let member = text::fit(there.member.as_deref().unwrap_or("?"), 13.0, CELL_PX - 6.0);
                card = card.with(Node::words(middle, 36.0, "s-strong mid", member));
                card = card.with_all(self.lock(there, middle));
            }
            ShareState::Acknowledged => {
                let (x, y) = (middle - 7.0, 47.0);
                card = card.with(Node::path(format!("M{} {y}l5 6l10 -13", number(x)), "share-tick"));
            }
            ShareState::Archived => {
                let (x, y) = (middle - 6.0, 40.0);
                card = card.with(Node::path(format!("M{} {y}l12 14m0 -14l-12 14", number(x)), "share-cross"));
            }
            _ => card = card.with(Node::words(middle, 46.0, "s-dim mid", self.say("free"))),
        }
        if there.is_in_transition {
            card = card.with(Node::words(middle, CARD_H_PX - 6.0, "s-dim mid", self.say("writes")));
        }
        let area = Area::new(0.0, 0.0, CELL_PX, CARD_H_PX);
        draw.outlined(card, &there.id, area, None)
    }

    /// How long the lock lasts yet, as a bar and in seconds.
    fn lock(&self, there: &ShareRecord, middle: f64) -> Vec<Node> {
        let Some(left) = there.lock_left_ms.filter(|_| !there.is_in_transition) else { return Vec::new() };
        let room = CELL_PX - 14.0;
        let share = (left as f64 / self.panel.lock_duration_ms.max(1) as f64).clamp(0.0, 1.0);
        let bar = |w: f64, class: &str| Node::rect(Area::new(7.0, 46.0, w, 5.0), 2.5, class);
        let seconds =
            Phrase::new("interface.group.seconds").with("n", i64::try_from(left.div_ceil(1_000)).unwrap_or(0));
        vec![
            bar(room, "bar-bg"),
            bar((room * share).max(2.0), "bar-lead"),
            Node::words(middle, 67.0, "s-note mid f-lead", self.draw.say(seconds)),
        ]
    }

    /// The start offset to the left of its line, the end offset to the right of its own.
    fn boundaries(&self, bed: f64) -> Vec<Node> {
        let (draw, panel) = (self.draw, self.panel);
        let (Some(start), Some(end)) = (panel.start.value, panel.end) else {
            return vec![Node::words(self.left, self.top + MARKS_PX, "s-dim", self.say("not_loaded"))];
        };
        let mut nodes = Vec::new();
        let is_in = |offset: i64| (self.first..=self.first + self.slots).contains(&offset);
        let marks: &[(&str, i64)] = if start == end { &[("both", start)] } else { &[("start", start), ("end", end)] };
        for (part, offset) in marks.iter().filter(|(_, offset)| is_in(*offset)) {
            let x = self.x(*offset) - (self.pitch - CELL_PX) / 2.0;
            let y = self.top + MARKS_PX;
            let short = if draw.frame.is_narrow() { "_short" } else { "_offset" };
            let words = draw.say(Phrase::new(&["interface.shared.", part, short].concat()).with("offset", *offset));
            let w = text::width(&words, 12.0) + 6.0;
            // To the left there must be room.
            let is_left = *part != "end" && x - w > 4.0;
            let fits_right = x + w < draw.frame.width - 4.0;
            let (class, at) =
                if is_left || !fits_right { ("s-note s-strong end", x - 5.0) } else { ("s-note s-strong", x + 5.0) };
            let mark = format!("{}/{}", panel.id, if *part == "end" { "end" } else { "start" });
            let line =
                Node::path(format!("M{} {}V{}", number(x), number(bed - CELL_H_PX - 8.0), number(y + 4.0)), "leo-line");
            nodes.push(
                Node::group(0.0, 0.0, "")
                    .named(&mark, draw.label(&mark))
                    .with(line)
                    .with(Node::words(at, y, class, words)),
            );
        }
        nodes
    }

    /// What stands where the group has nothing of the records: before the start, and from the end on.
    fn rest(&self, shown: &[&ShareRecord]) -> Vec<Node> {
        let mut nodes = Vec::new();
        for state in [ShareState::Done, ShareState::Waiting] {
            let mut run = shown.iter().filter(|there| there.state.value == state).map(|there| there.offset);
            let Some(first) = run.next() else { continue };
            let last = run.next_back().unwrap_or(first);
            let room = (last - first) as f64 * self.pitch + CELL_PX;
            let middle = self.x(first) + room / 2.0;
            let words = text::wrap(&self.say(state.key()), 12.0, room.max(CELL_PX));
            let mut y = self.top + CARDS_PX + 32.0;
            for line in words {
                nodes.push(Node::words(middle, y, "s-dim mid", line));
                y += 16.0;
            }
        }
        nodes
    }

    /// The members side by side, or one below the other where it is tight.
    fn members(&mut self) {
        let (narrow, width) = (self.draw.frame.is_narrow(), self.draw.frame.width);
        let columns = if narrow { 1 } else { self.panel.members.len().clamp(1, 3) };
        let gap = if narrow { 8.0 } else { 20.0 };
        let w = (width - gap * (columns as f64 - 1.0)) / columns as f64;
        let h = if narrow { 66.0 } else { 92.0 };
        for chunk in self.panel.members.chunks(columns) {
            self.y += if narrow { 8.0 } else { 18.0 };
            for (index, there) in chunk.iter().enumerate() {
                let area = Area::new(index as f64 * (w + gap), self.y, w, h);
                let card = self.member(there, area);
                self.nodes.push(card);
            }
            self.y += h;
        }
    }

    fn member(&self, there: &ShareMember, area: Area) -> Node {
        let (draw, narrow) = (self.draw, self.draw.frame.is_narrow());
        let pad = draw.frame.pick(16.0, 14.0, 12.0);
        let class = match there.role {
            MemberRole::Leader | MemberRole::Member => "place",
            MemberRole::Crashed => "place is-bad",
            MemberRole::Outside | MemberRole::Idle | MemberRole::Closed => "place is-out",
        };
        let name = draw.say(Phrase::new("interface.group.member").with("name", there.name.as_str()));
        let name_w = text::width(&name, 15.6);
        let role = text::fit(&draw.say(share_role(there)), 12.0, area.w - pad * 2.0 - name_w - 8.0);
        let role_class = match there.role {
            MemberRole::Crashed => "s-note end s-strong f-bad",
            _ if !there.polls => "s-note end f-bad",
            _ => "s-note end",
        };
        let has = text::fit(&draw.say(share_has(there)), 12.0, area.w - pad * 2.0);
        let mut card = Node::group(area.x, area.y, "member")
            .named(&there.id, draw.label(&there.id))
            .container()
            .with(Node::rect(Area::new(0.0, 0.0, area.w, area.h), 10.0, class))
            .with(Node::words(pad, 26.0, "s-name", name))
            .with(Node::words(area.w - pad, 26.0, role_class, role));
        card = card.with(Node::words(pad, if narrow { 50.0 } else { 48.0 }, "s-note", has));
        if narrow {
            return card;
        }
        let mut x = pad;
        for offset in &there.in_hand {
            let color =
                self.panel.records.iter().find(|record| record.offset == *offset).map_or(0, |record| record.color);
            let words = offset.to_string();
            let w = (text::width(&words, 13.0) + 14.0).max(28.0);
            if x + w > area.w - pad {
                break;
            }
            let token = Node::group(x, 58.0, &format!("tok k{color}"))
                .with(Node::rect(Area::new(0.0, 0.0, w, 24.0), 6.0, "box"))
                .with(Node::words(w / 2.0, 16.6, "mid", words));
            card = card.with(token);
            x += w + 6.0;
        }
        if let Some(message) = &there.message {
            let key = if message.response { "interface.group.response" } else { "interface.shared.request" };
            let words = draw.say(Phrase::new(key).with("api", message.api.as_str()));
            let words = text::fit(&words, 12.0, area.w - pad * 2.0 - (x - pad));
            card = card.with(Node::words(area.w - pad, 75.0, "s-note s-strong end f-accent", words));
        }
        card
    }
}

//! The row of segments: a card for each `.log`, with what it is measured by.

use highwater_player::phrase::Phrase;
use highwater_player::scene::files::{EntryCard, GaugeRow, SegmentCard};

use super::super::frame::Area;
use super::super::node::{Node, number};
use super::super::text;
use super::super::text::grouped;
use super::search::clock;
use super::{Sheet, bytes_words, count, range, time_words};

/// The digits of a segment's file name.
const NAME_DIGITS: usize = 20;

/// The widest card, in px.
const CARD_W_MAX: f64 = 420.0;

impl Sheet<'_> {
    pub(super) fn segments(&mut self) {
        let searching = self.panel.search.as_deref();
        let name = match searching {
            Some(_) => self.say("choose"),
            None => match self.panel.broker {
                Some(broker) => self.draw.say(
                    Phrase::new("interface.files.title_on")
                        .with("partition", self.panel.partition.as_str())
                        .with("broker", broker),
                ),
                None => self.panel.partition.clone(),
            },
        };
        let remark = match searching {
            Some(view) if view.by_time => {
                Some(self.draw.say(Phrase::new("interface.files.choose_time").with("target", clock(view.target))))
            }
            Some(view) => Some(self.draw.say(Phrase::new("interface.files.choose_offset").with("target", view.target))),
            None => None,
        };
        let is_now = searching.is_some_and(|view| view.probes.is_none());
        self.heading(name, remark, is_now);
        if let Some(bytes) = self.panel.scaled_bytes {
            let words = self.draw.say(Phrase::new("interface.files.scaled").with("bytes", grouped(bytes)));
            for line in text::wrap(&words, 12.0, self.width()) {
                self.push(Node::words(0.0, self.y + 6.0, "s-dim", line));
                self.gap(18.0);
            }
            self.gap(2.0);
        }
        self.start_flag();
        let per_row = self.per_row();
        let gap = self.draw.frame.pick(16.0, 12.0, 8.0);
        let card_w = ((self.width() - gap * (per_row as f64 - 1.0)) / per_row as f64).min(CARD_W_MAX);
        let cards = &self.panel.segments;
        for (row, chunk) in cards.chunks(per_row).enumerate() {
            let notes: Vec<Vec<String>> = chunk.iter().map(|card| self.note_lines(card, card_w)).collect();
            let first = row * per_row;
            let gauge_h = 34.0 * self.panel.gauges.len() as f64;
            let lines = notes.iter().map(Vec::len).max().unwrap_or(0);
            let height = 62.0 + gauge_h + lines as f64 * 17.0 + if lines > 0 { 6.0 } else { 0.0 };
            for (index, (card, notes)) in chunk.iter().zip(notes).enumerate() {
                let area = Area::new(index as f64 * (card_w + gap), self.y, card_w, height);
                let node = self.segment(card, first + index, area, &notes);
                self.push(node);
                self.target_mark(card, area);
            }
            self.gap(height + 12.0);
        }
        if searching.is_some_and(|view| !view.by_time) {
            self.gap(12.0);
        }
        self.gap(6.0);
    }

    fn per_row(&self) -> usize {
        let most = self.draw.frame.pick(4, 3, if self.panel.gauges.is_empty() { 3 } else { 2 });
        self.panel.segments.len().clamp(1, most)
    }

    /// Where the log begins now, if that is not at 0.
    fn start_flag(&mut self) {
        let start = self.panel.log_start.value;
        if start == 0 || self.panel.search.is_some() {
            return;
        }
        let mark = format!("{}/start", self.panel.id);
        let words = self.draw.say(Phrase::new("interface.files.log_start").with("offset", start));
        let class = if self.draw.is_new(&mark) { "s-note s-strong f-accent" } else { "s-note s-strong f-ink" };
        self.push(
            Node::group(0.0, self.y, "flag")
                .named(&mark, self.draw.label(&mark))
                .with(Node::words(0.0, 8.0, class, words)),
        );
        self.gap(20.0);
    }

    fn note_lines(&self, card: &SegmentCard, room: f64) -> Vec<String> {
        card.note.as_ref().map(|note| text::wrap(&self.draw.say(note), 12.0, room - 24.0)).unwrap_or_default()
    }

    fn segment(&self, card: &SegmentCard, index: usize, area: Area, notes: &[String]) -> Node {
        let class = match (card.picked, card.deletable, self.draw.is_in_focus(&card.id)) {
            (true, ..) => "is-chosen-box",
            (_, true, _) => "is-bad-box",
            (.., true) => "is-new-box",
            _ => "soft-box",
        };
        let pad = self.draw.frame.pick(14.0, 12.0, 10.0);
        let digits = card.base_offset.to_string();
        let zeros = "0".repeat(NAME_DIGITS.saturating_sub(digits.len()));
        let room = area.w - pad * 2.0;
        let whole = text::mono_width(&format!("{zeros}{digits}.log"), 12.0) <= room;
        let (zeros, end) = if whole { (zeros, ".log") } else { ("…".to_owned(), ".log") };
        let zeros_w = text::mono_width(&zeros, 12.0);
        let digits_w = text::mono_width(&digits, 13.0);
        let ink = if card.picked { "mono-b f-accent" } else { "mono-b" };
        let mut node = Node::group(area.x, area.y, "segment")
            .named(&card.id, self.draw.label(&card.id))
            .with(Node::rect(Area::new(0.0, 0.0, area.w, area.h), 8.0, class))
            .with(Node::words(pad, 23.0, "mono-s f-dim", zeros))
            .with(Node::words(pad + zeros_w, 23.0, ink, digits))
            .with(Node::words(pad + zeros_w + digits_w, 23.0, "mono-s f-dim", end));
        let offsets = match card.last_offset {
            Some(last) => range(card.base_offset, last),
            None => self.say("empty"),
        };
        node = node.with(Node::words(pad, 46.0, "s-note", offsets.clone()));
        let mut size = bytes_words(card.bytes);
        if card.active {
            let active = format!("{size} · {}", self.say("active"));
            if text::width(&active, 12.0) + text::width(&offsets, 12.0) + 10.0 <= room {
                size = active;
            }
        }
        if text::width(&size, 12.0) + text::width(&offsets, 12.0) + 8.0 <= room {
            node = node.with(Node::words(area.w - pad, 46.0, "s-note end", size));
        }
        for (row, gauge) in self.panel.gauges.iter().enumerate() {
            let at = Area::new(pad, 60.0 + row as f64 * 34.0, room, 30.0);
            node = node.with_all(Sheet::gauge(gauge, index, at));
        }
        let top = 62.0 + self.panel.gauges.len() as f64 * 34.0;
        for (line, words) in notes.iter().enumerate() {
            let class = if card.deletable { "s-note f-bad" } else { "s-note" };
            node = node.with(Node::words(pad, top + 11.0 + line as f64 * 17.0, class, words.clone()));
        }
        node
    }

    fn gauge(row: &GaugeRow, index: usize, area: Area) -> Vec<Node> {
        let Some((value, over)) = row.values.get(index).copied().flatten() else { return Vec::new() };
        let said = |value: i64| if row.is_time { time_words(value) } else { bytes_words(value) };
        let words = format!("{} / {}", said(value), said(row.limit));
        let config_w = text::width(row.config, 12.0);
        let mut nodes = Vec::new();
        if config_w + text::width(&words, 12.0) + 8.0 <= area.w {
            nodes.push(Node::words(area.x, area.y + 11.0, "s-dim", row.config));
            let class = if over { "s-note s-strong end f-bad" } else { "s-note end" };
            nodes.push(Node::words(area.x + area.w, area.y + 11.0, class, words));
        } else {
            let class = if over { "s-note s-strong f-bad" } else { "s-note" };
            nodes.push(Node::words(area.x, area.y + 11.0, class, words));
        }
        let share = (value.max(0) as f64 / row.limit.max(1) as f64).min(1.0);
        let mut rail = Node::rect(Area::new(area.x, area.y + 18.0, area.w, 6.0), 3.0, "bar-bg");
        let mut fill = Node::rect(
            Area::new(area.x, area.y + 18.0, (area.w * share).max(1.0), 6.0),
            3.0,
            if over { "bar-bad" } else { "bar-fill" },
        );
        (rail.area, fill.area) = (None, None);
        nodes.extend([rail, fill]);
        nodes
    }

    /// Where in the picked segment the offset lies.
    fn target_mark(&mut self, card: &SegmentCard, area: Area) {
        let Some(view) = self.panel.search.as_deref().filter(|view| card.picked && !view.by_time) else { return };
        let last = card.last_offset.unwrap_or(card.base_offset);
        let span = (last - card.base_offset).max(1) as f64;
        let share = ((view.target - card.base_offset) as f64 / span).clamp(0.0, 1.0);
        let x = area.x + 10.0 + share * (area.w - 20.0);
        let bottom = area.y + area.h;
        self.push(Node::path(format!("M{} {}v14", number(x), number(bottom - 7.0)), "link-acc"));
        let words = view.target.to_string();
        let fits = x + 6.0 + text::width(&words, 12.6) < self.width();
        let (x, class) =
            if fits { (x + 6.0, "s-note s-strong f-accent") } else { (x - 6.0, "s-note s-strong f-accent end") };
        self.push(Node::words(x, bottom + 14.0, class, words));
    }

    /// The entries of the active segment's index, as they are written.
    pub(super) fn active_entries(&mut self, entries: &[EntryCard]) {
        let remark = self.draw.say(Phrase::new("interface.files.entries").with("entries", count(entries.len())));
        let name = self.say("active_index");
        self.heading(name, Some(remark), false);
        if entries.is_empty() {
            self.push(Node::rect(Area::new(0.0, self.y, self.width(), 44.0), 8.0, "blank-box"));
            let words = self.say("no_entries");
            self.push(Node::words(14.0, self.y + 26.0, "s-dim", text::fit(&words, 12.0, self.width() - 28.0)));
            self.gap(56.0);
            return;
        }
        self.entries(entries, &[], false);
    }
}

//! The search: the entries of an index with every comparison, and the batches that are read from there on.

use highwater_player::phrase::Phrase;
use highwater_player::scene::files::{Compared, EntryCard, ProbeKind, ProbeRow, ScanBatch, ScanState, SearchView};

use super::super::frame::Area;
use super::super::node::{Node, number};
use super::super::text::{self, grouped};
use super::{Sheet, count, range};

/// The entries that are shown as columns; more are counted.
const COLUMNS_MAX: usize = 10;

impl Sheet<'_> {
    pub(super) fn search(&mut self, view: &SearchView) {
        if let Some(probes) = &view.probes {
            let name = self.say(if view.by_time { "search_time" } else { "search" });
            let remark =
                Phrase::new(if view.by_time { "interface.files.time_entries" } else { "interface.files.entries" })
                    .with("entries", count(view.entries.len()));
            let remark = self.draw.say(remark);
            self.heading(name, (!self.is_narrow()).then_some(remark), view.scan.is_none());
            self.entries(&view.entries, probes, view.by_time);
        }
        if let Some(scan) = &view.scan {
            self.scan(view, scan);
        }
    }

    /// Index entries: columns with brackets below them; a list with remarks in a narrow place.
    pub(super) fn entries(&mut self, entries: &[EntryCard], probes: &[ProbeRow], by_time: bool) {
        if self.is_narrow() {
            return self.entry_list(entries, probes, by_time);
        }
        let label_w = 112.0;
        let fits =
            (((self.width() - label_w) / 78.0).floor().max(2.0) as usize).min(if by_time { 5 } else { COLUMNS_MAX });
        let found = entries.iter().position(|entry| entry.found).unwrap_or(0);
        let (from, shown) = shown_part(entries.len(), fits, found);
        let gap = 8.0;
        let pitch = ((self.width() - label_w + gap) / shown.max(1) as f64).min(if by_time { 150.0 } else { 116.0 });
        let entry_w = pitch - gap;
        let labels: [String; 3] = if by_time {
            [self.say("timestamp"), self.say("offset"), String::new()]
        } else {
            [self.say("last_offset"), self.say("relative"), self.say("start_position")]
        };
        for (label, y) in labels.iter().zip([22.0, 40.0, 64.0]) {
            self.push(Node::words(0.0, self.y + y, "s-note", text::fit(label, 12.0, label_w - 8.0)));
        }
        let height = if by_time { 54.0 } else { 76.0 };
        for (index, entry) in entries.iter().skip(from).take(shown).enumerate() {
            let x = label_w + index as f64 * pitch;
            let node = self.entry(entry, Area::new(x, self.y, entry_w, height), by_time);
            self.push(node);
        }
        self.gap(height + 10.0);
        let hidden = entries.len().saturating_sub(shown);
        if hidden > 0 {
            let words = self.draw.say(Phrase::new("interface.files.more_entries").with("n", count(hidden)));
            self.push(Node::words(label_w, self.y + 6.0, "s-dim", words));
            self.gap(18.0);
        }
        let x_of =
            |slot: usize| label_w + (slot.clamp(from, from + shown.max(1) - 1) - from) as f64 * pitch + entry_w / 2.0;
        for row in probes {
            self.probe(row, x_of(row.low) - entry_w / 2.0 + 4.0, x_of(row.high) + entry_w / 2.0 - 4.0, x_of(row.slot));
        }
        self.gap(12.0);
    }

    fn entry(&self, entry: &EntryCard, area: Area, by_time: bool) -> Node {
        let middle = area.w / 2.0;
        let class = match (entry.found, self.draw.is_in_focus(&entry.id)) {
            (true, _) => "is-chosen-box",
            (_, true) => "is-new-box",
            _ => "soft-box",
        };
        let ink = if entry.found { "mono-b mid f-accent" } else { "mono-b mid" };
        let key = if by_time { clock(entry.key) } else { entry.key.to_string() };
        let mut node = Node::group(area.x, area.y, "entry")
            .named(&entry.id, self.draw.label(&entry.id))
            .with(Node::rect(Area::new(0.0, 0.0, area.w, area.h), 7.0, class))
            .with(Node::words(middle, 22.0, ink, key));
        if by_time {
            return node.with(Node::words(middle, 42.0, "mono-s mid f-2", entry.stored.to_string()));
        }
        node = node.with(Node::words(middle, 40.0, "mono-s mid f-dim", format!("+{}", entry.stored)));
        node = node.with(Node::path(format!("M10 50h{}", number(area.w - 20.0)), "rule"));
        node.with(Node::words(middle, 67.0, "mono-s mid f-ink", grouped(entry.position.unwrap_or(0))))
    }

    fn probe(&mut self, row: &ProbeRow, low: f64, high: f64, at: f64) {
        let name = match row.kind {
            ProbeKind::Warm => self.say("warm"),
            ProbeKind::Least => self.say("least"),
            ProbeKind::Middle => self.say("middle"),
        };
        let words = self.compared(row);
        let pill_w = text::width(&words, 12.6) + 34.0;
        let x = (at - 16.0).min(self.width() - pill_w).max(100.0);
        let (line, pill, dot, ink) = if row.last {
            ("link-acc", "is-new-box", "bar-acc", "s-note s-strong f-accent")
        } else {
            ("rule-edge", "plain-box", "bar-fill", "s-note s-strong f-ink")
        };
        let node = Node::group(0.0, self.y, "probe")
            .named(&row.id, self.draw.label(&row.id))
            .with(Node::words(0.0, 14.0, "s-note", name))
            .with(Node::path(
                format!("M{} 5v10M{} 10H{}M{} 5v10", number(low), number(low), number(high), number(high)),
                line,
            ))
            .with(Node::rect(Area::new(x, 0.0, pill_w, 20.0), 10.0, pill))
            .with(Node::circle(x + 13.0, 10.0, 4.0, dot))
            .with(Node::words(x + 24.0, 14.2, ink, words));
        self.push(node);
        self.gap(25.0);
    }

    fn compared(&self, row: &ProbeRow) -> String {
        let by_time = self.panel.search.as_ref().is_some_and(|view| view.by_time);
        let target = self.panel.search.as_ref().map_or(0, |view| view.target);
        let shown = |value: i64| if by_time { clock(value) } else { value.to_string() };
        let sign = match row.compared {
            Compared::Less => "<",
            Compared::Equal => "=",
            Compared::More => ">",
        };
        let turn = match (row.kind, row.compared, row.last) {
            (ProbeKind::Warm, Compared::Less, _) => "turn_warm",
            (ProbeKind::Warm, ..) => "turn_cold",
            (ProbeKind::Least, Compared::More, _) => "turn_none",
            (ProbeKind::Least, ..) => "turn_inside",
            (_, Compared::Equal, _) => "turn_found",
            (_, Compared::Less, false) => "turn_right",
            (_, Compared::Less, true) => "turn_here",
            (_, Compared::More, false) => "turn_left",
            (_, Compared::More, true) => "turn_stay",
        };
        format!("{} {sign} {}: {}", shown(row.key), shown(target), self.say(turn))
    }

    fn entry_list(&mut self, entries: &[EntryCard], probes: &[ProbeRow], by_time: bool) {
        let list_w = if by_time { 190.0 } else { 168.0 };
        let heads = if by_time { ["timestamp", "offset"] } else { ["last_offset", "position"] };
        let [first, second] = heads.map(|head| self.say(head));
        self.push(Node::words(8.0, self.y + 10.0, "s-dim", first));
        self.push(Node::words(list_w - 8.0, self.y + 10.0, "s-dim end", second));
        if !probes.is_empty() {
            let words = self.say("comparisons");
            self.push(Node::words(list_w + 12.0, self.y + 10.0, "s-dim", words));
        }
        self.gap(18.0);
        for (slot, entry) in entries.iter().enumerate() {
            let (class, ink) = if entry.found { ("is-chosen-box", "mono-b f-accent") } else { ("soft-box", "mono-b") };
            let mut node = Node::group(0.0, self.y, "entry")
                .named(&entry.id, self.draw.label(&entry.id))
                .with(Node::rect(Area::new(0.0, 0.0, list_w, 24.0), 5.0, class));
            if by_time {
                node = node.with(Node::words(8.0, 16.6, ink, clock(entry.key))).with(Node::words(
                    list_w - 8.0,
                    16.6,
                    "mono-s end",
                    entry.stored.to_string(),
                ));
            } else {
                let key = entry.key.to_string();
                let key_w = text::mono_width(&key, 13.0);
                node = node
                    .with(Node::words(8.0, 16.6, ink, key))
                    .with(Node::words(14.0 + key_w, 16.6, "mono-s f-dim", format!("+{}", entry.stored)))
                    .with(Node::words(list_w - 8.0, 16.6, "mono-s end", grouped(entry.position.unwrap_or(0))));
            }
            self.push(node);
            let (here, last): (Vec<usize>, bool) = (
                (0..probes.len()).filter(|index| probes.get(*index).is_some_and(|row| row.slot == slot)).collect(),
                probes.last().is_some_and(|row| row.slot == slot),
            );
            if let Some(row) = here.last().and_then(|index| probes.get(*index)) {
                let numbers: Vec<String> = here.iter().map(|index| (index + 1).to_string()).collect();
                let sign = match row.compared {
                    Compared::Less => "<",
                    Compared::Equal => "=",
                    Compared::More => ">",
                };
                let target = self.panel.search.as_ref().map_or(0, |view| view.target);
                let words = if by_time {
                    format!("{}: {sign}", numbers.join(", "))
                } else {
                    format!("{}: {} {sign} {target}", numbers.join(", "), row.key)
                };
                let class = if last { "s-note s-strong f-accent" } else { "s-note" };
                let node = Node::group(list_w + 12.0, self.y, "probe")
                    .named(&row.id, self.draw.label(&row.id))
                    .with(Node::words(0.0, 16.6, class, words));
                self.push(node);
            }
            self.gap(27.0);
        }
        self.gap(10.0);
    }

    fn scan(&mut self, view: &SearchView, scan: &[ScanBatch]) {
        let name = self.say("scan");
        let remark = self.draw.say(Phrase::new("interface.files.scan_from").with("position", grouped(view.from)));
        self.heading(name, Some(remark), true);
        let narrow = self.is_narrow();
        let gap = 3.0;
        let least = if narrow { 58.0 } else { 76.0 };
        let shown: Vec<&ScanBatch> = {
            let most = ((self.width() / (least + gap)).floor().max(2.0)) as usize;
            let keep_before = usize::from(!narrow);
            let before = scan.iter().filter(|batch| batch.state == ScanState::Before).count();
            let skip = before.saturating_sub(keep_before);
            let found = scan.iter().position(|batch| batch.state == ScanState::Found).unwrap_or(0);
            // The one that is found is always there.
            let skip = skip.max((found + 1).saturating_sub(most));
            scan.iter().skip(skip).take(most).collect()
        };
        let total: f64 = shown.iter().map(|batch| batch.bytes.max(1) as f64).sum();
        let room = self.width() - gap * (shown.len() as f64 - 1.0) - least * shown.len() as f64;
        let mut x = 0.0;
        let top = self.y + if narrow { 0.0 } else { 18.0 };
        for batch in &shown {
            let w = least + room.max(0.0) * batch.bytes.max(1) as f64 / total;
            let (class, ink, words) = match batch.state {
                ScanState::Before | ScanState::After => ("sunk-box", "s-dim", None),
                ScanState::Read => ("plain-box", "s-note s-strong f-ink", Some("all_older")),
                ScanState::Found => ("is-chosen-box", "s-note s-strong f-accent", Some("found")),
                ScanState::Beyond => ("plain-box", "s-note s-strong f-ink", Some("beyond")),
            };
            let area = Area::new(x, top, w, 40.0);
            let mut node = Node::group(x, top, "batch").named(&batch.id, self.draw.label(&batch.id));
            let offsets = range(batch.base_offset, batch.last_offset);
            node = node.with_all(Sheet::labelled(area, class, ink, text::fit(&offsets, 12.0, w - 4.0)));
            if !narrow {
                let ink = if batch.state == ScanState::Found { "mono-s f-accent" } else { "mono-s f-dim" };
                node = node.with(Node::words(0.0, -6.0, ink, grouped(batch.position)));
            }
            if let Some(words) = words {
                let target = view.target;
                let (full, short) = match batch.state {
                    _ if view.by_time => (self.say(words), self.say(words)),
                    ScanState::Found => {
                        (format!("{} ≥ {target}: {}", batch.last_offset, self.say(words)), self.say(words))
                    }
                    ScanState::Beyond => (
                        format!("{} > {target}: {}", batch.base_offset, self.say(words)),
                        format!("{} >", batch.base_offset),
                    ),
                    _ => (format!("{} < {target}", batch.last_offset), format!("{} <", batch.last_offset)),
                };
                let words = if text::width(&full, 12.6) <= w { full } else { short };
                let class = if batch.state == ScanState::Found { "s-note s-strong mid f-accent" } else { "s-note mid" };
                node = node.with(Node::words(w / 2.0, 57.0, class, words));
            }
            self.push(node);
            x += w + gap;
        }
        self.y = top + 70.0;
        if let Some((offset, timestamp)) = view.record {
            let words = self
                .draw
                .say(Phrase::new("interface.files.record").with("offset", offset).with("time", clock(timestamp)));
            for line in text::wrap(&words, 13.0, self.width()) {
                self.push(Node::words(0.0, self.y + 6.0, "s-strong f-accent", line));
                self.gap(20.0);
            }
        }
        self.gap(6.0);
    }
}

/// The entries that are shown, such that `found` is among them: from which, and how many.
fn shown_part(entries: usize, fits: usize, found: usize) -> (usize, usize) {
    let shown = entries.min(fits);
    let from = found.saturating_sub(shown / 2).min(entries.saturating_sub(shown));
    (from, shown)
}

/// A timestamp as the time of day in UTC, with milliseconds.
pub(super) fn clock(timestamp_ms: i64) -> String {
    let day = timestamp_ms.rem_euclid(86_400_000);
    let (hours, minutes) = (day / 3_600_000, day / 60_000 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{:03}", day / 1_000 % 60, day % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_part_holds_what_was_found() {
        assert_eq!(shown_part(5, 8, 0), (0, 5));
        assert_eq!(shown_part(20, 8, 10), (6, 8));
        assert_eq!(shown_part(20, 8, 19), (12, 8));
        assert_eq!(clock(1_767_225_600_000 + 3_723_004), "01:02:03.004");
    }
}

//! The compaction panel: the records in their columns, where each has a newer value, the segments, and the offset map.

use highwater_player::phrase::Phrase;
use highwater_player::scene::CompactionPanel;
use highwater_player::scene::compaction::{Band, CompactedRecord, MapEntry};

use super::frame::Area;
use super::node::{Node, number};
use super::text;
use super::{Draw, Picture};

/// Draws a compacted log.
#[inline(never)]
pub fn draw(draw: &Draw<'_>, panel: &CompactionPanel) -> Picture {
    let narrow = draw.frame.is_narrow();
    let width = draw.frame.width;
    let (pitch, cell_h) = (draw.frame.pick(60.0, 52.0, 44.0), draw.frame.pick(44.0, 44.0, 40.0));
    let fits = (((width - 8.0) / pitch).floor().max(4.0)) as usize;
    let rows: Vec<usize> = (0..panel.columns.len()).step_by(fits).collect();
    let mut log = Log { draw, panel, pitch, cell_h, nodes: Vec::new(), y: 0.0 };
    log.heading(width);
    for from in rows {
        log.row(from, fits);
    }
    if let Some(map) = &panel.map {
        log.map(map, width, narrow);
    }
    Picture { width, height: log.y + 2.0, nodes: log.nodes, ..Picture::default() }
}

struct Log<'a> {
    draw: &'a Draw<'a>,
    panel: &'a CompactionPanel,
    pitch: f64,
    cell_h: f64,
    nodes: Vec<Node>,
    y: f64,
}

impl Log<'_> {
    fn say(&self, key: &str) -> String {
        self.draw.say(Phrase::new(&format!("interface.compaction.{key}")))
    }

    fn heading(&mut self, width: f64) {
        let panel = self.panel;
        let title = self.draw.say(
            Phrase::new("interface.files.title_on")
                .with("partition", panel.partition.as_str())
                .with("broker", panel.broker),
        );
        let title_w = text::width(&title, 14.7);
        self.nodes.push(Node::words(0.0, 16.0, "s-h", title));
        let ratio = panel.dirty_thousandths.map_or_else(|| "–".to_owned(), hundredths);
        let words = self.draw.say(
            Phrase::new("interface.compaction.dirty")
                .with("ratio", ratio)
                .with("least", hundredths(panel.least_dirty_thousandths))
                .with("from", panel.first_dirty.value),
        );
        let mark = format!("{}/dirty", panel.id);
        let class = if self.draw.is_new(&mark) { "s-note s-strong f-accent" } else { "s-note" };
        let beside = title_w + 14.0 + text::width(&words, 12.6) <= width;
        let (x, lines) = if beside { (title_w + 14.0, vec![words]) } else { (0.0, text::wrap(&words, 12.0, width)) };
        let mut group = Node::group(x, 0.0, "dirty").named(&mark, self.draw.label(&mark));
        let mut y = if beside { 16.0 } else { 36.0 };
        for line in lines {
            group = group.with(Node::words(0.0, y, class, line));
            y += 18.0;
        }
        self.nodes.push(group);
        self.y = y + 16.0;
    }

    /// A row of columns: water, cells, offsets, what is newer, segments.
    fn row(&mut self, from: usize, fits: usize) {
        let columns: Vec<_> = self.panel.columns.iter().skip(from).take(fits).collect();
        let Some(first) = columns.first().map(|column| column.offset) else { return };
        let end = columns.last().map_or(first, |column| column.offset + 1);
        let (pitch, cell_h) = (self.pitch, self.cell_h);
        let is_last = end == self.panel.log_end.value;
        let top = self.y + 26.0;
        let x_of = |offset: i64| 4.0 + (offset - first) as f64 * pitch;
        // Water below the high watermark, as in every log.
        let wet = (self.panel.high_watermark.value.clamp(first, end) - first) as f64 * pitch;
        if wet > 0.0 {
            let mut body = Node::rect(Area::new(1.0, top - 8.0, wet + 1.0, cell_h + 14.0), 4.0, "water-body");
            body.area = None;
            self.nodes.push(body);
        }
        for column in &columns {
            let x = x_of(column.offset);
            if let Some(record) = &column.record {
                let node = self.record(record, x, top);
                self.nodes.push(node);
            } else {
                let dash = Area::new(x + pitch / 2.0 - 11.0, top + cell_h - 7.0, 16.0, 5.0);
                self.nodes.push(Node::rect(dash, 2.5, "bar-gone"));
            }
            let middle = x + (pitch - 6.0) / 2.0;
            self.nodes.push(Node::words(middle, top + cell_h + 22.0, "off", column.offset.to_string()));
            let Some(newer) = column.record.as_ref().and_then(|record| record.newer) else { continue };
            self.nodes.push(Node::words(middle, top + cell_h + 40.0, "s-note mid", format!("→ {newer}")));
        }
        let bed = top + cell_h + 6.0;
        self.nodes.push(Node::path(format!("M1 {}H{}", number(bed), number(x_of(end))), "bed"));
        if is_last {
            self.flags(x_of(self.panel.high_watermark.value.max(first)), x_of(end), top, bed);
        }
        let ribbon = top + cell_h + 50.0;
        for band in &self.panel.segments {
            if band.base_offset < end && band.end_offset > first {
                let (left, right) = (x_of(band.base_offset.max(first)), x_of(band.end_offset.min(end)));
                let mut node = self.band(band, Area::new(left, ribbon, right - left - 6.0, 20.0));
                if from > 0 && band.base_offset < first {
                    // It goes on from the row above, where the mark is.
                    (node.mark, node.label) = (None, None);
                }
                self.nodes.push(node);
            }
        }
        self.y = ribbon + 34.0;
    }

    fn record(&self, record: &CompactedRecord, left: f64, top: f64) -> Node {
        let (w, h) = (self.pitch - 6.0, self.cell_h);
        let faded = if record.newer.is_some() { "" } else { " is-committed" };
        let fresh = if self.draw.is_new(&record.id) { " is-fresh" } else { "" };
        let mut node = Node::group(left, top, &format!("rec k{}{faded}{fresh}", record.color))
            .named(&record.id, self.draw.label(&record.id));
        if record.value.is_some() {
            node = node.with(Node::rect(Area::new(0.0, 0.0, w, h), 6.0, "box"));
        } else {
            // A tombstone has the shape of one.
            let radius = number(w / 2.0);
            let d = format!("M0 {}V{radius}A{radius} {radius} 0 0 1 {} {radius}V{}Z", number(h), number(w), number(h));
            let mut shape = Node::path(d, "box stone");
            shape.area = Some(Area::new(0.0, 0.0, w, h));
            node = node.with(shape);
        }
        let value = record.value.as_deref().unwrap_or("null");
        let long = text::width(value, 13.0) > w - 4.0;
        let value = text::fit(value, if long { 12.0 } else { 13.0 }, w - 2.0);
        node.with(Node::words(w / 2.0, h / 2.0 - 1.0, if long { "val is-long" } else { "val" }, value))
            .with(Node::words(w / 2.0, h / 2.0 + 15.0, "key", text::fit(&record.key, 12.0, w - 2.0)))
    }

    fn flags(&mut self, hw_x: f64, end_x: f64, top: f64, bed: f64) {
        let panel = self.panel;
        let hw = format!("HW {}", panel.high_watermark.value);
        let w = text::width(&hw, 12.6) + 12.0;
        let line = number(bed);
        let mark = format!("{}/hw", panel.id);
        let left = (hw_x - w - 2.0).max(0.0);
        self.nodes.push(
            Node::group(0.0, 0.0, "hw")
                .named(&mark, self.draw.label(&mark))
                .with(Node::path(format!("M{} {}V{line}", number(hw_x - 3.0), number(top - 24.0)), "hw-line"))
                .with(Node::rect(Area::new(left, top - 27.0, w, 18.0), 3.0, "hw-flag"))
                .with(Node::words(left + w / 2.0, top - 13.5, "hw-text", hw)),
        );
        let leo = format!("LEO {}", panel.log_end.value);
        let leo_w = text::width(&leo, 12.6);
        let mark = format!("{}/leo", panel.id);
        let beside = (end_x + 3.0).max(left + w + 5.0);
        let fits = beside + 1.0 + leo_w <= self.draw.frame.width;
        let (x, class) = if fits { (beside, "leo-text") } else { (left - 6.0, "leo-text end") };
        self.nodes.push(
            Node::group(0.0, 0.0, "leo")
                .named(&mark, self.draw.label(&mark))
                .with(Node::path(format!("M{} {}V{line}", number(end_x - 1.0), number(top - 24.0)), "leo-line"))
                .with(Node::words(x, top - 13.5, class, leo)),
        );
    }

    fn band(&self, band: &Band, area: Area) -> Node {
        let (class, state) = match (band.active, band.clean) {
            (true, _) => ("dash-box", "active"),
            (false, true) => ("is-clean-box", "clean"),
            (false, false) => ("sunk-box", "segment_dirty"),
        };
        let name = format!("{:02}.log", band.base_offset);
        let words = format!("{name} · {}", self.say(state));
        let words = if text::width(&words, 12.0) <= area.w - 8.0 { words } else { name };
        let mut node = Node::group(area.x, area.y, "band").named(&band.id, self.draw.label(&band.id)).with(Node::rect(
            Area::new(0.0, 0.0, area.w, area.h),
            4.0,
            class,
        ));
        if text::width(&words, 12.0) <= area.w - 2.0 {
            node = node.with(Node::words(area.w / 2.0, 14.5, "s-note mid", words));
        }
        node
    }

    fn map(&mut self, map: &[MapEntry], width: f64, narrow: bool) {
        let name = self.say("map");
        let name_w = text::width(&name, 14.7);
        self.nodes.push(Node::words(0.0, self.y + 16.0, "s-h", name));
        let remark =
            self.draw.say(Phrase::new("interface.compaction.map_reads").with("before", self.panel.uncleanable));
        if name_w + 14.0 + text::width(&remark, 12.0) <= width {
            self.nodes.push(Node::words(name_w + 14.0, self.y + 16.0, "s-note", remark));
        } else {
            for line in text::wrap(&remark, 12.0, width) {
                self.y += 18.0;
                self.nodes.push(Node::words(0.0, self.y + 16.0, "s-note", line));
            }
        }
        self.y += 30.0;
        let w = if narrow { 62.0 } else { 72.0 };
        let mut x = 0.0;
        for entry in map {
            if x + w > width {
                x = 0.0;
                self.y += 54.0;
            }
            self.nodes.push(
                Node::group(x, self.y, &format!("rec k{} is-committed", entry.color))
                    .named(&entry.id, self.draw.label(&entry.id))
                    .with(Node::rect(Area::new(0.0, 0.0, w, 44.0), 6.0, "box"))
                    .with(Node::words(w / 2.0, 19.0, "val", text::fit(&entry.key, 13.0, w - 6.0)))
                    .with(Node::words(w / 2.0, 36.0, "key", format!("→ {}", entry.offset))),
            );
            x += w + 8.0;
        }
        self.y += 56.0;
    }
}

/// `0.50`
fn hundredths(thousandths: i64) -> String {
    format!("{}.{:02}", thousandths / 1_000, thousandths % 1_000 / 10)
}

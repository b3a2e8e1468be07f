//! The bytes of a batch: a box for each field with its bytes, its name and what it says.

use highwater_player::phrase::Phrase;
use highwater_player::scene::files::{BytesView, FieldBox};

use super::super::frame::Area;
use super::super::node::{Node, number};
use super::super::text::{self, grouped};
use super::{Sheet, count};

impl Sheet<'_> {
    pub(super) fn bytes(&mut self, view: &BytesView) {
        let title = Phrase::new("interface.files.batch")
            .with("first", view.base_offset)
            .with("last", view.last_offset)
            .with("position", grouped(view.position));
        let remark =
            Phrase::new(if view.of_records { "interface.files.of_records" } else { "interface.files.of_header" })
                .with("bytes", grouped(view.bytes))
                .with("records", view.records);
        let (title, remark) = (self.draw.say(title), self.draw.say(remark));
        if self.panel.search.is_some() {
            self.push(Node::words(0.0, self.y + 12.0, "s-note s-strong f-ink", title));
            self.gap(24.0);
        } else {
            self.heading(title, Some(remark), false);
        }
        let mut x = 0.0;
        let mut record = None;
        let mut crc_from: Option<(f64, f64)> = None;
        let narrow = self.is_narrow();
        for field in &view.fields {
            let hex_w = text::mono_width(&field.hex, 12.0) + 8.0;
            let name_w = text::width(field.name, if field.accent { 12.6 } else { 12.0 }) + 6.0;
            let value_w = text::width(&field.value, 12.6) + 6.0;
            let w = hex_w.max(name_w).max(value_w).min(self.width());
            let starts_record = field.record != record;
            record = field.record;
            if x > 0.0 && (x + w > self.width() || starts_record) {
                if let Some((from, y)) = crc_from.take() {
                    self.push(Node::path(format!("M{} {}H{}", number(from), number(y), number(x - 6.0)), "crc-line"));
                }
                x = 0.0;
                self.gap(62.0);
            }
            if starts_record && field.record.is_some() {
                let words =
                    self.draw.say(Phrase::new("interface.files.record_n").with("n", field.record.map_or(0, count)));
                self.push(Node::words(0.0, self.y + 12.0, "s-note s-strong f-ink", words));
                self.gap(20.0);
            }
            let node = self.field(field, Area::new(x, self.y, hex_w.min(w), 22.0));
            self.push(node);
            if field.in_crc && !view.of_records && self.panel.search.is_none() {
                crc_from = crc_from.or(Some((x, self.y + 26.0)));
            }
            x += w + if narrow { 5.0 } else { 9.0 };
        }
        if let Some((from, y)) = crc_from {
            self.push(Node::path(format!("M{} {}H{}", number(from), number(y), number(x - 9.0)), "crc-line"));
        }
        self.gap(66.0);
        if !view.of_records && view.fields.iter().any(|field| field.in_crc) && self.panel.search.is_none() {
            let words = self.say("crc");
            for line in text::wrap(&words, 12.0, self.width() - 34.0) {
                self.push(Node::words(34.0, self.y + 6.0, "s-note", line));
                self.gap(18.0);
            }
            self.push(Node::path(format!("M0 {}h24", number(self.y - 16.0)), "crc-line"));
            self.gap(4.0);
        }
    }

    fn field(&self, field: &FieldBox, area: Area) -> Node {
        let (class, hex, name, value) = if field.accent {
            ("is-chosen-box", "mono-s f-accent", "s-note s-strong f-accent", "s-note s-strong f-accent")
        } else {
            ("sunk-box", "mono-s f-ink", "s-dim", "s-note s-strong f-ink")
        };
        Node::group(area.x, area.y, "field")
            .named(&field.id, self.draw.label(&field.id))
            .with(Node::rect(Area::new(0.0, 0.0, area.w, area.h), 4.0, class))
            .with(Node::words(4.0, 15.4, hex, field.hex.clone()))
            .with(Node::words(1.0, 38.0, name, field.name))
            .with(Node::words(1.0, 53.0, value, field.value.clone()))
    }
}

//! The files panel: the segments of a log, a search in their indexes in numbered parts, and the bytes of a batch.

mod bytes;
mod search;
mod segments;

use highwater_player::phrase::Phrase;
use highwater_player::scene::FilesPanel;

use super::frame::Area;
use super::node::Node;
use super::text::{self, grouped};
use super::{Draw, Picture};

/// Draws a log as files.
#[inline(never)]
pub fn draw(draw: &Draw<'_>, panel: &FilesPanel) -> Picture {
    let mut sheet = Sheet { draw, panel, y: 0.0, nodes: Vec::new(), part: 0 };
    if !panel.segments.is_empty() {
        sheet.segments();
    }
    if let Some(entries) = &panel.active_entries {
        sheet.active_entries(entries);
    }
    if let Some(view) = &panel.search {
        sheet.search(view);
    }
    if let Some(view) = &panel.bytes {
        sheet.bytes(view);
    }
    Picture { width: draw.frame.width, height: sheet.y + 2.0, nodes: sheet.nodes, ..Picture::default() }
}

/// What is drawn from top to bottom.
struct Sheet<'a> {
    draw: &'a Draw<'a>,
    panel: &'a FilesPanel,
    y: f64,
    nodes: Vec<Node>,
    /// The number of the last part; 0 where parts have no numbers.
    part: u8,
}

impl Sheet<'_> {
    fn width(&self) -> f64 {
        self.draw.frame.width
    }

    fn is_narrow(&self) -> bool {
        self.draw.frame.is_narrow()
    }

    fn say(&self, key: &str) -> String {
        self.draw.say(Phrase::new(&format!("interface.files.{key}")))
    }

    fn push(&mut self, node: Node) {
        self.nodes.push(node);
    }

    /// The name of a part with its number, and a remark behind it where there is room.
    fn heading(&mut self, name: String, remark: Option<String>, is_now: bool) {
        let mut x = 0.0;
        if self.panel.search.is_some() {
            self.part += 1;
            self.push(Node::circle(9.0, self.y + 10.0, 9.0, if is_now { "bar-acc" } else { "bar-fill" }));
            self.push(Node::words(9.0, self.y + 14.2, "is-small s-strong mid step-n", self.part.to_string()));
            x = 26.0;
        }
        let name_w = text::width(&name, 14.7);
        self.push(Node::words(x, self.y + 15.0, "s-h", name));
        if let Some(remark) = remark {
            let x = x + name_w + 12.0;
            if x + text::width(&remark, 12.0) <= self.width() {
                self.push(Node::words(x, self.y + 15.0, "s-note", remark));
                self.y += 30.0;
                return;
            }
            for line in text::wrap(&remark, 12.0, self.width()) {
                self.y += 18.0;
                self.push(Node::words(0.0, self.y + 15.0, "s-note", line));
            }
        }
        self.y += 30.0;
    }

    fn gap(&mut self, space: f64) {
        self.y += space;
    }

    /// A box with words in its middle.
    fn labelled(area: Area, class: &str, words_class: &str, words: String) -> [Node; 2] {
        let middle = area.w / 2.0;
        [
            Node::rect(Area::new(0.0, 0.0, area.w, area.h), 6.0, class),
            Node::words(middle, area.h / 2.0 + 4.5, &format!("{words_class} mid"), words),
        ]
    }
}

/// A number of things, for a phrase.
fn count(things: usize) -> i64 {
    i64::try_from(things).unwrap_or(i64::MAX)
}

/// `599–606`, or one number.
fn range(first: i64, last: i64) -> String {
    if first == last { first.to_string() } else { format!("{first}–{last}") }
}

/// A size in bytes.
fn bytes_words(bytes: i64) -> String {
    format!("{} B", grouped(bytes))
}

/// A time in words that a person reads: `12 s`, `3 h`, `7 d`; exact below a second.
fn time_words(ms: i64) -> String {
    let sign = if ms < 0 { "−" } else { "" };
    let ms = ms.unsigned_abs();
    let tenths = |unit: u64, name: &str| {
        let (whole, part) = (ms / unit, ms % unit * 10 / unit);
        if part == 0 { format!("{sign}{whole} {name}") } else { format!("{sign}{whole}.{part} {name}") }
    };
    match ms {
        0..=999 => format!("{sign}{ms} ms"),
        1_000..=119_999 => tenths(1_000, "s"),
        120_000..=7_199_999 => tenths(60_000, "min"),
        7_200_000..=172_799_999 => tenths(3_600_000, "h"),
        _ => tenths(86_400_000, "d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_at_a_glance() {
        let said = [0, 999, 1_500, 119_999, 120_000, 5_400_000, 604_800_000, -3_600_000].map(time_words);
        assert_eq!(said, ["0 ms", "999 ms", "1.5 s", "119.9 s", "2 min", "90 min", "7 d", "−60 min"]);
    }
}

//! A table: rows under the names of their columns, or, where there is no room, row by row.

use highwater_player::scene::TablePanel;
use highwater_player::scene::table::TableRow;

use super::frame::Area;
use super::node::{Node, number};
use super::text;
use super::{Draw, Picture};

/// Room between two columns, in px.
const GAP: f64 = 22.0;
/// The height of a row, in px.
const ROW_H: f64 = 26.0;
/// Room at both ends of a row, in px.
const PAD: f64 = 8.0;

/// Draws a table.
#[inline(never)]
pub fn draw(draw: &Draw<'_>, panel: &TablePanel) -> Picture {
    let width = draw.frame.width;
    let mut sheet = Sheet { draw, panel, nodes: Vec::new(), y: 0.0 };
    sheet.heading(width);
    let columns: Vec<String> = panel.columns.iter().map(|column| draw.say(column)).collect();
    let widths = widths(panel, &columns);
    let whole = widths.iter().sum::<f64>() + GAP * widths.len().saturating_sub(1) as f64 + PAD * 2.0;
    if panel.rows.is_empty() {
        let words = draw.say(&panel.empty);
        sheet.line(&words, width);
    } else if whole <= width {
        sheet.rows(&columns, &widths, whole);
    } else {
        panel.rows.iter().for_each(|row| sheet.stacked(&columns, row, width));
    }
    if panel.more > 0 {
        let more = i64::try_from(panel.more).unwrap_or(i64::MAX);
        let words = draw.say(highwater_player::phrase::Phrase::new("text.more_rows").with("n", more));
        sheet.line(&words, width);
    }
    Picture { width, height: sheet.y + 2.0, nodes: sheet.nodes, ..Picture::default() }
}

/// How wide each column is: its name, or its widest cell.
fn widths(panel: &TablePanel, columns: &[String]) -> Vec<f64> {
    let cell = |row: &TableRow, at: usize| row.cells.get(at).map_or(0.0, |cell| text::mono_width(cell, 13.0));
    let widest = |at: usize| panel.rows.iter().map(|row| cell(row, at)).fold(0.0, f64::max);
    columns.iter().enumerate().map(|(at, name)| text::width(name, 12.0).max(widest(at))).collect()
}

struct Sheet<'a> {
    draw: &'a Draw<'a>,
    panel: &'a TablePanel,
    nodes: Vec<Node>,
    y: f64,
}

impl Sheet<'_> {
    fn heading(&mut self, width: f64) {
        let name = self.draw.say(&self.panel.heading);
        let name_w = text::width(&name, 14.7);
        let mut group = Node::group(0.0, 0.0, "table")
            .named(&self.panel.id, self.draw.label(&self.panel.id))
            .with(Node::words(0.0, 15.0, "s-h", name));
        let beside = name_w + 14.0 + text::mono_width(&self.panel.file, 12.0) <= width;
        let (x, y) = if beside { (name_w + 14.0, 15.0) } else { (0.0, 34.0) };
        group = group.with(Node::words(x, y, "mono-s f-dim", self.panel.file.clone()));
        self.nodes.push(group);
        self.y = y + 13.0;
    }

    fn line(&mut self, words: &str, width: f64) {
        for line in text::wrap(words, 12.0, width) {
            self.nodes.push(Node::words(0.0, self.y + 14.0, "s-note", line));
            self.y += 20.0;
        }
    }

    fn rows(&mut self, columns: &[String], widths: &[f64], whole: f64) {
        let ends: Vec<f64> = widths
            .iter()
            .scan(PAD, |x, w| {
                let end = *x + w;
                *x = end + GAP;
                Some(end)
            })
            .collect();
        for (name, end) in columns.iter().zip(&ends) {
            self.nodes.push(Node::words(*end, self.y + 14.0, "s-note end", name.clone()));
        }
        self.y += 22.0;
        self.nodes.push(Node::path(format!("M0 {y}H{}", number(whole), y = number(self.y)), "rule"));
        self.y += 2.0;
        for row in &self.panel.rows {
            let mut group = self.row(row, Area::new(0.0, self.y, whole, ROW_H));
            for (cell, end) in row.cells.iter().zip(&ends) {
                group = group.with(Node::words(*end, 17.5, "mono-b end", cell.clone()));
            }
            self.nodes.push(group);
            self.y += ROW_H;
        }
        self.y += 6.0;
    }

    /// A row as names and values, line by line.
    fn stacked(&mut self, columns: &[String], row: &TableRow, width: f64) {
        let mut words = Vec::new();
        let (mut x, mut line) = (PAD, 0.0);
        for (name, cell) in columns.iter().zip(&row.cells) {
            let (name_w, cell_w) = (text::width(name, 12.0), text::mono_width(cell, 13.0));
            let needed = name_w + 6.0 + cell_w;
            if x > PAD && x + needed > width - PAD {
                x = PAD;
                line += 21.0;
            }
            words.push(Node::words(x, line + 18.0, "s-note", name.clone()));
            words.push(Node::words(x + name_w + 6.0, line + 18.0, "mono-b", cell.clone()));
            x += needed + 16.0;
        }
        let height = line + ROW_H;
        let group = self.row(row, Area::new(0.0, self.y, width, height)).with_all(words);
        self.nodes.push(group);
        self.y += height + 5.0;
    }

    fn row(&self, row: &TableRow, area: Area) -> Node {
        let class = if self.draw.is_in_focus(&row.id) || row.is_now { "is-new-box" } else { "soft-box" };
        Node::group(area.x, area.y, "table-row").named(&row.id, self.draw.label(&row.id)).with(Node::rect(
            Area::new(0.0, 1.0, area.w, area.h - 2.0),
            5.0,
            class,
        ))
    }
}

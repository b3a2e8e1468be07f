//! A table in words.

use super::{TextBlock, named};
use crate::lang::Lang;
use crate::phrase::{Arg, Phrase};
use crate::scene::table::{TablePanel, TableRow};

#[inline(never)]
pub(super) fn describe(panel: &TablePanel, lang: Lang) -> TextBlock {
    let mut lines: Vec<String> = panel.rows.iter().map(|row| in_words(panel, row, lang)).collect();
    if panel.rows.is_empty() {
        lines.push(panel.empty.say(lang));
    }
    if panel.more > 0 {
        let more = i64::try_from(panel.more).unwrap_or(i64::MAX);
        lines.push(Phrase::new("text.more_rows").with("n", more).say(lang));
    }
    TextBlock { heading: heading(panel).say(lang), lines }
}

#[inline(never)]
pub(super) fn label(panel: &TablePanel, mark: &str, lang: Lang) -> Option<String> {
    if mark == panel.id {
        return Some(heading(panel).say(lang));
    }
    panel.rows.iter().find(|row| row.id == mark).map(|row| in_words(panel, row, lang))
}

fn heading(panel: &TablePanel) -> Phrase {
    Phrase::new("text.table").with("heading", panel.heading.clone()).with("file", panel.file.as_str())
}

/// `producerId: 1000, producerEpoch: 0, …`
fn in_words(panel: &TablePanel, row: &TableRow, lang: Lang) -> String {
    let cells = panel.columns.iter().zip(&row.cells);
    let cell = |(column, cell): (&Phrase, &String)| named(column.clone(), cell.as_str());
    Arg::from(cells.map(cell).collect::<Vec<_>>()).say(lang)
}

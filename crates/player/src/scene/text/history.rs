//! The history panel in words.

use super::TextBlock;
use crate::lang::Lang;
use crate::phrase::Phrase;
use crate::scene::history::{HistoryPanel, HistoryRow, Was};

pub(super) fn describe(panel: &HistoryPanel, lang: Lang) -> TextBlock {
    TextBlock { heading: heading(panel).say(lang), lines: panel.rows.iter().map(|row| line(row, lang)).collect() }
}

pub(super) fn label(panel: &HistoryPanel, mark: &str, lang: Lang) -> Option<String> {
    if mark == panel.id {
        return Some(heading(panel).say(lang));
    }
    panel.rows.iter().find(|row| row.id == mark).map(|row| line(row, lang))
}

fn heading(panel: &HistoryPanel) -> Phrase {
    Phrase::new("text.history").with("partition", panel.partition.as_str())
}

fn line(row: &HistoryRow, lang: Lang) -> String {
    let span = |(index, span): (usize, &crate::scene::history::Span)| {
        let key = match span.was {
            Was::Leader => "text.was_leader",
            Was::InIsr => "text.was_in_isr",
            Was::InElr => "text.was_in_elr",
            Was::Out => "text.was_out",
        };
        let at = i64::try_from(span.from_us / 1_000).unwrap_or(i64::MAX);
        let words = Phrase::new(key).say(lang);
        if index == 0 { words } else { Phrase::new("text.from_then").with("ms", at).with("what", words).say(lang) }
    };
    let spans: Vec<String> = row.spans.iter().enumerate().map(span).collect();
    Phrase::new("text.history_row").with("broker", row.broker).with("spans", spans).say(lang)
}

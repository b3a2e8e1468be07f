//! The page's components: functions of their properties.

pub mod asked;
pub mod card;
pub mod checked;
pub mod compare;
pub mod facts;
pub mod fork;
pub mod glossary;
pub mod help;
pub mod home;
pub mod icon;
pub mod inline;
pub mod inspector;
pub mod ledger;
pub mod menu;
pub mod notice;
pub mod own_files;
pub mod player;
pub mod print;
pub mod question;
pub mod review;
pub mod sequence_view;
pub mod share;
pub mod simplified;
pub mod terms;
pub mod text_view;
pub mod timeline;
pub mod top_bar;
pub mod transport;
pub mod why;
pub mod words;

use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;

/// Words of the interface.
pub fn say(lang: Lang, key: &str) -> String {
    Phrase::new(&format!("interface.{key}")).say(lang)
}

/// Virtual time in ms, with thousands set apart.
pub fn milliseconds(time_us: u64) -> String {
    let ms = i64::try_from(time_us / 1_000).unwrap_or(i64::MAX);
    let tenths = time_us % 1_000 / 100;
    let whole = crate::stage::text::grouped(ms);
    if tenths == 0 { format!("{whole} ms") } else { format!("{whole}.{tenths} ms") }
}

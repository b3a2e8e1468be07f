//! What a page has loaded of the words.

use std::cell::RefCell;

use highwater_sim::config::ConfigDef;

use super::{Words, since_key};
use crate::lang::Lang;

thread_local! {
    static LOADED: RefCell<Vec<(Lang, Words)>> = const { RefCell::new(Vec::new()) };
    static MORE: RefCell<Words> = const { RefCell::new(Words::EMPTY) };
}

/// Keeps the words of a language; says whether they could be read.
pub fn load(lang: Lang, packed: String) -> bool {
    let Some(words) = Words::read(packed) else { return false };
    LOADED.with_borrow_mut(|loaded| {
        loaded.retain(|(known, _)| *known != lang);
        loaded.push((lang, words));
    });
    true
}

/// Keeps the words of the scenarios after the first one; says whether they could be read.
pub fn load_more(packed: String) -> bool {
    Words::read(packed).map(|words| MORE.set(words)).is_some()
}

/// Whether the words of a language are here.
pub fn is_loaded(lang: Lang) -> bool {
    LOADED.with_borrow(|loaded| loaded.iter().any(|(known, _)| *known == lang))
}

/// The words of a key; the key itself if there are none.
pub fn text(key: &str, lang: Lang) -> String {
    let first = LOADED.with_borrow(|loaded| loaded.iter().find(|(known, _)| *known == lang)?.1.get(key));
    let words = first.or_else(|| MORE.with_borrow(|more| more.get(&[lang.code(), key].join("."))));
    words.unwrap_or_else(|| key.to_owned())
}

/// Since which version a configuration has its default and, behind a space, the default before that, if there was one.
pub fn since(config: &ConfigDef) -> String {
    MORE.with_borrow(|more| more.get(&since_key(config))).unwrap_or_default()
}

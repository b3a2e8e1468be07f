//! What a page has loaded of the words.

use std::cell::RefCell;

use super::Words;
use crate::lang::Lang;

thread_local! {
    static LOADED: RefCell<Vec<(Lang, Words)>> = const { RefCell::new(Vec::new()) };
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

/// Whether the words of a language are here.
pub fn is_loaded(lang: Lang) -> bool {
    LOADED.with_borrow(|loaded| loaded.iter().any(|(known, _)| *known == lang))
}

/// The words of a key; the key itself if there are none.
pub fn text(key: &str, lang: Lang) -> String {
    LOADED.with_borrow(|loaded| {
        let words = loaded.iter().find(|(known, _)| *known == lang).and_then(|(_, words)| words.get(key));
        words.unwrap_or_else(|| key.to_owned())
    })
}

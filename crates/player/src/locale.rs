//! The words of `locales/`. Natively they are compiled in; a page loads those of one language at a time, as the text that
//! [`packed`] writes, so that nobody waits for words in a language that they do not read.

#[cfg(target_arch = "wasm32")]
mod loaded;

#[cfg(target_arch = "wasm32")]
pub use loaded::{is_loaded, load, text};
#[cfg(not(target_arch = "wasm32"))]
pub use native::{is_loaded, load, packed, text};

use crate::lang::Lang;

/// The name of the file with the words of a language.
pub fn file(lang: Lang) -> String {
    format!("words.{}.txt", lang.code())
}

/// The words of a language, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    text: String,
    /// Where each line begins and ends, in the order of their keys.
    lines: Vec<(usize, usize)>,
}

impl Words {
    /// Reads what `packed` wrote: a line for each key, in the order of the keys, with the words behind a tab. None if it
    /// is something else.
    pub fn read(text: String) -> Option<Words> {
        let mut lines = Vec::new();
        let mut before = "";
        let mut start = 0_usize;
        for line in text.lines() {
            let (key, _) = line.split_once('\t')?;
            if key <= before {
                return None;
            }
            before = key;
            let end = start.saturating_add(line.len());
            lines.push((start, end));
            start = end.saturating_add(1);
        }
        if lines.is_empty() { None } else { Some(Words { text, lines }) }
    }

    /// The words of a key, if there are any.
    pub fn get(&self, key: &str) -> Option<String> {
        let line = |(start, end): &(usize, usize)| self.text.get(*start..*end)?.split_once('\t');
        let at = self.lines.partition_point(|place| line(place).is_some_and(|(here, _)| here < key));
        let (found, words) = self.lines.get(at).and_then(line)?;
        (found == key).then(|| words.replace("\\n", "\n"))
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use super::Lang;

    /// The words of a key; the key itself if there are none.
    pub fn text(key: &str, lang: Lang) -> String {
        rust_i18n::t!(key, locale = lang.code()).into_owned()
    }

    /// Always: all words are here.
    pub fn is_loaded(_: Lang) -> bool {
        true
    }

    /// Does nothing: all words are here.
    pub fn load(_: Lang, _: String) -> bool {
        true
    }

    /// All words of a language as a page reads them.
    pub fn packed(lang: Lang) -> String {
        let mut words = crate::_rust_i18n_backend().messages_for_locale(lang.code()).unwrap_or_default();
        words.sort_unstable();
        words.iter().fold(String::new(), |text, (key, words)| text + key + "\t" + &words.replace('\n', "\\n") + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_reads_the_words_that_are_compiled_in() {
        for lang in Lang::ALL {
            let packed = packed(lang);
            let words = Words::read(packed.clone()).unwrap();
            assert!(words.lines.len() > 300);
            for line in packed.lines() {
                let (key, _) = line.split_once('\t').unwrap();
                assert_eq!(words.get(key).unwrap(), text(key, lang), "{key}");
            }
            assert_eq!(words.get("interface.no_such_key"), None);
            assert_eq!(words.get(""), None);
            assert_eq!(words.get("zzz"), None);
        }
    }

    #[test]
    fn what_was_not_packed_is_not_read() {
        for text in ["", "<!doctype html>\n<html>", "b\tB\na\tA\n", "a\tA\na\tB\n"] {
            assert_eq!(Words::read(text.to_owned()), None, "{text}");
        }
    }
}

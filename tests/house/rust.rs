//! Rules for Rust sources: what a room may name.

use super::{Breach, line_of, words};

/// The longest that a Rust file may be, in lines.
pub const LINES_MAX: usize = 500;

/// A Rust source taken apart. The parts have the length and the lines of the whole; the rest of each is blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The program: no comments, no texts.
    pub code: String,
    /// What stands in its texts.
    pub texts: String,
}

/// What the lexer is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Code,
    LineComment,
    /// How deep.
    BlockComment(usize),
    Text,
    /// How many `#` end it.
    RawText(usize),
}

impl Source {
    /// Takes a source apart.
    pub fn new(source: &str) -> Source {
        let (mut code, mut texts) = (String::new(), String::new());
        let mut within = Within::Code;
        let mut rest = source;
        while !rest.is_empty() {
            let (length, next) = step(within, rest, code.chars().next_back());
            let (taken, left) = rest.split_at(length);
            for letter in taken.chars() {
                let blank = if letter == '\n' { '\n' } else { ' ' };
                let is_text = |within| matches!(within, Within::Text | Within::RawText(_));
                code.push(if within == Within::Code && next == Within::Code { letter } else { blank });
                texts.push(if is_text(within) && is_text(next) { letter } else { blank });
            }
            (within, rest) = (next, left);
        }
        Source { code, texts }
    }
}

/// How many bytes to take at once, and what comes after them.
fn step(within: Within, rest: &str, before: Option<char>) -> (usize, Within) {
    let letter = rest.chars().next().map_or(1, char::len_utf8);
    match within {
        Within::Code => code_step(rest, before).unwrap_or((letter, Within::Code)),
        Within::LineComment if rest.starts_with('\n') => (1, Within::Code),
        Within::BlockComment(depth) if rest.starts_with("*/") => match depth {
            1 => (2, Within::Code),
            _ => (2, Within::BlockComment(depth - 1)),
        },
        Within::BlockComment(depth) if rest.starts_with("/*") => (2, Within::BlockComment(depth + 1)),
        Within::Text if rest.starts_with('\\') => {
            let escaped = rest.chars().nth(1).map_or(0, char::len_utf8);
            (1 + escaped, Within::Text)
        }
        Within::Text if rest.starts_with('"') => (1, Within::Code),
        Within::RawText(hashes) if rest.starts_with(&format!("\"{}", "#".repeat(hashes))) => (1 + hashes, Within::Code),
        _ => (letter, within),
    }
}

/// What begins here other than more code.
fn code_step(rest: &str, before: Option<char>) -> Option<(usize, Within)> {
    if rest.starts_with("//") {
        return Some((2, Within::LineComment));
    }
    if rest.starts_with("/*") {
        return Some((2, Within::BlockComment(1)));
    }
    if rest.starts_with('"') {
        return Some((1, Within::Text));
    }
    // 'x' and '\x' are letters, 'a of a lifetime is not: a quote as a letter must not begin a text.
    if let Some(quoted) = rest.strip_prefix('\'') {
        let closed = if quoted.starts_with('\\') {
            quoted.get(2..)?.find('\'')? + 2
        } else {
            let letter = quoted.chars().next()?.len_utf8();
            quoted.get(letter..)?.starts_with('\'').then_some(letter)?
        };
        return Some((closed + 2, Within::Code));
    }
    let raw = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = raw.chars().take_while(|letter| *letter == '#').count();
    let begins = raw.get(hashes..)?.starts_with('"');
    let in_name = before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    (begins && !in_name).then(|| (rest.len() - raw.len() + hashes + 1, Within::RawText(hashes)))
}

/// The screen reads only the Scene: it never names the crates behind the player.
pub fn names_the_simulation(source: &Source) -> Vec<Breach> {
    forbidden(&source.code, &["highwater_sim", "highwater_log"], "src knows only highwater_player")
}

/// Only `src/browser.rs` touches the window, its storage and its history.
pub fn touches_the_window(source: &Source) -> Vec<Breach> {
    let names = ["Window", "Storage", "local_storage", "session_storage", "LocalStorage", "SessionStorage"];
    let mut breaches = forbidden(&source.code, &names, "only src/browser.rs touches the window");
    for at in words(&source.code, "window") {
        let (before, from) = source.code.split_at(at);
        let is_path = before.trim_end().ends_with("::");
        let is_call = from
            .strip_prefix("window")
            .is_some_and(|after| after.trim_start().starts_with('(') && !before.ends_with('.'));
        let is_use =
            before.rfind("use ").is_some_and(|used| before.get(used..).is_some_and(|used| !used.contains(';')));
        if is_path || is_call || is_use {
            breaches.push(Breach::new(line_of(&source.code, at), "window: only src/browser.rs touches the window"));
        }
    }
    breaches
}

/// Log and sim are the same on every machine: no order of a hash, no clock.
pub fn differs_between_machines(source: &Source) -> Vec<Breach> {
    let names = ["HashMap", "HashSet", "Instant", "SystemTime"];
    forbidden(&source.code, &names, "not the same on every machine (BTreeMap, BTreeSet, SimTime are)")
}

/// One idea a file.
pub fn is_too_long(text: &str) -> Vec<Breach> {
    let lines = text.lines().count();
    if lines <= LINES_MAX {
        return Vec::new();
    }
    vec![Breach::new(0, format!("{lines} lines: a file past {LINES_MAX} wants splitting"))]
}

fn forbidden(code: &str, names: &[&str], why: &str) -> Vec<Breach> {
    let found = names.iter().flat_map(|name| words(code, name).map(move |at| (at, name)));
    found.map(|(at, name)| Breach::new(line_of(code, at), format!("{name}: {why}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(breaches: &[Breach]) -> Vec<usize> {
        breaches.iter().map(|breach| breach.line).collect()
    }

    #[test]
    fn comments_and_texts_are_no_code() {
        let source = Source::new("a // b\n/* c /* d */ e */ f \"g \\\" h\" i r#\"j \" k\"# l 'm' '\"' n: &'o str");
        let squeezed = source.code.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeezed, "a f i l 'm' '\"' n: &'o str");
        let squeezed = source.texts.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeezed, "g \\\" h j \" k");
    }

    #[test]
    fn parts_keep_their_lines() {
        let source = Source::new("\"a\nb\" c // d\ne");
        assert_eq!(line_of(&source.code, source.code.find('e').unwrap()), 3);
    }

    #[test]
    fn the_screen_may_not_name_the_simulation() {
        let source = Source::new("use highwater_player::Scene;\nuse highwater_sim::World;\n// highwater_log");
        assert_eq!(lines(&names_the_simulation(&source)), [2]);
    }

    #[test]
    fn the_window_is_found_however_it_comes_in() {
        for bad in [
            "let w = web_sys::window();",
            "use web_sys::{Document, Window};",
            "use web_sys::{window, Document};",
            "use gloo::utils::window;",
            "use gloo::storage::LocalStorage;",
            "storage.local_storage()",
            "window().document()",
        ] {
            assert!(!touches_the_window(&Source::new(bad)).is_empty(), "{bad}");
        }
        for good in ["// the window moves", "let window = log.window(3);", "\"window\""] {
            assert!(touches_the_window(&Source::new(good)).is_empty(), "{good}");
        }
    }

    #[test]
    fn hashes_and_clocks_are_found_and_names_with_them_are_not() {
        let source = Source::new(
            "//! Java's HashMap order\nuse std::collections::HashMap;\nstruct JavaHashMap;\nfn now() -> Instant",
        );
        assert_eq!(lines(&differs_between_machines(&source)), [2, 4]);
    }

    #[test]
    fn a_long_file_is_found() {
        assert_eq!(is_too_long(&"\n".repeat(LINES_MAX)), []);
        assert_eq!(is_too_long(&"\n".repeat(LINES_MAX + 1)).len(), 1);
    }
}

//! What the course's first scenario never runs: it belongs into the second part of the program (decision 0008).
//!
//! `later.txt` is found by counting which functions run while that scenario is walked (`cargo xtask later`); a test walks it
//! without the second part. What a walk does not meet, such as what follows an error, loads the second part when it is called.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Modules where nothing runs, those whose types only they have, and functions that never run.
const FOUND: &str = include_str!("later.txt");

/// Begins the line of a module whose types only other scenarios have.
const TYPES: &str = "types ";

/// Begins the line of a single function: by its hash, for its name does not say for which types it is made, or by its whole
/// name where it has no hash.
const ALONE: &str = "alone ";

/// The crates whose modules have lines; of all others only single functions have.
const CRATES: [&str; 4] = ["highwater", "highwater_log", "highwater_player", "highwater_sim"];

/// What has fewer instructions than this is not worth a line: a stand-in takes as many.
const WORTH: u64 = 12;

/// A list, read.
#[derive(Debug)]
pub struct List<'a> {
    alone: BTreeSet<&'a str>,
    /// Modules, and modules whose types count.
    others: Vec<&'a str>,
}

impl<'a> List<'a> {
    /// Reads a list such as `later.txt`.
    pub fn of(found: &'a str) -> List<'a> {
        let mut list = List { alone: BTreeSet::new(), others: Vec::new() };
        for line in found.lines() {
            match line.strip_prefix(ALONE) {
                Some(alone) => drop(list.alone.insert(alone)),
                None => list.others.push(line),
            }
        }
        list
    }

    /// Whether a function belongs into the second part, by its name: it is of a later module, or of an implementation there, or
    /// has a line.
    pub fn has(&self, name: &str) -> bool {
        self.alone.contains(hash_of(name).unwrap_or(name)) || self.others.iter().any(|line| is_line_of(name, line))
    }
}

/// Knows a function of the second part by its name.
pub fn is_later(name: &str) -> bool {
    static LIST: LazyLock<List<'_>> = LazyLock::new(|| List::of(FOUND));
    LIST.has(name)
}

fn is_line_of(name: &str, line: &str) -> bool {
    match line.strip_prefix(TYPES) {
        Some(types) => name.contains(types),
        None => is_in(name, line),
    }
}

fn is_in(name: &str, later: &str) -> bool {
    name.trim_start_matches('<').strip_prefix(later).is_some_and(|rest| rest.starts_with("::"))
}

/// Whether a function can have a line of its own: there is one a line.
fn has_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('\n')
}

fn hash_of(name: &str) -> Option<&str> {
    let hash = name.rsplit("::").next()?;
    (hash.len() == 17 && hash.starts_with('h')).then_some(hash)
}

/// A text that changes with the lists.
pub fn stamp() -> String {
    FOUND.to_owned()
}

/// A function of the program, as a walk saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its path.
    pub name: String,
    /// How many instructions it has.
    pub size: u64,
    /// Whether it ran.
    pub ran: bool,
}

/// What `later.txt` shall hold after a walk that saw these.
pub fn found(seen: &[Seen]) -> String {
    let mut root = Node::default();
    for function in seen {
        let parts = parts(function.name.trim_start_matches('<'));
        // The hash at the end makes it the function itself.
        if CRATES.iter().any(|name| parts.first() == Some(name)) {
            root.add(&parts, function);
        }
    }
    let mut lines = Vec::new();
    root.list("", &mut lines);
    let types: Vec<String> = lines.iter().filter_map(|line| types_of(line, &lines, seen)).collect();
    lines.extend(types);
    let ran: BTreeSet<&str> =
        seen.iter().filter(|one| one.ran).map(|one| hash_of(&one.name).unwrap_or(&one.name)).collect();
    let alone = seen.iter().filter(|function| {
        let worth = !function.ran && function.size >= WORTH && has_name(&function.name);
        worth && !lines.iter().any(|line| is_line_of(&function.name, line))
    });
    let alone: BTreeSet<&str> = alone.map(|function| hash_of(&function.name).unwrap_or(&function.name)).collect();
    lines.extend(alone.difference(&ran).map(|function| format!("{ALONE}{function}")));
    lines.push(String::new());
    lines.join("\n")
}

/// The line for what is made for the types of a module, if that is worth one and nothing of it ran.
fn types_of(module: &str, lines: &[String], seen: &[Seen]) -> Option<String> {
    let within = format!("{module}::");
    let made: Vec<&Seen> = seen.iter().filter(|function| function.name.contains(&within)).collect();
    let others = made.iter().filter(|function| !lines.iter().any(|line| is_in(&function.name, line)));
    let worth = others.map(|function| function.size).sum::<u64>() >= WORTH;
    (worth && made.iter().all(|function| !function.ran)).then(|| format!("{TYPES}{within}"))
}

/// The functions under a path.
#[derive(Debug, Default)]
struct Node<'a> {
    under: BTreeMap<&'a str, Node<'a>>,
    size: u64,
    ran: bool,
}

impl<'a> Node<'a> {
    fn add(&mut self, parts: &[&'a str], function: &Seen) {
        self.size += function.size;
        self.ran |= function.ran;
        if let Some((first, rest)) = parts.split_first() {
            self.under.entry(first).or_default().add(rest, function);
        }
    }

    /// Lists the longest stretches where nothing ran.
    fn list(&self, path: &str, lines: &mut Vec<String>) {
        for (name, node) in &self.under {
            let path = if path.is_empty() { (*name).to_owned() } else { format!("{path}::{name}") };
            if node.ran {
                node.list(&path, lines);
            } else if node.size >= WORTH && !node.under.is_empty() {
                lines.push(path);
            }
        }
    }
}

/// The parts of a path; what stands in brackets is one with what is before and after.
fn parts(path: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start, mut before) = (Vec::new(), 0_i32, 0, ' ');
    for (at, letter) in path.char_indices() {
        match letter {
            '<' | '(' | '[' | '{' => depth += 1,
            '>' if before == '-' => {}
            '>' | ')' | ']' | '}' => depth -= 1,
            ':' if before == ':' && depth <= 0 && at > start => {
                parts.push(path.get(start..at - 1).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
        before = letter;
    }
    parts.push(path.get(start..).unwrap_or_default());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(name: &str, ran: bool) -> Seen {
        Seen { name: format!("{name}::h0123456789abcdef"), size: WORTH, ran }
    }

    #[test]
    fn a_path_with_brackets_keeps_them_whole() {
        assert_eq!(
            parts("a::b::<impl c::D for fn(e::F) -> g::H>::i::{{closure}}"),
            ["a", "b", "<impl c::D for fn(e::F) -> g::H>", "i", "{{closure}}"]
        );
    }

    #[test]
    fn the_longest_stretches_where_nothing_ran_are_found() {
        let walk = [
            seen("highwater_sim::broker::append", true),
            seen("highwater_sim::broker::fetch", false),
            seen("highwater_sim::group::join", false),
            seen("<highwater_sim::group::Group as core::clone::Clone>::clone", false),
            seen("alloc::vec::Vec<highwater_sim::group::Group>::push", false),
            seen("std::io::read", false),
        ];
        let text = found(&walk);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines, ["highwater_sim::broker::fetch", "highwater_sim::group", "types highwater_sim::group::"]);
        let later: Vec<bool> = walk.iter().map(|function| List::of(&text).has(&function.name)).collect();
        assert_eq!(later, [false, true, true, true, true, false]);
    }

    #[test]
    fn what_never_ran_goes_alone() {
        let fold = seen("<core::iter::adapters::map::Map<I,F> as core::iter::traits::iterator::Iterator>::fold", false);
        assert_eq!(found(std::slice::from_ref(&fold)), "alone h0123456789abcdef\n");
        assert!(List::of("alone h0123456789abcdef\n").has(&fold.name));
        assert_eq!(found(&[fold.clone(), Seen { ran: true, ..fold }]), "");
        let whole = "core[c5930c85a12de822]::str::slice_error_fail_rt";
        let failing = Seen { name: whole.to_owned(), size: WORTH, ran: false };
        let text = found(&[failing]);
        assert_eq!(text, format!("alone {whole}\n"));
        assert!(List::of(&text).has(whole));
    }

    #[test]
    fn what_is_made_for_a_type_that_ran_stays() {
        let walk = [
            seen("highwater_sim::group::join", false),
            seen("highwater_sim::world::step", true),
            seen("alloc::vec::Vec<highwater_sim::group::Group>::push", true),
        ];
        assert_eq!(found(&walk), "highwater_sim::group\n");
    }
}

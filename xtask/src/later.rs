//! What the course's first scenario never runs: it belongs into the second part of the program (decision 0008).
//!
//! `later.txt` is found by counting which functions run while that scenario is walked (`cargo xtask later`); a test walks it
//! without the second part. What the page itself seldom does, such as what follows an error, is named here by hand: a walk
//! does not meet it, and it must not trap.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The modules, types and functions of the page, by the beginnings of their paths.
const PAGE: [&str; 50] = [
    "highwater::app::ask",
    "highwater::app::files::<impl highwater::app::App>::files",
    "highwater::app::fork",
    "highwater::app::inspect",
    "highwater::app::pages",
    "highwater::app::play::<impl highwater::app::App>::why",
    "highwater::app::print::<impl highwater::app::App>::lay_out_sheets",
    "highwater::app::share",
    "highwater::browser::answering",
    "highwater::browser::files",
    "highwater::browser::open_dialog",
    "highwater::browser::place_at_mark",
    "highwater::browser::share",
    "highwater::compare",
    "highwater::components::asked",
    "highwater::components::checked",
    "highwater::components::compare",
    "highwater::components::facts",
    "highwater::components::fork",
    "highwater::components::glossary",
    "highwater::components::help",
    "highwater::components::inspector",
    "highwater::components::menu",
    "highwater::components::own_files",
    "highwater::components::print",
    "highwater::components::review",
    "highwater::components::sequence_view",
    "highwater::components::share",
    "highwater::components::simplified",
    "highwater::components::text_view",
    "highwater::components::why",
    "highwater::measure",
    "highwater::motion::planner::Planner::tokens",
    "highwater::own_files",
    "highwater::progress::Progress::forget",
    "highwater::progress::Progress::missed",
    "highwater::session::Session::sequence_picture",
    "highwater::stage::answers",
    "highwater::stage::clients",
    "highwater::stage::cluster",
    "highwater::stage::compaction",
    "highwater::stage::files",
    "highwater::stage::group",
    "highwater::stage::history",
    "highwater::stage::network",
    "highwater::stage::sequence",
    "highwater::stage::spread",
    "highwater::stage::table",
    "highwater::stage::track::row",
    "highwater::stage::track::trouble",
];

/// How the standard library writes fractions; the page writes its own (`number` in `src/stage/node.rs`).
const FRACTIONS: [&str; 2] = ["::num::flt2dec::", "::fmt::float::float_to_decimal"];

/// Modules of the page whose types only other scenarios have.
const PAGE_TYPES: [&str; 1] = ["highwater::own_files::"];

/// More of them, and modules whose types only other scenarios have: all that is made for these belongs there too.
const FOUND: &str = include_str!("later.txt");

/// Begins the line of a module whose types only other scenarios have.
const TYPES: &str = "types ";

/// Begins the line of a function that runs though its module is named by hand: the compiler makes one of functions that are
/// alike, and gives it the name of any of them.
const STAYS: &str = "stays ";

/// Begins the line of a function of the standard library, made for types of log, sim or player: by its hash, for its name
/// does not say for which.
const ALONE: &str = "alone ";

/// The crates that a walk decides about.
const CRATES: [&str; 3] = ["highwater_log", "highwater_player", "highwater_sim"];

/// What has fewer instructions than this is not worth a line.
const WORTH: u64 = 25;

/// A list, read.
#[derive(Debug)]
pub struct List<'a> {
    alone: BTreeSet<&'a str>,
    stays: BTreeSet<&'a str>,
    /// Modules, and modules whose types count.
    others: Vec<&'a str>,
}

impl<'a> List<'a> {
    /// Reads a list such as `later.txt`.
    pub fn of(found: &'a str) -> List<'a> {
        let mut list = List { alone: BTreeSet::new(), stays: BTreeSet::new(), others: Vec::new() };
        for line in found.lines() {
            match (line.strip_prefix(ALONE), line.strip_prefix(STAYS)) {
                (Some(alone), _) => drop(list.alone.insert(alone)),
                (_, Some(stays)) => drop(list.stays.insert(stays)),
                _ => list.others.push(line),
            }
        }
        list
    }

    /// Whether a function belongs into the second part, by its name: it is of a later module, or of an implementation there, or
    /// named by hand.
    pub fn has(&self, name: &str) -> bool {
        (is_of_page(name) && !hash_of(name).is_some_and(|hash| self.stays.contains(hash))) || self.is_found(name)
    }

    fn is_found(&self, name: &str) -> bool {
        self.alone.contains(hash_of(name).unwrap_or(name)) || self.others.iter().any(|line| is_line_of(name, line))
    }
}

/// Knows a function of the second part by its name.
pub fn is_later(name: &str) -> bool {
    static LIST: LazyLock<List<'_>> = LazyLock::new(|| List::of(FOUND));
    LIST.has(name)
}

/// Knows those that are named by hand.
pub fn is_of_page(name: &str) -> bool {
    FRACTIONS.iter().any(|of| name.contains(of))
        || PAGE.iter().any(|later| is_in(name, later))
        || PAGE_TYPES.iter().any(|types| name.contains(types))
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

/// Knows a function of log, sim or player.
pub fn is_of_core(name: &str) -> bool {
    CRATES.iter().any(|of| is_in(name, of))
}

/// Knows a function of the standard library that was made for types of ours: its name ends in a hash, which stays the same
/// while the types do.
pub fn is_generic(name: &str) -> bool {
    let of_std = ["core::", "alloc::", "std::"].iter().any(|of| name.trim_start_matches('<').starts_with(of));
    of_std && hash_of(name).is_some()
}

fn hash_of(name: &str) -> Option<&str> {
    let hash = name.rsplit("::").next()?;
    (hash.len() == 17 && hash.starts_with('h')).then_some(hash)
}

/// A text that changes with the lists.
pub fn stamp() -> String {
    format!("{PAGE:?} {PAGE_TYPES:?} {FOUND}")
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
    /// Whether the page may call it, and not only log, sim and player.
    pub asked_by_page: bool,
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
        let worth = !function.ran && !function.asked_by_page && function.size >= WORTH;
        worth && is_generic(&function.name) && !lines.iter().any(|line| is_line_of(&function.name, line))
    });
    let alone: BTreeSet<&str> = alone.map(|function| hash_of(&function.name).unwrap_or(&function.name)).collect();
    lines.extend(alone.difference(&ran).map(|function| format!("{ALONE}{function}")));
    let alike = seen.iter().filter(|function| function.ran && is_of_page(&function.name));
    lines.extend(alike.filter_map(|function| hash_of(&function.name).map(|hash| format!("{STAYS}{hash}"))));
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
        Seen { name: format!("{name}::h0123456789abcdef"), size: WORTH, ran, asked_by_page: false }
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
        let later: Vec<bool> = walk.iter().map(|function| List::of(&text).is_found(&function.name)).collect();
        assert_eq!(later, [false, true, true, true, true, false]);
    }

    #[test]
    fn what_the_core_alone_asks_of_the_standard_library_goes_with_it() {
        let fold = seen("<core::iter::adapters::map::Map<I,F> as core::iter::traits::iterator::Iterator>::fold", false);
        assert_eq!(found(std::slice::from_ref(&fold)), "alone h0123456789abcdef\n");
        assert!(List::of("alone h0123456789abcdef\n").is_found(&fold.name));
        assert_eq!(found(&[Seen { asked_by_page: true, ..fold.clone() }]), "");
        assert_eq!(found(&[fold.clone(), Seen { ran: true, ..fold }]), "");
        assert!(!is_generic("core[c5930c85a12de822]::str::slice_error_fail_rt"));
    }

    #[test]
    fn what_runs_stays_though_its_module_is_named_by_hand() {
        let alike = Seen { ran: true, ..seen("highwater::compare::pictures", true) };
        let text = found(std::slice::from_ref(&alike));
        assert_eq!(text, "stays h0123456789abcdef\n");
        assert!(is_of_page(&alike.name) && !List::of(&text).has(&alike.name));
        assert!(List::of(&text).has("highwater::compare::form::hffffffffffffffff"));
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

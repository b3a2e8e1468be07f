//! What a scenario says was checked against Kafka: the numbers are those of the answers and recordings in `tests/`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use highwater_player::checked::checks_of;
use highwater_player::script::author::pack_folder;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// How many answers, stories or folders there are: lines of a file of answers, or folders in a folder; a story's own folder
/// has none, and is one.
fn count(id: &str) -> usize {
    let path = root().join("tests").join(id);
    if id.starts_with("vectors/") {
        return fs::read_to_string(path.with_extension("jsonl")).unwrap().lines().count();
    }
    let entries = fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let folders = entries.map(|entry| entry.unwrap().path()).filter(|entry| entry.is_dir()).count();
    folders.max(1)
}

#[test]
fn the_numbers_are_those_of_the_answers_and_recordings() {
    let checks = checks_of(&root().join("scenarios/checked.toml")).unwrap();
    assert!(checks.len() >= 8);
    for (index, named) in checks.iter().enumerate() {
        assert_eq!(usize::try_from(named.check.count).unwrap(), count(&named.id), "{}", named.id);
        assert!(!checks[..index].iter().any(|other| other.id == named.id), "{} stands twice", named.id);
        assert!(named.check.what.zh.chars().any(|letter| letter > '\u{2e80}'), "{} is not told in Chinese", named.id);
    }
}

#[test]
fn every_scenario_names_what_of_it_was_checked() {
    let checks = checks_of(&root().join("scenarios/checked.toml")).unwrap();
    let mut used = Vec::new();
    for entry in fs::read_dir(root().join("scenarios")).unwrap() {
        let folder = entry.unwrap().path();
        if folder.join("scenario.toml").exists() {
            let named = pack_folder(&folder).unwrap_or_else(|errors| panic!("{errors}")).scenario.checks;
            assert!(!named.is_empty(), "{} names no check", folder.display());
            used.extend(named);
        }
    }
    for check in checks {
        assert!(used.contains(&check.id), "no scenario names {}", check.id);
    }
}

//! Scenarios that are wrong, each a folder, and what their authors are told: `expected.txt`. `UPDATE_GOLDEN=1` rewrites it.
#![cfg(feature = "author")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use highwater_player::script::MAX_FILE_BYTES;
use highwater_player::script::author::{ScenarioErrors, pack_folder};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_scenarios")
}

/// What `highwater check` says, with the names of the files as from here.
fn told(folder: &Path) -> String {
    let errors = match pack_folder(folder) {
        Ok(packed) => {
            let mut errors = packed.check();
            errors.extend(packed.lints());
            ScenarioErrors(errors)
        }
        Err(errors) => errors,
    };
    let here = format!("{}/", folder.parent().unwrap().display());
    errors.to_string().replace(&here, "") + "\n"
}

#[test]
fn every_bad_scenario_is_told_as_expected() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut cases: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 20);
    for case in cases {
        let golden = case.join("expected.txt");
        let told = told(&case);
        if update {
            fs::write(&golden, &told).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        assert!(told.trim() != "" && told == expected, "{}:\n{told}\n--- expected ---\n{expected}", case.display());
    }
}

fn temporary(name: &str, scenario: &[u8]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("highwater-{name}-{}", std::process::id())).join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("scenario.toml"), scenario).unwrap();
    fs::write(folder.join("zh.toml"), "").unwrap();
    folder
}

#[test]
fn ten_megabytes_are_refused_unread() {
    let folder = temporary("huge", "x = 1\n".repeat(10 * MAX_FILE_BYTES / 6).as_bytes());
    assert_eq!(
        told(&folder),
        "huge/scenario.toml: has 10485756 bytes; at most 1048576 are read; nothing of it was read; split the scenario\n"
    );
    fs::remove_dir_all(folder.parent().unwrap()).unwrap();
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_place() {
    let folder = temporary("latin", b"id = \"latin\"\ntitle = \"Caf\xe9?\"\n");
    assert_eq!(
        told(&folder),
        "latin/scenario.toml:2:13: this is not UTF-8; save the file as UTF-8\n    2 | title = \"Caf\u{fffd}?\"\n      |             ^\n"
    );
    fs::remove_dir_all(folder.parent().unwrap()).unwrap();
}

#[test]
fn a_folder_without_a_scenario_is_an_error() {
    let told = told(&folder().join("nothing-here"));
    assert!(told.starts_with("nothing-here/scenario.toml: cannot be read: "), "{told}");
}

//! `highwater lookup` on the folders that Kafka 4.3 itself wrote: every field of every search as Kafka made it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/recordings/segments")
}

/// What a call came to: exit code, standard output, standard error.
fn lookup(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    let output = command.arg("lookup").arg(folder).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn offsets_and_timestamps_are_found_as_kafka_finds_them() {
    let mut cases = 0;
    for entry in std::fs::read_dir(recorded()).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(text) = std::fs::read_to_string(folder.join("expected.json")) else { continue };
        let expected: Value = serde_json::from_str(&text).unwrap();
        let partition = folder.join(expected["partition"].as_str().unwrap());
        for (list, option, field) in
            [("lookups_by_offset", "--offset", "target"), ("lookups_by_timestamp", "--timestamp", "timestamp")]
        {
            for wanted in expected[list].as_array().unwrap() {
                let asked = wanted[field].to_string();
                let (code, out, errors) = lookup(&partition, &[option, &asked, "--json"]);
                assert_eq!((code, errors.as_str()), (0, ""), "{} {option} {asked}", partition.display());
                let mut ours: Value = serde_json::from_str(&out).unwrap();
                ours.as_object_mut().unwrap().remove("probes");
                assert_eq!(ours, *wanted, "{} {option} {asked}", partition.display());
                cases += 1;
            }
        }
    }
    assert_eq!(cases, 939);
}

#[test]
fn every_probe_is_told() {
    let folder = recorded().join("transactions/orders-18");
    let (_, out, _) = lookup(&folder, &["--offset", "33", "--json"]);
    let found: Value = serde_json::from_str(&out).unwrap();
    let probes = found["probes"].as_array().unwrap();
    // Nine entries, all of them warm: is the target behind the first, then halving.
    assert_eq!(probes[0]["why"], "first of the warm section");
    assert_eq!((&probes[1]["slot"], &probes[1]["why"]), (&Value::from(4), &Value::from("middle")));
    assert_eq!(found["index_entry"], serde_json::json!([32, 2927]));
    let (code, out, _) = lookup(&folder, &["--timestamp", "1750119394762"]);
    assert_eq!(code, 0);
    assert!(out.contains("time index, entry 0: ") && out.contains("found_timestamp: 1750119394762"), "{out}");
}

#[test]
fn what_is_wrong_is_told() {
    let folder = recorded();
    let (code, _, errors) = lookup(&folder.join("transactions"), &["--offset", "1"]);
    assert!(code == 1 && errors.contains("there are no files of a log here"), "{errors}");
    let (code, _, errors) = lookup(&folder.join("transactions/orders-18"), &[]);
    assert!(code == 2 && errors.contains("--offset"), "{errors}");
}

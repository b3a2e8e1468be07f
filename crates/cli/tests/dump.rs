//! `highwater dump` on the folders that Kafka 4.3 itself wrote, whole and damaged: every field as Kafka's own tools say it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What a call came to: exit code, standard output, standard error.
fn call(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_highwater")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The recorded folders below a folder: what Kafka says, and where the partition is.
fn recorded(below: &str) -> Vec<(Value, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/recordings/segments").join(below);
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(&root).unwrap() {
        let folder = entry.unwrap().path();
        if let Ok(text) = std::fs::read_to_string(folder.join("expected.json")) {
            let expected: Value = serde_json::from_str(&text).unwrap();
            let partition = folder.join(expected["partition"].as_str().unwrap());
            cases.push((expected, partition));
        }
    }
    cases
}

fn dumped(partition: &Path, more: &[&str]) -> Value {
    let path = partition.display().to_string();
    let (code, out, errors) = call(&[&["dump", "--json", &path], more].concat());
    assert_eq!((code, errors.as_str()), (0, ""), "{path}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn a_folder_says_what_kafkas_dump_says() {
    let cases = recorded("");
    assert_eq!(cases.len(), 15);
    for (expected, partition) in cases {
        let ours = dumped(&partition, &[]);
        for part in ["segments", "snapshots", "leader_epochs"] {
            assert_eq!(ours[part], expected[part], "{part} of {}", partition.display());
        }
    }
}

#[test]
fn damage_is_found_where_kafka_finds_it() {
    let cases = recorded("damaged");
    assert_eq!(cases.len(), 31);
    for (expected, partition) in cases {
        let ours = dumped(&partition, &["--verify"]);
        for part in ["scan", "index_sanity_check"] {
            assert_eq!(ours[part], expected[part], "{part} of {}", partition.display());
        }
        // Whatever is wrong, what can be shown is shown.
        assert!(!dumped(&partition, &[])["segments"].as_array().unwrap().is_empty());
    }
}

#[test]
fn a_file_alone_and_lines_to_read() {
    let cases = recorded("");
    let (expected, partition) = cases.iter().find(|(expected, _)| expected["case"] == "transactions").unwrap();
    let file = |name: &str| partition.join(name).display().to_string();
    let of = |name: &str| dumped(&partition.join(name), &[]);
    let first = &expected["segments"][0];
    assert_eq!(of("00000000000000000000.index"), first["index"]);
    assert_eq!(of("00000000000000000000.timeindex"), first["time_index"]);
    assert_eq!(of("00000000000000000000.txnindex"), first["txn_index"]);
    assert_eq!(of("00000000000000000000.log")["batches"], first["batches"]);
    assert_eq!(of("00000000000000000124.snapshot"), *expected["snapshots"].as_array().unwrap().last().unwrap());
    assert_eq!(of("leader-epoch-checkpoint"), expected["leader_epochs"]);

    let (code, out, _) = call(&["dump", &file("00000000000000000000.log")]);
    assert_eq!(code, 0);
    assert!(out.contains("baseOffset: 10 lastOffset: 10 count: 1"), "{out}");
    assert!(out.contains("isControl: true deleteHorizonMs: OptionalLong.empty position: 996"), "{out}");
    assert!(out.contains("endTxnMarker: COMMIT coordinatorEpoch: 3"), "{out}");
    let (_, out, _) = call(&["dump", &file("00000000000000000124.snapshot")]);
    assert!(out.contains("producerId: 7000"), "{out}");
    let (_, out, _) = call(&["dump", "--verify", &partition.display().to_string()]);
    assert!(out.contains("00000000000000000000.log: ") && out.contains("bytes are good"), "{out}");
}

#[test]
fn what_is_no_file_of_a_log_is_told() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (code, out, errors) = call(&["dump", &manifest.join("Cargo.toml").display().to_string()]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(errors.contains("no file of a log"), "{errors}");
    let (code, _, errors) = call(&["dump", &manifest.join("src").display().to_string()]);
    assert!(code == 1 && errors.contains("there are no files of a log here"), "{errors}");
    let (code, _, errors) = call(&["dump", "nowhere.log"]);
    assert!(code == 1 && errors.contains("nowhere.log: cannot be read"), "{errors}");
}

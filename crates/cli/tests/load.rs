//! `highwater load` on the damaged folders that Kafka 4.3 itself opened, after a clean stop and after two unclean ones.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn damaged() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/recordings/segments/damaged")
}

/// What a call came to: exit code, standard output, standard error.
fn load(arguments: &[String]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_highwater")).arg("load").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The configs of a recording, as options.
fn configs(expected: &Value) -> Vec<String> {
    let names = ["segment.bytes", "segment.ms", "index.interval.bytes", "segment.index.bytes"];
    let given = |name: &&str| Some(format!("--config={name}={}", expected["config"].get(name.replace('.', "_"))?));
    names.iter().filter_map(given).collect()
}

fn base_offsets(partition: &Path) -> Vec<i64> {
    let mut bases: Vec<i64> = std::fs::read_dir(partition)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".log")?.parse().ok())
        .collect();
    bases.sort_unstable();
    bases
}

#[test]
fn every_damaged_folder_is_opened_as_kafka_opened_it() {
    let mut cases = 0;
    for entry in std::fs::read_dir(damaged()).unwrap() {
        let folder = entry.unwrap().path();
        let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
        let expected: Value = serde_json::from_str(&text).unwrap();
        let partition = folder.join(expected["partition"].as_str().unwrap());
        let active = base_offsets(&partition).pop().unwrap().to_string();
        for (field, recovery_point) in [
            ("load_clean", None),
            ("load_unclean_recovery_point_0", Some("0")),
            ("load_unclean_recovery_point_active", Some(active.as_str())),
        ] {
            let mut arguments = configs(&expected);
            arguments.extend(recovery_point.map(|point| format!("--recovery-point={point}")));
            arguments.extend(["--json".to_owned(), partition.to_str().unwrap().to_owned()]);
            let (code, out, errors) = load(&arguments);
            assert_eq!((code, errors.as_str()), (0, ""), "{} {field}", folder.display());
            let ours: Value = serde_json::from_str(&out).unwrap();
            assert_eq!(ours, expected[field], "{} {field}", folder.display());
            cases += 1;
        }
    }
    assert_eq!(cases, 93);
}

#[test]
fn what_a_load_does_is_said() {
    let folder = |case: &str| damaged().join(case).join("orders-0").to_str().unwrap().to_owned();
    let (code, out, _) = load(&[folder("garbage_tail"), "--recovery-point".into(), "50".into()]);
    assert_eq!(code, 0);
    assert!(out.contains("segment 50 was read anew: 100 bytes at its end are no good and are cut off"), "{out}");
    let (_, out, _) = load(&[folder("zero_tail")]);
    assert!(out.contains("the broker does not open this log: CorruptRecordException: Found record size 0"), "{out}");
}

#[test]
fn what_is_wrong_is_told() {
    let folder = damaged().join("intact/orders-0").to_str().unwrap().to_owned();
    let (code, _, errors) = load(&[folder.clone(), "--config".into(), "segment.byte=1".into()]);
    assert!(code == 1 && errors.contains("a log does not look at `segment.byte`"), "{errors}");
    let (code, _, errors) = load(&[folder, "--config".into(), "segment.bytes=many".into()]);
    assert!(code == 1 && errors.contains("\"many\" is no number"), "{errors}");
    let (code, _, errors) = load(&["nowhere".into()]);
    assert!(code == 1 && errors.contains("nowhere"), "{errors}");
    let (code, _, errors) = load(&[]);
    assert!(code == 1 && errors.contains("PARTITION_DIR"), "{errors}");
}

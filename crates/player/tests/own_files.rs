//! Folders that Kafka 4.3 itself wrote, whole and damaged, brought by a reader.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use highwater_player::lang::Lang;
use highwater_player::own_files::{BYTES_MAX, Look, Offered, OwnFiles, Reading, Search};
use highwater_player::scene::{Panel, text};
use serde_json::Value;

/// The recorded folders below a folder: what Kafka says, and where the partition is.
fn recorded(below: &str) -> Vec<(Value, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/recordings/segments").join(below);
    let folders = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
    let case = |folder: PathBuf| {
        let text = fs::read_to_string(folder.join("expected.json")).ok()?;
        let expected: Value = serde_json::from_str(&text).unwrap();
        let partition = folder.join(expected["partition"].as_str().unwrap());
        Some((expected, partition))
    };
    folders.filter_map(case).collect()
}

fn read(files: &[(String, Vec<u8>)]) -> OwnFiles {
    let offered: Vec<Offered> =
        files.iter().map(|(path, bytes)| Offered { path: path.clone(), size: bytes.len() as u64 }).collect();
    let mut reading = Reading::begin(&offered).unwrap();
    let mut before = 0;
    while let Some(wanted) = reading.wanted() {
        let (from, to) = (usize::try_from(wanted.from).unwrap(), usize::try_from(wanted.to).unwrap());
        reading.take(&files[wanted.file].1[from..to]);
        assert!(reading.thousandths() >= before);
        before = reading.thousandths();
    }
    while reading.check() {}
    reading.finish()
}

fn folder(partition: &Path) -> OwnFiles {
    let name = partition.file_name().unwrap().to_string_lossy().into_owned();
    let files = fs::read_dir(partition).unwrap().map(|entry| entry.unwrap().path());
    let file =
        |path: PathBuf| (format!("/{name}/{}", path.file_name().unwrap().to_string_lossy()), fs::read(&path).unwrap());
    read(&files.map(file).collect::<Vec<_>>())
}

#[test]
fn a_folder_shows_what_kafkas_tools_show() {
    let cases = recorded("");
    assert_eq!(cases.len(), 15);
    for (expected, partition) in cases {
        let own = folder(&partition);
        assert_eq!(own.partition(), expected["partition"].as_str().unwrap());
        assert_eq!(own.findings(), [], "{}", partition.display());
        let segments = expected["segments"].as_array().unwrap();
        assert_eq!(own.segments().len(), segments.len());
        for (line, segment) in own.segments().iter().zip(segments) {
            let batches = segment["batches"].as_array().unwrap();
            assert_eq!((line.base_offset, line.batches), (segment["base_offset"].as_i64().unwrap(), batches.len()));
            let mut look = Look { segment: Some(line.base_offset), ..Look::default() };
            let mut listed = Vec::new();
            for page in 0..own.batches(&look).1 {
                look.page = page;
                listed.extend(own.batches(&look).0);
            }
            assert_eq!(listed.len(), batches.len());
            for (line, batch) in listed.iter().zip(batches) {
                let fields = line.fields.as_ref().unwrap();
                assert_eq!(line.position, batch["position"].as_u64().unwrap());
                assert_eq!(fields.base_offset, batch["base_offset"].as_i64().unwrap());
                assert_eq!(fields.codec, batch["codec"].as_str().unwrap());
                look.batch = Some(fields.last_offset);
                let (records, problem) = own.records(&look);
                let offsets: Vec<i64> = records.iter().map(|record| record.offset).collect();
                let theirs =
                    batch["records"].as_array().unwrap().iter().map(|record| record["offset"].as_i64().unwrap());
                assert_eq!((offsets, problem), (theirs.collect(), None));
            }
        }
        for lookup in expected["lookups_by_offset"].as_array().unwrap() {
            let target = lookup["target"].as_i64().unwrap();
            let scene = own.scene(&Look { search: Some(Search::Offset(target)), ..Look::default() });
            let Some(Panel::Files(panel)) = scene.panels.first() else { panic!("{:?}", scene.panels) };
            let segment = panel.search.as_ref().map(|search| search.base_offset);
            assert_eq!(segment, lookup["segment_base"].as_i64(), "{target} in {}", partition.display());
            assert!(!text::describe(&scene, Lang::Zh).is_empty());
        }
    }
}

#[test]
fn damage_is_told_as_kafka_tells_it_and_the_rest_stays_readable() {
    let cases = recorded("damaged");
    assert_eq!(cases.len(), 31);
    for (expected, partition) in cases {
        let own = folder(&partition);
        let told = |file: &str| own.findings().iter().filter(move |finding| finding.file == file).collect::<Vec<_>>();
        for scan in expected["scan"].as_array().unwrap() {
            let (file, error) = (scan["file"].as_str().unwrap(), &scan["error"]);
            let found = told(file);
            match error["message"].as_str() {
                Some(message) => {
                    let exception = error["exception"].as_str().unwrap().rsplit('.').next();
                    assert_eq!(
                        (found[0].message.as_str(), found[0].exception),
                        (message, exception),
                        "{}",
                        partition.display()
                    );
                    assert!(found[0].position.is_some_and(|at| at >= scan["valid_bytes"].as_u64().unwrap()));
                }
                None => assert!(
                    found.iter().all(|finding| finding.exception.is_none()),
                    "{found:?} in {}",
                    partition.display()
                ),
            }
            let line = own.segments().into_iter().find(|line| file.starts_with(&format!("{:020}", line.base_offset)));
            assert!(line.unwrap().batches as u64 >= scan["valid_batches"].as_u64().unwrap());
        }
        for check in expected["index_sanity_check"].as_array().unwrap() {
            let found = told(check["file"].as_str().unwrap());
            let messages: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
            assert_eq!(messages.first().copied(), check["error"]["message"].as_str(), "{}", partition.display());
        }
        // Whatever is looked at, something is shown and nothing panics.
        for segment in own.segments() {
            for offset in segment.base_offset - 1..segment.base_offset + 40 {
                let look = Look { batch: Some(offset), search: Some(Search::Offset(offset)), ..Look::default() };
                own.records(&look);
                assert!(!own.scene(&Look { records: true, ..look }).panels.is_empty());
            }
        }
    }
}

#[test]
fn a_single_file_is_enough() {
    let (_, partition) = recorded("").into_iter().find(|(expected, _)| expected["case"] == "transactions").unwrap();
    for entry in fs::read_dir(&partition).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == "partition.metadata" {
            continue;
        }
        let own = read(&[(name.clone(), fs::read(&path).unwrap())]);
        assert_eq!((own.partition(), own.findings()), (name.as_str(), &[][..]));
        let is_shown = !own.scene(&Look::default()).panels.is_empty();
        assert!(is_shown || name.ends_with(".txnindex"), "{name} shows nothing");
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_its_reason() {
    let offered = |path: &str, size: u64| Offered { path: path.to_owned(), size };
    let refused = |files: &[Offered]| Reading::begin(files).unwrap_err().say(Lang::En);
    assert!(refused(&[offered("holiday.jpg", 3)]).contains("holiday.jpg"));
    assert!(
        refused(&[offered("0.log", BYTES_MAX + 1)]).contains("65 MB"),
        "{}",
        refused(&[offered("0.log", BYTES_MAX + 1)])
    );
    assert!(refused(&vec![offered("0.log", 1); 5_000]).contains("5000"));
    // Of two partitions the first one is shown, and the other one is told.
    let two =
        [offered("b-0/00000000000000000000.log", 0), offered("a-0/00000000000000000000.log", 0), offered("a-0/x", 1)];
    let own = Reading::begin(&two).unwrap().finish();
    assert_eq!((own.partition(), own.left_out().len()), ("a-0", 2));
}

//! The folders that a real broker wrote: loaded, read, and written again by a log of our own.

#![cfg(feature = "codecs")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use highwater_log::log::{FolderFile, Isolation, Log, LogConfig, LogFiles, LogStop, newest_timestamp};
use serde_json::{Value, json};

/// A recorded folder.
struct Recorded {
    case: String,
    partition: PathBuf,
    expected: Value,
    config: LogConfig,
}

fn recorded() -> Vec<Recorded> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/recordings/segments");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(text) = std::fs::read_to_string(folder.join("expected.json")) else { continue };
        let expected: Value = serde_json::from_str(&text).unwrap();
        let config = LogConfig {
            segment_bytes: expected["config"]["segment_bytes"].as_u64().unwrap(),
            segment_ms: expected["config"]["segment_ms"].as_i64().unwrap_or(604_800_000),
            index_interval_bytes: expected["config"]["index_interval_bytes"].as_u64().unwrap(),
            ..LogConfig::default()
        };
        let case = expected["case"].as_str().unwrap().to_owned();
        let partition = folder.join(expected["partition"].as_str().unwrap());
        found.push(Recorded { case, partition, expected, config });
    }
    found.sort_by(|a, b| a.case.cmp(&b.case));
    assert_eq!(found.len(), 15);
    found
}

impl Recorded {
    /// As a broker loads it after the clean stop that it had.
    fn load(&self) -> Log {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.partition).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            files.push(FolderFile { name, bytes: std::fs::read(&path).unwrap().into() });
        }
        let now_ms = newest_timestamp(&files).unwrap();
        let log_start_offset = self.expected["log_start_offset"].as_i64().unwrap();
        let stop = LogStop { is_clean: true, recovery_point: 0, log_start_offset };
        let files = LogFiles::of_folder(files, now_ms, now_ms).unwrap();
        Log::load(files, self.config, stop, now_ms).unwrap().log
    }
}

#[test]
fn reads_get_what_kafkas_got() {
    let mut reads = 0;
    for folder in recorded() {
        let mut log = folder.load();
        assert_eq!(log.log_start_offset(), folder.expected["log_start_offset"], "{}", folder.case);
        assert_eq!(log.log_end_offset(), folder.expected["log_end_offset"], "{}", folder.case);
        log.update_high_watermark(folder.expected["high_watermark"].as_i64().unwrap());
        for read in folder.expected["reads"].as_array().unwrap() {
            let isolation = match read["isolation"].as_str().unwrap() {
                "log_end" => Isolation::LogEnd,
                "high_watermark" => Isolation::HighWatermark,
                _ => Isolation::TxnCommitted,
            };
            let (offset, max_bytes) = (read["offset"].as_i64().unwrap(), read["max_bytes"].as_u64().unwrap());
            let fetched = log.fetch(offset, max_bytes, isolation, read["min_one_message"].as_bool().unwrap());
            let wanted = &read["answer"];
            match fetched {
                Err(error) => assert_eq!(json!(error.error_name()), wanted["error"], "{} {read}", folder.case),
                Ok(fetched) => {
                    assert_eq!(json!(fetched.read.size), wanted["size"], "{} {read}", folder.case);
                    if fetched.read.size > 0 {
                        assert_eq!(json!(fetched.segment), wanted["segment"], "{} {read}", folder.case);
                        assert_eq!(json!(fetched.read.position), wanted["position"], "{} {read}", folder.case);
                    }
                    if isolation == Isolation::TxnCommitted {
                        let aborted = fetched.aborted.iter();
                        let aborted: Vec<Value> =
                            aborted.map(|aborted| json!([aborted.producer_id, aborted.first_offset])).collect();
                        assert_eq!(json!(aborted), wanted["aborted_transactions"], "{} {read}", folder.case);
                    }
                }
            }
            reads += 1;
        }
    }
    assert_eq!(reads, 198);
}

/// A follower that gets a log batch by batch makes the same segments, indexes and epochs as the broker that led: since
/// 4.0 an index entry depends on the batches alone.
#[test]
fn a_follower_writes_the_same_files() {
    let mut compared = 0;
    for folder in recorded() {
        // These have lost records since they were written; after a truncation the next index entry comes later.
        if ["compacted", "retention", "leader_epochs"].contains(&folder.case.as_str()) {
            continue;
        }
        let original = folder.load();
        let first = original.segments().next().unwrap().base_offset();
        let mut follower = Log::with_config(folder.config, 0);
        follower.truncate_fully_and_start_at(first, 0).unwrap();
        for batch in original.batches_from(first) {
            follower.append_as_follower(std::slice::from_ref(batch), batch.max_timestamp(), i32::MAX).unwrap();
        }
        follower.restart(true, 0).unwrap();
        let case = &folder.case;
        let bases = |log: &Log| log.segments().map(highwater_log::segment::Segment::base_offset).collect::<Vec<_>>();
        if bases(&follower) != bases(&original) {
            // Segments that were rolled by hand, or by a clock that is not in the files.
            continue;
        }
        for (ours, theirs) in follower.segments().zip(original.segments()) {
            let base_offset = ours.base_offset();
            assert_eq!(ours.to_bytes(), theirs.to_bytes(), "{case} {base_offset}");
            assert_eq!(ours.offset_index(), theirs.offset_index(), "{case} {base_offset}");
            assert_eq!(ours.time_index(), theirs.time_index(), "{case} {base_offset}");
            assert_eq!(ours.aborted(), theirs.aborted(), "{case} {base_offset}");
        }
        assert_eq!(follower.leader_epochs(), original.leader_epochs(), "{case}");
        compared += 1;
    }
    assert!(compared >= 8, "{compared}");
}

//! Whether files are sound: every batch is read, every index held against Kafka's own rules.

use highwater_log::{offset_index, time_index, transaction_index};
use serde_json::{Value, json};

use highwater_log::inspect::{Exception, Found, crc_error, records};

use super::batches::{Batches, exception_json};
use super::files::File;
use crate::failure::Failure;

const CORRUPT_INDEX: &str = "org.apache.kafka.storage.internals.log.CorruptIndexException";

/// Walks a `.log` file up to the first thing that is wrong.
pub fn scan(file: &File) -> Result<Value, Failure> {
    let (mut valid_batches, mut valid_bytes) = (0_u64, 0_u64);
    let mut error = None;
    for found in Batches::open(&file.path)? {
        match found? {
            Found::Bad { why, .. } => error = Some(why),
            Found::Batch { size, batch, .. } => {
                error = batch.check_crc().err().map(|error| crc_error(&error)).or_else(|| records(&batch).1);
                if error.is_none() {
                    valid_batches = valid_batches.saturating_add(1);
                    valid_bytes = valid_bytes.saturating_add(size);
                }
            }
        }
        if error.is_some() {
            break;
        }
    }
    let mut json = json!({
        "file": file.name,
        "size": file.size,
        "valid_batches": valid_batches,
        "valid_bytes": valid_bytes,
    });
    if let (Some(error), Some(object)) = (error, json.as_object_mut()) {
        object.insert("error".to_owned(), exception_json(&error));
    }
    Ok(json)
}

/// Holds an index against its rules; none for a file that is no index.
pub fn sanity_check(file: &File) -> Option<Result<Value, Failure>> {
    let check = match file.kind.as_str() {
        "index" | "timeindex" | "txnindex" => file.bytes().map(|bytes| checked(file, &bytes)),
        _ => return None,
    };
    Some(check)
}

fn checked(file: &File, bytes: &[u8]) -> Value {
    let corrupt = |message: String| Exception { class: CORRUPT_INDEX, message };
    let base = file.base_offset;
    let (entries, wrong) = match file.kind.as_str() {
        "index" => {
            let wrong = offset_index::sanity_check(base, bytes).err().map(|error| corrupt(error.to_string()));
            (Some(offset_index::read(base, bytes).len()), wrong)
        }
        "timeindex" => {
            let wrong = time_index::sanity_check(base, bytes).err().map(|error| corrupt(error.to_string()));
            (Some(time_index::read(base, bytes).len()), wrong)
        }
        _ => match transaction_index::sanity_check(base, bytes) {
            Ok(()) => (Some(transaction_index::read(bytes).len()), None),
            Err(error) => {
                let class = match error {
                    transaction_index::CorruptTransactionIndex::Version { .. } => {
                        "org.apache.kafka.common.KafkaException"
                    }
                    transaction_index::CorruptTransactionIndex::BelowBase { .. } => CORRUPT_INDEX,
                };
                (None, Some(Exception { class, message: error.to_string() }))
            }
        },
    };
    let mut json = json!({ "file": file.name, "ok": wrong.is_none() });
    if let Some(object) = json.as_object_mut() {
        if let Some(entries) = entries {
            object.insert("entries".to_owned(), entries.into());
        }
        if let Some(wrong) = wrong {
            object.insert("error".to_owned(), exception_json(&wrong));
        }
    }
    json
}

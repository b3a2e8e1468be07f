//! Lines as kafka-dump-log prints them.

use std::io::{self, Write};

use highwater_log::batch::RecordBatch;
use highwater_log::record::Record;
use serde_json::Value;

use super::batches::Batches;
use super::files::File;
use crate::failure::Failure;
use crate::output::Out;
use highwater_log::inspect::{Found, codec_name, control_type, coordinator_epoch, records, timestamp_type};

/// Everything of a file.
pub fn file(file: &File, out: &mut Out) -> Result<(), Failure> {
    out.line(format!("Dumping {}", file.path.display()))?;
    match file.kind.as_str() {
        "log" => log(file, out),
        "index" => pairs(&file.index()?, ["offset", "position"], out),
        "timeindex" => pairs(&file.time_index()?, ["timestamp", "offset"], out),
        "txnindex" => objects(&file.transaction_index()?, out),
        "snapshot" => {
            let snapshot = file.snapshot()?;
            match snapshot.get("error") {
                Some(error) => out.line(error),
                None => objects(snapshot.get("entries").unwrap_or(&Value::Null), out),
            }
        }
        _ => pairs(&file.leader_epochs()?, ["epoch", "startOffset"], out),
    }
}

fn log(file: &File, out: &mut Out) -> Result<(), Failure> {
    out.line(format!("Log starting offset: {}", file.base_offset))?;
    let (mut end, mut lines) = (0_u64, Vec::new());
    for found in Batches::open(&file.path)? {
        match found? {
            Found::Batch { position, size, batch } => {
                end = position.saturating_add(size);
                out.line(batch_line(position, size, &batch))?;
                let (records, error) = records(&batch);
                lines.clear();
                for record in &records {
                    record_line(&batch, record, &mut lines)?;
                }
                out.writer().write_all(&lines)?;
                if let Some(error) = error {
                    out.line(format!("| {}: {}", error.class, error.message))?;
                }
            }
            Found::Bad { position, size, why, .. } => {
                end = position.saturating_add(size.unwrap_or(0));
                out.line(format!("position: {position} {}: {}", why.class, why.message))?;
            }
        }
    }
    match file.size.saturating_sub(end) {
        0 => Ok(()),
        left => out.line(format!("Found {left} invalid bytes at the end of {}", file.name)),
    }
}

fn batch_line(position: u64, size: u64, batch: &RecordBatch) -> String {
    let header = batch.header();
    let horizon = header
        .delete_horizon_ms()
        .map_or("OptionalLong.empty".to_owned(), |horizon| format!("OptionalLong[{horizon}]"));
    format!(
        "baseOffset: {} lastOffset: {} count: {} baseSequence: {} lastSequence: {} producerId: {} producerEpoch: {} \
         partitionLeaderEpoch: {} isTransactional: {} isControl: {} deleteHorizonMs: {horizon} position: {position} \
         {}: {} size: {size} magic: {} compresscodec: {} crc: {} isvalid: {}",
        batch.base_offset(),
        batch.last_offset(),
        batch.record_count(),
        batch.base_sequence(),
        header.last_sequence(),
        batch.producer_id(),
        batch.producer_epoch(),
        batch.partition_leader_epoch(),
        batch.is_transactional(),
        batch.is_control(),
        timestamp_type(batch),
        batch.max_timestamp(),
        header.magic,
        codec_name(batch),
        batch.crc(),
        batch.check_crc().is_ok()
    )
}

fn record_line(batch: &RecordBatch, record: &Record, out: &mut Vec<u8>) -> io::Result<()> {
    let size = |bytes: Option<usize>| bytes.map_or(-1, |size| i64::try_from(size).unwrap_or(i64::MAX));
    write!(
        out,
        "| offset: {} {}: {} keySize: {} valueSize: {} sequence: {} headerKeys: [",
        record.offset,
        timestamp_type(batch),
        record.timestamp,
        size(record.key.as_ref().map(|key| key.len())),
        size(record.value.as_ref().map(|value| value.len())),
        record.sequence,
    )?;
    for (number, header) in record.headers.iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        write!(out, "{comma}{}", header.key)?;
    }
    out.write_all(b"]")?;
    if batch.is_control() {
        write!(out, " endTxnMarker: {}", control_type(record))?;
        if let Some(epoch) = coordinator_epoch(record) {
            write!(out, " coordinatorEpoch: {epoch}")?;
        }
        return out.write_all(b"\n");
    }
    if let Some(key) = record.key.as_deref() {
        out.write_all(b" key: ")?;
        write_text(key, out)?;
    }
    if let Some(value) = record.value.as_deref() {
        out.write_all(b" payload: ")?;
        write_text(value, out)?;
    }
    out.write_all(b"\n")
}

/// What is no UTF-8 becomes U+FFFD.
fn write_text(bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
    match str::from_utf8(bytes) {
        Ok(_) => out.write_all(bytes),
        Err(_) => out.write_all(String::from_utf8_lossy(bytes).as_bytes()),
    }
}

fn pairs(list: &Value, names: [&str; 2], out: &mut Out) -> Result<(), Failure> {
    if let Some(error) = list.get("error") {
        return out.line(error);
    }
    let [first, second] = names;
    for pair in list.as_array().into_iter().flatten() {
        let number = |at: usize| pair.get(at).cloned().unwrap_or_default();
        out.line(format!("{first}: {} {second}: {}", number(0), number(1)))?;
    }
    Ok(())
}

fn objects(list: &Value, out: &mut Out) -> Result<(), Failure> {
    for object in list.as_array().into_iter().flatten().filter_map(Value::as_object) {
        let fields: Vec<String> = object.iter().map(|(name, value)| format!("{}: {value}", camel(name))).collect();
        out.line(fields.join(" "))?;
    }
    Ok(())
}

/// `producer_id` as `producerId`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// One file of `--verify`.
pub fn verified(found: &Value) -> String {
    let field = |name: &str| found.get(name).map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
    let file = field("file").unwrap_or_default();
    let counted = match (field("valid_batches"), field("valid_bytes"), field("size"), field("entries")) {
        (Some(batches), Some(valid), Some(size), _) => format!("{batches} batches, {valid} of {size} bytes are good"),
        (_, _, _, Some(entries)) => format!("{entries} entries"),
        _ => String::new(),
    };
    match found.get("error") {
        None => format!("{file}: {counted}"),
        Some(error) => {
            let part = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
            let class = part("exception").rsplit('.').next().unwrap_or_default();
            format!("{file}: {counted}; {class}: {}", part("message"))
        }
    }
}

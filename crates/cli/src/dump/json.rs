//! A batch as JSON, written as it is read: a segment has millions of records. The fields stand in the order of their names,
//! as in all our JSON.

use highwater_cli::hex;
use highwater_log::inspect::{Exception, Found, codec_name, control_type, coordinator_epoch, records, timestamp_type};
use highwater_log::record::{Header, Record};
use serde::Serialize;

/// Adds a batch, or what stands in its place.
///
/// # Errors
/// None that is known: memory takes everything.
pub fn write(found: &Found, out: &mut Vec<u8>) -> serde_json::Result<()> {
    let (position, size, batch) = match found {
        Found::Batch { position, size, batch } => (*position, *size, batch),
        Found::Bad { position, size, magic, why } => {
            let bad = Bad { error: why.into(), magic: *magic, position: *position, size: *size, valid: false };
            return serde_json::to_writer(out, &bad);
        }
    };
    let header = batch.header();
    let (records, error) = records(batch);
    let before = BeforeRecords {
        base_offset: batch.base_offset(),
        base_sequence: batch.base_sequence(),
        codec: codec_name(batch),
        control: batch.is_control(),
        count: batch.record_count(),
        crc: batch.crc(),
        delete_horizon_ms: header.delete_horizon_ms(),
        error: error.as_ref().map(ExceptionJson::from),
        last_offset: batch.last_offset(),
        last_sequence: header.last_sequence(),
        leader_epoch: batch.partition_leader_epoch(),
        magic: header.magic,
        max_timestamp: batch.max_timestamp(),
        position,
        producer_epoch: batch.producer_epoch(),
        producer_id: batch.producer_id(),
    };
    let behind = BehindRecords {
        size,
        timestamp_type: timestamp_type(batch),
        transactional: batch.is_transactional(),
        valid: batch.check_crc().is_ok(),
    };
    serde_json::to_writer(&mut *out, &before)?;
    // One object: its closing brace comes later, and the other's opening brace is not needed.
    out.pop();
    out.extend_from_slice(br#","records":["#);
    for (number, record) in records.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        write_record(record, batch.is_control(), out)?;
    }
    out.extend_from_slice(b"],");
    out.extend_from_slice(serde_json::to_vec(&behind)?.get(1..).unwrap_or_default());
    Ok(())
}

#[derive(Serialize)]
struct ExceptionJson<'a> {
    exception: &'static str,
    message: &'a str,
}

impl<'a> From<&'a Exception> for ExceptionJson<'a> {
    fn from(exception: &'a Exception) -> ExceptionJson<'a> {
        ExceptionJson { exception: exception.class, message: &exception.message }
    }
}

#[derive(Serialize)]
struct Bad<'a> {
    error: ExceptionJson<'a>,
    magic: i8,
    position: u64,
    size: Option<u64>,
    valid: bool,
}

#[derive(Serialize)]
struct BeforeRecords<'a> {
    base_offset: i64,
    base_sequence: i32,
    codec: &'static str,
    control: bool,
    count: i32,
    crc: u32,
    delete_horizon_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ExceptionJson<'a>>,
    last_offset: i64,
    last_sequence: i32,
    leader_epoch: i32,
    magic: i8,
    max_timestamp: i64,
    position: u64,
    producer_epoch: i16,
    producer_id: i64,
}

#[derive(Serialize)]
struct BehindRecords {
    size: u64,
    timestamp_type: &'static str,
    transactional: bool,
    valid: bool,
}

/// By hand: hex needs no search for what must be escaped, and there is much of it.
fn write_record(record: &Record, is_control: bool, out: &mut Vec<u8>) -> serde_json::Result<()> {
    out.push(b'{');
    if is_control {
        field("control_type", &control_type(record), out)?;
        if let Some(epoch) = coordinator_epoch(record) {
            field("coordinator_epoch", &epoch, out)?;
        }
    }
    write_headers(&record.headers, out)?;
    write_hex("key_hex", record.key.as_deref(), out);
    out.push(b',');
    field("offset", &record.offset, out)?;
    field("sequence", &record.sequence, out)?;
    field("timestamp", &record.timestamp, out)?;
    write_hex("value_hex", record.value.as_deref(), out);
    out.push(b'}');
    Ok(())
}

fn write_headers(headers: &[Header], out: &mut Vec<u8>) -> serde_json::Result<()> {
    out.extend_from_slice(br#""headers":["#);
    for (number, header) in headers.iter().enumerate() {
        out.extend_from_slice(if number > 0 { b",{" } else { b"{" });
        field("key", &*header.key, out)?;
        write_hex("value_hex", header.value.as_deref(), out);
        out.push(b'}');
    }
    out.extend_from_slice(b"],");
    Ok(())
}

/// A field and the comma behind it.
fn field<T: Serialize + ?Sized>(name: &str, value: &T, out: &mut Vec<u8>) -> serde_json::Result<()> {
    write_name(name, out);
    serde_json::to_writer(&mut *out, value)?;
    out.push(b',');
    Ok(())
}

fn write_hex(name: &str, bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    write_name(name, out);
    match bytes {
        None => out.extend_from_slice(b"null"),
        Some(bytes) => {
            out.push(b'"');
            hex::write(bytes, out);
            out.push(b'"');
        }
    }
}

fn write_name(name: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

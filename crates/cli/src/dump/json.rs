//! A batch as JSON. Written as it is read: a segment has millions of records. The fields stand in the order of their names,
//! as in all our JSON.

use highwater_log::record::{Header, Record};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use highwater_cli::hex;
use highwater_log::inspect::{Exception, Found, codec_name, control_type, coordinator_epoch, records, timestamp_type};

/// What was found, as JSON.
pub struct FoundJson<'a>(pub &'a Found);

impl Serialize for FoundJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (position, size, batch) = match self.0 {
            Found::Batch { position, size, batch } => (*position, *size, batch),
            Found::Bad { position, size, magic, why } => {
                return Bad { error: why.into(), magic: *magic, position: *position, size: *size, valid: false }
                    .serialize(serializer);
            }
        };
        let header = batch.header();
        let (records, error) = records(batch);
        Batch {
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
            records: Records { records: &records, are_control: batch.is_control() },
            size,
            timestamp_type: timestamp_type(batch),
            transactional: batch.is_transactional(),
            valid: batch.check_crc().is_ok(),
        }
        .serialize(serializer)
    }
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
struct Batch<'a> {
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
    records: Records<'a>,
    size: u64,
    timestamp_type: &'static str,
    transactional: bool,
    valid: bool,
}

struct Records<'a> {
    records: &'a [Record],
    are_control: bool,
}

impl Serialize for Records<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.records.len()))?;
        for record in self.records {
            list.serialize_element(&RecordJson {
                control_type: self.are_control.then(|| control_type(record)),
                coordinator_epoch: self.are_control.then(|| coordinator_epoch(record)).flatten(),
                headers: Headers(&record.headers),
                key_hex: record.key.as_deref().map(hex::encode),
                offset: record.offset,
                sequence: record.sequence,
                timestamp: record.timestamp,
                value_hex: record.value.as_deref().map(hex::encode),
            })?;
        }
        list.end()
    }
}

#[derive(Serialize)]
struct RecordJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    control_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coordinator_epoch: Option<i32>,
    headers: Headers<'a>,
    key_hex: Option<String>,
    offset: i64,
    sequence: i32,
    timestamp: i64,
    value_hex: Option<String>,
}

struct Headers<'a>(&'a [Header]);

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let header = |header: &'_ Header| HeaderJson {
            key: header.key.to_string(),
            value_hex: header.value.as_deref().map(hex::encode),
        };
        serializer.collect_seq(self.0.iter().map(header))
    }
}

#[derive(Serialize)]
struct HeaderJson {
    key: String,
    value_hex: Option<String>,
}

//! What a tool shows of a `.log` file, and what Kafka says of bytes that are no batch or no record. Kafka 4.3:
//! `DumpLogSegments`, `DefaultRecordBatch`, `LegacyRecord.ensureValid`.

use crate::batch::{BatchError, Codec, Field, RecordBatch, TimestampType};
use crate::file::SMALLEST_RECORD;
use crate::producer_state::EndTransactionMarker;
use crate::record::Record;

/// An exception of Kafka: its class and its message.
#[derive(Clone, Debug)]
pub struct Exception {
    /// The full name.
    pub class: &'static str,
    /// What it says.
    pub message: String,
}

impl Exception {
    /// Bytes are not what was written.
    pub fn corrupt(message: String) -> Exception {
        Exception { class: "org.apache.kafka.common.errors.CorruptRecordException", message }
    }

    fn invalid(message: impl Into<String>) -> Exception {
        Exception { class: "org.apache.kafka.common.InvalidRecordException", message: message.into() }
    }
}

/// What stands at a place of the file.
#[derive(Debug)]
pub enum Found {
    /// A batch of today's format. Its CRC may be wrong.
    Batch {
        /// Where it begins, in bytes.
        position: u64,
        /// Its size in bytes.
        size: u64,
        /// The batch.
        batch: RecordBatch,
    },
    /// Bytes that are no such batch. The file may go on behind them.
    Bad {
        /// Where they begin, in bytes.
        position: u64,
        /// How many there are, if that is known.
        size: Option<u64>,
        /// The format that they claim.
        magic: i8,
        /// What Kafka says of them.
        why: Exception,
    },
}

impl Found {
    /// What bytes are whose length field says that they are a batch.
    pub fn of(bytes: &[u8], position: u64, magic: i8) -> Found {
        let size = bytes.len() as u64;
        match RecordBatch::decode(bytes) {
            Ok(batch) => Found::Batch { position, size, batch },
            Err(error) => Found::Bad { position, size: Some(size), magic, why: not_a_batch(bytes, &error) },
        }
    }

    /// What stands where no batch has so few bytes as the length field says; `file` is the name of the file. Nobody
    /// knows where the next batch begins.
    pub fn too_small(header: &[u8], position: u64, length: i32, file: &str) -> Found {
        let magic = header.get(16).map_or(0, |byte| byte.cast_signed());
        let why = Exception::corrupt(format!(
            "Found record size {length} smaller than minimum record overhead ({SMALLEST_RECORD}) in file {file}."
        ));
        Found::Bad { position, size: None, magic, why }
    }
}

/// What Kafka says of bytes that are no batch: a record of an older format with another CRC, or too few bytes.
fn not_a_batch(bytes: &[u8], error: &BatchError) -> Exception {
    let record = bytes.get(12..).unwrap_or_default();
    match (error, record.split_first_chunk::<4>()) {
        (BatchError::Magic { .. }, Some((stored, covered))) => {
            let crc = crc::Crc::<u32, crc::NoTable>::new(&crc::CRC_32_ISO_HDLC);
            let (stored, computed) = (u32::from_be_bytes(*stored), crc.checksum(covered));
            Exception::corrupt(format!("Record is corrupt (stored crc = {stored}, computed crc = {computed})"))
        }
        _ => Exception::corrupt(format!(
            "Record batch is corrupt (the size {} is smaller than the minimum allowed overhead 61)",
            bytes.len()
        )),
    }
}

/// What Kafka says of a batch whose CRC is that of other bytes.
pub fn crc_error(error: &BatchError) -> Exception {
    match error {
        BatchError::Crc { stored, computed } => {
            Exception::corrupt(format!("Record is corrupt (stored crc = {stored}, computed crc = {computed})"))
        }
        other => Exception::corrupt(other.to_string()),
    }
}

/// The records of a batch, and what Kafka says where they end too early.
pub fn records(batch: &RecordBatch) -> (Vec<Record>, Option<Exception>) {
    let plain = match batch.header().codec() {
        Ok(Codec::None) => Ok(batch.clone()),
        _ => batch.decompressed(),
    };
    let Ok(plain) = plain else {
        let message = "Failed to decompress record stream".to_owned();
        return (Vec::new(), Some(Exception { class: "org.apache.kafka.common.KafkaException", message }));
    };
    let mut records = Vec::new();
    for record in plain.records_until_error() {
        match record {
            Ok(record) => records.push(record),
            Err(error) => return (records, Some(record_error(&error))),
        }
    }
    (records, None)
}

fn record_error(error: &BatchError) -> Exception {
    Exception::invalid(match error {
        BatchError::Truncated { field: Field::RecordLength, .. }
        | BatchError::Varint { field: Field::RecordLength, .. } => {
            "Incorrect declared batch size, premature EOF reached".to_owned()
        }
        BatchError::Impossible { field: Field::RecordLength, value, available, .. } => format!(
            "Invalid record size: expected {value} bytes in record payload, but instead the buffer has only {available} remaining bytes."
        ),
        BatchError::Impossible { field: Field::RecordsCount, value, .. } => {
            format!("Found invalid record count {value} in magic v2 batch")
        }
        BatchError::RecordLength { length, read, .. } => {
            format!("Invalid record size: expected to read {length} bytes in record payload, but instead read {read}")
        }
        BatchError::Surplus { .. } => "Incorrect declared batch size, records still remaining in file".to_owned(),
        _ => "Found invalid record structure".to_owned(),
    })
}

/// The name of a codec, as Kafka has it.
pub fn codec_name(batch: &RecordBatch) -> &'static str {
    match batch.header().codec() {
        Ok(Codec::None) => "none",
        Ok(Codec::Gzip) => "gzip",
        Ok(Codec::Snappy) => "snappy",
        Ok(Codec::Lz4) => "lz4",
        Ok(Codec::Zstd) => "zstd",
        Err(_) => "unknown",
    }
}

/// The name of a timestamp type.
pub fn timestamp_type(batch: &RecordBatch) -> &'static str {
    match batch.header().timestamp_type() {
        TimestampType::CreateTime => "CreateTime",
        TimestampType::LogAppendTime => "LogAppendTime",
    }
}

/// What a control record is.
pub fn control_type(record: &Record) -> &'static str {
    let id = record.key.as_ref().and_then(|key| key.get(2..)?.first_chunk().copied()).map(i16::from_be_bytes);
    match id {
        Some(0) => "ABORT",
        Some(1) => "COMMIT",
        Some(2) => "LEADER_CHANGE",
        Some(3) => "SNAPSHOT_HEADER",
        Some(4) => "SNAPSHOT_FOOTER",
        Some(5) => "KRAFT_VERSION",
        Some(6) => "KRAFT_VOTERS",
        _ => "UNKNOWN",
    }
}

/// The coordinator's epoch of a record that ends a transaction.
pub fn coordinator_epoch(record: &Record) -> Option<i32> {
    let marker = EndTransactionMarker::read(record.key.as_deref(), record.value.as_deref());
    marker.ok().map(|marker| marker.coordinator_epoch)
}

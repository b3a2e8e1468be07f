//! The bytes of what is stored: hex with the names of its fields.

use std::fmt::Write;

use highwater_log::batch::{Field, FieldValue, RecordBatch};
use highwater_log::offset_index::OffsetIndexEntry;
use highwater_log::time_index::TimestampOffset;

use crate::phrase::Phrase;

/// The most bytes of a field that are shown.
const HEX_MAX: usize = 24;
/// The most fields that are shown.
const FIELDS_MAX: usize = 120;
/// The most characters of a text that are shown.
const TEXT_MAX: usize = 24;

/// A field with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByteField {
    /// Where it begins.
    pub at: usize,
    /// Kafka's name.
    pub name: &'static str,
    /// The bytes, as two hex digits each; long ones are cut.
    pub hex: String,
    /// What it says.
    pub value: String,
    /// The record that it belongs to, from 0; none in a header.
    pub record: Option<usize>,
    /// The thing that is inspected is in it.
    pub accent: bool,
}

/// Bytes with their fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bytes {
    /// What they are.
    pub title: Phrase,
    pub fields: Vec<ByteField>,
    /// How many fields there are beyond those.
    pub more: usize,
}

impl Bytes {
    /// A batch. The fields of `record` (from 0), or of `field`, are what it is about.
    pub fn of_batch(batch: &RecordBatch, record: Option<usize>, field: Option<&str>) -> Bytes {
        let whole = batch.to_bytes();
        let layout = batch.layout();
        let is_asked = |there: &highwater_log::batch::LayoutField<'_>| match (record, field) {
            (_, Some(name)) => there.field.name() == name && (record.is_none() || there.record == record),
            (Some(record), None) => there.record == Some(record),
            (None, None) => false,
        };
        // Of many records those before the one that is asked for are passed over.
        let skipped = |there: &highwater_log::batch::LayoutField<'_>| {
            layout.fields.len() > FIELDS_MAX && there.record.is_some_and(|at| record.is_some_and(|asked| at < asked))
        };
        let wanted: Vec<_> = layout.fields.iter().filter(|there| !skipped(there)).collect();
        let fields = wanted.iter().take(FIELDS_MAX).map(|there| ByteField {
            at: there.bytes.start,
            name: there.field.name(),
            hex: hex(whole.get(there.bytes.clone()).unwrap_or_default()),
            value: value(there.field, there.value),
            record: there.record,
            accent: is_asked(there),
        });
        Bytes {
            title: Phrase::new("inspect.bytes_batch")
                .with("first", batch.base_offset())
                .with("last", batch.last_offset())
                .with("bytes", i64::try_from(whole.len()).unwrap_or(i64::MAX)),
            fields: fields.collect(),
            more: wanted.len().saturating_sub(FIELDS_MAX),
        }
    }

    /// An entry of an offset index.
    pub fn of_offset_entry(base_offset: i64, at: usize, entry: OffsetIndexEntry) -> Bytes {
        let relative = i32::try_from(entry.offset.saturating_sub(base_offset)).unwrap_or(i32::MAX);
        let fields = vec![
            plain(at, "relativeOffset", &relative.to_be_bytes(), relative.into()),
            plain(at.saturating_add(4), "position", &entry.position.to_be_bytes(), entry.position.into()),
        ];
        Bytes { title: Phrase::new("inspect.bytes_entry"), fields, more: 0 }
    }

    /// An entry of a time index.
    pub fn of_time_entry(base_offset: i64, at: usize, entry: TimestampOffset) -> Bytes {
        let relative = i32::try_from(entry.offset.saturating_sub(base_offset)).unwrap_or(i32::MAX);
        let fields = vec![
            plain(at, "timestamp", &entry.timestamp.to_be_bytes(), entry.timestamp),
            plain(at.saturating_add(8), "relativeOffset", &relative.to_be_bytes(), relative.into()),
        ];
        Bytes { title: Phrase::new("inspect.bytes_entry"), fields, more: 0 }
    }

    /// A key as it is serialized, a byte a field.
    pub fn of_key(bytes: &[(u8, String)]) -> Bytes {
        let fields = bytes.iter().enumerate().map(|(at, (byte, text))| ByteField {
            at,
            name: "key",
            hex: hex(&[*byte]),
            value: text.clone(),
            record: None,
            accent: false,
        });
        Bytes { title: Phrase::new("inspect.bytes_key"), fields: fields.collect(), more: 0 }
    }
}

fn plain(at: usize, name: &'static str, bytes: &[u8], value: i64) -> ByteField {
    ByteField { at, name, hex: hex(bytes), value: value.to_string(), record: None, accent: false }
}

/// Bytes as two hex digits each; long ones are cut.
fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (index, byte) in bytes.iter().take(HEX_MAX).enumerate() {
        if index > 0 {
            text.push(' ');
        }
        let _ = write!(text, "{byte:02x}");
    }
    if bytes.len() > HEX_MAX {
        text.push_str(" …");
    }
    text
}

fn value(field: Field, value: FieldValue<'_>) -> String {
    match value {
        FieldValue::Number(number) if field == Field::Crc => format!("0x{number:08x}"),
        FieldValue::Number(number) => number.to_string(),
        FieldValue::Bytes(bytes) => {
            let text = highwater_sim::bytes::Bytes::from(bytes).text();
            let short: String = text.chars().take(TEXT_MAX).collect();
            if short.len() < text.len() { [&short, "…"].concat() } else { short }
        }
    }
}

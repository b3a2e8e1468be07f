//! Where each field of a batch stands: what a hex view shows. Damaged bytes too are shown as far as they can be read.

use std::ops::Range;

use super::records::{RecordRefs, Sink};
use super::{BatchError, BatchHeader, Codec, Field, HEADER_SIZE, RecordBatch};

/// The fields of a batch in the order of their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout<'a> {
    /// Without a gap and without overlap, from the first byte on.
    pub fields: Vec<LayoutField<'a>>,
    /// Why the bytes after the last field have none; none if the batch was read to its end.
    pub error: Option<BatchError>,
}

/// A field with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutField<'a> {
    /// Which field.
    pub field: Field,
    /// The record that it belongs to, from 0 on; none in the batch's header.
    pub record: Option<usize>,
    /// The header of the record that it belongs to, from 0 on.
    pub header: Option<usize>,
    /// Its bytes, from the start of the batch.
    pub bytes: Range<usize>,
    /// What it says.
    pub value: FieldValue<'a>,
}

/// What a field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldValue<'a> {
    /// A number.
    Number(i64),
    /// Bytes: a key, a value, a header's key, compressed records.
    Bytes(&'a [u8]),
}

impl<'a> Layout<'a> {
    /// The fields of the batch that begins `bytes`, whatever these are. The CRC is not compared.
    pub fn of(bytes: &'a [u8]) -> Layout<'a> {
        let mut layout = Layout::default();
        layout.add_header(bytes);
        let header = match BatchHeader::decode(bytes) {
            Ok(header) => header,
            Err(error) => {
                // What follows a foreign magic has other fields.
                if matches!(error, BatchError::Magic { .. }) {
                    layout.fields.retain(|field| field.field <= Field::Magic);
                }
                layout.error = Some(error);
                return layout;
            }
        };
        let whole = RecordBatch::records_bytes(&header, bytes);
        let records = match whole {
            Ok(records) => records,
            Err(_) => bytes.get(HEADER_SIZE..).unwrap_or_default(),
        };
        layout.add_records(&header, records);
        // A batch that is cut goes wrong somewhere in its records, but that it is cut says why.
        layout.error = whole.err().or(layout.error);
        layout
    }

    pub(super) fn of_batch(header: &BatchHeader, records: &'a [u8]) -> Layout<'a> {
        let mut layout = Layout::default();
        layout.add_header(&header.to_bytes());
        layout.add_records(header, records);
        layout
    }

    fn add_header(&mut self, bytes: &[u8]) {
        for (field, range) in Field::header_ranges() {
            let Some(there) = bytes.get(range.clone()) else { break };
            self.fields.push(LayoutField {
                field,
                record: None,
                header: None,
                bytes: range,
                value: FieldValue::Number(number(field, there)),
            });
        }
    }

    fn add_records(&mut self, header: &BatchHeader, records: &'a [u8]) {
        if header.codec() != Ok(Codec::None) {
            if !records.is_empty() {
                self.fields.push(LayoutField {
                    field: Field::Records,
                    record: None,
                    header: None,
                    bytes: HEADER_SIZE..HEADER_SIZE.saturating_add(records.len()),
                    value: FieldValue::Bytes(records),
                });
            }
            self.error = header.codec().err();
            return;
        }
        let mut refs = RecordRefs::new(header, records);
        let mut sink = Collect { fields: &mut self.fields, record: 0, header: 0 };
        while let Some(record) = refs.next_shown(&mut sink) {
            if let Err(error) = record {
                self.error = Some(error);
                return;
            }
            sink.record = sink.record.saturating_add(1);
        }
    }
}

/// Collects the fields of the records.
struct Collect<'f, 'a> {
    fields: &'f mut Vec<LayoutField<'a>>,
    record: usize,
    /// How many headers of the present record have been begun.
    header: usize,
}

impl<'a> Sink<'a> for Collect<'_, 'a> {
    fn field(&mut self, field: Field, bytes: Range<usize>, value: FieldValue<'a>) {
        match field {
            Field::RecordLength => self.header = 0,
            Field::HeaderKeyLength => self.header = self.header.saturating_add(1),
            _ => {}
        }
        self.fields.push(LayoutField {
            field,
            record: Some(self.record),
            header: self.header.checked_sub(1),
            bytes,
            value,
        });
    }
}

/// The bytes of a header's field as a big-endian number; all are signed but the CRC.
fn number(field: Field, bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|first| *first >= 0x80) && field != Field::Crc;
    let start = if negative { -1_i64 } else { 0 };
    bytes.iter().fold(start, |number, byte| (number << 8) | i64::from(*byte))
}

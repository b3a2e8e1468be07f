//! From bytes to records. The bytes may be anybody's: nothing here panics, and nothing is allocated for what a field
//! merely claims. Kafka 4.3: `DefaultRecord.readFrom`, `DefaultRecordBatch.RecordIterator`.
//!
//! As Kafka does, a negative length of a key or a value is null, and a batch that counts no records has none, whatever
//! follows its header.

#![expect(clippy::inline_always, reason = "a record is large, and a third of the time went into moving it")]

use std::ops::Range;

use super::layout::FieldValue;
use super::{BatchError, BatchHeader, Codec, Field, HEADER_SIZE, TimestampType};
use crate::record::{HeaderRef, RecordRef};
use crate::varint::{read_varint, read_varlong};

/// The records of an uncompressed batch, one after the other, without copies. It ends after the first error.
#[derive(Clone, Debug)]
pub struct RecordRefs<'a> {
    header: BatchHeader,
    cursor: Cursor<'a>,
    /// How many records are still to be read.
    left: i32,
    /// What comes after them.
    error: Option<BatchError>,
}

impl<'a> RecordRefs<'a> {
    /// The records that stand in `records`, which is what follows the header.
    pub(super) fn new(header: &BatchHeader, records: &'a [u8]) -> RecordRefs<'a> {
        let error = readable(header, records).err();
        RecordRefs {
            header: *header,
            cursor: Cursor::new(records),
            left: if error.is_none() { header.records_count } else { 0 },
            error,
        }
    }

    /// Reads one record, or the error that ends the batch, and shows each field on the way.
    #[inline(always)]
    pub(super) fn next_shown(&mut self, sink: &mut impl Sink<'a>) -> Option<Result<RecordRef<'a>, BatchError>> {
        if self.left <= 0 {
            return self.error.take().map(Err);
        }
        self.left = self.left.saturating_sub(1);
        let record = read_record(&self.header, &mut self.cursor, sink);
        match &record {
            Err(_) => self.left = 0,
            Ok(_) if self.left == 0 => self.error = self.surplus(),
            Ok(_) => {}
        }
        Some(record)
    }

    fn surplus(&self) -> Option<BatchError> {
        let left = self.cursor.bytes.len();
        (left > 0).then_some(BatchError::Surplus {
            count: self.header.records_count,
            position: self.cursor.position,
            left,
        })
    }
}

impl<'a> Iterator for RecordRefs<'a> {
    type Item = Result<RecordRef<'a>, BatchError>;

    #[inline]
    fn next(&mut self) -> Option<Result<RecordRef<'a>, BatchError>> {
        self.next_shown(&mut ())
    }
}

impl std::iter::FusedIterator for RecordRefs<'_> {}

/// The headers of a record, one after the other, without copies. They have been read once, so there is no error here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderRefs<'a> {
    cursor: Cursor<'a>,
    left: i32,
}

impl<'a> Iterator for HeaderRefs<'a> {
    type Item = HeaderRef<'a>;

    fn next(&mut self) -> Option<HeaderRef<'a>> {
        self.left = self.left.checked_sub(1).filter(|left| *left >= 0)?;
        read_header(&mut self.cursor, &mut ()).ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.left).unwrap_or(0);
        (left, Some(left))
    }
}

impl ExactSizeIterator for HeaderRefs<'_> {}
impl std::iter::FusedIterator for HeaderRefs<'_> {}

/// Sees each field as it is read.
pub(super) trait Sink<'a> {
    /// A field and its bytes, from the start of the batch.
    fn field(&mut self, field: Field, bytes: Range<usize>, value: FieldValue<'a>);
}

/// Nobody looks.
impl Sink<'_> for () {
    #[inline]
    fn field(&mut self, _: Field, _: Range<usize>, _: FieldValue<'_>) {}
}

/// What the header says against reading records.
fn readable(header: &BatchHeader, records: &[u8]) -> Result<(), BatchError> {
    match header.codec()? {
        Codec::None => {}
        codec => return Err(BatchError::Compressed { codec }),
    }
    if header.records_count < 0 {
        return Err(BatchError::Impossible {
            field: Field::RecordsCount,
            position: Field::RecordsCount.position(),
            value: header.records_count.into(),
            available: records.len(),
        });
    }
    Ok(())
}

#[inline(always)]
fn read_record<'a>(
    header: &BatchHeader,
    batch: &mut Cursor<'a>,
    sink: &mut impl Sink<'a>,
) -> Result<RecordRef<'a>, BatchError> {
    let position = batch.position;
    let length = batch.varint(Field::RecordLength, sink)?;
    let mut record = batch.part(Field::RecordLength, position, length)?;
    let length = record.bytes.len();
    record.byte(Field::RecordAttributes, sink)?;
    let timestamp_delta = record.varlong(Field::TimestampDelta, sink)?;
    let offset_delta = record.varint(Field::OffsetDelta, sink)?;
    let key = record.sized(Field::KeyLength, Field::Key, sink)?;
    let value = record.sized(Field::ValueLength, Field::Value, sink)?;
    let headers = read_headers(&mut record, sink)?;
    if !record.bytes.is_empty() {
        return Err(BatchError::RecordLength { position, length, read: length.saturating_sub(record.bytes.len()) });
    }
    Ok(RecordRef {
        offset: header.base_offset.wrapping_add(offset_delta.into()),
        timestamp: match header.timestamp_type() {
            TimestampType::CreateTime => header.base_timestamp.wrapping_add(timestamp_delta),
            TimestampType::LogAppendTime => header.max_timestamp,
        },
        sequence: header.sequence_at(offset_delta),
        key,
        value,
        headers,
    })
}

/// Reads the headers' count and, to know where they end, the headers.
#[inline(always)]
fn read_headers<'a>(record: &mut Cursor<'a>, sink: &mut impl Sink<'a>) -> Result<HeaderRefs<'a>, BatchError> {
    let position = record.position;
    let count = record.varint(Field::HeadersCount, sink)?;
    let available = record.bytes.len();
    if usize::try_from(count).ok().is_none_or(|count| count > available) {
        return Err(BatchError::Impossible { field: Field::HeadersCount, position, value: count.into(), available });
    }
    let headers = HeaderRefs { cursor: record.clone(), left: count };
    // Most records have none.
    if count > 0 {
        skip_headers(count, record, sink)?;
    }
    Ok(headers)
}

fn skip_headers<'a>(count: i32, record: &mut Cursor<'a>, sink: &mut impl Sink<'a>) -> Result<(), BatchError> {
    (0..count).try_for_each(|_| read_header(record, sink).map(|_| ()))
}

fn read_header<'a>(record: &mut Cursor<'a>, sink: &mut impl Sink<'a>) -> Result<HeaderRef<'a>, BatchError> {
    let position = record.position;
    let length = record.varint(Field::HeaderKeyLength, sink)?;
    let key = record.bytes_of(Field::HeaderKeyLength, position, length, Field::HeaderKey, sink)?;
    let value = record.sized(Field::HeaderValueLength, Field::HeaderValue, sink)?;
    Ok(HeaderRef { key, value })
}

/// Bytes that are read from the front, and where in the batch they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    fn new(records: &'a [u8]) -> Cursor<'a> {
        Cursor { bytes: records, position: HEADER_SIZE }
    }

    /// The next `size` bytes; none if there are fewer.
    #[inline]
    fn take(&mut self, size: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(size)?;
        self.bytes = rest;
        self.position = self.position.saturating_add(size);
        Some(taken)
    }

    /// The next bytes as a part of their own: as many as the length says that stands in `field` at `position`.
    #[inline]
    fn part(&mut self, field: Field, position: usize, length: i32) -> Result<Cursor<'a>, BatchError> {
        let begins = self.position;
        let part = usize::try_from(length).ok().and_then(|length| self.take(length));
        part.map(|bytes| Cursor { bytes, position: begins }).ok_or(BatchError::Impossible {
            field,
            position,
            value: length.into(),
            available: self.bytes.len(),
        })
    }

    #[inline]
    fn byte(&mut self, field: Field, sink: &mut impl Sink<'a>) -> Result<(), BatchError> {
        let position = self.position;
        match self.take(1) {
            Some([byte]) => {
                sink.field(field, position..self.position, FieldValue::Number(byte.cast_signed().into()));
                Ok(())
            }
            _ => Err(BatchError::Truncated { field, position, needed: 1, available: 0 }),
        }
    }

    #[inline]
    fn varint(&mut self, field: Field, sink: &mut impl Sink<'a>) -> Result<i32, BatchError> {
        let position = self.position;
        let (value, size) = read_varint(self.bytes).map_err(|error| BatchError::Varint { field, position, error })?;
        self.take(size);
        sink.field(field, position..self.position, FieldValue::Number(value.into()));
        Ok(value)
    }

    #[inline]
    fn varlong(&mut self, field: Field, sink: &mut impl Sink<'a>) -> Result<i64, BatchError> {
        let position = self.position;
        let (value, size) = read_varlong(self.bytes).map_err(|error| BatchError::Varint { field, position, error })?;
        self.take(size);
        sink.field(field, position..self.position, FieldValue::Number(value));
        Ok(value)
    }

    /// A length, and as many bytes; none for a negative length.
    #[inline]
    fn sized(&mut self, length: Field, field: Field, sink: &mut impl Sink<'a>) -> Result<Option<&'a [u8]>, BatchError> {
        let position = self.position;
        let size = self.varint(length, sink)?;
        if size < 0 {
            return Ok(None);
        }
        self.bytes_of(length, position, size, field, sink).map(Some)
    }

    /// The bytes of `field`, as many as the length says that stands in `length` at `position`.
    #[inline]
    fn bytes_of(
        &mut self,
        length: Field,
        position: usize,
        size: i32,
        field: Field,
        sink: &mut impl Sink<'a>,
    ) -> Result<&'a [u8], BatchError> {
        let part = self.part(length, position, size)?;
        sink.field(field, part.position..self.position, FieldValue::Bytes(part.bytes));
        Ok(part.bytes)
    }
}

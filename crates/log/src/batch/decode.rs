//! From bytes to a batch and its records. The bytes may be anybody's: nothing here panics, and nothing is allocated for
//! what a field merely claims.

use std::rc::Rc;

use super::layout::FieldValue;
use super::{BatchError, Codec, Field, HEADER_SIZE, Header, LOG_OVERHEAD, MAGIC, RecordBatch};
use crate::record::{self, Record};
use crate::varint::{read_varint, read_varlong};

impl RecordBatch {
    /// Reads the batch at the start of `bytes`; what follows it is left alone. The CRC is not compared here
    /// (see [`RecordBatch::check_crc`]); any magic from 2 on is read as 2, as Kafka does.
    ///
    /// # Errors
    /// The first field of the header that cannot be, and where.
    pub fn decode(bytes: &[u8]) -> Result<RecordBatch, BatchError> {
        let header = Header::read(bytes)?;
        let size = header.total_size()?;
        let body = bytes.get(HEADER_SIZE..size).ok_or(BatchError::Truncated {
            field: Field::BatchLength,
            position: Field::BatchLength.position(),
            needed: size,
            available: bytes.len(),
        })?;
        Ok(RecordBatch { header, body: body.into() })
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Header, BatchError> {
        let length = i32::from_be_bytes(take(bytes, Field::BatchLength)?);
        let magic = i8::from_be_bytes(take(bytes, Field::Magic)?);
        if magic < MAGIC {
            return Err(BatchError::Magic { magic });
        }
        Ok(Header {
            base_offset: i64::from_be_bytes(take(bytes, Field::BaseOffset)?),
            length,
            partition_leader_epoch: i32::from_be_bytes(take(bytes, Field::PartitionLeaderEpoch)?),
            magic,
            crc: u32::from_be_bytes(take(bytes, Field::Crc)?),
            attributes: i16::from_be_bytes(take(bytes, Field::Attributes)?),
            last_offset_delta: i32::from_be_bytes(take(bytes, Field::LastOffsetDelta)?),
            base_timestamp: i64::from_be_bytes(take(bytes, Field::BaseTimestamp)?),
            max_timestamp: i64::from_be_bytes(take(bytes, Field::MaxTimestamp)?),
            producer_id: i64::from_be_bytes(take(bytes, Field::ProducerId)?),
            producer_epoch: i16::from_be_bytes(take(bytes, Field::ProducerEpoch)?),
            base_sequence: i32::from_be_bytes(take(bytes, Field::BaseSequence)?),
            count: i32::from_be_bytes(take(bytes, Field::RecordsCount)?),
        })
    }

    /// The batch's size by its length field.
    fn total_size(&self) -> Result<usize, BatchError> {
        let size = usize::try_from(self.length).ok().and_then(|length| length.checked_add(LOG_OVERHEAD));
        size.filter(|size| *size >= HEADER_SIZE).ok_or(BatchError::Length { length: self.length })
    }
}

fn take<const N: usize>(bytes: &[u8], field: Field) -> Result<[u8; N], BatchError> {
    let position = field.position();
    let there = bytes.get(position..).unwrap_or_default();
    there.first_chunk().copied().ok_or(BatchError::Truncated { field, position, needed: N, available: there.len() })
}

/// Sees each field of the records as it is read.
pub(super) trait Visitor {
    fn field(&mut self, field: Field, record: usize, from: usize, to: usize, value: FieldValue);
}

/// Nobody looks.
struct Blind;

impl Visitor for Blind {
    fn field(&mut self, _: Field, _: usize, _: usize, _: usize, _: FieldValue) {}
}

pub(super) fn records(batch: &RecordBatch) -> Result<Vec<Record>, BatchError> {
    visit(batch, &mut Blind)
}

/// Reads the records and shows each field to `visitor`.
pub(super) fn visit(batch: &RecordBatch, visitor: &mut dyn Visitor) -> Result<Vec<Record>, BatchError> {
    match batch.codec()? {
        Codec::None => {}
        codec => return Err(BatchError::Compressed { codec }),
    }
    let header = batch.header();
    if header.count < 0 {
        let position = Field::RecordsCount.position();
        return Err(BatchError::Impossible { field: Field::RecordsCount, position, value: header.count.into() });
    }
    let mut reader = Reader { bytes: batch.body(), at: 0, record: 0, visitor };
    // No capacity for a count that the bytes merely claim: a record takes at least seven bytes.
    let mut records = Vec::with_capacity(usize::try_from(header.count).unwrap_or(0).min(batch.body().len() / 7));
    for _ in 0..header.count {
        records.push(reader.record(header)?);
        reader.record = reader.record.saturating_add(1);
    }
    let left = reader.bytes.len().saturating_sub(reader.at);
    if left > 0 {
        return Err(BatchError::Surplus { position: reader.position(), left });
    }
    Ok(records)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    record: usize,
    visitor: &'a mut dyn Visitor,
}

impl Reader<'_> {
    fn position(&self) -> usize {
        self.at.saturating_add(HEADER_SIZE)
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn record(&mut self, header: &Header) -> Result<Record, BatchError> {
        let start = self.position();
        let length = self.varint(Field::RecordLength)?;
        let body = self.at;
        let fits = usize::try_from(length).is_ok_and(|length| length <= self.rest().len());
        if !fits {
            return Err(BatchError::Impossible { field: Field::RecordLength, position: start, value: length.into() });
        }
        self.attributes()?;
        let timestamp_delta = self.varlong(Field::TimestampDelta)?;
        let offset_delta = self.varint(Field::OffsetDelta)?;
        let key = self.sized(Field::KeyLength, Field::Key)?;
        let value = self.sized(Field::ValueLength, Field::Value)?;
        let headers = self.headers()?;
        let read = self.at.saturating_sub(body);
        if usize::try_from(length) != Ok(read) {
            return Err(BatchError::RecordLength { position: start, length: length.into(), read });
        }
        let timestamp = if header.attributes & super::LOG_APPEND_TIME != 0 {
            header.max_timestamp
        } else {
            header.base_timestamp.wrapping_add(timestamp_delta)
        };
        Ok(Record { offset: header.base_offset.wrapping_add(offset_delta.into()), timestamp, key, value, headers })
    }

    fn attributes(&mut self) -> Result<(), BatchError> {
        let position = self.position();
        let field = Field::RecordAttributes;
        let Some(byte) = self.rest().first().copied() else {
            return Err(BatchError::Truncated { field, position, needed: 1, available: 0 });
        };
        self.advance(field, 1, FieldValue::Number(byte.into()));
        Ok(())
    }

    fn headers(&mut self) -> Result<Vec<record::Header>, BatchError> {
        let position = self.position();
        let count = self.varint(Field::HeadersCount)?;
        // A header takes at least two bytes.
        let fits = usize::try_from(count).is_ok_and(|count| count <= self.rest().len() / 2);
        if !fits {
            return Err(BatchError::Impossible { field: Field::HeadersCount, position, value: count.into() });
        }
        let mut headers = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
        for _ in 0..count {
            let position = self.position();
            let key = self.sized(Field::HeaderKeyLength, Field::HeaderKey)?;
            let key = key.as_deref().map(|bytes| std::str::from_utf8(bytes).map(Rc::<str>::from));
            let Some(Ok(key)) = key else {
                return Err(BatchError::Impossible { field: Field::HeaderKey, position, value: -1 });
            };
            let value = self.sized(Field::HeaderValueLength, Field::HeaderValue)?;
            headers.push(record::Header { key, value });
        }
        Ok(headers)
    }

    fn sized(&mut self, length_field: Field, field: Field) -> Result<Option<Rc<[u8]>>, BatchError> {
        let position = self.position();
        let length = self.varint(length_field)?;
        if length < 0 {
            if length == -1 {
                return Ok(None);
            }
            return Err(BatchError::Impossible { field: length_field, position, value: length.into() });
        }
        let needed = usize::try_from(length).unwrap_or(usize::MAX);
        let Some(bytes) = self.rest().get(..needed) else {
            let (position, available) = (self.position(), self.rest().len());
            return Err(BatchError::Truncated { field, position, needed, available });
        };
        let bytes: Rc<[u8]> = bytes.into();
        self.advance(field, needed, FieldValue::Bytes(Rc::clone(&bytes)));
        Ok(Some(bytes))
    }

    fn varint(&mut self, field: Field) -> Result<i32, BatchError> {
        let position = self.position();
        let (value, size) = read_varint(self.rest()).map_err(|error| BatchError::Varint { field, position, error })?;
        self.advance(field, size, FieldValue::Number(value.into()));
        Ok(value)
    }

    fn varlong(&mut self, field: Field) -> Result<i64, BatchError> {
        let position = self.position();
        let (value, size) = read_varlong(self.rest()).map_err(|error| BatchError::Varint { field, position, error })?;
        self.advance(field, size, FieldValue::Number(value));
        Ok(value)
    }

    fn advance(&mut self, field: Field, size: usize, value: FieldValue) {
        let from = self.position();
        self.at = self.at.saturating_add(size);
        self.visitor.field(field, self.record, from, from.saturating_add(size), value);
    }
}

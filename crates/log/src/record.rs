//! Records. Kafka 4.3: `org.apache.kafka.common.record.{Record, SimpleRecord, DefaultRecord}`,
//! `org.apache.kafka.common.header.Header`.
//!
//! Three forms of one thing: a [`NewRecord`] that a producer has, a [`RecordRef`] that stands in the bytes of a batch, and
//! a [`Record`] that is taken out of there.
//!
//! Differs from Kafka: the one byte of attributes that a record has is not kept (Kafka neither uses nor shows it).

use std::rc::Rc;

use crate::batch::HeaderRefs;
use crate::shared_bytes::SharedBytes;

/// The timestamp of a record that has none. Kafka: `RecordBatch.NO_TIMESTAMP`.
pub const NO_TIMESTAMP: i64 = -1;

/// A header of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its key (never null).
    pub key: Rc<str>,
    /// Its value; none for null.
    pub value: Option<Rc<[u8]>>,
}

/// A record that has no offset yet. Kafka: `SimpleRecord`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRecord {
    /// In ms since the epoch; −1 for none.
    pub timestamp: i64,
    /// The key; none for null.
    pub key: Option<Rc<[u8]>>,
    /// The value; none for null, a tombstone.
    pub value: Option<Rc<[u8]>>,
    /// The headers in their order.
    pub headers: Vec<Header>,
}

/// A record in a log. Key and value share the bytes of its batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its offset in the partition.
    pub offset: i64,
    /// In ms since the epoch; −1 for none.
    pub timestamp: i64,
    /// Its number in the order of its producer; −1 for none.
    pub sequence: i32,
    /// The key; none for null.
    pub key: Option<SharedBytes>,
    /// The value; none for null, a tombstone.
    pub value: Option<SharedBytes>,
    /// The headers in their order.
    pub headers: Vec<Header>,
}

/// A record where it stands in the bytes of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRef<'a> {
    /// Its offset in the partition.
    pub offset: i64,
    /// In ms since the epoch; −1 for none.
    pub timestamp: i64,
    /// Its number in the order of its producer; −1 for none.
    pub sequence: i32,
    /// The key; none for null.
    pub key: Option<&'a [u8]>,
    /// The value; none for null, a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers in their order.
    pub headers: HeaderRefs<'a>,
}

/// A header where it stands in the bytes of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderRef<'a> {
    /// Its key, meant to be UTF-8.
    pub key: &'a [u8],
    /// Its value; none for null.
    pub value: Option<&'a [u8]>,
}

impl RecordRef<'_> {
    /// The record on its own. Key and value share `bytes` if they lie there, and are copied otherwise.
    #[inline]
    pub fn to_record(&self, bytes: &Rc<[u8]>) -> Record {
        let share = |part: &[u8]| SharedBytes::part_of(bytes, part);
        Record {
            offset: self.offset,
            timestamp: self.timestamp,
            sequence: self.sequence,
            key: self.key.map(share),
            value: self.value.map(share),
            // Most records have none.
            headers: if self.headers.len() == 0 { Vec::new() } else { self.headers_copied() },
        }
    }
}

impl RecordRef<'_> {
    fn headers_copied(&self) -> Vec<Header> {
        self.headers.clone().map(HeaderRef::to_header).collect()
    }
}

impl HeaderRef<'_> {
    /// A copy that stands alone. What is no UTF-8 in the key becomes U+FFFD, as Kafka's `RecordHeader.key()` does.
    pub fn to_header(self) -> Header {
        Header { key: String::from_utf8_lossy(self.key).into(), value: self.value.map(Rc::from) }
    }
}

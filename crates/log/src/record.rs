//! Records. Kafka 4.3: `org.apache.kafka.common.record.DefaultRecord`.

use std::rc::Rc;

/// A header of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its key (never null).
    pub key: Rc<str>,
    /// Its value; none for null.
    pub value: Option<Rc<[u8]>>,
}

/// A record that has no offset yet.
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

/// A record in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its offset in the partition.
    pub offset: i64,
    /// In ms since the epoch; −1 for none.
    pub timestamp: i64,
    /// The key; none for null.
    pub key: Option<Rc<[u8]>>,
    /// The value; none for null, a tombstone.
    pub value: Option<Rc<[u8]>>,
    /// The headers in their order.
    pub headers: Vec<Header>,
}

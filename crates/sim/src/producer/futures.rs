//! What the application holds of the records that it sent: the futures of `KafkaProducer.send()`.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::bytes::Bytes;
use crate::ids::{MessageId, Offset, Topic};

/// At most so many records are remembered one by one; older ones are only counted.
pub const LATEST_MAX: usize = 64;

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It waits for metadata.
    AwaitsMetadata,
    /// It is in a batch of the accumulator.
    Accumulated,
    /// It is in this request.
    InFlight(MessageId),
    /// It is stored at this offset; −1 with `acks=0`, where nobody says.
    Acknowledged(Offset),
    /// It failed for good, with this exception or error.
    Failed(Rc<str>),
}

/// A record given to `send()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentRecord {
    /// Its number, from 0, in the order of `send()`.
    pub number: i64,
    /// Its topic.
    pub topic: Topic,
    /// Its partition, once it is chosen.
    pub partition: Option<i32>,
    /// Its key; none for null.
    pub key: Option<Bytes>,
    /// Its value; none for null.
    pub value: Option<Bytes>,
    /// What became of it.
    pub fate: Fate,
}

/// The futures of a producer.
#[derive(Clone, Debug, Default)]
pub struct Futures {
    latest: VecDeque<SentRecord>,
    sent: i64,
    acknowledged: i64,
}

impl Futures {
    /// Notes a record; returns its number.
    pub fn sent_record(&mut self, topic: Topic, key: Option<Bytes>, value: Option<Bytes>) -> i64 {
        let number = self.sent;
        self.sent = self.sent.saturating_add(1);
        if self.latest.len() >= LATEST_MAX {
            self.latest.pop_front();
        }
        let record = SentRecord { number, topic, partition: None, key, value, fate: Fate::AwaitsMetadata };
        self.latest.push_back(record);
        number
    }

    /// Notes the partition of a record.
    pub fn placed(&mut self, number: i64, partition: i32) {
        if let Some(record) = self.find(number) {
            record.partition = Some(partition);
            record.fate = Fate::Accumulated;
        }
    }

    /// Notes what became of records.
    pub fn set(&mut self, numbers: impl IntoIterator<Item = i64>, fate: &Fate) {
        for number in numbers {
            if matches!(fate, Fate::Acknowledged(_)) {
                self.acknowledged = self.acknowledged.saturating_add(1);
            }
            if let Some(record) = self.find(number) {
                record.fate = fate.clone();
            }
        }
    }

    /// Notes that the records of a batch are stored, the first at `base_offset` (−1: nobody says where).
    pub fn acknowledge(&mut self, numbers: &[i64], base_offset: Offset) {
        for (number, delta) in numbers.iter().zip(0_i64..) {
            let offset = if base_offset.0 < 0 { base_offset } else { base_offset.plus(delta) };
            self.set([*number], &Fate::Acknowledged(offset));
        }
    }

    /// The latest records, oldest first.
    pub fn latest(&self) -> &VecDeque<SentRecord> {
        &self.latest
    }

    /// Records so far.
    pub fn sent(&self) -> i64 {
        self.sent
    }

    /// Acknowledged records so far.
    pub fn acknowledged(&self) -> i64 {
        self.acknowledged
    }

    fn find(&mut self, number: i64) -> Option<&mut SentRecord> {
        let first = self.latest.front()?.number;
        self.latest.get_mut(usize::try_from(number.checked_sub(first)?).ok()?)
    }
}

//! Where the fields of a committed offset lie in its record's key and value. Kafka 4.3: `OffsetCommitKey`,
//! `OffsetCommitValue`; the first two bytes are named as `kafka-dump-log` does.

use std::ops::Range;

use super::{FLEXIBLE_FROM, Kind};

/// A field with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldAt {
    /// Kafka's name.
    pub name: &'static str,
    /// Where it lies in the key or the value, a text with its length.
    pub bytes: Range<usize>,
    /// What it says.
    pub value: String,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    fields: Vec<FieldAt>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn integer(&mut self, size: usize) -> Option<i64> {
        let taken = self.take(size)?;
        let first = i64::from(i8::from_be_bytes([*taken.first()?]));
        Some(taken.iter().skip(1).fold(first, |sum, byte| sum.wrapping_mul(256).wrapping_add(i64::from(*byte))))
    }

    /// Notes the field that ends here.
    fn note(&mut self, name: &'static str, from: usize, value: String) {
        self.fields.push(FieldAt { name, bytes: from..self.at, value });
    }

    fn number(&mut self, name: &'static str, size: usize) -> Option<i64> {
        let from = self.at;
        let number = self.integer(size)?;
        self.note(name, from, number.to_string());
        Some(number)
    }

    fn text(&mut self, name: &'static str, compact: bool) -> Option<()> {
        let from = self.at;
        let length = if compact {
            // One byte is enough for what is shorter than 127 bytes.
            self.integer(1).filter(|length| *length > 0)?.saturating_sub(1)
        } else {
            self.integer(2)?
        };
        let text = std::str::from_utf8(self.take(usize::try_from(length).ok()?)?).ok()?.to_owned();
        self.note(name, from, text);
        Some(())
    }
}

/// The fields of the key of a committed offset; none if it is no such key.
pub fn key_fields(key: &[u8]) -> Option<Vec<FieldAt>> {
    let mut reader = Reader { bytes: key, at: 0, fields: Vec::new() };
    if reader.number("type", 2)? != i64::from(Kind::OffsetCommit.id()) {
        return None;
    }
    reader.text("group", false)?;
    reader.text("topic", false)?;
    reader.number("partition", 4)?;
    (reader.at == key.len()).then_some(reader.fields)
}

/// The fields of the value of a committed offset; none if it is no such value.
pub fn value_fields(value: &[u8]) -> Option<Vec<FieldAt>> {
    let mut reader = Reader { bytes: value, at: 0, fields: Vec::new() };
    let version = reader.number("version", 2)?;
    let flexible = version >= i64::from(FLEXIBLE_FROM);
    reader.number("offset", 8)?;
    if version >= 3 {
        reader.number("leaderEpoch", 4)?;
    }
    reader.text("metadata", flexible)?;
    reader.number("commitTimestamp", 8)?;
    if version == 1 {
        reader.number("expireTimestamp", 8)?;
    }
    if flexible && reader.at < value.len() {
        let from = reader.at;
        reader.at = value.len();
        // The tagged fields: how many, and each with its number and length.
        let named = value.get(from) == Some(&0);
        reader.note("tagged fields", from, if named { "0".to_owned() } else { "topicId".to_owned() });
    }
    (reader.at == value.len()).then_some(reader.fields)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::super::{Key, OffsetCommit, Part, Value};
    use super::{Kind, key_fields, value_fields};

    #[test]
    fn every_byte_of_a_committed_offset_has_its_field() {
        let part = Part::Partition("orders".into(), 3);
        let key = Key { kind: Kind::OffsetCommit, group: "billing".to_owned(), part }.encode().unwrap();
        let said: Vec<_> = key_fields(&key).unwrap().into_iter().map(|field| (field.name, field.value)).collect();
        let expected = [("type", "1"), ("group", "billing"), ("topic", "orders"), ("partition", "3")];
        assert_eq!(said, expected.map(|(name, value)| (name, value.to_owned())));
        let commit = OffsetCommit { offset: 42, leader_epoch: 7, commit_timestamp: -5, ..OffsetCommit::default() };
        let value = Value::OffsetCommit(commit).encode(Kind::OffsetCommit).unwrap();
        let fields = value_fields(&value).unwrap();
        let of = |name: &str| fields.iter().find(|field| field.name == name).unwrap().value.clone();
        assert_eq!(
            (of("offset"), of("leaderEpoch"), of("metadata"), of("commitTimestamp")),
            ("42".into(), "7".into(), String::new(), "-5".into())
        );
        let mut next = 0;
        for field in &fields {
            assert_eq!(field.bytes.start, next, "{}", field.name);
            next = field.bytes.end;
        }
        assert_eq!(next, value.len());
        for cut in 0..value.len() {
            assert_eq!(value_fields(value.get(..cut).unwrap()).filter(|_| cut + 1 < value.len()), None);
        }
        assert_eq!(key_fields(b"\x00\x02\x00\x01g"), None, "a group's own record");
    }
}

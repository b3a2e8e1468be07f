//! Kafka's generated messages, field by field, both ways: what is written and what is read say their fields once.
//! Kafka 4.3: `MessageGenerator`'s classes, `MessageUtil.toVersionPrefixedBytes`.
//!
//! Differs from Kafka: tagged fields that are not known are passed over, not kept to be written again.

use highwater_log::varint::{VarintError, read_varint, write_varint};
use thiserror::Error;

use crate::ids::{Topic, TopicId};

/// Why bytes are no message, or a message cannot be bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WireError {
    /// The bytes end inside a field. Kafka: `BufferUnderflowException`.
    #[error("the bytes end inside a field")]
    Truncated,
    /// A length takes more than five bytes. Kafka: `IllegalArgumentException`.
    #[error("a length is too long")]
    LengthTooLong,
    /// A field that must be there is null.
    #[error("a field that must not be null is null")]
    Null,
    /// A text is not UTF-8. Kafka puts U+FFFD for what it cannot read.
    #[error("a text is not UTF-8")]
    NotUtf8,
    /// A text, list or byte array is longer than its length field can say.
    #[error("a field is too long to be written")]
    TooLong,
    /// There is no such kind of record. Kafka: `UnknownRecordTypeException`.
    #[error("there is no record of type {0}")]
    UnknownType(i16),
    /// There is no such version of the message. Kafka: `UnsupportedVersionException`.
    #[error("there is no version {0}")]
    UnknownVersion(i16),
}

/// One field after another, being written or read.
#[derive(Debug)]
pub struct Wire<'a> {
    direction: Direction<'a>,
    /// Lengths are compact, and structures end in tagged fields.
    pub flexible: bool,
}

#[derive(Debug)]
enum Direction<'a> {
    Write(Vec<u8>),
    Read(&'a [u8]),
}

/// What says its fields.
pub type Fields<'f> = &'f mut dyn FnMut(&mut Wire<'_>) -> Result<(), WireError>;

impl<'a> Wire<'a> {
    /// Nothing written yet.
    pub fn writer(flexible: bool) -> Wire<'a> {
        Wire { direction: Direction::Write(Vec::new()), flexible }
    }

    /// Bytes to read.
    pub fn reader(bytes: &'a [u8], flexible: bool) -> Wire<'a> {
        Wire { direction: Direction::Read(bytes), flexible }
    }

    /// What was written; nothing if this is being read.
    pub fn into_bytes(self) -> Vec<u8> {
        match self.direction {
            Direction::Write(bytes) => bytes,
            Direction::Read(_) => Vec::new(),
        }
    }

    /// Writes these bytes, or reads as many into them.
    fn raw(&mut self, bytes: &mut [u8]) -> Result<(), WireError> {
        match &mut self.direction {
            Direction::Write(out) => out.extend_from_slice(bytes),
            Direction::Read(rest) => {
                let (taken, after) = rest.split_at_checked(bytes.len()).ok_or(WireError::Truncated)?;
                bytes.copy_from_slice(taken);
                *rest = after;
            }
        }
        Ok(())
    }

    /// `int8`.
    ///
    /// # Errors
    /// [`WireError`], as of every field.
    pub fn i8(&mut self, value: &mut i8) -> Result<(), WireError> {
        let mut bytes = value.to_be_bytes();
        self.raw(&mut bytes)?;
        *value = i8::from_be_bytes(bytes);
        Ok(())
    }

    /// `int16`.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn i16(&mut self, value: &mut i16) -> Result<(), WireError> {
        let mut bytes = value.to_be_bytes();
        self.raw(&mut bytes)?;
        *value = i16::from_be_bytes(bytes);
        Ok(())
    }

    /// `int32`.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn i32(&mut self, value: &mut i32) -> Result<(), WireError> {
        let mut bytes = value.to_be_bytes();
        self.raw(&mut bytes)?;
        *value = i32::from_be_bytes(bytes);
        Ok(())
    }

    /// `int64`.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn i64(&mut self, value: &mut i64) -> Result<(), WireError> {
        let mut bytes = value.to_be_bytes();
        self.raw(&mut bytes)?;
        *value = i64::from_be_bytes(bytes);
        Ok(())
    }

    /// `uuid`.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn uuid(&mut self, value: &mut TopicId) -> Result<(), WireError> {
        let mut bytes = value.0.to_be_bytes();
        self.raw(&mut bytes)?;
        value.0 = u128::from_be_bytes(bytes);
        Ok(())
    }

    /// `string`.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn string(&mut self, value: &mut String) -> Result<(), WireError> {
        let mut some = Some(std::mem::take(value));
        self.nullable_string(&mut some)?;
        *value = some.ok_or(WireError::Null)?;
        Ok(())
    }

    /// `string` that names a topic.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn topic(&mut self, value: &mut Topic) -> Result<(), WireError> {
        let mut text = value.to_string();
        self.string(&mut text)?;
        if **value != *text {
            *value = text.into();
        }
        Ok(())
    }

    /// `string` that may be null.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn nullable_string(&mut self, value: &mut Option<String>) -> Result<(), WireError> {
        let length = self.length(value.as_ref().map(String::len), true)?;
        let mut bytes = value.take().map(String::into_bytes).unwrap_or_default();
        *value = match length {
            Some(length) => {
                self.sized(&mut bytes, length)?;
                Some(String::from_utf8(bytes).map_err(|_| WireError::NotUtf8)?)
            }
            None => None,
        };
        Ok(())
    }

    /// `bytes`.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn bytes(&mut self, value: &mut Vec<u8>) -> Result<(), WireError> {
        let length = self.length(Some(value.len()), false)?.ok_or(WireError::Null)?;
        self.sized(value, length)
    }

    /// `bytes` that may be null.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn nullable_bytes(&mut self, value: &mut Option<Vec<u8>>) -> Result<(), WireError> {
        let Some(length) = self.length(value.as_ref().map(Vec::len), false)? else {
            *value = None;
            return Ok(());
        };
        self.sized(value.get_or_insert_default(), length)
    }

    /// A list. Reading replaces what was in it.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn list<T: Default>(
        &mut self,
        items: &mut Vec<T>,
        fields: impl Fn(&mut T, &mut Wire<'_>) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        let length = self.length(Some(items.len()), false)?.ok_or(WireError::Null)?;
        if self.is_reading() {
            items.clear();
            // Every item has bytes, so the bytes end before a wrong length asks for much room.
            for _ in 0..length {
                let mut item = T::default();
                fields(&mut item, self)?;
                items.push(item);
            }
            return Ok(());
        }
        items.iter_mut().try_for_each(|item| fields(item, self))
    }

    /// The tagged fields that end a structure of a flexible version. Only tag 0 is known in any of these messages: it is
    /// written if `present`, and `zero` reads it.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn tags(&mut self, present: bool, zero: Fields<'_>) -> Result<(), WireError> {
        if !self.flexible {
            return Ok(());
        }
        let fields = self.unsigned(u32::from(present))?;
        for _ in 0..fields {
            let tag = self.unsigned(0)?;
            if self.is_reading() {
                let size = usize::try_from(self.unsigned(0)?).map_err(|_| WireError::Truncated)?;
                let mut field = Wire::reader(self.take(size)?, true);
                if tag == 0 {
                    zero(&mut field)?;
                }
            } else {
                let mut field = Wire::writer(true);
                zero(&mut field)?;
                let mut bytes = field.into_bytes();
                self.unsigned(u32::try_from(bytes.len()).map_err(|_| WireError::TooLong)?)?;
                self.raw(&mut bytes)?;
            }
        }
        Ok(())
    }

    /// The end of a structure that has no tagged fields.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn no_tags(&mut self) -> Result<(), WireError> {
        self.tags(false, &mut |_| Ok(()))
    }

    /// Whether a structure in a tagged field is there, which is said with one byte.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn presence(&mut self, present: bool) -> Result<bool, WireError> {
        Ok(self.unsigned(u32::from(present))? != 0)
    }

    /// A list of `int32` that may be null.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn nullable_numbers(&mut self, numbers: &mut Option<Vec<i32>>) -> Result<(), WireError> {
        let Some(length) = self.length(numbers.as_ref().map(Vec::len), false)? else {
            *numbers = None;
            return Ok(());
        };
        let numbers = numbers.get_or_insert_default();
        if self.is_reading() {
            numbers.clear();
            for _ in 0..length {
                let mut number = 0;
                self.i32(&mut number)?;
                numbers.push(number);
            }
            return Ok(());
        }
        numbers.iter_mut().try_for_each(|number| self.i32(number))
    }

    fn is_reading(&self) -> bool {
        matches!(self.direction, Direction::Read(_))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        match &mut self.direction {
            Direction::Read(rest) => {
                let (taken, after) = rest.split_at_checked(length).ok_or(WireError::Truncated)?;
                *rest = after;
                Ok(taken)
            }
            Direction::Write(_) => Ok(&[]),
        }
    }

    /// Writes the bytes, or reads `length` of them.
    fn sized(&mut self, bytes: &mut Vec<u8>, length: usize) -> Result<(), WireError> {
        if self.is_reading() {
            *bytes = self.take(length)?.to_vec();
            return Ok(());
        }
        self.raw(bytes)
    }

    /// A length; none is null. `short` is that of a text.
    fn length(&mut self, length: Option<usize>, short: bool) -> Result<Option<usize>, WireError> {
        if self.flexible {
            let plus_one = length.map_or(Some(0), |length| u32::try_from(length).ok()?.checked_add(1));
            let plus_one = self.unsigned(plus_one.ok_or(WireError::TooLong)?)?;
            return Ok(plus_one.checked_sub(1).and_then(|length| usize::try_from(length).ok()));
        }
        let length = length.map_or(Ok(-1), i32::try_from).map_err(|_| WireError::TooLong)?;
        let length = if short {
            let mut length = i16::try_from(length).map_err(|_| WireError::TooLong)?;
            self.i16(&mut length)?;
            i32::from(length)
        } else {
            let mut length = length;
            self.i32(&mut length)?;
            length
        };
        Ok(usize::try_from(length).ok())
    }

    /// An unsigned variable-length integer: the zigzag form of another one.
    fn unsigned(&mut self, value: u32) -> Result<u32, WireError> {
        match &mut self.direction {
            Direction::Write(out) => {
                write_varint((value >> 1).cast_signed() ^ -((value & 1).cast_signed()), out);
                Ok(value)
            }
            Direction::Read(rest) => {
                let (zigzag, size) = read_varint(rest).map_err(|error| match error {
                    VarintError::Truncated => WireError::Truncated,
                    VarintError::TooLong => WireError::LengthTooLong,
                })?;
                *rest = rest.get(size..).unwrap_or_default();
                Ok(((zigzag << 1) ^ (zigzag >> 31)).cast_unsigned())
            }
        }
    }
}

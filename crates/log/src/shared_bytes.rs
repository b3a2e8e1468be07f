//! Bytes that share what they are a part of. (Kafka: a slice of a `ByteBuffer`.)

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, Range};
use std::rc::Rc;

/// A part of shared bytes, such as a key in the bytes of its batch. It keeps the whole alive.
#[derive(Clone)]
pub struct SharedBytes {
    whole: Rc<[u8]>,
    range: Range<usize>,
}

impl SharedBytes {
    /// `part`, without a copy if it lies within `whole`.
    #[inline]
    pub fn part_of(whole: &Rc<[u8]>, part: &[u8]) -> SharedBytes {
        let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr());
        let range = start.and_then(|start| Some(start..start.checked_add(part.len())?));
        match range {
            Some(range) if range.end <= whole.len() => SharedBytes { whole: Rc::clone(whole), range },
            _ => SharedBytes::from(part),
        }
    }
}

impl From<&[u8]> for SharedBytes {
    fn from(bytes: &[u8]) -> SharedBytes {
        SharedBytes { whole: bytes.into(), range: 0..bytes.len() }
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.whole.get(self.range.clone()).unwrap_or_default()
    }
}

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for SharedBytes {
    fn eq(&self, other: &SharedBytes) -> bool {
        **self == **other
    }
}

impl Eq for SharedBytes {}

impl Hash for SharedBytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for SharedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_shared_and_anything_else_copied() {
        let whole: Rc<[u8]> = b"key and value".as_slice().into();
        let part = SharedBytes::part_of(&whole, &whole[8..]);
        assert_eq!((&*part, Rc::strong_count(&whole)), (b"value".as_slice(), 2));
        let foreign = SharedBytes::part_of(&whole, b"value");
        assert_eq!((&foreign, Rc::strong_count(&whole)), (&part, 2));
        let end = SharedBytes::part_of(&whole, &whole[13..]);
        assert_eq!((&*end, end.len()), (b"".as_slice(), 0));
        let other: Rc<[u8]> = b"key".as_slice().into();
        for (whole, part) in [(&other, &whole[..]), (&whole, &other[..])] {
            assert_eq!(&*SharedBytes::part_of(whole, part), part);
        }
    }
}

//! How the fields of facts are written: numbers as zigzag integers, names by their number in a table.

use highwater_log::varint::{read_varlong, write_varlong};
use highwater_sim::bytes::Bytes;
use highwater_sim::ids::{BatchId, BrokerId, ClientId, LeaderEpoch, MessageId, NodeId, Offset, Topic, TopicPartition};
use highwater_sim::sorted::SortedMap;

/// Longer keys stay where they are, shared with the record.
const KEY_MAX: usize = 32;

/// The names of a history's facts, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    partitions: Interned<TopicPartition>,
    texts: Interned<Topic>,
}

#[derive(Clone, Debug)]
struct Interned<T> {
    all: Vec<T>,
    places: SortedMap<T, usize>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Interned { all: Vec::new(), places: SortedMap::new() }
    }
}

impl<T: Clone + Ord> Interned<T> {
    fn place(&mut self, name: &T) -> u64 {
        let place = self.places.get(name).copied().unwrap_or_else(|| {
            self.places.insert(name.clone(), self.all.len());
            self.all.push(name.clone());
            self.all.len().saturating_sub(1)
        });
        place as u64
    }

    fn name(&self, place: u64) -> Option<T> {
        self.all.get(usize::try_from(place).ok()?).cloned()
    }
}

/// Writes.
pub(super) struct Writer<'a> {
    pub(super) bytes: Vec<u8>,
    pub(super) names: &'a mut Names,
}

impl Writer<'_> {
    pub(super) fn number(&mut self, number: u64) {
        write_varlong(number.cast_signed(), &mut self.bytes);
    }
}

/// Reads what was written.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) names: &'a Names,
}

impl Reader<'_> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*byte)
    }
}

/// A value that can be written among others.
pub(super) trait Packed: Sized {
    /// Writes it; none if it is of a kind that is not packed.
    fn put(&self, to: &mut Writer<'_>) -> Option<()>;

    /// Reads what `put` wrote.
    fn take(from: &mut Reader<'_>) -> Option<Self>;
}

impl Packed for i64 {
    fn put(&self, to: &mut Writer<'_>) -> Option<()> {
        write_varlong(*self, &mut to.bytes);
        Some(())
    }

    fn take(from: &mut Reader<'_>) -> Option<i64> {
        // Most numbers are small.
        if let Some((byte @ ..0x80, rest)) = from.bytes.split_first() {
            from.bytes = rest;
            return Some(i64::from(byte >> 1) ^ -i64::from(byte & 1));
        }
        let (number, size) = read_varlong(from.bytes).ok()?;
        from.bytes = from.bytes.get(size..)?;
        Some(number)
    }
}

/// Through a number.
macro_rules! as_number {
    ($($type:ty: |$it:ident| $put:expr, |$number:ident| $take:expr;)*) => {
        $(impl Packed for $type {
            fn put(&self, to: &mut Writer<'_>) -> Option<()> {
                let $it = self;
                let number: i64 = $put;
                number.put(to)
            }

            fn take(from: &mut Reader<'_>) -> Option<$type> {
                let $number = i64::take(from)?;
                Some($take)
            }
        })*
    };
}

as_number! {
    u64: |it| it.cast_signed(), |number| number.cast_unsigned();
    i32: |it| (*it).into(), |number| i32::try_from(number).ok()?;
    bool: |it| (*it).into(), |number| number != 0;
    BrokerId: |it| it.0.into(), |number| BrokerId(i32::try_from(number).ok()?);
    LeaderEpoch: |it| it.0.into(), |number| LeaderEpoch(i32::try_from(number).ok()?);
    Offset: |it| it.0, |number| Offset(number);
    MessageId: |it| it.0.cast_signed(), |number| MessageId(number.cast_unsigned());
    BatchId: |it| it.0.cast_signed(), |number| BatchId(number.cast_unsigned());
}

impl Packed for Topic {
    fn put(&self, to: &mut Writer<'_>) -> Option<()> {
        to.names.texts.place(self).put(to)
    }

    fn take(from: &mut Reader<'_>) -> Option<Topic> {
        let place = u64::take(from)?;
        from.names.texts.name(place)
    }
}

impl Packed for ClientId {
    fn put(&self, to: &mut Writer<'_>) -> Option<()> {
        self.0.put(to)
    }

    fn take(from: &mut Reader<'_>) -> Option<ClientId> {
        Some(ClientId(Packed::take(from)?))
    }
}

impl Packed for TopicPartition {
    fn put(&self, to: &mut Writer<'_>) -> Option<()> {
        to.names.partitions.place(self).put(to)
    }

    fn take(from: &mut Reader<'_>) -> Option<TopicPartition> {
        let place = u64::take(from)?;
        from.names.partitions.name(place)
    }
}

impl Packed for NodeId {
    fn put(&self, to: &mut Writer<'_>) -> Option<()> {
        match self {
            NodeId::Controller => 0_u64.put(to),
            NodeId::Broker(id) => i64::from(id.0).checked_add(1).filter(|id| *id > 0)?.put(to),
            // Below 0.
            NodeId::Client(id) => to.names.texts.place(&id.0).cast_signed().checked_add(1)?.checked_neg()?.put(to),
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<NodeId> {
        Some(match i64::take(from)? {
            0 => NodeId::Controller,
            id @ 1.. => NodeId::Broker(BrokerId(i32::try_from(id.checked_sub(1)?).ok()?)),
            place => {
                NodeId::Client(ClientId(from.names.texts.name(place.checked_neg()?.checked_sub(1)?.cast_unsigned())?))
            }
        })
    }
}

impl Packed for Bytes {
    fn put(&self, to: &mut Writer<'_>) -> Option<()> {
        if self.len() > KEY_MAX {
            return None;
        }
        to.number(self.len() as u64);
        to.bytes.extend_from_slice(&self.0);
        Some(())
    }

    fn take(from: &mut Reader<'_>) -> Option<Bytes> {
        let len = usize::try_from(u64::take(from)?).ok()?;
        let (bytes, rest) = from.bytes.split_at_checked(len)?;
        from.bytes = rest;
        Some(Bytes::from(bytes))
    }
}

impl<T: Packed> Packed for Option<T> {
    fn put(&self, to: &mut Writer<'_>) -> Option<()> {
        to.bytes.push(self.is_some().into());
        self.as_ref().map_or(Some(()), |value| value.put(to))
    }

    fn take(from: &mut Reader<'_>) -> Option<Option<T>> {
        match from.byte()? {
            0 => Some(None),
            _ => T::take(from).map(Some),
        }
    }
}

impl<T: Packed> Packed for Vec<T> {
    fn put(&self, to: &mut Writer<'_>) -> Option<()> {
        to.number(self.len() as u64);
        self.iter().try_for_each(|value| value.put(to))
    }

    fn take(from: &mut Reader<'_>) -> Option<Vec<T>> {
        let len = u64::take(from)?;
        (0..len).map(|_| T::take(from)).collect()
    }
}

impl<A: Packed, B: Packed> Packed for (A, B) {
    fn put(&self, to: &mut Writer<'_>) -> Option<()> {
        self.0.put(to)?;
        self.1.put(to)
    }

    fn take(from: &mut Reader<'_>) -> Option<(A, B)> {
        Some((A::take(from)?, B::take(from)?))
    }
}

//! The names of things, each its own type, so that a broker id can never be taken for an offset.

use std::cmp::Ordering;
use std::fmt;
use std::rc::Rc;

use highwater_log::java::long_hash_code;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

number! {
    /// `node.id` of a broker.
    BrokerId(i32)
}
number! {
    /// A number that grows with each leader of a partition.
    LeaderEpoch(i32)
}
number! {
    /// The place of a record in a partition's log. A log end offset is the *next* one.
    Offset(i64)
}
number! {
    /// One thing that happened; facts are numbered from 0 in the order in which they happened.
    FactId(u64)
}
number! {
    /// One message on the network, request or response.
    MessageId(u64)
}
number! {
    /// One batch of one producer, in the order of creation.
    BatchId(u64)
}

impl Offset {
    /// The first offset of an empty log.
    pub const ZERO: Offset = Offset(0);

    /// This offset moved by `records`; stays at the largest offset instead of overflowing.
    #[must_use]
    pub fn plus(self, records: i64) -> Offset {
        Offset(self.0.saturating_add(records))
    }
}

/// A topic's name.
pub type Topic = Rc<str>;

/// One partition of a topic, written as Kafka writes it in folder names: `orders-0`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: Topic,
    /// The partition's number, from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// Partition `partition` of `topic`.
    pub fn new(topic: impl Into<Topic>, partition: i32) -> TopicPartition {
        TopicPartition { topic: topic.into(), partition }
    }
}

/// By name, then by number. Partitions of one topic mostly share its name in memory, and then it need not be read: a
/// thousand of them are looked up in every fetch.
impl Ord for TopicPartition {
    fn cmp(&self, other: &Self) -> Ordering {
        let topics = if Rc::ptr_eq(&self.topic, &other.topic) { Ordering::Equal } else { self.topic.cmp(&other.topic) };
        topics.then(self.partition.cmp(&other.partition))
    }
}

impl PartialOrd for TopicPartition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// A topic's id, the same for as long as the topic lives. Kafka: `Uuid`, the more significant bits first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TopicId(pub u128);

impl TopicId {
    /// The id of a topic of the World, which is made of its name: FNV-1a. (Kafka draws a random one.)
    pub fn of_name(name: &str) -> TopicId {
        let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
        for byte in name.bytes() {
            hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
        TopicId(hash)
    }

    /// The halves of the id, the more significant bits first.
    fn halves(self) -> (i64, i64) {
        let [high, low] = [self.0 >> 64, self.0].map(|half| u64::try_from(half & u128::from(u64::MAX)).unwrap_or(0));
        (high.cast_signed(), low.cast_signed())
    }

    /// `Uuid.hashCode()`.
    pub fn hash_code(self) -> i32 {
        let (high, low) = self.halves();
        long_hash_code(high ^ low)
    }
}

/// As `Uuid.compareTo`: by both halves as signed numbers.
impl Ord for TopicId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.halves().cmp(&other.halves())
    }
}

impl PartialOrd for TopicId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The `client.id` of a producer or consumer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub Rc<str>);

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Anything that sends and receives messages; written as `broker-1` or by the client's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeId {
    /// A broker.
    Broker(BrokerId),
    /// A producer or a consumer.
    Client(ClientId),
    /// The controller.
    Controller,
}

impl NodeId {
    /// The broker, if it is one.
    pub fn broker(&self) -> Option<BrokerId> {
        match self {
            NodeId::Broker(id) => Some(*id),
            NodeId::Client(_) | NodeId::Controller => None,
        }
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NodeId::Broker(id) => write!(f, "broker-{id}"),
            NodeId::Client(id) => write!(f, "{id}"),
            NodeId::Controller => f.write_str("controller"),
        }
    }
}

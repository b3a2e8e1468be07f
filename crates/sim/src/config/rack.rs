//! Where a broker or a client is, and who reads from whom because of it: `broker.rack`, `client.rack`,
//! `replica.selector.class`.
//!
//! Differs from Kafka: a rack has at most 23 bytes, and the class of a selector has no package.

use std::fmt;

use super::value::{ConfigValue, Value, one_of, wrong_type};
use super::{ConfigDef, ConfigError};

/// The longest name of a rack, in bytes.
const RACK_BYTES: usize = 23;

/// The name of a rack, or none.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Rack {
    bytes: [u8; RACK_BYTES],
    length: u8,
}

impl Rack {
    /// None, as a client has it: the empty text.
    pub const NONE: Rack = Rack { bytes: [0; RACK_BYTES], length: 0 };
    /// None, as a broker has it: `null`.
    pub const NULL: Rack = Rack { bytes: [0; RACK_BYTES], length: u8::MAX };

    /// The rack of this name; none if that is longer than 23 bytes. `null` is no name.
    pub fn from_name(name: &str) -> Option<Rack> {
        if name == "null" {
            return Some(Rack::NULL);
        }
        let mut bytes = [0; RACK_BYTES];
        bytes.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        Some(Rack { bytes, length: u8::try_from(name.len()).ok()? })
    }

    /// Its name; none if there is no rack.
    pub fn name(&self) -> Option<&str> {
        let name = self.bytes.get(..usize::from(self.length)).filter(|name| !name.is_empty())?;
        std::str::from_utf8(name).ok()
    }
}

impl fmt::Display for Rack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Rack::NULL { f.write_str("null") } else { f.write_str(self.name().unwrap_or_default()) }
    }
}

impl fmt::Debug for Rack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rack({self})")
    }
}

impl ConfigValue for Rack {
    fn parse(config: &ConfigDef, text: &str) -> Result<Rack, ConfigError> {
        Rack::from_name(text).ok_or_else(|| wrong_type(config, text, "a name of at most 23 bytes"))
    }

    fn value(self) -> Value {
        Value::Rack(self)
    }
}

/// How a leader finds the replica that a consumer should read from: `replica.selector.class` (KIP-392).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicaSelectorClass {
    /// `null`: it does not; consumers read from leaders.
    Leader,
    /// A replica in the consumer's rack.
    RackAware,
}

impl ReplicaSelectorClass {
    const NAMES: &'static [&'static str] =
        &[ReplicaSelectorClass::Leader.name(), ReplicaSelectorClass::RackAware.name()];

    /// As it is written in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            ReplicaSelectorClass::Leader => "null",
            ReplicaSelectorClass::RackAware => "RackAwareReplicaSelector",
        }
    }
}

impl ConfigValue for ReplicaSelectorClass {
    const WORDS: &'static [&'static str] = ReplicaSelectorClass::NAMES;

    fn parse(config: &ConfigDef, text: &str) -> Result<ReplicaSelectorClass, ConfigError> {
        let known = [ReplicaSelectorClass::Leader, ReplicaSelectorClass::RackAware];
        let class = known.into_iter().find(|class| class.name() == text);
        class.ok_or_else(|| wrong_type(config, text, &one_of(ReplicaSelectorClass::NAMES)))
    }

    fn value(self) -> Value {
        Value::Word(self.name())
    }
}

//! Which partitioner a producer has: `partitioner.class`.

use super::value::{ConfigValue, Value, one_of, wrong_type};
use super::{ConfigDef, ConfigError};

/// Which partitioner a producer has: `partitioner.class`. What each does is in
/// [`crate::producer::plugged_partitioner`].
///
/// Differs from Kafka: names without packages; and classes of older clients, with the version that began them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionerClass {
    /// `null`: the producer chooses by itself, by key and with its built-in sticky partitioner (since 3.3, KIP-794).
    BuiltIn,
    /// One partition after the other.
    RoundRobin,
    /// The default until 2.3: by key, else one after the other from a random one on.
    DefaultV2_3,
    /// The default of 2.4 to 3.2: by key, else sticky for a batch (KIP-480).
    DefaultV2_4,
    /// As the default of 2.4, but keys are not heeded.
    UniformStickyV2_4,
    /// One after the other, asked twice where a batch begins: 2.4 to 3.9.1 (KAFKA-9965).
    RoundRobinV2_4,
}

impl PartitionerClass {
    const ALL: [PartitionerClass; 6] = [
        PartitionerClass::BuiltIn,
        PartitionerClass::RoundRobin,
        PartitionerClass::DefaultV2_3,
        PartitionerClass::DefaultV2_4,
        PartitionerClass::UniformStickyV2_4,
        PartitionerClass::RoundRobinV2_4,
    ];

    const NAMES: &'static [&'static str] = &[
        PartitionerClass::BuiltIn.name(),
        PartitionerClass::RoundRobin.name(),
        PartitionerClass::DefaultV2_3.name(),
        PartitionerClass::DefaultV2_4.name(),
        PartitionerClass::UniformStickyV2_4.name(),
        PartitionerClass::RoundRobinV2_4.name(),
    ];

    /// As it is written in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            PartitionerClass::BuiltIn => "null",
            PartitionerClass::RoundRobin => "RoundRobinPartitioner",
            PartitionerClass::DefaultV2_3 => "DefaultPartitioner-2.3",
            PartitionerClass::DefaultV2_4 => "DefaultPartitioner-2.4",
            PartitionerClass::UniformStickyV2_4 => "UniformStickyPartitioner-2.4",
            PartitionerClass::RoundRobinV2_4 => "RoundRobinPartitioner-2.4",
        }
    }

    /// Whether a record's key chooses its partition, unless `partitioner.ignore.keys` says otherwise.
    pub fn heeds_keys(self) -> bool {
        match self {
            PartitionerClass::BuiltIn | PartitionerClass::DefaultV2_3 | PartitionerClass::DefaultV2_4 => true,
            PartitionerClass::RoundRobin | PartitionerClass::UniformStickyV2_4 | PartitionerClass::RoundRobinV2_4 => {
                false
            }
        }
    }
}

impl ConfigValue for PartitionerClass {
    const WORDS: &'static [&'static str] = PartitionerClass::NAMES;

    fn parse(config: &ConfigDef, text: &str) -> Result<PartitionerClass, ConfigError> {
        let class = PartitionerClass::ALL.into_iter().find(|class| class.name() == text);
        class.ok_or_else(|| wrong_type(config, text, &one_of(PartitionerClass::NAMES)))
    }

    fn value(self) -> Value {
        Value::Word(self.name())
    }
}

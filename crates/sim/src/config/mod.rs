//! One table of configurations: Kafka's names, types and defaults, and the versions that brought or changed them.
//! Kafka 4.3: `ProducerConfig`, `ConsumerConfig`, `AbstractKafkaConfig`, `LogConfig`; the checks across several names are
//! those of `ProducerConfig.postProcessAndValidateIdempotenceConfigs`, `KafkaProducer.configureDeliveryTimeout`,
//! `ConsumerConfig.checkUnsupportedConfigsPostProcess` and `KafkaConfig.validateValues`.
//!
//! A configuration that this simulation heeds is a field of a struct; one that it knows but does not simulate yet takes no
//! value but its default, so that nobody believes to have changed something.
//!
//! Differs from Kafka: a value that is a number may not have a default computed from another (`log.retention.ms`), and
//! names of security (but `security.protocol`), metrics and plugins are unknown here.

mod broker;
mod consumer;
mod define;
mod duration;
mod error;
mod group_protocol;
mod partitioner_class;
mod producer;
mod rack;
mod security_protocol;
mod share;
mod topic;
mod value;

pub use broker::BrokerConfig;
pub use consumer::ConsumerConfig;
pub use duration::AutoOffsetReset;
pub use error::ConfigError;
pub use group_protocol::{GroupProtocol, RemoteAssignor};
pub use partitioner_class::PartitionerClass;
pub use producer::ProducerConfig;
pub use rack::{Rack, ReplicaSelectorClass};
pub use security_protocol::SecurityProtocol;
pub use topic::TopicConfig;
pub use value::{Acks, AssignmentStrategy, CleanupPolicy, InterBrokerProtocol, MessageTimestampType, Ratio, Value};

use value::ConfigValue;

/// The largest value of Kafka's type INT.
const INT: i64 = i32::MAX as i64;
/// The largest value of Kafka's type LONG.
const LONG: i64 = i64::MAX;

/// All configurations known here: of producers, consumers, brokers and topics.
pub const CONFIGS: [&[ConfigDef]; 8] = [
    producer::SIMULATED,
    producer::NOT_YET,
    consumer::SIMULATED,
    consumer::NOT_YET,
    broker::SIMULATED,
    broker::NOT_YET,
    topic::SIMULATED,
    topic::NOT_YET,
];

/// Whose configuration it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// A producer's.
    Producer,
    /// A consumer's.
    Consumer,
    /// A broker's.
    Broker,
    /// A topic's.
    Topic,
}

impl Scope {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Producer => "producer",
            Scope::Consumer => "consumer",
            Scope::Broker => "broker",
            Scope::Topic => "topic",
        }
    }
}

/// A default that an older Kafka had.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OlderDefault {
    /// The default then, as Kafka writes it.
    pub default: &'static str,
    /// The first version that no longer had it.
    pub until: &'static str,
}

/// What is known of one configuration. Kafka: `ConfigDef.ConfigKey`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfigDef {
    /// Whose it is.
    pub scope: Scope,
    /// Kafka's name.
    pub name: &'static str,
    /// Kafka 4.3's default.
    pub default: Value,
    /// The least and the largest number that it takes; none if it is no number.
    pub range: Option<(i64, i64)>,
    /// The words that it takes; empty if it takes no words.
    pub words: &'static [&'static str],
    /// The version that brought it.
    #[cfg(not(target_arch = "wasm32"))]
    pub since: &'static str,
    /// The defaults before today's, the oldest first.
    #[cfg(not(target_arch = "wasm32"))]
    pub older_defaults: &'static [OlderDefault],
    /// The simulation heeds it; otherwise only the default can be set.
    pub simulated: bool,
    /// What it means, in a sentence.
    #[cfg(not(target_arch = "wasm32"))]
    pub doc: &'static str,
}

impl ConfigDef {
    /// Turns a text into a value of this configuration.
    fn parse<T: ConfigValue>(&self, text: &str) -> Result<T, ConfigError> {
        T::parse(self, text.trim())
    }
}

/// All configurations known for `scope`, simulated ones first, each group by name.
pub fn configs_of(scope: Scope) -> impl Iterator<Item = &'static ConfigDef> {
    CONFIGS.into_iter().flatten().filter(move |config| config.scope == scope)
}

/// What is known of the configuration `name` of `scope`.
///
/// # Errors
/// [`ConfigError::UnknownName`], with the name that comes nearest.
pub fn config_of(scope: Scope, name: &str) -> Result<&'static ConfigDef, ConfigError> {
    configs_of(scope).find(|config| config.name == name).ok_or_else(|| ConfigError::UnknownName {
        scope,
        name: name.to_owned(),
        nearest: error::nearest(scope, name),
    })
}

/// Setting something that has no field: right only if nothing changes.
fn set_not_simulated(scope: Scope, name: &str, value: &str) -> Result<(), ConfigError> {
    let config = config_of(scope, name)?;
    let default = config.default.to_string();
    if value.trim() == default {
        return Ok(());
    }
    Err(ConfigError::NotSimulatedYet { name: config.name, value: value.to_owned(), default })
}

#[cfg(test)]
mod tests;

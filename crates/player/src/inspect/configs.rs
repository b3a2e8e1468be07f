//! The configurations that rule a thing: Kafka's name, the value here, the default and since when it is that.

use highwater_sim::config::{
    BrokerConfig, ConfigDef, ConsumerConfig, ProducerConfig, Scope, TopicConfig, config_of, configs_of,
};

use super::Unit;
use super::thing::Thing;

/// A configuration with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    pub config: &'static ConfigDef,
    pub value: String,
}

/// Somebody's configurations.
pub(crate) trait Told {
    /// Whose they are.
    const SCOPE: Scope;
    /// The value of a name.
    fn value(&self, name: &str) -> Option<String>;
}

macro_rules! told {
    ($config:ty, $scope:expr) => {
        impl Told for $config {
            const SCOPE: Scope = $scope;
            fn value(&self, name: &str) -> Option<String> {
                Some(self.get(name).ok()?.to_string())
            }
        }
    };
}
told!(BrokerConfig, Scope::Broker);
told!(TopicConfig, Scope::Topic);
told!(ProducerConfig, Scope::Producer);
told!(ConsumerConfig, Scope::Consumer);

impl Thing {
    /// These configurations rule it.
    pub fn ruled<T: Told>(&mut self, config: &T, names: &[&str]) -> &mut Thing {
        let rules = names
            .iter()
            .filter_map(|name| Some(Rule { config: config_of(T::SCOPE, name).ok()?, value: config.value(name)? }));
        self.rules.extend(rules);
        self
    }

    /// All that are heeded rule it.
    pub fn ruled_by_all<T: Told>(&mut self, config: &T) -> &mut Thing {
        let heeded = configs_of(T::SCOPE).filter(|known| known.simulated);
        let rules = heeded.filter_map(|known| Some(Rule { config: known, value: config.value(known.name)? }));
        self.rules.extend(rules);
        self
    }
}

/// What a value of a configuration is counted in: its name says so.
pub(crate) fn unit(name: &str) -> Unit {
    if name.rsplit('.').next() == Some("ms") {
        Unit::Ms
    } else if name.ends_with("bytes") || matches!(name, "batch.size" | "buffer.memory" | "max.request.size") {
        Unit::Bytes
    } else {
        Unit::None
    }
}

/// Since which version it has today's default: the version that changed it last, or else the one that brought it. Natively
/// from the table; a page has it among its words.
pub(crate) fn since(config: &ConfigDef) -> String {
    crate::locale::since(config)
}

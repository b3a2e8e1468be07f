//! The names that a scenario can use because the simulation knows them.

use highwater_sim::config::{BrokerConfig, ConfigError, ConsumerConfig, ProducerConfig, TopicConfig};
use highwater_sim::fact::FactKind;

use super::{Configs, MAX_ENTRIES};

/// The kinds of facts.
pub(crate) const FACT_NAMES: &[&str] = FactKind::NAMES;

/// Whose config it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConfigOwner {
    Broker,
    /// And whether limits that only a real broker has do not hold.
    Topic {
        scaled: bool,
    },
    Producer,
    Consumer,
    ShareConsumer,
}

impl ConfigOwner {
    /// What is wrong with the first [`MAX_ENTRIES`] of these configs, each with its name; without a name, they do not go
    /// together.
    pub(super) fn check(self, configs: &Configs) -> Vec<(Option<String>, String)> {
        match self {
            ConfigOwner::Broker => {
                let mut config = BrokerConfig::default();
                let problems = set_all(configs, |name, value| config.set(name, value));
                together(problems, || config.check())
            }
            ConfigOwner::Topic { scaled } => {
                let mut config = TopicConfig::default();
                set_all(configs, |name, value| match name {
                    "segment.bytes" if scaled => config.scale_segment_bytes(value),
                    _ => config.set(name, value),
                })
            }
            ConfigOwner::Producer => {
                let mut config = ProducerConfig::default();
                let problems = set_all(configs, |name, value| config.set(name, value));
                together(problems, || config.check())
            }
            ConfigOwner::Consumer => {
                let mut config = ConsumerConfig::default();
                let problems = set_all(configs, |name, value| config.set(name, value));
                together(problems, || config.check(configs.iter().map(|(name, _)| name)))
            }
            ConfigOwner::ShareConsumer => {
                let mut config = ConsumerConfig::default();
                let problems = set_all(configs, |name, value| config.set(name, value));
                together(problems, || ConsumerConfig::check_of_share(configs.iter().map(|(name, _)| name)))
            }
        }
    }
}

fn set_all(
    configs: &Configs,
    mut set: impl FnMut(&str, &str) -> Result<(), ConfigError>,
) -> Vec<(Option<String>, String)> {
    let check = |(name, value): (&str, &super::Scalar)| {
        let error = set(name, &value.to_string()).err()?;
        Some((Some(name.to_owned()), error.to_string()))
    };
    configs.iter().take(MAX_ENTRIES).filter_map(check).collect()
}

/// Checks values against each other once each is right by itself.
fn together(
    problems: Vec<(Option<String>, String)>,
    check: impl FnOnce() -> Result<(), ConfigError>,
) -> Vec<(Option<String>, String)> {
    if !problems.is_empty() {
        return problems;
    }
    check().err().map(|error| (None, error.to_string())).into_iter().collect()
}

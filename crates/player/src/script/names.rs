//! The names that a scenario can use because the simulation knows them.

use super::Scalar;

/// The kinds of facts; empty if any name is allowed.
pub(crate) const FACT_NAMES: &[&str] = &[];

/// Whose config it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConfigOwner {
    Broker,
    Topic,
    Producer,
    Consumer,
}

impl ConfigOwner {
    /// Whether there is such a config and it can have this value.
    pub(super) fn check(self, name: &str, value: &Scalar) -> Result<(), (String, Option<String>)> {
        let legal = !name.is_empty() && name.len() <= 64 && name.chars().all(|c| c.is_ascii_lowercase() || c == '.');
        let short = !matches!(value, Scalar::Text(text) if text.len() > 256);
        if legal && short {
            return Ok(());
        }
        let help = match self {
            ConfigOwner::Broker => "replica.fetch.wait.max.ms",
            ConfigOwner::Topic => "min.insync.replicas",
            ConfigOwner::Producer => "linger.ms",
            ConfigOwner::Consumer => "fetch.max.wait.ms",
        };
        Err((
            format!("{:?} is not the name of a config", super::validate::short(name)),
            Some(format!("Kafka's names look like {help}")),
        ))
    }
}

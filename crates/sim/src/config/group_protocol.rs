//! How a consumer and its group agree on who reads what, as it is configured. Kafka 4.3: `ConsumerConfig.GROUP_PROTOCOL_CONFIG`,
//! `GROUP_REMOTE_ASSIGNOR_CONFIG`, `checkUnsupportedConfigsPostProcess`.

use super::value::{ConfigValue, Value, one_of, wrong_type};
use super::{ConfigDef, ConfigError};

/// Who assigns partitions: `group.protocol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupProtocol {
    /// A member, for the whole group at once.
    Classic,
    /// The coordinator, member by member (KIP-848).
    Consumer,
}

impl GroupProtocol {
    /// As it is written in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            GroupProtocol::Classic => "classic",
            GroupProtocol::Consumer => "consumer",
        }
    }

    /// The configurations that no consumer may set with this protocol. Kafka: `CLASSIC_PROTOCOL_UNSUPPORTED_CONFIGS`,
    /// `CONSUMER_PROTOCOL_UNSUPPORTED_CONFIGS`, those of them that are known here.
    pub fn refuses(self) -> &'static [&'static str] {
        match self {
            GroupProtocol::Classic => &["group.remote.assignor", "share.acknowledgement.mode", "share.acquire.mode"],
            GroupProtocol::Consumer => &[
                "partition.assignment.strategy",
                "heartbeat.interval.ms",
                "session.timeout.ms",
                "share.acknowledgement.mode",
                "share.acquire.mode",
            ],
        }
    }

    /// Kafka's sentence about configurations that do not go with the protocol.
    pub(super) fn check<'a>(self, given: impl Iterator<Item = &'a str>) -> Result<(), ConfigError> {
        let given: Vec<&str> = given.collect();
        let refused: Vec<&str> = self.refuses().iter().copied().filter(|name| given.contains(name)).collect();
        if refused.is_empty() {
            return Ok(());
        }
        let (names, protocol) = (refused.join(", "), self.name().to_ascii_uppercase());
        Err(ConfigError::Inconsistent(format!("{names} cannot be set when group.protocol={protocol}")))
    }
}

impl ConfigValue for GroupProtocol {
    const WORDS: &'static [&'static str] = &["classic", "consumer"];

    fn parse(config: &ConfigDef, text: &str) -> Result<GroupProtocol, ConfigError> {
        // Kafka looks it up without regard to case.
        match text.to_ascii_lowercase().as_str() {
            "classic" => Ok(GroupProtocol::Classic),
            "consumer" => Ok(GroupProtocol::Consumer),
            _ => Err(wrong_type(config, text, &one_of(Self::WORDS))),
        }
    }

    fn value(self) -> Value {
        Value::Word(self.name())
    }
}

/// The assignor that a member wants of the coordinator: `group.remote.assignor`.
///
/// Differs from Kafka: only the names that `group.consumer.assignors` has by default; a coordinator refuses all others
/// (`UNSUPPORTED_ASSIGNOR`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteAssignor {
    /// The coordinator chooses.
    Null,
    /// Equal shares, and as little as possible moves.
    Uniform,
    /// Partitions with the same number of several topics stay together.
    Range,
}

impl RemoteAssignor {
    /// As it is written in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            RemoteAssignor::Null => "null",
            RemoteAssignor::Uniform => "uniform",
            RemoteAssignor::Range => "range",
        }
    }

    /// The name that goes to the coordinator, if one does.
    pub fn asked_for(self) -> Option<String> {
        (self != RemoteAssignor::Null).then(|| self.name().to_owned())
    }
}

impl ConfigValue for RemoteAssignor {
    const WORDS: &'static [&'static str] = &["null", "uniform", "range"];

    fn parse(config: &ConfigDef, text: &str) -> Result<RemoteAssignor, ConfigError> {
        match text {
            "null" => Ok(RemoteAssignor::Null),
            "uniform" => Ok(RemoteAssignor::Uniform),
            "range" => Ok(RemoteAssignor::Range),
            _ => Err(wrong_type(config, text, &one_of(Self::WORDS))),
        }
    }

    fn value(self) -> Value {
        Value::Word(self.name())
    }
}

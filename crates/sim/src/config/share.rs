//! How a share consumer gets records and says what became of them, as it is configured. Kafka 4.3:
//! `ConsumerConfig.SHARE_ACKNOWLEDGEMENT_MODE_CONFIG`, `SHARE_ACQUIRE_MODE_CONFIG`, `ShareConsumerConfig`.

use super::value::{ConfigValue, Value, one_of, wrong_type};
use super::{ConfigDef, ConfigError, ConsumerConfig};
use crate::group::share::consumer::AcknowledgementMode;
use crate::group::share::partition::AcquireMode;

/// What no share consumer may set. Kafka: `SHARE_GROUP_UNSUPPORTED_CONFIGS`, those of them that are known here.
const REFUSED: [&str; 9] = [
    "auto.offset.reset",
    "enable.auto.commit",
    "group.instance.id",
    "isolation.level",
    "partition.assignment.strategy",
    "session.timeout.ms",
    "heartbeat.interval.ms",
    "group.protocol",
    "group.remote.assignor",
];

impl ConfigValue for AcknowledgementMode {
    const WORDS: &'static [&'static str] = &["implicit", "explicit"];

    fn parse(config: &ConfigDef, text: &str) -> Result<AcknowledgementMode, ConfigError> {
        match text.to_ascii_lowercase().as_str() {
            "implicit" => Ok(AcknowledgementMode::Implicit),
            "explicit" => Ok(AcknowledgementMode::Explicit),
            _ => Err(wrong_type(config, text, &one_of(Self::WORDS))),
        }
    }

    fn value(self) -> Value {
        Value::Word(self.name())
    }
}

impl ConfigValue for AcquireMode {
    const WORDS: &'static [&'static str] = &["batch_optimized", "record_limit"];

    fn parse(config: &ConfigDef, text: &str) -> Result<AcquireMode, ConfigError> {
        match text.to_ascii_lowercase().as_str() {
            "batch_optimized" => Ok(AcquireMode::BatchOptimized),
            "record_limit" => Ok(AcquireMode::RecordLimit),
            _ => Err(wrong_type(config, text, &one_of(Self::WORDS))),
        }
    }

    fn value(self) -> Value {
        Value::Word(self.name())
    }
}

impl ConsumerConfig {
    /// Whether a share consumer may be told what was given. Kafka: `checkUnsupportedConfigsPreProcess`.
    ///
    /// # Errors
    /// [`ConfigError::Inconsistent`].
    pub fn check_of_share<'a>(given: impl IntoIterator<Item = &'a str>) -> Result<(), ConfigError> {
        let given: Vec<&str> = given.into_iter().collect();
        let refused: Vec<&str> = REFUSED.iter().copied().filter(|name| given.contains(name)).collect();
        if refused.is_empty() {
            return Ok(());
        }
        Err(ConfigError::Inconsistent(format!("{} cannot be set when using a share group.", refused.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_consumer_refuses_what_its_group_decides() {
        assert!(ConsumerConfig::check_of_share(["max.poll.records", "share.acquire.mode"]).is_ok());
        let refused = ConsumerConfig::check_of_share(["heartbeat.interval.ms", "auto.offset.reset"]).unwrap_err();
        let expected = "auto.offset.reset, heartbeat.interval.ms cannot be set when using a share group.";
        assert_eq!(refused.to_string(), expected);
    }

    #[test]
    fn modes_are_read_and_written() {
        let mut config = ConsumerConfig::default();
        for (name, value) in [("share.acknowledgement.mode", "explicit"), ("share.acquire.mode", "record_limit")] {
            config.set(name, value).unwrap();
            assert_eq!(config.get(name).unwrap(), Value::Word(value));
            assert!(config.set(name, "often").is_err());
            // Only a share consumer is told this.
            assert!(config.check([name]).is_err());
        }
    }
}

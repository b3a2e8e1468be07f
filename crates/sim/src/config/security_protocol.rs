//! Whether a connection is encrypted: `security.protocol`.
//!
//! Differs from Kafka: nobody is authenticated, and there are no certificates; what is left is that a broker cannot hand
//! bytes of a file to an encrypted connection with `sendfile`.

use super::value::{ConfigValue, Value, one_of, wrong_type};
use super::{ConfigDef, ConfigError};

/// How a client and a broker speak with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityProtocol {
    /// In the clear.
    Plaintext,
    /// With TLS.
    Ssl,
}

impl SecurityProtocol {
    const NAMES: &'static [&'static str] = &[SecurityProtocol::Plaintext.name(), SecurityProtocol::Ssl.name()];

    /// As it is written in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            SecurityProtocol::Plaintext => "PLAINTEXT",
            SecurityProtocol::Ssl => "SSL",
        }
    }
}

impl ConfigValue for SecurityProtocol {
    const WORDS: &'static [&'static str] = SecurityProtocol::NAMES;

    fn parse(config: &ConfigDef, text: &str) -> Result<SecurityProtocol, ConfigError> {
        let known = [SecurityProtocol::Plaintext, SecurityProtocol::Ssl];
        let protocol = known.into_iter().find(|protocol| protocol.name() == text);
        protocol.ok_or_else(|| wrong_type(config, text, &one_of(SecurityProtocol::NAMES)))
    }

    fn value(self) -> Value {
        Value::Word(self.name())
    }
}

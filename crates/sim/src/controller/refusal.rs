//! Why the controller does not do what an administrator asks: Kafka's error name and its words. Kafka 4.3: `ApiError`.

use std::borrow::Cow;
use std::fmt;

/// An error of an administrator's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Kafka's name of the error, such as `INVALID_REPLICA_ASSIGNMENT`.
    pub error: &'static str,
    /// Kafka's words.
    pub message: Cow<'static, str>,
}

impl Refusal {
    /// One whose words are always the same.
    pub fn new(error: &'static str, message: &'static str) -> Refusal {
        Refusal { error, message: Cow::Borrowed(message) }
    }

    /// One whose words say what it is about.
    pub fn told(error: &'static str, message: String) -> Refusal {
        Refusal { error, message: Cow::Owned(message) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error, self.message)
    }
}

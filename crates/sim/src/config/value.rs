//! What a configuration can hold.

use std::fmt;

use super::error::ConfigError;
use super::{ConfigDef, INT, Rack, duration};

/// A value of any configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Kafka's INT and LONG.
    Number(i64),
    /// Kafka's BOOLEAN.
    Flag(bool),
    /// Kafka's STRING, CLASS and LIST, and a DOUBLE that nothing reads yet.
    Word(&'static str),
    /// The name of a rack, a STRING.
    Rack(Rack),
    /// Kafka's DOUBLE.
    Ratio(Ratio),
    /// `by_duration:` with so many ms, as `java.time.Duration` writes them.
    ByDuration(u64),
    /// Kafka's `null`.
    Null,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => write!(f, "{number}"),
            Value::Flag(flag) => write!(f, "{flag}"),
            Value::Word(word) => f.write_str(word),
            Value::Rack(rack) => write!(f, "{rack}"),
            Value::Ratio(ratio) => write!(f, "{ratio}"),
            Value::ByDuration(ms) => f.write_str(&duration::by_duration(*ms)),
            Value::Null => f.write_str("null"),
        }
    }
}

/// How many replicas must have a record before the producer hears of it: `acks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// `0`: nobody; there is no response at all.
    None,
    /// `1`: the leader, in its page cache.
    Leader,
    /// `all` (`-1`): every replica in the ISR.
    All,
}

impl Acks {
    /// As it is written in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Acks::None => "0",
            Acks::Leader => "1",
            Acks::All => "all",
        }
    }

    const WORDS: &'static [&'static str] = &["all", "-1", "0", "1"];

    fn from_word(word: &str) -> Option<Acks> {
        match word {
            "0" => Some(Acks::None),
            "1" => Some(Acks::Leader),
            "all" | "-1" => Some(Acks::All),
            _ => None,
        }
    }
}

/// How a group's leader assigns partitions: `partition.assignment.strategy`.
///
/// Differs from Kafka: the assignors' own names instead of those of their classes, and the lists that make a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignmentStrategy {
    /// Range, and cooperative sticky once all members know nothing else.
    RangeThenCooperative,
    /// Range.
    Range,
    /// Round robin.
    RoundRobin,
    /// Sticky.
    Sticky,
    /// Cooperative sticky.
    CooperativeSticky,
    /// Cooperative sticky, or range while somebody has only that.
    CooperativeThenRange,
}

impl AssignmentStrategy {
    /// As it is written in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            AssignmentStrategy::RangeThenCooperative => "range,cooperative-sticky",
            AssignmentStrategy::Range => "range",
            AssignmentStrategy::RoundRobin => "roundrobin",
            AssignmentStrategy::Sticky => "sticky",
            AssignmentStrategy::CooperativeSticky => "cooperative-sticky",
            AssignmentStrategy::CooperativeThenRange => "cooperative-sticky,range",
        }
    }

    const WORDS: &'static [&'static str] = &[
        "range,cooperative-sticky",
        "range",
        "roundrobin",
        "sticky",
        "cooperative-sticky",
        "cooperative-sticky,range",
    ];

    fn from_word(word: &str) -> Option<AssignmentStrategy> {
        [
            AssignmentStrategy::RangeThenCooperative,
            AssignmentStrategy::Range,
            AssignmentStrategy::RoundRobin,
            AssignmentStrategy::Sticky,
            AssignmentStrategy::CooperativeSticky,
            AssignmentStrategy::CooperativeThenRange,
        ]
        .into_iter()
        .find(|strategy| strategy.name() == word)
    }
}

/// What becomes of old segments: `cleanup.policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CleanupPolicy {
    /// They are deleted.
    Delete,
    /// Older values of a key go.
    Compact,
    /// Both.
    CompactDelete,
}

impl CleanupPolicy {
    /// As it is written in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            CleanupPolicy::Delete => "delete",
            CleanupPolicy::Compact => "compact",
            CleanupPolicy::CompactDelete => "compact,delete",
        }
    }

    const WORDS: &'static [&'static str] = &["delete", "compact", "compact,delete", "delete,compact"];

    fn from_word(word: &str) -> Option<CleanupPolicy> {
        match word {
            "delete" => Some(CleanupPolicy::Delete),
            "compact" => Some(CleanupPolicy::Compact),
            "compact,delete" | "delete,compact" => Some(CleanupPolicy::CompactDelete),
            _ => None,
        }
    }
}

/// Whose clock timestamps are: `message.timestamp.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageTimestampType {
    /// The producer's.
    CreateTime,
    /// The broker's.
    LogAppendTime,
}

impl MessageTimestampType {
    /// As it is written in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            MessageTimestampType::CreateTime => "CreateTime",
            MessageTimestampType::LogAppendTime => "LogAppendTime",
        }
    }

    const WORDS: &'static [&'static str] = &["CreateTime", "LogAppendTime"];

    fn from_word(word: &str) -> Option<MessageTimestampType> {
        match word {
            "CreateTime" => Some(MessageTimestampType::CreateTime),
            "LogAppendTime" => Some(MessageTimestampType::LogAppendTime),
            _ => None,
        }
    }
}

/// The version whose rules brokers follow among themselves: `inter.broker.protocol.version` (until 4.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InterBrokerProtocol {
    /// Before leader epochs were used: a follower cuts its log at its high watermark (until KIP-101).
    V0_10_2,
    /// With leader epochs (KIP-101).
    V0_11_0,
    /// The last one in which every ISR that shrank began a leader epoch.
    V3_5,
    /// The last one in which the high watermark advanced below `min.insync.replicas`.
    V3_6,
    /// With a high watermark that stands still below `min.insync.replicas`.
    V3_7,
    /// Today.
    V4_3,
}

impl InterBrokerProtocol {
    /// As it is written in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            InterBrokerProtocol::V0_10_2 => "0.10.2",
            InterBrokerProtocol::V0_11_0 => "0.11.0",
            InterBrokerProtocol::V3_5 => "3.5",
            InterBrokerProtocol::V3_6 => "3.6",
            InterBrokerProtocol::V3_7 => "3.7",
            InterBrokerProtocol::V4_3 => "4.3",
        }
    }

    const WORDS: &'static [&'static str] = &["0.10.2", "0.11.0", "3.5", "3.6", "3.7", "4.3"];

    fn from_word(word: &str) -> Option<InterBrokerProtocol> {
        match word {
            "0.10.2" => Some(InterBrokerProtocol::V0_10_2),
            "0.11.0" => Some(InterBrokerProtocol::V0_11_0),
            "3.5" => Some(InterBrokerProtocol::V3_5),
            "3.6" => Some(InterBrokerProtocol::V3_6),
            "3.7" => Some(InterBrokerProtocol::V3_7),
            "4.3" => Some(InterBrokerProtocol::V4_3),
            _ => None,
        }
    }
}

/// A number from 0 to 1, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio(pub u16);

impl Ratio {
    fn from_word(word: &str) -> Option<Ratio> {
        let (whole, part) = word.split_once('.').unwrap_or((word, ""));
        if part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let whole: u16 = whole.parse().ok()?;
        let part: u16 = if part.is_empty() { 0 } else { format!("{part:0<3}").parse().ok()? };
        whole.checked_mul(1_000)?.checked_add(part).filter(|thousandths| *thousandths <= 1_000).map(Ratio)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:03}", self.0 % 1_000);
        let digits = digits.trim_end_matches('0');
        write!(f, "{}.{}", self.0 / 1_000, if digits.is_empty() { "0" } else { digits })
    }
}

/// A type that a field of a configuration may have.
pub(super) trait ConfigValue: Copy {
    /// The words that it takes; empty if it takes none.
    const WORDS: &'static [&'static str] = &[];

    /// Reads it from a text without spaces around.
    fn parse(config: &ConfigDef, text: &str) -> Result<Self, ConfigError>;

    /// As a value of the table.
    fn value(self) -> Value;
}

impl ConfigValue for u64 {
    fn parse(config: &ConfigDef, text: &str) -> Result<u64, ConfigError> {
        let number = number(config, text)?;
        u64::try_from(number).map_err(|_| out_of_range(config, text))
    }

    fn value(self) -> Value {
        Value::Number(i64::try_from(self).unwrap_or(i64::MAX))
    }
}

impl ConfigValue for i32 {
    fn parse(config: &ConfigDef, text: &str) -> Result<i32, ConfigError> {
        let number = number(config, text)?;
        i32::try_from(number).map_err(|_| out_of_range(config, text))
    }

    fn value(self) -> Value {
        Value::Number(i64::from(self))
    }
}

impl ConfigValue for bool {
    fn parse(config: &ConfigDef, text: &str) -> Result<bool, ConfigError> {
        // Kafka: "trueness must be lenient in case only".
        if text.eq_ignore_ascii_case("true") {
            Ok(true)
        } else if text.eq_ignore_ascii_case("false") {
            Ok(false)
        } else {
            Err(wrong_type(config, text, "true or false"))
        }
    }

    fn value(self) -> Value {
        Value::Flag(self)
    }
}

impl ConfigValue for Acks {
    const WORDS: &'static [&'static str] = Acks::WORDS;

    fn parse(config: &ConfigDef, text: &str) -> Result<Acks, ConfigError> {
        Acks::from_word(text).ok_or_else(|| wrong_type(config, text, &one_of(Acks::WORDS)))
    }

    fn value(self) -> Value {
        Value::Word(self.name())
    }
}

impl ConfigValue for AssignmentStrategy {
    const WORDS: &'static [&'static str] = AssignmentStrategy::WORDS;

    fn parse(config: &ConfigDef, text: &str) -> Result<AssignmentStrategy, ConfigError> {
        AssignmentStrategy::from_word(text).ok_or_else(|| wrong_type(config, text, &one_of(AssignmentStrategy::WORDS)))
    }

    fn value(self) -> Value {
        Value::Word(self.name())
    }
}

impl ConfigValue for CleanupPolicy {
    const WORDS: &'static [&'static str] = CleanupPolicy::WORDS;

    fn parse(config: &ConfigDef, text: &str) -> Result<CleanupPolicy, ConfigError> {
        CleanupPolicy::from_word(text).ok_or_else(|| wrong_type(config, text, &one_of(CleanupPolicy::WORDS)))
    }

    fn value(self) -> Value {
        Value::Word(self.name())
    }
}

impl ConfigValue for MessageTimestampType {
    const WORDS: &'static [&'static str] = MessageTimestampType::WORDS;

    fn parse(config: &ConfigDef, text: &str) -> Result<MessageTimestampType, ConfigError> {
        MessageTimestampType::from_word(text)
            .ok_or_else(|| wrong_type(config, text, &one_of(MessageTimestampType::WORDS)))
    }

    fn value(self) -> Value {
        Value::Word(self.name())
    }
}

impl ConfigValue for InterBrokerProtocol {
    const WORDS: &'static [&'static str] = InterBrokerProtocol::WORDS;

    fn parse(config: &ConfigDef, text: &str) -> Result<InterBrokerProtocol, ConfigError> {
        InterBrokerProtocol::from_word(text)
            .ok_or_else(|| wrong_type(config, text, &one_of(InterBrokerProtocol::WORDS)))
    }

    fn value(self) -> Value {
        Value::Word(self.name())
    }
}

impl ConfigValue for Ratio {
    fn parse(config: &ConfigDef, text: &str) -> Result<Ratio, ConfigError> {
        Ratio::from_word(text)
            .ok_or_else(|| wrong_type(config, text, "a number from 0 to 1 with at most three digits after the point"))
    }

    fn value(self) -> Value {
        Value::Ratio(self)
    }
}

impl ConfigValue for i64 {
    fn parse(config: &ConfigDef, text: &str) -> Result<i64, ConfigError> {
        number(config, text)
    }

    fn value(self) -> Value {
        Value::Number(self)
    }
}

fn number(config: &ConfigDef, text: &str) -> Result<i64, ConfigError> {
    let is_number = text.strip_prefix(['+', '-']).unwrap_or(text);
    if is_number.is_empty() || !is_number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong_type(config, text, "a whole number"));
    }
    let (least, largest) = config.range.unwrap_or((0, INT));
    match text.parse::<i64>() {
        Ok(number) if (least..=largest).contains(&number) => Ok(number),
        _ => Err(out_of_range(config, text)),
    }
}

fn out_of_range(config: &ConfigDef, text: &str) -> ConfigError {
    let (least, largest) = config.range.unwrap_or((0, INT));
    ConfigError::OutOfRange { name: config.name, value: text.to_owned(), least, largest }
}

pub(super) fn wrong_type(config: &ConfigDef, text: &str, takes: &str) -> ConfigError {
    ConfigError::WrongType { name: config.name, value: text.to_owned(), takes: takes.to_owned() }
}

pub(super) fn one_of(words: &[&str]) -> String {
    format!("one of {}", words.join(", "))
}

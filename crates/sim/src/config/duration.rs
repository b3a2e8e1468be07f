//! `auto.offset.reset`, and the durations that it takes. Kafka 4.3: `AutoOffsetResetStrategy`, `java.time.Duration.parse`.
//!
//! Differs from Kafka: a duration has whole milliseconds, and no part of it a sign.

use std::fmt::Write;

use super::ConfigDef;
use super::error::ConfigError;
use super::value::{ConfigValue, Value, one_of, wrong_type};

/// Where a consumer begins when it has no valid position: `auto.offset.reset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoOffsetReset {
    /// At the first offset of the log.
    Earliest,
    /// At the end.
    Latest,
    /// Nowhere: it is an error.
    None,
    /// At the first record that is not older than so many ms before now (KIP-1106, since 4.0).
    ByDuration(u64),
}

const BY_DURATION: &str = "by_duration:";

impl AutoOffsetReset {
    /// As it is written in a configuration; of `by_duration` without the duration.
    pub const fn name(self) -> &'static str {
        match self {
            AutoOffsetReset::Earliest => "earliest",
            AutoOffsetReset::Latest => "latest",
            AutoOffsetReset::None => "none",
            AutoOffsetReset::ByDuration(_) => "by_duration",
        }
    }

    const WORDS: &'static [&'static str] = &["latest", "earliest", "none"];
}

impl ConfigValue for AutoOffsetReset {
    const WORDS: &'static [&'static str] = AutoOffsetReset::WORDS;

    #[inline(never)]
    fn parse(config: &ConfigDef, text: &str) -> Result<AutoOffsetReset, ConfigError> {
        let word = match text {
            "earliest" => Some(AutoOffsetReset::Earliest),
            "latest" => Some(AutoOffsetReset::Latest),
            "none" => Some(AutoOffsetReset::None),
            _ => text.strip_prefix(BY_DURATION).and_then(milliseconds).map(AutoOffsetReset::ByDuration),
        };
        word.ok_or_else(|| {
            let expected = [&one_of(AutoOffsetReset::WORDS), " or by_duration:PnDTnHnMn.nS"].concat();
            wrong_type(config, text, &expected)
        })
    }

    fn value(self) -> Value {
        match self {
            AutoOffsetReset::ByDuration(ms) => Value::ByDuration(ms),
            word => Value::Word(word.name()),
        }
    }
}

/// A duration such as `P1DT2H`, in ms: `java.time.Duration.parse` without signs and below a millisecond.
fn milliseconds(text: &str) -> Option<u64> {
    let text = text.to_ascii_uppercase();
    let text = text.strip_prefix('P')?;
    let (days, time) = text.split_once('T').map_or((text, None), |(days, time)| (days, Some(time)));
    let mut total = 0_u64;
    let mut some = false;
    let mut rest = days;
    if let Some((number, after)) = rest.split_once('D') {
        total = number.parse::<u64>().ok()?.checked_mul(86_400_000)?;
        (some, rest) = (true, after);
    }
    if !rest.is_empty() {
        return None;
    }
    if let Some(time) = time {
        let mut rest = time;
        for (unit, ms) in [('H', 3_600_000_u64), ('M', 60_000), ('S', 1_000)] {
            let Some((number, after)) = rest.split_once(unit) else { continue };
            let (whole, part) = number.split_once('.').unwrap_or((number, ""));
            let digits = part.len() <= 3 && (part.is_empty() || unit == 'S');
            if !digits || !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
                return None;
            }
            let fraction = if part.is_empty() { 0 } else { format!("{part:0<3}").parse::<u64>().ok()? };
            total = total.checked_add(whole.parse::<u64>().ok()?.checked_mul(ms)?)?.checked_add(fraction)?;
            (some, rest) = (true, after);
        }
        // A T without anything after it is an error in Java too.
        if !rest.is_empty() || time.is_empty() {
            return None;
        }
    }
    some.then_some(total)
}

/// `by_duration:` with so many ms, as `java.time.Duration.toString` has them.
#[inline(never)]
pub(super) fn by_duration(ms: u64) -> String {
    let mut text = [BY_DURATION, "PT"].concat();
    let (hours, minutes, rest) = (ms / 3_600_000, ms / 60_000 % 60, ms % 60_000);
    if hours > 0 {
        let _ = write!(text, "{hours}H");
    }
    if minutes > 0 {
        let _ = write!(text, "{minutes}M");
    }
    if rest > 0 || ms == 0 {
        let part = format!("{:03}", rest % 1_000);
        let part = part.trim_end_matches('0');
        let point = if part.is_empty() { "" } else { "." };
        let _ = write!(text, "{}{point}{part}S", rest / 1_000);
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::{by_duration, milliseconds};

    /// A row a case: a text, its ms, and how `java.time.Duration` writes them.
    #[test]
    fn durations_are_read_and_written_as_java_does() {
        for (text, ms, written) in [
            ("PT1H", 3_600_000, "PT1H"),
            ("P1D", 86_400_000, "PT24H"),
            ("P2DT3H4M", 183_840_000, "PT51H4M"),
            ("PT0.25S", 250, "PT0.25S"),
            ("pt90m", 5_400_000, "PT1H30M"),
            ("PT0S", 0, "PT0S"),
            ("PT61S", 61_000, "PT1M1S"),
        ] {
            assert_eq!(milliseconds(text), Some(ms), "{text}");
            assert_eq!(by_duration(ms), format!("by_duration:{written}"));
        }
        for wrong in ["", "P", "PT", "1H", "PT1", "P1H", "PT1S1M", "P-1D", "PT1.5M", "PT1.2345S", "P1DT"] {
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
    }
}

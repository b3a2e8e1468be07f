//! What can be wrong with a configuration.

use thiserror::Error;

use super::{Scope, configs_of};

/// Why a configuration was refused. Kafka: `ConfigException`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// No such name.
    #[error("unknown {} config `{name}`{}", scope.name(), did_you_mean(*nearest))]
    UnknownName {
        /// Whose configuration was meant.
        scope: Scope,
        /// The name.
        name: String,
        /// The right name that comes nearest, if one comes near.
        nearest: Option<&'static str>,
    },
    /// A text that is no value of the configuration's type.
    #[error("`{name}` takes {takes}, not `{value}`")]
    WrongType {
        /// The configuration.
        name: &'static str,
        /// The text.
        value: String,
        /// What it takes.
        takes: String,
    },
    /// A number outside of the range.
    #[error("`{name}` takes a number from {least} to {largest}, not {value}")]
    OutOfRange {
        /// The configuration.
        name: &'static str,
        /// The number.
        value: String,
        /// The least that is allowed.
        least: i64,
        /// The largest that is allowed.
        largest: i64,
    },
    /// One of Kafka's configurations that has no effect here yet.
    #[error("`{name}` is not simulated yet: only its default ({default}) can be set, not {value}")]
    NotSimulatedYet {
        /// The configuration.
        name: &'static str,
        /// What it should have been.
        value: String,
        /// Kafka's default.
        default: String,
    },
    /// Two values that do not go together, in words.
    #[error("{0}")]
    Inconsistent(String),
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// The name of `scope` that looks most like `name`: the shortest that has it as a part, or else the one with the fewest
/// other letters; none if nothing looks like it.
pub(super) fn nearest(scope: Scope, name: &str) -> Option<&'static str> {
    let wanted = letters(name);
    let names = || configs_of(scope).map(|config| config.name);
    let having_it = names().filter(|name| wanted.len() >= 4 && letters(name).contains(&wanted));
    having_it.min_by_key(|name| name.len()).or_else(|| {
        let (distance, nearest) = names().map(|name| (distance(&wanted, &letters(name)), name)).min()?;
        (distance * 3 <= wanted.len().max(4)).then_some(nearest)
    })
}

/// A name without what stands between its words.
fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// How many letters must be put in, taken out or replaced to make `right` of `wrong` (Levenshtein).
/// Texts longer than any name are only compared by length.
fn distance(wrong: &str, right: &str) -> usize {
    const LONGEST: usize = 80;
    if wrong.len() > LONGEST {
        return wrong.len();
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in (1..).zip(wrong.bytes()) {
        let mut next = Vec::with_capacity(row.len());
        let mut left = line;
        next.push(left);
        for (pair, other) in row.windows(2).zip(right.bytes()) {
            let [diagonal, above] = pair else { break };
            left = (left + 1).min(above + 1).min(diagonal + usize::from(letter != other));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(wrong.len())
}

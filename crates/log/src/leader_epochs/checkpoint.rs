//! The text of `leader-epoch-checkpoint`: version, number of entries, an entry a line. Kafka 4.3: `CheckpointFile`,
//! `LeaderEpochCheckpointFile`.

use std::fmt::Write as _;

use super::{EpochEntry, LeaderEpochs};
use crate::location::Location;

const VERSION: &str = "0";

/// Why a text is no checkpoint. Kafka: `IOException`, `NumberFormatException`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The first line is another version.
    #[error("line 1: version {found:?}, only version 0 is known")]
    Version {
        /// What stands there.
        found: String,
    },
    /// A line is not what it should be.
    #[error("line {line}: {found:?} is not {wanted}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// Where it begins in the text, in bytes.
        position: usize,
        /// The beginning of what stands there.
        found: String,
        /// What should.
        wanted: &'static str,
    },
    /// Fewer or more entries than the second line says.
    #[error("{found} entries, where line 2 says {expected}")]
    Count {
        /// What line 2 says.
        expected: usize,
        /// How many there are.
        found: usize,
        /// Where line 2 begins in the text, in bytes.
        position: usize,
    },
}

impl CheckpointError {
    /// Where it is.
    pub fn location(&self) -> Location {
        match self {
            CheckpointError::Version { .. } => Location::new("version", 0),
            CheckpointError::Count { position, .. } | CheckpointError::Malformed { line: 2, position, .. } => {
                Location::new("number of entries", *position)
            }
            CheckpointError::Malformed { position, .. } => Location::new("entry", *position),
        }
    }
}

fn malformed((line, position): (usize, usize), found: &str, wanted: &'static str) -> CheckpointError {
    CheckpointError::Malformed { line, position, found: found.chars().take(40).collect(), wanted }
}

impl LeaderEpochs {
    /// The text of the file.
    pub fn to_checkpoint(&self) -> String {
        let mut text = format!("{VERSION}\n{}\n", self.entries.len());
        for entry in &self.entries {
            // A String takes everything that is written.
            let _ = writeln!(text, "{} {}", entry.epoch, entry.start_offset);
        }
        text
    }

    /// The epochs of a file's text. Kafka assigns them one after the other, so an entry that is not after those before it
    /// makes them go.
    ///
    /// # Errors
    /// A line that is not of this form, or another number of entries than it says.
    pub fn from_checkpoint(text: &str) -> Result<LeaderEpochs, CheckpointError> {
        let mut lines = text.lines();
        // A file that was made and never written.
        let Some(version) = lines.next() else { return Ok(LeaderEpochs::default()) };
        if version.trim() != VERSION {
            return Err(CheckpointError::Version { found: version.chars().take(40).collect() });
        }
        // A line that is not there would begin where the text ends.
        let position_of = |line: &str| line.as_ptr().addr().saturating_sub(text.as_ptr().addr());
        let count = lines.next().unwrap_or(text.get(text.len()..).unwrap_or_default());
        let position = position_of(count);
        let expected: usize =
            count.trim().parse().map_err(|_| malformed((2, position), count, "a number of entries"))?;
        let mut epochs = LeaderEpochs::default();
        let mut found = 0_usize;
        for (line, text) in (3..).zip(lines) {
            let malformed = || malformed((line, position_of(text)), text, "an epoch and an offset");
            let entry = entry(text).ok_or_else(malformed)?;
            epochs.assign(entry.epoch, entry.start_offset);
            found = found.saturating_add(1);
        }
        if found == expected { Ok(epochs) } else { Err(CheckpointError::Count { expected, found, position }) }
    }
}

fn entry(line: &str) -> Option<EpochEntry> {
    let mut numbers = line.split_whitespace();
    let entry = EpochEntry { epoch: numbers.next()?.parse().ok()?, start_offset: numbers.next()?.parse().ok()? };
    (numbers.next().is_none() && entry.epoch >= 0 && entry.start_offset >= 0).then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut epochs = LeaderEpochs::default();
        assert_eq!(epochs.to_checkpoint(), "0\n0\n");
        epochs.assign(0, 0);
        epochs.assign(3, 17);
        assert_eq!(epochs.to_checkpoint(), "0\n2\n0 0\n3 17\n");
        assert_eq!(LeaderEpochs::from_checkpoint(&epochs.to_checkpoint()), Ok(epochs));
        assert_eq!(LeaderEpochs::from_checkpoint(""), Ok(LeaderEpochs::default()), "made and never written");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let rows = [
            ("\n", "line 1: version \"\", only version 0 is known"),
            ("1\n0\n", "line 1: version \"1\", only version 0 is known"),
            ("0\nmany\n", "line 2: \"many\" is not a number of entries"),
            ("0\n1\n0\n", "line 3: \"0\" is not an epoch and an offset"),
            ("0\n1\n0 0 0\n", "line 3: \"0 0 0\" is not an epoch and an offset"),
            ("0\n1\n-1 0\n", "line 3: \"-1 0\" is not an epoch and an offset"),
            ("0\n2\n0 0\n", "1 entries, where line 2 says 2"),
        ];
        for (text, expected) in rows {
            assert_eq!(LeaderEpochs::from_checkpoint(text).unwrap_err().to_string(), expected, "{text:?}");
        }
    }
}

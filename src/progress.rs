//! How far a learner is in each scenario: kept in the browser, and lost without harm where it cannot be kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The name under which it is kept.
pub const KEPT_AS: &str = "progress";

/// Scenarios that are remembered; beyond that, those with the last names in the alphabet are forgotten.
const MOST_SCENARIOS: usize = 500;

/// How far one scenario is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reached {
    /// The step where the learner is, from 1.
    pub step: usize,
    /// How many the scenario had then.
    pub steps: usize,
    /// The last step has been seen.
    pub done: bool,
    /// Answers by step: right or not.
    pub answers: BTreeMap<usize, bool>,
}

/// All scenarios, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// How far each is.
    pub scenarios: BTreeMap<String, Reached>,
    /// The one that was open last.
    pub last: Option<String>,
}

impl Progress {
    /// Reads what was kept. What cannot be read is as if nothing had been kept.
    pub fn read(text: &str) -> Progress {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// As text to keep.
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The learner is at a step.
    pub fn arrive(&mut self, id: &str, step: usize, steps: usize) {
        let reached = self.scenarios.entry(id.to_owned()).or_default();
        reached.step = step;
        reached.steps = steps;
        reached.done |= step == steps;
        self.last = Some(id.to_owned());
        while self.scenarios.len() > MOST_SCENARIOS {
            self.scenarios.pop_last();
        }
    }

    /// The learner has answered the question of a step.
    pub fn answer(&mut self, id: &str, step: usize, right: bool) {
        self.scenarios.entry(id.to_owned()).or_default().answers.insert(step, right);
    }

    /// How many scenarios have been seen to the end.
    pub fn done(&self) -> usize {
        self.scenarios.values().filter(|reached| reached.done).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut progress = Progress::default();
        progress.arrive("key-hash", 3, 10);
        progress.answer("key-hash", 3, true);
        progress.arrive("key-hash", 10, 10);
        progress.arrive("key-hash", 2, 10);
        let read = Progress::read(&progress.write());
        assert_eq!(read, progress);
        assert!(read.scenarios["key-hash"].done, "going back does not undo it");
        assert_eq!((read.done(), read.last.as_deref()), (1, Some("key-hash")));
    }

    #[test]
    fn broken_text_is_nothing() {
        for text in ["", "{", "[]", "{\"scenarios\": 3}", "null"] {
            assert_eq!(Progress::read(text), Progress::default(), "{text}");
        }
    }
}

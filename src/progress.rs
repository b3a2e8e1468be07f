//! How far a learner is in each scenario: kept in the browser, and lost without harm where it cannot be kept.

use highwater_player::sorted::SortedMap;

/// The name under which it is kept.
pub const KEPT_AS: &str = "progress";

/// Scenarios that are remembered; beyond that, those with the last names in the alphabet are forgotten.
const MOST_SCENARIOS: usize = 500;
/// Answers that are remembered of a scenario.
const MOST_ANSWERS: usize = 200;

/// How far one scenario is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// The step where the learner is, from 1.
    pub step: usize,
    /// How many the scenario had then.
    pub steps: usize,
    /// The last step has been seen.
    pub done: bool,
    /// Answers by step: right or not.
    pub answers: Vec<(usize, bool)>,
}

impl Reached {
    fn answer(&mut self, step: usize, right: bool) {
        self.answers.retain(|(answered, _)| *answered != step);
        if self.answers.len() < MOST_ANSWERS {
            self.answers.push((step, right));
        }
    }
}

/// All scenarios, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How far each is.
    pub scenarios: SortedMap<String, Reached>,
    /// The one that was open last.
    pub last: Option<String>,
}

impl Progress {
    /// Reads what was kept. What cannot be read is as if it had not been kept.
    pub fn read(text: &str) -> Progress {
        let mut progress = Progress::default();
        for line in text.lines().take(MOST_SCENARIOS) {
            let mut words = line.split(' ');
            let (Some(id), Some(step), Some(steps)) = (words.next(), words.next(), words.next()) else { continue };
            let (Ok(step), Ok(steps)) = (step.parse(), steps.parse()) else { continue };
            let mut reached = Reached { step, steps, ..Reached::default() };
            for word in words {
                match word.strip_suffix(['+', '-']).map(str::parse) {
                    Some(Ok(answered)) => reached.answer(answered, word.ends_with('+')),
                    _ if word == "done" => reached.done = true,
                    _ if word == "last" => progress.last = Some(id.to_owned()),
                    _ => {}
                }
            }
            progress.scenarios.insert(id.to_owned(), reached);
        }
        progress
    }

    /// As text to keep: a line for each scenario, such as `key-hash 3 16 done last 2+ 5-`.
    pub fn write(&self) -> String {
        let mut text = String::new();
        for (id, reached) in &self.scenarios {
            text += id;
            for number in [reached.step, reached.steps] {
                text += " ";
                text += &number.to_string();
            }
            text += if reached.done { " done" } else { "" };
            text += if self.last.as_ref() == Some(id) { " last" } else { "" };
            for (step, right) in &reached.answers {
                text += " ";
                text += &step.to_string();
                text += if *right { "+" } else { "-" };
            }
            text += "\n";
        }
        text
    }

    /// The learner is at a step.
    pub fn arrive(&mut self, id: &str, step: usize, steps: usize) {
        let reached = self.reached(id);
        reached.step = step;
        reached.steps = steps;
        reached.done |= step == steps;
        self.last = Some(id.to_owned());
        while self.scenarios.len() > MOST_SCENARIOS {
            let last = self.scenarios.last_key_value().map(|(id, _)| id.clone()).unwrap_or_default();
            self.scenarios.remove(&last);
        }
    }

    /// The learner has answered the question of a step.
    pub fn answer(&mut self, id: &str, step: usize, right: bool) {
        self.reached(id).answer(step, right);
    }

    /// The scenarios and steps whose questions were answered wrong.
    #[inline(never)]
    pub fn missed(&self) -> Vec<(&str, usize)> {
        let mut missed = Vec::new();
        for (id, reached) in &self.scenarios {
            missed.extend(reached.answers.iter().filter(|(_, right)| !right).map(|(step, _)| (id.as_str(), *step)));
        }
        missed
    }

    /// Forgets answers to questions that are no longer there.
    #[inline(never)]
    pub fn forget(&mut self, is_there: impl Fn(&str, usize) -> bool) {
        for (id, reached) in &mut self.scenarios {
            reached.answers.retain(|(step, _)| is_there(id, *step));
        }
    }

    fn reached(&mut self, id: &str) -> &mut Reached {
        self.scenarios.get_or_insert_with(id.to_owned(), Reached::default)
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
        progress.answer("key-hash", 5, true);
        progress.answer("key-hash", 5, false);
        progress.arrive("a", 1, 4);
        progress.arrive("key-hash", 2, 10);
        assert_eq!(progress.write(), "a 1 4\nkey-hash 2 10 done last 3+ 5-\n");
        let read = Progress::read(&progress.write());
        assert_eq!(read, progress);
        assert!(read.scenarios.get("key-hash").unwrap().done, "going back does not undo it");
        assert_eq!((read.done(), read.last.as_deref()), (1, Some("key-hash")));
    }

    #[test]
    fn what_is_missed_stays_so_until_it_is_answered_right() {
        let mut progress = Progress::default();
        progress.answer("b", 3, false);
        progress.answer("a", 7, true);
        progress.answer("a", 2, false);
        assert_eq!(progress.missed(), [("a", 2), ("b", 3)]);
        let mut kept = Progress::read(&progress.write());
        assert_eq!(kept.missed(), [("a", 2), ("b", 3)]);
        kept.answer("a", 2, true);
        assert_eq!(kept.missed(), [("b", 3)]);
        kept.forget(|id, step| (id, step) != ("b", 3));
        assert_eq!(kept.missed(), []);
        assert_eq!(kept.scenarios.get("a").unwrap().answers.len(), 2, "what was right stays");
    }

    #[test]
    fn a_broken_line_takes_no_other_with_it() {
        let kept = Progress::read(
            "a 1 4 2-\n{\"b\": 3}\nc 2 x 3-\n\u{0}\u{fffd} 1 1 99999999999999999999- 4-x\nd 3 9 5- 7+\n",
        );
        assert_eq!(kept.missed(), [("a", 2), ("d", 5)]);
    }

    #[test]
    fn broken_text_is_nothing() {
        for text in ["", "{", "a", "a 1", "a b c", "a -1 2", "{\"scenarios\": 3}", "\n\n"] {
            assert_eq!(Progress::read(text), Progress::default(), "{text}");
        }
    }
}

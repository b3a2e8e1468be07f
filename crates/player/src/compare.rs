//! Two futures of one scenario: as it is (A), and with something changed (B). Both have the same steps and share what was
//! before the first change; how they differ is found in their facts, never in their pictures.

mod change;
mod difference;
mod forked;
mod offer;

use highwater_sim::world::World;

pub use change::{CHANGES_MAX, Change, ChangeError};
pub use difference::{Cell, Difference, ROWS_MAX, Row};
pub use offer::{ConfigOffer, Offer, TargetOffer};

use crate::lang::Lang;
use crate::phrase::Phrase;
use crate::playback::Player;
use crate::run::Run;
use crate::script::{Compare, Localized, Scenario};

/// The other future of a scenario.
#[derive(Debug)]
pub struct Fork {
    /// The future with the changes, at the same step as the scenario itself.
    pub player: Player,
    changes: Vec<Change>,
    labels: Vec<Phrase>,
    odd: Vec<forked::Odd>,
    given: Vec<u64>,
    /// The facts that both have: those before the first change.
    shared: usize,
    first: Option<Difference>,
}

impl Fork {
    /// Runs a scenario once more with `changes`, and stands at the same step.
    ///
    /// # Errors
    /// What is wrong with which change; nothing is run then.
    pub fn new(a: &Player, changes: &[Change]) -> Result<Fork, ChangeError> {
        let forked = forked::run(a.scenario(), a.run(), changes)?;
        let mut fork = Fork {
            player: a.with_run(forked.run),
            changes: forked.changes,
            labels: forked.labels,
            odd: forked.odd,
            given: forked.given,
            shared: forked.shared,
            first: None,
        };
        fork.first = difference::first(a.run(), fork.player.run(), fork.shared, &fork.given);
        fork.follow(a);
        Ok(fork)
    }

    /// Stands at the same step as the scenario itself; with the beats of the step, if that has them.
    pub fn follow(&mut self, a: &Player) {
        if a.is_forward() && self.player.step().saturating_add(1) == a.step() {
            self.player.advance();
            return;
        }
        // Both have the same steps.
        let _ = self.player.dispatch(crate::command::Command::Seek(a.step()));
    }

    /// What was changed, in the order of the steps.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// What was changed, in words: one phrase a change.
    pub fn labels(&self) -> &[Phrase] {
        &self.labels
    }

    /// The step after which the first change was made; 0: it was so from the start.
    pub fn from(&self) -> usize {
        self.changes.first().map_or(0, |change| change.step)
    }

    /// The first fact that happened in one and not in the other, or in another way; none if nothing differs.
    pub fn first(&self) -> Option<&Difference> {
        self.first.as_ref()
    }

    /// The first difference as a sentence.
    pub fn first_said(&self, lang: Lang) -> String {
        match &self.first {
            Some(first) => first.phrase(lang).say(lang),
            None => Phrase::new("compare.no_difference").say(lang),
        }
    }

    /// What differs at the present step: the last facts that set a value, where they do not agree.
    pub fn rows(&self, a: &Player, lang: Lang) -> Vec<Row> {
        difference::rows(a, &self.player, self.shared, self.first.as_ref(), lang)
    }

    /// What went another way in B than the scenario has it, at the present step: a condition that never came, a command
    /// that was not possible.
    pub fn oddities(&self) -> Vec<Phrase> {
        let Some(odd) = self.player.step().checked_sub(1).and_then(|index| self.odd.get(index)) else {
            return Vec::new();
        };
        let refused = odd.refused.iter().map(|why| Phrase::new("compare.refused").with("why", why.as_str()));
        let unreached = odd.is_unreached.then(|| Phrase::new("compare.unreached"));
        unreached.into_iter().chain(refused).collect()
    }

    /// How many facts both futures have: those before the first change.
    pub fn shared_facts(&self) -> usize {
        self.shared
    }
}

/// The other future of a scenario that compares two by itself.
pub(crate) fn other(scenario: &Scenario, a: &Run, compare: &Compare) -> Result<Run, String> {
    forked::run(scenario, a, &compare.changes).map(|forked| forked.run).map_err(|error| error.to_string())
}

/// Whether anything that happens in a scenario is otherwise with changes.
#[cfg(feature = "author")]
pub(crate) fn differs(scenario: &Scenario, a: &Run, changes: &[Change]) -> Result<bool, String> {
    let forked = forked::run(scenario, a, changes).map_err(|error| error.to_string())?;
    Ok(difference::first(a, &forked.run, forked.shared, &forked.given).is_some())
}

/// A config that is worth turning, with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnobOffer {
    /// Kafka's name.
    pub config: String,
    /// Whose it is, in words.
    pub of: Phrase,
    /// The value in the scenario.
    pub now: String,
    /// Kafka's default.
    pub default: String,
    /// What to look for.
    pub why: Localized,
    /// The values that teach something, each with the change that gives it from the start.
    pub values: Vec<(String, Change)>,
}

impl Player {
    /// The configs of the scenario that are worth turning.
    pub fn knobs(&self) -> Vec<KnobOffer> {
        offer::knobs(self.scenario(), &self.run().start.world)
    }

    /// What could be changed after the present step, by the table of commands.
    pub fn offers(&self) -> Vec<Offer> {
        offer::offers(self.scenario(), self.present())
    }

    /// The world that stands on the screen.
    fn present(&self) -> &World {
        end(self.run(), self.step())
    }
}

/// The world after a step; 0: before the first.
fn end(run: &Run, step: usize) -> &World {
    let end = step.checked_sub(1).and_then(|index| run.ends.get(index));
    &end.unwrap_or(&run.start).world
}

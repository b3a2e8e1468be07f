//! The past of a world: what was put in, what came out, and checkpoints, so that going back is exact and immediate.
//!
//! A history is a list of inputs, each at an event count. The same inputs give the same facts, so any moment can be
//! reached again from any checkpoint before it.

use highwater_sim::command::Command;
use highwater_sim::fact::Fact;
use highwater_sim::time::SimTime;
use highwater_sim::world::{CommandError, World};

use crate::facts::{FactLog, Facts};

/// The most events between two checkpoints.
pub const CHECKPOINT_EVENTS: u64 = 4_000;
/// The most events in a history.
pub const EVENTS_MAX: u64 = 5_000_000;
/// The most facts in a history.
pub const FACTS_MAX: usize = 2_000_000;

/// A moment: how many inputs and events came before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Events done.
    pub events: u64,
    /// Inputs applied.
    pub inputs: usize,
    /// Facts left.
    pub facts: usize,
}

/// Something put in from outside, at an event count.
#[derive(Clone, Debug)]
struct Input {
    events: u64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Command(Command),
    /// Time passes without an event.
    Idle(SimTime),
}

#[derive(Clone, Debug)]
struct Checkpoint {
    moment: Moment,
    world: World,
}

/// The history cannot grow any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the history is full: at most {limit} {what}")]
pub struct HistoryFull {
    /// Of what.
    pub what: &'static str,
    /// How many.
    pub limit: u64,
}

/// Everything that happened so far, and the world at its end.
#[derive(Clone, Debug)]
pub struct History {
    inputs: Vec<Input>,
    facts: FactLog,
    checkpoints: Vec<Checkpoint>,
    end: Checkpoint,
    events_max: u64,
}

impl History {
    /// Begins with a world in which nothing has happened but what it was built with.
    pub fn new(world: World) -> History {
        let start = Checkpoint { moment: Moment::default(), world };
        History {
            inputs: Vec::new(),
            facts: FactLog::default(),
            checkpoints: vec![start.clone()],
            end: start,
            events_max: EVENTS_MAX,
        }
    }

    /// This history with a lower bound for its events.
    #[must_use]
    pub fn at_most(self, events: u64) -> History {
        History { events_max: events.min(EVENTS_MAX), ..self }
    }

    /// The world at the end.
    pub fn world(&self) -> &World {
        &self.end.world
    }

    /// The moment at the end.
    pub fn end(&self) -> Moment {
        self.end.moment
    }

    /// All facts, oldest first.
    pub fn facts(&self) -> Facts<'_> {
        self.facts.all()
    }

    /// How many checkpoints there are.
    pub fn checkpoints(&self) -> usize {
        self.checkpoints.len()
    }

    /// Puts a command in at the end.
    ///
    /// # Errors
    /// What the world refuses; nothing is changed then.
    pub fn command(&mut self, command: Command) -> Result<(), CommandError> {
        let world = &mut self.end.world;
        self.facts.add(|facts| world.command(command.clone(), facts))?;
        self.put_in(What::Command(command));
        Ok(())
    }

    /// Lets time pass to `at` at the end, where nothing happens before.
    pub fn idle_until(&mut self, at: SimTime) {
        self.end.world.idle_until(at);
        self.put_in(What::Idle(at));
    }

    fn put_in(&mut self, what: What) {
        self.inputs.push(Input { events: self.end.moment.events, what });
        self.end.moment.inputs = self.inputs.len();
        self.end.moment.facts = self.facts.len();
    }

    /// Does the next event at the end; false if nothing more happens.
    ///
    /// # Errors
    /// [`HistoryFull`] at a bound; the event is not done then.
    pub fn step(&mut self) -> Result<bool, HistoryFull> {
        if self.end.moment.events >= self.events_max {
            return Err(HistoryFull { what: "events", limit: self.events_max });
        }
        if self.facts.len() >= FACTS_MAX {
            return Err(HistoryFull { what: "facts", limit: FACTS_MAX as u64 });
        }
        let world = &mut self.end.world;
        if !self.facts.add(|facts| world.step(facts)) {
            return Ok(false);
        }
        self.end.moment.events = self.end.moment.events.saturating_add(1);
        self.end.moment.facts = self.facts.len();
        let since = self.checkpoints.last().map_or(0, |checkpoint| checkpoint.moment.events);
        if self.end.moment.events.saturating_sub(since) >= CHECKPOINT_EVENTS {
            self.checkpoints.push(self.end.clone());
        }
        Ok(true)
    }

    /// Keeps a checkpoint at the end, so that coming back here costs nothing.
    pub fn keep(&mut self) {
        if self.checkpoints.last().is_none_or(|last| last.moment != self.end.moment) {
            self.checkpoints.push(self.end.clone());
        }
    }

    /// Forgets what came after `moment`, which must be one that was kept: nothing is done again.
    pub fn back_to(&mut self, moment: Moment) {
        self.checkpoints.retain(|checkpoint| checkpoint.moment <= moment);
        let (world, _) = self.world_at(moment);
        self.inputs.truncate(moment.inputs);
        self.facts.truncate(moment.facts);
        self.end = Checkpoint { moment, world };
    }

    /// The world at `moment`, from the nearest checkpoint before it; with it the events that had to be done again.
    pub fn world_at(&self, moment: Moment) -> (World, u64) {
        let mut replay = self.replay_from(moment);
        let mut facts = Vec::new();
        let mut events = 0_u64;
        while replay.at.events < moment.events || replay.at.inputs < moment.inputs {
            facts.clear();
            let before = replay.at.events;
            if !replay.advance(&mut facts) {
                break;
            }
            events = events.saturating_add(replay.at.events.saturating_sub(before));
        }
        (replay.world, events)
    }

    /// The worlds before and after the event or command that left a fact; none for a fact that is not there.
    pub fn around(&self, fact: usize) -> Option<(World, World)> {
        let after = self.checkpoints.partition_point(|checkpoint| checkpoint.moment.facts <= fact);
        let nearest = self.checkpoints.get(after.checked_sub(1)?)?;
        let mut replay = Replay { inputs: &self.inputs, world: nearest.world.clone(), at: nearest.moment };
        let mut before = replay.at;
        let mut facts = Vec::new();
        while replay.at.facts <= fact {
            facts.clear();
            before = replay.at;
            if !replay.advance(&mut facts) {
                return None;
            }
        }
        Some((self.world_at(before).0, replay.world))
    }

    /// Plays the part from one moment to another again, an input or an event at a time.
    pub fn replay(&self, from: Moment) -> Replay<'_> {
        let (world, _) = self.world_at(from);
        Replay { inputs: &self.inputs, world, at: from }
    }

    fn replay_from(&self, moment: Moment) -> Replay<'_> {
        let after = self.checkpoints.partition_point(|checkpoint| checkpoint.moment <= moment);
        let nearest = after.checked_sub(1).and_then(|index| self.checkpoints.get(index)).unwrap_or(&self.end);
        Replay { inputs: &self.inputs, world: nearest.world.clone(), at: nearest.moment }
    }
}

/// A part of a history being played again.
#[derive(Debug)]
pub struct Replay<'a> {
    inputs: &'a [Input],
    /// The world at [`Replay::at`].
    pub world: World,
    /// Where the replay is.
    pub at: Moment,
}

impl Replay<'_> {
    /// The next input or event; its facts are appended to `facts`. False if nothing more happens.
    pub fn advance(&mut self, facts: &mut Vec<Fact>) -> bool {
        let before = facts.len();
        let next = self.inputs.get(self.at.inputs).filter(|input| input.events <= self.at.events);
        let done = match next.map(|input| &input.what) {
            // The world took this very command in this very state before, so it takes it again.
            Some(What::Command(command)) => self.world.command(command.clone(), facts).is_ok(),
            Some(What::Idle(at)) => {
                self.world.idle_until(*at);
                true
            }
            None => self.world.step(facts),
        };
        if next.is_some() {
            self.at.inputs = self.at.inputs.saturating_add(1);
        } else if done {
            self.at.events = self.at.events.saturating_add(1);
        }
        self.at.facts = self.at.facts.saturating_add(facts.len().saturating_sub(before));
        done
    }
}

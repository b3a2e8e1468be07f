//! Runs a scenario once more with changes. What was before the first change is not run again: worlds share their nodes.
//!
//! A step of the scenario may make no sense in the other future. Then it is bounded: a condition that does not come within
//! [`WITHIN_MS`] and [`EVENTS_MAX`] events is given up, and the step ends when it does in the scenario; a command that
//! the world refuses is left out. Both are told.

use highwater_sim::command::{Command, Owner, Target};
use highwater_sim::fact::FactKind;
use highwater_sim::sorted::sort_short_by_key;
use highwater_sim::time::SimTime;

use super::change::{CHANGES_MAX, Change, ChangeError};
use super::offer::is_about_configs;
use crate::phrase::Phrase;
use crate::run::{self, Limits, Run, StepEnd};
use crate::script::{Action, Configs, Scalar, Scenario, Until};

/// How long a step of a fork may take if the scenario does not say less, in ms of virtual time.
const WITHIN_MS: u64 = 120_000;
/// How many events all steps of a fork may take while they wait for conditions.
const EVENTS_MAX: u64 = 200_000;

/// The other future.
pub(super) struct Forked {
    pub run: Run,
    pub changes: Vec<Change>,
    pub labels: Vec<Phrase>,
    /// What each step could not do as the scenario has it.
    pub odd: Vec<Odd>,
    /// The facts that are the changes themselves.
    pub given: Vec<u64>,
    /// How many facts both have.
    pub shared: usize,
}

/// What a step could not do.
#[derive(Clone, Debug, Default)]
pub(super) struct Odd {
    /// What it waits for did not come.
    pub is_unreached: bool,
    /// Why its commands were refused.
    pub refused: Vec<String>,
}

pub(super) fn run(scenario: &Scenario, a: &Run, changes: &[Change]) -> Result<Forked, ChangeError> {
    let mut changes = changes.to_vec();
    // Few, and their order within a step counts.
    sort_short_by_key(&mut changes, |change| change.step);
    if let Some(change) = changes.get(CHANGES_MAX) {
        return Err(ChangeError::new("compare.too_many", change));
    }
    if let Some(change) = changes.iter().find(|change| change.step > scenario.steps.len()) {
        return Err(ChangeError::new("compare.no_step", change));
    }
    let early = changes.iter().take_while(|change| change.step == 0).count();
    let (early, late) = changes.split_at(early);
    let (from_start, mut labels) = configured(scenario, a, early)?;
    let scenario = from_start.as_ref().unwrap_or(scenario);
    let first = if from_start.is_some() { 0 } else { late.first().map_or(scenario.steps.len(), |change| change.step) };
    let mut fork = if from_start.is_some() {
        let because = |error: run::RunError| {
            early.last().map_or_else(|| unmade(&error), |change| ChangeError::because(change, &error.to_string()))
        };
        let (history, start) = run::set_up(scenario).map_err(because)?;
        Fork::of(scenario, a, Run { history, start, ends: Vec::new(), other: None }, 0)
    } else {
        let run = a.up_to(first);
        let shared = run.history.facts().len();
        Fork::of(scenario, a, run, shared)
    };
    for step in first..=scenario.steps.len() {
        if step > first {
            fork.step(step.saturating_sub(1));
        }
        for change in late.iter().filter(|change| change.step == step) {
            labels.push(change.label(fork.run.history.world()));
            fork.change(change)?;
        }
    }
    let Fork { run, odd, given, shared, .. } = fork;
    Ok(Forked { run, changes, labels, odd, given, shared })
}

fn unmade(error: &run::RunError) -> ChangeError {
    ChangeError(Box::new(Phrase::new("compare.what").with("what", error.to_string())))
}

/// The scenario with other configs from the start; none if nothing is changed there.
fn configured(scenario: &Scenario, a: &Run, early: &[Change]) -> Result<(Option<Scenario>, Vec<Phrase>), ChangeError> {
    let mut copy = None;
    let mut labels = Vec::new();
    for change in early {
        let (kind, target) = change.kind()?;
        let (Target::Owner(owner), true) = (&target, is_about_configs(kind)) else {
            return Err(ChangeError::new("compare.not_at_start", change));
        };
        let (name, value) =
            change.argument.split_once(':').ok_or_else(|| ChangeError::new("compare.bad_argument", change))?;
        let scenario = copy.get_or_insert_with(|| scenario.clone());
        let configs = configs_of(scenario, owner).ok_or_else(|| ChangeError::new("compare.no_target", change))?;
        configs.set(name.to_owned(), Scalar::Text(value.to_owned()));
        labels.push(change.label(&a.start.world));
    }
    Ok((copy, labels))
}

fn configs_of<'a>(scenario: &'a mut Scenario, owner: &Owner) -> Option<&'a mut Configs> {
    match owner {
        Owner::Brokers => Some(&mut scenario.cluster.config),
        Owner::Topic(name) => {
            scenario.topics.iter_mut().find(|topic| *topic.name == **name).map(|topic| &mut topic.config)
        }
        Owner::Producer(id) => {
            let producer = scenario.producers.iter_mut().find(|producer| *producer.id == *id.0);
            producer.map(|producer| &mut producer.config)
        }
        Owner::Consumer(id) => {
            let consumer = scenario.consumers.iter_mut().find(|consumer| *consumer.id == *id.0);
            consumer.map(|consumer| &mut consumer.config)
        }
    }
}

/// A fork that runs.
struct Fork<'a> {
    scenario: &'a Scenario,
    a: &'a Run,
    run: Run,
    odd: Vec<Odd>,
    given: Vec<u64>,
    shared: usize,
    events_left: u64,
}

impl<'a> Fork<'a> {
    fn of(scenario: &'a Scenario, a: &'a Run, run: Run, shared: usize) -> Fork<'a> {
        let odd = vec![Odd::default(); run.ends.len()];
        Fork { scenario, a, run, odd, given: Vec::new(), shared, events_left: EVENTS_MAX }
    }

    /// Makes a change after the last step that has run; its picture shows it at once.
    fn change(&mut self, change: &Change) -> Result<(), ChangeError> {
        let history = &mut self.run.history;
        let before = history.facts().len();
        history.command(change.command()?).map_err(|error| ChangeError::because(change, &error.to_string()))?;
        let given = history.facts().get(before).map(|fact| fact.id);
        let is_change = |kind: &FactKind, cause| {
            matches!(kind, FactKind::CommandGiven { .. }) || cause == given && matches!(kind, FactKind::MessageLost(_))
        };
        let new = history.facts().part(before..);
        self.given.extend(new.iter().filter(|fact| is_change(&fact.kind, fact.cause)).map(|fact| fact.id.0));
        let end = run::end_of(history);
        match self.run.ends.last_mut() {
            Some(last) => *last = end,
            None => self.run.start = end,
        }
        Ok(())
    }

    fn step(&mut self, index: usize) {
        let Some(step) = self.scenario.steps.get(index) else { return };
        let mut odd = Odd::default();
        let began = self.run.history.world().now();
        let moment = self.run.history.end();
        let given = self.given_in_a(index);
        let mut commands = 0;
        for action in &step.actions {
            self.act(action, began, &given, &mut commands, &mut odd);
        }
        match &step.until {
            None => {
                let now = self.run.history.world().now();
                odd.is_unreached |= run::pass_until(&mut self.run.history, now).is_err();
            }
            Some(until) => {
                if !self.wait(until, (moment, began)) {
                    odd.is_unreached = true;
                    self.let_pass(began.plus_micros(self.length_us(index)));
                }
            }
        }
        self.run.ends.push(run::end_of(&mut self.run.history));
        self.odd.push(odd);
    }

    /// `given` is when A gave each command of the step, counted from the step's beginning: what waits in vain goes on then.
    fn act(&mut self, action: &Action, began: SimTime, given: &[u64], commands_done: &mut usize, odd: &mut Odd) {
        if let Some(until) = run::waiting(action) {
            let since = self.run.history.world().now();
            if !self.wait(&until, (self.run.history.end(), since)) {
                odd.is_unreached = true;
                let after_us = given.get(*commands_done).copied().unwrap_or(0);
                self.let_pass(began.plus_micros(after_us));
            }
            return;
        }
        let commands: Result<Vec<Command>, String> = run::commands(self.scenario, action, self.run.history.world());
        match commands {
            Err(why) => odd.refused.push(why),
            Ok(commands) => {
                *commands_done = commands_done.saturating_add(commands.len());
                for command in commands {
                    if let Err(why) = self.run.history.command(command) {
                        odd.refused.push(why.to_string());
                    }
                }
            }
        }
    }

    /// Runs until a condition holds. If it does not come, everything is as before, and this is false.
    fn wait(&mut self, until: &Until, begin: (crate::history::Moment, SimTime)) -> bool {
        let history = &mut self.run.history;
        history.keep();
        let before = history.end();
        let limits = Limits { within_ms: until.within_ms.min(WITHIN_MS), events: self.events_left };
        let came = run::run_until(until, begin, history, &limits).is_ok();
        let done = history.end().events.saturating_sub(before.events);
        self.events_left = self.events_left.saturating_sub(done);
        if !came {
            history.back_to(before);
        }
        came
    }

    fn let_pass(&mut self, until: SimTime) {
        // At the bound of the history time stands still.
        if run::pass_until(&mut self.run.history, until).is_ok() {
            self.run.history.idle_until(until);
        }
    }

    /// Where a step begins in the scenario.
    fn before(&self, index: usize) -> &StepEnd {
        index.checked_sub(1).and_then(|before| self.a.ends.get(before)).unwrap_or(&self.a.start)
    }

    /// How long a step takes in the scenario, in microseconds.
    fn length_us(&self, index: usize) -> u64 {
        let end = self.a.ends.get(index).map_or(0, |end| end.world.now().0);
        end.saturating_sub(self.before(index).world.now().0)
    }

    /// When the scenario gives each command of a step, in microseconds from the step's beginning.
    fn given_in_a(&self, index: usize) -> Vec<u64> {
        let (begin, end) = (self.before(index), self.a.ends.get(index));
        let until = end.map_or(begin.moment.facts, |end| end.moment.facts);
        let facts = self.a.history.facts().part(begin.moment.facts..until);
        let given = facts.iter().filter(|fact| matches!(fact.kind, FactKind::CommandGiven { .. }));
        given.map(|fact| fact.at.0.saturating_sub(begin.world.now().0)).collect()
    }
}

//! What if: a change is chosen, both futures are shown, and the comparison is left again.

use highwater_player::command::Command;
use highwater_player::compare::{Change, Fork};

use super::{App, Due, Place};
use crate::browser;
use crate::compare::form::{ForkAction, ForkForm};
use crate::compare::{Comparing, link};

impl App {
    pub(super) fn fork(&mut self, action: ForkAction) -> bool {
        match action {
            ForkAction::ToFirst => return self.go_to_first_difference(),
            ForkAction::Leave => return self.leave_fork(),
            ForkAction::Make => {
                let change = self.session().and_then(|session| session.form.as_ref()?.change());
                return self.make_fork(change);
            }
            ForkAction::Turn(knob, value) => {
                let turned = self.session().and_then(|session| {
                    let knob = session.form.as_ref()?.knobs.get(knob)?;
                    knob.values.get(value).map(|(_, change)| change.clone())
                });
                return self.make_fork(turned);
            }
            _ => {}
        }
        let (is_opened, is_closed) = (action == ForkAction::Open, action == ForkAction::Close);
        let changed = self.session_mut(|session| {
            if action == ForkAction::Open {
                session.menu = false;
                session.playing = false;
                let player = session.compare.as_ref().map_or(&session.player, |compare| &compare.fork.player);
                let form = ForkForm::new(player.step(), session.player.knobs(), player.offers());
                session.form = Some(Box::new(form));
            } else if action == ForkAction::Close {
                session.form = None;
            } else if let Some(form) = &mut session.form {
                form.act(action);
            }
        });
        if changed && is_opened {
            self.due.push(Due::Open("#fork"));
        } else if is_closed {
            self.back_to("[data-action=fork]");
        }
        changed
    }

    fn make_fork(&mut self, change: Option<Change>) -> bool {
        let Place::Playing(session) = &mut self.place else { return false };
        let Some(form) = &mut session.form else { return false };
        let Some(change) = change else {
            form.problem = Some(highwater_player::phrase::Phrase::new("interface.fork_too_long"));
            return true;
        };
        let earlier = session.compare.as_ref().filter(|compare| !compare.is_own);
        let mut changes: Vec<Change> = earlier.map(|compare| compare.fork.changes().to_vec()).unwrap_or_default();
        // A config that is turned once more replaces what it was.
        let config = |change: &Change| change.argument.split_once(':').map(|(name, _)| name.to_owned());
        changes.retain(|known| {
            (known.step, &known.name, &known.target) != (change.step, &change.name, &change.target)
                || config(known) != config(&change)
        });
        changes.push(change);
        match Fork::new(&session.player, &changes) {
            Err(error) => form.problem = Some(*error.0),
            Ok(fork) => {
                session.form = None;
                self.compare(fork);
                self.due.push(Due::Focus("[data-action=next]".to_owned()));
            }
        }
        true
    }

    /// The changes that a link asks for; those that are not possible are told, and the others made.
    pub(super) fn fork_as_asked(&mut self, asked: &[String]) {
        let (wanted, problems) = link::changes(asked);
        self.notes.extend(problems);
        let Place::Playing(session) = &self.place else { return };
        let mut made = Fork::new(&session.player, &wanted);
        if made.is_err() {
            let mut changes = Vec::new();
            for change in wanted {
                changes.push(change);
                if let Err(error) = Fork::new(&session.player, &changes) {
                    self.notes.push(*error.0);
                    changes.pop();
                }
            }
            made = Fork::new(&session.player, &changes);
        }
        match made {
            Ok(fork) if fork.changes().is_empty() => self.write_link(),
            Ok(fork) => self.compare(fork),
            Err(error) => self.notes.push(*error.0),
        }
    }

    /// Shows the two futures that the scenario compares by itself, if it does.
    pub(super) fn compare_as_scenario_does(&mut self) {
        let Place::Playing(session) = &mut self.place else { return };
        let Some(compare) = session.player.scenario().compare.clone() else { return };
        // It ran when the scenario was opened, so it runs.
        if let Ok(fork) = Fork::new(&session.player, &compare.changes) {
            session.compare = Some(Box::new(Comparing::new(fork, true)));
        }
    }

    /// Shows two futures.
    fn compare(&mut self, fork: Fork) {
        let lang = self.lang;
        browser::motion::finish();
        let Place::Playing(session) = &mut self.place else { return };
        session.settle();
        session.why = None;
        session.playing = false;
        let compare = Comparing::new(fork, false);
        self.announced = compare.spoken(&session.player, lang);
        session.compare = Some(Box::new(compare));
        self.write_link();
    }

    fn go_to_first_difference(&mut self) -> bool {
        let first = self.session().and_then(|session| session.compare.as_ref()?.fork.first().map(|first| first.step));
        first.is_some_and(|step| self.go(Command::Seek(step), true))
    }

    pub(super) fn leave_fork(&mut self) -> bool {
        let lang = self.lang;
        let Place::Playing(session) = &mut self.place else { return false };
        if session.compare.as_ref().is_none_or(|compare| compare.is_own) {
            return false;
        }
        browser::motion::finish();
        session.settle();
        session.compare = None;
        session.why = None;
        self.compare_as_scenario_does();
        let Place::Playing(session) = &mut self.place else { return false };
        self.announced = session.spoken(lang);
        self.write_link();
        self.due.push(Due::Focus("[data-action=fork]".to_owned()));
        true
    }
}

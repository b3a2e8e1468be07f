//! Playing, scrubbing, and moving among the marks.

use super::{App, Due, Place, number};
use crate::action::Action;
use crate::browser;
use crate::options::View;
use crate::progress::KEPT_AS;
use crate::session::Session;
use crate::stage::focus;
use crate::stage::frame::Mode;
use highwater_player::command::Command;
use highwater_player::inspect;
use yew::prelude::*;

/// The first of the ways on after the last step.
const WAYS_ON: &str = ".foot a";

/// What opens the menu of narrow players.
const MENU: &str = ".bar [data-action=menu]";

impl App {
    /// We are at another step: the address, the progress, the events and the words for screen readers say so.
    pub(super) fn stepped(&mut self) {
        let lang = self.lang;
        let Some(session) = self.session() else { return };
        let (id, step, steps) = (session.player.id().to_owned(), session.player.step(), session.player.steps());
        let announced = session.spoken(lang);
        let pause = (session.playing && !session.is_busy()).then(|| (session.reading_ms(lang), session.serial));
        self.announced = announced;
        self.progress.arrive(&id, step, steps);
        browser::keep(KEPT_AS, &self.progress.write());
        self.write_link();
        self.due.push(Due::Emit(
            "highwater-step",
            vec![("scenario", id.into()), ("step", number(step)), ("steps", number(steps))],
        ));
        if step == steps {
            self.due.push(Due::Emit("highwater-end", Vec::new()));
            // The button that was pressed has nothing more to do, and would let the focus go.
            if browser::has_focus_in("[data-action=next]") {
                self.due.push(Due::ShowAll(WAYS_ON));
                self.due.push(Due::Focus(WAYS_ON.to_owned()));
            }
        }
        if let Some((pause, serial)) = pause {
            let dispatch = self.dispatch.clone();
            browser::after(pause, move || dispatch.emit(Action::Onward(serial)));
        }
    }

    pub(super) fn answered(&mut self, step: usize) {
        let Some(session) = self.session() else { return };
        let Some((_, right)) = session.player.answers().into_iter().find(|(answered, _)| *answered == step) else {
            return;
        };
        let id = session.player.id().to_owned();
        self.progress.answer(&id, step, right);
        browser::keep(KEPT_AS, &self.progress.write());
        self.due.push(Due::Emit(
            "highwater-answer",
            vec![("scenario", id.into()), ("step", number(step)), ("correct", right.into())],
        ));
        if browser::has_focus_in(".ask") {
            self.due.push(Due::ShowAll(".ask"));
        }
        self.due.push(Due::Focus("[data-action=next]".to_owned()));
    }

    /// A dialog goes: what opened it has the focus, or the menu, if it stood there and the menu is gone.
    pub(super) fn back_to(&mut self, opener: &'static str) {
        self.due.extend([Due::KeepFocus(opener), Due::KeepFocus(MENU)]);
    }

    /// Opens the menu of narrow players, or closes it. The focus goes with it.
    pub(super) fn menu(&mut self, shown: bool) -> bool {
        let had = self.session().is_some_and(|session| session.menu);
        if had != shown {
            let to = if shown { ".menu [aria-selected=true]" } else { MENU };
            self.due.push(Due::Focus(to.to_owned()));
        }
        self.session_mut(|session| session.menu = shown)
    }

    pub(super) fn chapter(&mut self, number: usize) -> bool {
        let first = self.session().and_then(|session| {
            session.player.chapters(self.lang).get(number.wrapping_sub(1)).map(|chapter| chapter.first)
        });
        first.is_some_and(|first| self.go(Command::Seek(first), true))
    }

    pub(super) fn play_pause(&mut self) -> bool {
        let lang = self.lang;
        let Place::Playing(session) = &mut self.place else {
            return false;
        };
        session.playing = !session.playing;
        session.serial = session.serial.wrapping_add(u32::from(!session.is_busy()));
        if !session.playing || session.is_busy() {
            return true;
        }
        if session.is_at_end() {
            session.playing = false;
            let started = self.go(Command::First, false);
            self.session_mut(|session| session.playing = true);
            let Some(session) = self.session() else { return started };
            let (serial, pause) = (session.serial, session.reading_ms(lang));
            let dispatch = self.dispatch.clone();
            browser::after(pause, move || dispatch.emit(Action::Onward(serial)));
            return true;
        }
        let serial = session.serial;
        self.onward(serial)
    }

    /// The pause of a playing scenario is over. An open question stops it, and so does the end.
    pub(super) fn onward(&mut self, serial: u32) -> bool {
        let lang = self.lang;
        let Place::Playing(session) = &mut self.place else {
            return false;
        };
        if session.serial != serial || !session.playing {
            return false;
        }
        if session.is_at_end() || session.is_asking(lang) {
            session.playing = false;
            return true;
        }
        self.go(Command::Next, false)
    }

    /// Starts the motions of the picture that has just been drawn, and waits for the next.
    pub(super) fn play_moves(&self, _: &Context<App>) {
        let Some(session) = self.session() else { return };
        for one in session.moves() {
            browser::motion::play(&one);
        }
        let Some((at, is_over)) = session.next_at() else { return };
        let (serial, dispatch) = (session.serial, self.dispatch.clone());
        let wait = (at - session.drawn_at()).max(0.0);
        browser::after(wait, move || {
            dispatch.emit(if is_over { Action::Rest(serial) } else { Action::Beat(serial) });
        });
    }

    pub(super) fn beat(&mut self, serial: u32) -> bool {
        let drawn = self.with_session(serial, Session::draw_beat);
        if drawn {
            if browser::stage_has_focus() {
                self.due.push(Due::KeepFocus("[data-stage]"));
            }
            self.due.push(Due::Play);
        }
        drawn
    }

    pub(super) fn rest(&mut self, serial: u32) -> bool {
        if !self.with_session(serial, |_| {}) {
            return false;
        }
        browser::motion::finish();
        if browser::stage_has_focus() {
            self.due.push(Due::KeepFocus("[data-stage]"));
        }
        let lang = self.lang;
        let Place::Playing(session) = &mut self.place else {
            return false;
        };
        session.settle();
        if session.playing {
            let (serial, pause) = (session.serial, session.reading_ms(lang));
            let dispatch = self.dispatch.clone();
            browser::after(pause, move || dispatch.emit(Action::Onward(serial)));
        }
        true
    }

    /// Opens the card that says why a mark shows what it shows, or closes it.
    pub(super) fn why(&mut self, mark: Option<String>) -> bool {
        let lang = self.lang;
        let Place::Playing(session) = &mut self.place else { return false };
        let mark = mark.filter(|mark| session.why_of(mark, lang).is_some());
        if mark.is_none()
            && let Some(before) = session.why.take()
        {
            self.due.push(match inspect::value_of(&before) {
                Some(_) => Due::Focus(format!("[data-why-of=\"{before}\"]")),
                None => Due::Mark(vec![before]),
            });
            return true;
        }
        session.settle();
        let opened = mark.is_some();
        session.why = mark;
        if opened {
            self.due.push(Due::Why);
        }
        opened
    }

    /// The card that says why goes where it is a sheet over what has the focus now.
    pub(super) fn leave_why(&mut self) -> bool {
        let is_open = self.session().is_some_and(|session| session.why.is_some());
        is_open && self.frame().mode == Mode::Narrow && self.session_mut(|session| session.why = None)
    }

    /// The picture of a step, with the focus on what a fact was about.
    pub(super) fn show(&mut self, step: usize, marks: Vec<String>) -> bool {
        self.view = View::Stage;
        self.go(Command::Seek(step), true);
        self.write_link();
        self.due.push(Due::Mark(marks));
        true
    }

    pub(super) fn scrub(&mut self, step: usize) -> bool {
        let Place::Playing(session) = &mut self.place else {
            return false;
        };
        session.scrubbing = true;
        if session.player.step() == step {
            return true;
        }
        self.go(Command::Seek(step), true)
    }

    pub(super) fn scrub_end(&mut self) -> bool {
        let Some(session) = self.session().filter(|session| session.scrubbing) else {
            return false;
        };
        let (serial, dispatch) = (session.serial, self.dispatch.clone());
        browser::after(120.0, move || dispatch.emit(Action::ScrubOver(serial)));
        false
    }

    pub(super) fn arrow(&mut self, mark: Option<&str>, direction: focus::Direction) -> bool {
        let Some(session) = self.session() else { return false };
        let areas = match &session.compare {
            Some(compare) => compare.areas(session.side_a(), self.lang, self.width),
            None => session.picture_in(self.view, self.lang, self.frame()).areas(),
        };
        if let Some(next) = focus::next(&areas, mark, direction) {
            browser::focus_mark(&next);
            return self.follow_focus(&next);
        }
        false
    }

    /// The inspector follows the focus to another mark.
    fn follow_focus(&mut self, mark: &str) -> bool {
        let is_sheet = self.frame().mode == Mode::Narrow;
        let Place::Playing(session) = &mut self.place else { return false };
        let follows = session.inspect.as_ref().is_some_and(|before| before != mark);
        if follows {
            session.inspect = Some(mark.to_owned());
            session.why = None;
        }
        if follows && is_sheet {
            self.due.push(Due::Reveal(mark.to_owned()));
        }
        follows
    }

    pub(super) fn escape(&mut self) -> bool {
        if self.session().is_some_and(|session| session.why.is_some()) {
            return self.why(None);
        }
        if self.session().is_some_and(|session| session.inspect.is_some()) {
            return self.inspect(None);
        }
        if self.session().is_some_and(|session| session.menu || session.gloss.is_some()) {
            self.menu(false);
            return self.session_mut(|session| session.gloss = None);
        }
        if self.session().is_some_and(|session| session.compare.is_some()) && self.leave_fork() {
            return true;
        }
        browser::focus("[data-timeline]");
        false
    }
}

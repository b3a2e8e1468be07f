//! What the page fetches: the course's list and the scenarios.

use std::rc::Rc;

use highwater_player::command::Command;
use highwater_player::course::{self, Course, Tags};
use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use highwater_player::playback::Player;

use super::{App, Due, Place, number};
use crate::action::Action;
use crate::options::{FILES, REVIEW, SIMPLIFIED, TERMS, View};
use crate::session::Session;
use crate::{browser, options};

/// The scenario that plays with the first part of the program alone: the first of the course.
const FIRST_SCENARIO: &str = "key-hash";

/// Why a scenario does not play.
pub(super) struct Failure {
    pub(super) id: String,
    pub(super) title: Phrase,
    pub(super) line: Phrase,
    pub(super) said: Option<String>,
    pub(super) can_try_again: bool,
}

impl App {
    pub(super) fn load(&mut self, id: String) {
        // Ids are file names: whatever is not one is no scenario, and is not asked for.
        let is_id = id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !is_id {
            self.place = Place::Failed(unknown(id));
            return;
        }
        self.due.push(Due::Top);
        self.place = Place::Loading(id.clone());
        let needs_more = id != FIRST_SCENARIO || self.view != View::Stage || !self.asked_forks.is_empty();
        match browser::take_ahead(&id) {
            Some(text) if !needs_more => {
                self.arrived(&id, Ok(text));
            }
            ahead => {
                let dispatch = self.dispatch.clone();
                browser::fetch_scenario(&format!("scenarios/{id}.json"), ahead, needs_more, move |result| {
                    dispatch.emit(Action::Scenario(id, result));
                });
            }
        }
    }

    /// Plays a packed scenario that somebody brought, as soon as the part of the program that it needs is here.
    pub(super) fn open_brought(&mut self, name: String, text: String) -> bool {
        let (dispatch, id) = (self.dispatch.clone(), name.clone());
        browser::with_more(false, move |result| dispatch.emit(Action::Scenario(id, result.map(|()| text))));
        self.place = Place::Loading(name);
        self.brought = true;
        self.due.push(Due::Top);
        true
    }

    /// The course's list in the language of the page. Until it is here, the one in the language before stays.
    pub(super) fn fetch_course(&self) {
        let (dispatch, lang) = (self.dispatch.clone(), self.lang);
        browser::fetch_text(&format!("scenarios/{}", course::file(lang)), move |result| {
            dispatch.emit(Action::Course(lang, result));
        });
    }

    pub(super) fn course_arrived(&mut self, lang: Lang, result: Result<String, String>) -> bool {
        if lang != self.lang {
            return false;
        }
        let read = |text: String| Course::from_json(&text).map(Rc::new).map_err(|error| error.to_string());
        self.course = Some(result.and_then(read));
        // A player names what follows at its end.
        self.session().is_none_or(|session| session.player.step() == session.player.steps())
    }

    /// The first search of the course asks for its tags; until they are here, it is by titles and hooks.
    pub(super) fn search_for(&mut self, words: String) -> bool {
        if self.tags.is_none() && matches!(self.place, Place::Home) {
            self.tags = Some(Tags::default());
            let dispatch = self.dispatch.clone();
            browser::fetch_text(&format!("scenarios/{}", course::TAGS), move |result| {
                dispatch.emit(Action::Tags(result));
            });
        }
        self.search = words;
        true
    }

    /// Where they did not come, the next search asks again.
    pub(super) fn tags_arrived(&mut self, result: Result<String, String>) -> bool {
        self.tags = result.ok().map(|text| Tags::read(&text));
        self.tags.is_some()
    }

    pub(super) fn again(&mut self) -> bool {
        if matches!(self.course, Some(Err(_))) {
            self.course = None;
            self.fetch_course();
        }
        if let Place::Failed(failure) = &self.place {
            let id = failure.id.clone();
            match id.as_str() {
                FILES => return self.open_files(None),
                TERMS => return self.open_terms(),
                _ => {}
            }
            self.load(id);
        }
        true
    }

    /// To the step that a link names, by number or id. Says whether that moved anything.
    pub(super) fn go_to_step(&mut self, text: Option<&str>) -> bool {
        let Some(text) = text else { return false };
        let Some(session) = self.session() else { return false };
        match session.player.step_number(text) {
            Some(step) if step == session.player.step() => false,
            Some(step) => self.go(Command::Seek(step), false),
            None => {
                let note = Phrase::new("interface.bad_step")
                    .with("value", options::shorten(text))
                    .with("steps", i64::try_from(session.player.steps()).unwrap_or(i64::MAX));
                self.notes.push(note);
                false
            }
        }
    }

    /// A scenario's file is here, or is not.
    pub(super) fn arrived(&mut self, id: &str, result: Result<String, String>) -> bool {
        if !matches!(&self.place, Place::Loading(waiting) if waiting == id) {
            return false;
        }
        if id == REVIEW || id == SIMPLIFIED {
            return self.page_arrived(id, result);
        }
        let file = if self.brought { id.to_owned() } else { format!("scenarios/{id}.json") };
        let open = if self.brought { Player::open_brought } else { Player::open };
        let opened = match result {
            Ok(text) => open(&text).map_err(|error| Failure {
                id: id.to_owned(),
                title: Phrase::new("interface.broken_title").with("id", id),
                line: Phrase::new("interface.broken_line").with("file", file.as_str()),
                said: Some(error.to_string()),
                can_try_again: false,
            }),
            Err(said) if said.starts_with("404") => Err(unknown(id.to_owned())),
            Err(said) => Err(Failure {
                id: id.to_owned(),
                title: Phrase::new("interface.unloaded_title").with("id", id),
                line: Phrase::new("interface.unloaded_line").with("file", file.as_str()),
                said: Some(said),
                can_try_again: true,
            }),
        };
        match opened {
            Ok(player) => {
                let forks = std::mem::take(&mut self.asked_forks);
                self.has_more |= self.brought || id != FIRST_SCENARIO || self.view != View::Stage || !forks.is_empty();
                let (steps, id) = (player.steps(), player.id().to_owned());
                self.place = Place::Playing(Box::new(Session::new(player, browser::wants_less_motion())));
                let asked = self.asked_step.take();
                if self.session().is_some_and(|session| session.player.compares()) {
                    self.compare_as_scenario_does();
                }
                self.due.push(Due::Emit("highwater-ready", vec![("scenario", id.into()), ("steps", number(steps))]));
                if !self.go_to_step(asked.as_deref()) {
                    self.stepped();
                }
                if !forks.is_empty() {
                    self.fork_as_asked(&forks);
                }
            }
            Err(failure) => {
                let message = failure.said.clone().unwrap_or_else(|| failure.title.say(Lang::En));
                self.due.push(Due::Emit("highwater-error", vec![("message", message.into())]));
                self.place = Place::Failed(failure);
            }
        }
        true
    }
}

fn unknown(id: String) -> Failure {
    Failure {
        title: Phrase::new("interface.unknown_title").with("id", options::shorten(&id)),
        line: Phrase::new("interface.unknown_line"),
        said: None,
        can_try_again: false,
        id,
    }
}

//! The way to the files that a reader brings, and to the list of all terms.

use highwater_player::phrase::Phrase;

use super::loading::Failure;
use super::{App, Due, Place};
use crate::action::Action;
use crate::browser;
use crate::browser::files::Happening;
use crate::options::{FILES, TERMS};
use crate::own_files::{FilesAction, FilesPlace};

impl App {
    /// Goes there, with what was dropped, as soon as the part of the program that it needs is here.
    pub(super) fn open_files(&mut self, dropped: Option<js_sys::Array>) -> bool {
        let dispatch = self.dispatch.clone();
        browser::with_more(true, move |result| dispatch.emit(Action::FilesReady(result, dropped)));
        if !matches!(self.place, Place::Files(_)) {
            self.place = Place::Loading(FILES.to_owned());
            self.due.push(Due::Top);
        }
        true
    }

    pub(super) fn files_ready(&mut self, result: Result<(), String>, dropped: Option<js_sys::Array>) -> bool {
        self.has_more |= result.is_ok();
        match (&self.place, result) {
            (Place::Loading(id), Ok(())) if id == FILES => {
                self.place = Place::Files(Box::default());
                self.announced = self.title();
            }
            (Place::Loading(id), Err(said)) if id == FILES => self.place = without_more(FILES, said),
            _ => {}
        }
        self.write_link();
        dropped.is_none_or(|things| self.files(FilesAction::Offered(things)))
    }

    /// Goes to the list of all terms, as soon as their words are here.
    pub(super) fn open_terms(&mut self) -> bool {
        let dispatch = self.dispatch.clone();
        browser::with_more(false, move |result| dispatch.emit(Action::TermsReady(result)));
        self.place = Place::Loading(TERMS.to_owned());
        self.due.push(Due::Top);
        true
    }

    pub(super) fn terms_ready(&mut self, result: Result<(), String>) -> bool {
        if !matches!(&self.place, Place::Loading(id) if id == TERMS) {
            return false;
        }
        self.has_more |= result.is_ok();
        self.place = match result {
            Ok(()) => Place::Terms,
            Err(said) => without_more(TERMS, said),
        };
        self.announced = self.title();
        true
    }

    pub(super) fn files(&mut self, action: FilesAction) -> bool {
        let Place::Files(place) = &mut self.place else { return false };
        if let FilesAction::Happened(serial, Happening::Scenario(name, text)) = action {
            return serial == place.serial && self.open_brought(name, text);
        }
        if let Some(things) = FilesPlace::act(place, action) {
            let (serial, dispatch) = (place.serial, self.dispatch.clone());
            browser::files::read(things, move |happening| {
                dispatch.emit(Action::Files(FilesAction::Happened(serial, happening)));
            });
        }
        true
    }
}

fn without_more(id: &str, said: String) -> Place {
    Place::Failed(Failure {
        id: id.to_owned(),
        title: Phrase::new("interface.unloaded_title").with("id", id),
        line: Phrase::new("interface.unloaded_line").with("file", "more.wasm"),
        said: Some(said),
        can_try_again: true,
    })
}

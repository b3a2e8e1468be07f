//! The language of the page, whose words may have to be loaded first.

use highwater_player::lang::Lang;
use highwater_player::locale;
use highwater_player::phrase::Phrase;

use super::App;
use crate::action::Action;
use crate::browser;
use crate::session::Session;

impl App {
    /// Changes the language, at once or when its words are here.
    pub(super) fn speak(&mut self, lang: Lang) {
        if locale::is_loaded(lang) {
            self.lang_due = None;
            if self.lang != lang {
                self.session_mut(Session::settle);
                self.lang = lang;
                self.fetch_course();
            }
            return;
        }
        self.lang_due = Some(lang);
        let dispatch = self.dispatch.clone();
        browser::fetch_text(&format!("scenarios/{}", locale::file(lang)), move |result| {
            dispatch.emit(Action::Words(lang, result));
        });
    }

    pub(super) fn words_arrived(&mut self, lang: Lang, result: Result<String, String>) -> bool {
        let said = match result {
            Ok(words) => (!locale::load(lang, words)).then(|| locale::file(lang)),
            Err(said) => Some(said),
        };
        if self.lang_due != Some(lang) {
            return false;
        }
        match said {
            None => self.speak(lang),
            Some(said) => {
                self.lang_due = None;
                self.notes.push(Phrase::new("interface.words_failed").with("said", said));
                self.write_link();
            }
        }
        true
    }
}

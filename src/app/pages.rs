//! Pages and dialogs that come with the second part of the program: the questions to look at again, what is simplified,
//! what was checked.

use highwater_player::checked::{self, Checked};
use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use highwater_player::review::{self, Asked};
use highwater_player::simplified::Simplified;
use yew::prelude::*;

use super::loading::Failure;
use super::{App, Due, Place};
use crate::action::Action;
use crate::browser;
use crate::components::say;
use crate::components::{checked as checked_card, review as review_page, simplified as simplified_page};
use crate::options::{REVIEW, SIMPLIFIED};
use crate::progress::KEPT_AS;

/// Such a page.
pub(super) enum LaterPage {
    /// All questions of the course; those to look at again are shown.
    Review(Vec<Asked>),
    /// What is simplified.
    Simplified(Simplified),
}

impl LaterPage {
    /// What stands in links.
    pub(super) fn id(&self) -> &'static str {
        match self {
            LaterPage::Review(_) => REVIEW,
            LaterPage::Simplified(_) => SIMPLIFIED,
        }
    }

    pub(super) fn title(&self, lang: Lang) -> String {
        say(lang, &format!("{}.page_title", self.id()))
    }
}

impl App {
    /// The file of such a page is here, or is not.
    #[inline(never)]
    pub(super) fn page_arrived(&mut self, id: &str, result: Result<String, String>) -> bool {
        self.has_more |= result.is_ok();
        let (title, text) = match result {
            Ok(text) => ("interface.broken_title", Ok(text)),
            Err(said) => ("interface.unloaded_title", Err(said)),
        };
        let page = text.and_then(|text| {
            if id == REVIEW {
                review::from_json(&text).map(LaterPage::Review).map_err(|error| error.to_string())
            } else {
                Simplified::from_json(&text).map(LaterPage::Simplified).map_err(|error| error.to_string())
            }
        });
        match page {
            Ok(page) => {
                if let LaterPage::Review(asked) = &page {
                    // A scenario may have been written anew since.
                    self.progress.forget(|id, step| asked.iter().any(|one| one.scenario == id && one.step == step));
                    browser::keep(KEPT_AS, &self.progress.write());
                }
                self.place = Place::Later(Box::new(page));
                self.announced = self.title();
            }
            Err(said) => {
                self.place = Place::Failed(Failure {
                    id: id.to_owned(),
                    title: Phrase::new(title).with("id", id),
                    line: Phrase::new("interface.unloaded_line").with("file", format!("scenarios/{id}.json")),
                    said: Some(said),
                    can_try_again: true,
                });
            }
        }
        self.write_link();
        true
    }

    #[inline(never)]
    pub(super) fn later_page(&self, page: &LaterPage) -> Html {
        match page {
            LaterPage::Review(asked) => review_page::review(self.lang, asked, &self.progress, &self.home_link()),
            LaterPage::Simplified(text) => simplified_page::simplified(self.lang, text),
        }
    }

    /// Opens the list of what was checked, or closes it.
    #[inline(never)]
    pub(super) fn ask_checked(&mut self, shown: bool) -> bool {
        if shown {
            let dispatch = self.dispatch.clone();
            browser::fetch_text("scenarios/checked.json", move |result| dispatch.emit(Action::CheckedReady(result)));
        } else {
            self.back_to("[data-action=checked]");
        }
        self.checked.take().is_some()
    }

    #[inline(never)]
    pub(super) fn checked_ready(&mut self, result: Result<String, String>) -> bool {
        let read = result.and_then(|text| checked::from_json(&text).map_err(|error| error.to_string()));
        match read {
            Ok(checked) => {
                self.checked = Some(checked);
                self.due.push(Due::Help);
            }
            Err(said) => self.notes.push(Phrase::new("interface.more_failed").with("said", said)),
        }
        true
    }

    #[inline(never)]
    pub(super) fn checked_dialog(&self, checked: &[Checked]) -> Html {
        let id = self.session().map(|session| session.player.id()).unwrap_or_default();
        let own = checked.iter().find(|one| one.scenario == id).map(|one| one.checks.as_slice());
        checked_card::checked(self.lang, own.unwrap_or_default(), &self.dispatch)
    }
}

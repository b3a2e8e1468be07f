//! A link to exactly this picture: scenario, step, language and changes.

use super::{App, Due, Place};
use crate::action::{Action, ShareAction};
use crate::browser;
use crate::compare::link;
use crate::components::share::Share;
use crate::options;

/// The field with the link.
const FIELD: &str = "[data-share-link]";

impl App {
    pub(super) fn share(&mut self, action: ShareAction) -> bool {
        match action {
            ShareAction::Open => {
                let link = if self.brought { None } else { self.shared_link() };
                let opened = self.session_mut(|session| {
                    session.menu = false;
                    session.playing = false;
                    session.share = Some(Box::new(Share { link, is_copied: None }));
                });
                if opened {
                    self.due.push(Due::Open("#share"));
                    self.due.push(Due::Focus(FIELD.to_owned()));
                }
                opened
            }
            ShareAction::Close => {
                self.back_to("[data-action=share]");
                self.session_mut(|session| session.share = None)
            }
            ShareAction::Copy => {
                let link = self.session().and_then(|session| session.share.as_ref()?.link.clone());
                if let Some(link) = link {
                    let dispatch = self.dispatch.clone();
                    browser::share::copy(&link, FIELD, move |is_copied| {
                        dispatch.emit(Action::Share(ShareAction::Copied(is_copied)));
                    });
                }
                false
            }
            ShareAction::Copied(is_copied) => self.session_mut(|session| {
                if let Some(share) = &mut session.share {
                    share.is_copied = Some(is_copied);
                }
            }),
        }
    }

    fn shared_link(&self) -> Option<String> {
        let Place::Playing(session) = &self.place else { return None };
        let theme = self.theme_chosen.then_some(self.theme);
        let (id, step) = (session.player.id(), session.player.step());
        let hash = options::format(Some(id), Some(step), Some(self.lang), theme, self.view);
        let changes = session.compare.as_ref().filter(|compare| !compare.is_own);
        let hash = link::with_changes(&hash, changes.map(|compare| compare.fork.changes()).unwrap_or_default());
        browser::share::address(&hash)
    }
}

//! The address of what is shown.

use super::{App, Place};
use crate::app::loading::Failure;
use crate::compare::link;
use crate::options::{FILES, TERMS, View};
use crate::{browser, options};

impl App {
    /// The address says where we are, so that it can be copied and reloaded.
    pub(super) fn write_link(&self) {
        if self.brought {
            return;
        }
        let (lang, theme) = self.chosen();
        let hash = match &self.place {
            Place::Playing(session) => {
                let (id, step) = (session.player.id(), session.player.step());
                let hash = options::format(Some(id), Some(step), lang, theme, self.view);
                match &session.compare {
                    Some(compare) if !compare.is_own => link::with_changes(&hash, compare.fork.changes()),
                    _ => hash,
                }
            }
            Place::Home => options::format(None, None, lang, theme, View::Stage),
            Place::Files(_) => options::format(Some(FILES), None, lang, theme, View::Stage),
            Place::Terms => options::format(Some(TERMS), None, lang, theme, View::Stage),
            Place::Later(page) => options::format(Some(page.id()), None, lang, theme, View::Stage),
            Place::Loading(id) | Place::Failed(Failure { id, .. }) => {
                options::format(Some(id), None, lang, theme, self.view)
            }
        };
        browser::replace_hash(&hash);
    }
}

//! What is pressed is looked into; the inspector stays open until it is closed, and follows.

use super::{App, Due, Place};
use crate::action::FactFilter;
use crate::browser;
use crate::options::View;
use highwater_player::phrase::Phrase;
use highwater_player::scene::text;

impl App {
    /// Looks into a mark, or closes the inspector and gives the focus back to its mark. What is open already gets the focus.
    pub(super) fn inspect(&mut self, mark: Option<String>) -> bool {
        let lang = self.lang;
        let Place::Playing(session) = &mut self.place else { return false };
        let Some(mark) = mark else {
            let before = session.inspect.take();
            session.why = None;
            if browser::has_focus_in("[data-inspector]") || !browser::has_focus() {
                self.due.push(Due::Mark(before.into_iter().collect()));
            }
            return true;
        };
        if session.inspect.as_ref() == Some(&mark) {
            self.due.push(Due::Focus("#inspector-title".to_owned()));
            return true;
        }
        let Some(inspection) = session.player.inspect(&mark, lang) else { return false };
        if session.is_busy() {
            browser::motion::finish();
            session.settle();
        }
        session.menu = false;
        session.why = None;
        session.inspect = Some(mark.clone());
        self.announced =
            Phrase::new("inspect.opened").with("kind", inspection.kind).with("title", inspection.title).say(lang);
        self.due.push(Due::Reveal(mark));
        true
    }

    /// Looks into what the step is about, or else into the first thing in the picture; closes the inspector where it is open.
    pub(super) fn inspect_here(&mut self) -> bool {
        let Some(session) = self.session() else { return false };
        if session.inspect.is_some() {
            return self.inspect(None);
        }
        let scene = session.player.scene();
        let focused = browser::focused_mark();
        let is_there = |mark: &String| text::label(&scene, mark, self.lang).is_some();
        let looked_at = focused.or_else(|| scene.look.iter().find(|mark| is_there(mark)).cloned());
        let first = looked_at.or_else(|| text::marks(&scene).into_iter().next());
        let opened = first.is_some_and(|mark| self.inspect(Some(mark)));
        if opened {
            self.due.push(Due::Focus("#inspector-title".to_owned()));
        }
        opened
    }

    /// The list of facts, only those that are about a mark.
    pub(super) fn facts_of(&mut self, mark: String) -> bool {
        self.view = View::Facts;
        self.write_link();
        self.session_mut(|session| {
            session.settle();
            session.filter = FactFilter { mark: Some(mark), ..FactFilter::default() };
        })
    }
}

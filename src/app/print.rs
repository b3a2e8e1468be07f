//! The scenario on paper, while the browser prints.

use highwater_player::command::Command;

use super::{App, Place};
use crate::browser;
use crate::components::print::{PAPER_PX, Sheet, Sheets};
use crate::options::Theme;
use crate::session::Session;
use crate::stage::frame::Frame;

impl App {
    /// The browser begins to print, or has printed.
    pub(super) fn print(&mut self, begins: bool) -> bool {
        self.printing = begins;
        // Now: what is due after rendering comes too late for the paper.
        self.dress();
        self.sheets = None;
        if begins && browser::prints_all() {
            self.lay_out_sheets();
        }
        true
    }

    /// The document's language, title and theme: paper is white.
    pub(super) fn dress(&self) {
        let theme = if self.printing { Theme::Light } else { self.theme };
        browser::dress(self.lang, theme, &self.title());
    }

    /// Makes the pages of the scenario that plays.
    pub(super) fn lay_out_sheets(&mut self) {
        let lang = self.lang;
        let Place::Playing(session) = &mut self.place else { return };
        session.settle();
        let player = &mut session.player;
        let (shown, steps) = (player.step(), player.steps());
        let frame = Frame::standalone(PAPER_PX);
        let mut sheets = Vec::new();
        for step in 1..=steps {
            if player.dispatch(Command::Seek(step)).is_err() {
                continue;
            }
            sheets.push(Sheet {
                step,
                words: player.words(lang),
                question: player.question(lang),
                facts: player.latest_facts(2, lang),
                text: player.text(lang).into_iter().map(|block| (block.heading, block.lines)).collect(),
                picture: Session::quiet_picture(&player.scene(), lang, frame).into(),
            });
        }
        // Back to where it was; the step is there.
        let _ = player.dispatch(Command::Seek(shown));
        let scenario = player.scenario();
        let source = format!("seed {} · Kafka {} · highwater #/{}", scenario.seed, scenario.kafka, scenario.id);
        self.sheets = Some(Sheets { lang, title: player.title(lang), source, steps: sheets });
    }
}

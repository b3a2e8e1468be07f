//! Answers that are pointed at in the picture or given as a number.

use highwater_player::command::Command;
use highwater_player::question::number_from;

use super::{App, Due, Place};
use crate::browser::answering;

impl App {
    /// A mark is clicked or tapped, or Enter is pressed on it: it answers the question if it can, itself or what it is a part
    /// of; otherwise it is looked into.
    pub(super) fn press(&mut self, mark: String) -> bool {
        let Some(session) = self.session() else { return false };
        let mut whole = mark.as_str();
        let answer = loop {
            if let Some(answer) = session.player.answer_at(whole).filter(|_| answering::is_shown(".ask")) {
                break Some(answer);
            }
            match whole.rsplit_once('/') {
                Some((before, _)) => whole = before,
                None => break None,
            }
        };
        match answer {
            Some(answer) => {
                self.due.push(Due::Show(".ask"));
                self.go(Command::Answer(answer), true)
            }
            None => self.inspect(Some(mark)),
        }
    }

    /// To the question, and to what answers it.
    pub(super) fn go_to_question(&mut self) -> bool {
        answering::show_all(".ask");
        self.due.push(Due::Focus(".ask :is(button:enabled, input)".to_owned()));
        true
    }

    /// To the first mark that answers the question.
    pub(super) fn go_to_marks(&mut self) -> bool {
        let Some(session) = self.session() else { return false };
        let areas = session.picture(self.lang, self.frame()).areas();
        let first = session
            .player
            .question(self.lang)
            .into_iter()
            .flat_map(|question| question.choices)
            .find_map(|choice| choice.mark.filter(|mark| areas.contains_key(mark)));
        answering::bring_into_view("[data-stage]");
        self.due.extend(first.map(|mark| Due::Mark(vec![mark])));
        true
    }

    /// A number was given, or what is none.
    pub(super) fn give(&mut self, text: String) -> bool {
        if let Some(number) = number_from(&text) {
            return self.go(Command::Number(number), true);
        }
        let Place::Playing(session) = &mut self.place else { return false };
        session.no_number = Some(text);
        self.due.push(Due::Focus("#ask-number".to_owned()));
        true
    }
}

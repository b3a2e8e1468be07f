//! All questions of the course, for the list of those to look at again: the page's `scenarios/review.json`.

use crate::json::{self, Fields, Json, JsonError, Read};
use crate::script::{Localized, Place, all, localized};

/// A question of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Asked {
    /// The scenario's id.
    pub scenario: String,
    /// The question that the scenario answers.
    pub title: Localized,
    /// The step, from 1.
    pub step: usize,
    /// The step's title.
    pub step_title: Localized,
    /// The question.
    pub question: Localized,
}

/// Reads `review.json`: the questions in the order of the course.
///
/// # Errors
/// Text that is not JSON or not of this form.
pub fn from_json(text: &str) -> Result<Vec<Asked>, JsonError> {
    let mut fields = Fields::of(json::parse(text)?, Place::root())?;
    let asked = all(fields.list("questions")?, asked)?;
    fields.end()?;
    Ok(asked)
}

fn asked(json: Json, place: Place) -> Read<Asked> {
    let mut fields = Fields::of(json, place)?;
    let asked = Asked {
        scenario: fields.text("scenario")?,
        title: localized(fields.table("title")?)?,
        step: fields.number("step")?,
        step_title: localized(fields.table("step_title")?)?,
        question: localized(fields.table("question")?)?,
    };
    fields.end()?;
    Ok(asked)
}

#[cfg(feature = "author")]
mod pack {
    use super::Asked;
    use crate::command::Command;
    use crate::lang::Lang;
    use crate::playback::Player;
    use crate::script::{Localized, Scenario};
    use crate::words::Inline;

    /// The questions of a scenario that has been checked.
    ///
    /// # Errors
    /// None that a checked scenario could have; they are those of opening it.
    pub fn questions(scenario: &Scenario) -> Result<Vec<Asked>, String> {
        let mut player = Player::with(scenario.clone()).map_err(|error| error.to_string())?;
        let (english, chinese) = (player.stops(Lang::En), player.stops(Lang::Zh));
        let mut asked = Vec::new();
        for (en, zh) in english.into_iter().zip(chinese).filter(|(stop, _)| stop.question.is_some()) {
            player.dispatch(Command::Seek(en.number)).map_err(|error| error.to_string())?;
            let question = |lang: Lang| {
                let question = player.question(lang).into_iter().flat_map(|question| question.ask);
                question.map(|run: Inline| run.text().to_owned()).collect::<String>()
            };
            asked.push(Asked {
                scenario: scenario.id.clone(),
                title: scenario.title.clone(),
                step: en.number,
                step_title: Localized { en: en.title, zh: zh.title },
                question: Localized { en: question(Lang::En), zh: question(Lang::Zh) },
            });
        }
        Ok(asked)
    }
}

#[cfg(feature = "author")]
pub use pack::questions;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_read() {
        let text = r#"{"questions": [{"scenario": "a", "title": {"en": "A?", "zh": "甲？"}, "step": 3,
            "step_title": {"en": "S", "zh": "步"}, "question": {"en": "Q?", "zh": "问？"}}]}"#;
        let read = from_json(text).unwrap();
        assert_eq!((read[0].scenario.as_str(), read[0].step, read[0].question.zh.as_str()), ("a", 3, "问？"));
        for broken in ["", "[]", "{}", r#"{"questions": [{}]}"#, r#"{"questions": [], "more": 1}"#] {
            assert!(from_json(broken).is_err(), "{broken}");
        }
    }
}

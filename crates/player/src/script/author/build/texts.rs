//! The texts of both languages, and the questions.

use super::Builder;
use crate::expression::Expression;
use crate::script::author::form::{AskForm, ChoicesForm, StepTexts};
use crate::script::place::{Place, Problem};
use crate::script::{Ask, Choices, ListedChoice, Localized};
use crate::template::Template;

impl Builder {
    pub(super) fn ask(
        &mut self,
        place: &Place,
        zh: &Place,
        form: AskForm,
        texts: &StepTexts,
        index: usize,
        ids: &[String],
    ) -> Ask {
        let after = match form.after.as_deref() {
            None => index.saturating_add(1),
            Some("now") => index,
            Some(id) => self.step_named(&place.key("after"), id, ids).unwrap_or(index),
        };
        let question =
            self.template(&place.key("question"), &form.question, &zh.key("question"), texts.question.as_deref());
        let why = self.template(&place.key("why"), &form.why, &zh.key("why"), texts.why.as_deref());
        let choices = match form.choices {
            ChoicesForm::Word(word) => {
                if word != "near" {
                    self.say(
                        place.key("choices"),
                        format!("{word:?} is not possible here"),
                        "\"near\", or a list of { say, when }",
                    );
                }
                if texts.choices.is_some() {
                    self.say(zh.key("choices"), "these choices are numbers", "take it out");
                }
                if let Some(about) = form.about {
                    Choices::Near(self.expression(&place.key("about"), &about))
                } else {
                    self.say(
                        place.key("about"),
                        "the number that is asked for is missing",
                        "add about = \"hw(orders-0)\"",
                    );
                    Choices::Near(Expression::stand_in())
                }
            }
            ChoicesForm::List(list) => {
                if form.about.is_some() {
                    self.say(
                        place.key("about"),
                        "each choice has a condition of its own",
                        "take it out, or write choices = \"near\"",
                    );
                }
                let translated = texts.choices.clone().unwrap_or_default();
                if texts.choices.is_some() && translated.len() != list.len() {
                    let message = format!("{} choices, and scenario.toml has {}", translated.len(), list.len());
                    self.say(zh.key("choices"), message, "the same number in the same order");
                }
                let made = list.iter().enumerate().map(|(number, choice)| {
                    let here = place.key("choices").index(number);
                    let there = zh.key("choices").index(number);
                    ListedChoice {
                        say: self.template(
                            &here.key("say"),
                            &choice.say,
                            &there,
                            translated.get(number).map(String::as_str),
                        ),
                        when: self.expression(&here.key("when"), &choice.when),
                    }
                });
                Choices::Listed(made.collect())
            }
        };
        Ask { question, after, choices, why }
    }

    /// A text with values in both languages.
    pub(super) fn template(
        &mut self,
        en_place: &Place,
        en: &str,
        zh_place: &Place,
        zh: Option<&str>,
    ) -> Localized<Template> {
        Localized {
            en: self.one_template(en_place, en),
            zh: if let Some(zh) = zh {
                self.one_template(zh_place, zh)
            } else {
                self.missing(zh_place);
                Template::stand_in()
            },
        }
    }

    fn one_template(&mut self, place: &Place, source: &str) -> Template {
        Template::parse(source).unwrap_or_else(|problem| {
            self.problems.push(Problem::of_text(place.clone(), problem));
            Template::stand_in()
        })
    }

    /// A text without values in both languages.
    pub(super) fn plain(&mut self, zh_place: &Place, en: String, zh: Option<String>) -> Localized {
        let zh = zh.unwrap_or_else(|| {
            self.missing(zh_place);
            "?".to_owned()
        });
        Localized { en, zh }
    }

    /// Tells that a translation is missing, unless all that is around it is.
    fn missing(&mut self, place: &Place) {
        let told = self.problems.iter().any(|problem| crate::script::author::covers(&problem.place, place));
        if self.tells_missing && !told {
            self.say(place.clone(), "this text is missing in Chinese", format!("add {place}"));
        }
    }
}

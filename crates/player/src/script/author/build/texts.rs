//! The texts of both languages, and the questions.

use super::Builder;
use crate::expression::Expression;
use crate::script::author::form::{AskForm, ChoicesForm, StepTexts};
use crate::script::place::{Place, Problem};
use crate::script::{Ask, Asked, Choices, ListedChoice, Localized, Pointed};
use crate::template::Template;

impl Builder {
    pub(super) fn ask(
        &mut self,
        place: &Place,
        zh: &Place,
        form: &AskForm,
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
        let choices = self.answers(place, zh, form, texts);
        Ask { question, after, choices, why }
    }

    /// What is answered with: exactly one of `choices`, `number` and `point`.
    fn answers(&mut self, place: &Place, zh: &Place, form: &AskForm, texts: &StepTexts) -> Choices {
        let kinds =
            [("choices", form.choices.is_some()), ("number", form.number.is_some()), ("point", form.point.is_some())];
        let mut given = kinds.into_iter().filter(|(_, there)| *there).map(|(key, _)| key);
        let Some(kind) = given.next() else {
            self.say(place.clone(), "nothing to answer with", "give choices, number or point");
            return Choices::Near(Expression::stand_in());
        };
        if let Some(other) = given.next() {
            self.say(
                place.key(other),
                format!("this question has {kind} already"),
                "one question is answered in one way",
            );
        }
        for (key, there, owner) in [
            ("unit", form.unit.is_some(), "number"),
            ("when", form.when.is_some(), "point"),
            ("about", form.about.is_some(), "choices"),
        ] {
            if there && kind != owner {
                self.say(place.key(key), format!("{key} belongs to {owner}"), "take it out");
            }
        }
        for (key, there, owner) in
            [("choices", texts.choices.is_some(), "choices"), ("unit", texts.unit.is_some(), "number")]
        {
            if there && kind != owner {
                self.say(zh.key(key), format!("this question has no {key}"), "take it out");
            }
        }
        match (&form.choices, &form.number, &form.point) {
            (Some(choices), ..) => self.choices(place, zh, choices, form.about.as_deref(), texts),
            (None, Some(number), _) => self.number(place, zh, number, form.unit.as_deref(), texts),
            (None, None, point) => self.point(place, point.as_deref().unwrap_or_default(), form.when.as_deref()),
        }
    }

    fn number(&mut self, place: &Place, zh: &Place, number: &str, unit: Option<&str>, texts: &StepTexts) -> Choices {
        let about = self.expression(&place.key("number"), number);
        if unit.is_none() && texts.unit.is_some() {
            self.say(zh.key("unit"), "this number has no unit in scenario.toml", "take it out, or add it there");
        }
        let unit = unit.map(|unit| self.plain(&zh.key("unit"), unit.to_owned(), texts.unit.clone()));
        Choices::Number(Asked { about, unit })
    }

    fn point(&mut self, place: &Place, marks: &str, when: Option<&str>) -> Choices {
        let when = if let Some(when) = when {
            self.expression(&place.key("when"), when)
        } else {
            self.say(
                place.key("when"),
                "which of these marks are right?",
                "add when = \"it == segment(orders-0, 600)\": `it` is what the star stands for",
            );
            Expression::stand_in()
        };
        Choices::Point(Pointed { marks: marks.to_owned(), when })
    }

    fn choices(
        &mut self,
        place: &Place,
        zh: &Place,
        choices: &ChoicesForm,
        about: Option<&str>,
        texts: &StepTexts,
    ) -> Choices {
        match choices {
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
                if let Some(about) = about {
                    Choices::Near(self.expression(&place.key("about"), about))
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
                if about.is_some() {
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
        }
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

//! The words of a step: where we are, the title, the sentence.

use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use highwater_player::words::StepWords;
use yew::prelude::*;

use super::{inline, question, say};
use crate::action::Action;

/// What [`words`] shows.
pub struct WordsProps<'a> {
    /// The language.
    pub lang: Lang,
    /// The words.
    pub words: &'a StepWords,
    /// The step, from 1.
    pub step: usize,
    /// How many there are.
    pub steps: usize,
    /// Its question is open.
    pub asks: bool,
    /// The term whose gloss is open.
    pub gloss: Option<&'a str>,
    /// Where actions go.
    pub dispatch: &'a Callback<Action>,
}

/// Which Kafka did so: `2.3`, or `before 4.0`.
fn history(lang: Lang, version: &str) -> String {
    match version.strip_prefix("before ") {
        Some(version) => Phrase::new("interface.history_before").with("version", version).say(lang),
        None => Phrase::new("interface.history").with("version", version).say(lang),
    }
}

/// The kicker, the title and the sentence.
pub fn words(props: &WordsProps<'_>) -> Html {
    let lang = props.lang;
    let words = props.words;
    let place = step_of(lang, props.step, props.steps);
    let open = props.gloss.and_then(|open| words.terms.iter().find(|term| term.id == open));
    html! {
        <div class="words-head">
            <div class="kicker">
                <b>{ &words.family }</b>{ " " }<span>{ place }</span>
                if props.asks {
                    { cue(lang, props.dispatch) }
                }
            </div>
            <h1 class="title" tabindex="-1">{ inline::runs(&words.title, None, None) }</h1>
            <div>
                if let Some(version) = &words.history {
                    <p class="history">{ history(lang, version) }</p>
                }
            </div>
            <p class="say">{ inline::runs(&words.say, Some(props.dispatch), props.gloss) }</p>
            <div>
                if let Some(term) = open {
                    <div class="gloss" role="note" aria-label={say(lang, "gloss")}>
                        <b>{ &term.term }</b>{ " " }{ &term.meaning }
                    </div>
                }
            </div>
        </div>
    }
}

/// The way to the question, where a narrow player has it under the picture.
fn cue(lang: Lang, dispatch: &Callback<Action>) -> Html {
    let onclick = dispatch.reform(|_: MouseEvent| Action::ToQuestion);
    html! {
        <button type="button" class="ask-cue" data-action="to-question" {onclick}>{ question::diamond() }{ say(lang, "predict") }</button>
    }
}

/// "Step 6 of 11".
pub fn step_of(lang: Lang, step: usize, steps: usize) -> String {
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    Phrase::new("interface.step_of").with("step", number(step)).with("steps", number(steps)).say(lang)
}

#[cfg(all(test, feature = "render"))]
mod tests {
    use super::*;
    use crate::render::render;

    #[test]
    fn an_open_question_can_be_reached_from_the_sentence() {
        let words =
            StepWords { family: "Storage".to_owned(), title: vec![], say: vec![], terms: vec![], history: None };
        let dispatch = Callback::noop();
        let drawn = |asks| {
            render(super::words(&WordsProps {
                lang: Lang::En,
                words: &words,
                step: 1,
                steps: 9,
                asks,
                gloss: None,
                dispatch: &dispatch,
            }))
        };
        assert!(drawn(true).contains("data-action=\"to-question\""));
        assert!(!drawn(false).contains("data-action=\"to-question\""));
    }
}

//! A question: a diamond, the choices, and after the answer why it is so.

use highwater_player::command::Command;
use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use highwater_player::words::{Answered, Answering, Choice, Question};
use yew::prelude::*;

use super::icon::{Sign, icon};
use super::{asked, inline, ledger, say};
use crate::action::Action;

/// What [`question_card`] shows.
pub struct QuestionProps<'a> {
    /// The language.
    pub lang: Lang,
    /// The question.
    pub question: &'a Question,
    /// The step, from 1.
    pub step: usize,
    /// The marks that answer it are a list.
    pub listed: bool,
    /// What was given in the place of a number.
    pub problem: Option<&'a str>,
    /// The reader came from the questions to look at again: how many there are still.
    pub review: Option<usize>,
    /// Where actions go.
    pub dispatch: &'a Callback<Action>,
}

/// Choices of at most so many letters stand in a row.
const SHORT: usize = 7;

/// How wide a text is: a Chinese character is as wide as two letters.
fn letters(text: &str) -> usize {
    text.chars().map(|c| if u32::from(c) > 0x2e80 { 2 } else { 1 }).sum()
}

/// The card.
pub fn question_card(props: &QuestionProps<'_>) -> Html {
    let QuestionProps { lang, question, dispatch, .. } = *props;
    let open = question.answered == Answered::Open;
    let chosen_from = question.answering == Answering::Choose;
    let short = question.choices.len() <= 4
        && question.choices.iter().all(|choice| letters(&inline::plain(&choice.label)) <= SHORT);
    let (state, class, words) = match question.answered {
        Answered::Open => ("open", "ask-head is-open", "predict"),
        Answered::Right => ("right", "ask-head is-right", "right_answer"),
        Answered::Wrong => ("wrong", "ask-head is-wrong", "wrong_answer"),
        Answered::Revealed => ("revealed", "ask-head is-open", "revealed"),
    };
    html! {
        <section class="ask" aria-labelledby="ask-words" data-question={state}>
            <div {class}>
                { match question.answered {
                    Answered::Right => html! { { icon(Sign::Check) } },
                    Answered::Wrong => html! { { icon(Sign::Cross) } },
                    Answered::Open | Answered::Revealed => diamond(),
                } }
                { say(lang, words) }
            </div>
            <h2 id="ask-words">{ inline::runs(&question.ask, None, None) }</h2>
            if chosen_from {
                <div key="choices" class={if short { "choices is-row" } else { "choices" }} role="group" aria-labelledby="ask-words">
                    { for question.choices.iter().enumerate().map(|(index, one)| choice(lang, index, one, open, short, dispatch)) }
                </div>
            } else {
                <div key="asked">{ asked::answers(props) }</div>
            }
            <div role="status">
                if let Some(reason) = &question.reason {
                    <p class="reason"><span class="sr">{ verdict(lang, question, words) }</span>{ inline::runs(reason, None, None) }</p>
                }
            </div>
            <div>
                if !question.facts.is_empty() {
                    <ol class="because" aria-label={say(lang, "because")}>
                        { for question.facts.iter().map(|fact| ledger::line(fact, false)) }
                    </ol>
                }
            </div>
            <div>
                if let Some(left) = props.review.filter(|_| !open) {
                    { asked::way_back(lang, left) }
                }
                if open && chosen_from {
                    <p class="ask-foot">{ say(lang, "choose_or_next") }</p>
                }
            </div>
        </section>
    }
}

/// What a screen reader says before the reason: whether it was right, and what is.
fn verdict(lang: Lang, question: &Question, words: &str) -> String {
    let right: Vec<String> = question
        .choices
        .iter()
        .filter(|choice| choice.right == Some(true))
        .map(|choice| inline::plain(&choice.label))
        .collect();
    match question.answered {
        Answered::Wrong | Answered::Revealed if !right.is_empty() => Phrase::new("interface.verdict_with")
            .with("verdict", say(lang, words))
            .with("right", right.join(", "))
            .say(lang),
        _ => Phrase::new("interface.verdict").with("verdict", say(lang, words)).say(lang),
    }
}

/// The sign of a question.
pub(super) fn diamond() -> Html {
    html! {
        <svg viewBox="0 0 18 18" aria-hidden="true">
            <path class="ask-mark" d="M9 0l9 9l-9 9l-9 -9z" />
            <path class="ask-glyph" d="M7 7.2a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.2M9 12.6h.01" />
        </svg>
    }
}

/// A choice, or an answer that was given.
pub(super) fn choice(
    lang: Lang,
    index: usize,
    choice: &Choice,
    open: bool,
    short: bool,
    dispatch: &Callback<Action>,
) -> Html {
    let (class, sign, tag) = match (choice.right, choice.chosen) {
        (Some(true), chosen) => {
            ("choice is-right", Some(Sign::Check), if chosen { "your_answer" } else { "the_answer" })
        }
        (Some(false), true) => ("choice is-wrong", Some(Sign::Cross), "your_answer"),
        (None, true) => ("choice is-chosen", None, ""),
        _ => ("choice", None, ""),
    };
    let onclick = dispatch.reform(move |_: MouseEvent| Action::Go(Command::Answer(index)));
    let tag = if tag.is_empty() { String::new() } else { say(lang, tag) };
    html! {
        <button key={index} type="button" {class} disabled={!open} aria-pressed={choice.chosen.to_string()} data-choice={index.to_string()} {onclick}>
            <span class="dot">if let Some(sign) = sign { { icon(sign) } }</span>
            <span>{ inline::runs(&choice.label, None, None) }</span>
            <span class={if short { "tag sr" } else { "tag" }}>{ tag }</span>
        </button>
    }
}

#[cfg(all(test, feature = "render"))]
mod tests {
    use super::*;
    use crate::render::render;
    use highwater_player::words::Inline;

    #[test]
    fn a_screen_reader_hears_whether_it_was_right_before_it_hears_why() {
        let text = |text: &str| vec![Inline::Text { text: text.to_owned() }];
        let choice = |label: &str, right, chosen| Choice { label: text(label), right: Some(right), chosen, mark: None };
        let said = |lang, answered| {
            let question = Question {
                ask: text("What is it?"),
                answering: Answering::Choose,
                choices: vec![choice("0", true, false), choice("1", false, answered == Answered::Wrong)],
                answered,
                reason: Some(text("It waits.")),
                facts: Vec::new(),
            };
            let dispatch = Callback::noop();
            render(question_card(&QuestionProps {
                lang,
                question: &question,
                step: 1,
                listed: false,
                problem: None,
                review: None,
                dispatch: &dispatch,
            }))
        };
        let status = |html: &str| html.split("role=\"status\"").nth(1).map(str::to_owned).unwrap_or_default();
        assert!(status(&said(Lang::En, Answered::Wrong)).contains("Not quite. 0 is right. </span>It waits."));
        assert!(status(&said(Lang::En, Answered::Right)).contains("Right. </span>It waits."));
        assert!(status(&said(Lang::Zh, Answered::Wrong)).contains("不太对。正确的是：0。</span>"));
    }
}

//! Questions that are not chosen from: a number to give, a mark of the picture to point at. Where the marks do not stand
//! in a picture, they are a list.

use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use highwater_player::words::{Answered, Answering, Choice, Inline, Question};
use yew::prelude::*;

use super::question::{QuestionProps, choice};
use super::say;
use crate::action::Action;
use crate::browser::answering;

/// What is answered with, and once it is answered, what was right.
#[inline(never)]
pub fn answers(props: &QuestionProps<'_>) -> Html {
    let QuestionProps { lang, question, dispatch, listed, .. } = *props;
    let open = question.answered == Answered::Open;
    match &question.answering {
        Answering::Number(unit) if open => number(props, unit.as_deref()),
        Answering::Point if open && !listed => pointing(lang, question, dispatch),
        Answering::Point if open => html! {
            <>
                <p key="how" class="ask-how">{ say(lang, "ask.listed") }</p>
                <div key="choices" class="choices is-long" role="group" aria-labelledby="ask-words">
                    { for question.choices.iter().enumerate().map(|(index, one)| choice(lang, index, one, open, false, dispatch)) }
                </div>
            </>
        },
        _ => told(lang, question, dispatch),
    }
}

/// What was answered, and what is right.
fn told(lang: Lang, question: &Question, dispatch: &Callback<Action>) -> Html {
    let unit = if let Answering::Number(Some(unit)) = &question.answering { unit.as_str() } else { "" };
    // What was answered comes first.
    let choices = || question.choices.iter().enumerate();
    let telling = choices().filter(|(_, one)| one.chosen);
    let telling = telling.chain(choices().filter(|(_, one)| !one.chosen && one.right == Some(true)));
    let telling = telling.map(|(index, one)| {
        let mut shown: Choice = one.clone();
        if !unit.is_empty() {
            shown.label.push(Inline::Text { text: format!(" {unit}") });
        }
        choice(lang, index, &shown, false, false, dispatch)
    });
    html! { <div class="choices" role="group" aria-labelledby="ask-words">{ for telling }</div> }
}

/// How to point, and the way to the first mark that can be pointed at.
fn pointing(lang: Lang, question: &Question, dispatch: &Callback<Action>) -> Html {
    let onclick = dispatch.reform(|_: MouseEvent| Action::ToMarks);
    let count = i64::try_from(question.choices.len()).unwrap_or(i64::MAX);
    html! {
        <div class="ask-point">
            <p class="ask-how" id="ask-how">{ Phrase::new("interface.ask.how").with("n", count).say(lang) }</p>
            <button type="button" class="btn" data-action="to-marks" aria-describedby="ask-how" {onclick}>{ say(lang, "ask.to_marks") }</button>
            <p class="ask-foot">{ say(lang, "ask.point_or_next") }</p>
        </div>
    }
}

/// The way back to the questions to look at again.
#[inline(never)]
pub fn way_back(lang: Lang, left: usize) -> Html {
    let left = i64::try_from(left).unwrap_or(i64::MAX);
    html! {
        <p key="back" class="ask-back"><a class="btn" href="#/review" data-action="review-back">{ Phrase::new("interface.review.back").with("n", left).say(lang) }</a></p>
    }
}

fn number(props: &QuestionProps<'_>, unit: Option<&str>) -> Html {
    let QuestionProps { lang, problem, dispatch, step, .. } = *props;
    let label = match unit {
        Some(unit) => Phrase::new("interface.ask.number_in").with("unit", unit).say(lang),
        None => say(lang, "ask.number"),
    };
    let problem = problem.map(|text| {
        let key = if text.trim().is_empty() { "interface.ask.nothing_given" } else { "interface.ask.no_number" };
        Phrase::new(key).with("text", text).say(lang)
    });
    let give = {
        let dispatch = dispatch.clone();
        move || dispatch.emit(Action::Give(answering::typed("#ask-number")))
    };
    let onclick = {
        let give = give.clone();
        Callback::from(move |_: MouseEvent| give())
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        // Enter that ends an input method's word is not meant for us.
        if event.key() == "Enter" && !event.is_composing() {
            event.prevent_default();
            give();
        }
    });
    html! {
        <div key={step} class="ask-number">
            <label for="ask-number">{ label }</label>
            <div class="ask-row">
                <input id="ask-number" type="text" inputmode="numeric" autocomplete="off" spellcheck="false" maxlength="40"
                    aria-invalid={problem.is_some().to_string()} aria-describedby="ask-problem" data-number="true" {onkeydown} />
                <button type="button" class="btn btn-primary" data-action="give" {onclick}>{ say(lang, "ask.give") }</button>
            </div>
            <p id="ask-problem" class="ask-problem" role="alert">{ problem.unwrap_or_default() }</p>
            <p class="ask-foot">{ say(lang, "ask.number_or_next") }</p>
        </div>
    }
}

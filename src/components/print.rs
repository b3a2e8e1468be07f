//! The scenario on paper: a page for each step, with its picture, its words, and room to answer.

use std::rc::Rc;

use highwater_player::lang::Lang;
use highwater_player::words::{FactLine, Question, StepWords};
use yew::prelude::*;

use super::words::step_of;
use super::{inline, ledger, say};
use crate::stage::Picture;
use crate::stage::view::{StageProps, scene};

/// How wide a picture on paper is: A4 and Letter between narrow margins, in CSS px.
pub const PAPER_PX: f64 = 698.0;

/// One step on paper.
pub struct Sheet {
    /// The step, from 1.
    pub step: usize,
    /// Its words.
    pub words: StepWords,
    /// Its question, if it has one.
    pub question: Option<Question>,
    /// What happened last.
    pub facts: Vec<FactLine>,
    /// The picture in words.
    pub text: Vec<(String, Vec<String>)>,
    /// The picture.
    pub picture: Rc<Picture>,
}

/// All steps of a scenario on paper.
pub struct Sheets {
    /// The language.
    pub lang: Lang,
    /// The scenario's title.
    pub title: String,
    /// Where it is found again, the seed and the Kafka version.
    pub source: String,
    /// The steps.
    pub steps: Vec<Sheet>,
}

/// The pages. On a screen they are not shown.
pub fn sheets(sheets: &Sheets) -> Html {
    html! {
        <section class="sheets" data-sheets="true">
            { for sheets.steps.iter().map(|sheet| page(sheets, sheet)) }
        </section>
    }
}

fn page(sheets: &Sheets, sheet: &Sheet) -> Html {
    let lang = sheets.lang;
    let step = step_of(lang, sheet.step, sheets.steps.len());
    html! {
        <article class="sheet" key={sheet.step} data-sheet={sheet.step.to_string()}>
            <header><b>{ "Highwater" }</b><span>{ &sheets.title }{ " · " }{ step }</span></header>
            <h1>{ inline::runs(&sheet.words.title, None, None) }</h1>
            <p class="say">{ inline::runs(&sheet.words.say, None, None) }</p>
            <div class="sheet-picture">{ scene(&StageProps { picture: &sheet.picture, dispatch: None, label: &say(lang, "stage_label") }) }</div>
            <div class="sheet-below">
                <div class="sheet-ask">
                    if let Some(question) = &sheet.question {
                        <h2>{ say(lang, "predict") }</h2>
                        <p>{ inline::runs(&question.ask, None, None) }</p>
                        <ul>
                            { for question.choices.iter().enumerate().map(|(index, choice)| html! {
                                <li key={index}>{ "☐ " }{ inline::runs(&choice.label, None, None) }</li>
                            }) }
                        </ul>
                        <p class="sheet-room">{ say(lang, "print_because") }</p>
                    }
                </div>
                <div>
                    <h2>{ say(lang, "just_now") }</h2>
                    <ol>{ for sheet.facts.iter().map(|fact| ledger::line(fact, false)) }</ol>
                </div>
                <div class="sheet-words">
                    <h2>{ say(lang, "print_words") }</h2>
                    { for sheet.text.iter().enumerate().map(|(index, (heading, lines))| html! {
                        <p key={index}><b>{ heading }</b>{ " " }{ lines.join(" ") }</p>
                    }) }
                </div>
            </div>
            <footer>{ &sheets.source }{ format!("?step={}", sheet.step) }</footer>
        </article>
    }
}

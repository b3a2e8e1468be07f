//! The player: stage, words, facts and bar around one step of a scenario.

use std::rc::Rc;

use highwater_player::lang::Lang;
use highwater_player::words::{FactLine, Question, StepWords, Why};
use yew::prelude::*;

use super::facts::{FactsProps, facts};
use super::ledger::{LedgerProps, ledger};
use super::menu::{MenuProps, menu};
use super::question::{QuestionProps, question_card};
use super::terms::{TermsProps, terms};
use super::text_view::{TextViewProps, text_view};
use super::timeline::{ChapterMarks, TimelineProps, timeline};
use super::transport::{TransportProps, transport};
use super::why::why_card;
use super::words::{WordsProps, words};
use super::{inline, say};
use crate::action::{Action, FactFilter};
use crate::motion::Speed;
use crate::options::View;
use crate::stage::Picture;
use crate::stage::view::{StageProps, scene};

/// Everything that the player shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The scenario's id.
    pub id: String,
    /// The language of all words.
    pub lang: Lang,
    /// The view.
    pub view: View,
    /// The step, from 1.
    pub step: usize,
    /// How many there are.
    pub steps: usize,
    /// The words of the step.
    pub words: StepWords,
    /// Its question.
    pub question: Option<Question>,
    /// All facts until now.
    pub facts: Vec<FactLine>,
    /// The picture in words; filled for that view only.
    pub text: Vec<(String, Vec<String>)>,
    /// The timeline.
    pub chapters: Vec<ChapterMarks>,
    /// The picture.
    pub picture: Rc<Picture>,
    /// Virtual time in microseconds.
    pub time_us: u64,
    /// A motion plays.
    pub busy: bool,
    /// Steps follow each other by themselves.
    pub playing: bool,
    /// How fast.
    pub speed: Speed,
    /// The term whose gloss is open.
    pub gloss: Option<String>,
    /// A mark, and why it shows what it shows.
    pub why: Option<(String, Why)>,
    /// Which facts are listed.
    pub filter: FactFilter,
    /// The narrow player's menu is open.
    pub menu: bool,
    /// The timeline is being dragged.
    pub scrubbing: bool,
}

/// What [`player`] shows.
pub struct PlayerProps<'a> {
    /// What it shows.
    pub shown: &'a Shown,
    /// Where actions go.
    pub dispatch: &'a Callback<Action>,
}

/// The player.
pub fn player(props: &PlayerProps<'_>) -> Html {
    let PlayerProps { shown, dispatch } = *props;
    let lang = shown.lang;
    let class = classes!("player", shown.scrubbing.then_some("is-scrubbing"));
    let scrub_title = shown.scrubbing.then(|| format!("{}. {}", shown.step, inline::plain(&shown.words.title)));
    let latest = shown.facts.get(shown.facts.len().saturating_sub(2)..).unwrap_or_default();
    let is_now = latest.last().is_some_and(|fact| fact.step == shown.step);
    html! {
        <div {class} data-player="true" data-scenario={shown.id.clone()} data-step={shown.step.to_string()} data-steps={shown.steps.to_string()}
            data-busy={shown.busy.to_string()} data-playing={shown.playing.to_string()}>
            <section class="stage" role="tabpanel" id="view-panel" aria-label={say(lang, shown.view.code())} data-view={shown.view.code()}>
                { match shown.view {
                    View::Stage => scene(&StageProps { picture: &shown.picture, dispatch: Some(dispatch), label: &say(lang, "stage_label") }),
                    View::Facts => facts(&FactsProps { lang, facts: &shown.facts, step: shown.step, filter: &shown.filter, dispatch }),
                    View::Text => text_view(&TextViewProps { lang, blocks: &shown.text }),
                } }
                <div class="why-place">
                    if let Some((mark, why)) = &shown.why {
                        { why_card(lang, mark, why, dispatch) }
                    }
                </div>
            </section>
            <section class="words" aria-label={say(lang, "words")}>
                { words(&WordsProps { lang, words: &shown.words, step: shown.step, steps: shown.steps, gloss: shown.gloss.as_deref(), dispatch }) }
                <div class="ask-place">
                    if let Some(question) = &shown.question {
                        { question_card(&QuestionProps { lang, question, dispatch }) }
                    }
                </div>
                { terms(&TermsProps { lang, terms: &shown.words.terms }) }
            </section>
            <div class="ledger-place">
                if shown.view != View::Facts && !latest.is_empty() {
                    { ledger(&LedgerProps { lang, facts: latest, is_now }) }
                }
            </div>
            <section class="bar" aria-label={say(lang, "transport")}>
                <div class="menu-place">
                    if shown.menu {
                        { menu(&MenuProps { lang, view: shown.view, speed: shown.speed, time_us: shown.time_us, dispatch }) }
                    }
                </div>
                { timeline(&TimelineProps { lang, chapters: &shown.chapters, step: shown.step, steps: shown.steps, scrubbing: shown.scrubbing, dispatch }) }
                { transport(&TransportProps {
                    lang,
                    can_back: shown.step > 1,
                    can_next: shown.step < shown.steps || open(shown),
                    playing: shown.playing,
                    speed: shown.speed,
                    time_us: shown.time_us,
                    scrub_title: scrub_title.as_deref(),
                    menu: shown.menu,
                    dispatch,
                }) }
            </section>
        </div>
    }
}

/// The step's question waits for an answer.
fn open(shown: &Shown) -> bool {
    shown.question.as_ref().is_some_and(|question| question.answered == highwater_player::words::Answered::Open)
}

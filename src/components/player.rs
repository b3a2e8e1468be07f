//! The player: stage, words, facts and bar around one step of a scenario.

use std::rc::Rc;

use highwater_player::lang::Lang;
use highwater_player::words::{FactLine, Question, StepWords};
use yew::prelude::*;

use super::facts::Facts;
use super::ledger::Ledger;
use super::menu::Menu;
use super::question::QuestionCard;
use super::terms::Terms;
use super::text_view::TextView;
use super::timeline::{ChapterMarks, Timeline};
use super::transport::Transport;
use super::words::Words;
use super::{inline, say};
use crate::action::{Action, FactFilter};
use crate::motion::Speed;
use crate::options::View;
use crate::stage::Picture;
use crate::stage::view::Scene;

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
    /// Which facts are listed.
    pub filter: FactFilter,
    /// The narrow player's menu is open.
    pub menu: bool,
    /// The timeline is being dragged.
    pub scrubbing: bool,
}

/// Properties of [`Player`].
#[derive(Properties, PartialEq)]
pub struct PlayerProps {
    /// What it shows.
    pub shown: Rc<Shown>,
    /// Where actions go.
    pub dispatch: Callback<Action>,
}

/// The player.
#[component]
pub fn Player(props: &PlayerProps) -> Html {
    let shown = &*props.shown;
    let (lang, dispatch) = (shown.lang, &props.dispatch);
    let class = classes!("player", shown.scrubbing.then_some("is-scrubbing"));
    let scrub_title =
        shown.scrubbing.then(|| AttrValue::from(format!("{}. {}", shown.step, inline::plain(&shown.words.title))));
    let latest: Vec<FactLine> = shown.facts.iter().skip(shown.facts.len().saturating_sub(2)).cloned().collect();
    let is_now = latest.last().is_some_and(|fact| fact.step == shown.step);
    html! {
        <div {class} data-player="true" data-scenario={shown.id.clone()} data-step={shown.step.to_string()} data-steps={shown.steps.to_string()}
            data-busy={shown.busy.to_string()} data-playing={shown.playing.to_string()}>
            <section class="stage" role="tabpanel" id="view-panel" aria-label={say(lang, shown.view.code())} data-view={shown.view.code()}>
                { match shown.view {
                    View::Stage => html! { <Scene key="stage" picture={shown.picture.clone()} label={say(lang, "stage_label")} /> },
                    View::Facts => html! {
                        <Facts key="facts" {lang} facts={shown.facts.clone()} step={shown.step} filter={shown.filter.clone()} dispatch={dispatch.clone()} />
                    },
                    View::Text => html! { <TextView key="text" {lang} blocks={shown.text.clone()} /> },
                } }
            </section>
            <section class="words" aria-label={say(lang, "words")}>
                <Words {lang} words={shown.words.clone()} step={shown.step} steps={shown.steps} gloss={shown.gloss.clone()} dispatch={dispatch.clone()} />
                <div class="ask-place">
                    if let Some(question) = &shown.question {
                        <QuestionCard {lang} question={question.clone()} dispatch={dispatch.clone()} />
                    }
                </div>
                <Terms {lang} terms={shown.words.terms.clone()} />
            </section>
            <div class="ledger-place">
                if shown.view != View::Facts && !latest.is_empty() {
                    <Ledger {lang} facts={latest} {is_now} />
                }
            </div>
            <section class="bar" aria-label={say(lang, "transport")}>
                <div class="menu-place">
                    if shown.menu {
                        <Menu {lang} view={shown.view} speed={shown.speed} time_us={shown.time_us} dispatch={dispatch.clone()} />
                    }
                </div>
                <Timeline {lang} chapters={shown.chapters.clone()} step={shown.step} steps={shown.steps} scrubbing={shown.scrubbing} dispatch={dispatch.clone()} />
                <Transport {lang} can_back={shown.step > 1} can_next={shown.step < shown.steps || open(shown)} playing={shown.playing} speed={shown.speed}
                    time_us={shown.time_us} {scrub_title} menu={shown.menu} dispatch={dispatch.clone()} />
            </section>
        </div>
    }
}

/// The step's question waits for an answer.
fn open(shown: &Shown) -> bool {
    shown.question.as_ref().is_some_and(|question| question.answered == highwater_player::words::Answered::Open)
}

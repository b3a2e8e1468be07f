//! The player: stage, words, facts and bar around one step of a scenario.

use std::rc::Rc;

use highwater_player::inspect::Inspection;
use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use highwater_player::sequence::Sequence;
use highwater_player::words::{FactLine, Question, StepWords, Why};
use yew::prelude::*;

use super::compare;
use super::facts::{FactsProps, facts};
use super::icon::{Sign, icon};
use super::inspector::{InspectorProps, inspector};
use super::ledger::{LedgerProps, ledger};
use super::menu::{MenuProps, menu};
use super::question::{QuestionProps, question_card};
use super::sequence_view::{SequenceProps, sequence_view};
use super::terms::{TermsProps, terms};
use super::text_view::{TextViewProps, text_view};
use super::timeline::{ChapterMarks, TimelineProps, timeline};
use super::transport::{TransportProps, transport};
use super::why::why_card;
use super::words::{WordsProps, words};
use super::{inline, say};
use crate::action::{Action, FactFilter};
use crate::compare::Compared;
use crate::motion::Speed;
use crate::options::View;
use crate::stage::Picture;
use crate::stage::frame::Mode;
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
    /// Its marks with their labels; filled for that view only.
    pub marks: Vec<(String, String)>,
    /// The timeline.
    pub chapters: Vec<ChapterMarks>,
    /// The picture.
    pub picture: Rc<Picture>,
    /// The messages; filled for that view only.
    pub sequence: Option<Rc<Sequence>>,
    /// How many of the last messages are passed over.
    pub sequence_back: usize,
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
    /// The marks that answer the question are a list: not all of them stand in the picture.
    pub listed: bool,
    /// What was given in the place of a number.
    pub no_number: Option<String>,
    /// The reader came from the questions to look at again: how many there are still.
    pub review: Option<usize>,
    /// What follows in the course: the link and the title.
    pub onward: Option<(String, String)>,
    /// A mark, and why it shows what it shows.
    pub why: Option<(String, Why)>,
    /// What the inspector shows.
    pub inspection: Option<Rc<Inspection>>,
    /// The arrangement: where the inspector stands.
    pub mode: Mode,
    /// Which facts are listed.
    pub filter: FactFilter,
    /// What the mark is called whose facts are listed.
    pub about: Option<String>,
    /// The narrow player's menu is open.
    pub menu: bool,
    /// The timeline is being dragged.
    pub scrubbing: bool,
    /// Two futures, where two are shown.
    pub compare: Option<Rc<Compared>>,
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
    let class =
        classes!("player", shown.scrubbing.then_some("is-scrubbing"), shown.compare.as_ref().map(|_| "is-compare"));
    let scrub_title = shown.scrubbing.then(|| format!("{}. {}", shown.step, inline::plain(&shown.words.title)));
    let latest = shown.facts.get(shown.facts.len().saturating_sub(2)..).unwrap_or_default();
    let is_now = latest.last().is_some_and(|fact| fact.step == shown.step);
    html! {
        <div {class} data-player="true" data-scenario={shown.id.clone()} data-step={shown.step.to_string()} data-steps={shown.steps.to_string()}
            data-busy={shown.busy.to_string()} data-playing={shown.playing.to_string()}>
            <section class="stage" role="tabpanel" id="view-panel" aria-label={say(lang, shown.view.code())} data-view={shown.view.code()}>
                { match (&shown.compare, shown.view) {
                    (Some(compared), view) => compare::panes(lang, view, compared, dispatch),
                    (None, View::Stage) => scene(&StageProps { picture: &shown.picture, dispatch: Some(dispatch), label: &say(lang, "stage_label") }),
                    (None, View::Sequence) => messages(shown, dispatch),
                    (None, View::Facts) => facts(&FactsProps { lang, facts: &shown.facts, step: shown.step, filter: &shown.filter, about: shown.about.as_deref(), dispatch }),
                    (None, View::Text) => text_view(&TextViewProps { lang, blocks: &shown.text, marks: &shown.marks, dispatch: Some(dispatch) }),
                } }
                <div class="why-place">
                    if let Some((mark, why)) = &shown.why {
                        { why_card(lang, mark, why, dispatch) }
                    }
                </div>
            </section>
            <section class="words" aria-label={say(lang, "words")}>
                { words(&WordsProps { lang, words: &shown.words, step: shown.step, steps: shown.steps, asks: open(shown), gloss: shown.gloss.as_deref(), dispatch }) }
                <div>{ for (shown.mode == Mode::Medium).then(|| drawer(shown, dispatch)) }</div>
                <div class="difference-place">
                    if let Some(compared) = &shown.compare {
                        { compare::difference(lang, shown.step, compared, dispatch) }
                    }
                </div>
                <div class="ask-place">
                    if let Some(question) = &shown.question {
                        { question_card(&QuestionProps {
                            lang,
                            question,
                            step: shown.step,
                            listed: shown.listed,
                            problem: shown.no_number.as_deref(),
                            review: shown.review,
                            dispatch,
                        }) }
                    }
                </div>
                <div class="inspector-place">{ for (shown.mode == Mode::Wide).then(|| drawer(shown, dispatch)) }</div>
                { terms(&TermsProps { lang, terms: &shown.words.terms }) }
                { foot(shown, dispatch) }
            </section>
            <div class="ledger-place">
                if let Some(compared) = &shown.compare {
                    { compare::table(lang, compared) }
                } else if shown.view != View::Facts && !latest.is_empty() {
                    { ledger(&LedgerProps { lang, facts: latest, is_now }) }
                }
            </div>
            <section class="bar" aria-label={say(lang, "transport")}>
                <div class="menu-place">
                    if shown.menu {
                        { menu(&MenuProps { lang, view: shown.view, speed: shown.speed, time_us: shown.time_us, inspecting: shown.inspection.is_some(), compares: shown.compare.is_some(), dispatch }) }
                    }
                </div>
                <div class="menu-place">{ for (shown.mode == Mode::Narrow).then(|| drawer(shown, dispatch)) }</div>
                { timeline(&TimelineProps { lang, chapters: &shown.chapters, step: shown.step, steps: shown.steps, scrubbing: shown.scrubbing, dispatch }) }
                { transport(&TransportProps {
                    lang,
                    step: shown.step,
                    steps: shown.steps,
                    can_back: shown.step > 1,
                    can_next: shown.step < shown.steps || open(shown),
                    playing: shown.playing,
                    speed: shown.speed,
                    time_us: shown.time_us,
                    scrub_title: scrub_title.as_deref(),
                    menu: shown.menu,
                    inspecting: shown.inspection.is_some(),
                    compares: shown.compare.as_ref().is_some_and(|compare| !compare.is_own),
                    dispatch,
                }) }
            </section>
        </div>
    }
}

/// The messages as a sequence.
fn messages(shown: &Shown, dispatch: &Callback<Action>) -> Html {
    match &shown.sequence {
        Some(sequence) => sequence_view(&SequenceProps {
            lang: shown.lang,
            sequence,
            picture: &shown.picture,
            back: shown.sequence_back,
            step: shown.step,
            dispatch,
        }),
        None => html! {},
    }
}

/// The inspector, if it is open.
fn drawer(shown: &Shown, dispatch: &Callback<Action>) -> Html {
    match &shown.inspection {
        Some(inspection) => {
            inspector(&InspectorProps { lang: shown.lang, inspection, gloss: shown.gloss.as_deref(), dispatch })
        }
        None => html! {},
    }
}

/// What was checked against Kafka, and at the end the ways on: to what follows, and to the questions to look at again.
fn foot(shown: &Shown, dispatch: &Callback<Action>) -> Html {
    let onclick = dispatch.reform(|_: MouseEvent| Action::Checked(true));
    html! {
        <p class="own-link foot">
            <button type="button" class="btn btn-quiet" data-action="checked" {onclick}>{ icon(Sign::Check) }{ say(shown.lang, "checked_badge") }</button>
            if shown.step == shown.steps {
                if let Some((href, title)) = &shown.onward {
                    <a href={href.clone()} data-action="onward">{ Phrase::new("interface.next_scenario").with("title", title.as_str()).say(shown.lang) }</a>
                }
                <a href="#/review" data-action="review">{ say(shown.lang, "review_link") }</a>
            }
        </p>
    }
}

/// The step's question waits for an answer.
fn open(shown: &Shown) -> bool {
    shown.question.as_ref().is_some_and(|question| question.answered == highwater_player::words::Answered::Open)
}

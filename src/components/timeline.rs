//! The timeline: named chapters, a stop for each step, a thumb to drag.

use highwater_player::command::Command;
use highwater_player::lang::Lang;
use highwater_player::words::Answered;
use yew::prelude::*;

use super::say;
use super::words::step_of;
use crate::action::Action;

/// A stop as the timeline shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopMark {
    /// The step's number, from 1.
    pub number: usize,
    /// Its title.
    pub title: String,
    /// How far its question is, if it has one.
    pub question: Option<Answered>,
    /// Here two futures part.
    pub differs: bool,
}

/// A chapter with its stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChapterMarks {
    /// Its title.
    pub title: String,
    /// Its steps.
    pub stops: Vec<StopMark>,
}

/// What [`timeline`] shows.
pub struct TimelineProps<'a> {
    /// The language.
    pub lang: Lang,
    /// All chapters.
    pub chapters: &'a [ChapterMarks],
    /// The step where we are.
    pub step: usize,
    /// How many there are.
    pub steps: usize,
    /// The thumb is being dragged.
    pub scrubbing: bool,
    /// Where actions go.
    pub dispatch: &'a Callback<Action>,
}

/// The line.
pub fn timeline(props: &TimelineProps<'_>) -> Html {
    let TimelineProps { lang, step, steps, scrubbing, .. } = *props;
    let title = props
        .chapters
        .iter()
        .flat_map(|chapter| &chapter.stops)
        .find(|stop| stop.number == step)
        .map(|stop| stop.title.clone())
        .unwrap_or_default();
    let value = format!("{}: {title}", step_of(lang, step, steps));
    let scrub = move |dispatch: &Callback<Action>, event: &PointerEvent| {
        if let Some(to) = crate::browser::step_under(event, steps) {
            dispatch.emit(Action::Scrub(to));
        }
    };
    let onpointerdown = {
        let dispatch = props.dispatch.clone();
        Callback::from(move |event: PointerEvent| {
            if event.button() == 0 {
                crate::browser::hold_pointer(&event);
                // A finger may be about to scroll the page.
                if !is_touch(&event) {
                    scrub(&dispatch, &event);
                }
            }
        })
    };
    let onpointermove = {
        let dispatch = props.dispatch.clone();
        Callback::from(move |event: PointerEvent| {
            // A finger that goes up or down scrolls.
            let along = is_touch(&event) && event.movement_x().abs() > event.movement_y().abs();
            if (scrubbing && !is_touch(&event) || along) && event.buttons() & 1 == 1 {
                scrub(&dispatch, &event);
            }
        })
    };
    let end = props.dispatch.reform(|_: PointerEvent| Action::ScrubEnd);
    let onpointerup = {
        let dispatch = props.dispatch.clone();
        Callback::from(move |event: PointerEvent| {
            if is_touch(&event) {
                scrub(&dispatch, &event);
            }
            dispatch.emit(Action::ScrubEnd);
        })
    };
    let onkeydown = {
        let dispatch = props.dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            let command = match event.key().as_str() {
                "ArrowRight" | "ArrowUp" => Command::Next,
                "ArrowLeft" | "ArrowDown" => Command::Back,
                "Home" => Command::First,
                "End" => Command::Last,
                _ => return,
            };
            event.prevent_default();
            dispatch.emit(Action::Go(command));
        })
    };
    html! {
        <div class="timeline" role="slider" tabindex="0" aria-label={say(lang, "steps")} aria-valuemin="1" aria-valuemax={steps.to_string()}
            aria-valuenow={step.to_string()} aria-valuetext={value} data-timeline="true"
            {onpointerdown} {onpointermove} {onpointerup} onpointercancel={end} {onkeydown}>
            { for props.chapters.iter().enumerate().map(|(index, chapter)| chapter_of(index, chapter, step)) }
        </div>
    }
}

fn is_touch(event: &PointerEvent) -> bool {
    event.pointer_type() == "touch"
}

fn chapter_of(index: usize, chapter: &ChapterMarks, step: usize) -> Html {
    let now = chapter.stops.iter().any(|stop| stop.number == step);
    let class = classes!("chapter", format!("g{}", chapter.stops.len().clamp(1, 16)), now.then_some("is-now"));
    html! {
        <div key={index} {class}>
            <span class="chapter-name" title={chapter.title.clone()}>{ &chapter.title }</span>
            <div class="stops">
                { for chapter.stops.iter().map(|stop| {
                    let class = classes!(
                        "stop",
                        (stop.number < step).then_some("is-done"),
                        (stop.number == step).then_some("is-now"),
                        stop.question.is_some().then_some("is-ask"),
                        stop.differs.then_some("is-first"),
                    );
                    html! { <span key={stop.number} {class} data-stop={stop.number.to_string()} title={format!("{}. {}", stop.number, stop.title)}><i></i></span> }
                }) }
            </div>
        </div>
    }
}

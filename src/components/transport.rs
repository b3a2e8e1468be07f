//! Back, play, next, virtual time, speed, keys; below 900 px what does not fit is in a menu.

use highwater_player::command::Command;
use highwater_player::lang::Lang;
use yew::prelude::*;

use super::icon::{Sign, icon};
use super::words::step_of;
use super::{milliseconds, say};
use crate::action::{Action, ShareAction};
use crate::compare::form::ForkAction;
use crate::motion::Speed;

/// What [`transport`] shows.
pub struct TransportProps<'a> {
    /// The language.
    pub lang: Lang,
    /// The step, from 1.
    pub step: usize,
    /// How many there are.
    pub steps: usize,
    /// There is a step before.
    pub can_back: bool,
    /// There is a step after.
    pub can_next: bool,
    /// Steps follow each other by themselves.
    pub playing: bool,
    /// How fast.
    pub speed: Speed,
    /// Virtual time in microseconds.
    pub time_us: u64,
    /// The title that a drag on the timeline would show.
    pub scrub_title: Option<&'a str>,
    /// The menu is open.
    pub menu: bool,
    /// The inspector is open.
    pub inspecting: bool,
    /// A comparison is shown, which can be closed.
    pub compares: bool,
    /// Where actions go.
    pub dispatch: &'a Callback<Action>,
}

/// The buttons.
pub fn transport(props: &TransportProps<'_>) -> Html {
    let lang = props.lang;
    let send = |action: Action| props.dispatch.reform(move |_: MouseEvent| action.clone());
    let (sign, play) = if props.playing { (Sign::Pause, "pause") } else { (Sign::Play, "play") };
    html! {
        <div class="transport">
            <button type="button" class="btn" data-action="back" aria-keyshortcuts="ArrowLeft" aria-label={say(lang, "back")} disabled={!props.can_back} onclick={send(Action::Go(Command::Back))}>
                { icon(Sign::Back) }<span>{ say(lang, "back") }</span>
            </button>
            <button type="button" class="btn" data-action="play" aria-keyshortcuts="Space" aria-label={say(lang, play)} onclick={send(Action::PlayPause)}>
                { icon(sign) }<span class="only-wide play-word">{ say(lang, play) }</span>
            </button>
            <span class="bar-step">{ step_of(lang, props.step, props.steps) }</span>
            <button type="button" class="btn btn-primary" data-action="next" aria-keyshortcuts="ArrowRight" disabled={!props.can_next} onclick={send(Action::Go(Command::Next))}>
                <span>{ say(lang, "next") }</span>{ icon(Sign::Next) }
            </button>
            <span class="clock only-wide">
                if let Some(title) = &props.scrub_title {
                    <b>{ title }</b>
                } else {
                    <b>{ format!("t = {}", milliseconds(props.time_us)) }</b><span class="clock-word">{ " " }{ say(lang, "virtual_time") }</span>
                }
            </span>
            <span class="spacer only-wide"></span>
            { speed_menu(&SpeedMenuProps { lang, speed: props.speed, class: "only-wide", dispatch: props.dispatch }) }
            <button type="button" class="btn btn-quiet only-wide" data-action="inspect" aria-keyshortcuts="Enter" aria-label={say(lang, "inspect")} title={say(lang, "inspect")} aria-pressed={props.inspecting.to_string()} onclick={send(Action::InspectHere)}>
                { icon(Sign::Eye) }<span>{ say(lang, "inspect") }</span>
            </button>
            <div class="fork-place only-wide">
                { fork_button(lang, "fork", "btn-quiet", props.dispatch) }
                { share_button(lang, "share", "btn-quiet", props.dispatch) }
                if props.compares {
                    { super::compare::close_button(lang, props.dispatch) }
                }
            </div>
            <button type="button" class="btn btn-quiet only-wide" data-action="help" aria-keyshortcuts="?" aria-label={say(lang, "keys")} onclick={send(Action::Help(true))}>
                { icon(Sign::Keys) }<span>{ say(lang, "keys") }</span>
            </button>
            <button type="button" class="btn only-compact" data-action="menu" aria-label={say(lang, "more")} aria-expanded={props.menu.to_string()} onclick={send(Action::Menu(!props.menu))}>
                { icon(Sign::More) }
            </button>
        </div>
    }
}

/// The button that asks what if.
pub fn fork_button(lang: Lang, action: &'static str, class: &'static str, dispatch: &Callback<Action>) -> Html {
    let onclick = dispatch.reform(|_: MouseEvent| Action::Fork(ForkAction::Open));
    html! {
        <button type="button" class={classes!("btn", class)} data-action={action} aria-keyshortcuts="f" aria-label={say(lang, "fork")} title={say(lang, "fork")} {onclick}>
            { icon(Sign::Fork) }<span>{ say(lang, "fork") }</span>
        </button>
    }
}

/// The button that shows the link to this picture.
pub fn share_button(lang: Lang, action: &'static str, class: &'static str, dispatch: &Callback<Action>) -> Html {
    let onclick = dispatch.reform(|_: MouseEvent| Action::Share(ShareAction::Open));
    html! {
        <button type="button" class={classes!("btn", class)} data-action={action} aria-label={say(lang, "share")} title={say(lang, "share")} {onclick}>{ icon(Sign::Link) }<span>{ say(lang, "share") }</span></button>
    }
}

/// What [`speed_menu`] shows.
pub struct SpeedMenuProps<'a> {
    /// The language.
    pub lang: Lang,
    /// How fast.
    pub speed: Speed,
    /// More classes.
    pub class: &'a str,
    /// Where actions go.
    pub dispatch: &'a Callback<Action>,
}

/// The four speeds.
pub fn speed_menu(props: &SpeedMenuProps<'_>) -> Html {
    html! {
        <div class={format!("seg {}", props.class)} role="group" aria-label={say(props.lang, "speed")}>
            { for Speed::ALL.into_iter().map(|one| {
                let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Speed(one));
                html! {
                    <button key={one.words()} type="button" aria-pressed={(one == props.speed).to_string()} data-action={format!("speed-{}", one.words())} {onclick}>
                        { one.words() }
                    </button>
                }
            }) }
        </div>
    }
}

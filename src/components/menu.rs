//! The menu of narrow players: views, speed, time, keys.

use highwater_player::lang::Lang;
use yew::prelude::*;

use super::icon::{Sign, icon};
use super::top_bar::{ViewsProps, views};
use super::transport::{SpeedMenuProps, speed_menu};
use super::{milliseconds, say};
use crate::action::Action;
use crate::motion::Speed;
use crate::options::View;

/// What [`menu`] shows.
pub struct MenuProps<'a> {
    /// The language.
    pub lang: Lang,
    /// The view that is shown.
    pub view: View,
    /// How fast steps play.
    pub speed: Speed,
    /// Virtual time in microseconds.
    pub time_us: u64,
    /// The inspector is open.
    pub inspecting: bool,
    /// A comparison is shown, which can be closed.
    pub compares: bool,
    /// Where actions go.
    pub dispatch: &'a Callback<Action>,
}

/// The sheet over the bar.
pub fn menu(props: &MenuProps<'_>) -> Html {
    let lang = props.lang;
    let inspect = props.dispatch.reform(|_: MouseEvent| Action::InspectHere);
    let help = props.dispatch.reform(|_: MouseEvent| Action::Help(true));
    html! {
        <section class="menu only-compact" aria-label={say(lang, "more")}>
            <div class="menu-row"><span>{ say(lang, "view") }</span>{ views(&ViewsProps { lang, view: props.view, id: "menu-tab", dispatch: props.dispatch }) }</div>
            <div class="menu-row"><span>{ say(lang, "speed") }</span>{ speed_menu(&SpeedMenuProps { lang, speed: props.speed, class: "", dispatch: props.dispatch }) }</div>
            <div class="menu-row"><span>{ say(lang, "virtual_time") }</span><b>{ format!("t = {}", milliseconds(props.time_us)) }</b></div>
            <div class="menu-row">
                <button type="button" class="btn" data-action="menu-inspect" aria-pressed={props.inspecting.to_string()} onclick={inspect}>{ icon(Sign::Eye) }{ say(lang, "inspect") }</button>
                { super::transport::fork_button(lang, "menu-fork", "", props.dispatch) }
                { super::transport::share_button(lang, "menu-share", "", props.dispatch) }
                if props.compares {
                    { super::compare::close_button(lang, props.dispatch) }
                }
            </div>
            <div class="menu-row">
                <button type="button" class="btn" data-action="menu-help" onclick={help}>{ icon(Sign::Keys) }{ say(lang, "keys") }</button>
            </div>
        </section>
    }
}

//! The menu of narrow players: views, speed, time, keys.

use highwater_player::lang::Lang;
use yew::prelude::*;

use super::icon::{Icon, Sign};
use super::top_bar::Views;
use super::transport::SpeedMenu;
use super::{milliseconds, say};
use crate::action::Action;
use crate::motion::Speed;
use crate::options::View;

/// Properties of [`Menu`].
#[derive(Properties, PartialEq)]
pub struct MenuProps {
    /// The language.
    pub lang: Lang,
    /// The view that is shown.
    pub view: View,
    /// How fast steps play.
    pub speed: Speed,
    /// Virtual time in microseconds.
    pub time_us: u64,
    /// Where actions go.
    pub dispatch: Callback<Action>,
}

/// The sheet over the bar.
#[component]
pub fn Menu(props: &MenuProps) -> Html {
    let lang = props.lang;
    let help = props.dispatch.reform(|_: MouseEvent| Action::Help(true));
    html! {
        <section class="menu only-narrow" aria-label={say(lang, "more")}>
            <div class="menu-row"><span>{ say(lang, "view") }</span><Views {lang} view={props.view} id="menu-tab" dispatch={props.dispatch.clone()} /></div>
            <div class="menu-row"><span>{ say(lang, "speed") }</span><SpeedMenu {lang} speed={props.speed} dispatch={props.dispatch.clone()} /></div>
            <div class="menu-row"><span>{ say(lang, "virtual_time") }</span><b>{ format!("t = {}", milliseconds(props.time_us)) }</b></div>
            <div class="menu-row">
                <button type="button" class="btn" data-action="menu-help" onclick={help}><Icon sign={Sign::Keys} />{ say(lang, "keys") }</button>
            </div>
        </section>
    }
}

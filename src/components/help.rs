//! All keys, in a dialog.

use highwater_player::lang::Lang;
use yew::prelude::*;

use super::icon::{Sign, icon};
use super::say;
use crate::action::Action;

/// What [`help`] shows.
pub struct HelpProps<'a> {
    /// The language.
    pub lang: Lang,
    /// Where actions go.
    pub dispatch: &'a Callback<Action>,
}

const KEYS: [(&[&str], &str); 15] = [
    (&["→"], "key_next"),
    (&["←"], "key_back"),
    (&["Space"], "key_play"),
    (&["Home", "End"], "key_ends"),
    (&["1", "…", "9"], "key_chapters"),
    (&["Tab"], "key_tab"),
    (&["←", "→", "↑", "↓"], "key_stage"),
    (&["Enter"], "key_inspect"),
    (&["w"], "key_why"),
    (&["f"], "key_fork"),
    (&["[", "]"], "key_brackets"),
    (&["Enter"], "key_choose"),
    (&["Ctrl", "P"], "key_print"),
    (&["?"], "key_help"),
    (&["Esc"], "key_escape"),
];

/// The dialog.
pub fn help(props: &HelpProps<'_>) -> Html {
    let lang = props.lang;
    let close = props.dispatch.reform(|_: MouseEvent| Action::Help(false));
    let onclose = props.dispatch.reform(|_: Event| Action::Help(false));
    html! {
        <dialog id="help" class="help" aria-labelledby="help-words" {onclose}>
            <header>
                <h2 id="help-words">{ say(lang, "keys") }</h2>
                <button type="button" class="iconbtn" aria-label={say(lang, "close")} data-action="close-help" onclick={close}>{ icon(Sign::Cross) }</button>
            </header>
            <dl>
                { for KEYS.iter().map(|(keys, words)| html! {
                    <div key={*words}>
                        <dt>{ for keys.iter().map(|key| html! { <kbd key={*key}>{ *key }</kbd> }) }</dt>
                        <dd>{ say(lang, words) }</dd>
                    </div>
                }) }
            </dl>
        </dialog>
    }
}

//! All keys, in a dialog.

use highwater_player::lang::Lang;
use yew::prelude::*;

use super::icon::{Icon, Sign};
use super::say;
use crate::action::Action;

/// Properties of [`Help`].
#[derive(Properties, PartialEq)]
pub struct HelpProps {
    /// The language.
    pub lang: Lang,
    /// Where actions go.
    pub dispatch: Callback<Action>,
}

const KEYS: [(&[&str], &str); 11] = [
    (&["→"], "key_next"),
    (&["←"], "key_back"),
    (&["Space"], "key_play"),
    (&["Home", "End"], "key_ends"),
    (&["1", "…", "9"], "key_chapters"),
    (&["Tab"], "key_tab"),
    (&["←", "→", "↑", "↓"], "key_stage"),
    (&["[", "]"], "key_brackets"),
    (&["Enter"], "key_choose"),
    (&["?"], "key_help"),
    (&["Esc"], "key_escape"),
];

/// The dialog.
#[component]
pub fn Help(props: &HelpProps) -> Html {
    let lang = props.lang;
    use_effect_with((), |()| crate::browser::open_dialog("#help"));
    let close = props.dispatch.reform(|_: MouseEvent| Action::Help(false));
    let onclose = props.dispatch.reform(|_: Event| Action::Help(false));
    html! {
        <dialog id="help" class="help" aria-labelledby="help-words" {onclose}>
            <header>
                <h2 id="help-words">{ say(lang, "keys") }</h2>
                <button type="button" class="iconbtn" aria-label={say(lang, "close")} data-action="close-help" onclick={close}><Icon sign={Sign::Cross} /></button>
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

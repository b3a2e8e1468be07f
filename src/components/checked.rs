//! What of a scenario was checked against Kafka, and how, in a dialog.

use highwater_player::checked::{Check, How};
use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use yew::prelude::*;

use super::icon::{Sign, icon};
use super::say;
use crate::action::Action;

/// The dialog.
pub fn checked(lang: Lang, checks: &[Check], dispatch: &Callback<Action>) -> Html {
    let close = dispatch.reform(|_: MouseEvent| Action::Checked(false));
    let onclose = dispatch.reform(|_: Event| Action::Checked(false));
    html! {
        <dialog key="checked" id="checked" class="help" aria-labelledby="checked-words" {onclose}>
            <header>
                <h2 id="checked-words">{ say(lang, "checked.title") }</h2>
                <button type="button" class="iconbtn" aria-label={say(lang, "close")} data-action="close-checked" onclick={close}>{ icon(Sign::Cross) }</button>
            </header>
            <p>{ say(lang, if checks.is_empty() { "checked.none" } else { "checked.line" }) }</p>
            <ul class="checks">
                { for checks.iter().enumerate().map(|(index, check)| html! {
                    <li key={index}>{ icon(Sign::Check) }<b>{ check.what.get(lang) }</b><span>{ how(lang, check) }</span></li>
                }) }
            </ul>
            <p><a href="#/simplified" data-action="simplified">{ say(lang, "simplified_link") }</a></p>
        </dialog>
    }
}

fn how(lang: Lang, check: &Check) -> String {
    let one = if check.count == 1 { "_one" } else { "" };
    let key = match check.how {
        How::Answers => "answers",
        How::Stories => "stories",
        How::Files => "files",
    };
    Phrase::new(&format!("interface.checked.{key}{one}")).with("n", i64::from(check.count)).say(lang)
}

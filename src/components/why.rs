//! Why a mark shows what it shows: the facts behind it, the newest first.

use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use highwater_player::words::{FactLine, Why};
use yew::prelude::*;

use super::icon::{Sign, icon};
use super::{milliseconds, say};
use crate::action::Action;
use crate::browser;

/// The card. It stands at its mark; where room is short it is a sheet from below.
pub fn why_card(lang: Lang, mark: &str, why: &Why, dispatch: &Callback<Action>) -> Html {
    let close = dispatch.reform(|_: MouseEvent| Action::Why(None));
    let onfocusout = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: FocusEvent| {
            if browser::goes_out_of(&event, "[data-why]") {
                dispatch.emit(Action::LeaveWhy);
            }
        })
    };
    let (end, before) = match why.chain.split_last() {
        Some((end, before)) => (Some(end), before),
        None => (None, [].as_slice()),
    };
    html! {
        <section class="why" role="dialog" aria-labelledby="why-words" data-why={mark.to_owned()} {onfocusout}>
            <h2 id="why-words"><span>{ Phrase::new("interface.why").with("label", why.label.as_str()).say(lang) }</span>
                <button type="button" class="iconbtn" aria-label={say(lang, "close")} data-action="close-why" onclick={close}>{ icon(Sign::Cross) }</button>
            </h2>
            <ol class="chain">
                { for before.iter().map(|fact| line(lang, fact, dispatch)) }
                if why.left_out > 0 {
                    <li key="between" class="between">{ Phrase::new("interface.why_between").with("n", i64::try_from(why.left_out).unwrap_or(i64::MAX)).say(lang) }</li>
                }
                { for end.map(|fact| line(lang, fact, dispatch)) }
                if let Some(origin) = &why.origin {
                    <li key="origin" class="you">{ origin }</li>
                }
            </ol>
        </section>
    }
}

/// A fact with its moment, which leads to its step.
fn line(lang: Lang, fact: &FactLine, dispatch: &Callback<Action>) -> Html {
    let (step, marks) = (fact.step, fact.marks.clone());
    let onclick = dispatch.reform(move |_: MouseEvent| Action::Show(step, marks.clone()));
    let class = (fact.name == "CommandGiven").then_some("you");
    let title = Phrase::new("interface.to_step").with("step", i64::try_from(step).unwrap_or(i64::MAX)).say(lang);
    html! {
        <li key={fact.id.to_string()} {class}>
            <button type="button" {title} {onclick}><b>{ &fact.name }</b>{ " " }{ &fact.sentence }</button>
            <span>{ milliseconds(fact.time_us) }</span>
        </li>
    }
}

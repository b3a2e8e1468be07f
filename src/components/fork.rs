//! "What if?": the dialog in which a change is chosen.

use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::icon::{Sign, icon};
use super::say;
use crate::action::Action;
use crate::compare::form::{ForkAction, ForkForm};

/// The dialog.
pub fn fork(lang: Lang, form: &ForkForm, dispatch: &Callback<Action>) -> Html {
    let send = |action: ForkAction| dispatch.reform(move |()| Action::Fork(action.clone()));
    let close = send(ForkAction::Close).reform(|_: MouseEvent| ());
    let onclose = send(ForkAction::Close).reform(|_: Event| ());
    let onsubmit = send(ForkAction::Make).reform(|event: SubmitEvent| event.prevent_default());
    let title = Phrase::new("interface.fork_title").with("step", i64::try_from(form.step).unwrap_or(i64::MAX));
    let kinds = form.offers.iter().map(|offer| offer.label.say(lang)).collect();
    let targets = form.offer().map(|offer| offer.targets.iter().map(|target| target.label.say(lang)).collect());
    let configs =
        form.target_offer().map(|target| target.configs.iter().map(|config| config.name.to_owned()).collect());
    html! {
        <dialog id="fork" class="help fork" aria-labelledby="fork-words" {onclose}>
            <header>
                <h2 id="fork-words">{ title.say(lang) }</h2>
                <button type="button" class="iconbtn" aria-label={say(lang, "close")} data-action="fork-close" onclick={close}>{ icon(Sign::Cross) }</button>
            </header>
            <p class="fork-line">{ say(lang, "fork_line") }</p>
            { knobs(lang, form, dispatch) }
            <form {onsubmit}>
                { select(lang, "fork_what", "kind", kinds, form.kind, dispatch.reform(|index| Action::Fork(ForkAction::Kind(index)))) }
                { select(lang, "fork_which", "target", targets.unwrap_or_default(), form.target, dispatch.reform(|index| Action::Fork(ForkAction::Target(index)))) }
                { select(lang, "fork_config", "config", configs.unwrap_or_default(), form.config, dispatch.reform(|index| Action::Fork(ForkAction::Config(index)))) }
                { argument(lang, form, dispatch) }
                <div>
                    if form.config_offer().is_some() {
                        { from_start(lang, form, dispatch) }
                    }
                </div>
                <div>
                    if let Some(problem) = &form.problem {
                        <p class="fork-problem" role="alert">{ problem.say(lang) }</p>
                    }
                </div>
                <button type="submit" class="btn btn-primary" data-action="fork-make">{ say(lang, "fork_make") }</button>
            </form>
        </dialog>
    }
}

/// The configs that are worth turning: a press gives one another value from the start.
fn knobs(lang: Lang, form: &ForkForm, dispatch: &Callback<Action>) -> Html {
    let value = |knob: usize, index: usize, value: &str| {
        let onclick = dispatch.reform(move |_: MouseEvent| Action::Fork(ForkAction::Turn(knob, index)));
        let name = form.knobs.get(knob).map(|knob| format!("{} = {value}", knob.config));
        html! { <button key={index} type="button" class="btn" aria-label={name} data-knob={format!("{knob}-{index}")} {onclick}>{ value.to_owned() }</button> }
    };
    html! {
        <section class="knobs" aria-label={say(lang, "fork_knobs")}>
            if !form.knobs.is_empty() {
                <h3>{ say(lang, "fork_knobs") }</h3>
            }
            { for form.knobs.iter().enumerate().map(|(number, knob)| {
                let values = Phrase::new("interface.fork_knob_now")
                    .with("now", knob.now.as_str())
                    .with("default", knob.default.as_str())
                    .with("of", knob.of.clone());
                html! {
                    <div key={number} class="knob">
                        <b>{ &knob.config }</b>{ " " }<span>{ values.say(lang) }</span>
                        <p>{ knob.why.get(lang).clone() }</p>
                        <div class="knob-values">{ for knob.values.iter().enumerate().map(|(index, (words, _))| value(number, index, words)) }</div>
                    </div>
                }
            }) }
        </section>
    }
}

fn select(
    lang: Lang,
    label: &str,
    name: &'static str,
    words: Vec<String>,
    now: usize,
    chosen: Callback<usize>,
) -> Html {
    let onchange = Callback::from(move |event: Event| {
        let index = event.target_dyn_into::<HtmlSelectElement>().map(|select| select.selected_index());
        if let Some(index) = index.and_then(|index| usize::try_from(index).ok()) {
            chosen.emit(index);
        }
    });
    html! {
        <div key={name}>
            if !words.is_empty() {
                <label><span>{ say(lang, label) }</span>
                    <select data-fork={name} {onchange}>
                        { for words.into_iter().enumerate().map(|(index, words)| html! { <option key={index} selected={index == now}>{ words }</option> }) }
                    </select>
                </label>
            }
        </div>
    }
}

fn argument(lang: Lang, form: &ForkForm, dispatch: &Callback<Action>) -> Html {
    let Some(takes) = form.offer().and_then(|offer| offer.takes.as_ref()) else {
        return html! { <div key="argument"></div> };
    };
    let dispatch = dispatch.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
            dispatch.emit(Action::Fork(ForkAction::Argument(input.value())));
        }
    });
    let words = form.config_offer().map(|config| config.words.clone()).unwrap_or_default();
    let hint = match form.config_offer().and_then(|config| config.range) {
        Some((least, most)) => format!("{least} … {most}"),
        None => words.join(", "),
    };
    html! {
        <div key="argument">
            <label><span>{ takes.say(lang) }</span>
                <input type="text" data-fork="argument" value={form.argument.clone()} maxlength="60" autocomplete="off" {oninput} />
            </label>
            <small class="fork-hint">{ hint }</small>
        </div>
    }
}

fn from_start(lang: Lang, form: &ForkForm, dispatch: &Callback<Action>) -> Html {
    let radio = |from_start: bool, words: String| {
        let onchange = dispatch.reform(move |_: Event| Action::Fork(ForkAction::FromStart(from_start)));
        html! {
            <label class="fork-when"><input type="radio" name="fork-when" checked={form.from_start == from_start} {onchange} />{ words }</label>
        }
    };
    let here = Phrase::new("interface.fork_from_here").with("step", i64::try_from(form.step).unwrap_or(i64::MAX));
    html! { <div role="radiogroup" aria-label={say(lang, "fork_when")}>{ radio(true, say(lang, "fork_from_start")) }{ radio(false, here.say(lang)) }</div> }
}

//! The inspector: everything about one thing, under Kafka's names. A drawer under the words; where room is short, a sheet
//! over the bar.

use highwater_player::inspect::{ByteField, BytesView, ConfigLine, Group, Inspection, Unit, Value};
use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use yew::prelude::*;

use super::icon::{Sign, icon};
use crate::action::Action;
use crate::stage::text::grouped;

/// What [`inspector`] shows.
pub struct InspectorProps<'a> {
    /// The language.
    pub lang: Lang,
    /// The thing.
    pub inspection: &'a Inspection,
    /// The value whose term is explained.
    pub gloss: Option<&'a str>,
    /// Where actions go.
    pub dispatch: &'a Callback<Action>,
}

fn words(lang: Lang, key: &str) -> String {
    Phrase::new(&["inspect.", key].concat()).say(lang)
}

/// The drawer.
pub fn inspector(props: &InspectorProps<'_>) -> Html {
    let InspectorProps { lang, inspection, dispatch, .. } = *props;
    let close = dispatch.reform(|_: MouseEvent| Action::Inspect(None));
    let mark = inspection.mark.clone();
    let facts = dispatch.reform(move |_: MouseEvent| Action::FactsOf(mark.clone()));
    html! {
        <section class="inspector" aria-labelledby="inspector-title" data-inspector={inspection.mark.clone()} data-floats="true">
            <header>
                { icon(Sign::Eye) }
                <h2 id="inspector-title" tabindex="-1"><span class="sr">{ words(lang, "inspector") }{ ": " }</span>{ &inspection.title }{ " " }<small>{ &inspection.kind }</small></h2>
                <button type="button" class="iconbtn" aria-label={super::say(lang, "close")} data-action="close-inspector" onclick={close}>{ icon(Sign::Cross) }</button>
            </header>
            <div class="inspector-body">
                { head(props) }
                { for inspection.groups.iter().enumerate().map(|(index, one)| group(props, index, one)) }
                { configs(lang, &inspection.configs) }
                <div>{ for inspection.bytes.iter().map(|view| bytes(lang, view)) }</div>
                <p class="inspector-ways"><button type="button" class="btn" data-action="facts-of" onclick={facts}>{ words(lang, "its_facts") }</button></p>
            </div>
        </section>
    }
}

/// What it is by its term, and that it is gone.
fn head(props: &InspectorProps<'_>) -> Html {
    let InspectorProps { lang, inspection, dispatch, .. } = *props;
    html! {
        <div class="inspector-head">
            if let Some((told, step)) = &inspection.gone {
                <p class="gone" data-gone="true">{ told }{ " " }{ to_step(lang, *step, &inspection.mark, dispatch) }</p>
            }
            if let Some(step) = inspection.step {
                <p class="gone" data-sent-in={step.to_string()}>{ Phrase::new("inspect.sent_in").with("step", i64::try_from(step).unwrap_or(i64::MAX)).say(lang) }{ " " }{ to_step(lang, step, &inspection.mark, dispatch) }</p>
            }
            if let Some(term) = &inspection.term {
                <p class="meaning"><b>{ &term.term }</b>{ " " }{ &term.meaning }</p>
            }
        </div>
    }
}

fn to_step(lang: Lang, step: usize, mark: &str, dispatch: &Callback<Action>) -> Html {
    let mark = mark.to_owned();
    let onclick = dispatch.reform(move |_: MouseEvent| Action::Show(step, vec![mark.clone()]));
    let number = i64::try_from(step).unwrap_or(i64::MAX);
    html! {
        <button type="button" class="link" {onclick}>{ Phrase::new("inspect.to_step").with("step", number).say(lang) }</button>
    }
}

fn group(props: &InspectorProps<'_>, index: usize, group: &Group) -> Html {
    html! {
        <section key={index} class="fields">
            <h3 lang="en">{ &group.name }</h3>
            <dl>{ for group.values.iter().map(|one| value(props, one)) }</dl>
        </section>
    }
}

/// A value with its name; what it was before this step stands struck beside it.
fn value(props: &InspectorProps<'_>, value: &Value) -> Html {
    let InspectorProps { lang, gloss, dispatch, .. } = *props;
    let asked = value.why.clone();
    let why = dispatch.reform(move |_: MouseEvent| Action::Why(Some(asked.clone())));
    let label = Phrase::new("inspect.ask_why").with("name", value.name.as_str()).say(lang);
    let is_open = gloss == Some(value.why.as_str());
    let class = classes!("row", value.was.is_some().then_some("is-changed"));
    html! {
        <div key={value.why.clone()} {class}>
            <dt lang="en">{ name(value, is_open, dispatch) }</dt>
            <dd>
                if let Some(was) = &value.was {
                    <s><span class="sr">{ words(lang, "was_word") }{ " " }</span>{ shown(was, value.unit) }</s>{ " " }
                }
                <span class="v">{ shown(&value.text, value.unit) }</span>{ unit(value.unit) }
                <button type="button" class="whybtn" aria-label={label} data-why-of={value.why.clone()} onclick={why}>{ "?" }</button>
            </dd>
            if let Some(term) = value.term.as_ref().filter(|_| is_open) {
                <dd class="meaning"><b>{ &term.term }</b>{ " " }{ &term.meaning }</dd>
            }
        </div>
    }
}

/// The name of a value; with a term, it opens what that means.
fn name(value: &Value, is_open: bool, dispatch: &Callback<Action>) -> Html {
    if value.term.is_none() {
        return html! { { &value.name } };
    }
    let asked = value.why.clone();
    let onclick = dispatch.reform(move |_: MouseEvent| Action::Gloss(Some(asked.clone()).filter(|_| !is_open)));
    html! { <button type="button" class="term" aria-expanded={is_open.to_string()} {onclick}>{ &value.name }</button> }
}

fn unit(unit: Unit) -> Html {
    match unit {
        Unit::None => html! {},
        Unit::Ms => html! { <span class="unit">{ " ms" }</span> },
        Unit::Bytes => html! { <span class="unit">{ " B" }</span> },
    }
}

/// A number with its thousands set apart, if it counts something.
fn shown(text: &str, unit: Unit) -> String {
    match text.parse::<i64>() {
        Ok(number) if unit != Unit::None => grouped(number),
        _ => text.to_owned(),
    }
}

fn configs(lang: Lang, configs: &[ConfigLine]) -> Html {
    html! {
        <div>
            if !configs.is_empty() {
                <section class="fields is-configs">
                    <h3>{ words(lang, "configs") }</h3>
                    <dl>{ for configs.iter().enumerate().map(|(index, one)| config(lang, index, one)) }</dl>
                </section>
            }
        </div>
    }
}

fn config(lang: Lang, index: usize, config: &ConfigLine) -> Html {
    let (since, before) = match config.since.split_once(' ') {
        Some((since, before)) => (since, Some(before)),
        None => (config.since.as_str(), None),
    };
    let default = Phrase::new(if before.is_some() { "inspect.default_was" } else { "inspect.default" })
        .with("value", shown(&config.default, config.unit))
        .with("since", since)
        .with("before", before.map_or_else(String::new, |before| shown(before, config.unit)))
        .say(lang);
    html! {
        <div key={index} class={classes!("row", config.is_set.then_some("is-set"))}>
            <dt lang="en"><small>{ config.scope }</small>{ " " }{ config.name }</dt>
            <dd>
                if config.is_set {
                    <small class="tag">{ words(lang, "set_here") }</small>{ " " }
                }
                <span class="v">{ shown(&config.value, config.unit) }</span>{ unit(config.unit) }
            </dd>
            <dd class="default">{ default }</dd>
        </div>
    }
}

/// Each field with its bytes; the fields of each record under its number.
fn bytes(lang: Lang, view: &BytesView) -> Html {
    let mut runs: Vec<(Option<usize>, Vec<&ByteField>)> = Vec::new();
    for field in &view.fields {
        match runs.last_mut() {
            Some((record, fields)) if *record == field.record => fields.push(field),
            _ => runs.push((field.record, vec![field])),
        }
    }
    html! {
        <section class="bytes-view">
            <h3>{ words(lang, "bytes") }{ " " }<small>{ &view.title }</small></h3>
            { for runs.iter().enumerate().map(|(index, (record, fields))| html! {
                <div key={index}>
                    if let Some(record) = record {
                        <h4>{ Phrase::new("inspect.record_n").with("n", i64::try_from(*record).unwrap_or(i64::MAX).saturating_add(1)).say(lang) }</h4>
                    }
                    <ul>{ for fields.iter().enumerate().map(|(index, one)| byte_field(index, one)) }</ul>
                </div>
            }) }
            if view.more > 0 {
                <p class="more">{ Phrase::new("inspect.more_fields").with("n", i64::try_from(view.more).unwrap_or(i64::MAX)).say(lang) }</p>
            }
        </section>
    }
}

fn byte_field(index: usize, field: &ByteField) -> Html {
    html! {
        <li key={index} class={classes!(field.accent.then_some("is-accent"))} title={format!("@{}", field.at)}>
            <code>{ if field.hex.is_empty() { "–" } else { field.hex.as_str() } }</code>
            <span lang="en">{ field.name }</span>
            <b>{ &field.value }</b>
        </li>
    }
}

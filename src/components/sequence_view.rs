//! The messages as a sequence: the drawing, the way to earlier and later ones, and the same as a table.

use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use highwater_player::sequence::{Arrow, Fate, Lifeline, Sequence};
use yew::prelude::*;

use super::milliseconds;
use crate::action::Action;
use crate::stage::Picture;
use crate::stage::view::{StageProps, scene};

/// What [`sequence_view`] shows.
pub struct SequenceProps<'a> {
    /// The language.
    pub lang: Lang,
    /// The messages.
    pub sequence: &'a Sequence,
    /// The same, laid out.
    pub picture: &'a Picture,
    /// How many of the last messages are passed over.
    pub back: usize,
    /// The step where we are.
    pub step: usize,
    /// Where actions go.
    pub dispatch: &'a Callback<Action>,
}

fn words(lang: Lang, key: &str) -> String {
    Phrase::new(&["sequence.", key].concat()).say(lang)
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The view.
pub fn sequence_view(props: &SequenceProps<'_>) -> Html {
    let SequenceProps { lang, sequence, picture, dispatch, .. } = *props;
    if sequence.arrows.is_empty() {
        return html! { <p class="none">{ words(lang, "none") }</p> };
    }
    let label = words(lang, "label");
    html! {
        <div class="sequence-view" data-messages={sequence.arrows.len().to_string()}>
            { way(props, "earlier", sequence.earlier, props.back + sequence.earlier.min(highwater_player::sequence::MESSAGES_MAX / 2)) }
            { scene(&StageProps { picture, dispatch: Some(dispatch), label: &label }) }
            { way(props, "later", sequence.later, props.back.saturating_sub(highwater_player::sequence::MESSAGES_MAX / 2)) }
            { table(props) }
        </div>
    }
}

/// The way to other messages, if there are any.
fn way(props: &SequenceProps<'_>, key: &str, there: usize, back: usize) -> Html {
    let onclick = props.dispatch.reform(move |_: MouseEvent| Action::SequenceBack(back));
    html! {
        <p class="sequence-way">
            if there > 0 {
                <button type="button" class="btn" data-action={format!("sequence-{key}")} {onclick}>
                    { Phrase::new(&["sequence.", key].concat()).with("n", count(there)).say(props.lang) }
                </button>
            }
        </p>
    }
}

/// What a screen reader says of a message.
pub fn label(lang: Lang, sequence: &Sequence, arrow: &Arrow) -> String {
    let name = |at: usize| sequence.lifelines.get(at).map_or_else(String::new, |node| node_name(lang, node));
    Phrase::new("sequence.message")
        .with("api", api(lang, arrow))
        .with("from", name(arrow.from))
        .with("to", name(arrow.to))
        .with("summary", arrow.summary.clone())
        .with("sent", milliseconds(arrow.sent_us))
        .with("fate", fate(arrow))
        .say(lang)
}

fn node_name(lang: Lang, node: &Lifeline) -> String {
    node.name.say(lang)
}

fn api(lang: Lang, arrow: &Arrow) -> String {
    if arrow.response {
        Phrase::new("interface.response").with("api", arrow.api).say(lang)
    } else {
        arrow.api.to_owned()
    }
}

fn fate(arrow: &Arrow) -> Phrase {
    match arrow.fate {
        Fate::Arrived(us) => Phrase::new("sequence.arrived").with("at", milliseconds(us)),
        Fate::Lost(us) => Phrase::new("sequence.lost").with("at", milliseconds(us)),
        Fate::Travelling => Phrase::new("sequence.travelling"),
    }
}

/// The same as rows.
fn table(props: &SequenceProps<'_>) -> Html {
    let SequenceProps { lang, sequence, step, dispatch, .. } = *props;
    let columns = ["sent", "api", "from", "to", "says", "fate", "step"];
    let name = |at: usize| sequence.lifelines.get(at).map_or_else(String::new, |node| node_name(lang, node));
    html! {
        <details class="sequence-table">
            <summary>{ words(lang, "as_table") }</summary>
            <table class="rows">
                <thead><tr>{ for columns.iter().map(|key| html! { <th key={*key} scope="col">{ words(lang, key) }</th> }) }</tr></thead>
                <tbody>
                    { for sequence.arrows.iter().map(|arrow| {
                        let (inspected, seen) = (arrow.id.clone(), (arrow.step, arrow.id.clone()));
                        let inspect = dispatch.reform(move |_: MouseEvent| Action::Inspect(Some(inspected.clone())));
                        let go = dispatch.reform(move |_: MouseEvent| Action::Show(seen.0, vec![seen.1.clone()]));
                        let class = classes!(arrow.is_now.then_some("is-open"), arrow.is_bad.then_some("is-bad"));
                        html! {
                            <tr key={arrow.id.clone()} {class}>
                                <td data-label={words(lang, "sent")}>{ milliseconds(arrow.sent_us) }</td>
                                <td data-label={words(lang, "api")}><button type="button" class="link" data-inspect={arrow.id.clone()} onclick={inspect}>{ api(lang, arrow) }</button></td>
                                <td data-label={words(lang, "from")}>{ name(arrow.from) }</td>
                                <td data-label={words(lang, "to")}>{ name(arrow.to) }</td>
                                <td data-label={words(lang, "says")}>{ arrow.summary.say(lang) }</td>
                                <td data-label={words(lang, "fate")}>{ fate(arrow).say(lang) }</td>
                                <td data-label={words(lang, "step")}>
                                    <button type="button" class="link" disabled={arrow.step == step} onclick={go}>{ Phrase::new("inspect.to_step").with("step", count(arrow.step)).say(lang) }</button>
                                </td>
                            </tr>
                        }
                    }) }
                </tbody>
            </table>
        </details>
    }
}

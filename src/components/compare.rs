//! Two futures side by side: a picture each, the first difference in a sentence, a table of what differs.

use highwater_player::compare::{Cell, Row};
use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use yew::prelude::*;

use super::icon::{Sign, icon};
use super::{ledger, milliseconds, say, text_view};
use crate::action::Action;
use crate::compare::form::ForkAction;
use crate::compare::{Compared, Side};
use crate::options::View;
use crate::stage::view::{StageProps, scene};

/// A and B in the place of the stage.
pub fn panes(lang: Lang, view: View, compared: &Compared, dispatch: &Callback<Action>) -> Html {
    html! {
        <div class="panes" data-compare="true">
            { for compared.sides.iter().map(|side| pane(lang, view, side, dispatch)) }
        </div>
    }
}

fn pane(lang: Lang, view: View, side: &Side, dispatch: &Callback<Action>) -> Html {
    let label = format!("{}: {}", side.letter, side.name);
    html! {
        <section key={side.letter} class="pane" aria-label={label.clone()} data-side={side.letter}>
            <header>
                { letter(side.letter) }
                <h2>{ &side.name }</h2>
                <span class="pane-time">{ format!("t = {}", milliseconds(side.time_us)) }</span>
                <div class="pane-note">{ for side.note.iter().map(|note| html! { <p key={note.clone()}>{ note }</p> }) }</div>
            </header>
            { match view {
                View::Stage => scene(&StageProps {
                    picture: &side.picture,
                    dispatch: Some(dispatch),
                    label: &format!("{label}. {}", say(lang, "stage_label")),
                }),
                View::Text => text_view::text_view(&text_view::TextViewProps { lang, blocks: &side.text, marks: &[], dispatch: None }),
                // Two sequences beside each other would be too narrow to read: what was sent stands among the facts.
                View::Facts | View::Sequence => html! { <ol class="pane-facts">{ for side.facts.iter().map(|fact| ledger::line(fact, false)) }</ol> },
            } }
        </section>
    }
}

fn letter(letter: &'static str) -> Html {
    html! { <i class={if letter == "A" { "side-a" } else { "side-b" }} aria-hidden="true">{ letter }</i> }
}

/// The first difference, and the way to its step.
pub fn difference(lang: Lang, step: usize, compared: &Compared, dispatch: &Callback<Action>) -> Html {
    let is_there = compared.first_step.is_some_and(|first| first <= step);
    let to_first = dispatch.reform(|_: MouseEvent| Action::Fork(ForkAction::ToFirst));
    let ahead = compared.first_step.filter(|first| *first != step);
    html! {
        <div class="difference" data-difference="true">
            <p>
                if is_there || compared.first_step.is_none() {
                    { &compared.first }
                } else {
                    { say(lang, "compare_no_difference_yet") }
                }
            </p>
            <div class="difference-odd">{ for compared.odd.iter().map(|odd| html! { <p key={odd.clone()}>{ odd }</p> }) }</div>
            <div>
                if let Some(first) = ahead {
                    <button type="button" class="btn" data-action="fork-first" onclick={to_first}>
                        { Phrase::new("interface.compare_to_first").with("step", i64::try_from(first).unwrap_or(i64::MAX)).say(lang) }
                    </button>
                }
            </div>
        </div>
    }
}

/// What each holds, where they do not agree.
pub fn table(lang: Lang, compared: &Compared) -> Html {
    html! {
        <div class="differences" data-rows={compared.rows.len().to_string()}>
            if !compared.rows.is_empty() {
                <table>
                    <caption class="sr">{ say(lang, "compare_table") }</caption>
                    <thead><tr>
                        <th scope="col">{ say(lang, "compare_fact") }</th>
                        { for compared.sides.iter().map(|side| html! { <th key={side.letter} scope="col">{ letter(side.letter) }<span class="sr">{ side.letter }</span>{ " " }{ &side.name }</th> }) }
                    </tr></thead>
                    <tbody>{ for compared.rows.iter().enumerate().map(|(index, row)| row_of(lang, index, row)) }</tbody>
                </table>
            }
        </div>
    }
}

fn row_of(lang: Lang, index: usize, row: &Row) -> Html {
    html! {
        <tr key={index} class={row.is_first.then_some("is-first")}>
            <th scope="row">{ &row.name }
                if row.is_first {
                    <span class="first-mark">{ " ◆ " }{ say(lang, "compare_first") }</span>
                }
            </th>
            { cell(lang, "A", row.a.as_ref(), row.is_first) }
            { cell(lang, "B", row.b.as_ref(), row.is_first) }
        </tr>
    }
}

fn cell(lang: Lang, side: &'static str, cell: Option<&Cell>, is_first: bool) -> Html {
    let Some(cell) = cell else {
        let key = if is_first { "compare_never" } else { "compare_not_yet" };
        return html! { <td data-side={side} class="is-none">{ say(lang, key) }</td> };
    };
    let step = Phrase::new("interface.compare_step")
        .with("step", i64::try_from(cell.step).unwrap_or(i64::MAX))
        .with("time", milliseconds(cell.time_us))
        .say(lang);
    html! {
        <td data-side={side} class={cell.is_bad.then_some("is-bad")}>{ &cell.sentence }<small>{ step }</small></td>
    }
}

/// The button that leaves the comparison.
pub fn close_button(lang: Lang, dispatch: &Callback<Action>) -> Html {
    let onclick = dispatch.reform(|_: MouseEvent| Action::Fork(ForkAction::Leave));
    html! {
        <button type="button" class="btn is-on" data-action="fork-leave" aria-keyshortcuts="Escape" aria-label={say(lang, "compare_leave")} title={say(lang, "compare_leave")} {onclick}>
            { icon(Sign::Cross) }<span>{ say(lang, "compare_leave") }</span>
        </button>
    }
}

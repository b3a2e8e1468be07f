//! The latest facts, a line each.

use highwater_player::lang::Lang;
use highwater_player::words::FactLine;
use yew::prelude::*;

use super::{milliseconds, say};

/// What [`ledger`] shows.
pub struct LedgerProps<'a> {
    /// The language.
    pub lang: Lang,
    /// The last two facts, the newest last.
    pub facts: &'a [FactLine],
    /// The newest happened in this step.
    pub is_now: bool,
}

/// The strip under the stage.
pub fn ledger(props: &LedgerProps<'_>) -> Html {
    let last = props.facts.len().saturating_sub(1);
    html! {
        <section class="ledger" aria-labelledby="ledger-words">
            <h2 class="mini-h" id="ledger-words">{ say(props.lang, "just_now") }</h2>
            <ol>
                { for props.facts.iter().enumerate().map(|(index, fact)| line(fact, props.is_now && index == last)) }
            </ol>
        </section>
    }
}

/// One fact: time, name, sentence.
pub fn line(fact: &FactLine, now: bool) -> Html {
    let class = classes!("fact", now.then_some("is-now"), fact.bad.then_some("is-bad"));
    html! {
        <li key={fact.id.to_string()} {class}>
            <span class="t">{ milliseconds(fact.time_us) }</span><span class="n">{ &fact.name }</span><span class="s" title={fact.sentence.clone()}>{ &fact.sentence }</span>
        </li>
    }
}

//! The terms of a step with their glosses.

use highwater_player::lang::Lang;
use highwater_player::words::Gloss;
use yew::prelude::*;

use super::say;

/// What [`terms`] shows.
pub struct TermsProps<'a> {
    /// The language.
    pub lang: Lang,
    /// The terms.
    pub terms: &'a [Gloss],
}

/// The list; where room is short it folds into a line that opens.
pub fn terms(props: &TermsProps<'_>) -> Html {
    let list = || {
        html! {
            <dl>
                { for props.terms.iter().map(|term| html! {
                    <div key={term.id.clone()}><dt>{ &term.term }</dt><dd>{ &term.meaning }</dd></div>
                }) }
            </dl>
        }
    };
    if props.terms.is_empty() {
        return html! { <div class="terms-none"></div> };
    }
    html! {
        <div class="terms-both">
            <section class="terms"><h2>{ say(props.lang, "terms") }</h2>{ list() }</section>
            <details class="terms-fold"><summary>{ say(props.lang, "terms") }</summary>{ list() }</details>
        </div>
    }
}

//! All of Kafka's terms, with what each means; searched by its words.

use highwater_player::glossary::all;
use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use highwater_player::words::Gloss;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::icon::{Sign, icon};
use super::say;
use crate::action::Action;
use crate::options;

/// The page.
pub fn glossary(lang: Lang, search: &str, dispatch: &Callback<Action>) -> Html {
    let oninput =
        dispatch.reform(|event: InputEvent| Action::Search(event.target_unchecked_into::<HtmlInputElement>().value()));
    let wanted = search.trim().to_ascii_lowercase();
    let matches = |term: &Gloss| {
        let texts = [&term.id, &term.term, &term.meaning];
        wanted.is_empty() || texts.iter().any(|text| text.to_ascii_lowercase().contains(&wanted))
    };
    let terms: Vec<Gloss> = all(lang).into_iter().filter(matches).collect();
    html! {
        <main key="terms" class="frame own" data-glossary={terms.len().to_string()}>
            <header class="glossary-top">
                <h1 tabindex="-1">{ say(lang, "glossary.title") }</h1>
                <label class="search">
                    { icon(Sign::Search) }<span class="sr">{ say(lang, "search") }</span>
                    <input type="search" placeholder={say(lang, "glossary.hint")} value={search.to_owned()} {oninput} data-search="true" />
                </label>
            </header>
            <dl class="glossary">
                { for terms.iter().map(|term| html! {
                    <div key={term.id.clone()} id={format!("term-{}", term.id)}>
                        <dt>{ &term.term }</dt>
                        <dd>{ &term.meaning }</dd>
                    </div>
                }) }
            </dl>
            <div>
                if terms.is_empty() {
                    <p class="none">{ Phrase::new("interface.nothing_found").with("words", options::shorten(search)).say(lang) }</p>
                }
            </div>
        </main>
    }
}

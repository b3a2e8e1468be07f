//! Runs of a sentence: stressed words, values in the colour of their mark, terms with a gloss.

use highwater_player::words::{Inline, RefKind};
use yew::prelude::*;

use crate::action::Action;

/// The class of a value.
fn look(kind: RefKind) -> &'static str {
    match kind {
        RefKind::Water => "ref ref-water",
        RefKind::Message => "ref ref-msg",
        RefKind::Leader => "ref ref-lead",
        RefKind::Bad => "ref ref-bad",
        RefKind::Plain => "ref",
    }
}

/// The runs as HTML. With `dispatch`, terms are buttons that open their gloss.
pub fn runs(inlines: &[Inline], dispatch: Option<&Callback<Action>>, open: Option<&str>) -> Html {
    inlines
        .iter()
        .map(|inline| match inline {
            Inline::Text { text } => html! { { text.clone() } },
            Inline::Strong { text } => html! { <em>{ text.clone() }</em> },
            Inline::Value { text, kind } => html! { <span class={look(*kind)}>{ text.clone() }</span> },
            Inline::Term { id, text } => match dispatch {
                None => html! { <span class="term">{ text.clone() }</span> },
                Some(dispatch) => {
                    let is_open = open == Some(id.as_str());
                    let next = if is_open { None } else { Some(id.clone()) };
                    let onclick = dispatch.reform(move |_: MouseEvent| Action::Gloss(next.clone()));
                    html! {
                        <button type="button" class="term" aria-expanded={is_open.to_string()} {onclick}>{ text.clone() }</button>
                    }
                }
            },
        })
        .collect()
}

/// The words alone.
pub fn plain(inlines: &[Inline]) -> String {
    inlines.iter().map(Inline::text).collect()
}

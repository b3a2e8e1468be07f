//! The picture in words.

use highwater_player::lang::Lang;
use yew::prelude::*;

use super::say;
use crate::action::Action;

/// What [`text_view`] shows.
pub struct TextViewProps<'a> {
    /// The language.
    pub lang: Lang,
    /// Headings with their lines.
    pub blocks: &'a [(String, Vec<String>)],
    /// Marks with their labels, to look into.
    pub marks: &'a [(String, String)],
    /// Where actions go; none where nobody can act.
    pub dispatch: Option<&'a Callback<Action>>,
}

/// Each place of the picture under its heading.
pub fn text_view(props: &TextViewProps<'_>) -> Html {
    html! {
        <div class="text-view">
            { for props.blocks.iter().enumerate().map(|(index, (heading, lines))| html! {
                <section key={index}>
                    <h2>{ heading }</h2>
                    <ul>{ for lines.iter().enumerate().map(|(index, line)| html! { <li key={index}>{ line }</li> }) }</ul>
                </section>
            }) }
            { for props.dispatch.filter(|_| !props.marks.is_empty()).map(|dispatch| every_mark(props.lang, props.marks, dispatch)) }
            <div>
                if props.blocks.is_empty() {
                    <p class="none">{ say(props.lang, "nothing_yet") }</p>
                }
            </div>
        </div>
    }
}

/// Everything that can be looked into, as a list of buttons.
fn every_mark(lang: Lang, marks: &[(String, String)], dispatch: &Callback<Action>) -> Html {
    html! {
        <section key="marks" class="every-mark">
            <h2>{ say(lang, "every_mark") }</h2>
            <ul>
                { for marks.iter().map(|(mark, label)| {
                    let asked = mark.clone();
                    let onclick = dispatch.reform(move |_: MouseEvent| Action::Inspect(Some(asked.clone())));
                    html! { <li key={mark.clone()}><button type="button" data-inspect={mark.clone()} {onclick}>{ label }</button></li> }
                }) }
            </ul>
        </section>
    }
}

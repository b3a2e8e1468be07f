//! The picture in words.

use highwater_player::lang::Lang;
use yew::prelude::*;

use super::say;

/// What [`text_view`] shows.
pub struct TextViewProps<'a> {
    /// The language.
    pub lang: Lang,
    /// Headings with their lines.
    pub blocks: &'a [(String, Vec<String>)],
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
            <div>
                if props.blocks.is_empty() {
                    <p class="none">{ say(props.lang, "nothing_yet") }</p>
                }
            </div>
        </div>
    }
}

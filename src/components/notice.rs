//! What went wrong, in a sentence, with one next thing to do.

use yew::prelude::*;

/// Properties of [`Notice`].
#[derive(Properties, PartialEq)]
pub struct NoticeProps {
    /// What happened.
    pub title: AttrValue,
    /// The sentences about it.
    pub lines: Vec<AttrValue>,
    /// What another program said, word for word.
    #[prop_or_default]
    pub said: Option<AttrValue>,
    /// The ways on.
    pub children: Html,
}

/// A card with a message.
#[component]
pub fn Notice(props: &NoticeProps) -> Html {
    html! {
        <section class="notice is-bad" role="alert" data-notice="true">
            <h1>{ &props.title }</h1>
            { for props.lines.iter().map(|line| html! { <p key={line.to_string()}>{ line }</p> }) }
            <div>
                if let Some(said) = &props.said {
                    <pre class="said">{ said }</pre>
                }
            </div>
            <div class="acts">{ props.children.clone() }</div>
        </section>
    }
}

//! What went wrong, in a sentence, with one next thing to do.

use yew::prelude::*;

/// A card with a message: what happened, the sentence about it, what another program said, word for word, and the ways on.
pub fn notice(title: &str, line: &str, said: Option<&str>, ways_on: Html) -> Html {
    html! {
        <section class="notice is-bad" role="alert" data-notice="true">
            <h1 tabindex="-1">{ title }</h1>
            <p>{ line }</p>
            <div>
                if let Some(said) = said {
                    <pre class="said">{ said }</pre>
                }
            </div>
            <div class="acts">{ ways_on }</div>
        </section>
    }
}

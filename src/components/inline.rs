//! Runs of a sentence: stressed words, values in the colour of their mark, terms with a gloss.

use highwater_player::lang::Lang;
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

/// The marks at a text's beginning that belong to the word before it: no line begins with them.
fn ending(text: &str) -> &str {
    let rest = text.trim_start_matches([
        ',', '.', ';', ':', '!', '?', ')', '’', '”', '，', '。', '、', '；', '：', '！', '？', '）', '」', '》',
    ]);
    text.strip_suffix(rest).unwrap_or_default()
}

/// The runs as HTML. With `dispatch`, terms are buttons that open their gloss; a button takes the marks after it along, for a
/// line could break between the two.
pub fn runs(inlines: &[Inline], dispatch: Option<&Callback<Action>>, open: Option<&str>) -> Html {
    let mut drawn: Vec<Html> = Vec::with_capacity(inlines.len());
    let mut taken = "";
    for (index, inline) in inlines.iter().enumerate() {
        let before = std::mem::take(&mut taken);
        drawn.push(match inline {
            Inline::Text { text } => html! { { text.strip_prefix(before).unwrap_or(text).to_owned() } },
            Inline::Strong { text } => html! { <em>{ text.clone() }</em> },
            Inline::Value { text, kind } => html! { <span class={look(*kind)}>{ text.clone() }</span> },
            Inline::Term { id, text } => match dispatch {
                None => html! { <span class="term">{ text.clone() }</span> },
                Some(dispatch) => {
                    if let Some(Inline::Text { text: next }) = inlines.get(index + 1) {
                        taken = ending(next);
                    }
                    let is_open = open == Some(id.as_str());
                    let next = if is_open { None } else { Some(id.clone()) };
                    let onclick = dispatch.reform(move |_: MouseEvent| Action::Gloss(next.clone()));
                    html! {
                        <span class="keep"><button type="button" class="term" aria-expanded={is_open.to_string()} {onclick}>{ text.clone() }</button>{ taken.to_owned() }</span>
                    }
                }
            },
        });
    }
    drawn.into_iter().collect()
}

/// A title as a sentence of its own, with what parts it from the next: a full stop, unless it ends already.
pub fn ended(title: &str, lang: Lang) -> String {
    let (stop, space) = match lang {
        Lang::En => (".", " "),
        Lang::Zh => ("。", ""),
    };
    let stop = if title.ends_with(['?', '？', '!', '！']) { "" } else { stop };
    format!("{title}{stop}{space}")
}

/// The words alone.
pub fn plain(inlines: &[Inline]) -> String {
    inlines.iter().map(Inline::text).collect()
}

#[cfg(all(test, feature = "render"))]
mod tests {
    use super::*;
    use crate::render::render;

    #[test]
    fn no_line_begins_with_the_comma_after_a_term() {
        let term = Inline::Term { id: "consumer".to_owned(), text: "consumer's".to_owned() };
        let text = |text: &str| Inline::Text { text: text.to_owned() };
        let with = |inlines: &[Inline]| render(runs(inlines, Some(&Callback::noop()), None));
        let comma = with(&[text("and the "), term.clone(), text("), wait.")]);
        assert!(comma.contains("consumer's</button>),</span> wait."), "{comma}");
        let none = with(&[term.clone(), text(" waits.")]);
        assert!(none.contains("consumer's</button></span> waits."), "{none}");
        let chinese = with(&[term, text("，等待。")]);
        assert!(chinese.contains("consumer's</button>，</span>等待。"), "{chinese}");
    }

    #[test]
    fn a_title_that_asks_needs_no_full_stop() {
        assert_eq!(ended("And without a key?", Lang::En), "And without a key? ");
        assert_eq!(ended("Stored is not visible", Lang::En), "Stored is not visible. ");
        assert_eq!(ended("存下了，还看不见", Lang::Zh), "存下了，还看不见。");
    }
}

//! A scenario on the course's home: a true picture, the question, the surprise, minutes, progress.

use highwater_player::course;
use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use yew::prelude::*;

use super::icon::{Sign, icon};
use super::{say, words};
use crate::options;
use crate::progress::Reached;
use crate::stage::node::number;
use crate::stage::thumb;
use crate::stage::view::element;

/// What [`card`] shows.
pub struct CardProps<'a> {
    /// The language.
    pub lang: Lang,
    /// The scenario.
    pub card: &'a course::Card,
    /// How far the learner is.
    pub reached: Option<&'a Reached>,
    /// It is the one that was open last.
    pub is_here: bool,
}

/// The card: one link.
pub fn card(props: &CardProps<'_>) -> Html {
    let CardProps { lang, card, reached, is_here } = *props;
    let done = reached.is_some_and(|reached| reached.done);
    let step = reached.map(|reached| reached.step).filter(|step| *step > 1 && !done);
    let class = classes!(
        "card",
        done.then_some("is-done"),
        (is_here && !done).then_some("is-here"),
        card.essential.then_some("is-core")
    );
    let href = options::format(Some(&card.id), step, None, None, options::View::Stage);
    let minutes = Phrase::new("interface.minutes").with("n", i64::from(card.minutes)).say(lang);
    let picture: Html = card
        .picture
        .as_ref()
        .map(thumb::draw)
        .unwrap_or_default()
        .iter()
        .enumerate()
        .map(|(index, node)| element(node, index))
        .collect();
    html! {
        <a key={card.id.clone()} {class} {href} data-card={card.id.clone()}>
            <svg class="thumb" viewBox={format!("0 0 {} {}", number(thumb::WIDTH), number(thumb::HEIGHT))} aria-hidden="true">{ picture }</svg>
            <h3>{ &*card.title }
                if card.essential { <span class="core" title={say(lang, "essential")}>{ " ★" }</span> }
            </h3>
            <p class="hook">{ &*card.hook }</p>
            <p class="meta">
                <span>{ minutes }</span>
                <span class="st">
                    if done {
                        { icon(Sign::Check) }{ say(lang, "done") }
                    } else if let Some(step) = step {
                        { words::step_of(lang, step, card.steps) }
                    }
                </span>
            </p>
        </a>
    }
}

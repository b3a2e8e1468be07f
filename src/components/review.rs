//! The questions that were answered wrong, to try again.

use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use highwater_player::review::Asked;
use yew::prelude::*;

use super::icon::{Sign, icon};
use super::{say, words};
use crate::options;
use crate::progress::Progress;

/// The page: a scenario with its missed questions under its title, in the order of the course.
pub fn review(lang: Lang, asked: &[Asked], progress: &Progress, home: &str) -> Html {
    let missed = progress.missed();
    let left: Vec<&Asked> = asked.iter().filter(|one| missed.contains(&(one.scenario.as_str(), one.step))).collect();
    let mut groups: Vec<(&Asked, Vec<&Asked>)> = Vec::new();
    for one in &left {
        match groups.last_mut() {
            Some((first, group)) if first.scenario == one.scenario => group.push(one),
            _ => groups.push((one, vec![one])),
        }
    }
    let count = i64::try_from(left.len()).unwrap_or(i64::MAX);
    html! {
        <main key="review" class="frame own" data-review={left.len().to_string()}>
            <h1 tabindex="-1">{ say(lang, "review.title") }</h1>
            <div class="review">
                if left.is_empty() {
                    <p key="none" class="own-say">{ say(lang, "review.none") }</p>
                    <p key="on"><a class="btn btn-primary" href={home.to_owned()} data-action="home">{ say(lang, "to_course") }{ icon(Sign::Next) }</a></p>
                } else {
                    <p key="how">{ Phrase::new("interface.review.how").with("n", count).say(lang) }</p>
                    { for groups.iter().map(|(first, group)| scenario(lang, first, group, progress)) }
                }
            </div>
        </main>
    }
}

fn scenario(lang: Lang, first: &Asked, group: &[&Asked], progress: &Progress) -> Html {
    let steps = progress.scenarios.get(&first.scenario).map_or(0, |reached| reached.steps);
    html! {
        <section key={first.scenario.clone()} aria-labelledby={format!("review-{}", first.scenario)}>
            <h2 id={format!("review-{}", first.scenario)}>{ first.title.get(lang) }</h2>
            <ul>
                { for group.iter().map(|one| {
                    let href = options::format(Some(&one.scenario), Some(one.step), None, None, options::View::Stage);
                    html! {
                        <li key={one.step}>
                            <a {href} data-missed={format!("{}/{}", one.scenario, one.step)}>
                                <span class="at">{ words::step_of(lang, one.step, steps.max(one.step)) }{ " · " }{ one.step_title.get(lang) }</span>
                                <span class="q">{ one.question.get(lang) }</span>
                            </a>
                        </li>
                    }
                }) }
            </ul>
        </section>
    }
}

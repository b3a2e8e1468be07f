//! The course's home: the promise, go on, a log, search, families of cards.

use highwater_player::course::{Card as CourseCard, Course, Family, Tags};
use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::card::{CardProps, card};
use super::icon::{Sign, icon};
use super::say;
use crate::action::Action;
use crate::options;
use crate::progress::Progress;
use crate::stage::Picture;
use crate::stage::node::number;
use crate::stage::view::element;

/// What [`home`] shows.
pub struct HomeProps<'a> {
    /// The language.
    pub lang: Lang,
    /// The course; none until its list has arrived.
    pub course: Option<&'a Course>,
    /// How far the learner is.
    pub progress: &'a Progress,
    /// Words that cards must have.
    pub search: &'a str,
    /// The cards' tags; none until somebody searches.
    pub tags: Option<&'a Tags>,
    /// The family that alone is shown.
    pub family: Option<&'a str>,
    /// The log on top.
    pub hero: &'a Picture,
    /// Where actions go.
    pub dispatch: &'a Callback<Action>,
}

/// What follows a scenario in the course.
pub fn following<'a>(course: &'a Course, id: &str) -> Option<&'a CourseCard> {
    let mut cards = course.families.iter().flat_map(|family| &family.scenarios).skip_while(|card| card.id != id);
    cards.nth(1)
}

/// Families of so few have wide cards.
const SMALL_FAMILY: usize = 4;

/// The ways to other pages: where to, what tests call it, its words.
const LINKS: [(&str, &str, &str); 4] = [
    ("#/files", "own-files", "own_files"),
    ("#/terms", "all-terms", "all_terms"),
    ("#/review", "review", "review_link"),
    ("#/simplified", "simplified", "simplified_link"),
];

/// The page.
pub fn home(props: &HomeProps<'_>) -> Html {
    let HomeProps { lang, course, progress, search, tags, family, hero, dispatch } = *props;
    let only = family;
    let families: &[Family] = course.map(|course| course.families.as_slice()).unwrap_or_default();
    let families: Vec<&Family> = families.iter().filter(|family| !family.scenarios.is_empty()).collect();
    let all = families.iter().map(|family| family.scenarios.len()).sum::<usize>();
    let oninput =
        dispatch.reform(|event: InputEvent| Action::Search(event.target_unchecked_into::<HtmlInputElement>().value()));
    let found: Vec<(&Family, Vec<&CourseCard>)> = families
        .iter()
        .filter(|family| only.is_none_or(|only| family.id == only))
        .map(|family| (*family, family.scenarios.iter().filter(|card| matches(card, tags, search)).collect::<Vec<_>>()))
        .filter(|(_, cards)| !cards.is_empty())
        .collect();
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    html! {
        <main class="home">
            <section class="hero">
                <div>
                    <h1 tabindex="-1">{ say(lang, "home_title") }</h1>
                    <p>{ say(lang, "home_promise") }</p>
                    <div class="acts">{ acts(lang, &families, progress) }</div>
                </div>
                <svg class="scene" viewBox={format!("0 0 {} {}", number(hero.width), number(hero.height))} width={number(hero.width)}
                    height={number(hero.height)} role="img" aria-label={say(lang, "hero_label")}>
                    { for hero.nodes.iter().enumerate().map(|(index, node)| element(node, index)) }
                </svg>
            </section>
            <div class="tools" role="search">
                <label class="search">
                    { icon(Sign::Search) }<span class="sr">{ say(lang, "search") }</span>
                    <input type="search" placeholder={say(lang, "search_hint")} value={search.to_owned()} {oninput} />
                </label>
                <div class="chips">
                    if families.len() > 1 {
                        { chip(say(lang, "all"), None, only.is_none(), dispatch) }
                        { for families.iter().map(|family| {
                            chip(family.title.clone(), Some(family.id.clone()), only == Some(family.id.as_str()), dispatch)
                        }) }
                    }
                </div>
                <output class="progress-note">
                    if all > 0 {
                        { Phrase::new("interface.done_of").with("n", count(progress.done().min(all))).with("all", count(all)).say(lang) }
                    }
                </output>
            </div>
            <div class={if all <= SMALL_FAMILY { "families is-few" } else { "families" }}>
                { for found.iter().map(|(family, cards)| family_of(lang, family, cards, progress)) }
            </div>
            <p class="own-link">{ for LINKS.iter().map(|(href, name, words)| html! {
                <a key={*name} href={*href} data-action={*name}>{ say(lang, words) }</a>
            }) }</p>
            <div>
                if found.is_empty() && course.is_some() {
                    <p class="none">{ Phrase::new("interface.nothing_found").with("words", options::shorten(search)).say(lang) }</p>
                }
            </div>
        </main>
    }
}

fn matches(card: &CourseCard, tags: Option<&Tags>, search: &str) -> bool {
    let wanted = search.to_ascii_lowercase();
    let texts = [&card.title, &card.hook, &card.id];
    wanted.split_whitespace().all(|word| {
        texts.iter().any(|text| text.to_ascii_lowercase().contains(word))
            || tags.is_some_and(|tags| tags.have(&card.id, word))
    })
}

/// Go on where the learner was, or begin.
fn acts(lang: Lang, families: &[&Family], progress: &Progress) -> Html {
    let cards: Vec<&CourseCard> = families.iter().flat_map(|family| &family.scenarios).collect();
    let open = |card: &&&CourseCard| progress.scenarios.get(&card.id).is_none_or(|reached| !reached.done);
    let last = cards.iter().find(|card| progress.last.as_ref() == Some(&card.id)).filter(open);
    let next = last.or_else(|| cards.iter().find(open)).or_else(|| cards.first());
    let Some(next) = next else { return html! {} };
    let begun = !progress.scenarios.is_empty();
    let key = if begun { "interface.go_on" } else { "interface.begin" };
    let step = progress
        .scenarios
        .get(&next.id)
        .filter(|reached| !reached.done)
        .map(|reached| reached.step)
        .filter(|step| *step > 1);
    let words = Phrase::new(key).with("title", next.title.as_str()).say(lang);
    let href = options::format(Some(&next.id), step, None, None, options::View::Stage);
    html! {
        <>
            <a key="go" class="btn btn-primary" {href} data-action="go-on">{ icon(Sign::Play) }<span>{ words }</span></a>
            if let Some(first) = cards.first().filter(|first| begun && first.id != next.id) {
                <a key="first" class="btn" href={options::format(Some(&first.id), None, None, None, options::View::Stage)}>{ say(lang, "from_the_start") }</a>
            }
        </>
    }
}

fn chip(words: String, family: Option<String>, pressed: bool, dispatch: &Callback<Action>) -> Html {
    let key = family.clone().unwrap_or_default();
    let onclick = dispatch.reform(move |_: MouseEvent| Action::Family(family.clone()));
    html! { <button {key} type="button" class="chip" aria-pressed={pressed.to_string()} {onclick}>{ words }</button> }
}

fn family_of(lang: Lang, family: &Family, cards: &[&CourseCard], progress: &Progress) -> Html {
    let class = if family.scenarios.len() <= SMALL_FAMILY { "family is-small" } else { "family" };
    let done = family
        .scenarios
        .iter()
        .filter(|card| progress.scenarios.get(&card.id).is_some_and(|reached| reached.done))
        .count();
    let minutes: u32 = family.scenarios.iter().map(|card| card.minutes).sum();
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let told = Phrase::new("interface.family_count")
        .with("n", count(done))
        .with("all", count(family.scenarios.len()))
        .with("minutes", i64::from(minutes))
        .say(lang);
    html! {
        <section key={family.id.clone()} {class} aria-labelledby={format!("family-{}", family.id)}>
            <header><h2 id={format!("family-{}", family.id)}>{ &*family.title }</h2><p>{ &*family.line }</p><span>{ told }</span></header>
            <div class="cards">
                { for cards.iter().map(|one| card(&CardProps {
                    lang,
                    card: one,
                    reached: progress.scenarios.get(&one.id),
                    is_here: progress.last.as_ref() == Some(&one.id),
                })) }
            </div>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(ids: &[&str]) -> Family {
        let card = |id: &&str| CourseCard {
            id: (*id).to_owned(),
            title: format!("{id}?"),
            hook: String::new(),
            minutes: 6,
            steps: 9,
            essential: false,
            picture: None,
        };
        let (id, title, line) = ("storage".to_owned(), "Storage".to_owned(), String::new());
        Family { id, title, line, scenarios: ids.iter().map(card).collect() }
    }

    #[test]
    fn a_scenario_is_followed_by_the_next_of_its_family_then_by_the_next_family() {
        let course = Course { families: vec![family(&["key-hash", "sticky"]), family(&["retention"])] };
        let next = |id: &str| following(&course, id).map(|card| card.id.as_str());
        assert_eq!(next("key-hash"), Some("sticky"));
        assert_eq!(next("sticky"), Some("retention"));
        assert_eq!((next("retention"), next("my-own")), (None, None), "the end, and what is not of the course");
    }
}

//! All facts until now, with filters by broker, partition and kind.

use highwater_player::sorted::SortedSet;

use highwater_player::command::Command;
use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use highwater_player::words::FactLine;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::icon::{Sign, icon};
use super::{milliseconds, say};
use crate::action::{Action, FactFilter};

/// What [`facts`] shows.
pub struct FactsProps<'a> {
    /// The language.
    pub lang: Lang,
    /// All facts, oldest first.
    pub facts: &'a [FactLine],
    /// The step where we are.
    pub step: usize,
    /// What is shown of them.
    pub filter: &'a FactFilter,
    /// What the filter's mark is called.
    pub about: Option<&'a str>,
    /// Where actions go.
    pub dispatch: &'a Callback<Action>,
}

fn holds(filter: &FactFilter, fact: &FactLine) -> bool {
    filter.broker.is_none_or(|broker| fact.brokers.contains(&broker))
        && filter.partition.as_ref().is_none_or(|partition| fact.partition.as_ref() == Some(partition))
        && filter.kind.as_ref().is_none_or(|kind| fact.name == *kind)
        && filter.mark.as_ref().is_none_or(|mark| fact.marks.iter().any(|about| is_part_of(about, mark)))
        && (says(&fact.sentence, &filter.words) || says(&fact.name, &filter.words))
}

/// The mark is `whole`, or a part of it.
fn is_part_of(mark: &str, whole: &str) -> bool {
    mark.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The text has the words, in whatever case its Latin letters are.
fn says(text: &str, words: &str) -> bool {
    let words = words.trim().as_bytes();
    words.is_empty() || text.as_bytes().windows(words.len()).any(|part| part.eq_ignore_ascii_case(words))
}

/// The list.
pub fn facts(props: &FactsProps<'_>) -> Html {
    let FactsProps { lang, facts, filter, dispatch, .. } = *props;
    let brokers: SortedSet<i32> = facts.iter().flat_map(|fact| fact.brokers.iter().copied()).collect();
    let partitions: SortedSet<&String> = facts.iter().filter_map(|fact| fact.partition.as_ref()).collect();
    let kinds: SortedSet<&String> = facts.iter().map(|fact| &fact.name).collect();
    let shown: Vec<&FactLine> = facts.iter().filter(|fact| holds(filter, fact)).collect();
    let count = Phrase::new("interface.facts_shown")
        .with("n", i64::try_from(shown.len()).unwrap_or(i64::MAX))
        .with("all", i64::try_from(facts.len()).unwrap_or(i64::MAX))
        .say(lang);
    let base = filter.clone();
    let broker =
        dispatch.reform(move |value: String| Action::Filter(FactFilter { broker: value.parse().ok(), ..base.clone() }));
    let base = filter.clone();
    let partition = dispatch.reform(move |value: String| {
        Action::Filter(FactFilter { partition: Some(value).filter(|value| !value.is_empty()), ..base.clone() })
    });
    let base = filter.clone();
    let kind = dispatch.reform(move |value: String| {
        Action::Filter(FactFilter { kind: Some(value).filter(|value| !value.is_empty()), ..base.clone() })
    });
    html! {
        <div class="facts-view">
            <div class="filters">
                { select(lang, "filter_broker", brokers.iter().map(|id| (id.to_string(), Phrase::new("interface.broker").with("id", *id).say(lang))).collect(), filter.broker.map(|id| id.to_string()).as_ref(), broker) }
                { select(lang, "filter_partition", partitions.iter().map(|name| ((*name).clone(), (*name).clone())).collect(), filter.partition.as_ref(), partition) }
                { select(lang, "filter_kind", kinds.iter().map(|name| ((*name).clone(), (*name).clone())).collect(), filter.kind.as_ref(), kind) }
                { text_filter(lang, filter, dispatch) }
                { about(props) }
                <output class="count">{ count }</output>
            </div>
            <div class="fact-list">
                { for by_step(&shown).iter().rev().map(|(step, facts)| group(lang, *step, facts, *step == props.step, dispatch)) }
            </div>
            <div>
                if shown.is_empty() {
                    <p class="none">{ say(lang, if facts.is_empty() { "no_facts_yet" } else { "no_facts_match" }) }</p>
                }
            </div>
        </div>
    }
}

/// The facts of each step, in order.
fn by_step<'a>(facts: &[&'a FactLine]) -> Vec<(usize, Vec<&'a FactLine>)> {
    let mut groups: Vec<(usize, Vec<&FactLine>)> = Vec::new();
    for fact in facts {
        match groups.last_mut() {
            Some((step, group)) if *step == fact.step => group.push(fact),
            _ => groups.push((fact.step, vec![fact])),
        }
    }
    groups
}

/// A step with its facts; the newest step stands on top, its facts in the order of their causes.
fn group(lang: Lang, step: usize, facts: &[&FactLine], now: bool, dispatch: &Callback<Action>) -> Html {
    let number = i64::try_from(step).unwrap_or(i64::MAX);
    let onclick = dispatch.reform(move |_: MouseEvent| Action::Go(Command::Seek(step)));
    let class = classes!("fact-group", now.then_some("is-now"));
    html! {
        <section key={step} {class}>
            <h2><button type="button" class="fact-step" disabled={now} {onclick}>{ Phrase::new("interface.to_step").with("step", number).say(lang) }</button></h2>
            <ol>
                { for facts.iter().map(|fact| {
                    let class = classes!("fact", now.then_some("is-now"), fact.bad.then_some("is-bad"));
                    html! {
                        <li key={fact.id.to_string()} {class}>
                            <span class="t">{ milliseconds(fact.time_us) }</span>{ name(lang, fact, dispatch) }<span class="s">{ &fact.sentence }</span>
                        </li>
                    }
                }) }
            </ol>
        </section>
    }
}

/// The name of a fact; where there are marks that it is about, it leads to them.
fn name(lang: Lang, fact: &FactLine, dispatch: &Callback<Action>) -> Html {
    if fact.marks.is_empty() {
        return html! { <span class="n">{ &fact.name }</span> };
    }
    let (step, marks) = (fact.step, fact.marks.clone());
    let onclick = dispatch.reform(move |_: MouseEvent| Action::Show(step, marks.clone()));
    html! { <button type="button" class="n" title={say(lang, "show_mark")} {onclick}>{ &fact.name }</button> }
}

/// Words that the sentence must have.
fn text_filter(lang: Lang, filter: &FactFilter, dispatch: &Callback<Action>) -> Html {
    let base = filter.clone();
    let oninput = dispatch.reform(move |event: InputEvent| {
        let words = event.target_unchecked_into::<HtmlInputElement>().value();
        Action::Filter(FactFilter { words, ..base.clone() })
    });
    html! {
        <label class="filter">
            <span>{ say(lang, "filter_words") }</span>
            <input type="search" autocomplete="off" value={filter.words.clone()} data-facts-words="true" {oninput} />
        </label>
    }
}

/// The thing whose facts are listed, and the way back to all of them.
fn about(props: &FactsProps<'_>) -> Html {
    let FactsProps { lang, filter, dispatch, about, .. } = *props;
    let base = filter.clone();
    let onclick = dispatch.reform(move |_: MouseEvent| Action::Filter(FactFilter { mark: None, ..base.clone() }));
    html! {
        <div>
            if let Some(mark) = &filter.mark {
                <button type="button" class="btn filter-about" data-filter-about={mark.clone()} {onclick}>
                    <span>{ Phrase::new("interface.filter_about").with("what", about.unwrap_or(mark)).say(lang) }</span>
                    <span class="sr">{ say(lang, "filter_about_off") }</span>{ icon(Sign::Cross) }
                </button>
            }
        </div>
    }
}

fn select(
    lang: Lang,
    name: &str,
    options: Vec<(String, String)>,
    chosen: Option<&String>,
    then: Callback<String>,
) -> Html {
    let onchange =
        Callback::from(move |event: Event| then.emit(event.target_unchecked_into::<HtmlSelectElement>().value()));
    html! {
        <label class="filter">
            <span>{ say(lang, name) }</span>
            <select {onchange}>
                <option key="" value="" selected={chosen.is_none()}>{ say(lang, "all") }</option>
                { for options.into_iter().map(|(value, words)| {
                    let selected = chosen == Some(&value);
                    html! { <option key={value.clone()} {value} {selected}>{ words }</option> }
                }) }
            </select>
        </label>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(name: &str, sentence: &str, marks: &[&str]) -> FactLine {
        FactLine {
            id: 1,
            time_us: 0,
            name: name.to_owned(),
            sentence: sentence.to_owned(),
            marks: marks.iter().map(|mark| (*mark).to_owned()).collect(),
            step: 1,
            brokers: vec![2],
            partition: Some("orders-0".to_owned()),
            bad: false,
        }
    }

    #[test]
    fn facts_are_found_by_broker_partition_name_words_and_mark() {
        let fact = fact("RecordAppended", "Broker 2 appended offset 3.", &["broker-2/orders-0/record-3"]);
        let none = FactFilter::default();
        let with_mark = |mark: &str| FactFilter { mark: Some(mark.to_owned()), ..FactFilter::default() };
        let with_words = |words: &str| FactFilter { words: words.to_owned(), ..FactFilter::default() };
        assert!(holds(&none, &fact));
        assert!(holds(&FactFilter { broker: Some(2), ..none.clone() }, &fact));
        assert!(!holds(&FactFilter { broker: Some(1), ..none.clone() }, &fact));
        assert!(!holds(&FactFilter { partition: Some("orders-1".to_owned()), ..none.clone() }, &fact));
        assert!(!holds(&FactFilter { kind: Some("LogTruncated".to_owned()), ..none }, &fact));
        assert!(holds(&with_words("OFFSET 3"), &fact) && holds(&with_words(" recordapp"), &fact));
        assert!(!holds(&with_words("offset 4"), &fact));
        assert!(
            holds(&with_mark("broker-2/orders-0"), &fact) && holds(&with_mark("broker-2/orders-0/record-3"), &fact)
        );
        assert!(
            !holds(&with_mark("broker-2/orders-0/record"), &fact) && !holds(&with_mark("broker-2/orders-00"), &fact)
        );
    }
}

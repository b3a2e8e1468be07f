//! What is not wrong but reads badly, or is probably a slip.

use crate::lang::Lang;
use crate::script::place::{Place, Problem};
use crate::script::{Action, Choices, Localized, Scenario};
use crate::template::Template;

/// How long a text may be, in English words and in Chinese characters.
#[derive(Clone, Copy)]
struct Limit {
    what: &'static str,
    words: usize,
    characters: usize,
    sentences: usize,
}

const TITLE: Limit = Limit { what: "a title", words: 8, characters: 20, sentences: 1 };
const SAY: Limit = Limit { what: "a step", words: 45, characters: 90, sentences: 2 };
const QUESTION: Limit = Limit { what: "a question", words: 30, characters: 60, sentences: 2 };
const CHOICE: Limit = Limit { what: "a choice", words: 15, characters: 32, sentences: 1 };
const WHY: Limit = Limit { what: "a reason", words: 60, characters: 120, sentences: 3 };
const HOOK: Limit = Limit { what: "a hook", words: 20, characters: 40, sentences: 1 };

/// All complaints, in the order of the file.
pub(super) fn lint(scenario: &Scenario) -> Vec<Problem> {
    let root = Place::root();
    let mut lints = Vec::new();
    for (key, text, limit) in [("title", &scenario.title, TITLE), ("hook", &scenario.hook, HOOK)] {
        for lang in Lang::ALL {
            let place = match lang {
                Lang::En => root.key(key),
                Lang::Zh => root.lang(lang).key("scenario").key(key),
            };
            length(&place, text.get(lang), lang, limit, &mut lints);
        }
    }
    for (index, consumer) in scenario.consumers.iter().enumerate() {
        let starts = |action: &Action| matches!(action, Action::StartConsumer { consumer: id } if *id == consumer.id);
        if !consumer.start && !scenario.steps.iter().any(|step| step.actions.iter().any(starts)) {
            let place = root.key("consumer").index(index);
            lints.push(
                Problem::new(place, format!("{} is never started", consumer.id))
                    .help("add start = true, or { start_consumer = … } to a step"),
            );
        }
    }
    for (index, step) in scenario.steps.iter().enumerate() {
        let en = root.key("step").index(index);
        let zh = root.lang(Lang::Zh).key("step").key(&step.id);
        texts(&en.key("title"), &zh.key("title"), &step.title, TITLE, &mut lints);
        texts(&en.key("say"), &zh.key("say"), &step.say, SAY, &mut lints);
        if let Some(text) = &step.say_b {
            texts(&en.key("say_b"), &zh.key("say_b"), text, SAY, &mut lints);
        }
        let Some(ask) = &step.ask else { continue };
        let en = en.key("ask");
        texts(&en.key("question"), &zh.key("question"), &ask.question, QUESTION, &mut lints);
        if let Choices::Listed(choices) = &ask.choices {
            for (number, choice) in choices.iter().enumerate() {
                let en = en.key("choices").index(number).key("say");
                texts(&en, &zh.key("choices").index(number), &choice.say, CHOICE, &mut lints);
            }
        }
        texts(&en.key("why"), &zh.key("why"), &ask.why, WHY, &mut lints);
    }
    lints
}

/// Both languages of a text: not too long, and with the same values and terms.
fn texts(en: &Place, zh: &Place, text: &Localized<Template>, limit: Limit, lints: &mut Vec<Problem>) {
    length(en, &text.en.plain(), Lang::En, limit, lints);
    length(zh, &text.zh.plain(), Lang::Zh, limit, lints);
    let values = |template: &Template| {
        let mut values: Vec<String> = template.expressions().map(|value| value.source().trim().to_owned()).collect();
        values.sort();
        values.dedup();
        values.into_iter().map(|value| format!("{{{value}}}")).collect::<Vec<_>>()
    };
    let terms = |template: &Template| {
        let mut terms: Vec<String> = template.terms().into_iter().map(|term| format!("[[{term}]]")).collect();
        terms.sort();
        terms
    };
    for (english, chinese) in [(values(&text.en), values(&text.zh)), (terms(&text.en), terms(&text.zh))] {
        for (missing_in, place, other) in [(&chinese, zh, &english), (&english, en, &chinese)] {
            if let Some(missing) = other.iter().find(|value| !missing_in.contains(value)) {
                let message = format!("{missing} stands in the other language only");
                lints.push(Problem::new(place.clone(), message).help("both say the same"));
            }
        }
    }
}

fn length(place: &Place, text: &str, lang: Lang, limit: Limit, lints: &mut Vec<Problem>) {
    let (count, most, unit) = match lang {
        Lang::En => (text.split_whitespace().count(), limit.words, "words"),
        Lang::Zh => (chinese_length(text), limit.characters, "characters"),
    };
    if count > most {
        let message = format!("this text has {count} {unit}");
        lints.push(Problem::new(place.clone(), message).help(format!("{} has at most {most}", limit.what)));
    }
    let sentences = sentences(text);
    if sentences > limit.sentences {
        let message = format!("this text has {sentences} sentences");
        lints
            .push(Problem::new(place.clone(), message).help(format!("{} has at most {}", limit.what, limit.sentences)));
    }
}

/// Chinese characters and signs one by one, each run of other letters and digits as one.
fn chinese_length(text: &str) -> usize {
    let mut count = 0_usize;
    let mut in_word = false;
    for character in text.chars() {
        let of_word = character.is_ascii_alphanumeric() || matches!(character, '-' | '.' | '_');
        let continues = of_word && in_word;
        if !character.is_whitespace() && !continues {
            count = count.saturating_add(1);
        }
        in_word = of_word;
    }
    count
}

/// How many sentences end in a text, the last one also without a full stop.
fn sentences(text: &str) -> usize {
    let mut count = 0_usize;
    let mut open = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let ends = match character {
            '。' | '！' | '？' => true,
            '.' | '!' | '?' => characters.peek().is_none_or(|next| next.is_whitespace()),
            _ => false,
        };
        if ends && open {
            count = count.saturating_add(1);
            open = false;
        } else if character.is_alphanumeric() {
            open = true;
        }
    }
    count.saturating_add(usize::from(open))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_sentences_are_counted() {
        assert_eq!(sentences("One. Two 0.11 is old! Three?"), 3);
        assert_eq!(sentences("Without an end"), 1);
        assert_eq!(sentences("水位是 4。还没动"), 2);
        assert_eq!(sentences(""), 0);
        assert_eq!(chinese_length("leader 的 high-watermark 是 4。"), 6);
    }
}

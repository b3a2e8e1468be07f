//! Changes in a link: `&fork=5~drop:14`, one for each.

use highwater_player::compare::{CHANGES_MAX, Change};
use highwater_player::phrase::Phrase;

use crate::options;

/// The hash of a link with changes behind it.
pub fn with_changes(hash: &str, changes: &[Change]) -> String {
    let mut link = hash.to_owned();
    for change in changes {
        link.push(if link.contains('?') { '&' } else { '?' });
        link.push_str("fork=");
        encode(&change.to_string(), &mut link);
    }
    link
}

/// Percent-encodes what could be something else in a link, or be cut off by a program that finds links in a text.
fn encode(text: &str, link: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/,".contains(&byte) {
            link.push(char::from(byte));
        } else {
            let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or('0').to_ascii_uppercase();
            link.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

/// The changes that a link asks for, and what is wrong with those that are none.
pub fn changes(asked: &[String]) -> (Vec<Change>, Vec<Phrase>) {
    let mut changes = Vec::new();
    let mut problems = Vec::new();
    for text in asked {
        match Change::parse(text) {
            Some(change) if changes.len() < CHANGES_MAX => changes.push(change),
            Some(_) => problems.push(Phrase::new("interface.fork_too_many").with("value", options::shorten(text))),
            None => problems.push(Phrase::new("interface.fork_bad").with("value", options::shorten(text))),
        }
    }
    (changes, problems)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::options::{View, parse};

    fn change() -> impl Strategy<Value = Change> {
        (0_usize..300, "[a-z_]{1,20}", "[a-z0-9/.-]{1,80}", "[^\\p{Cc}]{0,80}")
            .prop_map(|(step, name, target, argument)| Change { step, name, target, argument })
    }

    proptest! {
        #[test]
        fn a_link_is_read_as_it_was_written(
            asked in prop::collection::vec(change(), 0..=CHANGES_MAX),
            step in 1_usize..200,
            lang in prop::sample::select(highwater_player::lang::Lang::ALL.to_vec()),
        ) {
            let hash = options::format(Some("key-hash"), Some(step), Some(lang), None, View::Facts);
            let link = with_changes(&hash, &asked);
            prop_assert!(link.is_ascii());
            let read = parse(&link);
            prop_assert_eq!(read.scenario.as_deref(), Some("key-hash"));
            prop_assert_eq!(read.step, Some(step.to_string()));
            prop_assert_eq!((read.lang, read.view), (Some(lang), Some(View::Facts)));
            prop_assert!(read.problems.is_empty());
            let (changes, problems) = changes(&read.forks);
            prop_assert_eq!(changes, asked);
            prop_assert!(problems.is_empty());
        }

        #[test]
        fn any_link_is_read_and_its_length_is_bounded(hash in "[#/a-z?&=~:%0-9é]{0,300}") {
            let read = parse(&hash);
            let (changes, _) = changes(&read.forks);
            prop_assert!(changes.len() <= CHANGES_MAX);
            prop_assert!(with_changes("#/", &changes).len() < 8_000);
        }
    }

    #[test]
    fn each_bad_change_is_told_and_the_rest_is_kept() {
        let read = parse("#/hw-two-rounds?fork=nonsense&step=4&fork=4~pause:3&lang=zh");
        let (changes, problems) = changes(&read.forks);
        assert_eq!(changes.iter().map(ToString::to_string).collect::<Vec<_>>(), ["4~pause:3"]);
        assert_eq!(problems.len(), 1);
        assert_eq!(read.step.as_deref(), Some("4"));
        let nine = vec!["1~pause:1".to_owned(); CHANGES_MAX + 1];
        assert_eq!(super::changes(&nine).1.len(), 1);
    }
}

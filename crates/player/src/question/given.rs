//! Questions that are answered by giving a number.

use super::{Given, Resolved, ResolvedChoice, facts_behind};
use crate::environment::Situation;
use crate::expression::Value;
use crate::script::Asked;
use crate::words::{Choice, Inline};

/// The longest text that is read as a number.
const LENGTH_MAX: usize = 40;

/// The right number.
#[inline(never)]
pub(super) fn resolve(asked: &Asked, after: &Situation<'_>) -> Result<Resolved, String> {
    let right = asked.about.evaluate(after).map_err(|error| error.to_string())?;
    if !matches!(right, Value::Number(_)) {
        return Err(format!("{} is not a number", right.shown()));
    }
    Ok(Resolved {
        choices: vec![ResolvedChoice::Value(right)],
        right: vec![0],
        facts: facts_behind(&asked.about, after),
    })
}

/// The whole number that a reader wrote: with any minus, thousands set apart by spaces, commas or apostrophes, and digits
/// as an Asian keyboard writes them. None for everything else, so that `3.5` and `1,5` are not taken for something else.
#[inline(never)]
pub fn number_from(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.chars().count() > LENGTH_MAX {
        return None;
    }
    let mut plain = String::new();
    let mut groups = 0_usize;
    let mut in_group = 0_usize;
    for (index, letter) in text.chars().enumerate() {
        match letter {
            '-' | '\u{2212}' | '\u{ff0d}' if index == 0 => plain.push('-'),
            '+' | '\u{ff0b}' if index == 0 => {}
            '0'..='9' => {
                plain.push(letter);
                in_group = in_group.saturating_add(1);
            }
            '\u{ff10}'..='\u{ff19}' => {
                let digit = u32::from(letter).saturating_sub(0xff10).saturating_add(u32::from('0'));
                plain.push(char::from_u32(digit)?);
                in_group = in_group.saturating_add(1);
            }
            ' ' | ',' | '\'' | '\u{2019}' | '\u{a0}' | '\u{202f}' | '\u{ff0c}' => {
                // Between groups of three only; the first may be shorter.
                let whole = if groups == 0 { (1..=3).contains(&in_group) } else { in_group == 3 };
                if !whole {
                    return None;
                }
                groups = groups.saturating_add(1);
                in_group = 0;
            }
            _ => return None,
        }
    }
    if groups > 0 && in_group != 3 { None } else { plain.parse().ok() }
}

/// A number that is asked for shows nothing before it is answered; then what was given, if it is wrong, and the right one.
#[inline(never)]
pub fn show_given(given: Option<Given>, choices: &mut Vec<Choice>) {
    let Some(given) = given else {
        choices.clear();
        return;
    };
    let Given::Number(number) = given else { return };
    let shown = vec![Inline::Text { text: Value::Number(number).shown() }];
    match choices.first_mut() {
        Some(right) if right.label == shown => right.chosen = true,
        _ => choices.insert(0, Choice { label: shown, right: Some(false), chosen: true, mark: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let rows = [
            ("224", Some(224)),
            (" 224 ", Some(224)),
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("\u{2212}1", Some(-1)),
            ("+7", Some(7)),
            ("65 536", Some(65_536)),
            ("65\u{202f}536", Some(65_536)),
            ("65,536", Some(65_536)),
            ("1'000'000", Some(1_000_000)),
            ("\u{ff12}\u{ff12}\u{ff14}", Some(224)),
            ("", None),
            ("-", None),
            ("seven", None),
            ("3.5", None),
            ("1,5", None),
            ("1,,000", None),
            ("1,000,", None),
            (",000", None),
            ("12 bytes", None),
            ("0x10", None),
            ("99999999999999999999", None),
        ];
        for (text, number) in rows {
            assert_eq!(number_from(text), number, "{text:?}");
        }
        assert_eq!(number_from(&"1".repeat(10_000)), None);
    }
}

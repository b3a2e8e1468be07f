//! Regular expressions as applications give them to `subscribe(Pattern)`, held against whole names by the client. Kafka 4.3:
//! `java.util.regex.Pattern`, `SubscriptionState.matchesSubscribedPattern`.
//!
//! Differs from Kafka: what RE2J does not read, or reads otherwise than Java, is refused: looking around, back references,
//! possessive repetitions, classes inside of classes.

use std::rc::Rc;

use super::{InvalidRegularExpression, RegularExpression};

/// An expression with the text that it was made of.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: Rc<str>,
    expression: RegularExpression,
}

impl Pattern {
    /// `Pattern.compile()`.
    ///
    /// # Errors
    /// What is no expression (Java: `PatternSyntaxException`), and what only Java reads.
    pub fn compile(text: &str) -> Result<Pattern, InvalidRegularExpression> {
        if let Some(refused) = read_otherwise(text) {
            return Err(refused);
        }
        Ok(Pattern { text: text.into(), expression: RegularExpression::new(text)? })
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole name is what it says. Java: `Matcher.matches`.
    pub fn matches(&self, name: &str) -> bool {
        self.expression.matches(name)
    }
}

/// What Java and RE2J read differently, where they first part.
fn read_otherwise(text: &str) -> Option<InvalidRegularExpression> {
    let letters: Vec<char> = text.chars().collect();
    let starts = |at: usize, what: &str| {
        let rest = letters.get(at..).unwrap_or_default();
        what.chars().enumerate().all(|(place, letter)| rest.get(place) == Some(&letter))
    };
    let (mut in_class, mut is_quoted, mut at) = (false, false, 0_usize);
    while let Some(letter) = letters.get(at).copied() {
        let next = letters.get(at.saturating_add(1)).copied();
        if is_quoted {
            is_quoted = !starts(at, "\\E");
            at = at.saturating_add(if is_quoted { 1 } else { 2 });
            continue;
        }
        match letter {
            // An octal number to RE2J, a back reference to Java.
            '\\' if next.is_some_and(|next| next.is_ascii_digit()) => return Some(only_java(at)),
            '\\' => {
                is_quoted = !in_class && next == Some('Q');
                at = at.saturating_add(1);
            }
            // A class inside of another.
            '[' if in_class => return Some(only_java(at)),
            '[' => {
                in_class = true;
                let first = at.saturating_add(if next == Some('^') { 2 } else { 1 });
                // The first letter of a class ends it nowhere.
                if letters.get(first) == Some(&']') {
                    at = first;
                }
            }
            ']' => in_class = false,
            '&' if in_class && next == Some('&') => return Some(only_java(at)),
            // A letter to RE2J, an error to Java.
            '{' if !in_class && !is_repetition(letters.get(at..).unwrap_or_default()) => return Some(only_java(at)),
            '(' if !in_class && starts(at, "(?P") => return Some(only_java(at)),
            // To Java a name begins with a letter and has no underscores.
            '(' if !in_class && starts(at, "(?<") && !starts(at, "(?<=") && !starts(at, "(?<!") => {
                let name: String =
                    letters.iter().skip(at.saturating_add(3)).take_while(|letter| **letter != '>').collect();
                let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
                    && name.chars().all(|letter| letter.is_ascii_alphanumeric());
                if !is_name {
                    return Some(InvalidRegularExpression { what: "invalid named capture", at });
                }
            }
            '(' if !in_class && starts(at, "(?") && !starts(at, "(?<") => {
                let flags = letters.iter().skip(at.saturating_add(2)).take_while(|letter| !matches!(letter, ':' | ')'));
                if flags.into_iter().any(|flag| *flag == 'U') {
                    return Some(only_java(at));
                }
            }
            _ => {}
        }
        at = at.saturating_add(1);
    }
    None
}

fn only_java(at: usize) -> InvalidRegularExpression {
    InvalidRegularExpression { what: "only Java reads this", at }
}

/// `{2}`, `{2,}`, `{2,5}`.
fn is_repetition(letters: &[char]) -> bool {
    let inside: String = letters.iter().skip(1).take_while(|letter| **letter != '}').collect();
    let is_closed = letters.get(inside.chars().count().saturating_add(1)) == Some(&'}');
    let is_number = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit());
    let (least, most) = inside.split_once(',').unwrap_or((&inside, ""));
    is_closed && is_number(least) && (most.is_empty() || is_number(most))
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn whole_names_are_held_against_it() {
        let pattern = Pattern::compile("orders-(eu|us)").unwrap();
        assert_eq!(pattern.text(), "orders-(eu|us)");
        let names = ["orders-eu", "orders-us", "orders-eu-2", "my-orders-eu", "orders-", "payments"];
        let matching: Vec<&str> = names.into_iter().filter(|name| pattern.matches(name)).collect();
        assert_eq!(matching, ["orders-eu", "orders-us"]);
    }

    #[test]
    fn what_only_java_reads_is_refused_with_its_place() {
        for (text, at) in [
            (r"(\w+)-\1", 6),
            ("[a-z&&[^b]]", 4),
            ("[a[bc]]", 2),
            ("[[:alpha:]]+", 1),
            ("orders{eu}", 6),
            ("a{,5}", 1),
            ("(?P<name>a)", 0),
            ("(?iU)a", 0),
        ] {
            let refused = Pattern::compile(text).unwrap_err();
            assert_eq!((refused.what, refused.at), ("only Java reads this", at), "{text}");
        }
        // No names of groups to Java, or one name for two groups.
        for (text, what, at) in [
            ("(?<a_b>x)", "invalid named capture", 0),
            ("a(?<1a>x)", "invalid named capture", 1),
            ("(?<n>a)(?<n>b)", "duplicate capture group name", 12),
        ] {
            let refused = Pattern::compile(text).unwrap_err();
            assert_eq!((refused.what, refused.at), (what, at), "{text}");
        }
        // No expression to either.
        for text in ["orders-(", "*", "[a", "(?=a)b", "a++"] {
            assert!(Pattern::compile(text).is_err_and(|refused| !refused.what.starts_with("only Java")), "{text}");
        }
    }

    #[test]
    fn what_both_read_alike_is_not() {
        for text in
            ["", ".*", "[]a]b", "[^]a]", r"\Q[[{\1\E", "a{2}b{1,}c{1,3}", "(?i)orders", "(?<n>a)(?<n1>b)", r"\d+", "x}"]
        {
            assert!(Pattern::compile(text).is_ok(), "{text}");
        }
        assert!(Pattern::compile(r"\Qa.b\E.").unwrap().matches("a.bc"));
        assert!(!Pattern::compile(r"\Qa.b\E.").unwrap().matches("axbc"));
    }
}

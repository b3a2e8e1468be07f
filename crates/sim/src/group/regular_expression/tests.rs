use super::*;

/// The names that the expressions of the table were held against.
const NAMES: [&str; 25] = [
    "",
    "orders",
    "orders-eu",
    "orders_eu",
    "ORDERS",
    "ev-a",
    "ev-b",
    "ev-",
    "other",
    "a",
    "ab",
    "abab",
    "aaa",
    "b",
    "x.y",
    "x-y",
    "topic1",
    "topic12",
    "topic-007",
    "__consumer_offsets",
    "a.b.c",
    "A1_",
    "eu.orders.v2",
    "foo\nbar",
    " a",
];

#[test]
fn expressions_mean_what_they_mean_to_re2j() {
    let mut wrong = Vec::new();
    for line in include_str!("re2j.txt").lines().filter(|line| !line.starts_with("# ")) {
        let (text, answer) = line.rsplit_once('\t').unwrap();
        let ours = match RegularExpression::new(text) {
            Ok(expression) => {
                let matched = NAMES.iter().enumerate().filter(|(_, name)| expression.matches(name));
                matched.map(|(place, _)| place.to_string()).collect::<Vec<_>>().join(" ")
            }
            Err(error) => format!("?{}", error.what),
        };
        // RE2J 1.8 has no words of its own for a parenthesis too many.
        if ours != answer && !(answer.ends_with("internal error") && ours == "?unexpected )") {
            wrong.push(format!("{text}: {ours:?}, RE2J: {answer:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_large_is_refused_and_what_is_hard_is_not() {
    let large = "(a{1000}){1000}";
    assert_eq!(RegularExpression::new(large).unwrap_err().what, "expression too large");
    let deep = "(".repeat(5_000) + &")".repeat(5_000);
    assert_eq!(RegularExpression::new(&deep).unwrap_err().what, "expression nests too deeply");
    assert!(RegularExpression::new(&"a".repeat(20_000)).is_err());
    // Other engines go back and forth in this for ever.
    let hard = RegularExpression::new("(a*)*(a*)*(a|aa)+$b").unwrap();
    assert!(!hard.matches(&"a".repeat(249)));
}

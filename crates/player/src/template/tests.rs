use super::*;
use crate::expression::Value;

struct Four;

impl Environment for Four {
    fn call(&self, _: &str, _: &[Value]) -> Result<Value, EvaluationError> {
        Ok(Value::Number(4_000))
    }
}

fn names() -> Names {
    let mut names = Names::default();
    names.topics.push(("orders".to_owned(), 1));
    names.brokers = 3;
    names
}

/// The runs of a text in short: `'words'`, `*stress*`, `<value look>`, `[term id]`.
fn runs(source: &str) -> String {
    let mut template = match Template::parse(source) {
        Ok(template) => template,
        Err(problem) => return problem.to_string(),
    };
    if let Err(problems) = template.bind(&names()) {
        return problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ");
    }
    let inlines = template.render(&Four, str::to_uppercase).unwrap();
    let shown = inlines.iter().map(|inline| match inline {
        Inline::Text { text } => format!("'{text}'"),
        Inline::Strong { text } => format!("*{text}*"),
        Inline::Value { text, kind } => format!("<{text} {kind:?}>"),
        Inline::Term { id, text } => format!("[{text} {id}]"),
        #[allow(unreachable_patterns, reason = "kinds of runs that templates do not make")]
        _ => String::new(),
    });
    shown.collect()
}

#[test]
fn texts_become_runs() {
    let rows = [
        ("", ""),
        ("Plain words.", "'Plain words.'"),
        ("It is {hw(orders-0)}.", "'It is '<4\u{202f}000 Water>'.'"),
        ("{leader(orders-0)}", "<4\u{202f}000 Leader>"),
        ("{hw(orders-0):bad} { 1 + 1 }", "<4\u{202f}000 Bad>' '<2 Plain>"),
        ("{'a}b:c'}", "<a}b:c Plain>"),
        ("a **never** b", "'a '*never*' b'"),
        ("**at {hw(orders-0)}** b", "*at *<4\u{202f}000 Water>' b'"),
        ("**{hw(orders-0)}**", "<4\u{202f}000 Water>"),
        ("[[hw]] and [[leader-epoch|epochs]]", "[HW hw]' and '[epochs leader-epoch]"),
        (
            "{{not a value}} } }}",
            "a closing brace without an opening one (at character 17); for a brace itself write }}",
        ),
        ("{{1}}", "'{1}'"),
        ("2 * 3 [1]", "'2 * 3 [1]'"),
        ("水位 {hw(orders-0)}，**不变**。", "'水位 '<4\u{202f}000 Water>'，'*不变*'。'"),
    ];
    for (source, expected) in rows {
        assert_eq!(runs(source), expected, "{source}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let rows = [
        ("水位 {hww(orders-0)}", "unknown function \"hww\" (at character 5); did you mean hw?"),
        ("a {hw(orders-0)", "this brace is not closed (at character 3); for a brace itself write {{"),
        ("a {}", "an expression is missing here (at character 4); for example hw(orders-0)"),
        (
            "{1:blue}",
            "no look is called \"blue\" (at character 4); the looks are water, message, leader, bad and plain",
        ),
        ("{1:leder}", "no look is called \"leder\" (at character 4); did you mean leader?"),
        ("a **b", "these stressed words do not end (at character 3); close them with **"),
        ("a ****", "there is nothing to stress here (at character 3)"),
        ("[[hw", "this term does not end (at character 1); close it with ]]"),
        (
            "[[High Water]]",
            "\"High Water\" is not the id of a term (at character 1); an id has small letters, digits and hyphens: [[leader-epoch|epochs]]",
        ),
        ("[[hw|{1}]]", "a term's words are plain words (at character 1)"),
        (
            "{nothing} {hw(1)}",
            "unknown name nothing (at character 2); if it is a text, write \"nothing\" | partition of hw(partition[, broker]) needs a partition, and this is a number (at character 15)",
        ),
    ];
    for (source, expected) in rows {
        assert_eq!(runs(source), expected, "{source}");
    }
    let long = "a".repeat(601);
    assert_eq!(
        runs(&long),
        "this text has 601 characters, more than 600 (at character 601); a step says one or two sentences"
    );
    assert!(runs(&"{1}".repeat(65)).starts_with("more than 64 values"));
}

#[test]
fn terms_come_once_and_in_order() {
    let template = Template::parse("[[leo]] [[hw|b]] [[leo|c]]").unwrap();
    assert_eq!(template.terms(), ["leo", "hw"]);
}

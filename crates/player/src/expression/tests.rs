use highwater_sim::ids::TopicPartition;

use super::*;

/// A world in which every function answers with a number made of its arguments.
struct Fixed;

impl Environment for Fixed {
    fn call(&self, function: &str, args: &[Value]) -> Result<Value, EvaluationError> {
        Ok(match (function, args) {
            ("hw", [_]) => Value::Number(4),
            ("hw", [_, Value::Number(broker)]) => Value::Number(*broker),
            ("isr", _) => Value::from(vec![1, 2, 3]),
            ("leader", _) => Value::None,
            ("position", [Value::Text(consumer), Value::Partition(_)]) if consumer == "c-1" => Value::Number(7),
            ("chosen", [Value::Text(_)]) => Value::Number(i64::MAX),
            ("count", [Value::Text(fact)]) => Value::Number(i64::try_from(fact.len()).unwrap()),
            ("value", _) => Value::from("new"),
            _ => return Err(EvaluationError::new(format!("{function} has no answer here"))),
        })
    }
}

fn names() -> Names {
    let mut names = Names::default();
    names.topics.push(("orders".to_owned(), 2));
    names.topics.push(("my-topic".to_owned(), 1));
    names.producers.push("p1".to_owned());
    names.consumers.push("c-1".to_owned());
    names.brokers = 3;
    names.facts = &["FetchReceived", "RecordAppended"];
    let definitions = [("twice", "mark * 2"), ("mark", "hw(orders-0)"), ("tp", "orders-1")];
    let parsed: Vec<(String, Expression)> =
        definitions.into_iter().map(|(name, source)| (name.to_owned(), Expression::parse(source).unwrap())).collect();
    names.define(&parsed).unwrap();
    names
}

fn value(source: &str) -> String {
    let mut expression = match Expression::parse(source) {
        Ok(expression) => expression,
        Err(problem) => return problem.to_string(),
    };
    if let Err(problems) = expression.bind(&names()) {
        return problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ");
    }
    match expression.evaluate(&Fixed) {
        Ok(value) => value.to_string(),
        Err(error) => format!("{error} at {:?}", error.span.map(|span| (span.start, span.end))),
    }
}

#[test]
fn expressions_have_the_values_that_one_expects() {
    let rows = [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("7 - 2 - 1", "4"),
        ("-7 / 2", "-3"),
        ("-7 % 3", "-1"),
        ("- -2", "2"),
        ("3-1", "2"),
        ("hw(orders-0)-1", "3"),
        ("hw( orders-0 , 2 )", "2"),
        ("hw(\"orders-1\")", "4"),
        ("hw(tp)", "4"),
        ("twice + mark", "12"),
        ("orders-0 == orders-1", "false"),
        ("tp == orders-1", "true"),
        ("isr(orders-0)", "{1, 2, 3}"),
        ("isr(my-topic-0) == [1, 2, 3]", "true"),
        ("2 in isr(orders-0)", "true"),
        ("4 not in isr(orders-0)", "true"),
        ("size(isr(orders-0)) == 3", "true"),
        ("min(3, hw(orders-0)) + max(1, 2)", "5"),
        ("leader(orders-0)", "none"),
        ("leader(orders-0) == none", "true"),
        ("position(c-1, orders-0)", "7"),
        ("count(FetchReceived)", "13"),
        ("value(orders-0, 3) == 'new'", "true"),
        ("1 < 2 and not 2 < 1 or false", "true"),
        ("false and 1 / 0 == 1", "false"),
        ("true or 1 / 0 == 1", "true"),
        ("not not true", "true"),
        ("'a\\'b' == \"a'b\"", "true"),
        ("[]", "{}"),
        ("9223372036854775807", "9223372036854775807"),
    ];
    for (source, expected) in rows {
        assert_eq!(value(source), expected, "{source}");
    }
}

#[test]
fn what_cannot_be_parsed_is_told_with_its_place() {
    let rows = [
        ("", "an expression is missing here (at character 1); for example hw(orders-0)"),
        ("1 +", "the expression ends too early (at character 4); a value is missing at its end"),
        (
            "1 2",
            "2 follows where the expression has ended (at character 3); an operator may be missing between the two",
        ),
        ("(1", "this bracket is not closed (at character 1)"),
        ("hw(orders-0", "this bracket is not closed (at character 3)"),
        ("hw(1 2)", "a comma is missing before 2 (at character 6)"),
        ("* 2", "a value is missing before * (at character 1)"),
        ("and 1", "and needs a value before it (at character 1)"),
        ("1 < 2 < 3", "two comparisons in a row (at character 7); join them with and: a < b and b < c"),
        ("a = 1", "= means nothing here (at character 3); an equality has two signs: =="),
        ("a && b", "&& means nothing here (at character 3); write and"),
        ("hw（orders-0）", "（ means nothing here (at character 3); use the plain bracket ("),
        ("'abc", "this text does not end; a closing ' is missing (at character 1)"),
        ("'a\\n'", "a \\ that stands before nothing special (at character 3); write \\\\ for one backslash"),
        (
            "9223372036854775808",
            "the number 9223372036854775808 is too large (at character 1); the largest is 9223372036854775807",
        ),
        ("3d", "the number 3 runs into the letter d (at character 1); a text stands in quotes"),
        ("1 # 2", "# means nothing here (at character 3)"),
    ];
    for (source, expected) in rows {
        assert_eq!(value(source), expected, "{source}");
    }
}

#[test]
fn names_and_types_are_checked() {
    let rows = [
        ("hww(orders-0)", "unknown function \"hww\" (at character 1); did you mean hw?"),
        ("hw()", "hw takes 1 to 2 arguments, and here are 0 (at character 1); it is hw(partition[, broker])"),
        ("time_ms(1)", "time_ms takes no arguments, and here are 1 (at character 1); it is time_ms()"),
        ("hw(order-0)", "no topic is called order (at character 4); did you mean orders?"),
        ("hw(orders-2)", "orders has no partition 2 (at character 4); its partitions are 0 to 1"),
        (
            "hw(orders)",
            "orders is not a partition (at character 4); a partition is written orders-0: topic, hyphen, number",
        ),
        ("hw(orders-0, 4)", "there is no broker 4 (at character 14); the brokers are 1 to 3"),
        ("partitions(order)", "no topic is called order (at character 12); did you mean orders?"),
        ("chosen(c-1)", "no producer is called c-1 (at character 8); there is p1"),
        ("count(FetchRecieved)", "no fact is called FetchRecieved (at character 7); did you mean FetchReceived?"),
        (
            "murmur2(user-8)",
            "key of murmur2(key) wants a text, and user-8 is a name (at character 9); write \"user-8\"",
        ),
        (
            "orders",
            "orders alone has no value (at character 1); a topic or a client stands only as the argument of a function",
        ),
        ("hw", "unknown name hw (at character 1); this is a function: hw(partition[, broker])"),
        ("twise", "unknown name twise (at character 1); did you mean twice?"),
        ("mark-1", "unknown name mark-1 (at character 1); did you mean mark?"),
        ("mark -one", "unknown name one (at character 7); if it is a text, write \"one\""),
        ("1 + true", "+ needs a number, and this is true or false (at character 5)"),
        ("not 1", "not needs true or false, and this is a number (at character 5)"),
        (
            "1 and 2",
            "and needs true or false, and this is a number (at character 1) | and needs true or false, and this is a number (at character 7)",
        ),
        ("1 == 'a'", "a number is never equal to a text (at character 1)"),
        ("1 in 2", "in needs a list, and this is a number (at character 6)"),
        (
            "hw(orders-9) + leo(orders-9)",
            "orders has no partition 9 (at character 4); its partitions are 0 to 1 | orders has no partition 9 (at character 20); its partitions are 0 to 1",
        ),
    ];
    for (source, expected) in rows {
        assert_eq!(value(source), expected, "{source}");
    }
}

#[test]
fn what_has_no_value_is_an_error_and_no_panic() {
    let rows = [
        ("1 / 0", "1 / 0: a division by zero at Some((0, 5))"),
        ("1 + 5 % 0", "5 % 0: a division by zero at Some((4, 9))"),
        ("chosen(p1) + 1", "9223372036854775807 + 1 does not fit into 64 bits at Some((0, 14))"),
        ("-chosen(p1) - 2", "-9223372036854775807 - 2 does not fit into 64 bits at Some((0, 15))"),
        ("-(-chosen(p1) - 1)", "-(-9223372036854775808) is too large at Some((0, 18))"),
        ("(-chosen(p1) - 1) / -1", "-9223372036854775808 / -1 does not fit into 64 bits at Some((0, 22))"),
        ("(-chosen(p1) - 1) % -1", "-9223372036854775808 % -1 does not fit into 64 bits at Some((0, 22))"),
        ("leader(orders-0) + 1", "+ needs numbers, not none at Some((0, 20))"),
        ("lso(orders-0)", "lso has no answer here at Some((0, 13))"),
    ];
    for (source, expected) in rows {
        assert_eq!(value(source), expected, "{source}");
    }
}

#[test]
fn depth_length_and_work_are_bounded() {
    let deep = format!("{}1{}", "(".repeat(80), ")".repeat(80));
    assert!(value(&deep).starts_with("this is nested deeper than 64 levels"), "{}", value(&deep));
    let signs = "-".repeat(400) + "1";
    assert!(value(&signs).starts_with("this is nested deeper"), "{}", value(&signs));
    let sum = vec!["1"; 100].join("+");
    assert!(value(&sum).starts_with("this is nested deeper"), "{}", value(&sum));
    assert!(value(&"1".repeat(501)).starts_with("this expression has more than 500 characters"));
    // Definitions that use each other twice double the work with each; twenty-five would take thirty million evaluations.
    let mut definitions: Vec<(String, Expression)> = (0..25)
        .map(|number| (format!("d{number}"), Expression::parse(&format!("d{0} + d{0}", number + 1)).unwrap()))
        .collect();
    definitions.push(("d25".to_owned(), Expression::parse("1").unwrap()));
    let mut names = Names::default();
    names.define(&definitions).unwrap();
    let mut all = Expression::parse("d0").unwrap();
    all.bind(&names).unwrap();
    let error = all.evaluate(&Fixed).unwrap_err();
    assert!(error.message.ends_with("this takes more than 10000 evaluations"), "{error}");
    assert!(all.calls().is_empty());
}

#[test]
fn definitions_may_come_in_any_order_but_not_in_a_circle() {
    let define = |definitions: &[(&str, &str)]| {
        let parsed: Vec<(String, Expression)> =
            definitions.iter().map(|(name, source)| ((*name).to_owned(), Expression::parse(source).unwrap())).collect();
        names().define(&parsed).map_err(|problems| {
            problems.into_iter().map(|(index, problem)| format!("{index}: {problem}")).collect::<Vec<_>>().join(" | ")
        })
    };
    assert_eq!(define(&[("a", "b + 1"), ("b", "c + 1"), ("c", "1")]), Ok(()));
    assert_eq!(
        define(&[("a", "b + 1"), ("b", "1 + c"), ("c", "a"), ("d", "a + nothing")]).unwrap_err(),
        "2: this definition uses itself: a → b → c → a (at character 1) | 3: unknown name nothing (at character 5); if it is a text, write \"nothing\""
    );
    assert!(define(&[("hw", "1")]).unwrap_err().contains("a function has this name"));
    assert!(define(&[("orders", "1")]).unwrap_err().contains("a topic or a client has this name"));
    assert!(define(&[("in", "1")]).unwrap_err().contains("a word of the language"));
    assert!(define(&[("a-b", "1")]).unwrap_err().contains("letters, digits and _ only"));
}

#[test]
fn calls_and_looks_are_those_of_the_outermost_function() {
    let bound = |source: &str| {
        let mut expression = Expression::parse(source).unwrap();
        expression.bind(&names()).unwrap();
        expression
    };
    let partition = Some(Value::Partition(TopicPartition::new("orders", 0)));
    assert_eq!(bound("hw(orders-0, 2)").calls(), [("hw", vec![partition.clone(), Some(Value::Number(2))])]);
    assert_eq!(bound("twice > 1").calls(), [("hw", vec![partition])]);
    assert_eq!(bound("mark").ref_kind(), RefKind::Water);
    assert_eq!(bound("epoch(orders-0)").ref_kind(), RefKind::Leader);
    assert_eq!(bound("hw(orders-0) + 1").ref_kind(), RefKind::Plain);
}

#[test]
fn why_something_does_not_hold_is_told_by_its_values() {
    let why = |source: &str| {
        let mut expression = Expression::parse(source).unwrap();
        expression.bind(&names()).unwrap();
        assert_eq!(expression.holds(&Fixed), Ok(false), "{source}");
        expression.why_not(&Fixed)
    };
    assert_eq!(why("hw(orders-0) == 5"), "hw(orders-0) is 4");
    assert_eq!(why("hw(orders-0) == 4 and mark > twice"), "mark is 4, twice is 8");
    assert_eq!(why("not 2 in isr(orders-0)"), "2 in isr(orders-0) is true");
}

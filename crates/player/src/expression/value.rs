//! What an expression can come to.

use std::fmt;

use highwater_sim::ids::TopicPartition;

/// A value of the expression language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A whole number.
    Number(i64),
    /// True or false.
    Bool(bool),
    /// A text; also the name of a topic, a client or a kind of fact.
    Text(String),
    /// A partition of a topic.
    Partition(TopicPartition),
    /// Several values in an order.
    List(Vec<Value>),
    /// There is none, such as the leader of a partition that has no leader.
    None,
}

/// `orders-0` as a partition; none if the name has another form.
pub(crate) fn as_partition(name: &str) -> Option<TopicPartition> {
    let (topic, number) = name.rsplit_once('-')?;
    let plain = !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit());
    let partition: i32 = number.parse().ok().filter(|_| plain && !topic.is_empty())?;
    // `orders-00` would be another folder.
    (partition.to_string() == number).then(|| TopicPartition::new(topic, partition))
}

impl Value {
    /// As a sentence shows it: `−1 644 747 527` with a true minus and thousands set apart by a narrow no-break space,
    /// `{1, 2, 3}` for a list (Kafka writes an ISR so), a text without quotes.
    pub fn shown(&self) -> String {
        match self {
            Value::Number(number) => shown_number(*number),
            Value::List(values) => {
                let inside: Vec<String> = values.iter().map(Value::shown).collect();
                format!("{{{}}}", inside.join(", "))
            }
            other => other.to_string(),
        }
    }

    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Value::Number(_) => "a number",
            Value::Bool(_) => "a truth value",
            Value::Text(_) => "a text",
            Value::Partition(_) => "a partition",
            Value::List(_) => "a list",
            Value::None => "none",
        }
    }

    /// For errors: `the number 7`, `none`.
    pub(crate) fn with_type(&self) -> String {
        match self {
            Value::None => "none".to_owned(),
            Value::Text(text) => format!("the text {text:?}"),
            other => format!("{} ({other})", other.type_name()),
        }
    }
}

/// Thousands set apart, with a true minus.
fn shown_number(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut shown = String::with_capacity(digits.len().saturating_mul(2));
    if number < 0 {
        shown.push('\u{2212}');
    }
    for (index, digit) in digits.chars().enumerate() {
        let behind = digits.len().saturating_sub(index);
        if index > 0 && behind.is_multiple_of(3) {
            shown.push('\u{202f}');
        }
        shown.push(digit);
    }
    shown
}

/// Plain: digits without gaps, a list as `{1, 2, 3}`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => write!(f, "{number}"),
            Value::Bool(truth) => write!(f, "{truth}"),
            Value::Text(text) => f.write_str(text),
            Value::Partition(partition) => write!(f, "{partition}"),
            Value::List(values) => {
                f.write_str("{")?;
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{value}")?;
                }
                f.write_str("}")
            }
            Value::None => f.write_str("none"),
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Number(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Value {
        Value::Number(number.into())
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::Bool(truth)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<TopicPartition> for Value {
    fn from(partition: TopicPartition) -> Value {
        Value::Partition(partition)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::None, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Value {
        Value::List(values.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_a_sentence_needs_them() {
        let rows = [
            (Value::from(0), "0"),
            (Value::from(-7), "\u{2212}7"),
            (Value::from(1_000), "1\u{202f}000"),
            (Value::from(-1_644_747_527), "\u{2212}1\u{202f}644\u{202f}747\u{202f}527"),
            (Value::from(i64::MIN), "\u{2212}9\u{202f}223\u{202f}372\u{202f}036\u{202f}854\u{202f}775\u{202f}808"),
            (Value::from(vec![1, 2, 3]), "{1, 2, 3}"),
            (Value::from(TopicPartition::new("orders", 0)), "orders-0"),
            (Value::from(None::<i32>), "none"),
            (Value::from("u17"), "u17"),
        ];
        for (value, shown) in rows {
            assert_eq!(value.shown(), shown);
        }
    }
}

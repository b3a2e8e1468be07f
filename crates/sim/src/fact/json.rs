//! Facts as JSON and as lines.

use super::{Fact, FieldValue};

impl Fact {
    /// The fact as a JSON object: `id`, `at_us`, `cause` (null for a command), `fact` (its name), then its fields.
    pub fn to_json(&self) -> serde_json::Value {
        let mut json = serde_json::Map::new();
        json.insert("id".to_owned(), self.id.0.into());
        json.insert("at_us".to_owned(), self.at.0.into());
        json.insert("cause".to_owned(), self.cause.map(|cause| cause.0).into());
        json.insert("fact".to_owned(), self.kind.name().into());
        for (name, value) in self.kind.fields().iter() {
            let value = match value {
                FieldValue::Number(number) => (*number).into(),
                FieldValue::Text(text) => text.as_str().into(),
                FieldValue::Flag(flag) => (*flag).into(),
                FieldValue::Numbers(numbers) => numbers.clone().into(),
                FieldValue::None => serde_json::Value::Null,
            };
            json.insert((*name).to_owned(), value);
        }
        json.into()
    }

    /// The fact in one line, as [`Fact::to_json`] says it: for digests.
    pub fn to_line(&self) -> String {
        let cause = self.cause.map_or(-1, |cause| i64::try_from(cause.0).unwrap_or(i64::MAX));
        let start = format!("{} {} {cause} {}", self.id, self.at.0, self.kind.name());
        self.kind.fields().iter().fold(start, |line, (name, value)| {
            let value = match value {
                FieldValue::Number(number) => number.to_string(),
                FieldValue::Text(text) => text.clone(),
                FieldValue::Flag(flag) => flag.to_string(),
                FieldValue::Numbers(numbers) => numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
                FieldValue::None => "-".to_owned(),
            };
            line + " " + name + "=" + &value
        })
    }
}

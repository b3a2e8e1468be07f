//! JSON text to a tree, with line and column for what is wrong.
//!
//! By hand, because a page is larger by a fifteenth with `serde_json` in it, of which half are tables for fractions, which
//! nothing here has. A property test holds it against `serde_json`.

use super::{Json, JsonError, KEYS_MAX};

/// How deep lists and tables may lie in each other.
const DEPTH_MAX: usize = 64;

/// The tree of a text.
pub(crate) fn parse(text: &str) -> Result<Json, JsonError> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let json = parser.value();
    let json = json.and_then(|json| match parser.peek() {
        None => Ok(json),
        Some(_) => Err("nothing may stand behind the value"),
    });
    json.map_err(|message| parser.error(message))
}

struct Parser<'a> {
    text: &'a str,
    /// The byte that is read next.
    at: usize,
    depth: usize,
}

type Parsed<T> = Result<T, &'static str>;

impl Parser<'_> {
    fn error(&self, message: &str) -> JsonError {
        let before = self.text.get(..self.at).unwrap_or(self.text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count().saturating_add(1);
        let of_line = before.rfind('\n').map_or(before, |end| before.get(end.saturating_add(1)..).unwrap_or_default());
        let column = of_line.chars().count().saturating_add(1);
        JsonError::Malformed { line, column, message: message.to_owned() }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.skip();
        }
        self.byte()
    }

    /// Takes the byte, if it comes next.
    fn takes(&mut self, wanted: u8) -> bool {
        let is_next = self.peek() == Some(wanted);
        if is_next {
            self.skip();
        }
        is_next
    }

    fn word(&mut self, word: &str, means: Json) -> Parsed<Json> {
        match self.text.get(self.at..) {
            Some(rest) if rest.starts_with(word) => {
                self.at = self.at.saturating_add(word.len());
                Ok(means)
            }
            _ => Err("no value begins like this"),
        }
    }

    fn value(&mut self) -> Parsed<Json> {
        match self.peek() {
            None => Err("a value is missing at the end"),
            Some(b'"') => self.string().map(Json::Text),
            Some(b'[') => self.nested(Parser::list),
            Some(b'{') => self.nested(Parser::table),
            Some(b't') => self.word("true", Json::Truth(true)),
            Some(b'f') => self.word("false", Json::Truth(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(_) => self.number(),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Parsed<Json>) -> Parsed<Json> {
        if self.depth >= DEPTH_MAX {
            return Err("lists and tables lie too deep in each other");
        }
        self.skip();
        self.depth = self.depth.saturating_add(1);
        let json = read(self);
        self.depth = self.depth.saturating_sub(1);
        json
    }

    fn list(&mut self) -> Parsed<Json> {
        let mut elements = Vec::new();
        if self.takes(b']') {
            return Ok(Json::List(elements));
        }
        loop {
            elements.push(self.value()?);
            if self.takes(b']') {
                return Ok(Json::List(elements));
            }
            if !self.takes(b',') {
                return Err("a comma or ] is wanted");
            }
        }
    }

    fn table(&mut self) -> Parsed<Json> {
        let mut entries: Vec<(String, Json)> = Vec::new();
        if self.takes(b'}') {
            return Ok(Json::Table(entries));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err("a key in quotes is wanted");
            }
            let start = self.at;
            let key = self.string()?;
            if entries.iter().any(|(known, _)| *known == key) {
                self.at = start;
                return Err("this key stands here twice");
            }
            if entries.len() >= KEYS_MAX {
                return Err("a table has at most 128 keys");
            }
            if !self.takes(b':') {
                return Err("a colon is wanted");
            }
            let value = self.value()?;
            entries.push((key, value));
            if self.takes(b'}') {
                return Ok(Json::Table(entries));
            }
            if !self.takes(b',') {
                return Err("a comma or } is wanted");
            }
        }
    }

    fn number(&mut self) -> Parsed<Json> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.skip();
        }
        let digits = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.skip();
        }
        let count = self.at.saturating_sub(digits);
        if count == 0 {
            return Err("no value begins like this");
        }
        if count > 1 && self.text.as_bytes().get(digits) == Some(&b'0') {
            return Err("a number has no zero before it");
        }
        if let Some(b'.' | b'e' | b'E') = self.byte() {
            return Err("only whole numbers are read");
        }
        let number = self.text.get(start..self.at).and_then(|digits| digits.parse().ok());
        number.map(Json::Number).ok_or("this number is too large")
    }

    fn string(&mut self) -> Parsed<String> {
        self.skip();
        let mut read = String::new();
        loop {
            let start = self.at;
            while self.byte().is_some_and(|byte| byte != b'"' && byte != b'\\' && byte >= b' ') {
                self.skip();
            }
            // Both ends lie before bytes of ASCII, so between characters.
            read.push_str(self.text.get(start..self.at).unwrap_or_default());
            match self.byte() {
                Some(b'"') => {
                    self.skip();
                    return Ok(read);
                }
                Some(b'\\') => {
                    self.skip();
                    read.push(self.escape()?);
                }
                Some(_) => return Err("a control character stands in a text"),
                None => return Err("a text does not end"),
            }
        }
    }

    fn escape(&mut self) -> Parsed<char> {
        let letter = self.byte().ok_or("a text does not end")?;
        let stands_for = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.skip();
                return self.unicode();
            }
            _ => return Err("nothing is escaped like this"),
        };
        self.skip();
        Ok(stands_for)
    }

    /// Four hexadecimal digits, and four more where UTF-16 needs a pair.
    fn unicode(&mut self) -> Parsed<char> {
        const ALONE: &str = "half a character of UTF-16";
        let first = self.hex()?;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first).ok_or(ALONE);
        }
        if self.text.get(self.at..).is_none_or(|rest| !rest.starts_with("\\u")) {
            return Err(ALONE);
        }
        self.skip();
        self.skip();
        let second = self.hex()?;
        if first >= 0xdc00 || !(0xdc00..0xe000).contains(&second) {
            return Err(ALONE);
        }
        let above = (first & 0x3ff) << 10 | (second & 0x3ff);
        char::from_u32(above.wrapping_add(0x1_0000)).ok_or(ALONE)
    }

    fn hex(&mut self) -> Parsed<u32> {
        let mut number = 0_u32;
        for _ in 0..4 {
            let digit = self
                .byte()
                .and_then(|byte| char::from(byte).to_digit(16))
                .ok_or("four hexadecimal digits are wanted")?;
            number = number << 4 | digit;
            self.skip();
        }
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn as_ours(json: &serde_json::Value) -> Json {
        match json {
            serde_json::Value::Null => Json::Null,
            serde_json::Value::Bool(truth) => Json::Truth(*truth),
            serde_json::Value::Number(number) => Json::Number(number.as_i64().unwrap()),
            serde_json::Value::String(text) => Json::Text(text.clone()),
            serde_json::Value::Array(elements) => Json::List(elements.iter().map(as_ours).collect()),
            serde_json::Value::Object(entries) => {
                Json::Table(entries.iter().map(|(key, value)| (key.clone(), as_ours(value))).collect())
            }
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_reads_what_serde_json_writes(json in any_json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&json) } else { serde_json::to_string(&json) }.unwrap();
            prop_assert_eq!(parse(&text).unwrap(), as_ours(&json));
        }

        #[test]
        fn it_refuses_what_serde_json_refuses(text in r#"[\[\]{}",:0-9a-z\\ \n.-]{0,24}"#) {
            // What serde_json takes and this does not: fractions, keys that stand twice, numbers too large for 64 bits.
            if serde_json::from_str::<serde_json::Value>(&text).is_err() {
                prop_assert!(parse(&text).is_err(), "{}", text);
            }
        }

        #[test]
        fn escapes_are_read_as_serde_json_reads_them(units in prop::collection::vec(any::<u16>(), 0..4)) {
            let escaped = units.iter().fold(String::new(), |text, unit| text + &format!("\\u{unit:04x}"));
            let text = format!("\"{escaped}\"");
            let theirs = serde_json::from_str::<String>(&text).ok();
            prop_assert_eq!(parse(&text).ok(), theirs.map(Json::Text));
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let rows = [
            ("", "line 1, column 1: a value is missing at the end"),
            ("{\n  \"a\": 1,\n}", "line 3, column 1: a key in quotes is wanted"),
            ("[1.5]", "line 1, column 3: only whole numbers are read"),
            ("{\"a\": 1, \"a\": 2}", "line 1, column 10: this key stands here twice"),
            ("18446744073709551615", "line 1, column 21: this number is too large"),
            ("[\"副本\", }", "line 1, column 8: no value begins like this"),
            ("[1 2]", "line 1, column 4: a comma or ] is wanted"),
            ("{\"a\" 1}", "line 1, column 6: a colon is wanted"),
            ("{\"a\": 1 2}", "line 1, column 9: a comma or } is wanted"),
            ("\"a\nb\"", "line 1, column 3: a control character stands in a text"),
            ("\"ab", "line 1, column 4: a text does not end"),
            (r#""\x""#, "line 1, column 3: nothing is escaped like this"),
            (r#""\ud800""#, "line 1, column 8: half a character of UTF-16"),
            ("true false", "line 1, column 6: nothing may stand behind the value"),
        ];
        for (text, expected) in rows {
            assert_eq!(parse(text).unwrap_err().to_string(), expected, "{text}");
        }
        let deep = "[".repeat(100_000);
        assert!(parse(&deep).unwrap_err().to_string().contains("too deep"));
        let wide: Vec<String> = (0..200).map(|number| format!("\"k{number}\": 1")).collect();
        assert!(parse(&format!("{{{}}}", wide.join(","))).unwrap_err().to_string().contains("at most 128 keys"));
    }
}

//! Sentences before they have a language: a key into `locales/` and the values that stand in it.

use crate::lang::Lang;
use crate::locale;

/// What stands at a place of a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// A whole number.
    Number(i64),
    /// A name or another text that is the same in every language.
    Text(String),
    /// A phrase of its own.
    Phrase(Phrase),
    /// Several, one after the other.
    List(Vec<Arg>),
}

/// A key of `locales/` with its arguments. Scenes and facts hold phrases; only [`Phrase::say`] makes words of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// The key, such as `scene.in_sync`.
    pub key: String,
    /// The values for `%{name}` in the text.
    pub args: Vec<(String, Arg)>,
}

impl Phrase {
    /// The phrase of `key`, without values.
    pub fn new(key: &str) -> Phrase {
        Phrase { key: key.to_owned(), args: Vec::new() }
    }

    /// With the value `arg` for `%{name}`.
    #[must_use]
    pub fn with(mut self, name: &str, arg: impl Into<Arg>) -> Phrase {
        self.args.push((name.to_owned(), arg.into()));
        self
    }

    /// The words in `lang`.
    pub fn say(&self, lang: Lang) -> String {
        let text = locale::text(&self.key, lang);
        let mut said = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('%') {
            said.push_str(before);
            let place = after.strip_prefix('{').and_then(|after| after.split_once('}'));
            let arg = place.and_then(|(named, _)| self.args.iter().find(|(name, _)| *name == named));
            if let (Some((_, behind)), Some((_, arg))) = (place, arg) {
                said.push_str(&arg.say(lang));
                rest = behind;
            } else {
                said.push('%');
                rest = after;
            }
        }
        said.push_str(rest);
        said
    }
}

impl Arg {
    /// The words in `lang`.
    pub fn say(&self, lang: Lang) -> String {
        match self {
            Arg::Number(number) => number.to_string(),
            Arg::Text(text) => text.clone(),
            Arg::Phrase(phrase) => phrase.say(lang),
            Arg::List(args) => {
                args.iter().map(|arg| arg.say(lang)).collect::<Vec<_>>().join(&locale::text("text.list_next", lang))
            }
        }
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Arg {
        Arg::Number(number)
    }
}

impl From<i32> for Arg {
    fn from(number: i32) -> Arg {
        Arg::Number(number.into())
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Arg {
        Arg::Text(text.to_owned())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Arg {
        Arg::Text(text)
    }
}

impl<T: Into<Arg>> From<Vec<T>> for Arg {
    fn from(args: Vec<T>) -> Arg {
        Arg::List(args.into_iter().map(Into::into).collect())
    }
}

impl From<Phrase> for Arg {
    fn from(phrase: Phrase) -> Arg {
        Arg::Phrase(phrase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_put_in_as_it_is() {
        let phrase = Phrase::new("text.named").with("name", "%{value} 100%").with("value", 7);
        assert!(phrase.say(Lang::En).starts_with("%{value} 100%"), "{}", phrase.say(Lang::En));
        assert!(phrase.say(Lang::En).ends_with('7'));
    }

    #[test]
    fn a_list_has_the_comma_of_its_language() {
        let phrase = Phrase::new("text.elr").with("elr", vec![1, 2, 3]);
        assert!(phrase.say(Lang::En).contains("1, 2, 3"), "{}", phrase.say(Lang::En));
        assert!(phrase.say(Lang::Zh).contains("1、2、3"), "{}", phrase.say(Lang::Zh));
        assert_eq!(Arg::from(Vec::<i32>::new()).say(Lang::Zh), "");
    }
}

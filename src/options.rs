//! Relaxed values from a link → strict options, with a message for each value that is not one.

use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;

/// The page's colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// All of them, in the order of the switch.
    pub const ALL: [Theme; 3] = [Theme::Auto, Theme::Light, Theme::Dark];

    /// The name in links and attributes.
    pub fn code(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// The theme of a name.
    pub fn from_code(code: &str) -> Option<Theme> {
        Theme::ALL.into_iter().find(|theme| theme.code().eq_ignore_ascii_case(code))
    }

    /// The one after this, around.
    #[must_use]
    pub fn next(self) -> Theme {
        match self {
            Theme::Auto => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::Auto,
        }
    }
}

/// What stands in the place of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// The picture.
    #[default]
    Stage,
    /// The messages as a sequence.
    Sequence,
    /// The list of facts.
    Facts,
    /// The picture in words.
    Text,
}

impl View {
    /// All of them, in the order of the tabs.
    pub const ALL: [View; 4] = [View::Stage, View::Sequence, View::Facts, View::Text];

    /// The name in links and element ids.
    pub fn code(self) -> &'static str {
        match self {
            View::Stage => "stage",
            View::Sequence => "sequence",
            View::Facts => "facts",
            View::Text => "text",
        }
    }

    /// The view of a name.
    pub fn from_code(code: &str) -> Option<View> {
        View::ALL.into_iter().find(|view| view.code().eq_ignore_ascii_case(code))
    }
}

/// What a link asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The scenario's id; none for the course's home.
    pub scenario: Option<String>,
    /// The step as it stands there: a number or an id. Only a player can say whether it exists.
    pub step: Option<String>,
    /// The language, if it names one.
    pub lang: Option<Lang>,
    /// The theme, if it names one.
    pub theme: Option<Theme>,
    /// The view, if it names one.
    pub view: Option<View>,
    /// The changes as they stand there, such as `5~drop:14`.
    pub forks: Vec<String>,
    /// Values that are none of those possible.
    pub problems: Vec<Phrase>,
}

/// What stands in a link in the place of a scenario for the files that a reader brings.
pub const FILES: &str = "files";

/// What stands in a link in the place of a scenario for the list of all terms.
pub const TERMS: &str = "terms";

/// More changes than this are not read: a fork has fewer.
const MOST_FORKS: usize = 16;
/// … for the questions to look at again.
pub const REVIEW: &str = "review";

/// … for what is simplified.
pub const SIMPLIFIED: &str = "simplified";

/// Values longer than this are cut in messages.
const LONGEST_VALUE: usize = 40;

/// Reads a location's hash, such as `#/hw-two-rounds?step=7&lang=zh`. Unknown names are passed over: they may be a newer page's.
pub fn parse(hash: &str) -> Link {
    let path = hash.trim_start_matches('#').trim_start_matches('/');
    let (id, query) = path.split_once('?').unwrap_or((path, ""));
    let id = decode(id);
    let mut link =
        Link { scenario: Some(id.trim_matches('/').to_owned()).filter(|id| !id.is_empty()), ..Link::default() };
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let value = decode(value);
        match name {
            "step" => link.step = Some(value),
            "fork" if link.forks.len() < MOST_FORKS => link.forks.push(value),
            "lang" => {
                link.lang = Lang::from_code(&value);
                note(&mut link.problems, link.lang.is_none(), "interface.bad_lang", &value);
            }
            "theme" => {
                link.theme = Theme::from_code(&value);
                note(&mut link.problems, link.theme.is_none(), "interface.bad_theme", &value);
            }
            "view" => {
                link.view = View::from_code(&value);
                note(&mut link.problems, link.view.is_none(), "interface.bad_view", &value);
            }
            _ => {}
        }
    }
    link
}

fn note(problems: &mut Vec<Phrase>, bad: bool, key: &str, value: &str) {
    if bad {
        problems.push(Phrase::new(key).with("value", shorten(value)));
    }
}

/// A value as a message shows it.
pub fn shorten(value: &str) -> String {
    if value.chars().count() <= LONGEST_VALUE {
        return value.to_owned();
    }
    value.chars().take(LONGEST_VALUE).chain(['…']).collect()
}

/// The hash of a link.
pub fn format(
    scenario: Option<&str>,
    step: Option<usize>,
    lang: Option<Lang>,
    theme: Option<Theme>,
    view: View,
) -> String {
    let mut query = Vec::new();
    if let Some(step) = step {
        query.push(format!("step={step}"));
    }
    if let Some(lang) = lang {
        query.push(format!("lang={}", lang.code()));
    }
    if let Some(theme) = theme {
        query.push(format!("theme={}", theme.code()));
    }
    if view != View::Stage {
        query.push(format!("view={}", view.code()));
    }
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    format!("#/{}{query}", scenario.unwrap_or_default())
}

/// Undoes percent-encoding; what is not encoded right stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = if *first == b'%' { tail.get(..2) } else { None };
        let decoded =
            pair.and_then(|pair| std::str::from_utf8(pair).ok()).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        if let (Some(byte), Some(after)) = (decoded, tail.get(2..)) {
            bytes.push(byte);
            rest = after;
        } else {
            bytes.push(if *first == b'+' { b' ' } else { *first });
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_link() {
        let link = parse("#/hw-two-rounds?step=7&lang=zh-CN&theme=Dark&view=facts");
        assert_eq!(link.scenario.as_deref(), Some("hw-two-rounds"));
        assert_eq!(link.step.as_deref(), Some("7"));
        assert_eq!(link.lang, Some(Lang::Zh));
        assert_eq!(link.theme, Some(Theme::Dark));
        assert_eq!(link.view, Some(View::Facts));
        assert!(link.problems.is_empty());
    }

    #[test]
    fn home_in_its_forms() {
        for hash in ["", "#", "#/", "#/?", "#/?lang=en"] {
            assert_eq!(parse(hash).scenario, None, "{hash}");
        }
    }

    #[test]
    fn each_bad_value_has_a_message_and_changes_nothing_else() {
        let link = parse("#/key-hash?step=x&lang=fr&theme=blue&view=9&new=1&broken");
        assert_eq!(link.scenario.as_deref(), Some("key-hash"));
        assert_eq!(link.step.as_deref(), Some("x"));
        assert_eq!((link.lang, link.theme, link.view), (None, None, None));
        assert_eq!(link.problems.len(), 3);
    }

    #[test]
    fn percent_signs_never_break() {
        assert_eq!(parse("#/%E4%B8%AD").scenario.as_deref(), Some("中"));
        for hash in ["#/%", "#/%4", "#/%zz", "#/%ff", "#/a?step=%"] {
            assert!(parse(hash).scenario.is_some(), "{hash}");
        }
        let long = format!("#/a?lang={}", "x".repeat(10_000));
        assert!(parse(&long).problems[0].say(Lang::En).chars().count() < 200);
    }

    #[test]
    fn formats_what_it_parses() {
        let hash = format(Some("key-hash"), Some(3), Some(Lang::Zh), Some(Theme::Light), View::Text);
        assert_eq!(hash, "#/key-hash?step=3&lang=zh&theme=light&view=text");
        assert_eq!(parse(&hash).view, Some(View::Text));
        assert_eq!(format(None, None, None, None, View::Stage), "#/");
    }
}

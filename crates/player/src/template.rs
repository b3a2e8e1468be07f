//! The texts of a scenario: words with values, stress and terms in them.
//!
//! | Written | Is |
//! |---|---|
//! | `{leo(orders-0, 1)}` | the value of an expression, with the look of its outermost function |
//! | `{leo(orders-0, 1):bad}` | the same, with another look: `water`, `message`, `leader`, `bad` or `plain` |
//! | `**never**`, `**at {hw(orders-0)}**` | stressed words, which may hold values and terms |
//! | `[[hw]]` | a term of the glossary, in its own words |
//! | `[[hw\|watermarks]]` | a term of the glossary, in these words |
//! | `{{` and `}}` | a brace |
//!
//! Parsed when a scenario is packed, and again when it is opened. Places are characters of the whole text.

use std::fmt;

use crate::expression::{Definitions, Environment, EvaluationError, Expression, Span, TextProblem};
#[cfg(feature = "author")]
use crate::expression::{Names, nearest};
use crate::words::{Inline, RefKind};

/// The longest text, in characters.
pub const MAX_TEXT: usize = 600;
/// The most runs of a text: values, terms, stressed words and what lies between them.
pub const MAX_RUNS: usize = 64;

/// A parsed text. It is written as its source, and equal to another with the same source.
#[derive(Clone, Debug)]
pub struct Template {
    source: String,
    runs: Vec<Run>,
}

#[derive(Clone, Debug)]
enum Run {
    Text(String),
    Strong(String),
    Value {
        expression: Expression,
        look: Option<RefKind>,
    },
    Term {
        id: String,
        words: Option<String>,
        #[cfg(feature = "author")]
        span: Span,
    },
}

impl Template {
    /// Parses `source`.
    ///
    /// # Errors
    /// The first thing that is wrong with it, with the place.
    pub fn parse(source: &str) -> Result<Template, TextProblem> {
        let runs = Parser::new(source)?.runs()?;
        Ok(Template { source: source.to_owned(), runs })
    }

    /// Stands in for a text that could not be parsed, so that the rest can be checked.
    #[cfg(feature = "author")]
    pub(crate) fn stand_in() -> Template {
        Template { source: "?".to_owned(), runs: Vec::new() }
    }

    /// The text that it was parsed from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Links the expressions in it, see [`Expression::link`].
    pub(crate) fn link(&mut self, definitions: &Definitions) {
        for run in &mut self.runs {
            if let Run::Value { expression, .. } = run {
                expression.link(definitions);
            }
        }
    }

    /// Binds the expressions in it, see [`Expression::bind`].
    ///
    /// # Errors
    /// All that is wrong, in the order of the text.
    #[cfg(feature = "author")]
    pub fn bind(&mut self, names: &Names) -> Result<(), Vec<TextProblem>> {
        let mut problems = Vec::new();
        for run in &mut self.runs {
            if let Run::Value { expression, .. } = run
                && let Err(found) = expression.bind(names)
            {
                problems.extend(found);
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// The words, with the values of the world behind `environment`; `term` gives the own words of a term.
    ///
    /// # Errors
    /// A value that cannot be computed; see [`Expression::evaluate`].
    pub fn render(
        &self,
        environment: &dyn Environment,
        term: impl Fn(&str) -> String,
    ) -> Result<Vec<Inline>, EvaluationError> {
        self.runs
            .iter()
            .map(|run| {
                Ok(match run {
                    Run::Text(text) => Inline::Text { text: text.clone() },
                    Run::Strong(text) => Inline::Strong { text: text.clone() },
                    Run::Value { expression, look } => Inline::Value {
                        text: expression.evaluate(environment)?.shown(),
                        kind: look.unwrap_or_else(|| expression.ref_kind()),
                    },
                    Run::Term { id, words, .. } => {
                        Inline::Term { id: id.clone(), text: words.clone().unwrap_or_else(|| term(id)) }
                    }
                })
            })
            .collect()
    }

    /// The ids of the terms in it, in the order of their first use.
    #[cfg(feature = "author")]
    pub fn terms(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = Vec::new();
        for (id, _) in self.terms_with_places() {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    /// Every use of a term with the place of its id.
    #[cfg(feature = "author")]
    pub(crate) fn terms_with_places(&self) -> impl Iterator<Item = (&str, Span)> {
        self.runs.iter().filter_map(|run| match run {
            Run::Term { id, span, .. } => Some((id.as_str(), *span)),
            _ => None,
        })
    }

    /// The expressions in it, in order.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.runs.iter().filter_map(|run| match run {
            Run::Value { expression, .. } => Some(expression),
            _ => None,
        })
    }

    /// The words without values, for counting them: a value counts as one word.
    #[cfg(feature = "author")]
    pub(crate) fn plain(&self) -> String {
        let words = self.runs.iter().map(|run| match run {
            Run::Text(text) | Run::Strong(text) => text.as_str(),
            Run::Value { .. } => "0",
            Run::Term { id, words, .. } => words.as_deref().unwrap_or(id),
        });
        words.collect()
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Template) -> bool {
        self.source == other.source
    }
}

impl Eq for Template {}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

#[cfg(feature = "author")]
impl serde::Serialize for Template {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

/// The looks by the name that stands after the colon.
const LOOKS: [(&str, RefKind); 5] = [
    ("water", RefKind::Water),
    ("message", RefKind::Message),
    ("leader", RefKind::Leader),
    ("bad", RefKind::Bad),
    ("plain", RefKind::Plain),
];

struct Parser {
    characters: Vec<char>,
    position: usize,
    runs: Vec<Run>,
    text: String,
    /// Where stress began, and how many runs there were then.
    stress: Option<(Span, usize)>,
}

impl Parser {
    fn new(source: &str) -> Result<Parser, TextProblem> {
        let characters: Vec<char> = source.chars().take(MAX_TEXT.saturating_add(1)).collect();
        if characters.len() > MAX_TEXT {
            let count = source.chars().count();
            let problem = TextProblem::new(
                Span::new(MAX_TEXT, MAX_TEXT.saturating_add(1)),
                format!("this text has {count} characters, more than {MAX_TEXT}"),
            );
            return Err(problem.help("a step says one or two sentences"));
        }
        Ok(Parser { characters, position: 0, runs: Vec::new(), text: String::new(), stress: None })
    }

    fn at(&self, sign: &str) -> bool {
        let ahead = |index: usize| self.characters.get(self.position.saturating_add(index)).copied();
        sign.chars().enumerate().all(|(index, character)| ahead(index) == Some(character))
    }

    fn skip(&mut self, count: usize) {
        self.position = self.position.saturating_add(count);
    }

    fn slice(&self, start: usize, end: usize) -> String {
        self.characters.iter().skip(start).take(end.saturating_sub(start)).collect()
    }

    /// Where `sign` comes next, from `start` on.
    fn find(&self, sign: &str, start: usize) -> Option<usize> {
        let sign: Vec<char> = sign.chars().collect();
        let rest = self.characters.get(start..)?;
        let found = rest.windows(sign.len()).position(|window| window == sign)?;
        Some(start.saturating_add(found))
    }

    fn runs(mut self) -> Result<Vec<Run>, TextProblem> {
        while let Some(character) = self.characters.get(self.position).copied() {
            if self.at("{{") || self.at("}}") {
                self.text.push(character);
                self.skip(2);
            } else if character == '{' {
                self.value()?;
            } else if character == '}' {
                let span = Span::new(self.position, self.position.saturating_add(1));
                return Err(TextProblem::new(span, "a closing brace without an opening one")
                    .help("for a brace itself write }}"));
            } else if self.at("**") {
                self.strong()?;
            } else if self.at("[[") {
                self.term()?;
            } else {
                self.text.push(character);
                self.skip(1);
            }
        }
        self.flush();
        if let Some((open, _)) = self.stress {
            return Err(TextProblem::new(open, "these stressed words do not end").help("close them with **"));
        }
        if self.runs.len() > MAX_RUNS {
            let span = Span::new(0, self.characters.len());
            return Err(TextProblem::new(
                span,
                format!("more than {MAX_RUNS} values, terms and stressed words in one text"),
            ));
        }
        Ok(self.runs)
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            let stressed = self.stress.is_some();
            self.runs.push(if stressed { Run::Strong(text) } else { Run::Text(text) });
        }
    }

    fn value(&mut self) -> Result<(), TextProblem> {
        let open = self.position;
        let start = open.saturating_add(1);
        let mut quote: Option<char> = None;
        let mut colon: Option<usize> = None;
        let mut end: Option<usize> = None;
        let mut escaped = false;
        for (index, character) in self.characters.iter().copied().enumerate().skip(start) {
            match (quote, character) {
                (Some(_), _) if escaped => escaped = false,
                (Some(_), '\\') => escaped = true,
                (Some(opened), _) if opened == character => quote = None,
                (None, '"' | '\'') => quote = Some(character),
                (None, ':') => colon = Some(index),
                (None, '}') => {
                    end = Some(index);
                    break;
                }
                _ => {}
            }
        }
        let Some(end) = end else {
            let span = Span::new(open, start);
            let problem = TextProblem::new(span, "this brace is not closed");
            return Err(problem.help("for a brace itself write {{"));
        };
        let look = match colon {
            Some(colon) => Some(self.look(colon.saturating_add(1), end)?),
            None => None,
        };
        let source = self.slice(start, colon.unwrap_or(end));
        let expression = Expression::parse_within(&source, start)?;
        self.flush();
        self.runs.push(Run::Value { expression, look });
        self.position = end.saturating_add(1);
        Ok(())
    }

    fn look(&self, start: usize, end: usize) -> Result<RefKind, TextProblem> {
        let written = self.slice(start, end);
        let name = written.trim();
        if let Some((_, kind)) = LOOKS.into_iter().find(|(look, _)| *look == name) {
            return Ok(kind);
        }
        let problem =
            TextProblem::new(Span::new(start, end.max(start.saturating_add(1))), format!("no look is called {name:?}"));
        #[cfg(feature = "author")]
        if let Some(near) = nearest(name, LOOKS.iter().map(|(look, _)| *look)) {
            return Err(problem.help(format!("did you mean {near}?")));
        }
        Err(problem.help("the looks are water, message, leader, bad and plain"))
    }

    /// Stress begins or ends.
    fn strong(&mut self) -> Result<(), TextProblem> {
        let sign = Span::new(self.position, self.position.saturating_add(2));
        self.flush();
        match self.stress.take() {
            None => self.stress = Some((sign, self.runs.len())),
            Some((open, runs)) if runs == self.runs.len() => {
                return Err(TextProblem::new(open.to(sign), "there is nothing to stress here"));
            }
            Some(_) => {}
        }
        self.skip(2);
        Ok(())
    }

    fn term(&mut self) -> Result<(), TextProblem> {
        let open = Span::new(self.position, self.position.saturating_add(2));
        let Some(end) = self.find("]]", open.end) else {
            return Err(TextProblem::new(open, "this term does not end").help("close it with ]]"));
        };
        let inside = self.slice(open.end, end);
        let (id, words) = match inside.split_once('|') {
            Some((id, words)) => (id, Some(words.to_owned())),
            None => (inside.as_str(), None),
        };
        #[cfg(feature = "author")]
        let span = Span::new(open.end, open.end.saturating_add(id.chars().count()));
        let well_formed =
            !id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !well_formed {
            let problem = TextProblem::new(
                Span::new(open.start, end.saturating_add(2)),
                format!("{id:?} is not the id of a term"),
            );
            return Err(problem.help("an id has small letters, digits and hyphens: [[leader-epoch|epochs]]"));
        }
        if words.as_ref().is_some_and(|words| words.trim().is_empty() || words.contains(['{', '}', '*', '[', '|'])) {
            let problem =
                TextProblem::new(Span::new(open.start, end.saturating_add(2)), "a term's words are plain words");
            return Err(problem);
        }
        let id = id.to_owned();
        self.flush();
        self.runs.push(Run::Term {
            id,
            words,
            #[cfg(feature = "author")]
            span,
        });
        self.position = end.saturating_add(2);
        Ok(())
    }
}

#[cfg(feature = "author")]
#[cfg(test)]
mod tests;

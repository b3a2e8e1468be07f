//! Where in a scenario something is wrong.

use std::fmt;

use crate::expression::{Span, TextProblem};
use crate::lang::Lang;

/// A place in a scenario, such as `step[3].say`. Indices count from 0, as in JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The language whose text it is; everything that is not a text is English.
    pub lang: Lang,
    /// From the outside in.
    pub segments: Vec<Segment>,
}

/// One step into a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Of a table.
    Key(String),
    /// Of a list.
    Index(usize),
}

impl Place {
    /// The whole scenario.
    pub fn root() -> Place {
        Place::default()
    }

    /// `key` of the table at this place.
    #[must_use]
    pub fn key(&self, key: &str) -> Place {
        self.with(Segment::Key(key.to_owned()))
    }

    /// Element `index` of the list at this place.
    #[must_use]
    pub fn index(&self, index: usize) -> Place {
        self.with(Segment::Index(index))
    }

    /// The same place among the texts of another language.
    #[must_use]
    pub fn lang(&self, lang: Lang) -> Place {
        Place { lang, ..self.clone() }
    }

    fn with(&self, segment: Segment) -> Place {
        let mut place = self.clone();
        place.segments.push(segment);
        place
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Key(key) if index == 0 => f.write_str(key)?,
                Segment::Key(key) if key.contains('.') => write!(f, ".{key:?}")?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(number) => write!(f, "[{number}]")?,
            }
        }
        Ok(())
    }
}

/// Something wrong in a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// Where in the text there, in characters; none for the whole of it.
    pub span: Option<Span>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Problem {
    pub(crate) fn new(place: Place, message: impl Into<String>) -> Problem {
        Problem { place, span: None, message: message.into(), help: None }
    }

    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn of_text(place: Place, problem: TextProblem) -> Problem {
        Problem { place, span: Some(problem.span), message: problem.message, help: problem.help }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.segments.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

//! The course: families of scenarios in the order of learning, with a card for each.

mod picture;

use crate::json::{self, Fields, Json, JsonError, Read};

use crate::lang::Lang;
use crate::script::{Place, all};
pub use picture::{Lane, Picture, Row};

#[cfg(feature = "author")]
mod pack;

#[cfg(feature = "author")]
pub use pack::{PackedCourse, families_of, pack_course};

/// All families, in one language. As JSON it is the page's `scenarios/index.<language>.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Course {
    /// In the order of the home page.
    pub families: Vec<Family>,
}

/// Scenarios about one side of Kafka.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Family {
    /// `replication`.
    pub id: String,
    /// "Replication".
    pub title: String,
    /// What it is about, in one line.
    pub line: String,
    /// In the order of learning.
    pub scenarios: Vec<Card>,
}

/// A scenario on the home page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Card {
    /// The scenario's id.
    pub id: String,
    /// The question that it answers.
    pub title: String,
    /// One line: the surprise.
    pub hook: String,
    /// How long a learner needs, in minutes.
    pub minutes: u32,
    /// How many steps it has.
    pub steps: usize,
    /// One of those that nobody should miss.
    pub essential: bool,
    /// The picture of its decisive moment.
    pub picture: Option<Picture>,
}

/// The name of the file with the course in a language.
pub fn file(lang: Lang) -> String {
    format!("index.{}.json", lang.code())
}

/// The name of the file with the [`Tags`].
pub const TAGS: &str = "tags.txt";

/// Words to find scenarios by, in both languages: a line a scenario, its id and each word behind a tab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    in_small_letters: String,
}

impl Tags {
    /// Reads such a file.
    pub fn read(text: &str) -> Tags {
        Tags { in_small_letters: text.to_ascii_lowercase() }
    }

    /// Whether one of a scenario's tags has these small letters in it.
    pub fn have(&self, id: &str, letters: &str) -> bool {
        let mut lines = self.in_small_letters.lines().filter_map(|line| line.split_once('\t'));
        lines.any(|(of, tags)| of == id && tags.split('\t').any(|tag| tag.contains(letters)))
    }
}

impl Course {
    /// Reads such a file.
    ///
    /// # Errors
    /// Text that is not JSON or not of this form.
    pub fn from_json(text: &str) -> Result<Course, JsonError> {
        Ok(course(json::parse(text)?)?)
    }

    /// The card of a scenario.
    pub fn card(&self, id: &str) -> Option<&Card> {
        self.families.iter().flat_map(|family| &family.scenarios).find(|card| card.id == id)
    }
}

fn course(json: Json) -> Read<Course> {
    let mut fields = Fields::of(json, Place::root())?;
    let families = fields.list("families")?;
    let course = Course { families: all(families, family)? };
    fields.end()?;
    Ok(course)
}

fn family(json: Json, place: Place) -> Read<Family> {
    let mut fields = Fields::of(json, place)?;
    let scenarios = fields.list("scenarios")?;
    let family = Family {
        id: fields.text("id")?,
        title: fields.text("title")?,
        line: fields.text("line")?,
        scenarios: all(scenarios, card)?,
    };
    fields.end()?;
    Ok(family)
}

fn card(json: Json, place: Place) -> Read<Card> {
    let mut fields = Fields::of(json, place)?;
    let card = Card {
        id: fields.text("id")?,
        title: fields.text("title")?,
        hook: fields.text("hook")?,
        minutes: fields.number("minutes")?,
        steps: fields.number("steps")?,
        essential: fields.truth("essential")?,
        picture: fields.optional_table("picture")?.map(picture::read).transpose()?,
    };
    fields.end()?;
    Ok(card)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_by_a_part_of_it() {
        let tags = Tags::read("key-hash\tmurmur2\tnull key\nretention\tretention.ms\t保留\n");
        assert!(tags.have("key-hash", "murmur") && tags.have("retention", "保"));
        assert!(!tags.have("key-hash", "retention") && !tags.have("key", "murmur2"));
        assert!(!tags.have("key-hash", "hash"), "an id is no tag");
    }
}

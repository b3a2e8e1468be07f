//! The course: families of scenarios in the order of learning, with a card for each.

mod picture;

use serde::{Deserialize, Serialize};

pub use crate::script::Localized;
pub use picture::Picture;

#[cfg(feature = "author")]
mod pack;

#[cfg(feature = "author")]
pub use pack::{PackedCourse, families_of, pack_course};

/// All families. As JSON it is the page's `scenarios/index.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    /// In the order of the home page.
    pub families: Vec<Family>,
}

/// Scenarios about one side of Kafka.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// `replication`.
    pub id: String,
    /// "Replication".
    pub title: Localized,
    /// What it is about, in one line.
    pub line: Localized,
    /// In the order of learning.
    pub scenarios: Vec<Card>,
}

/// A scenario on the home page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The scenario's id.
    pub id: String,
    /// The question that it answers.
    pub title: Localized,
    /// One line: the surprise.
    pub hook: Localized,
    /// How long a learner needs, in minutes.
    pub minutes: u32,
    /// How many steps it has.
    pub steps: usize,
    /// One of those that nobody should miss.
    pub essential: bool,
    /// Words to find it by, in both languages.
    pub tags: Vec<String>,
    /// The picture of its decisive moment.
    pub picture: Option<Picture>,
}

impl Course {
    /// Reads `index.json`.
    ///
    /// # Errors
    /// Text that is not JSON or not of this form.
    pub fn from_json(json: &str) -> Result<Course, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// The card of a scenario.
    pub fn card(&self, id: &str) -> Option<&Card> {
        self.families.iter().flat_map(|family| &family.scenarios).find(|card| card.id == id)
    }
}

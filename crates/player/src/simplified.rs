//! What Highwater does not do, or does otherwise than Kafka: `docs/fidelity*.md` as the page reads it,
//! `scenarios/simplified.json`. The build makes it of these files, so that they stay the only source.

use crate::json::{self, Fields, Json, JsonError, Read, list, text};
use crate::lang::Lang;
use crate::script::{Place, all};

/// Words and code, in turns: words first, then code, then words …
pub type Runs = Vec<String>;

/// A part of a page under its heading.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Section {
    /// Its heading.
    pub title: Runs,
    /// What stands under it.
    pub blocks: Vec<Block>,
}

/// A paragraph or a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Block {
    /// A paragraph.
    Text(Runs),
    /// A table: its first row is its head.
    Table(Vec<Vec<Runs>>),
}

/// The page in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Simplified {
    /// English.
    pub en: Vec<Section>,
    /// Chinese.
    pub zh: Vec<Section>,
}

impl Simplified {
    /// Reads `simplified.json`.
    ///
    /// # Errors
    /// Text that is not JSON or not of this form.
    pub fn from_json(text: &str) -> Result<Simplified, JsonError> {
        let mut fields = Fields::of(json::parse(text)?, Place::root())?;
        let simplified = Simplified { en: all(fields.list("en")?, section)?, zh: all(fields.list("zh")?, section)? };
        fields.end()?;
        Ok(simplified)
    }

    /// The sections in a language; the first one is the page's own heading.
    pub fn get(&self, lang: Lang) -> &[Section] {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

fn section(json: Json, place: Place) -> Read<Section> {
    let mut fields = Fields::of(json, place)?;
    let section = Section { title: fields.texts("title")?, blocks: all(fields.list("blocks")?, block)? };
    fields.end()?;
    Ok(section)
}

fn block(json: Json, place: Place) -> Read<Block> {
    let (kind, json, place) = Fields::of(json, place)?.choice()?;
    if kind == "table" {
        return Ok(Block::Table(all(list(json, &place)?, |row, place| all(list(row, &place)?, runs))?));
    }
    Ok(Block::Text(runs(json, place)?))
}

#[allow(clippy::needless_pass_by_value, reason = "as all readers of an element")]
fn runs(json: Json, place: Place) -> Read<Runs> {
    all(list(json, &place)?, |run, place| text(run, &place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read() {
        let text = r#"{"en": [{"title": ["A"], "blocks": [{"text": ["See ", "world.rs", "."]}, {"table": [[["x"]], [["y", "z"]]]}]}], "zh": []}"#;
        let page = Simplified::from_json(text).unwrap();
        let [first, second] = page.get(Lang::En)[0].blocks.as_slice() else { panic!("two blocks") };
        assert_eq!(*first, Block::Text(vec!["See ".to_owned(), "world.rs".to_owned(), ".".to_owned()]));
        assert!(matches!(second, Block::Table(rows) if rows.len() == 2 && rows[1][0].len() == 2));
        assert!(page.get(Lang::Zh).is_empty());
        for broken in ["", "{}", r#"{"en": [], "zh": 3}"#, r#"{"en": [{"title": []}], "zh": []}"#] {
            assert!(Simplified::from_json(broken).is_err(), "{broken}");
        }
    }
}

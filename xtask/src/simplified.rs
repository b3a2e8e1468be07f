//! `docs/fidelity.md` and its Chinese text to what the page shows of them. Both have the same headings, paragraphs and tables
//! with as many rows, so that neither language says less than the other.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use highwater_player::simplified::{Block, Runs, Section, Simplified};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The files, in the folder `docs`.
const FILES: [&str; 2] = ["fidelity.md", "fidelity.zh.md"];

/// Reads both texts.
///
/// # Errors
/// A file that cannot be read, Markdown that the page cannot show, or texts that are not in step.
pub fn read(docs: &Path) -> Result<Simplified> {
    let text = |name: &str| {
        let text = fs::read_to_string(docs.join(name)).with_context(|| format!("docs/{name}"))?;
        sections(&text).with_context(|| format!("docs/{name}"))
    };
    let [en, zh] = FILES;
    let simplified = Simplified { en: text(en)?, zh: text(zh)? };
    if let Some((english, chinese)) = difference(&simplified) {
        bail!("docs/{en} has {english}, where docs/{zh} has {chinese}: whoever changes one changes the other");
    }
    Ok(simplified)
}

/// Where the two texts first differ in what they are made of.
fn difference(simplified: &Simplified) -> Option<(String, String)> {
    let (english, chinese) = (shape(&simplified.en), shape(&simplified.zh));
    let none = || "nothing more".to_owned();
    (0..english.len().max(chinese.len())).find_map(|index| {
        let (en, zh) = (english.get(index), chinese.get(index));
        let same = en.map(|(shape, _)| shape) == zh.map(|(shape, _)| shape);
        let told =
            |part: Option<&(String, String)>| part.map_or_else(none, |(shape, words)| format!("{shape} “{words}”"));
        (!same).then(|| (told(en), told(zh)))
    })
}

/// What a text is made of, with words to find the place by. A row is known by the code in it: names of files and configs are
/// the same in both languages.
fn shape(sections: &[Section]) -> Vec<(String, String)> {
    let mut parts = Vec::new();
    for section in sections {
        parts.push(("the heading".to_owned(), section.title.concat()));
        for block in &section.blocks {
            match block {
                Block::Text(runs) => parts.push(("the paragraph".to_owned(), runs.concat())),
                Block::Table(rows) => parts.extend(rows.iter().map(|row| {
                    let codes = row.get(1).map(code).unwrap_or_default();
                    (
                        format!("a row of {} cells with {codes}", row.len()),
                        row.first().map(|cell| cell.concat()).unwrap_or_default(),
                    )
                })),
            }
        }
    }
    parts
}

fn code(runs: &Runs) -> String {
    runs.iter().skip(1).step_by(2).cloned().collect::<Vec<_>>().join(" ")
}

fn sections(text: &str) -> Result<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    let mut runs = Runs::new();
    let mut table: Vec<Vec<Runs>> = Vec::new();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. } | Tag::Paragraph | Tag::TableCell) => runs = Runs::new(),
            Event::Start(Tag::Table(_)) => table = Vec::new(),
            Event::Start(Tag::TableHead | Tag::TableRow) => table.push(Vec::new()),
            Event::Start(Tag::Link { .. } | Tag::Strong | Tag::Emphasis)
            | Event::End(TagEnd::Link | TagEnd::Strong | TagEnd::Emphasis | TagEnd::TableHead | TagEnd::TableRow) => {}
            Event::Text(words) => word(&mut runs, &words),
            Event::SoftBreak | Event::HardBreak => word(&mut runs, " "),
            Event::Code(code) => {
                if runs.len().is_multiple_of(2) {
                    runs.push(String::new());
                }
                runs.push(code.to_string());
            }
            Event::End(TagEnd::Heading(_)) => {
                sections.push(Section { title: std::mem::take(&mut runs), blocks: Vec::new() });
            }
            Event::End(TagEnd::TableCell) => {
                table.last_mut().context("a cell in no row")?.push(std::mem::take(&mut runs));
            }
            Event::End(TagEnd::Paragraph) => {
                let block = Block::Text(std::mem::take(&mut runs));
                sections.last_mut().context("a paragraph before the first heading")?.blocks.push(block);
            }
            Event::End(TagEnd::Table) => {
                let block = Block::Table(std::mem::take(&mut table));
                sections.last_mut().context("a table before the first heading")?.blocks.push(block);
            }
            other => bail!("the page shows headings, paragraphs and tables, and here is {other:?}"),
        }
    }
    Ok(sections)
}

/// Words are runs 0, 2, 4 …
fn word(runs: &mut Runs, words: &str) {
    if runs.len().is_multiple_of(2) {
        runs.push(words.to_owned());
    } else if let Some(last) = runs.last_mut() {
        last.push_str(words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_paragraphs_and_tables_are_read() {
        let read = sections("# A `b`\n\nOne\ntwo `three`.\n\n## C\n\n| d | e |\n|---|---|\n| f `g` | h |\n").unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].title, ["A ", "b"]);
        assert_eq!(read[0].blocks, [Block::Text(vec!["One two ".to_owned(), "three".to_owned(), ".".to_owned()])]);
        let Block::Table(rows) = &read[1].blocks[0] else { panic!("a table") };
        assert_eq!(rows[1][0], ["f ", "g"]);
        assert!(sections("# A\n\n```\ncode\n```\n").is_err());
    }

    #[test]
    fn texts_that_are_not_in_step_are_told_with_the_place() {
        let page = |en: &str, zh: &str| Simplified { en: sections(en).unwrap(), zh: sections(zh).unwrap() };
        let table = "# A\n\n| b | c |\n|---|---|\n| d | `e.rs` |\n";
        assert_eq!(difference(&page(table, table)), None);
        let longer = format!("{table}| f | `g.rs` |\n");
        let (english, chinese) = difference(&page(&longer, table)).unwrap();
        assert!(english.contains("g.rs") && chinese == "nothing more", "{english} {chinese}");
        let other = table.replace("e.rs", "z.rs");
        assert!(difference(&page(table, &other)).is_some(), "another row in its place");
        assert!(difference(&page("# A\n\nb\n", "# A\n")).is_some());
    }

    #[test]
    fn what_is_simplified_is_told_in_both_languages() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        let simplified = read(&docs).unwrap();
        assert!(simplified.en.len() > 8 && simplified.en.len() == simplified.zh.len());
        let has_han = |text: &str| text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
        for (en, zh) in simplified.en.iter().zip(&simplified.zh) {
            assert!(has_han(&zh.title.concat()) && !has_han(&en.title.concat()), "{}", en.title.concat());
        }
    }
}

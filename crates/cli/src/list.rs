//! `highwater list`.

use std::collections::BTreeMap;

use clap::Args;
use highwater_player::course::pack_course;
use highwater_player::lang::Lang;
use serde::Serialize;

use crate::failure::Failure;
use crate::input::{Course, lang};
use crate::output::Out;

/// List the scenarios of the course.
#[derive(Args)]
#[command(after_help = "Examples:\n  highwater list\n  highwater list --lang zh\n  highwater list --json")]
pub struct List {
    /// The language: en or zh.
    #[arg(long, default_value = "en", value_parser = lang)]
    lang: Lang,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    family: &'a str,
    title: &'a str,
    hook: &'a str,
    minutes: u32,
    steps: usize,
    essential: bool,
    tags: &'a [String],
}

impl List {
    /// Writes the list.
    pub fn run(&self, course: &Course, out: &mut Out) -> Result<(), Failure> {
        let packed = pack_course(&course.folder()?)?;
        let in_lang = packed.courses.iter().find(|(lang, _)| *lang == self.lang);
        let families = in_lang.map(|(_, course)| course.families.as_slice()).unwrap_or_default();
        if out.json {
            let tags: BTreeMap<&str, &[String]> =
                packed.tags.iter().map(|(id, tags)| (id.as_str(), tags.as_slice())).collect();
            let entries: Vec<Entry<'_>> = families
                .iter()
                .flat_map(|family| family.scenarios.iter().map(move |card| (family, card)))
                .map(|(family, card)| Entry {
                    id: &card.id,
                    family: &family.id,
                    title: &card.title,
                    hook: &card.hook,
                    minutes: card.minutes,
                    steps: card.steps,
                    essential: card.essential,
                    tags: tags.get(card.id.as_str()).copied().unwrap_or_default(),
                })
                .collect();
            return out.json(&entries);
        }
        let widest = families.iter().flat_map(|family| &family.scenarios).map(|card| card.id.len()).max();
        let width = widest.unwrap_or(0);
        for (index, family) in families.iter().enumerate() {
            if index > 0 {
                out.line("")?;
            }
            out.line(format!("{}: {}", family.title, family.line))?;
            for card in &family.scenarios {
                let essential = if card.essential { " ★" } else { "" };
                let (title, steps, minutes) = (&card.title, card.steps, card.minutes);
                let told = match self.lang {
                    Lang::En => format!("{title} ({steps} steps, {minutes} minutes){essential}"),
                    Lang::Zh => format!("{title}（{steps} 步，{minutes} 分钟）{essential}"),
                };
                out.line(format!("  {:width$}  {told}", card.id))?;
            }
        }
        Ok(())
    }
}

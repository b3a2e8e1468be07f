//! What the page reads beside itself: the scenarios, packed by the player, one JSON file each, the course list, and the
//! words of each language.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use highwater_player::course::{self, PackedCourse, pack_course};
use highwater_player::lang::Lang;
use highwater_player::locale;
use serde_json::json;

use crate::console::run;
use crate::programs::{Speed, program};
use crate::project::{Project, files_under};
use crate::site::write_changed;
use crate::{page, simplified};

/// Where `cargo xtask pack` writes when it is not told: into the site that Trunk is building, else into `dist/`.
fn default_folder(project: &Project) -> PathBuf {
    let site = std::env::var_os("TRUNK_STAGING_DIR").map_or_else(|| project.dist(), PathBuf::from);
    site.join("scenarios")
}

/// Packs every scenario of the course into `to`: `<id>.json`, the course list, `index.<lang>.json`, and the
/// words, `words.<lang>.txt` and `words.more.txt`; and what not every reader asks for: the tags, `tags.txt`, all questions,
/// `review.json`, what was checked, `checked.json`, and what is simplified, `simplified.json`. Other files there go.
///
/// # Errors
/// All that is wrong with the scenarios, with its places.
pub fn pack(project: &Project, to: &Path) -> Result<()> {
    let packed = pack_course(&project.scenarios())?;
    let simplified = simplified::read(&project.root.join("docs"))?;
    write(&packed, &serde_json::to_string(&simplified)?, to)
}

/// `cargo xtask pack`: also makes the page that Trunk is building like ours.
///
/// # Errors
/// As [`pack`], and when Trunk's page cannot be read or written.
pub fn pack_site(project: &Project, to: Option<PathBuf>) -> Result<()> {
    pack(project, &to.unwrap_or_else(|| default_folder(project)))?;
    match std::env::var_os("TRUNK_STAGING_DIR") {
        Some(site) => page::bundle(Path::new(&site)),
        None => Ok(()),
    }
}

/// Checks every scenario as its author would: texts, translations, and that what it expects holds at every step.
///
/// # Errors
/// When a scenario has an error; the terminal has shown its place.
pub fn check(project: &Project) -> Result<()> {
    let packed = pack_course(&project.scenarios())?;
    let mut check = program("highwater", Speed::Debug)?;
    check.arg("check").args(packed.scenarios.iter().map(|(id, _)| id));
    run(check.current_dir(&project.root))
}

fn write(packed: &PackedCourse, simplified: &str, to: &Path) -> Result<()> {
    let lists = packed.courses.iter().map(|(lang, course)| Ok((course::file(*lang), serde_json::to_string(course)?)));
    let lists: Vec<(String, String)> = lists.collect::<Result<_>>()?;
    let scenarios = packed.scenarios.iter().map(|(id, json)| (format!("{id}.json"), json.clone()));
    let words = Lang::ALL.map(|lang| (locale::file(lang), locale::packed(lang)));
    let more = (locale::MORE.to_owned(), locale::packed_more());
    let tags = packed.tags.iter().map(|(id, tags)| format!("{id}\t{}\n", tags.join("\t")));
    let apart = [
        (course::TAGS, tags.collect()),
        ("review.json", json!({ "questions": packed.questions }).to_string()),
        ("checked.json", json!({ "scenarios": packed.checked }).to_string()),
        ("simplified.json", simplified.to_owned()),
    ];
    let apart = apart.into_iter().map(|(name, text)| (name.to_owned(), text));
    let files = scenarios.chain(lists).chain(words).chain([more]).chain(apart);
    let mut written = BTreeSet::new();
    for (name, text) in files {
        write_changed(&to.join(&name), text.as_bytes())?;
        written.insert(PathBuf::from(name));
    }
    for name in files_under(to)? {
        if !written.contains(&name) {
            let path = to.join(name);
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_player::course::Course;

    #[test]
    fn a_folder_holds_the_course_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("highwater-pack-{}", std::process::id()));
        write_changed(&folder.join("gone.json"), b"{}").unwrap();
        let scenarios = vec![("key-hash".to_owned(), "{}".to_owned())];
        let courses = Lang::ALL.map(|lang| (lang, Course::default())).into();
        write(&PackedCourse { courses, scenarios, ..PackedCourse::default() }, "{}", &folder).unwrap();
        assert_eq!(
            files_under(&folder).unwrap(),
            [
                "checked.json",
                "index.en.json",
                "index.zh.json",
                "key-hash.json",
                "review.json",
                "simplified.json",
                "tags.txt",
                "words.en.txt",
                "words.more.txt",
                "words.zh.txt"
            ]
            .map(PathBuf::from)
        );
        assert_eq!(fs::read_to_string(folder.join("index.en.json")).unwrap(), r#"{"families":[]}"#);
        fs::remove_dir_all(folder).unwrap();
    }
}

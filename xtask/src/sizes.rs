//! What the first load costs, file by file, and whether that is within the budget.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::project::files_under;
use crate::site;

/// The most that a first load may weigh, in bytes after brotli.
pub const BUDGET_BYTES: usize = 300_000;

/// A file's size in bytes, as it is and compressed as hosts do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// As it is.
    pub raw: usize,
    /// gzip, level 9.
    pub gzip: usize,
    /// brotli, level 11.
    pub brotli: usize,
}

impl Size {
    fn of(bytes: &[u8]) -> Result<Size> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(bytes)?;
        let mut compressed = Vec::new();
        let brotli = brotli::enc::BrotliEncoderParams { quality: 11, size_hint: bytes.len(), ..Default::default() };
        brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &brotli)?;
        Ok(Size { raw: bytes.len(), gzip: gzip.finish()?.len(), brotli: compressed.len() })
    }

    fn plus(self, other: Size) -> Size {
        Size { raw: self.raw + other.raw, gzip: self.gzip + other.gzip, brotli: self.brotli + other.brotli }
    }
}

/// A file of the site.
#[derive(Clone, Debug)]
pub struct Weighed {
    /// Its path in the site.
    pub name: String,
    /// Its size.
    pub size: Size,
    /// Whether a visitor needs it before the first scenario shows.
    pub first_load: bool,
}

/// The sizes of a site.
#[derive(Clone, Debug)]
pub struct Sizes {
    /// Every file, in order of name.
    pub files: Vec<Weighed>,
}

/// Weighs every file of the site in `dist`.
///
/// # Errors
/// When a file cannot be read.
pub fn measure(dist: &Path) -> Result<Sizes> {
    let first = first_scenario(dist)?;
    let mut files = Vec::new();
    for path in files_under(dist)? {
        let bytes = fs::read(dist.join(&path)).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.to_string_lossy().replace('\\', "/");
        files.push(Weighed { first_load: is_first_load(&name, first.as_deref()), size: Size::of(&bytes)?, name });
    }
    Ok(Sizes { files })
}

/// Everything but the scenarios after the first one with their part of the program, the codecs, and all words but those of the longer
/// language.
fn is_first_load(name: &str, first_scenario: Option<&str>) -> bool {
    let later_sheets = ["compare", "contrast", "embed", "inspector", "own", "print", "sequence", "why"];
    let is_later_sheet = name
        .strip_prefix("styles/")
        .is_some_and(|file| file.strip_suffix(".css").is_some_and(|sheet| later_sheets.contains(&sheet)));
    let is_of_frame = name.starts_with("embed.") || name == "frame.js" || is_later_sheet;
    if name == site::MORE || name.starts_with("codecs") || is_of_frame {
        return false;
    }
    match name.strip_prefix("scenarios/") {
        None | Some("index.zh.json" | "words.zh.txt") => true,
        Some(file) => file.strip_suffix(".json").is_some_and(|id| Some(id) == first_scenario),
    }
}

/// The id of the course's first scenario, if the course has one.
fn first_scenario(dist: &Path) -> Result<Option<String>> {
    let Ok(text) = fs::read_to_string(dist.join("scenarios/index.zh.json")) else {
        return Ok(None);
    };
    let course: Value = serde_json::from_str(&text).context("scenarios/index.zh.json is not JSON")?;
    let families = course.get("families").and_then(Value::as_array);
    let first = families.into_iter().flatten().find_map(|family| {
        let scenario = family.get("scenarios")?.as_array()?.first()?;
        Some(scenario.get("id")?.as_str()?.to_owned())
    });
    Ok(first)
}

impl Sizes {
    /// What a visitor loads before the first scenario shows.
    pub fn first_load(&self) -> Size {
        let files = self.files.iter().filter(|file| file.first_load);
        files.fold(Size::default(), |sum, file| sum.plus(file.size))
    }

    /// A line a file, and the first load at the end; bytes.
    pub fn table(&self) -> String {
        let mut table = format!("{:<40} {:>10} {:>10} {:>10}\n", "bytes", "raw", "gzip", "brotli");
        let mut line = |name: &str, size: Size| {
            let Size { raw, gzip, brotli } = size;
            let _ = writeln!(table, "{name:<40} {raw:>10} {gzip:>10} {brotli:>10}");
        };
        for file in &self.files {
            line(&file.name, file.size);
        }
        line("first load", self.first_load());
        table.truncate(table.trim_end().len());
        table
    }

    /// Holds the first load against its budget.
    ///
    /// # Errors
    /// When it is over.
    pub fn judge(&self) -> Result<()> {
        let weight = self.first_load().brotli;
        if weight > BUDGET_BYTES {
            bail!("the first load is {weight} bytes after brotli; its budget is {BUDGET_BYTES}");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed(name: &str, brotli: usize, first_load: bool) -> Weighed {
        let size = Size { raw: 0, gzip: 0, brotli };
        Weighed { name: name.to_owned(), size, first_load }
    }

    #[test]
    fn a_first_load_has_the_first_scenario_only() {
        assert!(is_first_load("page.js", Some("key-hash")));
        assert!(is_first_load("page.css", Some("key-hash")) && !is_first_load("styles/print.css", Some("key-hash")));
        assert!(is_first_load("scenarios/index.zh.json", Some("key-hash")));
        assert!(is_first_load("scenarios/words.zh.txt", Some("key-hash")));
        assert!(!is_first_load("scenarios/words.en.txt", Some("key-hash")));
        assert!(is_first_load("scenarios/key-hash.json", Some("key-hash")));
        assert!(!is_first_load("scenarios/hw-two-rounds.json", Some("key-hash")));
    }

    #[test]
    fn over_the_budget_is_an_error_and_at_it_is_none() {
        let at = Sizes { files: vec![weighed("a", BUDGET_BYTES, true), weighed("b", 9, false)] };
        at.judge().unwrap();
        let over = Sizes { files: vec![weighed("a", BUDGET_BYTES, true), weighed("b", 1, true)] };
        assert!(over.judge().unwrap_err().to_string().contains("300001"));
    }

    #[test]
    fn compressed_is_smaller() {
        let size = Size::of("high watermark ".repeat(100).as_bytes()).unwrap();
        assert_eq!(size.raw, 1_500);
        assert!(size.gzip < 100 && size.brotli < size.gzip, "{size:?}");
    }
}

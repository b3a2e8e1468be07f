//! `highwater new`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::failure::Failure;
use crate::input::{Course, families};
use crate::output::Out;

const SCENARIO: &str = include_str!("new/scenario.toml");
const TRANSLATION: &str = include_str!("new/zh.toml");

/// Write a new scenario that passes `check`, to start from.
#[derive(Args)]
#[command(after_help = "\
Examples:
  highwater new my-scenario
  highwater new my-scenario --family replication
  highwater new my-scenario --scenarios ~/course/scenarios")]
pub struct New {
    /// Its id, and the name of its folder: small letters, digits and hyphens.
    #[arg(value_name = "ID")]
    id: String,

    /// Its family; by default the first one of the course.
    #[arg(long)]
    family: Option<String>,
}

#[derive(Serialize)]
struct Written {
    folder: String,
    files: Vec<String>,
}

impl New {
    /// Writes the two files; never over others.
    pub fn run(&self, course: &Course, out: &mut Out) -> Result<(), Failure> {
        let letters =
            |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !self.id.split('-').all(letters) || self.id.len() > 64 {
            return Err(Failure::input(format!(
                "{:?} is not an id: small letters, digits and single hyphens between them, at most 64, such as my-scenario",
                self.id
            )));
        }
        // Outside of a course a scenario stands alone.
        let parent = course.folder().unwrap_or_else(|_| PathBuf::new());
        let family = self.family(&parent)?;
        let folder = parent.join(&self.id);
        if folder.exists() {
            return Err(Failure::input(format!("{}: this exists already; choose another id", folder.display())));
        }
        let written =
            |error: std::io::Error| Failure::input(format!("{}: cannot be written: {error}", folder.display()));
        std::fs::create_dir_all(&folder).map_err(written)?;
        let mut files = Vec::new();
        for (name, text) in [("scenario.toml", SCENARIO), ("zh.toml", TRANSLATION)] {
            let file = folder.join(name);
            let text = text.replace("ID-OF-SCENARIO", &self.id).replace("FAMILY-OF-SCENARIO", &family);
            std::fs::write(&file, text).map_err(written)?;
            files.push(file.display().to_string());
        }
        if out.json {
            return out.json(&Written { folder: folder.display().to_string(), files });
        }
        for file in files {
            out.line(file)?;
        }
        out.line(format!("Next: highwater check {0}, then highwater run {0}", folder.display()))?;
        if !parent.as_os_str().is_empty() {
            let course = parent.join("course.toml");
            out.line(format!("It shows on the home page once {} names it.", course.display()))?;
        }
        Ok(())
    }

    fn family(&self, parent: &Path) -> Result<String, Failure> {
        if parent.as_os_str().is_empty() {
            return Ok(self.family.clone().unwrap_or_else(|| "replication".to_owned()));
        }
        let known = families(parent)?;
        match &self.family {
            Some(family) if known.contains(family) => Ok(family.clone()),
            Some(family) => {
                Err(Failure::input(format!("there is no family {family:?}; the course has {}", known.join(", "))))
            }
            None => known.first().cloned().ok_or_else(|| {
                Failure::input(format!(
                    "{}: the course has no family yet; add one",
                    parent.join("course.toml").display()
                ))
            }),
        }
    }
}

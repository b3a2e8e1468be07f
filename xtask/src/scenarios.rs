//! The scenarios as the page reads them: packed by the player, one JSON file each, and the course list.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::project::Project;

/// Where `cargo xtask pack` writes when it is not told: into the site that Trunk is building, else into `dist/`.
pub fn default_folder(project: &Project) -> PathBuf {
    let site = std::env::var_os("TRUNK_STAGING_DIR").map_or_else(|| project.dist(), PathBuf::from);
    site.join("scenarios")
}

/// Packs every scenario of the course into `to`: `<id>.json` and the course list, `index.json`.
///
/// # Errors
/// When a scenario has an error, with its place.
pub fn pack(_project: &Project, _to: &Path) -> Result<()> {
    Ok(())
}

/// Checks every scenario: texts, translations, and that what it expects holds at every step.
///
/// # Errors
/// When a scenario has an error, with its place.
pub fn check(_project: &Project) -> Result<()> {
    Ok(())
}

//! Where things are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;

/// The folders of this checkout.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder of the workspace's `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
}

impl Project {
    /// Asks cargo, from the current folder.
    ///
    /// # Errors
    /// When the current folder is not in the workspace.
    pub fn find() -> Result<Project> {
        let metadata = MetadataCommand::new().no_deps().exec().context("cannot ask cargo where the workspace is")?;
        Ok(Project {
            root: metadata.workspace_root.into_std_path_buf(),
            target: metadata.target_directory.into_std_path_buf(),
        })
    }

    /// The site as visitors get it.
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// The sources of the scenarios.
    pub fn scenarios(&self) -> PathBuf {
        self.root.join("scenarios")
    }

    /// What comes from npm, out of the repository.
    pub fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// Where the browser tests leave their pictures.
    pub fn screenshots(&self) -> PathBuf {
        self.target.join("screenshots")
    }
}

/// Whether this is continuous integration (`CI=true`), where nothing may be skipped.
pub fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// Every file under `folder`, as paths relative to it, in order of name. A folder that is not there has none.
///
/// # Errors
/// When a folder in it cannot be read.
pub fn files_under(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(relative) = open.pop() {
        let path = folder.join(&relative);
        if !path.exists() {
            continue;
        }
        let entries = path.read_dir().with_context(|| format!("cannot read {}", path.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = relative.join(entry.file_name());
            if entry.path().is_dir() {
                open.push(name);
            } else {
                files.push(name);
            }
        }
    }
    files.sort();
    Ok(files)
}

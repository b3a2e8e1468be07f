//! `cargo xtask serve --scenario FILE`: one scenario from anywhere on the disk, packed again whenever it is saved.

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use anyhow::{Context, Result, bail};
use highwater_player::script::author::{Files, ScenarioErrors, pack_files};
use notify::{RecursiveMode, Watcher};

use crate::server::Built;

/// The Chinese texts beside a scenario.
const TRANSLATION: &str = "zh.toml";

/// A scenario that somebody is writing: its TOML file, with `zh.toml` beside it.
#[derive(Clone, Debug)]
pub struct Draft {
    file: PathBuf,
    translation: PathBuf,
    /// As its author wrote it.
    name: String,
}

/// A draft as the page loads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Its id.
    pub id: String,
    /// The scenario, as `highwater pack` writes it.
    pub json: String,
}

impl Draft {
    /// The draft in `file`, or in the `scenario.toml` of that folder.
    ///
    /// # Errors
    /// When there is no such file, or it is no TOML.
    pub fn new(file: &Path) -> Result<Draft> {
        let file = if file.is_dir() { file.join("scenario.toml") } else { file.to_path_buf() };
        if file.extension().is_none_or(|extension| extension != "toml") {
            bail!("{}: a scenario is written as TOML; name its .toml file", file.display());
        }
        let whole = file.canonicalize().with_context(|| format!("cannot find {}", file.display()))?;
        Ok(Draft { name: file.display().to_string(), translation: whole.with_file_name(TRANSLATION), file: whole })
    }

    /// Whether it is made of this file.
    pub fn has(&self, path: &Path) -> bool {
        path == self.file || path == self.translation
    }

    /// Sends the path of its files whenever they change, as long as the watcher lives.
    ///
    /// # Errors
    /// When their folder cannot be watched.
    pub fn watch(&self, sender: mpsc::Sender<PathBuf>) -> Result<notify::RecommendedWatcher> {
        let folder = self.file.parent().context("a file is in a folder")?.to_path_buf();
        let draft = self.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            if !matches!(event.kind, notify::EventKind::Access(_)) {
                for path in event.paths.into_iter().filter(|path| draft.has(path)) {
                    // Nobody listens any more when the server stops.
                    let _ = sender.send(path);
                }
            }
        })?;
        watcher.watch(&folder, RecursiveMode::NonRecursive)?;
        Ok(watcher)
    }

    /// Packs it again: the page gets it if it can be packed, and what is wrong with it in any case.
    pub fn pack(&self, built: &mut Built) {
        match self.packed() {
            Ok((packed, errors)) => {
                if built.draft.as_ref() != Some(&packed) {
                    built.version += 1;
                    built.draft = Some(packed);
                }
                built.draft_error = (!errors.0.is_empty()).then(|| errors.to_string());
            }
            Err(error) => built.draft_error = Some(error),
        }
    }

    /// The draft, and what does not hold when it runs; or why it cannot be packed.
    fn packed(&self) -> Result<(Packed, ScenarioErrors), String> {
        let read = |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
        let translation_name = Path::new(&self.name).with_file_name(TRANSLATION).display().to_string();
        let packed = pack_files(Files {
            scenario_name: self.name.clone(),
            scenario: read(&self.file)?,
            translation_name,
            translation: self.translation.exists().then(|| read(&self.translation)).transpose()?,
            ..Files::default()
        })
        .map_err(|errors| errors.to_string())?;
        let errors = ScenarioErrors(packed.check());
        let json = packed.scenario.to_json().map_err(|error| error.to_string())?;
        Ok((Packed { id: packed.scenario.id, json }, errors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../../crates/cli/src/new/scenario.toml");
    const TEXTS: &str = include_str!("../../crates/cli/src/new/zh.toml");

    #[test]
    fn a_draft_is_packed_when_it_is_good_and_told_when_it_is_not() {
        let folder = std::env::temp_dir().join(format!("highwater-draft-{}", std::process::id()));
        let good = GOOD.replace("ID-OF-SCENARIO", "my-draft").replace("FAMILY-OF-SCENARIO", "replication");
        let write = |text: &str| crate::site::write_changed(&folder.join("mine.toml"), text.as_bytes()).unwrap();
        write(&good);
        crate::site::write_changed(&folder.join("zh.toml"), TEXTS.as_bytes()).unwrap();
        let draft = Draft::new(&folder.join("mine.toml")).unwrap();
        let mut built = Built::default();
        draft.pack(&mut built);
        assert_eq!((built.version, built.draft_error.clone()), (1, None));
        assert!(
            built.draft.as_ref().is_some_and(|packed| packed.id == "my-draft" && packed.json.contains("Three empty"))
        );
        // Broken: the last good one stays, and the error has its place.
        write(&good.replace("look = [\"isr/orders-0\"]", "look = [\"isr/order-0\"]"));
        draft.pack(&mut built);
        assert_eq!(built.version, 1);
        let told = built.draft_error.clone().unwrap_or_default();
        assert!(told.contains("mine.toml:28:9") && told.contains("did you mean orders?"), "{told}");
        // What only does not hold is shown, and told.
        write(
            &good
                .replace("leo(orders-0) == 1\"", "leo(orders-0) == 2\"")
                .replace("leo(orders-0) == 1\",", "leo(orders-0) == 2\","),
        );
        draft.pack(&mut built);
        assert_eq!(built.version, 2);
        assert!(
            built.draft_error.as_ref().is_some_and(|told| told.contains("does not hold")),
            "{:?}",
            built.draft_error
        );
        // Mended.
        write(&good);
        draft.pack(&mut built);
        assert_eq!((built.version, built.draft_error), (3, None));
        assert!(Draft::new(&folder.join("nothing.toml")).is_err());
        assert!(Draft::new(&folder.join("mine.json")).unwrap_err().to_string().contains("TOML"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}

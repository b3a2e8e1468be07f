//! `cargo xtask serve`: the page on this machine, built again and loaded again when a source changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use notify::{EventKind, RecursiveMode, Watcher};
use tokio::sync::watch;

use crate::console::{Failed, say};
use crate::draft::Draft;
use crate::project::Project;
use crate::server::{self, Built};
use crate::site::{self, Packer, Profile};

/// The folders that the site is made from.
const FOLDERS: [&str; 5] = ["src", "crates", "styles", "scenarios", "locales"];
/// The files beside them.
const FILES: [&str; 7] = ["Cargo.toml", "index.html", "boot.js", "page.js", "embed.html", "embed.js", "frame.js"];

/// How long to wait for more changes after one: editors and git write many files at once.
const QUIET: Duration = Duration::from_millis(150);

/// Builds, serves on 127.0.0.1, and builds again on every change, until it is interrupted.
///
/// # Errors
/// When the port is taken or the sources cannot be watched. A build that fails is shown, and the next change tries again.
pub fn serve(project: &Project, port: u16, profile: Profile, scenario: Option<&Path>) -> Result<()> {
    let draft = scenario.map(Draft::new).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let listener = runtime.block_on(server::listen(port))?;
    let address = listener.local_addr()?;
    let (sender, changes) = mpsc::channel();
    let _draft_watcher = draft.as_ref().map(|draft| draft.watch(sender.clone())).transpose()?;
    let _watcher = watch_sources(&project.root, sender)?;

    let (built, state) = Built::channel();
    let files = server::files_with_reload(&project.dist(), state);
    let mut packer = Packer::This;
    rebuild(project, profile, packer, &built);
    runtime.spawn(async { axum::serve(listener, files).await });
    say(&format!("Serving http://{address}/ (stop with Ctrl-C)"));
    if let Some(draft) = &draft {
        pack(draft, &built);
    }
    while let Some(paths) = next_changes(&changes) {
        if let Some(draft) = draft.as_ref().filter(|draft| paths.iter().any(|path| draft.has(path))) {
            pack(draft, &built);
        }
        let is_site = |path: &PathBuf| is_source(&project.root, path);
        let paths: BTreeSet<PathBuf> = paths.into_iter().filter(is_site).collect();
        if paths.is_empty() {
            continue;
        }
        if paths.iter().any(|path| path.starts_with(project.root.join("crates"))) {
            packer = Packer::Fresh;
        }
        for path in &paths {
            say(&format!("{} changed", path.strip_prefix(&project.root).unwrap_or(path).display()));
        }
        rebuild(project, profile, packer, &built);
    }
    Ok(())
}

/// Packs the scenario that is being written, and tells the terminal and the page how it went.
pub fn pack(draft: &Draft, built: &watch::Sender<Built>) {
    built.send_modify(|state| draft.pack(state));
    let state = built.borrow();
    match (&state.draft_error, &state.draft) {
        (Some(error), _) => say(error),
        (None, Some(packed)) => say(&format!("Shows #/{}", packed.id)),
        (None, None) => {}
    }
}

/// Builds, and tells the terminal and the page how it went.
fn rebuild(project: &Project, profile: Profile, packer: Packer, built: &watch::Sender<Built>) {
    let started = Instant::now();
    let error = site::assemble(project, profile, packer).err();
    if let Some(error) = &error {
        say(&format!("error: {error:#}"));
    } else {
        say(&format!("Built in {:.1} s", started.elapsed().as_secs_f32()));
    }
    built.send_modify(|state| {
        state.version += u64::from(error.is_none());
        state.error = error.map(|error| match error.downcast_ref::<Failed>() {
            Some(failed) => format!("{error:#}\n\n{}", failed.said),
            None => format!("{error:#}"),
        });
    });
}

/// Whether the site is made from this file.
fn is_source(root: &Path, path: &Path) -> bool {
    FILES.iter().any(|name| root.join(name) == path) || FOLDERS.iter().any(|name| path.starts_with(root.join(name)))
}

/// Sends the path of every source that changes, as long as the watcher lives.
fn watch_sources(root: &Path, sender: mpsc::Sender<PathBuf>) -> Result<notify::RecommendedWatcher> {
    let of = root.to_path_buf();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        if matches!(event.kind, EventKind::Access(_)) {
            return;
        }
        for path in event.paths {
            if is_source(&of, &path) {
                // Nobody listens any more when the server stops.
                let _ = sender.send(path);
            }
        }
    })?;
    watcher.watch(root, RecursiveMode::NonRecursive)?;
    for folder in FOLDERS {
        let folder = root.join(folder);
        if folder.is_dir() {
            watcher
                .watch(&folder, RecursiveMode::Recursive)
                .with_context(|| format!("cannot watch {}", folder.display()))?;
        }
    }
    Ok(watcher)
}

/// Waits for a change and until it is quiet again: what changed; none when the watcher is gone.
pub fn next_changes(changes: &Receiver<PathBuf>) -> Option<BTreeSet<PathBuf>> {
    let mut paths = BTreeSet::from([changes.recv().ok()?]);
    while let Ok(path) = changes.recv_timeout(QUIET) {
        paths.insert(path);
    }
    Some(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_source_is_noticed_and_other_files_are_not() {
        let root = std::env::temp_dir().join(format!("highwater-watch-{}", std::process::id()));
        let source = root.join("styles/base.css");
        site::write_changed(&source, b"old").unwrap();
        let root = root.canonicalize().unwrap();
        let (sender, changes) = mpsc::channel();
        let _watcher = watch_sources(&root, sender).unwrap();
        site::write_changed(&root.join("Cargo.lock"), b"other").unwrap();
        site::write_changed(&root.join("styles/base.css"), b"new").unwrap();
        assert_eq!(next_changes(&changes), Some(BTreeSet::from([root.join("styles/base.css")])));
        std::fs::remove_dir_all(root).unwrap();
    }
}

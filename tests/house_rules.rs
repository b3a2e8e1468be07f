//! The rules of the house, held against this checkout.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;
use highwater_tests::house::rust::{self, Source};
use highwater_tests::house::{Breach, crates, text};
use xtask::project::files_under;

/// A source of this checkout: its path from the root, with `/`, and what stands in it.
struct File {
    name: String,
    text: String,
}

/// The sources in the given files and folders whose names end so.
fn sources(places: &[&str], endings: &[&str]) -> Result<Vec<File>> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = tests.parent().context("tests/ has a folder around it")?;
    let mut sources = Vec::new();
    for place in places {
        let path = root.join(place);
        let names = if path.is_dir() {
            let names = files_under(&path)?;
            names.iter().map(|name| format!("{place}/{}", name.display())).collect()
        } else {
            vec![(*place).to_owned()]
        };
        for name in names {
            if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = fs::read_to_string(root.join(&name)).with_context(|| name.clone())?;
                sources.push(File { name, text });
            }
        }
    }
    ensure!(!sources.is_empty(), "nothing in {places:?} ends in {endings:?}");
    Ok(sources)
}

/// Holds a rule against files and lists every breach.
fn hold(files: &[File], rule: impl Fn(&File) -> Vec<Breach>) -> Result<()> {
    let breaches: Vec<_> = files
        .iter()
        .flat_map(|file| rule(file).into_iter().map(move |breach| format!("{}: {breach}", file.name)))
        .collect();
    ensure!(breaches.is_empty(), "\n{}", breaches.join("\n"));
    Ok(())
}

/// Everything that is written by hand.
const EVERYWHERE: [&str; 11] = [
    "src",
    "crates",
    "xtask",
    "tests",
    "styles",
    "scenarios",
    "locales",
    "index.html",
    "boot.js",
    "page.js",
    "Cargo.toml",
];

#[test]
fn imports_run_one_way_between_the_crates_of_the_house() -> Result<()> {
    let metadata = MetadataCommand::new().no_deps().exec()?;
    let breaches = crates::wrong_imports(&crates::crates_of(&metadata));
    ensure!(breaches.is_empty(), "{breaches:?}");
    Ok(())
}

#[test]
fn the_screen_never_names_the_simulation() -> Result<()> {
    hold(&sources(&["src"], &[".rs"])?, |file| rust::names_the_simulation(&Source::new(&file.text)))
}

#[test]
fn only_browser_rs_touches_the_window() -> Result<()> {
    let mut files = sources(&["src"], &[".rs"])?;
    files.retain(|file| file.name != "src/browser.rs" && !file.name.starts_with("src/browser/"));
    hold(&files, |file| rust::touches_the_window(&Source::new(&file.text)))
}

#[test]
fn log_and_sim_are_the_same_on_every_machine() -> Result<()> {
    let files = sources(&["crates/log", "crates/sim"], &[".rs"])?;
    hold(&files, |file| rust::differs_between_machines(&Source::new(&file.text)))
}

#[test]
fn a_rust_file_holds_one_idea() -> Result<()> {
    let files = sources(&["src", "crates", "xtask", "tests"], &[".rs"])?;
    hold(&files, |file| rust::is_too_long(&file.text))
}

#[test]
fn nothing_is_styled_in_place() -> Result<()> {
    hold(&sources(&["src", "index.html"], &[".rs", ".html"])?, |file| text::has_inline_style(&file.text))
}

#[test]
fn colours_are_tokens() -> Result<()> {
    let mut files = sources(&["styles", "index.html", "page.js", "boot.js"], &[".css", ".html", ".js"])?;
    files.retain(|file| file.name != "styles/tokens.css");
    hold(&files, |file| text::has_colour(&file.text))?;
    hold(&sources(&["src"], &[".rs"])?, |file| text::has_colour(&Source::new(&file.text).texts))
}

#[test]
fn every_style_sheet_is_linked() -> Result<()> {
    let pages = sources(&["index.html", "embed.html"], &[".html"])?;
    let mut links: String = pages.iter().map(|page| page.text.as_str()).collect();
    // The frame's own sheet stays apart where the others become one, so its link is written the other way round.
    links = links.replace(
        r#"<link href="styles/embed.css" rel="stylesheet">"#,
        r#"<link rel="stylesheet" href="styles/embed.css">"#,
    );
    // These come with what not every reader asks for.
    let script = sources(&["page.js"], &[".js"])?;
    let with_more = "[\"compare\", \"inspector\", \"own\", \"print\", \"sequence\", \"why\"]";
    ensure!(script.iter().any(|file| file.text.contains(with_more)), "the sheets of the second part are never loaded");
    ensure!(
        script.iter().any(|file| file.text.contains("dressed(\"styles/contrast.css\")")),
        "styles/contrast.css is never loaded"
    );
    for name in ["compare", "contrast", "inspector", "own", "print", "sequence", "why"] {
        links.extend([r#"<link rel="stylesheet" href="styles/"#, name, r#".css">"#]);
    }
    hold(&sources(&["styles"], &[".css"])?, |file| text::is_not_linked(&links, file.name.trim_start_matches("styles/")))
}

#[test]
fn the_readme_tells_of_every_scenario() -> Result<()> {
    let readme = sources(&["README.md"], &["README.md"])?;
    let told = &readme.first().context("there is a README")?.text;
    hold(&sources(&["scenarios"], &["/scenario.toml"])?, |file| {
        let id = file.name.trim_start_matches("scenarios/").trim_end_matches("/scenario.toml");
        text::is_not_in_the_table(told, id)
    })
}

#[test]
fn nothing_is_unfinished() -> Result<()> {
    let endings = [".rs", ".toml", ".css", ".js", ".html", ".yml"];
    hold(&sources(&EVERYWHERE, &endings)?, |file| text::is_unfinished(&file.text))
}

//! The page as visitors get it: `index.html` with one style sheet, made of those that it links.
//!
//! Eleven files are pleasant to work on; one is a request instead of eleven, and compresses by a third better.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::site::write_changed;

/// The style sheet of the built page.
pub const BUNDLE: &str = "page.css";
/// The page as another page frames it, with the same style sheet and one of its own.
pub const FRAME: &str = "embed.html";
const LINK: &str = "<link rel=\"stylesheet\" href=\"";

/// Writes `index.html` and its one style sheet to `to`, from those of `from`; the two may be the same folder.
///
/// # Errors
/// When a file cannot be read or written, or the page links no style sheet.
pub fn write(from: &Path, to: &Path) -> Result<()> {
    let read = |name: &str| {
        let path = from.join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let (html, linked) = bundled(&read("index.html")?);
    let mut css = String::new();
    for name in &linked {
        css.push_str(&smaller(&read(name)?));
    }
    if linked.is_empty() {
        bail!("index.html links no style sheet");
    }
    if from.join(FRAME).is_file() {
        let (frame, in_frame) = bundled(&read(FRAME)?);
        if in_frame != linked {
            bail!("{FRAME} and index.html link different style sheets");
        }
        write_changed(&to.join(FRAME), frame.as_bytes())?;
    }
    write_changed(&to.join("index.html"), html.as_bytes())?;
    write_changed(&to.join(BUNDLE), css.as_bytes())
}

/// Makes the page of a folder that another tool has built into the same as ours.
///
/// # Errors
/// As [`write`].
pub fn bundle(site: &Path) -> Result<()> {
    let html = site.join("index.html");
    let text = fs::read_to_string(&html).with_context(|| format!("cannot read {}", html.display()))?;
    let (_, linked) = bundled(&text);
    if linked == [BUNDLE] {
        return Ok(());
    }
    write(site, site)?;
    for name in linked {
        fs::remove_file(site.join(&name)).with_context(|| format!("cannot remove {name}"))?;
    }
    Ok(())
}

/// The page with one link in the place of the first, and what was linked, in order.
fn bundled(html: &str) -> (String, Vec<String>) {
    let (mut page, mut linked) = (String::new(), Vec::new());
    for line in html.split_inclusive('\n') {
        let name = line.trim_start().strip_prefix(LINK).and_then(|rest| rest.split('"').next());
        match name {
            None => page.push_str(line),
            Some(name) => {
                if linked.is_empty() {
                    page.push_str(&line.replace(name, BUNDLE));
                }
                linked.push(name.to_owned());
            }
        }
    }
    (page, linked)
}

/// Without comments and indentation. No string of ours has a comment's signs in it.
fn smaller(css: &str) -> String {
    let mut code = String::new();
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        code.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    code.push_str(rest);
    code.lines().map(str::trim).filter(|line| !line.is_empty()).fold(String::new(), |text, line| text + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<head>\n  <link rel=\"icon\" href=\"styles/icon.svg\">\n  <link rel=\"stylesheet\" href=\"styles/b.css\">\n  <link rel=\"stylesheet\" href=\"styles/a.css\">\n</head>\n";

    #[test]
    fn style_sheets_become_one_in_the_order_of_their_links() {
        let folder = std::env::temp_dir().join(format!("highwater-page-{}", std::process::id()));
        write_changed(&folder.join("index.html"), PAGE.as_bytes()).unwrap();
        write_changed(&folder.join("styles/a.css"), b"/* a\n */\n.a {\n  color: red;\n}\n").unwrap();
        write_changed(&folder.join("styles/b.css"), b".b { color: blue; } /* b */ .c { top: 0; }\n").unwrap();
        let other = folder.join("site");
        write(&folder, &other).unwrap();
        bundle(&folder).unwrap();
        bundle(&folder).unwrap();
        for site in [&folder, &other] {
            let page = fs::read_to_string(site.join("index.html")).unwrap();
            assert_eq!(page.matches("stylesheet").count(), 1);
            assert!(page.contains("  <link rel=\"stylesheet\" href=\"page.css\">\n"), "{page}");
            let css = fs::read_to_string(site.join("page.css")).unwrap();
            assert_eq!(css, ".b { color: blue; }  .c { top: 0; }\n.a {\ncolor: red;\n}\n");
        }
        assert!(!folder.join("styles/a.css").exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_page_without_styles_is_an_error() {
        let folder = std::env::temp_dir().join(format!("highwater-bare-{}", std::process::id()));
        write_changed(&folder.join("index.html"), b"<head></head>").unwrap();
        assert!(write(&folder, &folder).unwrap_err().to_string().contains("no style sheet"));
        fs::remove_dir_all(folder).unwrap();
    }
}

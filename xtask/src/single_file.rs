//! `cargo xtask build --single-file`: the whole site in one HTML file that opens from a disk, a stick or a mail, without a
//! server.
//!
//! A page of `file://` may neither fetch nor import what lies beside it. So everything lies in it: styles and scripts as
//! they are, modules by an import map, all else gzipped in base64, handed out where the page would fetch it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::page::BUNDLE;
use crate::project::files_under;

/// The name of the file in `dist/`.
pub const NAME: &str = "highwater.html";

/// Nothing is loaded from anywhere.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' data:; style-src 'unsafe-inline'; \
     img-src data: blob:; base-uri 'none'; object-src 'none'";

/// Modules that `page.js` imports.
const MODULES: [&str; 2] = ["highwater.js", "codecs.js"];

/// What only a site needs.
const LEFT_OUT: [&str; 5] = ["index.html", "embed.html", "embed.js", "embed.d.ts", "frame.js"];

/// Answers the page's own fetches from what lies in it.
const FETCH: &str = include_str!("single-file.js");

/// The site in `dist` as one page.
///
/// # Errors
/// When a file cannot be read, or `index.html` has not the links and scripts that it should have.
pub fn page(dist: &Path) -> Result<String> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for name in files_under(dist)? {
        let path = dist.join(&name);
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        files.insert(name.to_string_lossy().replace('\\', "/"), bytes);
    }
    files.remove(NAME);
    let mut text = |name: &str| -> Result<String> {
        let bytes = files.remove(name).with_context(|| format!("the site has no {name}"))?;
        String::from_utf8(bytes).with_context(|| format!("{name} is no text"))
    };
    let html = text("index.html")?;
    let (boot, script, css, icon) = (text("boot.js")?, text("page.js")?, text(BUNDLE)?, text("styles/icon.svg")?);
    let modules = MODULES.map(|name| Ok((name, text(name)?))).into_iter().collect::<Result<Vec<_>>>()?;
    let sheets: Vec<String> =
        files.keys().filter(|name| is_style_sheet(name) && *name != "styles/embed.css").cloned().collect();
    let mut css_all = element("style", &format!("data-name=\"{BUNDLE}\""), &css)?;
    for name in &sheets {
        let css = files.remove(name).unwrap_or_default();
        let media = if name.ends_with("print.css") { "media=\"print\" " } else { "" };
        css_all += &element("style", &format!("{media}data-name=\"{name}\""), &String::from_utf8_lossy(&css))?;
    }
    files.retain(|name, _| !LEFT_OUT.contains(&name.as_str()) && name != "styles/embed.css");

    let imports: BTreeMap<String, String> = modules
        .iter()
        .map(|(name, code)| {
            (format!("./{name}"), format!("data:text/javascript;base64,{}", BASE64_STANDARD.encode(code)))
        })
        .collect();
    let packed = files.iter().map(|(name, bytes)| Ok((name, packed(bytes)?))).collect::<Result<BTreeMap<_, _>>>()?;
    let scripts = element("script", "type=\"importmap\"", &serde_json::json!({ "imports": imports }).to_string())?
        + &element("script", "type=\"application/json\" id=\"files\"", &serde_json::to_string(&packed)?)?
        + &element("script", "", FETCH)?
        + &element("script", "type=\"module\"", &script)?;

    let mut page = String::new();
    let (mut styled, mut booted, mut guarded) = (false, false, false);
    for line in html.split_inclusive('\n') {
        let tag = line.trim();
        if tag.starts_with("<meta http-equiv=\"Content-Security-Policy\"") {
            page.extend(["<meta http-equiv=\"Content-Security-Policy\" content=\"", POLICY, "\">\n"]);
            guarded = true;
        } else if tag == "<script src=\"boot.js\"></script>" {
            page += &element("script", "", &boot)?;
            booted = true;
        } else if tag.starts_with("<link rel=\"icon\"") {
            page.extend([
                "<link rel=\"icon\" href=\"data:image/svg+xml;base64,",
                &BASE64_STANDARD.encode(&icon),
                "\">\n",
            ]);
        } else if tag.starts_with("<link rel=\"stylesheet\"") {
            if !styled {
                page += &css_all;
            }
            styled = true;
        } else if tag.starts_with("<script type=\"module\"")
            || tag.starts_with("<link ")
            || tag.starts_with("<!-- For those")
        {
            // Modules stand at the end; there is nothing to load before them.
        } else if tag == "</body>" {
            page += &scripts;
            page += line;
        } else {
            page += line;
        }
    }
    if !(styled && booted && guarded && page.contains("id=\"files\"")) {
        bail!("index.html has not the policy, style sheet, boot.js and </body> that one file is made of");
    }
    Ok(page)
}

fn is_style_sheet(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "css")
}

/// An element with a text that does not end it.
fn element(name: &str, attributes: &str, text: &str) -> Result<String> {
    if text.contains(&format!("</{name}")) || text.contains("<!--") {
        bail!("a text would end its <{name}>");
    }
    let space = if attributes.is_empty() { "" } else { " " };
    Ok(format!("<{name}{space}{attributes}>{}</{name}>\n", text.trim_end()))
}

fn packed(bytes: &[u8]) -> Result<String> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    Ok(BASE64_STANDARD.encode(gzip.finish()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = "<head>\n  <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self'\">\n  <script src=\"boot.js\"></script>\n  <link rel=\"icon\" href=\"styles/icon.svg\">\n  <link rel=\"stylesheet\" href=\"page.css\">\n  <link rel=\"modulepreload\" href=\"highwater.js\">\n  <script type=\"module\" src=\"page.js\"></script>\n</head>\n<body>\n<p>words</p>\n</body>\n";

    fn site(name: &str, html: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("highwater-{name}-{}", std::process::id()));
        let files = [
            ("index.html", html),
            ("boot.js", "boot();"),
            ("page.js", "import './highwater.js';"),
            ("highwater.js", "export const water = 1;"),
            ("codecs.js", "export const codec = 1;"),
            ("page.css", "p { color: teal; }"),
            ("styles/own.css", "b { color: red; }"),
            ("styles/icon.svg", "<svg/>"),
            ("embed.html", "frame"),
            ("scenarios/key-hash.json", "{}"),
            ("highwater_bg.wasm", "wasm"),
        ];
        for (name, text) in files {
            crate::site::write_changed(&folder.join(name), text.as_bytes()).unwrap();
        }
        folder
    }

    #[test]
    fn everything_lies_in_one_page_and_nothing_is_loaded() {
        let folder = site("single", HTML);
        let page = page(&folder).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
        for part in [
            "p { color: teal; }",
            "boot();",
            "import './highwater.js';",
            "\"scenarios/key-hash.json\":\"",
            "\"highwater_bg.wasm\":\"",
            "<p>words</p>",
            "data-name=\"styles/own.css\"",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        for part in ["src=\"", "embed.html", "href=\"page.css\"", "href=\"highwater.js\"", "default-src 'self'"] {
            assert!(!page.contains(part), "{part} is in {page}");
        }
    }

    #[test]
    fn a_page_of_another_form_is_an_error() {
        let folder = site("single-other", "<head></head>");
        assert!(page(&folder).unwrap_err().to_string().contains("has not the policy"));
        std::fs::remove_dir_all(folder).unwrap();
        assert!(element("script", "", "'</script>'").is_err());
    }
}

//! What the tasks need from outside, and how it gets here.
//!
//! Rust's own parts come from rustup; Chromium, a Chinese font and npm from Debian's packages where this runs as root on
//! Debian; binaryen (wasm-opt), esbuild and axe-core from npm, into the target folder. Anything else is named in the error.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::console::{output, run, say};
use crate::project::{Project, is_ci};

/// The target that the page is compiled for.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

const BINARYEN: &str = "binaryen@132.0.0";
const ESBUILD: &str = "esbuild@0.28.2";
const AXE_CORE: &str = "axe-core@4.14.1";

/// Where Chromium and Chrome are when they are not on the PATH.
const BROWSER_PATHS: [&str; 4] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
];
const BROWSER_NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

const FIREFOX_NAMES: [&str; 2] = ["firefox", "firefox-esr"];
const FIREFOX_PATHS: [&str; 2] =
    ["/Applications/Firefox.app/Contents/MacOS/firefox", r"C:\Program Files\Mozilla Firefox\firefox.exe"];

/// Makes sure that rustc can compile for the page.
///
/// # Errors
/// When the target is missing and rustup cannot add it.
pub fn wasm_target() -> Result<()> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(WASM_TARGET).is_dir() {
        return Ok(());
    }
    rustup(&["target", "add", WASM_TARGET])
}

/// Makes sure that cargo has `component` (`clippy`, `rustfmt`).
///
/// # Errors
/// When it is missing and rustup cannot add it.
pub fn component(component: &str) -> Result<()> {
    let subcommand = if component == "rustfmt" { "fmt" } else { component };
    let there = crate::console::cargo([subcommand, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if there {
        return Ok(());
    }
    rustup(&["component", "add", component])
}

fn rustup(arguments: &[&str]) -> Result<()> {
    let wanted = arguments.join(" ");
    if on_path("rustup").is_none() {
        bail!("this needs `rustup {wanted}`, but there is no rustup on the PATH: see https://rustup.rs");
    }
    say(&format!("rustup {wanted}"));
    run(Command::new("rustup").args(arguments))
}

/// The wasm-opt on the PATH, or binaryen's from npm; none when there is no npm either.
///
/// # Errors
/// When npm fails; with `CI=true` also when there is no npm and it cannot be installed.
pub fn wasm_opt(project: &Project) -> Result<Option<PathBuf>> {
    if let Some(path) = on_path("wasm-opt") {
        return Ok(Some(path));
    }
    let Some(package) = npm_package(project, BINARYEN)? else {
        return Ok(None);
    };
    Ok(Some(package.join("bin/wasm-opt")))
}

/// The esbuild on the PATH, or npm's, which makes scripts small; none when there is no npm either.
///
/// # Errors
/// As [`wasm_opt`].
pub fn esbuild(project: &Project) -> Result<Option<PathBuf>> {
    if let Some(path) = on_path("esbuild") {
        return Ok(Some(path));
    }
    let package = npm_package(project, ESBUILD)?;
    Ok(package.map(|_| project.tools().join("node_modules/.bin/esbuild")))
}

/// axe-core's script from npm; none when there is no npm.
///
/// # Errors
/// As [`wasm_opt`].
pub fn axe_core(project: &Project) -> Result<Option<PathBuf>> {
    let package = npm_package(project, AXE_CORE)?;
    Ok(package.map(|package| package.join("axe.min.js")))
}

/// The folder of `wanted` (name@version) in the tools folder, where npm puts it when it is not there.
fn npm_package(project: &Project, wanted: &str) -> Result<Option<PathBuf>> {
    let (name, version) = wanted.split_once('@').context("an npm package without a version")?;
    let tools = project.tools();
    let folder = tools.join("node_modules").join(name);
    if installed_version(&folder).is_some_and(|installed| installed == version) {
        return Ok(Some(folder));
    }
    let Some(npm) = npm()? else {
        say(&format!("There is no npm on the PATH, so {name} cannot be brought."));
        return Ok(None);
    };
    std::fs::create_dir_all(&tools).with_context(|| format!("cannot make {}", tools.display()))?;
    say(&format!("npm install {wanted} (into {})", tools.display()));
    let mut install = Command::new(npm);
    install.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(&tools).arg(wanted);
    run(&mut install)?;
    Ok(Some(folder))
}

fn installed_version(package: &Path) -> Option<String> {
    let text = std::fs::read_to_string(package.join("package.json")).ok()?;
    let json: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(json.get("version")?.as_str()?.to_owned())
}

fn npm() -> Result<Option<PathBuf>> {
    if is_ci() {
        bring_npm()?;
    }
    Ok(on_path("npm"))
}

/// Installs npm where it is missing and this is Debian as root.
///
/// # Errors
/// When it cannot be installed and nothing may be left out (`CI=true`).
pub fn bring_npm() -> Result<()> {
    if on_path("npm").is_some() {
        return Ok(());
    }
    match debian_packages(&["npm"]) {
        Err(error) if is_ci() => Err(error),
        Err(error) => {
            say(&format!("{error:#}. Without npm, what it brings is left out (wasm-opt, esbuild, axe-core)."));
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// A Chromium or Chrome: `CHROME` if it is set, else the one that is installed, else Debian's.
///
/// # Errors
/// When there is none and this is not Debian as root; the message says what to install.
pub fn browser() -> Result<PathBuf> {
    if let Some(path) = env::var_os("CHROME") {
        let path = PathBuf::from(path);
        if !path.is_file() {
            bail!("CHROME is {}, and there is no such file", path.display());
        }
        return Ok(path);
    }
    if let Some(path) = installed_browser() {
        return Ok(path);
    }
    debian_packages(&["chromium"]).context(
        "the browser tests need Chromium or Chrome: install `chromium` (or Google Chrome) with your system's packages, \
         or set CHROME to its path, or leave them out with --no-browser",
    )?;
    installed_browser().context("chromium was installed, but is not on the PATH")
}

/// A Firefox: `FIREFOX` if it is set, else the one that is installed, else Debian's; none where it cannot be had, which is
/// said.
///
/// # Errors
/// With `CI=true` when there is none.
pub fn firefox() -> Result<Option<PathBuf>> {
    if let Some(path) = env::var_os("FIREFOX").map(PathBuf::from) {
        if !path.is_file() {
            bail!("FIREFOX is {}, and there is no such file", path.display());
        }
        return Ok(Some(path));
    }
    let installed = || {
        let named = FIREFOX_NAMES.iter().find_map(|name| on_path(name));
        named.or_else(|| FIREFOX_PATHS.iter().map(PathBuf::from).find(|path| path.is_file()))
    };
    if let Some(path) = installed() {
        return Ok(Some(path));
    }
    match debian_packages(&["firefox-esr"]) {
        Ok(()) => Ok(installed()),
        Err(error) if is_ci() => Err(error.context("the tests in Firefox need it")),
        Err(error) => {
            say(&format!("{error:#}. The tests in Firefox are left out; FIREFOX can say where one is."));
            Ok(None)
        }
    }
}

fn installed_browser() -> Option<PathBuf> {
    let named = BROWSER_NAMES.iter().find_map(|name| on_path(name));
    named.or_else(|| BROWSER_PATHS.iter().map(PathBuf::from).find(|path| path.is_file()))
}

/// Makes sure that Chinese text has a font. macOS and Windows bring theirs.
///
/// # Errors
/// When there is none and this is not Debian as root; the message says what to install.
pub fn chinese_font() -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let listed = Command::new("fc-list").args([":lang=zh", "family"]).output();
    if listed.is_ok_and(|listed| !listed.stdout.is_empty()) {
        return Ok(());
    }
    debian_packages(&["fonts-wqy-microhei"]).context(
        "the browser tests need a font with Chinese letters: install `fonts-wqy-microhei` or `fonts-noto-cjk` with your \
         system's packages, or leave them out with --no-browser",
    )
}

/// Installs Debian packages.
fn debian_packages(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if !Path::new("/etc/debian_version").exists() || on_path("apt-get").is_none() {
        bail!("{names}: not installed, and this is not Debian");
    }
    let user = output(Command::new("id").arg("-u"))?;
    if user.trim() != "0" {
        bail!("{names}: not installed; as root: `apt-get install {names}`");
    }
    say(&format!("apt-get install {names}"));
    let apt = |arguments: &[&str]| {
        run(Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .stdout(Stdio::null()))
    };
    apt(&["update", "-q"])?;
    let mut install = vec!["install", "-y", "-q", "--no-install-recommends"];
    install.extend_from_slice(packages);
    apt(&install)
}

/// The program `name` on the PATH.
fn on_path(name: &str) -> Option<PathBuf> {
    let paths = env::var_os("PATH")?;
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&paths).map(|folder| folder.join(&file)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_on_the_path_or_not_at_all() {
        assert!(on_path("cargo").is_some());
        assert_eq!(on_path("no-such-program-as-this"), None);
    }

    #[test]
    fn the_version_of_a_package_that_is_not_there_is_none() {
        assert_eq!(installed_version(Path::new("no/such/folder")), None);
    }
}

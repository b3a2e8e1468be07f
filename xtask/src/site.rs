//! The site: the page compiled, its pictures, words and scenarios beside it, as plain files in `dist/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::console::{cargo, run, run_and_keep, say};
use crate::constants::{Constants, LINKER};
use crate::project::{Project, files_under, is_ci};
use crate::sizes;
use crate::{later, page, scenarios, single_file, split, tools};

/// The package that is the page; its compiled files have this name.
const PACKAGE: &str = "highwater";

/// The package with the codecs, and the name of its compiled files.
const CODECS: (&str, &str) = ("highwater-codecs", "codecs");

/// What stands beside `index.html` and is copied as it is.
const COPIED: [&str; 14] = [
    "boot.js",
    "embed.d.ts",
    "embed.js",
    "frame.js",
    "page.js",
    "styles/compare.css",
    "styles/contrast.css",
    "styles/embed.css",
    "styles/icon.svg",
    "styles/inspector.css",
    "styles/own.css",
    "styles/print.css",
    "styles/sequence.css",
    "styles/why.css",
];

/// What esbuild makes small.
const SCRIPTS: [&str; 6] = ["boot.js", "embed.js", "frame.js", "page.js", "highwater.js", "codecs.js"];

/// The proposals that rustc's wasm uses and every browser of the last years has. Never all: such output does not load.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// What makes the page smallest once it is compressed: functions that look alike, side by side (`split.rs` has numbered their
/// names). Inlining those with one caller and
/// sharing what is computed twice save raw bytes and cost 18 KB after brotli; so do, by 1 KB, constants in many segments
/// without the zeros between them.
const WASM_PASSES: [&str; 5] = [
    "-Os",
    "--one-caller-inline-max-function-size=0",
    "--skip-pass=local-cse",
    "--skip-pass=memory-packing",
    "--reorder-functions-by-name",
];

/// What the scenarios after the first need.
pub const MORE: &str = "more.wasm";

/// Added to wasm-bindgen's script, whose names it uses. What is called of the second part before it is here loads it at that
/// moment, while the page stands still.
const LOAD_MORE: &str = "
/** Whether the second part of the program is here. */
export function is_whole() {
    return wasm.is_whole.value === 1;
}

/** Loads the second part of the program into the first. */
export async function load_more(response) {
    await __wbg_load(await response, imports_of_second());
    wasm.is_whole.value = 1;
}

/** It takes the first part's functions from their slots in the table. */
function imports_of_second() {
    const first = new Proxy(wasm, { get: (_, name) => wasm[name] ?? wasm.functions.get(Number(name)) });
    return { ...__wbg_get_imports(), first };
}

function load_now() {
    const url = new URL('more.wasm', import.meta.url);
    const asked = new XMLHttpRequest();
    asked.open('GET', url, false);
    asked.overrideMimeType('text/plain; charset=x-user-defined');
    try {
        asked.send();
        if (asked.status !== 200) throw asked.status;
        const bytes = Uint8Array.from(asked.responseText, (letter) => letter.charCodeAt(0));
        new WebAssembly.Instance(new WebAssembly.Module(bytes), imports_of_second());
    } catch (error) {
        throw new WebAssembly.RuntimeError(`${url}: ${error}`);
    }
    wasm.is_whole.value = 1;
}
";

/// The beginning of the function that makes all imports, and what it is in the script of a program in two parts.
const IMPORTS: (&str, &str) = (
    "function __wbg_get_imports() {",
    "function __wbg_get_imports() {\n    return { ...imports_of_bindgen(), later: { load: load_now } };\n}\n\nfunction imports_of_bindgen() {",
);

/// How the page is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build, with names and debug assertions.
    Dev,
    /// What visitors get: small.
    Web,
}

impl Profile {
    /// The name that cargo knows.
    fn name(self) -> &'static str {
        match self {
            Profile::Dev => "dev",
            Profile::Web => "web",
        }
    }

    /// Its folder under the target's folder.
    fn folder(self) -> &'static str {
        match self {
            Profile::Dev => "debug",
            Profile::Web => "web",
        }
    }
}

/// Who packs the scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packer {
    /// This program.
    This,
    /// This program compiled anew: a server outlives changes of the code that packs.
    Fresh,
}

/// The site as `cargo xtask build` writes it, with its sizes. A first load over its budget is told; only the build itself fails
/// because of it.
///
/// # Errors
/// When a part cannot be built; with `CI=true` also when the tools that make it small are not there.
pub fn build_and_tell(project: &Project) -> Result<()> {
    if !assemble(project, Profile::Web, Packer::This)? {
        if is_ci() {
            bail!("without wasm-opt and esbuild the site is not what visitors get");
        }
        return Ok(());
    }
    let measured = sizes::measure(&project.dist())?;
    crate::console::print(&measured.table())?;
    if let Err(over) = measured.judge() {
        say(&format!("NOT WITHIN BUDGET: {over}"));
    }
    Ok(())
}

/// `cargo xtask build`: the site as visitors get it, held against its budget.
///
/// # Errors
/// When a part cannot be built, or the first load is over its budget. Without a wasm-opt or an esbuild the size is not
/// judged, which is an error too with `CI=true`.
pub fn build(project: &Project, in_one_file: bool) -> Result<()> {
    let dist = project.dist();
    if assemble(project, Profile::Web, Packer::This)? {
        let measured = sizes::measure(&dist)?;
        crate::console::print(&measured.table())?;
        measured.judge()?;
    } else if is_ci() {
        bail!("without wasm-opt and esbuild the size cannot be judged");
    } else {
        say("The size is not judged: that needs wasm-opt (binaryen) and esbuild on the PATH, or npm to bring them.");
    }
    if in_one_file {
        let page = single_file::page(&dist)?;
        let path = dist.join(single_file::NAME);
        write_changed(&path, page.as_bytes())?;
        say(&format!("{}: {} bytes, opens without a server", path.display(), page.len()));
    }
    Ok(())
}

/// Builds the site into `dist/` and says whether wasm-opt and esbuild made it small. Files that did not change are not written, files
/// that no longer belong are removed.
///
/// # Errors
/// When a part cannot be built; `dist/` is then as it was.
pub fn assemble(project: &Project, profile: Profile, packer: Packer) -> Result<bool> {
    tools::wasm_target()?;
    let stage = project.target.join("site").join(profile.name());
    let mut small = compile(project, profile, &stage)?;
    compile_codecs(project, profile, &stage)?;
    for name in COPIED {
        copy(&project.root.join(name), &stage.join(name))?;
    }
    if profile == Profile::Web {
        small &= minify_scripts(project, &stage)?;
    }
    page::write(&project.root, &stage)?;
    let course = stage.join("scenarios");
    match packer {
        Packer::This => scenarios::pack(project, &course)?,
        Packer::Fresh => {
            let mut pack = cargo(["run", "--quiet", "--package", "xtask", "--", "pack", "--to"]);
            run_and_keep(pack.arg(&course).current_dir(&project.root))?;
        }
    }
    remove_others(&stage)?;
    mirror(&stage, &project.dist())?;
    Ok(small)
}

/// Compiles the page and writes `highwater.js` and `highwater_bg.wasm`; says whether wasm-opt ran.
fn compile(project: &Project, profile: Profile, stage: &Path) -> Result<bool> {
    let compiled = compiled(project, profile, PACKAGE)?;
    let wasm_opt = wasm_opt_for(project, profile)?;
    let output = stage.join(format!("{PACKAGE}_bg.wasm"));
    let done = Stamp::of(&compiled, wasm_opt.as_deref())?;
    let stamp = stage.with_extension("stamp");
    if output.is_file() && done.is_at(&stamp) {
        return Ok(wasm_opt.is_some());
    }
    let linked = read(&compiled)?;
    if profile == Profile::Dev {
        bind(linked, PACKAGE, stage)?;
    } else {
        let (constants, linked) = Constants::of(&linked)?;
        bind(linked, PACKAGE, stage)?;
        cut(&output, &constants, &stage.join(MORE), &stage.join(format!("{PACKAGE}.js")))?;
        if let Some(wasm_opt) = &wasm_opt {
            optimize(wasm_opt, &output)?;
            optimize(wasm_opt, &stage.join(MORE))?;
        }
    }
    fs::write(&stamp, done.0)?;
    Ok(wasm_opt.is_some())
}

/// Writes the page's program in one piece, as it was compiled last for visitors.
///
/// # Errors
/// When it cannot be read or written.
pub fn bind_page(project: &Project, folder: &Path) -> Result<()> {
    bind(read(&compiled(project, Profile::Web, PACKAGE)?)?, PACKAGE, folder)
}

/// Compiles the codecs and writes `codecs.js` and `codecs_bg.wasm`.
fn compile_codecs(project: &Project, profile: Profile, stage: &Path) -> Result<()> {
    let (package, name) = CODECS;
    let compiled = compiled(project, profile, package)?;
    let wasm_opt = wasm_opt_for(project, profile)?;
    let output = stage.join(format!("{name}_bg.wasm"));
    let done = Stamp::of(&compiled, wasm_opt.as_deref())?;
    let stamp = stage.with_extension("codecs.stamp");
    if output.is_file() && done.is_at(&stamp) {
        return Ok(());
    }
    bind(read(&compiled)?, name, stage)?;
    if let Some(wasm_opt) = &wasm_opt {
        optimize(wasm_opt, &output)?;
    }
    fs::write(&stamp, done.0)?;
    Ok(())
}

/// Compiles a package for the browser, and says where the result is. The linker says of the page where its constants are.
fn compiled(project: &Project, profile: Profile, package: &str) -> Result<PathBuf> {
    let mut build = cargo(["rustc", "--package", package, "--lib"]);
    build.args(["--target", tools::WASM_TARGET, "--profile", profile.name()]).current_dir(&project.root);
    if profile == Profile::Web && package == PACKAGE {
        build.arg("--").args(LINKER.map(|wish| format!("-Clink-arg={wish}")));
    }
    run_and_keep(&mut build)?;
    let folder = project.target.join(tools::WASM_TARGET).join(profile.folder());
    Ok(folder.join(package.replace('-', "_")).with_extension("wasm"))
}

fn wasm_opt_for(project: &Project, profile: Profile) -> Result<Option<PathBuf>> {
    match profile {
        Profile::Dev => Ok(None),
        Profile::Web => tools::wasm_opt(project),
    }
}

/// Writes the script and the wasm that a browser loads.
fn bind(linked: Vec<u8>, name: &str, stage: &Path) -> Result<()> {
    Bindgen::new()
        .input_bytes(name, linked)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(false)
        .generate(stage)
        .context("wasm-bindgen failed")
}

/// Makes the scripts small, and says whether there was an esbuild to do it.
fn minify_scripts(project: &Project, stage: &Path) -> Result<bool> {
    let Some(esbuild) = tools::esbuild(project)? else { return Ok(false) };
    for name in SCRIPTS {
        let script = stage.join(name);
        let out = format!("--outfile={}", script.display());
        run(Command::new(&esbuild).arg(&script).args(["--minify", "--log-level=warning", "--allow-overwrite", &out]))?;
    }
    Ok(true)
}

/// Moves into `more` what only other scenarios than the first run, and gives the script the way to load it.
fn cut(wasm: &Path, constants: &Constants, more: &Path, script: &Path) -> Result<()> {
    let (whole, names) = split::with_short_imports(&read(wasm)?)?;
    let parts = split::split(&whole, constants, later::is_later).context("cannot cut the wasm")?;
    write_changed(wasm, &parts.first)?;
    write_changed(more, &parts.more)?;
    let text = fs::read_to_string(script).with_context(|| format!("cannot read {}", script.display()))?;
    for name in [IMPORTS.0, "function __wbg_load(", "let wasmModule, wasm"] {
        if !text.contains(name) {
            bail!("wasm-bindgen's script has no `{name}` any more, by which the second part is loaded");
        }
    }
    let mut text = split::renamed(&text, &names).replacen(IMPORTS.0, IMPORTS.1, 1);
    text.push_str(LOAD_MORE);
    write_changed(script, text.as_bytes())
}

fn optimize(wasm_opt: &Path, wasm: &Path) -> Result<()> {
    let mut optimize = wasm_opt_command(wasm_opt);
    run(optimize.args(WASM_PASSES).args(WASM_FEATURES).arg(wasm).arg("-o").arg(wasm))
}

/// npm's wasm-opt is a script for node; the PATH's is a program.
fn wasm_opt_command(wasm_opt: &Path) -> Command {
    if wasm_opt.components().any(|part| part.as_os_str() == "node_modules") {
        let mut node = Command::new("node");
        node.arg(wasm_opt);
        return node;
    }
    Command::new(wasm_opt)
}

/// How it is cut: another cutter makes other parts.
const CUTTER: &str = concat!(include_str!("split.rs"), include_str!("constants.rs"));

/// What wasm-bindgen's output was made from.
struct Stamp(String);

impl Stamp {
    fn of(compiled: &Path, wasm_opt: Option<&Path>) -> Result<Stamp> {
        let about = fs::metadata(compiled).with_context(|| format!("cargo did not make {}", compiled.display()))?;
        let changed = about.modified()?.duration_since(SystemTime::UNIX_EPOCH)?;
        Ok(Stamp(format!("{} {} {wasm_opt:?} {}", changed.as_nanos(), about.len(), later::stamp() + CUTTER)))
    }
}

impl Stamp {
    fn is_at(&self, path: &Path) -> bool {
        fs::read_to_string(path).is_ok_and(|text| text == self.0)
    }
}

/// Removes what an earlier build left in the stage. The folder of scenarios looks after itself.
fn remove_others(stage: &Path) -> Result<()> {
    let made = [
        "index.html",
        page::FRAME,
        page::BUNDLE,
        "highwater.js",
        "highwater_bg.wasm",
        MORE,
        "codecs.js",
        "codecs_bg.wasm",
    ];
    for name in files_under(stage)? {
        let is_ours = made.iter().chain(&COPIED).any(|known| name == Path::new(known));
        if !is_ours && !name.starts_with("scenarios") {
            let path = stage.join(&name);
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Makes `to` hold the files of `from` and nothing else.
fn mirror(from: &Path, to: &Path) -> Result<()> {
    let wanted: BTreeSet<PathBuf> = files_under(from)?.into_iter().collect();
    for name in files_under(to)? {
        if !wanted.contains(&name) {
            let path = to.join(&name);
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    wanted.iter().try_for_each(|name| copy(&from.join(name), &to.join(name)))
}

/// Copies a file unless it is there already.
fn copy(from: &Path, to: &Path) -> Result<()> {
    write_changed(to, &read(from)?)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a file, with its folder, unless it holds these bytes already.
///
/// # Errors
/// When it cannot be written.
pub fn write_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_takes_what_is_new_and_drops_what_is_gone() {
        let folder = std::env::temp_dir().join(format!("highwater-mirror-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        write_changed(&from.join("a.txt"), b"a").unwrap();
        write_changed(&from.join("in/b.txt"), b"b").unwrap();
        write_changed(&to.join("old/c.txt"), b"c").unwrap();
        mirror(&from, &to).unwrap();
        assert_eq!(files_under(&to).unwrap(), [PathBuf::from("a.txt"), PathBuf::from("in/b.txt")]);
        assert_eq!(fs::read(to.join("in/b.txt")).unwrap(), b"b");
        fs::remove_dir_all(&folder).unwrap();
    }
}

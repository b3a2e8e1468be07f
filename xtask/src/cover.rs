//! `cargo xtask later`: which functions run while the course's first scenario is walked, and so what need not be in the first
//! part of the program.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use walrus::ir::{Call, Const, Instr, Value};
use walrus::{InstrLocId, Module, ValType};

use crate::console::{cargo, output, say};
use crate::later::{self, Seen};
use crate::project::{Project, files_under};
use crate::site::{self, Packer, Profile, write_changed};
use crate::tools;

/// Where wasm-bindgen's script keeps what the wasm imports.
const NAMESPACE: &str = "./highwater_bg.js";

/// The function that hears which function runs.
const HEARS: &str = "__ran";

/// Walks the first scenario in a page that counts, and writes what it never ran to `xtask/src/later.txt`.
///
/// # Errors
/// When the page cannot be built or walked.
pub fn find(project: &Project) -> Result<()> {
    site::assemble(project, Profile::Web, Packer::This)?;
    let folder = project.target.join("site/counting");
    for name in files_under(&project.dist())? {
        write_changed(&folder.join(&name), &fs::read(project.dist().join(&name))?)?;
    }
    site::bind_page(project, &folder)?;
    let functions = count(&folder)?;
    let browser = tools::browser()?;
    let mut walk = cargo(["run", "--quiet", "--package", "highwater-tests", "--bin", "first_walk"]);
    let told = output(walk.env("HIGHWATER_DIST", &folder).env("CHROME", browser))?;
    let ran: BTreeSet<usize> = serde_json::from_str(&told).context("the walk tells the functions that ran")?;
    let functions = functions.into_iter().enumerate();
    let seen: Vec<Seen> =
        functions.map(|(index, (name, size))| Seen { name, size, ran: ran.contains(&index) }).collect();
    say(&format!("{} of {} functions ran", ran.len(), seen.len()));
    for wrong in seen.iter().filter(|function| function.ran && later::is_of_page(&function.name)) {
        say(&format!("{} runs, and xtask/src/later.rs says that it does not", wrong.name));
    }
    write_changed(&project.root.join("xtask/src/later.txt"), later::found(&seen).as_bytes())
}

/// Makes the page in `folder` remember which of its functions have run, and says their names and how many instructions each has.
fn count(folder: &Path) -> Result<Vec<(String, u64)>> {
    let path = folder.join("highwater_bg.wasm");
    let mut module = Module::from_buffer(&fs::read(&path)?)?;
    let functions: Vec<_> = module.funcs.iter_local().map(|(id, function)| (id, function.size())).collect();
    let ty = module.types.add(&[ValType::I32], &[]);
    let (hears, _) = module.add_import_func(NAMESPACE, HEARS, ty);
    let mut names = Vec::new();
    for (index, (id, size)) in functions.into_iter().enumerate() {
        names.push((module.funcs.get(id).name.clone().unwrap_or_default(), size));
        let value = Value::I32(i32::try_from(index)?);
        let function = module.funcs.get_mut(id).kind.unwrap_local_mut();
        let entry = function.entry_block();
        let place = InstrLocId::default();
        let told = [(Instr::Const(Const { value }), place), (Instr::Call(Call { func: hears }), place)];
        function.block_mut(entry).instrs.splice(0..0, told);
    }
    fs::write(&path, module.emit_wasm())?;
    let script = folder.join("highwater.js");
    let text = fs::read_to_string(&script)?;
    let before = "const import0 = {";
    if !text.contains(before) {
        bail!("wasm-bindgen's script has no `{before}` any more, where the counting is put in");
    }
    let counting = format!("{before} {HEARS}: (index) => (globalThis.highwaterRan ??= new Set()).add(index),");
    fs::write(&script, text.replacen(before, &counting, 1))?;
    Ok(names)
}

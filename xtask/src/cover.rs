//! `cargo xtask later`: which functions run while the course's first scenario is walked, and so what need not be in the first
//! part of the program.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use walrus::ir::{Call, Const, Instr, Value};
use walrus::{InstrLocId, Module, ValType};

use crate::console::{output, say};
use crate::later::{self, Seen};
use crate::programs::{Speed, program};
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
    let mut walk = program("first_walk", Speed::Debug)?;
    let told = output(walk.env("HIGHWATER_DIST", &folder).env("CHROME", browser))?;
    let ran: BTreeSet<usize> = serde_json::from_str(&told).context("the walk tells the functions that ran")?;
    let functions = functions.into_iter().enumerate();
    let seen: Vec<Seen> = functions.map(|(index, seen)| Seen { ran: ran.contains(&index), ..seen }).collect();
    say(&format!("{} of {} functions ran", ran.len(), seen.len()));
    let found = later::found(&seen);
    write_changed(&project.root.join("xtask/src/later.txt"), found.as_bytes())?;
    for line in idle(&seen, &found) {
        say(&line);
    }
    Ok(())
}

/// How many largest functions are named that stay and never ran.
const IDLE_SHOWN: usize = 40;

/// What stays in the first part though it never ran, the largest first.
fn idle(seen: &[Seen], found: &str) -> Vec<String> {
    let list = later::List::of(found);
    let stays = |function: &&Seen| !function.ran && !list.has(&function.name);
    let mut idle: Vec<&Seen> = seen.iter().filter(stays).collect();
    idle.sort_by_key(|function| std::cmp::Reverse(function.size));
    let whole: u64 = idle.iter().map(|function| function.size).sum();
    let mut lines = vec![format!("{whole} instructions stay and never ran, the largest are")];
    lines.extend(idle.iter().take(IDLE_SHOWN).map(|function| format!("{:>6} {}", function.size, function.name)));
    lines
}

/// Makes the page in `folder` remember which of its functions have run, and says what they are.
fn count(folder: &Path) -> Result<Vec<Seen>> {
    let path = folder.join("highwater_bg.wasm");
    let mut module = Module::from_buffer(&fs::read(&path)?)?;
    let functions: Vec<_> = module.funcs.iter_local().map(|(id, function)| (id, function.size())).collect();
    let ty = module.types.add(&[ValType::I32], &[]);
    let (hears, _) = module.add_import_func(NAMESPACE, HEARS, ty);
    let mut seen = Vec::new();
    for (index, (id, size)) in functions.into_iter().enumerate() {
        let name = module.funcs.get(id).name.clone().unwrap_or_default();
        seen.push(Seen { name, size, ran: false });
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
    Ok(seen)
}

//! What a step costs in the page, as JSON. `cargo xtask bench` runs it against the built site.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use highwater_tests::bench::{crowd, milliseconds};
use highwater_tests::browser::{Page, Site, View, arrive};
use serde_json::{Map, Value, json};

/// How much slower the scripts run where the budget says "throttled".
const THROTTLE: u32 = 4;

/// The numbers that the simulation's own code measures in wasm, when it exports a function `bench` that gives them as JSON.
const MEASURED_IN_WASM: &str = "import(new URL('highwater.js', document.baseURI)).then(async (page) => {
    await page.load_more?.(fetch('more.wasm'));
    return page.bench ? JSON.parse(page.bench()) : null;
})";

/// What a step changes is on the screen after two frames.
const TWO_FRAMES: &str =
    "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))";

fn main() -> Result<()> {
    let site = Site::shared()?;
    let mut measured = Map::new();
    measured.insert("browser".to_owned(), site.browser_version()?.into());
    for scenario in site.scenarios()? {
        measured.insert(format!("steps of {scenario}"), steps(site, &scenario)?);
        measured.insert(format!("first step of {scenario}"), first_step(site, &scenario)?);
    }
    let page = site.page(View::default())?;
    page.go("")?;
    let in_wasm = page.evaluate(MEASURED_IN_WASM)?;
    measured.insert("large cluster".to_owned(), crowd::crowd(site)?);
    measured.insert("large group".to_owned(), crowd::group(site)?);
    let copy = std::env::var_os("RAFTSCOPE").map(PathBuf::from);
    measured.insert("raftscope".to_owned(), crowd::raftscope(site, copy.as_deref(), &in_wasm)?);
    if !in_wasm.is_null() {
        measured.insert("wasm".to_owned(), in_wasm);
    }
    writeln!(io::stdout(), "{}", Value::from(measured))?;
    Ok(())
}

/// Milliseconds of script, and of all work (script, style, layout, paint), for each step forward and back.
fn steps(site: &Site, scenario: &str) -> Result<Value> {
    let view = View { reduced_motion: true, ..View::default() };
    let page = site.page(view)?;
    page.go(&format!("#/{scenario}?step=1"))?;
    arrive(&page, 1)?;
    let count = page.evaluate("Number(document.querySelector('[data-player]').dataset.steps)")?;
    let count = count.as_u64().context("the player says its number of steps")?;
    Ok(json!({
        "next": pressed(&page, "ArrowRight", 2..=count)?,
        "back": pressed(&page, "ArrowLeft", (1..count).rev())?,
    }))
}

fn pressed(page: &Page<'_>, key: &str, steps: impl IntoIterator<Item = u64>) -> Result<Value> {
    let (mut script, mut work) = (Vec::new(), Vec::new());
    for step in steps {
        let (script_before, work_before) = page.worked_ms()?;
        page.press(key)?;
        // One question only: each costs a little script of its own.
        page.evaluate(TWO_FRAMES)?;
        let (script_after, work_after) = page.worked_ms()?;
        script.push(script_after - script_before);
        work.push(work_after - work_before);
        arrive(page, step)?;
    }
    Ok(json!({ "script": milliseconds(script), "all_work": milliseconds(work) }))
}

/// Milliseconds from the navigation to a player at rest, on a throttled machine.
fn first_step(site: &Site, scenario: &str) -> Result<Value> {
    let page = site.page(View::default())?;
    page.throttle(THROTTLE)?;
    page.go(&format!("#/{scenario}?step=1"))?;
    arrive(&page, 1)?;
    let passed = page.evaluate("performance.now()")?;
    Ok(json!({ "usable_ms": passed.as_f64().map(f64::round), "throttle": THROTTLE }))
}

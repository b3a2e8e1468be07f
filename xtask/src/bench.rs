//! `cargo xtask bench`: what was measured, as JSON, and how it lies to the budgets, as tables. A number that could
//! not be measured is not there.

use std::ffi::OsString;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::budgets;
use crate::console::{output, print, say};
use crate::programs::{Speed, built, program};
use crate::project::Project;
use crate::site::{self, Packer, Profile};
use crate::{sizes, tools};

/// Measures natively and in the page, and prints one JSON object: `machine`, `native`, `page`, `site`, `budgets`,
/// `bounds`. The last two also go to standard error, as tables.
///
/// # Errors
/// When something cannot be built or run.
pub fn bench(project: &Project, raftscope: Option<&Path>) -> Result<()> {
    let highwater = built("highwater", Speed::Release)?.into_os_string();
    let mut native = measured("bench_native", &[("HIGHWATER", &highwater)])?;
    native.insert("memory".to_owned(), measured("bench_memory", &[])?.into());
    site::assemble(project, Profile::Web, Packer::This)?;
    let browser = tools::browser()?;
    let (dist, browser) = (project.dist().into_os_string(), browser.into_os_string());
    let copy = raftscope.map(|copy| copy.as_os_str().to_owned());
    let mut environment = vec![("HIGHWATER_DIST", &dist), ("CHROME", &browser)];
    environment.extend(copy.as_ref().map(|copy| ("RAFTSCOPE", copy)));
    let page = measured("bench_page", &environment)?;
    let size = sizes::measure(&project.dist())?.first_load();
    let none = Value::Null;
    let log = native.get("log").unwrap_or(&none);
    let in_wasm = page.get("wasm").and_then(|wasm| wasm.get("log")).unwrap_or(&none);
    let budgets = budgets::of_log(log, in_wasm);
    let bounds = budgets::of_all(&native, &page, size.brotli);
    for line in budgets::table(&budgets).into_iter().chain(budgets::bounds_table(&bounds)) {
        say(&line);
    }
    let all = json!({
        "machine": {
            "os": std::env::consts::OS,
            "arch": std::env::consts::ARCH,
            "threads": thread::available_parallelism()?.get(),
        },
        "native": native,
        "page": page,
        "site": { "first_load_bytes": size.raw, "first_load_gzip_bytes": size.gzip, "first_load_brotli_bytes": size.brotli },
        "budgets": budgets.iter().map(budgets::Budget::json).collect::<Value>(),
        "bounds": bounds.iter().map(budgets::Bound::json).collect::<Value>(),
    });
    print(&serde_json::to_string_pretty(&all)?)
}

/// Runs one of the measuring programs of `tests/` and gives what it printed.
fn measured(name: &str, environment: &[(&str, &OsString)]) -> Result<Map<String, Value>> {
    let printed = output(program(name, Speed::Release)?.envs(environment.iter().copied()))?;
    serde_json::from_str(&printed).with_context(|| format!("{name} did not print a JSON object: {printed}"))
}

//! `cargo xtask bench`: what was measured, as JSON. A number that could not be measured is not there.

use std::thread;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::console::{cargo, output, print};
use crate::project::Project;
use crate::site::{self, Packer, Profile};
use crate::{sizes, tools};

/// Measures natively and in the page, and prints one JSON object: `machine`, `native`, `page`, `site`.
///
/// # Errors
/// When something cannot be built or run.
pub fn bench(project: &Project) -> Result<()> {
    let native = measured(&["--bin", "bench_native"], &[])?;
    site::assemble(project, Profile::Web, Packer::This)?;
    let browser = tools::browser()?;
    let (dist, browser) = (project.dist().into_os_string(), browser.into_os_string());
    let page = measured(&["--bin", "bench_page"], &[("HIGHWATER_DIST", &dist), ("CHROME", &browser)])?;
    let size = sizes::measure(&project.dist())?.first_load();
    let all = json!({
        "machine": {
            "os": std::env::consts::OS,
            "arch": std::env::consts::ARCH,
            "threads": thread::available_parallelism()?.get(),
        },
        "native": native,
        "page": page,
        "site": { "first_load_bytes": size.raw, "first_load_gzip_bytes": size.gzip, "first_load_brotli_bytes": size.brotli },
    });
    print(&serde_json::to_string_pretty(&all)?)
}

/// Runs one of the measuring programs of `tests/` and gives what it printed.
fn measured(program: &[&str], environment: &[(&str, &std::ffi::OsString)]) -> Result<Map<String, Value>> {
    let mut command = cargo(["run", "--quiet", "--release", "--package", "highwater-tests"]);
    command.args(program).envs(environment.iter().copied());
    let printed = output(&mut command)?;
    serde_json::from_str(&printed)
        .with_context(|| format!("{} did not print a JSON object: {printed}", program.join(" ")))
}

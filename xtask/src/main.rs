//! The command line of `cargo xtask`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::project::Project;
use xtask::site::Profile;
use xtask::{bench, check, console, cover, scenarios, serve, site};

/// Builds, serves, tests and measures Highwater.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Serve the page on 127.0.0.1; rebuild and reload when a source changes
    Serve {
        /// The port to listen on
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Build what visitors get: small and fast, but slow to build
        #[arg(long)]
        release: bool,
    },
    /// Test everything: format, lints, native tests, scenarios, the site and the page in a browser
    Test {
        /// Leave out what needs a browser
        #[arg(long, conflicts_with = "full")]
        no_browser: bool,
        /// Walk every scenario in every language, width and theme
        #[arg(long)]
        full: bool,
    },
    /// Write the site to dist/, as small as it gets, and hold it against its budget
    Build,
    /// Measure against the budgets and print JSON
    Bench,
    /// Find what the first scenario never runs, so that it comes with the others: xtask/src/later.txt
    Later,
    /// Pack the scenarios to JSON, as the page reads them
    Pack {
        /// The folder to write to [default: Trunk's staging folder, else dist/scenarios]
        #[arg(long, value_name = "FOLDER")]
        to: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = Project::find().and_then(|project| match arguments.task {
        Task::Serve { port, release } => {
            let profile = if release { Profile::Web } else { Profile::Dev };
            serve::serve(&project, port, profile)
        }
        Task::Test { no_browser, full } => check::check(&project, check::Walks::from_flags(no_browser, full)),
        Task::Build => site::build(&project),
        Task::Bench => bench::bench(&project),
        Task::Later => cover::find(&project),
        Task::Pack { to } => scenarios::pack_site(&project, to),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

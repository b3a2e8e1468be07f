//! The command line of `cargo xtask`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::project::Project;
use xtask::site::Profile;
use xtask::{bench, check, console, cover, fuzz, scenarios, serve, site};

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
        /// Show this scenario, a .toml file anywhere on the disk, and what is wrong with it, whenever it is saved
        #[arg(long, value_name = "FILE")]
        scenario: Option<PathBuf>,
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
    Build {
        /// Also write dist/highwater.html: all of it in one file, which opens from a disk without a server
        #[arg(long)]
        single_file: bool,
    },
    /// Measure against the budgets and print JSON
    Bench {
        /// Also measure raftscope in the same browser: the folder of its repository
        #[arg(long, value_name = "PATH")]
        raftscope: Option<PathBuf>,
    },
    /// Find what the first scenario never runs, so that it comes with the others: xtask/src/later.txt
    Later,
    /// Play clusters under random faults and load, and hold every event against the invariants of replication
    Fuzz {
        /// How many events at least
        #[arg(long, value_name = "N", default_value_t = fuzz::EVENTS)]
        events: u64,
        /// The seed of all clusters
        #[arg(long, value_name = "S", default_value_t = 1)]
        seed: u64,
    },
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
        Task::Serve { port, release, scenario } => {
            let profile = if release { Profile::Web } else { Profile::Dev };
            serve::serve(&project, port, profile, scenario.as_deref())
        }
        Task::Test { no_browser, full } => check::check(&project, check::Walks::from_flags(no_browser, full)),
        Task::Build { single_file } => site::build(&project, single_file),
        Task::Bench { raftscope } => bench::bench(&project, raftscope.as_deref()),
        Task::Later => cover::find(&project),
        Task::Fuzz { events, seed } => fuzz::fuzz(events, seed),
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

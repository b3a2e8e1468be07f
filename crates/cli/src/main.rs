//! `highwater`, the command line: for those who write scenarios, and for those who check this Kafka against another.
//!
//! Results go to standard output, errors to standard error. Exit code 1: what was given is wrong (a file, a scenario, a
//! key). Exit code 2: the command was called wrongly. A reader that closes the pipe ends it quietly.

mod answer_command;
mod assign;
mod check;
mod dump;
mod failure;
mod fuzz;
mod group_partition;
mod input;
mod list;
mod load;
mod lookup;
mod new;
mod output;
mod pack;
mod partition;
#[cfg(feature = "render")]
mod render;
mod replay_command;
mod run;
mod schema;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use input::Course;
use output::Out;

/// Highwater: how Apache Kafka works inside, one step at a time.
#[derive(Parser)]
#[command(
    name = "highwater",
    version,
    arg_required_else_help = true,
    after_help = "\
Where FILE|ID stands: the id of a scenario of the course, its folder, its scenario.toml, a packed scenario (.json), \
or - for standard input.

Examples:
  highwater list
  highwater check hw-two-rounds
  highwater run key-hash --until add --lang zh
  highwater partition --partitions 6 user-8"
)]
struct Cli {
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    json: bool,

    #[command(flatten)]
    course: Course,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(list::List),
    Check(check::Check),
    Run(run::Run),
    Pack(pack::Pack),
    #[cfg(feature = "render")]
    Render(render::Render),
    New(new::New),
    Schema(schema::Schema),
    Partition(partition::Partition),
    GroupPartition(group_partition::GroupPartition),
    Assign(assign::Assign),
    Answer(answer_command::Answer),
    Dump(dump::Dump),
    Lookup(lookup::Lookup),
    Load(load::Load),
    Replay(replay_command::Replay),
    Fuzz(fuzz::Fuzz),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = Out::new(cli.json);
    let result = match &cli.command {
        Command::List(command) => command.run(&cli.course, &mut out),
        Command::Check(command) => command.run(&cli.course, &mut out),
        Command::Run(command) => command.run(&cli.course, &mut out),
        Command::Pack(command) => command.run(&cli.course, &mut out),
        #[cfg(feature = "render")]
        Command::Render(command) => command.run(&cli.course, &mut out),
        Command::New(command) => command.run(&cli.course, &mut out),
        Command::Schema(command) => command.run(&mut out),
        Command::Partition(command) => command.run(&mut out),
        Command::GroupPartition(command) => command.run(&mut out),
        Command::Assign(command) => command.run(&mut out),
        Command::Answer(command) => command.run(&mut out),
        Command::Dump(command) => command.run(&mut out),
        Command::Lookup(command) => command.run(&mut out),
        Command::Load(command) => command.run(&mut out),
        Command::Replay(command) => command.run(&mut out),
        Command::Fuzz(command) => command.run(&mut out),
    };
    let failure = result.and_then(|()| out.finish()).err();
    failure.map_or(ExitCode::SUCCESS, |failure| failure.report())
}

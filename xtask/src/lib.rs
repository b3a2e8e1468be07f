//! What `cargo xtask` does: it builds the site, serves it, tests everything and measures.
//!
//! Whatever a bare machine lacks is brought or named by [`tools`]; nothing else here installs anything.

pub mod bench;
mod budgets;
pub mod check;
pub mod console;
pub mod constants;
pub mod cover;
pub mod draft;
pub mod fuzz;
pub mod later;
pub mod page;
pub mod programs;
pub mod project;
pub mod scenarios;
pub mod serve;
pub mod server;
pub mod simplified;
pub mod single_file;
pub mod site;
pub mod sizes;
pub mod split;
pub mod tools;

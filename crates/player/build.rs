//! Words are compiled in natively: a change of a locale makes a new build.
#![allow(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]

fn main() {
    println!("cargo:rerun-if-changed=../../locales");
}

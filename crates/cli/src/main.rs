//! `highwater`, the command line.
fn main() {}

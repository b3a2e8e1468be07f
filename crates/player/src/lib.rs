//! Scenario, history and scene: everything between the simulated cluster and a screen.

pub mod beat;
pub mod beats;
pub mod causes;
pub mod checked;
pub mod command;
pub mod compare;
pub mod course;
pub mod environment;
mod explain;
pub mod expression;
pub mod facts;
pub mod glossary;
pub mod history;
pub mod inspect;
pub mod json;
pub mod lang;
pub mod load;
pub mod locale;
pub mod log_load;
pub mod marks;
pub mod own_files;
pub mod past;
pub mod phrase;
pub mod playback;
pub mod question;
pub mod review;
pub mod run;
pub mod say;
pub mod scene;
pub mod script;
pub mod sequence;
pub mod simplified;
pub mod template;
pub mod words;

#[cfg(not(target_arch = "wasm32"))]
rust_i18n::i18n!("../../locales", fallback = "en");

/// Maps and sets for what a page keeps too: small where std's are large.
pub use highwater_sim::sorted;

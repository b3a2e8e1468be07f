//! Scenario, history and scene: everything between the simulated cluster and a screen.

pub mod beat;
pub mod command;
pub mod expression;
pub mod glossary;
pub mod lang;
pub mod phrase;
pub mod scene;
pub mod script;
pub mod template;
pub mod words;

rust_i18n::i18n!("../../locales", fallback = "en");

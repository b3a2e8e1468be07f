//! The page: the course's home and the player around the stage. Reads only what `highwater-player` gives it.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "pixels: counts and offsets in a window of a few slots become places on a screen and back"
)]
#![allow(
    clippy::similar_names,
    clippy::format_push_string,
    clippy::struct_excessive_bools,
    reason = "drawing code: a shape is named after what it is part of, a path grows by pieces, a control shows several states"
)]

pub mod action;
pub mod app;
pub mod browser;
pub mod components;
#[cfg(all(test, feature = "render"))]
mod fixtures;
pub mod keys;
pub mod motion;
pub mod options;
pub mod progress;
#[cfg(feature = "render")]
pub mod render;
pub mod session;
pub mod stage;
#[cfg(all(test, feature = "render"))]
mod tests;

/// Starts the page in the element `#app`.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen(start)]
pub fn start() {
    if let Some(root) = browser::app_root() {
        yew::Renderer::<app::App>::with_root(root).render();
    }
}

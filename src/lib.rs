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
pub mod compare;
pub mod components;
#[cfg(all(test, feature = "render"))]
mod fixtures;
pub mod keys;
#[cfg(target_arch = "wasm32")]
pub mod measure;
pub mod motion;
pub mod options;
pub mod own_files;
pub mod progress;
#[cfg(feature = "render")]
pub mod render;
pub mod session;
pub mod stage;
#[cfg(all(test, feature = "render"))]
mod tests;

/// Starts the page in the element `#app`, with the words of one language. `load_more` gives a promise of the part of the
/// program that the scenarios after the first need. `id` and `scenario` are what the address asks for, if that is here.
///
/// # Errors
/// Words that are none.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn start(
    lang: &str,
    words: String,
    load_more: js_sys::Function,
    id: Option<String>,
    scenario: Option<String>,
) -> Result<(), String> {
    let lang = highwater_player::lang::Lang::from_code(lang).unwrap_or_default();
    if !highwater_player::locale::load(lang, words) {
        return Err(highwater_player::locale::file(lang));
    }
    browser::keep_load_more(load_more);
    if let Some((id, scenario)) = id.zip(scenario) {
        browser::keep_ahead(id, scenario);
    }
    if let Some(root) = browser::app_root() {
        yew::Renderer::<app::App>::with_root(root).render();
    }
    Ok(())
}

/// Keeps the words of the scenarios after the first one.
///
/// # Errors
/// Words that are none.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn keep_words(words: String) -> Result<(), String> {
    if highwater_player::locale::load_more(words) { Ok(()) } else { Err(highwater_player::locale::MORE.to_owned()) }
}

/// Keeps the function that decompresses records: the number of a codec and bytes in, bytes out, or a message thrown.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn keep_codecs(decompress: js_sys::Function) {
    browser::files::keep_codecs(decompress);
}

/// A number for all facts of a packed scenario: the same natively and here.
///
/// # Errors
/// Why the scenario does not play.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn digest(packed: &str) -> Result<String, String> {
    measure::digest(packed)
}

/// Measures the simulation and the log here, as JSON; [`measure`] says what.
///
/// # Errors
/// Why the load does not run.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn bench() -> Result<String, String> {
    measure::bench()
}

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
pub mod own_files;
pub mod progress;
#[cfg(feature = "render")]
pub mod render;
pub mod session;
pub mod stage;
#[cfg(all(test, feature = "render"))]
mod tests;

/// Starts the page in the element `#app`, with the words of one language. `load_more` gives a promise of the part of the
/// program that the scenarios after the first need.
///
/// # Errors
/// Words that are none.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn start(lang: &str, words: String, load_more: js_sys::Function) -> Result<(), String> {
    let lang = highwater_player::lang::Lang::from_code(lang).unwrap_or_default();
    if !highwater_player::locale::load(lang, words) {
        return Err(highwater_player::locale::file(lang));
    }
    browser::keep_load_more(load_more);
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
    let player = highwater_player::playback::Player::open(packed).map_err(|error| error.to_string())?;
    Ok(player.run().digest())
}

/// Measures the simulation and the log here, as JSON: events a second under a load, milliseconds to be anywhere in a run, and
/// what the log does in a second.
///
/// # Errors
/// Why the load does not run.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn bench() -> Result<String, String> {
    const EVENTS: u64 = 100_000;
    const SEEKS: u64 = 200;
    let failed = |error: highwater_player::load::LoadError| error.to_string();
    highwater_player::load::run(EVENTS / 10).map_err(failed)?;
    let started = js_sys::Date::now();
    highwater_player::load::run(EVENTS).map_err(failed)?;
    let ran_ms = (js_sys::Date::now() - started).max(1.0);
    let history = highwater_player::load::history(EVENTS).map_err(failed)?;
    let (started, mut slowest) = (js_sys::Date::now(), 0.0_f64);
    for number in 0..SEEKS {
        let before = js_sys::Date::now();
        highwater_player::load::seek(&history, number * 49_999 % EVENTS);
        slowest = slowest.max(js_sys::Date::now() - before);
    }
    let seek_us = ((js_sys::Date::now() - started) * 1_000.0) as u64 / SEEKS;
    let (events, slowest) = ((EVENTS as f64 / ran_ms * 1_000.0) as u64, slowest as u64);
    Ok(format!(
        r#"{{"events":{{"per_second":{events}}},"seek":{{"mean_ms":{}.{:03},"max_ms":{slowest}}},"log":{{{}}}}}"#,
        seek_us / 1_000,
        seek_us % 1_000,
        bench_log()?
    ))
}

/// The fields of what the log does in a second.
#[cfg(target_arch = "wasm32")]
fn bench_log() -> Result<String, String> {
    const SEGMENT_BYTES: usize = 10_000_000;
    let mut load = highwater_player::log_load::LogLoad::new()?;
    let segment = load.segment(SEGMENT_BYTES);
    let mut fields = Vec::new();
    let mut measure = |name: &str, work: &mut dyn FnMut() -> usize| {
        let rate = per_second(work);
        fields.push(format!(r#""{name}":{{"per_second":{rate}}}"#));
    };
    measure("encoded_records", &mut || load.encode());
    measure("appended_records", &mut || load.append());
    measure("decoded_records", &mut || load.decode());
    measure("warm_index_lookups", &mut || load.look_up());
    measure("dumped_bytes", &mut || load.dump(&segment));
    Ok(fields.join(","))
}

/// How many things a second `work` does, which says how many it did each time.
#[cfg(target_arch = "wasm32")]
fn per_second(work: &mut dyn FnMut() -> usize) -> u64 {
    const ROUND_MS: f64 = 500.0;
    work();
    let (started, mut done) = (js_sys::Date::now(), 0_usize);
    loop {
        done += work();
        let passed = js_sys::Date::now() - started;
        if passed >= ROUND_MS {
            return (done as f64 / passed * 1_000.0) as u64;
        }
    }
}

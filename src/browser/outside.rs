//! What comes from outside the page: wishes of the page around a frame, and files that are dropped.

use js_sys::{Array, Reflect};
use wasm_bindgen::JsCast;
use web_sys::CustomEvent;

use super::{document, find, listen, matches};
use crate::stage::frame::bounded;

/// Calls `asked` with what the page around a frame asks (`frame.js`): a step, or the text of a packed scenario, and the
/// scenario's name.
pub fn on_asked(asked: impl Fn(Result<usize, String>, String) + 'static) {
    let Some(document) = document() else { return };
    listen(&document, "highwater-asked", move |event| {
        let detail = event.dyn_ref::<CustomEvent>().map(CustomEvent::detail).unwrap_or_default();
        let field = |name: &str| Reflect::get(&detail, &name.into()).unwrap_or_default();
        let name = field("name").as_string().unwrap_or_default();
        match (field("step").as_f64(), field("text").as_string()) {
            (Some(step), _) => asked(Ok(bounded(step, 1.0, 1e6) as usize), name),
            (None, Some(text)) => asked(Err(text), name),
            (None, None) => {}
        }
    });
}

/// In a frame of another page with little height, of which only picture, words and two buttons are wanted.
pub fn is_low() -> bool {
    let wants_little = find(":root.is-embedded:not([data-controls=full])").is_some();
    wants_little && matches("(max-height: 480px)")
}

/// Calls `dropped` with what is dropped anywhere on the page, if it is files.
pub fn on_drop(dropped: impl Fn(web_sys::DataTransfer) + 'static) {
    let Some(document) = document() else { return };
    let files_of = |event: &web_sys::Event| {
        let transfer = event.dyn_ref::<web_sys::DragEvent>()?.data_transfer()?;
        transfer.types().includes(&"Files".into(), 0).then_some(transfer)
    };
    listen(&document, "dragover", move |event| {
        if files_of(&event).is_some() {
            event.prevent_default();
        }
    });
    listen(&document, "drop", move |event| {
        if let Some(transfer) = files_of(&event) {
            event.prevent_default();
            dropped(transfer);
        }
    });
}

/// Calls `printed` when the browser begins to print, and when it has.
pub fn on_print(printed: impl Fn(bool) + Clone + 'static) {
    let Some(window) = super::window() else { return };
    for (name, begins) in [("beforeprint", true), ("afterprint", false)] {
        let printed = printed.clone();
        listen(&window, name, move |_| printed(begins));
    }
}

/// What was dropped: entries where the browser has them, else files. Must be asked while the drop happens.
pub fn files_of(transfer: &web_sys::DataTransfer) -> Array {
    let found = Array::new();
    let items = transfer.items();
    for index in 0..items.length() {
        let Some(item) = items.get(index) else { continue };
        if let Ok(Some(entry)) = item.webkit_get_as_entry() {
            found.push(&entry);
        } else if let Ok(Some(file)) = item.get_as_file() {
            found.push(&file);
        }
    }
    found
}

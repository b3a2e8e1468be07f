//! The link to this page, and the clipboard.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;

use super::{find, window};

/// The address of the whole page with a hash; from within a frame too, where this is the page's frame.
pub fn address(hash: &str) -> Option<String> {
    let location = window()?.location();
    let (origin, path) = (location.origin().ok()?, location.pathname().ok()?);
    let path = path.strip_suffix("embed.html").map_or(path.clone(), |folder| format!("{folder}index.html"));
    Some(format!("{origin}{path}{hash}"))
}

/// Puts a text into the clipboard; says whether that went well. If not, the field with the text is selected.
pub fn copy(text: &str, field: &'static str, then: impl FnOnce(bool) + 'static) {
    let copied = clipboard(text);
    let select = move || {
        if let Some(field) = find(field).and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) {
            field.select();
        }
    };
    spawn_local(async move {
        let is_copied = match copied {
            Some(promise) => JsFuture::from(promise).await.is_ok(),
            None => false,
        };
        if !is_copied {
            select();
        }
        then(is_copied);
    });
}

/// `navigator.clipboard.writeText`; none where there is none, as on a page without TLS.
fn clipboard(text: &str) -> Option<Promise> {
    let navigator = window()?.navigator();
    let clipboard = Reflect::get(&navigator, &"clipboard".into()).ok().filter(JsValue::is_object)?;
    let write: Function = Reflect::get(&clipboard, &"writeText".into()).ok()?.dyn_into().ok()?;
    write.call1(&clipboard, &text.into()).ok()?.dyn_into().ok()
}

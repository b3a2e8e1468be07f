//! What answers to questions need of the browser.

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, ScrollBehavior, ScrollIntoViewOptions, ScrollLogicalPosition};

use super::{document, find, is_framed, wants_less_motion};

/// What stands in a text field.
pub fn typed(selector: &str) -> String {
    let field = find(selector).and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
    field.map(|field| field.value()).unwrap_or_default()
}

/// Whether what a selector finds takes any room.
pub fn is_shown(selector: &str) -> bool {
    find(selector).is_some_and(|element| element.client_height() > 0)
}

/// Moves the page as little as shows what a selector finds, if not even its beginning can be seen; never the page around a
/// frame.
pub fn show(selector: &str) {
    let height = document().and_then(|document| document.document_element()).map_or(0, |root| root.client_height());
    let Some(element) = find(selector).filter(|_| !is_framed()) else { return };
    // A quarter of a narrow screen is the bar at its bottom.
    if element.get_bounding_client_rect().top() > f64::from(height) * 0.75 {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        options.set_behavior(if wants_less_motion() { ScrollBehavior::Auto } else { ScrollBehavior::Smooth });
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Scrolls to what a selector finds unless all of it can be seen; never the page around a frame.
pub fn bring_into_view(selector: &str) {
    let height = document().and_then(|document| document.document_element()).map_or(0, |root| root.client_height());
    let Some(element) = find(selector).filter(|_| !is_framed()) else { return };
    let area = element.get_bounding_client_rect();
    if area.top() < 0.0 || area.bottom() > f64::from(height) {
        element.scroll_into_view();
    }
}

//! What answers to questions need of the browser.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, ScrollBehavior, ScrollIntoViewOptions, ScrollLogicalPosition};

use super::{document, find, is_framed, wants_less_motion, window};

/// So much of the page is seen above and below what is shown.
const MARGIN_PX: f64 = 12.0;

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

/// Moves the page as little as shows all of what a selector finds, if there is room for it.
pub fn show_all(selector: &str) {
    if let Some(element) = find(selector).filter(|_| !is_framed()) {
        reveal(&element);
    }
}

/// Moves the page as little as shows all of an element, if there is room for it; what is higher than the room need only be
/// there.
pub fn reveal(element: &Element) {
    let (foot, area) = (foot(), element.get_bounding_client_rect());
    let by = if area.height() + 2.0 * MARGIN_PX > foot {
        let is_there = area.top() < foot / 2.0 && area.bottom() > foot / 2.0;
        if is_there { 0.0 } else { area.top() - MARGIN_PX }
    } else {
        (area.bottom() + MARGIN_PX - foot).max(0.0) + (area.top() - MARGIN_PX).min(0.0)
    };
    if let Some(window) = window().filter(|_| by != 0.0) {
        window.scroll_by_with_x_and_y(0.0, by);
    }
}

/// Where the part of the page that can be seen ends: at the bar, where that stays at the bottom.
fn foot() -> f64 {
    let height = document().and_then(|document| document.document_element()).map_or(0, |root| root.client_height());
    let bar = find(".bar").map_or(f64::INFINITY, |bar| bar.get_bounding_client_rect().top());
    f64::from(height).min(bar)
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

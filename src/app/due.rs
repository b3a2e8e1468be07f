//! What is done once the page has been drawn.

use wasm_bindgen::JsValue;

/// What a rendered page still has to do.
pub(super) enum Due {
    Emit(&'static str, Vec<(&'static str, JsValue)>),
    Play,
    Fade,
    Focus(String),
    /// What was answered can be read.
    Show(&'static str),
    /// All of it can be read, as far as there is room.
    ShowAll(&'static str),
    /// The first of these marks that is in the picture.
    Mark(Vec<String>),
    /// The inspector has been opened: both the mark and it can be seen.
    Reveal(String),
    /// The card that says why stands at its mark.
    Why,
    /// What had the focus may have gone: then this has it, such as the stage after its mark.
    KeepFocus(&'static str),
    Top,
    /// The dialog opens over everything.
    Help,
    /// A dialog opens over everything.
    Open(&'static str),
}

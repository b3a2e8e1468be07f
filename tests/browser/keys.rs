//! Keys as the browser wants them.

use serde_json::{Value, json};

/// What the `DevTools` protocol calls a key event of `key`, named as in `KeyboardEvent.key`: `ArrowRight`, `Home`, ` `, `?`, `a`.
/// Chords begin with `Shift+`.
pub fn key_event(kind: &str, key: &str) -> Value {
    let (shift, key) = match key.strip_prefix("Shift+") {
        Some(key) => (true, key),
        None => (key == "?", key),
    };
    let text = match key {
        "Enter" => Some("\r"),
        one if one.chars().count() == 1 => Some(one),
        _ => None,
    };
    let mut event = json!({
        "type": if kind == "down" { if text.is_some() { "keyDown" } else { "rawKeyDown" } } else { "keyUp" },
        "key": key,
        "code": code(key),
        "windowsVirtualKeyCode": virtual_key(key),
        "modifiers": if shift { 8 } else { 0 },
    });
    if let (Some(text), "down", Some(event)) = (text, kind, event.as_object_mut()) {
        event.insert("text".to_owned(), text.into());
    }
    event
}

/// `KeyboardEvent.code` on a US keyboard.
fn code(key: &str) -> String {
    match key {
        " " => "Space".to_owned(),
        "?" => "Slash".to_owned(),
        "[" => "BracketLeft".to_owned(),
        "]" => "BracketRight".to_owned(),
        digit if digit.len() == 1 && digit.bytes().all(|byte| byte.is_ascii_digit()) => format!("Digit{digit}"),
        letter if letter.len() == 1 => format!("Key{}", letter.to_ascii_uppercase()),
        named => named.to_owned(),
    }
}

/// Windows' number of the key, which Chromium takes on every system.
fn virtual_key(key: &str) -> u32 {
    match key {
        "Backspace" => 8,
        "Tab" => 9,
        "Enter" => 13,
        "Escape" => 27,
        " " => 32,
        "PageUp" => 33,
        "PageDown" => 34,
        "End" => 35,
        "Home" => 36,
        "ArrowLeft" => 37,
        "ArrowUp" => 38,
        "ArrowRight" => 39,
        "ArrowDown" => 40,
        "?" => 191,
        "[" => 219,
        "]" => 221,
        other => other.bytes().next().map_or(0, |byte| byte.to_ascii_uppercase().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_have_no_text_and_letters_have() {
        let arrow = key_event("down", "ArrowRight");
        assert_eq!(arrow["type"], "rawKeyDown");
        assert_eq!(arrow["windowsVirtualKeyCode"], 39);
        assert_eq!(arrow.get("text"), None);
        let letter = key_event("down", "w");
        assert_eq!(letter["code"], "KeyW");
        assert_eq!(letter["text"], "w");
    }

    #[test]
    fn a_question_mark_is_shifted() {
        assert_eq!(key_event("down", "?")["modifiers"], 8);
        assert_eq!(key_event("up", "Shift+Tab")["modifiers"], 8);
    }
}

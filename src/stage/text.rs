//! Room for words without measuring a font: reserved by counting characters, on the generous side.

/// The width to reserve for `text` at `size` px, in px. Wide enough for the fonts that the page names.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// The width to reserve for monospaced `text`.
pub fn mono_width(text: &str, size: f64) -> f64 {
    text.chars().map(|c| if is_wide(c) { 1.0 } else { 0.61 }).sum::<f64>() * size
}

fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0x1f300..=0x1faff)
}

fn advance(c: char) -> f64 {
    match c {
        _ if is_wide(c) => 1.0,
        'i' | 'j' | 'l' | 't' | 'f' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | '\u{202f}' | '/' | '('
        | ')' => 0.34,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.9,
        '=' | '+' | '<' | '>' | '×' | '−' => 0.62,
        'A'..='Z' | '&' => 0.72,
        'r' => 0.42,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' => 0.54,
        _ => 0.58,
    }
}

/// `text`, or its beginning and an ellipsis, such that it stays within `room` px at `size` px.
/// The full words must be in an accessible name where this shortens.
pub fn fit(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = size * 0.9;
    for c in text.chars() {
        used += advance(c) * size;
        if used > room {
            break;
        }
        kept.push(c);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// `text` in lines of at most `room` px at `size` px; breaks at spaces and between wide characters.
pub fn wrap(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if !line.is_empty() && width(line.trim_end(), size) + width(piece.trim_end(), size) > room {
            lines.push(line.trim_end().to_owned());
            line.clear();
        }
        line.push_str(piece);
    }
    if !line.trim().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Words with the space after them; a wide character is a piece of its own, closing punctuation stays with what it closes, and a
/// name such as `NOT_LEADER_OR_FOLLOWER` breaks behind its underscores.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut previous: Option<char> = None;
    for (index, c) in text.char_indices() {
        let closes = matches!(c, '，' | '。' | '；' | '：' | '、' | '）' | '？' | '！' | '”' | '」');
        let breaks = previous
            .is_some_and(|p| (matches!(p, ' ' | '_') && c != p) || ((is_wide(p) || is_wide(c)) && c != ' ' && !closes));
        if breaks && index > start {
            pieces.push(&text[start..index]);
            start = index;
        }
        previous = Some(c);
    }
    pieces.push(&text[start..]);
    pieces
}

/// A whole number with thousands set apart by a narrow no-break space.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    if number < 0 {
        text.push('−');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands() {
        assert_eq!(grouped(1_644_747_527), "1\u{202f}644\u{202f}747\u{202f}527");
        assert_eq!(grouped(-12), "−12");
        assert_eq!(grouped(1_000), "1\u{202f}000");
    }

    #[test]
    fn lines_break_at_spaces_and_between_han() {
        assert_eq!(wrap("sent because broker 2 has offset 3", 12.0, 140.0).len(), 2);
        assert!(wrap("因为它现在有了三，所以继续", 12.0, 60.0).len() > 1);
        assert_eq!(wrap("FENCED_LEADER_EPOCH", 12.0, 128.0), ["FENCED_LEADER_", "EPOCH"]);
        assert_eq!(wrap("FENCED_LEADER_EPOCH", 12.0, 200.0), ["FENCED_LEADER_EPOCH"]);
        assert_eq!(fit("abc", 12.0, 100.0), "abc");
        assert!(fit("a much longer text than that", 12.0, 60.0).ends_with('…'));
    }
}

//! Classes of letters: which of them a part of an expression stands for.

/// From each first letter to its last.
pub(super) type Ranges = Vec<(char, char)>;

/// All other letters.
pub(super) fn negated(mut ranges: Ranges) -> Ranges {
    ranges.sort_unstable();
    let mut others = Vec::new();
    let mut from = Some('\0');
    for (low, high) in ranges {
        let Some(begin) = from else { break };
        if begin < low
            && let Some(before) = before(low)
        {
            others.push((begin, before));
        }
        if high >= begin {
            from = after(high);
        }
    }
    others.extend(from.map(|from| (from, char::MAX)));
    others
}

fn before(letter: char) -> Option<char> {
    // There are no letters from D800 to DFFF.
    if letter == '\u{e000}' { Some('\u{d7ff}') } else { char::from_u32(u32::from(letter).checked_sub(1)?) }
}

fn after(letter: char) -> Option<char> {
    if letter == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(u32::from(letter).checked_add(1)?) }
}

/// With the letters of the other case, of those that a topic's name can have.
pub(super) fn any_case(mut ranges: Ranges) -> Ranges {
    for letter in 'a'..='z' {
        let large = letter.to_ascii_uppercase();
        let has = |wanted: char| ranges.iter().any(|(low, high)| (*low..=*high).contains(&wanted));
        match (has(letter), has(large)) {
            (true, false) => ranges.push((large, large)),
            (false, true) => ranges.push((letter, letter)),
            _ => {}
        }
    }
    ranges
}

/// `\d` and its like.
pub(super) fn perl_class(letter: char) -> Option<Ranges> {
    let name = match letter.to_ascii_lowercase() {
        'd' => "digit",
        's' => return Some(of(letter, vec![('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')])),
        'w' => "word",
        _ => return None,
    };
    Some(of(letter, class_named(name)?))
}

fn of(letter: char, ranges: Ranges) -> Ranges {
    if letter.is_ascii_uppercase() { negated(ranges) } else { ranges }
}

/// A class of POSIX (`[:alpha:]`) or, in one or two letters, of Unicode (`\pL`).
pub(super) fn class_named(name: &str) -> Option<Ranges> {
    let (lower, upper, digit) = (('a', 'z'), ('A', 'Z'), ('0', '9'));
    Some(match name {
        "alnum" => vec![digit, upper, lower],
        "alpha" | "L" => vec![upper, lower],
        "ascii" => vec![('\0', '\x7f')],
        "blank" => vec![('\t', '\t'), (' ', ' ')],
        "cntrl" => vec![('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" | "N" | "Nd" => vec![digit],
        "graph" => vec![('!', '~')],
        "lower" | "Ll" => vec![lower],
        "print" => vec![(' ', '~')],
        "punct" => vec![('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => vec![('\t', '\r'), (' ', ' ')],
        "upper" | "Lu" => vec![upper],
        "word" => vec![digit, upper, lower, ('_', '_')],
        "xdigit" => vec![digit, ('A', 'F'), ('a', 'f')],
        "Pc" => vec![('_', '_')],
        "Pd" => vec![('-', '-')],
        _ => return None,
    })
}

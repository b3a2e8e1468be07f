//! Rules for what a browser reads, and for words in any source.

use super::{Breach, line_of, words};

/// How an unfinished place is marked. (Taken apart, so that this file has none.)
const UNFINISHED: [&str; 4] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("todo", "!")];

/// Whatever is committed is finished.
pub fn is_unfinished(text: &str) -> Vec<Breach> {
    let found = UNFINISHED.iter().flat_map(|mark| words(text, mark).map(move |at| (at, mark)));
    found.map(|(at, mark)| Breach::new(line_of(text, at), format!("{mark}: finish it, or file an issue"))).collect()
}

/// A strict Content-Security-Policy blocks `style` attributes.
pub fn has_inline_style(text: &str) -> Vec<Breach> {
    let found = words(text, "style").filter(|at| {
        let (before, from) = text.split_at(*at);
        let is_assigned = from.strip_prefix("style").is_some_and(|after| {
            let value = after.trim_start().strip_prefix('=').map(str::trim_start);
            value.is_some_and(|value| value.starts_with(['"', '\'', '{']))
        });
        is_assigned && !before.ends_with(['.', '-', ':'])
    });
    found.map(|at| Breach::new(line_of(text, at), "a style attribute: the policy blocks it, use a class")).collect()
}

/// Colours are tokens: `#rrggbb`, `rgb()` and their kin stand in `styles/tokens.css` and nowhere else.
pub fn has_colour(text: &str) -> Vec<Breach> {
    let functions = ["rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch"];
    let called = functions.iter().flat_map(|name| {
        words(text, name)
            .filter(|at| text.split_at(*at).1.get(name.len()..).is_some_and(|after| after.starts_with('(')))
    });
    let hex = text.match_indices('#').map(|(at, _)| at).filter(|at| {
        let (before, from) = text.split_at(*at);
        let digits = from.chars().skip(1).take_while(char::is_ascii_hexdigit).count();
        let ends =
            from.chars().nth(digits + 1).is_none_or(|next| !next.is_alphanumeric() && !matches!(next, '-' | '_'));
        matches!(digits, 3 | 4 | 6 | 8) && ends && !before.ends_with(['&', '/'])
    });
    let mut lines: Vec<_> = called.chain(hex).map(|at| line_of(text, at)).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.into_iter().map(|line| Breach::new(line, "a colour: it belongs into styles/tokens.css")).collect()
}

/// Every style sheet is linked in the page, so that what is written is also used.
pub fn is_not_linked(page: &str, style_sheet: &str) -> Vec<Breach> {
    let link = format!("<link rel=\"stylesheet\" href=\"styles/{style_sheet}\">");
    if page.contains(&link) {
        return Vec::new();
    }
    vec![Breach::new(0, format!("index.html has no {link}"))]
}

/// Whoever reads the README sees the whole course: each scenario has a row with its question and its id.
pub fn is_not_in_the_table(readme: &str, id: &str) -> Vec<Breach> {
    let cell = format!("** `{id}` |");
    if readme.lines().any(|line| line.starts_with("| **") && line.contains(&cell)) {
        return Vec::new();
    }
    vec![Breach::new(0, format!("README.md has no row with `{id}`"))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(breaches: &[Breach]) -> Vec<usize> {
        breaches.iter().map(|breach| breach.line).collect()
    }

    #[test]
    fn an_unfinished_place_is_found() {
        for mark in UNFINISHED {
            assert_eq!(lines(&is_unfinished(&format!("done\n// {mark} later"))), [2], "{mark}");
        }
        assert_eq!(is_unfinished("MASTODON"), []);
    }

    #[test]
    fn a_style_attribute_is_found() {
        for bad in ["<p style=\"color: red\">", "html! { <p style={format!(\"\")}> }", "<g\n style='x'>"] {
            assert_eq!(has_inline_style(bad).len(), 1, "{bad}");
        }
        for good in ["<link rel=\"stylesheet\">", "let style = tokens();", "box.style = \"x\"", "style-src 'self'"] {
            assert_eq!(has_inline_style(good), [], "{good}");
        }
    }

    #[test]
    fn a_colour_is_found() {
        for bad in ["color: #fff;", "fill: #0B7285", "rgb(1 2 3)", "\"rgba(1, 2, 3, .5)\""] {
            assert_eq!(has_colour(bad).len(), 1, "{bad}");
        }
        for good in ["url(#mk)", "#app { }", "href=\"#/add\"", "&#123;", "var(--water)", "hw-two-rounds#12"] {
            assert_eq!(has_colour(good), [], "{good}");
        }
    }

    #[test]
    fn a_style_sheet_that_nobody_links_is_found() {
        let page = "<link rel=\"stylesheet\" href=\"styles/base.css\">";
        assert_eq!(is_not_linked(page, "base.css"), []);
        assert_eq!(is_not_linked(page, "stage.css").len(), 1);
    }

    #[test]
    fn a_scenario_that_the_readme_does_not_tell_of_is_found() {
        let readme = "| **Keep the last?** `compaction` | What is left |\nSee also `retention`.";
        assert!(is_not_in_the_table(readme, "compaction").is_empty());
        assert_eq!(is_not_in_the_table(readme, "retention").len(), 1);
    }
}

//! A picture as plain data: SVG elements with their places, before any screen.
//!
//! Layout makes these, tests measure them, motion compares two of them, and [`view`](super::view) draws them.

use super::frame::Area;
use super::text;

/// An SVG element.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// The element's name.
    pub tag: &'static str,
    /// Its classes.
    pub class: String,
    /// Where a group stands in its parent.
    pub at: Option<(f64, f64)>,
    /// Geometry and other attributes.
    pub attrs: Vec<(&'static str, String)>,
    /// The words of a `text` element.
    pub text: String,
    /// The elements inside.
    pub kids: Vec<Node>,
    /// The mark that it is, or the part of a mark (`…/hw~water`): what motion and focus find it by.
    pub mark: Option<String>,
    /// What a screen reader says; only marks have one, and with it they can take the focus.
    pub label: Option<String>,
    /// A container with a name rather than one picture.
    pub is_group: bool,
    /// Drawn by a component of its own, which draws again only when it changed.
    pub is_part: bool,
    /// The rectangle that it covers, for shapes and words.
    pub area: Option<Area>,
}

/// A number as an attribute: at most two decimals.
pub fn number(value: f64) -> String {
    // By whole numbers: what std writes fractions with is a hundredth of the page.
    let hundredths = (value * 100.0).round() as i64;
    let (whole, rest) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    let mut text = String::with_capacity(8);
    if hundredths < 0 {
        text.push('-');
    }
    push_whole(&mut text, whole);
    if rest != 0 {
        text.push('.');
        push_whole(&mut text, rest / 10);
    }
    if rest % 10 != 0 {
        push_whole(&mut text, rest % 10);
    }
    text
}

/// A picture has thousands of numbers: std's way with widths and signs takes twice as long.
fn push_whole(text: &mut String, value: u64) {
    if value >= 10 {
        push_whole(text, value / 10);
    }
    text.push(char::from(b'0' + (value % 10) as u8));
}

impl Node {
    /// A group at a place.
    pub fn group(x: f64, y: f64, class: &str) -> Node {
        Node { tag: "g", class: class.to_owned(), at: Some((x, y)), ..Node::default() }
    }

    /// A rectangle with round corners.
    pub fn rect(area: Area, radius: f64, class: &str) -> Node {
        Node {
            tag: "rect",
            class: class.to_owned(),
            attrs: vec![
                ("x", number(area.x)),
                ("y", number(area.y)),
                ("width", number(area.w)),
                ("height", number(area.h)),
                ("rx", number(radius)),
            ],
            area: Some(area),
            ..Node::default()
        }
    }

    /// A path; it covers no area of its own.
    pub fn path(d: impl Into<String>, class: &str) -> Node {
        Node { tag: "path", class: class.to_owned(), attrs: vec![("d", d.into())], ..Node::default() }
    }

    /// A dot.
    pub fn circle(x: f64, y: f64, radius: f64, class: &str) -> Node {
        Node {
            tag: "circle",
            class: class.to_owned(),
            attrs: vec![("cx", number(x)), ("cy", number(y)), ("r", number(radius))],
            area: Some(Area::new(x - radius, y - radius, radius * 2.0, radius * 2.0)),
            ..Node::default()
        }
    }

    /// Words on a baseline. `end` and `mid` among the classes anchor them there.
    pub fn words(x: f64, y: f64, class: &str, words: impl Into<String>) -> Node {
        let words = words.into();
        let size = size_of(class);
        let width = if class.split(' ').any(|c| c.starts_with("mono")) {
            text::mono_width(&words, size)
        } else {
            text::width(&words, size)
        };
        let left = if has(class, "end") {
            x - width
        } else if ["mid", "val", "key", "off", "hw-text"].iter().any(|c| has(class, c)) {
            x - width / 2.0
        } else {
            x
        };
        Node {
            tag: "text",
            class: class.to_owned(),
            attrs: vec![("x", number(x)), ("y", number(y))],
            text: words,
            area: Some(Area::new(left, y - size * 0.8, width, size)),
            ..Node::default()
        }
    }

    /// With an element inside, after those that are there.
    #[must_use]
    pub fn with(mut self, kid: Node) -> Node {
        self.kids.push(kid);
        self
    }

    /// With elements inside, after those that are there.
    #[must_use]
    pub fn with_all(mut self, kids: impl IntoIterator<Item = Node>) -> Node {
        self.kids.extend(kids);
        self
    }

    /// As this mark, with what a screen reader says.
    #[must_use]
    pub fn named(mut self, mark: &str, label: impl Into<String>) -> Node {
        self.mark = Some(mark.to_owned());
        self.label = Some(label.into());
        self
    }

    /// As a part of a mark that moves with it.
    #[must_use]
    pub fn moving(mut self, mark: impl Into<String>) -> Node {
        self.mark = Some(mark.into());
        self
    }

    /// A named container.
    #[must_use]
    pub fn container(mut self) -> Node {
        self.is_group = true;
        self
    }

    /// Drawn again only when it changed.
    #[must_use]
    pub fn part(mut self) -> Node {
        self.is_part = true;
        self
    }

    /// With one more attribute.
    #[must_use]
    pub fn attr(mut self, name: &'static str, value: impl Into<String>) -> Node {
        self.attrs.push((name, value.into()));
        self
    }

    /// The rectangle around everything inside, in the parent's coordinates.
    pub fn bounds(&self) -> Option<Area> {
        if self.tag == "svg" {
            return None; // water is clipped and fills its track
        }
        let inside = self.kids.iter().filter_map(Node::bounds).chain(self.area).reduce(Area::union)?;
        Some(inside.moved(self.at.unwrap_or_default()))
    }

    /// Calls `see` for this element and everything inside it, with the place of its parent on the stage.
    pub fn walk<'a>(&'a self, origin: (f64, f64), see: &mut dyn FnMut(&'a Node, (f64, f64))) {
        see(self, origin);
        let (x, y) = self.at.unwrap_or_default();
        for kid in &self.kids {
            kid.walk((origin.0 + x, origin.1 + y), see);
        }
    }
}

fn has(class: &str, name: &str) -> bool {
    class.split(' ').any(|c| c == name)
}

/// The size of words by class, as `stage.css` has it.
fn size_of(class: &str) -> f64 {
    let sizes = [
        ("s-big", 22.0),
        ("s-mid", 17.0),
        ("s-name", 15.0),
        ("s-h", 14.0),
        ("s-note", 12.0),
        ("s-dim", 12.0),
        ("off", 12.0),
        ("key", 12.0),
        ("hw-text", 12.0),
        ("leo-text", 12.0),
        ("mono-s", 12.0),
        ("body", 12.0),
        ("is-small", 12.0),
    ];
    sizes.iter().find(|(name, _)| has(class, name)).map_or(13.0, |(_, size)| *size)
}

/// A path through `points` whose corners are round.
pub fn rounded(points: &[(f64, f64)], radius: f64) -> String {
    let mut d = String::new();
    for (index, &(x, y)) in points.iter().enumerate() {
        let Some(&before) = index.checked_sub(1).and_then(|i| points.get(i)) else {
            d.push_str(&format!("M{} {}", number(x), number(y)));
            continue;
        };
        let Some(&after) = points.get(index + 1) else {
            d.push_str(&format!("L{} {}", number(x), number(y)));
            continue;
        };
        let toward = |(tx, ty): (f64, f64)| {
            let (dx, dy) = (tx - x, ty - y);
            let length = (dx * dx + dy * dy).sqrt().max(0.001);
            let part = radius.min(length / 2.0) / length;
            (x + dx * part, y + dy * part)
        };
        let (ax, ay) = toward(before);
        let (bx, by) = toward(after);
        d.push_str(&format!(
            "L{} {}Q{} {} {} {}",
            number(ax),
            number(ay),
            number(x),
            number(y),
            number(bx),
            number(by)
        ));
    }
    d
}

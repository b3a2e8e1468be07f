//! The page's drawn signs.

use yew::prelude::*;

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// To the step before.
    Back,
    /// To the next step.
    Next,
    /// Play.
    Play,
    /// Pause.
    Pause,
    /// More.
    More,
    /// Search.
    Search,
    /// Dark.
    Moon,
    /// Light.
    Sun,
    /// As the system has it.
    Half,
    /// Right.
    Check,
    /// Wrong.
    Cross,
    /// A keyboard.
    Keys,
    /// An eye.
    Eye,
    /// One way that becomes two.
    Fork,
    /// A link.
    Link,
}

/// A sign, 18 units wide, in the colour of the text around it.
pub fn icon(sign: Sign) -> Html {
    let (class, d) = match sign {
        Sign::Back => ("ico", "M11 4L6 9l5 5"),
        Sign::Next => ("ico", "M7 4l5 5-5 5"),
        Sign::Play => ("ico-fill", "M6 4.2v9.6L13.6 9z"),
        Sign::Pause => ("ico-fill", "M5.2 4.2h2.6v9.6H5.2zM10.2 4.2h2.6v9.6h-2.6z"),
        Sign::More => ("ico", "M4 9h.01M9 9h.01M14 9h.01"),
        Sign::Search => ("ico", "M8 13A5 5 0 1 0 8 3a5 5 0 0 0 0 10zM12 12l3 3"),
        Sign::Moon => ("ico", "M15 10.6A6.2 6.2 0 0 1 7.4 3 6.2 6.2 0 1 0 15 10.6z"),
        Sign::Sun => (
            "ico",
            "M9 12.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM9 1.5v1.6M9 14.9v1.6M1.5 9h1.6M14.9 9h1.6M3.7 3.7l1.1 1.1M13.2 13.2l1.1 1.1M14.3 3.7l-1.1 1.1M4.8 13.2l-1.1 1.1",
        ),
        Sign::Half => ("ico", "M9 15.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM9 2.5v13M9 6h4.8M9 9h6.4M9 12h4.8"),
        Sign::Check => ("ico", "M4 9.5l3.2 3.2L14 6"),
        Sign::Cross => ("ico", "M5 5l8 8M13 5l-8 8"),
        Sign::Eye => (
            "ico",
            "M2 9s2.6-4.5 7-4.5S16 9 16 9s-2.6 4.5-7 4.5S2 9 2 9zM9 7.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z",
        ),
        Sign::Fork => ("ico", "M5 3v12M5 10c5 0 8-1.5 8-6M10.5 6.5L13 4l2.5 2.5"),
        Sign::Link => (
            "ico",
            "M7.5 10.5l3-3M8.5 5.5l1.7-1.7a2.8 2.8 0 0 1 4 4L12.5 9.5M9.5 12.5l-1.7 1.7a2.8 2.8 0 0 1-4-4L5.5 8.5",
        ),
        Sign::Keys => ("ico", "M2.5 5h13v8.5h-13zM5.2 7.6h.01M8 7.6h.01M10.8 7.6h.01M13 7.6h.01M5.6 10.8h6.8"),
    };
    html! { <svg viewBox="0 0 18 18" aria-hidden="true"><path {class} {d} /></svg> }
}

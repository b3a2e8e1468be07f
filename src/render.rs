//! The page's picture as one SVG document that stands alone: for `highwater render`, tests and print.

use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use highwater_player::lang::Lang;
use highwater_player::scene::Scene;
use yew::LocalServerRenderer;
use yew::prelude::*;

use crate::options::Theme;
use crate::stage::frame::Frame;
use crate::stage::view;
use crate::stage::{self, Draw, Look};

const TOKENS: &str = include_str!("../styles/tokens.css");
const STYLES: &str = include_str!("../styles/stage.css");

/// The SVG of a scene, `width` CSS px wide, with its styles inside. `panel` keeps only the panels of one kind.
/// `label` gives the accessible name of a mark, as `Player::label` does.
pub fn render_svg(
    scene: &Scene,
    panel: Option<&str>,
    lang: Lang,
    theme: Theme,
    width: u32,
    label: &dyn Fn(&str) -> Option<String>,
) -> String {
    let look = Look::default();
    let picture =
        stage::draw(&Draw { scene, lang, frame: Frame::standalone(f64::from(width)), look: &look, label }, panel);
    let props = view::StageProps {
        picture: Rc::new(picture),
        label: highwater_player::phrase::Phrase::new("interface.stage").say(lang).into(),
    };
    let svg = render::<view::Scene>(props);
    let mut styles = tokens(theme);
    styles.push_str(STYLES);
    styles.push_str("svg.scene { background: var(--paper); }\n");
    svg.replacen("<svg ", &format!("<svg xmlns=\"http://www.w3.org/2000/svg\" lang=\"{}\" ", lang.code()), 1).replacen(
        '>',
        &format!("><style>{}</style>", styles.replace('<', "&lt;").replace("&lt;!--", "")),
        1,
    )
}

/// The tokens of one theme; both, by what the reader prefers, for `auto`.
fn tokens(theme: Theme) -> String {
    let dark = "\n:root[data-theme=\"dark\"] {";
    match theme {
        Theme::Auto => TOKENS.to_owned(),
        Theme::Light => TOKENS.split("@media (prefers-color-scheme").next().unwrap_or_default().to_owned(),
        Theme::Dark => {
            let light = TOKENS.split("@media (prefers-color-scheme").next().unwrap_or_default();
            let rest = TOKENS.split(dark).nth(1).and_then(|rest| rest.split_inclusive('}').next()).unwrap_or_default();
            format!("{light}\n:root {{{rest}\n")
        }
    }
}

/// A component as text, without the marks that hydration needs.
pub fn render<C: BaseComponent>(props: C::Properties) -> String
where
    C::Properties: Clone,
{
    block_on(LocalServerRenderer::<C>::with_props(props).hydratable(false).render())
}

/// Runs a future that waits for nothing but itself.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

//! The page's picture as one SVG document that stands alone: for `highwater render`, tests and print.

use std::future::Future;
use std::pin::pin;
use std::task::{self, Poll, Waker};

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
    let label = highwater_player::phrase::Phrase::new("interface.stage").say(lang);
    let svg = render(view::scene(&view::StageProps { picture: &picture, dispatch: None, label: &label }));
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

/// Elements as text, without the marks that hydration needs.
pub fn render(html: Html) -> String {
    block_on(LocalServerRenderer::<Root>::with_props(RootProps { html }).hydratable(false).render())
}

#[derive(Properties, PartialEq, Clone)]
struct RootProps {
    html: Html,
}

/// Yew renders components, and the page's parts are functions.
struct Root;

impl Component for Root {
    type Message = ();
    type Properties = RootProps;

    fn create(_: &Context<Root>) -> Root {
        Root
    }

    fn view(&self, context: &Context<Root>) -> Html {
        context.props().html.clone()
    }
}

/// Runs a future that waits for nothing but itself.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = task::Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

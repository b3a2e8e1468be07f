//! The page's components rendered natively to text.

use highwater_player::lang::Lang;

use crate::options::Theme;
use crate::{fixtures, render};

#[test]
fn dump() {
    let Ok(folder) = std::env::var("LOOK") else { return };
    for (name, scene) in fixtures::all() {
        for lang in Lang::ALL {
            for (width, theme) in [(856, Theme::Light), (736, Theme::Dark), (336, Theme::Light), (1016, Theme::Light)] {
                let svg = render::render_svg(&scene, None, lang, theme, width, &|_| None);
                std::fs::write(format!("{folder}/{name}-{}-{width}.svg", lang.code()), svg).unwrap();
            }
        }
    }
}

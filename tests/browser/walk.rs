//! A walk through a scenario by keyboard: to the end and back, looking at every step.

use std::fmt;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::page::strings;
use super::{Page, Site, Theme, View};

/// The languages of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// Chinese.
    Zh,
}

impl Lang {
    /// The code in links.
    pub fn code(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh",
        }
    }
}

const LANGS: [Lang; 2] = [Lang::En, Lang::Zh];
const WIDTHS: [u32; 3] = [360, 768, 1_280];
const THEMES: [Theme; 2] = [Theme::Light, Theme::Dark];

/// Which scenario is walked, and how the page looks meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub struct Walk {
    /// The scenario's id.
    pub scenario: String,
    /// The language.
    pub lang: Lang,
    /// The player's width in CSS px.
    pub width: u32,
    /// The theme, from the link.
    pub theme: Theme,
    /// Whether the system asks for reduced motion.
    pub reduced_motion: bool,
}

/// Every scenario in every language, width and theme.
pub fn whole_matrix(scenarios: &[String]) -> Vec<Walk> {
    let mut walks = Vec::new();
    for scenario in scenarios {
        for lang in LANGS {
            for width in WIDTHS {
                for theme in THEMES {
                    walks.push(Walk {
                        scenario: scenario.clone(),
                        lang,
                        width,
                        theme,
                        reduced_motion: walks.len() % 2 == 1,
                    });
                }
            }
        }
    }
    walks
}

/// Every scenario at least once, turned so that each language, width, theme and kind of motion comes up; while there are few
/// scenarios, each of them three times.
pub fn spread(scenarios: &[String]) -> Vec<Walk> {
    let rounds = if scenarios.len() < 6 { 3 } else { 1 };
    let mut walks = Vec::new();
    for round in 0..rounds {
        for (place, scenario) in scenarios.iter().enumerate() {
            let turn = place + round;
            walks.push(Walk {
                scenario: scenario.clone(),
                lang: if turn % 2 == 0 { Lang::En } else { Lang::Zh },
                width: match turn % 3 {
                    0 => 360,
                    1 => 768,
                    _ => 1_280,
                },
                theme: if (place + round / 2) % 2 == 0 { Theme::Light } else { Theme::Dark },
                reduced_motion: turn % 2 == 1,
            });
        }
    }
    walks
}

impl Walk {
    /// Opens the scenario at its first step, goes to the end with the right arrow key and back with the left one. At every
    /// step the layout must be right, on the way there axe must find nothing, and on the way back the drawing must say what it
    /// said on the way there. Leaves a picture of every step.
    ///
    /// # Errors
    /// When the walk cannot go on, or all that was wrong on the way.
    pub fn run(&self, site: &Site) -> Result<()> {
        let view = View { theme: self.theme, reduced_motion: self.reduced_motion, ..View::default() };
        let page = site.page(view.at_width(self.width))?;
        let mut problems = Problems::default();
        let walked = self.walk(&page, &mut problems);
        problems.add("console", page.problems());
        if let Err(error) = walked {
            problems.add("the walk ends", [format!("{error:#}")]);
        }
        ensure!(problems.0.is_empty(), "{self}:{problems}");
        Ok(())
    }

    fn walk(&self, page: &Page<'_>, problems: &mut Problems) -> Result<()> {
        let (scenario, lang, theme) = (&self.scenario, self.lang.code(), self.theme.name());
        page.go(&format!("#/{scenario}?step=1&lang={lang}&theme={theme}"))?;
        arrive(page, 1)?;
        let steps = page.evaluate("Number(document.querySelector('[data-player]').dataset.steps)")?;
        let steps = steps.as_u64().filter(|steps| *steps > 0).context("the player says no number of steps")?;
        let spoken = page.evaluate("document.documentElement.lang")?;
        if spoken != lang {
            problems.add("1", [format!("the page says that its language is {spoken}")]);
        }
        let mut drawn = Vec::new();
        for step in 1..=steps {
            if step > 1 {
                self.press(page, "ArrowRight", step, problems)?;
            }
            problems.add(&format!("{step}"), page.layout_problems()?);
            problems.add(&format!("{step}"), page.axe_violations()?.unwrap_or_default());
            page.screenshot(&format!("{scenario}/{lang}-{}-{theme}-{step:02}", self.width))?;
            drawn.push((step, strings(&page.evaluate(DRAWN)?)?));
        }
        self.press(page, "ArrowRight", steps, problems)?;
        for (step, there) in drawn.iter().rev().skip(1) {
            self.press(page, "ArrowLeft", *step, problems)?;
            problems.add(&format!("back {step}"), page.layout_problems()?);
            let back = strings(&page.evaluate(DRAWN)?)?;
            if let Some((there, back)) = difference(there, &back) {
                problems.add(&format!("{step}"), [format!("says “{there}”, and on the way back “{back}”")]);
            }
        }
        Ok(())
    }

    /// Presses a key and waits until the player rests at `step`.
    fn press(&self, page: &Page<'_>, key: &str, step: u64, problems: &mut Problems) -> Result<()> {
        page.press(key)?;
        if self.reduced_motion && page.evaluate(MOVES)? == Value::Bool(true) {
            problems.add(&format!("{step}"), ["something moves, with reduced motion".to_owned()]);
        }
        arrive(page, step).with_context(|| format!("{key} to step {step}"))
    }
}

/// How many steps are named for one problem.
const PLACES_MAX: usize = 6;

/// What was wrong, and at which steps.
#[derive(Debug, Default)]
struct Problems(Vec<(String, Vec<String>)>);

impl Problems {
    fn add(&mut self, place: &str, found: impl IntoIterator<Item = String>) {
        for what in found {
            match self.0.iter_mut().find(|(known, _)| *known == what) {
                Some((_, places)) => places.push(place.to_owned()),
                None => self.0.push((what, vec![place.to_owned()])),
            }
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, places) in &self.0 {
            let some = places.get(..PLACES_MAX).unwrap_or(places).join(", ");
            let more = match places.len().saturating_sub(PLACES_MAX) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            write!(f, "\n  step {some}{more}: {what}")?;
        }
        Ok(())
    }
}

/// Every text that shows in the drawing, in order. The mark of a question is not part of what a step says: on the way back it
/// is answered.
const DRAWN: &str = "[...document.querySelectorAll('[data-player] svg text')] \
     .filter((text) => text.textContent !== '?' && text.checkVisibility({ opacityProperty: true, visibilityProperty: true })) \
     .map((text) => text.textContent)";

/// Where two lists of texts differ: what stands there in each, from the first difference to the last.
fn difference(there: &[String], back: &[String]) -> Option<(String, String)> {
    if there == back {
        return None;
    }
    let same = |(a, b): &(&String, &String)| a == b;
    let before = there.iter().zip(back).take_while(same).count();
    let (there, back) = (there.get(before..)?, back.get(before..)?);
    let after = there.iter().rev().zip(back.iter().rev()).take_while(same).count();
    let middle = |texts: &[String]| texts.get(..texts.len() - after).unwrap_or_default().join(" ");
    Some((middle(there), middle(back)))
}

/// Whether an animation with a duration runs.
const MOVES: &str = "document.getAnimations().some((one) => one.playState === 'running' && one.effect.getComputedTiming().duration > 0)";

/// Waits until the player rests at `step` and the picture is on the screen.
///
/// # Errors
/// When it does not get there in time.
pub fn arrive(page: &Page<'_>, step: u64) -> Result<()> {
    page.wait_until(&format!(
        "(({{ dataset }}) => dataset.step === '{step}' && dataset.busy === 'false')(document.querySelector('[data-player]') ?? document.body)"
    ))?;
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")?;
    Ok(())
}

impl fmt::Display for Walk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let motion = if self.reduced_motion { "reduced motion" } else { "motion" };
        let (scenario, lang, width, theme) = (&self.scenario, self.lang.code(), self.width, self.theme.name());
        write!(f, "{scenario} in {lang} at {width} px, {theme}, {motion}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_scenarios_still_cover_every_language_width_theme_and_motion() {
        let walks = spread(&["key-hash".to_owned(), "hw-two-rounds".to_owned()]);
        for lang in LANGS {
            assert!(walks.iter().any(|walk| walk.lang == lang));
        }
        for width in WIDTHS {
            assert!(walks.iter().any(|walk| walk.width == width));
        }
        for theme in THEMES {
            assert!(walks.iter().any(|walk| walk.theme == theme));
        }
        assert!(walks.iter().any(|walk| walk.reduced_motion) && walks.iter().any(|walk| !walk.reduced_motion));
        assert_eq!(walks.len(), 6);
    }

    #[test]
    fn a_difference_is_told_without_what_is_the_same() {
        let texts = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(difference(&texts("a b c"), &texts("a b c")), None);
        let found = difference(&texts("a b c d"), &texts("a x y d"));
        assert_eq!(found, Some(("b c".to_owned(), "x y".to_owned())));
        assert_eq!(difference(&texts("a a"), &texts("a")), Some(("a".to_owned(), String::new())));
    }

    #[test]
    fn the_whole_matrix_has_twelve_walks_a_scenario() {
        assert_eq!(whole_matrix(&["key-hash".to_owned()]).len(), 12);
    }
}

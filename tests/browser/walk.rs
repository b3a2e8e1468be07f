//! A walk through a scenario by keyboard: to the end and back, looking at every step.

use std::fmt;

use anyhow::{Context, Result, bail};
use serde_json::Value;

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
                theme: if (place + round / 2) % 2 == 0 {
                    Theme::Light
                } else {
                    Theme::Dark
                },
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
        let view = View {
            theme: self.theme,
            reduced_motion: self.reduced_motion,
            ..View::default()
        };
        let page = site.page(view.at_width(self.width))?;
        let mut problems = Vec::new();
        let walked = self.walk(&page, &mut problems).with_context(|| self.to_string());
        problems.extend(page.problems());
        walked.map_err(|error| {
            if problems.is_empty() {
                error
            } else {
                error.context(problems.join("\n  "))
            }
        })?;
        if !problems.is_empty() {
            bail!("{self}:\n  {}", problems.join("\n  "));
        }
        Ok(())
    }

    fn walk(&self, page: &Page<'_>, problems: &mut Vec<String>) -> Result<()> {
        let (scenario, lang, theme) = (&self.scenario, self.lang.code(), self.theme.name());
        page.go(&format!("#/{scenario}?step=1&lang={lang}&theme={theme}"))?;
        arrive(page, 1)?;
        let steps = page.evaluate("Number(document.querySelector('[data-player]').dataset.steps)")?;
        let steps = steps
            .as_u64()
            .filter(|steps| *steps > 0)
            .context("the player says no number of steps")?;
        let spoken = page.evaluate("document.documentElement.lang")?;
        if spoken != lang {
            problems.push(format!("the page says that its language is {spoken}"));
        }
        let mut drawn = Vec::new();
        for step in 1..=steps {
            if step > 1 {
                self.press(page, "ArrowRight", step, problems)?;
            }
            let mut found = page.layout_problems()?;
            found.extend(page.axe_violations()?.unwrap_or_default());
            problems.extend(found.iter().map(|problem| format!("step {step}: {problem}")));
            page.screenshot(&format!("{scenario}/{lang}-{}-{theme}-{step:02}", self.width))?;
            drawn.push((step, page.evaluate(DRAWN)?));
        }
        self.press(page, "ArrowRight", steps, problems)?;
        for (step, there) in drawn.iter().rev().skip(1) {
            self.press(page, "ArrowLeft", *step, problems)?;
            let found = page.layout_problems()?;
            problems.extend(found.iter().map(|problem| format!("back at step {step}: {problem}")));
            let back = page.evaluate(DRAWN)?;
            if back != *there {
                problems.push(format!("step {step} said {there}, and on the way back it says {back}"));
            }
        }
        Ok(())
    }

    /// Presses a key and waits until the player rests at `step`.
    fn press(&self, page: &Page<'_>, key: &str, step: u64, problems: &mut Vec<String>) -> Result<()> {
        page.press(key)?;
        if self.reduced_motion && page.evaluate(MOVES)? == Value::Bool(true) {
            problems.push(format!(
                "something moves on the way to step {step}, with reduced motion"
            ));
        }
        arrive(page, step).with_context(|| format!("{key} to step {step}"))
    }
}

/// Every word of the drawing, in order.
const DRAWN: &str =
    "[...document.querySelectorAll('[data-player] svg text')].map((text) => text.textContent).join(' ')";

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
        let motion = if self.reduced_motion {
            "reduced motion"
        } else {
            "motion"
        };
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
    fn the_whole_matrix_has_twelve_walks_a_scenario() {
        assert_eq!(whole_matrix(&["key-hash".to_owned()]).len(), 12);
    }
}

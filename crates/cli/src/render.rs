//! `highwater render`.

use std::path::PathBuf;

use clap::Args;
use highwater::options::Theme;
use highwater::render::render_svg;
use highwater::stage::{KINDS, kind};
use highwater_player::command::Command;
use highwater_player::lang::Lang;
use highwater_player::playback::Player;
use serde::Serialize;

use crate::failure::Failure;
use crate::input::{Course, Translation, lang, load, step_number};
use crate::output::Out;

/// Draw a step as the page does: one SVG with its styles inside, which stands alone.
#[derive(Args)]
#[command(after_help = "\
Examples:
  highwater render hw-two-rounds --step burst -o burst.svg
  highwater render key-hash --step 13 --panel partitioner --lang zh --theme dark --width 560 -o -")]
pub struct Render {
    /// The scenario: id, folder, file, or - for standard input.
    #[arg(value_name = "FILE|ID")]
    scenario: String,

    /// The step: its number or id.
    #[arg(long, value_name = "N")]
    step: String,

    /// Only this panel of those that the step shows.
    #[arg(long, value_name = "P", value_parser = KINDS)]
    panel: Option<String>,

    /// The language: en or zh.
    #[arg(long, default_value = "en", value_parser = lang)]
    lang: Lang,

    /// light, dark, or auto for what the reader's system has.
    #[arg(long, default_value = "auto", value_parser = theme)]
    theme: Theme,

    /// How wide, in CSS pixels.
    #[arg(long, default_value_t = 856, value_name = "W", value_parser = clap::value_parser!(u32).range(280..=2000))]
    width: u32,

    /// Where to write; - for standard output.
    #[arg(short, long, value_name = "OUT.svg")]
    output: PathBuf,

    #[command(flatten)]
    translation: Translation,
}

#[derive(Serialize)]
struct Written {
    scenario: String,
    step: usize,
    output: String,
    bytes: usize,
}

impl Render {
    /// Writes the picture.
    pub fn run(&self, course: &Course, out: &mut Out) -> Result<(), Failure> {
        let loaded = load(&self.scenario, course, &self.translation)?;
        let name = loaded.name;
        let mut player = Player::with(loaded.scenario).map_err(|error| Failure::input(format!("{name}: {error}")))?;
        let step = step_number(&player, &self.step)?;
        player.dispatch(Command::Seek(step)).map_err(Failure::input)?;
        let scene = player.scene();
        let shown: Vec<&str> = scene.panels.iter().map(kind).collect();
        if let Some(panel) = self.panel.as_deref().filter(|panel| !shown.contains(panel)) {
            return Err(Failure::input(format!(
                "{}: step {step} has no panel {panel}; it shows {}",
                player.id(),
                shown.join(", ")
            )));
        }
        let label = |mark: &str| player.label(mark, self.lang);
        let svg = render_svg(&scene, self.panel.as_deref(), self.lang, self.theme, self.width, &label);
        if self.output.as_os_str() == "-" {
            return out.line(svg);
        }
        let output = self.output.display().to_string();
        std::fs::write(&self.output, &svg)
            .map_err(|error| Failure::input(format!("{output}: cannot be written: {error}")))?;
        let bytes = svg.len();
        if out.json {
            return out.json(&Written { scenario: player.id().to_owned(), step, output, bytes });
        }
        out.line(format!("{output}: {bytes} bytes"))
    }
}

fn theme(code: &str) -> Result<Theme, String> {
    Theme::from_code(code).ok_or_else(|| "the themes are light, dark and auto".to_owned())
}

//! `highwater run`.

use clap::Args;
use highwater_player::command::Command;
use highwater_player::lang::Lang;
use highwater_player::playback::Player;
use highwater_player::words::{Answering, Choice, Inline, Question};
use serde::Serialize;

use crate::failure::Failure;
use crate::input::{Course, Translation, lang, load, step_number};
use crate::output::Out;

/// Run a scenario and print its steps with their words, or its facts.
#[derive(Args)]
#[command(after_help = "\
Examples:
  highwater run hw-two-rounds
  highwater run key-hash --until add --lang zh
  highwater run hw-two-rounds --facts | grep HighWatermarkAdvanced
  highwater run - < packed.json")]
pub struct Run {
    /// The scenario: id, folder, file, or - for standard input.
    #[arg(value_name = "FILE|ID")]
    scenario: String,

    /// Stop after this step: its number or id.
    #[arg(long, value_name = "STEP")]
    until: Option<String>,

    /// Print the facts instead, one JSON object a line.
    #[arg(long)]
    facts: bool,

    /// The language: en or zh.
    #[arg(long, default_value = "en", value_parser = lang)]
    lang: Lang,

    #[command(flatten)]
    translation: Translation,
}

#[derive(Serialize)]
struct StepReport {
    number: usize,
    id: String,
    chapter: String,
    time_us: u64,
    title: String,
    say: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<QuestionReport>,
    /// How many facts there have been by its end.
    facts: usize,
}

#[derive(Serialize)]
struct QuestionReport {
    ask: String,
    /// `choose`, `number` or `point`.
    kind: &'static str,
    /// What a number counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// Of a number the right one alone.
    choices: Vec<String>,
    /// The indexes of the right choices: several of marks, otherwise one.
    right: Vec<usize>,
    why: String,
}

impl Run {
    /// Writes the steps or the facts.
    pub fn run(&self, course: &Course, out: &mut Out) -> Result<(), Failure> {
        let loaded = load(&self.scenario, course, &self.translation)?;
        let name = loaded.name;
        let mut player = Player::with(loaded.scenario).map_err(|error| Failure::input(format!("{name}: {error}")))?;
        let last = self.last_step(&player)?;
        if self.facts {
            return self.facts(&mut player, last, out);
        }
        let mut reports = Vec::new();
        for number in 1..=last {
            seek(&mut player, number)?;
            let report = self.report(&mut player);
            if out.json {
                reports.push(report);
            } else {
                print(&report, player.steps(), out)?;
            }
        }
        if out.json { out.json(&reports) } else { Ok(()) }
    }

    fn last_step(&self, player: &Player) -> Result<usize, Failure> {
        match &self.until {
            None => Ok(player.steps()),
            Some(until) => step_number(player, until),
        }
    }

    fn facts(&self, player: &mut Player, last: usize, out: &mut Out) -> Result<(), Failure> {
        seek(player, last)?;
        let lines = player.facts(self.lang);
        let facts = player.run().history.facts();
        for (fact, line) in facts.iter().zip(lines) {
            let mut json = fact.to_json();
            if let Some(object) = json.as_object_mut() {
                object.insert("step".to_owned(), line.step.into());
                object.insert("sentence".to_owned(), line.sentence.into());
            }
            out.json_line(&json)?;
        }
        Ok(())
    }

    fn report(&self, player: &mut Player) -> StepReport {
        let number = player.step();
        let stops = player.stops(self.lang);
        let stop = stops.iter().find(|stop| stop.number == number);
        let chapters = player.chapters(self.lang);
        let chapter = stop.and_then(|stop| chapters.get(stop.chapter));
        let words = player.words(self.lang);
        // The answer shows once one was given; which one does not matter here.
        let any = player.question(self.lang).map(|question| match question.answering {
            Answering::Number(_) => Command::Number(i64::MIN),
            Answering::Choose | Answering::Point => Command::Answer(0),
        });
        let asks = any.is_some_and(|any| player.dispatch(any).is_ok());
        StepReport {
            number,
            id: stop.map(|stop| stop.id.clone()).unwrap_or_default(),
            chapter: chapter.map(|chapter| chapter.title.clone()).unwrap_or_default(),
            time_us: player.scene().time_us,
            title: plain(&words.title),
            say: plain(&words.say),
            history: words.history,
            question: player.question(self.lang).filter(|_| asks).map(|question| told(&question)),
            facts: player.facts(self.lang).len(),
        }
    }
}

fn seek(player: &mut Player, number: usize) -> Result<(), Failure> {
    player.dispatch(Command::Seek(number)).map_err(Failure::input)?;
    Ok(())
}

fn told(question: &Question) -> QuestionReport {
    let (kind, unit) = match &question.answering {
        Answering::Choose => ("choose", None),
        Answering::Number(unit) => ("number", unit.clone()),
        Answering::Point => ("point", None),
    };
    // What was given in the place of a number is no answer of the scenario's.
    let choices = question.choices.iter().filter(|choice| kind != "number" || choice.right == Some(true));
    let choices: Vec<&Choice> = choices.collect();
    QuestionReport {
        ask: plain(&question.ask),
        kind,
        unit,
        choices: choices.iter().map(|choice| plain(&choice.label)).collect(),
        right: (0_usize..).zip(&choices).filter(|(_, choice)| choice.right == Some(true)).map(|(at, _)| at).collect(),
        why: question.reason.as_deref().map(plain).unwrap_or_default(),
    }
}

fn plain(runs: &[Inline]) -> String {
    runs.iter().map(Inline::text).collect()
}

fn print(report: &StepReport, steps: usize, out: &mut Out) -> Result<(), Failure> {
    if report.number > 1 {
        out.line("")?;
    }
    let (ms, us) = (report.time_us / 1_000, report.time_us % 1_000);
    out.line(format!("{}/{steps} {}  {ms}.{us:03} ms  {}", report.number, report.id, report.chapter))?;
    out.line(format!("  {}", report.title))?;
    out.line(format!("  {}", report.say))?;
    if let Some(question) = &report.question {
        out.line(format!("  ◇ {}", question.ask))?;
        for (index, choice) in question.choices.iter().enumerate() {
            let mark = if question.right.contains(&index) { "✓" } else { "·" };
            let unit = question.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
            out.line(format!("    {mark} {choice}{unit}"))?;
        }
        out.line(format!("    {}", question.why))?;
    }
    Ok(())
}

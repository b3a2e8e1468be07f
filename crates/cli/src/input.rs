//! What commands read: a scenario by file or id, the course around it, lines of standard input.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use highwater_player::expression::nearest;
use highwater_player::lang::Lang;
use highwater_player::playback::Player;
use highwater_player::script::author::{
    Files, Packed, ScenarioError, ScenarioErrors, check, families_of, pack_files, pack_folder,
};
use highwater_player::script::{MAX_PACKED_BYTES, Scenario};

use crate::failure::Failure;

/// Where scenarios are.
#[derive(Args)]
pub struct Course {
    /// The folder with course.toml and the scenarios; by default `scenarios` here or in a folder above.
    #[arg(long = "scenarios", global = true, value_name = "FOLDER")]
    course_folder: Option<PathBuf>,
}

impl Course {
    /// The folder with course.toml.
    pub fn folder(&self) -> Result<PathBuf, Failure> {
        if let Some(folder) = &self.course_folder {
            if folder.join("course.toml").is_file() {
                return Ok(folder.clone());
            }
            return Err(Failure::input(format!("{}: there is no course.toml in this folder", folder.display())));
        }
        let here = std::env::current_dir().map_err(|error| Failure::input(format!("no current folder: {error}")))?;
        for above in here.ancestors() {
            let folder = above.join("scenarios");
            if folder.join("course.toml").is_file() {
                // As one would write it, if it is here.
                return Ok(folder.strip_prefix(&here).map_or_else(|_| folder.clone(), Path::to_path_buf));
            }
        }
        Err(Failure::input(
            "no course: neither here nor in a folder above is there a scenarios/course.toml; name its folder with --scenarios",
        ))
    }

    /// The folder of a scenario of the course.
    fn scenario(&self, id: &str) -> Result<PathBuf, Failure> {
        let folder = self.folder().map_err(|_| {
            Failure::input(format!("{id}: there is no such file, and no course with scenarios around here"))
        })?;
        let found = folder.join(id);
        if found.join("scenario.toml").is_file() && !id.contains(['/', '\\', '.']) {
            return Ok(found);
        }
        let ids = scenario_ids(&folder);
        let help = nearest(id, ids.iter().map(String::as_str))
            .map_or_else(|| format!("the course has {}", ids.join(", ")), |near| format!("did you mean {near}?"));
        Err(Failure::input(format!("{id}: there is no such file and no such scenario; {help}")))
    }
}

/// The ids of all scenarios in a folder, in alphabetical order.
pub fn scenario_ids(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut ids: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("scenario.toml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    ids.sort();
    ids
}

/// The Chinese texts of a scenario that does not come as a folder.
#[derive(Args)]
pub struct Translation {
    /// The Chinese texts, if the scenario comes as TOML on standard input.
    #[arg(long, value_name = "FILE")]
    zh: Option<PathBuf>,
}

/// A scenario and where it came from.
pub struct Loaded {
    /// Its file or folder, or `standard input`.
    pub name: String,
    /// The scenario.
    pub scenario: Scenario,
    packed: Option<Packed>,
}

impl Loaded {
    /// What is wrong when it runs, then what reads badly.
    pub fn complaints(&self) -> (Vec<ScenarioError>, Vec<ScenarioError>) {
        if let Some(packed) = &self.packed {
            return (packed.check(), packed.lints());
        }
        let told = |problem: &dyn std::fmt::Display| ScenarioError::of_file(&self.name, problem.to_string(), None);
        (check(&self.scenario).iter().map(|problem| told(problem)).collect(), Vec::new())
    }
}

/// Reads a scenario: an id, a folder, a scenario.toml, a packed .json, or `-`.
pub fn load(argument: &str, course: &Course, translation: &Translation) -> Result<Loaded, Failure> {
    if argument == "-" {
        let text = standard_input(MAX_PACKED_BYTES)?;
        if text.trim_start().starts_with('{') {
            return open("standard input", &text);
        }
        return from_toml("standard input", text.into_bytes(), translation.zh.as_deref());
    }
    let path = Path::new(argument);
    let is_toml = path.extension().is_some_and(|extension| extension == "toml");
    if path.is_dir() {
        from_folder(path)
    } else if !path.exists() {
        from_folder(&course.scenario(argument)?)
    } else if path.file_name().is_some_and(|name| name == "scenario.toml") {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        from_folder(folder.unwrap_or(Path::new(".")))
    } else if is_toml {
        let beside = path.with_file_name("zh.toml");
        let beside = beside.is_file().then_some(beside);
        let zh = translation.zh.as_deref().or(beside.as_deref());
        from_toml(argument, read(path)?, zh)
    } else {
        let text = String::from_utf8(read(path)?).map_err(|_| {
            Failure::input(format!("{argument}: this is not UTF-8; a scenario is TOML, or JSON when it is packed"))
        })?;
        open(argument, &text)
    }
}

fn from_folder(folder: &Path) -> Result<Loaded, Failure> {
    let packed = pack_folder(folder)?;
    Ok(Loaded { name: folder.display().to_string(), scenario: packed.scenario.clone(), packed: Some(packed) })
}

fn from_toml(name: &str, scenario: Vec<u8>, zh: Option<&Path>) -> Result<Loaded, Failure> {
    let packed = pack_files(Files {
        scenario_name: name.to_owned(),
        scenario,
        translation_name: zh.map_or_else(|| "zh.toml".to_owned(), |zh| zh.display().to_string()),
        translation: zh.map(read).transpose()?,
        ..Files::default()
    })?;
    Ok(Loaded { name: name.to_owned(), scenario: packed.scenario.clone(), packed: Some(packed) })
}

fn open(name: &str, text: &str) -> Result<Loaded, Failure> {
    let scenario = Scenario::checked(text).map_err(|error| Failure::input(format!("{name}: {error}")))?;
    Ok(Loaded { name: name.to_owned(), scenario, packed: None })
}

/// The number of a step by its number or id.
pub fn step_number(player: &Player, step: &str) -> Result<usize, Failure> {
    player.step_number(step).ok_or_else(|| {
        let ids: Vec<String> = player.stops(Lang::En).into_iter().map(|stop| stop.id).collect();
        let help = nearest(step, ids.iter().map(String::as_str)).map_or_else(
            || format!("steps are 1 to {}, or {}", ids.len(), ids.join(", ")),
            |near| format!("did you mean {near}?"),
        );
        Failure::input(format!("{}: there is no step {step:?}; {help}", player.id()))
    })
}

/// The bytes of a file, if they are not too many for a scenario.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure::input(format!("{}: cannot be read: {error}", path.display()));
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if usize::try_from(length).map_or(true, |length| length > MAX_PACKED_BYTES) {
        return Err(too_large(&path.display().to_string(), MAX_PACKED_BYTES));
    }
    std::fs::read(path).map_err(failed)
}

/// All of standard input, at most `most` bytes.
pub fn standard_input(most: usize) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    std::io::stdin()
        .lock()
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::input(format!("standard input: cannot be read: {error}")))?;
    if bytes.len() > most {
        return Err(too_large("standard input", most));
    }
    String::from_utf8(bytes).map_err(|_| Failure::input("standard input: this is not UTF-8"))
}

fn too_large(name: &str, most: usize) -> Failure {
    Failure::input(format!("{name}: has more than {most} bytes; nothing of it was read"))
}

/// The arguments, with `-` replaced by the lines of standard input.
pub fn arguments(given: &[String]) -> Result<Vec<String>, Failure> {
    let mut all = Vec::new();
    for argument in given {
        if argument == "-" {
            let text = standard_input(MAX_PACKED_BYTES)?;
            all.extend(text.lines().map(str::to_owned));
        } else {
            all.push(argument.clone());
        }
    }
    Ok(all)
}

/// A language of the command line.
pub fn lang(code: &str) -> Result<Lang, String> {
    Lang::from_code(code).ok_or_else(|| "the languages are en and zh".to_owned())
}

/// The ids of the families of a course.
pub fn families(folder: &Path) -> Result<Vec<String>, ScenarioErrors> {
    let families = families_of(&folder.join("course.toml"))?;
    Ok(families.into_iter().map(|family| family.id).collect())
}

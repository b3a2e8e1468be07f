//! The side of those who write scenarios: TOML to a checked [`Scenario`], with everything that is wrong told at once, each
//! with file, line and column. Behind the feature `author`; never in a page.

mod build;
mod check;
mod form;
mod lint;
mod read;
mod report;
mod schema;
mod source;

use std::path::Path;

pub use check::check;
pub use report::{ScenarioError, ScenarioErrors};
pub use schema::schema;

use super::place::{Place, Problem};
use super::{FamilyName, Localized, Scenario};
use crate::checked::checks_of;
use crate::lang::Lang;

pub use crate::course::families_of;
pub(crate) use source::Source;

/// The texts that a scenario is made of.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The name of scenario.toml in errors.
    pub scenario_name: String,
    /// scenario.toml.
    pub scenario: Vec<u8>,
    /// The name of zh.toml in errors.
    pub translation_name: String,
    /// zh.toml; none if there is none.
    pub translation: Option<Vec<u8>>,
    /// The families of the course; none if there is no course around the scenario.
    pub families: Option<Vec<FamilyName>>,
    /// The ids of the checks of the course; none if there is no course around the scenario.
    pub checks: Option<Vec<String>>,
    /// The name of the folder, which must be the scenario's id; none if that is not checked.
    pub folder: Option<String>,
}

/// A scenario with the files that it was made of.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The scenario.
    pub scenario: Scenario,
    source: Source,
    translation: Source,
}

impl Packed {
    /// What is not wrong but reads badly or is probably a slip: texts that are too long, translations with other values.
    pub fn lints(&self) -> Vec<ScenarioError> {
        self.located(&lint::lint(&self.scenario))
    }

    /// Runs the scenario and says what does not hold or has no value in it; see [`check`].
    pub fn check(&self) -> Vec<ScenarioError> {
        self.located(&check::check(&self.scenario))
    }

    fn located(&self, problems: &[Problem]) -> Vec<ScenarioError> {
        let errors = problems.iter().map(|problem| locate(&self.source, &self.translation, problem));
        ScenarioErrors::sorted(errors.collect()).0
    }
}

/// Reads the scenario in `folder`: `scenario.toml`, `zh.toml`, and the families from `course.toml` beside the folder.
///
/// # Errors
/// All that is wrong with it.
pub fn pack_folder(folder: &Path) -> Result<Packed, ScenarioErrors> {
    let scenario = Source::read(&folder.join("scenario.toml"))?;
    let translation_path = folder.join("zh.toml");
    let translation = if translation_path.exists() { Some(Source::read(&translation_path)?) } else { None };
    let course = folder.parent().map(|parent| parent.join("course.toml"));
    let families = match course {
        Some(course) if course.exists() => Some(families_of(&course)?),
        _ => None,
    };
    let checked = folder.parent().map(|parent| parent.join("checked.toml")).filter(|path| path.exists());
    let checks = checked.map(|path| checks_of(&path)).transpose()?;
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    pack_files(Files {
        scenario_name: scenario.name,
        scenario: scenario.text.into_bytes(),
        translation_name: translation_path.display().to_string(),
        translation: translation.map(|source| source.text.into_bytes()),
        families,
        checks: checks.map(|checks| checks.into_iter().map(|named| named.id).collect()),
        folder: whole.file_name().map(|name| name.to_string_lossy().into_owned()),
    })
}

/// Makes a scenario of texts that were read somewhere else.
///
/// # Errors
/// All that is wrong with it.
pub fn pack_files(files: Files) -> Result<Packed, ScenarioErrors> {
    let scenario = Source::new(&files.scenario_name, files.scenario)?;
    let has_translation = files.translation.is_some();
    let translation = Source::new(&files.translation_name, files.translation.unwrap_or_default())?;
    let mut errors = Vec::new();
    let tree = scenario.tree().map_err(|found| errors.extend(found)).ok();
    let translation_tree = translation.tree().map_err(|found| errors.extend(found)).ok();
    let form = tree.as_ref().and_then(|tree| read::scenario(&scenario, tree, &mut errors));
    let texts = translation_tree.as_ref().and_then(|tree| read::translation(&translation, tree, &mut errors));
    if !has_translation {
        let help = "write it beside scenario.toml: the same texts in Chinese".to_owned();
        errors.push(ScenarioError::of_file(&files.translation_name, "is missing", Some(help)));
    }
    let (Some(form), Some(texts)) = (form, texts) else {
        return Err(ScenarioErrors::sorted(errors));
    };
    let folder_problem = files.folder.filter(|folder| *folder != form.id).map(|folder| {
        Problem::new(Place::root().key("id"), format!("the folder is called {folder}"))
            .help("a scenario's id is the name of its folder")
    });
    let (mut built, mut problems) =
        build::build(form, texts, has_translation, files.families.as_deref(), files.checks.as_deref());
    problems.extend(folder_problem);
    let told = problems.clone();
    let covered = |problem: &Problem| told.iter().any(|other| covers(&other.place, &problem.place));
    problems.extend(super::validate::validate(&mut built).into_iter().filter(|problem| !covered(problem)));
    if !has_translation {
        problems.retain(|problem| problem.place.lang != Lang::Zh);
    }
    errors.extend(problems.iter().map(|problem| locate(&scenario, &translation, problem)));
    if errors.is_empty() {
        Ok(Packed { scenario: built, source: scenario, translation })
    } else {
        Err(ScenarioErrors::sorted(errors))
    }
}

fn locate(scenario: &Source, translation: &Source, problem: &Problem) -> ScenarioError {
    let source = match problem.place.lang {
        Lang::En => scenario,
        Lang::Zh => translation,
    };
    source.locate(source.tree().ok().as_ref(), problem)
}

/// Whether `inner` lies at or within `outer`.
fn covers(outer: &Place, inner: &Place) -> bool {
    !outer.segments.is_empty() && outer.lang == inner.lang && inner.segments.starts_with(&outer.segments)
}

/// The title of a family that no course names: its id.
fn family_without_course(id: &str) -> FamilyName {
    FamilyName { id: id.to_owned(), title: Localized { en: id.to_owned(), zh: id.to_owned() } }
}

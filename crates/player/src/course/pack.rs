//! A folder of scenarios to what the page loads: `course.toml` and all the scenarios that it names.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use super::Picture;
use super::{Card, Course, Family};
use crate::checked::{Checked, checks_of};
use crate::command::Command;
use crate::expression::nearest;
use crate::lang::Lang;
use crate::playback::Player;
use crate::review::{Asked, questions};
use crate::scene::Scene;
use crate::script::author::{ScenarioError, ScenarioErrors, Source, pack_folder};
use crate::script::{FamilyName, Localized, Place, Problem, Scenario};

/// A course ready for the page.
#[derive(Clone, Debug, Default)]
pub struct PackedCourse {
    /// The home page, in each language.
    pub courses: Vec<(Lang, Course)>,
    /// Each scenario's id and packed JSON, in the order of the course.
    pub scenarios: Vec<(String, String)>,
    /// Words to find each by, by its id.
    pub tags: Vec<(String, Vec<String>)>,
    /// All questions, in the order of the course.
    pub questions: Vec<Asked>,
    /// What of each scenario was checked against Kafka.
    pub checked: Vec<Checked>,
}

/// `course.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CourseForm {
    #[serde(default)]
    family: Vec<FamilyForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FamilyForm {
    id: String,
    title: Localized,
    line: Localized,
    #[serde(default)]
    scenarios: Vec<String>,
}

/// Packs `course.toml` in `folder` and all scenarios beside it, each checked as `highwater check` does but for the lints.
///
/// # Errors
/// All that is wrong with any of them, a folder that the course does not name, and a name without a folder.
pub fn pack_course(folder: &Path) -> Result<PackedCourse, ScenarioErrors> {
    let source = Source::read(&folder.join("course.toml"))?;
    let form = read(&source)?;
    let mut errors = Vec::new();
    let mut listed = BTreeSet::new();
    let folders = folders(folder)?;
    let checks = checks_of(&folder.join("checked.toml"))?;
    let mut packed = PackedCourse::default();
    let mut families = Vec::new();
    for (number, family) in form.family.into_iter().enumerate() {
        let mut cards = Vec::new();
        for (index, id) in family.scenarios.iter().enumerate() {
            let place = Place::root().key("family").index(number).key("scenarios").index(index);
            let known = folders.iter().map(String::as_str);
            if !folders.contains(id) {
                let help = nearest(id, known)
                    .map_or_else(|| format!("make one: highwater new {id}"), |near| format!("did you mean {near}?"));
                errors.push(locate(&source, &Problem::new(place, format!("there is no scenario {id:?}")).help(help)));
                continue;
            }
            if !listed.insert(id.clone()) {
                let problem = Problem::new(place, format!("{id} stands here a second time")).help("once is enough");
                errors.push(locate(&source, &problem));
                continue;
            }
            match pack_one(&folder.join(id)) {
                Ok((scenario, picture, json)) => {
                    if scenario.family.id != family.id {
                        let message = format!("{id} says that it belongs to {}", scenario.family.id);
                        let problem = Problem::new(place.clone(), message).help("move it, or change its family");
                        errors.push(locate(&source, &problem));
                    }
                    let named = |id: &String| checks.iter().find(|named| named.id == *id);
                    let found = scenario.checks.iter().filter_map(named).map(|named| named.check.clone());
                    packed.checked.push(Checked { scenario: id.clone(), checks: found.collect() });
                    match questions(&scenario) {
                        Ok(asked) => packed.questions.extend(asked),
                        Err(message) => errors.push(locate(&source, &Problem::new(place, message))),
                    }
                    packed.tags.push((id.clone(), scenario.tags.clone()));
                    cards.push((scenario, picture));
                    packed.scenarios.push((id.clone(), json));
                }
                Err(found) => errors.extend(found.0),
            }
        }
        families.push((family, cards));
    }
    packed.courses = Lang::ALL.map(|lang| (lang, course_in(lang, &families))).into();
    for id in folders.iter().filter(|id| !listed.contains(*id)) {
        let problem = Problem::new(Place::root(), format!("the scenario {id} is in no family"))
            .help("add it to the scenarios of one");
        errors.push(locate(&source, &problem));
    }
    if errors.is_empty() { Ok(packed) } else { Err(ScenarioErrors(errors)) }
}

/// The families that a `course.toml` names.
///
/// # Errors
/// A file that cannot be read or is not of this form.
pub fn families_of(path: &Path) -> Result<Vec<FamilyName>, ScenarioErrors> {
    let source = Source::read(path)?;
    let form = read(&source)?;
    let name = |family: FamilyForm| FamilyName { id: family.id, title: family.title };
    Ok(form.family.into_iter().map(name).collect())
}

fn read(source: &Source) -> Result<CourseForm, ScenarioErrors> {
    source.tree().map_err(ScenarioErrors)?;
    toml::from_str(&source.text).map_err(|error| source.toml_error(&error, "").into())
}

fn locate(source: &Source, problem: &Problem) -> ScenarioError {
    source.locate(source.tree().ok().as_ref(), problem)
}

/// The names of the folders with a scenario.
fn folders(folder: &Path) -> Result<BTreeSet<String>, ScenarioErrors> {
    let failed = |error: std::io::Error| {
        ScenarioErrors::of_file(folder.display().to_string(), format!("cannot be read: {error}"), None)
    };
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().join("scenario.toml").exists() {
            names.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

fn pack_one(folder: &Path) -> Result<(Scenario, Picture, String), ScenarioErrors> {
    let packed = pack_folder(folder)?;
    let findings = packed.check();
    if !findings.is_empty() {
        return Err(ScenarioErrors(findings));
    }
    let failed = |error: &dyn std::fmt::Display| {
        ScenarioErrors::of_file(folder.display().to_string(), format!("cannot be packed: {error}"), None)
    };
    let json = packed.scenario.to_json().map_err(|error| failed(&error))?;
    let picture = picture(&packed.scenario).map_err(|error| failed(&error))?;
    Ok((packed.scenario, Picture::of(&picture), json))
}

/// The picture of the decisive moment.
fn picture(scenario: &Scenario) -> Result<Scene, String> {
    let mut player = Player::with(scenario.clone()).map_err(|error| error.to_string())?;
    let step = scenario.picture.saturating_add(1);
    player.dispatch(Command::Seek(step)).map_err(|error| error.to_string())?;
    Ok((*player.scene()).clone())
}

fn course_in(lang: Lang, families: &[(FamilyForm, Vec<(Scenario, Picture)>)]) -> Course {
    let family = |(family, scenarios): &(FamilyForm, Vec<(Scenario, Picture)>)| Family {
        id: family.id.clone(),
        title: family.title.get(lang).to_owned(),
        line: family.line.get(lang).to_owned(),
        scenarios: scenarios.iter().map(|(scenario, picture)| card(lang, scenario, picture)).collect(),
    };
    Course { families: families.iter().map(family).collect() }
}

fn card(lang: Lang, scenario: &Scenario, picture: &Picture) -> Card {
    Card {
        id: scenario.id.clone(),
        title: scenario.title.get(lang).to_owned(),
        hook: scenario.hook.get(lang).to_owned(),
        minutes: scenario.minutes,
        steps: scenario.steps.len(),
        essential: scenario.essential,
        picture: Some(picture.clone()),
    }
}

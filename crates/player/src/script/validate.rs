//! What must be so in every scenario, whoever wrote it. Binds all expressions on the way.

mod cluster;
mod compared;
mod faults;
mod groups;
mod marks;
mod steps;

use super::{Action, ConfigOwner, Configs, Localized, MAX_ENTRIES, MAX_STEPS, Place, Problem, Scenario};
use crate::expression::{Expression, Names, Type, nearest};
use crate::lang::Lang;
use crate::template::{MAX_TEXT, Template};

/// The longest id.
const MAX_ID: usize = 64;
/// The most words to find a scenario by.
const MAX_TAGS: usize = 32;

/// All that is wrong, in the order of the file. The scenario's expressions are bound if nothing is.
pub(crate) fn validate(scenario: &mut Scenario) -> Vec<Problem> {
    let mut checker = Checker { names: names(scenario), problems: Vec::new() };
    checker.head(scenario);
    checker.cluster(&scenario.cluster);
    checker.topics(scenario);
    checker.clients(scenario);
    checker.definitions(&scenario.definitions);
    checker.knobs(scenario);
    checker.compare(scenario);
    checker.chapters(scenario);
    checker.steps(scenario);
    checker.problems
}

/// What the names in the scenario's expressions can mean; the definitions are added later.
fn names(scenario: &Scenario) -> Names {
    let mut names = Names::default();
    names.brokers = scenario.cluster.brokers;
    names.facts = super::FACT_NAMES;
    for topic in &scenario.topics {
        // A topic without partitions is told once, not at every use.
        names.topics.push((topic.name.clone(), topic.partitions.max(1)));
    }
    for step in &scenario.steps {
        for action in &step.actions {
            if let Action::AddPartitions { topic, total } = action
                && let Some((_, count)) = names.topics.iter_mut().find(|(name, _)| name == topic)
            {
                *count = (*count).max(*total);
            }
        }
    }
    names.producers.extend(scenario.producers.iter().map(|producer| producer.id.clone()));
    names.consumers.extend(scenario.consumers.iter().map(|consumer| consumer.id.clone()));
    for group in scenario.consumers.iter().filter_map(|consumer| consumer.group.as_ref()) {
        if !names.groups.contains(&group.id) {
            names.groups.push(group.id.clone());
        }
    }
    names
}

struct Checker {
    names: Names,
    problems: Vec<Problem>,
}

impl Checker {
    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn say(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.problem(Problem::new(place, message).help(help));
    }

    fn head(&mut self, scenario: &mut Scenario) {
        let root = Place::root();
        self.id(&root.key("id"), &scenario.id);
        self.plain(&root.key("title"), &scenario.title);
        self.plain(&root.key("hook"), &scenario.hook);
        self.id(&root.key("family"), &scenario.family.id);
        self.plain(&root.key("family"), &scenario.family.title);
        if !(1..=60).contains(&scenario.minutes) {
            self.say(root.key("minutes"), format!("{} minutes", scenario.minutes), "a scenario takes 1 to 60 minutes");
        }
        let version =
            scenario.kafka.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
        if !version || scenario.kafka.len() > 16 {
            self.say(
                root.key("kafka"),
                format!("{:?} is not a version of Kafka", scenario.kafka),
                "for example \"4.3\"",
            );
        }
        if scenario.tags.len() > MAX_TAGS {
            self.say(root.key("tags"), format!("{} tags", scenario.tags.len()), format!("at most {MAX_TAGS}"));
        }
        for (index, tag) in scenario.tags.iter().enumerate().take(MAX_TAGS) {
            self.words(&root.key("tags").index(index), tag);
        }
        if scenario.picture >= scenario.steps.len() {
            self.say(root.key("picture"), "there is no such step", "name the step with the decisive moment");
        }
    }

    fn definitions(&mut self, definitions: &[(String, Expression)]) {
        if let Err(problems) = self.names.define(definitions) {
            for (index, problem) in problems {
                let name = definitions.get(index).map_or("", |(name, _)| name.as_str());
                let place = Place::root().key("let").key(name);
                self.problem(Problem::of_text(place, problem));
            }
        }
    }

    fn chapters(&mut self, scenario: &Scenario) {
        let place = Place::root().key("chapter");
        let mut seen = Vec::new();
        let count = scenario.chapters.len();
        if count == 0 || count > MAX_STEPS {
            self.say(place.clone(), format!("{count} chapters"), "every step belongs to one, and each has a step");
        }
        for (index, chapter) in scenario.chapters.iter().enumerate().take(MAX_STEPS) {
            let here = place.index(index);
            self.id(&here.key("id"), &chapter.id);
            if !is_new(&mut seen, &chapter.id) {
                self.say(here.key("id"), format!("a second chapter {}", chapter.id), "ids are unique");
            }
            for lang in Lang::ALL {
                let place = chapter_title(&here, &chapter.id, lang);
                self.words(&place, chapter.title.get(lang));
            }
            if !scenario.steps.iter().any(|step| step.chapter == index) {
                self.say(here, format!("no step belongs to chapter {}", chapter.id), "give it one, or leave it out");
            }
        }
    }

    fn configs(&mut self, place: &Place, configs: &Configs, owner: ConfigOwner) {
        if configs.len() > MAX_ENTRIES {
            self.say(place.clone(), format!("{} configs", configs.len()), format!("at most {MAX_ENTRIES}"));
        }
        for (key, problem) in owner.check(configs) {
            let place = key.map_or_else(|| place.clone(), |key| place.key(&key));
            self.problem(Problem::new(place, problem));
        }
    }

    /// A partition or topic that exists; `counts` are the numbers of partitions now, if not the largest ever.
    fn partition(&mut self, place: &Place, topic: &str, partition: Option<i32>, counts: Option<&steps::Counts>) {
        let known = counts.map_or_else(|| self.names.topic(topic), |counts| steps::count(counts, topic));
        let Some(count) = known else {
            if counts.is_some() && self.names.topic(topic).is_some() {
                let message = format!("topic {} is not there at this moment", short(topic));
                return self.say(place.clone(), message, "{ create_topic = { topic } } makes it");
            }
            return self.unknown(place, "topic", topic);
        };
        if let Some(partition) = partition
            && !(0..count).contains(&partition)
        {
            let last = count.saturating_sub(1);
            let message = format!("{} has no partition {partition}", short(topic));
            self.say(place.clone(), message, format!("its partitions are 0 to {last} here"));
        }
    }

    /// Tells that there is no such topic, producer, consumer or client, and which one was meant.
    fn unknown(&mut self, place: &Place, what: &str, name: &str) {
        let names = &self.names;
        let candidates: Vec<&str> = match what {
            "topic" => names.topic_names().collect(),
            "producer" => names.producers.iter().map(String::as_str).collect(),
            "consumer" => names.consumers.iter().map(String::as_str).collect(),
            "group" => names.groups.iter().map(String::as_str).collect(),
            _ => names.clients().collect(),
        };
        let problem = Problem::new(place.clone(), format!("no {what} is called {:?}", short(name)));
        let problem = match (nearest(name, candidates.iter().copied()), candidates.as_slice()) {
            (Some(near), _) => problem.help(format!("did you mean {near:?}?")),
            (None, []) => problem.help(format!("add [[{}]]", if what == "client" { "producer" } else { what })),
            (None, few) => {
                problem.help(format!("there is {}", few.iter().take(8).copied().collect::<Vec<_>>().join(", ")))
            }
        };
        self.problem(problem);
    }

    fn id(&mut self, place: &Place, id: &str) {
        if !is_kebab(id) || id.len() > MAX_ID {
            self.say(
                place.clone(),
                format!("{:?} is not an id", short(id)),
                "an id has small letters, digits and single hyphens between them, at most 64",
            );
        }
    }

    /// A text without values, in both languages.
    fn plain(&mut self, place: &Place, text: &Localized) {
        for lang in Lang::ALL {
            let place = match lang {
                Lang::En => place.clone(),
                Lang::Zh => translated(&["scenario"], place, 0),
            };
            self.words(&place, text.get(lang));
        }
    }

    fn words(&mut self, place: &Place, text: &str) {
        let count = text.chars().count();
        if text.trim().is_empty() {
            self.say(place.clone(), "this text is empty", "write it, or leave the key out if it is optional");
        } else if count > MAX_TEXT {
            self.say(place.clone(), format!("this text has {count} characters"), format!("at most {MAX_TEXT}"));
        }
    }

    /// A text with values, in both languages.
    fn template(&mut self, place: impl Fn(Lang) -> Place, text: &mut Localized<Template>) {
        for lang in Lang::ALL {
            let place = place(lang);
            let template = text.get_mut(lang);
            if template.source().trim().is_empty() {
                self.say(place.clone(), "this text is empty", "write it, or leave the key out if it is optional");
            }
            if let Err(problems) = template.bind(&self.names) {
                for problem in problems {
                    self.problem(Problem::of_text(place.clone(), problem));
                }
            }
            let unknown: Vec<Problem> = template
                .terms_with_places()
                .filter_map(|(id, span)| {
                    let (message, help) = unknown_term(id)?;
                    let mut problem = Problem::new(place.clone(), message);
                    problem.span = Some(span);
                    problem.help = help;
                    Some(problem)
                })
                .collect();
            self.problems.extend(unknown);
        }
    }

    /// An expression with a value of type `wanted`.
    fn expression(&mut self, place: &Place, expression: &mut Expression, wanted: Type) {
        match expression.bind(&self.names) {
            Ok(found) if found == wanted || found == Type::Any || wanted == Type::Any => {}
            Ok(found) => {
                let help = match wanted {
                    Type::Truth => "a condition is something like hw(orders-0) == 1".to_owned(),
                    _ => format!("it must be {wanted}"),
                };
                self.say(place.clone(), format!("this is {found}, not {wanted}"), help);
            }
            Err(problems) => {
                for problem in problems {
                    self.problem(Problem::of_text(place.clone(), problem));
                }
            }
        }
    }
}

/// Why this is no term of the glossary; none if it is one.
fn unknown_term(id: &str) -> Option<(String, Option<String>)> {
    if crate::glossary::contains(id) {
        return None;
    }
    let help = nearest(id, crate::glossary::TERMS.iter().copied()).map(|near| format!("did you mean {near}?"));
    let help = help.unwrap_or_else(|| "add it to locales/glossary.en.yml and glossary.zh.yml".to_owned());
    Some((format!("the glossary has no term {:?}", short(id)), Some(help)))
}

/// The place of a text in the file of translations: below `table`, the last `keep` + 1 segments of `place`.
fn translated(table: &[&str], place: &Place, keep: usize) -> Place {
    let mut translated = Place::root().lang(Lang::Zh);
    for key in table {
        translated = translated.key(key);
    }
    let from = place.segments.len().saturating_sub(keep.saturating_add(1));
    translated.segments.extend(place.segments.iter().skip(from).cloned());
    translated
}

/// Where the title of a chapter stands.
fn chapter_title(english: &Place, id: &str, lang: Lang) -> Place {
    match lang {
        Lang::En => english.key("title"),
        Lang::Zh => Place::root().lang(lang).key("chapter").key(id),
    }
}

/// Whether an id comes for the first time; notes it. The ids are few.
fn is_new(seen: &mut Vec<String>, id: &str) -> bool {
    let is_new = !seen.iter().any(|known| known == id);
    if is_new {
        seen.push(id.to_owned());
    }
    is_new
}

/// Small letters and digits, single hyphens between them.
fn is_kebab(id: &str) -> bool {
    let letters = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    id.split('-').all(letters)
}

/// The beginning of a text that may be long, for a message.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 40;
    let mut beginning: String = text.chars().take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        beginning.push('…');
    }
    beginning
}

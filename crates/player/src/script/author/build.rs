//! From forms to a scenario: defaults, inheritance, and the two languages side by side.

mod compared;
mod texts;

use super::form::{
    ChapterForm, ConsumerForm, FieldForm, FromForm, MovesOrFalse, NumberOrFalse, ScenarioForm, ShowForm, StartForm,
    StepForm, TextOrFalse, TranslationForm, UntilForm,
};
use crate::expression::{Expression, nearest};
use crate::lang::Lang;
use crate::script::place::{Place, Problem};
use crate::script::{
    Action, Chapter, Cluster, Consumer, FactWanted, FamilyName, FilesShow, Localized, PanelKind, Producer, SECONDS,
    Scenario, Show, Stage, StartAt, Step, Topic, Until, WITHIN_MS, partition_from_name,
};
use highwater_sim::ids::TopicPartition;

/// The scenario, with a stand-in for everything that could not be made, and the problems that say so.
pub(super) fn build(
    form: ScenarioForm,
    texts: TranslationForm,
    has_translation: bool,
    families: Option<&[FamilyName]>,
    checks: Option<&[String]>,
) -> (Scenario, Vec<Problem>) {
    let mut builder = Builder { texts, tells_missing: has_translation, problems: Vec::new() };
    builder.superfluous(&form);
    builder.checked(&form.checked, checks);
    let scenario = builder.scenario(form, families);
    (scenario, builder.problems)
}

struct Builder {
    texts: TranslationForm,
    /// A missing text is told by itself: not while all that is around it is missing.
    tells_missing: bool,
    problems: Vec<Problem>,
}

impl Builder {
    fn say(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::new(place, message).help(help));
    }

    /// Chinese texts for what the scenario does not have.
    fn superfluous(&mut self, form: &ScenarioForm) {
        let steps: Vec<&str> = form.step.iter().map(|step| step.id.as_str()).collect();
        let chapters: Vec<&str> = form.chapter.iter().map(|chapter| chapter.id.as_str()).collect();
        let root = Place::root().lang(Lang::Zh);
        let mut found = Vec::new();
        for (what, ids, known) in [
            ("step", self.texts.step.keys().collect::<Vec<_>>(), &steps),
            ("chapter", self.texts.chapter.keys().collect(), &chapters),
        ] {
            for id in ids.into_iter().filter(|id| !known.contains(&id.as_str())) {
                let help = nearest(id, known.iter().copied())
                    .map_or_else(|| "take it out".to_owned(), |near| format!("did you mean {near}?"));
                let message = format!("scenario.toml has no {what} {id}");
                found.push(Problem::new(root.key(what).key(id), message).help(help));
            }
        }
        self.problems.extend(found);
    }

    fn scenario(&mut self, form: ScenarioForm, families: Option<&[FamilyName]>) -> Scenario {
        let root = Place::root();
        let zh = root.lang(Lang::Zh).key("scenario");
        let title_zh = self.texts.scenario.title.take();
        let hook_zh = self.texts.scenario.hook.take();
        let title = self.plain(&zh.key("title"), form.title, title_zh);
        let hook = self.plain(&zh.key("hook"), form.hook, hook_zh);
        let family = self.family(&form.family, families);
        let step_ids: Vec<String> = form.step.iter().map(|step| step.id.clone()).collect();
        let picture = self.step_named(&root.key("picture"), &form.picture, &step_ids).unwrap_or(0);
        let definitions = form
            .definitions
            .into_iter()
            .map(|(name, source)| {
                let expression = self.expression(&root.key("let").key(&name), &source);
                (name, expression)
            })
            .collect();
        let topics: Vec<Topic> = form
            .topic
            .into_iter()
            .map(|topic| Topic {
                name: topic.name,
                partitions: topic.partitions,
                replication: topic.replication,
                assignment: topic.assignment,
                config: topic.config.flat(),
                scaled: topic.scaled,
                later: topic.later,
            })
            .collect();
        let producers: Vec<Producer> = form
            .producer
            .into_iter()
            .map(|producer| Producer { id: producer.id, config: producer.config.flat() })
            .collect();
        let chapters = self.chapters(form.chapter, &title);
        let mut show = Show {
            panels: vec![PanelKind::Cluster],
            partition: TopicPartition::new(topics.first().map_or("", |topic| topic.name.as_str()), 0),
            topic: topics.first().map(|topic| topic.name.clone()).unwrap_or_default(),
            producer: producers.first().map(|producer| producer.id.clone()),
            group: form.consumer.iter().find_map(|consumer| consumer.group.as_ref()).map(|group| group.id.clone()),
            seconds: SECONDS,
            key: None,
            through: Stage::Partition,
            before: None,
            moves: None,
            files: FilesShow::default(),
        };
        let mut chapter = 0;
        let mut steps = Vec::new();
        for (index, step) in form.step.into_iter().enumerate() {
            let place = root.key("step").index(index);
            chapter = self.chapter_of(&place.key("chapter"), step.chapter.as_deref(), chapter, &chapters);
            self.show(&place.key("show"), &step.show, &mut show);
            steps.push(self.step(&place, step, index, chapter, &show, &step_ids));
        }
        let consumers = form
            .consumer
            .into_iter()
            .enumerate()
            .map(|(index, consumer)| self.consumer(&root.key("consumer").index(index), consumer, &mut steps))
            .collect();
        let compare = form.compare.map(|compare| self.compare(compare, &step_ids));
        let mut scenario = Scenario {
            id: form.id,
            title,
            hook,
            family,
            minutes: form.minutes,
            kafka: form.kafka,
            essential: form.essential,
            tags: form.tags,
            checks: form.checked,
            picture,
            seed: form.seed,
            definitions,
            cluster: Cluster {
                brokers: form.cluster.brokers,
                latency_ms: form.cluster.latency_ms,
                config: form.cluster.config.flat(),
                racks: form.cluster.racks,
                page_cache_bytes: form.cluster.page_cache_bytes,
            },
            topics,
            producers,
            consumers,
            knobs: Vec::new(),
            compare,
            chapters,
            steps,
        };
        scenario.knobs = self.knobs(form.knob, &scenario);
        scenario
    }

    fn family(&mut self, id: &str, families: Option<&[FamilyName]>) -> FamilyName {
        let Some(families) = families else {
            return super::family_without_course(id);
        };
        if let Some(family) = families.iter().find(|family| family.id == id) {
            return family.clone();
        }
        let known: Vec<&str> = families.iter().map(|family| family.id.as_str()).collect();
        let help = nearest(id, known.iter().copied())
            .map_or_else(|| format!("there is {}", known.join(", ")), |near| format!("did you mean {near}?"));
        self.say(Place::root().key("family"), format!("course.toml has no family {id:?}"), help);
        super::family_without_course(id)
    }

    fn checked(&mut self, checked: &[String], known: Option<&[String]>) {
        let Some(known) = known else { return };
        for (index, id) in checked.iter().enumerate().filter(|(_, id)| !known.contains(id)) {
            let help = nearest(id, known.iter().map(String::as_str))
                .map_or_else(|| format!("there is {}", known.join(", ")), |near| format!("did you mean {near}?"));
            let place = Place::root().key("checked").index(index);
            self.say(place, format!("checked.toml has no check {id:?}"), help);
        }
    }

    fn chapters(&mut self, forms: Vec<ChapterForm>, title: &Localized) -> Vec<Chapter> {
        if forms.is_empty() {
            return vec![Chapter { id: "all".to_owned(), title: title.clone() }];
        }
        let root = Place::root().lang(Lang::Zh).key("chapter");
        forms
            .into_iter()
            .map(|form| {
                let zh = self.texts.chapter.get(&form.id).cloned();
                Chapter { title: self.plain(&root.key(&form.id), form.title, zh), id: form.id }
            })
            .collect()
    }

    fn chapter_of(&mut self, place: &Place, id: Option<&str>, before: usize, chapters: &[Chapter]) -> usize {
        let Some(id) = id else { return before };
        if let Some(index) = chapters.iter().position(|chapter| chapter.id == id) {
            return index;
        }
        let help = nearest(id, chapters.iter().map(|chapter| chapter.id.as_str()))
            .map_or_else(|| "add [[chapter]]".to_owned(), |near| format!("did you mean {near}?"));
        self.say(place.clone(), format!("no chapter is called {id:?}"), help);
        before
    }

    fn consumer(&mut self, place: &Place, form: ConsumerForm, steps: &mut [Step]) -> Consumer {
        let mut assign = Vec::new();
        for (index, name) in form.assign.iter().enumerate() {
            assign.extend(self.partition(&place.key("assign").index(index), name));
        }
        let from = match form.from {
            FromForm::Offset(offset) => StartAt::Offset(offset),
            FromForm::Word(word) if word == "earliest" => StartAt::Earliest,
            FromForm::Word(word) if word == "latest" => StartAt::Latest,
            FromForm::Word(word) => {
                let help = nearest(&word, ["earliest", "latest"]).map_or_else(
                    || "\"earliest\", \"latest\" or an offset".to_owned(),
                    |near| format!("did you mean {near}?"),
                );
                self.say(place.key("from"), format!("{word:?} is no place to begin"), help);
                StartAt::Earliest
            }
        };
        let start = match form.start {
            None => false,
            Some(StartForm::Truth(start)) => start,
            Some(StartForm::Step(id)) => {
                let ids: Vec<String> = steps.iter().map(|step| step.id.clone()).collect();
                let index = self.step_named(&place.key("start"), &id, &ids);
                if let Some(step) = index.and_then(|index| steps.get_mut(index)) {
                    let consumer = form.id.clone();
                    step.actions.insert(0, Action::StartConsumer { consumer });
                }
                false
            }
        };
        let (group, application) = (form.group, form.application);
        Consumer { id: form.id, assign, from, config: form.config.flat(), start, group, application }
    }

    fn step(
        &mut self,
        place: &Place,
        form: StepForm,
        index: usize,
        chapter: usize,
        show: &Show,
        ids: &[String],
    ) -> Step {
        let zh_place = Place::root().lang(Lang::Zh).key("step").key(&form.id);
        let texts = self.texts.step.get(&form.id).cloned();
        let is_second = ids.iter().position(|id| *id == form.id).is_some_and(|first| first < index);
        let tells_missing = self.tells_missing;
        if texts.is_none() && tells_missing {
            let message = format!("the Chinese texts of step {} are missing", form.id);
            let help = format!("add [step.{}] with title, say and what else it says", form.id);
            self.say(Place::root().lang(Lang::Zh), message, help);
            self.tells_missing = false;
        }
        // That a step is there twice is told elsewhere.
        let texts = texts.filter(|_| !is_second).unwrap_or_default();
        self.tells_missing &= !is_second;
        if form.ask.is_none() {
            for (key, there) in [
                ("question", texts.question.is_some()),
                ("choices", texts.choices.is_some()),
                ("unit", texts.unit.is_some()),
                ("why", texts.why.is_some()),
            ] {
                if there {
                    self.say(zh_place.key(key), format!("step {} asks nothing", form.id), "take it out");
                }
            }
        }
        let title = self.template(&place.key("title"), &form.title, &zh_place.key("title"), texts.title.as_deref());
        let say = self.template(&place.key("say"), &form.say, &zh_place.key("say"), texts.say.as_deref());
        let say_b = form
            .say_b
            .map(|text| self.template(&place.key("say_b"), &text, &zh_place.key("say_b"), texts.say_b.as_deref()));
        let terms = form.terms.unwrap_or_else(|| {
            let mut terms: Vec<String> = say.en.terms().into_iter().map(str::to_owned).collect();
            for term in say.zh.terms() {
                if !terms.iter().any(|known| known == term) {
                    terms.push(term.to_owned());
                }
            }
            terms
        });
        let expect = form
            .expect
            .iter()
            .enumerate()
            .map(|(number, source)| self.expression(&place.key("expect").index(number), source))
            .collect();
        let until = form.until.map(|until| self.until(&place.key("until"), until));
        let ask = form.ask.as_ref().map(|ask| self.ask(&place.key("ask"), &zh_place, ask, &texts, index, ids));
        self.tells_missing = tells_missing;
        Step {
            id: form.id,
            chapter,
            title,
            say,
            say_b,
            actions: form.actions,
            until,
            look: form.look,
            show: show.clone(),
            expect,
            ask,
            history: form.history,
            terms,
        }
    }

    fn until(&mut self, place: &Place, form: UntilForm) -> Until {
        let when = form.when.map(|when| self.expression(&place.key("when"), &when));
        if form.fact.is_none() {
            for key in form.fields.keys() {
                let known = ["fact", "count", "ms", "when", "within_ms"];
                let help = nearest(key, known).map_or_else(
                    || "fields need the fact that they belong to: fact = \"FetchReceived\"".to_owned(),
                    |near| format!("did you mean {near}?"),
                );
                self.say(place.key(key), format!("unknown key {key:?}"), help);
            }
            if form.count.is_some() {
                self.say(place.key("count"), "a count of nothing", "give the fact that is counted");
            }
        }
        let fields = form.fields.into_iter().map(|(name, FieldForm::Value(value))| (name, value)).collect();
        Until {
            fact: form.fact.map(|name| FactWanted { name, fields, count: form.count.unwrap_or(1) }),
            ms: form.ms,
            when,
            within_ms: form.within_ms.unwrap_or(WITHIN_MS),
        }
    }

    fn show(&mut self, place: &Place, form: &ShowForm, show: &mut Show) {
        if let Some(panels) = &form.panels {
            show.panels.clone_from(panels);
        }
        if let Some(name) = &form.partition
            && let Some(partition) = self.partition(&place.key("partition"), name)
        {
            show.topic = partition.topic.to_string();
            show.partition = partition;
        }
        if let Some(topic) = &form.topic {
            show.topic.clone_from(topic);
        }
        if form.producer.is_some() {
            show.producer.clone_from(&form.producer);
        }
        if let Some(seconds) = form.seconds {
            show.seconds = seconds;
        }
        if form.group.is_some() {
            show.group.clone_from(&form.group);
        }
        if let Some(through) = form.through {
            show.through = through;
        }
        if let Some(files) = &form.files {
            show.files.clone_from(files);
        }
        match &form.key {
            None => {}
            Some(TextOrFalse::Text(key)) => show.key = Some(key.clone()),
            Some(TextOrFalse::Truth(truth)) => show.key = self.cleared(&place.key("key"), *truth),
        }
        match &form.before {
            None => {}
            Some(NumberOrFalse::Number(before)) => show.before = Some(*before),
            Some(NumberOrFalse::Truth(truth)) => show.before = self.cleared(&place.key("before"), *truth),
        }
        match &form.moves {
            None => {}
            Some(MovesOrFalse::Moves(moves)) => show.moves = Some(moves.clone()),
            Some(MovesOrFalse::Truth(truth)) => show.moves = self.cleared(&place.key("moves"), *truth),
        }
    }

    fn cleared<T>(&mut self, place: &Place, truth: bool) -> Option<T> {
        if truth {
            self.say(place.clone(), "true says nothing here", "false takes it away");
        }
        None
    }

    fn step_named(&mut self, place: &Place, id: &str, ids: &[String]) -> Option<usize> {
        let found = ids.iter().position(|known| known == id);
        if found.is_none() {
            let help = nearest(id, ids.iter().map(String::as_str))
                .map_or_else(|| "name the id of a [[step]]".to_owned(), |near| format!("did you mean {near}?"));
            self.say(place.clone(), format!("no step is called {id:?}"), help);
        }
        found
    }

    fn partition(&mut self, place: &Place, name: &str) -> Option<TopicPartition> {
        let partition = partition_from_name(name);
        if partition.is_none() {
            self.say(
                place.clone(),
                format!("{name:?} is not a partition"),
                "one is written orders-0: topic, hyphen, number",
            );
        }
        partition
    }

    fn expression(&mut self, place: &Place, source: &str) -> Expression {
        Expression::parse(source).unwrap_or_else(|problem| {
            self.problems.push(Problem::of_text(place.clone(), problem));
            Expression::stand_in()
        })
    }
}

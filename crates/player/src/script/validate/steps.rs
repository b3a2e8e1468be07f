//! What must be so in every step.

use super::{Checker, is_new, short, translated};
use crate::expression::{Expression, Type, Value};
use crate::lang::Lang;
use crate::script::bounds::{MAX_MANY, MAX_MEASURED, MAX_STEP_MS, MAX_VALUE};
use crate::script::{
    Action, Ask, Choices, IT, MAX_ENTRIES, MAX_PARTITIONS, MAX_PER_STEP, MAX_RECORD_BYTES, MAX_RECORDS, MAX_STEPS,
    PanelKind, Place, Pointed, Problem, Scenario, Show, Step, Topic, Until, WITHIN_MS,
};

/// How many partitions each topic has at a step.
pub(super) type Counts = Vec<(String, i32)>;

/// How many partitions a topic has; none if there is no such topic.
pub(super) fn count(counts: &Counts, topic: &str) -> Option<i32> {
    counts.iter().find(|(name, _)| name == topic).map(|(_, count)| *count)
}

/// The topic of the committed offsets can be looked at where there are groups.
fn offsets_topic(scenario: &Scenario) -> Option<(String, i32)> {
    scenario.consumers.iter().find(|consumer| consumer.group.is_some())?;
    let said = scenario.cluster.config.iter().find(|(name, _)| *name == "offsets.topic.num.partitions");
    let partitions = said.and_then(|(_, value)| value.to_string().parse().ok());
    Some(("__consumer_offsets".to_owned(), partitions.unwrap_or(50)))
}

impl Checker {
    pub(super) fn steps(&mut self, scenario: &mut Scenario) {
        let place = Place::root().key("step");
        let count = scenario.steps.len();
        if count == 0 || count > MAX_STEPS {
            self.say(place.clone(), format!("{count} steps"), format!("a scenario has 1 to {MAX_STEPS}: add [[step]]"));
        }
        let later = |topic: &&Topic| !topic.later;
        let count_of = |topic: &Topic| (topic.name.clone(), topic.partitions.max(1));
        let mut counts: Counts = scenario.topics.iter().filter(later).map(count_of).collect();
        let all: Counts = scenario.topics.iter().map(count_of).collect();
        let offsets = offsets_topic(scenario);
        self.load(scenario);
        let chapters = scenario.chapters.len();
        let mut seen = Vec::new();
        let mut chapter_before = 0_usize;
        let mut show_before: Option<Show> = None;
        for (index, step) in scenario.steps.iter_mut().enumerate().take(MAX_STEPS) {
            let here = place.index(index);
            self.id(&here.key("id"), &step.id);
            if !is_new(&mut seen, &step.id) {
                self.say(here.key("id"), format!("a second step {}", step.id), "ids are unique");
            }
            let wanted = if index == 0 { 0..=0 } else { chapter_before..=chapter_before.saturating_add(1) };
            if !wanted.contains(&step.chapter) || step.chapter >= chapters {
                self.say(
                    here.key("chapter"),
                    "this chapter does not come here",
                    "steps stand in the order of the chapters",
                );
            }
            chapter_before = step.chapter;
            self.texts(&here, step);
            self.actions(&here.key("do"), &mut step.actions, &mut counts, &all);
            if let Some(until) = &mut step.until {
                self.until(&here.key("until"), until);
            }
            let seen_counts: Counts = counts.iter().cloned().chain(offsets.clone()).collect();
            self.marks(&here.key("look"), &step.look, &seen_counts);
            // A fault that is inherited is told once.
            if show_before.as_ref() != Some(&step.show) {
                self.show(&here.key("show"), &step.show, &seen_counts);
                show_before = Some(step.show.clone());
            }
            if step.expect.len() > MAX_PER_STEP {
                self.say(
                    here.key("expect"),
                    format!("{} expectations", step.expect.len()),
                    format!("at most {MAX_PER_STEP}"),
                );
            }
            for (number, expectation) in step.expect.iter_mut().enumerate().take(MAX_PER_STEP) {
                self.expression(&here.key("expect").index(number), expectation, Type::Truth);
            }
            if let Some(ask) = &mut step.ask {
                self.ask(&here.key("ask"), &step.id, (index, count), ask, &counts);
            }
        }
    }

    /// What all steps together send: it stays in memory.
    fn load(&mut self, scenario: &Scenario) {
        let (mut records, mut bytes) = (0_u64, 0_u64);
        let actions = scenario.steps.iter().take(MAX_STEPS).flat_map(|step| &step.actions);
        for action in actions {
            let (count, size) = match action {
                Action::Produce { value, .. } => (1, value.as_ref().map_or(0, |value| value.len() as u64)),
                Action::ProduceMany { count, value_size, .. } => (u64::from(*count), u64::from(*value_size)),
                _ => continue,
            };
            records = records.saturating_add(count);
            bytes = bytes.saturating_add(count.saturating_mul(size));
        }
        if records > MAX_RECORDS || bytes > MAX_RECORD_BYTES {
            let message = format!("all steps together send {records} records with {bytes} bytes");
            let help = format!("at most {MAX_RECORDS} records and {MAX_RECORD_BYTES} bytes are simulated");
            self.say(Place::root().key("step"), message, help);
        }
    }

    fn texts(&mut self, place: &Place, step: &mut Step) {
        let id = step.id.clone();
        let say_b = step.say_b.as_mut().map(|text| ("say_b", text));
        for (key, text) in [("title", &mut step.title), ("say", &mut step.say)].into_iter().chain(say_b) {
            self.template(|lang| step_text(place, &id, key, lang), text);
        }
        if let Some(history) = &step.history {
            self.words(&place.key("history"), history);
        }
        if step.terms.len() > MAX_PER_STEP {
            self.say(place.key("terms"), format!("{} terms", step.terms.len()), format!("at most {MAX_PER_STEP}"));
        }
        for (index, term) in step.terms.iter().enumerate().take(MAX_PER_STEP) {
            if let Some((message, help)) = super::unknown_term(term) {
                let mut problem = Problem::new(place.key("terms").index(index), message);
                problem.help = help;
                // A term that stands in the sentence itself has been told there.
                let told = Lang::ALL.into_iter().any(|lang| step.say.get(lang).terms().contains(&term.as_str()));
                if !told {
                    self.problem(problem);
                }
            }
        }
    }

    fn actions(&mut self, place: &Place, actions: &mut [Action], counts: &mut Counts, all: &Counts) {
        if actions.len() > MAX_PER_STEP {
            self.say(
                place.clone(),
                format!("{} commands in one step", actions.len()),
                format!("at most {MAX_PER_STEP}"),
            );
        }
        for (index, action) in actions.iter_mut().enumerate().take(MAX_PER_STEP) {
            let here = place.index(index);
            match action {
                Action::Produce { producer, topic, key, value, partition, .. } => {
                    let here = here.key("produce");
                    self.producer(&here.key("producer"), producer);
                    self.target(&here, topic, *partition, counts);
                    for (name, text) in [("key", key), ("value", value)] {
                        if text.as_ref().is_some_and(|text| text.len() > MAX_VALUE) {
                            self.say(here.key(name), "this is too long", format!("at most {MAX_VALUE} bytes"));
                        }
                    }
                }
                Action::ProduceMany { producer, topic, key_prefix, count, value_size, partition } => {
                    let here = here.key("produce_many");
                    self.producer(&here.key("producer"), producer);
                    self.target(&here, topic, *partition, counts);
                    if !(1..=MAX_MANY).contains(count) {
                        self.say(
                            here.key("count"),
                            format!("{count} records"),
                            format!("1 to {MAX_MANY} are possible"),
                        );
                    }
                    if usize::try_from(*value_size).map_or(true, |size| size > MAX_VALUE) {
                        self.say(here.key("value_size"), format!("{value_size} bytes"), format!("at most {MAX_VALUE}"));
                    }
                    if let Some(prefix) = key_prefix {
                        self.words(&here.key("key_prefix"), prefix);
                    }
                }
                Action::CreateTopic { topic } => {
                    let place = here.key("create_topic").key("topic");
                    match (count(counts, topic), count(all, topic)) {
                        (None, Some(partitions)) => counts.push((topic.clone(), partitions)),
                        (Some(_), _) => {
                            let help = "give it later = true, or delete it first (Kafka: TOPIC_ALREADY_EXISTS)";
                            self.say(place, format!("{} is there already", short(topic)), help);
                        }
                        (None, None) => self.unknown(&place, "topic", topic),
                    }
                }
                Action::DeleteTopic { topic } => {
                    self.partition(&here.key("delete_topic").key("topic"), topic, None, Some(counts));
                    counts.retain(|(name, _)| name != topic);
                }
                Action::AddPartitions { topic, total } => {
                    let here = here.key("add_partitions");
                    self.partition(&here.key("topic"), topic, None, Some(counts));
                    self.grow(&here.key("total"), topic, *total, counts);
                }
                Action::StartConsumer { consumer } => {
                    if !self.names.is_consumer(consumer) {
                        self.unknown(&here.key("start_consumer").key("consumer"), "consumer", consumer);
                    }
                }
                Action::Wait { ms, when } => {
                    let here = here.key("wait");
                    if ms.is_none() && when.is_none() {
                        self.say(here.clone(), "nothing to wait for", "give ms or when");
                    }
                    if let Some(ms) = ms
                        && !(1..=WITHIN_MS).contains(ms)
                    {
                        self.say(here.key("ms"), format!("{ms} ms"), format!("1 to {WITHIN_MS} are possible"));
                    }
                    if let Some(when) = when {
                        self.expression(&here.key("when"), when, Type::Truth);
                    }
                }
                Action::RefreshMetadata { client } => {
                    if !self.names.is_producer(client) && !self.names.is_consumer(client) {
                        self.unknown(&here.key("refresh_metadata").key("client"), "client", client);
                    }
                }
                fault => self.fault(&here, fault, counts),
            }
        }
    }

    fn producer(&mut self, place: &Place, producer: &str) {
        if !self.names.is_producer(producer) {
            self.unknown(place, "producer", producer);
        }
    }

    /// Where a record goes. Its partition must exist; Kafka's producer would wait for metadata that never comes.
    fn target(&mut self, place: &Place, topic: &str, partition: Option<i32>, counts: &Counts) {
        let key = if partition.is_some() && count(counts, topic).is_some() { "partition" } else { "topic" };
        self.partition(&place.key(key), topic, partition, Some(counts));
    }

    fn grow(&mut self, place: &Place, topic: &str, total: i32, counts: &mut Counts) {
        let Some((_, count)) = counts.iter_mut().find(|(name, _)| name == topic) else {
            return;
        };
        if total <= *count || total > MAX_PARTITIONS {
            let message = format!("{total} partitions in all, where {} has {count}", short(topic));
            let help = format!("the number can only grow, to at most {MAX_PARTITIONS} (Kafka: INVALID_PARTITIONS)");
            self.say(place.clone(), message, help);
        } else {
            *count = total;
        }
    }

    fn until(&mut self, place: &Place, until: &mut Until) {
        if until.fact.is_none() && until.ms.is_none() && until.when.is_none() {
            self.say(place.clone(), "nothing to wait for", "give fact, ms or when, or leave until out");
        }
        if !(1..=MAX_STEP_MS).contains(&until.within_ms) {
            let help = format!("1 to {MAX_STEP_MS} are possible");
            self.say(place.key("within_ms"), format!("{} ms", until.within_ms), help);
        }
        if let Some(ms) = until.ms
            && ms > until.within_ms
        {
            self.say(
                place.key("ms"),
                format!("{ms} ms, and the step ends after {}", until.within_ms),
                "raise within_ms",
            );
        }
        if let Some(when) = &mut until.when {
            self.expression(&place.key("when"), when, Type::Truth);
        }
        let Some(fact) = &until.fact else { return };
        if let Some(message) = unknown_fact(&fact.name) {
            self.say(place.key("fact"), message.0, message.1);
        }
        if !(1..=100_000).contains(&fact.count) {
            self.say(place.key("count"), format!("{} facts", fact.count), "1 to 100000 are possible");
        }
        if fact.fields.len() > MAX_ENTRIES {
            self.say(place.clone(), format!("{} fields", fact.fields.len()), format!("at most {MAX_ENTRIES}"));
        }
    }

    fn show(&mut self, place: &Place, show: &Show, counts: &Counts) {
        let panels = &show.panels;
        let twice = |(at, panel): (usize, &PanelKind)| panels.iter().take(at).any(|other| other == panel);
        if panels.is_empty() || panels.len() > 3 || panels.iter().enumerate().any(twice) {
            self.say(
                place.key("panels"),
                "a picture has at least one panel, and each once",
                "for example [\"cluster\"]",
            );
        }
        if panels.contains(&PanelKind::Controller) && !panels.contains(&PanelKind::Cluster) {
            self.say(place.key("panels"), "the controller stands over the cluster", "add \"cluster\"");
        }
        self.partition(&place.key("partition"), &show.partition.topic, Some(show.partition.partition), Some(counts));
        self.partition(&place.key("topic"), &show.topic, None, Some(counts));
        match &show.producer {
            Some(producer) => self.producer(&place.key("producer"), producer),
            None if panels.contains(&PanelKind::Accumulator) => {
                self.say(place.key("producer"), "the accumulator of no producer", "add [[producer]]");
            }
            None => {}
        }
        if !(1..=600).contains(&show.seconds) {
            self.say(place.key("seconds"), format!("{} seconds", show.seconds), "1 to 600 are possible");
        }
        match &show.group {
            Some(group) if !self.names.is_group(group) => self.unknown(&place.key("group"), "group", group),
            None if panels.contains(&PanelKind::Group) || panels.contains(&PanelKind::Share) => {
                self.say(place.key("group"), "a picture of no group", "give a [[consumer]] a group");
            }
            _ => {}
        }
        if let Some(key) = &show.key
            && (key.is_empty() || key.chars().count() > 64)
        {
            self.say(place.key("key"), "a key that is shown has 1 to 64 characters", "shorten it");
        }
        if let Some(before) = show.before
            && !(1..=MAX_PARTITIONS).contains(&before)
        {
            self.say(
                place.key("before"),
                format!("{before} partitions"),
                format!("1 to {MAX_PARTITIONS} are possible"),
            );
        }
        if let Some(moves) = &show.moves {
            let place = place.key("moves");
            if !(1..=MAX_MEASURED).contains(&moves.count) {
                self.say(
                    place.key("count"),
                    format!("{} keys", moves.count),
                    format!("1 to {MAX_MEASURED} are possible"),
                );
            }
            for (key, partitions) in [("from", moves.from), ("to", moves.to)] {
                if !(1..=MAX_PARTITIONS).contains(&partitions) {
                    self.say(
                        place.key(key),
                        format!("{partitions} partitions"),
                        format!("1 to {MAX_PARTITIONS} are possible"),
                    );
                }
            }
            if moves.prefix.chars().count() > 64 {
                self.say(place.key("prefix"), "this prefix is too long", "at most 64 characters");
            }
        }
    }

    fn ask(&mut self, place: &Place, step: &str, (index, count): (usize, usize), ask: &mut Ask, counts: &Counts) {
        if ask.after >= count {
            self.say(place.key("after"), "no step follows that could answer", "write after = \"now\"");
        } else if ask.after < index {
            self.say(
                place.key("after"),
                "the answer would come before the question",
                "name this step's successor or a later step",
            );
        }
        self.template(|lang| ask_text(place, step, "question", lang), &mut ask.question);
        match &mut ask.choices {
            Choices::Near(about) => self.asked(&place.key("about"), about),
            Choices::Number(asked) => {
                self.asked(&place.key("number"), &mut asked.about);
                if let Some(unit) = &asked.unit {
                    self.words(&place.key("unit"), &unit.en);
                    self.words(&ask_text(place, step, "unit", Lang::Zh), &unit.zh);
                }
            }
            Choices::Point(pointed) => self.pointed(place, pointed, counts),
            Choices::Listed(choices) => {
                if !(2..=4).contains(&choices.len()) {
                    self.say(place.key("choices"), format!("{} choices", choices.len()), "a question has 2 to 4");
                }
                for (number, choice) in choices.iter_mut().enumerate().take(MAX_PER_STEP) {
                    let choices = place.key("choices").index(number);
                    self.template(
                        |lang| match lang {
                            Lang::En => choices.key("say"),
                            Lang::Zh => translated(&["step", step], &choices, 1),
                        },
                        &mut choice.say,
                    );
                    self.expression(&choices.key("when"), &mut choice.when, Type::Truth);
                }
                let values: Option<Vec<Value>> = choices.iter().map(|choice| choice.when.constant()).collect();
                if let Some(values) = values
                    && !choices.is_empty()
                {
                    let right = values.iter().filter(|value| **value == Value::Bool(true)).count();
                    let message = match right {
                        0 => "no choice is ever right",
                        1 => "which choice is right does not depend on the world",
                        _ => "more than one choice is always right",
                    };
                    self.say(
                        place.key("choices"),
                        message,
                        "exactly one `when` holds in the world that the question is about",
                    );
                }
            }
        }
        self.template(|lang| ask_text(place, step, "why", lang), &mut ask.why);
    }

    /// A number that is asked for: it must be computed.
    fn asked(&mut self, place: &Place, about: &mut Expression) {
        self.expression(place, about, Type::Number);
        if about.constant().is_some() {
            let help = "ask about something that is computed";
            self.say(place.clone(), "the answer does not depend on the world", help);
        }
    }

    /// Marks to point at: with one star, and a condition about what it stands for.
    fn pointed(&mut self, place: &Place, pointed: &mut Pointed, counts: &Counts) {
        let here = place.key("point");
        if pointed.marks.matches('*').count() == 1 {
            // The star stands for the number of a broker or a partition, or for whatever a mark has there.
            let tried = ["1", "0"].map(|star| self.mark(&pointed.marks.replace('*', star), counts));
            if let [Err(help), Err(_)] = tried {
                let message = format!("no mark of this scenario is like {:?}", super::short(&pointed.marks));
                self.say(here, message, help);
            }
        } else {
            let message = format!("{:?} must have one star", super::short(&pointed.marks));
            self.say(
                here,
                message,
                "for example \"log/orders-0/segment-*\": the star is what differs between the marks",
            );
        }
        self.names.it = true;
        self.expression(&place.key("when"), &mut pointed.when, Type::Truth);
        self.names.it = false;
        if pointed.when.with(IT, Value::Number(0)).constant().is_some() {
            let help = "use `it` and ask about something that is computed";
            self.say(place.key("when"), "which marks are right does not depend on the world", help);
        }
    }
}

/// Where a text of a step stands.
fn step_text(english: &Place, id: &str, key: &str, lang: Lang) -> Place {
    match lang {
        Lang::En => english.key(key),
        Lang::Zh => Place::root().lang(lang).key("step").key(id).key(key),
    }
}

/// Where a text of a step's question stands.
fn ask_text(english: &Place, id: &str, key: &str, lang: Lang) -> Place {
    step_text(english, id, key, lang)
}

fn unknown_fact(name: &str) -> Option<(String, String)> {
    let facts = crate::script::FACT_NAMES;
    if facts.is_empty() || facts.contains(&name) {
        return None;
    }
    let help = crate::expression::nearest(name, facts.iter().copied()).map_or_else(
        || "`highwater run FILE --facts` shows what there is".to_owned(),
        |near| format!("did you mean {near}?"),
    );
    Some((format!("no fact is called {:?}", short(name)), help))
}

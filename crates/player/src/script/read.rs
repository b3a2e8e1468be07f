//! A packed scenario from its JSON. What is not there or null is none, where that is possible.

mod asks;
mod compared;
mod faults;
mod groups;

use highwater_sim::ids::TopicPartition;

use super::{
    Action, Ask, Chapter, Choices, Cluster, Configs, Consumer, Entries, FactWanted, FamilyName, FilesShow, Gauges,
    ListedChoice, Localized, Moves, PanelKind, Producer, SECONDS, Scalar, Scenario, SearchStage, Show, Stage, StartAt,
    Step, Topic, Until, partition_from_name,
};
use crate::expression::Expression;
use crate::json::{Fields, Json, Read, list, number, text, unknown};
use crate::lang::Lang;
use crate::script::{Place, Problem};
use crate::template::Template;

/// The scenario in `json`.
pub(super) fn scenario(json: Json) -> Read<Scenario> {
    let mut fields = Fields::of(json, Place::root())?;
    let scenario = Scenario {
        id: fields.text("id")?,
        title: localized(fields.table("title")?)?,
        hook: localized(fields.table("hook")?)?,
        family: family(fields.table("family")?)?,
        minutes: fields.number("minutes")?,
        kafka: fields.text("kafka")?,
        essential: fields.truth("essential")?,
        tags: fields.texts("tags")?,
        checks: Vec::new(),
        picture: fields.number("picture")?,
        seed: fields.number("seed")?,
        definitions: each(&mut fields, "let", definition)?,
        cluster: cluster(fields.table("cluster")?)?,
        topics: each(&mut fields, "topic", topic)?,
        producers: each(&mut fields, "producer", producer)?,
        consumers: each(&mut fields, "consumer", consumer)?,
        knobs: match fields.optional("knob") {
            Some(json) => compared::knobs(json, &fields.at("knob"))?,
            None => Vec::new(),
        },
        compare: fields.optional_table("compare")?.map(compared::compare).transpose()?,
        chapters: each(&mut fields, "chapter", chapter)?,
        steps: each(&mut fields, "step", step)?,
    };
    fields.end()?;
    Ok(scenario)
}

fn each<T>(fields: &mut Fields, key: &'static str, read: fn(Json, Place) -> Read<T>) -> Read<Vec<T>> {
    all(fields.list(key)?, read)
}

/// Each element read. A loop and no chain of iterators: those come once more for every type, and are large.
pub(crate) fn all<T>(elements: Vec<(Json, Place)>, read: fn(Json, Place) -> Read<T>) -> Read<Vec<T>> {
    let mut all = Vec::new();
    for (element, place) in elements {
        all.push(read(element, place)?);
    }
    Ok(all)
}

/// The texts of both languages.
pub(crate) fn localized(mut fields: Fields) -> Read<Localized> {
    let localized = Localized { en: fields.text("en")?, zh: fields.text("zh")? };
    fields.end()?;
    Ok(localized)
}

fn templates(fields: &mut Fields, key: &'static str) -> Read<Localized<Template>> {
    let mut inner = fields.table(key)?;
    let en = template(&mut inner, "en", Lang::En)?;
    let zh = template(&mut inner, "zh", Lang::Zh)?;
    inner.end()?;
    Ok(Localized { en, zh })
}

fn template(fields: &mut Fields, key: &'static str, lang: Lang) -> Read<Template> {
    let source = fields.text(key)?;
    Template::parse(&source).map_err(|problem| Box::new(Problem::of_text(fields.at(key).lang(lang), problem)))
}

fn expression(json: Json, place: &Place) -> Read<Expression> {
    let source = text(json, place)?;
    Expression::parse(&source).map_err(|problem| Box::new(Problem::of_text(place.clone(), problem)))
}

fn optional_expression(fields: &mut Fields, key: &'static str) -> Read<Option<Expression>> {
    match fields.optional(key) {
        Some(value) => expression(value, &fields.at(key)).map(Some),
        None => Ok(None),
    }
}

fn partition(name: &str, place: &Place) -> Read<TopicPartition> {
    partition_from_name(name)
        .ok_or_else(|| Box::new(Problem::new(place.clone(), format!("{name:?} is not a partition"))))
}

/// One of a few words.
fn word<T: Copy>(json: Json, place: &Place, words: &[(&str, T)]) -> Read<T> {
    let word = text(json, place)?;
    let found = words.iter().find(|(known, _)| *known == word);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
        unknown(place, &word, &known).into()
    })
}

fn definition(json: Json, place: Place) -> Read<(String, Expression)> {
    let mut pair = list(json, &place)?.into_iter();
    let (Some((name, name_place)), Some((source, source_place)), None) = (pair.next(), pair.next(), pair.next()) else {
        return Err(Box::new(Problem::new(place, "a name and an expression are wanted")));
    };
    Ok((text(name, &name_place)?, expression(source, &source_place)?))
}

fn scalar(json: Json, place: &Place) -> Read<Scalar> {
    Ok(match json {
        Json::Truth(truth) => Scalar::Truth(truth),
        Json::Number(number) => Scalar::Number(number),
        other => Scalar::Text(text(other, place)?),
    })
}

fn entries(fields: Fields) -> Read<Entries> {
    let (place, entries) = fields.into_entries();
    let mut read = Entries::default();
    for (name, json) in entries {
        let value = scalar(json, &place.key(&name))?;
        read.set(name, value);
    }
    Ok(read)
}

fn configs(fields: &mut Fields) -> Read<Configs> {
    entries(fields.table("config")?)
}

fn family(mut fields: Fields) -> Read<FamilyName> {
    let family = FamilyName { id: fields.text("id")?, title: localized(fields.table("title")?)? };
    fields.end()?;
    Ok(family)
}

fn cluster(mut fields: Fields) -> Read<Cluster> {
    let cluster = Cluster {
        brokers: fields.number("brokers")?,
        latency_ms: fields.number("latency_ms")?,
        config: configs(&mut fields)?,
        racks: match fields.optional("racks") {
            Some(json) => {
                let racks = list(json, &fields.at("racks"))?;
                racks.into_iter().map(|(json, place)| text(json, &place)).collect::<Read<_>>()?
            }
            None => Vec::new(),
        },
        page_cache_bytes: fields.optional_number("page_cache_bytes")?,
    };
    fields.end()?;
    Ok(cluster)
}

#[allow(clippy::needless_pass_by_value, reason = "as all readers of an element")]
fn broker(json: Json, place: Place) -> Read<i32> {
    number(&json, &place)
}

fn topic(json: Json, place: Place) -> Read<Topic> {
    let mut fields = Fields::of(json, place)?;
    let assignment = match fields.optional("assignment") {
        Some(json) => {
            let partitions = list(json, &fields.at("assignment"))?;
            Some(all(partitions, |json, place| all(list(json, &place)?, broker))?)
        }
        None => None,
    };
    let topic = Topic {
        name: fields.text("name")?,
        partitions: fields.number("partitions")?,
        replication: fields.number("replication")?,
        assignment,
        config: configs(&mut fields)?,
        scaled: fields.truth("scaled")?,
        later: fields.optional_truth("later")?,
    };
    fields.end()?;
    Ok(topic)
}

fn producer(json: Json, place: Place) -> Read<Producer> {
    let mut fields = Fields::of(json, place)?;
    let producer = Producer { id: fields.text("id")?, config: configs(&mut fields)? };
    fields.end()?;
    Ok(producer)
}

#[inline(never)]
fn consumer(json: Json, place: Place) -> Read<Consumer> {
    let mut fields = Fields::of(json, place)?;
    let consumer = Consumer {
        id: fields.text("id")?,
        assign: each(&mut fields, "assign", |json, place| partition(&text(json, &place)?, &place))?,
        from: match fields.value("from")? {
            Json::Table(entries) => {
                let mut from = Fields::of(Json::Table(entries), fields.at("from"))?;
                let offset = from.number("offset")?;
                from.end()?;
                StartAt::Offset(offset)
            }
            other => word(other, &fields.at("from"), &[("earliest", StartAt::Earliest), ("latest", StartAt::Latest)])?,
        },
        config: configs(&mut fields)?,
        start: fields.truth("start")?,
        group: fields.optional_table("group")?.map(groups::membership).transpose()?,
        application: fields.optional_table("application")?.map(groups::application).transpose()?,
    };
    fields.end()?;
    Ok(consumer)
}

fn chapter(json: Json, place: Place) -> Read<Chapter> {
    let mut fields = Fields::of(json, place)?;
    let chapter = Chapter { id: fields.text("id")?, title: localized(fields.table("title")?)? };
    fields.end()?;
    Ok(chapter)
}

fn step(json: Json, place: Place) -> Read<Step> {
    let mut fields = Fields::of(json, place)?;
    let step = Step {
        id: fields.text("id")?,
        chapter: fields.number("chapter")?,
        title: templates(&mut fields, "title")?,
        say: templates(&mut fields, "say")?,
        say_b: compared::say_b(&mut fields)?,
        actions: each(&mut fields, "do", action)?,
        until: fields.optional_table("until")?.map(until).transpose()?,
        look: fields.texts("look")?,
        show: show(fields.table("show")?)?,
        expect: each(&mut fields, "expect", |json, place| expression(json, &place))?,
        ask: fields.optional_table("ask")?.map(ask).transpose()?,
        history: fields.optional_text("history")?,
        terms: fields.texts("terms")?,
    };
    fields.end()?;
    Ok(step)
}

fn action(json: Json, place: Place) -> Read<Action> {
    let (kind, json, place) = Fields::of(json, place)?.choice()?;
    let mut fields = Fields::of(json, place.clone())?;
    let action = match kind.as_str() {
        "produce" => Action::Produce {
            producer: fields.text("producer")?,
            topic: fields.text("topic")?,
            key: fields.optional_text("key")?,
            value: fields.optional_text("value")?,
            partition: fields.optional_number("partition")?,
            timestamp_ago_ms: fields.optional_number("timestamp_ago_ms")?,
        },
        "produce_many" => Action::ProduceMany {
            producer: fields.text("producer")?,
            topic: fields.text("topic")?,
            key_prefix: fields.optional_text("key_prefix")?,
            count: fields.number("count")?,
            value_size: fields.number("value_size")?,
            partition: fields.optional_number("partition")?,
        },
        "add_partitions" => Action::AddPartitions { topic: fields.text("topic")?, total: fields.number("total")? },
        "start_consumer" => Action::StartConsumer { consumer: fields.text("consumer")? },
        "wait" => Action::Wait { ms: fields.optional_number("ms")?, when: optional_expression(&mut fields, "when")? },
        "refresh_metadata" => Action::RefreshMetadata { client: fields.text("client")? },
        other => faults::action(other, &mut fields, &place)?,
    };
    fields.end()?;
    Ok(action)
}

fn until(mut fields: Fields) -> Read<Until> {
    let fact = match fields.optional_table("fact")? {
        Some(mut fact) => {
            let wanted = FactWanted {
                name: fact.text("name")?,
                fields: entries(fact.table("fields")?)?,
                count: fact.number("count")?,
            };
            fact.end()?;
            Some(wanted)
        }
        None => None,
    };
    let until = Until {
        fact,
        ms: fields.optional_number("ms")?,
        when: optional_expression(&mut fields, "when")?,
        within_ms: fields.number("within_ms")?,
    };
    fields.end()?;
    Ok(until)
}

fn show(mut fields: Fields) -> Read<Show> {
    const PANELS: [(&str, PanelKind); 13] = [
        ("cluster", PanelKind::Cluster),
        ("partitioner", PanelKind::Partitioner),
        ("accumulator", PanelKind::Accumulator),
        ("replicas", PanelKind::Replicas),
        ("spread", PanelKind::Spread),
        ("files", PanelKind::Files),
        ("compaction", PanelKind::Compaction),
        ("controller", PanelKind::Controller),
        ("history", PanelKind::History),
        ("epochs", PanelKind::Epochs),
        ("producers", PanelKind::Producers),
        ("group", PanelKind::Group),
        ("share", PanelKind::Share),
    ];
    const STAGES: [(&str, Stage); 5] = [
        ("key", Stage::Key),
        ("murmur2", Stage::Murmur2),
        ("positive", Stage::Positive),
        ("remainder", Stage::Remainder),
        ("partition", Stage::Partition),
    ];
    let moves = match fields.optional_table("moves")? {
        Some(mut moves) => {
            let measured = Moves {
                prefix: moves.text("prefix")?,
                count: moves.number("count")?,
                from: moves.number("from")?,
                to: moves.number("to")?,
            };
            moves.end()?;
            Some(measured)
        }
        None => None,
    };
    let show = Show {
        panels: each(&mut fields, "panels", |json, place| word(json, &place, &PANELS))?,
        partition: partition(&fields.text("partition")?, &fields.at("partition"))?,
        topic: fields.text("topic")?,
        producer: fields.optional_text("producer")?,
        group: fields.optional_text("group")?,
        seconds: fields.optional_number("seconds")?.unwrap_or(SECONDS),
        key: fields.optional_text("key")?,
        through: word(fields.value("through")?, &fields.at("through"), &STAGES)?,
        before: fields.optional_number("before")?,
        moves,
        files: fields.optional_table("files")?.map(files).transpose()?.unwrap_or_default(),
    };
    fields.end()?;
    Ok(show)
}

// Apart in the built page too: the first scenario has none.
#[inline(never)]
fn files(mut fields: Fields) -> Read<FilesShow> {
    const STAGES: [(&str, SearchStage); 3] =
        [("file", SearchStage::File), ("entry", SearchStage::Entry), ("scan", SearchStage::Scan)];
    const GAUGES: [(&str, Gauges); 2] = [("roll", Gauges::Roll), ("retention", Gauges::Retention)];
    let files = FilesShow {
        lookup: fields.optional_number("lookup")?,
        timestamp: fields.optional_number("timestamp")?,
        through: word(fields.value("through")?, &fields.at("through"), &STAGES)?,
        probes: fields.optional_number("probes")?,
        batch: fields.optional_number("batch")?,
        fields: fields.texts("fields")?,
        records: fields.truth("records")?,
        gauges: match fields.optional("gauges") {
            Some(json) => Some(word(json, &fields.at("gauges"), &GAUGES)?),
            None => None,
        },
        entries: fields.truth("entries")?,
        map: fields.truth("map")?,
    };
    fields.end()?;
    Ok(files)
}

fn ask(mut fields: Fields) -> Read<Ask> {
    let (kind, json, place) = fields.table("choices")?.choice()?;
    let choices = match kind.as_str() {
        "near" => Choices::Near(expression(json, &place)?),
        "listed" => {
            let elements = list(json, &place)?;
            Choices::Listed(all(elements, choice)?)
        }
        other => asks::choices(other, json, place)?,
    };
    let ask = Ask {
        question: templates(&mut fields, "question")?,
        after: fields.number("after")?,
        choices,
        why: templates(&mut fields, "why")?,
    };
    fields.end()?;
    Ok(ask)
}

fn choice(json: Json, place: Place) -> Read<ListedChoice> {
    let mut fields = Fields::of(json, place)?;
    let choice = ListedChoice {
        say: templates(&mut fields, "say")?,
        when: expression(fields.value("when")?, &fields.at("when"))?,
    };
    fields.end()?;
    Ok(choice)
}

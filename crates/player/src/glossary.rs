//! Kafka's terms with a gloss and a meaning; the words are in `locales/glossary.*.yml`.

use crate::lang::Lang;
use crate::phrase::Phrase;
use crate::words::Gloss;

/// The ids of all terms, in alphabetical order; `locales/glossary.*.yml` hold exactly these.
pub const TERMS: &[&str] = &[
    "accumulator",
    "acks",
    "batch",
    "batch-size",
    "broker",
    "client",
    "commit",
    "consumer",
    "consumer-lag",
    "controller",
    "epoch-fencing",
    "fetch",
    "follower",
    "hw",
    "in-flight",
    "isr",
    "key",
    "leader",
    "leader-epoch",
    "leo",
    "linger",
    "log",
    "long-poll",
    "lso",
    "metadata",
    "min-isr",
    "murmur2",
    "offset",
    "page-cache",
    "partition",
    "partitioner",
    "poll",
    "position",
    "producer",
    "purgatory",
    "record",
    "replica",
    "replica-lag",
    "replication-factor",
    "retry",
    "sender",
    "serializer",
    "sticky-partitioner",
    "topic",
    "virtual-time",
];

/// Whether there is such a term.
pub fn contains(id: &str) -> bool {
    TERMS.binary_search(&id).is_ok()
}

/// The term by which Kafka calls it: `HW`, `leader epoch`. The id itself if there is no such term.
pub fn term(id: &str, lang: Lang) -> String {
    if contains(id) {
        word(id, "term", lang)
    } else {
        id.to_owned()
    }
}

/// The term with what it means; none if there is no such term. In Chinese the gloss stands behind Kafka's term.
pub fn lookup(id: &str, lang: Lang) -> Option<Gloss> {
    if !contains(id) {
        return None;
    }
    let term = word(id, "term", lang);
    let gloss = word(id, "gloss", lang);
    let term = match lang {
        _ if gloss == term || gloss.is_empty() => term,
        Lang::En => format!("{term} ({gloss})"),
        Lang::Zh => format!("{term}（{gloss}）"),
    };
    Some(Gloss {
        id: id.to_owned(),
        term,
        meaning: word(id, "meaning", lang),
    })
}

/// All terms.
pub fn all(lang: Lang) -> Vec<Gloss> {
    TERMS.iter().filter_map(|id| lookup(id, lang)).collect()
}

fn word(id: &str, part: &str, lang: Lang) -> String {
    Phrase::new(&format!("glossary.{id}.{part}")).say(lang)
}

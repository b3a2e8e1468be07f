//! Kafka's terms with a gloss and a meaning; the words are in `locales/glossary.*.yml`.

use crate::lang::Lang;
use crate::phrase::Phrase;
use crate::words::Gloss;

/// The ids of all terms, in alphabetical order; `locales/glossary.*.yml` hold exactly these.
pub const TERMS: &[&str] = &[
    "accumulator",
    "acks",
    "acquisition-lock",
    "ar",
    "assignor",
    "available-partition",
    "batch",
    "batch-size",
    "broker",
    "compaction",
    "consumer",
    "consumer-lag",
    "control-marker",
    "controlled-shutdown",
    "controller",
    "delivery-count",
    "elr",
    "fencing",
    "fetch",
    "file-position",
    "flush",
    "follower",
    "generation",
    "group",
    "group-coordinator",
    "group-leader",
    "heartbeat",
    "hw",
    "idempotence",
    "in-flight",
    "index-entry",
    "isr",
    "key",
    "leader",
    "leader-epoch",
    "leo",
    "linger",
    "log",
    "log-start-offset",
    "long-poll",
    "lso",
    "member-epoch",
    "metadata",
    "min-isr",
    "murmur2",
    "offset",
    "offset-commit",
    "osr",
    "page-cache",
    "partition",
    "partitioner",
    "poll",
    "position",
    "preferred-leader",
    "producer",
    "purgatory",
    "quorum",
    "reassignment",
    "rebalance",
    "record",
    "record-committed",
    "replica",
    "replica-lag",
    "segment",
    "sender",
    "serializer",
    "session-timeout",
    "share-group",
    "share-start-offset",
    "snapshot",
    "sticky-partitioner",
    "tombstone",
    "topic",
    "transaction",
    "transaction-commit",
    "truncation",
    "unclean-leader-election",
    "zero-copy",
    "zombie",
];

/// Whether there is such a term.
pub fn contains(id: &str) -> bool {
    TERMS.binary_search(&id).is_ok()
}

/// The term by which Kafka calls it: `HW`, `leader epoch`. The id itself if there is no such term.
pub fn term(id: &str, lang: Lang) -> String {
    if contains(id) { word(id, "term", lang) } else { id.to_owned() }
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
    Some(Gloss { id: id.to_owned(), term, meaning: word(id, "meaning", lang) })
}

/// All terms.
pub fn all(lang: Lang) -> Vec<Gloss> {
    TERMS.iter().filter_map(|id| lookup(id, lang)).collect()
}

fn word(id: &str, part: &str, lang: Lang) -> String {
    Phrase::new(&format!("glossary.{id}.{part}")).say(lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The entries of a file: id, then the keys below it.
    fn entries(yaml: &str) -> Vec<(String, Vec<String>)> {
        let mut entries: Vec<(String, Vec<String>)> = Vec::new();
        for line in yaml.lines() {
            let key = line.trim_start().split(':').next().unwrap().to_owned();
            match line.len() - line.trim_start().len() {
                2 => entries.push((key, Vec::new())),
                4 => entries.last_mut().unwrap().1.push(key),
                _ => {}
            }
        }
        entries
    }

    #[test]
    fn both_languages_have_exactly_the_terms_in_order() {
        for yaml in [include_str!("../../../locales/glossary.en.yml"), include_str!("../../../locales/glossary.zh.yml")]
        {
            let entries = entries(yaml);
            let ids: Vec<&str> = entries.iter().map(|(id, _)| id.as_str()).collect();
            assert_eq!(ids, TERMS);
            for (id, keys) in &entries {
                assert_eq!(keys, &["term", "gloss", "meaning"], "{id}");
            }
        }
        assert!(TERMS.is_sorted());
    }

    #[test]
    fn every_term_has_words_and_every_chinese_one_a_gloss() {
        for id in TERMS {
            for lang in Lang::ALL {
                let gloss = lookup(id, lang).unwrap();
                assert!(!gloss.term.is_empty() && !gloss.term.contains("glossary."), "{id}: {}", gloss.term);
                assert!(gloss.meaning.ends_with(['.', '。']), "{id}: {}", gloss.meaning);
            }
            // Kafka's own word stands in both languages.
            assert_eq!(term(id, Lang::En).replace(" (file)", ""), term(id, Lang::Zh), "{id}");
            assert!(lookup(id, Lang::Zh).unwrap().term.contains('（'), "{id}");
        }
        assert_eq!(lookup("hw", Lang::En).unwrap().term, "HW (high watermark)");
        assert_eq!(lookup("hw", Lang::Zh).unwrap().term, "HW（高水位）");
        assert_eq!(lookup("acks", Lang::En).unwrap().term, "acks");
        assert_eq!(lookup("water", Lang::En), None);
        assert_eq!(term("water", Lang::En), "water");
    }
}

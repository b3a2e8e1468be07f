//! The words of `locales/`. Natively they are compiled in; a page loads those of one language at a time, as the text that
//! [`packed`] writes, so that nobody waits for words in a language that they do not read. What only the scenarios after the
//! course's first one say comes with them, in all languages.

#[cfg(target_arch = "wasm32")]
mod loaded;

#[cfg(target_arch = "wasm32")]
pub use loaded::{is_loaded, load, load_more, since, text};
#[cfg(not(target_arch = "wasm32"))]
pub use native::{is_loaded, load, packed, packed_more, since, text};

use crate::lang::Lang;

/// The name of the file with the words of a language.
pub fn file(lang: Lang) -> String {
    format!("words.{}.txt", lang.code())
}

/// The name of the file with the words that only the scenarios after the first one say, in all languages.
pub const MORE: &str = "words.more.txt";

/// The key under which a page finds since when a configuration has its default.
fn since_key(config: &highwater_sim::config::ConfigDef) -> String {
    ["since", config.scope.name(), config.name].join(".")
}

/// The words of a language, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    text: String,
    /// Where each line begins, where its key ends, and where it ends, in the order of their keys.
    lines: Vec<(usize, usize, usize)>,
}

impl Words {
    /// No words.
    pub const EMPTY: Words = Words { text: String::new(), lines: Vec::new() };

    /// Reads what `packed` wrote: a line for each key, in the order of the keys, with the words behind a tab. None if it
    /// is something else.
    pub fn read(text: String) -> Option<Words> {
        let mut lines = Vec::new();
        let mut before = "";
        let mut start = 0_usize;
        for line in text.lines() {
            let (key, _) = line.split_once('\t')?;
            if key <= before {
                return None;
            }
            before = key;
            let end = start.saturating_add(line.len());
            lines.push((start, start.saturating_add(key.len()), end));
            start = end.saturating_add(1);
        }
        if lines.is_empty() { None } else { Some(Words { text, lines }) }
    }

    /// The words of a key, if there are any.
    pub fn get(&self, key: &str) -> Option<String> {
        let of = |(start, tab, _): &(usize, usize, usize)| self.text.get(*start..*tab).unwrap_or_default();
        let found = self.lines.binary_search_by(|line| of(line).cmp(key)).ok()?;
        let (_, tab, end) = self.lines.get(found)?;
        let words = self.text.get(tab.saturating_add(1)..*end)?;
        Some(if words.contains('\\') { words.replace("\\n", "\n") } else { words.to_owned() })
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use highwater_sim::config::{CONFIGS, ConfigDef};

    use super::Lang;

    /// Since which version a configuration has its default and, behind a space, the default before that, if there was one.
    pub fn since(config: &ConfigDef) -> String {
        match config.older_defaults.last() {
            Some(older) => format!("{} {}", older.until, older.default),
            None => config.since.to_owned(),
        }
    }

    /// The words of a key; the key itself if there are none.
    pub fn text(key: &str, lang: Lang) -> String {
        rust_i18n::t!(key, locale = lang.code()).into_owned()
    }

    /// Always: all words are here.
    pub fn is_loaded(_: Lang) -> bool {
        true
    }

    /// Does nothing: all words are here.
    pub fn load(_: Lang, _: String) -> bool {
        true
    }

    /// The words of a language as a page reads them first.
    pub fn packed(lang: Lang) -> String {
        pack(words(lang).filter(|(key, _)| !is_later(key)).collect())
    }

    /// The words of all languages that a page reads with the first scenario that needs them. A key begins with the code of
    /// its language. Beside them since when configurations have their defaults, which has no language.
    pub fn packed_more() -> String {
        let of = |lang: Lang| {
            words(lang)
                .filter(|(key, _)| is_later(key))
                .map(move |(key, words)| (format!("{}.{key}", lang.code()), words))
        };
        let since = CONFIGS.into_iter().flatten().map(|config| (super::since_key(config), since(config)));
        pack(Lang::ALL.into_iter().flat_map(of).chain(since).collect())
    }

    fn words(lang: Lang) -> impl Iterator<Item = (String, String)> {
        let words = crate::_rust_i18n_backend().messages_for_locale(lang.code()).unwrap_or_default();
        words.into_iter().map(|(key, words)| (key.into_owned(), words.into_owned()))
    }

    fn pack(mut words: Vec<(String, String)>) -> String {
        words.sort_unstable();
        words.iter().fold(String::new(), |text, (key, words)| text + key + "\t" + &words.replace('\n', "\\n") + "\n")
    }

    /// The beginnings of the keys that the first scenario never says.
    const LATER: [&str; 202] = [
        "compare.",
        "facts.alter",
        "facts.broker_",
        "facts.clear_elr",
        "facts.command_alter_config",
        "facts.command_assign",
        "facts.command_cancel",
        "facts.command_close",
        "facts.command_commit",
        "facts.command_configure",
        "facts.command_crash",
        "facts.command_cut",
        "facts.command_delay",
        "facts.command_delete_config",
        "facts.command_drop",
        "facts.command_duplicate",
        "facts.command_elect",
        "facts.command_f",
        "facts.command_heal",
        "facts.command_kill",
        "facts.command_pause",
        "facts.command_poll",
        "facts.command_power",
        "facts.command_reassign",
        "facts.command_resume",
        "facts.command_seek",
        "facts.command_skew",
        "facts.command_slow",
        "facts.command_stop",
        "facts.command_subscribe",
        "facts.command_unsubscribe",
        "facts.command_write",
        "facts.commit_",
        "facts.config_record",
        "facts.consumer_",
        "facts.controller",
        "facts.coordinator_",
        "facts.epoch_",
        "facts.fetch",
        "facts.follower_credited",
        "facts.generation_",
        "facts.group_",
        "facts.high_watermark_updated",
        "facts.isr_",
        "facts.limit_reached",
        "facts.list_offsets",
        "facts.listed_offsets",
        "facts.log_",
        "facts.member_",
        "facts.next_",
        "facts.nothing",
        "facts.offset_",
        "facts.page_cache",
        "facts.partition_change",
        "facts.partition_chosen_ignored",
        "facts.partitions_",
        "facts.poll_",
        "facts.position_reset",
        "facts.position_restored",
        "facts.preferred_read",
        "facts.read_from",
        "facts.read_replica",
        "facts.rebalance_",
        "facts.record_appended_follower",
        "facts.record_polled",
        "facts.record_processed",
        "facts.records_appended_follower",
        "facts.records_polled",
        "facts.register_broker",
        "facts.request_lost",
        "facts.response_lost",
        "facts.retention_stopped",
        "facts.roll_",
        "facts.seeked",
        "facts.segment_",
        "facts.send_failed",
        "facts.since_",
        "facts.static_member",
        "facts.timer_auto",
        "facts.timer_cleaner",
        "facts.timer_consumer_retry",
        "facts.timer_delayed_operation",
        "facts.timer_fetch_backoff",
        "facts.timer_group",
        "facts.timer_heartbeat",
        "facts.timer_isr",
        "facts.timer_leader_balance",
        "facts.timer_member",
        "facts.timer_poll",
        "facts.timer_session_timeout",
        "facts.timer_shutdown_now",
        "facts.timer_unclean",
        "facts.transferred",
        "facts.truncation",
        "facts.unflushed",
        "facts.verdict_above_hw",
        "facts.verdict_below_start",
        "facts.verdict_over_size",
        "facts.verdict_too_old",
        "inspect.",
        "interface.ask.",
        "interface.checked.",
        "interface.compaction.",
        "interface.compare_",
        "interface.controller",
        "interface.every_mark",
        "interface.facts_shown",
        "interface.files.",
        "interface.filter_",
        "interface.fork_",
        "interface.glossary.",
        "interface.group.",
        "interface.history_axis",
        "interface.in_metadata_log",
        "interface.key_",
        "interface.no_facts",
        "interface.own.",
        "interface.print_",
        "interface.replicas.",
        "interface.review.",
        "interface.share_",
        "interface.show_mark",
        "interface.simplified.",
        "interface.table.",
        "interface.why_between",
        "scene.at_ms",
        "scene.cause_holds",
        "scene.consumer_",
        "scene.controller_",
        "scene.cut_",
        "scene.deposed",
        "scene.down",
        "scene.elr",
        "scene.fenced",
        "scene.lag_clock",
        "scene.line_acknowledged_at",
        "scene.lost",
        "scene.member_",
        "scene.msg_alter",
        "scene.msg_epoch",
        "scene.msg_fetch",
        "scene.msg_list",
        "scene.msg_read_from",
        "scene.paused",
        "scene.rack",
        "scene.record_",
        "scene.silence_clock",
        "scene.waits_hw",
        "scene.well_",
        "sequence.",
        "text.active_index",
        "text.assignment_epoch",
        "text.band_",
        "text.compaction",
        "text.consumer",
        "text.controller",
        "text.cut",
        "text.differs",
        "text.dirty",
        "text.elr",
        "text.empty_log",
        "text.entry",
        "text.field",
        "text.files",
        "text.float",
        "text.found_record",
        "text.from_then",
        "text.gauge",
        "text.ghosts",
        "text.gone",
        "text.group",
        "text.history",
        "text.in_memory",
        "text.index_has",
        "text.label_",
        "text.lag_clock",
        "text.last_of_key",
        "text.log_start",
        "text.map_entry",
        "text.member",
        "text.more_rows",
        "text.newer_at",
        "text.no_entries",
        "text.no_leader",
        "text.no_records",
        "text.offsets",
        "text.on_disk",
        "text.partitioner.",
        "text.probe_",
        "text.replica",
        "text.row_",
        "text.scan_",
        "text.search_",
        "text.segment",
        "text.silence_clock",
        "text.spread",
        "text.table",
        "text.time_entry",
        "text.token",
        "text.tombstone",
        "text.uncommitted",
        "text.was_",
    ];

    /// The terms that the first scenario names.
    const FIRST_TERMS: [&str; 11] = [
        "batch",
        "broker",
        "consumer",
        "key",
        "leader",
        "metadata",
        "murmur2",
        "partition",
        "producer",
        "sticky-partitioner",
        "topic",
    ];

    fn is_later(key: &str) -> bool {
        if let Some(term) = key.strip_prefix("glossary.") {
            return !FIRST_TERMS.iter().any(|first| term.split('.').next() == Some(*first));
        }
        LATER.iter().any(|later| key.starts_with(later))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_reads_the_words_that_are_compiled_in() {
        for lang in Lang::ALL {
            let packed = packed(lang);
            let words = Words::read(packed.clone()).unwrap();
            for line in packed.lines() {
                let (key, _) = line.split_once('\t').unwrap();
                assert_eq!(words.get(key).unwrap(), text(key, lang), "{key}");
            }
            let more = packed_more();
            let later = Words::read(more.clone()).unwrap();
            let of_lang =
                |line: &str| line.split_once('\t')?.0.strip_prefix(lang.code())?.strip_prefix('.').map(str::to_owned);
            for key in more.lines().filter_map(of_lang) {
                assert_eq!(words.get(&key), None, "{key} comes twice");
                assert_eq!(later.get(&format!("{}.{key}", lang.code())).unwrap(), text(&key, lang), "{key}");
            }
            assert!(words.lines.len() + later.lines.len() / 2 > 400);
            for config in highwater_sim::config::CONFIGS.into_iter().flatten() {
                assert_eq!(later.get(&since_key(config)).unwrap(), since(config), "{}", config.name);
            }
            assert_eq!(words.get("interface.no_such_key"), None);
            assert_eq!(words.get(""), None);
            assert_eq!(words.get("zzz"), None);
        }
    }

    #[test]
    fn what_was_not_packed_is_not_read() {
        for text in ["", "<!doctype html>\n<html>", "b\tB\na\tA\n", "a\tA\na\tB\n"] {
            assert_eq!(Words::read(text.to_owned()), None, "{text}");
        }
    }
}

//! The files panel in words.

use super::{TextBlock, count, named};
use crate::lang::Lang;
use crate::phrase::Phrase;
use crate::scene::files::{
    Compared, EntryCard, FieldBox, FilesPanel, GaugeRow, ProbeKind, ProbeRow, ScanBatch, ScanState, SearchView,
    SegmentCard,
};

#[inline(never)]
pub(super) fn describe(panel: &FilesPanel, lang: Lang, blocks: &mut Vec<TextBlock>) {
    let heading = match panel.broker {
        Some(broker) => Phrase::new("text.files_on").with("broker", broker),
        None => Phrase::new("text.files"),
    };
    let mut lines: Vec<String> = Vec::new();
    if let Some(bytes) = panel.scaled_bytes {
        lines.push(Phrase::new("text.files_scaled").with("bytes", bytes).say(lang));
    }
    lines.push(Phrase::new("text.log_start").with("offset", panel.log_start.value).say(lang));
    lines.extend(panel.segments.iter().map(|card| segment(card).say(lang)));
    lines.extend(panel.gauges.iter().map(|row| gauge(panel, row).say(lang)));
    let heading = heading.with("partition", panel.partition.as_str()).say(lang);
    blocks.push(TextBlock { heading, lines });
    if let Some(entries) = &panel.active_entries {
        let lines = if entries.is_empty() {
            vec![Phrase::new("text.no_entries").say(lang)]
        } else {
            entries.iter().map(|card| entry(card).say(lang)).collect()
        };
        blocks.push(TextBlock { heading: Phrase::new("text.active_index").say(lang), lines });
    }
    if let Some(view) = &panel.search {
        search(view, lang, blocks);
    }
    if let Some(view) = &panel.bytes {
        let heading = Phrase::new("text.batch")
            .with("first", view.base_offset)
            .with("last", view.last_offset)
            .with("position", view.position)
            .with("bytes", view.bytes);
        let lines = view.fields.iter().map(|bytes| field(bytes).say(lang)).collect();
        blocks.push(TextBlock { heading: heading.say(lang), lines });
    }
}

fn search(view: &SearchView, lang: Lang, blocks: &mut Vec<TextBlock>) {
    let key = if view.by_time { "text.search_time" } else { "text.search_offset" };
    let mut lines = Vec::new();
    if let Some(probes) = &view.probes {
        lines.push(Phrase::new("text.index_has").with("entries", count(view.entries.len())).say(lang));
        lines.extend(view.entries.iter().map(|card| entry(card).say(lang)));
        lines.extend(probes.iter().map(|row| probe(row, view.target).say(lang)));
    }
    if let Some(scan) = &view.scan {
        lines.push(Phrase::new("text.scan_from").with("position", view.from).say(lang));
        lines.extend(scan.iter().map(|found| batch(found).say(lang)));
    }
    if let Some((offset, timestamp)) = view.record {
        lines.push(Phrase::new("text.found_record").with("offset", offset).with("timestamp", timestamp).say(lang));
    }
    let heading = Phrase::new(key).with("target", view.target).with("base", view.base_offset).say(lang);
    blocks.push(TextBlock { heading, lines });
}

#[inline(never)]
pub(super) fn label(panel: &FilesPanel, mark: &str) -> Option<Phrase> {
    if mark == panel.id {
        return Some(Phrase::new("text.files").with("partition", panel.partition.as_str()));
    }
    let part = mark.strip_prefix(panel.id.as_str())?;
    if part == "/start" {
        return Some(Phrase::new("text.log_start").with("offset", panel.log_start.value));
    }
    if let Some(card) = panel.segments.iter().find(|card| card.id == mark) {
        return Some(segment(card));
    }
    let entries = panel.active_entries.iter().flatten();
    let search = panel.search.as_deref();
    let entries = entries.chain(search.into_iter().flat_map(|view| &view.entries));
    if let Some(card) = entries.into_iter().find(|card| card.id == mark) {
        return Some(entry(card));
    }
    if let Some(view) = search {
        if let Some(row) = view.probes.iter().flatten().find(|row| row.id == mark) {
            return Some(probe(row, view.target));
        }
        if let Some(found) = view.scan.iter().flatten().find(|batch| batch.id == mark) {
            return Some(batch(found));
        }
    }
    let fields = panel.bytes.iter().flat_map(|view| &view.fields);
    fields.into_iter().find(|bytes| bytes.id == mark).map(field)
}

fn segment(card: &SegmentCard) -> Phrase {
    let key = match (card.active, card.picked, card.deletable) {
        (_, true, _) => "text.segment_picked",
        (_, _, true) => "text.segment_deletable",
        (true, ..) => "text.segment_active",
        _ => "text.segment",
    };
    let offsets = match card.last_offset {
        Some(last) => Phrase::new("text.offsets").with("first", card.base_offset).with("last", last),
        None => Phrase::new("text.no_records"),
    };
    Phrase::new(key)
        .with("base", card.base_offset)
        .with("offsets", offsets)
        .with("bytes", card.bytes)
        .with("note", card.note.clone().unwrap_or_else(|| Phrase::new("text.nothing")))
}

fn gauge(panel: &FilesPanel, row: &GaugeRow) -> Phrase {
    let values = panel.segments.iter().zip(&row.values).filter_map(|(card, value)| {
        let (value, over) = (*value)?;
        Some(named(card.base_offset, format!("{value}{}", if over { "!" } else { "" })))
    });
    Phrase::new("text.gauge")
        .with("config", row.config)
        .with("limit", row.limit)
        .with("values", values.collect::<Vec<_>>())
}

fn entry(card: &EntryCard) -> Phrase {
    let key = match (card.position, card.found) {
        (Some(_), false) => "text.entry",
        (Some(_), true) => "text.entry_found",
        (None, false) => "text.time_entry",
        (None, true) => "text.time_entry_found",
    };
    Phrase::new(key).with("key", card.key).with("stored", card.stored).with("position", card.position.unwrap_or(0))
}

fn probe(row: &ProbeRow, target: i64) -> Phrase {
    let key = match (row.kind, row.compared) {
        (ProbeKind::Warm, Compared::Less) => "text.probe_warm",
        (ProbeKind::Warm, _) => "text.probe_cold",
        (ProbeKind::Least, Compared::More) => "text.probe_before",
        (ProbeKind::Least, _) => "text.probe_least",
        (ProbeKind::Middle, Compared::Less) => "text.probe_less",
        (ProbeKind::Middle, Compared::Equal) => "text.probe_equal",
        (ProbeKind::Middle, Compared::More) => "text.probe_more",
    };
    Phrase::new(key).with("key", row.key).with("target", target)
}

fn batch(batch: &ScanBatch) -> Phrase {
    let key = match batch.state {
        ScanState::Before => "text.scan_before",
        ScanState::Read => "text.scan_read",
        ScanState::Found => "text.scan_found",
        ScanState::Beyond => "text.scan_beyond",
        ScanState::After => "text.scan_after",
    };
    Phrase::new(key)
        .with("first", batch.base_offset)
        .with("last", batch.last_offset)
        .with("position", batch.position)
        .with("bytes", batch.bytes)
}

fn field(field: &FieldBox) -> Phrase {
    let key = if field.record.is_some() { "text.field_of" } else { "text.field" };
    Phrase::new(key)
        .with("name", field.name)
        .with("value", field.value.as_str())
        .with("hex", field.hex.as_str())
        .with("record", field.record.map_or(0, |record| count(record) + 1))
}

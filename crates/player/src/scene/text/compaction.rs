//! The compaction panel in words.

use super::{TextBlock, list};
use crate::lang::Lang;
use crate::phrase::Phrase;
use crate::scene::compaction::{Band, CompactedRecord, CompactionPanel, MapEntry};

#[inline(never)]
pub(super) fn describe(panel: &CompactionPanel, lang: Lang) -> TextBlock {
    let mut lines = vec![
        Phrase::new("text.marks").with("hw", panel.high_watermark.value).with("leo", panel.log_end.value).say(lang),
        dirty(panel).say(lang),
    ];
    lines.extend(panel.segments.iter().map(|segment| band(segment).say(lang)));
    for column in &panel.columns {
        if let Some(found) = &column.record {
            lines.push(record(found, column.offset).say(lang));
        }
    }
    let gone = panel.columns.iter().filter(|column| column.record.is_none()).map(|column| column.offset);
    let gone = list(gone);
    if !gone.is_empty() {
        lines.push(Phrase::new("text.gone").with("offsets", gone).say(lang));
    }
    if let Some(map) = &panel.map {
        lines.extend(map.iter().map(|found| entry(found).say(lang)));
    }
    let heading = Phrase::new("text.compaction").with("partition", panel.partition.as_str());
    TextBlock { heading: heading.with("broker", panel.broker).say(lang), lines }
}

#[inline(never)]
pub(super) fn label(panel: &CompactionPanel, mark: &str) -> Option<Phrase> {
    match mark.strip_prefix(panel.id.as_str())? {
        "" => Some(
            Phrase::new("text.compaction").with("partition", panel.partition.as_str()).with("broker", panel.broker),
        ),
        "/hw" => Some(Phrase::new("text.label_hw").with("hw", panel.high_watermark.value).with("broker", panel.broker)),
        "/leo" => Some(Phrase::new("text.label_leo").with("leo", panel.log_end.value).with("broker", panel.broker)),
        "/dirty" => Some(dirty(panel)),
        _ => {
            let records = panel.columns.iter().find_map(|column| {
                let found = column.record.as_ref().filter(|record| record.id == mark)?;
                Some(record(found, column.offset))
            });
            let bands = panel.segments.iter().find(|segment| segment.id == mark).map(band);
            records.or(bands).or_else(|| panel.map.iter().flatten().find(|found| found.id == mark).map(entry))
        }
    }
}

fn dirty(panel: &CompactionPanel) -> Phrase {
    Phrase::new("text.dirty")
        .with("from", panel.first_dirty.value)
        .with("ratio", panel.dirty_thousandths.map_or_else(|| "–".to_owned(), ratio))
        .with("least", ratio(panel.least_dirty_thousandths))
}

/// `0.5`
pub fn ratio(thousandths: i64) -> String {
    format!("{}.{:02}", thousandths / 1_000, thousandths % 1_000 / 10)
}

fn band(band: &Band) -> Phrase {
    let key = match (band.active, band.clean) {
        (true, _) => "text.band_active",
        (false, true) => "text.band_clean",
        (false, false) => "text.band_dirty",
    };
    Phrase::new(key).with("first", band.base_offset).with("last", band.end_offset.saturating_sub(1))
}

fn record(record: &CompactedRecord, offset: i64) -> Phrase {
    let key = match (&record.value, record.newer, record.horizon_ms) {
        (None, _, Some(_)) => "text.tombstone_until",
        (None, None, None) => "text.tombstone",
        (None, Some(_), None) => "text.tombstone_newer",
        (Some(_), None, _) => "text.last_of_key",
        (Some(_), Some(_), _) => "text.newer_at",
    };
    Phrase::new(key)
        .with("offset", offset)
        .with("key", record.key.as_str())
        .with("value", record.value.as_deref().unwrap_or("null"))
        .with("newer", record.newer.unwrap_or(-1))
        .with("wait", record.horizon_ms.unwrap_or(0))
}

fn entry(entry: &MapEntry) -> Phrase {
    Phrase::new("text.map_entry").with("key", entry.key.as_str()).with("offset", entry.offset)
}

//! The records of `__consumer_offsets`: the fields inside of their keys and values.

use highwater_log::log::Log;
use highwater_sim::group::records::{FieldAt, key_fields, value_fields};

use super::{FIELDS_MAX, hex};
use crate::scene::files::{BytesView, FieldBox};
use crate::script::FilesShow;

/// Puts the fields of committed offsets in the place of the keys and values that hold them.
#[inline(never)]
pub(super) fn split(view: &mut BytesView, log: &Log, show: &FilesShow) {
    let Some(batch) = log.batches_from(view.base_offset).next() else { return };
    let Ok(records) = batch.records() else { return };
    let mut fields = Vec::new();
    for field in view.fields.drain(..) {
        let record = field.record.and_then(|number| records.get(number));
        let whole: Option<(&[u8], Vec<FieldAt>)> = match (field.name, record) {
            ("key", Some(record)) => record.key.as_deref().and_then(|key| Some((key, key_fields(key)?))),
            ("value", Some(record)) => record.value.as_deref().and_then(|value| Some((value, value_fields(value)?))),
            _ => None,
        };
        let Some((bytes, inside)) = whole else {
            fields.push(field);
            continue;
        };
        for part in inside {
            let there = bytes.get(part.bytes).unwrap_or_default();
            fields.push(FieldBox {
                id: format!("{}-{}", field.id, part.name.replace(' ', "-")),
                name: part.name,
                hex: hex(there),
                bytes: there.len(),
                value: if part.value.is_empty() { "\"\"".to_owned() } else { part.value },
                record: field.record,
                accent: show.fields.iter().any(|wanted| wanted == part.name) && field.record == Some(0),
                in_crc: field.in_crc,
            });
        }
    }
    fields.truncate(FIELDS_MAX);
    view.fields = fields;
}

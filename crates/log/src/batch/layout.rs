//! Where each field of a batch stands: what a hex view shows.

use std::ops::Range;
use std::rc::Rc;

use super::decode::{Visitor, visit};
use super::{BatchError, Field, HEADER_SIZE, RecordBatch};

/// What a field says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// A number.
    Number(i64),
    /// Bytes.
    Bytes(Rc<[u8]>),
}

/// A field with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutField {
    /// Which field.
    pub field: Field,
    /// The record that it belongs to, from 0; none in the header.
    pub record: Option<usize>,
    /// Its bytes, from the start of the batch.
    pub bytes: Range<usize>,
    /// What it says.
    pub value: FieldValue,
}

struct Collect(Vec<LayoutField>);

impl Visitor for Collect {
    fn field(&mut self, field: Field, record: usize, from: usize, to: usize, value: FieldValue) {
        self.0.push(LayoutField { field, record: Some(record), bytes: from..to, value });
    }
}

pub(super) fn layout(batch: &RecordBatch) -> Result<Vec<LayoutField>, BatchError> {
    let header = batch.header();
    let fields = [
        (Field::BaseOffset, header.base_offset),
        (Field::BatchLength, header.length.into()),
        (Field::PartitionLeaderEpoch, header.partition_leader_epoch.into()),
        (Field::Magic, header.magic.into()),
        (Field::Crc, header.crc.into()),
        (Field::Attributes, header.attributes.into()),
        (Field::LastOffsetDelta, header.last_offset_delta.into()),
        (Field::BaseTimestamp, header.base_timestamp),
        (Field::MaxTimestamp, header.max_timestamp),
        (Field::ProducerId, header.producer_id),
        (Field::ProducerEpoch, header.producer_epoch.into()),
        (Field::BaseSequence, header.base_sequence.into()),
        (Field::RecordsCount, header.count.into()),
    ];
    let ends = fields.iter().skip(1).map(|(field, _)| field.position()).chain([HEADER_SIZE]);
    let mut collected = Collect(
        fields
            .iter()
            .zip(ends)
            .map(|((field, value), end)| LayoutField {
                field: *field,
                record: None,
                bytes: field.position()..end,
                value: FieldValue::Number(*value),
            })
            .collect(),
    );
    visit(batch, &mut collected)?;
    Ok(collected.0)
}

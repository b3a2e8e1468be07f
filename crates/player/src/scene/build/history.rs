//! Builds the history panel.

use highwater_sim::ids::TopicPartition;
use highwater_sim::world::World;

use super::View;
use crate::past::{Reign, What};
use crate::scene::history::{HistoryPanel, HistoryRow, Span, Was};

/// The most spans of a row: the last ones.
const SPANS_MAX: usize = 200;

#[inline(never)]
pub(super) fn panel(world: &World, view: &View) -> Option<HistoryPanel> {
    let partition = view.partition.as_ref()?;
    let id = format!("history/{partition}");
    let brokers = world.metadata().partition(partition)?.replicas.iter().map(|id| id.0);
    let rows = brokers.map(|broker| {
        let spans = reigns(view, partition).fold(Vec::new(), |mut spans: Vec<Span>, (from_us, reign)| {
            let was = was(reign, broker);
            if spans.last().is_none_or(|last| last.was != was) {
                spans.push(Span { from_us, was });
            }
            spans
        });
        let skip = spans.len().saturating_sub(SPANS_MAX);
        HistoryRow { id: format!("{id}/broker-{broker}"), broker, spans: spans.into_iter().skip(skip).collect() }
    });
    let mut epochs: Vec<(i32, u64)> = Vec::new();
    for (at_us, reign) in reigns(view, partition) {
        if epochs.last().is_none_or(|(epoch, _)| *epoch != reign.epoch) {
            epochs.push((reign.epoch, at_us));
        }
    }
    Some(HistoryPanel { partition: partition.to_string(), until_us: world.now().0, rows: rows.collect(), epochs, id })
}

fn reigns<'a>(view: &'a View, partition: &'a TopicPartition) -> impl Iterator<Item = (u64, &'a Reign)> {
    view.seen.written().iter().filter_map(move |written| match &written.what {
        What::Partition(of, reign) if of == partition => Some((written.at_us, reign)),
        _ => None,
    })
}

fn was(reign: &Reign, broker: i32) -> Was {
    if reign.leader == Some(broker) {
        Was::Leader
    } else if reign.isr.contains(&broker) {
        Was::InIsr
    } else if reign.elr.contains(&broker) {
        Was::InElr
    } else {
        Was::Out
    }
}

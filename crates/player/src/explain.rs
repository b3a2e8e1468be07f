//! "Why?": from a mark of the picture to the facts behind it, as lines that can be read.

mod files;
mod groups;
mod share;

use highwater_sim::fact::{Fact, FactKind};

use crate::causes;
use crate::facts::{FactRef, Facts};
use crate::inspect::thing::Because;
use crate::marks;
use crate::scene::cluster::ClientKind;
use crate::scene::{Panel, Scene, ValueKey};

/// Marks of a batch are asked for records that it had at most; see [`marks::marks`].
const PARTS: usize = 3;

/// The chain behind what a mark shows, newest first; it ends at a command or a timer. Empty for what no fact made: a mark
/// that is not there, or one that shows how something is computed.
pub(crate) fn chain<'a>(facts: Facts<'a>, scene: &Scene, mark: &str) -> Vec<FactRef<'a>> {
    let found = value_of(scene, mark).and_then(|key| setter(facts, &key));
    let found = found.or_else(|| facts.get(files::made(facts, scene, mark)?)).or_else(|| about(facts, mark));
    causes::chain(facts, found)
}

/// The chain behind a value of a thing, newest first. Empty if nothing has happened to it.
pub(crate) fn of_value<'a>(facts: Facts<'a>, scene: &Scene, mark: &str, because: &Because) -> Vec<FactRef<'a>> {
    let found = match because {
        Because::Thing => None,
        Because::Key(key) => setter(facts, key),
        Because::Mark(about_it) => about(facts, about_it),
        Because::Fact(place) => facts.get(*place),
    };
    if found.is_some() { causes::chain(facts, found) } else { chain(facts, scene, mark) }
}

/// A chain without the steps between that say nothing by themselves. Its end stays.
pub(crate) fn telling<'a>(chain: &'a [FactRef<'a>]) -> Vec<&'a Fact> {
    let last = chain.len().saturating_sub(1);
    let is_telling = |(index, fact): (usize, &'a FactRef<'a>)| {
        let between = matches!(fact.kind, FactKind::TimerFired { .. } | FactKind::FetchParked { .. });
        (index == 0 || index == last || !between).then_some(&**fact)
    };
    chain.iter().enumerate().filter_map(is_telling).collect()
}

fn setter<'a>(facts: Facts<'a>, key: &str) -> Option<FactRef<'a>> {
    facts.iter().rev().find(|fact| fact.kind.sets().iter().any(|set| set == key))
}

/// The key of the value that a mark shows.
fn value_of(scene: &Scene, mark: &str) -> Option<ValueKey> {
    for panel in &scene.panels {
        let key = match panel {
            Panel::Cluster(panel) => {
                let rail = mark.strip_prefix("isr/").filter(|partition| *partition == panel.partition);
                let row = panel.replicas.iter().find_map(|row| match mark.strip_prefix(row.id.as_str())? {
                    "/hw" => Some(&row.high_watermark.key),
                    "/leo" => Some(&row.log_end_offset.key),
                    _ => row.floats.iter().find(|float| float.id == mark).map(|float| &float.log_end_offset.key),
                });
                let client =
                    panel.clients.iter().find(|client| client.id == mark).and_then(|client| match &client.kind {
                        ClientKind::Consumer { position, .. } => Some(&position.key),
                        ClientKind::Producer { .. } | ClientKind::Controller => None,
                    });
                rail.map(|_| &panel.isr.key).or(row).or(client)
            }
            Panel::Partitioner(panel) => panel.key.as_ref().and_then(|key| match mark {
                "partitioner/partition" => key.partition.as_ref().map(|partition| &partition.key),
                _ => None,
            }),
            Panel::Replicas(panel) => {
                let bars = panel.rows.iter().flat_map(|row| &row.bars);
                bars.into_iter().find(|bar| bar.id == mark).map(|bar| &bar.log_end_offset.key)
            }
            Panel::Spread(panel) => {
                panel.charts.iter().flat_map(|chart| &chart.bars).find(|bar| bar.id == mark).map(|bar| &bar.key)
            }
            Panel::Accumulator(_) | Panel::Table(_) | Panel::History(_) => None,
            Panel::Group(panel) => groups::key(panel, mark),
            Panel::Share(panel) => share::key(panel, mark),
            Panel::Files(panel) => {
                (mark.strip_prefix(panel.id.as_str()) == Some("/start")).then_some(&panel.log_start.key)
            }
            Panel::Compaction(panel) => match mark.strip_prefix(panel.id.as_str()) {
                Some("/hw") => Some(&panel.high_watermark.key),
                Some("/leo") => Some(&panel.log_end.key),
                Some("/dirty") => Some(&panel.first_dirty.key),
                _ => None,
            },
        };
        if key.is_some() {
            return key.cloned();
        }
    }
    None
}

/// The last fact about a mark, else about what the mark is a part of; what nothing has changed is as its partition was made.
fn about<'a>(facts: Facts<'a>, mark: &str) -> Option<FactRef<'a>> {
    let mut whole = mark;
    for _ in 0..PARTS {
        if let Some(fact) = facts.iter().rev().find(|fact| marks::marks(&fact.kind).iter().any(|one| one == whole)) {
            return Some(fact);
        }
        let Some((before, _)) = whole.rsplit_once('/') else { break };
        whole = before;
    }
    if mark == "controller" || mark.starts_with("controller/") {
        return facts.iter().rev().find(|fact| {
            matches!(fact.kind, FactKind::PartitionChangeRecord { .. } | FactKind::PartitionRecord { .. })
        });
    }
    let partition = mark.split('/').nth(1)?;
    setter(facts, &format!("isr/{partition}")).or_else(|| setter(facts, &format!("leader/{partition}")))
}

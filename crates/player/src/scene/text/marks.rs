//! All marks of a picture, in reading order: what a reader without the picture chooses from.

use super::super::{MarkId, Panel, Scene};

/// The marks that have a label, in the order of their panels.
pub fn marks(scene: &Scene) -> Vec<MarkId> {
    let mut marks = Vec::new();
    for panel in &scene.panels {
        match panel {
            Panel::Cluster(panel) => {
                marks.push(["isr/", &panel.partition].concat());
                for client in &panel.clients {
                    marks.push(client.id.clone());
                    marks.extend(client.lines.iter().map(|line| line.id.clone()));
                }
                for row in &panel.replicas {
                    marks.push(row.id.clone());
                    marks.push([row.id.as_str(), "/hw"].concat());
                    marks.push([row.id.as_str(), "/leo"].concat());
                    marks.extend(row.records.iter().map(|record| record.id.clone()));
                    marks.extend(row.ghosts.iter().map(|ghost| ghost.cell.id.clone()));
                    marks.extend(row.floats.iter().map(|float| float.id.clone()));
                }
                marks.extend(panel.messages.iter().map(|message| message.id.clone()));
            }
            Panel::Partitioner(panel) => {
                if let Some(key) = &panel.key {
                    let stages = [
                        ("partitioner/key", true),
                        ("partitioner/murmur2", key.hash.is_some()),
                        ("partitioner/positive", key.positive.is_some()),
                        ("partitioner/remainder", key.remainder.is_some()),
                        ("partitioner/partition", key.partition.is_some()),
                    ];
                    marks.extend(stages.iter().filter(|(_, shown)| *shown).map(|(stage, _)| (*stage).to_owned()));
                }
                for lane in &panel.lanes {
                    marks.push(lane.id.clone());
                    marks.extend(lane.keys.iter().map(|chip| chip.id.clone()));
                }
                marks.extend(panel.moves.iter().map(|moves| moves.id.clone()));
            }
            Panel::Accumulator(panel) => {
                for queue in &panel.queues {
                    marks.push(queue.id.clone());
                    marks.extend(queue.batches.iter().map(|batch| batch.id.clone()));
                }
            }
            Panel::Files(panel) => {
                marks.push(panel.id.clone());
                marks.push([panel.id.as_str(), "/start"].concat());
                marks.extend(panel.segments.iter().map(|card| card.id.clone()));
                marks.extend(panel.active_entries.iter().flatten().map(|card| card.id.clone()));
                if let Some(search) = &panel.search {
                    marks.extend(search.entries.iter().map(|card| card.id.clone()));
                    marks.extend(search.probes.iter().flatten().map(|row| row.id.clone()));
                    marks.extend(search.scan.iter().flatten().map(|batch| batch.id.clone()));
                }
                marks.extend(panel.bytes.iter().flat_map(|bytes| &bytes.fields).map(|field| field.id.clone()));
            }
            Panel::Compaction(panel) => {
                marks.extend(["", "/hw", "/leo", "/dirty"].map(|part| [panel.id.as_str(), part].concat()));
                marks.extend(panel.segments.iter().map(|band| band.id.clone()));
                marks.extend(panel.columns.iter().filter_map(|column| Some(column.record.as_ref()?.id.clone())));
                marks.extend(panel.map.iter().flatten().map(|entry| entry.id.clone()));
            }
            Panel::Group(panel) => {
                marks.push(panel.id.clone());
                marks.extend(["/state", "/generation", "/time", "/log"].map(|part| [panel.id.as_str(), part].concat()));
                marks.extend(panel.crowd.iter().flat_map(|crowd| &crowd.members).map(|member| member.id.clone()));
                for card in &panel.members {
                    marks.push(card.id.clone());
                    marks.extend(card.before.iter().chain(&card.now.value).map(|token| token.id.clone()));
                }
                marks.extend(panel.unowned.iter().map(|token| token.id.clone()));
                if panel.crowd.is_none() {
                    marks.extend(panel.time.rows.iter().map(|row| row.id.clone()));
                }
                marks.extend(panel.log.records.iter().map(|record| record.id.clone()));
            }
            Panel::Share(panel) => {
                marks.extend(["", "/start", "/end"].map(|part| [panel.id.as_str(), part].concat()));
                marks.extend(panel.records.iter().map(|there| there.id.clone()));
                marks.extend(panel.members.iter().map(|there| there.id.clone()));
            }
            Panel::Replicas(panel) => {
                marks.push(panel.id.clone());
                marks.extend(panel.brokers.iter().map(|column| column.id.clone()));
                for row in &panel.rows {
                    marks.push(row.id.clone());
                    marks.extend(row.bars.iter().map(|bar| bar.id.clone()));
                }
                marks.extend(panel.ticks.iter().map(|row| row.id.clone()));
            }
            Panel::Spread(panel) => {
                marks.push(panel.id.clone());
                for chart in &panel.charts {
                    marks.push(chart.id.clone());
                    marks.extend(chart.bars.iter().map(|bar| bar.id.clone()));
                }
            }
            Panel::History(panel) => {
                marks.push(panel.id.clone());
                marks.extend(panel.rows.iter().map(|row| row.id.clone()));
            }
            Panel::Table(panel) => {
                marks.push(panel.id.clone());
                marks.extend(panel.rows.iter().map(|row| row.id.clone()));
            }
        }
    }
    // Two panels may show the same thing.
    let mut once: Vec<MarkId> = Vec::with_capacity(marks.len());
    for mark in marks {
        if !once.contains(&mark) {
            once.push(mark);
        }
    }
    once
}

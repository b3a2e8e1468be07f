//! The replicas panel in words.

use super::{TextBlock, list};
use crate::lang::Lang;
use crate::phrase::Phrase;
use crate::scene::cluster::Standing;
use crate::scene::replicas::{BrokerColumn, PartitionRow, ReplicaBar, ReplicasPanel, TickRow};

pub(super) fn describe(panel: &ReplicasPanel, lang: Lang, blocks: &mut Vec<TextBlock>) {
    let lines = panel.brokers.iter().map(|column| of_broker(column).say(lang)).collect();
    blocks.push(TextBlock { heading: heading(panel).say(lang), lines });
    for row in &panel.rows {
        let lines = row.bars.iter().map(|bar| of_bar(bar).say(lang)).collect();
        blocks.push(TextBlock { heading: of_row(row).say(lang), lines });
    }
    if !panel.ticks.is_empty() {
        let lines = panel.ticks.iter().map(|row| of_ticks(row).say(lang)).collect();
        blocks.push(TextBlock { heading: Phrase::new("text.replicas_all").say(lang), lines });
    }
}

pub(super) fn label(panel: &ReplicasPanel, mark: &str, lang: Lang) -> Option<String> {
    if mark == panel.id {
        return Some(heading(panel).say(lang));
    }
    if let Some(column) = panel.brokers.iter().find(|column| column.id == mark) {
        return Some(of_broker(column).say(lang));
    }
    if let Some(row) = panel.ticks.iter().find(|row| row.id == mark) {
        return Some(of_ticks(row).say(lang));
    }
    panel.rows.iter().filter(|row| mark.starts_with(row.id.as_str())).find_map(|row| {
        if row.id == mark {
            return Some(of_row(row).say(lang));
        }
        let bar = row.bars.iter().find(|bar| bar.id == mark)?;
        let what = of_bar(bar).say(lang);
        Some(Phrase::new("text.replica_of").with("partition", row.partition.as_str()).with("what", what).say(lang))
    })
}

fn heading(panel: &ReplicasPanel) -> Phrase {
    Phrase::new("text.replicas")
        .with("topic", panel.topic.as_str())
        .with("partitions", panel.partitions)
        .with("under", panel.under_replicated)
}

fn of_broker(column: &BrokerColumn) -> Phrase {
    let name = Phrase::new("text.replicas_broker")
        .with("broker", column.broker)
        .with("leads", column.leads)
        .with("replicas", column.replicas);
    let key = match column.standing {
        Standing::Up => return name,
        Standing::Paused => "text.row_paused",
        Standing::Fenced => "text.row_fenced",
        Standing::Down => "text.row_down",
    };
    Phrase::new(key).with("row", name)
}

fn of_row(row: &PartitionRow) -> Phrase {
    let said = match row.leader {
        Some(leader) => Phrase::new("text.replicas_row").with("leader", leader),
        None => Phrase::new("text.replicas_headless"),
    };
    said.with("partition", row.partition.as_str()).with("isr", list(&row.isr)).with("end", row.end_offset)
}

fn of_bar(bar: &ReplicaBar) -> Phrase {
    let key = match (bar.is_leader, bar.in_isr) {
        (true, _) => "text.row_leader",
        (false, true) => "text.row_follower",
        (false, false) => "text.row_out",
    };
    Phrase::new("text.replica_holds")
        .with("row", Phrase::new(key).with("broker", bar.broker))
        .with("hw", bar.high_watermark.value)
        .with("end", bar.log_end_offset.value)
}

fn of_ticks(row: &TickRow) -> Phrase {
    Phrase::new("text.replicas_ticks")
        .with("broker", row.broker)
        .with("partitions", super::count(row.full.len()))
        .with("under", row.under_replicated())
}

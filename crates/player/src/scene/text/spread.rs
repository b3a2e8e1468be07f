//! The spread panel in words.

use super::TextBlock;
use crate::lang::Lang;
use crate::phrase::Phrase;
use crate::scene::spread::{SpreadBar, SpreadChart, SpreadPanel};

pub(super) fn describe(panel: &SpreadPanel, lang: Lang, blocks: &mut Vec<TextBlock>) {
    blocks.push(TextBlock { heading: heading(panel).say(lang), lines: Vec::new() });
    for chart in &panel.charts {
        blocks.push(TextBlock {
            heading: of_chart(chart, lang).say(lang),
            lines: chart.bars.iter().map(|bar| of_bar(bar).say(lang)).collect(),
        });
    }
}

pub(super) fn label(panel: &SpreadPanel, mark: &str, lang: Lang) -> Option<String> {
    if mark == panel.id {
        return Some(heading(panel).say(lang));
    }
    let chart = panel.charts.iter().find(|chart| chart.is_or_has(mark))?;
    let of = |bar: &SpreadBar| {
        let what = of_bar(bar).say(lang);
        Phrase::new("text.spread_of").with("producer", chart.producer.as_str()).with("what", what).say(lang)
    };
    Some(chart.bars.iter().find(|bar| bar.id == mark).map_or_else(|| of_chart(chart, lang).say(lang), of))
}

/// What a partitioner is called: its class, and the versions of Kafka that had it.
pub fn partitioner_name(class: &str) -> Phrase {
    let key = match class {
        "RoundRobinPartitioner" => "text.partitioner.round_robin",
        "DefaultPartitioner-2.3" => "text.partitioner.default_2_3",
        "DefaultPartitioner-2.4" => "text.partitioner.default_2_4",
        "UniformStickyPartitioner-2.4" => "text.partitioner.uniform_2_4",
        "RoundRobinPartitioner-2.4" => "text.partitioner.round_robin_2_4",
        _ => "text.partitioner.built_in",
    };
    Phrase::new(key)
}

fn heading(panel: &SpreadPanel) -> Phrase {
    Phrase::new("text.spread").with("topic", panel.topic.as_str())
}

fn of_chart(chart: &SpreadChart, lang: Lang) -> Phrase {
    Phrase::new("text.spread_chart")
        .with("producer", chart.producer.as_str())
        .with("class", partitioner_name(chart.class).say(lang))
        .with("records", chart.records)
        .with("batches", chart.batches)
        .with("bytes", chart.bytes)
}

fn of_bar(bar: &SpreadBar) -> Phrase {
    if bar.batches == 0 {
        return Phrase::new("text.spread_idle").with("partition", bar.partition);
    }
    Phrase::new("text.spread_bar")
        .with("partition", bar.partition)
        .with("records", bar.records)
        .with("batches", bar.batches)
        .with("bytes", bar.bytes)
}

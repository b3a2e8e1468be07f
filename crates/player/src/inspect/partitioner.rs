//! The stages from a key to a partition. Kafka: `BuiltInPartitioner.partitionForKey`, `Utils.murmur2`.

use super::Seen;
use super::bytes::Bytes;
use super::thing::{Thing, Unit};
use crate::phrase::Phrase;
use crate::scene::Panel;

/// A mark that begins with `partitioner/`.
pub(super) fn stage(seen: &Seen<'_>, stage: &str) -> Option<Thing> {
    let (panel, key) = seen.scene.panels.iter().find_map(|panel| match panel {
        Panel::Partitioner(panel) => Some((panel, panel.key.as_deref()?)),
        _ => None,
    })?;
    let mut thing = Thing::new("stage", "partitioner", Phrase::new("inspect.key").with("key", key.text.as_str()));
    let chosen = seen.scene.panels.iter().find_map(|panel| match panel {
        Panel::Partitioner(panel) => panel.key.as_ref()?.partition.as_ref().map(|shown| shown.key.clone()),
        _ => None,
    });
    let because = chosen.unwrap_or_default();
    if stage == "key" {
        thing.sheet("ProducerRecord").set("key", ["“", &key.text, "”"].concat(), &because);
        thing.set("serializedKeySize", key.bytes.len(), &because).unit(Unit::Bytes);
    }
    thing.sheet("Utils.murmur2");
    if let Some(hash) = &key.hash {
        thing.set("seed", "0x9747b28c", &because);
        thing.set("length", key.bytes.len(), &because).unit(Unit::Bytes);
        thing.set("h = seed ^ length", hash.initial, &because);
        for (index, (bytes, h)) in hash.turns.iter().enumerate() {
            thing.set(&format!("h, turn {} “{bytes}”", index.saturating_add(1)), h, &because);
        }
        if let Some((bytes, h)) = &hash.tail {
            thing.set(&format!("h, rest “{bytes}”"), h, &because);
        }
        thing.set("murmur2", hash.murmur2.value, &because);
    } else {
        thing.sheets.pop();
    }
    thing.sheet("BuiltInPartitioner");
    if let Some(positive) = &key.positive {
        thing.set("toPositive(murmur2)", positive.value, &because);
    }
    thing.set("numPartitions", panel.partitions, &because);
    if let Some(division) = &key.remainder {
        let whole = format!("{} × {} + {}", division.divisor, division.quotient, division.remainder.value);
        thing.set(&division.dividend.to_string(), whole, &because);
    }
    if let Some(partition) = &key.partition {
        thing.set("partition", partition.value, &because);
    }
    thing.bytes = Some(Bytes::of_key(&key.bytes));
    if let Some(producer) = seen.world.producers().next() {
        let names = ["partitioner.ignore.keys", "partitioner.adaptive.partitioning.enable", "batch.size"];
        thing.ruled(&*producer.config, &names);
    }
    Some(thing)
}

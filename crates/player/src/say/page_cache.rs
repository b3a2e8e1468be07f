//! What happened between files, memory and network, as sentences.

use highwater_sim::fact::PageCacheFact;

use super::{node_phrase, number};
use crate::phrase::Phrase;

#[inline(never)]
pub(super) fn phrase(fact: &PageCacheFact) -> Phrase {
    let phrase = match fact {
        PageCacheFact::Transferred { node, bytes, from_disk, by_processor, by_device, wait_ms, .. } => {
            let key = match (*from_disk > 0, *by_processor > 0) {
                (false, false) => "facts.transferred",
                (false, true) => "facts.transferred_copied",
                (true, false) => "facts.transferred_read",
                (true, true) => "facts.transferred_read_copied",
            };
            Phrase::new(key)
                .with("node", node_phrase(node))
                .with("bytes", *bytes)
                .with("disk", *from_disk)
                .with("copies", *by_processor)
                .with("device", *by_device)
                .with("ms", number(*wait_ms))
        }
        PageCacheFact::WrittenBack { offset, .. } => Phrase::new("facts.page_cache_written").with("offset", offset.0),
    };
    phrase.with("broker", fact.broker().0).with("partition", fact.partition().to_string())
}

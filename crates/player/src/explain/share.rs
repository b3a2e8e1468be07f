//! "Why?" of what a picture shows of a share group.

use crate::scene::ValueKey;
use crate::scene::share::SharePanel;

/// The key of the value that a mark shows.
#[inline(never)]
pub(super) fn key<'a>(panel: &'a SharePanel, mark: &str) -> Option<&'a ValueKey> {
    if mark.strip_prefix(&panel.id) == Some("/start") {
        return Some(&panel.start.key);
    }
    panel.records.iter().find(|there| there.id == mark).map(|there| &there.state.key)
}

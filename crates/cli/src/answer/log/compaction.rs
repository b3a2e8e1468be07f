//! `compaction`: the rounds of the cleaner in a log's life.

use super::super::{Object, Trouble};

pub(super) fn answer(_: Object) -> Result<Object, Trouble> {
    Err(Trouble::Unanswered("the cleaner".to_owned()))
}

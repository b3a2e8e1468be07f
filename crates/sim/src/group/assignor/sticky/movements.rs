//! Which partitions have moved between which members, so that none goes back and forth. Kafka 4.3:
//! `AbstractStickyAssignor.PartitionMovements`.

use std::cmp::Reverse;

use highwater_log::java::{SMALLEST_TABLE, bucket, string_hash_code, table_for};

use super::super::table::{Partition, Table};
use crate::sorted::SortedMap;

/// A partition's move: from whom, to whom, and the place of this move among all.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Move {
    from: usize,
    to: usize,
    turn: usize,
}

/// The partitions of a topic that went from one member to another, as a `HashSet<TopicPartition>` goes through them.
struct Moved {
    /// How many there are, of those below that have not moved on.
    count: usize,
    /// How many buckets the hash table has.
    table: usize,
    /// Hash, turn and number. Whoever has moved on since is still here.
    partitions: Vec<(i32, usize, i32)>,
    /// Whether they are in order, the first one at the end.
    in_order: bool,
}

/// All moves.
pub(super) struct Movements {
    /// What each topic's name adds to the hash of its partitions.
    hashes: Vec<i32>,
    /// The move that brought each partition where it is, if it moved.
    moves: Vec<Option<Move>>,
    /// By topic, from whom, to whom.
    by_pair: Vec<SortedMap<usize, SortedMap<usize, Moved>>>,
    turns: usize,
}

impl Movements {
    /// Nothing has moved.
    pub fn new(table: &Table<'_>) -> Movements {
        Movements {
            hashes: table.topics.iter().map(|topic| string_hash_code(&topic.topic)).collect(),
            moves: vec![None; table.total()],
            by_pair: table.topics.iter().map(|_| SortedMap::new()).collect(),
            turns: 0,
        }
    }

    /// `partition`, the one at `index`, goes from a member to another. Kafka: `movePartition`.
    pub fn add(&mut self, partition: Partition, index: usize, from: usize, to: usize) {
        let Some(place) = self.moves.get_mut(index) else { return };
        let origin = match place.take() {
            None => from,
            Some(before) => {
                let pairs = self.by_pair.get_mut(partition.topic);
                if let Some(moved) = pairs.and_then(|pairs| pairs.get_mut(&before.from)?.get_mut(&before.to)) {
                    moved.count = moved.count.saturating_sub(1);
                }
                if before.from == to {
                    return;
                }
                before.from
            }
        };
        self.turns = self.turns.saturating_add(1);
        *place = Some(Move { from: origin, to, turn: self.turns });
        let (Some(pairs), Some(topic_hash)) = (self.by_pair.get_mut(partition.topic), self.hashes.get(partition.topic))
        else {
            return;
        };
        // `TopicPartition.hashCode()`
        let hash = 31_i32.wrapping_add(partition.number).wrapping_mul(31).wrapping_add(*topic_hash);
        let moved = pairs.get_or_insert_with(origin, SortedMap::new).get_or_insert_with(to, Moved::new);
        if moved.count == 0 {
            // Kafka drops a set that is empty.
            *moved = Moved::new();
        }
        moved.partitions.push((hash, self.turns, partition.number));
        moved.count = moved.count.saturating_add(1);
        moved.table = table_for(moved.count, moved.table);
        moved.in_order = false;
    }

    /// The partition to move instead of `partition`: one of the same topic that went the other way before goes back.
    /// Kafka: `getTheActualPartitionToBeMoved`.
    pub fn instead_of(&mut self, table: &Table<'_>, partition: Partition, from: usize, to: usize) -> Partition {
        let before = table.index(partition).and_then(|index| self.moves.get(index).copied().flatten());
        let from = before.map_or(from, |before| before.from);
        let pairs = self.by_pair.get_mut(partition.topic);
        let Some(moved) = pairs.and_then(|pairs| pairs.get_mut(&to)?.get_mut(&from)).filter(|moved| moved.count > 0)
        else {
            return partition;
        };
        if !moved.in_order {
            let mask = moved.table.saturating_sub(1);
            moved.partitions.sort_unstable_by_key(|(hash, turn, _)| Reverse((bucket(*hash, mask), *turn)));
            moved.in_order = true;
        }
        while let Some((_, turn, number)) = moved.partitions.last().copied() {
            let first = Partition { topic: partition.topic, number };
            let current = table.index(first).and_then(|index| self.moves.get(index).copied().flatten());
            if current == Some(Move { from: to, to: from, turn }) {
                return first;
            }
            moved.partitions.pop();
        }
        partition
    }
}

impl Moved {
    fn new() -> Moved {
        Moved { count: 0, table: SMALLEST_TABLE, partitions: Vec::new(), in_order: false }
    }
}

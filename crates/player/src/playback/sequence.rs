//! The player's messages as a sequence.

use super::Player;
use crate::sequence::{Sequence, Window, sequence};

impl Player {
    /// The messages until the present step's end; `back` of the last ones are passed over.
    pub fn sequence(&self, back: usize) -> Sequence {
        let (start, end) = (self.start_of(self.step), self.end_of(self.step));
        let partition = self.view(self.step).partition;
        let leader = partition.and_then(|partition| end.world.metadata().partition(&partition)?.leader);
        sequence(&Window {
            all: self.run.history.facts(),
            until: end.moment.facts,
            since: if self.step == 0 { 0 } else { start.moment.facts },
            back,
            now_us: end.world.now().0,
            step_of: &|place| {
                self.run.ends.partition_point(|end| end.moment.facts <= place).saturating_add(1).min(self.steps())
            },
            leader: leader.map(|leader| leader.0),
        })
    }
}

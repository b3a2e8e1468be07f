//! Records that a share partition has handed out. Kafka 4.3: `RecordState`, `InFlightState`, `InFlightBatch`.

use std::rc::Rc;

use crate::time::SimTime;

/// What has become of a record in a share group. Kafka: `RecordState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordState {
    /// It can be handed out.
    Available,
    /// A member has it under a lock.
    Acquired,
    /// A member is done with it.
    Acknowledged,
    /// Nobody will get it any more: it was rejected, delivered too often, or is gone.
    Archived,
}

impl RecordState {
    /// Kafka's number of it. 3 is `ARCHIVING` of KIP-1191, which 4.3 does not use.
    pub fn id(self) -> i8 {
        match self {
            RecordState::Available => 0,
            RecordState::Acquired => 1,
            RecordState::Acknowledged => 2,
            RecordState::Archived => 4,
        }
    }

    /// Kafka's name of it.
    pub fn name(self) -> &'static str {
        match self {
            RecordState::Available => "AVAILABLE",
            RecordState::Acquired => "ACQUIRED",
            RecordState::Acknowledged => "ACKNOWLEDGED",
            RecordState::Archived => "ARCHIVED",
        }
    }

    /// It stays so. Kafka: `isStateTerminal`.
    pub fn is_terminal(self) -> bool {
        matches!(self, RecordState::Acknowledged | RecordState::Archived)
    }

    /// Kafka: `validateTransition`.
    fn may_become(self, new: RecordState) -> bool {
        self != new && !self.is_terminal() && (self != RecordState::Available || new == RecordState::Acquired)
    }
}

/// When a lock ends. Kafka: `AcquisitionLockTimerTask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lock {
    pub at: SimTime,
    /// What ends at one moment ends in the order in which it began.
    pub order: u64,
    /// It has ended while a change of the state was being written.
    pub expired: bool,
}

impl Lock {
    /// A lock that ends then, the last of those that there are.
    pub fn new(at: SimTime, locked: &mut u64) -> Lock {
        *locked = locked.saturating_add(1);
        Lock { at, order: *locked, expired: false }
    }
}

/// What a state was before a change that is being written. Kafka: `RollbackState`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rollback {
    write: u64,
    state: RecordState,
    member: Option<Rc<str>>,
    max_delivery_count: i32,
}

/// The state of a record, or of all records of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFlightState {
    /// What has become of it.
    pub state: RecordState,
    /// How often it was handed out.
    pub delivery_count: i32,
    /// The member that has it.
    pub member: Option<Rc<str>>,
    pub(super) lock: Option<Lock>,
    rollback: Option<Rollback>,
    /// It was archived for good: no failed write brings it back.
    is_terminal: bool,
}

impl InFlightState {
    pub(super) fn new(state: RecordState, delivery_count: i32, member: Option<Rc<str>>, lock: Option<Lock>) -> Self {
        InFlightState { state, delivery_count, member, lock, rollback: None, is_terminal: false }
    }

    /// A change of it is being written. Kafka: `hasOngoingStateTransition`.
    pub fn is_in_transition(&self) -> bool {
        self.rollback.is_some()
    }

    /// When its lock ends; none if it has none.
    pub fn lock_ends(&self) -> Option<SimTime> {
        self.lock.filter(|lock| !lock.expired).map(|lock| lock.at)
    }

    /// It can be handed out now.
    pub(super) fn is_available(&self) -> bool {
        self.state == RecordState::Available && !self.is_in_transition()
    }

    /// It is in its last state, and that is written.
    pub(super) fn is_done(&self) -> bool {
        self.state.is_terminal() && !self.is_in_transition()
    }

    /// A member gets it.
    pub(super) fn acquire(&mut self, member: &Rc<str>, lock: Lock) -> bool {
        if !self.is_available() {
            return false;
        }
        self.state = RecordState::Acquired;
        self.delivery_count = self.delivery_count.saturating_add(1);
        self.member = Some(Rc::clone(member));
        self.lock = Some(lock);
        true
    }

    /// It is nobody's any more: what was handed out too often is archived instead of available. Kafka: `tryUpdateState`.
    pub(super) fn leave(&mut self, new: RecordState, max_delivery_count: i32) -> bool {
        let is_too_often = new == RecordState::Available && self.delivery_count >= max_delivery_count;
        let new = if is_too_often { RecordState::Archived } else { new };
        if self.is_in_transition() || !self.state.may_become(new) {
            return false;
        }
        self.state = new;
        self.member = None;
        true
    }

    /// The same as a change that counts once it is written. Kafka: `startStateTransition`.
    pub(super) fn start(&mut self, new: RecordState, max_delivery_count: i32, write: u64) -> bool {
        let (state, member) = (self.state, self.member.clone());
        let changed = self.leave(new, max_delivery_count);
        if changed {
            self.rollback = Some(Rollback { write, state, member, max_delivery_count });
        }
        changed
    }

    /// The change with this number is written, or was not. Kafka: `completeStateTransition`.
    pub(super) fn complete(&mut self, write: u64, commit: bool) {
        let Some(before) = self.rollback.take_if(|rollback| rollback.write == write) else { return };
        if commit || self.is_terminal {
            self.lock = None;
        } else if self.lock.is_some_and(|lock| lock.expired) {
            let is_too_often = self.delivery_count >= before.max_delivery_count;
            self.state = if is_too_often { RecordState::Archived } else { RecordState::Available };
            self.member = None;
            self.lock = None;
        } else {
            self.state = before.state;
            self.member = before.member;
        }
    }

    /// Nobody will get it any more. Kafka: `archive`.
    pub(super) fn archive(&mut self) {
        self.is_terminal = true;
        self.state = RecordState::Archived;
        self.member = None;
        self.lock = None;
    }
}

/// Records that were handed out together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFlightBatch {
    /// The first offset.
    pub first: i64,
    /// The last offset.
    pub last: i64,
    /// Their common state; none if each offset has its own.
    pub whole: Option<InFlightState>,
    /// The state of each offset, from the first on, if they differ.
    pub offsets: Vec<InFlightState>,
}

impl InFlightBatch {
    pub(super) fn new(first: i64, last: i64, state: InFlightState) -> InFlightBatch {
        InFlightBatch { first, last, whole: Some(state), offsets: Vec::new() }
    }

    /// The state of an offset.
    pub fn state_of(&self, offset: i64) -> Option<&InFlightState> {
        if offset < self.first || offset > self.last {
            return None;
        }
        match &self.whole {
            Some(whole) => Some(whole),
            None => self.offsets.get(usize::try_from(offset.saturating_sub(self.first)).ok()?),
        }
    }

    /// Each offset with its own state, if they differ.
    pub(super) fn each(&mut self) -> impl Iterator<Item = (i64, &mut InFlightState)> {
        (self.first..).zip(&mut self.offsets)
    }

    /// The states that there are, each with its first and last offset.
    pub(super) fn states(&self) -> impl Iterator<Item = (i64, i64, &InFlightState)> {
        let whole = self.whole.iter().map(|state| (self.first, self.last, state));
        whole.chain((self.first..).zip(&self.offsets).map(|(offset, state)| (offset, offset, state)))
    }

    /// How many offsets it has.
    pub(super) fn len(&self) -> i64 {
        count(self.first, self.last)
    }

    /// All its offsets are between these. Kafka: `checkForFullMatch`.
    pub(super) fn is_within(&self, first: i64, last: i64) -> bool {
        self.first >= first && self.last <= last
    }

    /// Gives each offset a state of its own; their locks, numbered from the next number on, end when the common one would.
    /// Kafka: `maybeInitializeOffsetStateUpdate`.
    pub(super) fn split(&mut self, locked: &mut u64) {
        let Some(whole) = self.whole.take() else { return };
        let lock = whole.lock.map(|lock| Lock { expired: lock.expired, ..Lock::new(lock.at, locked) });
        let state = InFlightState::new(whole.state, whole.delivery_count, whole.member, lock);
        self.offsets = (self.first..=self.last).map(|_| state.clone()).collect();
    }

    /// The same of a batch of which only the offsets up to one were acquired: the others are available as before.
    pub(super) fn split_after(&mut self, acquired_to: i64, locked: &mut u64) {
        self.split(locked);
        for (_, state) in (self.first..).zip(&mut self.offsets).filter(|(offset, _)| *offset > acquired_to) {
            let count = state.delivery_count.saturating_sub(1);
            *state = InFlightState::new(RecordState::Available, count, None, None);
        }
    }
}

/// How many offsets there are from `first` to `last`.
pub(super) fn count(first: i64, last: i64) -> i64 {
    last.saturating_sub(first).saturating_add(1).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acquired(count: i32) -> InFlightState {
        let lock = Lock { at: SimTime::from_ms(100), order: 1, expired: false };
        InFlightState::new(RecordState::Acquired, count, Some("A".into()), Some(lock))
    }

    #[test]
    fn states_have_kafkas_numbers_and_end() {
        let all = [RecordState::Available, RecordState::Acquired, RecordState::Acknowledged, RecordState::Archived];
        assert_eq!(all.map(RecordState::id), [0, 1, 2, 4]);
        assert_eq!(all.map(RecordState::is_terminal), [false, false, true, true]);
        assert!(!RecordState::Available.may_become(RecordState::Acknowledged));
        assert!(!RecordState::Archived.may_become(RecordState::Available));
    }

    #[test]
    fn what_was_delivered_too_often_is_archived_instead_of_released() {
        let (mut fourth, mut fifth) = (acquired(4), acquired(5));
        assert!(fourth.leave(RecordState::Available, 5) && fifth.leave(RecordState::Available, 5));
        assert_eq!((fourth.state, fifth.state), (RecordState::Available, RecordState::Archived));
    }

    #[test]
    fn a_change_that_could_not_be_written_is_taken_back() {
        let mut state = acquired(1);
        assert!(state.start(RecordState::Acknowledged, 5, 7));
        assert!(state.is_in_transition() && !state.is_done());
        state.complete(8, false);
        assert!(state.is_in_transition());
        state.complete(7, false);
        assert_eq!((state.state, state.member.as_deref()), (RecordState::Acquired, Some("A")));
        assert!(state.lock.is_some());
    }

    #[test]
    fn a_lock_that_ended_meanwhile_is_not_brought_back() {
        for (count, after) in [(1, RecordState::Available), (5, RecordState::Archived)] {
            let mut state = acquired(count);
            assert!(state.start(RecordState::Acknowledged, 5, 7));
            state.lock.as_mut().unwrap().expired = true;
            state.complete(7, false);
            assert_eq!((state.state, state.member.as_deref(), state.lock), (after, None, None));
        }
    }

    #[test]
    fn what_is_archived_for_good_stays_so() {
        let mut state = acquired(1);
        assert!(state.start(RecordState::Available, 5, 7));
        state.archive();
        state.complete(7, false);
        assert_eq!((state.state, state.is_in_transition()), (RecordState::Archived, false));
    }
}

//! What an application does with the records that `poll()` returns: how long each takes it, on which threads it works, and
//! when it commits. In Kafka this is everybody's own code around `KafkaConsumer`; here it is the loop that its documentation
//! shows, so that what is lost or done twice can be counted.
//!
//! Differs from Kafka: offsets are counted as records. An application that is closed while it works drops what it holds.

use std::collections::VecDeque;

use super::{Consumer, Life, Polls};
use crate::fact::FactKind;
use crate::fact::group::GroupFact;
use crate::ids::{Offset, TopicPartition};
use crate::outbox::Outbox;
use crate::sorted::SortedMap;
use crate::time::SimTime;
use crate::timer::Timer;

/// At most so many stretches of offsets are kept of a partition; what comes later is counted, but not where it was.
const STRETCHES_MAX: usize = 4_096;

/// Offsets that follow each other: the first and the last.
pub type Stretch = (i64, i64);

/// How an application works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// How long one record takes, in ms.
    pub ms_per_record: u64,
    /// When it commits.
    pub commits: Commits,
    /// How many threads work while the one that polls goes on; 0: that one works itself, and polls when it is done.
    pub threads: usize,
    /// The offsets of records that it cannot process: a share consumer that acknowledges explicitly releases them.
    pub fails: Vec<i64>,
}

/// When an application commits by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commits {
    /// Never: `enable.auto.commit` does, or nobody.
    Never,
    /// `commitSync()` before it works on what a `poll()` returned.
    Before,
    /// `commitSync()` once all of that is done.
    After,
    /// `commitAsync()` once all of that is done.
    AfterAsync,
}

/// An application at work.
#[derive(Clone, Debug)]
pub struct Application {
    work: Work,
    waits: VecDeque<(TopicPartition, i64, i64)>,
    in_hand: Vec<(SimTime, TopicPartition, i64)>,
    taken: SortedMap<TopicPartition, Vec<Stretch>>,
    done: SortedMap<TopicPartition, Vec<Stretch>>,
    total: i64,
    timer_at: Option<SimTime>,
}

impl Application {
    /// One that has not begun.
    pub fn new(work: Work) -> Application {
        Application {
            work,
            waits: VecDeque::new(),
            in_hand: Vec::new(),
            taken: SortedMap::new(),
            done: SortedMap::new(),
            total: 0,
            timer_at: None,
        }
    }

    /// It cannot process the record at this offset.
    pub(super) fn fails(&self, offset: i64) -> bool {
        self.work.fails.contains(&offset)
    }

    /// How many records it has finished.
    pub fn processed(&self) -> i64 {
        self.total
    }

    /// How many records it has got and not finished.
    pub fn unfinished(&self) -> i64 {
        let waits = self.waits.iter().fold(0, |sum: i64, (_, first, last)| sum.saturating_add(length((*first, *last))));
        waits.saturating_add(i64::try_from(self.in_hand.len()).unwrap_or(i64::MAX))
    }

    /// The stretches of a partition's offsets that it got, and those that it finished, in the order in which that was.
    pub fn stretches(&self, partition: &TopicPartition) -> (&[Stretch], &[Stretch]) {
        let taken = self.taken.get(partition).map_or(&[][..], Vec::as_slice);
        (taken, self.done.get(partition).map_or(&[][..], Vec::as_slice))
    }
}

fn length((first, last): Stretch) -> i64 {
    last.saturating_sub(first).saturating_add(1)
}

fn note(map: &mut SortedMap<TopicPartition, Vec<Stretch>>, partition: &TopicPartition, (first, last): Stretch) {
    let stretches = map.get_or_insert_with(partition.clone(), Vec::new);
    let has_room = stretches.len() < STRETCHES_MAX;
    match stretches.last_mut() {
        Some(stretch) if stretch.1.saturating_add(1) == first => stretch.1 = last,
        _ if has_room => stretches.push((first, last)),
        _ => {}
    }
}

/// How many offsets lie in any of these stretches.
pub fn covered(stretches: &[Stretch]) -> i64 {
    let mut sorted = stretches.to_vec();
    sorted.sort_unstable();
    let (mut sum, mut next) = (0_i64, i64::MIN);
    for (first, last) in sorted {
        let first = first.max(next);
        if last >= first {
            sum = sum.saturating_add(length((first, last)));
            next = last.saturating_add(1);
        }
    }
    sum
}

impl Consumer {
    /// Its application works like this from now on.
    pub fn set_work(&mut self, work: Work) {
        self.application = Some(Box::new(Application::new(work)));
    }

    /// Its application is busy with records on the thread that polls.
    pub(super) fn works_between_polls(&self) -> bool {
        self.application.as_ref().is_some_and(|application| {
            application.work.threads == 0 && (!application.waits.is_empty() || !application.in_hand.is_empty())
        })
    }

    /// `poll()` returned these records.
    #[inline(never)]
    pub(super) fn take_to_work(&mut self, partition: &TopicPartition, first: Offset, last: Offset) {
        if let Some(application) = &mut self.application {
            note(&mut application.taken, partition, (first.0, last.0));
            application.waits.push_back((partition.clone(), first.0, last.0));
        }
    }

    /// A `poll()` that returned records is over.
    #[inline(never)]
    pub(super) fn begin_work(&mut self, out: &mut Outbox) {
        let Some(application) = &self.application else { return };
        let hands_over = application.work.threads > 0;
        match application.work.commits {
            Commits::Before => self.commit(true, &[], out),
            Commits::After if hands_over => self.commit(true, &[], out),
            Commits::AfterAsync if hands_over => self.commit(false, &[], out),
            _ => {}
        }
        self.work(out);
    }

    /// Takes the next records in hand.
    #[inline(never)]
    pub(super) fn work(&mut self, out: &mut Outbox) {
        if self.life != Life::Running || self.waits_for_commit() {
            return;
        }
        let Some(application) = &mut self.application else { return };
        while application.in_hand.len() < application.work.threads.max(1) {
            let Some((partition, first, last)) = application.waits.pop_front() else { break };
            let done_at = out.now.plus_ms(application.work.ms_per_record);
            application.in_hand.push((done_at, partition.clone(), first));
            if first < last {
                application.waits.push_front((partition, first.saturating_add(1), last));
            }
        }
        let due = application.in_hand.iter().map(|(at, ..)| *at).min();
        if let Some(due) = due.filter(|due| application.timer_at != Some(*due)) {
            application.timer_at = Some(due);
            out.timer(due, Timer::Application);
        }
    }

    /// The application is done with something.
    #[inline(never)]
    pub(super) fn on_worked(&mut self, out: &mut Outbox) {
        let Some(application) = self.application.as_mut().filter(|there| there.timer_at == Some(out.now)) else {
            return;
        };
        application.timer_at = None;
        out.timer_fired(Timer::Application);
        let (done, rest) = application.in_hand.drain(..).partition(|(at, ..)| *at <= out.now);
        application.in_hand = rest;
        let done: Vec<(SimTime, TopicPartition, i64)> = done;
        for (_, partition, offset) in done {
            let Some(application) = &mut self.application else { return };
            note(&mut application.done, &partition, (offset, offset));
            application.total = application.total.saturating_add(1);
            let consumer = self.id.clone();
            let fact = GroupFact::RecordProcessed { consumer, partition: partition.clone(), offset: Offset(offset) };
            out.fact(FactKind::Group(Box::new(fact)));
            self.acknowledge_worked(&partition, offset, out);
        }
        let Some(application) = &self.application else { return };
        let is_over = application.work.threads == 0 && application.waits.is_empty() && application.in_hand.is_empty();
        let commits = application.work.commits;
        if !is_over {
            return self.work(out);
        }
        match commits {
            Commits::After => self.commit(true, &[], out),
            Commits::AfterAsync => self.commit(false, &[], out),
            Commits::Before | Commits::Never => {}
        }
        self.go_round(out);
    }

    /// The application's loop goes on, if nothing holds it.
    pub(super) fn go_round(&mut self, out: &mut Outbox) {
        if self.polls == Polls::Never || self.is_blocked() {
            return;
        }
        if self.share.is_some() {
            return self.run_share(out);
        }
        if self.membership.is_some() {
            self.run_member(out);
        }
        self.hand_out(out);
        self.poll(out);
    }

    /// Its process is gone, and with it what it had in hand.
    pub(super) fn drop_work(&mut self) {
        if let Some(application) = &mut self.application {
            application.waits.clear();
            application.in_hand.clear();
            application.timer_at = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::covered;

    #[test]
    fn offsets_are_counted_once() {
        assert_eq!(covered(&[]), 0);
        assert_eq!(covered(&[(0, 4)]), 5);
        assert_eq!(covered(&[(3, 5), (0, 4), (4, 4), (9, 9)]), 7);
    }
}

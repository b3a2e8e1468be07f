//! When members are put out. Kafka 4.3: `GroupMetadataManager.scheduleConsumerGroupSessionTimeout`,
//! `scheduleConsumerGroupRebalanceTimeout`.

use super::{ConsumerGroup, Member, MemberState};
use crate::group::assignor::TopicPartitions;
use crate::group::coordinator::Outcome;
use crate::group::event::Removal;
use crate::time::SimTime;

/// When members are gone unless they are heard of, or have not given up what they must.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Timers {
    pub session: Option<SimTime>,
    /// Also the epoch in which the member was.
    pub rebalance: Option<(SimTime, i32)>,
}

impl ConsumerGroup {
    pub(super) fn set_timers(&mut self, now: SimTime, member: &Member, changed: bool) {
        let session = now.plus_ms(self.config.session_timeout_ms);
        let timers = self.timers.get_or_insert_with(member.id.clone(), Timers::default);
        timers.session = Some(session);
        if changed {
            let timeout_ms = u64::try_from(member.rebalance_timeout_ms).unwrap_or(0);
            timers.rebalance =
                (member.state == MemberState::UnrevokedPartitions).then_some((now.plus_ms(timeout_ms), member.epoch));
        }
    }

    /// When [`ConsumerGroup::on_time`] must be called next.
    pub fn next_deadline(&self) -> Option<SimTime> {
        self.timers
            .values()
            .flat_map(|timers| timers.session.into_iter().chain(timers.rebalance.map(|(at, _)| at)))
            .chain(self.resolves_at)
            .min()
    }

    /// Puts out members that were not heard of, or did not give up what they must in time.
    pub fn on_time(&mut self, now: SimTime, cluster: &[TopicPartitions], out: &mut Outcome) {
        if self.resolves_at.take_if(|at| *at <= now).is_some() {
            self.resolve(now, cluster, out);
        }
        let why = |(id, timers): (&String, &Timers)| {
            let keeps = timers.rebalance.is_some_and(|(at, epoch)| {
                at <= now && self.members.get(id).is_some_and(|member| member.epoch == epoch)
            });
            let is_silent = timers.session.is_some_and(|at| at <= now);
            let because = if is_silent { Removal::SessionExpired } else { Removal::DidNotRevoke };
            (keeps || is_silent).then(|| (id.clone(), because))
        };
        let gone: Vec<(String, Removal)> = self.timers.iter().filter_map(why).collect();
        for (member_id, because) in gone {
            self.remove(&member_id, because, cluster, out);
        }
        for timers in self.timers.values_mut() {
            timers.rebalance = timers.rebalance.filter(|(at, _)| *at > now);
        }
    }
}

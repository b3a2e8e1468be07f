//! How time passes while a story is played: what the clusters of groups and of share groups have in common.

use highwater_sim::group::cluster::GroupCluster;
use highwater_sim::group::share::cluster::ShareCluster;
use highwater_sim::time::SimTime;
use serde_json::Value;

use super::ReplayError;
use super::story::Action;

/// So long must a group be quiet before a step ends, in ms.
pub const SETTLING_MS: u64 = 1_500;
/// No wait of a story is longer, in ms.
pub const WAIT_MAX_MS: u64 = 900_000;
/// How long an action without an answer is waited for, in ms; Kafka: `default.api.timeout.ms`.
pub const API_TIMEOUT_MS: u64 = 60_000;
/// How long a `poll()` that says no timeout may take, in ms.
pub const POLL_MAX_MS: u64 = 60_000;
/// How long it takes to ask the cluster something, in ms.
pub const LOOK_MS: u64 = 10;
/// Quiet is looked at so often, in ms.
const GLANCE_MS: u64 = 100;

/// A cluster with a clock of its own.
pub trait Paced: Sized {
    /// Virtual time.
    fn now(&self) -> SimTime;

    /// The next event, or `end` if that comes before it.
    fn step(&mut self, end: SimTime);

    /// A group has so many members, and has been quiet for so long.
    fn is_settled(&self, group: &str, members: usize, quiet_ms: u64) -> bool;

    /// So many ms pass.
    fn run_for(&mut self, ms: u64) {
        let end = self.now().plus_ms(ms);
        while self.now() < end {
            self.step(end);
        }
    }

    /// Time passes up to `end` as long as something holds.
    fn run_while(&mut self, end: SimTime, holds: impl Fn(&Self) -> bool) {
        while self.now() < end && holds(self) {
            self.step(end.min(self.now().plus_ms(GLANCE_MS)));
        }
    }

    /// Time passes until something is done.
    ///
    /// # Errors
    /// It is not done in so many ms.
    fn run_until(
        &mut self,
        action: &Action,
        what: &str,
        ms_max: u64,
        is_done: impl Fn(&Self) -> bool,
    ) -> Result<(), ReplayError> {
        let end = self.now().plus_ms(ms_max);
        self.run_while(end, |cluster| !is_done(cluster));
        if is_done(self) { Ok(()) } else { Err(ReplayError::Waits { step: action.step, what: what.to_owned() }) }
    }

    /// Time passes until a group has so many members and is quiet.
    ///
    /// # Errors
    /// It does not come to that.
    fn settle(&mut self, action: &Action, group: &str, members: usize) -> Result<(), ReplayError> {
        // Quiet counts from the action on, even if it led to nothing.
        let begun = self.now();
        self.run_until(action, "the group to settle", WAIT_MAX_MS, |cluster| {
            cluster.now().ms_since(begun) >= SETTLING_MS && cluster.is_settled(group, members, SETTLING_MS)
        })
    }
}

/// Both clusters do these by themselves.
macro_rules! paced {
    ($($cluster:ty),*) => {$(
        impl Paced for $cluster {
            fn now(&self) -> SimTime {
                Self::now(self)
            }

            fn step(&mut self, end: SimTime) {
                Self::step(self, end);
            }

            fn is_settled(&self, group: &str, members: usize, quiet_ms: u64) -> bool {
                Self::is_settled(self, group, members, quiet_ms)
            }
        }
    )*};
}

paced!(GroupCluster, ShareCluster);

impl Action {
    /// How long it takes, if it says so.
    pub fn ms(&self) -> u64 {
        ms(self.arguments.get("seconds").and_then(Value::as_f64).unwrap_or(0.0))
    }

    /// When a `poll()` that begins now comes back at the latest. One that says no timeout and came back empty, `found` says
    /// what, had one all the same.
    pub fn poll_ends(&self, now: SimTime, found: &str, empty_ms: u64) -> SimTime {
        let timeout = self.arguments.get("timeout").or(self.arguments.get("timeout_s")).and_then(Value::as_f64);
        let came_back_empty = self.arguments.get(found).and_then(Value::as_array).is_some_and(Vec::is_empty);
        let at_most = if came_back_empty { empty_ms } else { POLL_MAX_MS };
        now.plus_ms(timeout.map_or(at_most, ms))
    }

    /// With how many members the group is to settle after it; none if it waits for something else.
    pub fn settles_with(&self) -> Option<usize> {
        match self.wait_for.as_deref()? {
            "settled with no member" => Some(0),
            other => Some(other.strip_prefix("settled with members ")?.split(',').count()),
        }
    }
}

/// Seconds in whole ms; nothing if negative or too many.
pub fn ms(seconds: f64) -> u64 {
    let ms = std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default().as_millis();
    u64::try_from(ms).unwrap_or(0).min(WAIT_MAX_MS)
}

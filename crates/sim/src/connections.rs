//! A client's connections to brokers: which of them broke, and when it connects again. Kafka 4.3:
//! `ClusterConnectionStates`, `NetworkClientUtils.isUnavailable`.
//!
//! Differs from Kafka: a connection takes no time of its own; the next request is the attempt to connect.

use crate::ids::BrokerId;
use crate::retry_backoff::RetryBackoff;
use crate::rng::Pcg;
use crate::sorted::SortedMap;
use crate::time::SimTime;

/// The connections of a client that broke and have not come up again.
#[derive(Clone, Debug)]
pub struct Connections {
    backoff: RetryBackoff,
    broken: SortedMap<BrokerId, Broken>,
}

#[derive(Clone, Copy, Debug)]
struct Broken {
    attempts: u32,
    since: SimTime,
    until: SimTime,
}

impl Connections {
    /// None is broken. `backoff` is `reconnect.backoff.ms` and `reconnect.backoff.max.ms`.
    pub fn new(backoff: RetryBackoff) -> Connections {
        Connections { backoff, broken: SortedMap::new() }
    }

    /// A connection broke, or could not be made. The requests that were on it fail together, which counts once.
    pub fn disconnected(&mut self, broker: BrokerId, now: SimTime, chance: &mut Pcg) {
        if self.unavailable_until(broker, now).is_some() {
            return;
        }
        let attempts = self.broken.get(&broker).map_or(0, |broken| broken.attempts);
        // The generator of a client never runs dry.
        let wait_ms = self.backoff.backoff_ms(attempts, chance).unwrap_or(self.backoff.max_ms);
        let (attempts, until) = (attempts.saturating_add(1), now.plus_ms(wait_ms));
        self.broken.insert(broker, Broken { attempts, since: now, until });
    }

    /// The broker answered.
    pub fn ready(&mut self, broker: BrokerId) {
        self.broken.remove(&broker);
    }

    /// It is not known to be broken.
    pub fn is_ready(&self, broker: BrokerId) -> bool {
        !self.broken.contains_key(&broker)
    }

    /// Until when nobody tries to connect; none if somebody may now.
    pub fn unavailable_until(&self, broker: BrokerId, now: SimTime) -> Option<SimTime> {
        self.broken.get(&broker).map(|broken| broken.until).filter(|until| *until > now)
    }

    /// Since when it is broken.
    pub fn broken_since(&self, broker: BrokerId) -> Option<SimTime> {
        self.broken.get(&broker).map(|broken| broken.since)
    }

    /// When the next one may be tried again; none if none is broken.
    pub fn next_attempt(&self) -> Option<SimTime> {
        self.broken.values().map(|broken| broken.until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections() -> (Connections, Pcg) {
        (Connections::new(RetryBackoff { initial_ms: 50, max_ms: 1_000, jitter_percent: 0 }), Pcg::new(1))
    }

    #[test]
    fn a_broken_connection_waits_longer_each_time_until_the_broker_answers() {
        let (mut connections, mut chance) = connections();
        let mut now = SimTime::ZERO;
        let mut waits = Vec::new();
        for _ in 0..7 {
            connections.disconnected(BrokerId(1), now, &mut chance);
            let until = connections.unavailable_until(BrokerId(1), now).unwrap();
            waits.push(until.ms_since(now));
            now = until;
            assert_eq!(connections.unavailable_until(BrokerId(1), now), None);
        }
        assert_eq!(waits, [50, 100, 200, 400, 800, 1_000, 1_000]);
        assert!(!connections.is_ready(BrokerId(1)) && connections.is_ready(BrokerId(2)));
        connections.ready(BrokerId(1));
        assert!(connections.is_ready(BrokerId(1)));
        connections.disconnected(BrokerId(1), now, &mut chance);
        assert_eq!(connections.next_attempt(), Some(now.plus_ms(50)));
    }

    #[test]
    fn requests_that_fail_with_one_connection_count_once() {
        let (mut connections, mut chance) = connections();
        for ms in [0, 0, 49] {
            connections.disconnected(BrokerId(1), SimTime::from_ms(ms), &mut chance);
        }
        assert_eq!(connections.next_attempt(), Some(SimTime::from_ms(50)));
        assert_eq!(connections.broken_since(BrokerId(1)), Some(SimTime::ZERO));
    }
}

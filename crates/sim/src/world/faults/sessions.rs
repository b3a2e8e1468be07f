//! Who is alive, as the controller sees it: sessions, fencing, registration, controlled shutdown, and the elections that
//! follow. Kafka 4.3: `BrokerHeartbeatManager`, `ClusterControlManager.registerBroker`,
//! `ReplicationControlManager.processBrokerHeartbeat`, `BrokerLifecycleManager`.
//!
//! Differs from Kafka: heartbeats are not messages. A broker that is well is heard of every `broker.heartbeat.interval.ms`
//! since time zero; only where that ends or begins again something happens.

use std::rc::Rc;

use super::super::World;
use super::Halt;
use crate::config::Rack;
use crate::controller::election::{self, Changes, Event};
use crate::event_queue::EventKind;
use crate::fact::{Fact, FactKind};
use crate::ids::{BrokerId, FactId, NodeId};
use crate::metadata::BrokerRegistration;
use crate::time::SimTime;
use crate::timer::{ControllerTask, Timer};

/// How long a broker that wants to stop waits for the controller, in ms. Kafka: `BrokerServer.shutdown`.
const CONTROLLED_SHUTDOWN_MS: u64 = 300_000;

impl World {
    /// A broker is not heard of any more.
    pub(super) fn silence(&mut self, id: BrokerId, cause: FactId, facts: &mut Vec<Fact>) {
        if self.faults.sessions.end.contains_key(&id) {
            return;
        }
        let Some(config) = self.brokers.get(&id).map(|broker| Rc::clone(&broker.config)) else { return };
        let interval_us = config.broker_heartbeat_interval_ms.saturating_mul(1_000).max(1);
        let last = SimTime((self.now.0 / interval_us).saturating_mul(interval_us));
        let end = last.plus_ms(config.broker_session_timeout_ms).max(self.now.plus_micros(1));
        self.faults.sessions.end.insert(id, end);
        self.controller_timer(end, ControllerTask::SessionTimeout(id), cause, facts);
    }

    /// A broker may be heard of again.
    pub(super) fn hear(&mut self, id: BrokerId, cause: FactId, facts: &mut Vec<Fact>) {
        if !self.is_heard(id) || self.faults.sessions.waiting.contains_key(&id) {
            return;
        }
        self.faults.sessions.end.remove(&id);
        let registered = self.metadata.brokers.get(&id).copied().unwrap_or_default();
        let epoch = self.brokers.get(&id).map_or(-1, |broker| broker.epoch);
        if let Some(is_clean) = self.faults.sessions.unregistered.remove(&id).filter(|_| registered.epoch != epoch) {
            self.register(id, is_clean, cause, facts);
        } else if registered.fenced {
            self.catch_up(id, cause, facts);
        }
        if self.faults.sessions.stopping.contains(&id) {
            self.stop(id, cause, facts);
        }
    }

    /// A broker is about to stop.
    pub(super) fn is_stopping(&self, id: BrokerId) -> bool {
        self.faults.sessions.stopping.contains(&id)
    }

    /// After a fenced broker has heard what the controller decided, it says so.
    fn catch_up(&mut self, id: BrokerId, cause: FactId, facts: &mut Vec<Fact>) {
        let at = self.now.plus_micros(self.round_trip_us(id)).plus_micros(1);
        self.controller_timer(at, ControllerTask::Heartbeat(id), cause, facts);
    }

    fn round_trip_us(&self, id: BrokerId) -> u64 {
        let (controller, broker) = (NodeId::Controller, NodeId::Broker(id));
        let there = self.network.latency_us(&controller, &broker);
        there.saturating_add(self.network.latency_us(&broker, &controller))
    }

    fn is_heard(&self, id: BrokerId) -> bool {
        self.faults.is_running(id) && !self.faults.cuts(&NodeId::Broker(id), &NodeId::Controller)
    }

    fn controller_timer(&mut self, at: SimTime, task: ControllerTask, cause: FactId, facts: &mut Vec<Fact>) {
        self.schedule(at, cause, EventKind::Timer(NodeId::Controller, Timer::Controller(task)), facts);
    }

    /// A timer of the controller.
    #[inline(never)]
    pub(in crate::world) fn on_controller_timer(&mut self, timer: &Timer, cause: FactId, facts: &mut Vec<Fact>) {
        let Timer::Controller(task) = timer else { return };
        let is_due = match *task {
            ControllerTask::SessionTimeout(id) => self.faults.sessions.end.get(&id).is_some_and(|end| *end <= self.now),
            ControllerTask::Heartbeat(id) => {
                let is_fenced = self.metadata.brokers.get(&id).is_some_and(|broker| broker.fenced);
                is_fenced && self.is_heard(id) && !self.faults.sessions.waiting.contains_key(&id)
            }
            ControllerTask::ShutdownNow(id) => self.faults.is_running(id) && self.is_stopping(id),
            ControllerTask::LeaderBalance => {
                self.faults.sessions.balances = false;
                election::is_imbalanced(&self.metadata)
            }
            ControllerTask::UncleanElection => {
                self.faults.sessions.elects_unclean = false;
                election::wants_unclean_leader(&self.metadata)
            }
        };
        if !is_due {
            return;
        }
        let kind = FactKind::TimerFired { node: NodeId::Controller, timer: timer.clone() };
        let fired = self.tell(kind, cause, facts);
        match *task {
            ControllerTask::SessionTimeout(id) => {
                self.faults.sessions.end.remove(&id);
                self.fence(id, fired, facts);
                if let Some(is_clean) = self.faults.sessions.waiting.remove(&id) {
                    self.register_if_heard(id, is_clean, fired, facts);
                }
            }
            ControllerTask::Heartbeat(id) => self.unfence(id, fired, facts),
            ControllerTask::ShutdownNow(id) => {
                if self.is_heard(id) {
                    self.fence(id, fired, facts);
                }
                self.halt(id, true, fired, facts);
                self.silence(id, fired, facts);
            }
            ControllerTask::LeaderBalance => {
                let changes = election::balance(&self.metadata);
                self.write_and_publish(changes, fired, facts);
            }
            ControllerTask::UncleanElection => {
                let changes = election::elect_unclean_leaders(&self.metadata);
                self.write_and_publish(changes, fired, facts);
            }
        }
    }

    /// A broker is told to stop. It waits for the controller before it does.
    pub(super) fn stop(&mut self, id: BrokerId, given: FactId, facts: &mut Vec<Fact>) {
        self.faults.sessions.stopping.insert(id);
        if !self.is_heard(id) {
            let at = self.now.plus_ms(CONTROLLED_SHUTDOWN_MS);
            self.controller_timer(at, ControllerTask::ShutdownNow(id), given, facts);
            return;
        }
        let mut because = given;
        let mut at = self.now;
        if election::has_leaderships(&self.metadata, id) {
            because = self.change_broker(id, given, facts, |broker| broker.in_controlled_shutdown = true);
            let changes = election::changes(&self.metadata, Event::Leaves(id));
            because = self.write(changes, because, facts);
            self.publish(because, facts);
            self.watch(because, facts);
            // All brokers have heard of it by then.
            at = self.brokers.keys().map(|id| self.round_trip_us(*id)).max().map_or(at, |us| at.plus_micros(us));
        }
        self.controller_timer(at, ControllerTask::ShutdownNow(id), because, facts);
    }

    /// A process starts: it loads its logs and registers.
    pub(super) fn start(&mut self, id: BrokerId, given: FactId, facts: &mut Vec<Fact>) {
        let is_clean = matches!(self.faults.halted.get(&id), Some(Halt::Stopped { is_clean: true }));
        self.faults.halted.remove(&id);
        self.faults.sessions.restarted.retain(|other| *other != id);
        self.faults.sessions.restarted.push(id);
        let epoch = self.metadata.brokers.values().map(|broker| broker.epoch).max().unwrap_or(0).saturating_add(1);
        self.with_broker(id, given, facts, |broker, out| broker.restart(epoch, is_clean, out));
        let old = self.metadata.brokers.get(&id).copied().unwrap_or_default();
        if self.faults.sessions.end.contains_key(&id) && !old.in_controlled_shutdown {
            // Kafka: `DUPLICATE_BROKER_REGISTRATION`, and the broker tries again.
            self.faults.sessions.waiting.insert(id, is_clean);
        } else {
            self.register_if_heard(id, is_clean, given, facts);
        }
    }

    fn register_if_heard(&mut self, id: BrokerId, is_clean: bool, cause: FactId, facts: &mut Vec<Fact>) {
        if self.is_heard(id) {
            self.register(id, is_clean, cause, facts);
        } else {
            self.faults.sessions.unregistered.insert(id, is_clean);
        }
    }

    fn register(&mut self, id: BrokerId, is_clean: bool, cause: FactId, facts: &mut Vec<Fact>) {
        self.faults.sessions.end.remove(&id);
        let event = if is_clean { Event::Leaves(id) } else { Event::WasUnclean(id) };
        let changes = election::changes(&self.metadata, event);
        let because = self.write(changes, cause, facts);
        let (epoch, rack) = self.brokers.get(&id).map_or((-1, Rack::NULL), |at| (at.epoch, at.config.broker_rack));
        let registered = self.tell(FactKind::RegisterBrokerRecord { broker: id, broker_epoch: epoch }, because, facts);
        let metadata = Rc::make_mut(&mut self.metadata);
        metadata.offset = metadata.offset.saturating_add(1);
        metadata.brokers.insert(id, BrokerRegistration { epoch, fenced: true, in_controlled_shutdown: false, rack });
        self.publish(registered, facts);
        self.catch_up(id, registered, facts);
    }

    /// A process is gone, and what it was about to do.
    pub(super) fn forget(&mut self, id: BrokerId) {
        self.faults.sessions.stopping.remove(&id);
        self.faults.sessions.waiting.remove(&id);
        self.faults.sessions.unregistered.remove(&id);
    }

    /// Takes a broker out of the ISRs, and lets others lead. The partitions come first.
    fn fence(&mut self, id: BrokerId, cause: FactId, facts: &mut Vec<Fact>) {
        if self.metadata.brokers.get(&id).is_none_or(|broker| broker.fenced) {
            return;
        }
        let changes = election::changes(&self.metadata, Event::Leaves(id));
        let because = self.write(changes, cause, facts);
        let because = self.change_broker(id, because, facts, |broker| broker.fenced = true);
        self.publish(because, facts);
        self.watch(because, facts);
    }

    /// A broker takes part again, and leads what nobody else can. The broker comes first.
    fn unfence(&mut self, id: BrokerId, cause: FactId, facts: &mut Vec<Fact>) {
        let because = self.change_broker(id, cause, facts, |broker| broker.fenced = false);
        let changes = election::changes(&self.metadata, Event::Returns(id));
        let because = self.write(changes, because, facts);
        self.publish(because, facts);
        self.watch(because, facts);
    }

    /// Writes changes of partitions, and lets everybody know.
    pub(in crate::world) fn write_and_publish(&mut self, changes: Changes, cause: FactId, facts: &mut Vec<Fact>) {
        let because = self.write(changes, cause, facts);
        self.publish(because, facts);
        self.watch(because, facts);
    }

    /// Sets the timers of what the controller looks for again and again, if there is anything to find. Kafka:
    /// `electPreferred` and `electUnclean` of `QuorumController`.
    pub(in crate::world) fn watch(&mut self, cause: FactId, facts: &mut Vec<Fact>) {
        let Some(config) = self.brokers.values().next().map(|broker| Rc::clone(&broker.config)) else { return };
        let balances = config.auto_leader_rebalance_enable && election::is_imbalanced(&self.metadata);
        if balances && !self.faults.sessions.balances {
            self.faults.sessions.balances = true;
            let interval_us = config.leader_imbalance_check_interval_seconds.saturating_mul(1_000_000);
            self.next_round(interval_us, ControllerTask::LeaderBalance, cause, facts);
        }
        if election::wants_unclean_leader(&self.metadata) && !self.faults.sessions.elects_unclean {
            self.faults.sessions.elects_unclean = true;
            let interval_us = config.unclean_leader_election_interval_ms.saturating_mul(1_000);
            self.next_round(interval_us, ControllerTask::UncleanElection, cause, facts);
        }
    }

    fn next_round(&mut self, interval_us: u64, task: ControllerTask, cause: FactId, facts: &mut Vec<Fact>) {
        let interval_us = interval_us.max(1);
        let rounds = (self.now.0 / interval_us).saturating_add(1);
        self.controller_timer(SimTime(rounds.saturating_mul(interval_us)), task, cause, facts);
    }

    /// Writes the changes of partitions; the fact of the last one, or `cause` if there is none.
    fn write(&mut self, changes: Changes, cause: FactId, facts: &mut Vec<Fact>) -> FactId {
        let mut because = cause;
        for (partition, change) in changes {
            let Some(before) = self.metadata.partition(&partition) else { continue };
            let registration = before.merge(&change);
            #[cfg(test)]
            let registration = self.sabotaged(before, registration);
            let registration = Rc::new(registration);
            self.set_registration(&partition, Rc::clone(&registration));
            let kind = FactKind::PartitionChangeRecord { partition, change: Rc::new(change), registration };
            because = self.tell(kind, cause, facts);
        }
        because
    }

    #[cfg(test)]
    fn sabotaged(
        &self,
        before: &crate::metadata::PartitionRegistration,
        mut after: crate::metadata::PartitionRegistration,
    ) -> crate::metadata::PartitionRegistration {
        let keeps = self.metadata.features.breaks(crate::metadata::Sabotage::KeepsLeaderEpoch);
        if keeps && before.leader.is_some() && after.leader.is_some() {
            after.leader_epoch = before.leader_epoch;
        }
        after
    }

    fn change_broker(
        &mut self,
        id: BrokerId,
        cause: FactId,
        facts: &mut Vec<Fact>,
        change: fn(&mut BrokerRegistration),
    ) -> FactId {
        let metadata = Rc::make_mut(&mut self.metadata);
        metadata.offset = metadata.offset.saturating_add(1);
        let Some(broker) = metadata.brokers.get_mut(&id) else { return cause };
        change(broker);
        let (fenced, in_controlled_shutdown) = (broker.fenced, broker.in_controlled_shutdown);
        let kind = FactKind::BrokerRegistrationChangeRecord { broker: id, fenced, in_controlled_shutdown };
        self.tell(kind, cause, facts)
    }
}

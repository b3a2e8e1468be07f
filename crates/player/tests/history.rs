//! Going back is exact: any walk over a history ends in the same state as the straight run.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::rc::Rc;

use highwater_player::history::{CHECKPOINT_EVENTS, History, Moment};
use highwater_sim::bytes::Bytes;
use highwater_sim::command::Command;
use highwater_sim::config::{BrokerConfig, ProducerConfig};
use highwater_sim::fact::Fact;
use highwater_sim::ids::{BrokerId, ClientId};
use highwater_sim::world::{World, WorldConfig};
use proptest::prelude::*;

/// A history with commands in it, at many events, and the moments on the way.
fn history(events: u64) -> (History, Vec<Moment>) {
    let config = WorldConfig { brokers: 3, latency_us: 1_000, seed: 5, broker: BrokerConfig::default() };
    let mut world = World::new(config).unwrap();
    let mut producer = ProducerConfig::default();
    producer.set("enable.idempotence", "false").unwrap();
    world.add_producer(ClientId("p1".into()), producer).unwrap();
    let mut history = History::new(world);
    let assignment = vec![vec![BrokerId(1), BrokerId(2), BrokerId(3)]];
    history.command(Command::CreateTopic { topic: "orders".into(), assignment, config: Rc::default() }).unwrap();
    let mut moments = vec![Moment::default(), history.end()];
    while history.end().events < events {
        if history.end().events.is_multiple_of(97) {
            let value = Some(Bytes::from(history.end().events.to_string().as_str()));
            let send = Command::Send {
                producer: ClientId("p1".into()),
                topic: "orders".into(),
                partition: None,
                key: None,
                value,
                timestamp_ms: None,
            };
            history.command(send).unwrap();
            moments.push(history.end());
        }
        if history.end().events.is_multiple_of(1_013) {
            let later = history.world().now().plus_ms(3);
            history.idle_until(later);
            moments.push(history.end());
        }
        assert!(history.step().unwrap());
        if history.end().events.is_multiple_of(61) {
            moments.push(history.end());
        }
    }
    (history, moments)
}

/// What can be told of a world, as text: it differs wherever two worlds differ.
fn tell(world: &World) -> String {
    format!("{world:?}")
}

/// The world at a moment by the straight run.
fn straight(history: &History, to: Moment) -> (World, Vec<Fact>) {
    let mut replay = history.replay(Moment::default());
    let mut facts = Vec::new();
    while replay.at < to {
        assert!(replay.advance(&mut facts));
    }
    (replay.world, facts)
}

#[test]
fn a_seek_replays_at_most_the_checkpoint_distance_and_is_exact() {
    let (history, moments) = history(3 * CHECKPOINT_EVENTS);
    assert!(history.checkpoints() >= 4);
    let mut worst = 0;
    for moment in moments.iter().step_by(17) {
        let (world, events) = history.world_at(*moment);
        worst = worst.max(events);
        assert!(events <= CHECKPOINT_EVENTS, "{moment:?} replayed {events}");
        assert_eq!(world.events(), moment.events);
        assert_eq!(world.facts(), moment.facts as u64);
    }
    assert!(worst > 100, "the test seeks between checkpoints");
}

#[test]
fn what_is_played_again_leaves_the_same_facts() {
    let (history, moments) = history(2_000);
    let (world, facts) = straight(&history, *moments.last().unwrap());
    assert_eq!(tell(&world), tell(&history.world_at(*moments.last().unwrap()).0));
    let json = |facts: &[Fact]| facts.iter().map(Fact::to_json).collect::<Vec<_>>();
    assert_eq!(json(&facts), history.facts().part(..facts.len()).iter().map(|fact| fact.to_json()).collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_walk_ends_where_the_straight_run_does(walk in proptest::collection::vec(any::<prop::sample::Index>(), 1..6)) {
        let (history, moments) = history(5_000);
        let history = Rc::new(history);
        for step in walk {
            let moment = moments[step.index(moments.len())];
            let (world, _) = history.world_at(moment);
            let (expected, _) = straight(&history, moment);
            prop_assert_eq!(tell(&world), tell(&expected));
        }
    }
}

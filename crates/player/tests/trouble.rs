//! What the cluster panel shows when something goes wrong, in a scenario of the course.
#![cfg(feature = "author")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::path::Path;

use highwater_player::command::Command;
use highwater_player::lang::Lang;
use highwater_player::playback::Player;
use highwater_player::scene::cluster::{ClockOf, ClusterPanel, ReplicaRow, Role, Standing, Status};
use highwater_player::scene::history::Was;
use highwater_player::scene::{Panel, Scene};

fn player() -> Player {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/leader-election-ar");
    let packed = highwater_player::script::author::pack_folder(&folder).unwrap();
    Player::with(packed.scenario).unwrap()
}

fn at(player: &mut Player, step: &str) -> ClusterPanel {
    let number = player.step_number(step).unwrap();
    player.dispatch(Command::Seek(number)).unwrap();
    cluster(&player.scene()).clone()
}

fn cluster(scene: &Scene) -> &ClusterPanel {
    let panel = scene.panels.iter().find_map(|panel| match panel {
        Panel::Cluster(panel) => Some(panel),
        _ => None,
    });
    panel.unwrap()
}

fn row(panel: &ClusterPanel, broker: i32) -> &ReplicaRow {
    panel.replicas.iter().find(|row| row.broker == broker).unwrap()
}

#[test]
fn a_dead_leader_leads_on_paper_until_its_session_is_over() {
    let mut player = player();
    let panel = at(&mut player, "silence");
    let dead = row(&panel, 1);
    assert_eq!((dead.standing, dead.in_isr, panel.leader), (Standing::Down, true, Some(1)));
    let clock = dead.clock.unwrap();
    assert_eq!((clock.about, clock.limit_ms), (ClockOf::Silence, 9_000));
    assert!((4_000..6_000).contains(&clock.waited_ms), "{clock:?}");
    assert_eq!(row(&panel, 3).clock, None, "nobody lags behind a leader that is not there");
    let panel = at(&mut player, "elected");
    assert_eq!((row(&panel, 1).role, row(&panel, 3).role), (Role::Follower, Role::Leader));
    assert_eq!(row(&panel, 1).clock, None, "a fenced broker has no session");
    let words = player.text(Lang::En).into_iter().flat_map(|block| block.lines).collect::<Vec<_>>().join("\n");
    assert!(words.contains("what broker 3 sends to broker 1 is lost"), "{words}");
}

#[test]
fn a_link_that_is_cut_is_shown_at_both_its_ends() {
    let panel = at(&mut player(), "ahead");
    let cut_from = |broker| {
        let cuts = &row(&panel, broker).cuts;
        cuts.iter().map(|cut| (cut.other.clone(), cut.loses_sent, cut.loses_heard)).collect::<Vec<_>>()
    };
    assert_eq!(cut_from(3), [("broker-1".to_owned(), true, true)]);
    assert_eq!(cut_from(1), [("broker-3".to_owned(), true, true)]);
    assert_eq!(cut_from(2), []);
    assert_eq!(panel.cuts.len(), 2, "both ways");
}

#[test]
fn records_that_were_cut_are_ghosts_until_their_slots_are_written_again() {
    let mut player = player();
    assert!(row(&at(&mut player, "elected"), 2).ghosts.is_empty());
    let panel = at(&mut player, "cut");
    let cut: Vec<(i64, &str, bool)> = row(&panel, 2)
        .ghosts
        .iter()
        .map(|ghost| (ghost.cell.offset, ghost.cell.value.as_deref().unwrap(), ghost.is_new))
        .collect();
    assert_eq!(cut, [(2, "paid", true), (3, "new", true)]);
    let panel = at(&mut player, "lost");
    assert!(row(&panel, 2).ghosts.iter().all(|ghost| !ghost.is_new), "cut in the step before");
    // In the next chapter nothing is left of it, and broker 1 has ghosts of its own.
    let panel = at(&mut player, "returns");
    assert!(row(&panel, 2).ghosts.is_empty());
    let offsets: Vec<i64> = row(&panel, 1).ghosts.iter().map(|ghost| ghost.cell.offset).collect();
    assert_eq!(offsets, [3], "offset 2 is written again");
}

#[test]
fn an_acknowledged_record_that_no_leader_has_is_lost() {
    let mut player = player();
    let fates = |panel: &ClusterPanel| -> Vec<Status> {
        let card = panel.clients.iter().find(|client| client.id == "client-p1").unwrap();
        card.lines.iter().map(|line| line.status.as_ref().unwrap().0).collect()
    };
    assert_eq!(fates(&at(&mut player, "dies")), [Status::Good, Status::Good]);
    assert_eq!(fates(&at(&mut player, "lost")), [Status::Bad, Status::Bad]);
    // The next record takes the place of the first lost one.
    assert_eq!(fates(&at(&mut player, "goes-on")), [Status::Bad, Status::Good]);
}

#[test]
fn the_history_says_who_led_when() {
    let mut player = player();
    at(&mut player, "table");
    let scene = player.scene();
    let history = scene.panels.iter().find_map(|panel| match panel {
        Panel::History(panel) => Some(panel),
        _ => None,
    });
    let history = history.unwrap();
    let was = |broker: i32| -> Vec<Was> {
        let row = history.rows.iter().find(|row| row.broker == broker).unwrap();
        row.spans.iter().map(|span| span.was).collect()
    };
    assert_eq!(was(1), [Was::Leader, Was::Out, Was::InIsr]);
    assert_eq!(was(3), [Was::InIsr, Was::Leader]);
    assert_eq!(history.epochs.iter().map(|(epoch, _)| *epoch).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(history.epochs[1].1, 9_000_000, "when the session of broker 1 was over");
}

#[test]
fn forward_and_back_show_the_same() {
    let mut player = player();
    let mut there = Vec::new();
    for _ in 1..player.steps() {
        player.dispatch(Command::Next).unwrap();
        there.push((player.step(), player.scene().panels.clone()));
        let last = player.beats().last().map(|beat| beat.scene.panels.clone());
        assert_eq!(last.as_ref(), Some(&player.scene().panels), "the last beat of step {}", player.step());
    }
    for (step, panels) in there.iter().rev() {
        player.dispatch(Command::Seek(*step)).unwrap();
        assert_eq!(player.scene().panels, *panels, "step {step}");
    }
}

#[test]
fn a_refusal_says_who_leads_and_the_client_says_whence_it_knows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/reassignment");
    let packed = highwater_player::script::author::pack_folder(&folder).unwrap();
    let mut player = Player::with(packed.scenario).unwrap();
    let number = player.step_number("used").unwrap();
    player.dispatch(Command::Seek(number)).unwrap();
    let sequence = player.sequence(0);
    let refusal = sequence.arrows.iter().find(|arrow| {
        let said = arrow.summary.say(Lang::En);
        arrow.api == "Produce" && arrow.response && said == "NOT_LEADER_OR_FOLLOWER; leader 4"
    });
    let told = player.inspect(&refusal.unwrap().id, Lang::En).unwrap();
    let value = |group: &str, name: &str| {
        let group = told.groups.iter().find(|there| there.name == group).unwrap();
        group.values.iter().find(|value| value.name == name).unwrap().text.clone()
    };
    let answer = "PartitionProduceResponse orders-0";
    assert_eq!(value(answer, "errorCode"), "NOT_LEADER_OR_FOLLOWER");
    assert_eq!(value(answer, "currentLeader.leaderId"), "4");
    assert_eq!(value(answer, "currentLeader.leaderEpoch"), "1");
    assert_eq!(value("NodeEndpoints", "nodeId"), "[4]");
    let client = player.inspect("client-p1", Lang::En).unwrap();
    let known = client.groups.iter().find(|group| group.name == "Metadata orders").unwrap();
    let leader = known.values.iter().find(|value| value.name == "leaderId").unwrap();
    assert_eq!(leader.text, "[4]");
    let why = player.why(&leader.why, Lang::Zh).unwrap();
    let sentences = why.chain.iter().map(|link| link.sentence.clone()).collect::<Vec<_>>().join("\n");
    assert!(
        sentences.contains("p1 被拒绝，按答复里写的，把 broker 4 当作 orders-0 在 epoch 1 的 leader"),
        "{sentences}"
    );
    assert!(sentences.contains("NOT_LEADER_OR_FOLLOWER；epoch 1 的 leader 是 broker 4"), "{sentences}");
}

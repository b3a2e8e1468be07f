//! No two boxes lie on each other, whatever a scene holds.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use highwater_player::lang::Lang;
use highwater_player::scene::cluster::{ClusterPanel, Cut, Whereabouts};
use highwater_player::scene::{Panel, Scene};
use proptest::prelude::*;

use super::frame::{Area, Frame};
use super::node::Node;
use super::{Draw, Look, Picture};
use crate::fixtures;

fn drawn(scene: &Scene, width: f64, lang: Lang) -> Picture {
    let look = Look { asking: true, ..Look::default() };
    super::draw(&Draw { scene, lang, frame: Frame::of(width), look: &look, label: &|_| None }, None)
}

/// Boxes that nothing else may cover: rows, cards, messages.
fn boxes(picture: &Picture) -> Vec<(String, Area)> {
    let mut boxes = Vec::new();
    picture.walk(&mut |node: &Node, origin| {
        let outer = ["place", "env", "bar-box"].iter().any(|class| node.class.split(' ').any(|one| one == *class));
        if let (true, Some(area)) = (outer, node.area) {
            boxes.push((format!("{} {:?}", node.class, area), area.moved(origin)));
        }
    });
    boxes
}

fn check(scene: &Scene, width: f64, lang: Lang) -> Result<(), TestCaseError> {
    let picture = drawn(scene, width, lang);
    let boxes = boxes(&picture);
    for (index, (name, area)) in boxes.iter().enumerate() {
        prop_assert!(
            area.x >= -0.5 && area.x + area.w <= picture.width + 0.5,
            "{name} leaves the stage of {} px",
            picture.width
        );
        prop_assert!(
            area.y >= -0.5 && area.y + area.h <= picture.height + 0.5,
            "{name} leaves the stage, {} px high",
            picture.height
        );
        for (other, covered) in boxes.iter().skip(index + 1) {
            prop_assert!(!area.overlaps(*covered), "at {width} px {name} and {other} lie on each other");
        }
    }
    Ok(())
}

prop_compose! {
    fn panel()(
        leo in 0_i64..40,
        behind in prop::collection::vec(0_i64..5, 2),
        water in 0_i64..6,
        ends in prop::collection::vec((0_usize..4, any::<bool>(), any::<bool>(), "[a-z ·0-9]{0,40}"), 0..4),
        clients in 0_usize..3,
    ) -> ClusterPanel {
        let mut panel = fixtures::cluster();
        let at = |behind: i64| (leo - behind).max(0);
        let hw = (leo - water).max(0);
        panel.replicas = vec![
            fixtures::replica(1, leo, hw, &[(2, Some(at(behind[0]))), (3, (behind[1] < 4).then(|| at(behind[1])))]),
            fixtures::replica(2, at(behind[0]), hw.min(at(behind[0])), &[]),
            fixtures::replica(3, at(behind[1]), 0, &[]),
        ];
        panel.clients.truncate(clients);
        let names = ["broker-2", "broker-3", "client-p1", "client-c1"];
        let mut used = Vec::new();
        panel.messages = (0..).zip(ends).filter_map(|(number, (from, response, parked, words))| {
            // One message on a lane at a time, as clients and replicas have it.
            if used.contains(&from) {
                return None;
            }
            used.push(from);
            let (a, b) = if response { ("broker-1", names[from]) } else { (names[from], "broker-1") };
            let mut message = fixtures::message(number, a, b, "Fetch", response, words.trim());
            if parked && !response {
                message.whereabouts = Whereabouts::Parked { wait_ms: 30_000, waited_ms: 499 };
            }
            Some(message)
        }).collect();
        panel
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_two_boxes_of_a_cluster_lie_on_each_other(panel in panel(), width in 360_u32..1_500, zh in any::<bool>()) {
        let scene = fixtures::scene(vec![Panel::Cluster(panel)]);
        check(&scene, f64::from(width), if zh { Lang::Zh } else { Lang::En })?;
    }

    #[test]
    fn cells_stay_in_their_track(panel in panel(), width in 360_u32..1_500) {
        let scene = fixtures::scene(vec![Panel::Cluster(panel)]);
        let picture = drawn(&scene, f64::from(width), Lang::En);
        picture.walk(&mut |node, origin| {
            if node.class.starts_with("rec") && let Some(bounds) = node.bounds() {
                let place = bounds.moved(origin);
                assert!(place.x >= 0.0 && place.x + place.w <= picture.width + 0.5, "{place:?} at {width}");
            }
        });
    }
}

#[test]
fn the_designs_scenes_fit_at_every_width() {
    for (name, scene) in fixtures::all().into_iter().chain([("group-crowd", fixtures::group_crowd())]) {
        for lang in Lang::ALL {
            for width in (360..=1_440).step_by(20) {
                check(&scene, f64::from(width), lang).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
    }
}

/// All words of a picture with their classes.
fn words(picture: &Picture) -> Vec<(String, String)> {
    let mut words = Vec::new();
    picture.walk(&mut |node: &Node, _| {
        if !node.text.is_empty() {
            words.push((node.class.clone(), node.text.clone()));
        }
    });
    words
}

#[test]
fn a_record_that_is_not_the_leaders_is_said_so_below_it() {
    for width in [360.0, 856.0] {
        let mut panel = fixtures::cluster();
        panel.replicas[1].records[2].differs = true;
        let words = words(&drawn(&fixtures::scene(vec![Panel::Cluster(panel)]), width, Lang::En));
        let told: Vec<_> = words.iter().filter(|(class, _)| class.contains("is-divergent")).collect();
        assert_eq!(told, [&("off is-divergent".to_owned(), "≠ 2".to_owned())], "at {width} px");
    }
}

#[test]
fn what_a_producer_lost_is_counted_where_its_lines_do_not_tell_of_each() {
    for lang in Lang::ALL {
        for (width, lost, is_counted) in [(360.0, 0, false), (856.0, 0, false), (360.0, 3, true), (856.0, 3, true)] {
            let mut panel = fixtures::cluster();
            panel.clients[1].lost = lost;
            let words = words(&drawn(&fixtures::scene(vec![Panel::Cluster(panel)]), width, lang));
            let counted = words.iter().any(|(_, text)| text.starts_with('✕') && text.contains('3'));
            assert_eq!(counted, is_counted, "{lost} at {width} px");
        }
    }
}

#[test]
fn batches_that_are_not_drawn_are_counted() {
    let mut panel = fixtures::accumulator();
    let first = panel.queues.pop().unwrap();
    panel.queues.extend((0..64).map(|partition| {
        let mut queue = first.clone();
        queue.id = format!("accumulator/p1/orders-{partition}");
        queue.batches[0].id = format!("{}/batch-{partition}", queue.id);
        queue.partition = partition;
        queue
    }));
    for (lang, said) in [(Lang::En, "and 60 more; partitions with a batch: 64"), (Lang::Zh, "还有 60 个")] {
        for width in [360.0, 856.0] {
            let scene = fixtures::scene(vec![Panel::Accumulator(panel.clone())]);
            check(&scene, width, lang).unwrap();
            let words = words(&drawn(&scene, width, lang));
            assert!(words.iter().any(|(_, text)| text.starts_with(said)), "{lang:?}, {width}: {words:?}");
        }
    }
    panel.queues.truncate(4);
    let words = words(&drawn(&fixtures::scene(vec![Panel::Accumulator(panel)]), 856.0, Lang::En));
    assert!(!words.iter().any(|(_, text)| text.contains(" more; ")), "all are drawn");
}

/// How often a class is drawn.
fn count(picture: &Picture, class: &str) -> usize {
    let mut count = 0;
    picture.walk(&mut |node: &Node, _| count += usize::from(node.class == class));
    count
}

#[test]
fn a_cut_link_is_drawn_between_any_two_and_one_way_has_an_arrow() {
    let one = |from: usize, other: &str, loses_sent: bool, loses_heard: bool| {
        let mut panel = fixtures::cluster();
        panel.messages.clear();
        panel.replicas[from].cuts = vec![Cut { other: other.to_owned(), loses_sent, loses_heard }];
        drawn(&fixtures::scene(vec![Panel::Cluster(panel)]), 1_280.0, Lang::En)
    };
    let none = {
        let mut panel = fixtures::cluster();
        panel.messages.clear();
        drawn(&fixtures::scene(vec![Panel::Cluster(panel)]), 1_280.0, Lang::En)
    };
    assert_eq!((count(&none, "lane is-cut"), count(&none, "cut-sign")), (0, 0));
    // Two followers, the leader and a follower, a client, and nodes that stand nowhere in the picture.
    for (from, other) in [(1, "broker-3"), (2, "broker-1"), (1, "client-c1"), (0, "controller"), (0, "broker-9")] {
        let both = one(from, other, true, true);
        assert_eq!((count(&both, "lane is-cut"), count(&both, "cut-sign")), (1, 1), "{other}");
        let sent = one(from, other, true, false);
        assert_eq!((count(&sent, "lane is-cut"), count(&sent, "cut-sign")), (1, 2), "{other}");
        assert_ne!(sent, one(from, other, false, true), "{other}: the arrow points the other way");
    }
    // Below 560 px the row says it.
    let narrow = drawn(&fixtures::cut(), 360.0, Lang::En);
    let told: Vec<String> =
        words(&narrow).into_iter().filter(|(class, _)| class.contains("f-bad")).map(|it| it.1).collect();
    assert_eq!(told, ["← B3", "→ Controller", "→ c1", "B3", "B2", "→ B1", "← B4"]);
}

#[test]
fn a_low_frame_has_the_logs_only_and_offsets_once() {
    let mut scene = fixtures::replication();
    let low = |scene: &Scene| {
        let frame = Frame::of(480.0).low();
        super::draw(&Draw { scene, lang: Lang::En, frame, look: &Look::default(), label: &|_| None }, None)
    };
    let picture = low(&scene);
    assert!(picture.height <= 232.0, "{}", picture.height);
    let offsets: Vec<String> =
        words(&picture).into_iter().filter(|(class, _)| class.starts_with("off")).map(|it| it.1).collect();
    assert_eq!(offsets, ["0", "1", "2", "3", "4", "5"]);
    assert_eq!((count(&picture, "client"), count(&picture, "msg")), (0, 0));
    // A client that the step looks at is there.
    scene.look = vec!["client-p1".to_owned()];
    assert_eq!(count(&low(&scene), "client"), 1);
    // More height than width changes nothing at 560 px and wider.
    assert_eq!(Frame::of(560.0).low(), Frame::of(560.0));
}

#[test]
fn a_crowd_has_a_bar_for_each_member_and_two_shapes_for_all_times() {
    for width in [360.0, 768.0, 1_280.0] {
        let picture = drawn(&fixtures::group_crowd(), width, Lang::Zh);
        let mut members = 0;
        let mut nodes = 0;
        picture.walk(&mut |node: &Node, _| {
            nodes += 1;
            members += usize::from(node.mark.as_deref().is_some_and(|mark| mark.starts_with("member-c")));
        });
        assert_eq!(members, 100, "at {width} px");
        assert!(nodes < 900, "{nodes} nodes at {width} px");
        assert_eq!(count(&picture, "strip-without"), 1, "at {width} px");
    }
}

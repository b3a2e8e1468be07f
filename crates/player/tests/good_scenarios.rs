//! What authors may leave out, and what is made of it.
#![cfg(feature = "author")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::path::Path;

use highwater_player::command::Command;
use highwater_player::expression::FUNCTIONS;
use highwater_player::lang::Lang;
use highwater_player::playback::Player;
use highwater_player::scene::Panel;
use highwater_player::script::author::{Files, pack_files, pack_folder, schema};
use highwater_player::script::{Action, PanelKind, Scalar, Scenario, Stage};

fn here(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn defaults_are_filled_in_and_steps_inherit() {
    let packed = pack_folder(&here("tests/good_scenarios/inherits")).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(packed.lints(), []);
    assert_eq!(packed.check(), []);
    let scenario = &packed.scenario;
    assert_eq!((scenario.kafka.as_str(), scenario.seed, scenario.picture), ("4.3", 1, 1));
    assert_eq!(scenario.chapters[0].title.en, scenario.title.en);
    assert_eq!(scenario.producers[0].config.get("linger.ms"), Some(&Scalar::Number(0)));
    assert_eq!(scenario.producers[0].config.get("batch.size"), Some(&Scalar::Number(1024)));
    // The consumer starts in the second step, before what that step does itself.
    assert!(!scenario.consumers[0].start);
    assert!(matches!(&scenario.steps[1].actions[0], Action::StartConsumer { consumer } if consumer == "c1"));
    assert_eq!(scenario.steps[1].actions.len(), 2);
    // What the picture shows goes on until a step says otherwise.
    let shows: Vec<_> = scenario.steps.iter().map(|step| &step.show).collect();
    assert_eq!(shows[0].panels, [PanelKind::Partitioner]);
    assert_eq!((shows[0].key.as_deref(), shows[0].through), (Some("u1"), Stage::Key));
    assert_eq!((shows[1].key.as_deref(), shows[1].through), (Some("u1"), Stage::Murmur2));
    assert_eq!((shows[2].key.as_deref(), shows[2].before), (None, Some(1)));
    assert_eq!((shows[3].before, shows[3].moves.as_ref().map(|moves| moves.count)), (None, Some(10)));
    assert_eq!(scenario.steps[0].ask.as_ref().map(|ask| ask.after), Some(1));
    assert_eq!(scenario.steps[0].terms, ["key", "murmur2"]);
}

#[test]
fn packed_and_opened_it_is_the_same() {
    let packed = pack_folder(&here("tests/good_scenarios/inherits")).unwrap();
    let json = packed.scenario.to_json().unwrap();
    assert_eq!(Scenario::from_json(&json).unwrap(), packed.scenario);
    let mut player = Player::open(&json).unwrap();
    player.dispatch(Command::Last).unwrap();
    let said: String = player.words(Lang::Zh).say.iter().map(|run| run.text().to_owned()).collect();
    assert_eq!(said, "十个键里有 8 个换了地方。");
}

/// Topics come and go, and those who subscribe by an expression follow.
#[test]
fn consumers_subscribe_by_an_expression() {
    let packed = pack_folder(&here("tests/good_scenarios/expressions")).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!((packed.lints(), packed.check()), (Vec::new(), Vec::new()));
    assert!(packed.scenario.topics[1].later && !packed.scenario.topics[0].later);
    let json = packed.scenario.to_json().unwrap();
    assert_eq!(Scenario::from_json(&json).unwrap(), packed.scenario);
    assert!(Scenario::brought(&json).is_ok());
    let mut player = Player::open(&json).unwrap();
    for step in 0..4 {
        player.dispatch(if step == 0 { Command::First } else { Command::Next }).unwrap();
        for mark in ["client-c1", "client-c2", "member-c2"] {
            let inspected = player.inspect(mark, Lang::En).unwrap();
            let names: Vec<String> = format!("{inspected:?}").split('"').map(str::to_owned).collect();
            let said = |name: &str| names.iter().any(|there| there == name);
            assert!(
                match mark {
                    "client-c1" => said("subscribedPattern") && said("orders-.*"),
                    "client-c2" => said("subscribedRe2JPattern"),
                    _ => said("subscribedTopicRegex") && said("orders-(eu|us)"),
                },
                "{step} {mark}: {names:?}"
            );
        }
    }
}

#[test]
fn texts_may_come_from_anywhere() {
    let read = |name: &str| std::fs::read(here(&format!("tests/good_scenarios/inherits/{name}"))).unwrap();
    let files = Files {
        scenario_name: "standard input".to_owned(),
        scenario: read("scenario.toml"),
        translation_name: "zh.toml".to_owned(),
        translation: Some(read("zh.toml")),
        ..Files::default()
    };
    assert_eq!(pack_files(files.clone()).unwrap().scenario.family.title.en, "tests");
    let without = Files { translation: None, ..files };
    let errors = pack_files(without).unwrap_err();
    assert_eq!(errors.to_string(), "zh.toml: is missing; write it beside scenario.toml: the same texts in Chinese");
}

/// `UPDATE_GOLDEN=1` rewrites it.
#[test]
fn the_schema_for_editors_is_up_to_date() {
    let file = here("../../scenarios/schema.json");
    let schema = schema().unwrap();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &schema).unwrap();
    }
    assert!(std::fs::read_to_string(&file).unwrap_or_default() == schema, "run with UPDATE_GOLDEN=1");
}

/// `UPDATE_GOLDEN=1` rewrites the table.
#[test]
fn the_handbook_has_every_function() {
    const BEGIN: &str =
        "<!-- functions: written by UPDATE_GOLDEN=1 cargo test -p highwater-player --features author -->\n";
    const END: &str = "<!-- end of functions -->\n";
    let rows = FUNCTIONS.iter().map(|function| format!("| `{}` | {} |\n", function.signature(), function.meaning));
    let table = format!("| Function | |\n|---|---|\n{}", rows.collect::<String>());
    let file = here("../../docs/authoring.md");
    let text = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let expected = format!("{before}{BEGIN}{table}{END}{after}");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &expected).unwrap();
    }
    assert!(std::fs::read_to_string(&file).unwrap() == expected, "run with UPDATE_GOLDEN=1");
}

/// The scenario in the handbook is one.
#[test]
fn the_examples_of_the_handbook_are_right() {
    let text = std::fs::read_to_string(here("../../docs/authoring.md")).unwrap();
    let examples: Vec<&str> = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let [head, step, near, listed, number, point, zh] = examples.as_slice() else {
        panic!("{} examples", examples.len())
    };
    assert!(toml::from_str::<toml::Table>(listed).is_ok());
    for ask in [near, number, point] {
        handbook(head, step, ask, zh);
    }
}

fn handbook(head: &str, step: &str, ask: &str, zh: &str) {
    let second = step.replace("id = \"append\"", "id = \"burst\"").replace("u17", "u42");
    let third = "[[step]]\nid = \"end\"\ntitle = \"The end\"\nsay = \"That was all.\"\n";
    // The two steps are the same step twice, so what they expect can hold for one of them only.
    let second = second
        .lines()
        .filter(|line| !line.starts_with("expect") && !line.starts_with("do"))
        .collect::<Vec<_>>()
        .join("\n");
    let second = second.replace("until = { fact = \"RecordAppended\", broker = 1 }", "until = { ms = 1 }");
    let scenario = format!("{head}\n{step}\n{ask}\n{second}\n{third}");
    let texts = zh
        .replace(
            "choices = [\"…\", \"…\"]                 # in the order of scenario.toml; not with choices = \"near\"\n",
            "",
        )
        .replace("\"…\"", "\"高水位是 {hw(orders-0, 2)}。\"");
    let has_no_unit = |line: &&str| ask.contains("unit = ") || !line.starts_with("unit");
    let texts = texts.lines().filter(has_no_unit).collect::<Vec<_>>().join("\n");
    let step_texts = texts.split("[step.append]").nth(1).unwrap().split("question").next().unwrap().to_owned();
    let translation =
        format!("{texts}\n[step.burst]{step_texts}\n[step.end]\ntitle = \"结束\"\nsay = \"就是这些。\"\n");
    let files = Files {
        scenario_name: "authoring.md".to_owned(),
        scenario: scenario.into_bytes(),
        translation_name: "authoring.md (zh)".to_owned(),
        translation: Some(translation.into_bytes()),
        ..Files::default()
    };
    let packed = pack_files(files).unwrap_or_else(|errors| panic!("{errors}"));
    let wrong: Vec<String> = packed.check().iter().map(ToString::to_string).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Everything that can go wrong in a scenario goes wrong, and right again.
#[test]
fn faults_are_commands_of_a_step() {
    let head = r#"
        id = "faults"
        title = "What if?"
        hook = "It."
        family = "tests"
        minutes = 1
        picture = "s"
        [cluster]
        brokers = 3
        [[topic]]
        name = "orders"
        partitions = 1
        replication = 3
        [[producer]]
        id = "p1"
        config = { "enable.idempotence" = false }
        [[step]]
        id = "s"
        title = "All of it"
        say = "The log ends at {leo(orders-0)}."
        do = [
          { pause = { broker = 3 } },
          { cut = { from = 1, to = 2, one_way = true } },
          { cut = { from = "p1", to = "controller" } },
          { produce = { producer = "p1", topic = "orders", value = "a" } },
          { wait = { ms = 100 } },
          { resume = { broker = 3 } },
          { kill = { broker = 3 } },
          { heal = { from = 1, to = 2, one_way = true } },
          { heal = { from = "controller", to = "p1" } },
          { wait = { ms = 100 } },
          { start = { broker = 3 } },
          { stop = { broker = 1 } },
          { wait = { when = "leader(orders-0) == 2", ms = 1000 } },
          { start = { broker = 1 } },
          { wait = { ms = 20000 } },
          { elect_preferred = { partition = "orders-0" } },
          { wait = { ms = 1000 } },
          { reassign = { partition = "orders-0", replicas = [1, 3] } },
        ]
        until = { when = "leo(orders-0, 3) == 1 and leader(orders-0) == 1" }
        expect = ["leo(orders-0) == 1", "leader(orders-0) == 1"]
    "#;
    let zh = r#"
        [scenario]
        title = "如果呢？"
        hook = "它。"
        [step.s]
        title = "全部"
        say = "日志止于 {leo(orders-0)}。"
    "#;
    let files = Files {
        scenario_name: "faults".to_owned(),
        scenario: head.as_bytes().to_vec(),
        translation_name: "faults (zh)".to_owned(),
        translation: Some(zh.as_bytes().to_vec()),
        ..Files::default()
    };
    let packed = pack_files(files).unwrap_or_else(|errors| panic!("{errors}"));
    let wrong: Vec<String> = packed.check().iter().map(ToString::to_string).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let json = packed.scenario.to_json().unwrap();
    assert_eq!(Scenario::from_json(&json).unwrap(), packed.scenario);
    let run = highwater_player::run::run(&packed.scenario).unwrap();
    for lang in Lang::ALL {
        let said: Vec<String> =
            run.history.facts().iter().map(|fact| highwater_player::say::say(&fact, lang)).collect();
        assert!(said.iter().all(|line| !line.contains("facts.") && !line.contains("%{")), "{said:#?}");
    }
    let unknown = json.replacen("\"pause\"", "\"explode\"", 1);
    assert!(Scenario::from_json(&unknown).unwrap_err().to_string().contains("explode"));
}

/// A panel about a topic shows the topic that the step says, whatever partition the others are about; and it hashes no
/// key for a producer whose `partitioner.class` heeds none.
#[test]
fn a_panel_about_a_topic_shows_the_one_that_is_said() {
    let head = r#"
        id = "two"
        title = "Two?"
        hook = "Two topics."
        family = "tests"
        minutes = 1
        picture = "s"
        [cluster]
        brokers = 1
        [[topic]]
        name = "orders"
        partitions = 1
        replication = 1
        [[topic]]
        name = "clicks"
        partitions = 3
        replication = 1
        [[producer]]
        id = "p1"
        config = { "enable.idempotence" = false, "partitioner.class" = "RoundRobinPartitioner" }
        [[step]]
        id = "s"
        title = "All"
        say = "The log ends at {leo(clicks-0)}."
        do = [{ produce_many = { producer = "p1", topic = "clicks", key_prefix = "u", count = 6, value_size = 1 } }]
        show = { panels = ["replicas", "partitioner"], partition = "orders-0", topic = "clicks", producer = "p1", key = "u1", through = "partition" }
    "#;
    let zh = r#"
        [scenario]
        title = "两个？"
        hook = "两个 topic。"
        [step.s]
        title = "全部"
        say = "日志止于 {leo(clicks-0)}。"
    "#;
    let files = Files {
        scenario_name: "two".to_owned(),
        scenario: head.as_bytes().to_vec(),
        translation_name: "two (zh)".to_owned(),
        translation: Some(zh.as_bytes().to_vec()),
        ..Files::default()
    };
    let packed = pack_files(files).unwrap_or_else(|errors| panic!("{errors}"));
    let player = Player::open(&packed.scenario.to_json().unwrap()).unwrap();
    let scene = player.scene();
    let mut shown = Vec::new();
    for panel in &scene.panels {
        match panel {
            Panel::Replicas(panel) => shown.push(panel.topic.clone()),
            Panel::Partitioner(panel) => {
                shown.push(panel.topic.clone());
                assert_eq!(panel.partitions, 3);
                let next = panel.lanes.iter().flat_map(|lane| &lane.keys).filter(|chip| chip.next).count();
                assert_eq!(next, 0, "a RoundRobinPartitioner hashes no key");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(shown, ["clicks", "clicks"]);
}

//! Every command as people call it: what it prints, where, and with which exit code.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn highwater(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    command.args(arguments).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    command
}

/// What a call came to: exit code, standard output, standard error.
fn call(arguments: &[&str]) -> (i32, String, String) {
    told(highwater(arguments).stdin(Stdio::null()).output().unwrap())
}

fn call_with(arguments: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut child =
        highwater(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that fails early does not read its input.
    let _ = child.stdin.take().unwrap().write_all(input);
    told(child.wait_with_output().unwrap())
}

fn told(output: Output) -> (i32, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// An empty folder that goes at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("highwater-cli-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const INHERITS: &str = "crates/player/tests/good_scenarios/inherits";

#[test]
fn list_names_every_scenario_in_both_languages() {
    let (code, out, err) = call(&["list"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("Replication: "), "{out}");
    let line = out.lines().find(|line| line.starts_with("  hw-two-rounds  ")).unwrap();
    assert!(line.contains("  When is a record visible? ("), "{line}");
    let (code, out, _) = call(&["list", "--lang", "zh"]);
    assert!(code == 0 && out.contains("复制"), "{out}");
    let (code, out, _) = call(&["list", "--json"]);
    let entries = json(&out);
    let ids: Vec<&str> = entries.as_array().unwrap().iter().filter_map(|entry| entry["id"].as_str()).collect();
    assert!(code == 0 && ids.contains(&"key-hash") && ids.contains(&"hw-two-rounds"), "{out}");
    let (code, out, err) = call(&["list", "--scenarios", "crates"]);
    assert_eq!((code, out.as_str(), err.as_str()), (1, "", "crates: there is no course.toml in this folder\n"));
}

#[test]
fn outside_of_a_course_list_says_what_to_do() {
    let folder = Folder::new("outside");
    let output = highwater(&["list"]).current_dir(&folder.0).output().unwrap();
    let (code, _, err) = told(output);
    assert!(code == 1 && err.contains("name its folder with --scenarios"), "{err}");
}

#[test]
fn check_passes_the_course() {
    let (code, out, err) = call(&["check"]);
    assert_eq!((code, err.as_str()), (0, ""), "{err}");
    assert!(out.contains("hw-two-rounds: ") && out.contains(" expectations hold\n"), "{out}");
    let (code, out, _) = call(&["check", "key-hash", "scenarios/hw-two-rounds/scenario.toml", INHERITS, "--json"]);
    let reports = json(&out);
    assert_eq!(code, 0);
    assert_eq!(reports[2]["scenario"], "inherits");
    assert!(reports.as_array().unwrap().iter().all(|report| report["ok"] == true), "{out}");
}

#[test]
fn check_tells_what_is_wrong_with_its_place() {
    let bad = "crates/player/tests/bad_scenarios/unknown-key";
    let (code, out, err) = call(&["check", bad, "key-hash"]);
    assert_eq!(code, 1);
    assert!(out.starts_with("key-hash: "), "{out}");
    assert!(
        err.starts_with(&format!("{bad}/scenario.toml:3:1: unknown key \"hok\"; did you mean hook?\n    3 | hok = ")),
        "{err}"
    );
    assert!(err.ends_with("3 errors\n"), "{err}");
    let (code, out, err) = call(&["check", "crates/player/tests/bad_scenarios/expectation-fails", "--json"]);
    let error = &json(&out)[0]["errors"][0];
    assert_eq!((code, err.as_str()), (1, ""));
    assert_eq!((error["line"].as_i64(), error["help"].as_str()), (Some(45), Some("next is 1")));
    assert_eq!(error["path"], "step[1].expect[0]");
    let (code, _, err) = call(&["check", "crates/player/tests/bad_scenarios/reads-badly"]);
    assert!(code == 1 && err.contains("a title has at most 8"), "{err}");
}

#[test]
fn an_unknown_scenario_brings_the_nearest_one() {
    for command in ["check", "run"] {
        let (code, out, err) = call(&[command, "key-hahs"]);
        assert_eq!((code, out.as_str()), (1, ""));
        assert_eq!(err, "key-hahs: there is no such file and no such scenario; did you mean key-hash?\n");
    }
    let (code, _, err) = call(&["run", "../secret"]);
    assert!(code == 1 && err.contains("there is no such file"), "{err}");
}

#[test]
fn standard_input_is_a_scenario_too() {
    let scenario =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(INHERITS).join("scenario.toml")).unwrap();
    let zh = format!("{INHERITS}/zh.toml");
    let (code, out, err) = call_with(&["check", "-", "--zh", &zh], &scenario);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "inherits: 4 steps, 1 questions, 1 expectations hold\n", ""));
    let (code, _, err) = call_with(&["check", "-"], &scenario);
    assert!(code == 1 && err.starts_with("zh.toml: is missing"), "{err}");
    let (code, packed, err) = call_with(&["pack", "-", "--zh", &zh, "-o", "-"], &scenario);
    assert_eq!((code, err.as_str()), (0, ""));
    let (code, out, err) = call_with(&["run", "-", "--until", "2"], packed.as_bytes());
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("p1 sent 1 record, and c1 read 1."), "{out}");
    let (code, _, err) = call_with(&["run", "-"], b"{\"id\": 3}");
    assert!(code == 1 && err.contains("This scenario has a mistake: id: a text is wanted, not a number."), "{err}");
    let (code, _, err) = call_with(&["run", "-"], b"id = \"caf\xe9\"");
    assert!(code == 1 && err.contains("this is not UTF-8"), "{err}");
    let (code, _, err) = call_with(&["run", "-"], &vec![b' '; 10_000_000]);
    assert!(code == 1 && err.contains("nothing of it was read"), "{err}");
}

#[test]
fn run_prints_steps_and_facts() {
    let (code, out, err) = call(&["run", "hw-two-rounds"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with("1/11 quiet") && out.contains("\n11/11 ") && out.contains("    ✓ "), "{out}");
    let (code, out, _) = call(&["run", "key-hash", "--until", "hash", "--json", "--lang", "zh"]);
    let steps = json(&out);
    assert_eq!((code, steps.as_array().unwrap().len()), (0, 3));
    assert_eq!(steps[2]["id"], "hash");
    let (code, out, _) = call(&["run", "hw-two-rounds", "--facts", "--until", "2"]);
    let facts: Vec<serde_json::Value> = out.lines().map(json).collect();
    assert_eq!(code, 0);
    assert!(facts.iter().enumerate().all(|(index, fact)| fact["id"] == index), "{out}");
    assert_eq!(facts.last().unwrap()["step"], 2);
    assert!(facts.iter().any(|fact| fact["fact"] == "RecordAppended"));
    let (code, _, err) = call(&["run", "hw-two-rounds", "--until", "apend"]);
    assert_eq!((code, err.as_str()), (1, "hw-two-rounds: there is no step \"apend\"; did you mean append?\n"));
}

#[test]
fn pack_writes_a_file_or_nothing() {
    let folder = Folder::new("pack");
    let to = folder.path("out.json");
    let (code, out, err) = call(&["pack", "key-hash", "-o", &to]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with(&to) && out.ends_with(" bytes\n"), "{out}");
    let (code, out, _) = call(&["run", &to, "--until", "1", "--json"]);
    assert_eq!((code, &json(&out)[0]["id"]), (0, &"why".into()));
    let (code, out, _) = call(&["check", &to]);
    assert!(code == 0 && out.starts_with("key-hash: "), "{out}");
    let (code, out, _) = call(&["pack", "key-hash", "-o", &to, "--json"]);
    assert_eq!((code, &json(&out)["scenario"]), (0, &"key-hash".into()));
    let bad = folder.path("bad.json");
    let (code, _, err) = call(&["pack", "crates/player/tests/bad_scenarios/never-ends", "-o", &bad]);
    assert!(code == 1 && err.contains("did not come to hold"), "{err}");
    assert!(!Path::new(&bad).exists());
    let (code, _, err) = call(&["pack", "key-hash", "-o", &folder.path("no/such/folder.json")]);
    assert!(code == 1 && err.contains("cannot be written"), "{err}");
    let (code, _, err) = call(&["pack", "key-hash"]);
    assert!(code == 2 && err.contains("--output"), "{err}");
}

#[test]
fn new_writes_a_scenario_that_passes_check() {
    let folder = Folder::new("new");
    let output = highwater(&["new", "my-first"]).current_dir(&folder.0).output().unwrap();
    let (code, out, err) = told(output);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("highwater check my-first"), "{out}");
    let (code, out, err) = call(&["check", &folder.path("my-first")]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "my-first: 3 steps, 1 questions, 7 expectations hold\n", ""));
    let output = highwater(&["new", "my-first"]).current_dir(&folder.0).output().unwrap();
    let (code, _, err) = told(output);
    assert_eq!((code, err.as_str()), (1, "my-first: this exists already; choose another id\n"));
    let (code, _, err) = call(&["new", "My First"]);
    assert!(code == 1 && err.contains("is not an id"), "{err}");
    // In a course its family must be one of the course.
    fs::write(
        folder.0.join("course.toml"),
        "[[family]]\nid = \"storage\"\ntitle = { en = \"S\", zh = \"存\" }\nline = { en = \"L\", zh = \"线\" }\n",
    )
    .unwrap();
    let scenarios = folder.0.display().to_string();
    let (code, _, err) = call(&["new", "other", "--family", "storge", "--scenarios", &scenarios]);
    assert_eq!((code, err.as_str()), (1, "there is no family \"storge\"; the course has storage\n"));
    let (code, out, _) = call(&["new", "other", "--scenarios", &scenarios, "--json"]);
    assert_eq!((code, json(&out)["files"].as_array().unwrap().len()), (0, 2));
    let (code, _, err) = call(&["check", &folder.path("other")]);
    assert_eq!((code, err.as_str()), (0, ""));
}

#[test]
fn schema_is_the_one_that_is_checked_in() {
    let (code, out, err) = call(&["schema"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(
        out == fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/schema.json")).unwrap()
    );
}

#[test]
fn partition_says_where_keys_go() {
    let (code, out, err) = call(&["partition", "--partitions", "6", "user-8", ""]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(out, "partition 3  murmur2 -1644747527  user-8\npartition 3  murmur2 275646681  \n");
    let (code, out, _) = call(&["partition", "--partitions", "6", "--hex", "757365722d38", "--json"]);
    let expected =
        serde_json::json!([{"key_hex": "757365722d38", "partitions": 6, "murmur2": -1_644_747_527, "partition": 3}]);
    assert_eq!((code, json(&out)), (0, expected));
    let (code, out, _) =
        call_with(&["partition", "--partitions", "3", "--json", "-"], "user-8\nuser-42\r\n键\n".as_bytes());
    let keys: Vec<serde_json::Value> =
        json(&out).as_array().unwrap().iter().map(|answer| answer["key"].clone()).collect();
    assert_eq!((code, keys), (0, vec!["user-8".into(), "user-42".into(), "键".into()]));
    let (code, _, err) = call(&["partition", "--partitions", "6", "--hex", "75x"]);
    assert!(code == 1 && err.contains("character 3 is 'x'"), "{err}");
    let (code, _, err) = call(&["partition", "--partitions", "6", "--hex", "755"]);
    assert!(code == 1 && err.contains("an odd number of digits"), "{err}");
    for wrong in
        [&["partition", "user-8"][..], &["partition", "--partitions", "0", "a"], &["partition", "--partitions", "6"]]
    {
        let (code, out, err) = call(wrong);
        assert!(code == 2 && out.is_empty() && err.starts_with("error: "), "{err}");
    }
}

#[test]
fn group_partition_says_where_groups_are() {
    let (code, out, _) = call(&["group-partition", "billing", "shipping"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("partition 9  billing\npartition "), "{out}");
    let (code, out, _) = call_with(&["group-partition", "--partitions", "10", "-", "--json"], b"billing\n");
    assert_eq!((code, &json(&out)[0]["partitions"]), (0, &10.into()));
    let (code, _, err) = call(&["group-partition", "--partitions", "-1", "billing"]);
    assert!(code == 2 && err.contains("--partitions"), "{err}");
}

#[test]
fn assign_says_who_reads_what() {
    let group = br#"{"topics": {"t": 3, "other": 9}, "members": [
        {"id": "A", "topics": ["t"], "owned": {"t": [0, 1, 2]}, "generation": 1}, {"id": "Bee", "topics": ["t", "none"]}]}"#;
    let (code, out, err) = call_with(&["assign", "--strategy", "range", "-"], group);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "A    t 0,1\nBee  t 2\n", ""));
    let (code, out, _) = call_with(&["assign", "--strategy", "cooperative-sticky", "-"], group);
    assert_eq!((code, out.as_str()), (0, "A    t 1,2\nBee  nothing\n"));
    let folder = Folder::new("assign");
    fs::write(folder.0.join("group.json"), group).unwrap();
    let (code, out, _) = call(&["assign", "--strategy", "roundrobin", &folder.path("group.json"), "--json"]);
    assert_eq!((code, &json(&out)["A"]["t"]), (0, &serde_json::json!([0, 2])));
    let (code, _, err) = call_with(&["assign", "--strategy", "uniform", "-"], group);
    assert!(code == 1 && err.contains("standard input: `topic_ids` lacks `t`"), "{err}");
    let (code, _, err) = call_with(&["assign", "--strategy", "range", "-"], b"{\"topics\": {}}");
    assert!(code == 1 && err.contains("missing field `members`"), "{err}");
    let (code, _, err) = call(&["assign", "--strategy", "best", "-"]);
    assert!(code == 2 && err.contains("cooperative-sticky"), "{err}");
    let (code, _, err) = call(&["assign", "--strategy", "range", &folder.path("none.json")]);
    assert!(code == 1 && err.contains("cannot be read"), "{err}");
}

#[test]
fn replay_says_what_differs_from_a_recording() {
    let story = format!("{}/../../tests/recordings/groups/eager-range-2x3", env!("CARGO_MANIFEST_DIR"));
    assert_eq!(call(&["replay", &story]), (0, "the same\n".to_owned(), String::new()));
    let (code, out, _) = call(&["replay", &story, "--json"]);
    assert_eq!((code, json(&out)["differences"].as_array().unwrap().len()), (0, 0));
    let folder = Folder::new("replay");
    for file in ["story.json", "rpcs.jsonl"] {
        fs::copy(format!("{story}/{file}"), folder.path(file)).unwrap();
    }
    let events = fs::read_to_string(format!("{story}/events.jsonl")).unwrap();
    fs::write(folder.path("events.jsonl"), events.replacen("\"generation\": 2", "\"generation\": 3", 1)).unwrap();
    let (code, out, err) = call(&["replay", &folder.0.display().to_string()]);
    assert_eq!((code, err.as_str()), (1, ""));
    assert!(out.starts_with("step 2: records of the log, 1\n  recorded: {"), "{out}");
    let (code, _, err) = call(&["replay", "nowhere"]);
    assert_eq!(code, 1);
    assert!(err.contains("nowhere"), "{err}");
}

#[test]
fn answer_fills_in_what_kafka_would_say() {
    let question = br#"{"key_hex":"757365722d38","partitions":6}"#;
    let (code, out, err) = call_with(&["answer", "partition"], question);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(json(&out)["partition"], 3);
    let folder = Folder::new("answer");
    fs::write(folder.0.join("q.jsonl"), question).unwrap();
    let (code, out, _) = call(&["answer", "partition", &folder.path("q.jsonl")]);
    assert_eq!((code, &json(&out)["murmur2"]), (0, &(-1_644_747_527).into()));
    let (code, _, err) = call_with(&["answer", "partition"], b"nonsense");
    assert!(code == 1 && err.contains("line 1: not JSON"), "{err}");
    let (code, _, err) = call(&["answer", "partition", &folder.path("none.jsonl")]);
    assert!(code == 1 && err.contains("cannot be read"), "{err}");
    let (code, _, err) = call(&["answer", "weather"]);
    assert!(
        code == 2 && err.contains("the kinds are accumulator, assign, assign_server, assign_share, batch"),
        "{err}"
    );
}

#[test]
fn wrong_usage_is_told_on_standard_error() {
    for wrong in [&["frobnicate"][..], &["run"], &["run", "key-hash", "--lang", "fr"], &["list", "--nope"], &[]] {
        let (code, out, err) = call(wrong);
        assert!(code == 2 && out.is_empty() && !err.is_empty(), "{wrong:?}: {code} {out} {err}");
    }
    let (_, _, err) = call(&["run", "key-hash", "--lang", "fr"]);
    assert!(err.contains("the languages are en and zh"), "{err}");
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let (code, out, _) = call(&["--help"]);
    assert_eq!(code, 0);
    let commands: Vec<String> = out
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .filter(|command| command != "help")
        .collect();
    assert!(commands.len() >= 8, "{commands:?}");
    for command in commands {
        let (code, out, _) = call(&[&command, "--help"]);
        assert!(code == 0 && out.contains("Example") && out.contains("--json"), "{command}: {out}");
    }
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    for arguments in
        [&["run", "hw-two-rounds", "--facts"][..], &["schema"], &["list"], &["partition", "--partitions", "6", "a"]]
    {
        let mut child = highwater(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[cfg(feature = "render")]
#[test]
fn render_draws_what_the_page_draws() {
    let folder = Folder::new("render");
    let to = folder.path("burst.svg");
    let (code, out, err) = call(&["render", "hw-two-rounds", "--step", "burst", "-o", &to]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with(&to), "{out}");
    let svg = fs::read_to_string(&to).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains("<style>") && svg.contains("HW 4") && svg.contains("LEO 7"));
    let (code, out, _) = call(&[
        "render", "key-hash", "--step", "bytes", "--lang", "zh", "--theme", "dark", "--width", "560", "-o", "-",
    ]);
    assert!(code == 0 && out.contains("lang=\"zh\"") && out.contains("width=\"560\""), "{out}");
    let (code, out, err) = call(&["render", "hw-two-rounds", "--step", "1", "--panel", "partitioner", "-o", "-"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(err, "hw-two-rounds: step 1 has no panel partitioner; it shows cluster\n");
    let (code, _, err) = call(&["render", "hw-two-rounds", "--step", "12", "-o", "-"]);
    assert!(code == 1 && err.contains("there is no step \"12\"; steps are 1 to 11"), "{err}");
    for wrong in ["--width=10", "--panel=log", "--theme=blue", "--lang=fr"] {
        let (code, _, err) = call(&["render", "hw-two-rounds", "--step", "1", "-o", "-", wrong]);
        assert!(code == 2 && !err.is_empty(), "{wrong}: {err}");
    }
}

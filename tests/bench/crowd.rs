//! A large cluster in the page: 10 brokers, 24 partitions, replication 3; a group of 100 members. And `RaftScope` beside them.

use std::path::Path;

use anyhow::{Context, Result};
use highwater_player::script::author::{Files, pack_files};
use serde_json::{Value, json};

use super::milliseconds;
use crate::browser::{Page, Site, View, arrive};

/// The steps of the large scenario.
const STEPS: u64 = 12;

/// The large scenario, packed.
///
/// # Errors
/// When it is no scenario any more.
pub fn packed() -> Result<String> {
    let mut toml = String::from(
        "id = \"crowd\"\ntitle = \"How fast?\"\nhook = \"Many.\"\nfamily = \"load\"\nminutes = 1\npicture = \"s1\"\n\
         [cluster]\nbrokers = 10\n[[topic]]\nname = \"orders\"\npartitions = 24\nreplication = 3\n\
         [[producer]]\nid = \"p1\"\nconfig = { \"enable.idempotence\" = false, \"linger.ms\" = 0 }\n",
    );
    let mut texts = String::from("[scenario]\ntitle = \"多快？\"\nhook = \"很多。\"\n");
    for step in 1..=STEPS {
        let say = "There are {leo(orders-0)} and {hw(orders-0)}.";
        toml.extend([
            format!("[[step]]\nid = \"s{step}\"\ntitle = \"Step {step}\"\nsay = \"{say}\"\n"),
            "do = [{ produce_many = { producer = \"p1\", topic = \"orders\", key_prefix = \"k\", count = 48, value_size = 40 } }]\n\
             until = { ms = 40 }\nlook = [\"broker-1/orders-0\"]\nshow = { panels = [\"replicas\"] }\n"
                .to_owned(),
        ]);
        texts.extend([format!("[step.s{step}]\ntitle = \"步骤 {step}\"\nsay = \"{say}\"\n")]);
    }
    packed_from(toml, texts)
}

fn packed_from(toml: String, texts: String) -> Result<String> {
    let files = Files {
        scenario_name: "crowd".to_owned(),
        scenario: toml.into_bytes(),
        translation_name: "crowd zh".to_owned(),
        translation: Some(texts.into_bytes()),
        ..Files::default()
    };
    Ok(pack_files(files)?.scenario.to_json()?)
}

/// The steps in which the group comes together: as many consumers start in one as a step may do.
const JOINS: u64 = 2;
/// The members.
const MEMBERS: u64 = 100;
/// Then one leaves in each step, and the group is assigned anew.
const LEAVES: u64 = 8;

/// A scenario of a group of 100 members, packed.
///
/// # Errors
/// When it is no scenario any more.
pub fn packed_group() -> Result<String> {
    let mut toml = String::from(
        "id = \"group\"\ntitle = \"How fast?\"\nhook = \"Many.\"\nfamily = \"load\"\nminutes = 1\npicture = \"s3\"\n\
         [cluster]\nbrokers = 3\n[[topic]]\nname = \"orders\"\npartitions = 100\nreplication = 3\n",
    );
    for member in 1..=MEMBERS {
        toml.extend([format!(
            "[[consumer]]\nid = \"c{member}\"\ngroup = {{ id = \"many\", subscribe = [\"orders\"] }}\n"
        )]);
    }
    let mut texts = String::from("[scenario]\ntitle = \"多快？\"\nhook = \"很多。\"\n");
    for step in 1..=JOINS + LEAVES {
        let say = "{members(many)}";
        let members = MEMBERS / JOINS;
        let actions: Vec<String> = match step.checked_sub(JOINS) {
            Some(0) | None => (1..=members)
                .map(|member| format!("{{ start_consumer = {{ consumer = \"c{}\" }} }}", (step - 1) * members + member))
                .collect(),
            Some(leaves) => vec![format!("{{ close_consumer = {{ consumer = \"c{leaves}\" }} }}")],
        };
        let until = if step < JOINS {
            "ms = 100"
        } else {
            "fact = \"GenerationStarted\", when = \"state(many) == \\\"Stable\\\"\""
        };
        toml.extend([format!(
            "[[step]]\nid = \"s{step}\"\ntitle = \"Step {step}\"\nsay = \"{say}\"\ndo = [{}]\nuntil = {{ {until} }}\n\
             look = [\"group-many\"]\nshow = {{ panels = [\"group\"], group = \"many\", partition = \"orders-0\" }}\n",
            actions.join(", "),
        )]);
        texts.extend([format!("[step.s{step}]\ntitle = \"步骤 {step}\"\nsay = \"{say}\"\n")]);
    }
    packed_from(toml, texts)
}

/// Milliseconds of script for a step in which a group of 100 members rebalances.
///
/// # Errors
/// When the page does not play it.
pub fn group(site: &Site) -> Result<Value> {
    let page = opened(site, View { reduced_motion: true, ..View::default() }, &packed_group()?)?;
    worked(&page, (2..=JOINS).map(|step| (step, "ArrowRight")))?;
    let steps = worked(&page, (JOINS + 1..=JOINS + LEAVES).map(|step| (step, "ArrowRight")))?;
    Ok(json!({ "members": MEMBERS, "partitions": 100, "rebalance": steps }))
}

/// Milliseconds of script for a step, a step back and a jump, and the frames while a step moves.
///
/// # Errors
/// When the page does not play it.
pub fn crowd(site: &Site) -> Result<Value> {
    let page = opened(site, View { reduced_motion: true, ..View::default() }, &packed()?)?;
    let forth = worked(&page, (2..=STEPS).map(|step| (step, "ArrowRight")))?;
    let back = worked(&page, (1..STEPS).rev().map(|step| (step, "ArrowLeft")))?;
    let jumps = worked(&page, (0..8).map(|number| if number % 2 == 0 { (STEPS, "End") } else { (1, "Home") }))?;
    let moving = opened(site, View::default(), &packed()?)?;
    Ok(json!({
        "brokers": 10, "partitions": 24, "replication": 3,
        "step": forth, "back": back, "seek": jumps, "frames": frames(&moving)?,
    }))
}

fn opened<'a>(site: &'a Site, view: View, packed: &str) -> Result<Page<'a>> {
    let page = site.page(view)?;
    page.go("#/?lang=en")?;
    page.wait_until("!document.querySelector('#shell')")?;
    let name_and_text = json!({ "name": "crowd.json", "text": packed });
    page.evaluate(&format!(
        "document.dispatchEvent(new CustomEvent('highwater-asked', {{ detail: {name_and_text} }}))"
    ))?;
    arrive(&page, 1)?;
    page.evaluate("document.querySelector('[data-stage]').focus()")?;
    page.evaluate("document.activeElement.blur()")?;
    Ok(page)
}

/// Milliseconds of script for each press.
fn worked(page: &Page<'_>, presses: impl IntoIterator<Item = (u64, &'static str)>) -> Result<Value> {
    let mut script = Vec::new();
    for (step, key) in presses {
        let (before, _) = page.worked_ms()?;
        page.press(key)?;
        page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))",
        )?;
        let (after, _) = page.worked_ms()?;
        script.push(after - before);
        arrive(page, step)?;
    }
    milliseconds(script).context("nothing was pressed")
}

/// How far apart the frames are while steps move: the median, and the greatest.
fn frames(page: &Page<'_>) -> Result<Value> {
    page.evaluate(
        "globalThis.frames_at = []; globalThis.watching = true; requestAnimationFrame(function look(at) { frames_at.push(at); if (watching) requestAnimationFrame(look); }); 0",
    )?;
    for step in 2..=4 {
        page.press("ArrowRight")?;
        arrive(page, step)?;
    }
    let apart = page.evaluate("(watching = false, frames_at.slice(1).map((at, index) => at - frames_at[index]))")?;
    let apart: Vec<f64> = apart.as_array().context("frames")?.iter().filter_map(Value::as_f64).collect();
    milliseconds(apart).context("there were no frames")
}

/// What `RaftScope` does in the same browser: its model of five servers, a thousand moves of its clock, and its way back in
/// time. The copy is the folder of <https://github.com/ongardie/raftscope>.
const RAFTSCOPE: &str = r"(() => {
  const state = makeState({ servers: [], messages: [] });
  for (let id = 1; id <= NUM_SERVERS; id += 1) {
    const peers = [];
    for (let peer = 1; peer <= NUM_SERVERS; peer += 1) if (peer !== id) peers.push(peer);
    state.current.servers.push(raft.server(id, peers));
  }
  state.init();
  // As its script.js does it.
  state.updater = (state) => {
    raft.update(state.current);
    const time = state.current.time, base = state.base();
    state.current.time = base.time;
    const same = util.equals(state.current, base);
    state.current.time = time;
    return !same;
  };
  let moves = 0, delivered = 0;
  const began = performance.now();
  while (moves < 3000) {
    const before = state.current.messages.length;
    state.seek(state.current.time + 2000);
    delivered += Math.max(0, before - state.current.messages.length);
    moves += 1;
    if (moves % 20 === 0) {
      const leader = state.current.servers.find((server) => server.state === 'leader');
      if (leader) { raft.clientRequest(state.current, leader); state.save(); }
    }
  }
  const ran = performance.now() - began, most = state.getMaxTime(), times = [];
  for (let number = 0; number < 200; number += 1) {
    const from = performance.now();
    state.seek((number * 49999) % most);
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  return { moves, moves_per_second: Math.round(moves / ran * 1000), seek: { median_ms: times[100], p99_ms: times[198] } };
})()";

/// Measures `RaftScope`, and says how ours lies to it; without a copy it says so.
///
/// # Errors
/// When a copy is named that does not run.
pub fn raftscope(site: &Site, copy: Option<&Path>, ours: &Value) -> Result<Value> {
    let Some(copy) = copy else {
        return Ok("not measured: no copy was given (--raftscope PATH)".into());
    };
    let page = site.page(View::default())?;
    page.go("scenarios/words.en.txt")?;
    for name in ["jquery/jquery.min.js", "util.js", "raft.js", "state.js"] {
        let path = copy.join(name);
        let script = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        page.evaluate(&format!("(0, eval)({}), 0", Value::from(script.replace("'use strict';", ""))))?;
    }
    let theirs = page.evaluate(RAFTSCOPE)?;
    let number = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_f64);
    let ratio = |ours: Option<f64>, theirs: Option<f64>| Some((ours? / theirs?.max(0.001) * 100.0).round() / 100.0);
    Ok(json!({
        "measured": theirs,
        "events_per_second_ours_to_their_moves": ratio(number(ours, "/events/per_second"), number(&theirs, "/moves_per_second")),
        "seek_ours_to_theirs": ratio(number(ours, "/seek/mean_ms"), number(&theirs, "/seek/median_ms")),
    }))
}

#[cfg(test)]
mod tests {
    use highwater_player::playback::Player;

    use super::*;

    #[test]
    fn what_is_measured_runs_to_its_end() {
        for (packed, steps) in [(packed(), STEPS), (packed_group(), JOINS + LEAVES)] {
            let player = Player::open(&packed.unwrap()).unwrap();
            assert_eq!(player.run().ends.len() as u64, steps);
        }
    }
}

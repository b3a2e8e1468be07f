//! Scenarios that are being written, brought, or taken along in one file.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc;

use anyhow::Result;
use highwater_tests::browser::{Page, Site, View, arrive};
use serde_json::Value;
use xtask::draft::Draft;
use xtask::serve;
use xtask::server::{Background, Built};
use xtask::single_file;

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Result<Folder> {
        let folder = std::env::temp_dir().join(format!("highwater-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Folder(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Drops a file on the page.
fn drop_file(page: &Page, name: &str, text: &str) -> Result<()> {
    page.evaluate(&format!(
        "(() => {{ const files = new DataTransfer(); files.items.add(new File([{}], '{name}')); \
         document.body.dispatchEvent(new DragEvent('drop', {{ dataTransfer: files, bubbles: true, cancelable: true }})); }})()",
        Value::from(text)
    ))?;
    Ok(())
}

fn shows(page: &Page, text: &str) -> Result<()> {
    page.wait_until(&format!("document.body.innerText.includes({})", Value::from(text)))
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_scenario_that_is_being_written_is_shown_with_what_is_wrong_in_it() -> Result<()> {
    let site = Site::shared()?;
    let folder = Folder::new("writing")?;
    let file = folder.0.join("mine.toml");
    let text = include_str!("../crates/cli/src/new/scenario.toml")
        .replace("ID-OF-SCENARIO", "my-draft")
        .replace("FAMILY-OF-SCENARIO", "replication");
    fs::write(&file, &text)?;
    fs::write(folder.0.join("zh.toml"), include_str!("../crates/cli/src/new/zh.toml"))?;

    let draft = Draft::new(&file)?;
    let (sender, changes) = mpsc::channel();
    let watcher = draft.watch(sender)?;
    let (built, state) = Built::channel();
    serve::pack(&draft, &built);
    let server = Background::with_reload(site.folder(), state)?;
    let packing = std::thread::spawn(move || {
        while serve::next_changes(&changes).is_some() {
            serve::pack(&draft, &built);
        }
    });

    let page = site.page(View { reduced_motion: true, ..View::default() })?;
    page.visit(&server.url(""))?;
    page.wait_until("document.querySelector('[data-player]')?.dataset.scenario === 'my-draft'")?;
    page.press("ArrowRight")?;
    arrive(&page, 2)?;
    // Broken: what was good stays, and what is wrong is told with its place.
    fs::write(&file, text.replace("look = [\"isr/orders-0\"]", "look = [\"isr/order-0\"]"))?;
    page.wait_until("document.querySelector('[data-serve]')?.textContent.includes('mine.toml:28:9')")?;
    let told = page.evaluate("document.querySelector('[data-serve]').textContent")?;
    assert!(told.as_str().is_some_and(|told| told.contains("did you mean orders?")), "{told}");
    assert_eq!(page.evaluate("document.querySelector('[data-player]').dataset.step")?, "2");
    page.screenshot("authoring/broken")?;
    // What does not hold any more is shown all the same.
    fs::write(&file, text.replace("expect = [\"leo(orders-0) == 1\"", "expect = [\"leo(orders-0) == 2\""))?;
    page.wait_until("document.querySelector('[data-serve]')?.textContent.includes('does not hold')")?;
    // Mended: the page has it, at the step where it was.
    fs::write(&file, text.replace("The leader appends\"", "The leader has it\""))?;
    page.wait_until("document.querySelector('.title')?.textContent === 'The leader has it'")?;
    page.wait_until("document.querySelector('[data-serve]') === null")?;
    arrive(&page, 2)?;
    assert_eq!(page.problems(), Vec::<String>::new());
    drop(watcher);
    drop(server);
    packing.join().map_err(|_| anyhow::anyhow!("packing panicked"))
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_packed_scenario_that_is_dropped_plays_within_bounds() -> Result<()> {
    let site = Site::shared()?;
    let packed = fs::read_to_string(site.folder().join("scenarios/hw-two-rounds.json"))?;
    let own = packed.replacen("\"id\":\"hw-two-rounds\"", "\"id\":\"my-own\"", 1);
    let page = site.page(View { reduced_motion: true, ..View::default() }.at_width(768))?;
    page.go("#/?lang=en")?;
    page.wait_until("!document.querySelector('#shell')")?;
    drop_file(&page, "my-own.json", &own)?;
    page.wait_until("document.querySelector('[data-player]')?.dataset.scenario === 'my-own'")?;
    page.press("ArrowRight")?;
    arrive(&page, 2)?;

    let many = own.replacen("\"brokers\":3", "\"brokers\":2000000000", 1);
    let steps = {
        let mut steps: Value = serde_json::from_str(&own)?;
        let first = steps.pointer("/step/0").cloned().unwrap_or_default();
        if let Some(list) = steps.pointer_mut("/step") {
            *list = vec![first; 201].into();
        }
        steps.to_string()
    };
    let long = {
        let mut long: Value = serde_json::from_str(&own)?;
        let until = serde_json::json!({ "fact": null, "ms": 86_400_000, "when": null, "within_ms": 86_400_000 });
        for (place, value) in
            [("/step/0/until", until), ("/cluster/config", serde_json::json!({ "replica.fetch.wait.max.ms": 1 }))]
        {
            if let Some(there) = long.pointer_mut(place) {
                *there = value;
            }
        }
        long.to_string()
    };
    for (name, text, told) in [
        ("brokers.json", many.as_str(), "cluster.brokers: 2000000000; 1 to 16 are possible"),
        ("steps.json", steps.as_str(), "step: 201; 1 to 200 are possible"),
        ("long.json", long.as_str(), "at most 500000 events"),
        ("cut.json", "{\"id\": \"cut\",\n  \"title\"", "line 2"),
        ("other.json", "[1, 2]", "other.json"),
        ("large.json", &" ".repeat(5_000_000), "5000000"),
        ("mine.toml", "id = \"mine\"", "highwater pack"),
    ] {
        drop_file(&page, name, text)?;
        shows(&page, told)?;
        page.screenshot(&format!("authoring/{name}"))?;
        let mut problems = page.layout_problems()?;
        problems.extend(page.axe_violations()?.unwrap_or_default());
        assert!(problems.is_empty(), "{name}:\n{}", problems.join("\n"));
    }
    // And the next good one plays.
    drop_file(&page, "my-own.json", &own)?;
    page.wait_until("document.querySelector('[data-player]')?.dataset.scenario === 'my-own'")?;
    assert_eq!(page.problems(), Vec::<String>::new());
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn one_file_from_a_disk_has_everything() -> Result<()> {
    let site = Site::shared()?;
    let folder = Folder::new("one-file")?;
    let file = folder.0.join(single_file::NAME);
    fs::write(&file, single_file::page(site.folder())?)?;
    let address = format!("file://{}", file.display());
    let page = site.page(View { reduced_motion: true, ..View::default() })?;
    page.visit(&address)?;
    page.wait_until("!document.querySelector('#shell')")?;
    shows(&page, "See how Kafka works inside")?;
    page.screenshot("single-file/home")?;
    for (scenario, lang) in [("key-hash", "zh"), ("hw-two-rounds", "en")] {
        page.visit(&format!("{address}#/{scenario}?lang={lang}"))?;
        arrive(&page, 1)?;
        let steps = page.evaluate("Number(document.querySelector('[data-player]').dataset.steps)")?;
        for step in 2..=steps.as_u64().unwrap_or(0) {
            page.press("ArrowRight")?;
            arrive(&page, step)?;
        }
        assert_eq!(page.evaluate("document.documentElement.lang")?, lang);
        page.screenshot(&format!("single-file/{scenario}"))?;
    }
    // Files of one's own, with the codecs.
    page.visit(&format!("{address}#/files?lang=en"))?;
    page.wait_until("document.querySelector('[data-own=empty]') !== null")?;
    crate::own_files::drop_folder(&page, &crate::own_files::recorded("zstd")?)?;
    page.evaluate("document.querySelectorAll('[data-own-batch]')[1].click()")?;
    page.wait_until("document.querySelector('.rows.is-records tbody')?.innerText.includes('user-')")?;
    page.screenshot("single-file/own")?;
    assert_eq!(page.problems(), Vec::<String>::new());
    Ok(())
}

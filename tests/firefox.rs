//! The same page in Firefox.

use std::fs;

use anyhow::Result;
use highwater_tests::browser::{Firefox, LAYOUT_SCRIPT, Site};
use serde_json::{Value, json};
use xtask::single_file;

/// Waits until the player is at a step and nothing moves.
fn arrive(firefox: &mut Firefox, step: u64) -> Result<()> {
    firefox.wait_until(&format!(
        "((player) => player?.dataset.step === '{step}' && player.dataset.busy === 'false')(document.querySelector('[data-player]'))"
    ))
}

#[test]
#[ignore = "needs the built site and Firefox: cargo xtask test"]
fn firefox_walks_a_scenario_and_holds_an_element_and_one_file() -> Result<()> {
    let site = Site::shared()?;
    let Some(mut firefox) = Firefox::launch()? else { return Ok(()) };
    // A walk by keyboard, to the end and back.
    for (width, height, lang) in [(1_280, 860, "en"), (360, 740, "zh")] {
        firefox.resize(width, height)?;
        firefox.visit(&site.url(&format!("?{width}#/hw-two-rounds?step=1&lang={lang}")))?;
        arrive(&mut firefox, 1)?;
        let steps =
            firefox.evaluate("Number(document.querySelector('[data-player]').dataset.steps)")?.as_u64().unwrap_or(0);
        let back = (1..steps).rev().map(|step| (step, "ArrowLeft"));
        for (step, key) in (2..=steps).map(|step| (step, "ArrowRight")).chain(back) {
            firefox.press(key)?;
            arrive(&mut firefox, step)?;
            let problems = firefox.evaluate(LAYOUT_SCRIPT)?;
            assert_eq!(problems, json!([]), "step {step} at {width} px");
            if step == 6 {
                firefox.screenshot(&format!("firefox/hw-two-rounds-{width}"))?;
            }
        }
    }
    // The element, in a page of its own.
    firefox.resize(1_000, 800)?;
    let host = std::env::temp_dir().join(format!("highwater-firefox-{}", std::process::id()));
    fs::create_dir_all(&host)?;
    let server = xtask::server::Background::plain(&host)?;
    let page = format!(
        "<!doctype html><title>Host</title><link rel=icon href='data:,'><script type=module src='{}'></script>\
         <highwater-player id=one scenario=hw-two-rounds step=3 lang=en></highwater-player>",
        site.url("embed.js")
    );
    fs::write(host.join("index.html"), page)?;
    firefox.visit(&server.url("index.html"))?;
    firefox.wait_until("document.querySelector('#one').step === 3")?;
    firefox.evaluate("document.querySelector('#one').next()")?;
    firefox.wait_until("document.querySelector('#one').step === 4")?;
    assert_eq!(firefox.evaluate("document.activeElement.tagName")?, "BODY");
    firefox.screenshot("firefox/element")?;
    // All of it in one file, from the disk.
    let file = host.join(single_file::NAME);
    fs::write(&file, single_file::page(site.folder())?)?;
    firefox.visit(&format!("file://{}#/key-hash?lang=zh", file.display()))?;
    arrive(&mut firefox, 1)?;
    firefox.press("ArrowRight")?;
    arrive(&mut firefox, 2)?;
    firefox.screenshot("firefox/one-file")?;
    fs::remove_dir_all(host)?;
    assert_eq!(firefox.problems(), Vec::<String>::new());
    Ok(())
}

#[test]
#[ignore = "needs Firefox: cargo xtask test"]
fn firefox_answers_and_tells_what_goes_wrong() -> Result<()> {
    let Some(mut firefox) = Firefox::launch()? else { return Ok(()) };
    firefox.visit("data:text/html,<title>t</title><p>words")?;
    let long = "x".repeat(70_000);
    assert_eq!(firefox.evaluate(&format!("'{long}'.length"))?, 70_000);
    assert_eq!(firefox.evaluate(&format!("'{long}'"))?, Value::from(long));
    assert!(firefox.evaluate("nothing.there").is_err());
    firefox.evaluate("console.error('told')")?;
    firefox.evaluate("1")?;
    assert_eq!(firefox.problems(), ["told"]);
    Ok(())
}

//! What a reader of the course's first scenario can do before anything else of the program is loaded, done in a page that counts:
//! the numbers of the functions that ran, as JSON. `cargo xtask later` runs it.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anyhow::{Context, Result};
use highwater_tests::browser::{Page, Site, Theme, View, arrive};
use serde_json::Value;

/// The functions that have run in this document.
const RAN: &str = "[...(globalThis.highwaterRan ?? [])]";

fn main() -> Result<()> {
    let site = Site::shared()?;
    let first = site.scenarios()?.into_iter().next().context("the course has scenarios")?;
    let mut ran = BTreeSet::new();
    for (width, theme, lang, reduced_motion) in [
        (1_280, Theme::Light, "en", false),
        (360, Theme::Dark, "zh", true),
        (768, Theme::Dark, "en", true),
        (1_600, Theme::Light, "zh", false),
    ] {
        let view = View { theme, reduced_motion, ..View::default() };
        let page = site.page(view.at_width(width))?;
        // With these the second part comes, which the first scenario does without.
        page.block(&["*/words.more.txt"])?;
        home(&page)?;
        keep(&page, &mut ran)?;
        walk(&page, &first, lang, right_or_wrong(width))?;
        use_the_controls(&page)?;
        page.look_as(view.at_width(if width == 768 { 360 } else { 768 }))?;
        page.press("ArrowLeft")?;
        page.evaluate("new Promise((done) => setTimeout(done, 1500))")?;
        keep(&page, &mut ran)?;
        page.go(&format!("embed.html#/{first}?step=2&lang={lang}"))?;
        arrive(&page, 2)?;
        page.press("ArrowRight")?;
        arrive(&page, 3)?;
        keep(&page, &mut ran)?;
    }
    bad_links(&site.page(View::default())?, &first, &mut ran)?;
    for width in [1_280, 360] {
        ask_for_more(&site.page(View { reduced_motion: true, ..View::default() }.at_width(width))?, &first, &mut ran)?;
    }
    writeln!(io::stdout(), "{}", Value::from(Vec::from_iter(ran)))?;
    Ok(())
}

/// Which choice of a question is taken, so that both are.
fn right_or_wrong(width: u32) -> usize {
    usize::from(width.is_multiple_of(3))
}

fn home(page: &Page<'_>) -> Result<()> {
    page.go("")?;
    page.wait_until("document.querySelector('[data-action=go-on]') !== null")?;
    // Only a tag has that.
    page.evaluate(
        "(() => { const search = document.querySelector('.search input'); search.value = 'murmur'; search.dispatchEvent(new Event('input', { bubbles: true })); })()",
    )?;
    page.wait_until("document.querySelectorAll('[data-card]').length === 1")?;
    Ok(())
}

/// To the end with answers, and back.
fn walk(page: &Page<'_>, first: &str, lang: &str, choice: usize) -> Result<()> {
    page.go(&format!("#/{first}?step=1&lang={lang}"))?;
    arrive(page, 1)?;
    let steps = page.evaluate("Number(document.querySelector('[data-player]').dataset.steps)")?;
    let steps = steps.as_u64().context("the player says its number of steps")?;
    // These step wherever the focus is.
    for step in 2..=steps {
        page.press("]")?;
        arrive(page, step)?;
        page.evaluate(&format!("[...document.querySelectorAll('.choices button')].at({choice})?.click()"))?;
        page.evaluate("document.querySelector('[data-stage] [data-mark]')?.focus()")?;
        if page.evaluate("document.activeElement?.matches('[data-stage] [data-mark]')")? == true {
            for key in ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"] {
                page.press(key)?;
            }
        }
        page.evaluate("document.activeElement?.blur()")?;
        page.evaluate("document.querySelector('button.term')?.click()")?;
        page.press("Escape")?;
        page.evaluate("document.activeElement?.blur()")?;
    }
    for step in (1..steps).rev() {
        page.press("[")?;
        arrive(page, step)?;
    }
    Ok(())
}

/// Keys, chapters, play, speed, language, theme, the timeline.
fn use_the_controls(page: &Page<'_>) -> Result<()> {
    for key in ["End", "Home", "2", "3", "1", "Escape", " "] {
        page.press(key)?;
        page.evaluate("new Promise((done) => setTimeout(done, 200))")?;
    }
    page.press(" ")?;
    let clicks =
        ["play", "play", "speed-2", "speed-1", "theme", "theme", "theme", "lang-zh", "lang-en", "next", "back", "next"];
    for action in clicks {
        page.evaluate(&format!("document.querySelector('[data-action=\"{action}\"]')?.click()"))?;
        page.evaluate("new Promise((done) => setTimeout(done, 150))")?;
    }
    page.click("[data-stop='4']")?;
    page.evaluate("document.querySelector('[data-timeline]').focus()")?;
    for key in ["ArrowRight", "ArrowLeft", "Home", "End"] {
        page.press(key)?;
    }
    page.evaluate("new Promise((done) => setTimeout(done, 2500))")?;
    Ok(())
}

/// What is said of links that lead nowhere.
fn bad_links(page: &Page<'_>, first: &str, ran: &mut BTreeSet<u64>) -> Result<()> {
    page.go(&format!("embed.html?{}#/{first}?step=5&lang=en", ran.len()))?;
    arrive(page, 5).context("in a frame")?;
    for wish in FROM_OUTSIDE {
        page.evaluate(wish)?;
        page.evaluate("new Promise((done) => setTimeout(done, 400))")?;
        keep(page, ran)?;
    }
    for link in ["#/no-such-one".to_owned(), format!("#/{first}?step=99&lang=fr&theme=blue&view=no")] {
        page.go(&link)?;
        page.evaluate("new Promise((done) => setTimeout(done, 1000))")?;
        page.evaluate("document.querySelector('[data-action=dismiss]')?.click()")?;
        keep(page, ran)?;
    }
    Ok(())
}

/// What comes from outside: a wish of the page around, paper.
const FROM_OUTSIDE: [&str; 3] = [
    "document.dispatchEvent(new CustomEvent('highwater-asked', { detail: { step: 3 } }))",
    "dispatchEvent(new Event('beforeprint'))",
    "dispatchEvent(new Event('afterprint'))",
];

/// What asks for the second part, which does not come: all until then must be in the first.
fn ask_for_more(page: &Page<'_>, first: &str, ran: &mut BTreeSet<u64>) -> Result<()> {
    page.block(&["*/words.more.txt"])?;
    let actions = ["view-facts", "view-text", "view-sequence", "inspect", "fork", "share", "help", "menu", "checked"];
    let clicks = actions.map(|action| format!("document.querySelector('[data-action={action}]')?.click()"));
    let focus = "document.querySelector('[data-stage] [data-mark]').focus()";
    let asks = ["w", "Enter", "?", "f"]
        .map(|key| (Some(key), focus))
        .into_iter()
        .chain(clicks.iter().map(String::as_str).chain(FROM_OUTSIDE).map(|click| (None, click)));
    // A query of its own makes each a new document.
    for (index, (key, click)) in asks.enumerate() {
        page.go(&format!("?{index}#/{first}?step=5&lang=en"))?;
        arrive(page, 5).with_context(|| format!("before {click}"))?;
        page.evaluate(click).context(click.to_owned())?;
        if let Some(key) = key {
            page.press(key)?;
        }
        page.evaluate("new Promise((done) => setTimeout(done, 400))")?;
        page.evaluate("document.querySelector('[data-action=dismiss]')?.click()")?;
        keep(page, ran)?;
    }
    let links = ["hw-two-rounds?step=2", "hw-two-rounds?step=999", "hw-two-rounds?step=-1&lang=xx&view=9"];
    for (index, link) in links.into_iter().chain(["review", "simplified", "terms", "files", ""]).enumerate() {
        page.go(&format!("?{index}-{link}#/{link}"))?;
        page.evaluate("new Promise((done) => setTimeout(done, 1000))")?;
        page.evaluate("document.querySelector('[data-action=again]')?.click()")?;
        page.evaluate("new Promise((done) => setTimeout(done, 400))")?;
        keep(page, ran)?;
        // And from a scenario that plays, and back to it.
        page.go(&format!("?{index}-{link}-from#/{first}?step=5&lang=en"))?;
        arrive(page, 5)?;
        page.go(&format!("?{index}-{link}-from#/{link}"))?;
        page.evaluate("new Promise((done) => setTimeout(done, 1000))")?;
        page.go(&format!("?{index}-{link}-from#/{first}?step=4&lang=zh"))?;
        arrive(page, 4)?;
        keep(page, ran)?;
    }
    Ok(())
}

fn keep(page: &Page<'_>, ran: &mut BTreeSet<u64>) -> Result<()> {
    let told = page.evaluate(RAN)?;
    ran.extend(told.as_array().into_iter().flatten().filter_map(Value::as_u64));
    Ok(())
}

//! The player in pages of other sites: the course page of `docs/examples`, and pages that try what pages do.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use highwater_tests::browser::{Page, Site, Theme, View, arrive};
use xtask::server::Background;

/// A page of another site, from a folder that is removed in the end.
struct Host {
    folder: PathBuf,
    server: Background,
}

/// The site's address as the examples have it.
const EXAMPLE: &str = "https://highwater.example";

/// Notes what the players say, and how much the page's layout shifts. What shifts because the window takes its size counts as
/// after an input, as it does in CLS, and is none of the players'.
const NOTES: &str = "globalThis.said = []; globalThis.from = 0; globalThis.shifts = 0; \
    for (const name of ['ready', 'step', 'answer', 'end', 'error']) \
      addEventListener(`highwater-${name}`, (event) => said.push([name, event.target.id, event.detail])); \
    new PerformanceObserver((seen) => seen.getEntries().forEach((shift) => (globalThis.shifts += shift.hadRecentInput ? 0 : shift.value))) \
      .observe({ type: 'layout-shift', buffered: true });";

impl Host {
    /// A site with these files. In them the example's address stands for the site's.
    fn new(site: &Site, name: &str, files: &[(&str, String)]) -> Result<Host> {
        let folder = std::env::temp_dir().join(format!("highwater-host-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let address = site.url("");
        for (name, text) in files {
            fs::write(folder.join(name), text.replace(EXAMPLE, address.trim_end_matches('/')))?;
        }
        fs::write(folder.join("notes.js"), NOTES)?;
        Ok(Host { server: Background::plain(&folder)?, folder })
    }

    fn visit(&self, page: &Page, name: &str) -> Result<()> {
        page.visit(&self.server.url(name))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A page of another site with a strict policy, and this in its body.
fn page_with(body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><title>Host</title><link rel=icon href='data:,'>\
         <meta http-equiv=Content-Security-Policy content=\"default-src 'self'; script-src 'self' {EXAMPLE}; frame-src {EXAMPLE} 'self'; img-src data:\">\
         <script src=notes.js></script><script type=module src='{EXAMPLE}/embed.js'></script><body>{body}"
    )
}

fn example(name: &str) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples").join(name);
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// Waits until a player has said something: at all, or since `from` was set.
fn wait_for(page: &Page, name: &str, id: &str, detail: &str) -> Result<()> {
    let from = if name == "step" { "from" } else { "0" };
    page.wait_until(&format!(
        "said.slice({from}).some(([name, id, detail]) => name === '{name}' && id === '{id}' && ((detail) => {detail})(detail))"
    ))
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn the_example_course_page_holds_its_players_and_keeps_what_is_its_own() -> Result<()> {
    let site = Site::shared()?;
    let html = example("course.html")?
        .replace("</title>", "</title><link rel=\"icon\" href=\"data:,\"><script src=\"notes.js\"></script>");
    let html = html.replace("default-src 'self';", "default-src 'self'; img-src data:;");
    let host = Host::new(site, "course", &[("course.html", html), ("course.css", example("course.css")?)])?;
    for width in [360, 1_280] {
        let page = site.page(View { reduced_motion: true, ..View::default() }.at_width(width))?;
        host.visit(&page, "course.html")?;
        page.wait_until("document.querySelector('highwater-player').step === 2")?;
        let own = page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize")?;
        assert_eq!(own, "34px", "the page's styles are its own");
        page.evaluate("document.querySelector('highwater-player').next()")?;
        wait_for(&page, "step", "", "detail.scenario === 'hw-two-rounds' && detail.step === 3 && detail.steps === 11")?;
        page.evaluate("document.querySelector('highwater-player').seek(11)")?;
        wait_for(&page, "end", "", "true")?;
        page.evaluate("document.querySelector('highwater-player').back()")?;
        page.wait_until("document.querySelector('highwater-player').step === 10")?;
        page.evaluate("document.querySelectorAll('highwater-player')[1].scrollIntoView()")?;
        page.wait_until("document.querySelectorAll('highwater-player')[1].steps === 16")?;
        page.screenshot(&format!("embed/course-{width}"))?;
        let left_alone = page.evaluate("[document.activeElement.tagName, shifts < 0.01]")?;
        assert_eq!(left_alone, serde_json::json!(["BODY", true]), "focus and layout are the page's");
        assert_eq!(page.problems(), Vec::<String>::new());
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn players_live_through_what_pages_do_to_elements() -> Result<()> {
    let site = Site::shared()?;
    let packed = fs::read_to_string(site.folder().join("scenarios/hw-two-rounds.json"))?;
    let own = packed.replacen("\"id\":\"hw-two-rounds\"", "\"id\":\"my-own\"", 1);
    let body = "<script type=module src='https://highwater.example/embed.js?twice'></script>\
        <div id=a><highwater-player id=one scenario=hw-two-rounds step=3 lang=en></highwater-player></div><div id=b></div>\
        <highwater-player id=two src=own.json lang=zh controls=none></highwater-player>\
        <highwater-player id=three src=broken.json></highwater-player>\
        <highwater-player id=four src=missing.json></highwater-player>\
        <highwater-player id=five src=endless.json></highwater-player>";
    let files = [
        ("index.html", page_with(body)),
        ("endless.json", own.replacen("\"brokers\":3", "\"brokers\":2000000000", 1)),
        ("own.json", own),
        ("broken.json", "{\"id\": \"broken\",\n  \"title\": 7}".to_owned()),
    ];
    let host = Host::new(site, "elements", &files)?;
    let page = site.page(View { reduced_motion: true, ..View::default() }.at_width(1_280))?;
    host.visit(&page, "index.html")?;
    wait_for(&page, "ready", "one", "detail.steps === 11")?;
    page.wait_until("one.step === 3")?;
    // Moved, it goes on where it was.
    page.evaluate("one.next()")?;
    page.wait_until("one.step === 4")?;
    page.evaluate("globalThis.from = said.length; b.append(one)")?;
    wait_for(&page, "step", "one", "detail.step === 4")?;
    // Away and back, it loads again.
    page.evaluate("globalThis.kept = one; kept.remove()")?;
    page.evaluate(
        "new Promise((done) => setTimeout(done, 50)).then(() => { globalThis.from = said.length; a.append(kept); })",
    )?;
    wait_for(&page, "step", "one", "detail.step === 4")?;
    // Attributes, several at once and in any order.
    page.evaluate("globalThis.from = said.length; one.setAttribute('theme', 'dark'); one.setAttribute('step', '2'); one.setAttribute('lang', 'zh'); one.scenario = 'key-hash'")?;
    wait_for(&page, "step", "one", "detail.scenario === 'key-hash' && detail.step === 2")?;
    // Scenarios of the page's own, whole, broken and missing.
    page.evaluate("two.scrollIntoView()")?;
    wait_for(&page, "ready", "two", "detail.scenario === 'my-own'")?;
    page.evaluate("three.scrollIntoView()")?;
    wait_for(&page, "error", "three", "detail.message.includes('title')")?;
    page.evaluate("four.scrollIntoView()")?;
    wait_for(&page, "error", "four", "detail.message.includes('missing.json') && detail.message.includes('404')")?;
    page.evaluate("five.scrollIntoView()")?;
    wait_for(&page, "error", "five", "detail.message.includes('cluster.brokers: 2000000000')")?;
    // What goes wrong in one leaves the others alone.
    page.evaluate("one.scrollIntoView(); one.next()")?;
    page.wait_until("one.step === 3")?;
    page.screenshot("embed/elements")?;
    let focus = page.evaluate("document.activeElement.tagName")?;
    assert_eq!(focus, "BODY");
    let problems: Vec<String> = page
        .problems()
        .into_iter()
        .filter(|problem| !problem.contains("missing.json") && !problem.contains("404"))
        .collect();
    assert_eq!(problems, Vec::<String>::new());
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_frame_in_a_sandbox_plays_and_hears_only_the_page_around_it() -> Result<()> {
    let site = Site::shared()?;
    let body = format!(
        "<iframe id=frame sandbox=allow-scripts width=900 height=800 src='{EXAMPLE}/embed.html#/hw-two-rounds?step=3&lang=en'></iframe>\
         <iframe id=other src=other.html></iframe><script src=listen.js></script>"
    );
    let files = [
        ("index.html", page_with(&body)),
        ("other.html", "<script src=other.js></script>".to_owned()),
        ("other.js", "addEventListener('message', () => parent.frames[0].postMessage({ type: 'highwater:command', command: 'next' }, '*'))".to_owned()),
        ("listen.js", "globalThis.heard = []; addEventListener('message', ({ data }) => heard.push(data))".to_owned()),
    ];
    let host = Host::new(site, "sandbox", &files)?;
    let page = site.page(View { reduced_motion: true, ..View::default() }.at_width(1_280))?;
    host.visit(&page, "index.html")?;
    page.wait_until("heard.some((data) => data.type === 'highwater:step' && data.step === 3)")?;
    page.wait_until("heard.some((data) => data.type === 'highwater:resize' && data.height > 300)")?;
    page.evaluate("frames[1].postMessage('go', '*')")?;
    page.evaluate("new Promise((done) => setTimeout(done, 300))")?;
    assert_eq!(page.evaluate("heard.some((data) => data.step === 4)")?, false, "a stranger is not obeyed");
    page.evaluate("frames[0].postMessage({ type: 'highwater:command', command: 'next' }, '*')")?;
    page.wait_until("heard.some((data) => data.type === 'highwater:step' && data.step === 4)")?;
    page.evaluate("frames[0].postMessage({ type: 'highwater:command', command: 'seek', step: 9 }, '*')")?;
    page.wait_until("heard.some((data) => data.type === 'highwater:step' && data.step === 9)")?;
    page.evaluate("frames[0].postMessage({ type: 'highwater:command', command: 'explode' }, '*'); frames[0].postMessage(null, '*')")?;
    page.screenshot("embed/sandbox")?;
    assert_eq!(page.problems(), Vec::<String>::new());
    Ok(())
}

/// What a reader sees in a frame without scrolling: the whole sentence, some of the picture, all of it, both buttons.
const AT_ONCE: &str = "(() => {
    const box = (selector) => document.querySelector(selector).getBoundingClientRect();
    const bar = box('.bar').top;
    const isThere = (button) => button.top >= bar && button.bottom <= innerHeight;
    const [words, stage] = [box('.say'), box('[data-stage]')];
    return {
        words: words.top >= 0 && words.bottom <= bar, picture: stage.top >= words.bottom - 4 && stage.top <= bar - 90,
        whole: stage.bottom <= bar, buttons: isThere(box('[data-action=next]')) && isThere(box('[data-action=back]')),
        sideways: document.documentElement.scrollWidth > innerWidth,
    };
})()";

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn in_480_by_360_words_picture_and_buttons_are_there_at_once() -> Result<()> {
    let site = Site::shared()?;
    let looks = [
        ("en", Theme::Light, "min"),
        ("zh", Theme::Dark, "min"),
        ("en", Theme::Dark, "full"),
        ("zh", Theme::Light, "full"),
    ];
    let mut wrong = Vec::new();
    for (scenario, step) in [("hw-two-rounds", 5), ("compaction", 4), ("kip848-rebalance", 5), ("key-hash", 4)] {
        for (lang, theme, controls) in looks {
            let page = site.page(View { width: 480, height: 360, theme, reduced_motion: true, ..View::default() })?;
            let theme = theme.name();
            page.go(&format!("embed.html#/{scenario}?step={step}&lang={lang}&theme={theme}&controls={controls}"))?;
            arrive(&page, step)?;
            let name = format!("{scenario}-{lang}-{theme}-{controls}");
            page.screenshot(&format!("embed/low-{name}"))?;
            let seen = page.evaluate(AT_ONCE)?;
            let is = |what: &str| seen.get(what).is_some_and(|is| *is == true);
            if !is("words") || !is("picture") || !is("buttons") || is("sideways") {
                wrong.push(format!("{name}: {seen}"));
            }
            if (scenario, controls) == ("hw-two-rounds", "min") && !is("whole") {
                wrong.push(format!("{name}: the picture is not whole"));
            }
            wrong.extend(page.layout_problems()?.into_iter().map(|problem| format!("{name}: {problem}")));
            wrong
                .extend(page.axe_violations()?.unwrap_or_default().into_iter().map(|found| format!("{name}: {found}")));
            wrong.extend(page.problems());
            page.click("[data-action=next]")?;
            arrive(&page, step + 1)?;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

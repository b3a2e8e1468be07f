//! Fingers, widths, zoom, paper, and systems that ask for more contrast or for their own colours.

use std::fs;

use anyhow::Result;
use highwater_tests::browser::{Page, Site, Theme, View, arrive};
use serde_json::{Value, json};
use xtask::server::Background;

/// A finger goes up by `distance` px from the middle of what a selector finds.
fn swipe(page: &Page, selector: &str, distance: i32) -> Result<()> {
    let place = page.evaluate(&format!(
        "(() => {{ const box = document.querySelector('{selector}').getBoundingClientRect(); \
         return [box.x + box.width / 2, Math.min(box.y + box.height / 2, innerHeight - 30)]; }})()"
    ))?;
    let (x, y) =
        (place.get(0).and_then(Value::as_f64).unwrap_or(0.0), place.get(1).and_then(Value::as_f64).unwrap_or(0.0));
    let touch = |kind: &str, points: Value| {
        page.call("Input.dispatchTouchEvent", &json!({ "type": kind, "touchPoints": points })).map(drop)
    };
    touch("touchStart", json!([{ "x": x, "y": y }]))?;
    for part in 1..=10 {
        touch("touchMove", json!([{ "x": x, "y": y - f64::from(distance * part) / 10.0 }]))?;
        std::thread::sleep(std::time::Duration::from_millis(16));
    }
    touch("touchEnd", json!([]))
}

fn tap(page: &Page, x: &Value, y: &Value) -> Result<()> {
    page.call("Input.dispatchTouchEvent", &json!({ "type": "touchStart", "touchPoints": [{ "x": x, "y": y }] }))?;
    page.call("Input.dispatchTouchEvent", &json!({ "type": "touchEnd", "touchPoints": [] }))?;
    Ok(())
}

fn as_phone(site: &Site) -> Result<Page<'_>> {
    let page = site.page(View { reduced_motion: true, ..View::default() }.at_width(360))?;
    page.call("Emulation.setTouchEmulationEnabled", &json!({ "enabled": true, "maxTouchPoints": 2 }))?;
    page.call("Emulation.setEmitTouchEventsForMouse", &json!({ "enabled": false }))?;
    Ok(page)
}

/// Asks as such a system does, beside a theme.
fn ask_for(page: &Page, name: &str, value: &str, theme: Theme) -> Result<()> {
    let features = json!([
        { "name": name, "value": value },
        { "name": "prefers-color-scheme", "value": theme.name() },
        { "name": "prefers-reduced-motion", "value": "reduce" },
    ]);
    page.call("Emulation.setEmulatedMedia", &json!({ "features": features })).map(drop)
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_finger_scrolls_the_page_and_steps_only_where_it_taps() -> Result<()> {
    let site = Site::shared()?;
    let page = as_phone(site)?;
    page.go("#/hw-two-rounds?step=4&lang=en")?;
    arrive(&page, 4)?;
    for place in ["[data-stage]", ".say"] {
        page.evaluate("scrollTo(0, 0)")?;
        swipe(&page, place, 200)?;
        page.wait_until("scrollY > 100")?;
    }
    // The timeline lies in the way of the thumb, and scrolls too.
    page.evaluate("scrollTo(0, 0)")?;
    swipe(&page, "[data-timeline]", 200)?;
    page.wait_until("scrollY > 100")?;
    assert_eq!(page.evaluate("document.querySelector('[data-player]').dataset.step")?, "4");
    let line = page.evaluate(
        "(() => { const box = document.querySelector('[data-timeline]').getBoundingClientRect(); return [box.right - 4, box.y + box.height / 2]; })()",
    )?;
    tap(&page, line.get(0).unwrap_or(&Value::Null), line.get(1).unwrap_or(&Value::Null))?;
    arrive(&page, 11)?;
    // A finger or a mouse that goes along the line shows each step on its way.
    let desk = site.page(View { reduced_motion: true, ..View::default() })?;
    desk.go("#/hw-two-rounds?step=4&lang=en")?;
    arrive(&desk, 4)?;
    for (kind, part, step) in
        [("mousePressed", 0.02, 1), ("mouseMoved", 0.5, 6), ("mouseMoved", 0.98, 11), ("mouseReleased", 0.98, 11)]
    {
        let place = desk.evaluate(&format!(
            "(() => {{ const box = document.querySelector('[data-timeline]').getBoundingClientRect(); return [box.x + box.width * {part}, box.y + box.height / 2]; }})()"
        ))?;
        let held = i32::from(kind != "mouseReleased");
        let event = json!({ "type": kind, "x": place.get(0), "y": place.get(1), "button": "left", "buttons": held, "clickCount": 1 });
        desk.call("Input.dispatchMouseEvent", &event)?;
        arrive(&desk, step)?;
    }
    assert_eq!(page.problems(), Vec::<String>::new());
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_finger_over_an_embedded_player_scrolls_the_page_around_it() -> Result<()> {
    let site = Site::shared()?;
    let folder = std::env::temp_dir().join(format!("highwater-touch-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let html = format!(
        "<!doctype html><meta name=viewport content='width=device-width'><title>Host</title><link rel=icon href='data:,'>\
         <script type=module src='{}'></script><p>Before</p>\
         <highwater-player id=one scenario=hw-two-rounds step=3 lang=en controls=min></highwater-player>\
         <div id=tail></div><script>tail.style.height = '3000px'</script>",
        site.url("embed.js")
    );
    fs::write(folder.join("index.html"), html)?;
    let server = Background::plain(&folder)?;
    let page = as_phone(site)?;
    page.visit(&server.url("index.html"))?;
    page.wait_until("one.step === 3")?;
    // What is in the frame scrolls first, if it does not fit; then the page goes on.
    for _ in 0..4 {
        swipe(&page, "#one", 250)?;
    }
    page.wait_until("scrollY > 100")?;
    assert_eq!(page.evaluate("one.step")?, 3);
    fs::remove_dir_all(folder)?;
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn every_width_and_twice_the_size_hold_the_page() -> Result<()> {
    let site = Site::shared()?;
    let page = site.page(View { reduced_motion: true, ..View::default() })?;
    let sizes = [360, 400, 480, 559, 560, 700, 899, 900, 1_100, 1_440, 1_600].map(|width| (width, 0, 1.0));
    for (width, height, scale) in sizes.into_iter().chain([(640, 430, 2.0)]) {
        let view = View { reduced_motion: true, ..View::default() }.at_width(width);
        page.look_as(View { scale, height: if height == 0 { view.height } else { height }, ..view })?;
        for (link, step) in [("hw-two-rounds", 6), ("key-hash", 5), ("key-hash", 10), ("find-offset-600", 5)] {
            page.go(&format!("#/{link}?step={step}&lang=en"))?;
            arrive(&page, step)?;
            // The stage is laid out anew when its width is known.
            page.wait_until(
                "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))",
            )?;
            let problems = page.layout_problems()?;
            assert!(problems.is_empty(), "{link} at {width} px:\n{}", problems.join("\n"));
        }
        page.screenshot(&format!("everywhere/{width}"))?;
    }
    assert_eq!(page.problems(), Vec::<String>::new());
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_small_frame_has_the_picture_the_words_and_the_way_on() -> Result<()> {
    let site = Site::shared()?;
    let page = site.page(View { width: 480, height: 360, reduced_motion: true, ..View::default() })?;
    for (link, step) in [("hw-two-rounds", 6), ("key-hash", 4)] {
        page.go(&format!("embed.html#/{link}?step={step}&lang=en&controls=min"))?;
        arrive(&page, step)?;
        page.screenshot(&format!("everywhere/embed-480-{link}"))?;
        assert_eq!(page.layout_problems()?, Vec::<String>::new(), "{link}");
        // Next is in sight, wherever the reader is.
        let seen = page.evaluate(
            "(() => { const next = document.querySelector('.transport [data-action=next]').getBoundingClientRect(); return next.top >= 0 && next.bottom <= innerHeight; })()",
        )?;
        assert_eq!(seen, true, "{link}");
        page.click(".transport [data-action=next]")?;
        arrive(&page, step + 1)?;
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn states_are_told_apart_without_our_colours() -> Result<()> {
    let site = Site::shared()?;
    for (name, value) in [("forced-colors", "active"), ("prefers-contrast", "more")] {
        for theme in [Theme::Light, Theme::Dark] {
            let page = site.page(View { reduced_motion: true, theme, ..View::default() })?;
            ask_for(&page, name, value, theme)?;
            page.go("#/hw-two-rounds?step=6&lang=en")?;
            arrive(&page, 6)?;
            page.wait_until("document.querySelector('link[data-name=\"styles/contrast.css\"]')?.sheet != null")?;
            page.screenshot(&format!("everywhere/{name}-{}", theme.name()))?;
            // Every text has at least the contrast that small text needs, against the ground of the page or of its flag.
            let faint = page.evaluate(
                "(() => { const light = (color) => { const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; }; \
                 const ground = light(getComputedStyle(document.body).backgroundColor); const onFlag = (text) => text.closest('.hw:not(.is-copy), .ask-mark-g') !== null || text.matches('.ask-mark-t'); \
                 return [...document.querySelectorAll('.scene text, .say, .title, .kicker span')].filter((text) => !onFlag(text)) \
                   .filter((text) => { const style = getComputedStyle(text); const mine = light(text.closest('svg') ? style.fill : style.color); \
                     return (Math.max(mine, ground) + 0.05) / (Math.min(mine, ground) + 0.05) < 4.5; }).map((text) => text.textContent); })()",
            )?;
            assert_eq!(faint, json!([]), "{name}, {}", theme.name());
            if name == "forced-colors" {
                let told = page.evaluate(
                    "(() => { const width = (selector) => parseFloat(getComputedStyle(document.querySelector(selector)).strokeWidth); \
                     return [width('.rec.is-committed rect.box') > width('.rec.is-uncommitted rect.box'), width('.place.is-lead') > 2, \
                       getComputedStyle(document.querySelector('.stop.is-done i')).backgroundColor !== getComputedStyle(document.querySelector('.stop:not(.is-done):not(.is-now) i')).backgroundColor]; })()",
                )?;
                assert_eq!(told, json!([true, true, true]));
            }
            assert_eq!(page.problems(), Vec::<String>::new());
        }
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn on_paper_each_step_has_a_page() -> Result<()> {
    let site = Site::shared()?;
    for (scenario, lang) in [("hw-two-rounds", "en"), ("key-hash", "zh"), ("compaction", "en")] {
        let page = site.page(View { reduced_motion: true, theme: Theme::Dark, ..View::default() })?;
        page.go(&format!("#/{scenario}?step=2&lang={lang}"))?;
        arrive(&page, 2)?;
        let steps = page.evaluate("Number(document.querySelector('[data-player]').dataset.steps)")?;
        // The key for it brings what printing needs; the browser's own dialog is not for tests.
        page.evaluate("globalThis.print = () => (globalThis.printed = true)")?;
        if scenario == "key-hash" {
            page.evaluate(
                "dispatchEvent(new KeyboardEvent('keydown', { key: 'p', ctrlKey: true, cancelable: true }))",
            )?;
            page.wait_until("globalThis.printed === true")?;
        }
        page.wait_until("document.documentElement.dataset.more === ''")?;
        let pages = page.print(&format!("print/{scenario}-{lang}"))?;
        assert_eq!(Some(pages as u64), steps.as_u64(), "{scenario}: {pages} pages");
        // Nothing is wider or higher than its page.
        let view = View { width: 703, height: 1_030, reduced_motion: true, ..View::default() };
        page.look_as(view)?;
        page.call("Emulation.setEmulatedMedia", &json!({ "media": "print" }))?;
        page.evaluate("dispatchEvent(new Event('beforeprint'))")?;
        page.wait_until("document.querySelector('[data-sheets]') !== null")?;
        let beyond = page.evaluate(
            "[...document.querySelectorAll('.sheet')].filter((sheet) => sheet.scrollWidth > 703 || sheet.getBoundingClientRect().height > 1031 || \
             [...sheet.querySelectorAll('svg.scene')].some((svg) => svg.getBoundingClientRect().width > 703)).map((sheet) => `${sheet.dataset.sheet}: ${sheet.scrollWidth} × ${sheet.getBoundingClientRect().height}`)",
        )?;
        assert_eq!(beyond, json!([]), "{scenario}");
        assert_eq!(page.evaluate("document.documentElement.dataset.theme")?, "light");
        // And back: the page is where it was.
        page.evaluate("dispatchEvent(new Event('afterprint'))")?;
        page.wait_until("document.querySelector('[data-sheets]') === null")?;
        arrive(&page, 2)?;
        assert_eq!(page.problems(), Vec::<String>::new());
    }
    // In a frame of another page, the step that is shown, without its buttons.
    let page = site.page(View { reduced_motion: true, ..View::default() })?;
    page.go("scenarios/words.en.txt")?;
    page.evaluate(
        "document.body.innerHTML = '<h1>Handout</h1><iframe id=f src=\"/embed.html#/hw-two-rounds?step=6&lang=en\" width=700 height=900></iframe>'",
    )?;
    page.wait_until("f.contentDocument?.querySelector('[data-player]')?.dataset.step === '6' && f.contentDocument.documentElement.dataset.more === ''")?;
    page.print("print/frame")?;
    assert_eq!(page.evaluate("f.contentDocument.querySelector('[data-sheets]')")?, Value::Null);
    page.call("Emulation.setEmulatedMedia", &json!({ "media": "print" }))?;
    page.wait_until("getComputedStyle(f.contentDocument.querySelector('.bar')).display === 'none'")?;
    let seen = page.evaluate("getComputedStyle(f.contentDocument.querySelector('.scene')).display")?;
    assert_eq!(seen, "block");
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn right_clicks_and_selections_are_the_readers_own() -> Result<()> {
    let page = Site::shared()?.page(View { reduced_motion: true, ..View::default() })?;
    page.go("#/hw-two-rounds?step=6&lang=en")?;
    arrive(&page, 6)?;
    page.evaluate(
        "globalThis.menus = []; addEventListener('contextmenu', (event) => menus.push(event.defaultPrevented)); 0",
    )?;
    for selector in ["[data-stage]", ".say", "[data-timeline]"] {
        let place = page.evaluate(&format!(
            "(() => {{ const box = document.querySelector('{selector}').getBoundingClientRect(); return [box.x + 20, box.y + 10]; }})()"
        ))?;
        for kind in ["mousePressed", "mouseReleased"] {
            let press =
                json!({ "type": kind, "x": place.get(0), "y": place.get(1), "button": "right", "clickCount": 1 });
            page.call("Input.dispatchMouseEvent", &press)?;
        }
    }
    page.wait_until("menus.length === 3")?;
    assert_eq!(page.evaluate("menus")?, json!([false, false, false]));
    assert_eq!(page.evaluate("document.querySelector('[data-player]').dataset.step")?, "6");
    let place = page.evaluate(
        "(() => { const box = document.querySelector('.say').getBoundingClientRect(); return [box.x + 20, box.y + 10]; })()",
    )?;
    for count in 1..=3 {
        for kind in ["mousePressed", "mouseReleased"] {
            let press =
                json!({ "type": kind, "x": place.get(0), "y": place.get(1), "button": "left", "clickCount": count });
            page.call("Input.dispatchMouseEvent", &press)?;
        }
    }
    page.wait_until("getSelection().toString().length > 20")?;
    Ok(())
}

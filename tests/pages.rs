//! The built site in a browser. `cargo xtask test` runs these; alone: `cargo xtask build`, then
//! `cargo test --package highwater-tests --test browser -- --ignored`.

mod answers;
mod authoring;
mod embed;
mod everywhere;
mod firefox;
mod forks;
mod inspector;
mod own_files;
mod sequence;

use std::time::Duration;
use std::{env, thread};

use anyhow::{Context, Result, bail};
use highwater_tests::browser::{self, Site, Theme, View, arrive};

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn every_scenario_can_be_walked_by_keyboard_to_its_end_and_back() -> Result<()> {
    let site = Site::shared()?;
    let mut scenarios = site.scenarios()?;
    if let Ok(only) = env::var("HIGHWATER_SCENARIOS") {
        scenarios.retain(|id| only.split(',').any(|name| name == id));
    }
    let walks = if env::var("HIGHWATER_WALKS").is_ok_and(|walks| walks == "full") {
        browser::whole_matrix(&scenarios)
    } else {
        browser::spread(&scenarios)
    };
    let broken: Vec<_> =
        walks.iter().filter_map(|walk| walk.run(site).err()).map(|error| format!("{error:#}")).collect();
    if !broken.is_empty() {
        bail!("{} of {} walks broke:\n{}", broken.len(), walks.len(), broken.join("\n"));
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn the_home_page_is_right_at_every_width_in_both_themes() -> Result<()> {
    let site = Site::shared()?;
    for width in [360, 768, 1_280] {
        for theme in [Theme::Light, Theme::Dark] {
            let view = View { theme, ..View::default() };
            let page = site.page(view.at_width(width))?;
            page.go("")?;
            page.wait_until("!document.querySelector('#shell')")?;
            page.screenshot(&format!("home/{width}-{}", theme.name()))?;
            let mut problems = page.layout_problems()?;
            problems.extend(page.axe_violations()?.unwrap_or_default());
            problems.extend(page.problems());
            assert!(problems.is_empty(), "home at {width} px, {}:\n{}", theme.name(), problems.join("\n"));
        }
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn the_course_is_searched_by_tags_too() -> Result<()> {
    let page = Site::shared()?.page(View::default())?;
    page.go("")?;
    page.wait_until("document.querySelectorAll('[data-card]').length > 9")?;
    page.evaluate(
        "(() => { const search = document.querySelector('.search input'); search.value = 'MURMUR'; search.dispatchEvent(new Event('input', { bubbles: true })); })()",
    )?;
    page.wait_until("document.querySelectorAll('[data-card]').length === 1")?;
    assert_eq!(page.evaluate("document.querySelector('[data-card]').dataset.card")?, "key-hash");
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_page_whose_simulation_does_not_load_says_so_and_keeps_its_picture() -> Result<()> {
    let site = Site::shared()?;
    for (language, says) in [("en-US", "did not load"), ("zh-CN", "没有加载成功")] {
        for width in [360, 1_280] {
            let view = View { language, ..View::default() };
            let page = site.page(view.at_width(width))?;
            page.block(&["*.wasm"])?;
            page.go("#/hw-two-rounds?step=2")?;
            page.wait_until(&format!("document.body.innerText.includes('{says}')"))?;
            page.screenshot(&format!("shell/failed-{language}-{width}"))?;
            let mut problems = page.layout_problems()?;
            problems.extend(page.axe_violations()?.unwrap_or_default());
            assert!(problems.is_empty(), "{language} at {width} px:\n{}", problems.join("\n"));
        }
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn the_link_chooses_theme_and_language_before_the_simulation_runs() -> Result<()> {
    let page = Site::shared()?.page(View::default())?;
    page.block(&["*.wasm"])?;
    page.go("#/hw-two-rounds?theme=dark&lang=zh")?;
    let root = page.evaluate("`${document.documentElement.dataset.theme} ${document.documentElement.lang}`")?;
    assert_eq!(root, "dark zh");
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_bad_link_says_what_is_wrong_and_offers_a_way_on() -> Result<()> {
    let site = Site::shared()?;
    for (link, says) in [
        ("#/no-such-scenario", "no-such-scenario"),
        ("#/%zz", ""),
        ("#/hw-two-rounds?step=999", "999"),
        ("#/hw-two-rounds?step=nowhere", "nowhere"),
        ("#/hw-two-rounds?step=-1&lang=xx&theme=blue&view=9", "-1"),
    ] {
        let page = site.page(View::default().at_width(360))?;
        page.go(link)?;
        page.wait_until("!document.querySelector('#shell')")?;
        page.wait_until("document.querySelector('[data-notice], [data-player]') !== null")?;
        let text = page.evaluate("document.body.innerText")?;
        let text = text.as_str().unwrap_or_default();
        assert!(text.contains(says), "{link} says “{text}”");
        let ways = page.evaluate(
            "document.querySelectorAll('[data-notice] :is(a[href], button), [data-player] [data-action]').length > 0",
        )?;
        assert_eq!(ways, true, "{link} offers no way on");
        page.screenshot(&format!("links/{}", link.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-")))?;
        let mut problems = page.layout_problems()?;
        problems.extend(page.axe_violations()?.unwrap_or_default());
        // The browser itself tells of a file that is not there.
        let asked = |problem: &String| problem.contains("404") && problem.contains("/scenarios/");
        problems.extend(page.problems().into_iter().filter(|problem| !asked(problem)));
        assert!(problems.is_empty(), "{link}:\n{}", problems.join("\n"));
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn native_and_wasm_leave_the_same_facts() -> Result<()> {
    let site = Site::shared()?;
    let page = site.page(View::default())?;
    page.go("")?;
    page.wait_until("!document.querySelector('#shell')")?;
    for scenario in site.scenarios()? {
        let there = page.evaluate(&format!(
            "import(new URL('highwater.js', document.baseURI)).then(async (page) => \
             {{ await page.load_more?.(fetch('more.wasm')); \
             return page.digest(await (await fetch('scenarios/{scenario}.json')).text()); }})"
        ))?;
        let packed = std::fs::read_to_string(site.folder().join(format!("scenarios/{scenario}.json")))?;
        let here = highwater_player::playback::Player::open(&packed)?.run().digest();
        assert_eq!(there, here.as_str(), "{scenario}");
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn words_that_do_not_load_are_told_and_nothing_is_lost() -> Result<()> {
    let site = Site::shared()?;
    let page = site.page(View::default().at_width(768))?;
    page.block(&["*/words.zh.txt"])?;
    page.go("#/hw-two-rounds?step=3&lang=en")?;
    page.wait_until("document.querySelector('[data-player]')?.dataset.step === '3'")?;
    page.evaluate("document.querySelector('[data-action=lang-zh]').click()")?;
    page.wait_until("document.querySelector('[data-note]') !== null")?;
    let state =
        page.evaluate("`${document.documentElement.lang} ${document.querySelector('[data-player]').dataset.step}`")?;
    assert_eq!(state, "en 3");
    page.screenshot("links/no-words")?;
    let problems = page.layout_problems()?;
    assert!(problems.is_empty(), "{}", problems.join("\n"));

    let first = site.page(View::default())?;
    first.block(&["*/words.en.txt"])?;
    first.go("#/?lang=en")?;
    first.wait_until("document.body.innerText.includes('did not load')")?;
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn the_first_scenario_plays_without_the_second_part_and_others_wait_for_it() -> Result<()> {
    let site = Site::shared()?;
    let scenarios = site.scenarios()?;
    let page = site.page(View { reduced_motion: true, ..View::default() })?;
    page.block(&["*/more.wasm", "*/words.more.txt"])?;
    let no_key_is_shown = || -> Result<()> {
        let bare = r"document.body.innerText.match(/\b(errors|facts|glossary|inspect|interface|scene|sequence|text)\.[a-z_]+/)?.[0] ?? null";
        let bare = page.evaluate(bare)?;
        assert!(bare.is_null(), "{bare}");
        Ok(())
    };
    let first = scenarios.first().context("the course has scenarios")?;
    page.go(&format!("#/{first}?step=1&lang=en"))?;
    arrive(&page, 1)?;
    let steps = page.evaluate("Number(document.querySelector('[data-player]').dataset.steps)")?.as_u64().unwrap_or(0);
    let forward = (2..=steps).map(|step| (step, "ArrowRight"));
    for (step, key) in forward.chain((1..steps).rev().map(|step| (step, "ArrowLeft"))) {
        page.press(key)?;
        arrive(&page, step)?;
        no_key_is_shown()?;
    }
    assert_eq!(page.problems(), Vec::<String>::new());

    page.go("#/hw-two-rounds?step=2&lang=en")?;
    page.wait_until("document.body.innerText.includes('hw-two-rounds.json')")?;
    page.block(&[])?;
    page.evaluate("document.querySelector('[data-action=again]').click()")?;
    arrive(&page, 2)?;
    for view in ["facts", "text", "sequence"] {
        for step in 1..=steps {
            page.go(&format!("#/{first}?step={step}&lang=en&view={view}"))?;
            arrive(&page, step)?;
            no_key_is_shown()?;
        }
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn what_not_every_reader_asks_for_comes_when_it_is_asked_for() -> Result<()> {
    let asked = [
        ("w", "document.querySelector('.why') !== null"),
        ("Enter", "document.querySelector('[data-inspector]') !== null"),
        ("?", "document.querySelector('#help')?.open === true"),
        ("facts", "document.querySelector('.fact-list') !== null"),
    ];
    for (what, is_shown) in asked {
        let page = Site::shared()?.page(View { reduced_motion: true, ..View::default() })?;
        page.block(&["*/more.wasm"])?;
        page.go("#/key-hash?step=5&lang=en")?;
        arrive(&page, 5)?;
        let ask = || match what {
            "facts" => page.evaluate("document.querySelector('[data-action=view-facts]').click()").map(|_| ()),
            key => {
                page.evaluate("document.querySelector('[data-mark=\"topic/orders/partition-0\"]').focus()")?;
                page.press(key)
            }
        };
        ask()?;
        page.wait_until("document.querySelector('[data-note]') !== null")?;
        page.block(&[])?;
        page.evaluate("document.querySelector('[data-action=dismiss]').click()")?;
        ask()?;
        page.wait_until(is_shown)?;
        page.go("#/key-hash?step=6&lang=en&view=stage")?;
        arrive(&page, 6)?;
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_program_that_traps_says_so_and_goes_on_at_its_step() -> Result<()> {
    let page = Site::shared()?.page(View { reduced_motion: true, ..View::default() }.at_width(360))?;
    page.go("#/hw-two-rounds?step=4&lang=en")?;
    arrive(&page, 4)?;
    page.press("ArrowRight")?;
    arrive(&page, 5)?;
    page.evaluate("dispatchEvent(new ErrorEvent('error', { error: new WebAssembly.RuntimeError('unreachable') }))")?;
    page.wait_until("document.querySelector('[data-crash]') !== null")?;
    page.screenshot("shell/crashed")?;
    let mut problems = page.layout_problems()?;
    problems.extend(page.axe_violations()?.unwrap_or_default());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    page.evaluate("setTimeout(() => document.querySelector('[data-crash] button').click())")?;
    // Between two documents there is none to ask.
    thread::sleep(Duration::from_secs(1));
    arrive(&page, 5)
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_first_part_that_traps_goes_on_at_its_step_with_the_second() -> Result<()> {
    let page = Site::shared()?.page(View { reduced_motion: true, ..View::default() })?;
    let trap = "setTimeout(() => dispatchEvent(new ErrorEvent('error', { error: new WebAssembly.RuntimeError('null function') })))";
    page.go("#/key-hash?step=4&lang=en")?;
    arrive(&page, 4)?;
    page.press("ArrowRight")?;
    arrive(&page, 5)?;
    page.evaluate("window.isOld = true")?;
    page.evaluate(trap)?;
    // Between two documents there is none to ask.
    thread::sleep(Duration::from_secs(1));
    arrive(&page, 5)?;
    assert_eq!(page.evaluate("window.isOld === undefined && document.querySelector('[data-crash]') === null")?, true);
    page.press("ArrowLeft")?;
    arrive(&page, 4)?;
    // With both parts a trap is a mistake of ours, and said.
    page.evaluate(trap)?;
    page.wait_until("document.querySelector('[data-crash]') !== null")
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_function_of_the_second_part_loads_it_when_it_is_called_too_early() -> Result<()> {
    let page = Site::shared()?.page(View { reduced_motion: true, ..View::default() })?;
    page.go("#/key-hash?step=4&lang=en")?;
    arrive(&page, 4)?;
    page.evaluate(
        "import(new URL('highwater.js', document.baseURI)).then(async (engine) => { \
         window.engine = engine; window.wasWhole = engine.is_whole(); \
         window.other = await (await fetch('scenarios/hw-two-rounds.json')).text(); })",
    )?;
    assert_eq!(page.evaluate("window.wasWhole")?, false);
    // It runs a scenario that the first part alone cannot, and does not wait for anything.
    let digest = page.evaluate("window.engine.digest(window.other)")?;
    assert!(digest.as_str().is_some_and(|digest| !digest.is_empty()), "{digest}");
    assert_eq!(page.evaluate("window.engine.is_whole()")?, true);
    page.press("ArrowRight")?;
    arrive(&page, 5)?;
    page.press("w")?;
    assert_eq!(page.evaluate("document.querySelector('[data-crash]') === null")?, true);
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_fact_leads_to_its_mark_in_the_picture_of_its_step() -> Result<()> {
    let page = Site::shared()?.page(View::default())?;
    page.go("#/hw-two-rounds?step=4&lang=en&view=facts")?;
    page.wait_until("document.querySelector('.fact-list button.n') !== null")?;
    page.evaluate(
        "[...document.querySelectorAll('.fact-list button.n')].find((name) => name.textContent === 'RecordAppended').click()",
    )?;
    page.wait_until("document.activeElement?.matches('[data-stage] [data-mark]')")?;
    let mark = page.evaluate("document.activeElement.dataset.mark")?;
    assert!(mark.as_str().is_some_and(|mark| mark.contains("/record-")), "{mark}");
    assert_ne!(page.evaluate("document.querySelector('[data-player]').dataset.step")?, "4");
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn why_tells_the_causes_of_a_mark_at_the_mark() -> Result<()> {
    let site = Site::shared()?;
    for (width, theme) in [(360, Theme::Light), (768, Theme::Dark), (1_280, Theme::Light)] {
        let page = site.page(View { theme, ..View::default() }.at_width(width))?;
        page.go("#/hw-two-rounds?step=6&lang=en")?;
        page.wait_until("document.querySelector('[data-player]')?.dataset.busy === 'false'")?;
        // The leader's high watermark.
        page.evaluate("document.querySelector('[data-mark=\"broker-1/orders-0/hw\"]').focus()")?;
        page.press("w")?;
        page.wait_until("document.activeElement?.dataset.action === 'close-why'")?;
        let told = page.evaluate("document.querySelector('.why').innerText")?;
        let told = told.as_str().unwrap_or_default();
        assert!(told.contains("HighWatermarkAdvanced") && told.contains("CommandGiven"), "{told}");
        page.screenshot(&format!("why/{width}-{}", theme.name()))?;
        let mut problems = page.axe_violations()?.unwrap_or_default();
        problems.extend(page.problems());
        let covered = page.evaluate(
            "(() => { const card = document.querySelector('.why').getBoundingClientRect(); \
             const mark = document.querySelector('[data-mark=\"broker-1/orders-0/hw\"]').getBoundingClientRect(); \
             return innerWidth > 559 && !(card.right <= mark.left || card.left >= mark.right || card.bottom <= mark.top || card.top >= mark.bottom); })()",
        )?;
        assert_eq!(covered, false, "the card covers its mark at {width} px");
        assert!(problems.is_empty(), "at {width} px:\n{}", problems.join("\n"));
        // Esc gives the focus back to the mark, and `w` opens the card again.
        page.press("Escape")?;
        page.wait_until("document.activeElement?.dataset.mark === 'broker-1/orders-0/hw'")?;
        page.press("w")?;
        page.wait_until("document.querySelector('.why') !== null")?;
        // A line leads to its step.
        page.evaluate("[...document.querySelectorAll('.why .chain button')].at(-1).click()")?;
        page.wait_until("document.querySelector('.why') === null")?;
        assert_ne!(page.evaluate("document.querySelector('[data-player]').dataset.step")?, "6");
    }
    Ok(())
}

/// At 360 px only the part above the bar is seen; what has the focus has an outline.
#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn by_keyboard_on_a_telephone_nothing_that_is_said_or_has_the_focus_is_out_of_sight() -> Result<()> {
    let page = Site::shared()?.page(View { reduced_motion: true, ..View::default() }.at_width(360))?;
    let is_seen = |selector: &str| {
        page.evaluate(&format!(
            "(() => {{ const part = document.querySelector('{selector}'); const area = part.getBoundingClientRect(); \
             const foot = part.closest('.bar') ? innerHeight : document.querySelector('.bar').getBoundingClientRect().top; \
             return area.top >= 0 && area.bottom <= foot; }})()"
        ))
    };
    page.go("#/hw-two-rounds?step=1&lang=en")?;
    arrive(&page, 1)?;
    for said in ["h1.title", ".say", "[data-action=to-question]"] {
        assert_eq!(is_seen(said)?, true, "{said}");
    }
    page.evaluate("document.querySelector('[data-action=to-question]').focus()")?;
    page.press("Enter")?;
    page.wait_until("document.activeElement?.matches('.choice')")?;
    assert_eq!(is_seen(".ask h2")?, true, "the question");
    assert_eq!(is_seen(".choice:focus")?, true, "the first answer");
    page.press("Enter")?;
    page.wait_until("document.activeElement?.dataset.action === 'next' && document.querySelector('.reason') !== null")?;
    assert_eq!(is_seen(".reason")?, true, "why it is so");
    for outlined in ["[data-action=next]", "[data-action=play]", "[data-action=to-question], .term"] {
        page.evaluate(&format!("document.querySelector('{outlined}').focus()"))?;
        let line = page.evaluate("(({outlineStyle, outlineWidth}) => `${outlineStyle} ${outlineWidth}`)(getComputedStyle(document.activeElement))")?;
        assert_eq!(line, "solid 2px", "{outlined}");
    }
    page.evaluate("document.querySelector('.bar [data-action=menu]').focus()")?;
    page.press("Enter")?;
    page.wait_until("document.activeElement?.matches('.menu [role=tab]')")?;
    page.press("Escape")?;
    page.wait_until("document.activeElement?.dataset.action === 'menu'")?;
    page.go("#/hw-two-rounds?step=10&lang=en")?;
    arrive(&page, 10)?;
    page.evaluate("document.querySelector('[data-action=next]').focus()")?;
    page.press("Enter")?;
    page.wait_until("document.activeElement?.dataset.action === 'onward'")?;
    assert_eq!(is_seen("[data-action=onward]")?, true, "the way to the next scenario");
    // The link goes away: the title of what comes has the focus then.
    page.press("Enter")?;
    page.wait_until("document.activeElement?.matches('h1.title') && document.querySelector('[data-scenario=isr-shrink-expand]') !== null")?;
    // What stands behind a sheet comes out when it gets the focus.
    page.evaluate("document.querySelector('[data-stage] [data-mark][aria-label]').focus()")?;
    page.press("Enter")?;
    page.wait_until("document.querySelector('.inspector') !== null")?;
    for stop in 0..40 {
        page.press("Tab")?;
        let place = page.evaluate(
            "(() => { const has = document.activeElement; if (has.closest('.bar')) return 'bar'; const area = has.getBoundingClientRect(); \
             const sheet = document.querySelector('.inspector').getBoundingClientRect(); \
             return area.top >= 0 && area.bottom <= sheet.top ? 'seen' : has.outerHTML.slice(0, 120); })()",
        )?;
        if place == "bar" {
            assert!(stop > 1, "there are some before the bar");
            break;
        }
        assert_eq!(place, "seen");
    }
    page.press("Escape")?;
    page.wait_until("document.querySelector('.inspector') === null")?;
    // And a sheet over everything goes when the focus has left it.
    page.evaluate("document.querySelector('[data-stage] [data-mark$=\"/hw\"][aria-label]').focus()")?;
    page.press("w")?;
    page.wait_until("document.activeElement?.closest('.why') !== null")?;
    page.evaluate("[...document.querySelectorAll('.why button')].at(-1).focus()")?;
    page.press("Tab")?;
    page.wait_until("document.querySelector('.why') === null && document.activeElement !== document.body")?;
    Ok(())
}

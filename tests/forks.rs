//! What if: two futures side by side, in a browser.

use anyhow::{Context, Result};
use highwater_tests::browser::{Page, Site, Theme, View, arrive};

const SHOWN: &str = "document.querySelectorAll('[data-compare] [data-side]').length === 2";

/// Everything that a reader sees of the page is right.
fn is_right(page: &Page<'_>, name: &str) -> Result<()> {
    page.screenshot(&format!("forks/{name}"))?;
    let mut problems = page.layout_problems()?;
    problems.extend(page.axe_violations()?.unwrap_or_default());
    problems.extend(page.problems());
    assert!(problems.is_empty(), "{name}:\n{}", problems.join("\n"));
    Ok(())
}

fn text(page: &Page<'_>, selector: &str) -> Result<String> {
    let text = page.evaluate(&format!("document.querySelector('{selector}')?.innerText ?? ''"))?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

/// Presses Tab until the element has the focus.
fn tab_to(page: &Page<'_>, selector: &str) -> Result<()> {
    for _ in 0..40 {
        if page.evaluate(&format!("document.activeElement?.matches('{selector}') ?? false"))? == true {
            return Ok(());
        }
        page.press("Tab")?;
    }
    anyhow::bail!("Tab does not come to {selector}")
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn by_keyboard_a_message_is_lost_and_both_futures_go_on_in_step() -> Result<()> {
    let site = Site::shared()?;
    for (width, theme, lang, says) in [
        (360, Theme::Light, "en", "First difference"),
        (768, Theme::Dark, "zh", "第一处不同"),
        (1_280, Theme::Light, "zh", "第一处不同"),
        (1_280, Theme::Dark, "en", "First difference"),
    ] {
        let name = format!("{width}-{}-{lang}", theme.name());
        let page = site.page(View { theme, ..View::default() }.at_width(width))?;
        page.go(&format!("#/hw-two-rounds?step=2&lang={lang}&theme={}", theme.name()))?;
        arrive(&page, 2)?;
        page.press("f")?;
        page.wait_until("document.querySelector('#fork')?.open === true")?;
        is_right(&page, &format!("{name}-dialog"))?;
        // The first offer is to lose the first message on its way: the Fetch response to broker 2.
        tab_to(&page, "[data-action=fork-make]")?;
        page.press("Enter")?;
        page.wait_until(SHOWN)?;
        assert_eq!(page.evaluate("document.querySelector('#fork') === null")?, true);
        let hash = page.evaluate("location.hash")?;
        assert!(hash.as_str().is_some_and(|hash| hash.contains("fork=2~drop:10")), "{hash}");
        is_right(&page, &format!("{name}-2"))?;
        for step in 3..=5 {
            page.press("ArrowRight")?;
            arrive(&page, step)?;
        }
        assert!(text(&page, "[data-difference]")?.contains(says));
        assert_eq!(page.evaluate("document.querySelector('.stop.is-first')?.dataset.stop")?, "3");
        assert_eq!(page.evaluate("document.querySelectorAll('.differences tr.is-first').length")?, 1);
        let spoken = text(&page, "[data-announce]")?;
        assert!(spoken.contains(says), "{spoken}");
        // The same broker in both, each with what it holds: B is later, and holds the record twice.
        let end = |side: &str| {
            page.evaluate(&format!(
                "document.querySelector('[data-side={side}] [data-mark$=\"broker-1/orders-0/leo\"]').getAttribute('aria-label')"
            ))
        };
        assert_ne!(end("A")?, end("B")?);
        is_right(&page, &format!("{name}-5"))?;
        page.press("ArrowLeft")?;
        arrive(&page, 4)?;
        page.press("Home")?;
        arrive(&page, 1)?;
        page.press("Escape")?;
        page.wait_until("document.querySelector('[data-compare]') === null")?;
        let hash = page.evaluate("location.hash")?;
        assert!(hash.as_str().is_some_and(|hash| !hash.contains("fork=")), "{hash}");
        is_right(&page, &format!("{name}-left"))?;
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_link_opens_exactly_this_picture_and_tells_each_bad_part() -> Result<()> {
    let site = Site::shared()?;
    let page = site.page(View { reduced_motion: true, ..View::default() })?;
    page.go("#/hw-two-rounds?step=5&lang=zh&fork=2~drop:10&fork=4~pause:3")?;
    page.wait_until(SHOWN)?;
    arrive(&page, 5)?;
    assert_eq!(page.evaluate("document.documentElement.lang")?, "zh");
    assert_eq!(page.evaluate("document.querySelectorAll('[data-side=B] .pane-note p').length")?, 2);
    // The link that is shared is this one, and nothing else is needed to come here.
    page.evaluate("document.querySelector('[data-action=share]').click()")?;
    page.wait_until("document.querySelector('#share')?.open === true")?;
    is_right(&page, "share")?;
    let link = page.evaluate("document.querySelector('[data-share-link]').value")?;
    let link = link.as_str().context("the field has a link")?.to_owned();
    assert!(link.contains("step=5&lang=zh&fork=2~drop:10&fork=4~pause:3"), "{link}");
    page.evaluate("document.querySelector('[data-action=share-copy]').click()")?;
    page.wait_until("document.querySelector('[data-share-status]').innerText !== ''")?;
    let other = site.page(View { reduced_motion: true, ..View::default() }.at_width(768))?;
    other.visit(&link)?;
    other.wait_until(SHOWN)?;
    let pictures = "[...document.querySelectorAll('[data-side] [data-mark][aria-label]')].map((mark) => mark.getAttribute('aria-label')).join('\\n')";
    page.evaluate("document.querySelector('[data-action=share-close]').click()")?;
    assert_eq!(other.evaluate(pictures)?, page.evaluate(pictures)?);

    page.go("#/hw-two-rounds?step=4&lang=en&fork=nonsense&fork=4~pause:3&fork=2~pause:9&fork=99~pause:1&theme=blue")?;
    page.wait_until("document.querySelector('[data-note]') !== null")?;
    page.wait_until(SHOWN)?;
    let note = text(&page, "[data-note]")?;
    for part in ["nonsense", "2~pause:9", "99~pause:1", "blue"] {
        assert!(note.contains(part), "nothing is said of {part}: {note}");
    }
    assert_eq!(page.evaluate("document.querySelector('[data-player]').dataset.step")?, "4");
    let hash = page.evaluate("location.hash")?;
    assert!(hash.as_str().is_some_and(|hash| hash.ends_with("fork=4~pause:3")), "{hash}");
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_knob_is_turned_and_what_never_comes_is_said() -> Result<()> {
    let page = Site::shared()?.page(View { reduced_motion: true, ..View::default() })?;
    page.go("#/isr-shrink-expand?step=7&lang=en")?;
    arrive(&page, 7)?;
    page.press("f")?;
    page.wait_until("document.querySelector('#fork')?.open === true")?;
    tab_to(&page, "[data-knob=\"0-0\"]")?;
    is_right(&page, "knobs")?;
    page.press("Enter")?;
    page.wait_until(SHOWN)?;
    let said = text(&page, "[data-difference]")?;
    assert!(said.contains("does not come"), "{said}");
    page.evaluate("document.querySelector('[data-action=fork-first]').click()")?;
    arrive(&page, 5)?;
    // Why, of a mark in B: its own causes.
    page.evaluate("document.querySelector('[data-mark=\"B:isr/orders-0\"]').focus()")?;
    page.press("w")?;
    page.wait_until("document.querySelector('.why') !== null")?;
    let why = text(&page, ".why")?;
    assert!(why.contains("IsrShrunk") || why.contains("PartitionChangeRecord"), "{why}");
    page.press("Escape")?;
    for view in ["text", "facts"] {
        page.evaluate(&format!("document.querySelector('[data-action=view-{view}]').click()"))?;
        page.wait_until(&format!("document.querySelector('[data-view={view}]') !== null"))?;
        let [a, b] = [text(&page, "[data-side=A]")?, text(&page, "[data-side=B]")?];
        assert!(!a.is_empty() && a != b, "{view}: {a}");
        is_right(&page, view)?;
    }
    Ok(())
}

/// The marks of a side that move now.
const MOVING: &str = "globalThis.moving = (side) => document.getAnimations().map(({ effect }) => effect.target)
    .filter((mark) => mark.closest(`[data-side=${side}]`) && mark.dataset.mark).map((mark) => mark.dataset.mark.replace('B:', '')).sort().join()";

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn both_futures_move_as_one_and_end_as_one() -> Result<()> {
    let site = Site::shared()?;
    let page = site.page(View::default())?;
    page.go("#/kip101-loss?step=1&lang=en")?;
    page.wait_until(SHOWN)?;
    arrive(&page, 1)?;
    page.evaluate(MOVING)?;
    // Up to here both do the same, so the same marks move at the same time.
    page.press("ArrowRight")?;
    page.wait_until("moving('A') !== '' && moving('A') === moving('B')")?;
    // The next press ends both motions and goes on.
    page.press("ArrowRight")?;
    arrive(&page, 3)?;
    assert_eq!(page.evaluate("moving('A') + moving('B')")?, "");
    // Here A cuts its log and B does not.
    page.press("ArrowRight")?;
    arrive(&page, 4)?;
    assert!(text(&page, "[data-difference]")?.contains("cut at its own high watermark"));
    is_right(&page, "both-moved")?;
    page.press("ArrowLeft")?;
    arrive(&page, 3)?;
    assert_eq!(page.evaluate("document.querySelector('[data-player]').dataset.busy")?, "false");

    let calm = site.page(View { reduced_motion: true, ..View::default() })?;
    calm.go("#/kip101-loss?step=1&lang=en")?;
    calm.wait_until(SHOWN)?;
    arrive(&calm, 1)?;
    calm.evaluate(MOVING)?;
    calm.press("ArrowRight")?;
    arrive(&calm, 2)?;
    assert_eq!(calm.evaluate("moving('A') + moving('B')")?, "");
    Ok(())
}

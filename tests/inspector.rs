//! The inspector of the built site, by pointer and by keyboard.

use anyhow::{Context, Result};
use highwater_tests::browser::{Page, Site, Theme, View, arrive};

fn click(page: &Page<'_>, mark: &str) -> Result<()> {
    page.evaluate(&format!(
        "document.querySelector('[data-mark=\"{mark}\"]').dispatchEvent(new MouseEvent('click', {{ bubbles: true }}))"
    ))?;
    Ok(())
}

fn is_about(page: &Page<'_>, mark: &str) -> Result<()> {
    page.wait_until(&format!("document.querySelector('[data-inspector]')?.dataset.inspector === '{mark}'"))
}

fn told(page: &Page<'_>) -> Result<String> {
    let told = page.evaluate("document.querySelector('[data-inspector]').innerText")?;
    Ok(told.as_str().context("the inspector says something")?.to_owned())
}

fn sound(page: &Page<'_>, place: &str) -> Result<()> {
    let mut problems = page.layout_problems()?;
    problems.extend(page.axe_violations()?.unwrap_or_default());
    problems.extend(page.problems());
    assert!(problems.is_empty(), "{place}:\n{}", problems.join("\n"));
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn the_inspector_shows_a_thing_in_full_at_every_width() -> Result<()> {
    let site = Site::shared()?;
    for (lang, width, theme) in [
        ("en", 360, Theme::Light),
        ("zh", 360, Theme::Dark),
        ("en", 768, Theme::Dark),
        ("zh", 768, Theme::Light),
        ("zh", 1_280, Theme::Dark),
        ("en", 1_280, Theme::Light),
    ] {
        let page = site.page(View { theme, reduced_motion: true, ..View::default() }.at_width(width))?;
        page.go(&format!("#/hw-two-rounds?step=5&lang={lang}"))?;
        arrive(&page, 5)?;
        click(&page, "broker-1/orders-0/hw")?;
        is_about(&page, "broker-1/orders-0/hw")?;
        let said = told(&page)?;
        for part in ["UnifiedLog", "highWatermark", "logEndOffset", "min.insync.replicas", "0.8.2"] {
            assert!(said.contains(part), "{part} is missing: {said}");
        }
        // What changed in this step stands struck beside what it is now.
        let was = page.evaluate("document.querySelector('.inspector .is-changed s') !== null")?;
        assert_eq!(was, true, "{said}");
        let name = format!("inspector/{lang}-{width}-{}", theme.name());
        page.screenshot(&name)?;
        sound(&page, &name)?;

        // A record has its bytes.
        click(&page, "broker-1/orders-0/record-0")?;
        is_about(&page, "broker-1/orders-0/record-0")?;
        let said = told(&page)?;
        for part in ["DefaultRecordBatch", "crc", "offsetDelta"] {
            assert!(said.contains(part), "{part} is missing: {said}");
        }
        sound(&page, &name)?;
        page.evaluate("document.querySelector('.inspector .bytes-view').scrollIntoView()")?;
        page.screenshot(&format!("{name}-bytes"))?;
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn the_inspector_by_keyboard_alone_follows_stays_and_gives_the_focus_back() -> Result<()> {
    let page = Site::shared()?.page(View { reduced_motion: true, ..View::default() })?;
    page.go("#/hw-two-rounds?step=4&lang=en")?;
    arrive(&page, 4)?;
    page.evaluate("document.querySelector('[data-mark=\"broker-1/orders-0/record-0\"]').focus()")?;
    page.press("Enter")?;
    is_about(&page, "broker-1/orders-0/record-0")?;
    let announced = page.evaluate("document.querySelector('[data-announce]').textContent")?;
    assert!(announced.as_str().is_some_and(|said| said.starts_with("Inspector: Record")), "{announced}");
    assert_eq!(page.evaluate("document.activeElement.dataset.mark")?, "broker-1/orders-0/record-0");
    // The arrows walk on, and the inspector follows.
    page.press("ArrowDown")?;
    page.wait_until(
        "document.querySelector('[data-inspector]').dataset.inspector === document.activeElement.dataset.mark",
    )?;
    let there = page.evaluate("document.activeElement.dataset.mark")?;
    assert_ne!(there, "broker-1/orders-0/record-0");
    // Enter once more goes into it; Esc closes it, and the mark has the focus.
    page.press("Enter")?;
    page.wait_until("document.activeElement?.id === 'inspector-title'")?;
    page.press("Escape")?;
    page.wait_until("document.querySelector('[data-inspector]') === null")?;
    assert_eq!(page.evaluate("document.activeElement.dataset.mark")?, there);
    // It stays open over steps.
    page.press("Enter")?;
    page.wait_until("document.querySelector('[data-inspector]') !== null")?;
    page.press("]")?;
    arrive(&page, 5)?;
    assert_eq!(page.evaluate("document.querySelector('[data-inspector]').dataset.inspector")?, there);
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn what_is_gone_says_so_and_leads_to_where_it_was() -> Result<()> {
    let page = Site::shared()?.page(View { reduced_motion: true, ..View::default() })?;
    page.go("#/hw-two-rounds?step=6&lang=en")?;
    arrive(&page, 6)?;
    click(&page, "broker-1/orders-0/record-0")?;
    is_about(&page, "broker-1/orders-0/record-0")?;
    page.press("Home")?;
    arrive(&page, 1)?;
    page.wait_until("document.querySelector('[data-inspector] [data-gone]') !== null")?;
    page.evaluate("document.querySelector('[data-gone] button').click()")?;
    page.wait_until("document.querySelector('[data-gone]') === null")?;
    assert_ne!(page.evaluate("document.querySelector('[data-player]').dataset.step")?, "1");
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_value_says_why_and_each_line_leads_to_its_step() -> Result<()> {
    for width in [360, 1_280] {
        let page = Site::shared()?.page(View { reduced_motion: true, ..View::default() }.at_width(width))?;
        page.go("#/hw-two-rounds?step=6&lang=en")?;
        arrive(&page, 6)?;
        click(&page, "broker-1/orders-0/hw")?;
        is_about(&page, "broker-1/orders-0/hw")?;
        page.evaluate("document.querySelector('.inspector .whybtn').click()")?;
        page.wait_until("document.activeElement?.dataset.action === 'close-why'")?;
        let said = page.evaluate("document.querySelector('.why').innerText")?;
        let said = said.as_str().unwrap_or_default().to_owned();
        assert!(said.contains("highWatermark") && said.contains("CommandGiven"), "{said}");
        page.screenshot(&format!("inspector/why-{width}"))?;
        sound(&page, &format!("why at {width}"))?;
        // Esc closes it, and the question has the focus again.
        page.press("Escape")?;
        page.wait_until("document.activeElement?.matches('.whybtn')")?;
        page.evaluate("document.querySelector('.inspector .whybtn').click()")?;
        page.wait_until("document.querySelector('.why') !== null")?;
        page.evaluate("[...document.querySelectorAll('.why .chain button')].at(-1).click()")?;
        page.wait_until("document.querySelector('.why') === null")?;
        assert_ne!(page.evaluate("document.querySelector('[data-player]').dataset.step")?, "6");
        is_about(&page, "broker-1/orders-0/hw")?;
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn the_text_view_and_the_facts_lead_to_the_same() -> Result<()> {
    let page = Site::shared()?.page(View { reduced_motion: true, ..View::default() })?;
    page.go("#/hw-two-rounds?step=6&lang=en&view=text")?;
    arrive(&page, 6)?;
    page.evaluate("document.querySelector('[data-inspect=\"isr/orders-0\"]').click()")?;
    is_about(&page, "isr/orders-0")?;
    assert!(told(&page)?.contains("PartitionRegistration"));
    page.screenshot("inspector/text-view")?;
    sound(&page, "text view")?;
    // Its facts: only those that are about it.
    page.evaluate("document.querySelector('[data-action=facts-of]').click()")?;
    page.wait_until("document.querySelector('[data-view=facts] .fact-list') !== null")?;
    let names = page.evaluate(
        "[...new Set([...document.querySelectorAll('.fact-list .n')].map((name) => name.textContent))].join(' ')",
    )?;
    assert_eq!(names, "PartitionRecord");
    Ok(())
}

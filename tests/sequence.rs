//! The messages as a sequence, in the built site.

use anyhow::{Context, Result};
use highwater_tests::browser::{Site, Theme, View, arrive};

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn the_sequence_is_drawn_at_every_width_and_marks_the_present_step() -> Result<()> {
    let site = Site::shared()?;
    for (scenario, lang, width, theme) in [
        ("hw-two-rounds", "en", 1_280, Theme::Light),
        ("hw-two-rounds", "zh", 768, Theme::Dark),
        ("hw-two-rounds", "zh", 360, Theme::Light),
        ("isr-shrink-expand", "en", 360, Theme::Dark),
        ("isr-shrink-expand", "zh", 1_280, Theme::Dark),
        ("isr-shrink-expand", "en", 768, Theme::Light),
        ("key-hash", "en", 1_280, Theme::Light),
    ] {
        let page = site.page(View { theme, reduced_motion: true, ..View::default() }.at_width(width))?;
        page.go(&format!("#/{scenario}?step=1&lang={lang}&view=sequence"))?;
        arrive(&page, 1)?;
        let steps =
            page.evaluate("Number(document.querySelector('[data-player]').dataset.steps)")?.as_u64().unwrap_or(0);
        for step in 2..=steps {
            page.press("ArrowRight")?;
            arrive(&page, step)?;
            let name = format!("sequence/{scenario}-{lang}-{width}-{}-{step:02}", theme.name());
            page.screenshot(&name)?;
            let mut problems = page.layout_problems()?;
            problems.extend(page.axe_violations()?.unwrap_or_default());
            problems.extend(page.problems());
            assert!(problems.is_empty(), "{name}:\n{}", problems.join("\n"));
        }
        let now = page.evaluate("document.querySelector('.sequence-view') !== null")?;
        assert_eq!(now, true, "{scenario} sends messages");
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn messages_are_walked_by_arrows_and_looked_into_and_lead_to_their_step() -> Result<()> {
    let page = Site::shared()?.page(View { reduced_motion: true, ..View::default() })?;
    page.go("#/hw-two-rounds?step=7&lang=en&view=sequence")?;
    arrive(&page, 7)?;
    page.evaluate("document.querySelector('[data-stage]').focus()")?;
    for _ in 0..4 {
        page.press("ArrowDown")?;
    }
    let focused = page.evaluate("document.activeElement.dataset.mark")?;
    let focused = focused.as_str().context("a mark has the focus")?.to_owned();
    assert!(focused.starts_with("message-"), "{focused}");
    let label = page.evaluate("document.activeElement.getAttribute('aria-label')")?;
    assert!(label.as_str().is_some_and(|label| label.contains(" from ") && label.contains("Sent at")), "{label}");
    page.press("Enter")?;
    page.wait_until(&format!("document.querySelector('[data-inspector]')?.dataset.inspector === '{focused}'"))?;
    let told = page.evaluate("document.querySelector('[data-inspector]').innerText")?;
    assert!(told.as_str().is_some_and(|told| told.contains("correlationId")), "{told}");
    // It was sent in an earlier step: the inspector leads there.
    let sent_in = page.evaluate("document.querySelector('[data-sent-in]')?.dataset.sentIn ?? null")?;
    let sent_in = sent_in.as_str().context("it says in which step it was sent")?.to_owned();
    page.evaluate("document.querySelector('[data-sent-in] button').click()")?;
    page.wait_until(&format!("document.querySelector('[data-player]').dataset.step === '{sent_in}'"))?;
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_long_sequence_is_windowed_and_stands_in_a_table_too() -> Result<()> {
    let page = Site::shared()?.page(View { reduced_motion: true, ..View::default() })?;
    page.go("#/isr-shrink-expand?step=6&lang=en&view=sequence")?;
    arrive(&page, 6)?;
    let first = "document.querySelector('.sequence-table tbody tr td').textContent";
    let before = page.evaluate(first)?;
    page.evaluate("document.querySelector('[data-action=sequence-earlier]').click()")?;
    page.wait_until("document.querySelector('[data-action=sequence-later]') !== null")?;
    assert_ne!(page.evaluate(first)?, before);
    page.evaluate("document.querySelector('[data-action=sequence-later]').click()")?;
    page.wait_until("document.querySelector('[data-action=sequence-later]') === null")?;
    let counts = page.evaluate(
        "`${document.querySelectorAll('.sequence-table tbody tr').length} ${document.querySelectorAll('[data-stage] [data-mark^=message-]').length}`",
    )?;
    let (rows, marks) = counts.as_str().and_then(|counts| counts.split_once(' ')).context("two numbers")?;
    assert_eq!(rows, marks);
    page.evaluate("document.querySelector('.sequence-table').open = true")?;
    page.evaluate("document.querySelector('.sequence-table [data-inspect]').click()")?;
    page.wait_until("document.querySelector('[data-inspector]') !== null")?;
    page.screenshot("sequence/table")?;
    let mut problems = page.layout_problems()?;
    problems.extend(page.axe_violations()?.unwrap_or_default());
    problems.extend(page.problems());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

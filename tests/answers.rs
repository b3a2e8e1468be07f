//! Questions of three kinds in a browser, the list of those to look at again, what was checked and what is simplified.

use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use highwater_tests::browser::{Page, Site, Theme, View, arrive};

/// Keeps the events of the player, each as one line.
const LISTEN: &str = "window.heard = []; document.addEventListener('highwater-answer', (event) => \
     window.heard.push(`${event.detail.scenario} ${event.detail.step} ${event.detail.correct}`))";

/// Where a question is: its state, and how it is answered.
const STATE: &str = "(document.querySelector('[data-question]')?.dataset.question ?? '')";

fn text(page: &Page<'_>, selector: &str) -> Result<String> {
    let text = page.evaluate(&format!("document.querySelector('{selector}')?.innerText ?? ''"))?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

fn state(page: &Page<'_>, wanted: &str) -> Result<()> {
    page.wait_until(&format!("{STATE} === '{wanted}'"))
}

fn sound(page: &Page<'_>, at: &str) -> Result<()> {
    let mut problems = page.layout_problems()?;
    problems.extend(page.axe_violations()?.unwrap_or_default());
    problems.extend(page.problems());
    ensure!(problems.is_empty(), "{at}:\n{}", problems.join("\n"));
    Ok(())
}

/// Arrow after arrow until the focus stands on `mark`.
fn walk_to(page: &Page<'_>, mark: &str, key: &str) -> Result<()> {
    for _ in 0..40 {
        if page.evaluate("document.activeElement?.dataset?.mark ?? ''")? == mark {
            return Ok(());
        }
        page.press(key)?;
    }
    anyhow::bail!("{key} never comes to {mark}: {}", page.evaluate("document.activeElement?.dataset?.mark ?? ''")?)
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_mark_is_pointed_at_by_keyboard_and_the_answer_stands_in_the_picture() -> Result<()> {
    let site = Site::shared()?;
    for (width, theme, lang) in [(360, Theme::Dark, "zh"), (768, Theme::Light, "en"), (1_280, Theme::Light, "en")] {
        let page = site.page(View { theme, reduced_motion: true, ..View::default() }.at_width(width))?;
        page.go(&format!("#/compaction?step=3&lang={lang}"))?;
        arrive(&page, 3)?;
        page.evaluate(LISTEN)?;
        let offered = page.evaluate("document.querySelectorAll('[data-stage] [data-answer]').length")?;
        ensure!(offered == 11, "{offered} marks are offered at {width} px");
        page.screenshot(&format!("answers/point-open-{width}"))?;
        sound(&page, &format!("open at {width} px"))?;
        // What can be answered is said to a screen reader.
        let said = page.evaluate(
            "[...document.querySelectorAll('[data-answer]')].every((mark) => mark.ariaRoleDescription !== '' && mark.getAttribute('aria-label').includes('Enter'))",
        )?;
        ensure!(said == true, "the marks do not say that they can be the answer");
        // From the card to the first mark, by arrows to another, Enter.
        page.evaluate("document.querySelector('[data-action=to-marks]').focus()")?;
        page.press("Enter")?;
        page.wait_until("document.activeElement?.dataset?.mark === 'log/profile-0/record-0'")?;
        walk_to(&page, "log/profile-0/record-5", "ArrowRight")?;
        page.press("Enter")?;
        state(&page, "wrong")?;
        ensure!(page.evaluate("window.heard.join()")? == "compaction 3 false", "the event does not say so");
        // In the picture by shape, in the card by words.
        let signs = page.evaluate(
            "[...document.querySelectorAll('[data-stage] .answer-sign')].map((sign) => `${sign.closest('[data-mark]').dataset.mark.split('-').at(-1)}${sign.classList.contains('is-wrong') ? '-' : '+'}`).join(' ')",
        )?;
        ensure!(signs == "0+ 1+ 3+ 4+ 5-", "{signs}");
        let card = text(&page, ".ask")?;
        ensure!(card.contains("LogCleaned") || card.contains('5'), "{card}");
        ensure!(page.evaluate("document.querySelectorAll('.ask .choice').length")? == 5, "{card}");
        page.screenshot(&format!("answers/point-wrong-{width}"))?;
        sound(&page, &format!("wrong at {width} px"))?;
        // It is decided: a press on a mark looks into it again.
        page.evaluate("document.querySelector('[data-mark=\"log/profile-0/record-0\"]').dispatchEvent(new MouseEvent('click', { bubbles: true }))")?;
        page.wait_until("document.querySelector('.inspector') !== null")?;
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_press_on_a_part_of_a_mark_answers_and_next_reveals() -> Result<()> {
    let page = Site::shared()?.page(View { reduced_motion: true, ..View::default() })?;
    page.go("#/isr-shrink-expand?step=8&lang=en")?;
    arrive(&page, 8)?;
    page.evaluate(LISTEN)?;
    let press = |mark: &str| {
        page.evaluate(&format!("document.querySelector('[data-mark=\"{mark}\"]').dispatchEvent(new MouseEvent('click', {{ bubbles: true }}))"))
    };
    // A record of broker 2: the row that it stands in is the answer.
    press("broker-2/orders-0/record-0")?;
    state(&page, "right")?;
    ensure!(page.evaluate("window.heard.join()")? == "isr-shrink-expand 8 true", "no event");
    ensure!(text(&page, ".ask")?.contains("ISR"), "no reason");
    page.screenshot("answers/point-right-1280")?;
    // A question on which nothing was pointed is revealed by Next.
    page.go("#/hw-two-rounds?step=10&lang=en")?;
    arrive(&page, 10)?;
    state(&page, "open")?;
    page.press("ArrowRight")?;
    arrive(&page, 11)?;
    page.press("ArrowLeft")?;
    arrive(&page, 10)?;
    state(&page, "revealed")?;
    let signs = page.evaluate(
        "[...document.querySelectorAll('[data-stage] .answer-sign')].map((sign) => sign.closest('[data-mark]').dataset.mark).join()",
    )?;
    ensure!(signs == "broker-1/orders-0/record-3", "{signs}");
    ensure!(page.evaluate("window.heard.length")? == 1, "nothing was answered");
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn in_other_views_and_where_rows_are_folded_the_marks_are_a_list() -> Result<()> {
    let site = Site::shared()?;
    for (width, view) in [(1_280, "facts"), (768, "text"), (360, "text")] {
        let page = site.page(View { reduced_motion: true, ..View::default() }.at_width(width))?;
        page.go(&format!("#/find-offset-600?step=7&lang=en&view={view}"))?;
        arrive(&page, 7)?;
        let choices = page.evaluate("[...document.querySelectorAll('.ask .choice')].map((one) => one.innerText)")?;
        ensure!(choices.as_array().is_some_and(|choices| choices.len() == 9), "{choices}");
        page.screenshot(&format!("answers/list-{view}-{width}"))?;
        let violations = page.axe_violations()?.unwrap_or_default();
        ensure!(violations.is_empty(), "{view} at {width} px:\n{}", violations.join("\n"));
        page.evaluate(
            "[...document.querySelectorAll('.ask .choice')].find((one) => one.innerText.includes('587')).click()",
        )?;
        state(&page, "right")?;
    }
    // Wherever not every mark stands in the picture, none is lost.
    for scenario in
        ["hw-two-rounds?step=10", "isr-shrink-expand?step=8", "segment-roll?step=6", "find-offset-600?step=7"]
    {
        let page = site.page(View { reduced_motion: true, ..View::default() }.at_width(360))?;
        page.go(&format!("#/{scenario}&lang=en"))?;
        page.wait_until("document.querySelector('[data-question]') !== null")?;
        page.screenshot(&format!("answers/narrow-{}", scenario.split('?').next().unwrap_or_default()))?;
        let ways = page.evaluate("document.querySelectorAll('[data-stage] [data-answer], .ask .choice').length")?;
        ensure!(ways.as_u64().is_some_and(|ways| ways > 1), "{scenario}: {ways}");
        sound(&page, scenario)?;
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_number_is_given_and_what_is_none_is_told() -> Result<()> {
    let site = Site::shared()?;
    for (width, theme, lang) in [(360, Theme::Light, "en"), (768, Theme::Dark, "zh"), (1_280, Theme::Dark, "en")] {
        let page = site.page(View { theme, reduced_motion: true, ..View::default() }.at_width(width))?;
        page.go(&format!("#/batch-bytes?step=8&lang={lang}"))?;
        arrive(&page, 8)?;
        page.evaluate(LISTEN)?;
        let field = page.evaluate(
            "(({ labels, inputMode }) => `${labels.length} ${inputMode}`)(document.querySelector('[data-number]'))",
        )?;
        ensure!(field == "1 numeric", "{field}");
        ensure!(!text(&page, ".ask")?.contains("224"), "the answer stands there already");
        page.evaluate("document.querySelector('[data-number]').focus()")?;
        // Keys of the player do nothing while somebody writes.
        for key in ["w", "3", " ", "ArrowRight", "?", "Home", "]"] {
            page.press(key)?;
        }
        arrive(&page, 8)?;
        ensure!(page.evaluate("document.querySelector('[data-player]').dataset.playing")? == "false", "it plays");
        ensure!(page.evaluate("document.querySelector('dialog') === null")? == true, "a dialog opened");
        page.press("Enter")?;
        page.wait_until("document.querySelector('#ask-problem').innerText !== ''")?;
        state(&page, "open")?;
        ensure!(page.evaluate("document.activeElement.matches('[data-number]')")? == true, "the field lost the focus");
        page.screenshot(&format!("answers/number-problem-{width}"))?;
        sound(&page, &format!("no number at {width} px"))?;
        page.evaluate("document.querySelector('[data-number]').value = ''")?;
        for key in ["1", "0", "2", "Enter"] {
            page.press(key)?;
        }
        state(&page, "wrong")?;
        ensure!(page.evaluate("window.heard.join()")? == "batch-bytes 8 false", "no event");
        let card = text(&page, ".ask")?;
        ensure!(card.contains("102") && card.contains("224") && card.contains("61"), "{card}");
        page.screenshot(&format!("answers/number-wrong-{width}"))?;
        sound(&page, &format!("wrong at {width} px"))?;
    }
    // By pointer, and right.
    let page = site.page(View { reduced_motion: true, ..View::default() })?;
    page.go("#/retention?step=7&lang=en")?;
    arrive(&page, 7)?;
    page.evaluate(
        "document.querySelector('[data-number]').value = '0'; document.querySelector('[data-action=give]').click()",
    )?;
    state(&page, "right")?;
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn missed_questions_wait_on_a_list_until_they_are_answered_right() -> Result<()> {
    let site = Site::shared()?;
    for (width, theme, lang) in [(360, Theme::Light, "zh"), (768, Theme::Dark, "en"), (1_280, Theme::Light, "en")] {
        let page = site.page(View { theme, reduced_motion: true, ..View::default() }.at_width(width))?;
        // Nothing is missed yet: kind words, and a way on. From the home page.
        page.go(&format!("#/?lang={lang}"))?;
        page.wait_until("document.querySelector('[data-action=review]') !== null")?;
        page.evaluate("document.querySelector('[data-action=review]').click()")?;
        page.wait_until("document.querySelector('[data-review]')?.dataset.review === '0'")?;
        ensure!(page.evaluate("document.querySelector('[data-review] a[href]') !== null")? == true, "no way on");
        page.screenshot(&format!("review/empty-{width}"))?;
        sound(&page, &format!("empty at {width} px"))?;
        // Two wrong answers, one right.
        page.go(&format!("#/retention?step=7&lang={lang}"))?;
        arrive(&page, 7)?;
        page.evaluate(
            "document.querySelector('[data-number]').value = '1'; document.querySelector('[data-action=give]').click()",
        )?;
        state(&page, "wrong")?;
        page.go(&format!("#/retention?step=2&lang={lang}"))?;
        arrive(&page, 2)?;
        page.evaluate("document.querySelector('.choice').click()")?;
        state(&page, "wrong")?;
        page.go(&format!("#/segment-roll?step=1&lang={lang}"))?;
        page.wait_until("document.querySelector('[data-player]')?.dataset.scenario === 'segment-roll'")?;
        arrive(&page, 1)?;
        page.evaluate("[...document.querySelectorAll('.choice')].at(-1).click()")?;
        state(&page, "right")?;
        // From the end of a scenario; the list outlives the page.
        page.press("End")?;
        page.wait_until("document.querySelector('[data-player] [data-action=review]') !== null")?;
        page.evaluate("window.before = true; setTimeout(() => location.reload())")?;
        // Between two documents there is none to ask.
        thread::sleep(Duration::from_secs(1));
        page.wait_until(
            "window.before === undefined && document.querySelector('[data-player] [data-action=review]') !== null",
        )?;
        page.evaluate("document.querySelector('[data-action=review]').click()")?;
        page.wait_until("document.querySelector('[data-review]')?.dataset.review === '2'")?;
        let missed =
            page.evaluate("[...document.querySelectorAll('[data-missed]')].map((one) => one.dataset.missed).join()")?;
        ensure!(missed == "retention/2,retention/7", "{missed}");
        page.screenshot(&format!("review/two-{width}"))?;
        sound(&page, &format!("two at {width} px"))?;
        // By keyboard to the second one: its question is open again.
        page.evaluate("document.querySelector('[data-missed]').focus()")?;
        page.press("Tab")?;
        page.press("Enter")?;
        arrive(&page, 7)?;
        state(&page, "open")?;
        page.evaluate("document.querySelector('[data-number]').focus()")?;
        page.press("0")?;
        page.press("Enter")?;
        state(&page, "right")?;
        // And back: it has left the list.
        page.wait_until("document.querySelector('[data-action=review-back]') !== null")?;
        page.screenshot(&format!("review/back-{width}"))?;
        sound(&page, &format!("way back at {width} px"))?;
        page.evaluate("document.querySelector('[data-action=review-back]').click()")?;
        page.wait_until("document.querySelector('[data-review]')?.dataset.review === '1'")?;
        ensure!(
            text(&page, "title")?.is_empty() || page.evaluate("document.title.includes('Highwater')")? == true,
            "no title"
        );
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn storage_that_is_damaged_or_blocked_loses_nothing_else() -> Result<()> {
    let site = Site::shared()?;
    let page = site.page(View { reduced_motion: true, ..View::default() })?;
    page.go("#/?lang=en")?;
    page.wait_until("document.querySelector('[data-action=review]') !== null")?;
    // What was there before, broken lines, a question that is no longer there.
    page.evaluate("localStorage.setItem('highwater.progress', 'retention 3 8 2- last\\n{]\\nsegment-roll x\\n\\u0000 1 1 1-\\nkey-hash 16 16 done 99-')")?;
    page.evaluate("setTimeout(() => location.reload())")?;
    thread::sleep(Duration::from_secs(1));
    page.wait_until("document.querySelector('[data-card=key-hash].is-done') !== null")?;
    page.evaluate("document.querySelector('[data-action=review]').click()")?;
    page.wait_until("document.querySelector('[data-review]')?.dataset.review === '1'")?;
    let kept = page.evaluate("localStorage.getItem('highwater.progress')")?;
    ensure!(kept.as_str().is_some_and(|kept| kept.contains("retention 3 8 last 2-") && !kept.contains("99")), "{kept}");
    ensure!(page.problems().is_empty(), "{:?}", page.problems());
    // Without any storage the list lives as long as the page.
    let page = site.page(View { reduced_motion: true, ..View::default() })?;
    page.go("#/retention?step=2&lang=en")?;
    arrive(&page, 2)?;
    page.evaluate("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('blocked', 'SecurityError'); } }) && 0")?;
    page.evaluate("document.querySelector('.choice').click()")?;
    state(&page, "wrong")?;
    page.evaluate("location.hash = '#/review'")?;
    page.wait_until("document.querySelector('[data-review]')?.dataset.review === '1'")?;
    sound(&page, "blocked storage")
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn what_is_simplified_is_told_in_both_languages() -> Result<()> {
    let site = Site::shared()?;
    for (width, theme, lang, words) in [
        (360, Theme::Dark, "zh", "何时要紧"),
        (768, Theme::Light, "zh", "fetch session 的缓存是一整块"),
        (1_280, Theme::Light, "en", "The cache of fetch sessions is one piece"),
        (360, Theme::Light, "en", "BuiltInPartitioner"),
    ] {
        let page = site.page(View { theme, ..View::default() }.at_width(width))?;
        page.go(&format!("#/?lang={lang}"))?;
        page.wait_until("document.querySelector('[data-action=simplified]') !== null")?;
        page.evaluate("document.querySelector('[data-action=simplified]').click()")?;
        page.wait_until("Number(document.querySelector('[data-simplified]')?.dataset.simplified) > 8")?;
        page.screenshot(&format!("simplified/{lang}-{width}"))?;
        ensure!(
            page.evaluate(&format!("document.querySelector('main').textContent.includes('{words}')"))? == true,
            "{words}"
        );
        sound(&page, &format!("{lang} at {width} px"))?;
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn every_scenario_says_what_of_it_was_checked_against_kafka() -> Result<()> {
    let site = Site::shared()?;
    for (index, scenario) in site.scenarios()?.into_iter().enumerate() {
        let (width, theme) = [(360, Theme::Dark), (768, Theme::Light), (1_280, Theme::Dark)][index % 3];
        let lang = ["en", "zh"][index % 2];
        let page = site.page(View { theme, reduced_motion: true, ..View::default() }.at_width(width))?;
        page.go(&format!("#/{scenario}?step=2&lang={lang}"))?;
        arrive(&page, 2)?;
        page.evaluate("document.querySelector('[data-action=checked]').focus()")?;
        page.press("Enter")?;
        page.wait_until("document.querySelector('#checked')?.open === true")?;
        let checks = page.evaluate("document.querySelectorAll('#checked .checks li').length")?;
        ensure!(checks.as_u64().is_some_and(|checks| checks > 0), "{scenario} names no check");
        let told = text(&page, "#checked")?;
        ensure!(scenario != "key-hash" || (told.contains("murmur2") && told.contains("200")), "{told}");
        page.screenshot(&format!("checked/{scenario}-{width}"))?;
        sound(&page, &format!("{scenario} at {width} px"))?;
        // To what is simplified; Esc would have closed it.
        page.evaluate("document.querySelector('#checked [data-action=simplified]').click()")?;
        page.wait_until(
            "document.querySelector('[data-simplified]') !== null && document.querySelector('dialog') === null",
        )?;
    }
    Ok(())
}

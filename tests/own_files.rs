//! Files of a real broker, dropped on the built page.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use highwater_tests::browser::{Page, Site, Theme, View};

/// The recorded partition folder of a case, such as `zstd` or `damaged/flipped_payload_middle`.
pub(crate) fn recorded(case: &str) -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recordings/segments").join(case);
    let inside = fs::read_dir(&folder)?.filter_map(Result::ok).map(|entry| entry.path());
    inside.into_iter().find(|path| path.is_dir()).with_context(|| format!("{} has no partition", folder.display()))
}

/// Drops the files of a folder on the page, wherever that is.
pub(crate) fn drop_folder(page: &Page, folder: &Path) -> Result<()> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.push(format!("['{name}', '{}']", STANDARD.encode(fs::read(&path)?)));
    }
    page.evaluate(&format!(
        "(() => {{ const files = new DataTransfer(); \
         for (const [name, bytes] of [{}]) files.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name)); \
         document.body.dispatchEvent(new DragEvent('drop', {{ dataTransfer: files, bubbles: true, cancelable: true }})); }})()",
        files.join(",")
    ))?;
    page.wait_until("document.querySelector('[data-own=shown]') !== null")
}

fn text(page: &Page, selector: &str) -> Result<String> {
    let text = page.evaluate(&format!("document.querySelector('{selector}')?.innerText ?? ''"))?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

fn find(page: &Page, what: &str) -> Result<()> {
    page.evaluate(&format!(
        "(() => {{ const input = document.querySelector('[data-own-search]'); input.value = '{what}'; \
         input.dispatchEvent(new InputEvent('input', {{ bubbles: true }})); \
         document.querySelector('[data-action=find]').click(); }})()"
    ))?;
    page.wait_until("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_dropped_folder_is_looked_into() -> Result<()> {
    let site = Site::shared()?;
    for (width, theme, lang) in [(360, Theme::Light, "zh"), (768, Theme::Dark, "en"), (1_280, Theme::Light, "en")] {
        let page = site.page(View { theme, ..View::default() }.at_width(width))?;
        page.go(&format!("#/files?lang={lang}"))?;
        page.wait_until("document.querySelector('[data-own=empty]') !== null")?;
        page.screenshot(&format!("own/empty-{width}-{}", theme.name()))?;
        let mut problems = page.layout_problems()?;
        problems.extend(page.axe_violations()?.unwrap_or_default());
        // A folder of compressed batches: the codecs come with it.
        drop_folder(&page, &recorded("zstd")?)?;
        assert_eq!(text(&page, "[data-own-findings] li")?, "");
        page.evaluate("document.querySelectorAll('[data-own-batch]')[1].click()")?;
        page.wait_until("document.querySelector('[data-own-records]') !== null")?;
        let records = text(&page, ".rows.is-records tbody")?;
        assert!(records.contains("user-"), "{records}");
        find(&page, "20")?;
        page.wait_until("document.querySelector('[data-mark$=\"/probe-0\"]') !== null")?;
        let words = page.evaluate("document.querySelector('.own-words').textContent")?;
        assert!(words.as_str().is_some_and(|words| words.contains("20")), "{words}");
        page.screenshot(&format!("own/zstd-{width}-{}", theme.name()))?;
        problems.extend(page.layout_problems()?);
        problems.extend(page.axe_violations()?.unwrap_or_default());
        find(&page, "abc")?;
        assert!(text(&page, "[data-own-problem]")?.contains("abc"));
        find(&page, "999999")?;
        assert!(text(&page, "[data-own-problem]")?.contains("999999"));
        problems.extend(page.problems());
        assert!(problems.is_empty(), "at {width} px:\n{}", problems.join("\n"));
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn damage_is_told_and_the_rest_is_shown() -> Result<()> {
    let page = Site::shared()?.page(View::default().at_width(1_280))?;
    // From anywhere on the page.
    page.go("#/hw-two-rounds?step=2&lang=en")?;
    page.wait_until("document.querySelector('[data-player]') !== null")?;
    drop_folder(&page, &recorded("damaged/flipped_payload_middle")?)?;
    let told = text(&page, "[data-own-findings]")?;
    assert!(told.contains("CorruptRecordException") && told.contains("computed crc"), "{told}");
    let batches = page.evaluate("document.querySelectorAll('[data-own-batch]').length")?;
    assert!(batches.as_u64().is_some_and(|batches| batches > 1), "{batches}");
    page.screenshot("own/damaged")?;
    let mut problems = page.layout_problems()?;
    problems.extend(page.axe_violations()?.unwrap_or_default());
    // What is no file of a log is refused, and nothing is lost.
    page.evaluate("document.querySelector('[data-action=other-files]').click()")?;
    page.evaluate(
        "(() => { const files = new DataTransfer(); files.items.add(new File(['x'], 'holiday.jpg')); \
         document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true })); })()",
    )?;
    page.wait_until("document.querySelector('[data-own-problem]')?.innerText.includes('holiday.jpg') ?? false")?;
    problems.extend(page.problems());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn all_terms_are_listed_and_found_by_their_words() -> Result<()> {
    let site = Site::shared()?;
    for (width, theme, lang, words) in
        [(360, Theme::Dark, "zh", "高水位"), (1_280, Theme::Light, "en", "high watermark")]
    {
        let page = site.page(View { theme, ..View::default() }.at_width(width))?;
        page.go(&format!("#/terms?lang={lang}"))?;
        page.wait_until("Number(document.querySelector('[data-glossary]')?.dataset.glossary) > 50")?;
        page.screenshot(&format!("glossary/{width}-{}", theme.name()))?;
        let mut problems = page.layout_problems()?;
        problems.extend(page.axe_violations()?.unwrap_or_default());
        page.evaluate(&format!(
            "(() => {{ const input = document.querySelector('[data-search]'); input.value = '{words}'; \
             input.dispatchEvent(new InputEvent('input', {{ bubbles: true }})); }})()"
        ))?;
        page.wait_until(
            "document.querySelector('#term-hw') !== null && document.querySelector('#term-zombie') === null",
        )?;
        problems.extend(page.problems());
        assert!(problems.is_empty(), "at {width} px:\n{}", problems.join("\n"));
    }
    Ok(())
}

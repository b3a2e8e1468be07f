//! The browser harness against specimens: what it must find it finds, and what is right it leaves alone. Runs as `pages.rs`.

use anyhow::{Result, ensure};
use highwater_tests::browser::{Page, Site, View};

/// A page with nothing but `body` in it, at 360 px.
fn specimen(body: &str) -> Result<Page<'static>> {
    let page = Site::shared()?.page(View::default().at_width(360))?;
    page.go("styles/icon.svg")?;
    page.go("")?;
    page.wait_until("!document.querySelector('#shell')")?;
    page.evaluate(&format!("document.body.innerHTML = {}", serde_json::Value::from(body)))?;
    Ok(page)
}

/// A drawing of 300 × 100.
fn drawing(inside: &str) -> String {
    format!("<svg width='300' height='100' viewBox='0 0 300 100'>{inside}</svg>")
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn what_is_wrong_with_a_layout_is_found() -> Result<()> {
    let box_and = |rest: &str| {
        drawing(&format!("<g><rect class='box' x='10' y='10' width='60' height='30' fill='none'/>{rest}</g>"))
    };
    let cases = [
        (box_and("<text x='12' y='30'>much too long for it</text>"), "leaves its box"),
        (drawing("<text x='260' y='30'>over the edge</text>"), "leaves its drawing"),
        (drawing("<text x='10' y='30'>one</text><text x='14' y='32'>other</text>"), "lie on each other"),
        (drawing("<text x='10' y='30'>hidden</text><rect width='200' height='60'/>"), "is covered by"),
        (drawing("<text x='10' y='30'>struck</text><path d='M0 25H90' stroke='red' fill='none'/>"), "is crossed by"),
        (drawing("<path d='M20 0L30 50' stroke='red'/><text x='10' y='30'>struck</text>"), "is crossed by"),
        (drawing("<rect x='20' width='60' height='50' fill='gold'/><text x='10' y='30'>half</text>"), "lies half on"),
        ("<div id='narrow'>averyverylongwordthatdoesnotfit</div>".to_owned(), "is cut off by <div#narrow>"),
        ("<p>above</p><p id='up'>below</p>".to_owned(), "lie on each other"),
        ("<div id='wide'>wide</div>".to_owned(), "px wide in a window of 360 px"),
    ];
    for (body, expected) in cases {
        let page = specimen(&body)?;
        page.evaluate(
            "for (const [id, css] of [['narrow', { width: '60px', overflow: 'hidden' }], ['wide', { width: '500px' }], ['up', { position: 'relative', top: '-1.5em' }]]) \
             Object.assign(document.getElementById(id)?.style ?? {}, css)",
        )?;
        let found = page.layout_problems()?;
        ensure!(found.iter().any(|problem| problem.contains(expected)), "{body}: {found:?}");
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn a_right_layout_is_left_alone() -> Result<()> {
    let page = specimen(&format!(
        "{}<p>One line</p><p>and the next.</p>",
        drawing(
            "<rect width='300' height='100' fill='white'/><g><rect class='box' x='10' y='10' width='80' height='30' fill='none'/>\
             <text x='12' y='30'>fits</text></g><g><text x='150' y='30'>a note</text><rect width='300' height='100' fill='rgb(0 0 0 / .1)'/></g>\
             <path d='M20 80H250' stroke='red'/><rect x='15' y='65' width='100' height='30' fill='white'/><text x='20' y='85'>over a line</text>"
        )
    ))?;
    let found = page.layout_problems()?;
    ensure!(found.is_empty(), "{found:?}");
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn errors_and_what_the_policy_blocks_are_found() -> Result<()> {
    let cases = [
        ("console.error('broken')", "console: broken"),
        ("setTimeout(() => { throw new Error('thrown') })", "exception: Error: thrown"),
        ("document.body.innerHTML = '<p style=\"color: red\">x</p>'", "policy: style-src-attr"),
        ("document.body.innerHTML = '<img src=\"no-such.png\" alt=\"\">'", "404"),
    ];
    for (script, expected) in cases {
        let page = specimen("")?;
        page.evaluate(&format!("{script}; new Promise((done) => setTimeout(done, 300))"))?;
        let found = page.problems();
        ensure!(found.iter().any(|problem| problem.contains(expected)), "{script}: {found:?}");
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn axe_finds_a_button_without_a_name() -> Result<()> {
    let found = specimen("<main><h1>x</h1><button></button></main>")?.axe_violations()?;
    if let Some(found) = found {
        ensure!(found.iter().any(|violation| violation.starts_with("button-name")), "{found:?}");
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn keys_and_clicks_arrive_as_from_a_person() -> Result<()> {
    let page = specimen("<button id='b'>press</button>")?;
    page.evaluate(
        "window.seen = []; addEventListener('keydown', (e) => seen.push(`${e.key} ${e.code} ${e.isTrusted}`)); \
         document.getElementById('b').addEventListener('click', (e) => seen.push(`click ${e.isTrusted}`)); 0",
    )?;
    for key in ["ArrowRight", " ", "?", "Home"] {
        page.press(key)?;
    }
    page.click("#b")?;
    let seen = page.evaluate("seen.join(', ')")?;
    ensure!(seen == "ArrowRight ArrowRight true,   Space true, ? Slash true, Home Home true, click true", "{seen}");
    Ok(())
}

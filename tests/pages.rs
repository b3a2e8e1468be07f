//! The built site in a browser. `cargo xtask test` runs these; alone: `cargo xtask build`, then
//! `cargo test --package highwater-tests --test browser -- --ignored`.

use std::env;

use anyhow::{Result, bail};
use highwater_tests::browser::{self, Site, Theme, View};

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn every_scenario_can_be_walked_by_keyboard_to_its_end_and_back() -> Result<()> {
    let site = Site::shared()?;
    let scenarios = site.scenarios()?;
    let walks = if env::var("HIGHWATER_WALKS").is_ok_and(|walks| walks == "full") {
        browser::whole_matrix(&scenarios)
    } else {
        browser::spread(&scenarios)
    };
    let broken: Vec<_> = walks
        .iter()
        .filter_map(|walk| walk.run(site).err())
        .map(|error| format!("{error:#}"))
        .collect();
    if !broken.is_empty() {
        bail!(
            "{} of {} walks broke:\n{}",
            broken.len(),
            walks.len(),
            broken.join("\n")
        );
    }
    Ok(())
}

#[test]
#[ignore = "needs the built site and a browser: cargo xtask test"]
fn the_home_page_is_right_at_every_width_in_both_themes() -> Result<()> {
    let site = Site::shared()?;
    for width in [360, 768, 1_280] {
        for theme in [Theme::Light, Theme::Dark] {
            let view = View {
                theme,
                ..View::default()
            };
            let page = site.page(view.at_width(width))?;
            page.go("")?;
            page.wait_until("!document.querySelector('#shell')")?;
            page.screenshot(&format!("home/{width}-{}", theme.name()))?;
            let mut problems = page.layout_problems()?;
            problems.extend(page.axe_violations()?);
            problems.extend(page.problems());
            assert!(
                problems.is_empty(),
                "home at {width} px, {}:\n{}",
                theme.name(),
                problems.join("\n")
            );
        }
    }
    Ok(())
}

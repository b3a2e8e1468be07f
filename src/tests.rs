//! The page's components rendered natively to text, held against files that a person has read.
//! `UPDATE_GOLDEN=1` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use highwater_player::lang::Lang;

use crate::options::Theme;
use crate::{fixtures, render};

/// The words of a drawing with their classes, a line each, in the order in which they are drawn.
fn words(svg: &str) -> String {
    let texts = svg.split("<text").skip(1);
    let line = |text: &str| {
        let (attributes, rest) = text.split_once('>').unwrap();
        let class = attributes.split("class=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("");
        format!("{class}: {}\n", rest.split("</text>").next().unwrap())
    };
    texts.map(line).collect()
}

#[test]
fn every_scene_says_what_it_did_when_somebody_looked() {
    let mut told = String::new();
    for (name, scene) in fixtures::all() {
        for lang in Lang::ALL {
            for width in [856, 736, 336] {
                let svg = render::render_svg(&scene, None, lang, Theme::Light, width, &|_| None);
                assert!(svg.starts_with("<svg"), "{name}");
                assert!(
                    !svg.contains(&format!(" {}=", "style")),
                    "{name}: a strict policy blocks styles in attributes"
                );
                told += &format!("# {name}, {}, {width} px\n{}\n", lang.code(), words(&svg));
            }
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens/stage.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &told).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    for (number, (want, got)) in (1..).zip(golden.lines().zip(told.lines())) {
        assert_eq!(got, want, "tests/goldens/stage.txt line {number}");
    }
    assert_eq!(told.lines().count(), golden.lines().count());
}

#[test]
fn both_themes_stand_alone_with_their_own_colours() {
    let (_, scene) = fixtures::all().remove(0);
    let light = render::render_svg(&scene, None, Lang::En, Theme::Light, 856, &|_| None);
    let dark = render::render_svg(&scene, None, Lang::En, Theme::Dark, 856, &|_| None);
    assert_ne!(light, dark);
    for svg in [light, dark] {
        assert!(svg.contains("<style>") && svg.ends_with("</svg>"));
    }
}

#[test]
fn a_panel_can_be_drawn_alone() {
    let (_, scene) = fixtures::all().remove(0);
    let none = render::render_svg(&scene, Some("accumulator"), Lang::En, Theme::Light, 856, &|_| None);
    assert_eq!(words(&none), "");
}

/// The rules of a sheet, each in a line: selectors and declarations.
fn rules(sheet: &str) -> Vec<(String, String)> {
    let path = format!("{}/styles/{sheet}.css", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let rule = |line: &str| line.trim().split_once(" {").map(|(what, how)| (what.to_owned(), how.to_owned()));
    text.lines().filter_map(rule).collect()
}

#[test]
fn what_has_the_focus_has_an_outline_that_no_shadow_hides() {
    let base = rules("base");
    assert!(
        base.iter().any(|(what, how)| what == ":focus-visible" && how.contains("outline: 2px solid var(--accent)"))
    );
    for sheet in
        ["base", "home", "own", "question", "timeline", "words", "inspector", "why", "compare", "ledger", "notice"]
    {
        for (what, how) in rules(sheet).iter().filter(|(what, _)| what.contains(":focus")) {
            assert!(!how.contains("box-shadow"), "{sheet}: {what} has a shadow that a class of its own can hide");
            let is_drawn_elsewhere = [":focus", ".search input:focus-visible"].contains(&what.as_str());
            assert!(is_drawn_elsewhere || !how.contains("outline: none"), "{sheet}: {what}");
        }
    }
}

#[test]
fn a_narrow_player_says_its_sentence_over_the_picture() {
    let narrow = rules("player").into_iter().find(|(what, how)| what.ends_with(".player") && how.contains("184px"));
    assert!(narrow.unwrap().1.contains("--over: 1"));
    let order = |part: &str| {
        let of_part = rules("player").into_iter().find(|(what, how)| what.ends_with(part) && how.contains(" order: "));
        let how = of_part.unwrap().1.replace("calc(2 - 2 * var(--over))", "0");
        how.split(" order: ").nth(1).and_then(|rest| rest.split(';').next()).and_then(|n| n.parse::<u8>().ok()).unwrap()
    };
    let places = [".words-head", ".stage", ".ledger-place", ".bar"].map(order);
    assert!(places.is_sorted() && places[0] < places[1], "{places:?}");
}

//! Marks that answer a question: a dashed ring while they can be pointed at; afterwards a sign at each that is right, and
//! at one that was pointed at and is not.

use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use highwater_player::words::{Answered, Choice, Question};

use super::Picture;
use super::frame::Area;
use super::node::Node;

/// How far a ring lies outside of its mark, in CSS px.
const RING_PX: f64 = 2.5;
/// The radius of a sign, in CSS px.
const SIGN_PX: f64 = 9.0;

/// Marks the answers of `question` in the picture.
pub fn mark(picture: &mut Picture, question: &Question, lang: Lang) {
    let open = question.answered == Answered::Open;
    for node in &mut picture.nodes {
        each(node, question, open, lang);
    }
}

/// Whether each of its answers stands in the picture; where room is short, rows are folded.
pub fn all_there(picture: &Picture, question: &Question) -> bool {
    let areas = picture.areas();
    question.choices.iter().all(|choice| choice.mark.as_ref().is_none_or(|mark| areas.contains_key(mark)))
}

fn each(node: &mut Node, question: &Question, open: bool, lang: Lang) {
    for kid in &mut node.kids {
        each(kid, question, open, lang);
    }
    let Some(label) = node.label.clone() else { return };
    let of = |choice: &&Choice| choice.mark.is_some() && choice.mark == node.mark;
    let Some(choice) = question.choices.iter().find(of) else { return };
    let said = |key: &str| Phrase::new(key).with("label", label.as_str()).say(lang);
    let Some(area) = own_area(node) else { return };
    if open {
        node.label = Some(said("interface.ask.can_be"));
        node.attrs.push(("data-answer", "true".to_owned()));
        node.attrs.push(("aria-roledescription", Phrase::new("interface.ask.role").say(lang)));
        // Behind its words.
        node.kids.insert(0, ring(area, "answer-ring"));
        return;
    }
    let (key, class, sign) = match (choice.right, choice.chosen) {
        (Some(true), true) => ("interface.ask.was_right", "is-right", CHECK),
        (Some(true), false) => ("interface.ask.is_right", "is-right", CHECK),
        (_, true) => ("interface.ask.was_wrong", "is-wrong", CROSS),
        (_, false) => return,
    };
    node.label = Some(said(key));
    let badge = Node::group(area.x + area.w + 1.0, area.y - 1.0, &format!("answer-sign {class}"))
        .with(bare(Node::circle(0.0, 0.0, SIGN_PX, "")))
        .with(Node::path(sign, ""))
        .attr("aria-hidden", "true");
    node.kids.insert(0, ring(area, &format!("answer-ring {class}")));
    node.kids.push(badge);
}

const CHECK: &str = "M-4 .3l2.8 2.8L4 -3.2";
const CROSS: &str = "M-3.2 -3.2l6.4 6.4M3.2 -3.2l-6.4 6.4";

/// What a mark covers, in its own coordinates.
fn own_area(node: &Node) -> Option<Area> {
    let (x, y) = node.at.unwrap_or_default();
    node.bounds().map(|bounds| bounds.moved((-x, -y)))
}

/// A shape that belongs to no layout.
fn bare(mut node: Node) -> Node {
    node.area = None;
    node
}

fn ring(area: Area, class: &str) -> Node {
    let around = Area::new(area.x - RING_PX, area.y - RING_PX, area.w + 2.0 * RING_PX, area.h + 2.0 * RING_PX);
    bare(Node::rect(around, 7.0, class))
}

#[cfg(test)]
mod tests {
    use highwater_player::words::{Answering, Inline};

    use super::*;

    fn choice(mark: &str, right: Option<bool>, chosen: bool) -> Choice {
        Choice { label: vec![Inline::Text { text: mark.to_owned() }], right, chosen, mark: Some(mark.to_owned()) }
    }

    fn asked(answered: Answered, choices: Vec<Choice>) -> Question {
        let (ask, facts) = (Vec::new(), Vec::new());
        Question { ask, answering: Answering::Point, choices, answered, reason: None, facts }
    }

    fn picture() -> Picture {
        let mark = |name: &str| {
            Node::group(10.0, 0.0, "").with(Node::rect(Area::new(0.0, 0.0, 50.0, 40.0), 4.0, "")).named(name, name)
        };
        Picture { nodes: ["a", "b", "c"].into_iter().map(mark).collect(), ..Picture::default() }
    }

    #[test]
    fn open_answers_say_so_and_others_do_not() {
        let mut drawn = picture();
        let areas = drawn.areas();
        let question = asked(Answered::Open, vec![choice("a", None, false), choice("b", None, false)]);
        mark(&mut drawn, &question, Lang::En);
        let [a, _, c] = drawn.nodes.as_slice() else { panic!("three marks") };
        assert!(a.label.as_ref().is_some_and(|label| label.starts_with('a') && label.contains("answer")));
        assert!(a.attrs.contains(&("data-answer", "true".to_owned())));
        assert!(a.attrs.iter().any(|(name, said)| *name == "aria-roledescription" && !said.is_empty()));
        assert_eq!(c, &picture().nodes[2]);
        assert_eq!(drawn.areas(), areas, "nothing moves");
    }

    #[test]
    fn right_and_wrong_differ_in_shape_and_words() {
        let mut drawn = picture();
        let choices =
            vec![choice("a", Some(false), true), choice("b", Some(true), false), choice("c", Some(false), false)];
        mark(&mut drawn, &asked(Answered::Wrong, choices), Lang::En);
        let signs: Vec<Option<&str>> = drawn
            .nodes
            .iter()
            .map(|node| {
                let sign = node.kids.iter().find(|kid| kid.class.starts_with("answer-sign"))?;
                sign.kids.iter().find(|kid| kid.tag == "path").map(|path| path.attrs[0].1.as_str())
            })
            .collect();
        assert_eq!(signs, [Some(CROSS), Some(CHECK), None]);
        let labels: Vec<&String> = drawn.nodes.iter().filter_map(|node| node.label.as_ref()).collect();
        assert!(labels[0] != labels[1] && labels[0].len() > 2 && labels[1].len() > 2 && labels[2] == "c");
    }
}

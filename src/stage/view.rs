//! Draws a picture: one SVG, a memoized component for each row, lane and card in it.

use std::rc::Rc;

use yew::prelude::*;
use yew::virtual_dom::{VNode, VTag, VText};

use super::Picture;
use super::node::{Node, number};
use crate::action::Action;
use crate::browser;

/// What the stage draws.
pub struct StageProps<'a> {
    /// The picture.
    pub picture: &'a Picture,
    /// Where actions go; none where nobody can act.
    pub dispatch: Option<&'a Callback<Action>>,
    /// What it shows, in words.
    pub label: &'a str,
}

/// The SVG of a picture.
pub fn scene(props: &StageProps<'_>) -> Html {
    let picture = props.picture;
    let (width, height) = (number(picture.width), number(picture.height.ceil()));
    let onclick = props.dispatch.map(|dispatch| {
        let dispatch = dispatch.clone();
        Callback::from(move |event: MouseEvent| {
            if let Some(mark) = browser::mark_under(&event) {
                dispatch.emit(Action::Press(mark));
            }
        })
    });
    html! {
        <svg key="stage" class="scene" viewBox={format!("0 0 {width} {height}")} {width} {height} role="group" aria-label={props.label.to_owned()}
            tabindex="0" data-stage="true" {onclick}>
            { for picture.nodes.iter().enumerate().map(|(index, node)| element(node, index)) }
        </svg>
    }
}

#[derive(Properties, PartialEq)]
struct PartProps {
    node: Node,
}

/// A row, lane or card: drawn again only when something in it changed. The one thing besides the page that is a component
/// to Yew: each costs 4 KB.
struct Part;

impl Component for Part {
    type Message = ();
    type Properties = PartProps;

    fn create(_: &Context<Part>) -> Part {
        Part
    }

    fn view(&self, context: &Context<Part>) -> Html {
        tag(&context.props().node)
    }
}

/// An element of a picture, keyed by its mark or its place.
pub fn element(node: &Node, index: usize) -> VNode {
    let key = node.mark.clone().unwrap_or_else(|| format!("{}-{index}", node.tag));
    if node.is_part {
        return html! { <Part {key} node={node.clone()} /> };
    }
    let mut vnode = tag(node);
    if let VNode::VTag(tag) = &mut vnode {
        Rc::make_mut(tag).key = Some(key.into());
    }
    vnode
}

fn tag(node: &Node) -> VNode {
    let mut tag = VTag::new(node.tag);
    if !node.class.is_empty() {
        tag.add_attribute("class", node.class.clone());
    }
    if let Some((x, y)) = node.at.filter(|at| *at != (0.0, 0.0) || node.mark.is_some()) {
        tag.add_attribute("transform", format!("translate({},{})", number(x), number(y)));
    }
    for (name, value) in &node.attrs {
        tag.add_attribute(name, value.clone());
    }
    if let Some(mark) = &node.mark {
        tag.add_attribute("data-mark", mark.clone());
    }
    if let Some(label) = &node.label {
        tag.add_attribute("role", if node.is_group { "group" } else { "img" });
        tag.add_attribute("aria-label", label.clone());
        tag.add_attribute("tabindex", "-1");
    }
    if !node.text.is_empty() {
        tag.add_child(VText::new(node.text.clone()).into());
    }
    for (index, kid) in node.kids.iter().enumerate() {
        tag.add_child(element(kid, index));
    }
    tag.into()
}

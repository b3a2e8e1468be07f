//! Draws a picture: one SVG, a memoized component for each row, lane and card in it.

use std::rc::Rc;

use yew::prelude::*;
use yew::virtual_dom::{AttrValue, AttributeOrProperty, Attributes, VNode, VTag, VText};

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

/// The attributes of a shape: those that any element may have, and its own.
macro_rules! attributes {
    ($($own:literal),*) => {
        &[
            "class", "transform", "data-mark", "role", "aria-label", "tabindex", "opacity", "aria-hidden", "data-answer",
            "aria-roledescription", $($own),*
        ]
    };
}

/// What an element can have. Yew compares attributes whose names stand in one list by their places, and others by their names,
/// which takes several times as long.
fn names(tag: &str) -> &'static [&'static str] {
    match tag {
        "rect" | "svg" => attributes!["x", "y", "width", "height", "rx"],
        "circle" => attributes!["cx", "cy", "r"],
        "path" => attributes!["d"],
        "text" => attributes!["x", "y"],
        _ => attributes![],
    }
}

fn tag(node: &Node) -> VNode {
    let mut tag = VTag::new(node.tag);
    let keys = names(node.tag);
    let (mut values, mut others) = (vec![None; keys.len()], Vec::new());
    let mut set = |name: &'static str, value: AttrValue| match keys.iter().position(|key| *key == name) {
        Some(place) => {
            if let Some(place) = values.get_mut(place) {
                *place = Some(AttributeOrProperty::Attribute(value));
            }
        }
        None => others.push((name, value)),
    };
    if !node.class.is_empty() {
        set("class", shared(&node.class));
    }
    if let Some((x, y)) = node.at.filter(|at| *at != (0.0, 0.0) || node.mark.is_some()) {
        set("transform", shared(&["translate(", &number(x), ",", &number(y), ")"].concat()));
    }
    for (name, value) in &node.attrs {
        set(name, shared(value));
    }
    if let Some(mark) = &node.mark {
        set("data-mark", shared(mark));
    }
    if let Some(label) = &node.label {
        set("role", AttrValue::Static(if node.is_group { "group" } else { "img" }));
        set("aria-label", shared(label));
        set("tabindex", AttrValue::Static("-1"));
    }
    tag.attributes = Attributes::Dynamic { keys, values: values.into_boxed_slice() };
    for (name, value) in others {
        tag.add_attribute(name, value);
    }
    if !node.text.is_empty() {
        tag.add_child(VText::new(shared(&node.text)).into());
    }
    tag.add_children(node.kids.iter().enumerate().map(|(index, kid)| element(kid, index)));
    tag.into()
}

fn shared(text: &str) -> AttrValue {
    AttrValue::Rc(Rc::from(text))
}

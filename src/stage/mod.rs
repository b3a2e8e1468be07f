//! The picture: from a scene to places and shapes, and from these to SVG.
//!
//! [`draw`] is pure: a scene, a language and a width give the same [`Picture`] anywhere.

pub mod accumulator;
pub mod answers;
pub mod clients;
pub mod cluster;
pub mod compaction;
pub mod files;
pub mod focus;
pub mod frame;
pub mod group;
pub mod hero;
pub mod history;
pub mod network;
pub mod node;
pub mod partitioner;
pub mod replicas;
pub mod sequence;
pub mod share;
pub mod spread;
pub mod table;
#[cfg(all(test, feature = "render"))]
mod tests;
pub mod text;
pub mod thumb;
pub mod track;
pub mod view;

use highwater_player::sorted::{SortedMap, SortedSet};

use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use highwater_player::scene::{Panel, Scene};

use frame::{Area, Frame};
use network::Travel;
use node::Node;

/// Values that changed since an earlier scene: what they were, and what is new.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Marks with a value, and the value before.
    pub was: SortedMap<String, String>,
    /// Marks that were not there.
    pub new: SortedSet<String>,
}

impl Changes {
    /// What differs in `after`, by mark.
    pub fn between(before: &Scene, after: &Scene) -> Changes {
        let old = values(before);
        let mut changes = Changes::default();
        for (mark, value) in values(after) {
            match old.get(&mark) {
                None => {
                    changes.new.insert(mark);
                }
                Some(was) if *was != value => {
                    changes.was.insert(mark, was.clone());
                }
                Some(_) => {}
            }
        }
        changes
    }
}

/// The marks that carry a value which a reader can compare, with the value as text.
fn values(scene: &Scene) -> SortedMap<String, String> {
    let mut values = SortedMap::new();
    for panel in &scene.panels {
        let Panel::Cluster(cluster) = panel else { continue };
        for row in &cluster.replicas {
            values.insert(format!("{}/hw", row.id), row.high_watermark.value.to_string());
            values.insert(format!("{}/leo", row.id), row.log_end_offset.value.to_string());
            for record in row.records.iter().chain(row.ghosts.iter().map(|ghost| &ghost.cell)) {
                values.insert(record.id.clone(), String::new());
            }
            for float in &row.floats {
                let value = float.log_end_offset.value.map_or_else(|| "?".to_owned(), |offset| offset.to_string());
                values.insert(float.id.clone(), value);
            }
        }
    }
    values
}

/// How a picture is drawn, beside what it shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// The changes whose earlier values motion fades out.
    pub changes: Changes,
    /// Marks the changes by outline and words instead of motion.
    pub reduced: bool,
    /// A question is open: the mark that it is about carries a diamond.
    pub asking: bool,
    /// Rows of replicas that are shown in one line: they are the same in two futures. Only below 560 px.
    pub folded: Vec<String>,
}

/// Everything that layout reads.
pub struct Draw<'a> {
    /// What is shown.
    pub scene: &'a Scene,
    /// The words' language.
    pub lang: Lang,
    /// The room.
    pub frame: Frame,
    /// How it is drawn.
    pub look: &'a Look,
    /// What a screen reader says about a mark.
    pub label: &'a dyn Fn(&str) -> Option<String>,
}

impl Draw<'_> {
    /// Words in the picture's language.
    pub fn say(&self, phrase: impl std::borrow::Borrow<Phrase>) -> String {
        phrase.borrow().say(self.lang)
    }

    /// A mark's accessible name; its id where the player has none.
    pub fn label(&self, mark: &str) -> String {
        (self.label)(mark).unwrap_or_else(|| mark.to_owned())
    }

    /// New in this step.
    pub fn is_new(&self, mark: &str) -> bool {
        self.scene.new.iter().any(|new| new == mark)
    }

    /// New in this step, or what the step looks at.
    pub fn is_in_focus(&self, mark: &str) -> bool {
        self.is_new(mark) || self.scene.look.iter().any(|look| look == mark)
    }

    /// The row is shown in one line.
    pub fn is_folded(&self, mark: &str) -> bool {
        self.look.folded.iter().any(|folded| folded == mark)
    }

    /// The open question is about this mark.
    pub fn asks(&self, mark: &str) -> bool {
        self.look.asking && self.scene.look.len() == 1 && self.scene.look.first().is_some_and(|look| look == mark)
    }

    /// The words of a value; while it changes, the earlier ones too, which only motion shows.
    fn changing(&self, mark: &str, x: f64, y: f64, class: &str, now: &str, was: impl Fn(&str) -> String) -> Vec<Node> {
        let mut words = vec![Node::words(x, y, class, now).moving(format!("{mark}~now"))];
        if let Some(earlier) = self.look.changes.was.get(mark).filter(|_| !self.look.reduced) {
            let mut ghost = Node::words(x, y, class, was(earlier))
                .attr("opacity", "0")
                .attr("aria-hidden", "true")
                .moving(format!("{mark}~was"));
            ghost.area = None;
            words.push(ghost);
        }
        words
    }

    /// With reduced motion: an outline around what changed, and what it was.
    fn outlined(&self, node: Node, mark: &str, area: Area, at: Option<(f64, f64, &str)>) -> Node {
        if !self.look.reduced {
            return node;
        }
        let words = match self.look.changes.was.get(mark) {
            Some(was) => self.say(Phrase::new("interface.was").with("value", was.as_str())),
            None if self.look.changes.new.contains(mark) && !mark.ends_with("/hw") && !mark.ends_with("/leo") => {
                self.say(Phrase::new("interface.new"))
            }
            None => return node,
        };
        let ring = Area::new(area.x - 3.0, area.y - 3.0, area.w + 6.0, area.h + 6.0);
        let mut ring = Node::rect(ring, 6.0, "focus-ring");
        ring.area = None;
        let Some((x, y, class)) = at else {
            return node.with(ring);
        };
        let mut text = Node::words(x, y, class, words);
        text.area = None;
        node.with(ring).with(Node::group(0.0, 0.0, "note").with(text))
    }

    /// With reduced motion: the mark is outlined, and says what it was or that it is new.
    fn is_outlined(&self, mark: &str) -> bool {
        let changes = &self.look.changes;
        self.look.reduced && (changes.was.contains_key(mark) || changes.new.contains(mark))
    }
}

/// A scene laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// Width in CSS px.
    pub width: f64,
    /// Height in CSS px.
    pub height: f64,
    /// The shapes, back to front.
    pub nodes: Vec<Node>,
    /// The ways of the messages that are on the wire or have just been.
    pub travels: SortedMap<String, Travel>,
}

impl Picture {
    /// Where each mark and part stands in its parent.
    pub fn places(&self) -> SortedMap<String, (f64, f64)> {
        let mut places = SortedMap::new();
        self.walk(&mut |node, _| {
            if let (Some(mark), Some(at)) = (&node.mark, node.at) {
                places.insert(mark.clone(), at);
            }
        });
        places
    }

    /// The rectangles of the marks that can take the focus, on the stage.
    pub fn areas(&self) -> SortedMap<String, Area> {
        let mut areas = SortedMap::new();
        self.walk(&mut |node, origin| {
            if let (Some(mark), Some(_), Some(bounds)) = (&node.mark, &node.label, node.bounds()) {
                areas.insert(mark.clone(), bounds.moved(origin));
            }
        });
        areas
    }

    /// Calls `see` for every element with the place of its parent.
    pub fn walk<'a>(&'a self, see: &mut dyn FnMut(&'a Node, (f64, f64))) {
        for node in &self.nodes {
            node.walk((0.0, 0.0), see);
        }
    }
}

/// Space between two panels, in CSS px.
const BETWEEN_PANELS_PX: f64 = 28.0;

/// Lays out a scene. `only`, one of [`KINDS`], leaves out the panels of other kinds.
pub fn draw(draw: &Draw<'_>, only: Option<&str>) -> Picture {
    let mut picture = Picture { width: draw.frame.width, ..Picture::default() };
    let mut drawn = 0;
    for panel in &draw.scene.panels {
        if only.is_some_and(|only| only != kind(panel)) {
            continue;
        }
        if drawn > 0 {
            let y = picture.height + BETWEEN_PANELS_PX / 2.0 - 4.0;
            picture.nodes.push(Node::path(format!("M0 {}H{}", node::number(y), node::number(picture.width)), "rule"));
            picture.height += BETWEEN_PANELS_PX;
        }
        let part = match panel {
            Panel::Cluster(panel) => cluster::draw(draw, panel),
            Panel::Partitioner(panel) => partitioner::draw(draw, panel),
            Panel::Accumulator(panel) => accumulator::draw(draw, panel, drawn > 0),
            Panel::Files(panel) => files::draw(draw, panel),
            Panel::Compaction(panel) => compaction::draw(draw, panel),
            Panel::History(panel) => history::draw(draw, panel),
            Panel::Replicas(panel) => replicas::draw(draw, panel),
            Panel::Spread(panel) => spread::draw(draw, panel),
            Panel::Table(panel) => table::draw(draw, panel),
            Panel::Group(panel) => group::draw(draw, panel),
            Panel::Share(panel) => share::draw(draw, panel),
        };
        let y = picture.height;
        if drawn == 0 {
            picture.nodes.extend(part.nodes);
        } else {
            picture.nodes.push(Node::group(0.0, y, "").with_all(part.nodes));
        }
        picture.travels.extend(part.travels);
        picture.height += part.height;
        drawn += 1;
    }
    picture
}

/// The names of all kinds of panels.
pub const KINDS: [&str; 11] = [
    "accumulator",
    "cluster",
    "compaction",
    "files",
    "group",
    "history",
    "partitioner",
    "replicas",
    "share",
    "spread",
    "table",
];

/// The name of a panel's kind.
pub fn kind(panel: &Panel) -> &'static str {
    match panel {
        Panel::Cluster(_) => "cluster",
        Panel::Partitioner(_) => "partitioner",
        Panel::Accumulator(_) => "accumulator",
        Panel::Files(_) => "files",
        Panel::Compaction(_) => "compaction",
        Panel::Replicas(_) => "replicas",
        Panel::Spread(_) => "spread",
        Panel::History(_) => "history",
        Panel::Table(_) => "table",
        Panel::Group(_) => "group",
        Panel::Share(_) => "share",
    }
}

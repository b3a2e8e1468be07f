//! The log on the course's home: the shell of the page shows the same one while it loads.

use highwater_player::lang::Lang;
use highwater_player::scene::cluster::{ClusterPanel, RecordCell, ReplicaRow, Role, Standing};
use highwater_player::scene::{Scene, Shown};

use super::frame::{Frame, Mode};
use super::node::Node;
use super::track::{self, Measures};
use super::{Draw, Look, Picture};

const RECORDS: [(&str, &str, u8); 6] = [
    ("new", "u17", 1),
    ("new", "u42", 2),
    ("paid", "u17", 1),
    ("ship", "u17", 1),
    ("paid", "u42", 2),
    ("new", "u8", 3),
];

/// Four records under the water, two dry.
pub fn draw(narrow: bool) -> Picture {
    let shown = |value: i64| Shown { value, key: String::new() };
    let row = ReplicaRow {
        id: "hero".to_owned(),
        broker: 1,
        role: Role::Leader,
        in_isr: true,
        in_elr: false,
        rack: None,
        stored: Vec::new(),
        standing: Standing::Up,
        cuts: Vec::new(),
        is_deposed: false,
        clock: None,
        ghosts: Vec::new(),
        records: (0..)
            .zip(RECORDS)
            .map(|(offset, (value, key, color))| RecordCell {
                id: format!("hero/record-{offset}"),
                offset,
                key: Some(key.to_owned()),
                value: Some(value.to_owned()),
                color,
                committed: offset < 4,
                differs: false,
                batch: offset,
            })
            .collect(),
        high_watermark: shown(4),
        log_end_offset: shown(6),
        epochs: Vec::new(),
        floats: Vec::new(),
    };
    let panel = ClusterPanel {
        partition: "hero".to_owned(),
        isr: Shown { value: Vec::new(), key: String::new() },
        elr: Vec::new(),
        leader: Some(1),
        cuts: Vec::new(),
        first_offset: 0,
        replicas: vec![row.clone()],
        clients: Vec::new(),
        messages: Vec::new(),
    };
    let frame = Frame { width: 856.0, mode: Mode::Wide, is_low: false };
    let (width, pitch, cell_w) = if narrow { (336.0, 47.0, 42.0) } else { (470.0, 60.0, 54.0) };
    let measures =
        Measures { cell_w, pitch, box_w: width, header: 12.0, top: 56.0, ..Measures::of(&panel, frame, &[]) };
    let scene = Scene::default();
    let look = Look::default();
    let draw = Draw { scene: &scene, lang: Lang::En, frame, look: &look, label: &|_| None };
    let mut log = track::track(&draw, &measures, &row, width - 12.0 - 6.0);
    forget_marks(&mut log);
    Picture { width, height: 150.0, nodes: vec![log], ..Picture::default() }
}

/// A picture only: nothing in it takes the focus.
fn forget_marks(node: &mut Node) {
    node.mark = None;
    node.label = None;
    node.kids.iter_mut().for_each(forget_marks);
}

//! From the world to a scene. Pure: the same world and view give the same scene.

mod accumulator;
mod cluster;
mod compaction;
pub(crate) mod files;
mod group;
mod history;
mod partitioner;
mod replicas;
mod share;
mod spread;
mod summary;
pub(crate) mod table;

pub(crate) use cluster::{is_lost, records as cells_of, sent_to};
use highwater_sim::ids::TopicPartition;
use highwater_sim::world::World;
pub(crate) use summary::summary;

use super::partitioner::MovedShare;
use super::{MarkId, Panel, Scene};
use crate::past::Seen;
use crate::script::{FilesShow, PanelKind, Stage, Step};

/// The most records of a log that a scene holds.
pub const RECORDS_MAX: i64 = 64;

/// What of the world a step shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The panels, in reading order.
    pub panels: Vec<PanelKind>,
    /// The partition of the cluster panel and of those about files.
    pub partition: Option<TopicPartition>,
    /// The topic of the partitioner, accumulator, replicas and spread panels; that of `partition` if none is said.
    pub topic: Option<String>,
    /// The producer of the partitioner and accumulator panels.
    pub producer: Option<String>,
    /// The group of the group panel.
    pub group: Option<String>,
    /// How many seconds its lines of time show.
    pub seconds: u32,
    /// The key that the partitioner panel is about.
    pub key: Option<String>,
    /// How far its stages are shown.
    pub through: Stage,
    /// An earlier partition count to compare with.
    pub before: Option<i32>,
    /// A measurement over many keys: `(prefix, keys, from, to)`.
    pub moves: Option<(String, i64, i32, i32)>,
    /// What the panels about files show.
    pub files: FilesShow,
    /// What the step looks at.
    pub look: Vec<MarkId>,
    /// What happened before.
    pub seen: Seen,
}

impl View {
    /// What `step` shows.
    pub fn of(step: &Step) -> View {
        let show = &step.show;
        View {
            panels: show.panels.clone(),
            partition: Some(show.partition.clone()),
            topic: Some(show.topic.clone()),
            producer: show.producer.clone(),
            group: show.group.clone(),
            seconds: show.seconds,
            key: show.key.clone(),
            through: show.through,
            before: show.before,
            moves: show.moves.as_ref().map(|moves| (moves.prefix.clone(), moves.count.into(), moves.from, moves.to)),
            files: show.files.clone(),
            look: step.look.clone(),
            seen: Seen::default(),
        }
    }

    /// The topic of the panels about a whole topic.
    fn topic(&self) -> Option<&str> {
        self.topic.as_deref().or(self.partition.as_ref().map(|partition| &*partition.topic))
    }
}

impl Default for View {
    fn default() -> View {
        View {
            panels: Vec::new(),
            partition: None,
            topic: None,
            producer: None,
            group: None,
            seconds: 8,
            key: None,
            through: Stage::Key,
            before: None,
            moves: None,
            files: FilesShow::default(),
            look: Vec::new(),
            seen: Seen::default(),
        }
    }
}

/// Keys in the order of their first appearance in the scenario: their colours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    keys: Vec<Option<String>>,
}

impl Palette {
    /// Notes a key, if it is new.
    pub fn note(&mut self, key: Option<&str>) {
        if !self.keys.iter().any(|known| known.as_deref() == key) {
            self.keys.push(key.map(str::to_owned));
        }
    }

    /// The key has appeared.
    pub fn knows(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known.as_deref() == Some(key))
    }

    /// The key's place in the order of appearance; last for an unknown one.
    pub fn rank(&self, key: &str) -> usize {
        self.keys.iter().position(|known| known.as_deref() == Some(key)).unwrap_or(usize::MAX)
    }

    /// The colour of a key, 1 to 6; the seventh key starts again at 1.
    pub fn color(&self, key: Option<&str>) -> u8 {
        let index = self.keys.iter().position(|known| known.as_deref() == key).unwrap_or(0);
        u8::try_from(index % 6).unwrap_or(0) + 1
    }
}

/// The picture of `world`, as `view` wants it.
pub fn scene(world: &World, view: &View, palette: &Palette) -> Scene {
    let panels = view
        .panels
        .iter()
        .filter_map(|panel| match panel {
            PanelKind::Cluster => cluster::panel(world, view, palette).map(Panel::Cluster),
            // A card in the cluster panel.
            PanelKind::Controller => None,
            PanelKind::History => history::panel(world, view).map(Panel::History),
            PanelKind::Partitioner => partitioner::panel(world, view, palette).map(Panel::Partitioner),
            PanelKind::Replicas => replicas::panel(world, view, palette).map(Panel::Replicas),
            PanelKind::Spread => spread::panel(world, view).map(Panel::Spread),
            PanelKind::Accumulator => accumulator::panel(world, view).map(Panel::Accumulator),
            PanelKind::Files => files::panel(world, view).map(Panel::Files),
            PanelKind::Compaction => compaction::panel(world, view, palette).map(Panel::Compaction),
            PanelKind::Epochs => table::epochs_panel(world, view).map(Panel::Table),
            PanelKind::Share => share::panel(world, view, palette).map(Box::new).map(Panel::Share),
            PanelKind::Group => group::panel(world, view).map(Box::new).map(Panel::Group),
            PanelKind::Producers => table::producers_panel(world, view).map(Panel::Table),
        })
        .collect();
    Scene { time_us: world.now().0, panels, look: view.look.clone(), new: Vec::new() }
}

/// Hashes `keys` keys for two partition counts.
pub fn measure_moves(topic: &str, (prefix, keys, from, to): &(String, i64, i32, i32)) -> MovedShare {
    let (from, to) = ((*from).max(1), (*to).max(1));
    let slots = |count: i32| vec![0_i64; usize::try_from(count).unwrap_or(1)];
    let (mut counts_before, mut counts_after, mut moved) = (slots(from), slots(to), 0_i64);
    for number in 0..*keys {
        let key = format!("{prefix}{number}");
        let before = partitioner::partition_of(key.as_bytes(), from);
        let after = partitioner::partition_of(key.as_bytes(), to);
        moved += i64::from(before != after);
        for (counts, partition) in [(&mut counts_before, before), (&mut counts_after, after)] {
            if let Some(count) = usize::try_from(partition).ok().and_then(|index| counts.get_mut(index)) {
                *count += 1;
            }
        }
    }
    MovedShare { id: format!("moves/{topic}"), keys: *keys, from, to, moved, counts_before, counts_after }
}

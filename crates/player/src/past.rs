//! What a picture shows of the past: records that were cut off, what the controller wrote last, who led when. It is found in
//! the facts once, when a scenario is opened.

use std::rc::Rc;

use highwater_sim::fact::{FactKind, UnflushedLost};
use highwater_sim::ids::{BrokerId, TopicPartition};
use highwater_sim::metadata::PartitionRegistration;

use crate::history::History;
use crate::phrase::Phrase;
use crate::scene::build::{Palette, cells_of};
use crate::scene::cluster::RecordCell;

/// The most cuts that are kept; the pictures of more would show none of the later ones.
const CUTS_MAX: usize = 256;

/// The past of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    cuts: Vec<Cut>,
    written: Vec<Written>,
}

/// Records that a replica had and has no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The number of the fact.
    pub fact: usize,
    /// The broker.
    pub broker: i32,
    /// The partition.
    pub partition: TopicPartition,
    /// The records, as they were.
    pub cells: Vec<RecordCell>,
}

/// A record that the controller wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The number of the fact.
    pub fact: usize,
    /// Virtual time in microseconds.
    pub at_us: u64,
    /// What it says.
    pub what: What,
}

/// What a record of the controller says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// How a partition is from now on.
    Partition(TopicPartition, Reign),
    /// What became of a broker.
    Broker(i32, BrokerChange),
}

/// A partition as the controller has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reign {
    /// Who leads; none if nobody does.
    pub leader: Option<i32>,
    /// The leader epoch.
    pub epoch: i32,
    /// The ISR.
    pub isr: Vec<i32>,
    /// The eligible leader replicas.
    pub elr: Vec<i32>,
}

/// What became of a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerChange {
    /// It registered, and is fenced still.
    Registered,
    /// It is fenced.
    Fenced,
    /// It is fenced no more.
    Unfenced,
    /// It wants to stop.
    Stopping,
}

impl BrokerChange {
    /// In words.
    pub fn phrase(self, broker: i32) -> Phrase {
        let key = match self {
            BrokerChange::Registered => "scene.controller_registered",
            BrokerChange::Fenced => "scene.controller_fenced",
            BrokerChange::Unfenced => "scene.controller_unfenced",
            BrokerChange::Stopping => "scene.controller_stopping",
        };
        Phrase::new(key).with("broker", broker)
    }
}

/// The past up to a moment, as a picture shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// All of it.
    pub past: Rc<Past>,
    /// How many facts there are at the moment.
    pub now: usize,
    /// How many there were when the step began.
    pub since_step: usize,
    /// How many there were when the chapter began.
    pub since_chapter: usize,
}

impl Past {
    /// The past of all of a history.
    pub fn of(history: &History, palette: &Palette) -> Past {
        let mut past = Past::default();
        for (fact, told) in history.facts().iter().enumerate() {
            let what = match &told.kind {
                FactKind::PartitionRecord { partition, replicas: _, isr, leader, leader_epoch, partition_epoch: _ } => {
                    let leader = Some(leader.0).filter(|leader| *leader >= 0);
                    let reign = Reign { leader, epoch: leader_epoch.0, isr: ids(isr), elr: Vec::new() };
                    What::Partition(partition.clone(), reign)
                }
                FactKind::PartitionChangeRecord { partition, registration, .. } => {
                    What::Partition(partition.clone(), Reign::of(registration))
                }
                FactKind::RegisterBrokerRecord { broker, .. } => What::Broker(broker.0, BrokerChange::Registered),
                FactKind::BrokerRegistrationChangeRecord { broker, fenced, in_controlled_shutdown } => {
                    let change = match (fenced, in_controlled_shutdown) {
                        (true, _) => BrokerChange::Fenced,
                        (false, true) => BrokerChange::Stopping,
                        (false, false) => BrokerChange::Unfenced,
                    };
                    What::Broker(broker.0, change)
                }
                FactKind::LogTruncated { broker, partition, .. }
                | FactKind::LogLoaded { broker, partition, .. }
                | FactKind::UnflushedLost(UnflushedLost { broker, partition, .. }) => {
                    past.cut(history, fact, (*broker, partition), palette);
                    continue;
                }
                _ => continue,
            };
            past.written.push(Written { fact, at_us: told.at.0, what });
        }
        past
    }

    #[inline(never)]
    fn cut(
        &mut self,
        history: &History,
        fact: usize,
        (broker, partition): (BrokerId, &TopicPartition),
        palette: &Palette,
    ) {
        if self.cuts.len() >= CUTS_MAX {
            return;
        }
        let Some((before, after)) = history.around(fact) else { return };
        let (Some(before), Some(after)) = (before.replica(broker, partition), after.replica(broker, partition)) else {
            return;
        };
        let from = after.log_end_offset().0;
        let mut cells = cells_of(&format!("broker-{broker}/{partition}"), before, from, palette);
        for cell in &mut cells {
            cell.id = format!("broker-{broker}/{partition}/cut-{}", cell.offset);
        }
        if !cells.is_empty() {
            self.cuts.push(Cut { fact, broker: broker.0, partition: partition.clone(), cells });
        }
    }
}

impl Reign {
    fn of(registration: &PartitionRegistration) -> Reign {
        Reign {
            leader: registration.leader.map(|leader| leader.0),
            epoch: registration.leader_epoch.0,
            isr: ids(&registration.isr),
            elr: ids(&registration.elr),
        }
    }
}

fn ids(brokers: &[BrokerId]) -> Vec<i32> {
    brokers.iter().map(|id| id.0).collect()
}

impl Seen {
    /// The cuts of this chapter until now, oldest first.
    pub fn cuts(&self) -> &[Cut] {
        let cuts = &self.past.cuts;
        let from = cuts.partition_point(|cut| cut.fact < self.since_chapter);
        cuts.get(from..cuts.partition_point(|cut| cut.fact < self.now)).unwrap_or_default()
    }

    /// What the controller has written until now, oldest first.
    pub fn written(&self) -> &[Written] {
        let written = &self.past.written;
        written.get(..written.partition_point(|written| written.fact < self.now)).unwrap_or_default()
    }
}

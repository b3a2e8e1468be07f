//! Builds the accumulator panel.

use highwater_sim::world::World;

use super::View;
use crate::scene::accumulator::AccumulatorPanel;

pub(super) fn panel(_world: &World, _view: &View) -> Option<AccumulatorPanel> {
    None
}

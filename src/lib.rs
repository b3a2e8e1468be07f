//! The page: the course's home and the player around the stage. Reads only what `highwater-player` gives it.

#[cfg(test)]
mod fixtures;
pub mod options;
#[cfg(feature = "render")]
pub mod render;
pub mod stage;
#[cfg(all(test, feature = "render"))]
mod tests;

//! Where in somebody's bytes an error is.

use std::fmt;

/// A field by Kafka's name, and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The field.
    pub field: &'static str,
    /// Its first byte, from the beginning of the file, the batch, the request, the key or the value.
    pub position: usize,
}

impl Location {
    /// A field at a byte.
    pub(crate) fn new(field: &'static str, position: usize) -> Location {
        Location { field, position }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.field, self.position)
    }
}

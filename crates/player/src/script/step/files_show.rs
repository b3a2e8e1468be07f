//! What the panels about files show.

/// What the panels about files show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "author",
    derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema),
    serde(deny_unknown_fields)
)]
pub struct FilesShow {
    /// The offset that is looked for.
    #[cfg_attr(feature = "author", serde(default))]
    pub lookup: Option<i64>,
    /// The timestamp that is looked for, in ms since the epoch.
    #[cfg_attr(feature = "author", serde(default))]
    pub timestamp: Option<i64>,
    /// How far the search is shown; all of it if absent.
    #[cfg_attr(feature = "author", serde(default))]
    pub through: SearchStage,
    /// How many of the comparisons are shown; all if absent.
    #[cfg_attr(feature = "author", serde(default))]
    pub probes: Option<u32>,
    /// Shows the bytes of the batch that holds this offset.
    #[cfg_attr(feature = "author", serde(default))]
    pub batch: Option<i64>,
    /// The fields of the batch that the step is about, by Kafka's names; with records, those of the first one.
    #[cfg_attr(feature = "author", serde(default))]
    pub fields: Vec<String>,
    /// Shows the bytes of the records, not those of the header.
    #[cfg_attr(feature = "author", serde(default))]
    pub records: bool,
    /// Shows what each segment is measured by.
    #[cfg_attr(feature = "author", serde(default))]
    pub gauges: Option<Gauges>,
    /// Shows the index entries of the active segment.
    #[cfg_attr(feature = "author", serde(default))]
    pub entries: bool,
    /// Shows the offset map that the cleaner makes.
    #[cfg_attr(feature = "author", serde(default))]
    pub map: bool,
}

#[cfg(feature = "author")]
impl FilesShow {
    /// Nothing beside the segments.
    pub(super) fn is_plain(&self) -> bool {
        *self == FilesShow::default()
    }
}

/// A part of the search for an offset or a timestamp.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    feature = "author",
    derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema),
    serde(rename_all = "snake_case")
)]
pub enum SearchStage {
    /// The segment.
    File,
    /// The entry of its index.
    Entry,
    /// The batches from there on.
    #[default]
    Scan,
}

/// What segments are measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "author",
    derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema),
    serde(rename_all = "snake_case")
)]
pub enum Gauges {
    /// What makes a log begin a new one.
    Roll,
    /// What makes it be deleted.
    Retention,
}

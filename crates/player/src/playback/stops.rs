//! The timeline: stops and chapters.

use crate::words::Answered;

/// A stop on the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The step's number, from 1.
    pub number: usize,
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its chapter, from 0.
    pub chapter: usize,
    /// Its question, if it has one.
    pub question: Option<Answered>,
}

/// A chapter on the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chapter {
    /// Its title.
    pub title: String,
    /// The number of its first step, from 1.
    pub first: usize,
}

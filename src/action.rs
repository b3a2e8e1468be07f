//! Everything that can happen to the page. Buttons, keys, links, timers and the network all say it in these words.

use highwater_player::command::Command;
use highwater_player::lang::Lang;

use crate::compare::form::ForkAction;
use crate::motion::Speed;
use crate::options::{self, Theme, View};
use crate::own_files::FilesAction;
use crate::stage::focus::Direction;

/// One thing that happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Something that the player is asked for.
    Go(Command),
    /// To the first step of a chapter, from 1.
    Chapter(usize),
    /// Play, or pause.
    PlayPause,
    /// Another speed.
    Speed(Speed),
    /// Another view.
    View(View),
    /// Another language.
    Lang(Lang),
    /// Another theme.
    Theme(Theme),
    /// All keys, shown or not.
    Help(bool),
    /// The menu of narrow players, shown or not.
    Menu(bool),
    /// A term's gloss in its place, or none.
    Gloss(Option<String>),
    /// What was checked against Kafka, shown or not.
    Checked(bool),
    /// The list of what was checked is here, or is not.
    CheckedReady(Result<String, String>),
    /// The marks that a fact is about, in the picture of its step.
    Show(usize, Vec<String>),
    /// Why a mark shows what it shows, or no longer.
    Why(Option<String>),
    /// The focus has left the card that says why: where that is a sheet over the page, it goes.
    LeaveWhy,
    /// A mark is clicked, tapped, or has the focus at Enter.
    Press(String),
    /// The inspector looks into a mark, or is closed.
    Inspect(Option<String>),
    /// The inspector looks into what the step is about; where it is open, it is closed.
    InspectHere,
    /// The facts that are about a mark.
    FactsOf(String),
    /// So many of the last messages are passed over.
    SequenceBack(usize),
    /// The link to this picture.
    Share(ShareAction),
    /// Two futures side by side.
    Fork(ForkAction),
    /// To the question of the step.
    ToQuestion,
    /// To the first mark that answers the question.
    ToMarks,
    /// A number was given as the answer, as it was written.
    Give(String),
    /// A filter of the facts.
    Filter(FactFilter),
    /// Words to search the course for.
    Search(String),
    /// Only this family of the course, or all.
    Family(Option<String>),
    /// The messages about the link have been read.
    Dismiss,
    /// Load again what did not load.
    Again,
    /// Dragging on the timeline: to this step.
    Scrub(usize),
    /// The pointer let go of the timeline.
    ScrubEnd,
    /// Some time after that, transitions are back.
    ScrubOver(u32),
    /// An arrow within the stage.
    Arrow(Option<String>, Direction),
    /// Esc.
    Escape,
    /// The location changed.
    Hash(String),
    /// The course's list in a language arrived, or why it did not.
    Course(Lang, Result<String, String>),
    /// The tags of the course arrived, or why they did not.
    Tags(Result<String, String>),
    /// A scenario arrived, or why it did not.
    Scenario(String, Result<String, String>),
    /// The words of a language arrived, or why they did not.
    Words(Lang, Result<String, String>),
    /// A packed scenario that somebody brought: its name and its text.
    Brought(String, String),
    /// The second part of the program is here for this, or is not.
    More(Result<(), String>, Box<Action>),
    /// Files, or entries that lead to files, were dropped on the page.
    Dropped(js_sys::Array),
    /// Something about files that a reader brought.
    Files(FilesAction),
    /// The part of the program that looks into files is here, or is not; and what was dropped before it was.
    FilesReady(Result<(), String>, Option<js_sys::Array>),
    /// The words of all terms are here, or are not.
    TermsReady(Result<(), String>),
    /// The browser begins to print, or has printed.
    Print(bool),
    /// The player's width in CSS px.
    Width(f64),
    /// It is time for the next beat of a playing step (the number is the motion's).
    Beat(u32),
    /// A playing step is over.
    Rest(u32),
    /// The reading pause between two steps is over.
    Onward(u32),
}

impl Action {
    /// The second part of the program does it: what not every reader asks for.
    pub fn needs_more(&self) -> bool {
        match self {
            Action::View(view) => *view != View::Stage,
            Action::Why(mark) | Action::Inspect(mark) => mark.is_some(),
            Action::Hash(hash) => {
                let link = options::parse(hash);
                !link.forks.is_empty() || link.view.is_some_and(|view| view != View::Stage)
            }
            Action::Menu(shown) | Action::Help(shown) => *shown,
            Action::Press(_) | Action::InspectHere | Action::Checked(_) | Action::Fork(_) | Action::Share(_) => true,
            _ => false,
        }
    }
}

/// One thing that happens to the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareAction {
    /// Shows it.
    Open,
    /// No longer.
    Close,
    /// Puts it into the clipboard.
    Copy,
    /// It is there, or could not be put there.
    Copied(bool),
}

/// Which facts the list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactFilter {
    /// Only those about this broker.
    pub broker: Option<i32>,
    /// Only those about this partition.
    pub partition: Option<String>,
    /// Only those of this name.
    pub kind: Option<String>,
    /// Only those about this mark, or about a part of it.
    pub mark: Option<String>,
    /// Only those whose sentence has these words.
    pub words: String,
}

//! The place where a reader looks into files of a real broker.

use std::rc::Rc;

use highwater_player::lang::Lang;
use highwater_player::own_files::{Look, OwnFiles, Search};
use highwater_player::phrase::Phrase;
use highwater_player::scene::{Scene, text};

use crate::browser::files::Happening;
use crate::options;
use crate::stage::frame::Frame;
use crate::stage::{self, Draw, Picture};

/// What a reader does there, and what happens.
#[derive(Clone, Debug)]
pub enum FilesAction {
    /// Files were dropped or picked: entries or files.
    Offered(js_sys::Array),
    /// They are being read.
    Happened(u32, Happening),
    /// Something else of them is looked at.
    Look(Look),
    /// What was typed to be searched for.
    Typed(String),
    /// Whether timestamps are searched for.
    ByTime(bool),
    /// The search begins.
    Find,
    /// Other files, please.
    Again,
}

impl PartialEq for FilesAction {
    /// Each happens once.
    fn eq(&self, _: &FilesAction) -> bool {
        false
    }
}

/// How far it is.
#[derive(Clone, Debug, Default)]
pub enum Stage {
    /// Nothing is here yet.
    #[default]
    Empty,
    /// Files are being read: how far, in thousandths.
    Reading(u32),
    /// They are here.
    Shown(Rc<OwnFiles>),
}

/// The place.
#[derive(Clone, Debug, Default)]
pub struct FilesPlace {
    /// How far it is.
    pub stage: Stage,
    /// What is looked at.
    pub look: Look,
    /// What is typed to be searched for.
    pub typed: String,
    /// Timestamps are searched for, not offsets.
    pub by_time: bool,
    /// What cannot be done, and why.
    pub problem: Option<Phrase>,
    /// Counts what was offered: what an earlier reading tells is not heard.
    pub serial: u32,
}

impl FilesPlace {
    /// Does what is asked. Gives what is to be read.
    pub fn act(&mut self, action: FilesAction) -> Option<js_sys::Array> {
        match action {
            FilesAction::Offered(things) => {
                let serial = self.serial.wrapping_add(1);
                *self = FilesPlace { stage: Stage::Reading(0), serial, ..FilesPlace::default() };
                return Some(things);
            }
            FilesAction::Happened(serial, _) if serial != self.serial => {}
            FilesAction::Happened(_, Happening::Progress(thousandths)) => self.stage = Stage::Reading(thousandths),
            // The page plays it.
            FilesAction::Happened(_, Happening::Scenario(..)) => {}
            FilesAction::Happened(_, Happening::Done(Ok(files))) => self.stage = Stage::Shown(files),
            FilesAction::Happened(_, Happening::Done(Err(problem))) => {
                (self.stage, self.problem) = (Stage::Empty, Some(problem));
            }
            FilesAction::Look(look) => self.look = look,
            FilesAction::Typed(typed) => self.typed = typed,
            FilesAction::ByTime(by_time) => self.by_time = by_time,
            FilesAction::Find => self.find(),
            FilesAction::Again => *self = FilesPlace { serial: self.serial.wrapping_add(1), ..FilesPlace::default() },
        }
        None
    }

    fn find(&mut self) {
        let typed = self.typed.trim();
        self.problem = None;
        self.look.search = match typed.parse::<i64>() {
            _ if typed.is_empty() => None,
            Ok(offset) if !self.by_time => Some(Search::Offset(offset)),
            Ok(timestamp) => Some(Search::Timestamp(timestamp)),
            Err(_) => {
                self.problem = Some(Phrase::new("interface.own.bad_number").with("value", options::shorten(typed)));
                None
            }
        };
        if let (Stage::Shown(files), Some(_)) = (&self.stage, self.look.search)
            && !files.finds(&self.look)
        {
            self.problem = Some(Phrase::new("interface.own.nothing").with("target", typed));
        }
    }
}

/// A scene laid out by itself.
pub fn picture(scene: &Scene, lang: Lang, frame: Frame) -> Picture {
    let label = |mark: &str| text::label(scene, mark, lang);
    let draw = Draw { scene, lang, frame, look: &stage::Look::default(), label: &label };
    stage::draw(&draw, None)
}

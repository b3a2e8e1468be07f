//! The form in which a change is chosen: what, to which, and what it takes.

use highwater_player::compare::{Change, ConfigOffer, KnobOffer, Offer, TargetOffer};
use highwater_player::phrase::Phrase;

/// What has been chosen so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForkForm {
    /// The step after which the change is made.
    pub step: usize,
    /// The configs that are worth turning.
    pub knobs: Vec<KnobOffer>,
    /// What can be changed.
    pub offers: Vec<Offer>,
    /// Which offer.
    pub kind: usize,
    /// Which of its targets.
    pub target: usize,
    /// Which config of the target.
    pub config: usize,
    /// What the command takes.
    pub argument: String,
    /// A config has its value from the start, not from here on.
    pub from_start: bool,
    /// Why the last try did not work.
    pub problem: Option<Phrase>,
}

/// One thing that happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForkAction {
    /// Opens it.
    Open,
    /// Closes it.
    Close,
    /// Another offer.
    Kind(usize),
    /// Another target.
    Target(usize),
    /// Another config.
    Config(usize),
    /// Another argument.
    Argument(String),
    /// From the start, or from here on.
    FromStart(bool),
    /// Makes the change and shows both futures.
    Make,
    /// Turns a knob to one of its values, likewise.
    Turn(usize, usize),
    /// To the step where the futures part.
    ToFirst,
    /// Leaves the comparison.
    Leave,
}

impl ForkForm {
    /// With the first offer chosen.
    pub fn new(step: usize, knobs: Vec<KnobOffer>, offers: Vec<Offer>) -> ForkForm {
        let mut form = ForkForm {
            step,
            knobs,
            offers,
            kind: 0,
            target: 0,
            config: 0,
            argument: String::new(),
            from_start: true,
            problem: None,
        };
        form.choose(0, 0, 0);
        form
    }

    /// The offer.
    pub fn offer(&self) -> Option<&Offer> {
        self.offers.get(self.kind)
    }

    /// The target.
    pub fn target_offer(&self) -> Option<&TargetOffer> {
        self.offer()?.targets.get(self.target)
    }

    /// The config, if the command is about one.
    pub fn config_offer(&self) -> Option<&ConfigOffer> {
        self.target_offer()?.configs.get(self.config)
    }

    /// Chooses; the argument begins as what is sensible.
    pub fn choose(&mut self, kind: usize, target: usize, config: usize) {
        (self.kind, self.target, self.config) = (kind, target, config);
        self.argument = match (self.config_offer(), self.target_offer()) {
            (Some(config), _) => config.value.clone(),
            (None, Some(target)) => target.argument.clone(),
            (None, None) => String::new(),
        };
        self.problem = None;
    }

    /// Follows what is chosen.
    pub fn act(&mut self, action: ForkAction) {
        match action {
            ForkAction::Kind(index) => self.choose(index, 0, 0),
            ForkAction::Target(index) => self.choose(self.kind, index, 0),
            ForkAction::Config(index) => self.choose(self.kind, self.target, index),
            ForkAction::Argument(text) => self.argument = text,
            ForkAction::FromStart(from_start) => self.from_start = from_start,
            _ => {}
        }
    }

    /// The change that is chosen.
    pub fn change(&self) -> Option<Change> {
        let argument = self.argument.trim();
        let (argument, step) = match self.config_offer() {
            Some(config) => (format!("{}:{argument}", config.name), if self.from_start { 0 } else { self.step }),
            None => (argument.to_owned(), self.step),
        };
        let change =
            Change { step, name: self.offer()?.name.to_owned(), target: self.target_offer()?.target.clone(), argument };
        // What a link can hold, and nothing else.
        Change::parse(&change.to_string())
    }
}

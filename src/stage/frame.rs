//! How much room the stage has, and the measures that follow from it.

/// The three arrangements of the player, by its width (not the window's).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Below 560 px: messages stand between the rows.
    Narrow,
    /// 560 to 899 px: one column.
    Medium,
    /// 900 px and more: the words stand beside the stage.
    Wide,
}

/// The player's width that the page is capped at, in CSS px.
pub const WIDEST_PX: f64 = 1440.0;

impl Mode {
    /// The arrangement for a player of `player_px` CSS px.
    pub fn of(player_px: f64) -> Mode {
        if player_px >= 900.0 {
            Mode::Wide
        } else if player_px >= 560.0 {
            Mode::Medium
        } else {
            Mode::Narrow
        }
    }
}

/// The room for a stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// The stage's width in CSS px.
    pub width: f64,
    /// The arrangement.
    pub mode: Mode,
    /// There is little height too, and only a picture is wanted: rows of 70, no messages, no clients that a step does not
    /// look at. Only below 560 px.
    pub is_low: bool,
}

impl Frame {
    /// The stage of a player of `player_px` CSS px: what padding and the words column leave.
    pub fn of(player_px: f64) -> Frame {
        let mode = Mode::of(player_px);
        let width = match mode {
            // The words have less room before the stage has too little.
            Mode::Wide => player_px.min(WIDEST_PX) - 72.0 - (player_px - 604.0).clamp(296.0, 352.0),
            Mode::Medium => player_px - 32.0,
            Mode::Narrow => player_px - 24.0,
        };
        Frame { width: width.max(280.0).floor(), mode, is_low: false }
    }

    /// A stage without words beside it, on a page of `page_px` CSS px.
    pub fn alone(page_px: f64) -> Frame {
        const WIDEST_PX: f64 = 1_120.0;
        let mode = Mode::of(page_px);
        let width = match mode {
            Mode::Wide => (page_px - 48.0).min(WIDEST_PX),
            Mode::Medium => page_px - 32.0,
            Mode::Narrow => page_px - 24.0,
        };
        Frame { width: width.max(280.0).floor(), mode, is_low: false }
    }

    /// A stage of exactly `stage_px`, as a standalone picture has it.
    pub fn standalone(stage_px: f64) -> Frame {
        let mode = if stage_px >= 800.0 { Mode::Wide } else { Mode::of(stage_px) };
        Frame { width: stage_px.max(280.0).floor(), mode, is_low: false }
    }

    /// With little height as well.
    #[must_use]
    pub fn low(self) -> Frame {
        Frame { is_low: self.is_narrow(), ..self }
    }

    /// Below 560 px.
    pub fn is_narrow(self) -> bool {
        self.mode == Mode::Narrow
    }

    /// One of three values by arrangement.
    pub fn pick<T>(self, wide: T, medium: T, narrow: T) -> T {
        match self.mode {
            Mode::Wide => wide,
            Mode::Medium => medium,
            Mode::Narrow => narrow,
        }
    }
}

/// A rectangle in CSS px, from the stage's top left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl Area {
    /// The rectangle with this corner and size.
    pub fn new(x: f64, y: f64, w: f64, h: f64) -> Area {
        Area { x, y, w, h }
    }

    /// Whether the two share more than a touching edge (half a pixel is no overlap).
    pub fn overlaps(self, other: Area) -> bool {
        let slack = 0.5;
        self.x + self.w > other.x + slack
            && other.x + other.w > self.x + slack
            && self.y + self.h > other.y + slack
            && other.y + other.h > self.y + slack
    }

    /// The smallest rectangle around both.
    #[must_use]
    pub fn union(self, other: Area) -> Area {
        let x = self.x.min(other.x);
        let y = self.y.min(other.y);
        Area { x, y, w: (self.x + self.w).max(other.x + other.w) - x, h: (self.y + self.h).max(other.y + other.h) - y }
    }

    /// Moved by a vector.
    #[must_use]
    pub fn moved(self, (dx, dy): (f64, f64)) -> Area {
        Area { x: self.x + dx, y: self.y + dy, ..self }
    }

    /// The middle.
    pub fn centre(self) -> (f64, f64) {
        (self.x + self.w / 2.0, self.y + self.h / 2.0)
    }
}
/// The value, or the bound that it is beyond. std's `clamp` panics where the bounds are the wrong way round, and prints
/// them then, which costs the page 8 KB.
pub fn bounded(value: f64, least: f64, most: f64) -> f64 {
    value.max(least).min(most)
}

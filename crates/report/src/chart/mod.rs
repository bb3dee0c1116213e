//! Charts: what they show, not how they are drawn.

mod bars;
mod histogram;
mod lines;
mod summary;

use serde::Serialize;

pub use bars::{BarSeries, Bars, Direction};
pub use histogram::{CountSeries, Histogram};
pub use lines::{Band, Horizontal, Line, Lines, Scale, Stroke};

/// A drawing with its title and a note.
#[derive(Debug, Clone, Serialize)]
pub struct Chart {
    /// What is shown, with its unit.
    pub title: String,
    /// How to read it, where it comes from.
    pub note: Option<String>,
    /// Height of the drawing in CSS pixels; `None` leaves it to the kind of drawing.
    pub height: Option<u32>,
    /// The drawing below the title.
    pub drawing: Drawing,
}

/// The drawing of a [`Chart`].
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Drawing {
    /// Values over time or over a number.
    Lines(Lines),
    /// Values by name, as bars.
    Bars(Bars),
    /// How often values fall between edges.
    Histogram(Histogram),
}

/// The colour of a series. The page has a light and a dark shade of each; colour-blind readers can tell the hues and
/// the grey apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// A series of this name has the same hue in every chart of the report. Two names of one chart differ, as far as
    /// eight hues go.
    ByName,
    /// Grey: what others are compared with.
    Neutral,
    /// The hue that means gains.
    Positive,
    /// The hue that means losses.
    Negative,
    /// Each bar has the hue of its sign; other drawings treat it as [`Colour::ByName`].
    BySign,
}

/// How the series of a chart get their colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Palette {
    /// Distinct hues, for series that are of different kinds.
    Distinct,
    /// Shades from one hue to another, for series that have an order, such as quantiles.
    Ordered,
}

/// A straight line across a drawing: a mean, a threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rule {
    /// The value at which the line is drawn.
    pub at: f64,
    /// The name of what the line marks.
    pub name: String,
}

impl Rule {
    /// A straight line at a value.
    pub fn new(at: f64, name: impl Into<String>) -> Self {
        Self { at, name: name.into() }
    }
}

impl Chart {
    /// A chart of this title and drawing, without a note.
    pub fn new(title: impl Into<String>, drawing: impl Into<Drawing>) -> Self {
        Self { title: title.into(), note: None, height: None, drawing: drawing.into() }
    }

    /// Says how to read the chart.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Sets the height of the drawing in CSS pixels.
    pub fn height(mut self, pixels: u32) -> Self {
        self.height = Some(pixels);
        self
    }

    /// What the chart shows, in words: for readers who cannot see it and for terminals.
    pub fn summary(&self) -> String {
        summary::of(&self.drawing)
    }
}

impl From<Lines> for Drawing {
    fn from(lines: Lines) -> Self {
        Self::Lines(lines)
    }
}

impl From<Bars> for Drawing {
    fn from(bars: Bars) -> Self {
        Self::Bars(bars)
    }
}

impl From<Histogram> for Drawing {
    fn from(histogram: Histogram) -> Self {
        Self::Histogram(histogram)
    }
}

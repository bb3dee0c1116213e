//! Values by name.

use serde::Serialize;

use super::{Colour, Palette, Rule};
use crate::Format;

/// Grouped bars, one group a name. A missing value has no bar.
#[derive(Debug, Clone, Serialize)]
pub struct Bars {
    /// The names of the groups of bars.
    pub names: Vec<String>,
    /// The series, in the order of the legend.
    pub series: Vec<BarSeries>,
    /// How values are shown.
    pub format: Format,
    /// The direction in which the bars run.
    pub direction: Direction,
    /// How series get their colours.
    pub palette: Palette,
    /// Straight lines across the bars.
    pub rules: Vec<Rule>,
}

/// One series of [`Bars`]: a bar in each group.
#[derive(Debug, Clone, Serialize)]
pub struct BarSeries {
    /// The name of the series in the legend.
    pub name: String,
    /// The value of each group; NaN draws no bar.
    pub values: Vec<f64>,
    /// Half the length of an error bar, one a group; NaN draws none.
    pub errors: Option<Vec<f64>>,
    /// The colour of the bars.
    pub colour: Colour,
}

/// The direction in which bars run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Upwards: few groups with short names, such as years.
    Up,
    /// To the right, the first group on top: many groups or long names.
    Across,
}

impl Bars {
    /// Upright bars without series.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>, format: Format) -> Self {
        Self {
            names: names.into_iter().map(Into::into).collect(),
            series: Vec::new(),
            format,
            direction: Direction::Up,
            palette: Palette::Distinct,
            rules: Vec::new(),
        }
    }

    /// Adds a series with a bar in each group.
    pub fn bars(mut self, series: BarSeries) -> Self {
        self.series.push(series);
        self
    }

    /// Lets the bars run to the right.
    pub fn across(mut self) -> Self {
        self.direction = Direction::Across;
        self
    }

    /// Sets how series get their colours.
    pub fn palette(mut self, palette: Palette) -> Self {
        self.palette = palette;
        self
    }

    /// Draws a line across the bars.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }
}

impl BarSeries {
    /// A series of bars without errors.
    pub fn new(name: impl Into<String>, values: Vec<f64>) -> Self {
        Self { name: name.into(), values, errors: None, colour: Colour::ByName }
    }

    /// Adds error bars: half their length, one a group.
    pub fn errors(mut self, errors: Vec<f64>) -> Self {
        self.errors = Some(errors);
        self
    }

    /// Sets the colour of the bars.
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }
}

//! Pairs of values.

use serde::Serialize;

use super::{Colour, Rule};
use crate::Format;

/// Points; one of which a coordinate is not finite is left out.
#[derive(Debug, Clone, Serialize)]
pub struct Scatter {
    /// What stands to the right, and how it is shown.
    pub horizontal: (String, Format),
    /// What stands upwards, and how it is shown.
    pub vertical: (String, Format),
    /// The series, in the order of the legend.
    pub series: Vec<ScatterSeries>,
    /// Horizontal lines.
    pub rules: Vec<Rule>,
}

/// One series of a [`Scatter`].
#[derive(Debug, Clone, Serialize)]
pub struct ScatterSeries {
    /// Its name in the legend.
    pub name: String,
    /// The points: to the right, upwards.
    pub points: Vec<(f64, f64)>,
    /// Its colour.
    pub colour: Colour,
}

impl Scatter {
    /// A drawing without points.
    pub fn new(horizontal: (impl Into<String>, Format), vertical: (impl Into<String>, Format)) -> Self {
        Self {
            horizontal: (horizontal.0.into(), horizontal.1),
            vertical: (vertical.0.into(), vertical.1),
            series: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// Adds a series.
    pub fn points(mut self, name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        self.series.push(ScatterSeries { name: name.into(), points, colour: Colour::ByName });
        self
    }

    /// Draws a horizontal line.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }
}

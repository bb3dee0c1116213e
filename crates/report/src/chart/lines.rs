//! Values over time, or over a number.

use serde::Serialize;

use super::{Colour, Palette, Rule};
use crate::{Date, Format};

/// Series over one horizontal axis. A missing value (NaN or infinite) is a gap.
#[derive(Debug, Clone, Serialize)]
pub struct Lines {
    /// The places of the values; they ascend.
    pub horizontal: Horizontal,
    /// The series, in the order of the legend.
    pub series: Vec<Line>,
    /// How values are shown.
    pub format: Format,
    /// The scale of the vertical axis.
    pub scale: Scale,
    /// How series get their colours.
    pub palette: Palette,
    /// Spans of the horizontal axis that are shaded.
    pub bands: Vec<Band>,
    /// Horizontal lines across the drawing.
    pub rules: Vec<Rule>,
    /// Drawings of one group share pointer and zoom.
    pub group: Option<String>,
}

/// The places of the values of [`Lines`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Horizontal {
    /// A civil date for each value.
    Dates {
        /// The dates, ascending.
        at: Vec<Date>,
    },
    /// One number a value: lags, rounds of training.
    Numbers {
        /// The name of the numbers.
        name: String,
        /// The numbers, ascending.
        at: Vec<f64>,
        /// How the numbers are shown.
        format: Format,
    },
}

/// One series of [`Lines`]: a value for each place.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The name of the series in the legend.
    pub name: String,
    /// The value of each place; NaN is a gap.
    pub values: Vec<f64>,
    /// How the series is drawn.
    pub stroke: Stroke,
    /// The colour of the series.
    pub colour: Colour,
    /// The name of the series whose hue it has, in place of one of its own.
    pub like: Option<String>,
    /// Lower and upper bounds around the values, shaded: one a place each.
    pub ribbon: Option<(Vec<f64>, Vec<f64>)>,
}

/// How a [`Line`] is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stroke {
    /// A line from value to value.
    Solid,
    /// A dashed line from value to value.
    Dashed,
    /// A line of dashes and dots: what others are compared with.
    DashDotted,
    /// A line, shaded down or up to zero; the axis then shows zero.
    Area,
    /// A value holds until the next place.
    Step,
    /// A dot for each value, without a line.
    Dots,
}

/// The vertical scale of [`Lines`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Equal differences are equally far apart.
    Linear,
    /// Equal ratios are equally far apart; the reader can switch to linear. Where a value is not positive, the drawing
    /// is linear and says so.
    Log,
}

/// A shaded span of the horizontal axis: a test window, a drawdown, a regime.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Band {
    /// First and last place that is shaded, as days since 1970-01-01 or as a number of the axis.
    pub span: (f64, f64),
    /// What it is, written at its top.
    pub name: String,
    /// The colour of the band; [`Colour::ByName`] and [`Colour::BySign`] are neutral.
    pub colour: Colour,
}

impl Lines {
    /// Series by civil date.
    pub fn by_date(dates: impl IntoIterator<Item = Date>, format: Format) -> Self {
        Self::new(Horizontal::Dates { at: dates.into_iter().collect() }, format)
    }

    /// Series by number; `name` says what the numbers are.
    pub fn by_number(name: impl Into<String>, at: Vec<f64>, number: Format, format: Format) -> Self {
        Self::new(Horizontal::Numbers { name: name.into(), at, format: number }, format)
    }

    /// A drawing without series.
    pub fn new(horizontal: Horizontal, format: Format) -> Self {
        Self {
            horizontal,
            series: Vec::new(),
            format,
            scale: Scale::Linear,
            palette: Palette::Distinct,
            bands: Vec::new(),
            rules: Vec::new(),
            group: None,
        }
    }

    /// Adds a series with a value for each place.
    pub fn line(mut self, line: Line) -> Self {
        self.series.push(line);
        self
    }

    /// Sets the scale of the vertical axis.
    pub fn scale(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }

    /// Sets how series get their colours.
    pub fn palette(mut self, palette: Palette) -> Self {
        self.palette = palette;
        self
    }

    /// Shades a span of the horizontal axis.
    pub fn band(mut self, band: Band) -> Self {
        self.bands.push(band);
        self
    }

    /// Draws a horizontal line at a value.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Shares pointer and zoom with all drawings of this group.
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// The number of places on the horizontal axis.
    pub(crate) fn n_places(&self) -> usize {
        match &self.horizontal {
            Horizontal::Dates { at } => at.len(),
            Horizontal::Numbers { at, .. } => at.len(),
        }
    }

    /// Whether a logarithmic scale can show all values there are.
    pub(crate) fn is_positive(&self) -> bool {
        let ribbons = self.series.iter().filter_map(|line| line.ribbon.as_ref()).flat_map(|(low, _)| low);
        self.series
            .iter()
            .flat_map(|line| &line.values)
            .chain(ribbons)
            .all(|&value| !value.is_finite() || value > 0.0)
    }
}

impl Line {
    /// A series that is drawn as a solid line.
    pub fn new(name: impl Into<String>, values: Vec<f64>) -> Self {
        Self {
            name: name.into(),
            values,
            stroke: Stroke::Solid,
            colour: Colour::ByName,
            like: None,
            ribbon: None,
        }
    }

    /// Sets how the series is drawn.
    pub fn stroke(mut self, stroke: Stroke) -> Self {
        self.stroke = stroke;
        self
    }

    /// Sets the colour of the series.
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// Gives it the hue of the series with another name, of which it is another view: its mean, its value before costs.
    /// Another stroke must tell the two apart where one chart has both.
    pub fn like(mut self, name: impl Into<String>) -> Self {
        self.like = Some(name.into());
        self
    }

    /// Shades the space between two bounds around the line.
    pub fn ribbon(mut self, lower: Vec<f64>, upper: Vec<f64>) -> Self {
        self.ribbon = Some((lower, upper));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_scale_needs_positive_values_and_ribbons() {
        let lines = |values, lower| {
            let line = Line::new("a", values).ribbon(lower, vec![9.0, 9.0]);
            Lines::by_date([Date(0), Date(1)], Format::Number(2)).line(line)
        };
        assert!(lines(vec![1.0, f64::NAN], vec![0.5, f64::NAN]).is_positive());
        assert!(!lines(vec![1.0, 0.0], vec![0.5, 0.5]).is_positive());
        assert!(!lines(vec![1.0, 1.0], vec![0.5, -0.5]).is_positive());
    }
}

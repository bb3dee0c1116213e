//! What the page's script needs to draw a chart.

use serde::Serialize;

use super::{
    colour::Colours,
    rounded::{Decimals, Rounded},
};
use crate::{
    Bars, Chart, Colour, Direction, Drawing, Format, Histogram, Horizontal, Lines, ReportError, Rule, Scale,
    Stroke,
};

/// A chart as the script reads it.
#[derive(Serialize)]
struct Figure<'a> {
    kind: &'static str,
    x: X<'a>,
    y: Y,
    series: Vec<Series<'a>>,
    bands: Vec<Span<'a>>,
    rules: &'a [Rule],
    group: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum X<'a> {
    /// The first day, then the steps from day to day.
    Dates {
        steps: Vec<i64>,
    },
    Numbers {
        name: &'a str,
        format: Format,
        at: Rounded,
    },
    Names {
        names: &'a [String],
        direction: Direction,
    },
    Edges {
        name: &'a str,
        format: Format,
        at: Vec<f64>,
    },
}

#[derive(Serialize)]
struct Y {
    format: Format,
    log: bool,
    zero: bool,
}

#[derive(Serialize)]
struct Series<'a> {
    name: &'a str,
    colour: String,
    stroke: Stroke,
    values: Rounded,
    #[serde(skip_serializing_if = "Option::is_none")]
    ribbon: Option<(Rounded, Rounded)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Rounded>,
}

#[derive(Serialize)]
struct Span<'a> {
    from: f64,
    to: f64,
    name: &'a str,
    colour: Colour,
}

/// The data of a chart as JSON that may stand in a `<script>`.
pub(super) fn json(chart: &Chart, colours: &Colours) -> Result<String, ReportError> {
    let colours = colours.series(&chart.drawing);
    let figure = match &chart.drawing {
        Drawing::Lines(lines) => of_lines(lines, colours),
        Drawing::Bars(bars) => of_bars(bars, colours),
        Drawing::Histogram(histogram) => of_histogram(histogram, colours),
    };
    Ok(in_script(&serde_json::to_string(&figure)?))
}

/// Whether there is anything to draw.
pub(super) fn is_empty(drawing: &Drawing) -> bool {
    let none = |values: &[f64]| !values.iter().any(|value| value.is_finite());
    match drawing {
        Drawing::Lines(lines) => lines.series.iter().all(|line| none(&line.values)),
        Drawing::Bars(bars) => bars.series.iter().all(|series| none(&series.values)),
        Drawing::Histogram(histogram) => histogram.edges.len() < 2 || histogram.series.is_empty(),
    }
}

/// Whether a logarithmic scale was asked for that the values do not allow.
pub(super) fn falls_back_to_linear(drawing: &Drawing) -> bool {
    matches!(drawing, Drawing::Lines(lines) if lines.scale == Scale::Log && !lines.is_positive())
}

/// The height of the drawing in CSS pixels.
pub(super) fn height(chart: &Chart) -> u32 {
    let of_drawing = || match &chart.drawing {
        Drawing::Bars(bars) if bars.direction == Direction::Across => {
            let thickness = 10 + 10 * bars.series.len().max(1);
            (50 + thickness * bars.names.len()) as u32
        }
        Drawing::Lines(_) => 280,
        Drawing::Bars(_) | Drawing::Histogram(_) => 240,
    };
    chart.height.unwrap_or_else(of_drawing)
}

/// JSON in which nothing can end the script element or begin a comment.
fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn of_lines(lines: &Lines, colours: Vec<String>) -> Figure<'_> {
    let log = lines.scale == Scale::Log && lines.is_positive();
    let x = match &lines.horizontal {
        Horizontal::Dates { at } => X::Dates { steps: steps(at.iter().map(|date| i64::from(date.0))) },
        Horizontal::Numbers { name, at, format } => {
            // Two places must not fall together, so the nearest two say how many digits count.
            let nearest = at.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
            let decimals = Decimals::of(&[0.0, nearest], *format, false);
            X::Numbers { name, format: *format, at: Rounded::new(at, decimals) }
        }
    };
    let series = lines.series.iter().zip(colours).map(|(line, colour)| {
        let decimals = Decimals::of(&line.values, lines.format, log);
        let ribbon = line.ribbon.as_ref();
        Series {
            name: &line.name,
            colour,
            stroke: line.stroke,
            values: Rounded::new(&line.values, decimals),
            ribbon: ribbon.map(|(low, high)| (Rounded::new(low, decimals), Rounded::new(high, decimals))),
            errors: None,
        }
    });
    let bands = lines.bands.iter();
    Figure {
        kind: "lines",
        x,
        y: Y {
            format: lines.format,
            log,
            zero: !log && lines.series.iter().any(|line| line.stroke == Stroke::Area),
        },
        series: series.collect(),
        bands: bands
            .map(|band| Span { from: band.span.0, to: band.span.1, name: &band.name, colour: band.colour })
            .collect(),
        rules: &lines.rules,
        group: lines.group.as_deref(),
    }
}

fn of_bars(bars: &Bars, colours: Vec<String>) -> Figure<'_> {
    let series = bars.series.iter().zip(colours).map(|(series, colour)| Series {
        errors: series.errors.as_ref().map(|errors| Rounded::of(errors, bars.format)),
        ..plain(&series.name, colour, Rounded::of(&series.values, bars.format))
    });
    Figure {
        kind: "bars",
        x: X::Names { names: &bars.names, direction: bars.direction },
        y: Y { format: bars.format, log: false, zero: true },
        series: series.collect(),
        bands: Vec::new(),
        rules: &bars.rules,
        group: None,
    }
}

fn of_histogram(histogram: &Histogram, colours: Vec<String>) -> Figure<'_> {
    let series = histogram.series.iter().zip(colours).map(|(series, colour)| {
        let counts: Vec<f64> = series.counts.iter().map(|&count| count as f64).collect();
        plain(&series.name, colour, Rounded::of(&counts, Format::Integer))
    });
    Figure {
        kind: "histogram",
        x: X::Edges { name: &histogram.name, format: histogram.format, at: histogram.edges.clone() },
        y: Y { format: Format::Integer, log: false, zero: true },
        series: series.collect(),
        bands: Vec::new(),
        rules: &histogram.rules,
        group: None,
    }
}

fn plain(name: &str, colour: String, values: Rounded) -> Series<'_> {
    Series { name, colour, stroke: Stroke::Solid, values, ribbon: None, errors: None }
}

fn steps(at: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut last = 0;
    at.map(|at| at - std::mem::replace(&mut last, at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Date, Line};

    fn figure(drawing: impl Into<Drawing>) -> serde_json::Value {
        let json = json(&Chart::new("", drawing), &Colours::of([])).unwrap();
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn dates_are_steps_and_gaps_are_null() {
        let lines = Lines::by_date([10, 11, 14].map(Date), Format::Number(1));
        let figure = figure(lines.line(Line::new("a", vec![1.0, f64::NAN, f64::INFINITY])));
        assert_eq!(figure["x"]["steps"], serde_json::json!([10, 1, 3]));
        assert_eq!(figure["series"][0]["values"], serde_json::json!([1, null, null]));
    }

    #[test]
    fn a_log_scale_falls_back_where_a_value_is_not_positive() {
        let lines = |value| {
            let lines = Lines::by_date([Date(0)], Format::Number(1)).scale(Scale::Log);
            lines.line(Line::new("a", vec![value]))
        };
        assert_eq!(figure(lines(1.0))["y"]["log"], true);
        assert_eq!(figure(lines(-1.0))["y"]["log"], false);
        assert!(falls_back_to_linear(&lines(-1.0).into()));
        assert!(!falls_back_to_linear(&lines(1.0).into()));
    }

    #[test]
    fn no_text_can_end_the_script() {
        let nasty = "</script><!-- \u{2028} & ' \" \\";
        let lines = Lines::by_date([Date(0)], Format::Integer).line(Line::new(nasty, vec![1.0]));
        let json = json(&Chart::new("", lines.clone()), &Colours::of([])).unwrap();
        assert!(!json.contains(['<', '>', '&']));
        assert_eq!(figure(lines)["series"][0]["name"], nasty);
    }
}

//! A chart in words.

use std::fmt::Write as _;

use super::{Bars, Drawing, Histogram, Horizontal, Lines};
use crate::Format;

/// One sentence a series. Series beyond the eighth, and bars beyond the eighth, are counted only.
pub(super) fn of(drawing: &Drawing) -> String {
    match drawing {
        Drawing::Lines(lines) => of_lines(lines),
        Drawing::Bars(bars) => of_bars(bars),
        Drawing::Histogram(histogram) => of_histogram(histogram),
    }
}

const MOST: usize = 8;

fn of_lines(lines: &Lines) -> String {
    let mut out =
        match place(&lines.horizontal, 0).zip(place(&lines.horizontal, lines.n_places().wrapping_sub(1))) {
            Some((first, last)) => format!("From {first} to {last}."),
            None => return "No values.".to_owned(),
        };
    for line in lines.series.iter().take(MOST) {
        let present = || line.values.iter().copied().enumerate().filter(|(_, value)| value.is_finite());
        let (Some((_, first)), Some((_, last))) = (present().next(), present().next_back()) else {
            let _ = write!(out, " {}: no values.", line.name);
            continue;
        };
        let low = present().fold((0, f64::INFINITY), |best, next| if next.1 < best.1 { next } else { best });
        let high =
            present().fold((0, f64::NEG_INFINITY), |best, next| if next.1 > best.1 { next } else { best });
        let show = |value| lines.format.show(value);
        let at = |index| place(&lines.horizontal, index).unwrap_or_default();
        let _ = write!(
            out,
            " {}: first {}, last {}, lowest {} ({}), highest {} ({}).",
            line.name,
            show(first),
            show(last),
            show(low.1),
            at(low.0),
            show(high.1),
            at(high.0)
        );
    }
    out + &more(lines.series.len(), "series")
}

fn of_bars(bars: &Bars) -> String {
    let mut out = String::new();
    for series in bars.series.iter().take(MOST) {
        let _ = write!(out, "{}: ", series.name);
        for (place, (name, &value)) in bars.names.iter().zip(&series.values).take(MOST).enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            let _ = write!(out, "{separator}{name} {}", bars.format.show(value));
        }
        let _ = write!(out, "{}. ", more(bars.names.len(), "bars").trim_end_matches('.'));
    }
    (out.trim_end().to_owned() + &more(bars.series.len(), "series")).trim().to_owned()
}

fn of_histogram(histogram: &Histogram) -> String {
    let (Some(&low), Some(&high)) = (histogram.edges.first(), histogram.edges.last()) else {
        return "No values.".to_owned();
    };
    let show = |value| histogram.format.show(value);
    let mut out = format!("{} from {} to {}.", histogram.name, show(low), show(high));
    for series in histogram.series.iter().take(MOST) {
        let total: u64 = series.counts.iter().sum();
        let _ = write!(out, " {}: {} values", series.name, Format::Integer.show(total as f64));
        let fullest = series.counts.iter().enumerate().rev().max_by_key(|&(_, count)| count);
        if let Some((bin, &count)) = fullest.filter(|&(_, &count)| count > 0) {
            let (from, to) = (show(histogram.edges[bin]), show(histogram.edges[bin + 1]));
            let _ = write!(out, ", most ({}) between {from} and {to}", Format::Integer.show(count as f64));
        }
        out.push('.');
    }
    for rule in histogram.rules.iter().take(MOST) {
        let _ = write!(out, " {}: {}.", rule.name, show(rule.at));
    }
    out + &more(histogram.series.len(), "series")
}

fn more(n: usize, what: &str) -> String {
    if n > MOST { format!(" and {} more {what}.", n - MOST) } else { String::new() }
}

fn place(horizontal: &Horizontal, index: usize) -> Option<String> {
    match horizontal {
        Horizontal::Dates { at } => at.get(index).map(ToString::to_string),
        Horizontal::Numbers { name, at, format } => {
            at.get(index).map(|&at| format!("{name} {}", format.show(at)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BarSeries, Chart, Date, Line, Rule};

    #[test]
    fn lines_tell_their_ends_and_extremes_and_skip_gaps() {
        let lines = Lines::by_date((0..4).map(Date), Format::Number(1))
            .line(Line::new("a", vec![f64::NAN, 2.0, 1.0, 3.0]))
            .line(Line::new("b", vec![f64::NAN; 4]));
        assert_eq!(
            Chart::new("", lines).summary(),
            "From 1970-01-01 to 1970-01-04. a: first 2.0, last 3.0, lowest 1.0 (1970-01-03), highest 3.0 \
             (1970-01-04). b: no values."
        );
        assert_eq!(Chart::new("", Lines::by_date([], Format::Number(1))).summary(), "No values.");
    }

    #[test]
    fn many_bars_are_counted() {
        let bars = Bars::new((0..10).map(|n| n.to_string()), Format::Integer);
        let bars = bars.bars(BarSeries::new("n", (0..10).map(f64::from).collect()));
        assert_eq!(
            Chart::new("", bars).summary(),
            "n: 0 0, 1 1, 2 2, 3 3, 4 4, 5 5, 6 6, 7 7 and 2 more bars."
        );
    }

    #[test]
    fn a_histogram_tells_its_fullest_bin() {
        let histogram = Histogram::of("IC", Format::Number(0), [("a", vec![1.0, 1.5, 4.0])], 2);
        let histogram = histogram.rule(Rule::new(2.0, "mean"));
        assert_eq!(
            Chart::new("", histogram).summary(),
            "IC from 0 to 4. a: 3 values, most (2) between 0 and 2. mean: 2."
        );
    }
}

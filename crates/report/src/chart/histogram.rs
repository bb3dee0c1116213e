//! How often values fall between edges.

use serde::Serialize;

use super::{Colour, Rule};
use crate::Format;

/// Counts between ascending edges.
#[derive(Debug, Clone, Serialize)]
pub struct Histogram {
    /// The name of what is counted.
    pub name: String,
    /// How the values are shown.
    pub format: Format,
    /// The edges of the bins; the last bin holds its upper edge too.
    pub edges: Vec<f64>,
    /// The series, in the order of the legend.
    pub series: Vec<CountSeries>,
    /// Upright lines: a mean, zero.
    pub rules: Vec<Rule>,
}

/// One series of a [`Histogram`].
#[derive(Debug, Clone, Serialize)]
pub struct CountSeries {
    /// The name of the series in the legend.
    pub name: String,
    /// How many values fall into each bin.
    pub counts: Vec<u64>,
    /// The colour of the series.
    pub colour: Colour,
}

impl Histogram {
    /// Counts `series` over about `n_bins` bins whose edges are round numbers; values that are not finite are left out.
    ///
    /// All series share the edges, which span the smallest to the largest value. Zero is an edge if the values lie on
    /// both sides of it.
    pub fn of<N: Into<String>>(
        name: impl Into<String>,
        format: Format,
        series: impl IntoIterator<Item = (N, Vec<f64>)>,
        n_bins: usize,
    ) -> Self {
        let series: Vec<(String, Vec<f64>)> =
            series.into_iter().map(|(name, values)| (name.into(), values)).collect();
        let finite = series.iter().flat_map(|(_, values)| values).copied().filter(|value| value.is_finite());
        let range = finite.fold(None, |range: Option<(f64, f64)>, value| {
            let (low, high) = range.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        });
        let edges = range.map_or_else(Vec::new, |(low, high)| round_edges(low, high, n_bins.max(1)));
        let series = series
            .into_iter()
            .map(|(name, values)| CountSeries {
                name,
                counts: counts(&edges, &values),
                colour: Colour::ByName,
            })
            .collect();
        Self { name: name.into(), format, edges, series, rules: Vec::new() }
    }

    /// Draws an upright line at a value.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }
}

/// Multiples of 1, 2 or 5 times a power of ten that enclose `low..=high` in about `n_bins` steps.
fn round_edges(low: f64, high: f64, n_bins: usize) -> Vec<f64> {
    let scale = low.abs().max(high.abs());
    // Where the values differ by less than a float can show, one bin around them says all there is to say.
    if high - low <= scale * 1e-12 || !(high - low).is_finite() {
        let half = if scale == 0.0 { 0.5 } else { scale * 0.5 };
        return vec![low - half, high + half];
    }
    let step = RoundStep::near((high - low) / n_bins as f64);
    let first = (low / step.times(1)).floor() as i64;
    let last = ((high / step.times(1)).ceil() as i64).max(first + 1);
    (first..=last).map(|edge| step.times(edge)).collect()
}

/// 1, 2 or 5 times a power of ten.
struct RoundStep {
    digit: i64,
    exponent: i32,
}

impl RoundStep {
    /// The one next to `step`, which is positive.
    fn near(step: f64) -> Self {
        // The decimal exponent is read from the text of the number: exact, and the same on every machine.
        let text = format!("{step:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or(("1", "0"));
        let (mantissa, exponent): (f64, i32) =
            (mantissa.parse().unwrap_or(1.0), exponent.parse().unwrap_or(0));
        match mantissa {
            m if m < 1.5 => Self { digit: 1, exponent },
            m if m < 3.5 => Self { digit: 2, exponent },
            m if m < 7.5 => Self { digit: 5, exponent },
            _ => Self { digit: 1, exponent: exponent + 1 },
        }
    }

    /// The float next to the exact multiple: 3 × 0.1 is 0.3.
    fn times(&self, factor: i64) -> f64 {
        format!("{}e{}", self.digit * factor, self.exponent).parse().unwrap_or(f64::NAN)
    }
}

fn counts(edges: &[f64], values: &[f64]) -> Vec<u64> {
    let mut counts = vec![0; edges.len().saturating_sub(1)];
    for &value in values.iter().filter(|value| value.is_finite()) {
        let bin = edges.partition_point(|&edge| edge <= value).saturating_sub(1);
        // The last bin holds its upper edge; rounding may put the smallest value an ulp below the first.
        let bin = bin.min(counts.len() - 1);
        counts[bin] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn edges_are_round_and_zero_is_one_of_them() {
        let histogram = Histogram::of("IC", Format::Number(2), [("a", vec![-0.093, 0.0, 0.121])], 10);
        assert_eq!(histogram.edges.first(), Some(&-0.1));
        assert!(histogram.edges.contains(&0.0));
        assert_eq!(histogram.series[0].counts.iter().sum::<u64>(), 3);
    }

    #[test]
    fn the_largest_value_is_in_the_last_bin() {
        let histogram = Histogram::of("x", Format::Number(0), [("a", vec![0.0, 5.0, 10.0])], 2);
        assert_eq!(histogram.edges, [0.0, 5.0, 10.0]);
        assert_eq!(histogram.series[0].counts, [1, 2]);
    }

    #[test]
    fn equal_values_have_one_bin_and_none_have_no_bin() {
        let equal = Histogram::of("x", Format::Number(0), [("a", vec![3.0; 4])], 20);
        assert_eq!(equal.series[0].counts, [4]);
        let none = Histogram::of("x", Format::Number(0), [("a", vec![f64::NAN, f64::INFINITY])], 20);
        assert!(none.edges.is_empty() && none.series[0].counts.is_empty());
    }

    proptest! {
        #[test]
        fn every_finite_value_is_counted_once(values in prop::collection::vec(-1e9..1e9_f64, 0..200), n_bins in 1..60_usize) {
            let histogram = Histogram::of("x", Format::Number(0), [("a", values.clone())], n_bins);
            prop_assert_eq!(histogram.series[0].counts.iter().sum::<u64>(), values.len() as u64);
            prop_assert!(histogram.edges.is_sorted_by(|low, high| low < high));
            prop_assert!(histogram.edges.len() <= 3 * n_bins + 3);
        }
    }
}

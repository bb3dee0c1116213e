//! How scores and labels go together, session by session, with Qlib's names and rules.

use std::collections::BTreeMap;

use backstaff_statistics::{correlation, rank_correlation};
use indexmap::IndexMap;

use crate::workflow::Analysis;

/// Values by session and instrument, in that order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// The session of each row, as its position in the calendar.
    pub sessions: Vec<u32>,
    /// The instrument of each row, by its number.
    pub instruments: Vec<u32>,
    /// One value a row; NaN is missing.
    pub values: Vec<f64>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The session of each day.
    pub sessions: Vec<u32>,
    /// The information coefficient of each day; NaN if it has none.
    pub ic: Vec<f64>,
    /// That of ranks.
    pub rank_ic: Vec<f64>,
    /// The long-short return of each day, if it was asked for.
    pub long_short: Vec<f64>,
    /// The mean label of each day, if it was asked for.
    pub average: Vec<f64>,
    /// The measures by Qlib's names.
    pub metrics: IndexMap<String, f64>,
}

/// The share of instruments on either side of a long-short return.
const QUANTILE: f64 = 0.2;

/// Compare scores with labels.
///
/// - The information coefficient of a session is the correlation over instruments that have both; it is missing where one of
///   them is constant or there are fewer than two.
/// - Means and deviations (n − 1) leave such sessions out.
/// - The long-short return is half the difference of the mean labels of the best and worst fifth by score; rows without a
///   label count in the fifth, as in Qlib.
/// - Source: Microsoft Qlib 0.9.7, `calc_ic`, `calc_long_short_return`.
pub fn analyse(scores: &Series, labels: &Series, analysis: &Analysis) -> Found {
    let mut days = BTreeMap::<u32, BTreeMap<u32, (f64, f64)>>::new();
    for (series, is_score) in [(scores, true), (labels, false)] {
        for ((&session, &instrument), &value) in
            series.sessions.iter().zip(&series.instruments).zip(&series.values)
        {
            let pair = days.entry(session).or_default().entry(instrument).or_insert((f64::NAN, f64::NAN));
            if is_score {
                pair.0 = value;
            } else {
                pair.1 = value;
            }
        }
    }
    let mut found = Found::default();
    for (session, pairs) in days {
        let pairs = pairs.into_values().collect::<Vec<_>>();
        let both = pairs.iter().filter(|(score, label)| !score.is_nan() && !label.is_nan());
        let (x, y): (Vec<f64>, Vec<f64>) = both.copied().unzip();
        found.sessions.push(session);
        found.ic.push(if x.len() < 2 { f64::NAN } else { correlation(&x, &y) });
        found.rank_ic.push(if x.len() < 2 { f64::NAN } else { rank_correlation(&x, &y) });
        if analysis.ana_long_short {
            let (long_short, average) = spread(&pairs);
            found.long_short.push(long_short);
            found.average.push(average);
        }
    }
    let mut put = |name: &str, value: f64| found.metrics.insert(name.to_owned(), value);
    for (name, ratio, values) in [("IC", "ICIR", &found.ic), ("Rank IC", "Rank ICIR", &found.rank_ic)] {
        let (mean, deviation) = moments(values);
        put(name, mean);
        put(ratio, mean / deviation);
    }
    if analysis.ana_long_short {
        let scale = analysis.ann_scaler;
        for (name, values) in [("Long-Short", &found.long_short), ("Long-Avg", &found.average)] {
            let (mean, deviation) = moments(values);
            put(&format!("{name} Ann Return"), mean * scale);
            put(&format!("{name} Ann Sharpe"), mean / deviation * scale.sqrt());
        }
    }
    found
}

/// Half the difference between the ends, and the mean of all.
fn spread(pairs: &[(f64, f64)]) -> (f64, f64) {
    let n = (pairs.len() as f64 * QUANTILE) as usize;
    let mut scored = pairs.iter().copied().filter(|(score, _)| !score.is_nan()).collect::<Vec<_>>();
    let mean = |labels: &mut dyn Iterator<Item = f64>| {
        let labels = labels.filter(|label| !label.is_nan()).collect::<Vec<_>>();
        labels.iter().sum::<f64>() / labels.len() as f64
    };
    let average = mean(&mut pairs.iter().map(|(_, label)| *label));
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let long = mean(&mut scored.iter().take(n).map(|(_, label)| *label));
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let short = mean(&mut scored.iter().take(n).map(|(_, label)| *label));
    ((long - short) / 2.0, average)
}

/// Mean and deviation (n − 1) of what is not missing.
fn moments(values: &[f64]) -> (f64, f64) {
    let values = values.iter().copied().filter(|value| !value.is_nan()).collect::<Vec<_>>();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    (mean, (squares / (n - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[f64]) -> Series {
        let n = values.len() as u32;
        Series {
            sessions: (0..n).map(|k| k / 5).collect(),
            instruments: (0..n).map(|k| k % 5).collect(),
            values: values.to_vec(),
        }
    }

    /// Values of `calc_ic` and `calc_long_short_return` of pyqlib 0.9.7.
    #[test]
    fn sessions_without_a_correlation_are_left_out() {
        let scores = series(&[1.0, 2.0, 3.0, 4.0, 5.0, 1.0, 1.0, 1.0, 1.0, 1.0, 5.0, 1.0, 4.0, 2.0, 3.0]);
        let nan = f64::NAN;
        let labels = series(&[0.1, 0.3, 0.2, 0.5, 0.4, 0.1, 0.2, 0.3, 0.4, 0.5, nan, 0.1, 0.4, 0.3, 0.2]);
        let found = analyse(&scores, &labels, &Analysis { ana_long_short: true, ..Analysis::default() });
        assert!(
            found.ic[1].is_nan()
                && (found.ic[0] - 0.8).abs() < 1e-12
                && (found.rank_ic[2] - 0.8).abs() < 1e-12
        );
        assert!((found.metrics["IC"] - 0.8).abs() < 1e-12);
        assert!((found.long_short[0] - 0.15).abs() < 1e-12 && found.long_short[2].is_nan());
        assert!((found.average[2] - 0.25).abs() < 1e-12);
    }
}

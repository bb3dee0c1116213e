//! Least-squares lines, beta and correlation.

use super::{Rows, Windowed, change::rate, last, windowed::lagged};
use crate::kernel::{pair, rolling};

/// A statistic of the least-squares line through the values of a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Line {
    /// The line's value at the newest row.
    Newest,
    /// The line's value at the next row.
    Next,
    /// The line's value at the oldest row.
    Oldest,
    /// The slope of the line, per row.
    Slope,
    /// The angle of its slope, in degrees.
    Angle,
}

/// The least-squares line through the values of the window, over their positions.
pub fn line(line: Line, length: usize) -> Windowed {
    let half = (length as f64 - 1.0) / 2.0;
    Windowed::new(length - 1, move |rows| {
        let values = rows.input(0);
        let slopes = rows.rolled(values, length, rolling::slope);
        let from_mean = |reach: f64| {
            let means = rows.means(values, length);
            means.iter().zip(&slopes).map(|(mean, slope)| mean + slope * reach).collect()
        };
        vec![match line {
            Line::Newest => from_mean(half),
            Line::Next => from_mean(half + 1.0),
            Line::Oldest => from_mean(-half),
            Line::Angle => slopes.iter().map(|&slope| libm::atan(slope).to_degrees()).collect(),
            Line::Slope => slopes,
        }]
    })
}

/// The correlation of two series; 0 where one of them is constant.
pub fn correlation(length: usize) -> Windowed {
    Windowed::new(length - 1, move |rows| {
        let (x, y) = (rows.input(0), rows.input(1));
        if length == 1 {
            return vec![vec![0.0; x.len()]];
        }
        let covariance = rows.rolled_pair(x, y, length, pair::covariance);
        let spread = |values| rows.rolled(values, length, rolling::std);
        let spreads = spread(x).into_iter().zip(spread(y)).map(|(x, y)| x * y);
        let correlation = |(&covariance, spread): (&f64, f64)| match spread {
            0.0 => 0.0,
            _ => (covariance / spread).clamp(-1.0, 1.0),
        };
        vec![covariance.iter().zip(spreads).map(correlation).collect()]
    })
}

/// The slope of the second series' returns on those of the first; 0 where the first does not move.
pub fn beta(length: usize) -> Windowed {
    Windowed::new(length, move |rows| {
        let n = rows.input(0).len().saturating_sub(length);
        if length == 1 {
            return vec![vec![0.0; n]];
        }
        let [x, y] = [0, 1].map(|i| returns(rows, i));
        let betas = rows.rolled_pair(&y, &x, length, pair::beta);
        vec![last(&betas, n).iter().map(|&beta| if beta.is_nan() { 0.0 } else { beta }).collect()]
    })
}

fn returns(rows: &Rows<'_>, input: usize) -> Vec<f64> {
    lagged(rows.input(input), 1).map(|(new, old)| rate(new, old)).collect()
}

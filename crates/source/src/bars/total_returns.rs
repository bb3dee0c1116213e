//! The factor of prices from a vendor's returns, which have dividends, splits and delistings in them.

use backstaff_panel::{Axis, Column, TRADED, split_at_offsets};
use backstaff_words::count;
use rayon::prelude::*;

use super::adjust::Fields;
use crate::request::vendor::{DELISTING_RETURN, RETURN};

/// What was made of returns besides a factor.
#[derive(Default)]
struct Counts {
    /// The number of sessions with a close, after the first, whose return is unknown.
    n_unknown: usize,
    /// The number of delistings whose return makes the last close.
    n_delisted: usize,
}

/// Make `factor` of the returns of an instrument's sessions, and a last close of the return of its delisting.
///
/// The level of an instrument begins as its first close and grows by each return; the factor is level / close. Where a
/// return is unknown, the close itself moves the level, adjusted by the splits in a column `factor` if there is one. A
/// delisting return in a row with a close moves that row's level; in a row without one it gives the row a close: the
/// last close moved by it, at which the life ends. Returns sentences about both.
///
/// - Look-ahead: none.
/// - NaN: the factor of a session without a close.
pub(super) fn adjust_by_returns(fields: &mut Fields, axis: &Axis) -> Option<Vec<String>> {
    let (close, returns) = (fields.get("close")?, fields.get(RETURN)?);
    let (splits, delistings) = (fields.get("factor"), fields.get(DELISTING_RETURN));
    let at = |column: Option<&Column>, row: usize| column.map_or(f64::NAN, |column| column.get(row));
    let (mut factors, mut closes) = (vec![f64::NAN; axis.n_rows()], close.to_f64());
    let mut traded = fields.get(TRADED).map_or_else(|| vec![1.0; axis.n_rows()], Column::to_f64);
    let of_instruments = split_at_offsets(&mut factors, axis.offsets())
        .into_par_iter()
        .zip(split_at_offsets(&mut closes, axis.offsets()))
        .zip(split_at_offsets(&mut traded, axis.offsets()))
        .enumerate();
    let counts = of_instruments.map(|(i, ((factors, closes), traded))| {
        let start = axis.rows(i).start;
        let mut counts = Counts::default();
        let mut last = None::<Level>;
        for t in 0..factors.len() {
            let (row, delisting) = (start + t, at(delistings, start + t));
            match last {
                Some(Level { close, factor, .. }) if closes[t].is_nan() && !delisting.is_nan() => {
                    (closes[t], factors[t], traded[t]) = (close * (1.0 + delisting), factor, 1.0);
                    counts.n_delisted += 1;
                }
                _ if closes[t].is_nan() => continue,
                None => factors[t] = 1.0,
                Some(Level { close, factor, splits: before }) => {
                    let known = returns.get(row);
                    let split = Some(at(splits, row) / before).filter(|split| split.is_finite());
                    let plain = closes[t] / close;
                    let growth = if known.is_nan() { plain * split.unwrap_or(1.0) } else { 1.0 + known };
                    counts.n_unknown += usize::from(known.is_nan());
                    let grown = if delisting.is_nan() { growth } else { growth * (1.0 + delisting) };
                    factors[t] = factor * grown / plain;
                }
            }
            last = Some(Level { close: closes[t], factor: factors[t], splits: at(splits, row) });
        }
        counts
    });
    let counts = counts.collect::<Vec<_>>();
    let n_unknown = counts.iter().map(|counts| counts.n_unknown).sum::<usize>();
    let n_delisted = counts.iter().map(|counts| counts.n_delisted).sum::<usize>();
    for (name, values) in [("factor", factors), ("close", closes), (TRADED, traded)] {
        fields.insert(name.to_owned(), Column::F64(values));
    }
    let mut told = Vec::new();
    if n_unknown > 0 {
        told.push(format!(
            "{} with a close and no return: the move of the close counts, adjusted by splits alone",
            count(n_unknown, "session")
        ));
    }
    if n_delisted > 0 {
        told.push(format!("{} with a return that makes the last close", count(n_delisted, "delisting")));
    }
    Some(told)
}

/// An instrument at its last session with a close.
#[derive(Clone, Copy)]
struct Level {
    close: f64,
    factor: f64,
    /// The factor of splits there.
    splits: f64,
}

//! What the closes of a file look like: quoted or adjusted, and with splits that nothing adjusts for.

use std::collections::BTreeSet;

use backstaff_panel::{Axis, Column};
use backstaff_words::count;
use rayon::prelude::*;

use super::{
    adjust::Fields,
    reading::{FoundAdjustment, UnadjustedSplit},
    split_size::split_moves,
};
use crate::request::adjustment::Adjustment;

/// The number of splits that a sentence names.
const NAMED: usize = 3;

/// The number of splits that are listed.
const LISTED: usize = 200;

/// Figures about the closes as they are in the file.
pub(super) struct Looks {
    n_closes: usize,
    n_whole_cents: usize,
    splits: Vec<UnadjustedSplit>,
}

impl Looks {
    pub(super) fn of(fields: &Fields, axis: &Axis) -> Self {
        let (n_closes, n_whole_cents) = fields.get("close").map_or((0, 0), |close| {
            let counts = (0..axis.n_instruments()).into_par_iter().map(|i| {
                let closes = axis.rows(i).map(|row| close.get(row)).filter(|close| !close.is_nan());
                closes.fold((0, 0), |(n, whole), close| (n + 1, whole + usize::from(is_whole_cents(close))))
            });
            counts.reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
        });
        Self { n_closes, n_whole_cents, splits: splits(fields, axis) }
    }

    /// The description of an adjustment. `fields` are those after it.
    pub(super) fn describe(
        self,
        used: Adjustment,
        why: String,
        fields: &Fields,
        axis: &Axis,
    ) -> FoundAdjustment {
        let Self { n_closes, n_whole_cents, splits: quoted } = self;
        let whole_cents = if n_closes == 0 { f64::NAN } else { n_whole_cents as f64 / n_closes as f64 };
        let split_like_moves = quoted.len();
        let is_adjusted = matches!(used, Adjustment::AdjClose | Adjustment::Factor);
        let mut splits = if is_adjusted { splits(fields, axis) } else { quoted };
        let guess = match (n_closes, whole_cents) {
            (0, _) => "no close to judge by".to_owned(),
            _ if !splits.is_empty() => {
                let many = if splits.len() * 10 > axis.n_instruments() { "closes look unadjusted: " } else { "" };
                format!("{many}{}", named(&splits))
            }
            _ if split_like_moves > 0 => format!(
                "closes are as quoted: {} of the size of a split, which prices are adjusted for",
                count(split_like_moves, "move")
            ),
            (_, 0.9..) => {
                "closes are mostly whole cents, and no split stands out: as quoted, or adjusted by splits only".to_owned()
            }
            _ => "closes look adjusted by dividends too: they are not whole cents, and no split stands out".to_owned(),
        };
        splits.truncate(LISTED);
        FoundAdjustment { used, why, whole_cents, split_like_moves, splits, guess }
    }
}

/// A sentence about moves that have the size of a split, which stay in the prices.
fn named(splits: &[UnadjustedSplit]) -> String {
    // A series that jumps to and fro would otherwise take the place of all others.
    let mut seen = BTreeSet::new();
    let largest = splits.iter().filter(|split| seen.insert(split.instrument.as_str()));
    let largest = largest.map(ToString::to_string).collect::<Vec<_>>();
    let shown = largest.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
    let more = match largest.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and of {} more", count(more, "instrument")),
    };
    let moves = match splits.len() {
        1 => "a move has the size of a split that prices are not adjusted for".to_owned(),
        n => format!(
            "{n} moves of {} have the size of a split that prices are not adjusted for, the largest",
            count(largest.len(), "instrument")
        ),
    };
    format!("{moves}: {shown}{more}")
}

/// The moves of all closes that have the size of a split, the largest first.
fn splits(fields: &Fields, axis: &Axis) -> Vec<UnadjustedSplit> {
    let Some(close) = fields.get("close") else { return Vec::new() };
    let open = fields.get("open");
    let volume = fields.get("raw_volume").or_else(|| fields.get("volume"));
    let of_instrument = |i: usize| {
        let rows = axis.rows(i);
        let mut closes = vec![f64::NAN; rows.len()];
        close.decode(rows.clone(), &mut closes);
        let at =
            |column: Option<&Column>, t: usize| column.map_or(f64::NAN, |column| column.get(rows.start + t));
        let found = split_moves(&closes, |t| at(open, t), |t| at(volume, t)).into_iter();
        let found = found.map(|found| UnadjustedSplit {
            instrument: axis.instruments()[i].name().to_owned(),
            session: axis.sessions(i)[found.t],
            size: found.size.to_string(),
            before: found.before,
            close: found.close,
        });
        found.collect::<Vec<_>>()
    };
    let mut found =
        (0..axis.n_instruments()).into_par_iter().flat_map_iter(of_instrument).collect::<Vec<_>>();
    let size = |split: &UnadjustedSplit| (split.close / split.before).max(split.before / split.close);
    // Stable: equal ones stay in the order of instruments and sessions.
    found.sort_by(|a, b| size(b).total_cmp(&size(a)));
    found
}

/// Whether a close is a number of whole cents, but for the rounding to four bytes.
fn is_whole_cents(close: f64) -> bool {
    let cents = close * 100.0;
    (cents - cents.round()).abs() <= (2e-5 * cents).clamp(1e-6, 0.02)
}

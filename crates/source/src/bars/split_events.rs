//! The factor of splits from a column that tells, row by row, how many shares became of one.

use backstaff_panel::{Axis, Column, split_at_offsets};
use backstaff_words::count;
use rayon::prelude::*;

use super::adjust::Fields;

/// A factor from splits, and how often the closes show them.
pub(super) struct SplitEvents {
    pub factor: Column,
    /// The number of splits between two sessions with a close.
    n_splits: usize,
    /// The number of those at which the close moves as a split that it is not adjusted for does.
    n_shown: usize,
}

impl SplitEvents {
    /// Whether closes are as quoted, so that the splits are still to be adjusted for.
    pub(super) fn are_in_closes(&self) -> bool {
        self.n_shown * 2 >= self.n_splits
    }

    /// The sentence about splits of which the closes show nothing.
    pub(super) fn warning(&self, column: &str) -> String {
        format!(
            "{column} is not used: the closes move by only {} of its {}, so that they are adjusted by splits already",
            self.n_shown,
            count(self.n_splits, "split")
        )
    }
}

/// The cumulative factor of the splits in a column: 2 where two shares became of one, 1 or 0 or nothing where none did.
///
/// 1 before the first split; from the session of a split on it is multiplied by its number of shares.
///
/// - Look-ahead: none.
/// - NaN: never.
pub(super) fn split_events(fields: &Fields, column: &str, axis: &Axis) -> Option<SplitEvents> {
    let ratios = fields.get(column)?;
    let close = fields.get("close");
    let mut factors = vec![1.0; axis.n_rows()];
    let of_instruments = split_at_offsets(&mut factors, axis.offsets()).into_par_iter().enumerate();
    let counts = of_instruments.map(|(i, factors)| {
        let start = axis.rows(i).start;
        let (mut factor, mut last, mut before) = (1.0, f64::NAN, 1.0);
        let (mut n_splits, mut n_shown) = (0, 0);
        for (t, out) in factors.iter_mut().enumerate() {
            let ratio = ratios.get(start + t);
            if ratio > 0.0 {
                factor *= ratio;
            }
            *out = factor;
            let price = close.map_or(f64::NAN, |close| close.get(start + t));
            if price > 0.0 {
                let split = factor / before;
                if split != 1.0 && last > 0.0 {
                    let move_as_quoted: f64 = price / last;
                    n_splits += 1;
                    let is_nearer = libm::log(move_as_quoted * split).abs() < libm::log(move_as_quoted).abs();
                    n_shown += usize::from(is_nearer);
                }
                (last, before) = (price, factor);
            }
        }
        (n_splits, n_shown)
    });
    let (n_splits, n_shown) = counts.reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    Some(SplitEvents { factor: Column::F64(factors), n_splits, n_shown })
}

#[cfg(test)]
mod tests {
    use backstaff_panel::testing::weekdays;

    use super::*;

    fn events(closes: [f64; 4]) -> SplitEvents {
        let axis = Axis::new(weekdays(4), vec![("A".into(), 0..4)]);
        let fields = Fields::from([
            ("close".to_owned(), Column::F64(closes.to_vec())),
            ("split_ratio".to_owned(), Column::F64(vec![1.0, f64::NAN, 2.0, 0.0])),
        ]);
        split_events(&fields, "split_ratio", &axis).unwrap()
    }

    #[test]
    fn a_split_counts_from_its_session_on() {
        let found = events([10.0, 10.2, 5.0, 5.1]);
        assert!(found.factor.same_bits(&Column::F64(vec![1.0, 1.0, 2.0, 2.0])) && found.are_in_closes());
        assert!(events([10.0, f64::NAN, 5.0, 5.1]).are_in_closes());
    }

    #[test]
    fn closes_that_do_not_move_are_adjusted_already() {
        let found = events([10.0, 10.2, 10.1, 10.3]);
        assert!(!found.are_in_closes());
        assert!(
            found.warning("split_ratio").contains("0 of its 1 split,"),
            "{}",
            found.warning("split_ratio")
        );
    }
}

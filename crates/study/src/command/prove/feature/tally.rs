//! Two computations of the same columns, compared bit by bit.

use std::ops::Range;

use backstaff_panel::{Axis, Column};
use rayon::prelude::*;

/// Columns that were computed again, over rows that are a part of the whole's.
pub(super) struct Again<'a> {
    /// The axis of these columns.
    pub axis: &'a Axis,
    /// The columns, one for each feature.
    pub columns: &'a [Column],
    /// The position of the whole calendar that is the first of this axis.
    pub shift: usize,
    /// The number in the whole of each instrument; empty if instruments are found by name.
    pub instruments: Vec<usize>,
}

impl<'a> Again<'a> {
    /// Columns over a history that begins with the first session of the whole.
    pub(super) fn new(axis: &'a Axis, columns: &'a [Column]) -> Self {
        Self { axis, columns, shift: 0, instruments: Vec::new() }
    }

    /// The rows that both axes have, at some positions of the whole calendar: the whole's row, the own row, the
    /// position.
    fn rows<'b>(
        &'b self,
        whole: &'b Axis,
        counted: &'b Range<usize>,
    ) -> impl Iterator<Item = (usize, usize, usize)> + 'b {
        (0..self.axis.n_instruments()).flat_map(move |i| {
            let number = self.instruments.get(i).copied();
            let number = number.or_else(|| whole.find(self.axis.instruments()[i].name()));
            let own = self.axis.rows(i).zip(self.axis.positions(i).map(move |at| at + self.shift));
            let own = own.filter(move |(_, at)| counted.contains(at));
            own.filter_map(move |(row, at)| Some((whole.row(number?, at)?, row, at)))
        })
    }
}

/// The counts of a comparison of one column.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    /// The number of values that were compared; a value missing in both is none.
    pub values: usize,
    /// The number of these values whose bits differ.
    pub n_moved: usize,
    /// The earliest value that differs; `None` if none does.
    pub first: Option<Place>,
}

/// A value that moved, and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    /// The position of its session in the calendar.
    pub position: usize,
    /// The number of its instrument in the whole.
    pub instrument: usize,
    /// The value in the whole computation.
    pub whole: f64,
    /// The value in the other computation.
    pub again: f64,
}

impl Tally {
    /// Compare each column at the positions of the whole calendar that `counted` gives for the column's number.
    pub(super) fn add_all(
        tallies: &mut [Self],
        axis: &Axis,
        whole: &[&Column],
        again: &Again<'_>,
        counted: &(dyn Fn(usize) -> Range<usize> + Sync),
    ) {
        tallies
            .par_iter_mut()
            .enumerate()
            .for_each(|(n, tally)| tally.add(axis, whole[n], again, n, &counted(n)));
    }

    fn add(&mut self, axis: &Axis, whole: &Column, again: &Again<'_>, n: usize, counted: &Range<usize>) {
        for (row, own, position) in again.rows(axis, counted) {
            let (a, b) = (whole.get(row), again.columns[n].get(own));
            if a.is_nan() && b.is_nan() {
                continue;
            }
            self.values += 1;
            if a.to_bits() == b.to_bits() {
                continue;
            }
            self.n_moved += 1;
            // Rows come instrument by instrument, so the first of a session is that of the first instrument.
            if self.first.as_ref().is_none_or(|first| position < first.position) {
                let instrument = axis.instrument_of(row);
                self.first = Some(Place { position, instrument, whole: a, again: b });
            }
        }
    }
}

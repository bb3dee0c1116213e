//! The rows that an indicator sees.

use std::borrow::Cow;

use super::{Indicator, last};
use crate::kernel::canonical;

/// Run an indicator over the rows on which all inputs are present, as if there were no others.
///
/// - Shape: `inputs` and `outputs` are rows of one instrument, oldest first; an output is given by its number.
/// - NaN: a row on which an input is missing or infinite has no value and changes nothing that follows; the values of
///   all outputs begin on the same row.
/// - Look-ahead: none, a value depends on its own row and earlier ones, the indicator's state included.
///
/// # Panics
///
/// If slices differ in length, or there is no output of a number.
pub fn over_present(indicator: &mut dyn Indicator, inputs: &[&[f64]], outputs: &mut [(usize, &mut [f64])]) {
    let n_rows = inputs.first().map_or(0, |input| input.len());
    assert!(inputs.iter().all(|input| input.len() == n_rows), "inputs are equally long");
    let is_present = |row: usize| inputs.iter().all(|input| input[row].is_finite());
    let whole = inputs.iter().all(|input| input.iter().fold(true, |whole, value| whole & value.is_finite()));
    let rows =
        if whole { Vec::new() } else { (0..n_rows).filter(|&row| is_present(row)).collect::<Vec<_>>() };
    let present = inputs.iter().map(|&input| {
        if whole { Cow::Borrowed(input) } else { rows.iter().map(|&row| input[row]).collect() }
    });
    let present = present.collect::<Vec<Cow<'_, [f64]>>>();
    let series = indicator.run(&present.iter().map(AsRef::as_ref).collect::<Vec<_>>());
    let n_values = series.iter().map(Vec::len).min().unwrap_or(0);
    for (number, out) in outputs {
        assert_eq!(out.len(), n_rows, "one value a row");
        let values = last(&series[*number], n_values).iter().map(|&value| canonical(value));
        if whole {
            let (silent, out) = out.split_at_mut(n_rows - n_values);
            silent.fill(f64::NAN);
            for (out, value) in out.iter_mut().zip(values) {
                *out = value;
            }
        } else {
            out.fill(f64::NAN);
            for (&row, value) in rows[rows.len() - n_values..].iter().zip(values) {
                out[row] = value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::talib::{Change, change};

    #[test]
    fn a_hole_neither_counts_nor_poisons() {
        let mut out = [0.0; 6];
        let values = [1.0, f64::NAN, 4.0, f64::INFINITY, 9.0, 10.0];
        over_present(&mut change(Change::Momentum, 2), &[&values], &mut [(0, &mut out)]);
        assert!(out[..4].iter().all(|value| value.is_nan()));
        assert_eq!(out[4..], [8.0, 6.0]);
    }

    #[test]
    fn a_row_needs_all_inputs() {
        let mut out = [0.0; 3];
        let (high, low) = ([3.0, 4.0, 5.0], [1.0, f64::NAN, 2.0]);
        let mut middle = crate::kernel::talib::middle(1);
        over_present(&mut middle, &[&high, &low], &mut [(0, &mut out)]);
        assert_eq!((out[0], out[2]), (2.0, 3.5));
        assert!(out[1].is_nan());
    }

    #[test]
    fn no_rows_are_no_trouble() {
        over_present(&mut change(Change::Momentum, 2), &[&[]], &mut [(0, &mut [])]);
    }
}

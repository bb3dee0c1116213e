//! Fields that are derived from others: whether an instrument traded, and its return.

use backstaff_panel::{Axis, Column, TRADED, split_at_offsets};
use rayon::prelude::*;

use crate::bars::adjust::Fields;

/// Whether each row traded: 1 if it has a close, and a volume above zero where volume is known; 0 otherwise.
///
/// Without a close column a row trades if it is in the file. A column `traded` of the file can only say that a row did
/// not trade (0 or missing), never that it did.
pub(crate) fn traded(fields: &Fields, present: &[bool]) -> Column {
    let close = fields.get("close");
    let volume = fields.get("raw_volume").or_else(|| fields.get("volume"));
    let stated = fields.get(TRADED);
    let is_traded = |row: usize| {
        present[row]
            && close.is_none_or(|close| !close.get(row).is_nan())
            && volume.is_none_or(|volume| volume.get(row).is_nan() || volume.get(row) > 0.0)
            && stated.is_none_or(|stated| stated.get(row) > 0.0)
    };
    let flags = (0..present.len()).into_par_iter().map(|row| f32::from(u8::from(is_traded(row)))).collect();
    Column::F32(flags)
}

/// The number of instruments that a sentence names.
const NAMED: usize = 5;

/// Sentences about instruments without a single session in which they trade: those without any close, and those without
/// any volume.
pub(crate) fn silent(fields: &Fields, traded: &Column, axis: &Axis) -> Vec<String> {
    let never = |column: &Column, i: usize| !axis.rows(i).any(|row| column.get(row) > 0.0);
    let silent = (0..axis.n_instruments()).filter(|&i| never(traded, i));
    let (without_close, without_volume): (Vec<_>, Vec<_>) =
        silent.partition(|&i| fields.get("close").is_some_and(|close| never(close, i)));
    let named = |of: &[usize]| {
        let names = of.iter().map(|&i| axis.instruments()[i].name());
        (backstaff_words::count(of.len(), "instrument"), backstaff_words::some_of(names, NAMED))
    };
    let mut sentences = Vec::new();
    if !without_close.is_empty() {
        let (n, names) = named(&without_close);
        sentences.push(format!("{n} without a single close, so that nothing of them trades: {names}"));
    }
    if !without_volume.is_empty() {
        let (n, names) = named(&without_volume);
        sentences.push(format!(
            "{n} without a single session of trade (no volume above zero): {names}; if their volume is unknown, give the \
             column another name in the mapping"
        ));
    }
    sentences
}

/// Returns from the last traded close, and how many sessions each spans.
///
/// `close / last traded close - 1`, on the session of resumption.
///
/// - Shape: one value for each row of the axis.
/// - NaN: a session without a trade, and the first one.
/// - Look-ahead: none.
pub(crate) fn returns(close: &Column, traded: &Column, axis: &Axis) -> (Column, Column) {
    let mut returns = vec![f64::NAN; axis.n_rows()];
    let mut spans = vec![f32::NAN; axis.n_rows()];
    split_at_offsets(&mut returns, axis.offsets())
        .into_par_iter()
        .zip(split_at_offsets(&mut spans, axis.offsets()))
        .enumerate()
        .for_each(|(i, (returns, spans))| {
            let start = axis.rows(i).start;
            let mut last = None;
            for (t, (out, span)) in returns.iter_mut().zip(spans).enumerate() {
                if traded.get(start + t) == 0.0 {
                    continue;
                }
                let close = close.get(start + t);
                if let Some((last, last_close)) = last {
                    let change: f64 = close / last_close - 1.0;
                    if change.is_finite() {
                        (*out, *span) = (change, (t - last) as f32);
                    }
                }
                last = Some((t, close));
            }
        });
    (Column::F64(returns), Column::F32(spans))
}

#[cfg(test)]
mod tests {
    use backstaff_panel::{Axis, testing::weekdays};

    use super::*;

    #[test]
    fn a_return_lands_on_the_session_of_resumption() {
        let axis = Axis::new(weekdays(5), vec![("A".into(), 0..5)]);
        let fields = Fields::from([
            ("close".to_owned(), Column::F64(vec![10.0, f64::NAN, 12.0, 15.0, 18.0])),
            ("volume".to_owned(), Column::F64(vec![1.0, f64::NAN, 0.0, 1.0, f64::NAN])),
        ]);
        let traded = traded(&fields, &[true, false, true, true, true]);
        assert!(traded.same_bits(&Column::F32(vec![1.0, 0.0, 0.0, 1.0, 1.0])));
        let (returns, spans) = returns(&fields["close"], &traded, &axis);
        assert!(returns.same_bits(&Column::F64(vec![f64::NAN, f64::NAN, f64::NAN, 0.5, 18.0 / 15.0 - 1.0])));
        assert!(spans.same_bits(&Column::F32(vec![f32::NAN, f32::NAN, f32::NAN, 3.0, 1.0])));
    }
}

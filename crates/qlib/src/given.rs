//! Scores that were computed elsewhere: a table with a date, an instrument and a score.

use std::{path::Path, sync::Arc};

use backstaff_study::StudyError;

use crate::{frame::table_file, portfolio::Scores};

/// Read scores.
///
/// # Errors
///
/// If the file can't be read or has no such columns.
pub fn read(path: &Path) -> Result<Scores, StudyError> {
    let table_file::Known { dates, instruments: names, mut columns } = table_file::scores(path)?;
    let values = columns.pop().map(|(_, values)| values).unwrap_or_default();
    let mut order = (0..dates.len()).collect::<Vec<_>>();
    order.sort_by(|&a, &b| (dates[a], &names[a]).cmp(&(dates[b], &names[b])));
    let mut scores = Scores::default();
    for row in order {
        scores.dates.push(dates[row]);
        scores.instruments.push(Arc::from(names[row].as_str()));
        scores.values.push(values[row]);
    }
    Ok(scores)
}

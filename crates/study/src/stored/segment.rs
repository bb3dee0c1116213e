//! A stored column is a list of segments, instrument-major inside: years, the last year's quarters, the last
//! quarter's months.
//!
//! A segment that nothing touches keeps its bytes, so an appended session leaves all digests but that of the last
//! month so far, and whatever is keyed by the others is found. The cut follows from the calendar alone: however a
//! history grew, the same sessions are cut in the same way. When a quarter or a year is over, its parts are computed
//! once more as one.

use std::{ops::Range, sync::Arc};

use backstaff_panel::{Axis, Calendar, Column, Session, split_at_offsets};
use backstaff_stage::{Digest, KeyHasher};
use rayon::prelude::*;

use crate::stored::encoding::Values;

/// A run of sessions of the calendar that is stored as one part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// The year, quarter or month of the sessions: `2024`, `2025-Q1` or `2025-04`.
    pub label: String,
    /// The positions of the sessions in the calendar.
    pub positions: Range<usize>,
}

impl Segment {
    /// The name of a part that holds this segment of a column.
    pub fn part(&self, column: &str) -> String {
        format!("{column}@{}", self.label)
    }
}

/// Cut a calendar into segments: whole years, then the quarters of the last year, then the months of its last quarter.
pub(crate) fn segments(calendar: &Calendar) -> Vec<Segment> {
    let sessions = calendar.sessions();
    let Some(&last) = sessions.last() else { return Vec::new() };
    let mut out = Vec::<Segment>::new();
    for (position, &session) in sessions.iter().enumerate() {
        let label = label(session, last);
        match out.last_mut() {
            Some(segment) if segment.label == label => segment.positions.end = position + 1,
            _ => out.push(Segment { label, positions: position..position + 1 }),
        }
    }
    out
}

/// The label of a session's segment, in a calendar that ends with `last`.
fn label(session: Session, last: Session) -> String {
    let quarter = |session: Session| (session.month() - 1) / 3 + 1;
    let year = session.year();
    if year < last.year() {
        year.to_string()
    } else if quarter(session) < quarter(last) {
        format!("{year}-Q{}", quarter(session))
    } else {
        format!("{year}-{:02}", session.month())
    }
}

/// The rows of a segment: one range for each instrument that lives in it.
pub(crate) fn rows(axis: &Axis, segment: &Segment) -> Vec<Range<usize>> {
    (0..axis.n_instruments())
        .filter_map(|i| {
            let rows = axis.rows_between(i, &segment.positions);
            (!rows.is_empty()).then_some(rows)
        })
        .collect()
}

/// The digest of a segment's rows: its sessions, and the life of each instrument within it.
pub(crate) fn axis_digest(axis: &Axis, segment: &Segment) -> Digest {
    let mut bytes = Vec::new();
    for session in &axis.calendar().sessions()[segment.positions.clone()] {
        bytes.extend_from_slice(&session.number().to_le_bytes());
    }
    for (i, instrument) in axis.instruments().iter().enumerate() {
        let life = axis.life(i);
        let (start, end) = (life.start.max(segment.positions.start), life.end.min(segment.positions.end));
        if start < end {
            bytes.extend_from_slice(&(instrument.name().len() as u64).to_le_bytes());
            bytes.extend_from_slice(instrument.name().as_bytes());
            // Counted from the segment's start: a life that begins earlier or goes on later leaves the digest as it is.
            bytes.extend_from_slice(&((start - segment.positions.start) as u64).to_le_bytes());
            bytes.extend_from_slice(&((end - segment.positions.start) as u64).to_le_bytes());
            if axis.is_sparse() {
                // Behind a mark that is no length of a name, the positions at which the instrument has rows.
                bytes.extend_from_slice(&u64::MAX.to_le_bytes());
                for row in axis.rows_between(i, &segment.positions) {
                    let position = axis.position_in(i, row) - segment.positions.start;
                    bytes.extend_from_slice(&(position as u64).to_le_bytes());
                }
            }
        }
    }
    let mut hasher = KeyHasher::new();
    hasher.bytes("axis", &bytes);
    Digest::from_bytes(*hasher.finish().as_bytes())
}

/// Put the segments of a column together: one value for each row of the axis, in four bytes if all segments are.
///
/// # Panics
///
/// If a segment has another number of rows than the axis says, or a row is in none.
pub(crate) fn join(axis: &Axis, parts: &[(Segment, Values<'_>)]) -> Column {
    let is_short = |(_, values): &(Segment, Values<'_>)| matches!(values, Values::F32(_));
    if parts.iter().all(is_short) {
        Column::F32(scatter(axis, parts, |values, from, to| match values {
            Values::F32(values) => to.copy_from_slice(&values[from]),
            Values::F64(_) => unreachable!("all parts are stored in four bytes"),
        }))
    } else {
        Column::F64(scatter(axis, parts, |values, from, to| match values {
            Values::F32(values) => {
                to.iter_mut().zip(&values[from]).for_each(|(to, &value)| *to = f64::from(value));
            }
            Values::F64(values) => to.copy_from_slice(&values[from]),
        }))
    }
}

/// Copy each segment's rows of each instrument to where they belong. Threads share the instruments, so that each touches
/// its own part of the memory first.
fn scatter<T: Copy + Default + Send>(
    axis: &Axis,
    parts: &[(Segment, Values<'_>)],
    copy: impl Fn(&Values<'_>, Range<usize>, &mut [T]) + Sync,
) -> Vec<T> {
    let cut = |i: usize, segment: &Segment| axis.rows_between(i, &segment.positions);
    let starts = |(segment, values): &(Segment, Values<'_>)| {
        let mut starts = vec![0];
        starts.extend((0..axis.n_instruments()).map(|i| cut(i, segment).len()));
        (1..starts.len()).for_each(|i| starts[i] += starts[i - 1]);
        let rows = starts[starts.len() - 1];
        assert_eq!(rows, values.len(), "segment {} belongs to another axis", segment.label);
        starts
    };
    let starts = parts.iter().map(starts).collect::<Vec<_>>();
    let rows = starts.iter().map(|starts| starts[starts.len() - 1]).sum::<usize>();
    assert_eq!(rows, axis.n_rows(), "every row is in one segment");
    let mut out = vec![T::default(); rows];
    split_at_offsets(&mut out, axis.offsets()).into_par_iter().enumerate().for_each(|(i, out)| {
        for ((segment, values), starts) in parts.iter().zip(&starts) {
            let cut = cut(i, segment);
            if !cut.is_empty() {
                let at = cut.start - axis.rows(i).start;
                copy(values, starts[i]..starts[i + 1], &mut out[at..at + cut.len()]);
            }
        }
    });
    out
}

/// The values of a column in one segment, instrument after instrument.
pub(crate) fn cut(axis: &Axis, segment: &Segment, column: &Arc<Column>) -> Column {
    column.select(&rows(axis, segment))
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstaff_panel::testing::{MarketSpec, market};

    #[test]
    fn cutting_and_joining_gives_the_same_bytes() {
        let panel = market(MarketSpec { n_sessions: 700, ..MarketSpec::default() });
        let axis = panel.axis();
        let segments = segments(axis.calendar());
        assert!(segments.len() > 3);
        let close = panel.field("close").unwrap();
        let parts = segments.iter().map(|segment| cut(axis, segment, close)).collect::<Vec<_>>();
        let values = |parts: &[Column]| {
            let values = segments.iter().cloned().zip(parts.iter().map(Values::from)).collect::<Vec<_>>();
            join(axis, &values)
        };
        assert!(values(&parts).same_bits(close));
        // Segments may be stored in fewer bytes where that loses nothing; the column then is as wide as its widest.
        let mut mixed = parts.clone();
        mixed[0] = Column::F32((0..mixed[0].len()).map(|row| row as f32).collect());
        let joined = values(&mixed).select(&rows(axis, &segments[0])).to_f64();
        assert!(joined.iter().enumerate().all(|(row, &value)| value == row as f64));
    }

    #[test]
    fn the_newest_sessions_are_cut_finest() {
        let panel = market(MarketSpec { n_sessions: 700, mortal: 0.0, ..MarketSpec::default() });
        let labels = |n| {
            let segments = segments(panel.between(0..n).axis().calendar());
            segments.into_iter().map(|segment| segment.label).collect::<Vec<_>>()
        };
        let last = panel.axis().calendar().session(699);
        assert_eq!((last.year(), last.month()), (2012, 9));
        assert_eq!(labels(700), ["2010", "2011", "2012-Q1", "2012-Q2", "2012-07", "2012-08", "2012-09"]);
        assert_eq!(labels(600), ["2010", "2011", "2012-Q1", "2012-04", "2012-05"]);
        assert_eq!(labels(1), ["2010-01"]);
    }

    #[test]
    fn an_append_leaves_the_digests_of_older_segments() {
        let long = market(MarketSpec { n_sessions: 700, mortal: 0.0, ..MarketSpec::default() });
        let short = long.between(0..699);
        let (old, new) = (segments(short.axis().calendar()), segments(long.axis().calendar()));
        assert_eq!(old.len(), new.len());
        for (n, (a, b)) in old.iter().zip(&new).enumerate() {
            let same = axis_digest(short.axis(), a) == axis_digest(long.axis(), b);
            assert_eq!(same, n + 1 < new.len(), "{}", a.label);
        }
    }
}

//! A stored column is a list of segments, instrument-major inside: years, the last year's quarters, the last
//! quarter's months.
//!
//! A segment that nothing touches keeps its bytes, so an appended session leaves all digests but that of the last
//! month so far, and whatever is keyed by the others is found. The cut follows from the calendar alone: however a
//! history grew, the same sessions are cut in the same way. When a quarter or a year is over, its parts are computed
//! once more as one.

use std::{ops::Range, sync::Arc};

use backstaff_panel::{Axis, Calendar, Column, Encoding, Session};
use backstaff_stage::{Digest, KeyHasher};

/// A run of sessions of the calendar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// `2024`, `2025-Q1` or `2025-04`.
    pub label: String,
    /// Positions in the calendar.
    pub positions: Range<usize>,
}

impl Segment {
    /// The name of a part that holds this segment of a column.
    pub fn part(&self, column: &str) -> String {
        format!("{column}@{}", self.label)
    }
}

/// Cut a calendar into segments.
pub fn segments(calendar: &Calendar) -> Vec<Segment> {
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

/// The segment of a session in a calendar that ends with `last`.
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

/// The rows of a segment, instrument by instrument.
pub fn rows(axis: &Axis, segment: &Segment) -> Vec<Range<usize>> {
    (0..axis.n_instruments())
        .filter_map(|i| {
            let life = axis.life(i);
            let cut = life.start.max(segment.positions.start)..life.end.min(segment.positions.end);
            let start = axis.rows(i).start + cut.start.saturating_sub(life.start);
            (cut.start < cut.end).then(|| start..start + cut.len())
        })
        .collect()
}

/// A digest of the rows of a segment: its sessions, and who lives from when to when.
pub fn axis_digest(axis: &Axis, segment: &Segment) -> Digest {
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
            bytes.extend_from_slice(&((start - segment.positions.start) as u64).to_le_bytes());
            bytes.extend_from_slice(&((end - segment.positions.start) as u64).to_le_bytes());
        }
    }
    let mut hasher = KeyHasher::new();
    hasher.bytes("axis", &bytes);
    Digest::from_bytes(*hasher.finish().as_bytes())
}

/// Put the segments of a column together again.
///
/// # Panics
///
/// If a segment has another number of rows than the axis says, or they are encoded differently.
pub fn join(axis: &Axis, parts: &[(Segment, Column)]) -> Column {
    fn scatter<'a, T: Copy + 'a>(
        axis: &Axis,
        parts: impl Iterator<Item = (&'a Segment, &'a [T])>,
        missing: T,
    ) -> Vec<T> {
        let mut out = vec![missing; axis.n_rows()];
        for (segment, values) in parts {
            let mut taken = 0;
            for range in rows(axis, segment) {
                let end = taken + range.len();
                out[range].copy_from_slice(&values[taken..end]);
                taken = end;
            }
            assert_eq!(taken, values.len(), "segment {} belongs to another axis", segment.label);
        }
        out
    }
    if parts.iter().all(|(_, column)| column.encoding() == Encoding::F32) {
        let parts = parts.iter().filter_map(|(segment, column)| match column {
            Column::F32(values) => Some((segment, values.as_slice())),
            Column::F64(_) => None,
        });
        Column::F32(scatter(axis, parts, f32::NAN))
    } else {
        let decoded = parts.iter().map(|(segment, column)| (segment, column.to_f64())).collect::<Vec<_>>();
        Column::F64(scatter(
            axis,
            decoded.iter().map(|(segment, values)| (*segment, values.as_slice())),
            f64::NAN,
        ))
    }
}

/// The rows of one segment of a column.
pub fn cut(axis: &Axis, segment: &Segment, column: &Arc<Column>) -> Column {
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
        let parts = segments.iter().map(|s| (s.clone(), cut(axis, s, close))).collect::<Vec<_>>();
        assert!(join(axis, &parts).same_bits(close));
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

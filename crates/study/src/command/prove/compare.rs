//! Comparisons bit by bit: columns, scores, regimes and ledgers.

use std::fmt;

use backstaff_panel::{Axis, Column, Session};
use backstaff_portfolio::Backtest;
use backstaff_regime::{Decision, Walk};
use serde::Serialize;

use crate::{steps::scores::Scores, stored::ledger::is_same_day};

/// Something known before a session that moved when only later data changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leak {
    /// The kind of thing that moved: `data`, `column`, `samples`, `scores`, `regimes`, `ledger`;
    /// `fit` for a model of the user's own that scores otherwise when it is fitted again on the same rows.
    pub kind: &'static str,
    /// The name of the column, fold, model, instrument or portfolio.
    pub name: String,
    /// The expression of a column; `None` for anything else.
    pub expression: Option<String>,
    /// The instrument of the first value that moved; `None` where no single one is meant.
    pub instrument: Option<String>,
    /// The session of the first value that moved: YYYY-MM-DD.
    pub session: String,
    /// The number of values that moved.
    pub n_moved: usize,
}

impl Leak {
    /// A leak without an instrument or an expression.
    pub(crate) fn of(kind: &'static str, name: &str, session: String, n_moved: usize) -> Self {
        Self { kind, name: name.to_owned(), expression: None, instrument: None, session, n_moved }
    }
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, n_moved, session, .. } = self;
        if *kind == FIT {
            return write!(
                f,
                "fit of {name} can't be repeated: fitted again on the same rows it gives {n_moved} other scores, the first \
                 on {session}; fix its seed (`random_state`), and let it read nothing but what `fit` is given"
            );
        }
        write!(f, "{kind} {name} looks ahead: {n_moved} values moved, the first on {session}")?;
        if let Some(instrument) = &self.instrument {
            write!(f, " ({instrument})")?;
        }
        match &self.expression {
            Some(expression) => write!(f, "\n    {expression}"),
            None => Ok(()),
        }
    }
}

/// The kind of a model that can't be fitted twice with the same result.
pub(super) const FIT: &str = "fit";

/// What rounding may differ by, as a share of the largest score: code of the user's own may compute in blocks, which lie
/// elsewhere among fewer rows, and in 32 bits.
const ROUNDING: f64 = 1e-5;

/// Whether scores of a model of the user's own are the same but for rounding.
pub(super) fn are_same_scores(old: &[f64], new: &[f64]) -> bool {
    let finite = old.iter().copied().filter(|score| score.is_finite());
    let largest = finite.fold(0.0, |largest: f64, score| largest.max(score.abs()));
    let is_same = |(a, b): (&f64, &f64)| (a - b).abs() <= largest * ROUNDING || (a.is_nan() && b.is_nan());
    old.len() == new.len() && old.iter().zip(new).all(is_same)
}

/// Compare two columns over the same axis: the earliest session that differs, and the number of values; `None` if no
/// bit does.
pub fn compare_columns(axis: &Axis, name: &str, a: &Column, b: &Column) -> Option<Leak> {
    if a.same_bits(b) {
        return None;
    }
    let differ = |row: &usize| a.get(*row).to_bits() != b.get(*row).to_bits();
    let moved = (0..axis.n_rows()).filter(differ).collect::<Vec<_>>();
    let first = moved.iter().copied().min_by_key(|&row| axis.position_of(row))?;
    Some(Leak {
        kind: "column",
        name: name.to_owned(),
        expression: None,
        instrument: Some(axis.instruments()[axis.instrument_of(first)].to_string()),
        session: axis.calendar().session(axis.position_of(first)).to_string(),
        n_moved: moved.len(),
    })
}

/// Compare the scores of each model; a row that only one of the two scores differs as well.
pub(super) fn compare_scores(axis: &Axis, old: &[(String, Scores)], new: &[(String, Scores)]) -> Vec<Leak> {
    let column = |scores: &Scores| Column::F64(scores.on(axis.n_rows()));
    let moved = old.iter().zip(new).filter_map(|((name, old), (_, new))| {
        let leak = compare_columns(axis, name, &column(old), &column(new))?;
        Some(Leak { kind: "scores", ..leak })
    });
    moved.collect()
}

/// Compare every decision about regimes up to a session.
pub(super) fn compare_walks(session: Session, old: &[(String, Walk)], new: &[(String, Walk)]) -> Vec<Leak> {
    let up_to = |walk: &Walk| {
        let decided = walk.decisions.iter().flatten().filter(|decision| decision.session <= session);
        decided.copied().collect::<Vec<_>>()
    };
    let mut leaks = Vec::new();
    for (name, walk) in old {
        let old = up_to(walk);
        let new =
            new.iter().find(|(other, _)| other == name).map(|(_, walk)| up_to(walk)).unwrap_or_default();
        let moved = old.iter().zip(&new).filter(|(old, new)| !is_same_decision(old, new));
        let moved = moved.map(|(old, _)| old.session).collect::<Vec<_>>();
        let n_moved = moved.len() + old.len().abs_diff(new.len());
        if n_moved > 0 {
            let first = moved.first().unwrap_or(&session).to_string();
            leaks.push(Leak::of("regimes", name, first, n_moved));
        }
    }
    leaks
}

fn is_same_decision(a: &Decision, b: &Decision) -> bool {
    let numbers = |decision: &Decision| {
        let own = [decision.confidence, decision.expected_return, decision.expected_volatility];
        own.into_iter().chain(decision.probabilities.iter().copied()).map(f64::to_bits).collect::<Vec<_>>()
    };
    let rest = |decision: &Decision| (decision.session, decision.state, decision.age, decision.fit);
    rest(a) == rest(b) && a.label == b.label && numbers(a) == numbers(b)
}

/// The sessions of records that differ; of records that only one has, too.
fn differing<T: fmt::Debug>(old: &[T], new: &[T], session: impl Fn(&T) -> Session) -> Vec<Session> {
    let longer = if old.len() > new.len() { old } else { new };
    let common = old.len().min(new.len());
    // Compared as texts, in which one missing value equals another.
    let differ = |(old, new): &(&T, &T)| format!("{old:?}") != format!("{new:?}");
    let moved = old.iter().zip(new).filter(differ).map(|(old, _)| session(old));
    moved.chain(longer[common..].iter().map(&session)).collect()
}

/// Compare every number of every session, the decisions, the trades and the positions of each portfolio.
pub(super) fn compare_ledgers(old: &[(String, Backtest)], new: &[(String, Backtest)]) -> Vec<Leak> {
    let mut leaks = Vec::new();
    for ((name, old), (_, new)) in old.iter().zip(new) {
        let moved = old.days.iter().zip(&new.days).filter(|(a, b)| !is_same_day(a, b));
        let mut moved = moved.map(|(day, _)| day.session).collect::<Vec<_>>();
        let decided = old.decisions.iter().zip(&new.decisions).filter(|(a, b)| a != b);
        moved.extend(decided.map(|(decided, _)| decided.session));
        let session_of = |day: usize| {
            let days = if day < old.days.len() { &old.days } else { &new.days };
            days[day].session
        };
        moved.extend(differing(&old.fills, &new.fills, |fill| fill.session));
        moved.extend(differing(&old.shortfalls, &new.shortfalls, |shortfall| shortfall.session));
        moved.extend(differing(&old.delistings, &new.delistings, |delisted| delisted.session));
        moved.extend(differing(&old.positions, &new.positions, |position| session_of(position.day as usize)));
        // What one of the two has beyond the other begins where the shorter one ends.
        let ends = [old.days.len() != new.days.len(), old.decisions.len() != new.decisions.len()];
        let end = || old.days.len().min(new.days.len()).checked_sub(1).map(|last| old.days[last].session);
        moved.extend(ends.into_iter().filter(|is_longer| *is_longer).filter_map(|_| end()));
        if let Some(first) = moved.iter().min() {
            leaks.push(Leak::of("ledger", name, first.to_string(), moved.len()));
        }
    }
    leaks
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstaff_panel::{Calendar, testing::weekdays};

    fn axis() -> Axis {
        let calendar: Calendar = weekdays(4);
        Axis::new(calendar, vec![("A".into(), 0..4), ("B".into(), 0..4)])
    }

    #[test]
    fn a_score_that_moved_came_or_went_is_a_leak() {
        let axis = axis();
        let named = |pairs: &[(u32, f64)]| vec![("trees".to_owned(), Scores::new(pairs.to_vec()))];
        let old = named(&[(1, 0.5), (6, 0.25)]);
        assert_eq!(compare_scores(&axis, &old, &old), []);
        for new in [named(&[(1, 0.5), (6, 0.5)]), named(&[(1, 0.5)]), named(&[(1, 0.5), (6, 0.25), (7, 0.0)])]
        {
            let leaks = compare_scores(&axis, &old, &new);
            assert_eq!((leaks.len(), leaks[0].kind, leaks[0].n_moved), (1, "scores", 1));
            assert_eq!(leaks[0].instrument.as_deref(), Some("B"));
        }
    }
}

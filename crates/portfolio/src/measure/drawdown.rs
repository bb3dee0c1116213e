//! How deep and how long it was under water.

use backstaff_panel::Session;
use backstaff_statistics::{ratio, underwater};

use super::{Definition, Performance, Unit, returns::cagr};
use crate::Day;

pub(super) const MEASURES: &[Definition] = &[
    Definition {
        name: "max_drawdown",
        title: "Largest drawdown",
        formula: "min over sessions of equity / highest equity so far − 1; the initial cash counts as a high",
        unit: Unit::Fraction,
        source: "Magdon-Ismail and Atiya (2004), \"Maximum drawdown\", Risk 17",
        compute: max_drawdown,
    },
    Definition {
        name: "max_drawdown_sessions",
        title: "Longest time under water",
        formula: "the most sessions from a high to the return to it, or to the end",
        unit: Unit::Sessions,
        source: "Bacon (2008), ch. 4",
        compute: longest_drawdown,
    },
    Definition {
        name: "calmar",
        title: "Calmar ratio",
        formula: "CAGR / |largest drawdown|, over the whole backtest",
        unit: Unit::Ratio,
        source: "Young (1991), \"Calmar ratio: a smoother tool\", Futures 20",
        compute: |performance| ratio(cagr(performance), -max_drawdown(performance)),
    },
];

/// A fall from a high of the equity, until the high is reached again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawdown {
    /// The lowest equity over the high, less one: zero or below.
    pub depth: f64,
    /// The session of the high from which equity fell.
    pub peak: Session,
    /// The session of the lowest equity.
    pub trough: Session,
    /// The session in which the high was reached again, if it was.
    pub recovery: Option<Session>,
    /// Sessions from the high to the recovery, or to the end.
    pub n_sessions: usize,
}

/// All falls from a high, deepest first; equal ones oldest first.
pub fn drawdowns(days: &[Day]) -> Vec<Drawdown> {
    let depths = underwater(days.iter().map(|day| day.equity));
    let mut found = Vec::new();
    let mut t = 0;
    while t < days.len() {
        if depths[t] == 0.0 {
            t += 1;
            continue;
        }
        let end = (t..days.len()).find(|&later| depths[later] == 0.0);
        let under = t..end.unwrap_or(days.len());
        let trough = under
            .clone()
            .fold(t, |lowest, later| if depths[later] < depths[lowest] { later } else { lowest });
        found.push(Drawdown {
            depth: depths[trough],
            peak: days[t - 1].session,
            trough: days[trough].session,
            recovery: end.map(|end| days[end].session),
            n_sessions: end.unwrap_or(days.len() - 1) - (t - 1),
        });
        t = under.end;
    }
    found.sort_by(|a, b| a.depth.total_cmp(&b.depth));
    found
}

fn max_drawdown(performance: &Performance<'_>) -> f64 {
    underwater(performance.days.iter().map(|day| day.equity)).into_iter().fold(0.0, f64::min)
}

fn longest_drawdown(performance: &Performance<'_>) -> f64 {
    drawdowns(performance.days).iter().map(|drawdown| drawdown.n_sessions).max().unwrap_or(0) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::backtest;

    #[test]
    fn a_loss_on_the_first_session_counts() {
        let backtest = backtest(&[100.0, 90.0, 95.0]);
        assert!((max_drawdown(&Performance::new(&backtest)) + 0.1).abs() < 1e-15);
        let found = drawdowns(&backtest.days);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].recovery, found[0].n_sessions), (None, 2));
    }

    #[test]
    fn lists_the_deepest_first() {
        let backtest = backtest(&[100.0, 95.0, 101.0, 101.0, 50.5, 60.0, 101.0, 120.0]);
        let found = drawdowns(&backtest.days);
        let session = |n: usize| backtest.days[n].session;
        assert_eq!(
            found[0],
            Drawdown {
                depth: -0.5,
                peak: session(3),
                trough: session(4),
                recovery: Some(session(6)),
                n_sessions: 3
            }
        );
        assert_eq!((found[1].peak, found[1].trough, found[1].n_sessions), (session(0), session(1), 2));
        assert_eq!(longest_drawdown(&Performance::new(&backtest)), 3.0);
    }

    #[test]
    fn an_account_that_only_grows_has_none() {
        let backtest = backtest(&[1.0, 2.0, 2.0, 3.0]);
        assert!(drawdowns(&backtest.days).is_empty());
        assert_eq!(max_drawdown(&Performance::new(&backtest)), 0.0);
    }
}

//! The gauge of survivorship: the return of the universe's equal weight above the index, without any model.

use serde::{Deserialize, Serialize};

use super::account::Accounts;
use crate::{
    flow::results::Results,
    steps::backtest::{BacktestResult, Holder, Variant},
};

/// The gauge of survivorship, and the counts of instruments that end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Gauge {
    /// The number of instruments in the panel.
    pub n_instruments: usize,
    /// The number of instruments that end before the panel does.
    pub n_ended: usize,
    /// The number of those that the table of delistings names; `None` if the data have no such table.
    pub n_stated: Option<usize>,
    /// The returns over the tested sessions.
    pub test: Above,
    /// The returns over all sessions of the data.
    pub whole: Above,
}

/// Returns over one span of time: fractions a year, `None` where there is no such portfolio.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Above {
    /// The first session: YYYY-MM-DD.
    pub from: String,
    /// The return of the index.
    pub index: Option<f64>,
    /// The return of the universe's equal weight.
    pub universe: Option<f64>,
    /// The equal weight without regard to dates of entry.
    pub unmasked: Option<f64>,
    /// The return of the universe's equal weight less that of the index.
    pub with_mask: Option<f64>,
    /// The return of the equal weight without regard to dates of entry, less that of the index.
    pub without_mask: Option<f64>,
}

impl Above {
    fn of(index: Option<f64>, universe: Option<f64>, unmasked: Option<f64>, from: String) -> Self {
        let above = |value: Option<f64>| Some(value? - index?);
        Self { from, index, universe, unmasked, with_mask: above(universe), without_mask: above(unmasked) }
    }
}

impl Gauge {
    pub(super) fn of(results: &Results, accounts: &Accounts<'_>) -> Self {
        let axis = results.panel.axis();
        let ended = || (0..axis.n_instruments()).filter(|&i| axis.life(i).end < axis.n_sessions());
        let n_stated = results.panel.facts().delistings.as_ref().map(|told| {
            ended().filter(|&i| told.instruments.contains_key(axis.instruments()[i].name())).count()
        });
        let growth = |account: Option<&super::account::Account<'_>>| {
            account.map(|account| account.measure("cagr")).filter(|value| value.is_finite())
        };
        let whole = |holder: Holder| {
            let found = results.gauge.iter().find(|backtest| backtest.variant.holder == holder);
            found.map(|backtest| backtest.measure("cagr")).filter(|value| value.is_finite())
        };
        let first = |backtest: Option<&BacktestResult>| {
            backtest
                .and_then(|backtest| backtest.daily.days.first())
                .map(|day| day.session)
                .map(|session| session.to_string())
                .unwrap_or_default()
        };
        let (index, universe, unmasked) = (accounts.index(), accounts.equal_weight(), accounts.unmasked());
        let from = first(results.backtest(&Variant::plain(Holder::EqualWeight)));
        Self {
            n_instruments: axis.n_instruments(),
            n_ended: ended().count(),
            n_stated,
            test: Above::of(growth(index), growth(universe), growth(unmasked), from),
            whole: Above::of(
                whole(Holder::Index),
                whole(Holder::EqualWeight),
                whole(Holder::EqualWeightUnmasked),
                first(results.gauge.first()),
            ),
        }
    }

    /// The number of instruments that end and that the table does not name: their delisting is only suspected.
    pub(super) fn n_suspected(&self) -> usize {
        self.n_ended - self.n_stated.unwrap_or(0)
    }

    /// Whether no instrument ends before the panel does, so that it holds survivors only.
    pub(super) fn only_survivors(&self) -> bool {
        self.n_ended == 0 && self.n_instruments > 1
    }
}

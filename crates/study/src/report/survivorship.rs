//! How much a universe of survivors flatters: what its equal weight earned above the index.

use serde::Serialize;

use super::account::Accounts;
use crate::results::Results;

/// The gauge of survivorship.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Gauge {
    /// Instruments of the panel.
    pub(super) n_instruments: usize,
    /// Those that end before the panel does.
    pub(super) n_ended: usize,
    /// Return a year of the index.
    pub(super) index: Option<f64>,
    /// Return a year of the universe's equal weight.
    pub(super) universe: Option<f64>,
    /// Return a year of the equal weight without regard to dates of entry.
    pub(super) unmasked: Option<f64>,
    /// Universe less index.
    pub(super) with_mask: Option<f64>,
    /// Everything that trades less index.
    pub(super) without_mask: Option<f64>,
}

impl Gauge {
    pub(super) fn of(results: &Results, accounts: &Accounts<'_>) -> Self {
        let axis = results.panel.axis();
        let is_ended = |i: &usize| axis.life(*i).end < axis.n_sessions();
        let growth = |account: Option<&super::account::Account<'_>>| {
            account.map(|account| account.measure("cagr")).filter(|value| value.is_finite())
        };
        let (index, universe) = (growth(accounts.index()), growth(accounts.equal_weight()));
        let unmasked = growth(accounts.unmasked());
        let above = |value: Option<f64>| Some(value? - index?);
        Self {
            n_instruments: axis.n_instruments(),
            n_ended: (0..axis.n_instruments()).filter(is_ended).count(),
            index,
            universe,
            unmasked,
            with_mask: above(universe),
            without_mask: above(unmasked),
        }
    }

    /// Whether nobody ever left: the panel holds survivors only.
    pub(super) fn only_survivors(&self) -> bool {
        self.n_ended == 0 && self.n_instruments > 1
    }
}

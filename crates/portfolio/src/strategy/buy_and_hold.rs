//! Buy one instrument and keep it.

use backstaff_panel::Instrument;

use super::{Strategy, View};
use crate::{Decision, Order, Quantity};

/// Buy one instrument for all the cash as soon as it trades, and keep it: an index fund as a benchmark.
///
/// - Signal: not used.
/// - Orders: none once the instrument is held; if it is delisted, it is not replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuyAndHold {
    instrument: Instrument,
}

impl BuyAndHold {
    /// A strategy that buys this instrument once and holds it.
    pub fn new(instrument: Instrument) -> Self {
        Self { instrument }
    }
}

impl Strategy for BuyAndHold {
    fn name(&self) -> &'static str {
        "buy_and_hold"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        match view.find(self.instrument.name()) {
            Some(instrument) if view.holding(instrument).is_none() && view.is_member(instrument) => {
                vec![Order::market(instrument, Quantity::CashShare(1.0))].into()
            }
            _ => Decision::nothing(),
        }
    }
}

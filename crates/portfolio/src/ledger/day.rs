//! One session of the ledger.

use backstaff_panel::Session;

/// The ledger at one session's close, and what happened since the close before.
///
/// Everything is in money of the account. `equity = cash + long − short`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Day {
    /// The session at whose close the account is measured.
    pub session: Session,
    /// Cash and positions at their newest closing prices.
    pub equity: f64,
    /// Cash, including what short sales brought in.
    pub cash: f64,
    /// The value of the long positions.
    pub long: f64,
    /// The value of the short positions, zero or more.
    pub short: f64,
    /// How many positions there are.
    pub n_positions: usize,
    /// The value of the purchases, at fill prices.
    pub bought: f64,
    /// The value of the sales, at fill prices.
    pub sold: f64,
    /// The commission that was paid.
    pub commission: f64,
    /// The tax that was paid.
    pub tax: f64,
    /// What fill prices were worse than the market's.
    pub slippage: f64,
    /// The fees that were paid for borrowed shares.
    pub borrow: f64,
    /// Interest earned; negative if paid.
    pub interest: f64,
    /// What was lost (gained, if negative) against the last close where positions were closed by a delisting.
    pub delisting_loss: f64,
    /// How many trades there were.
    pub n_fills: usize,
    /// How many orders were not filled, or only in part.
    pub n_unfilled: usize,
}

impl Day {
    pub(crate) fn empty(session: Session) -> Self {
        Self {
            session,
            equity: 0.0,
            cash: 0.0,
            long: 0.0,
            short: 0.0,
            n_positions: 0,
            bought: 0.0,
            sold: 0.0,
            commission: 0.0,
            tax: 0.0,
            slippage: 0.0,
            borrow: 0.0,
            interest: 0.0,
            delisting_loss: 0.0,
            n_fills: 0,
            n_unfilled: 0,
        }
    }

    /// Long and short positions together, as a share of equity.
    pub fn gross_exposure(&self) -> f64 {
        (self.long + self.short) / self.equity
    }

    /// Long less short positions, as a share of equity.
    pub fn net_exposure(&self) -> f64 {
        (self.long - self.short) / self.equity
    }

    /// Commission, tax, slippage and borrow: what trading and holding cost. Interest is not among them.
    pub fn costs(&self) -> f64 {
        self.commission + self.tax + self.slippage + self.borrow
    }

    /// One-sided turnover: half of what was bought and sold, as a share of the equity at the close before.
    pub fn turnover(&self, equity_before: f64) -> f64 {
        0.5 * (self.bought + self.sold) / equity_before
    }
}

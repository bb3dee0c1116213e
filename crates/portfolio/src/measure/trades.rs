//! Positions from their first purchase to their last sale.

use std::collections::BTreeMap;

use backstaff_panel::Session;
use backstaff_statistics::mean;

use crate::{Backtest, Change, DelistedPosition, Fill, Reason, RoundTrips, Side};
use backstaff_statistics::ratio;

/// What became of the positions that were opened and closed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TradeSummary {
    /// Positions that were closed.
    pub n_closed: usize,
    /// Positions that are still open; not part of the other numbers.
    pub n_open: usize,
    /// Closed with a profit after all their costs / closed with a profit or a loss.
    pub hit_rate: f64,
    /// The mean profit of those closed with one, in money.
    pub mean_win: f64,
    /// The mean loss of those closed with one, in money, above 0.
    pub mean_loss: f64,
    /// The mean win by the mean loss.
    pub win_loss: f64,
    /// The sum of all profits / the sum of all losses.
    pub profit_factor: f64,
    /// Sessions from the first trade to the last, the mean.
    pub mean_sessions: f64,
}

/// The positions of a backtest, each from flat to flat: what it paid and brought, fees and slippage included.
///
/// As [`RoundTrips`] follows them. A delisting closes a position. Borrow fees and interest are the account's, not a
/// position's.
pub fn trades(backtest: &Backtest) -> TradeSummary {
    let positions =
        backtest.days.iter().enumerate().map(|(t, day)| (day.session, t)).collect::<BTreeMap<_, _>>();
    let mut trips = RoundTrips::default();
    let mut gone = backtest.delistings.iter().peekable();
    for fill in &backtest.fills {
        // A session closes what was delisted before it trades.
        while let Some(end) = gone.next_if(|end| end.session <= fill.session) {
            trips.take(ended(end));
        }
        trips.take(filled(fill));
    }
    gone.for_each(|end| trips.take(ended(end)));
    let place = |session: Session| positions.get(&session).copied().unwrap_or_default();
    let closed = trips.closed.iter().map(|trip| {
        let sessions = trip.exit.map_or(0, |exit| place(exit) - place(trip.entry));
        (trip.cash, sessions)
    });
    summary(&closed.collect::<Vec<_>>(), trips.open.len())
}

fn filled(fill: &Fill) -> Change<usize> {
    let sign = if fill.side == Side::Buy { 1.0 } else { -1.0 };
    Change {
        session: fill.session,
        instrument: fill.instrument,
        shares: sign * fill.shares,
        money: fill.value,
        fees: fill.commission + fill.tax,
        slippage: fill.slippage,
        cash: -sign * fill.value - fill.commission - fill.tax,
        reason: fill.reason,
    }
}

fn ended(end: &DelistedPosition) -> Change<usize> {
    let cash = end.shares * end.price;
    Change {
        session: end.session,
        instrument: end.instrument,
        shares: -end.shares,
        money: cash.abs(),
        fees: 0.0,
        slippage: 0.0,
        cash,
        reason: Reason::Delisting,
    }
}

/// Sums up closed positions, each with its profit and the sessions it lasted.
fn summary(closed: &[(f64, usize)], n_open: usize) -> TradeSummary {
    let wins = closed.iter().map(|trade| trade.0).filter(|&profit| profit > 0.0).collect::<Vec<_>>();
    let losses = closed.iter().map(|trade| -trade.0).filter(|&loss| loss > 0.0).collect::<Vec<_>>();
    let (mean_win, mean_loss) = (mean(&wins), mean(&losses));
    TradeSummary {
        n_closed: closed.len(),
        n_open,
        hit_rate: ratio(wins.len() as f64, (wins.len() + losses.len()) as f64),
        mean_win,
        mean_loss,
        win_loss: ratio(mean_win, mean_loss),
        profit_factor: ratio(wins.iter().sum(), losses.iter().sum()),
        mean_sessions: mean(&closed.iter().map(|trade| trade.1 as f64).collect::<Vec<_>>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::backtest;

    #[test]
    fn a_position_is_counted_from_flat_to_flat() {
        let mut backtest = backtest(&[100.0; 6]);
        let session = |t: usize| backtest.days[t].session;
        let fill = |t: usize, instrument, side, shares: f64, price: f64| Fill {
            session: session(t),
            instrument,
            side,
            shares,
            price,
            value: shares * price,
            commission: 1.0,
            tax: 0.0,
            slippage: 0.0,
            reason: Reason::Rebalance,
        };
        backtest.delistings =
            vec![DelistedPosition { session: session(4), instrument: 1, shares: 1.0, price: 2.0 }];
        backtest.fills = vec![
            // 0: bought twice, sold at once: −10 − 12 + 30 − 3 fees = 5, over three sessions.
            fill(1, 0, Side::Buy, 1.0, 10.0),
            // 1: delisted at 2: −10 − 1 + 2 = −9, over three sessions.
            fill(1, 1, Side::Buy, 1.0, 10.0),
            fill(2, 0, Side::Buy, 1.0, 12.0),
            fill(4, 0, Side::Sell, 2.0, 15.0),
            // 2: short from long: 1 share gained 10 − 1 − 0.5, the short one is open.
            fill(4, 2, Side::Buy, 1.0, 10.0),
            fill(5, 2, Side::Sell, 2.0, 20.0),
        ];
        let trades = trades(&backtest);
        assert_eq!((trades.n_closed, trades.n_open), (3, 1));
        assert_eq!((trades.mean_win, trades.mean_loss), (6.75, 9.0));
        assert_eq!((trades.hit_rate, trades.profit_factor), (2.0 / 3.0, 13.5 / 9.0));
        assert_eq!(trades.mean_sessions, (3.0 + 3.0 + 1.0) / 3.0);
    }

    #[test]
    fn nothing_traded_is_nothing_to_measure() {
        let trades = trades(&backtest(&[100.0, 100.0]));
        assert!(trades.n_closed == 0 && trades.hit_rate.is_nan() && trades.profit_factor.is_nan());
    }
}

//! Where the account's return came from, and how concentrated it was.

use std::collections::BTreeMap;

use crate::{Backtest, Position, Side};

/// What the positions of one group brought.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupReturn {
    /// The number of the group.
    pub group: u32,
    /// The mean over sessions of its positions' share of equity at the close before.
    pub mean_weight: f64,
    /// The sum over sessions of its profit, after the fees and slippage of its trades, over the equity at the close before.
    pub contribution: f64,
    /// The contribution by calendar year, oldest first; years without a position are left out.
    pub by_year: Vec<(i16, f64)>,
}

/// The account's return by group of instrument: sector, market.
///
/// In each session a position earns `value now − value at the close before − bought + sold − fees`, all at fill prices,
/// and what a delisting paid. That over the equity at the close before, summed over a group's positions, is the group's
/// contribution; over all groups it is the account's return, less what cash earned and borrowing cost.
///
/// - Groups: `group(day, instrument)` is the group of an instrument on one of [`Backtest::days`], for the whole of that
///   session's profit.
/// - Order: by group.
/// - Contributions are sums, not compounded: together they are the sum of the sessions' returns, not the total return.
/// - Source: Brinson, Fachler (1985) in its plainest part, weight times return, on the ledger's own money.
pub fn returns_by_group(backtest: &Backtest, group: impl Fn(usize, usize) -> u32) -> Vec<GroupReturn> {
    let days = &backtest.days;
    let mut groups = BTreeMap::<u32, GroupReturn>::new();
    let n_sessions = (days.len() - 1).max(1) as f64;
    let (mut fills, mut gone) = (backtest.fills.iter().peekable(), backtest.delistings.iter().peekable());
    let mut before: &[Position] = &[];
    let mut rest = backtest.positions.as_slice();
    for (t, day) in days.iter().enumerate() {
        let (now, later) = rest.split_at(rest.partition_point(|position| position.day as usize <= t));
        rest = later;
        if t == 0 {
            before = now;
            continue;
        }
        let equity = days[t - 1].equity;
        let mut earn = |instrument: usize, money: f64, weight: f64| {
            let group = group(t, instrument);
            let new = || GroupReturn { group, mean_weight: 0.0, contribution: 0.0, by_year: Vec::new() };
            let of = groups.entry(group).or_insert_with(new);
            of.mean_weight += weight / n_sessions;
            of.contribution += money / equity;
            match of.by_year.last_mut() {
                Some((year, sum)) if *year == day.session.year() => *sum += money / equity,
                _ => of.by_year.push((day.session.year(), money / equity)),
            }
        };
        for position in before {
            earn(position.instrument as usize, -position.value, position.value / equity);
        }
        for position in now {
            earn(position.instrument as usize, position.value, 0.0);
        }
        while let Some(fill) = fills.next_if(|fill| fill.session <= day.session) {
            let signed = if fill.side == Side::Buy { -fill.value } else { fill.value };
            earn(fill.instrument, signed - fill.commission - fill.tax, 0.0);
        }
        while let Some(end) = gone.next_if(|end| end.session <= day.session) {
            earn(end.instrument, end.shares * end.price, 0.0);
        }
        before = now;
    }
    groups.into_values().collect()
}

/// How much of an account is in its largest positions, at a close.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Concentration {
    /// The Herfindahl index: the sum of squared shares of gross exposure; `1 / n` for `n` equal positions, NaN without any.
    pub herfindahl: f64,
    /// The largest position's share of equity, without its sign; 0 without any.
    pub largest: f64,
}

/// The concentration at the close of each of [`Backtest::days`].
pub fn concentration(backtest: &Backtest) -> Vec<Concentration> {
    let mut rest = backtest.positions.as_slice();
    let of = |(t, day): (usize, &crate::Day)| {
        let (now, later) = rest.split_at(rest.partition_point(|position| position.day as usize <= t));
        rest = later;
        let gross = now.iter().map(|position| position.value.abs()).sum::<f64>();
        let squares =
            now.iter().map(|position| (position.value / gross) * (position.value / gross)).sum::<f64>();
        let largest = now.iter().fold(0.0, |most: f64, position| most.max(position.value.abs()));
        Concentration {
            herfindahl: if now.is_empty() { f64::NAN } else { squares },
            largest: largest / day.equity,
        }
    };
    backtest.days.iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fill, Reason, measure::testing::backtest};

    fn position(day: u32, instrument: u32, value: f64) -> Position {
        Position { day, instrument, shares: value / 10.0, value }
    }

    #[test]
    fn a_group_earns_what_its_positions_gained_less_their_fees() {
        // Bought for 50 (fee 1) in session 1, worth 52 at its close; worth 60 in session 2, sold half for 30 (fee 1).
        let mut backtest = backtest(&[100.0, 101.0, 108.0]);
        let fill = |t: usize, side, value| Fill {
            session: backtest.days[t].session,
            instrument: 1,
            side,
            shares: 1.0,
            price: value,
            value,
            commission: 1.0,
            tax: 0.0,
            slippage: 0.0,
            reason: Reason::Rebalance,
        };
        backtest.fills = vec![fill(1, Side::Buy, 50.0), fill(2, Side::Sell, 30.0)];
        backtest.positions = vec![position(1, 1, 52.0), position(2, 1, 30.0)];
        let groups = returns_by_group(&backtest, |_, instrument| instrument as u32 + 6);
        assert_eq!((groups.len(), groups[0].group), (1, 7));
        assert!((groups[0].contribution - (1.0 / 100.0 + 7.0 / 101.0)).abs() < 1e-15);
        assert_eq!(groups[0].mean_weight, 52.0 / 101.0 / 2.0);
    }

    #[test]
    fn equal_positions_have_a_herfindahl_index_of_one_by_their_number() {
        let mut backtest = backtest(&[100.0, 100.0]);
        backtest.positions = (0..4).map(|i| position(1, i, 20.0)).collect();
        let days = concentration(&backtest);
        assert!(days[0].herfindahl.is_nan() && days[0].largest == 0.0);
        assert_eq!((days[1].herfindahl, days[1].largest), (0.25, 0.2));
    }
}

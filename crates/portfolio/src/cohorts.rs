//! One strategy in several accounts that are rebalanced in turn.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use backstaff_panel::{Signal, Universe};

use crate::{
    Backtest, Day, Exchange, Market, NextOrder, NextSession, Note, PortfolioError, Position, Rebalance,
    Terms, Wanted, backtest, error::positive, strategy::Strategy,
};

/// Run a strategy in `n` cohorts and report them as one account.
///
/// Each cohort is an account of its own with `1 / n` of the cash and a strategy of its own. All of them invest in the
/// first session; then cohort `c` (from 0) decides in every `every`-th session counted from the session `c · every / n`
/// (rounded down) after it, so that the decisions are spread evenly. Money never moves between cohorts, and what one
/// sells to the market while another buys it is not netted: costs are those of separate accounts, and a minimum
/// commission, lots and volume caps apply to each order by itself.
///
/// - Source: overlapping portfolios as in Jegadeesh and Titman (1993), which start one after the other instead.
///
/// # Errors
///
/// As [`backtest()`], or if `n` is 0 or above `every`.
pub fn backtest_cohorts(
    market: &Market,
    universe: &Universe,
    exchange: &Exchange,
    terms: &Terms,
    (n, every): (usize, usize),
    signal: &Signal,
    mut strategy: impl FnMut() -> Result<Box<dyn Strategy>, PortfolioError>,
) -> Result<Backtest, PortfolioError> {
    positive("cohorts", n as f64)?;
    if n > every.max(1) {
        let expected = "at most the sessions between rebalancings, since no two cohorts share a session";
        return Err(PortfolioError::Parameter { parameter: "cohorts", value: n as f64, expected });
    }
    let mut all = Vec::with_capacity(n);
    for cohort in 0..n {
        let rebalance = Rebalance::Staggered { every, offset: cohort * every / n };
        let terms = Terms { initial_cash: terms.initial_cash / n as f64, rebalance, ..terms.clone() };
        all.push(backtest(market, universe, exchange, &terms, signal, strategy()?.as_mut())?);
    }
    Ok(if all.len() == 1 { all.remove(0) } else { sum(&all) })
}

/// Several accounts over the same sessions as one.
fn sum(all: &[Backtest]) -> Backtest {
    let longest = all.iter().max_by_key(|one| one.days.len()).expect("there is a cohort");
    let days = (0..longest.days.len()).map(|t| sum_days(all, t));
    let days = days.collect::<Vec<_>>();
    let mut merged = Backtest {
        fills: merged(all, |one| &one.fills, |a, b| a.session.cmp(&b.session)),
        shortfalls: merged(all, |one| &one.shortfalls, |a, b| a.session.cmp(&b.session)),
        orders: merged(all, |one| &one.orders, |a, b| a.session.cmp(&b.session)),
        delistings: merged(all, |one| &one.delistings, |a, b| a.session.cmp(&b.session)),
        decisions: merged(all, |one| &one.decisions, |a, b| a.session.cmp(&b.session)),
        positions: sum_positions(all),
        wanted: sum_wanted(all),
        next: sum_next(all),
        notes: sum_notes(all),
        ruined: all.iter().all(|one| one.ruined.is_some()).then_some(longest.ruined).flatten(),
        cohorts: all
            .iter()
            .map(|one| days.iter().enumerate().map(|(t, _)| equity(one, t)).collect())
            .collect(),
        days: Vec::new(),
        ..longest.clone()
    };
    merged.days = days;
    let mut counts = vec![0; merged.days.len()];
    for position in &merged.positions {
        counts[position.day as usize] += 1;
    }
    for (day, count) in merged.days.iter_mut().zip(counts) {
        day.n_positions = count;
    }
    merged
}

/// A cohort that was used up keeps what was left.
fn equity(one: &Backtest, t: usize) -> f64 {
    one.days[t.min(one.days.len() - 1)].equity
}

fn sum_days(all: &[Backtest], t: usize) -> Day {
    let session = all.iter().find_map(|one| one.days.get(t)).expect("one cohort has this day").session;
    let mut sum = Day::empty(session);
    for one in all {
        let Some(&day) = one.days.get(t) else {
            sum.equity += equity(one, t);
            sum.cash += equity(one, t);
            continue;
        };
        let Day { session: _, equity, cash, long, short, n_positions: _, bought, sold, .. } = day;
        sum.equity += equity;
        sum.cash += cash;
        sum.long += long;
        sum.short += short;
        sum.bought += bought;
        sum.sold += sold;
        sum.commission += day.commission;
        sum.tax += day.tax;
        sum.slippage += day.slippage;
        sum.borrow += day.borrow;
        sum.interest += day.interest;
        sum.delisting_loss += day.delisting_loss;
        sum.n_fills += day.n_fills;
        sum.n_unfilled += day.n_unfilled;
    }
    sum
}

/// The records of all cohorts in one order; those that are equal in it keep the order of the cohorts.
fn merged<T: Clone>(
    all: &[Backtest],
    of: impl Fn(&Backtest) -> &[T],
    order: impl Fn(&T, &T) -> Ordering,
) -> Vec<T> {
    let mut merged = all.iter().flat_map(|one| of(one).iter().cloned()).collect::<Vec<_>>();
    merged.sort_by(order);
    merged
}

fn sum_positions(all: &[Backtest]) -> Vec<Position> {
    let mut positions =
        merged(all, |one| &one.positions, |a, b| (a.day, a.instrument).cmp(&(b.day, b.instrument)));
    positions.dedup_by(|next, sum| {
        let same = (next.day, next.instrument) == (sum.day, sum.instrument);
        if same {
            sum.shares += next.shares;
            sum.value += next.value;
        }
        same
    });
    positions
}

/// The weights in the whole account: cohorts that ask for nothing of an instrument keep what they hold of it.
fn sum_wanted(all: &[Backtest]) -> Vec<Wanted> {
    let mut money = BTreeMap::<(u32, u32), f64>::new();
    for one in all {
        for wanted in &one.wanted {
            let asked = wanted.weight * equity(one, wanted.day as usize - 1);
            *money.entry((wanted.day, wanted.instrument)).or_default() += asked;
        }
    }
    for one in all {
        let own = one.wanted.iter().map(|wanted| (wanted.day, wanted.instrument)).collect::<BTreeSet<_>>();
        for position in &one.positions {
            let next = (position.day + 1, position.instrument);
            if let Some(money) = money.get_mut(&next).filter(|_| !own.contains(&next)) {
                *money += position.value;
            }
        }
    }
    let total = |day: u32| all.iter().map(|one| equity(one, day as usize - 1)).sum::<f64>();
    let of = |((day, instrument), money): ((u32, u32), f64)| Wanted {
        day,
        instrument,
        weight: money / total(day),
    };
    money.into_iter().map(of).collect()
}

fn sum_next(all: &[Backtest]) -> NextSession {
    let newest = all.iter().map(|one| one.next.decided).max().expect("there is a cohort");
    let total = all.iter().map(|one| equity(one, usize::MAX)).sum::<f64>();
    let weights = |of: fn(&NextSession) -> &BTreeMap<_, f64>| {
        let mut sum = BTreeMap::new();
        for one in all {
            for (instrument, weight) in of(&one.next) {
                *sum.entry(Clone::clone(instrument)).or_default() += weight * equity(one, usize::MAX) / total;
            }
        }
        sum
    };
    let mut orders = all.iter().flat_map(|one| one.next.orders.iter().cloned()).collect::<Vec<_>>();
    orders.sort_by(|a, b| (b.side, &a.instrument).cmp(&(a.side, &b.instrument)));
    orders.dedup_by(|next: &mut NextOrder, sum| {
        let same = (next.side, &next.instrument) == (sum.side, &sum.instrument);
        if same {
            sum.shares += next.shares;
            sum.value += next.value;
            sum.cost += next.cost;
            sum.price = sum.value / sum.shares;
        }
        same
    });
    NextSession {
        decided: newest,
        is_due: all.iter().any(|one| one.next.is_due),
        equity: total,
        cash_after: all.iter().map(|one| one.next.cash_after).sum(),
        orders,
        conditional: all.iter().flat_map(|one| one.next.conditional.iter().cloned()).collect(),
        refused: all.iter().flat_map(|one| one.next.refused.iter().cloned()).collect(),
        weights_before: weights(|next| &next.weights_before),
        weights_after: weights(|next| &next.weights_after),
    }
}

fn sum_notes(all: &[Backtest]) -> Vec<Note> {
    let mut sum = Vec::<Note>::new();
    for note in all.iter().flat_map(|one| &one.notes) {
        match sum.iter_mut().find(|known| known.what == note.what) {
            Some(known) => known.count += note.count,
            None => sum.push(note.clone()),
        }
    }
    sum
}

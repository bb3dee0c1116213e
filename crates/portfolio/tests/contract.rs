//! What must hold for every strategy under all rules on any market.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

mod markets;

use std::{collections::BTreeMap, sync::Arc};

use backstaff_panel::{Axis, Column, Panel, Signal};
use backstaff_portfolio::{
    Backtest, MOST_SLIPPAGE, Market, Quantity, Side, Terms, Unfilled, VolumeCap, VolumeOf, backtest,
    measure::returns_by_group,
};
use markets::{Case, any_case, history};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// The whole account put together again from its records and the panel alone.
    #[test]
    fn cash_and_positions_are_the_equity_in_every_session(case in any_case()) {
        let panel = case.panel();
        let result = case.run(&panel, &case.terms);
        let mut cash = case.terms.initial_cash;
        let mut shares = BTreeMap::<usize, f64>::new();
        for (number, day) in result.days.iter().enumerate() {
            let position = case.terms.sessions.start + number;
            let scale = 1e-9 * (day.cash.abs() + day.long + day.short + day.bought + day.sold);
            cash += day.interest - day.borrow;
            for gone in result.delistings.iter().filter(|gone| gone.session == day.session) {
                cash += gone.shares * gone.price;
                prop_assert!(panel.axis().life(gone.instrument).end == position);
                shares.remove(&gone.instrument);
            }
            for fill in result.fills.iter().filter(|fill| fill.session == day.session) {
                let sign = if fill.side == Side::Buy { 1.0 } else { -1.0 };
                cash -= sign * fill.value + fill.commission + fill.tax;
                *shares.entry(fill.instrument).or_default() += sign * fill.shares;
            }
            prop_assert!((cash - day.cash).abs() <= scale, "{}: cash {cash}, {}", day.session, day.cash);
            let held = result.positions.iter().filter(|held| held.day as usize == number);
            let held = held.map(|held| (held.instrument as usize, *held)).collect::<BTreeMap<_, _>>();
            prop_assert_eq!(held.len(), day.n_positions);
            let mut value = 0.0;
            for (i, shares) in &shares {
                let recorded = held.get(i).map_or(0.0, |held| held.shares);
                prop_assert!((shares - recorded).abs() <= 1e-9 * shares.abs().max(1.0));
                if let Some(held) = held.get(i) {
                    if let Some(close) = newest_close(&panel, *i, position) {
                        prop_assert!((held.value - held.shares * close).abs() <= scale);
                    }
                    value += held.value;
                }
            }
            prop_assert!((cash + value - day.equity).abs() <= scale);
            prop_assert!((day.long - day.short - value).abs() <= scale);
        }
    }

    /// What the groups earned, what cash earned and what borrowing cost are the return of every session.
    #[test]
    fn the_groups_earn_what_the_account_does(case in any_case()) {
        let panel = case.panel();
        let result = case.run(&panel, &case.terms);
        let groups = returns_by_group(&result, |day, instrument| ((day / 5 + instrument) % 3) as u32);
        let earned = groups.iter().map(|group| group.contribution).sum::<f64>();
        let expected = result.days.windows(2).map(|pair| {
            let change = pair[1].equity - pair[0].equity - pair[1].interest + pair[1].borrow;
            change / pair[0].equity
        }).sum::<f64>();
        let scale = 1.0 + result.days.windows(2)
            .map(|pair| (pair[1].bought + pair[1].sold + pair[1].long + pair[1].short) / pair[0].equity)
            .sum::<f64>();
        prop_assert!((earned - expected).abs() <= 1e-9 * scale, "{earned} {expected}");
        for group in &groups {
            let by_year = group.by_year.iter().map(|(_, sum)| sum).sum::<f64>();
            prop_assert!((by_year - group.contribution).abs() <= 1e-9 * scale);
        }
    }

    #[test]
    fn nothing_trades_before_the_session_after_its_decision(case in any_case()) {
        let panel = case.panel();
        let result = case.run(&panel, &case.terms);
        let calendar = panel.axis().calendar();
        for fill in &result.fills {
            let position = calendar.position(fill.session).unwrap();
            prop_assert!(position > case.terms.sessions.start);
            let before = calendar.session(position - 1);
            if case.has_waiting_orders() {
                let earlier = result.decisions.iter().filter(|decided| decided.session <= before);
                let mut orders = earlier.flat_map(|decided| &decided.decision.orders);
                prop_assert!(orders.any(|order| order.instrument == fill.instrument));
                continue;
            }
            let decided = result.decisions.iter().find(|decided| decided.session == before).unwrap();
            prop_assert!(decided.decision.orders.iter().any(|order| order.instrument == fill.instrument));
        }
    }

    /// Each order is filled, or there is a reason, or both; and no trade breaks a rule of the exchange.
    #[test]
    fn every_order_has_an_outcome_and_every_trade_obeys_the_rules(case in any_case()) {
        let panel = case.panel();
        let result = case.run(&panel, &case.terms);
        let calendar = panel.axis().calendar();
        if case.has_waiting_orders() {
            check_ranges(&case, &panel, &result)?;
        }
        for decided in result.decisions.iter().filter(|_| !case.has_waiting_orders()) {
            let position = calendar.position(decided.session).unwrap() + 1;
            if position >= case.terms.sessions.end {
                continue;
            }
            let session = calendar.session(position);
            for order in &decided.decision.orders {
                let filled = result.fills.iter()
                    .any(|fill| fill.session == session && fill.instrument == order.instrument);
                let missed = result.shortfalls.iter()
                    .any(|missed| missed.session == session && missed.instrument == order.instrument);
                let gone = result.delistings.iter()
                    .any(|gone| gone.session == session && gone.instrument == order.instrument);
                let moved_onto_its_weight = matches!(order.quantity, Quantity::Weight(_));
                prop_assert!(filled || missed || gone || moved_onto_its_weight, "{session} {order:?}");
            }
        }
        if !case.has_waiting_orders() {
            check_rules(&case, &panel, &result)?;
        }
    }

    #[test]
    fn the_future_does_not_change_the_past(case in any_case(), cut in 0.0..1.0, scale in 0.1..10.0) {
        let panel = case.panel();
        let terms = &case.terms;
        let now = terms.sessions.start + 1
            + ((terms.sessions.len() - 1) as f64 * cut) as usize;
        let whole = case.run(&panel, terms);
        let n = (now - terms.sessions.start).min(whole.days.len());
        let until = Terms { sessions: terms.sessions.start..now, ..terms.clone() };
        let cut_off = case.run(&panel.between(0..now), &until);
        prop_assert_eq!(history(&whole, n), history(&cut_off, n));
        let changed = case.run(&with_other_future(&panel, now, scale), terms);
        prop_assert_eq!(history(&whole, n), history(&changed, n.min(changed.days.len())));
    }

    /// The account may end with the data, and says what to do next.
    #[test]
    fn may_end_on_the_newest_session(case in any_case()) {
        let panel = case.panel();
        let result = case.run(&panel, &case.terms);
        if result.ruined.is_none() {
            let calendar = panel.axis().calendar();
            prop_assert_eq!(result.days.len(), case.terms.sessions.len());
            prop_assert_eq!(result.next.decided, calendar.session(calendar.len() - 1));
            let asked = result.decisions.last().is_some_and(|last| last.session == result.next.decided);
            prop_assert!(asked || case.has_waiting_orders() || result.next.orders.is_empty());
            // Only the shares of the account, which is not used up, are left to check: each is a number.
            prop_assert!(result.next.weights_after.values().all(|weight| weight.is_finite()));
            prop_assert!(result.next.orders.iter().all(|order| order.shares > 0.0 && order.value.is_finite()));
        }
    }

    /// The names decide nothing as long as no scores are equal.
    #[test]
    fn renaming_instruments_changes_nothing(case in any_case()) {
        // The groups and risks of the others hang on the names.
        prop_assume!(case.strategy < 6);
        let panel = case.panel();
        let renamed = reversed(&panel);
        // Where a held instrument has no score, instruments are in the order of their names by rule.
        let scores = markets::distinct_scores(&panel, case.spec.seed);
        let order = row_order(&panel, &renamed);
        let signal =
            |order: &[usize]| Signal::new("noise", order.iter().map(|&row| scores[row]).collect());
        let same = (0..panel.axis().n_rows()).collect::<Vec<_>>();
        let run = |panel: &Panel, order: &[usize]| {
            let market = Market::new(panel).unwrap();
            let universe = markets::everything(panel);
            let mut strategy = case.strategy(panel);
            backtest(&market, &universe, &case.exchange, &case.terms, &signal(order), &mut *strategy).unwrap()
        };
        let (a, b) = (run(&panel, &same), run(&renamed, &order));
        // With lots or a shortage of cash the order of equal purchases may matter by design.
        let is_rationed = |result: &Backtest| case.exchange.lot.is_some() || result.shortfalls.iter()
            .any(|missed| matches!(missed.reason, Unfilled::InsufficientCash | Unfilled::BookFull));
        if !is_rationed(&a) && !is_rationed(&b) {
            for (a, b) in a.days.iter().zip(&b.days) {
                prop_assert!((a.equity - b.equity).abs() <= 1e-8 * a.equity.abs().max(1.0));
                prop_assert_eq!((a.n_fills, a.n_positions), (b.n_fills, b.n_positions));
            }
        }
    }
}

fn newest_close(panel: &Panel, i: usize, position: usize) -> Option<f64> {
    let close = panel.field("close").unwrap();
    let start = panel.axis().life(i).start;
    (start..=position).rev().find_map(|p| {
        let price = close.get(panel.axis().row(i, p)?);
        (!price.is_nan()).then_some(price)
    })
}

fn check_rules(case: &Case, panel: &Panel, result: &Backtest) -> Result<(), TestCaseError> {
    let calendar = panel.axis().calendar();
    let field = |name: &str| panel.field(name).unwrap();
    let price = match case.exchange.execution {
        backstaff_portfolio::Execution::Open => field("open"),
        backstaff_portfolio::Execution::Close => field("close"),
    };
    for fill in &result.fills {
        let row = panel.axis().row(fill.instrument, calendar.position(fill.session).unwrap()).unwrap();
        let slip = case.exchange.costs.slippage_bps / 1e4;
        let sign = if fill.side == Side::Buy { 1.0 } else { -1.0 };
        prop_assert!(field("traded").get(row) == 1.0);
        let moved = sign * (fill.price / price.get(row) - 1.0);
        prop_assert!(fill.shares > 0.0 && moved > slip - 1e-12 && moved <= MOST_SLIPPAGE + 1e-12);
        if case.exchange.costs.impact == 0.0 {
            prop_assert!((moved - slip).abs() < 1e-12);
        }
        if let Some(VolumeCap { share, of: VolumeOf::Session }) = case.exchange.volume_cap {
            prop_assert!(fill.shares <= share * field("volume").get(row) * (1.0 + 1e-9));
        }
        if let Some(lot) = case.exchange.lot
            && fill.side == Side::Buy
            && case.strategy != 2
        {
            let lots = fill.shares / lot;
            prop_assert!((lots - lots.round()).abs() < 1e-6, "{lots} lots");
        }
        prop_assert!(fill.commission >= case.exchange.costs.minimum_commission);
    }
    let is_long_only = case.strategy < 2 || case.strategy == 3 || case.strategy >= 5;
    for day in &result.days {
        if is_long_only {
            prop_assert!(day.cash >= -1e-6 && day.short == 0.0, "{day:?}");
        }
        if case.strategy == 0 {
            prop_assert!(day.n_positions <= 3, "the book outgrew k");
        }
        if case.strategy >= 5 {
            prop_assert!(day.n_positions <= 4, "the book outgrew n");
        }
    }
    Ok(())
}

/// Whatever the order: the market's price lies in the session's range, and slippage is what costs allow.
fn check_ranges(case: &Case, panel: &Panel, result: &Backtest) -> Result<(), TestCaseError> {
    let calendar = panel.axis().calendar();
    let field = |name: &str| panel.field(name).unwrap();
    let mut traded = BTreeMap::<_, f64>::new();
    let mut held = BTreeMap::<_, f64>::new();
    for fill in &result.fills {
        let row = panel.axis().row(fill.instrument, calendar.position(fill.session).unwrap()).unwrap();
        let sign = if fill.side == Side::Buy { 1.0 } else { -1.0 };
        let price = fill.price - sign * fill.slippage / fill.shares;
        let (low, high) = (field("low").get(row), field("high").get(row));
        let (open, close) = (field("open").get(row), field("close").get(row));
        prop_assert!(
            low * (1.0 - 1e-9) <= price && price <= high * (1.0 + 1e-9),
            "{fill:?} at {price}: {open} {high} {low} {close}"
        );
        prop_assert!(fill.shares > 0.0 && sign * (fill.price - price) >= -1e-9 * price);
        *traded.entry((fill.session, fill.instrument)).or_default() += fill.shares;
        *held.entry(fill.instrument).or_default() += sign * fill.shares;
        if !case.exchange.short_selling {
            prop_assert!(held[&fill.instrument] >= -1e-9, "{fill:?}");
        }
        if let Some(VolumeCap { share, of: VolumeOf::Session }) = case.exchange.volume_cap {
            let most = share * field("volume").get(row) * (1.0 + 1e-9);
            prop_assert!(traded[&(fill.session, fill.instrument)] <= most);
        }
    }
    Ok(())
}

/// The same panel with other values from `now` on.
fn with_other_future(panel: &Panel, now: usize, scale: f64) -> Panel {
    let mut changed = panel.clone();
    for name in ["open", "high", "low", "close", "volume", "traded"] {
        let mut values = panel.field(name).unwrap().to_f64();
        for (row, value) in values.iter_mut().enumerate() {
            if panel.axis().position_of(row) >= now {
                *value = if row % 3 == 0 { f64::NAN } else { *value * scale };
            }
        }
        changed.insert(name, Column::F64(values)).unwrap();
    }
    changed
}

/// The same market under names in the opposite order.
fn reversed(panel: &Panel) -> Panel {
    let axis = panel.axis();
    let n = axis.n_instruments();
    let lives = (0..n).map(|i| (format!("R{i:04}").as_str().into(), axis.life(n - 1 - i))).collect();
    let mut renamed = Panel::new(Arc::new(Axis::new(axis.calendar().clone(), lives)));
    let order = row_order(panel, &renamed);
    for (name, column) in panel.fields() {
        let values = order.iter().map(|&row| column.get(row)).collect();
        renamed.insert(name, Column::F64(values)).unwrap();
    }
    renamed
}

/// For each row of the renamed panel, the row of the first one.
fn row_order(panel: &Panel, renamed: &Panel) -> Vec<usize> {
    let n = panel.axis().n_instruments();
    let order = (0..n).flat_map(|i| panel.axis().rows(n - 1 - i)).collect::<Vec<_>>();
    assert_eq!(order.len(), renamed.axis().n_rows());
    order
}

//! Whole backtests against what Microsoft Qlib makes of the same markets, order by order and close by close.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

mod qlib_cases;

use backstaff_panel::Universe;
use backstaff_portfolio::{
    Backtest, Counting, Decision, Exchange, Leavers, Market, Order, PortfolioError, QlibRules,
    QlibTopkDropout, Quantity, Side, Strategy, Terms, View, backtest,
    measure::qlib::{
        Accumulation, DAYS_PER_YEAR, ReportRow, RiskAnalysis, indicator_means, indicators, report,
        risk_analysis,
    },
};
use qlib_cases::{Case, QlibAccount, all};

/// The best `n` by score with the weights n : n − 1 : … : 1, all others sold.
struct Ladder {
    n: usize,
    risk_degree: f64,
}

impl Strategy for Ladder {
    fn name(&self) -> &'static str {
        "ladder"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let best = view.best(self.n);
        if best.is_empty() {
            return Decision::nothing();
        }
        let total = (best.len() * (best.len() + 1) / 2) as f64;
        let is_best = |i: usize| best.iter().any(|&(b, _)| b == i);
        let exits = view.held().filter(|&(i, _)| !is_best(i));
        let exits = exits.map(|(i, _)| Order::market(i, Quantity::Exit));
        let weight = |rank: usize| (best.len() - rank) as f64 / total * self.risk_degree;
        let weights = best.iter().enumerate();
        let weights = weights.map(|(rank, &(i, _))| Order::market(i, Quantity::Weight(weight(rank))));
        exits.chain(weights).collect::<Vec<_>>().into()
    }
}

fn run(case: &Case, strategy: &mut dyn Strategy) -> Backtest {
    let calendar = case.panel.axis().calendar();
    let days = calendar.position(case.start).unwrap()..calendar.position(case.end).unwrap() + 1;
    let market = Market::new(&case.panel).unwrap().with_qlib(&case.panel, &case.rules, days.clone()).unwrap();
    let universe = Universe::new(vec![true; case.panel.axis().n_rows()]);
    let exchange = Exchange { qlib: Some(case.rules.clone()), ..Exchange::default() };
    backtest(&market, &universe, &exchange, &Terms::qlib(case.account, days), &case.signal, strategy).unwrap()
}

fn strategy(case: &Case) -> Box<dyn Strategy> {
    match case.dropout {
        Some(rules) => Box::new(QlibTopkDropout::of(rules).unwrap()),
        None => Box::new(Ladder { n: case.ladder, risk_degree: case.risk_degree }),
    }
}

fn assert_close(found: f64, expected: f64, what: &dyn std::fmt::Display) {
    let is_same = (found - expected).abs() <= 1e-9 * expected.abs().max(1.0);
    assert!(is_same || (found.is_nan() && expected.is_nan()), "{what}: {found}, Qlib has {expected}");
}

/// The orders of a session: Qlib executes the sales in the order of a set.
fn assert_orders(case: &Case, result: &Backtest, qlib: &QlibAccount) {
    let name = |i: usize| result.instruments[i].name();
    let key = |side: Side, name: &str| (side == Side::Buy, name.to_owned());
    for row in &qlib.report {
        let mut found = result.orders.iter().filter(|order| order.session == row.session).collect::<Vec<_>>();
        let mut expected =
            qlib.orders.iter().filter(|order| order.session == row.session).collect::<Vec<_>>();
        found.sort_by_key(|order| key(order.side, name(order.instrument)));
        expected.sort_by_key(|order| key(order.side, &order.instrument));
        let spelled = |side: Side, name: &str| format!("{side} {name}");
        let found_names = found.iter().map(|o| spelled(o.side, name(o.instrument))).collect::<Vec<_>>();
        let expected_names = expected.iter().map(|o| spelled(o.side, &o.instrument)).collect::<Vec<_>>();
        assert_eq!(found_names, expected_names, "{} {}: orders", case.name, row.session);
        for (found, expected) in found.iter().zip(expected) {
            let what = |field: &str| {
                format!(
                    "{} {}: {field} of the {} {}",
                    case.name, row.session, expected.side, expected.instrument
                )
            };
            assert_close(found.amount, expected.amount, &what("amount"));
            assert_close(found.deal_amount, expected.deal_amount, &what("dealt amount"));
            assert_close(found.price, expected.price, &what("price"));
            assert_close(found.value, expected.value, &what("value"));
            assert_close(found.cost, expected.cost, &what("cost"));
        }
    }
    assert_eq!(result.orders.len(), qlib.orders.len(), "{}: number of orders", case.name);
}

fn assert_report(case: &Case, found: &[ReportRow], qlib: &QlibAccount) {
    assert_eq!(found.len(), qlib.report.len(), "{}: number of days", case.name);
    for (found, expected) in found.iter().zip(&qlib.report) {
        assert_eq!(found.session, expected.session, "{}", case.name);
        for (field, value) in [
            ("account", |row: &ReportRow| row.account),
            ("return", |row| row.return_),
            ("total_turnover", |row| row.total_turnover),
            ("turnover", |row| row.turnover),
            ("total_cost", |row| row.total_cost),
            ("cost", |row| row.cost),
            ("value", |row| row.value),
            ("cash", |row| row.cash),
        ] as [(_, fn(&ReportRow) -> f64); 8]
        {
            let what = format!("{} {}: {field}", case.name, expected.session);
            assert_close(value(found), value(expected), &what);
        }
    }
}

fn assert_risk(case: &Case, found: RiskAnalysis, expected: &[f64]) {
    let RiskAnalysis { mean, std, annualized_return, information_ratio, max_drawdown } = found;
    let found = [mean, std, annualized_return, information_ratio, max_drawdown];
    for (number, (found, expected)) in found.into_iter().zip(expected).enumerate() {
        assert_close(found, *expected, &format!("{}: number {number} of the risk analysis", case.name));
    }
}

#[test]
fn orders_and_accounts_are_those_of_qlib() {
    let cases = all();
    assert!(cases.len() >= 25);
    for (case, qlib) in &cases {
        let result = run(case, strategy(case).as_mut());
        assert_orders(case, &result, qlib);
        let rows = report(&result.days, case.start);
        assert_report(case, &rows, qlib);
        let daily = indicators(&rows, &result.orders);
        for (found, expected) in daily.iter().zip(&qlib.indicators) {
            let count = found.count as f64;
            let found_values = [found.ffr, found.pa, found.pos, found.deal_amount, found.value, count];
            for (number, (found_value, expected)) in found_values.iter().zip(expected).enumerate() {
                let what = format!("{} {}: indicator {number}", case.name, found.session);
                assert_close(*found_value, *expected, &what);
            }
        }
        let means = indicator_means(&daily);
        for (found, expected) in [means.ffr, means.pa, means.pos].into_iter().zip(&qlib.indicator_means) {
            assert_close(found, *expected, &format!("{}: means of indicators", case.name));
        }
        let returns = rows.iter().map(|row| row.return_ - row.cost).collect::<Vec<_>>();
        assert_risk(case, risk_analysis(&returns, DAYS_PER_YEAR, Accumulation::Sum), &qlib.risk_sum);
        assert_risk(case, risk_analysis(&returns, DAYS_PER_YEAR, Accumulation::Product), &qlib.risk_product);
    }
}

#[test]
fn a_capped_book_never_outgrows_topk() {
    for (case, _) in all() {
        let Some(rules) = case.dropout else { continue };
        let mut capped = QlibTopkDropout::of(rules).unwrap().counting(Counting::Capped);
        let result = run(&case, &mut capped);
        let most = result.days.iter().map(|day| day.n_positions).max();
        assert!(most.unwrap() <= rules.topk, "{}: {most:?} of {}", case.name, rules.topk);
        assert!(!result.fills.is_empty(), "{}", case.name);
    }
}

#[test]
fn the_next_session_is_ordered_in_whole_units() {
    for (case, _) in all().into_iter().filter(|(case, _)| case.name == "cn_default") {
        let next = run(&case, strategy(&case).as_mut()).next;
        assert!(!next.orders.is_empty() && next.cash_after >= 0.0);
        let buys = next.orders.iter().filter(|order| order.side == Side::Buy);
        for order in buys {
            assert_eq!(order.shares % 100.0, 0.0, "{}", order.instrument);
        }
    }
}

#[test]
fn what_qlib_needs_and_is_not_there_is_an_error() {
    let (case, _) = all().into_iter().find(|(case, _)| case.name == "cn_default").unwrap();
    let market = Market::new(&case.panel).unwrap();
    let universe = Universe::new(vec![true; case.panel.axis().n_rows()]);
    let run = |market: &Market, qlib, terms: &Terms| {
        let exchange = Exchange { qlib, ..Exchange::default() };
        let result = backtest(market, &universe, &exchange, terms, &case.signal, strategy(&case).as_mut());
        result.map(|_| ())
    };
    let terms = Terms::qlib(1e6, 3..20);
    assert_eq!(run(&market, Some(case.rules.clone()), &terms), Err(PortfolioError::NoQlibQuotes));
    let plan = PortfolioError::PlanWithoutQlib { strategy: "qlib_topk_dropout".to_owned() };
    assert_eq!(run(&market, None, &terms), Err(plan.clone()));
    let market = market.with_qlib(&case.panel, &case.rules, 3..20).unwrap();
    assert_eq!(run(&market, Some(case.rules.clone()), &terms), Ok(()));
    let sells = Terms { leavers: Leavers::Sell, ..terms };
    assert_eq!(run(&market, Some(case.rules.clone()), &sells), Err(plan));
    let column = ("close".to_owned(), "twap".to_owned());
    let rules = QlibRules { deal_price: column, ..case.rules.clone() };
    let missing = market.with_qlib(&case.panel, &rules, 3..20).map(|_| ());
    assert_eq!(missing, Err(PortfolioError::MissingColumn { column: "twap".to_owned() }));
}

#[test]
fn later_sessions_change_no_earlier_ones() {
    for (case, _) in all() {
        let whole = run(&case, strategy(&case).as_mut());
        let end = case.panel.axis().calendar().position(case.end).unwrap() - 20;
        let cut = Case { end: case.panel.axis().calendar().session(end), ..case };
        // A factor that is missing later decides about units from the beginning, as in Qlib.
        let part = run(&cut, strategy(&cut).as_mut());
        assert_eq!(part.days, whole.days[..part.days.len()], "{}", cut.name);
    }
}

//! Markets of pure noise with leaks of known strength.

use backstaff_panel::{
    Calendar, Session,
    testing::{MarketSpec, market as any_market},
};

use super::*;
use crate::label::{Execution, ExecutionPrices, Labels, Recoveries};

const N: usize = 120;
const SESSIONS: usize = 900;

/// Numbers between −0.5 and 0.5 without a pattern.
fn uniform(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let step = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24) - 0.5
    };
    std::iter::repeat_with(step).skip(5).take(n).collect()
}

/// A market of random walks with opens and closes, all alive throughout.
fn walks() -> Panel {
    let calendar = Calendar::new((0..SESSIONS as i32).map(Session::from_number).collect());
    let lives = (0..N).map(|i| (format!("S{i:03}").as_str().into(), 0..SESSIONS)).collect();
    let axis = Arc::new(Axis::new(calendar, lives));
    let n = axis.n_rows();
    let (mut open, mut close) = (vec![0.0; n], vec![0.0; n]);
    let (nights, days, market) = (uniform(n, 1), uniform(n, 2), uniform(SESSIONS, 3));
    for i in 0..N {
        let mut price = 50.0;
        for row in axis.rows(i) {
            price *= 1.0 + 0.02 * nights[row];
            open[row] = price;
            price *= 1.0 + 0.04 * days[row] + 0.02 * market[row - axis.rows(i).start];
            close[row] = price;
        }
    }
    let mut panel = Panel::new(axis);
    for (name, values) in [("open", open), ("close", close), (TRADED, vec![1.0; n])] {
        panel.insert(name, Column::F64(values)).unwrap();
    }
    panel
}

fn everyone(panel: &Panel) -> Universe {
    Universe::new(vec![true; panel.axis().n_rows()])
}

fn label(panel: &Panel, horizon: u32) -> Outcome {
    let horizon = Horizon::new(horizon).unwrap();
    let prices = ExecutionPrices::new(panel, Execution::Open).unwrap();
    let values = Labels::forward_return(&prices, horizon, &Recoveries::default()).values().to_vec();
    Outcome { name: "the label".to_owned(), values, horizon }
}

fn outcomes(panel: &Panel) -> Vec<Outcome> {
    let next = Outcome {
        name: "the next return".to_owned(),
        values: next_return(panel).unwrap(),
        horizon: Horizon::MIN,
    };
    vec![next, label(panel, 5)]
}

fn found(panel: &Panel, columns: &[(&str, Vec<f64>)]) -> Vec<Suspicion> {
    let columns = columns.iter().map(|(name, values)| (*name, Column::F64(values.clone())));
    let columns = columns.collect::<Vec<_>>();
    let columns = columns.iter().map(|(name, column)| (*name, column)).collect::<Vec<_>>();
    suspicious(&columns, panel.axis(), &everyone(panel), &outcomes(panel)).unwrap()
}

fn names(found: &[Suspicion]) -> Vec<&str> {
    let mut names = found.iter().map(|suspicion| suspicion.column.as_str()).collect::<Vec<_>>();
    names.sort_unstable();
    names
}

/// The deviation of the present values.
fn deviation(values: &[f64]) -> f64 {
    let present = values.iter().copied().filter(|value| value.is_finite()).collect::<Vec<_>>();
    backstaff_statistics::deviation(&present, backstaff_statistics::mean(&present))
}

/// A share of the coming return in noise, both in standard deviations: `share · y + √(1 − share²) · noise`. A missing
/// return is noise alone, as in a vendor's file.
fn leak(outcome: &[f64], share: f64, seed: u64) -> Vec<f64> {
    let (sd, noise) = (deviation(outcome), uniform(outcome.len(), seed));
    let mix = |(y, noise): (&f64, &f64)| {
        let y = if y.is_finite() { y / sd } else { 0.0 };
        share * y + (1.0 - share * share).sqrt() * noise * 12.0_f64.sqrt()
    };
    outcome.iter().zip(&noise).map(mix).collect()
}

#[test]
fn honest_columns_are_not_accused() {
    let panel = walks();
    let close = panel.field("close").unwrap().to_f64();
    let past = |lag: usize| {
        let of =
            |row: usize| if row % SESSIONS < lag { f64::NAN } else { close[row] / close[row - lag] - 1.0 };
        (0..close.len()).map(of).collect::<Vec<_>>()
    };
    let mut columns = (0..40).map(|k| ("noise", uniform(close.len(), 100 + k))).collect::<Vec<_>>();
    columns.extend([
        ("reversal", past(5)),
        ("week", past(6)),
        ("momentum", past(120)),
        ("close", close.clone()),
    ]);
    columns.push(("log", close.iter().map(|close| close.ln()).collect()));
    columns.push(("whole", uniform(close.len(), 9).iter().map(|x| (x * 4.0).round()).collect()));
    assert_eq!(names(&found(&panel, &columns)), Vec::<&str>::new());
}

#[test]
fn the_label_s_own_window_is_looked_at() {
    let panel = walks();
    let label = label(&panel, 5).values;
    let columns = [0.9, 0.42, 0.25].map(|share| ("leak", leak(&label, share, 7)));
    for columns in columns {
        let found = found(&panel, std::slice::from_ref(&columns));
        assert_eq!(found[0].kind, SuspicionKind::CrossSection);
        assert_eq!(found[0].outcome, "the label");
    }
    assert_eq!(found(&panel, &[("dim", leak(&label, 0.04, 7))]), [], "what can't be told from a good signal");
}

#[test]
fn the_next_return_is_looked_at() {
    let panel = walks();
    let next = next_return(&panel).unwrap();
    let turned = next.iter().map(|value| -value).collect();
    let found = found(&panel, &[("turned", turned), ("noisy", leak(&next, 0.3, 8))]);
    assert_eq!(names(&found), ["noisy", "turned"]);
    assert!(found[0].correlation < -0.99 && found[0].column == "turned");
}

#[test]
fn a_column_that_is_the_market_s_next_return_is_named_as_such() {
    let panel = walks();
    let (axis, next) = (panel.axis(), next_return(&panel).unwrap());
    let mut market = vec![f64::NAN; axis.n_rows()];
    for position in 0..axis.n_sessions() {
        let rows = axis.by_session().rows(position);
        let present = rows.iter().map(|&row| next[row as usize]).filter(|value| value.is_finite());
        let mean = backstaff_statistics::mean_from_first(&present.collect::<Vec<_>>());
        for &row in rows {
            market[row as usize] = mean;
        }
    }
    let found = found(&panel, &[("market", market)]);
    assert_eq!((found.len(), found[0].kind), (1, SuspicionKind::Market));
}

#[test]
fn a_leak_of_the_last_sessions_is_found() {
    let panel = walks();
    let label = label(&panel, 5).values;
    let (honest, leaky) = (uniform(label.len(), 11), leak(&label, 0.6, 12));
    let late = |row: usize| row % SESSIONS >= SESSIONS - 65;
    let column = (0..label.len()).map(|row| if late(row) { leaky[row] } else { honest[row] }).collect();
    let found = found(&panel, &[("late", column)]);
    assert_eq!((found.len(), found[0].kind), (1, SuspicionKind::Recent));
}

#[test]
fn cells_that_hold_the_return_in_any_unit_are_found() {
    let panel = walks();
    let label = label(&panel, 5).values;
    let (honest, chosen) = (uniform(label.len(), 13), uniform(label.len(), 14));
    let units = ["plain", "per cent", "turned", "log"];
    for unit in units {
        let of = |y: f64| match unit {
            "per cent" => 100.0 * y,
            "turned" => -y,
            "log" => (1.0 + y).ln(),
            _ => y,
        };
        let cell = |row: usize| {
            let value =
                if chosen[row] < -0.45 && label[row].is_finite() { of(label[row]) } else { honest[row] };
            f64::from(value as f32)
        };
        let found = found(&panel, &[(unit, (0..label.len()).map(cell).collect())]);
        assert_eq!((found.len(), found[0].kind), (1, SuspicionKind::Copies), "{unit}");
        let share = found[0].share.unwrap();
        assert!((share - 0.05).abs() < 0.01, "{unit}: {share}");
    }
}

#[test]
fn a_leak_in_the_difference_of_two_columns_is_found() {
    let panel = walks();
    let label = label(&panel, 5).values;
    let sd = deviation(&label);
    let base = uniform(label.len(), 15);
    let hidden = |k: f64| {
        let with = |(base, y): (&f64, &f64)| k * base + if y.is_finite() { 0.02 * y / sd } else { 0.0 };
        base.iter().zip(&label).map(with).collect::<Vec<_>>()
    };
    let columns = [("a", hidden(1.0)), ("noise", uniform(label.len(), 16)), ("b", base.clone())];
    assert_eq!(found(&panel, &columns[..2]), [], "alone it says nothing");
    let found = found(&panel, &columns);
    assert_eq!((found.len(), found[0].kind), (1, SuspicionKind::Difference));
    assert!(found[0].column.starts_with("a less") && found[0].column.ends_with("× b"), "{}", found[0].column);
}

#[test]
fn what_an_instrument_is_is_no_leak() {
    // In a market that rises, beta foresees windows as well as any leak does, and as well with values of last year.
    let mut panel = walks();
    let axis = panel.axis().clone();
    let betas = (0..N).map(|i| 0.2 + i as f64 / 60.0).collect::<Vec<_>>();
    let (own, market) = (uniform(axis.n_rows(), 21), uniform(SESSIONS, 22));
    let mut close = vec![0.0; axis.n_rows()];
    for (i, beta) in betas.iter().enumerate() {
        let mut price = 50.0;
        for row in axis.rows(i) {
            let t = row - axis.rows(i).start;
            price *= 1.0 + beta * (0.0015 + 0.015 * market[t]) + 0.02 * own[row];
            close[row] = price;
        }
    }
    panel.insert("open", Column::F64(close.clone())).unwrap();
    panel.insert("close", Column::F64(close)).unwrap();
    let column = (0..axis.n_rows()).map(|row| betas[axis.instrument_of(row)]).collect::<Vec<_>>();
    let column = Column::F64(column);
    let found = |horizon: u32| {
        let outcomes = [label(&panel, horizon)];
        suspicious(&[("beta", &column)], &axis, &everyone(&panel), &outcomes).unwrap()
    };
    assert_eq!((found(5), found(21)), (vec![], vec![]));
}

#[test]
fn few_instruments_and_few_sessions_accuse_nobody() {
    let spec = MarketSpec { n_instruments: 5, n_sessions: 60, seed: 3, ..MarketSpec::default() };
    let panel = any_market(spec);
    let n = panel.axis().n_rows();
    let columns = (0..60).map(|k| ("noise", uniform(n, 200 + k))).collect::<Vec<_>>();
    assert_eq!(names(&found(&panel, &columns)), Vec::<&str>::new());
}

#[test]
fn lengths_must_fit() {
    let panel = walks();
    let short = Column::F64(vec![0.0; 3]);
    let result = suspicious(&[("short", &short)], panel.axis(), &everyone(&panel), &outcomes(&panel));
    assert!(matches!(result, Err(LearnError::Length { expected, found: 3, .. }) if expected == N * SESSIONS));
}

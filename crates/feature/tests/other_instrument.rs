//! Columns of another instrument beside every instrument.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

use backstaff_feature::{Catalog, Plan, Schema};
use backstaff_panel::{
    Encoding, Panel,
    testing::{MarketSpec, market},
};

fn compute(panel: &Panel, text: &str) -> Vec<f64> {
    let features = Catalog::new().with("f", text).unwrap().resolve(&["f"], &Schema::of(panel));
    let features = features.unwrap_or_else(|error| panic!("{error}"));
    Plan::new(&features).compute(panel, Encoding::F64, &()).unwrap()[0].to_f64()
}

/// A market in which some instruments are listed late and some leave early.
fn panel() -> Panel {
    market(MarketSpec { n_instruments: 12, n_sessions: 120, mortal: 0.6, ..MarketSpec::default() })
}

fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits()
}

#[test]
fn stands_beside_every_instrument_and_is_missing_where_it_does_not_live() {
    let panel = panel();
    let axis = panel.axis();
    let mut missing = 0;
    for (of, name) in axis.instruments().iter().enumerate() {
        let text = "Mean($close, 5) / Ref($close, 1)";
        let (own, other) =
            (compute(&panel, text), compute(&panel, &format!("ChangeInstrument('{name}', {text})")));
        let swapped = compute(&panel, &format!("Mask({text}, '{name}')"));
        for row in 0..axis.n_rows() {
            let there = axis.row(of, axis.position_of(row));
            missing += usize::from(there.is_none());
            assert!(same(other[row], there.map_or(f64::NAN, |row| own[row])), "{name} row {row}");
            assert!(same(other[row], swapped[row]));
        }
    }
    assert!(missing > 0);
}

#[test]
fn windows_above_count_the_rows_of_the_own_instrument() {
    let panel = panel();
    let axis = panel.axis();
    let other = compute(&panel, "ChangeInstrument('S0002', $close)");
    let mean = compute(&panel, "Mean(ChangeInstrument('S0002', $close), 3)");
    for i in 0..axis.n_instruments() {
        let rows = axis.rows(i);
        for row in rows.clone() {
            let window = &other[rows.start.max((row + 1).saturating_sub(3))..=row];
            let present = window.iter().filter(|value| value.is_finite()).collect::<Vec<_>>();
            let expected = present.iter().copied().sum::<f64>() / present.len() as f64;
            let close = (mean[row] - expected).abs() <= 1e-12 * expected.abs();
            assert!(close || expected.is_nan() && mean[row].is_nan(), "{row}: {} not {expected}", mean[row]);
        }
    }
}

#[test]
fn a_beta_to_itself_is_one() {
    let panel = panel();
    let own = "$close / Ref($close, 1) - 1";
    let betas = compute(&panel, &format!("Beta({own}, ChangeInstrument('S0004', {own}), 20, min=15)"));
    let rows = panel.axis().rows(4);
    assert!(betas[rows].iter().filter(|beta| !beta.is_nan()).all(|beta| (beta - 1.0).abs() < 1e-12));
    assert!(betas.iter().filter(|beta| !beta.is_nan()).count() > 200);
}

#[test]
fn a_condition_is_false_where_the_other_instrument_does_not_live() {
    let panel = panel();
    let axis = panel.axis();
    let found = compute(&panel, "ChangeInstrument('S0002', $close > 0)");
    for (row, &found) in found.iter().enumerate() {
        let lives = axis.row(2, axis.position_of(row));
        let trades = lives.is_some_and(|row| !panel.field("close").unwrap().get(row).is_nan());
        assert_eq!(found, f64::from(u8::from(trades)));
    }
}

#[test]
fn stands_over_some_rows_too() {
    let panel = panel();
    let view = compute(&panel, "Rows(Sum($volume, 2), $volume > 3e5)");
    let other = compute(&panel, "ChangeInstrument('S0001', Rows(Sum($volume, 2), $volume > 3e5))");
    let axis = panel.axis();
    for (row, &other) in other.iter().enumerate() {
        let there = axis.row(1, axis.position_of(row));
        assert!(same(other, there.map_or(f64::NAN, |row| view[row])));
    }
}

#[test]
fn is_missing_in_a_panel_that_lost_the_instrument() {
    let panel = panel();
    let axis = panel.axis();
    let late = (0..axis.n_instruments()).find(|&i| axis.life(i).start > 5).unwrap();
    let text = format!("ChangeInstrument('{}', $close)", axis.instruments()[late]);
    let features = Catalog::new().with("f", &text).unwrap().resolve(&["f"], &Schema::of(&panel)).unwrap();
    let before = panel.between(0..axis.life(late).start);
    let values = Plan::new(&features).compute(&before, Encoding::F64, &()).unwrap()[0].to_f64();
    assert!(values.iter().all(|value| value.is_nan()));
}

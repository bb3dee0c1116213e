use backstaff_panel::{
    Calendar, Column, Encoding, Panel, Session, TRADED,
    testing::{MarketSpec, market},
};
use proptest::prelude::*;

use super::*;

const NAN: f64 = f64::NAN;

/// A lives throughout, B is delisted after its third session, C is listed late and halted.
fn panel() -> Panel {
    let calendar = Calendar::new((0..7).map(Session::from_number).collect());
    let lives = vec![("A".into(), 0..7), ("B".into(), 0..3), ("C".into(), 2..7)];
    let mut panel = Panel::new(Arc::new(Axis::new(calendar, lives)));
    let open = vec![10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 20.0, 22.0, 24.0, 1.0, NAN, 3.0, 4.0, 5.0];
    let close = open.iter().map(|open| open + 0.5).collect();
    let traded = open.iter().map(|open: &f64| f64::from(u8::from(!open.is_nan()))).collect();
    for (name, values) in [("open", open), ("close", close), (TRADED, traded)] {
        panel.insert(name, Column::F64(values)).unwrap();
    }
    panel
}

fn labels(horizon: u32) -> Labels {
    let prices = ExecutionPrices::new(&panel(), Execution::Open).unwrap();
    Labels::forward_return(&prices, Horizon::new(horizon).unwrap(), &Recoveries::default())
}

fn span(entry: u32, exit: u32) -> LabelSpan {
    LabelSpan { entry, exit }
}

#[test]
fn enters_at_the_next_open_and_leaves_a_horizon_later() {
    let labels = labels(2);
    assert_eq!(labels.values()[0], 13.0 / 11.0 - 1.0);
    assert_eq!(labels.span(0), Some(span(1, 3)));
    // The exit of the fifth session lies behind the panel's end.
    assert_eq!(labels.values()[3], 16.0 / 14.0 - 1.0);
    assert!(labels.values()[4].is_nan());
    assert_eq!(labels.span(4), None);
}

#[test]
fn a_trading_halt_moves_entry_and_exit() {
    let labels = labels(1);
    // C (rows 10 to 14, from the third session on) is halted in the fourth.
    assert_eq!(labels.values()[10], 4.0 / 3.0 - 1.0);
    assert_eq!(labels.span(10), Some(span(4, 5)));
    assert_eq!(labels.values()[11], 4.0 / 3.0 - 1.0);
}

#[test]
fn a_delisting_ends_the_label_at_the_last_trade() {
    let labels = labels(2);
    // B (rows 7 to 9) enters in the second session and should leave in the fourth, which it does not see.
    assert_eq!(labels.values()[7], 24.5 / 22.0 - 1.0);
    assert_eq!(labels.span(7), Some(span(1, 3)));
    assert_eq!(labels.values()[8], 24.5 / 24.0 - 1.0);
    assert_eq!(labels.span(8), Some(span(2, 4)));
    assert!(labels.values()[9].is_nan());
    let counts = labels.counts();
    assert_eq!((counts.n_delisted, counts.n_never_entered), (2, 1));
    assert_eq!(counts.n_labelled + counts.n_at_end + counts.n_never_entered, 15);
}

#[test]
fn a_stated_recovery_replaces_the_last_price() {
    let prices = ExecutionPrices::new(&panel(), Execution::Open).unwrap();
    let recoveries = Recoveries::new([("B".into(), 0.0)]).unwrap();
    let labels = Labels::forward_return(&prices, Horizon::new(2).unwrap(), &recoveries);
    assert_eq!(labels.values()[7], -1.0);
    let usual = Recoveries::new([("A".into(), 0.0)]).unwrap().otherwise(0.0).unwrap();
    let others = Labels::forward_return(&prices, Horizon::new(2).unwrap(), &usual);
    let bits = |labels: &Labels| labels.values().iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&others), bits(&labels), "a usual share counts for all that are not named");
    assert!(usual.otherwise(f64::NAN).is_err());
    assert!(Recoveries::new([("B".into(), -0.1)]).is_err());
    assert!(Recoveries::new([("B".into(), 0.1), ("B".into(), 0.2)]).is_err());
}

#[test]
fn the_close_can_be_the_execution_price() {
    let prices = ExecutionPrices::new(&panel(), Execution::Close).unwrap();
    let labels = Labels::forward_return(&prices, Horizon::new(1).unwrap(), &Recoveries::default());
    assert_eq!(labels.values()[0], 12.5 / 11.5 - 1.0);
    assert_eq!(labels.execution(), Execution::Close);
}

#[test]
fn a_panel_without_prices_is_refused() {
    let panel = Panel::new(Arc::clone(panel().axis()));
    let error = ExecutionPrices::new(&panel, Execution::Open).unwrap_err();
    assert!(matches!(error, LearnError::MissingField { field } if field == TRADED));
}

#[test]
fn a_price_without_a_trade_is_none() {
    let mut panel = panel();
    let mut traded = panel.field(TRADED).unwrap().to_f64();
    traded[1] = 0.0;
    panel.insert(TRADED, Column::F64(traded)).unwrap();
    let prices = ExecutionPrices::new(&panel, Execution::Open).unwrap();
    assert!(prices.values()[1].is_nan());
}

/// The slow, obvious twin: walk forward from each row.
fn by_walking(panel: &Panel, horizon: usize) -> Vec<f64> {
    let axis = panel.axis();
    let (open, traded) = (panel.field("open").unwrap(), panel.field(TRADED).unwrap());
    let close = panel.field("close").unwrap();
    let mut out = Vec::new();
    for i in 0..axis.n_instruments() {
        let price = |position: usize| {
            let row = axis.row(i, position)?;
            (traded.get(row) == 1.0 && !open.get(row).is_nan()).then(|| open.get(row))
        };
        let last = axis.rows(i).rev().find(|&row| traded.get(row) == 1.0).map_or(NAN, |row| close.get(row));
        for t in axis.life(i) {
            let entry = (t + 1..axis.n_sessions()).find(|&u| price(u).is_some());
            out.push(entry.map_or(NAN, |entry| {
                if entry + horizon >= axis.n_sessions() {
                    return NAN;
                }
                let exit = (entry + horizon..axis.n_sessions()).find_map(price);
                let is_delisted = axis.life(i).end < axis.n_sessions();
                let exit = exit.unwrap_or(if is_delisted { last } else { NAN });
                exit / price(entry).unwrap() - 1.0
            }));
        }
    }
    out
}

fn same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn agrees_with_walking(seed in 0..1000_u64, horizon in 1..8_u32, missing in 0.0..0.5) {
        let spec = MarketSpec { n_instruments: 6, n_sessions: 40, mortal: 0.5, missing, encoding: Encoding::F64, seed };
        let panel = market(spec);
        let prices = ExecutionPrices::new(&panel, Execution::Open).unwrap();
        let labels = Labels::forward_return(&prices, Horizon::new(horizon).unwrap(), &Recoveries::default());
        prop_assert!(same(labels.values(), &by_walking(&panel, horizon as usize)));
    }

    #[test]
    fn a_label_depends_on_nothing_beyond_its_span(seed in 0..1000_u64, horizon in 1..6_u32, now in 5..39_usize) {
        let spec = MarketSpec { n_instruments: 6, n_sessions: 40, mortal: 0.6, seed, ..MarketSpec::default() };
        let panel = market(spec);
        let label = |panel: &Panel| {
            let prices = ExecutionPrices::new(panel, Execution::Open).unwrap();
            Labels::forward_return(&prices, Horizon::new(horizon).unwrap(), &Recoveries::default())
        };
        let (whole, cut) = (label(&panel), label(&panel.between(0..now)));
        for i in 0..cut.axis().n_instruments() {
            let name = cut.axis().instruments()[i].name();
            let j = whole.axis().find(name).unwrap();
            for position in cut.axis().life(i) {
                let (a, b) = (cut.axis().row(i, position).unwrap(), whole.axis().row(j, position).unwrap());
                let known = whole.span(b).filter(|span| (span.exit as usize) < now);
                prop_assert_eq!(known.is_some(), cut.span(a).is_some());
                if known.is_some() {
                    prop_assert_eq!(cut.values()[a].to_bits(), whole.values()[b].to_bits());
                    prop_assert_eq!(cut.span(a), known);
                }
            }
        }
    }
}

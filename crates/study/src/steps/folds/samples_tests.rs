use std::{path::Path, sync::Arc};

use backstaff_learn::{
    fold::{Fold, FoldSessions},
    label::{Execution, ExecutionPrices, Horizon, Labels, Recoveries},
};
use backstaff_panel::{
    Categories, Column, Panel, Universe,
    testing::{MarketSpec, market},
};
use proptest::prelude::*;

use super::samples::{FoldPart, SampleSpec, Training};
use crate::config::{Config, Role};

const STUDY: &str = "
backstaff: 1
name: small
data: {prices: {path: prices.parquet}}
label: {horizon: 5, target: TARGET}
folds: {test: {from: 2015-01-01}, validation: none}
models: {ridge: {ridge: {penalties: [1]}}}
portfolio: {strategy: {topk_dropout: {k: 5, n_drop: 1}}, costs: {commission_bps: 5}}
";

fn spec(target: &str, weights: &str) -> SampleSpec {
    let weights = if weights.is_empty() { String::new() } else { format!("weights: {weights}\n") };
    let text = format!("{}{weights}", STUDY.replace("TARGET", target));
    SampleSpec::new(&Config::from_yaml(&text, Path::new("study.yaml"), None).unwrap()).unwrap()
}

fn panel(seed: u64) -> Panel {
    let spec = MarketSpec {
        n_instruments: 8,
        n_sessions: 200,
        mortal: 0.4,
        missing: 0.1,
        seed,
        ..MarketSpec::default()
    };
    let mut panel = market(spec);
    let codes = (0..panel.axis().n_rows()).map(|row| panel.axis().instrument_of(row) as u32 % 2).collect();
    let sectors = Categories::new(codes, vec!["even".to_owned(), "odd".to_owned()]);
    panel.insert_categories("sector", sectors).unwrap();
    panel
}

fn labels(panel: &Panel, horizon: u32) -> Labels {
    let prices = ExecutionPrices::new(panel, Execution::Open).unwrap();
    Labels::forward_return(&prices, Horizon::new(horizon).unwrap(), &Recoveries::default())
}

fn fold(labels: &Labels, embargo: usize, member: impl Fn(usize) -> bool) -> Fold {
    let universe = Universe::new((0..labels.values().len()).map(member).collect());
    let sessions = FoldSessions { train: 10..120, validation: 120..150, test: 150..200 };
    Fold::new(1, &sessions, embargo, &universe, labels).unwrap()
}

/// A column with another value in every row, between `from` and `to`.
fn column(panel: &Panel, from: f64, to: f64) -> Arc<Column> {
    let share = |row: usize| (row as f64 * 0.618_033_988).fract();
    Arc::new(Column::F64((0..panel.axis().n_rows()).map(|row| from + (to - from) * share(row)).collect()))
}

#[test]
fn a_blend_is_the_sum_of_its_shares() {
    let panel = panel(1);
    let labels = labels(&panel, 5);
    let fold = fold(&labels, 0, |_| true);
    let training = Training::new([], &panel);
    let targets = |target| spec(target, "").train(fold.train(), &labels, &training).unwrap().targets;
    let (rank, sector) = (targets("rank"), targets("{as: zscore, neutral: sector}"));
    let blend = targets("[{share: 0.7, as: rank}, {share: 0.3, as: zscore, neutral: sector}]");
    for ((rank, sector), blend) in rank.iter().zip(sector).zip(blend) {
        let expected = 0.7 * rank + 0.3 * sector;
        assert!(blend.to_bits() == expected.to_bits() || (blend.is_nan() && expected.is_nan()));
    }
}

#[test]
fn rows_are_compared_with_whom_the_study_says() {
    let panel = panel(2);
    let labels = labels(&panel, 5);
    let (some, all) = (fold(&labels, 0, |row| row % 3 != 0), fold(&labels, 0, |_| true));
    let training = Training::new([], &panel);
    let part = |target: &str, fold: &Fold| spec(target, "").train(fold.train(), &labels, &training).unwrap();
    let everyone = part("rank", &all);
    let present = part("{as: rank, among: present}", &some);
    let members = part("rank", &some);
    assert_eq!(present.rows, some.train().rows());
    for (row, target) in present.rows.iter().zip(&present.targets) {
        let place = everyone.rows.binary_search(row).unwrap();
        assert_eq!(target.to_bits(), everyone.targets[place].to_bits());
    }
    assert_ne!(members.targets, present.targets);
}

#[test]
fn rows_without_a_weight_are_left_out_and_negative_weights_are_refused() {
    let panel = panel(3);
    let labels = labels(&panel, 5);
    let fold = fold(&labels, 0, |_| true);
    let rows = fold.train().rows();
    let weigh = |values: Vec<f64>| Training::new([(Role::Weight, Arc::new(Column::F64(values)))], &panel);
    let spec = spec("rank", "{expression: $volume}");
    let mut values = vec![2.0; panel.axis().n_rows()];
    (values[rows[0] as usize], values[rows[1] as usize], values[rows[2] as usize]) =
        (0.0, f64::NAN, f64::INFINITY);
    let part = spec.train(fold.train(), &labels, &weigh(values.clone())).unwrap();
    assert_eq!(part.rows, rows[3..]);
    assert_eq!(part.weights, Some(vec![2.0; rows.len() - 3]));
    values[rows[5] as usize] = -1.0;
    let error = spec.train(fold.train(), &labels, &weigh(values)).unwrap_err().to_string();
    assert!(error.contains("is -1 for") && error.contains("a weight must be 0 or more"), "{error}");
}

#[test]
fn age_and_expression_multiply_and_validation_counts_the_same_unless_asked() {
    let panel = panel(4);
    let labels = labels(&panel, 5);
    let fold = fold(&labels, 0, |_| true);
    let training = Training::new([(Role::Weight, column(&panel, 0.5, 1.5))], &panel);
    let part = |weights: &str| spec("rank", weights).train(fold.train(), &labels, &training).unwrap();
    let decayed = spec("rank", "{decay: 0.7}");
    let alone = decayed.train(fold.train(), &labels, &Training::new([], &panel)).unwrap().weights.unwrap();
    assert!((alone.iter().sum::<f64>() / alone.len() as f64 - 1.0).abs() < 1e-12);
    let (own, both) =
        (part("{expression: x}").weights.unwrap(), part("{decay: 0.7, expression: x}").weights.unwrap());
    for ((alone, own), both) in alone.iter().zip(own).zip(both) {
        assert_eq!((alone * own).to_bits(), both.to_bits());
    }
    for (weights, weighted) in [("{decay: 0.7}", false), ("{decay: 0.7, validation: true}", true)] {
        let part = spec("rank", weights).validation(fold.validation(), &labels, &training).unwrap();
        assert_eq!(part.weights.is_some(), weighted);
    }
}

/// The samples that training sees: instrument, session, and the bits of target and weight.
fn seen(panel: &Panel, horizon: u32, embargo: usize) -> Option<Vec<(String, usize, u64, u64)>> {
    let (labels, axis) = (labels(panel, horizon), panel.axis());
    let spec = spec(
        "[{share: 0.7, of: residual, market: median, beta: x, as: rank, clip: 0.5, among: present}, \
         {share: 0.3, as: zscore, within: sector}]",
        "{half_life_days: 100, expression: x}",
    );
    let value = |row: usize| 0.5 + ((axis.position_of(row) * 7) % 11) as f64;
    let column = Arc::new(Column::F64((0..axis.n_rows()).map(value).collect()));
    let training = Training::new([(Role::Weight, column.clone()), (Role::Beta(0), column)], panel);
    let universe = (0..axis.n_rows()).map(|row| axis.position_of(row) % 4 != 3).collect();
    let sessions = FoldSessions { train: 10..120, validation: 120..149, test: 149..150 };
    let fold = Fold::new(1, &sessions, embargo, &Universe::new(universe), &labels).ok()?;
    let FoldPart { rows, targets, weights } = spec.train(fold.train(), &labels, &training).ok()?;
    let reach =
        |row: &u32| labels.span(*row as usize).map_or(usize::MAX, |span| span.exit as usize + embargo);
    assert!(rows.iter().all(|row| reach(row) < 120), "a label reaches the validation");
    let of_row = |((&row, target), weight): ((&u32, &f64), &f64)| {
        let instrument = axis.instruments()[axis.instrument_of(row as usize)].to_string();
        (instrument, axis.position_of(row as usize), target.to_bits(), weight.to_bits())
    };
    Some(rows.iter().zip(&targets).zip(&weights?).map(of_row).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever happens from the last session on, rows, targets and weights of training keep their bytes.
    #[test]
    fn samples_know_nothing_of_what_comes_later(seed in 0..1000_u64, horizon in 1..12_u32, embargo in 0..6_usize) {
        let whole = panel(seed);
        prop_assert_eq!(seen(&whole, horizon, embargo), seen(&whole.between(0..150), horizon, embargo));
    }
}

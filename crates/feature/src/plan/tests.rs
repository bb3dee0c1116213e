//! Values against pandas 3.1 on one instrument, and how plans treat cross-sections, universes and columns.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use backstaff_panel::{Axis, Calendar, Categories, Column, Encoding, Instrument, Panel, testing};

use super::{Pass, Plan, Progress};
use crate::{Catalog, FeatureError, Schema};

const NAN: f64 = f64::NAN;

fn panel(lives: &[(usize, usize)], fields: &[(&str, Vec<f64>)]) -> Panel {
    let end = lives.iter().map(|life| life.1).max().unwrap_or(0);
    let named = lives.iter().enumerate().map(|(i, life)| (Instrument::new(&format!("S{i}")), life.0..life.1));
    let mut panel = Panel::new(Arc::new(Axis::new(testing::weekdays(end), named.collect())));
    for (name, values) in fields {
        panel.insert(name, Column::F64(values.clone())).unwrap();
    }
    panel
}

fn compute(panel: &Panel, text: &str) -> Vec<f64> {
    let catalog = Catalog::new().with("f", text).unwrap();
    let features = catalog.resolve(&["f"], &Schema::of(panel)).unwrap_or_else(|error| panic!("{error}"));
    Plan::new(&features).compute(panel, Encoding::F64, &()).unwrap().remove(0).to_f64()
}

fn assert_close(text: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (t, (&a, &b)) in found.iter().zip(expected).enumerate() {
        let near = (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-12 * b.abs().max(1.0);
        assert!(near, "{text} at {t}: {a}, not {b}");
    }
}

fn one() -> Panel {
    let close =
        vec![10.0, 11.0, 10.5, NAN, 12.0, 11.5, 13.0, 12.5, 12.5, 14.0, 13.0, 15.0, 14.5, 16.0, 15.0, 17.0];
    panel(&[(0, 16)], &[("close", close)])
}

#[test]
fn slices_of_long_instruments_are_the_whole() {
    let texts = [
        "Mean($close, 5) / $close",
        "IdxMax($high, 4) - Rank($close, 3)",
        "Mean(CsRank(Std($close, 4)), 3)",
        "EMA(Delta($close, 2), 4)",
        "Max(EMAFirst(CsZScore($volume), 3), 4)",
        "Rows(Mean($close, 3), $volume > 4e5) + Ref($close, 2)",
        "Corr($close, $volume, 6)",
    ];
    let names = (0..texts.len()).map(|n| format!("f{n}")).collect::<Vec<_>>();
    let named = names.iter().zip(texts);
    let catalog =
        named.fold(Catalog::new(), |catalog, (name, text)| catalog.with(name, text).expect("it is right"));
    let panel = testing::market(testing::MarketSpec { n_sessions: 700, ..testing::MarketSpec::default() });
    let names = names.iter().map(String::as_str).collect::<Vec<_>>();
    let whole = Plan::new(&catalog.resolve(&names, &Schema::of(&panel)).unwrap());
    let sliced = Plan { slice: 10, ..whole.clone() };
    let parts = |plan: &Plan| plan.parts(plan.schedule.last_pass(), panel.axis()).len();
    assert_eq!((parts(&whole), parts(&sliced)), (1, 2));
    let whole = whole.compute(&panel, Encoding::F64, &()).unwrap();
    let sliced = sliced.compute(&panel, Encoding::F64, &()).unwrap();
    for (n, text) in texts.iter().enumerate() {
        assert!(whole[n].same_bits(&sliced[n]), "{text}");
    }
}

/// A clock that goes on whenever somebody looks at it.
#[derive(Default)]
struct Ticks(AtomicU64);

impl Progress for Ticks {
    fn advance(&self, _: u64, _: u64) {}

    fn clock(&self) -> Duration {
        Duration::from_millis(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[test]
fn runs_of_instruments_are_the_whole() {
    let spec = testing::MarketSpec {
        n_instruments: 7,
        n_sessions: 90,
        mortal: 0.7,
        ..testing::MarketSpec::default()
    };
    let panel = testing::market(spec);
    let catalog = ["$close", "CsRank(Mean($close, 5))", "Mean(CsZScore($volume), 3)", "EMA($close, 4)"]
        .iter()
        .zip(["a", "b", "c", "d"])
        .fold(Catalog::new(), |catalog, (text, name)| catalog.with(name, text).unwrap());
    let plan = Plan::new(&catalog.resolve(&["a", "b", "c", "d"], &Schema::of(&panel)).unwrap());
    let whole = plan.compute(&panel, Encoding::F64, &()).unwrap();
    for least_rows in [1, 100, 1000] {
        let mut rows = 0;
        let costs =
            plan.stream::<FeatureError>(&panel, Encoding::F64, &Ticks::default(), least_rows, |run| {
                assert_eq!(run.rows.start, rows);
                for (column, whole) in run.columns.iter().zip(&whole) {
                    assert!(column.same_bits(&whole.select(std::slice::from_ref(&run.rows))));
                }
                rows = run.rows.end;
                Ok(())
            });
        assert_eq!(rows, panel.axis().n_rows());
        let shares = costs.unwrap().shares();
        assert!((shares.iter().map(|share| share.1).sum::<f64>() - 1.0).abs() < 1e-9);
        assert_eq!((shares[1].1, shares[5].1), (0.0, 0.0), "no beta and no targets");
    }
}

#[test]
fn agrees_with_pandas() {
    for case in PANDAS.lines() {
        let (text, numbers) = case.split_once(": ").unwrap();
        let numbers = numbers.split_whitespace();
        let expected = numbers.map(|number| if number == "-" { NAN } else { number.parse().unwrap() });
        assert_close(text, &compute(&one(), text), &expected.collect::<Vec<_>>());
    }
}

/// Expressions over the closes of [`one`], and what pandas 3.1 gives for them; `-` is missing.
///
/// DIFFERENCE: none here, but `ewm(span=3, adjust=False)` is left out: for this one span pandas departs from its own
/// documentation in how a missing value ages the weights.
const PANDAS: &str = "\
Mean($close, 5): 10.0 10.5 10.5 10.5 10.875 11.25 11.75 12.25 12.3 12.7 13.0 13.4 13.8 14.5 14.7 15.5
Std($close, 5): - 0.7071067811865476 0.5 0.5 0.8539125638299665 0.645497224367903 1.0408329997330663 \
    0.645497224367903 0.5700877125495691 0.9082951062292477 0.612372435695795 1.0839741694339402 \
    1.0368220676663862 1.118033988749895 1.0954451150103324 1.0000000000000002
Rank($close, 5): 1.0 1.0 0.6666666666666666 - 1.0 0.75 1.0 0.75 0.7 1.0 0.7 1.0 0.8 1.0 0.7 1.0
Quantile($close, 5, 0.8): 10.0 10.8 10.8 10.8 11.4 11.7 12.4 12.7 12.6 13.2 13.2 14.2 14.6 15.2 15.2 \
    16.2
EMA($close, 3): 10.0 10.666666666666666 10.571428571428571 10.571428571428571 11.565217391304348 \
    11.527272727272727 12.319327731092438 12.412955465587045 12.457256461232605 13.235467980295567 \
    13.117214320745463 14.060680205529728 14.280581693755346 15.140763358778626 15.070362343172869 \
    16.0353136874876
EMAFirst($close, 4): 10.0 10.4 10.440000000000001 10.440000000000001 11.261052631578949 \
    11.356631578947368 12.013978947368422 12.208387368421054 12.325032421052633 12.995019452631581 \
    12.99701167157895 13.798207002947368 14.078924201768421 14.847354521061053 14.90841271263663 \
    15.745047627581979
Mean($close, 0.1): 10.0 10.526315789473685 10.516605166051662 10.516605166051662 10.980876967857034 \
    11.114823807471897 11.53486907733035 11.726392648365835 11.866151403531214 12.222876412331363 \
    12.344613979839922 12.738282260550632 12.98743925070949 13.39655210826881 13.606777548365546 \
    14.038235461803332
EMA($close, 0): 10.0 10.749999999999998 10.571428571428571 5.7077205882352935 8.407582938388625 \
    9.429702815023916 10.41163626118194 10.868778512480043 11.171469401489432 11.699629189282543 \
    11.878652279769682 12.372328158088736 12.656745596222072 13.10863926084128 13.31504007611283 \
    13.754784229498654
RSISimple($close, 4): - - - 66.66666666666666 66.66666666666666 0.0 75.0 60.0 60.0 85.71428571428571 \
    50.0 77.77777777777777 70.0 70.0 70.0 70.0
Mean($close > Ref($close, 1), 4): 0.0 0.5 0.3333333333333333 0.25 0.25 0.0 0.25 0.25 0.25 0.5 0.25 0.5 \
    0.5 0.5 0.5 0.5
BandsSample($close, 4, 2).width: - - - - - - - 0.21077460387523364 0.20336254371099668 \
    0.2175713172881686 0.2175713172881686 0.3254834176305829 0.2418159472792827 0.341880341880342 \
    0.166387535763543 0.2838215401738684
MACDFirst($close, 4, 6, 2).histogram: 0.0 0.03809523809523796 0.00562358276644008 0.00187452758881336 \
    0.0765068552537225 0.004061493151837736 0.039540734056052074 -0.003632819583947011 -0.020626306569961783 \
    0.031955681489300725 -0.025230147602320785 0.042074503340215674 0.0005158831619822557 \
    0.03697157875265161 -0.02875947327074757 0.03493272100094569";

#[test]
fn treats_missing_values_as_qlib_does() {
    let panel = panel(&[(0, 3)], &[("a", vec![1.0, NAN, 3.0]), ("b", vec![2.0, 2.0, NAN])]);
    assert_eq!(compute(&panel, "$a > $b"), [0.0, 0.0, 0.0]);
    assert_eq!(compute(&panel, "$a != $b"), [1.0, 1.0, 1.0]);
    assert_eq!(compute(&panel, "If($a, 7, 8)"), [7.0, 7.0, 7.0]);
    assert_eq!(compute(&panel, "IsNull($a) | IsNull($b)"), [0.0, 1.0, 1.0]);
    assert!(compute(&panel, "Greater($a, $b)")[1].is_nan());
    assert_eq!(compute(&panel, "Count($a, 2)"), [1.0, 1.0, 1.0]);
    assert_eq!(compute(&panel, "Sum($a, 3)"), [1.0, 1.0, 4.0]);
    assert_eq!(compute(&panel, "Ref($a, 0)"), [1.0, 1.0, 1.0]);
    assert_eq!(compute(&panel, "Delta($a, 0)")[2], 2.0);
    assert_eq!(compute(&panel, "1 / ($a - 1)")[0], f64::INFINITY);
    assert_eq!(compute(&panel, "Mean(1 / ($a - 1), 3)")[2], 0.5);
}

/// Three instruments, the last one listed in the third session.
fn three() -> Panel {
    let close = vec![1.0, 2.0, NAN, 4.0, 3.0, 2.0, 5.0, 4.0, 9.0, 8.0];
    let mut panel = panel(&[(0, 4), (0, 4), (2, 4)], &[("close", close)]);
    let names = vec!["x".to_owned(), "y".to_owned()];
    let codes = vec![0, 0, 0, 0, 0, 0, 1, 1, 1, Categories::MISSING];
    panel.insert_categories("sector", Categories::new(codes, names)).unwrap();
    panel
}

#[test]
fn ranks_the_present_instruments_of_a_session() {
    assert_close(
        "rank",
        &compute(&three(), "CsRank($close)"),
        &[0.5, 0.75, NAN, 0.5, 1.0, 0.75, 0.5, 0.5, 1.0, 1.0],
    );
}

#[test]
fn compares_within_groups_and_universe() {
    assert_close(
        "by",
        &compute(&three(), "CsMean($close, by=sector)"),
        &[2.0, 2.0, NAN, 4.0, 2.0, 2.0, 7.0, 4.0, 7.0, NAN],
    );
    assert_close(
        "min",
        &compute(&three(), "CsMean($close, by=sector, min=2)"),
        &[2.0, 2.0, NAN, NAN, 2.0, 2.0, 7.0, NAN, 7.0, NAN],
    );
    assert_close(
        "within",
        &compute(&three(), "CsDemean($close, within=$close < 5)"),
        &[-1.0, 0.0, NAN, 0.0, 1.0, 0.0, NAN, 0.0, NAN, NAN],
    );
    // What describes a session is given to all of it.
    assert_close(
        "all",
        &compute(&three(), "CsMedian($close, within=$close < 5)"),
        &[2.0, 2.0, NAN, 4.0, 2.0, 2.0, NAN, 4.0, NAN, 4.0],
    );
}

#[test]
fn nests_both_kinds_in_both_directions() {
    let market = testing::market(testing::MarketSpec { n_sessions: 60, ..testing::MarketSpec::default() });
    let nested = compute(&market, "CsRank(Mean(CsDemean(Mean($close, 3)), 4) - CsMean($close))");
    let mut step = market.clone();
    for (name, text) in
        [("a", "Mean($close, 3)"), ("b", "CsDemean($a)"), ("c", "Mean($b, 4) - CsMean($close)")]
    {
        let values = compute(&step, text);
        step.insert(name, Column::F64(values)).unwrap();
    }
    let stepwise = compute(&step, "CsRank($c)");
    assert!(nested.iter().zip(&stepwise).all(|(a, b)| a.to_bits() == b.to_bits()));
}

#[test]
fn what_rows_have_in_common_is_that_of_columns() {
    let market = testing::market(testing::MarketSpec {
        n_sessions: 70,
        n_instruments: 12,
        mortal: 0.5,
        ..testing::MarketSpec::default()
    });
    let some = (0..market.axis().n_rows()).map(|row| row % 7 != 3).collect::<Vec<_>>();
    for panel in [market.clone(), market.select(&some)] {
        let mut step = panel.clone();
        for (name, text) in [
            ("of_all", "CsMean($close, within=$volume > 3e5)"),
            ("of_sector", "CsMedian($close, by=sector)"),
            ("of_one", "ChangeInstrument('S0003', $close)"),
            ("apart", "Ref($close, 2) / $open - $of_all"),
        ] {
            let values = compute(&step, text);
            step.insert(name, Column::F64(values)).unwrap();
        }
        let apart = "(Ref($close, 2) / $open - CsMean($close, within=$volume > 3e5))";
        for (nested, stepwise) in [
            ("CsMean($close, within=$volume > 3e5)", "$of_all + 0"),
            ("CsMedian($close, by=sector) - $close", "$of_sector - $close"),
            ("CsStd(CsMedian($close, by=sector), by=sector)", "CsStd($of_sector, by=sector)"),
            ("CsRank(CsMedian($close, by=sector), by=sector)", "CsRank($of_sector, by=sector)"),
            (
                "Std(CsRank(ChangeInstrument('S0003', $close) - $close), 3)",
                "Std(CsRank($of_one - $close), 3)",
            ),
            (&format!("CsRank({apart}) + {apart}"), "CsRank($apart) + $apart"),
            (
                &format!("Mean(CsRank(CsRank({apart}) + {apart}), 3)"),
                "Mean(CsRank(CsRank($apart) + $apart), 3)",
            ),
        ] {
            let (found, expected) = (compute(&panel, nested), compute(&step, stepwise));
            assert!(found.iter().any(|value| !value.is_nan()), "{nested}");
            assert!(found.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits()), "{nested}");
        }
    }
}

#[test]
fn inputs_of_cross_sections_are_those_of_columns() {
    let market = testing::market(testing::MarketSpec {
        n_sessions: 720,
        n_instruments: 30,
        mortal: 0.5,
        ..testing::MarketSpec::default()
    });
    let some = (0..market.axis().n_rows()).map(|row| row % 7 != 3).collect::<Vec<_>>();
    for panel in [market.clone(), market.select(&some)] {
        for (near, inputs) in [
            ("$close", 0),
            ("2", 0),
            ("Ref($close, 70)", 1),
            ("$close / Ref($close, 1) - Delta($volume, 3) * 2", 5),
            ("($close > Ref($close, 100)) | ($volume < 3e5)", 4),
            ("$close / PLatest($$eps_q) - PLatest($$eps_q)", 3),
            ("Ref($close, 600) + Ref($close, 2) / CsMean($close)", 0),
            ("Mean($close, 3) / $close", 0),
        ] {
            let mut step = panel.clone();
            step.insert("near", Column::F64(compute(&panel, near))).unwrap();
            for (of, like) in [
                ("CsRank(_, by=sector)", "CsRank($near, by=sector)"),
                ("CsRank($close, within=_ > 0.9)", "CsRank($close, within=$near > 0.9)"),
                ("CsRank(_) + _ + CsMean($close)", "CsRank($near) + $near + CsMean($close)"),
            ] {
                let text = of.replace('_', &format!("({near})"));
                let (found, expected) = (compute(&panel, &text), compute(&step, like));
                assert!(found.iter().any(|value| !value.is_nan()), "{text}");
                assert!(found.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits()), "{text}");
            }
            let catalog = Catalog::new().with("f", &format!("CsRank({near})")).unwrap();
            let explain = Plan::new(&catalog.resolve(&["f"], &Schema::of(&panel)).unwrap()).explain();
            let last = explain.passes.iter().rev().find_map(|pass| match pass {
                Pass::BySession { inputs, .. } => Some(*inputs),
                Pass::ByInstrument { .. } => None,
            });
            assert_eq!(last, Some(inputs), "{near}: {explain}");
        }
    }
}

#[test]
fn stores_columns_constants_and_cross_sections_as_they_are() {
    let panel = three();
    let catalog = Catalog::new().with("a", "$close").unwrap().with("b", "2.5").unwrap();
    let catalog = catalog.with("c", "CsMean($close)").unwrap().with("d", "CsRank(1)").unwrap();
    let features = catalog.resolve(&["*"], &Schema::of(&panel)).unwrap();
    let columns = Plan::new(&features).compute(&panel, Encoding::F32, &()).unwrap();
    assert!(columns[0].same_bits(&Column::encode(&panel.field("close").unwrap().to_f64(), Encoding::F32)));
    assert_eq!(columns[1].to_f64(), [2.5; 10]);
    assert_eq!(columns[2].get(9), f64::from(16.0_f32 / 3.0));
    assert_eq!(columns[3].get(0), 0.75);
}

#[test]
fn stores_one_nan_only() {
    let panel = three();
    let values = compute(&panel, "Log(-Abs($close)) * -1");
    assert!(values.iter().all(|value| value.to_bits() == f64::NAN.to_bits()));
}

#[test]
fn shares_equal_parts_and_frees_buffers() {
    let panel = testing::market(testing::MarketSpec::default());
    let catalog = Catalog::new().with("r", "$close / Ref($close, 1) - 1").unwrap();
    let catalog =
        catalog.with("beta", "Beta(r, CsMedian(r), 60)").unwrap().with("vol", "Std(r, 20)").unwrap();
    let plan = Plan::new(&catalog.resolve(&["beta", "vol"], &Schema::of(&panel)).unwrap());
    let explain = plan.explain();
    // $close 1 Ref Div Sub CsMedian Beta Std
    assert_eq!((explain.features, explain.nodes, explain.shared), (2, 8, 5));
    assert_eq!(explain.passes.len(), 3);
    assert_eq!(explain.passes[1], Pass::BySession { operators: 1, inputs: 3 });
    // Returns are computed where the market's are, and again to be joined with it; the market's are few.
    assert_eq!(explain.kept_bytes_per_row, 0);
    assert!(explain.buffer_bytes_per_row <= 32, "{explain}");
    assert!(explain.to_string().contains("look-back: 60 sessions"), "{explain}");
}

#[test]
fn names_the_column_that_a_panel_lacks() {
    let with = three();
    let catalog = Catalog::new().with("a", "1").unwrap().with("b", "CsRank($close, by=sector)").unwrap();
    let plan = Plan::new(&catalog.resolve(&["a", "b"], &Schema::of(&with)).unwrap());
    let error = plan.compute(&Panel::new(with.axis().clone()), Encoding::F64, &()).unwrap_err();
    assert_eq!(error.to_string(), "feature b reads field $close, which the panel does not have");
}

#[test]
fn computes_nothing_of_nothing() {
    let empty = Panel::new(Arc::new(Axis::new(Calendar::new(Vec::new()), Vec::new())));
    assert!(Plan::new(&[]).compute(&three(), Encoding::F64, &()).unwrap().is_empty());
    let catalog = Catalog::new().with("a", "CsRank(Mean(1, 5))").unwrap();
    let features = catalog.resolve(&["a"], &Schema::default()).unwrap();
    assert!(Plan::new(&features).compute(&empty, Encoding::F64, &()).unwrap()[0].is_empty());
}

#[test]
fn tells_how_far_it_is() {
    struct Last(AtomicU64, AtomicU64);
    impl Progress for Last {
        fn advance(&self, done: u64, total: u64) {
            self.0.fetch_max(done, Ordering::Relaxed);
            self.1.store(total, Ordering::Relaxed);
        }
    }
    let panel = testing::market(testing::MarketSpec::default());
    let catalog = Catalog::new().with("a", "CsRank(Mean($close, 5))").unwrap();
    let features = catalog.resolve(&["a"], &Schema::of(&panel)).unwrap();
    let last = Last(AtomicU64::new(0), AtomicU64::new(0));
    Plan::new(&features).compute(&panel, Encoding::F64, &last).unwrap();
    assert_eq!(last.0.into_inner(), last.1.into_inner());
}

#[test]
fn labels_look_ahead() {
    let panel = one();
    let label =
        Catalog::new().resolve_label("y", "Ref($close, -2) / Ref($close, -1) - 1", &Schema::of(&panel));
    let columns = Plan::of_labels(&[label.unwrap()]).compute(&panel, Encoding::F64, &()).unwrap();
    assert_eq!(columns[0].get(0), 10.5 / 11.0 - 1.0);
    assert!(columns[0].get(14).is_nan());
}

use std::sync::Arc;

use backstaff_feature::{
    Catalog, LookBack, Schema,
    operator::{
        ArgumentFault, Arguments, Binding, Bound, Documentation, Operator, Parameter, Recursion, Registry,
        Requested, Signature,
    },
};
use backstaff_panel::{
    Session,
    testing::{MarketSpec, market},
};

use super::*;

struct Silent;

impl Observer for Silent {
    fn observe(&self, _: &Event<'_>) {}
}

/// An operator over one series that does not keep what it declares.
struct Planted {
    documentation: Documentation,
    bound: fn() -> Bound,
}

impl Operator for Planted {
    fn documentation(&self) -> &Documentation {
        &self.documentation
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature = Signature::new(&[Parameter::series("a")]);
        &SIGNATURE
    }

    fn bind(&self, _: &Arguments) -> Result<Binding, ArgumentFault> {
        Ok((self.bound)().into())
    }
}

/// Features over the standard operators and, if given, a planted one.
fn features(panel: &Panel, expressions: &[(&str, &str)], planted: Option<fn() -> Bound>) -> Vec<Feature> {
    let mut registry = Registry::standard();
    if let Some(bound) = planted {
        let documentation = Documentation {
            name: "Planted",
            version: 1,
            meaning: "A lie.",
            formula: "a",
            missing: "where a is",
            source: "nobody",
            differences: "",
            samples: &["Planted($close)"],
        };
        registry = registry.with(Arc::new(Planted { documentation, bound })).unwrap();
    }
    let mut catalog = Catalog::with_operators(registry);
    for (name, expression) in expressions {
        catalog = catalog.with(name, expression).unwrap();
    }
    let names = expressions.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    catalog.resolve(&names, &Schema::of(panel)).unwrap()
}

fn proof(panel: &Panel, features: &[Feature]) -> (Vec<Check>, Vec<WarmUp>) {
    prove_over(panel, features, 3, &Silent).unwrap()
}

/// The kinds of checks in which something moved, each once.
fn moved_in(checks: &[Check]) -> Vec<Kind> {
    let mut kinds = checks.iter().filter(|check| !check.moved.is_empty()).map(|check| check.kind);
    let mut found = kinds.by_ref().collect::<Vec<_>>();
    found.dedup();
    found
}

#[test]
fn honest_features_of_all_kinds_hold() {
    let panel = market(MarketSpec::default());
    let expressions = [
        ("window", "Mean($close, 20) / $close"),
        ("recursive", "EMA($close, 12) - Ref(EMAFirst($close, 5), 3)"),
        ("expanding", "Mean($close, 0)"),
        ("ranked", "CsRank(Std($close, 5), by=sector)"),
        ("mixed", "EMA(CsRank($close), 5)"),
        ("over_rows", "Rows(Mean($close, 5), $volume > 0)"),
        ("published", "P($$eps_q)"),
    ];
    let features = features(&panel, &expressions, None);
    let (checks, warm_up) = proof(&panel, &features);
    assert_eq!(moved_in(&checks), [], "{checks:#?}");
    assert_eq!(checks.len(), 3 * 4 + 4 + 3 + 3 + 2);
    assert!(checks.iter().all(|check| check.values > 1000), "{checks:#?}");
    let skipped = |kind| {
        let check = checks.iter().find(|check| check.kind == kind).unwrap();
        check.not_compared.iter().map(|skipped| skipped.feature.as_str()).collect::<Vec<_>>()
    };
    assert!(skipped(Kind::Future).is_empty());
    assert_eq!(skipped(Kind::Pieces), ["expanding"]);
    assert_eq!(skipped(Kind::Instruments), ["ranked", "mixed"]);
    assert_eq!(warm_up.len(), features.len());
}

#[test]
fn a_look_into_the_future_is_named_with_its_operator_and_place() {
    fn peek() -> Bound {
        Bound::instrument(LookBack::Sessions(1), |inputs, _, out| {
            let next = inputs[0].iter().copied().skip(1).chain([f64::NAN]);
            out.iter_mut().zip(next).for_each(|(out, next)| *out = next);
        })
    }
    let panel = market(MarketSpec::default());
    let expressions = [("honest", "Mean($close, 5)"), ("leaky", "Mean(Planted(Abs($close)), 5)")];
    let (checks, _) = proof(&panel, &features(&panel, &expressions, Some(peek)));
    assert!(moved_in(&checks).contains(&Kind::Future));
    for check in checks.iter().filter(|check| check.kind == Kind::Future) {
        let [moved] = check.moved.as_slice() else { panic!("one feature moves: {check:#?}") };
        assert_eq!((moved.feature.as_str(), moved.expression.as_str()), ("leaky", expressions[1].1));
        assert_eq!(moved.part.as_deref(), Some("Planted@1(Abs@1($close))"));
        assert!(check.what.contains(&moved.session), "the last session that was left alone: {moved:?}");
        assert!(moved.n_moved > 0 && moved.n_moved <= 20 && moved.value.is_some());
    }
}

#[test]
fn the_text_shows_what_moved_where_and_in_which_part() {
    fn number_of_rows() -> Bound {
        Bound::instrument(LookBack::Sessions(0), |inputs, _, out| out.fill(inputs[0].len() as f64))
    }
    let panel = market(MarketSpec::default());
    let features = features(
        &panel,
        &[("count", "Planted($close) + 1"), ("ema", "EMA($close, 9)")],
        Some(number_of_rows),
    );
    let (checks, warm_up) = proof(&panel, &features);
    let proof = FeatureProof {
        holds: false,
        data: data_facts(Path::new("prices.csv"), panel.axis()),
        features: features.iter().map(Subject::of).collect(),
        checks,
        warm_up,
        matches: Vec::new(),
        left_out: Vec::new(),
        warnings: Vec::new(),
        not_covered: NOT_COVERED.to_vec(),
        seconds: 0.0,
    };
    let text = proof.to_string();
    for part in [
        "400 sessions, 2010-01-04 to",
        "2 features",
        "MOVED",
        "future, all after",
        "truncated:\n  count moved: ",
        "the first of S0000 on 2010-01-04: 401 became ",
        "      Planted($close) + 1\n      the innermost part that moves: Planted@1($close)\n",
        "prefix says nothing of `ema`: all history counts",
        "settled after",
        "exact after 0 sessions: `count`",
        "something moved that may not",
        "not covered:",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert!(!text.contains("ema moved"), "{text}");
}

#[test]
fn a_look_back_that_is_too_short_moves_without_a_beginning() {
    fn short() -> Bound {
        Bound::instrument(LookBack::Sessions(2), |inputs, _, out| {
            for (t, out) in out.iter_mut().enumerate() {
                *out = t.checked_sub(3).map_or(f64::NAN, |t| inputs[0][t]);
            }
        })
    }
    let panel = market(MarketSpec::default());
    let (checks, _) = proof(&panel, &features(&panel, &[("short", "Planted($close)")], Some(short)));
    assert_eq!(moved_in(&checks), [Kind::Pieces, Kind::Prefix]);
}

/// Counts rows, and leaves the count out of its state.
struct Forgetful;

impl Recursion for Forgetful {
    fn start(&self) -> Vec<f64> {
        vec![0.0]
    }

    fn run(&self, _: &mut Vec<f64>, inputs: &[&[f64]], _: &[Session], requested: &mut [Requested<'_>]) {
        for requested in requested {
            for (t, out) in requested.out.iter_mut().enumerate() {
                *out = t as f64 + 0.0 * inputs[0][t];
            }
        }
    }
}

#[test]
fn a_state_that_says_too_little_moves_in_pieces() {
    let panel = market(MarketSpec::default());
    let planted = features(&panel, &[("count", "Planted($close)")], Some(|| Bound::recursive(Forgetful)));
    let (checks, _) = proof(&panel, &planted);
    assert_eq!(moved_in(&checks), [Kind::Pieces]);
}

#[test]
fn a_value_that_depends_on_threads_moves() {
    fn threads() -> Bound {
        Bound::rows(|inputs, out| {
            let n = rayon::current_num_threads() as f64;
            out.iter_mut().zip(inputs[0]).for_each(|(out, value)| *out = n * value);
        })
    }
    let panel = market(MarketSpec::default());
    let (checks, _) = proof(&panel, &features(&panel, &[("busy", "Planted($close)")], Some(threads)));
    assert_eq!(moved_in(&checks), [Kind::Threads]);
}

#[test]
fn every_trial_names_the_very_value_that_differs() {
    let panel = market(MarketSpec { missing: 0.0, ..MarketSpec::default() });
    let features = features(&panel, &[("close", "Abs($close)")], None);
    let axis = panel.axis();
    // Late enough for dropped beginnings, early enough for changed ends, an instrument that halving leaves.
    let (i, position) = (axis.n_instruments() - 1, 250);
    let row = axis.row(i, position).expect("the last instrument lives then");
    let mut whole = panel.field("close").unwrap().to_f64();
    whole[row] += 1.0;
    let whole = Column::F64(whole);
    let trials = [
        Trial::Future(300, super::super::Perturbation::Shuffled),
        Trial::Pieces(vec![100, 250, 251]),
        Trial::Prefix(200),
        Trial::Threads(2),
        Trial::Reversed,
        Trial::Halved,
    ];
    for trial in trials {
        let tallies = trial.run(&panel, &features, &[&whole]).unwrap();
        let place = Place { position, instrument: i, whole: whole.get(row), again: whole.get(row) - 1.0 };
        assert_eq!((tallies[0].n_moved, tallies[0].first.as_ref()), (1, Some(&place)), "{trial:?}");
    }
}

#[test]
fn a_moving_mean_is_exact_when_its_window_is_full() {
    let panel = market(MarketSpec::default());
    let (_, warm_up) = proof(&panel, &features(&panel, &[("mean", "Mean($close, 20)")], None));
    assert_eq!(warm_up[0].history, History::Window { exact_after: 19 });
}

fn measured(warm_up: &WarmUp) -> (Vec<&AtLag>, Option<usize>) {
    let History::All { after, settled_after, .. } = &warm_up.history else { panic!("{warm_up:?}") };
    (after.iter().collect(), *settled_after)
}

#[test]
fn an_exponential_mean_forgets_its_start_by_its_weight_a_session() {
    let spec = MarketSpec { missing: 0.0, mortal: 0.0, n_sessions: 900, ..MarketSpec::default() };
    let panel = market(spec);
    let expressions = [("first", "EMAFirst($close, 12)"), ("adjusted", "EMA($close, 12)")];
    let (_, warm_up) = proof(&panel, &features(&panel, &expressions, None));
    let kept = |sessions: i32| (1.0_f64 - 2.0 / 13.0).powi(sessions);
    let near = |found: f64, wanted: f64, tolerance: f64| (found / wanted - 1.0).abs() < tolerance;
    for warm_up in &warm_up {
        let (after, settled) = measured(warm_up);
        let median = |n: usize| after[n].median.expect("a median");
        let largest = |n: usize| after[n].largest.expect("a largest");
        if warm_up.feature == "first" {
            // Both go on with the same weights, so that the difference of the first session only shrinks.
            assert!(near(median(1), median(0) * kept(21), 1e-9), "{after:?}");
            assert!(near(median(2), median(1) * kept(42), 1e-9), "{after:?}");
            assert!(largest(3) < 1.001 * largest(2) * kept(63), "fewer starts reach so far: {after:?}");
        } else {
            // Present values take the weight of the missing history, so that their own moves count as well.
            let ratio = median(2) / median(1) / kept(42);
            assert!(ratio > 0.25 && ratio < 4.0, "{ratio}: {after:?}");
        }
        let largest = largest(1) / kept(21);
        let bound = (1e-6 / largest).ln() / kept(1).ln();
        let settled = settled.expect("it forgets") as f64;
        assert!(settled > 0.7 * bound && settled < 1.2 * bound, "{settled} of {bound}");
    }
    assert_eq!(measured(&warm_up[0]).0[0].values, 20 * 8, "20 instruments, 8 starts");
}

#[test]
fn what_never_forgets_is_told() {
    let spec = MarketSpec { n_sessions: 900, ..MarketSpec::default() };
    let panel = market(spec);
    let expressions =
        [("mean", "Mean($close, 0)"), ("obv", "ta.OBV($close, $volume)"), ("rsi", "ta.RSI($close, 14)")];
    let (_, warm_up) = proof(&panel, &features(&panel, &expressions, None));
    for warm_up in &warm_up[..2] {
        let (after, settled) = measured(warm_up);
        assert!(settled.is_none() && after[4].largest > Some(0.01), "{warm_up:?}");
    }
    let (after, settled) = measured(&warm_up[2]);
    assert!(after[0].values == 0 && after[0].missing > 0, "no value before 14 changes: {after:?}");
    assert!(settled.is_some_and(|after| (100..400).contains(&after)), "{settled:?}");
}

#[test]
fn too_few_sessions_prove_nothing() {
    let panel = market(MarketSpec { n_sessions: 9, ..MarketSpec::default() });
    let error = prove_over(&panel, &features(&panel, &[("a", "Abs($close)")], None), 3, &Silent).unwrap_err();
    assert!(error.to_string().contains("needs 10 sessions"), "{error}");
}

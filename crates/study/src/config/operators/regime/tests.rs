//! What regimes as features promise: they are those of a walk, and nothing they may not depend on moves them.

use backstaff_feature::{Plan, Schema};
use backstaff_panel::{
    Encoding, Panel,
    testing::{MarketSpec, market},
};
use backstaff_regime::{Missing, Observations, Walk, WalkRequest, walk};

use super::*;
use crate::{
    command::prove::{Kind, prove_over},
    config::operators::{catalog, registry},
    flow::progress::Silent,
};

const RETURN: &str = "$close / Ref($close, 1) - 1";

/// A small market: some instruments are listed late, leave early or halt.
fn panel() -> Panel {
    market(MarketSpec { n_instruments: 5, n_sessions: 260, ..MarketSpec::default() })
}

fn compute(panel: &Panel, texts: &[&str]) -> Vec<Vec<f64>> {
    let names = (0..texts.len()).map(|n| format!("f{n}")).collect::<Vec<_>>();
    let all = texts.iter().zip(&names);
    let all = all.fold(catalog(), |catalog, (text, name)| catalog.with(name, text).unwrap());
    let names = names.iter().map(String::as_str).collect::<Vec<_>>();
    let features = all.resolve(&names, &Schema::of(panel)).unwrap_or_else(|error| panic!("{error}"));
    let columns = Plan::new(&features).compute(panel, Encoding::F64, &()).unwrap();
    columns.iter().map(backstaff_panel::Column::to_f64).collect()
}

fn walked(panel: &Panel, i: usize, values: &[f64], options: &WalkOptions) -> Walk {
    let axis = panel.axis();
    let rows = axis.rows(i);
    let observations = Observations::univariate(&values[rows], Missing::Skip).unwrap();
    let (instrument, sessions) = (&axis.instruments()[i], axis.sessions(i));
    walk(WalkRequest { instrument, sessions, observations: &observations, options }, &ModelCache::off())
        .unwrap()
}

#[test]
fn features_are_what_a_walk_decides() {
    let panel = panel();
    let settings = "states=2, look_back=60, schedule='weekly', starts=2";
    let texts = [
        RETURN.to_owned(),
        format!("RegimeProb({RETURN}, state=1, {settings})"),
        format!("RegimeState({RETURN}, {settings})"),
        format!("RegimeAge({RETURN}, {settings})"),
        format!("RegimeExpectedReturn({RETURN}, {settings})"),
        format!("RegimeExpectedVolatility({RETURN}, {settings})"),
        format!("RegimeProb({RETURN}, state=0, {settings})"),
    ];
    let columns = compute(&panel, &texts.iter().map(String::as_str).collect::<Vec<_>>());
    let fit = FitOptions {
        covariance: CovarianceForm::Full,
        max_iterations: MOST_ITERATIONS,
        tolerance: TOLERANCE,
        ..FitOptions::new(2).with_starts(Start::first(2))
    };
    let options = WalkOptions { schedule: Schedule::Weekly, look_back: 60, ..WalkOptions::new(fit) };
    let mut decided = 0;
    for i in 0..panel.axis().n_instruments() {
        let walk = walked(&panel, i, &columns[0], &options);
        for (row, decision) in panel.axis().rows(i).zip(&walk.decisions) {
            let found = columns[1..].iter().map(|column| column[row]).collect::<Vec<_>>();
            match decision {
                None => assert!(found.iter().all(|value| value.is_nan())),
                Some(decision) => {
                    decided += 1;
                    let expected = [
                        decision.probabilities[1],
                        decision.state as f64,
                        decision.age as f64,
                        decision.expected_return,
                        decision.expected_volatility,
                        decision.probabilities[0],
                    ];
                    assert_eq!(found, expected);
                }
            }
        }
    }
    assert!(decided > 500, "{decided}");
}

#[test]
fn what_is_asked_for_beside_a_value_does_not_change_it() {
    let panel = panel();
    let text = format!("RegimeProb({RETURN}, state=1, states=2, look_back=60)");
    let age = format!("RegimeAge({RETURN}, states=2, look_back=60)");
    let (alone, together) = (compute(&panel, &[&text]), compute(&panel, &[&age, &text]));
    assert!(alone[0].iter().zip(&together[1]).all(|(a, b)| a.to_bits() == b.to_bits()));
}

#[test]
fn every_sample_can_be_computed_and_every_operator_is_described() {
    let panel = panel();
    let registry = registry();
    for operator in operators() {
        let documentation = *operator.documentation();
        assert!(registry.get(documentation.name).is_some());
        for sample in documentation.samples {
            let values = &compute(&panel, &[sample])[0];
            assert!(values.iter().any(|value| value.is_finite()), "{sample}");
            assert!(values.iter().all(|value| !value.is_infinite()), "{sample}");
        }
    }
}

#[test]
fn arguments_that_cannot_be_are_told() {
    let panel = panel();
    let fault = |text: &str| {
        let resolved = catalog().with("f", text).and_then(|all| all.resolve(&["f"], &Schema::of(&panel)));
        resolved.map(|_| ()).unwrap_err().to_string()
    };
    assert!(fault("RegimeProb($close, state=3)").contains("numbered 0 to 2"));
    assert!(fault("RegimeState($close, states=10, look_back=12)").contains("too short"));
    assert!(fault("RegimeState($close, schedule='montly')").contains("did you mean `monthly`?"));
    assert!(fault("RegimeState($close, states=1)").contains("from 2 to 10"));
}

#[test]
fn nothing_that_they_may_not_depend_on_moves_them() {
    let panel = panel();
    let texts = [
        ("prob", format!("RegimeProb({RETURN}, state=0, states=2, look_back=60, starts=2)")),
        (
            "volatility",
            format!("RegimeExpectedVolatility({RETURN}, states=2, look_back=60, starts=2, every=25)"),
        ),
        ("mixed", format!("Mean(RegimeState({RETURN}, states=2, look_back=60, starts=2), 5)")),
    ];
    let all = texts.iter().fold(catalog(), |catalog, (name, text)| catalog.with(name, text).unwrap());
    let features = all.resolve(&texts.each_ref().map(|(name, _)| *name), &Schema::of(&panel)).unwrap();
    let (checks, _) = prove_over(&panel, &features, 2, &Silent).unwrap();
    assert!(checks.iter().all(|check| check.moved.is_empty()), "{checks:#?}");
    for kind in [Kind::Future, Kind::Pieces, Kind::Threads, Kind::Instruments] {
        let values =
            checks.iter().filter(|check| check.kind == kind).map(|check| check.values).sum::<usize>();
        assert!(values > 500, "{kind:?}: {checks:#?}");
    }
}

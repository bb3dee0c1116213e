//! The promises that every indicator keeps, whatever it computes.

use proptest::prelude::*;

use super::*;
use crate::{
    Catalog, Schema,
    graph::NodeKind,
    operator::{ParameterKind, Work},
};

/// Every indicator with its defaults, and with small numbers from `seed`: its name, how many inputs it has, its outputs.
fn calls(seed: usize) -> Vec<(&'static str, usize, Vec<Arc<Bound>>)> {
    let mut calls = Vec::new();
    for operator in operators() {
        let (name, signature) = (operator.documentation().name, operator.signature());
        let is_series = |parameter: &&Parameter| parameter.kind.is_series();
        let n_inputs = signature.parameters.iter().filter(is_series).count();
        let inputs = ["$a", "$b", "$c", "$d"][..n_inputs].join(", ");
        let numbers = signature.parameters.iter().filter(|parameter| !is_series(parameter)).enumerate();
        let small = numbers.map(|(n, parameter)| match parameter.kind {
            ParameterKind::Integer { most: 8, .. } => {
                format!(", {}", [0, 1, 2, 3, 4, 5, 6, 8][(seed + n) % 8])
            }
            ParameterKind::Integer { least, .. } => format!(", {}", least as usize + (seed + 3 * n) % 9),
            _ => format!(", {}", parameter.default.unwrap()),
        });
        for numbers in [String::new(), small.collect()] {
            let members = signature.outputs.iter().map(|output| format!(".{output}")).collect::<Vec<_>>();
            let members = if members.is_empty() { vec![String::new()] } else { members };
            let outputs = members.iter().map(|member| bound(&format!("{name}({inputs}{numbers}){member}")));
            calls.push((name, n_inputs, outputs.collect()));
        }
    }
    calls
}

fn bound(expression: &str) -> Arc<Bound> {
    let fields = ["a", "b", "c", "d"].map(str::to_owned).into();
    let catalog = Catalog::new().with("x", expression).unwrap();
    let features = catalog.resolve(&["x"], &Schema { fields, ..Schema::default() }).unwrap();
    match &features[0].graph().nodes().last().unwrap().kind {
        NodeKind::Call(bound) => bound.clone(),
        other => panic!("{expression} is {other:?}"),
    }
}

/// All outputs over rows that are cut in pieces, the state passed on.
fn run(bounds: &[Arc<Bound>], inputs: &[&[f64]], cuts: &[usize]) -> Option<Vec<Vec<u64>>> {
    let Work::Recursive(recursion) = &bounds[0].work else { return None };
    let n_rows = inputs[0].len();
    let mut outputs = vec![vec![0.5; n_rows]; bounds.len()];
    let mut state = recursion.start();
    let mut start = 0;
    for &end in cuts.iter().chain([&n_rows]) {
        let piece = inputs.iter().map(|input| &input[start..end]).collect::<Vec<_>>();
        let requested =
            bounds.iter().zip(&mut outputs).map(|(bound, out)| bound.request(&mut out[start..end]));
        let sessions = vec![Session::from_number(0); end - start];
        recursion.run(&mut state, &piece, &sessions, &mut requested.collect::<Vec<_>>());
        start = end;
    }
    Some(outputs.iter().map(|output| output.iter().map(|value| value.to_bits()).collect()).collect())
}

fn series() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        12 => 1.0..100.0,
        3 => Just(50.0),
        2 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(0.0),
        1 => Just(1e9),
    ];
    prop::collection::vec(value, 120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn carrying_on_gives_the_same_bits(
        inputs in prop::collection::vec(series(), 4), mut cuts in prop::collection::vec(0..=120_usize, 3), seed in 0..72_usize,
    ) {
        cuts.sort_unstable();
        for (name, n_inputs, bounds) in calls(seed) {
            let inputs = inputs[..n_inputs].iter().map(Vec::as_slice).collect::<Vec<_>>();
            prop_assert_eq!(run(&bounds, &inputs, &[]), run(&bounds, &inputs, &cuts), "{} cut at {:?}", name, &cuts);
        }
    }

    #[test]
    fn rows_without_all_inputs_might_as_well_not_be_there(
        inputs in prop::collection::vec(series(), 4), seed in 0..72_usize,
    ) {
        for (name, n_inputs, bounds) in calls(seed) {
            let present = (0..120).filter(|&row| inputs[..n_inputs].iter().all(|input| input[row].is_finite()));
            let present = present.collect::<Vec<_>>();
            let kept = inputs[..n_inputs].iter().map(|input| present.iter().map(|&row| input[row]).collect::<Vec<_>>());
            let kept = kept.collect::<Vec<_>>();
            let all = inputs[..n_inputs].iter().map(Vec::as_slice).collect::<Vec<_>>();
            let Some(with) = run(&bounds, &all, &[]) else { continue };
            let without = run(&bounds, &kept.iter().map(Vec::as_slice).collect::<Vec<_>>(), &[]);
            for (with, without) in with.iter().zip(without.iter().flatten()) {
                let here = present.iter().map(|&row| with[row]).collect::<Vec<_>>();
                prop_assert_eq!(&here, without, "{}", name);
            }
        }
    }

    #[test]
    fn an_output_is_the_same_alone(inputs in prop::collection::vec(series(), 4), seed in 0..72_usize) {
        for (name, n_inputs, mut bounds) in calls(seed) {
            let inputs = inputs[..n_inputs].iter().map(Vec::as_slice).collect::<Vec<_>>();
            let Some(mut all) = run(&bounds, &inputs, &[]) else { continue };
            let alone = run(&bounds.split_off(bounds.len() - 1), &inputs, &[]).unwrap();
            prop_assert_eq!(alone[0].clone(), all.pop().unwrap(), "{}", name);
        }
    }
}

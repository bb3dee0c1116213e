//! Expressions that nobody wrote.

use backstaff_feature::Catalog;
use proptest::{prelude::*, sample::select};

use crate::subject::Subject;

/// Expressions of a few operators of every family, nested in every direction.
fn expression() -> impl Strategy<Value = String> {
    let leaf =
        select(vec!["$open", "$high", "$low", "$close", "$volume", "0.5", "3"]).prop_map(str::to_owned);
    leaf.prop_recursive(5, 24, 2, |inner| {
        let length = || select(vec![1, 2, 5, 13, 20]);
        let rolling = select(vec![
            "Mean", "Sum", "Max", "Min", "Std", "Var", "Med", "Count", "Mad", "Rank", "IdxMax", "IdxMin",
            "Slope", "Rsquare", "Resi", "WMA", "Delta", "Ref",
        ]);
        let pair = select(vec!["Corr", "Cov", "Beta", "Alpha", "ResidualVol"]);
        let across =
            select(vec!["CsRank", "CsZScore", "CsRobustZScore", "CsDemean", "CsMedian", "CsMean", "CsStd"]);
        let options = select(vec!["", ", by=sector", ", min=3", ", within=$volume > 2e5"]);
        let sign = select(vec!["+", "-", "*", "/", ">", "<=", "!="]);
        prop_oneof![
            (rolling, inner.clone(), length()).prop_map(|(name, x, n)| format!("{name}({x}, {n})")),
            (pair, inner.clone(), inner.clone(), length())
                .prop_map(|(name, x, y, n)| format!("{name}({x}, {y}, {n})")),
            (across, inner.clone(), options).prop_map(|(name, x, options)| format!("{name}({x}{options})")),
            (inner.clone(), sign, inner.clone()).prop_map(|(x, sign, y)| format!("({x} {sign} {y})")),
            (inner.clone(), inner).prop_map(|(x, y)| format!("If({x} > {y}, {y}, Log({x}))")),
        ]
    })
}

/// Three of them together.
pub fn subjects() -> impl Strategy<Value = Subject> {
    prop::collection::vec(expression(), 3).prop_map(|texts| {
        let names = ["a", "b", "c"].map(str::to_owned);
        let catalog = names
            .iter()
            .zip(&texts)
            .fold(Catalog::new(), |catalog, (name, text)| catalog.with(name, text).unwrap());
        Subject::new(&catalog, &names)
    })
}

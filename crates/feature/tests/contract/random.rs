//! Expressions that nobody wrote.

use backstaff_feature::Catalog;
use proptest::{prelude::*, sample::select};

use crate::subject::Subject;

/// Expressions of one instrument over some of its rows.
fn view() -> impl Strategy<Value = String> {
    let x =
        select(vec!["$close", "Mean($close, 5) / $close", "Ref($open, 2)", "EMA($high, 7)", "Std($low, 4)"]);
    let y = select(vec!["$volume", "$volume > 4e5", "Max($volume, 3)", "Delta($close, 1)", "1"]);
    let rows =
        select(vec!["$volume > 4e5", "$close > Ref($close, 1)", "IsNull($close)", "$open > CsMean($open)"]);
    let sign = select(vec!["+", "/", "-"]);
    (x, sign, y, rows).prop_map(|(x, sign, y, rows)| format!("Rows(Mean({x} {sign} ({y}), 6), {rows})"))
}

/// Expressions of a few operators of every family, nested in every direction.
fn expression() -> impl Strategy<Value = String> {
    let columns = vec!["$open", "$high", "$low", "$close", "$volume", "0.5", "3"];
    let known = select(vec![
        "P($$eps_q)",
        "P(Sum($$sales_q, 4) / Ref($$eps_q, 1))",
        "PRef($$equity_a, 2009)",
        "P($$vix_d - EMA($$vix_d, 4))",
        "PLatest($$sales_q, stale=99)",
    ]);
    let leaf = prop_oneof![
        4 => select(columns).prop_map(str::to_owned),
        1 => view(),
        1 => known.prop_map(str::to_owned),
    ];
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
        let recursive =
            select(vec!["EMA(x, 7)", "EMA(x, 0.3)", "EMAFirst(x, 5)", "Mean(x, 0.2)", "Ref(x, 0)"]);
        prop_oneof![
            (recursive, inner.clone()).prop_map(|(text, x)| text.replace('x', &x)),
            (rolling, inner.clone(), length()).prop_map(|(name, x, n)| format!("{name}({x}, {n})")),
            (pair, inner.clone(), inner.clone(), length())
                .prop_map(|(name, x, y, n)| format!("{name}({x}, {y}, {n})")),
            (across, inner.clone(), options).prop_map(|(name, x, options)| format!("{name}({x}{options})")),
            (select(vec!["S0000", "S0003"]), inner.clone())
                .prop_map(|(name, x)| format!("ChangeInstrument('{name}', {x})")),
            (inner.clone(), sign, inner.clone()).prop_map(|(x, sign, y)| format!("({x} {sign} {y})")),
            (inner.clone(), inner).prop_map(|(x, y)| format!("If({x} > {y}, {y}, Log({x}))")),
        ]
    })
}

/// Three of them together.
pub(crate) fn subjects() -> impl Strategy<Value = Subject> {
    prop::collection::vec(expression(), 3).prop_map(|texts| {
        let names = ["a", "b", "c"].map(str::to_owned);
        let catalog = names
            .iter()
            .zip(&texts)
            .fold(Catalog::new(), |catalog, (name, text)| catalog.with(name, text).unwrap());
        Subject::new(&catalog, &names)
    })
}

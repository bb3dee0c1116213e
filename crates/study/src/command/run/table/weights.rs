//! `weights`: what the strategy wanted, beside what was held.

use std::collections::BTreeMap;

use backstaff_panel::Session;

use super::{
    BacktestResult, Batches, Cells, Column, DATE, INSTRUMENT, PORTFOLIO, Results, Table, primary_of, repeated,
};

/// The weights that were wanted and those that were held.
pub(super) const TABLE: Table = Table {
    name: "weights",
    about: "One row for each session and instrument that is held at its close or that the decision at the close before \
            asked for; of the portfolio that the study asks about.",
    columns: &[
        PORTFOLIO,
        DATE,
        INSTRUMENT,
        Column::new(
            "wanted",
            "fraction",
            "The share of equity that the decision at the close before asked for, measured at that close and before costs; 0 for a position to be closed. Missing where it asked for nothing: the position is kept as it is. A stop or a limit asks for nothing before it is reached.",
        ),
        Column::new(
            "held",
            "fraction",
            "The share of equity at the close of this session; 0 if it is not held. It differs from `wanted` by the session's prices, costs, lots, limits and unfilled orders.",
        ),
    ],
    rows,
};

fn rows(results: &Results) -> Option<Batches<'_>> {
    let (name, backtest) = primary_of(results)?;
    Some(rows_of(&name, backtest))
}

/// The weights of a portfolio.
pub(super) fn rows_of(name: &str, backtest: &BacktestResult) -> Batches<'static> {
    let mut rows = BTreeMap::<(Session, &str), (f64, f64)>::new();
    for wanted in &backtest.wanted {
        rows.insert((wanted.session, wanted.instrument.as_str()), (wanted.weight, 0.0));
    }
    for position in &backtest.positions {
        let key = (position.session, position.instrument.as_str());
        rows.entry(key).or_insert((f64::NAN, 0.0)).1 = position.weight;
    }
    let columns = [
        ("portfolio", repeated([(name, rows.len())])),
        ("date", Cells::Sessions(rows.keys().map(|(session, _)| *session).collect())),
        ("instrument", Cells::of_texts(rows.keys().map(|(_, name)| Some(*name)))),
        ("wanted", Cells::Numbers(rows.values().map(|(wanted, _)| *wanted).collect())),
        ("held", Cells::Numbers(rows.values().map(|(_, held)| *held).collect())),
    ];
    Batches::whole(columns.map(|(name, cells)| (name.to_owned(), cells)).into())
}

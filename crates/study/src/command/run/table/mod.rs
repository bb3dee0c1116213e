//! The tables that a run writes beside its report: one file a table, each with the meaning of its columns.
//!
//! To add one: a file here with a [`Table`], as `ic.rs` has it, and a line in [`TABLES`]; `docs/outputs.md` is made from
//! them.

mod equity;
mod folds;
mod ic;
mod importance;
mod orders;
mod positions;
mod quantiles;
mod regimes;
mod round_trip;
mod scores;
mod trades;
mod weights;

use crate::{
    command::output::{Batches, Cells},
    flow::results::Results,
    steps::backtest::{BacktestResult, Variant, holder_name, primary},
};

/// A table that a run writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    /// The name of its file, without the ending.
    pub name: &'static str,
    /// What one row is, and where the table is not written.
    pub about: &'static str,
    /// Its columns, in order.
    pub columns: &'static [Column],
    /// Its rows; `None` where a study has none of them.
    pub rows: for<'a> fn(&'a Results) -> Option<Batches<'a>>,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// The name. One that ends in `_N` stands for several, numbered from 1, or from 0 for states.
    pub name: &'static str,
    /// The unit or the form of the values.
    pub unit: &'static str,
    /// The meaning, and when a value is missing.
    pub meaning: &'static str,
}

/// All tables, in the order of `docs/outputs.md`.
pub(crate) const TABLES: [Table; 11] = [
    equity::TABLE,
    trades::TABLE,
    orders::TABLE,
    positions::TABLE,
    weights::TABLE,
    scores::TABLE,
    ic::TABLE,
    quantiles::TABLE,
    folds::TABLE,
    importance::TABLE,
    regimes::TABLE,
];

/// How the rows of a table are made for one portfolio.
type OfPortfolio = fn(&BacktestResult) -> Batches<'static>;

/// The tables of a portfolio that no study asks about, by the names that [`TABLES`] gives them.
pub(crate) const OF_PORTFOLIO: [(&str, OfPortfolio); 5] = [
    (equity::TABLE.name, |one| equity::rows_of(std::slice::from_ref(one))),
    (trades::TABLE.name, |one| trades::rows_of(&[named(one)])),
    (orders::TABLE.name, |one| orders::rows_of(&[named(one)])),
    (positions::TABLE.name, |one| positions::rows_of(&[named(one)])),
    (weights::TABLE.name, |one| weights::rows_of(&named(one).0, one)),
];

/// A portfolio with its name.
fn named(backtest: &BacktestResult) -> (String, &BacktestResult) {
    (holder_name(&backtest.variant.holder), backtest)
}

impl Column {
    const fn new(name: &'static str, unit: &'static str, meaning: &'static str) -> Self {
        Self { name, unit, meaning }
    }

    /// Whether it describes a column of this name.
    fn describes(&self, name: &str) -> bool {
        match self.name.strip_suffix('N') {
            Some(stem) if stem.ends_with('_') => {
                name.strip_prefix(stem).is_some_and(|number| number.parse::<u32>().is_ok())
            }
            _ => name == self.name,
        }
    }
}

impl Table {
    /// The rows for a study's results, if it has any of them.
    pub(crate) fn batches<'a>(&self, results: &'a Results) -> Option<Batches<'a>> {
        let batches = (self.rows)(results)?;
        let mut described = self.columns.iter().peekable();
        for name in &batches.names {
            // A column that stands for several describes all of them, or none.
            while described
                .peek()
                .is_some_and(|column| column.name.ends_with("_N") && !column.describes(name))
            {
                described.next();
            }
            let column = described.peek().filter(|column| column.describes(name));
            let column = column.unwrap_or_else(|| panic!("{}.{name} has no meaning", self.name));
            if !column.name.ends_with("_N") {
                described.next();
            }
        }
        Some(batches)
    }
}

/// The name of the column of dates, the same in all tables.
const DATE: Column = Column::new("date", "date", "The session.");
/// The column of the portfolio, the same in all tables.
const PORTFOLIO: Column = Column::new(
    "portfolio",
    "text",
    "The portfolio: the name of its model, `strategy` for a strategy that reads no scores, or what it is compared with, \
     such as `equal weight`.",
);
/// The column of the instrument, the same in all tables.
const INSTRUMENT: Column = Column::new("instrument", "text", "The name of the instrument, as in the data.");
/// The column of the model, the same in all tables.
const MODEL: Column = Column::new("model", "text", "The name of the model, as in the study.");

/// The portfolios whose trades are kept: those that the study asks about, and those that name their instruments.
fn detailed(results: &Results) -> impl Iterator<Item = (String, &BacktestResult)> {
    let kept = results.backtests.iter().filter(|backtest| {
        let variant = &backtest.variant;
        variant.is_plain() && (variant.holder.is_asked() || variant.holder.names_instruments())
    });
    kept.map(named)
}

/// The portfolio that the study asks about.
fn primary_of(results: &Results) -> Option<(String, &BacktestResult)> {
    let variant = Variant::plain(primary(&results.config));
    results.backtest(&variant).map(named)
}

/// A column whose one text stands in each of these many rows, run by run.
fn repeated<'a>(runs: impl IntoIterator<Item = (&'a str, usize)>) -> Cells {
    Cells::of_texts(runs.into_iter().flat_map(|(text, n)| std::iter::repeat_n(Some(text), n)))
}

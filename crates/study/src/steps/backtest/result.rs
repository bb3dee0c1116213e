//! The result of a portfolio, and how it is stored.

use backstaff_panel::Session;
use backstaff_portfolio::{Backtest, measure};
use backstaff_stage::{Draft, Manifest, Store, StoreError, Table};
use serde::{Deserialize, Serialize};

use super::{Detail, Variant};
use crate::{
    StudyError,
    stored::{
        encoding::read_facts,
        ledger::{
            Daily, Position, Trade, positions, positions_table, read_positions, read_trades, trades,
            trades_table,
        },
        wanted::{Wanted, read_wanted, wanted, wanted_table},
    },
};

const DAILY: &str = "daily.arrow";
const TRADES: &str = "trades.arrow";
const POSITIONS: &str = "positions.arrow";
const WANTED: &str = "wanted.arrow";
const SHORTFALLS: &str = "shortfalls.json";

/// One measure of a backtest, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredMeasure {
    /// The measure's name in files, as `sharpe`.
    pub name: String,
    /// The measure's title in reports.
    pub title: String,
    /// The formula of the measure, in words.
    pub formula: String,
    /// The unit of the value.
    pub unit: String,
    /// The value; `null` where the measure is not defined.
    pub value: Option<f64>,
}

/// The result of one variant of the portfolio.
#[derive(Clone, Debug)]
pub struct BacktestResult {
    /// The portfolio, its costs, its delay and its sessions.
    pub variant: Variant,
    /// The account at each close.
    pub daily: Daily,
    /// The trades in order; kept only of portfolios that the study asks about or that name their instruments, at plain
    /// terms.
    pub trades: Vec<Trade>,
    /// The positions at each close; kept only where trades are.
    pub positions: Vec<Position>,
    /// The weights that the strategy asked for; kept only where trades are.
    pub wanted: Vec<Wanted>,
    /// The sessions a year by which the measures are annualised: counted from the first session of the data to the last
    /// of the portfolio. Whoever annualises a number of this portfolio takes this one.
    pub sessions_per_year: f64,
    /// All measures of the ledger.
    pub measures: Vec<StoredMeasure>,
    /// The number of orders that were not filled as asked, by reason.
    pub unfilled: Vec<(String, usize)>,
    /// The orders that were not filled as asked.
    pub shortfalls: Vec<Shortfall>,
    /// The number of positions that a delisting closed.
    pub n_delistings: usize,
    /// Warnings for the reader of the results.
    pub caveats: Vec<String>,
    /// The number of times that the strategy could not follow a rule of its own, by rule.
    pub notes: Vec<(String, usize)>,
    /// The contributions of its positions; empty for portfolios that only serve for comparison.
    pub detail: Detail,
}

/// An order that was not filled as it was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shortfall {
    /// The session of the order: YYYY-MM-DD.
    pub session: String,
    /// The name of the instrument to trade.
    pub instrument: String,
    /// The side of the order: `buy` or `sell`.
    pub side: String,
    /// The number of shares asked for; `None` where a price to count them by was missing.
    pub asked: Option<f64>,
    /// The number of shares filled; `None` where it is not known.
    pub filled: Option<f64>,
    /// The reason why shares are missing.
    pub reason: String,
}

impl BacktestResult {
    /// The session of each close, in order.
    pub fn sessions(&self) -> Vec<Session> {
        self.daily.sessions().collect()
    }

    /// The value of a measure by its name in files; NaN if there is none or it is not defined.
    pub fn measure(&self, name: &str) -> f64 {
        value_of(&self.measures, name)
    }

    /// The equity at each close, in the currency of the prices.
    pub fn equity(&self) -> Vec<f64> {
        self.daily.days.iter().map(|day| day.equity).collect()
    }

    /// The return of each session after the first, as a fraction.
    pub fn returns(&self) -> Vec<f64> {
        self.daily.days.windows(2).map(|pair| pair[1].equity / pair[0].equity - 1.0).collect()
    }
}

/// The value of a measure by its name in files; NaN if there is none or it is not defined.
pub(crate) fn value_of(measures: &[StoredMeasure], name: &str) -> f64 {
    let found = measures.iter().find(|measure| measure.name == name);
    found.and_then(|measure| measure.value).unwrap_or(f64::NAN)
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// All measures of a ledger, in the order of their definitions.
pub(crate) fn measures(ledger: &Backtest) -> Vec<StoredMeasure> {
    let performance = measure::Performance::new(ledger);
    let measures = measure::all().map(|definition| {
        let value = (definition.compute)(&performance);
        StoredMeasure {
            name: definition.name.to_owned(),
            title: definition.title.to_owned(),
            formula: definition.formula.to_owned(),
            unit: definition.unit.name().to_owned(),
            value: finite(value),
        }
    });
    measures.collect()
}

/// The result of a ledger: the account by day, its measures, and trades and positions if the variant keeps them.
pub(crate) fn summary(
    variant: &Variant,
    ledger: &Backtest,
    measures: Vec<StoredMeasure>,
    detail: Detail,
) -> BacktestResult {
    let keeps_all = variant.is_plain() && (variant.holder.is_asked() || variant.holder.names_instruments());
    BacktestResult {
        variant: variant.clone(),
        daily: Daily::of(ledger),
        trades: if keeps_all { trades(ledger) } else { Vec::new() },
        positions: if keeps_all { positions(ledger) } else { Vec::new() },
        wanted: if keeps_all { wanted(ledger) } else { Vec::new() },
        sessions_per_year: ledger.sessions_per_year,
        measures,
        unfilled: unfilled(ledger),
        shortfalls: ledger
            .shortfalls
            .iter()
            .map(|shortfall| Shortfall {
                session: shortfall.session.to_string(),
                instrument: ledger.instruments[shortfall.instrument].to_string(),
                side: shortfall.side.to_string(),
                asked: finite(shortfall.asked),
                filled: finite(shortfall.filled),
                reason: shortfall.reason.name().to_owned(),
            })
            .collect(),
        n_delistings: ledger.delistings.len(),
        caveats: ledger.caveats.iter().map(ToString::to_string).collect(),
        notes: ledger.notes.iter().map(|note| (note.what.to_owned(), note.count)).collect(),
        detail,
    }
}

/// The number of orders that were not filled as asked, by reason.
pub(crate) fn unfilled(ledger: &Backtest) -> Vec<(String, usize)> {
    let mut unfilled = std::collections::BTreeMap::<String, usize>::new();
    for shortfall in &ledger.shortfalls {
        *unfilled.entry(shortfall.reason.name().to_owned()).or_default() += 1;
    }
    unfilled.into_iter().collect()
}

/// Write a backtest as its artifact.
pub(super) fn write_backtest(result: &BacktestResult, draft: &mut Draft) -> Result<(), StoreError> {
    draft.write_part(DAILY, |file| result.daily.table().write(file))?;
    draft.write_part(TRADES, |file| trades_table(&result.trades).write(file))?;
    draft.write_part(POSITIONS, |file| positions_table(&result.positions).write(file))?;
    draft.write_part(WANTED, |file| wanted_table(&result.wanted).write(file))?;
    draft.write_part(SHORTFALLS, |file| {
        serde_json::to_writer(file, &result.shortfalls).map_err(std::io::Error::from)
    })?;
    draft.info(serde_json::json!({
        "variant": result.variant, "sessions_per_year": result.sessions_per_year, "measures": result.measures,
        "unfilled": result.unfilled, "delistings": result.n_delistings, "caveats": result.caveats,
        "notes": result.notes, "detail": result.detail,
    }));
    Ok(())
}

/// Read a backtest from its artifact.
pub fn read_backtest(store: &Store, manifest: &Manifest) -> Result<BacktestResult, StudyError> {
    let table = |part: &str| Table::read(&store.open_part(manifest, part)?);
    let shortfalls = store.open_part(manifest, SHORTFALLS)?;
    let broken = |error| StudyError::Internal { what: format!("the orders of a stored backtest: {error}") };
    Ok(BacktestResult {
        variant: read_facts(manifest, "variant")?,
        daily: Daily::read(&table(DAILY)?)?,
        trades: read_trades(&table(TRADES)?)?,
        positions: read_positions(&table(POSITIONS)?)?,
        wanted: read_wanted(&table(WANTED)?)?,
        sessions_per_year: read_facts(manifest, "sessions_per_year")?,
        measures: read_facts(manifest, "measures")?,
        unfilled: read_facts(manifest, "unfilled")?,
        shortfalls: serde_json::from_slice(&shortfalls).map_err(broken)?,
        n_delistings: read_facts(manifest, "delistings")?,
        caveats: read_facts(manifest, "caveats")?,
        notes: read_facts(manifest, "notes")?,
        detail: read_facts(manifest, "detail")?,
    })
}

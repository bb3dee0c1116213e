//! What became of a portfolio, and how it is stored.

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
    },
};

const DAILY: &str = "daily.arrow";
const TRADES: &str = "trades.arrow";
const POSITIONS: &str = "positions.arrow";
const SHORTFALLS: &str = "shortfalls.json";

/// One number about a backtest, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredMeasure {
    /// Its name in files.
    pub name: String,
    /// Its name in reports.
    pub title: String,
    /// How it is computed.
    pub formula: String,
    /// What it is counted in.
    pub unit: String,
    /// The number; `null` where it is not defined.
    pub value: Option<f64>,
}

/// What became of a variant.
#[derive(Clone, Debug)]
pub struct BacktestResult {
    /// The portfolio, its costs and its delay.
    pub variant: Variant,
    /// The account by day.
    pub daily: Daily,
    /// The trades; of portfolios that only serve for comparison none are kept.
    pub trades: Vec<Trade>,
    /// The positions at each close; of portfolios that only serve for comparison none are kept.
    pub positions: Vec<Position>,
    /// The numbers.
    pub measures: Vec<StoredMeasure>,
    /// Why orders were not filled, and how many.
    pub unfilled: Vec<(String, usize)>,
    /// The unfilled orders: session, instrument, side, asked, filled, reason.
    pub shortfalls: Vec<Shortfall>,
    /// Instruments that left while they were held.
    pub n_delistings: usize,
    /// What the reader must know.
    pub caveats: Vec<String>,
    /// What the strategy's rules could not give, and how often.
    pub notes: Vec<(String, usize)>,
    /// What its positions brought.
    pub detail: Detail,
}

/// An order that was not filled as asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shortfall {
    /// When: YYYY-MM-DD.
    pub session: String,
    /// What.
    pub instrument: String,
    /// buy or sell.
    pub side: String,
    /// Shares asked for; absent where a price to count them by was missing.
    pub asked: Option<f64>,
    /// Shares filled.
    pub filled: Option<f64>,
    /// Why.
    pub reason: String,
}

impl BacktestResult {
    /// The sessions.
    pub fn sessions(&self) -> Vec<Session> {
        self.daily.sessions().collect()
    }

    /// A measure; NaN if it is not defined.
    pub fn measure(&self, name: &str) -> f64 {
        let found = self.measures.iter().find(|measure| measure.name == name);
        found.and_then(|measure| measure.value).unwrap_or(f64::NAN)
    }

    /// The equity at each close.
    pub fn equity(&self) -> Vec<f64> {
        self.daily.days.iter().map(|day| day.equity).collect()
    }

    /// Return of each session after the first.
    pub fn returns(&self) -> Vec<f64> {
        self.daily.days.windows(2).map(|pair| pair[1].equity / pair[0].equity - 1.0).collect()
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// All measures of a ledger.
fn measures(ledger: &Backtest) -> Vec<StoredMeasure> {
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

/// A ledger by day, and in numbers.
pub(super) fn summary(variant: &Variant, ledger: &Backtest, detail: Detail) -> BacktestResult {
    let keeps_all = variant.is_plain() && (variant.holder.is_asked() || variant.holder.names_instruments());
    BacktestResult {
        variant: variant.clone(),
        daily: Daily::of(ledger),
        trades: if keeps_all { trades(ledger) } else { Vec::new() },
        positions: if keeps_all { positions(ledger) } else { Vec::new() },
        measures: measures(ledger),
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

/// Why orders were not filled, and how many.
fn unfilled(ledger: &Backtest) -> Vec<(String, usize)> {
    let mut unfilled = std::collections::BTreeMap::<String, usize>::new();
    for shortfall in &ledger.shortfalls {
        *unfilled.entry(shortfall.reason.name().to_owned()).or_default() += 1;
    }
    unfilled.into_iter().collect()
}

/// Store a backtest.
pub(super) fn write_backtest(result: &BacktestResult, draft: &mut Draft) -> Result<(), StoreError> {
    draft.write_part(DAILY, |file| result.daily.table().write(file))?;
    draft.write_part(TRADES, |file| trades_table(&result.trades).write(file))?;
    draft.write_part(POSITIONS, |file| positions_table(&result.positions).write(file))?;
    draft.write_part(SHORTFALLS, |file| {
        serde_json::to_writer(file, &result.shortfalls).map_err(std::io::Error::from)
    })?;
    draft.info(serde_json::json!({
        "variant": result.variant, "measures": result.measures, "unfilled": result.unfilled,
        "delistings": result.n_delistings, "caveats": result.caveats,
        "notes": result.notes, "detail": result.detail,
    }));
    Ok(())
}

/// Read a stored backtest.
pub fn read_backtest(store: &Store, manifest: &Manifest) -> Result<BacktestResult, StudyError> {
    let table = |part: &str| Table::read(&store.open_part(manifest, part)?);
    let shortfalls = store.open_part(manifest, SHORTFALLS)?;
    let broken = |error| StudyError::Internal { what: format!("the orders of a stored backtest: {error}") };
    Ok(BacktestResult {
        variant: read_facts(manifest, "variant")?,
        daily: Daily::read(&table(DAILY)?)?,
        trades: read_trades(&table(TRADES)?)?,
        positions: read_positions(&table(POSITIONS)?)?,
        measures: read_facts(manifest, "measures")?,
        unfilled: read_facts(manifest, "unfilled")?,
        shortfalls: serde_json::from_slice(&shortfalls).map_err(broken)?,
        n_delistings: read_facts(manifest, "delistings")?,
        caveats: read_facts(manifest, "caveats")?,
        notes: read_facts(manifest, "notes")?,
        detail: read_facts(manifest, "detail")?,
    })
}

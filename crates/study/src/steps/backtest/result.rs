//! What became of a portfolio, and how it is stored.

use backstaff_panel::Session;
use backstaff_portfolio::{Backtest, measure};
use backstaff_stage::{Draft, Manifest, Store, StoreError, Table};
use serde::{Deserialize, Serialize};

use super::{Detail, Variant};
use crate::{StudyError, stored::encoding::read_facts};

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
    /// Which.
    pub variant: Variant,
    /// The sessions.
    pub sessions: Vec<Session>,
    /// The daily ledger: column name and values.
    pub daily: Vec<(String, Vec<f64>)>,
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
    /// A column of the daily ledger.
    pub fn column(&self, name: &str) -> &[f64] {
        self.daily.iter().find(|(known, _)| known == name).map_or(&[], |(_, values)| values)
    }

    /// A measure; NaN if it is not defined.
    pub fn measure(&self, name: &str) -> f64 {
        let found = self.measures.iter().find(|measure| measure.name == name);
        found.and_then(|measure| measure.value).unwrap_or(f64::NAN)
    }

    /// Return of each session after the first.
    pub fn returns(&self) -> Vec<f64> {
        self.column("equity").windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect()
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// All measures of a ledger.
pub(crate) fn measures(ledger: &Backtest) -> Vec<StoredMeasure> {
    let performance = measure::Performance::new(ledger);
    let measures = measure::all().map(|definition| {
        let value = (definition.compute)(&performance);
        StoredMeasure {
            name: definition.name.to_owned(),
            title: definition.title.to_owned(),
            formula: definition.formula.to_owned(),
            unit: serde_json::to_value(definition.unit)
                .ok()
                .and_then(|v| v.as_str().map(str::to_owned))
                .unwrap_or_default(),
            value: finite(value),
        }
    });
    measures.collect()
}

/// A ledger in columns and numbers.
pub(super) fn summary(variant: &Variant, ledger: &Backtest, detail: Detail) -> BacktestResult {
    BacktestResult {
        variant: variant.clone(),
        sessions: ledger.days.iter().map(|day| day.session).collect(),
        daily: daily(ledger),
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
pub(crate) fn unfilled(ledger: &Backtest) -> Vec<(String, usize)> {
    let mut unfilled = std::collections::BTreeMap::<String, usize>::new();
    for shortfall in &ledger.shortfalls {
        *unfilled.entry(shortfall.reason.name().to_owned()).or_default() += 1;
    }
    unfilled.into_iter().collect()
}

/// The columns of the daily ledger.
pub(crate) fn daily(ledger: &Backtest) -> Vec<(String, Vec<f64>)> {
    let days =
        |value: fn(&backstaff_portfolio::Day) -> f64| ledger.days.iter().map(value).collect::<Vec<_>>();
    let mut columns = vec![
        ("equity".to_owned(), days(|day| day.equity)),
        ("cash".to_owned(), days(|day| day.cash)),
        ("long".to_owned(), days(|day| day.long)),
        ("short".to_owned(), days(|day| day.short)),
        ("n_positions".to_owned(), days(|day| day.n_positions as f64)),
        ("bought".to_owned(), days(|day| day.bought)),
        ("sold".to_owned(), days(|day| day.sold)),
        ("commission".to_owned(), days(|day| day.commission)),
        ("tax".to_owned(), days(|day| day.tax)),
        ("slippage".to_owned(), days(|day| day.slippage)),
        ("borrow".to_owned(), days(|day| day.borrow)),
        ("interest".to_owned(), days(|day| day.interest)),
        ("n_fills".to_owned(), days(|day| day.n_fills as f64)),
        ("n_unfilled".to_owned(), days(|day| day.n_unfilled as f64)),
        ("cash_return".to_owned(), ledger.cash_returns.clone()),
    ];
    let concentration = measure::concentration(ledger);
    columns.push(("herfindahl".to_owned(), concentration.iter().map(|day| day.herfindahl).collect()));
    columns.push(("largest_weight".to_owned(), concentration.iter().map(|day| day.largest).collect()));
    for (number, equity) in ledger.cohorts.iter().enumerate() {
        columns.push((format!("cohort_{}", number + 1), equity.clone()));
    }
    columns
}

/// Store a backtest.
pub(super) fn write_backtest(result: &BacktestResult, draft: &mut Draft) -> Result<(), StoreError> {
    let sessions = result.sessions.iter().map(|session| session.number()).collect();
    let daily = result
        .daily
        .iter()
        .fold(Table::new().i32("session", sessions), |table, (name, values)| table.f64(name, values.clone()));
    draft.write_part("daily.arrow", |file| daily.write(file))?;
    draft.write_part("shortfalls.json", |file| {
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
    let broken = |what: &str| StudyError::Internal { what: format!("a stored backtest has no {what}") };
    let table = Table::read(&store.open_part(manifest, "daily.arrow")?)?;
    let names = table.names().filter(|name| *name != "session").map(str::to_owned).collect::<Vec<_>>();
    let daily = names.into_iter().map(|name| Ok((name.clone(), table.f64s(&name)?.to_vec())));
    let shortfalls = store.open_part(manifest, "shortfalls.json")?;
    Ok(BacktestResult {
        variant: read_facts(manifest, "variant")?,
        sessions: table.i32s("session")?.iter().map(|&number| Session::from_number(number)).collect(),
        daily: daily.collect::<Result<_, StoreError>>()?,
        measures: read_facts(manifest, "measures")?,
        unfilled: read_facts(manifest, "unfilled")?,
        shortfalls: serde_json::from_slice(&shortfalls).map_err(|_| broken("orders"))?,
        n_delistings: read_facts(manifest, "delistings")?,
        caveats: read_facts(manifest, "caveats")?,
        notes: read_facts(manifest, "notes")?,
        detail: read_facts(manifest, "detail")?,
    })
}

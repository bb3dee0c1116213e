//! A strategy that is code, on a market, without a study around it.
//!
//! The data are read and adjusted as a study does, the ledger is that of all studies. What the code decides is its own
//! affair: nothing is kept, and nothing is judged.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use backstaff_panel::{Execution, Panel, Session, Signal, Universe};
use backstaff_portfolio::{Backtest, Leavers, Market, Protected, Strategy, Terms, backtest};

use crate::{
    StudyError,
    command::{
        compute::{FileForm, OwnColumns},
        output::OutputError,
        run::table::OF_PORTFOLIO,
    },
    config::{CashRate, GivenTable, Portfolio},
    flow::threads::on_threads,
    steps::{
        Load,
        backtest::{
            BacktestResult, Detail, Holder, StoredMeasure, Variant, exchange, measures, summary, unfilled,
            value_of,
        },
        labels::lacking,
        load::source_of_scores,
    },
    stored::facts::LoadFacts,
};

/// The request for a backtest.
#[derive(Clone, Debug)]
pub struct Request {
    /// The data: a Parquet or CSV file, or a folder of them.
    pub data: PathBuf,
    /// The form of all files that are read.
    pub form: FileForm,
    /// The column of changes against base prices by which prices are adjusted, if there is one.
    pub change: Option<String>,
    /// The terms of trading ([`Portfolio::around_code`]).
    pub portfolio: Portfolio,
    /// A user's own columns, which the strategy may read as fields.
    pub columns: Vec<OwnColumns>,
    /// Scores that the strategy reads, if it reads any.
    pub scores: Option<GivenTable>,
    /// The number of threads that read the data.
    pub threads: usize,
}

/// A market with the terms on which a strategy trades in it.
#[derive(Clone, Debug)]
pub struct Simulation {
    panel: Panel,
    market: Arc<Market>,
    facts: LoadFacts,
    portfolio: Portfolio,
    scores: Arc<Signal>,
    terms: Terms,
    warnings: Vec<String>,
}

/// What became of a strategy: its measures, and the rest when it is asked for.
#[derive(Debug)]
pub struct Outcome {
    name: String,
    ledger: Backtest,
    measures: Vec<StoredMeasure>,
    warnings: Vec<String>,
    result: OnceLock<BacktestResult>,
}

impl Outcome {
    /// The measures of the ledger, in the order of their definitions.
    pub fn measures(&self) -> &[StoredMeasure] {
        &self.measures
    }

    /// The value of a measure by its name in files; NaN if there is none or it is not defined.
    pub fn measure(&self, name: &str) -> f64 {
        value_of(&self.measures, name)
    }

    /// The number of orders that were not filled as asked, by reason.
    pub fn unfilled(&self) -> Vec<(String, usize)> {
        unfilled(&self.ledger)
    }

    /// The warnings for the user, in order.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The ledger.
    pub fn ledger(&self) -> &Backtest {
        &self.ledger
    }

    /// The names of its tables.
    pub fn tables() -> [&'static str; 5] {
        OF_PORTFOLIO.map(|(name, _)| name)
    }

    /// A table of the ledger, by its name; `None` if there is no such table.
    ///
    /// # Errors
    ///
    /// If the table can't be made.
    pub fn table(&self, name: &str) -> Result<Option<(SchemaRef, Vec<RecordBatch>)>, StudyError> {
        let Some((_, rows)) = OF_PORTFOLIO.iter().find(|(known, _)| *known == name) else { return Ok(None) };
        let result = self.result.get_or_init(|| {
            let variant = Variant::plain(Holder::Model(self.name.clone()));
            summary(&variant, &self.ledger, self.measures.clone(), Detail::default())
        });
        let told = |source| OutputError::Arrow { path: PathBuf::from("memory"), source };
        Ok(Some(rows(result).record_batches().map_err(told)?))
    }
}

impl Simulation {
    /// Read the data, and check the terms against them.
    ///
    /// # Errors
    ///
    /// If the data or the scores can't be read, or lack what the terms ask for.
    pub fn load(request: &Request) -> Result<Self, StudyError> {
        on_threads(request.threads, || Self::load_here(request))
    }

    fn load_here(request: &Request) -> Result<Self, StudyError> {
        let mut portfolio = request.portfolio.clone();
        portfolio.recovery.read_table(Path::new(""))?;
        let load = Load::adjusted(&request.data, Vec::new(), None)
            .with_change(request.change.as_deref())
            .with_columns(&request.columns);
        let mut output = load.in_form(&request.form)?.read()?;
        output.give_up_source();
        let (panel, facts) = (output.panel, output.facts);
        let mut warnings = facts.warnings.clone();
        if portfolio.execution == Execution::Open && panel.field("open").is_none() {
            let (key, message) = ("execution".to_owned(), lacking("open"));
            return Err(StudyError::Value { key, message });
        }
        let axis = panel.axis().clone();
        let scores = match &request.scores {
            None => vec![f64::NAN; axis.n_rows()],
            Some(table) => {
                let (source, holds) = source_of_scores(table, Path::new(""));
                let placed = source.read()?.on(&axis, holds);
                let missed = placed.unknown + placed.outside;
                if missed > 0 {
                    warnings.push(format!(
                        "scores: {missed} of {} rows are of instruments or dates that the prices lack",
                        placed.rows
                    ));
                }
                if placed.values.iter().all(|value| value.is_nan()) {
                    let message = "no row is of an instrument and a session of the prices".to_owned();
                    return Err(StudyError::Value { key: "scores".to_owned(), message });
                }
                placed.values
            }
        };
        let calendar = axis.calendar();
        let (from, to) = portfolio.dates().map_err(|problem| StudyError::Value {
            key: problem.key.trim_start_matches("portfolio.").to_owned(),
            message: problem.message,
        })?;
        let (first, last) = match calendar.sessions() {
            [first, .., last] => (*first, *last),
            _ => return Err(StudyError::Universe("the data have no two sessions to trade in".to_owned())),
        };
        let sessions = calendar.between(from.unwrap_or(first), to.unwrap_or(last));
        if sessions.len() < 2 {
            let shown = |date: Option<Session>, other: Session| date.unwrap_or(other);
            let message = format!(
                "{} to {} has no two sessions of the data, which are from {first} to {last}",
                shown(from, first),
                shown(to, last)
            );
            return Err(StudyError::Value { key: "from".to_owned(), message });
        }
        let terms = Terms {
            initial_cash: portfolio.initial_cash,
            rebalance: portfolio.rebalance.rule(),
            signal_delay: 0,
            leavers: Leavers::Hold,
            sessions,
        };
        let scores = Arc::new(Signal::new("scores", scores));
        let market = Arc::new(Market::new(&panel)?);
        Ok(Self { panel, market, facts, portfolio, scores, terms, warnings })
    }

    /// The market.
    pub fn market(&self) -> &Arc<Market> {
        &self.market
    }

    /// The data that the market was made of, with all their fields.
    pub fn panel(&self) -> &Panel {
        &self.panel
    }

    /// The scores, one for each row of the data; NaN where there is none.
    pub fn scores(&self) -> &Arc<Signal> {
        &self.scores
    }

    /// Run a strategy over the market.
    ///
    /// # Errors
    ///
    /// If the terms make no sense for this market.
    pub fn run(&self, strategy: Box<dyn Strategy>) -> Result<Backtest, StudyError> {
        let axis = self.panel.axis();
        let cash = match &self.portfolio.cash_rate {
            CashRate::Rate(rate) => rate.rates(&[]),
            CashRate::Series { .. } => {
                Err("a series belongs to the data of a study; give a fraction".to_owned())
            }
        };
        let cash = cash.map_err(|message| StudyError::Value { key: "cash_rate".to_owned(), message })?;
        let recovery = self.portfolio.recovery.in_force(axis, self.facts.delistings.as_ref());
        let exchange = exchange(&self.portfolio, &cash, &recovery, 10)?;
        let universe = Universe::new(vec![true; axis.n_rows()]);
        let protection = self.portfolio.protection();
        let mut strategy = strategy;
        if !protection.is_none() {
            strategy = Box::new(Protected::new(strategy, protection)?);
        }
        Ok(backtest(&self.market, &universe, &exchange, &self.terms, &self.scores, strategy.as_mut())?)
    }

    /// What became of a strategy of this name.
    pub fn outcome(&self, name: &str, ledger: Backtest) -> Outcome {
        let mut warnings = self.warnings.clone();
        warnings.extend(ledger.caveats.iter().map(ToString::to_string));
        if let Some(session) = ledger.ruined {
            warnings.push(format!("the equity was used up on {session}, where the backtest ends"));
        }
        let measures = measures(&ledger);
        Outcome { name: name.to_owned(), ledger, measures, warnings, result: OnceLock::new() }
    }
}

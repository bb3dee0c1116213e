//! Orders: the trades of the study's portfolio in the session after the newest one.

mod account;
mod age;
mod text;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use backstaff_panel::{Instrument, Session};
use backstaff_portfolio::{NextOrder, NextSession, Order, OrderType, Quantity};
use backstaff_stage::{Store, runner::with_repair};
use serde::Serialize;

pub use self::{account::AccountRequest, age::Ages};
use super::output::{Cells, Reads, write_table};
use crate::{
    Study, StudyError,
    config::{Outputs, RulesSpec},
    flow::{Flow, Watch, progress::Observer},
    steps::{
        backtest::{RunBacktests, Variant, holder_name},
        folds::universe,
        regimes::{Follow, Setting},
        train::Train,
    },
    stored::panel::PanelHandle,
    words,
};

/// An order for the next session.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedOrder {
    /// The name of the instrument.
    pub instrument: String,
    /// The side of the order: `buy` or `sell`.
    pub side: String,
    /// The number of shares as quoted, counted at the newest close.
    pub shares: f64,
    /// The newest close as quoted, moved by slippage against the buyer or seller.
    pub price: f64,
    /// The value `shares · price`.
    pub value: f64,
    /// The expected cost: commission, tax and slippage, in money.
    pub cost: f64,
}

/// An order that waits for its price, to protect a position.
#[derive(Clone, Debug, Serialize)]
pub struct ProtectiveOrder {
    /// The name of the instrument.
    pub instrument: String,
    /// The form of the order: `stop` or `limit`.
    pub form: &'static str,
    /// The side of the order: `buy` or `sell`.
    pub side: &'static str,
    /// The price that the market must reach, as quoted.
    pub price: f64,
    /// Why the order is there: `stop`, `take_profit`, `trailing_stop`.
    pub reason: &'static str,
}

/// What to do with the orders of a study beyond saying them.
#[derive(Clone, Debug, Default)]
pub struct OrdersRequest {
    /// The account that the orders are for; the simulated one of the study if `None`.
    pub account: Option<AccountRequest>,
    /// The number of shares of which orders are multiples, 0 for fractions; that of the study if `None`, and 1 for an
    /// account whose study says nothing.
    pub lot: Option<f64>,
    /// The most calendar days that the newest session may lie back.
    pub max_age: Option<u32>,
    /// The file for the orders, CSV or Parquet by its ending.
    pub out: Option<PathBuf>,
}

/// The orders for the session after the newest one.
#[derive(Clone, Debug, Serialize)]
pub struct Orders {
    /// The name of the study.
    pub study: String,
    /// The model whose scores decide, or the strategy that reads no scores.
    #[serde(rename = "model")]
    pub by: String,
    /// The session at whose close the orders were decided: YYYY-MM-DD.
    pub decided: String,
    /// The last session that the model was trained on; `None` where nothing was trained.
    pub trained_until: Option<String>,
    /// How old data, model and universe are.
    pub ages: Ages,
    /// The value of the account at that close.
    pub equity: f64,
    /// The cash that the orders would leave.
    pub cash_after: f64,
    /// The orders, sales first.
    pub orders: Vec<PlannedOrder>,
    /// The orders that protect the positions held afterwards: each closes its position.
    pub protective: Vec<ProtectiveOrder>,
    /// What can't be ordered, and why.
    pub refused: Vec<(String, String)>,
    /// The share of equity that each instrument has now; those without a position are left out.
    pub weights: BTreeMap<String, f64>,
    /// The share of equity that each instrument should have afterwards; those without a position are left out.
    pub target_weights: BTreeMap<String, f64>,
    /// The holdings that the data do not know, or know no more, with their shares: they are left alone.
    pub unknown_holdings: Vec<(String, f64)>,
    /// The notes for whoever trades the orders.
    pub notes: Vec<String>,
}

impl Study {
    /// The orders for the session after the newest one. With folds, the newest model that may score that session
    /// decides.
    ///
    /// # Errors
    ///
    /// Those of a run; if the account can't be read, the data are older than the request allows, or the file can't be
    /// written.
    pub fn orders(&self, request: &OrdersRequest, observer: &dyn Observer) -> Result<Orders, StudyError> {
        if let Some(out) = &request.out {
            self.reads().allow("--out", out)?;
            Reads::of(request.holdings()).allow("--out", out)?;
            file_form(out)?;
        }
        let study = self.with_lot(request);
        let store = Store::open(&self.store)?;
        let orders = || with_repair(&store, || study.orders_once(&store, request, observer));
        let orders = self.on_threads(orders)?;
        if let Some(out) = &request.out {
            orders.write(out)?;
        }
        Ok(orders)
    }

    /// The same study with the lot of the request.
    fn with_lot(&self, request: &OrdersRequest) -> Self {
        let mut study = self.clone();
        if let Some(RulesSpec::Qlib(spec)) = &mut study.config.portfolio.rules {
            spec.trade_unit = request.lot.or(spec.trade_unit);
            return study;
        }
        let lot = &mut study.config.portfolio.lot;
        let usual = if request.account.is_some() && *lot == 0.0 { 1.0 } else { *lot };
        *lot = request.lot.unwrap_or(usual);
        study
    }

    fn orders_once(
        &self,
        store: &Store,
        request: &OrdersRequest,
        observer: &dyn Observer,
    ) -> Result<Orders, StudyError> {
        let watch = Watch::new(observer);
        let flow = Flow::new(store, &self.run_name(), self.budget, &watch)?;
        let train = Train::new(&self.config, &self.own)?;
        let panel = self.load(&flow)?;
        let newest = panel.axis().calendar().sessions().last().copied();
        let newest = newest.ok_or_else(|| StudyError::Universe("the data hold no session".to_owned()))?;
        request.check_age(newest)?;
        let account = request.account.as_ref().map(|account| account.on(panel.axis())).transpose()?;
        let study = self.up_to(newest);
        let make_labels = study.make_labels(&panel)?;
        let resolved = study.resolve(&panel)?;
        let columns = study.columns(&flow, &panel, &resolved)?;
        let follow = study.config.regimes.as_ref().map(|followed| Follow::new(followed, flow.store()));
        let own = study.config.regimes.iter().map(Setting::of).collect();
        let regimes = study.follow(&flow, follow.as_ref(), &panel, &columns, own)?;
        let judged = study.judge(&flow, &panel, &columns, &train, make_labels, regimes)?;
        let (stage, warnings) = RunBacktests::new(&study.config, &panel)?;
        let variant = Variant::plain(stage.primary().clone());
        let inputs = judged.backtest_inputs(&panel, &columns, vec![variant.clone()])?;
        let stated = account.as_ref().map(|account| &account.stated);
        let next = flow.trace().span("orders", || stage.next(&variant, &inputs, stated))?;
        let folds = judged.folds.as_ref().and_then(|folds| folds.facts().last());
        let members = universe(&*columns.universe()?)?;
        let axis = panel.axis();
        let newest_row =
            |&i: &usize| axis.row(i, axis.n_sessions() - 1).is_some_and(|row| members.contains(row));
        let eligible = (0..axis.n_instruments()).filter(newest_row).count();
        let trained = folds.map(|fold| fold.train.to.clone());
        let ages = Ages::new(axis, newest, trained.as_deref(), eligible);
        let unknown = account.map(|account| account.unknown).unwrap_or_default();
        let mut notes = notes(&next, newest, &panel);
        notes.extend(account_notes(&next, &unknown, request.account.is_some()));
        notes.extend(warnings);
        Ok(Orders {
            study: self.run_name(),
            by: holder_name(&variant.holder),
            notes,
            decided: next.decided.to_string(),
            trained_until: trained,
            ages,
            equity: next.equity,
            cash_after: next.cash_after,
            orders: next.orders.iter().map(PlannedOrder::of).collect(),
            protective: protective(&next),
            refused: next
                .refused
                .iter()
                .map(|(instrument, reason)| (instrument.to_string(), reason.to_string()))
                .collect(),
            weights: held(&next.weights_before),
            target_weights: held(&next.weights_after),
            unknown_holdings: unknown,
        })
    }

    /// The same study with its test extended to the newest session.
    fn up_to(&self, newest: Session) -> Self {
        let mut study = self.clone();
        if let Some(folds) = &mut study.config.folds {
            // The last fold's model is the newest that may decide: its test goes on to the newest session.
            folds.test.to = Some(newest.to_string());
            // A year that has just begun has few rows, and must be traded all the same.
            folds.min_rows.test = 0;
        }
        study.config.portfolio.to = None;
        study
    }
}

impl PlannedOrder {
    fn of(order: &NextOrder) -> Self {
        Self {
            instrument: order.instrument.to_string(),
            side: order.side.to_string(),
            shares: order.shares,
            price: order.price,
            value: order.value,
            cost: order.cost,
        }
    }
}

/// The orders that wait to close positions which are held after the others.
fn protective(next: &NextSession) -> Vec<ProtectiveOrder> {
    let order = |(instrument, order): &(Instrument, Order)| {
        let weight = next.weights_after.get(instrument).copied().filter(|weight| *weight != 0.0)?;
        let (form, price) = match order.order_type {
            OrderType::Stop(price) => ("stop", price),
            OrderType::Limit(price) => ("limit", price),
            _ => return None,
        };
        Some(ProtectiveOrder {
            instrument: instrument.to_string(),
            form,
            side: if weight > 0.0 { "sell" } else { "buy" },
            price,
            reason: order.reason.name(),
        })
    };
    let closes = |(_, order): &&(Instrument, Order)| matches!(order.quantity, Quantity::Exit);
    next.conditional.iter().filter(closes).filter_map(order).collect()
}

/// The weights that are not 0, by the instruments' names.
fn held(weights: &BTreeMap<Instrument, f64>) -> BTreeMap<String, f64> {
    let held = weights.iter().filter(|(_, weight)| **weight != 0.0);
    held.map(|(instrument, weight)| (instrument.to_string(), *weight)).collect()
}

/// The form that the ending of a file's name asks for; a list of orders must say it.
fn file_form(path: &Path) -> Result<Outputs, StudyError> {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase);
    match ending.as_deref() {
        Some("csv") => Ok(Outputs::Csv),
        Some("parquet" | "pq") => Ok(Outputs::Parquet),
        _ => {
            let message = format!("{} ends in neither .csv nor .parquet, which say the form", path.display());
            Err(StudyError::Value { key: "--out".to_owned(), message })
        }
    }
}

impl OrdersRequest {
    fn holdings(&self) -> impl Iterator<Item = &Path> {
        self.account.iter().filter_map(|account| account.holdings.as_deref())
    }

    /// Refuse data that are older than allowed.
    fn check_age(&self, newest: Session) -> Result<(), StudyError> {
        let days = age::days_since(newest);
        match self.max_age {
            Some(allowed) if i64::from(days) > i64::from(allowed) => {
                Err(StudyError::Stale { newest: newest.to_string(), days, allowed })
            }
            _ => Ok(()),
        }
    }
}

impl Orders {
    /// Write the orders as a table, with the weights of each instrument now and wanted.
    fn write(&self, path: &Path) -> Result<(), StudyError> {
        let of = |number: fn(&PlannedOrder) -> f64| Cells::Numbers(self.orders.iter().map(number).collect());
        let weight = |weights: &BTreeMap<String, f64>| {
            let weight = |order: &PlannedOrder| weights.get(&order.instrument).copied().unwrap_or(0.0);
            Cells::Numbers(self.orders.iter().map(weight).collect())
        };
        let text = |text: fn(&PlannedOrder) -> &String| {
            Cells::Texts(self.orders.iter().map(|order| text(order).clone()).collect())
        };
        let table = [
            ("instrument", text(|order| &order.instrument)),
            ("side", text(|order| &order.side)),
            ("shares", of(|order| order.shares)),
            ("price", of(|order| order.price)),
            ("value", of(|order| order.value)),
            ("cost", of(|order| order.cost)),
            ("weight_before", weight(&self.weights)),
            ("weight_after", weight(&self.target_weights)),
        ];
        Ok(write_table(path, file_form(path)?, table)?)
    }
}

/// What the owner of an account has to know of orders for it.
fn account_notes(next: &NextSession, unknown: &[(String, f64)], is_stated: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if !unknown.is_empty() {
        let names = unknown.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        notes.push(format!(
            "{} the data do not hold in their newest session: {}; it is left alone and not counted in the equity",
            words::count(names.len(), "holding"),
            words::some_of(names.iter().copied(), 5)
        ));
    }
    if is_stated && !next.is_due {
        notes.push("by its schedule the study would not rebalance at this close; these orders are those of a rebalancing now".to_owned());
    }
    notes
}

fn notes(next: &NextSession, newest: Session, panel: &PanelHandle) -> Vec<String> {
    let decided = next.decided;
    let mut notes =
        vec!["shares are at the newest close; the next session's prices, limits and halts decide".to_owned()];
    if decided != newest {
        notes.push(format!("the newest session of the data is {newest}"));
    }
    if !next.is_due && next.orders.is_empty() {
        notes.push("by its schedule the study does not rebalance at this close".to_owned());
    }
    notes.extend(panel.facts().warnings.iter().cloned());
    notes
}

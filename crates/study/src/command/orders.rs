//! Orders: the trades of the study's portfolio in the session after the newest one.

use std::{collections::BTreeMap, fmt};

use backstaff_panel::Session;
use backstaff_portfolio::NextOrder;
use backstaff_report::{Column, Table, cells, text};
use backstaff_stage::{Store, runner::with_repair};
use serde::Serialize;

use crate::{
    Study, StudyError,
    flow::{Flow, Watch, progress::Observer},
    steps::{
        backtest::{RunBacktests, Variant, holder_name},
        regimes::{Follow, Setting},
        train::Train,
    },
    stored::panel::PanelHandle,
};

/// An order for the next session.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedOrder {
    /// The name of the instrument.
    pub instrument: String,
    /// The side of the order: `buy` or `sell`.
    pub side: String,
    /// The number of shares, counted at the newest close.
    pub shares: f64,
    /// The newest close, moved by slippage against the buyer or seller.
    pub price: f64,
    /// The value `shares · price`.
    pub value: f64,
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
    /// The orders, sales first.
    pub orders: Vec<PlannedOrder>,
    /// The share of equity that each instrument should have afterwards; those without a position are left out.
    pub target_weights: BTreeMap<String, f64>,
    /// The notes for whoever trades the orders.
    pub notes: Vec<String>,
}

impl fmt::Display for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} with {}: decided at the close of {}", self.study, self.by, self.decided)?;
        let mut orders = Table::new("orders for the next session")
            .column(Column::text("instrument"))
            .column(Column::text("side"))
            .column(Column::number("shares", 2))
            .column(Column::number("price", 4))
            .column(Column::number("value", 2));
        for order in &self.orders {
            let PlannedOrder { instrument, side, shares, price, value } = order;
            orders = orders.row(cells![instrument, side, *shares, *price, *value]);
        }
        let mut weights = Table::new("target weights")
            .column(Column::text("instrument"))
            .column(Column::percent("weight", 2));
        for (instrument, weight) in &self.target_weights {
            weights = weights.row(cells![instrument, *weight]);
        }
        if self.orders.is_empty() {
            writeln!(f, "nothing to trade in the next session")?;
        } else {
            writeln!(f, "{}", text::render(&orders))?;
        }
        if self.target_weights.is_empty() {
            writeln!(f, "nothing is held after it")?;
        } else {
            writeln!(f, "{}", text::render(&weights))?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        Ok(())
    }
}

impl Study {
    /// The orders for the session after the newest one. With folds, the newest model that may score that session
    /// decides.
    pub fn orders(&self, observer: &dyn Observer) -> Result<Orders, StudyError> {
        let store = Store::open(&self.store)?;
        self.on_threads(|| with_repair(&store, || self.orders_once(&store, observer)))
    }

    fn orders_once(&self, store: &Store, observer: &dyn Observer) -> Result<Orders, StudyError> {
        let watch = Watch::new(observer);
        let flow = Flow::new(store, &self.run_name(), self.budget, &watch)?;
        let train = Train::new(&self.config.models)?;
        let panel = self.load(&flow)?;
        let newest = panel.axis().calendar().sessions().last().copied();
        let newest = newest.ok_or_else(|| StudyError::Universe("the data hold no session".to_owned()))?;
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
        let next = flow.trace().span("orders", || stage.next(&variant, &inputs))?;
        let folds = judged.folds.as_ref().and_then(|folds| folds.facts().last());
        let mut notes = notes(next.decided, newest, &panel);
        notes.extend(warnings);
        Ok(Orders {
            study: self.run_name(),
            by: holder_name(&variant.holder),
            notes,
            decided: next.decided.to_string(),
            trained_until: folds.map(|fold| fold.train.to.clone()),
            orders: next.orders.iter().map(PlannedOrder::of).collect(),
            target_weights: next
                .weights_after
                .iter()
                .filter(|(_, weight)| **weight != 0.0)
                .map(|(instrument, weight)| (instrument.to_string(), *weight))
                .collect(),
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
        }
    }
}

fn notes(decided: Session, newest: Session, panel: &PanelHandle) -> Vec<String> {
    let mut notes =
        vec!["shares are at the newest close; the next session's prices, limits and halts decide".to_owned()];
    if decided != newest {
        notes.push(format!("the newest session of the data is {newest}"));
    }
    notes.extend(panel.facts().warnings.iter().cloned());
    notes
}

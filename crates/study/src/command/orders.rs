//! Orders: what the primary model's portfolio trades in the session after the newest one.

use std::{collections::BTreeMap, fmt, sync::Arc};

use backstaff_panel::Session;
use backstaff_report::{Column, Table, cells, text};
use backstaff_stage::Store;
use serde::Serialize;

use crate::{
    Study, StudyError,
    flow::{Flow, Watch, progress::Observer},
    steps::{
        backtest::{Holder, RunBacktests, Variant},
        labels::MakeLabels,
        train::Train,
    },
};

/// An order for the next session.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedOrder {
    /// What.
    pub instrument: String,
    /// buy or sell.
    pub side: String,
    /// How many shares, at the newest close.
    pub shares: f64,
    /// The newest close, moved by slippage.
    pub price: f64,
    /// Their product.
    pub value: f64,
}

/// What to do in the session after the newest one.
#[derive(Clone, Debug, Serialize)]
pub struct Orders {
    /// The study.
    pub study: String,
    /// The model whose scores decided.
    pub model: String,
    /// The session at whose close it was decided.
    pub decided: String,
    /// The fold whose model scored that session, and the last session it was trained on.
    pub trained_until: String,
    /// The orders, sales first.
    pub orders: Vec<PlannedOrder>,
    /// The share of equity that each instrument should have afterwards.
    pub target_weights: BTreeMap<String, f64>,
    /// What the reader must know.
    pub notes: Vec<String>,
}

impl fmt::Display for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} with {}: decided at the close of {}", self.study, self.model, self.decided)?;
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
        writeln!(f, "{}\n{}", text::render(&orders), text::render(&weights))?;
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        Ok(())
    }
}

impl Study {
    /// What to trade in the session after the newest one, by the newest model that may score it.
    pub fn orders(&self, observer: &dyn Observer) -> Result<Orders, StudyError> {
        let store = Store::open(&self.store)?;
        self.on_threads(|| {
            let watch = Watch::new(observer);
            let flow = Flow::new(&store, &self.run_name(), self.budget, &watch)?;
            let train = Train::new(&self.config.models)?;
            let panel = self.load(&flow)?;
            let make_labels = MakeLabels::new(&self.config, &panel)?;
            let newest = panel.axis().calendar().sessions().last().copied();
            let newest = newest.ok_or_else(|| StudyError::Universe("the data hold no session".to_owned()))?;
            let mut study = self.clone();
            // The last fold's model is the newest admissible one: its test goes on to the newest session.
            study.config.folds.test.to = Some(newest.to_string());
            // A year that has just begun has few rows, and must be traded all the same.
            study.config.folds.min_rows.test = 0;
            let resolved = study.resolve(&panel)?;
            let columns = study.columns(&flow, &panel, &resolved)?;
            let learned = study.learn(&flow, &panel, &columns, &train, make_labels)?;
            let stage = RunBacktests::new(&study.config, &panel);
            let model = self.config.primary_model().to_owned();
            let variant = Variant::plain(Holder::Model(model.clone()));
            let inputs = learned.backtest_inputs(&panel, &columns);
            let next = flow.trace().span("orders", || stage.next(&variant, &inputs))?;
            let trained_until =
                learned.folds.facts().last().map(|fold| fold.train.to.clone()).unwrap_or_default();
            Ok(Orders {
                study: self.run_name(),
                model,
                notes: notes(next.decided, newest, &Arc::clone(&panel)),
                decided: next.decided.to_string(),
                trained_until,
                orders: next
                    .orders
                    .iter()
                    .map(|order| PlannedOrder {
                        instrument: order.instrument.to_string(),
                        side: order.side.to_string(),
                        shares: order.shares,
                        price: order.price,
                        value: order.value,
                    })
                    .collect(),
                target_weights: next
                    .weights_after
                    .iter()
                    .filter(|(_, weight)| **weight != 0.0)
                    .map(|(instrument, weight)| (instrument.to_string(), *weight))
                    .collect(),
            })
        })
    }
}

fn notes(decided: Session, newest: Session, panel: &crate::stored::panel::PanelHandle) -> Vec<String> {
    let mut notes =
        vec!["shares are at the newest close; the next session's prices, limits and halts decide".to_owned()];
    if decided != newest {
        notes.push(format!("the newest session of the data is {newest}"));
    }
    notes.extend(panel.facts().warnings.iter().cloned());
    notes
}

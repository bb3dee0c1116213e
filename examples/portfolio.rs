//! A strategy of one's own on the ledger: it decides at each close, its orders are filled in the next session.
//!
//! Run it with `cargo run --release --example portfolio`.

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use std::{path::Path, sync::Arc};

use backstaff_portfolio::{Decision, Strategy, View, rebalance_to};
use backstaff_study::{
    backtest::{Request, Simulation},
    compute::FileForm,
    config::Portfolio,
};

/// Holds the names that are above their mean of 200 sessions, in equal parts.
#[derive(Debug)]
struct AboveMean {
    look_back: usize,
}

impl Strategy for AboveMean {
    fn name(&self) -> &'static str {
        "above its mean"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let is_above = |&i: &usize| {
            let closes = (0..self.look_back).map(|lag| view.close(i, lag)).collect::<Option<Vec<_>>>();
            closes.is_some_and(|closes| closes[0] > closes.iter().sum::<f64>() / closes.len() as f64)
        };
        let held = (0..view.n_instruments()).filter(is_above).collect::<Vec<_>>();
        let share = 1.0 / held.len().max(1) as f64;
        rebalance_to(view, &held.into_iter().map(|i| (i, share)).collect(), 0.0)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let terms = serde_json::json!({
        "costs": { "commission_bps": 5, "slippage_bps": 2 },
        "rebalance": "monthly",
        "from": "2012-01-03",
    });
    let simulation = Simulation::load(&Request {
        data: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data/thirty.csv.gz"),
        columns: Vec::new(),
        form: FileForm::default(),
        change: None,
        portfolio: Portfolio::around_code(&terms)?,
        scores: None,
        threads: 2,
    })?;
    println!("{} instruments", Arc::clone(simulation.market()).axis().n_instruments());
    let ledger = simulation.run(Box::new(AboveMean { look_back: 200 }))?;
    let outcome = simulation.outcome("above its mean", ledger);
    for measure in ["cagr", "volatility", "sharpe", "max_drawdown", "turnover_annual", "cost_annual"] {
        println!("{measure:>16}  {:8.4}", outcome.measure(measure));
    }
    let ledger = outcome.ledger();
    println!("{} trades, the last day {:?}", ledger.fills.len(), ledger.days.last().map(|day| day.equity));
    outcome.warnings().iter().for_each(|warning| println!("beware: {warning}"));
    assert!(!ledger.fills.is_empty());
    Ok(())
}

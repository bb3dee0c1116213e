//! From the study's rules, scores and prices to a ledger.

use std::{ops::Range, sync::Arc};

use backstaff_panel::{Axis, Column, Instrument, Panel, Signal, TRADED, Universe};
use backstaff_portfolio::{
    Backtest, BuyAndHold, Costs, EqualWeight, Exchange, Execution, Leavers, Market, NextSession,
    QuantileLongShort, Rates, Rebalance, Strategy, Terms, TopkDropout, backtest,
};

use super::{BacktestInputs, Holder, RunBacktests, Variant, holder_name};
use crate::{
    StudyError,
    config::{Config, CostModel, ExecutionPrice, Portfolio, StrategySpec},
    panel_handle::{Benchmark, PanelHandle},
    steps::scores::Scores,
};

impl RunBacktests {
    /// What the study's `portfolio` section asks for.
    pub fn new(config: &Config, panel: &PanelHandle) -> Self {
        Self {
            portfolio: config.portfolio.clone(),
            models: config.models.keys().cloned().collect(),
            primary: config.primary_model().to_owned(),
            has_index: panel.manifest().part("benchmark.close").is_some(),
            has_mask: config.universe.member_from.is_some(),
            index_name: config
                .data
                .benchmark
                .as_ref()
                .map(|series| series.instrument.clone())
                .unwrap_or_default(),
        }
    }

    fn exchange(&self, cost_tenths: u32) -> Exchange {
        let Portfolio { execution, costs, cash_rate, lot, volume_cap, price_limit, .. } = &self.portfolio;
        let CostModel { commission_bps, slippage_bps, sell_tax_bps, minimum, borrow_bps } = costs;
        let costs = Costs {
            minimum_commission: *minimum,
            sell_tax_bps: Rates::constant(*sell_tax_bps),
            borrow_bps_annual: *borrow_bps,
            ..Costs::per_side(*commission_bps, *slippage_bps)
        };
        Exchange {
            execution: match execution {
                ExecutionPrice::Open => Execution::NextOpen,
                ExecutionPrice::Close => Execution::NextClose,
            },
            costs: if cost_tenths == 10 { costs } else { costs.scaled(f64::from(cost_tenths) / 10.0) },
            lot: (*lot > 0.0).then_some(*lot),
            volume_cap: *volume_cap,
            price_limit: *price_limit,
            cash_rate: Rates::constant(*cash_rate),
            ..Exchange::default()
        }
    }

    fn strategy(&self, holder: &Holder) -> Result<Box<dyn Strategy>, StudyError> {
        Ok(match (holder, &self.portfolio.strategy) {
            (Holder::Model(_), StrategySpec::TopkDropout { k, n_drop }) => {
                Box::new(TopkDropout::new(*k as usize, *n_drop as usize)?)
            }
            (Holder::Model(_), StrategySpec::QuantileLongShort { quantile, exposure }) => {
                Box::new(QuantileLongShort::new(*quantile, *exposure, *exposure, 0.0)?)
            }
            (Holder::EqualWeight | Holder::EqualWeightUnmasked, _) => Box::new(EqualWeight::new(0.0)?),
            (Holder::Index, _) => Box::new(BuyAndHold::new(Instrument::new(&self.index_name))),
        })
    }

    fn rebalance(&self, holder: &Holder) -> Rebalance {
        match holder {
            Holder::EqualWeight | Holder::EqualWeightUnmasked => {
                Rebalance::EverySessions(self.portfolio.benchmark_rebalance_every as usize)
            }
            Holder::Model(_) => Rebalance::EverySessions(self.portfolio.rebalance_every as usize),
            Holder::Index => Rebalance::EverySessions(1),
        }
    }

    /// Run one variant over these sessions of a panel that ends with the last of them.
    pub fn simulate(
        &self,
        variant: &Variant,
        panel: &Panel,
        universe: &Universe,
        scores: &Scores,
        sessions: Range<usize>,
    ) -> Result<Backtest, StudyError> {
        let market = Market::new(panel)?;
        let leavers = if self.portfolio.sell_outside_universe { Leavers::Sell } else { Leavers::Hold };
        let terms = Terms {
            initial_cash: self.portfolio.initial_cash,
            rebalance: self.rebalance(&variant.holder),
            signal_delay: variant.delay as usize,
            leavers,
            sessions,
        };
        let signal = Signal::new(holder_name(&variant.holder), scores.on(panel.axis().n_rows()));
        let exchange = self.exchange(variant.cost_tenths);
        let mut strategy = self.strategy(&variant.holder)?;
        Ok(backtest(&market, universe, &exchange, &terms, &signal, strategy.as_mut())?)
    }

    /// What the primary model's portfolio would trade in the session after the last one.
    pub fn next(&self, variant: &Variant, inputs: &BacktestInputs) -> Result<NextSession, StudyError> {
        Ok(self.ledger(variant, inputs)?.next)
    }

    /// The ledger of a variant over the tested sessions.
    pub(super) fn ledger(&self, variant: &Variant, inputs: &BacktestInputs) -> Result<Backtest, StudyError> {
        let sessions = inputs.sessions_of(variant);
        if variant.holder == Holder::Index {
            let panel = index_panel(&inputs.panel, &self.index_name)?.between(0..sessions.end);
            let universe = Universe::new(vec![true; panel.axis().n_rows()]);
            return self.simulate(variant, &panel, &universe, &Scores::none(), sessions.clone());
        }
        let fields = price_fields(&inputs.panel);
        let panel = inputs.panel.panel(fields.iter().map(String::as_str), [])?;
        let mask = match variant.holder {
            Holder::EqualWeightUnmasked => inputs.unmasked.as_ref().unwrap_or(&inputs.universe),
            _ => &inputs.universe,
        };
        let scores = match &variant.holder {
            Holder::Model(name) => {
                inputs.scores.iter().find(|(known, _)| known == name).map(|(_, scores)| scores)
            }
            _ => None,
        };
        let none = Scores::none();
        let (panel, mask, scores) = until(&panel, &mask.column()?, scores.unwrap_or(&none), sessions.end);
        let universe = Universe::new((0..mask.len()).map(|row| mask.get(row) > 0.0).collect());
        self.simulate(variant, &panel, &universe, &scores, sessions.clone())
    }
}

/// Everything up to a position of the calendar.
fn until(panel: &Panel, mask: &Arc<Column>, scores: &Scores, end: usize) -> (Panel, Column, Scores) {
    if end == panel.axis().n_sessions() {
        return (panel.clone(), (**mask).clone(), scores.clone());
    }
    let (_, kept) = panel.axis().between(0..end);
    (panel.between(0..end), mask.select(&kept), scores.select(&kept))
}

/// The fields that a market reads.
pub(super) fn price_fields(panel: &PanelHandle) -> Vec<String> {
    ["open", "close", "volume", "raw_close", "raw_volume", TRADED]
        .into_iter()
        .filter(|name| panel.fields().contains(*name))
        .map(str::to_owned)
        .collect()
}

/// The index as a market of one instrument.
fn index_panel(panel: &PanelHandle, name: &str) -> Result<Panel, StudyError> {
    let calendar = panel.axis().calendar().clone();
    let n_sessions = calendar.len();
    let axis = Arc::new(Axis::new(calendar, vec![(Instrument::new(name), 0..n_sessions)]));
    let mut market = Panel::new(axis);
    let Benchmark { open, close } = panel.benchmark()?.unwrap_or_default();
    market.insert("open", Column::F64(open))?;
    market.insert("close", Column::F64(close))?;
    Ok(market)
}

//! From the study's rules, scores and prices to a ledger.

use std::{ops::Range, sync::Arc};

use backstaff_panel::{Axis, Column, Instrument, Panel, Signal, Universe};
use backstaff_portfolio::{
    Backtest, BuyAndHold, EqualWeight, Exchange, Leavers, NextSession, PortfolioError, QuantileLongShort,
    Rebalance, Strategy, Terms, TopN, TopkDropout, VolumeCap, VolumeOf, backtest, backtest_cohorts,
};

use super::{
    BacktestInputs, BacktestResult, Ground, Holder, RunBacktests, Variant, detail::Detail, holder_name,
    result::summary,
};
use crate::{
    StudyError,
    config::{Config, Portfolio, StrategySpec, VolumeBase},
    steps::scores::Scores,
    stored::panel::{Benchmark, PanelHandle},
};

impl RunBacktests {
    /// What the study's `portfolio` section asks for.
    pub fn new(config: &Config, panel: &PanelHandle) -> Self {
        Self {
            portfolio: config.portfolio.clone(),
            recovery: config.portfolio.recovery.on(panel),
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

    fn exchange(&self, cost_tenths: u32) -> Result<Exchange, StudyError> {
        let Portfolio { execution, costs, lot, volume_cap, volume_cap_of, liquidity_sessions, .. } =
            &self.portfolio;
        let wrong = |key: &str| {
            let key = format!("portfolio.{key}");
            move |message| StudyError::Value { key, message }
        };
        let costs = costs.costs().map_err(wrong("costs.sell_tax_bps"))?;
        let of = match volume_cap_of {
            VolumeBase::Session => VolumeOf::Session,
            VolumeBase::Average => VolumeOf::Average,
        };
        Ok(Exchange {
            execution: execution.of_ledger(),
            costs: if cost_tenths == 10 { costs } else { costs.scaled(f64::from(cost_tenths) / 10.0) },
            lot: (*lot > 0.0).then_some(*lot),
            volume_cap: volume_cap.map(|share| VolumeCap { share, of }),
            liquidity_sessions: *liquidity_sessions as usize,
            price_limit: self.portfolio.price_limits().map_err(wrong("price_limit"))?,
            cash_rate: self.portfolio.cash_rates().map_err(wrong("cash_rate"))?,
            recovery: self.recovery.clone(),
            short_selling: self.portfolio.short_selling,
        })
    }

    /// The strategy of a portfolio; `top_n` is the study's, where it asks for one.
    fn strategy(&self, holder: &Holder, top_n: Option<&TopN>) -> Result<Box<dyn Strategy>, PortfolioError> {
        Ok(match (holder, &self.portfolio.strategy) {
            (Holder::EqualWeight | Holder::EqualWeightUnmasked, _) => Box::new(EqualWeight::new(0.0)?),
            (Holder::Index, _) => Box::new(BuyAndHold::new(Instrument::new(&self.index_name))),
            (Holder::Model(_), StrategySpec::TopkDropout { k, n_drop }) => {
                Box::new(TopkDropout::new(*k as usize, *n_drop as usize)?)
            }
            (Holder::Model(_), StrategySpec::QuantileLongShort { quantile, exposure }) => {
                Box::new(QuantileLongShort::new(*quantile, *exposure, *exposure, 0.0)?)
            }
            (Holder::Model(_), StrategySpec::TopN(spec)) => match top_n {
                Some(top_n) => Box::new(top_n.clone()),
                None => Box::new(TopN::new(spec.n as usize)?),
            },
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

    /// Run one variant over these sessions of a market that ends with the last of them.
    pub fn simulate(
        &self,
        variant: &Variant,
        ground: &Ground,
        universe: &Universe,
        scores: &Scores,
        sessions: Range<usize>,
    ) -> Result<Backtest, StudyError> {
        let Ground { market, top_n, .. } = ground;
        let leavers = if self.portfolio.sell_outside_universe { Leavers::Sell } else { Leavers::Hold };
        let terms = Terms {
            initial_cash: self.portfolio.initial_cash,
            rebalance: self.rebalance(&variant.holder),
            signal_delay: variant.delay as usize,
            leavers,
            sessions,
        };
        let signal = Signal::new(holder_name(&variant.holder), scores.on(market.axis().n_rows()));
        let exchange = self.exchange(variant.cost_tenths)?;
        let strategy = || self.strategy(&variant.holder, top_n.as_ref());
        if matches!(variant.holder, Holder::Model(_)) && self.portfolio.cohorts > 1 {
            let cohorts = (self.portfolio.cohorts as usize, self.portfolio.rebalance_every as usize);
            return Ok(backtest_cohorts(market, universe, &exchange, &terms, cohorts, &signal, strategy)?);
        }
        Ok(backtest(market, universe, &exchange, &terms, &signal, strategy()?.as_mut())?)
    }

    /// The categories of the panel that the strategy reads, or by which its result is shown.
    pub(super) fn categories(&self, panel: &PanelHandle) -> Vec<String> {
        let read = self.portfolio.strategy.categories();
        let mut names = read.into_iter().map(|(_, name)| name.to_owned()).collect::<Vec<_>>();
        names.extend(self.attributed(panel));
        names.sort();
        names.dedup();
        names
    }

    /// The category by which the result is shown: `sector`, or else the first one that the strategy reads or the data have.
    fn attributed(&self, panel: &PanelHandle) -> Option<String> {
        let known = panel.categories();
        let read = self.portfolio.strategy.categories().into_iter().map(|(_, name)| name.to_owned());
        let sector = Some("sector".to_owned()).filter(|name| known.contains(name));
        sector.into_iter().chain(read).chain(known.iter().cloned()).next()
    }

    /// What the primary model's portfolio would trade in the session after the last one.
    pub fn next(&self, variant: &Variant, inputs: &BacktestInputs) -> Result<NextSession, StudyError> {
        let ground = self.ground_of(std::slice::from_ref(variant), inputs)?;
        Ok(self.ledger(variant, inputs, &ground)?.0.next)
    }

    /// What became of a variant over the tested sessions.
    pub(super) fn result(
        &self,
        variant: &Variant,
        inputs: &BacktestInputs,
        ground: &Ground,
    ) -> Result<BacktestResult, StudyError> {
        let (ledger, scores) = self.ledger(variant, inputs, ground)?;
        let detail = match variant.holder {
            Holder::Model(_) => {
                Detail::of(&ledger, &ground.panel, self.attributed(&inputs.panel).as_deref(), &scores)
            }
            _ => Detail::default(),
        };
        Ok(summary(variant, &ledger, detail))
    }

    /// The ledger of a variant over its sessions, and the scores that it followed.
    fn ledger(
        &self,
        variant: &Variant,
        inputs: &BacktestInputs,
        ground: &Ground,
    ) -> Result<(Backtest, Scores), StudyError> {
        let sessions = inputs.sessions_of(variant);
        let none = Scores::none();
        if variant.holder == Holder::Index {
            let universe = Universe::new(vec![true; ground.panel.axis().n_rows()]);
            return Ok((self.simulate(variant, ground, &universe, &none, sessions)?, none));
        }
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
        let scores = scores.map_or(none, |scores| scores.select(&ground.kept));
        let universe = ground.universe(&*mask.column()?);
        let ledger = self.simulate(variant, ground, &universe, &scores, sessions)?;
        Ok((ledger, scores))
    }
}

/// The index as a market of one instrument.
pub(super) fn index_panel(panel: &PanelHandle, name: &str) -> Result<Panel, StudyError> {
    let calendar = panel.axis().calendar().clone();
    let n_sessions = calendar.len();
    let axis = Arc::new(Axis::new(calendar, vec![(Instrument::new(name), 0..n_sessions)]));
    let mut market = Panel::new(axis);
    let Benchmark { open, close } = panel.benchmark()?.unwrap_or_default();
    market.insert("open", Column::F64(open))?;
    market.insert("close", Column::F64(close))?;
    Ok(market)
}

//! From the study's settings, scores and prices to the ledger of a portfolio.

use std::{borrow::Cow, collections::BTreeMap, ops::Range, sync::Arc};

use backstaff_panel::{Axis, Column, Instrument, Panel, Signal, Universe};
use backstaff_portfolio::{
    Backtest, BuyAndHold, EqualWeight, Exchange, Execution, Leavers, Market, NextSession, PortfolioError,
    Protected, QlibTopkDropout, QuantileLongShort, Rates, Rebalance, Recovery, StatedAccount, Strategy,
    TargetWeights, Terms, TopkDropout, VolumeCap, backtest, backtest_cohorts, next_orders, regime::Regimes,
};

use super::{
    BacktestInputs, BacktestResult, CONSTANT, EQUAL, Ground, Holder, Over, RunBacktests, Variant,
    cash::cash_rates,
    detail::Detail,
    holder_name,
    key::Settled,
    qlib,
    result::{measures, summary},
};
use crate::{
    StudyError,
    config::{Config, GivenWeights, Portfolio, ScoreStrategy, StrategySpec},
    steps::{
        labels::lacking,
        regimes::{Setting, regimes_on, unknown_instrument},
        scores::Scores,
    },
    stored::panel::{Benchmark, PanelHandle},
};

/// The inputs of a simulation beside its market.
#[expect(missing_debug_implementations, reason = "a function has none")]
pub struct Told<'a> {
    /// The universe: where an instrument may be held.
    pub universe: &'a Universe,
    /// The scores that the strategy ranks; none for a strategy that reads no scores.
    pub scores: &'a Scores,
    /// The regimes under a setting, on the market's axis; asked for only by a strategy that reads regimes.
    pub regimes: &'a dyn Fn(&Setting) -> Result<Regimes, StudyError>,
}

impl RunBacktests {
    /// The portfolios that the study's `portfolio` section asks for, and warnings for the user.
    ///
    /// # Errors
    ///
    /// If a setting is wrong on this panel, for instance since the data lack an instrument that must be held.
    pub fn new(config: &Config, panel: &PanelHandle) -> Result<(Self, Vec<String>), StudyError> {
        let portfolio = &config.portfolio;
        let (cash, warning) = cash_rates(&portfolio.cash_rate, panel)?;
        let mut warnings = warning.into_iter().collect::<Vec<_>>();
        warnings.extend(qlib::check(portfolio, panel)?);
        let rules = portfolio.strategy.regimes().map(serde_json::to_string).transpose();
        let rules =
            rules.map_err(|error| StudyError::Internal { what: format!("a strategy's rules: {error}") })?;
        if portfolio.execution == Execution::Open && !panel.fields().contains("open") {
            let (key, message) = ("portfolio.execution".to_owned(), lacking("open"));
            return Err(StudyError::Value { key, message });
        }
        let axis = panel.axis();
        if let Some(n) = portfolio.strategy.n_positions().filter(|n| *n as usize > axis.n_instruments()) {
            warnings.push(format!(
                "{} wants {n} instruments, and the data have {}: it holds whatever has a score and chooses nothing",
                portfolio.strategy.name(),
                axis.n_instruments()
            ));
        }
        let is_listed = |name: &&str| axis.find(name).is_some();
        let named = portfolio.strategy.named().unwrap_or_default();
        if let StrategySpec::Weights(_) = &portfolio.strategy
            && let Some(name) = named.iter().find(|name| !is_listed(name))
        {
            return Err(unknown_instrument(axis, "portfolio.strategy.weights.instruments", name));
        }
        for name in named.iter().filter(|name| !is_listed(name)) {
            warnings.push(format!("the data lack {name}, which the strategy may hold: its share stays cash"));
        }
        let hold = portfolio.hold.as_deref();
        if let Some(name) = hold.filter(|name| !is_listed(name)) {
            return Err(unknown_instrument(axis, "portfolio.hold", name));
        }
        let first_read = || portfolio.strategy.regimes()?.read().first().copied();
        let hold = hold.or_else(first_read).map(str::to_owned);
        let stage = Self {
            portfolio: portfolio.clone(),
            settled: Settled {
                cash,
                recovery: portfolio.recovery.on(panel),
                rules: rules.unwrap_or_default(),
            },
            models: config.models.keys().cloned().collect(),
            primary: primary(config),
            settings: Setting::of_study(config),
            traded: named.iter().copied().filter(is_listed).map(str::to_owned).collect(),
            hold,
            has_index: panel.manifest().part("benchmark.close").is_some(),
            has_mask: config.universe.member_from.is_some(),
            index_name: config
                .data
                .benchmark
                .as_ref()
                .map(|series| series.instrument.clone())
                .unwrap_or_default(),
        };
        Ok((stage, warnings))
    }

    /// The portfolio that the study asks about.
    pub fn primary(&self) -> &Holder {
        &self.primary
    }

    /// All portfolios of the study: the ones that it asks about, what they are compared with, and other costs, delays
    /// and settings.
    pub fn variants(&self) -> Vec<Variant> {
        let plain = Variant::plain;
        let primary = || plain(self.primary.clone());
        let mut variants = match &self.primary {
            Holder::Model(_) => self.models.iter().map(|name| plain(Holder::Model(name.clone()))).collect(),
            _ => vec![primary()],
        };
        let names_instruments = self.portfolio.strategy.named().is_some();
        if names_instruments {
            let share = 1.0 / self.traded.len() as f64;
            let weights = self.traded.iter().map(|name| (name.clone(), share)).collect();
            variants.push(plain(Holder::Weights { name: EQUAL.to_owned(), weights }));
            variants.extend(self.hold.iter().map(|name| plain(Holder::Hold(name.clone()))));
        } else {
            variants.push(plain(Holder::EqualWeight));
            variants.extend(self.has_mask.then(|| plain(Holder::EqualWeightUnmasked)));
        }
        variants.extend(self.has_index.then(|| plain(Holder::Index)));
        // Without costs, to show what trading takes; then under stress, to show whether the result hangs on the costs
        // assumed (at twice as much) or on trading at once (a session later). A strategy without scores has none to
        // delay: it is run at five times its costs instead.
        variants.push(primary().at_costs(0));
        if !names_instruments {
            variants.push(plain(Holder::EqualWeight).at_costs(0));
        }
        variants.push(primary().at_costs(20));
        if self.portfolio.strategy.reads_scores() {
            variants.push(Variant { delay: 1, ..primary() });
        } else {
            variants.push(primary().at_costs(50));
        }
        let common = |setting: &Setting| Variant {
            over: Over::Common,
            ..plain(Holder::Strategy(Some(setting.clone())))
        };
        variants.extend(self.settings.iter().map(common));
        if self.has_index && !names_instruments {
            // Survivorship: what being on the list earned without any model, over all sessions of the data.
            let masked = self.has_mask.then_some(Holder::EqualWeightUnmasked);
            let gauge = [Holder::EqualWeight, Holder::Index].into_iter().chain(masked);
            variants.extend(gauge.map(|holder| Variant { over: Over::Whole, ..plain(holder) }));
        }
        variants
    }

    /// The strategy's mean weights, held constantly: whatever the strategy earned beyond this portfolio is due to its
    /// timing. `None` for a strategy that reads no regimes.
    pub fn constant(&self, results: &[BacktestResult]) -> Option<Variant> {
        self.portfolio.strategy.regimes()?;
        let own = results.iter().find(|result| result.variant == Variant::plain(self.primary.clone()))?;
        let sessions = own.sessions();
        let weights = crate::stored::ledger::weights(&own.positions, &sessions).into_iter();
        let mean = |weights: Vec<f64>| weights.iter().sum::<f64>() / sessions.len().max(1) as f64;
        let weights = weights.map(|(name, weights)| (name, mean(weights))).collect();
        Some(Variant::plain(Holder::Weights { name: CONSTANT.to_owned(), weights }))
    }

    /// The strategy of a portfolio with what protects its positions, and the signal that it follows: one value for each
    /// row of the market.
    fn strategy(
        &self,
        holder: &Holder,
        ground: &Ground,
        told: &Told<'_>,
    ) -> Result<(Box<dyn Strategy>, Vec<f64>), StudyError> {
        let (strategy, signal) = self.unprotected(holder, ground, told)?;
        let protection = self.portfolio.protection();
        if protection.is_none() || !holder.is_asked() {
            return Ok((strategy, signal));
        }
        Ok((Box::new(Protected::new(strategy, protection)?), signal))
    }

    /// The strategy of a portfolio, and the signal that it follows.
    fn unprotected(
        &self,
        holder: &Holder,
        ground: &Ground,
        told: &Told<'_>,
    ) -> Result<(Box<dyn Strategy>, Vec<f64>), StudyError> {
        let axis = ground.market.axis();
        let none = || Scores::none().on(axis.n_rows());
        // Given weights are meant as they are: no limit of exposure, no threshold below which a change is not traded.
        let given = || TargetWeights::new(f64::MAX, 0.0);
        Ok(match (holder, &self.portfolio.strategy) {
            (Holder::EqualWeight | Holder::EqualWeightUnmasked, _) => {
                (Box::new(EqualWeight::new(0.0)?), none())
            }
            (Holder::Index, _) => (Box::new(BuyAndHold::new(Instrument::new(&self.index_name))), none()),
            (Holder::Hold(name), _) => (Box::new(BuyAndHold::new(Instrument::new(name))), none()),
            (Holder::Weights { weights, .. }, _)
            | (Holder::Strategy(_), StrategySpec::Weights(GivenWeights::Instruments(weights))) => {
                (Box::new(given()?), by_instrument(axis, weights)?)
            }
            (
                Holder::Strategy(_),
                StrategySpec::Weights(GivenWeights::Expression(_) | GivenWeights::File(_)),
            ) => {
                let missing =
                    || StudyError::Internal { what: "the weights of rows were not computed".to_owned() };
                (Box::new(given()?), ground.targets.clone().ok_or_else(missing)?)
            }
            (Holder::Strategy(Some(setting)), StrategySpec::Regimes(template)) => {
                (template.strategy((told.regimes)(setting)?)?, none())
            }
            (Holder::Model(_), StrategySpec::Scores(strategy)) => {
                let strategy: Box<dyn Strategy> = match strategy {
                    ScoreStrategy::TopkDropout(spec) if ground.qlib.is_some() => {
                        Box::new(QlibTopkDropout::of(spec.rules())?)
                    }
                    ScoreStrategy::TopkDropout(spec) => {
                        Box::new(TopkDropout::new(spec.k as usize, spec.n_drop as usize)?)
                    }
                    ScoreStrategy::QuantileLongShort { quantile, exposure } => {
                        Box::new(QuantileLongShort::new(*quantile, *exposure, *exposure, 0.0)?)
                    }
                    ScoreStrategy::TopN(_) => {
                        let missing =
                            || StudyError::Internal { what: "the rules of top_n were not made".to_owned() };
                        Box::new(ground.top_n.clone().ok_or_else(missing)?)
                    }
                };
                (strategy, told.scores.on(axis.n_rows()))
            }
            (holder, strategy) => {
                let what = format!("{} does not follow {}", holder_name(holder), strategy.name());
                return Err(StudyError::Internal { what });
            }
        })
    }

    fn rebalance(&self, holder: &Holder) -> Rebalance {
        match holder {
            Holder::EqualWeight | Holder::EqualWeightUnmasked => self.portfolio.benchmark_rebalance.rule(),
            Holder::Model(_) | Holder::Strategy(_) => self.portfolio.rebalance.rule(),
            // Bought once: the strategy must be asked in every session until the instrument first trades.
            Holder::Index | Holder::Hold(_) => Rebalance::EverySessions(1),
            Holder::Weights { .. } => Rebalance::Monthly,
        }
    }

    /// Run one variant over these sessions, as positions, of a market that ends with the last of them.
    pub fn simulate(
        &self,
        variant: &Variant,
        ground: &Ground,
        told: &Told<'_>,
        sessions: Range<usize>,
    ) -> Result<Backtest, StudyError> {
        let market = &*self.market(variant, ground, &sessions)?;
        let (terms, exchange) = self.terms(variant, sessions)?;
        let (mut strategy, values) = self.strategy(&variant.holder, ground, told)?;
        let signal = Signal::new(holder_name(&variant.holder), values);
        if let Some(cohorts) = self.cohorts(variant) {
            // Each cohort is an account of its own, with a strategy of its own that remembers what it holds.
            let fresh = || -> Result<Box<dyn Strategy>, PortfolioError> {
                match self.strategy(&variant.holder, ground, told) {
                    Ok((strategy, _)) => Ok(strategy),
                    Err(StudyError::Portfolio(error)) => Err(error),
                    Err(other) => unreachable!("a strategy of scores fails by its own rules only: {other}"),
                }
            };
            return Ok(backtest_cohorts(market, told.universe, &exchange, &terms, cohorts, &signal, fresh)?);
        }
        Ok(backtest(market, told.universe, &exchange, &terms, &signal, strategy.as_mut())?)
    }

    /// The orders of a variant for a stated account after the last of these sessions.
    fn simulate_for(
        &self,
        variant: &Variant,
        ground: &Ground,
        told: &Told<'_>,
        (sessions, account): (Range<usize>, &StatedAccount),
    ) -> Result<NextSession, StudyError> {
        if self.cohorts(variant).is_some() {
            let message = "several accounts are rebalanced in turn, so that one account has no orders: run the study with \
                           `cohorts: 1`, or ask without an account";
            return Err(StudyError::Value {
                key: "portfolio.cohorts".to_owned(),
                message: message.to_owned(),
            });
        }
        let market = &*self.market(variant, ground, &sessions)?;
        let (terms, exchange) = self.terms(variant, sessions)?;
        let (mut strategy, values) = self.strategy(&variant.holder, ground, told)?;
        let signal = Signal::new(holder_name(&variant.holder), values);
        let strategy = strategy.as_mut();
        Ok(next_orders(market, told.universe, &exchange, &terms, &signal, strategy, account)?)
    }

    /// The market that a variant trades in over these sessions.
    fn market<'a>(
        &self,
        variant: &Variant,
        ground: &'a Ground,
        sessions: &Range<usize>,
    ) -> Result<Cow<'a, Market>, StudyError> {
        match (self.qlib_rules(variant), &ground.qlib) {
            (Some(rules), Some(qlib)) => Ok(Cow::Owned(qlib.market(&rules, sessions)?)),
            _ => Ok(Cow::Borrowed(&ground.market)),
        }
    }

    /// The number of accounts that a variant is run in, and the sessions between the rebalancings of each; `None` for one
    /// account.
    fn cohorts(&self, variant: &Variant) -> Option<(usize, usize)> {
        let Portfolio { cohorts, rebalance, .. } = &self.portfolio;
        let every = rebalance.sessions().filter(|_| *cohorts > 1)?;
        matches!(variant.holder, Holder::Model(_)).then_some((*cohorts as usize, every as usize))
    }

    /// The terms of a variant over these sessions, and the exchange at its costs.
    fn terms(&self, variant: &Variant, sessions: Range<usize>) -> Result<(Terms, Exchange), StudyError> {
        let leavers = if self.portfolio.sell_outside_universe { Leavers::Sell } else { Leavers::Hold };
        let qlib = self.qlib_rules(variant);
        let leavers = if qlib.is_some() { Leavers::Hold } else { leavers };
        let terms = Terms {
            initial_cash: self.portfolio.initial_cash,
            rebalance: self.rebalance(&variant.holder),
            signal_delay: variant.delay as usize,
            leavers: if variant.holder.names_instruments() { Leavers::Hold } else { leavers },
            sessions,
        };
        if qlib.is_some() {
            return Ok((terms, Exchange { qlib, ..Exchange::default() }));
        }
        if let Some(spec) = self.portfolio.qlib() {
            return Ok((terms, qlib::exchange_of_others(&self.portfolio, spec, variant.cost_tenths)));
        }
        let Settled { cash, recovery, .. } = &self.settled;
        Ok((terms, exchange(&self.portfolio, cash, recovery, variant.cost_tenths)?))
    }

    /// The categories that the strategy reads, and the one that its result is grouped by; sorted.
    pub(super) fn categories(&self, panel: &PanelHandle) -> Vec<String> {
        let read = self.portfolio.strategy.categories();
        let mut names = read.into_iter().map(|(_, name)| name.to_owned()).collect::<Vec<_>>();
        names.extend(self.attributed(panel));
        names.sort();
        names.dedup();
        names
    }

    /// The category that the result is grouped by: `sector`, or else the first that the strategy reads, or that the
    /// data have.
    fn attributed(&self, panel: &PanelHandle) -> Option<String> {
        let known = panel.categories();
        let read = self.portfolio.strategy.categories().into_iter().map(|(_, name)| name.to_owned());
        let sector = Some("sector".to_owned()).filter(|name| known.contains(name));
        sector.into_iter().chain(read).chain(known.iter().cloned()).next()
    }

    /// The orders that a variant would give for the session after the last one, to its simulated account or to a stated
    /// one.
    pub fn next(
        &self,
        variant: &Variant,
        inputs: &BacktestInputs,
        account: Option<&StatedAccount>,
    ) -> Result<NextSession, StudyError> {
        let ground = self.ground_of(std::slice::from_ref(variant), inputs)?;
        let next = |told: &Told<'_>, sessions| match account {
            Some(account) => self.simulate_for(variant, &ground, told, (sessions, account)),
            None => Ok(self.simulate(variant, &ground, told, sessions)?.next),
        };
        Ok(told(variant, inputs, &ground, next)?.0)
    }

    /// The result of a variant over its sessions.
    pub(super) fn result(
        &self,
        variant: &Variant,
        inputs: &BacktestInputs,
        ground: &Ground,
    ) -> Result<BacktestResult, StudyError> {
        let caveat = self
            .qlib_rules(variant)
            .and_then(|rules| ground.qlib.as_ref()?.caveat(&rules, &inputs.sessions_of(variant)));
        let simulate = |told: &Told<'_>, sessions| self.simulate(variant, ground, told, sessions);
        let (ledger, scores) = told(variant, inputs, ground, simulate)?;
        let detail = match variant.holder {
            Holder::Model(_) | Holder::Strategy(_) => {
                Detail::of(&ledger, &ground.panel, self.attributed(&inputs.panel).as_deref(), &scores)
            }
            _ => Detail::default(),
        };
        let mut result = summary(variant, &ledger, measures(&ledger), detail);
        result.caveats.extend(caveat);
        Ok(result)
    }
}

/// The exchange that a portfolio trades on, at tenths of its costs.
pub(crate) fn exchange(
    portfolio: &Portfolio,
    cash_rate: &Rates,
    recovery: &Recovery,
    cost_tenths: u32,
) -> Result<Exchange, StudyError> {
    let Portfolio { execution, costs, lot, volume_cap, volume_cap_of, liquidity_sessions, .. } = portfolio;
    let wrong = |key: &str| {
        let key = format!("portfolio.{key}");
        move |message| StudyError::Value { key, message }
    };
    let costs = costs.costs().map_err(wrong("costs.sell_tax_bps"))?;
    Ok(Exchange {
        execution: *execution,
        costs: if cost_tenths == 10 { costs } else { costs.scaled(f64::from(cost_tenths) / 10.0) },
        lot: (*lot > 0.0).then_some(*lot),
        volume_cap: volume_cap.map(|share| VolumeCap { share, of: *volume_cap_of }),
        liquidity_sessions: *liquidity_sessions as usize,
        price_limit: portfolio.price_limits().map_err(wrong("price_limit"))?,
        cash_rate: cash_rate.clone(),
        recovery: recovery.clone(),
        short_selling: portfolio.short_selling,
        qlib: None,
    })
}

/// What comes of a variant's inputs over its sessions, and the scores that its strategy ranks.
fn told<T>(
    variant: &Variant,
    inputs: &BacktestInputs,
    ground: &Ground,
    simulate: impl FnOnce(&Told<'_>, Range<usize>) -> Result<T, StudyError>,
) -> Result<(T, Scores), StudyError> {
    let sessions = inputs.sessions_of(variant);
    let axis = ground.panel.axis();
    let regimes = |setting: &Setting| regimes_on(axis, &inputs.regimes, setting, inputs.panel.store());
    let all = || Universe::new(vec![true; axis.n_rows()]);
    let universe = match &variant.holder {
        Holder::Index | Holder::Hold(_) | Holder::Weights { .. } => all(),
        Holder::EqualWeightUnmasked => {
            ground.universe(&*inputs.unmasked.as_ref().unwrap_or(&inputs.universe).column()?)
        }
        _ => ground.universe(&*inputs.universe.column()?),
    };
    let scores = match &variant.holder {
        Holder::Model(name) => {
            inputs.scores.iter().find(|(known, _)| known == name).map(|(_, scores)| scores)
        }
        _ => None,
    };
    let scores = scores.map_or_else(Scores::none, |scores| scores.select(&ground.kept));
    let told = Told { universe: &universe, scores: &scores, regimes: &regimes };
    let made = simulate(&told, sessions)?;
    Ok((made, scores))
}

/// The portfolio that a study asks about: that of its primary model, or that of a strategy which reads no scores.
pub fn primary(config: &Config) -> Holder {
    match config.primary_model().filter(|_| config.portfolio.strategy.reads_scores()) {
        Some(model) => Holder::Model(model.to_owned()),
        None => Holder::Strategy(config.regimes.as_ref().map(Setting::of)),
    }
}

/// A signal that is the same in every session: each instrument's weight on all of its rows.
fn by_instrument(axis: &Axis, weights: &BTreeMap<String, f64>) -> Result<Vec<f64>, StudyError> {
    let mut values = vec![0.0; axis.n_rows()];
    for (name, &weight) in weights {
        let i = axis.find(name).ok_or_else(|| unknown_instrument(axis, "portfolio.strategy", name))?;
        values[axis.rows(i)].fill(weight);
    }
    Ok(values)
}

/// The index as a market of one instrument, which is listed in all sessions.
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

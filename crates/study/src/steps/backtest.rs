//! Backtest: scores to a ledger, for every model, for the benchmarks, and for other costs and delays.

use std::{ops::Range, sync::Arc};

use backstaff_panel::{Axis, Column, Instrument, Panel, Session, Signal, TRADED, Universe};
use backstaff_portfolio::{
    Backtest, BuyAndHold, Costs, EqualWeight, Exchange, Execution, Leavers, Market, NextSession,
    QuantileLongShort, Rates, Rebalance, Strategy, Terms, TopkDropout, backtest, measure,
};
use backstaff_stage::{Budget, Digest, Draft, KeyHasher, Manifest, Stage, Store, StoreError, Table};
use serde::{Deserialize, Serialize};

use crate::{
    StudyError,
    columns::ColumnHandle,
    config::{Config, CostModel, ExecutionPrice, Portfolio, StrategySpec},
    panel_handle::{Benchmark, PanelHandle},
    steps::scores::Scores,
};

/// Run one variant of the portfolio after the other.
#[derive(Clone, Debug)]
pub struct RunBacktests {
    portfolio: Portfolio,
    models: Vec<String>,
    primary: String,
    has_index: bool,
    has_mask: bool,
    index_name: String,
}

/// Which portfolio.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The strategy on a model's scores.
    Model(String),
    /// Everything in the universe, equally.
    EqualWeight,
    /// Everything that trades, equally, without regard to when it entered the index.
    EqualWeightUnmasked,
    /// The index, bought once.
    Index,
}

/// A portfolio, its costs and its delay.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Variant {
    /// Which portfolio.
    pub holder: Holder,
    /// Tenths by which costs are multiplied: 10 is as stated.
    pub cost_tenths: u32,
    /// Sessions by which the signal is older than it needs to be.
    pub delay: u32,
}

impl Variant {
    /// At the stated costs, without delay.
    pub fn plain(holder: Holder) -> Self {
        Self { holder, cost_tenths: 10, delay: 0 }
    }
}

/// What a backtest reads.
#[derive(Debug)]
pub struct BacktestInputs {
    /// Prices.
    pub panel: Arc<PanelHandle>,
    /// The scores of each model, by name.
    pub scores: Vec<(String, Scores)>,
    /// Who is eligible.
    pub universe: Arc<ColumnHandle>,
    /// Who would be, without dates of entry.
    pub unmasked: Option<Arc<ColumnHandle>>,
    /// The tested sessions, as positions.
    pub sessions: Range<usize>,
}

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

    fn ledger(&self, variant: &Variant, inputs: &BacktestInputs) -> Result<Backtest, StudyError> {
        if variant.holder == Holder::Index {
            let panel = index_panel(&inputs.panel, &self.index_name)?.between(0..inputs.sessions.end);
            let universe = Universe::new(vec![true; panel.axis().n_rows()]);
            return self.simulate(variant, &panel, &universe, &Scores::none(), inputs.sessions.clone());
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
        let (panel, mask, scores) =
            until(&panel, &mask.column()?, scores.unwrap_or(&none), inputs.sessions.end);
        let universe = Universe::new((0..mask.len()).map(|row| mask.get(row) > 0.0).collect());
        self.simulate(variant, &panel, &universe, &scores, inputs.sessions.clone())
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
fn price_fields(panel: &PanelHandle) -> Vec<String> {
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

/// What a portfolio is called in reports.
pub fn holder_name(holder: &Holder) -> String {
    match holder {
        Holder::Model(name) => name.clone(),
        Holder::EqualWeight => "equal weight".to_owned(),
        Holder::EqualWeightUnmasked => "equal weight, all rows".to_owned(),
        Holder::Index => "index".to_owned(),
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn summary(variant: &Variant, ledger: &Backtest) -> BacktestResult {
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
    let mut unfilled = std::collections::BTreeMap::<String, usize>::new();
    for shortfall in &ledger.shortfalls {
        *unfilled.entry(shortfall.reason.name().to_owned()).or_default() += 1;
    }
    let days =
        |value: fn(&backstaff_portfolio::Day) -> f64| ledger.days.iter().map(value).collect::<Vec<_>>();
    BacktestResult {
        variant: variant.clone(),
        sessions: ledger.days.iter().map(|day| day.session).collect(),
        daily: vec![
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
        ],
        measures: measures.collect(),
        unfilled: unfilled.into_iter().collect(),
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
    }
}

impl Stage for RunBacktests {
    const NAME: &'static str = "backtest";
    const VERSION: u32 = 1;
    type Inputs = BacktestInputs;
    type Shard = Variant;
    type Output = BacktestResult;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Self { portfolio, models: _, primary: _, has_index: _, has_mask: _, index_name } = self;
        let Portfolio {
            strategy,
            execution,
            rebalance_every,
            benchmark_rebalance_every,
            costs,
            initial_cash,
            cash_rate,
            lot,
            volume_cap,
            price_limit,
            sell_outside_universe,
        } = portfolio;
        match strategy {
            StrategySpec::TopkDropout { k, n_drop } => {
                key.str("strategy", "topk_dropout").u64("k", u64::from(*k)).u64("n_drop", u64::from(*n_drop));
            }
            StrategySpec::QuantileLongShort { quantile, exposure } => {
                key.str("strategy", "quantile_long_short")
                    .f64("quantile", *quantile)
                    .f64("exposure", *exposure);
            }
        }
        let CostModel { commission_bps, slippage_bps, sell_tax_bps, minimum, borrow_bps } = costs;
        key.str("execution", if *execution == ExecutionPrice::Open { "open" } else { "close" })
            .u64("rebalance_every", u64::from(*rebalance_every))
            .u64("benchmark_rebalance_every", u64::from(*benchmark_rebalance_every))
            .f64("commission_bps", *commission_bps)
            .f64("slippage_bps", *slippage_bps)
            .f64("sell_tax_bps", *sell_tax_bps)
            .f64("minimum", *minimum)
            .f64("borrow_bps", *borrow_bps)
            .f64("initial_cash", *initial_cash)
            .f64("cash_rate", *cash_rate)
            .f64("lot", *lot)
            .f64("volume_cap", volume_cap.unwrap_or(f64::NAN))
            .f64("price_limit", price_limit.unwrap_or(f64::NAN))
            .bool("sell_outside_universe", *sell_outside_universe)
            .str("index", index_name);
    }

    fn hash_inputs(&self, variant: &Variant, inputs: &BacktestInputs, key: &mut KeyHasher) {
        let BacktestInputs { panel, scores, universe, unmasked, sessions } = inputs;
        let calendar = panel.axis().calendar();
        let name = |position: usize| i64::from(calendar.session(position).number());
        key.i64("first_session", name(sessions.start)).i64("last_session", name(sessions.end - 1));
        let mask = match variant.holder {
            Holder::EqualWeightUnmasked => unmasked.as_ref().unwrap_or(universe),
            _ => universe,
        };
        if variant.holder == Holder::Index {
            let part = |name: &str| panel.manifest().part(name).map(|part| part.digest);
            for name in ["benchmark.open", "benchmark.close"] {
                key.list(name, part(name), |key, digest: Digest| {
                    key.digest("", &digest);
                });
            }
            key.group("calendar", |key| {
                for (number, _) in panel.segments().iter().enumerate() {
                    key.digest("axis", panel.axis_digest(number));
                }
            });
            return;
        }
        for (number, segment) in panel.segments().iter().enumerate() {
            if segment.positions.start >= sessions.end {
                continue;
            }
            key.group(&segment.year.to_string(), |key| {
                key.digest("axis", panel.axis_digest(number)).digest("universe", &mask.digest(number));
                for field in price_fields(panel) {
                    key.digest(&field, &panel.digest(&field, number));
                }
            });
        }
        if let Holder::Model(name) = &variant.holder
            && let Some((_, scores)) = scores.iter().find(|(known, _)| known == name)
        {
            key.digest("scores", &scores.digest(panel.axis()));
        }
    }

    fn shards(&self, _: &BacktestInputs) -> Vec<Variant> {
        let model = |name: &str| Holder::Model(name.to_owned());
        let mut variants = self.models.iter().map(|name| Variant::plain(model(name))).collect::<Vec<_>>();
        variants.push(Variant::plain(Holder::EqualWeight));
        if self.has_mask {
            variants.push(Variant::plain(Holder::EqualWeightUnmasked));
        }
        if self.has_index {
            variants.push(Variant::plain(Holder::Index));
        }
        for holder in [model(&self.primary), Holder::EqualWeight] {
            variants.push(Variant { cost_tenths: 0, ..Variant::plain(holder.clone()) });
        }
        variants.push(Variant { cost_tenths: 20, ..Variant::plain(model(&self.primary)) });
        variants.push(Variant { delay: 1, ..Variant::plain(model(&self.primary)) });
        variants
    }

    fn run(
        &self,
        variant: &Variant,
        inputs: &BacktestInputs,
        _: Budget,
    ) -> Result<BacktestResult, StudyError> {
        Ok(summary(variant, &self.ledger(variant, inputs)?))
    }

    fn write(&self, result: &BacktestResult, draft: &mut Draft) -> Result<(), StoreError> {
        let sessions = result.sessions.iter().map(|session| session.number()).collect();
        let daily =
            result.daily.iter().fold(Table::new().i32("session", sessions), |table, (name, values)| {
                table.f64(name, values.clone())
            });
        draft.write_part("daily.arrow", |file| daily.write(file))?;
        draft.write_part("shortfalls.json", |file| {
            serde_json::to_writer(file, &result.shortfalls).map_err(std::io::Error::from)
        })?;
        draft.info(serde_json::json!({
            "variant": result.variant, "measures": result.measures, "unfilled": result.unfilled,
            "delistings": result.n_delistings, "caveats": result.caveats,
        }));
        Ok(())
    }
}

/// Read a stored backtest.
pub fn read_backtest(store: &Store, manifest: &Manifest) -> Result<BacktestResult, StudyError> {
    let broken = |what: &str| StudyError::Internal { what: format!("a stored backtest has no {what}") };
    let table = Table::read(&store.open_part(manifest, "daily.arrow")?)?;
    let names = table.names().filter(|name| *name != "session").map(str::to_owned).collect::<Vec<_>>();
    let daily = names.into_iter().map(|name| Ok((name.clone(), table.f64s(&name)?.to_vec())));
    let shortfalls = store.open_part(manifest, "shortfalls.json")?;
    let info = |name: &str| manifest.info[name].clone();
    Ok(BacktestResult {
        variant: serde_json::from_value(info("variant")).map_err(|_| broken("variant"))?,
        sessions: table.i32s("session")?.iter().map(|&number| Session::from_number(number)).collect(),
        daily: daily.collect::<Result<_, StoreError>>()?,
        measures: serde_json::from_value(info("measures")).map_err(|_| broken("measures"))?,
        unfilled: serde_json::from_value(info("unfilled")).map_err(|_| broken("reasons"))?,
        shortfalls: serde_json::from_slice(&shortfalls).map_err(|_| broken("orders"))?,
        n_delistings: serde_json::from_value(info("delistings")).map_err(|_| broken("delistings"))?,
        caveats: serde_json::from_value(info("caveats")).map_err(|_| broken("caveats"))?,
    })
}

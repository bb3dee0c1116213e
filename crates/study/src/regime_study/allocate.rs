//! What a strategy makes of regimes, and what it is compared with: each a ledger of its own under the same rules.

use std::{collections::BTreeMap, fmt, ops::Range, sync::Arc};

use backstaff_panel::{Axis, Instrument, Panel, Session, Signal, Universe};
use backstaff_portfolio::{
    Backtest, BuyAndHold, Exchange, Leavers, Market, Rates, Rebalance, Strategy, TargetWeights, Terms,
    backtest,
    regime::{Regimes, Template},
};
use backstaff_stage::{Budget, Draft, KeyHasher, Manifest, Stage, Store, StoreError, Table};
use serde::{Deserialize, Serialize};

use super::{
    config::Trading,
    follow::{Setting, unknown_instrument},
    history::History,
};
use crate::{
    StudyError,
    steps::{
        backtest::{StoredMeasure, daily, hash_costs, hash_rates, measures, price_fields, unfilled},
        scores::Scores,
    },
    stored::{encoding::read_facts, panel::PanelHandle},
};

/// What is held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Book {
    /// What the strategy says of the regimes under a setting.
    Strategy(Setting),
    /// The same weights at all times, restored every month.
    Weights {
        /// What they are called.
        name: String,
        /// The share of each instrument.
        weights: BTreeMap<String, f64>,
    },
    /// One instrument, bought once.
    Hold(String),
}

/// What is held, and at what cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllocateShard {
    /// What.
    pub book: Book,
    /// Tenths by which costs are multiplied: 10 is as stated.
    pub cost_tenths: u32,
    /// The positions of the sessions that it runs over.
    pub sessions: Range<usize>,
}

impl fmt::Display for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strategy(setting) => write!(f, "strategy ({setting})"),
            Self::Weights { name, .. } => f.write_str(name),
            Self::Hold(instrument) => write!(f, "{instrument}, held"),
        }
    }
}

/// Run books.
#[derive(Debug)]
pub struct Allocate<'a> {
    /// The strategy's rules.
    pub template: &'a Template,
    /// Where and at what cost.
    pub trading: &'a Trading,
    /// What cash earns.
    pub cash: Rates,
}

/// What books are run on.
#[derive(Debug)]
pub struct AllocateInputs {
    /// Prices.
    pub panel: Arc<PanelHandle>,
    /// The regimes of instruments under settings.
    pub histories: Vec<Known>,
    /// What is run.
    pub shards: Vec<AllocateShard>,
}

/// The regimes of an instrument under a setting, as their artifact.
#[derive(Clone, Debug)]
pub struct Known {
    /// Whose.
    pub instrument: String,
    /// Under which setting.
    pub setting: Setting,
    /// What is stored of them.
    pub manifest: Manifest,
    /// The first of the instrument's rows whose regime is known.
    pub first: Option<usize>,
}

/// What became of a book.
#[derive(Clone, Debug)]
pub struct Allocation {
    /// Which.
    pub shard: AllocateShard,
    /// The sessions.
    pub sessions: Vec<Session>,
    /// The daily ledger: column name and values; the weight of an instrument stands under `weight_NAME`.
    pub daily: Vec<(String, Vec<f64>)>,
    /// The numbers.
    pub measures: Vec<StoredMeasure>,
    /// Why orders were not filled, and how many.
    pub unfilled: Vec<(String, usize)>,
    /// What the strategy's rules could not give, and how often.
    pub notes: Vec<(String, usize)>,
    /// What the reader must know.
    pub caveats: Vec<String>,
}

impl Allocation {
    /// A column of the daily ledger.
    pub fn column(&self, name: &str) -> &[f64] {
        self.daily.iter().find(|(known, _)| known == name).map_or(&[], |(_, values)| values)
    }

    /// A measure; NaN if it is not defined.
    pub fn measure(&self, name: &str) -> f64 {
        let found = self.measures.iter().find(|measure| measure.name == name);
        found.and_then(|measure| measure.value).unwrap_or(f64::NAN)
    }

    /// The weight of each instrument that was ever held, at each close.
    pub fn weights(&self) -> impl Iterator<Item = (&str, &[f64])> {
        let named = self.daily.iter().filter_map(|(name, values)| Some((name.strip_prefix(WEIGHT)?, values)));
        named.map(|(name, values)| (name, values.as_slice()))
    }

    /// Return of each session after the first.
    pub fn returns(&self) -> Vec<f64> {
        self.column("equity").windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect()
    }
}

/// Before the name of an instrument whose weight a column holds.
const WEIGHT: &str = "weight_";

impl AllocateInputs {
    fn regimes(&self, axis: &Axis, setting: &Setting) -> Result<Regimes, StudyError> {
        let mut inputs = vec![None; axis.n_rows()];
        for known in self.histories.iter().filter(|known| known.setting == *setting) {
            let Some(i) = axis.find(&known.instrument) else { continue };
            let history = History::read(self.panel.store(), &known.manifest)?;
            for (own, row) in axis.rows(i).enumerate() {
                inputs[row] = history.input(own);
            }
        }
        Ok(Regimes::new(axis, inputs)?)
    }
}

impl Allocate<'_> {
    fn exchange(&self, cost_tenths: u32) -> Result<Exchange, StudyError> {
        let wrong = |message| StudyError::Value { key: "trading.costs".to_owned(), message };
        let costs = self.trading.costs.costs().map_err(wrong)?;
        Ok(Exchange {
            execution: self.trading.execution.of_ledger(),
            costs: if cost_tenths == 10 { costs } else { costs.scaled(f64::from(cost_tenths) / 10.0) },
            lot: (self.trading.lot > 0.0).then_some(self.trading.lot),
            cash_rate: self.cash.clone(),
            short_selling: true,
            ..Exchange::default()
        })
    }

    /// The ledger of a shard on a panel that ends with its last session; `regimes` are asked for by setting.
    pub fn ledger(
        &self,
        shard: &AllocateShard,
        panel: &Panel,
        regimes: impl FnOnce(&Setting) -> Result<Regimes, StudyError>,
    ) -> Result<Backtest, StudyError> {
        let axis = panel.axis().clone();
        let market = Market::new(panel)?;
        let universe = Universe::new(vec![true; axis.n_rows()]);
        let none = || Signal::new("none", Scores::none().on(axis.n_rows()));
        let (rebalance, signal, mut strategy): (_, _, Box<dyn Strategy>) = match &shard.book {
            Book::Strategy(setting) => {
                (Rebalance::EverySessions(1), none(), self.template.strategy(regimes(setting)?)?)
            }
            Book::Weights { name, weights } => {
                let scores = scores(&axis, weights)?;
                let strategy = TargetWeights::new(f64::MAX, 0.0)?;
                (Rebalance::Monthly, Signal::new(name, scores), Box::new(strategy))
            }
            Book::Hold(name) => {
                if axis.find(name).is_none() {
                    return Err(unknown_instrument(&axis, "trading.hold", name));
                }
                (Rebalance::EverySessions(1), none(), Box::new(BuyAndHold::new(Instrument::new(name))))
            }
        };
        let terms = Terms {
            initial_cash: self.trading.initial_cash,
            rebalance,
            signal_delay: 0,
            leavers: Leavers::Hold,
            sessions: shard.sessions.clone(),
        };
        let exchange = self.exchange(shard.cost_tenths)?;
        Ok(backtest(&market, &universe, &exchange, &terms, &signal, strategy.as_mut())?)
    }
}

/// The fields that the market of a panel reads; stops need the range of a session.
fn fields(panel: &PanelHandle) -> Vec<String> {
    let range = ["high", "low"].into_iter().filter(|name| panel.fields().contains(*name));
    price_fields(panel).into_iter().chain(range.map(str::to_owned)).collect()
}

/// The same weights in every session; an instrument counts while it is listed.
fn scores(axis: &Axis, weights: &BTreeMap<String, f64>) -> Result<Vec<f64>, StudyError> {
    let mut scores = vec![0.0; axis.n_rows()];
    for (name, &weight) in weights {
        let i = axis.find(name).ok_or_else(|| unknown_instrument(axis, "strategy", name))?;
        scores[axis.rows(i)].fill(weight);
    }
    Ok(scores)
}

impl Stage for Allocate<'_> {
    const NAME: &'static str = "allocate";
    const VERSION: u32 = 2;
    type Inputs = AllocateInputs;
    type Shard = AllocateShard;
    type Output = Allocation;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Self { template, trading, cash } = self;
        let Trading {
            from: _, // The sessions of the shard say it.
            to: _,
            execution,
            costs,
            initial_cash,
            cash: _, // The rates that it comes to.
            lot,
            hold: _,
        } = trading;
        key.str("strategy", &serde_json::to_string(template).unwrap_or_default());
        key.str("execution", &serde_json::to_string(execution).unwrap_or_default());
        hash_costs(costs, key);
        hash_rates("sell_tax_bps", costs.sell_tax().ok().as_ref(), key);
        hash_rates("cash", Some(cash), key);
        key.f64("initial_cash", *initial_cash).f64("lot", *lot);
    }

    fn hash_inputs(
        &self,
        shard: &AllocateShard,
        inputs: &AllocateInputs,
        key: &mut KeyHasher,
    ) -> Result<(), StudyError> {
        let AllocateInputs { panel, histories, shards: _ } = inputs;
        let calendar = panel.axis().calendar();
        let number = |position: usize| i64::from(calendar.session(position).number());
        key.i64("first", number(shard.sessions.start)).i64("last", number(shard.sessions.end - 1));
        for (number, segment) in panel.segments().iter().enumerate() {
            if segment.positions.start < shard.sessions.end {
                key.group(&segment.label, |key| {
                    key.digest("axis", panel.axis_digest(number));
                    for name in fields(panel) {
                        key.digest(&name, &panel.digest(&name, number));
                    }
                });
            }
        }
        let Book::Strategy(setting) = &shard.book else { return Ok(()) };
        for Known { instrument, setting: of, manifest, first: _ } in histories {
            if let Some(part) = manifest.part("decisions.arrow").filter(|_| of == setting) {
                key.str("instrument", instrument).digest("decisions", &part.digest);
            }
        }
        Ok(())
    }

    fn shards(&self, inputs: &AllocateInputs) -> Vec<AllocateShard> {
        inputs.shards.clone()
    }

    fn run(
        &self,
        shard: &AllocateShard,
        inputs: &AllocateInputs,
        _: Budget,
    ) -> Result<Allocation, StudyError> {
        let fields = fields(&inputs.panel);
        let fields = fields.iter().map(String::as_str);
        let panel = inputs.panel.panel(fields, [])?.between(0..shard.sessions.end);
        let ledger = self.ledger(shard, &panel, |setting| inputs.regimes(panel.axis(), setting))?;
        let mut daily = daily(&ledger);
        daily.extend(weights(&ledger));
        Ok(Allocation {
            shard: shard.clone(),
            sessions: ledger.days.iter().map(|day| day.session).collect(),
            daily,
            measures: measures(&ledger),
            unfilled: unfilled(&ledger),
            notes: ledger.notes.iter().map(|note| (note.what.to_owned(), note.count)).collect(),
            caveats: ledger.caveats.iter().map(ToString::to_string).collect(),
        })
    }

    fn write(&self, allocation: &Allocation, draft: &mut Draft) -> Result<(), StoreError> {
        let sessions = allocation.sessions.iter().map(|session| session.number()).collect();
        let table = Table::new().i32("session", sessions);
        let columns = allocation.daily.iter();
        let table = columns.fold(table, |table, (name, values)| table.f64(name, values.clone()));
        draft.write_part("daily.arrow", |file| table.write(file))?;
        draft.info(serde_json::json!({
            "shard": allocation.shard, "measures": allocation.measures, "unfilled": allocation.unfilled,
            "notes": allocation.notes, "caveats": allocation.caveats,
        }));
        Ok(())
    }
}

/// The share of equity in each instrument that is ever held, at each close.
fn weights(ledger: &Backtest) -> Vec<(String, Vec<f64>)> {
    let mut weights = BTreeMap::<u32, Vec<f64>>::new();
    for position in &ledger.positions {
        let day = position.day as usize;
        let own = weights.entry(position.instrument).or_insert_with(|| vec![0.0; ledger.days.len()]);
        own[day] = position.value / ledger.days[day].equity;
    }
    let named = weights.into_iter();
    named.map(|(i, weights)| (format!("{WEIGHT}{}", ledger.instruments[i as usize]), weights)).collect()
}

/// Read what was stored.
pub fn read_allocation(store: &Store, manifest: &Manifest) -> Result<Allocation, StudyError> {
    let table = Table::read(&store.open_part(manifest, "daily.arrow")?)?;
    let names = table.names().filter(|name| *name != "session").map(str::to_owned).collect::<Vec<_>>();
    let daily = names.into_iter().map(|name| Ok((name.clone(), table.f64s(&name)?.to_vec())));
    Ok(Allocation {
        shard: read_facts(manifest, "shard")?,
        sessions: table.i32s("session")?.iter().map(|&number| Session::from_number(number)).collect(),
        daily: daily.collect::<Result<_, StoreError>>()?,
        measures: read_facts(manifest, "measures")?,
        unfilled: read_facts(manifest, "unfilled")?,
        notes: read_facts(manifest, "notes")?,
        caveats: read_facts(manifest, "caveats")?,
    })
}

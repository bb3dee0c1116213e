//! The proof that no decision of a regime study looks ahead.

use std::{ops::Range, time::Instant};

use backstaff_feature::{Feature, Plan};
use backstaff_panel::{Encoding, Panel};
use backstaff_portfolio::{Backtest, Rates, regime::RegimeInput, regime::Regimes};
use backstaff_regime::Walk;
use backstaff_stage::Store;

use super::{
    allocate::{Allocate, AllocateShard, Book},
    follow::{Follow, FollowShard, Setting, leaving},
    history::regime_of,
    run::RegimeStudy,
};
use crate::{
    StudyError,
    command::prove::{Leak, Pass, Perturbation, Proof, cuts, perturb},
    flow::{
        Flow, Watch,
        progress::{Event, Observer},
    },
};

/// What no pass can show.
const NOT_COVERED: [&str; 4] = [
    "values that the data files themselves had too early",
    "which instruments are in the file at all: a list of survivors looks ahead",
    "prices that the source adjusted backwards: their level knows later splits and dividends",
    "the search of the researcher: trying many settings and keeping the best one",
];

/// What is proved, before anything is changed.
struct Base<'a> {
    study: &'a RegimeStudy,
    features: Vec<Feature>,
    panel: Panel,
    cash: Rates,
    sessions: Range<usize>,
}

/// All decisions of a study on a panel.
struct Decided {
    walks: Vec<(String, Walk)>,
    ledger: Backtest,
}

impl RegimeStudy {
    /// Change everything after several sessions and show that no regime, model or order before them moves.
    pub fn prove(&self, n_dates: usize, observer: &dyn Observer) -> Result<Proof, StudyError> {
        let store = Store::open(self.store_path())?;
        self.on_threads(|| {
            let watch = Watch::new(observer);
            let flow = Flow::new(&store, &self.config().name, self.budget(), &watch)?;
            let (panel, features, cash, sessions) = self.basis(&flow)?;
            let base = Base { study: self, features, panel, cash, sessions };
            let decided = base.decide(&base.panel)?;
            let started = Instant::now();
            let cuts = cuts(base.sessions.clone(), n_dates);
            let steps = cuts.len() * Perturbation::ALL.len();
            observer.observe(&Event::Started { stage: "prove", steps });
            let mut passes = Vec::with_capacity(steps);
            for cut in cuts {
                for perturbation in Perturbation::ALL {
                    if observer.is_cancelled() {
                        return Err(StudyError::Interrupted);
                    }
                    passes.push(base.pass(&decided, cut, perturbation)?);
                    observer.observe(&Event::Advanced { stage: "prove", done: passes.len(), rows: 0 });
                }
            }
            Ok(Proof {
                study: self.config().name.clone(),
                passes,
                suspects: Vec::new(),
                not_covered: NOT_COVERED.to_vec(),
                seconds: started.elapsed().as_secs_f64(),
            })
        })
    }
}

impl Base<'_> {
    /// Regimes and orders from nothing but a panel.
    fn decide(&self, panel: &Panel) -> Result<Decided, StudyError> {
        let config = self.study.config();
        let axis = panel.axis();
        let observed = Plan::new(&self.features).compute(panel, Encoding::F64, &())?;
        let follow = Follow::without_store(&config.regimes);
        let setting = Setting::of(&config.regimes);
        let mut inputs = vec![None; axis.n_rows()];
        let mut walks = Vec::new();
        for name in config.strategy.read() {
            let Some(i) = axis.find(name) else { continue };
            let column = |column: &backstaff_panel::Column| {
                let mut values = vec![0.0; axis.rows(i).len()];
                column.decode(axis.rows(i), &mut values);
                values
            };
            let columns = observed.iter().map(column).collect::<Vec<_>>();
            let shard = FollowShard { instrument: name.to_owned(), setting: setting.clone() };
            let walk = follow.walk(&shard, axis, i, &columns)?;
            for (own, row) in axis.rows(i).enumerate() {
                inputs[row] = walk.decisions[own].as_ref().map(|decision| RegimeInput {
                    regime: regime_of(decision.label.kind()),
                    confidence: decision.confidence,
                    age: u32::try_from(decision.age).unwrap_or(u32::MAX),
                    leaving: leaving(&walk, own),
                });
            }
            walks.push((name.to_owned(), walk));
        }
        let sessions = self.sessions.start..self.sessions.end.min(axis.n_sessions());
        let shard = AllocateShard { book: Book::Strategy(setting), cost_tenths: 10, sessions };
        let stage =
            Allocate { template: &config.strategy, trading: &config.trading, cash: self.cash.clone() };
        let panel = panel.between(0..shard.sessions.end);
        let kept = axis.between(0..shard.sessions.end).1;
        let inputs = kept.into_iter().flat_map(|rows| inputs[rows].to_vec()).collect();
        let ledger = stage.ledger(&shard, &panel, |_| Ok(Regimes::new(panel.axis(), inputs)?))?;
        Ok(Decided { walks, ledger })
    }

    fn pass(&self, before: &Decided, cut: usize, perturbation: Perturbation) -> Result<Pass, StudyError> {
        let started = Instant::now();
        let session = self.panel.axis().calendar().session(cut);
        let changed = perturb(&self.panel, cut, perturbation)?;
        let after = self.decide(&changed)?;
        let (mut values, mut leaks) = (0, Vec::new());
        for (name, walk) in &before.walks {
            let decided = walk.decisions.iter().flatten().filter(|decision| decision.session <= session);
            let decided = decided.collect::<Vec<_>>();
            let other = after.walks.iter().find(|(other, _)| other == name);
            let other = other.map(|(_, walk)| walk.decisions.iter().flatten()).into_iter().flatten();
            let other = other.filter(|decision| decision.session <= session).collect::<Vec<_>>();
            values += decided.len();
            let moved = decided.iter().zip(&other).filter(|(a, b)| format!("{a:?}") != format!("{b:?}"));
            let mut moved = moved.map(|(a, _)| a.session);
            if let Some(first) = moved.next() {
                leaks.push(Leak::of("regimes", name, first.to_string(), 1 + moved.count()));
            } else if decided.len() != other.len() {
                leaks.push(Leak::of(
                    "regimes",
                    name,
                    session.to_string(),
                    decided.len().abs_diff(other.len()),
                ));
            }
        }
        let days = |ledger: &Backtest| {
            let days = ledger.days.iter().filter(|day| day.session <= session);
            days.map(|day| (day.session, format!("{day:?}"))).collect::<Vec<_>>()
        };
        let orders = |ledger: &Backtest| {
            let decisions = ledger.decisions.iter().filter(|decided| decided.session <= session);
            decisions.map(|decided| (decided.session, format!("{decided:?}"))).collect::<Vec<_>>()
        };
        let compared = days(&before.ledger).len();
        for (kind, old, new) in [
            ("ledger", days(&before.ledger), days(&after.ledger)),
            ("orders", orders(&before.ledger), orders(&after.ledger)),
        ] {
            if let Some((first, _)) = old.iter().zip(&new).find(|(old, new)| old != new).map(|(old, _)| old) {
                let moved = old.iter().zip(&new).filter(|(old, new)| old != new).count();
                leaks.push(Leak::of(kind, "strategy", first.to_string(), moved));
            } else if old.len() != new.len() {
                leaks.push(Leak::of(kind, "strategy", session.to_string(), old.len().abs_diff(new.len())));
            }
        }
        Ok(Pass {
            session: session.to_string(),
            perturbation,
            values,
            scores: 0,
            ledger_sessions: compared,
            leaks,
            seconds: started.elapsed().as_secs_f64(),
        })
    }
}

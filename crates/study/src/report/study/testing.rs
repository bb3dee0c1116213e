//! Small results of a study, made by hand for tests.

use backstaff_source::quality::{Check, Finding, Quality};
use std::{collections::BTreeMap, num::NonZeroU32, path::Path, sync::Arc};

use backstaff_learn::{evaluate::SeriesSummary, model::Importance};
use backstaff_panel::{Session, testing::weekdays};
use backstaff_portfolio::{Day, measure::Concentration};
use backstaff_stage::{KeyHasher, Store, digest_bytes};
use indexmap::IndexMap;

use super::account::own_measures;
use crate::{
    config::Config,
    flow::results::{FeatureFacts, Results},
    steps::{
        backtest::{
            BacktestResult, Detail, GroupShare, Held, Holder, Shortfall, StoredMeasure, TradeFacts, Variant,
        },
        check::ColumnCheck,
        evaluate::{Evaluation, EvaluationFacts, Summary},
        folds::{FoldFacts, PartFacts},
        labels::LabelFacts,
        suspects::{Suspect, SuspectKind},
        ties::TieFacts,
        train::FitFacts,
        yardstick::YardstickFacts,
    },
    stored::{
        delistings::{Delisted, DelistingFacts},
        encoding::{write_integers, write_texts},
        ledger::Daily,
        panel::PanelHandle,
    },
};

const TOP: &str = "{topk_dropout: {k: 2, n_drop: 1}}";

const STUDY: &str = "
backstaff: 1
name: made
about: Does anything come out? It should not.
data:
  prices:
    path: prices.parquet
    drop_rows: [{instrument: A, date: 2010-02-01}]
  attributes: {path: sectors.csv, categories: [sector], static: true}
  benchmark: {path: index.parquet, instrument: SPY}
universe: {member_from: date_added}
label: {horizon: 5}
folds:
  test: {from: 2010-06-01}
  train: {years: 1}
  validation: {months: 3}
models:
  trees: {lightgbm: {parameters: {num_leaves: 7}}}
  line: {ridge: {}}
portfolio:
  strategy: {topk_dropout: {k: 2, n_drop: 1}}
  costs: {commission_bps: 5, slippage_bps: 5}
";

/// The settings of the results to make.
#[derive(Clone, Debug)]
pub(super) struct Made {
    /// The return of the primary portfolio above the others in each session.
    pub(super) drift: f64,
    /// The mean rank IC of the primary model.
    pub(super) rank_ic: f64,
    /// Whether all instruments live to the end.
    pub(super) survivors: bool,
    /// The instrument that a table of delistings names; `None` if the data have no such table.
    pub(super) delisted: Option<&'static str>,
    /// Whether a feature is beyond belief.
    pub(super) suspects: bool,
    /// Whether the portfolio is long and short.
    pub(super) long_short: bool,
    /// The round at which early stopping cut the trees.
    pub(super) best_round: usize,
    /// The ties of the primary model's scores.
    pub(super) ties: TieFacts,
    /// The equal weight that everything is judged by.
    pub(super) yardstick: YardstickFacts,
    /// The number of sessions of the data; the last two thirds are tested.
    pub(super) n_sessions: usize,
}

impl Default for Made {
    fn default() -> Self {
        Self {
            drift: 0.0,
            rank_ic: 0.001,
            survivors: false,
            delisted: None,
            suspects: false,
            long_short: false,
            best_round: 20,
            ties: TieFacts { sessions: 400, places: 800, ..TieFacts::default() },
            yardstick: YardstickFacts::default(),
            n_sessions: 600,
        }
    }
}

/// Numbers between −1 and 1 without a pattern, the same for the same seed.
fn noise(seed: u64) -> impl Iterator<Item = f64> {
    let step = |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    std::iter::successors(Some(seed + 1), step)
        .skip(3)
        .map(|state| (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0)
}

impl Made {
    pub(super) fn results(&self) -> Results {
        let panel = self.panel();
        let calendar = &panel.axis().calendar().sessions().to_vec();
        let tested = &calendar[self.n_sessions / 3..];
        let strategy = if self.long_short { "{quantile_long_short: {quantile: 0.2}}" } else { TOP };
        let config = Config::from_yaml(&STUDY.replace(TOP, strategy), Path::new("made.yaml"), None).unwrap();
        let suspect = || Suspect {
            column: "vendor_score".to_owned(),
            foresees: "the label's own return (5 sessions)".to_owned(),
            kind: SuspectKind::Everywhere,
            correlation: 0.41,
            t: Some(30.0),
            n_sessions: 250,
            of_market: false,
            share: None,
        };
        Results {
            panel: Arc::new(panel),
            quality: quality(),
            matches: Vec::new(),
            features: vec![
                feature("mom_5d", "$close / Ref($close, 5) - 1"),
                feature("z", "CsZScore($x, by=sector)"),
                feature("zz", "Mean(z, 5)"),
            ],
            known_flaws: Vec::new(),
            suspects: if self.suspects { vec![suspect()] } else { Vec::new() },
            checks: vec![
                ColumnCheck { column: "mom_5d".to_owned(), n_present: 1700, n_partial: 0, constant: None },
                ColumnCheck { column: "z".to_owned(), n_present: 1700, n_partial: 170, constant: None },
                ColumnCheck { column: "zz".to_owned(), n_present: 1700, n_partial: 0, constant: Some(0.0) },
            ],
            ties: BTreeMap::from([("trees".to_owned(), self.ties)]),
            without_split: Vec::new(),
            yardstick: self.yardstick.clone(),
            late_start: None,
            labels: Some(LabelFacts { labelled: 1700, at_end: 15, delisted: 3, never_entered: 0 }),
            spread: Vec::new(),
            regimes: None,
            folds: folds(calendar, tested),
            left_out: Vec::new(),
            fits: IndexMap::from([
                ("trees".to_owned(), fits(1, self.best_round)),
                ("line".to_owned(), fits(2, 0)),
            ]),
            scores: Vec::new(),
            evaluations: IndexMap::from([
                ("trees".to_owned(), evaluation(tested, self.rank_ic, 7)),
                ("line".to_owned(), evaluation(tested, 0.0, 8)),
            ]),
            gauge: self.backtests(tested).into_iter().filter(is_gauge).collect(),
            backtests: self.backtests(tested),
            lineage: vec![("load".to_owned(), "()".to_owned(), KeyHasher::new().finish())],
            warnings: vec!["BAD is left out".to_owned()],
            config,
        }
    }

    fn panel(&self) -> PanelHandle {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let calendar = weekdays(self.n_sessions);
        let end = self.n_sessions as i64;
        let mut draft = store.draft("load", 1, KeyHasher::new().finish()).unwrap();
        write_texts(&mut draft, "instruments", ["A", "B", "C"]).unwrap();
        write_integers(&mut draft, "life_start", [0, 0, 0]).unwrap();
        let last = if self.survivors { end } else { end / 2 };
        write_integers(&mut draft, "life_end", [end, end, last]).unwrap();
        write_integers(&mut draft, "sessions", calendar.sessions().iter().map(|s| s.number().into()))
            .unwrap();
        draft.info(serde_json::json!({ "fields": ["close"], "categories": ["sector"], "facts": {
            "found": {
                "files": ["a.csv"], "rows": 1800, "instruments": 3, "first": "2010-01-01", "last": "2012-04-20",
                "coverage": 0.995, "date_format": "YYYY-MM-DD", "instrument_from": "the column Symbol",
                "columns": [{ "source": "Close", "name": "close", "role": "number" }],
                "ignored": [{ "source": "note", "why": "text" }],
                "calendar": {
                    "rule": "union of the dates", "sessions": 600, "sessions_per_year": 252.0, "resembles": null,
                    "dropped_rows": 2, "dropped_dates": [],
                },
                "adjustment": {
                    "used": "as_is", "why": "the study says so", "whole_cents": 0.2, "split_like_moves": 0,
                    "guess": "adjusted",
                },
                "static_categories": [], "warnings": [],
            },
            "excluded": [["BAD", "a price of −1"]],
            "warnings": ["there is no open"],
            "membership": [120, ["C"]],
            "static_categories": ["sector"],
            "delistings": self.delisted.map(|name| {
                let ended = Delisted { date: "2011-02-25".to_owned(), reason: None, recovery: None };
                DelistingFacts { instruments: BTreeMap::from([(name.to_owned(), ended)]), ..Default::default() }
            }),
            "quality": { "counts": [], "findings": [] },
        } }));
        PanelHandle::open(&store, draft.publish().unwrap()).unwrap()
    }

    fn backtests(&self, sessions: &[Session]) -> Vec<BacktestResult> {
        let trees = || Holder::Model("trees".to_owned());
        let variant =
            |holder: Holder, cost_tenths, delay| Variant { cost_tenths, delay, ..Variant::plain(holder) };
        [
            (variant(Holder::Model("line".to_owned()), 10, 0), 0.0),
            (variant(trees(), 10, 0), self.drift),
            (variant(Holder::EqualWeight, 10, 0), 0.0),
            (variant(Holder::EqualWeightUnmasked, 10, 0), 0.0001),
            (variant(Holder::Index, 10, 0), -0.0001),
            (variant(trees(), 0, 0), self.drift + 0.0001),
            (variant(Holder::EqualWeight, 0, 0), 0.0),
            (variant(trees(), 20, 0), self.drift - 0.0001),
            (variant(trees(), 10, 1), self.drift * 0.2),
        ]
        .into_iter()
        .enumerate()
        .map(|(seed, (variant, drift))| backtest(variant, sessions, drift, seed as u64))
        .collect()
    }
}

fn feature(name: &str, expression: &str) -> FeatureFacts {
    FeatureFacts {
        name: name.to_owned(),
        library: "made".to_owned(),
        expression: expression.to_owned(),
        look_back: "5 sessions".to_owned(),
        meaning: "made up </script>".to_owned(),
    }
}

fn quality() -> Quality {
    let finding = |check: Check, value| Finding {
        check,
        instrument: Some("A".to_owned()),
        session: Session::from_ymd(2010, 3, 1),
        value,
        detail: "looks odd".to_owned(),
    };
    Quality {
        broken: Vec::new(),
        counts: vec![(Check::RevertingJump, 1), (Check::Gap, 0), (Check::ThinSession, 1)],
        findings: vec![finding(Check::RevertingJump, 0.3), finding(Check::ThinSession, f64::NAN)],
    }
}

fn folds(calendar: &[Session], tested: &[Session]) -> Vec<FoldFacts> {
    let part = |sessions: &[Session]| PartFacts {
        from: sessions[0].to_string(),
        to: sessions[sessions.len() - 1].to_string(),
        rows: sessions.len() * 3,
        members: sessions.len() * 3 + 20,
        purged: 15,
        unlabelled: 5,
        weightless: 0,
    };
    let before = calendar.len() - tested.len();
    let half = tested.len() / 2;
    [(1, &tested[..half]), (2, &tested[half..])]
        .map(|(number, test)| FoldFacts {
            number,
            train: part(&calendar[..before / 2]),
            validation: part(&calendar[before / 2..before]),
            test: part(test),
            samples: digest_bytes(b"samples"),
            test_rows: digest_bytes(b"rows"),
        })
        .to_vec()
}

fn fits(seed: u64, best_round: usize) -> Vec<(u32, FitFacts)> {
    let fit = |fold: u32| FitFacts {
        draw: 0,
        n_train: 300,
        n_validation: 60,
        n_rounds: 50,
        best_round,
        penalty: (seed == 2).then_some(100.0),
        importance: noise(seed + u64::from(fold))
            .take(2)
            .zip(["mom_5d", "z"])
            .map(|(gain, name)| Importance { feature: name.to_owned(), gain: gain + 1.0, n_splits: 3 })
            .collect(),
    };
    vec![(1, fit(1)), (2, fit(2))]
}

fn evaluation(sessions: &[Session], mean: f64, seed: u64) -> Evaluation {
    let n = sessions.len();
    let values =
        |mean: f64, scale: f64, seed: u64| noise(seed).map(|x| mean + scale * x).take(n).collect::<Vec<_>>();
    let mut rank_ic = values(mean, 0.1, seed);
    rank_ic[n - 5..].fill(f64::NAN);
    let horizon = NonZeroU32::new(5).unwrap();
    let spread = values(0.0, 0.01, seed + 1);
    let mut series = vec![
        ("ic".to_owned(), values(mean, 0.1, seed + 2)),
        ("count".to_owned(), vec![3.0; n]),
        ("autocorrelation".to_owned(), vec![0.9; n]),
        ("top_turnover".to_owned(), vec![0.2; n]),
    ];
    for quantile in 1..=crate::steps::evaluate::N_QUANTILES {
        series.push((format!("quantile_{quantile}"), values(0.0, 0.01, seed + 10 + quantile as u64)));
    }
    let facts = EvaluationFacts {
        ic: SeriesSummary::of(&series[0].1, horizon).into(),
        rank_ic: SeriesSummary::of(&rank_ic, horizon).into(),
        spread: Summary::of_cohorts(&spread, horizon),
        quantile_means: vec![Some(0.001), Some(0.002), None, Some(0.002), Some(0.003)],
        autocorrelation: Some(0.9),
        top_turnover: None,
    };
    series.push(("rank_ic".to_owned(), rank_ic));
    series.push(("spread".to_owned(), spread));
    Evaluation { sessions: sessions.to_vec(), series, facts }
}

fn backtest(variant: Variant, sessions: &[Session], drift: f64, seed: u64) -> BacktestResult {
    let mut equity = vec![1e6];
    for (market, own) in noise(99).zip(noise(seed + 20)).take(sessions.len() - 1) {
        equity.push(equity[equity.len() - 1] * (1.0 + 0.0004 + 0.01 * market + 0.003 * own + drift));
    }
    let n = sessions.len();
    let share = |share: f64| equity.iter().map(|equity| equity * share).collect::<Vec<_>>();
    let day = |(&session, &equity): (&Session, &f64)| Day {
        session,
        equity,
        cash: equity * 0.02,
        long: equity * 0.98,
        short: 0.0,
        n_positions: 2,
        bought: equity * 0.05,
        sold: equity * 0.05,
        commission: equity * 0.00005,
        tax: 0.0,
        slippage: equity * 0.00005,
        borrow: 0.0,
        interest: 0.0,
        delisting_loss: 0.0,
        n_fills: 2,
        n_unfilled: 0,
    };
    let daily = Daily {
        days: sessions.iter().zip(&equity).map(day).collect(),
        cash_returns: vec![0.0; n],
        concentration: vec![Concentration { herfindahl: 0.5, largest: 0.5 }; n],
        cohorts: vec![share(0.5), share(0.5)],
    };
    let shortfall = Shortfall {
        session: sessions[1].to_string(),
        instrument: "C".to_owned(),
        side: "buy".to_owned(),
        asked: Some(10.0),
        filled: Some(0.0),
        reason: "halted".to_owned(),
    };
    let mut result = BacktestResult {
        variant,
        daily,
        trades: Vec::new(),
        positions: Vec::new(),
        wanted: Vec::new(),
        sessions_per_year: 252.0,
        measures: Vec::new(),
        unfilled: vec![("halted".to_owned(), 1)],
        shortfalls: vec![shortfall],
        n_delistings: 1,
        caveats: vec!["lots are counted in the shares of the file's prices".to_owned()],
        notes: vec![("decisions held fewer than n".to_owned(), 3)],
        detail: detail(),
    };
    let measures = own_measures(&result).into_iter().map(|measure| StoredMeasure {
        name: measure.name.to_owned(),
        title: measure.title.to_owned(),
        formula: measure.formula.to_owned(),
        unit: String::new(),
        value: measure.value.is_finite().then_some(measure.value),
    });
    result.measures = measures.collect();
    result
}

fn detail() -> Detail {
    let group = |group: &str, contribution: f64| GroupShare {
        group: group.to_owned(),
        mean_weight: 0.4,
        contribution,
        by_year: vec![(2010, contribution / 2.0), (2011, contribution / 2.0)],
    };
    let held = |instrument: &str, group: Option<&str>| Held {
        instrument: instrument.to_owned(),
        group: group.map(str::to_owned),
        weight: 0.49,
        shares: 1000.0,
        score: group.map(|_| 0.2),
        scored: group.map(|_| "2012-01-03".to_owned()),
    };
    Detail {
        grouped_by: Some("sector".to_owned()),
        groups: vec![group("energy", 0.1), group("utilities & <others>", -0.02)],
        trades: TradeFacts { n_closed: 40, n_open: 2, hit_rate: Some(0.5), ..TradeFacts::default() },
        book: vec![held("A", Some("energy")), held("B", None)],
    }
}

/// Whether a backtest stands for one over all sessions, too.
fn is_gauge(backtest: &BacktestResult) -> bool {
    let holder = &backtest.variant.holder;
    let is_plain = backtest.variant == Variant::plain(holder.clone());
    is_plain && !matches!(holder, Holder::Model(_))
}

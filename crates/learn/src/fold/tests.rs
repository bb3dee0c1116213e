use std::num::NonZeroU32;

use backstaff_panel::{
    Calendar,
    testing::{MarketSpec, market},
};
use proptest::prelude::*;

use super::*;
use crate::label::{Execution, ExecutionPrices, Horizon, Recoveries};

fn n(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

fn labels(spec: MarketSpec, horizon: u32) -> Labels {
    let prices = ExecutionPrices::new(&market(spec), Execution::Open).unwrap();
    Labels::forward_return(&prices, Horizon::new(horizon).unwrap(), &Recoveries::default())
}

fn everyone(labels: &Labels) -> Universe {
    Universe::new(vec![true; labels.values().len()])
}

fn date(text: &str) -> Session {
    text.parse().unwrap()
}

/// Weekdays from 2010-01-04 on.
fn yearly() -> WalkForward {
    WalkForward {
        from: date("2013-01-01"),
        to: date("2014-12-31"),
        every: Every::Year,
        history: FoldHistory::Years(n(3)),
        validation: Holdout::Months(n(6)),
        embargo: 0,
        min_rows: MinRows { train: 1, test: 1 },
    }
}

fn long() -> MarketSpec {
    MarketSpec { n_instruments: 5, n_sessions: 1300, ..MarketSpec::default() }
}

#[test]
fn years_follow_the_calendar() {
    let labels = labels(long(), 5);
    let calendar = labels.axis().calendar();
    let folds = yearly().folds(&everyone(&labels), &labels).unwrap().folds;
    assert_eq!(folds.len(), 2);
    let fold = &folds[1];
    assert_eq!(fold.number(), 2);
    let (from, to) = fold.train().sessions().unwrap();
    assert!(from >= date("2011-01-01") && to < date("2013-07-01"));
    let (from, to) = fold.validation().sessions().unwrap();
    assert!(from >= date("2013-07-01") && to < date("2014-01-01"));
    assert_eq!(fold.train().positions().end, fold.validation().positions().start);
    assert_eq!(fold.validation().positions().end, fold.test().positions().start);
    assert_eq!(calendar.session(fold.test().positions().start).year(), 2014);
    assert!(fold.train().n_purged() > 0);
    // The data end during 2014: tests need no labels.
    assert_eq!(fold.test().rows().len(), fold.test().n_members());
}

#[test]
fn sessions_and_quarters_are_cut_as_told() {
    let labels = labels(long(), 5);
    let calendar = labels.axis().calendar();
    let walk = WalkForward { every: Every::Quarter, ..yearly() };
    let quarters = walk.sessions(calendar).unwrap();
    assert_eq!(quarters.len(), 8);
    assert!(quarters.windows(2).all(|pair| pair[0].test.end == pair[1].test.start));
    let walk = WalkForward {
        every: Every::Sessions(n(100)),
        history: FoldHistory::Sessions(n(300)),
        validation: Holdout::Sessions(n(50)),
        ..yearly()
    };
    let folds = walk.sessions(calendar).unwrap();
    assert_eq!((folds[0].train.len(), folds[0].validation.len(), folds[0].test.len()), (250, 50, 100));
    assert_eq!(
        folds.iter().map(|fold| fold.test.len()).sum::<usize>(),
        quarters.iter().map(|quarter| quarter.test.len()).sum::<usize>()
    );
    let walk = WalkForward { history: FoldHistory::Expanding { min_sessions: n(10) }, ..walk };
    assert!(walk.sessions(calendar).unwrap().iter().all(|fold| fold.train.start == 0));
}

#[test]
fn purging_and_embargo_drop_what_reaches_too_far() {
    let spec =
        MarketSpec { missing: 0.0, mortal: 0.0, n_instruments: 1, n_sessions: 100, ..MarketSpec::default() };
    let labels = labels(spec, 5);
    let sessions = FoldSessions { train: 0..50, validation: 50..70, test: 70..100 };
    let fold = Fold::new(1, &sessions, 0, &everyone(&labels), &labels).unwrap();
    // A row at t enters at t + 1 and leaves at t + 6, which must come before session 50.
    assert_eq!(fold.train().rows().last(), Some(&43));
    assert_eq!((fold.train().n_purged(), fold.validation().rows().last()), (6, Some(&63)));
    let embargoed = Fold::new(1, &sessions, 3, &everyone(&labels), &labels).unwrap();
    assert_eq!(embargoed.train().rows().last(), Some(&40));
    let without = FoldSessions { train: 0..70, validation: 70..70, test: 70..100 };
    let fold = Fold::new(1, &without, 0, &everyone(&labels), &labels).unwrap();
    assert_eq!((fold.train().rows().last(), fold.validation().rows().len()), (Some(&63), 0));
}

#[test]
fn overlapping_sessions_make_no_fold() {
    let labels = labels(MarketSpec { n_sessions: 100, ..MarketSpec::default() }, 5);
    for (train, validation, test) in [
        (0..51, 50..70, 70..100),
        (0..50, 50..71, 70..100),
        (50..70, 0..50, 70..100),
        (0..50, 50..70, 70..101),
        (0..0, 50..70, 70..100),
        (0..50, 50..70, 70..70),
    ] {
        let error = Fold::new(1, &FoldSessions { train, validation, test }, 0, &everyone(&labels), &labels);
        assert!(matches!(error, Err(LearnError::Overlap { fold: 1 })));
    }
}

#[test]
fn what_cannot_be_tested_is_refused() {
    let labels = labels(long(), 5);
    let universe = everyone(&labels);
    let folds = |walk: &WalkForward| walk.folds(&universe, &labels).unwrap_err();
    let late = WalkForward { from: date("2019-01-01"), to: date("2020-01-01"), ..yearly() };
    assert!(matches!(folds(&late), LearnError::TestWindow { .. }));
    let too_long = WalkForward { to: date("2016-01-01"), ..yearly() };
    assert!(matches!(folds(&too_long), LearnError::TestWindow { .. }));
    let early = WalkForward { from: date("2012-01-01"), ..yearly() };
    let error = folds(&early);
    assert!(matches!(error, LearnError::TooShort { fold: 1, .. }), "{error}");
    let hungry = WalkForward { history: FoldHistory::Sessions(n(900)), ..yearly() };
    assert!(matches!(folds(&hungry), LearnError::TooFewSessions { fold: 1, needed: 900, .. }));
    let all_validation = WalkForward { validation: Holdout::Months(n(36)), ..yearly() };
    assert!(matches!(folds(&all_validation), LearnError::TooFewSessions { .. }));
    let nobody = Universe::new(vec![false; labels.values().len()]);
    let error = yearly().folds(&nobody, &labels).unwrap_err();
    assert!(matches!(error, LearnError::NoFolds { n: 2, .. }));
    assert!(error.to_string().contains("fold 1: the universe is empty in training"), "{error}");
    let empty = Calendar::new(Vec::new());
    assert!(matches!(yearly().sessions(&empty), Err(LearnError::NoSessions)));
}

#[test]
fn a_horizon_longer_than_training_leaves_nothing() {
    let labels = labels(MarketSpec { n_sessions: 100, ..MarketSpec::default() }, 30);
    let sessions = FoldSessions { train: 0..20, validation: 20..20, test: 20..100 };
    let error = Fold::new(3, &sessions, 0, &everyone(&labels), &labels).unwrap_err();
    assert!(matches!(error, LearnError::NoSamples { fold: 3, segment: "training", .. }));
}

#[test]
fn a_fold_of_too_few_rows_is_left_out_and_told() {
    let labels = labels(long(), 5);
    let axis = labels.axis();
    // Nobody is eligible from 2014 on.
    let early = |row: usize| axis.calendar().session(axis.position_of(row)) < date("2014-01-01");
    let universe = Universe::new((0..labels.values().len()).map(early).collect());
    let walked = yearly().folds(&universe, &labels).unwrap();
    assert_eq!(walked.folds.iter().map(Fold::number).collect::<Vec<_>>(), [1]);
    let [left_out] = &walked.left_out[..] else { panic!() };
    assert_eq!((left_out.number, left_out.test.0.year()), (2, 2014));
    assert!(matches!(left_out.why, LearnError::EmptyUniverse { fold: 2, segment: "the test", .. }));
    let most = walked.folds[0].train().rows().len();
    for (train, kept) in [(most, true), (most + 1, false)] {
        let walk = WalkForward { min_rows: MinRows { train, test: 1 }, ..yearly() };
        assert_eq!(walk.folds(&universe, &labels).is_ok(), kept);
    }
    let walk = WalkForward { min_rows: MinRows { train: 1, test: 100_000 }, ..yearly() };
    let error = walk.folds(&universe, &labels).unwrap_err().to_string();
    assert!(error.contains("fold 1: the test has") && error.contains("100000"), "{error}");
}

#[test]
fn peers_are_known_as_early_as_the_rows() {
    let labels = labels(long(), 5);
    let universe = Universe::new((0..labels.values().len()).map(|row| row % 3 == 0).collect());
    let sessions = FoldSessions { train: 0..500, validation: 500..600, test: 600..700 };
    let some = Fold::new(1, &sessions, 2, &universe, &labels).unwrap();
    let all = Fold::new(1, &sessions, 2, &everyone(&labels), &labels).unwrap();
    assert_eq!(some.train().peers(&labels), all.train().rows());
    assert_eq!(some.validation().peers(&labels), all.validation().rows());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_label_reaches_what_comes_next(
        seed in 0..1000_u64,
        horizon in 1..12_u32,
        embargo in 0..6_u32,
        every in 5..60_u32,
        history in 30..120_u32,
        validation in 0..20_u32,
    ) {
        let spec = MarketSpec { n_instruments: 6, n_sessions: 260, mortal: 0.5, missing: 0.2, seed, ..MarketSpec::default() };
        let labels = labels(spec, horizon);
        let universe = Universe::new((0..labels.values().len()).map(|row| row % 3 != 0).collect());
        let calendar = labels.axis().calendar();
        let walk = WalkForward {
            from: calendar.session(130),
            to: calendar.session(259),
            every: Every::Sessions(n(every)),
            history: FoldHistory::Sessions(n(history)),
            validation: NonZeroU32::new(validation).map_or(Holdout::None, Holdout::Sessions),
            embargo,
            min_rows: MinRows { train: 1, test: 1 },
        };
        let Ok(Folds { folds, left_out }) = walk.folds(&universe, &labels) else { return Ok(()) };
        prop_assume!(left_out.is_empty());
        let axis = labels.axis();
        let mut tested = 0;
        for fold in &folds {
            let gap = embargo as usize;
            let next = [fold.validation(), fold.test()].into_iter().find(|s| !s.positions().is_empty()).unwrap();
            for (segment, next) in [(fold.train(), next.positions().start), (fold.validation(), fold.test().positions().start)] {
                for &row in segment.rows() {
                    let span = labels.span(row as usize).unwrap();
                    prop_assert!(axis.position_of(row as usize) < span.entry as usize);
                    prop_assert!((span.exit as usize) + gap < next);
                    prop_assert!(segment.positions().contains(&axis.position_of(row as usize)));
                    prop_assert!(universe.contains(row as usize));
                }
                prop_assert_eq!(segment.rows().len() + segment.n_purged() + segment.n_unlabelled(), segment.n_members());
            }
            tested += fold.test().rows().len();
        }
        let members = |position: &usize| axis.by_session().rows(*position).iter().filter(|&&row| universe.contains(row as usize)).count();
        prop_assert_eq!(tested, (130..260).map(|position| members(&position)).sum::<usize>());
    }
}

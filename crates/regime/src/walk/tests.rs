//! Counts of fits, and that nothing knows the future.

use std::num::NonZeroUsize;

use backstaff_panel::testing::weekdays_from;
use proptest::prelude::*;

use super::*;
use crate::testing::{market, noise, seen};

/// Weekdays from a Monday on.
fn weekdays(count: usize) -> Vec<Session> {
    weekdays_from(Session::from_ymd(2020, 1, 6).unwrap()).take(count).collect()
}

fn options(schedule: Schedule) -> WalkOptions {
    let fit = FitOptions { max_iterations: 20, ..FitOptions::new(2).with_starts(Start::first(2)) };
    WalkOptions { schedule, look_back: 60, ..WalkOptions::new(fit) }
}

fn walked(values: &[f64], options: &WalkOptions) -> Walk {
    let (sessions, observations) = (weekdays(values.len()), seen(values));
    let instrument = Instrument::new("SPY");
    let request =
        WalkRequest { instrument: &instrument, sessions: &sessions, observations: &observations, options };
    walk(request, &ModelCache::off()).unwrap()
}

#[test]
fn every_schedule_has_its_exact_number_of_fits() {
    // 260 weekdays from 2020-01-06; the first fit is at the 60th bar, 2020-03-27, and the last bar is 2021-01-01.
    let values = market(260);
    let count = |schedule| walked(&values, &options(schedule)).fits.len();
    assert_eq!(count(Schedule::Never), 1);
    assert_eq!(count(Schedule::Monthly), 1 + 10);
    assert_eq!(count(Schedule::Weekly), 1 + 40);
    assert_eq!(count(Schedule::Daily), 1 + 200);
    assert_eq!(count(Schedule::EveryBars(NonZeroUsize::new(7).unwrap())), 1 + 200 / 7);
    let monthly = walked(&values, &options(Schedule::Monthly));
    assert_eq!((monthly.fits[0].row, monthly.fits[0].session.to_string()), (59, "2020-03-27".to_owned()));
    assert_eq!(monthly.fits[1].session.to_string(), "2020-04-01");
    assert_eq!(monthly.fits[10].session.to_string(), "2021-01-01");
    assert!(monthly.decisions[..59].iter().all(Option::is_none));
    assert!(monthly.decisions[59..].iter().all(Option::is_some));
}

#[test]
fn a_series_begins_with_its_first_observation() {
    let mut values = vec![f64::NAN; 30];
    values.extend(market(100));
    let found = walked(&values, &options(Schedule::Never));
    assert_eq!(found.fits[0].row, 30 + 59);
    assert_eq!(found.decisions.len(), 130);
}

#[test]
fn a_failed_fit_is_told_and_the_last_model_stays() {
    let mut values = market(200);
    values[90..].fill(0.25);
    let found = walked(&values, &options(Schedule::EveryBars(NonZeroUsize::new(20).unwrap())));
    assert!(!found.failures.is_empty());
    assert!(matches!(found.failures[0].reason, RegimeError::Constant { .. }));
    assert!(found.decisions[59..].iter().all(Option::is_some));
    let constant = walked(&[0.25; 80], &options(Schedule::Never));
    assert_eq!((constant.fits.len(), constant.failures.len()), (0, 21));
}

#[test]
fn a_decision_tells_what_its_model_says() {
    let found = walked(&market(200), &options(Schedule::Monthly));
    let mut age = 0;
    let mut state = usize::MAX;
    for (row, decision) in found.decisions.iter().enumerate().skip(59) {
        let decision = decision.as_ref().unwrap();
        age = if decision.state == state { age + 1 } else { 1 };
        state = decision.state;
        assert_eq!(decision.age, age);
        assert_eq!(decision.confidence, decision.probabilities[state]);
        let next = found.forecast(row, 1).unwrap();
        assert_eq!(decision.expected_return, next.means[0]);
        assert_eq!(decision.expected_volatility, next.variances[0].sqrt());
        assert_eq!(found.regimes().row(row), &*decision.probabilities);
        assert!(found.fits[decision.fit].row <= row);
    }
    assert!(found.regimes().row(58)[0].is_nan() && found.forecast(58, 1).is_none());
}

#[test]
fn a_state_keeps_its_number_over_refits() {
    let found = walked(&market(260), &options(Schedule::Weekly));
    let wild = |record: &FitRecord| record.model.variance(0, 0) > record.model.variance(1, 0);
    let same = found.fits.iter().filter(|record| wild(record) == wild(&found.fits[0])).count();
    assert!(same * 10 >= found.fits.len() * 9, "{same} of {}", found.fits.len());
}

#[test]
fn warm_refits_take_fewer_iterations() {
    let values = market(260);
    let cold = options(Schedule::Daily);
    let cold =
        WalkOptions { fit: FitOptions { max_iterations: 300, tolerance: 1e-6, ..cold.fit.clone() }, ..cold };
    let warm = WalkOptions { refit: Refit::Warm { fresh: Vec::new() }, ..cold.clone() };
    let iterations =
        |options| walked(&values, options).fits.iter().map(|record| record.fit.iterations).sum::<usize>();
    assert!(iterations(&warm) * 2 < iterations(&cold));
}

#[test]
fn requests_that_cannot_be_are_refused() {
    let (sessions, observations, instrument) = (weekdays(80), seen(&market(80)), Instrument::new("SPY"));
    let with = |sessions: &[Session], options: &WalkOptions| {
        let request = WalkRequest { instrument: &instrument, sessions, observations: &observations, options };
        walk(request, &ModelCache::off()).unwrap_err()
    };
    let monthly = options(Schedule::Monthly);
    assert_eq!(with(&sessions[1..], &monthly), RegimeError::Sessions { sessions: 79, rows: 80 });
    let mut backwards = sessions.clone();
    backwards.swap(3, 4);
    assert!(matches!(with(&backwards, &monthly), RegimeError::Order { row: 4, .. }));
    let short = WalkOptions { look_back: 3, ..monthly.clone() };
    assert!(matches!(with(&sessions, &short), RegimeError::LookBack { look_back: 3, needed: 4, .. }));
}

fn histories() -> BTreeMap<Instrument, InstrumentHistory> {
    let history = |values: Vec<f64>, schedule| InstrumentHistory {
        sessions: weekdays(values.len()),
        observations: seen(&values),
        options: options(schedule),
    };
    BTreeMap::from([
        (Instrument::new("SPY"), history(market(200), Schedule::Weekly)),
        (Instrument::new("TLT"), history(noise(5, 150), Schedule::Monthly)),
        (Instrument::new("CASH"), history(vec![0.0; 100], Schedule::Never)),
    ])
}

#[test]
fn an_unknown_instrument_is_answered_with_a_near_name_or_those_that_there_are() {
    let error = |histories: &BTreeMap<_, _>| unknown(&Instrument::new("GOLD"), histories).to_string();
    assert!(error(&histories()).ends_with("there are `CASH`, `SPY`, `TLT`"), "{}", error(&histories()));
    assert!(error(&BTreeMap::new()).ends_with("there are none at all"));
}

#[test]
fn every_requested_instrument_is_answered_with_the_bits_of_a_walk_alone() {
    let histories = histories();
    let requested = ["SPY", "SPQ", "TLT", "CASH"].map(Instrument::new);
    let alone = ["SPY", "TLT"].map(|name| {
        let instrument = Instrument::new(name);
        let InstrumentHistory { sessions, observations, options } = &histories[&instrument];
        let request = WalkRequest { instrument: &instrument, sessions, observations, options };
        walk(request, &ModelCache::off()).unwrap().decisions
    });
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for cache in [ModelCache::off(), ModelCache::new(1 << 24)] {
            let found = pool.install(|| walk_each(&requested, &histories, &cache));
            assert_eq!(found.iter().map(|(instrument, _)| instrument.clone()).collect::<Vec<_>>(), requested);
            assert_eq!(found[0].1.as_ref().unwrap().decisions, alone[0]);
            assert_eq!(found[2].1.as_ref().unwrap().decisions, alone[1]);
            let unknown = found[1].1.as_ref().unwrap_err().to_string();
            assert!(
                unknown.contains("no instrument SPQ") && unknown.contains("nearest name is SPY"),
                "{unknown}"
            );
            assert_eq!(found[3].1.as_ref().unwrap().failures.len(), 41);
        }
    }
}

#[test]
fn a_second_walk_finds_all_its_fits() {
    let (histories, cache) = (histories(), ModelCache::new(1 << 24));
    let requested = [Instrument::new("SPY"), Instrument::new("TLT")];
    let first = walk_each(&requested, &histories, &cache);
    let fits = first.iter().map(|(_, walk)| walk.as_ref().unwrap().fits.len() as u64).sum::<u64>();
    assert_eq!((cache.statistics().hits, cache.statistics().misses), (0, fits));
    let second = walk_each(&requested, &histories, &cache);
    assert_eq!((cache.statistics().hits, cache.statistics().misses), (fits, fits));
    for (first, second) in first.iter().zip(&second) {
        assert_eq!(first.1.as_ref().unwrap().decisions, second.1.as_ref().unwrap().decisions);
    }
    let mut off = histories;
    for history in off.values_mut() {
        history.options.cache = CacheUse::Off;
    }
    walk_each(&requested, &off, &cache);
    assert_eq!(cache.statistics().hits + cache.statistics().misses, 2 * fits);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn later_bars_change_no_bit_of_an_earlier_decision(
        cut in 60..180_usize, gap in 60..170_usize, is_warm in any::<bool>(), seed in 1..99_u64,
    ) {
        let mut values = noise(seed, 180);
        values[gap] = f64::NAN;
        let refit = if is_warm { Refit::Warm { fresh: vec![Start::Random(3)] } } else { Refit::Cold };
        let options = WalkOptions { refit, ..options(Schedule::Weekly) };
        let whole = walked(&values, &options);
        let part = walked(&values[..cut], &options);
        prop_assert_eq!(&whole.decisions[..cut], &part.decisions[..]);
        let mut other = values;
        other[cut..].fill(7.0);
        prop_assert_eq!(&walked(&other, &options).decisions[..cut], &part.decisions[..]);
    }
}

#[test]
fn a_halt_longer_than_the_look_back_ends_nothing() {
    let mut values = market(400);
    values[100..260].fill(f64::NAN);
    for schedule in [Schedule::Never, Schedule::Monthly] {
        let found = walked(&values, &options(schedule));
        assert!(found.decisions[59..].iter().all(Option::is_some));
        assert_eq!(found.failures.is_empty(), schedule == Schedule::Never, "nothing to fit is told");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_walker_that_goes_on_from_a_state_decides_the_same(
        gap in 0..150_usize, length in 0..90_usize, cuts in prop::collection::vec(0..200_usize, 0..6),
        weekly: bool, zeros: bool,
    ) {
        let mut values = market(200);
        values[gap..(gap + length).min(200)].fill(f64::NAN);
        if zeros {
            // Left for ever after the first half: the filter then reckons in logarithms.
            values[100..].iter_mut().for_each(|value| *value += 0.5);
        }
        let options = options(if weekly { Schedule::Weekly } else { Schedule::Monthly });
        let expected = walked(&values, &options);
        let (instrument, cache, sessions) = (Instrument::new("SPY"), ModelCache::off(), weekdays(200));
        let mut state = Vec::new();
        let mut cuts = cuts;
        cuts.extend([0, 200]);
        cuts.sort_unstable();
        for piece in cuts.windows(2) {
            let mut walker = Walker::resume(&instrument, 1, &options, &cache, &state).unwrap();
            for t in piece[0]..piece[1] {
                prop_assert_eq!(walker.step(sessions[t], &values[t..=t]).unwrap(), expected.decisions[t]);
            }
            state = walker.state();
        }
        let mut whole = Walker::new(&instrument, 1, &options, &cache).unwrap();
        for t in 0..200 {
            whole.step(sessions[t], &values[t..=t]).unwrap();
        }
        let bits = |state: &[f64]| state.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&whole.state()), bits(&state));
    }
}

#[test]
fn numbers_that_are_no_state_are_refused() {
    let (instrument, cache, options) = (Instrument::new("SPY"), ModelCache::off(), options(Schedule::Weekly));
    let mut walker = Walker::new(&instrument, 1, &options, &cache).unwrap();
    for (session, value) in weekdays(80).into_iter().zip(market(80)) {
        walker.step(session, &[value]).unwrap();
    }
    let state = walker.state();
    let resumed = |state: &[f64]| Walker::resume(&instrument, 1, &options, &cache, state).map(|_| ());
    assert_eq!(resumed(&state), Ok(()));
    assert_eq!(resumed(&state[..50]), Err(RegimeError::State { numbers: 50 }));
    assert!(resumed(&[&state[..], &[1.0]].concat()).is_err());
    assert!(resumed(&[0.5; 40]).is_err());
}

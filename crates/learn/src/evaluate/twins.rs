//! Measures against their slow, obvious twins on markets with late listings, delistings and holes.

use backstaff_panel::{
    Categories, Universe,
    testing::{MarketSpec, market},
};
use proptest::prelude::*;

use super::*;
use crate::label::Horizon;

struct Made {
    axis: Arc<Axis>,
    scores: Vec<f64>,
    outcome: Vec<f64>,
    groups: Categories,
    universe: Universe,
}

/// A small market; every eleventh row is no member, and scores are coarse, so that many tie.
fn made(seed: u64, coarse: f64) -> Made {
    let spec = MarketSpec { n_instruments: 12, n_sessions: 30, missing: 0.1, seed, ..MarketSpec::default() };
    let panel = market(spec);
    let field = |name: &str| panel.field(name).unwrap().to_f64();
    let scores = field("close").iter().map(|close| (close / coarse).round()).collect();
    let universe = Universe::new((0..panel.axis().n_rows()).map(|row| row % 11 != 3).collect());
    let groups = (**panel.categories("sector").unwrap()).clone();
    Made { axis: panel.axis().clone(), scores, outcome: field("volume"), groups, universe }
}

impl Made {
    fn cross<'a>(&'a self, values: &'a [f64]) -> Cross<'a> {
        Cross::new(&self.axis, values, &self.universe).unwrap()
    }

    /// The value of a member.
    fn value(&self, values: &[f64], i: usize, position: usize) -> Option<f64> {
        let row = self.axis.row(i, position)?;
        (self.universe.contains(row) && values[row].is_finite()).then(|| values[row])
    }
}

fn same(found: &[f64], wanted: impl Fn(usize) -> f64) -> Result<(), TestCaseError> {
    for (position, found) in found.iter().enumerate() {
        let wanted = wanted(position);
        let is_same = found.is_nan() && wanted.is_nan() || (found - wanted).abs() < 1e-12;
        prop_assert!(is_same, "session {position}: {found} is not {wanted}");
    }
    Ok(())
}

fn rank_correlation(pairs: &[(f64, f64)]) -> f64 {
    let (x, y): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    if x.len() < MIN_INSTRUMENTS { f64::NAN } else { backstaff_statistics::rank_correlation(&x, &y) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn old_scores_are_ranked_among_those_that_have_an_outcome(seed in 0..1000_u64, age in 0..9_usize) {
        let made = made(seed, 20.0);
        let rankings = Rankings::of(&made.cross(&made.scores));
        let found = rankings.correlation_with(&Rankings::of(&made.cross(&made.outcome)), age);
        same(&found, |position| {
            let Some(before) = position.checked_sub(age) else { return f64::NAN };
            let pair = |i| Some((made.value(&made.scores, i, before)?, made.value(&made.outcome, i, position)?));
            rank_correlation(&(0..made.axis.n_instruments()).filter_map(pair).collect::<Vec<_>>())
        })?;
    }

    #[test]
    fn a_fresh_score_has_the_rank_ic(seed in 0..1000_u64) {
        let made = made(seed, 5.0);
        let wanted = information_coefficients(&made.cross(&made.scores), &made.outcome).rank;
        let outcome = made.cross(&made.outcome);
        let found = Rankings::of(&made.cross(&made.scores)).correlation_with(&Rankings::of(&outcome), 0);
        let bits = |series: &[f64]| series.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&found), bits(&wanted));
    }

    #[test]
    fn quantiles_change_by_those_who_are_new(seed in 0..1000_u64, lag in 1..6_u32, quantile in 0..3_usize) {
        let made = made(seed, 20.0);
        let found = QuantileMembers::of(&made.cross(&made.scores), 3).turnover(quantile, Horizon::new(lag).unwrap());
        let members = |position: usize| {
            let of = |i| Some((i, made.value(&made.scores, i, position)?));
            let scored = (0..made.axis.n_instruments()).filter_map(of).collect::<Vec<_>>();
            let n = scored.len() as f64;
            let is_in = |score: f64| {
                let below = scored.iter().filter(|other| other.1 < score).count() as f64;
                let tied = scored.iter().filter(|other| other.1 == score).count() as f64;
                n >= 3.0 && ((below + tied / 2.0) / n * 3.0) as usize == quantile
            };
            scored.iter().filter(|(_, score)| is_in(*score)).map(|(i, _)| *i).collect::<Vec<_>>()
        };
        same(&found, |position| {
            let Some(before) = position.checked_sub(lag as usize) else { return f64::NAN };
            let (now, then) = (members(position), members(before));
            let new = now.iter().filter(|i| !then.contains(i)).count();
            if then.is_empty() { f64::NAN } else { new as f64 / now.len() as f64 }
        })?;
    }

    #[test]
    fn within_groups_is_the_weighted_mean_of_the_groups(seed in 0..1000_u64) {
        // Without ties, which would give groups other weights.
        let made = made(seed, 1e-9);
        let found = group_rank_coefficients(&made.cross(&made.scores), &made.outcome, &made.groups);
        same(&found, |position| {
            let (mut sum, mut weights, mut n) = (0.0, 0.0, 0);
            for group in made.groups.names() {
                let pair = |i| {
                    let own = made.groups.name(made.axis.row(i, position)?)?;
                    let pair = (made.value(&made.scores, i, position)?, made.value(&made.outcome, i, position)?);
                    (own == group).then_some(pair)
                };
                let pairs = (0..made.axis.n_instruments()).filter_map(pair).collect::<Vec<_>>();
                if pairs.len() > 1 {
                    let (x, y): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
                    let weight = x.len() as f64 - 1.0 / x.len() as f64;
                    sum += weight * backstaff_statistics::rank_correlation(&x, &y);
                    weights += weight;
                    n += pairs.len();
                }
            }
            if n < MIN_INSTRUMENTS { f64::NAN } else { sum / weights }
        })?;
    }
}

#[test]
fn the_shape_of_a_session_is_that_of_pandas() {
    let panel = market(MarketSpec {
        n_instruments: 8,
        n_sessions: 1,
        missing: 0.0,
        mortal: 0.0,
        ..MarketSpec::default()
    });
    let everyone = Universe::new(vec![true; 8]);
    let of = |values: &[f64]| cross_sections(&Cross::new(panel.axis(), values, &everyone).unwrap())[0];
    let found = of(&[0.3, -1.2, 0.3, 4.5, 2.2, -0.7, 0.0, 1.1]);
    assert!((found.mean - 0.8125).abs() < 1e-15 && found.n == 8);
    assert!((found.deviation - 1.817_720_314_805_647_6).abs() < 1e-14);
    assert!((found.skewness - SKEWNESS).abs() < 1e-13, "{}", found.skewness);
    let constant = of(&[0.1; 8]);
    assert_eq!((constant.mean, constant.deviation), (0.1, 0.0));
    assert!(constant.skewness.is_nan() && of(&[f64::NAN; 8]).mean.is_nan());
}

#[test]
fn a_steady_rise_is_monotonic() {
    assert!((monotonicity(&[-0.1, 0.0, 0.1, 0.3]) - 1.0).abs() < 1e-12);
    assert!((monotonicity(&[0.3, 0.2, 0.1]) + 1.0).abs() < 1e-12);
    assert!(monotonicity(&[0.1, f64::NAN, 0.2]).is_nan() && monotonicity(&[0.1; 3]).is_nan());
}

const SKEWNESS: f64 = 1.281_894_043_676_862;

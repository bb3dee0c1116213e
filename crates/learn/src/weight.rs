//! How much a training row counts.

use backstaff_statistics::mean;

use crate::LearnError;

/// How the weight of a training row falls with its age, counted in calendar days.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Decay {
    /// `exp(2 · decay · position)`, where the position of the first day is 0 and that of the last day is 1. A decay of
    /// 0.7 lets the last day count four times as much as the first, however long the training.
    Exponential(f64),
    /// Half as much for every this many days of age.
    HalfLifeDays(f64),
}

impl Decay {
    /// `exp(2 · decay · position)`.
    ///
    /// # Errors
    ///
    /// If the decay is negative or not finite.
    pub fn exponential(decay: f64) -> Result<Self, LearnError> {
        if decay.is_finite() && decay >= 0.0 {
            return Ok(Self::Exponential(decay));
        }
        Err(LearnError::Parameter { what: "the decay of weights", value: decay, condition: "0 or more" })
    }

    /// Weights that halve for every this many days of age.
    ///
    /// # Errors
    ///
    /// If the half-life is not positive and finite.
    pub fn half_life(days: f64) -> Result<Self, LearnError> {
        if days.is_finite() && days > 0.0 {
            return Ok(Self::HalfLifeDays(days));
        }
        Err(LearnError::Parameter { what: "the half-life of weights", value: days, condition: "above 0" })
    }

    /// One weight for each row, in their order; their mean is 1.
    ///
    /// - Shape: `days` is the day number of each row's session, in any order.
    /// - Look-ahead: none beyond the last of `days`, that of the training's newest row.
    ///
    /// ```
    /// use backstaff_learn::weight::Decay;
    /// let weights = Decay::half_life(10.0)?.weights(&[100, 110]);
    /// assert_eq!(weights, [2.0 / 3.0, 4.0 / 3.0]);
    /// # Ok::<(), backstaff_learn::LearnError>(())
    /// ```
    pub fn weights(self, days: &[i32]) -> Vec<f64> {
        let (Some(&first), Some(&last)) = (days.iter().min(), days.iter().max()) else { return Vec::new() };
        let age = |day: i32| f64::from(last) - f64::from(day);
        // Counted back from the last day, so that nothing overflows: a common factor doesn't outlive the mean.
        let weight = |&day: &i32| match self {
            Self::Exponential(_) if first == last => 1.0,
            Self::Exponential(decay) => libm::exp(-2.0 * decay * age(day) / age(first)),
            Self::HalfLifeDays(half_life) => libm::exp2(-age(day) / half_life),
        };
        let mut weights = days.iter().map(weight).collect::<Vec<_>>();
        let mean = mean(&weights);
        for weight in &mut weights {
            *weight /= mean;
        }
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_counts_most_and_the_mean_is_one() {
        // numpy: w = exp(2 * 0.7 * [0, 0.1, 0.5, 1]); w / w.mean()
        let weights = Decay::exponential(0.7).unwrap().weights(&[0, 10, 50, 100]);
        let expected = [
            0.486_663_801_399_807_2,
            0.559_796_619_602_455_4,
            0.980_020_547_696_736_1,
            1.973_519_031_301_001_4,
        ];
        for (found, expected) in weights.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-14, "{found} is not {expected}");
        }
        assert!((weights.iter().sum::<f64>() - 4.0).abs() < 1e-12);
        assert!((weights[3] / weights[0] - libm::exp(1.4)).abs() < 1e-12);
    }

    #[test]
    fn no_decay_and_a_single_day_weigh_all_the_same() {
        assert_eq!(Decay::exponential(0.0).unwrap().weights(&[3, 1, 2]), [1.0; 3]);
        assert_eq!(Decay::exponential(2.0).unwrap().weights(&[7, 7]), [1.0; 2]);
        assert!(Decay::exponential(1.0).unwrap().weights(&[]).is_empty());
    }

    #[test]
    fn a_steep_decay_neither_overflows_nor_vanishes() {
        let weights = Decay::exponential(1e4).unwrap().weights(&[0, 1000]);
        assert_eq!(weights, [0.0, 2.0]);
    }

    #[test]
    fn what_is_no_decay_is_refused() {
        assert!(Decay::exponential(-0.1).is_err() && Decay::exponential(f64::NAN).is_err());
        assert!(Decay::half_life(0.0).is_err() && Decay::half_life(f64::INFINITY).is_err());
    }
}

//! What a portfolio is judged by: its return above the benchmark, or its alpha to it.

/// The distance of beta from 1 beyond which the difference of returns is mostly a bet on the market.
const BETA: f64 = 0.1;
/// The mean exposure below which the difference of returns is mostly one of cash.
const EXPOSURE: f64 = 0.95;

/// The difference to the benchmark by which a portfolio is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Yardstick {
    /// The difference of returns: for portfolios that go with the benchmark one for one.
    Excess,
    /// The return beyond the portfolio's beta to the benchmark: for portfolios whose difference to the benchmark is a
    /// bet on or against the market first of all.
    Alpha(Because),
}

/// The reason why alpha takes the place of the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Because {
    /// The portfolio is long and short.
    LongShort,
    /// Its beta is more than 0.1 away from 1.
    Beta,
    /// It is less than 95 % invested on average, and its benchmark is fully.
    Exposure,
}

impl Yardstick {
    /// The yardstick of a long-only portfolio. A number that is not defined asks for no alpha.
    ///
    /// - `beta`: to the benchmark, after costs.
    /// - `exposure`: the mean share of equity that is invested; `None` where the benchmark has the same.
    pub(super) fn of_long(beta: f64, exposure: Option<f64>) -> Self {
        if !beta.is_finite() {
            Self::Excess
        } else if (beta - 1.0).abs() > BETA {
            Self::Alpha(Because::Beta)
        } else if exposure.is_some_and(|exposure| exposure < EXPOSURE) {
            Self::Alpha(Because::Exposure)
        } else {
            Self::Excess
        }
    }

    /// Whether it is an alpha.
    pub(super) fn is_alpha(self) -> bool {
        self != Self::Excess
    }

    /// The name of the yardstick for machines, before the name of the benchmark.
    pub(super) fn name(self) -> &'static str {
        if self.is_alpha() { "alpha to the" } else { "return above the" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beta_and_exposure_ask_for_alpha_beyond_their_bounds() {
        assert_eq!(Yardstick::of_long(1.0, Some(1.0)), Yardstick::Excess);
        assert_eq!(Yardstick::of_long(1.09, Some(0.96)), Yardstick::Excess);
        assert_eq!(Yardstick::of_long(1.11, Some(1.0)), Yardstick::Alpha(Because::Beta));
        assert_eq!(Yardstick::of_long(0.66, Some(0.5)), Yardstick::Alpha(Because::Beta));
        assert_eq!(Yardstick::of_long(0.95, Some(0.94)), Yardstick::Alpha(Because::Exposure));
        assert_eq!(Yardstick::of_long(0.95, None), Yardstick::Excess);
        assert_eq!(Yardstick::of_long(f64::NAN, Some(0.5)), Yardstick::Excess);
    }
}

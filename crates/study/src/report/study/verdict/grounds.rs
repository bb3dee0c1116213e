//! The bounds on the yardstick: where the equal weight is made by one broken series, nothing can be judged by it.
//!
//! The page docs/verdict.md publishes the bounds with their reasons.

use crate::{report::study::account::Account, steps::yardstick::YardstickFacts, words};

/// The share of the yardstick's variance that the jumps of one instrument may bring.
const VARIANCE: f64 = 0.25;
/// The jumps, to twice a close or to half of it, that one instrument may have before they count: a bankruptcy or a
/// takeover is one.
const JUMPS: usize = 3;
/// The return a year that the jumps of one instrument may add to the mean of ten instruments or more.
const MEAN: f64 = 0.1;
/// The instruments from which a mean over them is one.
const INSTRUMENTS: f64 = 10.0;
/// The move of ten instruments or more in one session. The worst of the market as a whole were about −20 % for
/// shares (1987-10-19) and −40 % for coins (2020-03-12).
const SESSION: f64 = 0.5;
/// The volatility a year that no market of shares has had (1932: 60 %), and how far above that of its median instrument:
/// a mean of instruments moves less than they do.
const VOLATILITY: f64 = 0.6;
const ABOVE_MEDIAN: f64 = 1.25;
/// The mean return a year less the growth, which is half of the variance in a sound series, and how many times that of the
/// median instrument.
const GAP: f64 = 0.25;
const GAP_OF_MEDIAN: f64 = 1.5;
/// The gain of a portfolio in one session, and the same times the number of its positions, where there are few.
const GAIN: f64 = 1.0;
const GAIN_OF_ONE: f64 = 10.0;

/// What speaks against the yardstick and the portfolio's own path, a reason each; empty for sound ones.
pub(super) fn unsound(facts: &YardstickFacts, primary: Option<&Account<'_>>) -> Vec<String> {
    let by_one = one_instrument(facts);
    let reasons = [by_one, one_session(facts), volatility(facts), gap(facts), primary.and_then(gain)];
    reasons.into_iter().flatten().collect()
}

fn one_instrument(facts: &YardstickFacts) -> Option<String> {
    let one = facts.instrument.as_ref().filter(|one| one.n_jumps >= JUMPS)?;
    let is_mean = facts.n_instruments >= INSTRUMENTS;
    (one.variance > VARIANCE || (is_mean && one.mean_annual > MEAN)).then(|| {
        format!(
            "`{}` doubles or halves in {} and so brings {} of the variance of the equal weight and {} a year of its mean \
             return",
            one.instrument,
            words::count(one.n_jumps, "session"),
            words::percent(one.variance, 0),
            words::difference(one.mean_annual, 0)
        )
    })
}

fn one_session(facts: &YardstickFacts) -> Option<String> {
    let one = facts.session.as_ref().filter(|one| one.of_all.abs() > SESSION)?;
    (facts.n_instruments >= INSTRUMENTS).then(|| {
        format!(
            "the equal weight of {} moves by {} on {}",
            words::count(facts.n_instruments as usize, "instrument"),
            words::difference(one.of_all, 0),
            one.session
        )
    })
}

fn volatility(facts: &YardstickFacts) -> Option<String> {
    let (own, median) = (facts.volatility?, facts.median_volatility?);
    (own > VOLATILITY && own > ABOVE_MEDIAN * median).then(|| {
        format!(
            "the equal weight has a volatility of {} a year, its median instrument {}",
            words::percent(own, 0),
            words::percent(median, 0)
        )
    })
}

fn gap(facts: &YardstickFacts) -> Option<String> {
    let (mean, growth, median) = (facts.mean_annual?, facts.growth_annual?, facts.median_volatility?);
    let gap = mean - growth;
    (gap > GAP && gap > GAP_OF_MEDIAN * median * median / 2.0).then(|| {
        format!(
            "the mean return of the equal weight is {} a year where it grows by {}",
            words::percent(mean, 0),
            words::percent(libm::expm1(growth), 0)
        )
    })
}

/// A gain of the portfolio in one session that no honest position brings.
fn gain(primary: &Account<'_>) -> Option<String> {
    let positions = primary.measure("n_positions");
    let bound = if positions > 0.0 { GAIN.max(GAIN_OF_ONE / positions) } else { GAIN_OF_ONE };
    let returns = primary.returns();
    let (day, most) = returns.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    let session = primary.sessions().get(day + 1)?;
    (*most > bound).then(|| format!("the portfolio gains {} on {session}", words::percent(*most, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::yardstick::{OneInstrument, OneSession};

    fn sound() -> YardstickFacts {
        YardstickFacts {
            n_instruments: 100.0,
            volatility: Some(0.18),
            median_volatility: Some(0.3),
            mean_annual: Some(0.12),
            growth_annual: Some(0.104),
            instrument: Some(OneInstrument {
                instrument: "A".to_owned(),
                n_jumps: 1,
                variance: 0.4,
                mean_annual: 0.2,
            }),
            session: Some(OneSession { session: "1987-10-19".to_owned(), of_all: -0.2 }),
        }
    }

    #[test]
    fn a_crash_a_takeover_and_a_wild_market_are_sound() {
        assert!(unsound(&sound(), None).is_empty());
        let coins = YardstickFacts {
            volatility: Some(0.95),
            median_volatility: Some(1.2),
            mean_annual: Some(0.9),
            growth_annual: Some(0.45),
            instrument: None,
            session: Some(OneSession { session: "2020-03-12".to_owned(), of_all: -0.45 }),
            ..sound()
        };
        assert!(unsound(&coins, None).is_empty());
        assert!(unsound(&YardstickFacts::default(), None).is_empty());
    }

    #[test]
    fn each_bound_has_its_reason() {
        let jumps = |n_jumps, variance, mean_annual| {
            let instrument =
                Some(OneInstrument { instrument: "A".to_owned(), n_jumps, variance, mean_annual });
            unsound(&YardstickFacts { instrument, ..sound() }, None).join("; ")
        };
        assert!(jumps(300, 0.9, 0.0).contains("`A` doubles or halves in 300 sessions"));
        assert!(jumps(300, 0.1, 0.4).contains("+40%"));
        let wild = YardstickFacts { volatility: Some(0.95), mean_annual: Some(0.65), ..sound() };
        let reasons = unsound(&wild, None).join("; ");
        assert!(
            reasons.contains("volatility of 95%") && reasons.contains("is 65% a year where it grows by 11%"),
            "{reasons}"
        );
        let session = Some(OneSession { session: "2001-01-02".to_owned(), of_all: 2.3 });
        assert!(unsound(&YardstickFacts { session, ..sound() }, None)[0].contains("+230% on 2001-01-02"));
    }
}

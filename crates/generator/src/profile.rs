//! Who is listed: the constant traits of a stock, and how its name, sector and venue change.

use std::ops::Range;

use crate::{
    SyntheticSpec,
    draw::{Draws, Purpose},
};

/// The venue where a stock trades.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Venue {
    Kospi,
    Kosdaq,
    /// The venue of exchange-traded funds.
    Fund,
}

impl Venue {
    /// As the price table writes it.
    pub(crate) fn lower(self) -> &'static str {
        match self {
            Self::Kospi => "kospi",
            Self::Kosdaq => "kosdaq",
            Self::Fund => "kodex",
        }
    }

    /// As the stock tables write it.
    pub(crate) fn upper(self) -> &'static str {
        match self {
            Self::Kospi => "KOSPI",
            Self::Kosdaq => "KOSDAQ",
            Self::Fund => "KODEX",
        }
    }
}

/// Name, venue and sector from a session on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Identity {
    /// The position of the session.
    pub(crate) from: usize,
    pub(crate) name: String,
    pub(crate) venue: Venue,
    pub(crate) sector: Option<usize>,
}

/// The constant traits of one stock.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    /// The number of the stock in the order of making, by which its streams of random numbers go.
    pub(crate) number: usize,
    pub(crate) code: String,
    /// Positions of the sessions on which it is listed.
    pub(crate) life: Range<usize>,
    pub(crate) delisted: bool,
    /// The stock's identities, oldest first, never empty.
    pub(crate) identities: Vec<Identity>,
    pub(crate) beta: f64,
    /// The volatility of the stock's own return, a session.
    pub(crate) volatility: f64,
    pub(crate) drift: f64,
    /// Profitability as a standard score.
    pub(crate) quality: f64,
    /// The price at the listing, in won.
    pub(crate) price: f64,
    pub(crate) shares: u64,
    /// Share of the shares that changes hands on a usual session.
    pub(crate) turnover: f64,
}

impl Profile {
    /// Draw the stock of a number: companies come first, then funds.
    pub(crate) fn new(spec: &SyntheticSpec, number: usize, sessions: usize) -> Self {
        let mut draws = Draws::new(spec.seed, Purpose::Profile, number);
        let is_fund = number >= spec.stocks;
        let (life, delisted) = life(&mut draws, is_fund, sessions);
        let cap = draws.log_normal(1.6e11, 1.4);
        let price = draws.log_normal(9000.0, 1.0).clamp(600.0, 900_000.0);
        let volatility = draws.log_normal(0.022, 0.35).clamp(0.008, 0.07) * if is_fund { 0.2 } else { 1.0 };
        Self {
            number,
            code: code(number),
            delisted,
            identities: identities(&mut draws, spec, number, &life),
            life,
            beta: draws.clipped(1.0, 0.35, 0.1, 2.2),
            volatility,
            drift: 0.000_25 * draws.normal() - 0.5 * volatility * volatility,
            quality: draws.normal(),
            price,
            shares: (cap / price).round().max(1e5) as u64,
            turnover: draws.log_normal(0.007, 0.9),
        }
    }

    /// The identity at a position of the calendar.
    pub(crate) fn at(&self, position: usize) -> &Identity {
        let later = self.identities.partition_point(|identity| identity.from <= position);
        &self.identities[later.saturating_sub(1)]
    }

    /// The newest identity.
    pub(crate) fn current(&self) -> &Identity {
        &self.identities[self.identities.len() - 1]
    }
}

/// Six digits, each number another: multiples of ten below a million, spread by a step that shares no factor with the
/// prime modulus.
fn code(number: usize) -> String {
    const PRIME: usize = 99_989;
    format!("{:06}", (number * 40_503 + 5_938) % PRIME * 10)
}

/// One in ten is listed late, one in twelve leaves; some do both and live for weeks only.
fn life(draws: &mut Draws, is_fund: bool, sessions: usize) -> (Range<usize>, bool) {
    let late = draws.chance(0.1);
    let start = if late { draws.whole(1, sessions * 19 / 20) } else { 0 };
    let leaves = draws.chance(1.0 / 12.0) && !is_fund;
    let end = draws.whole(sessions / 5, sessions).max(start + 20);
    if leaves && end < sessions { (start..end, true) } else { (start..sessions, false) }
}

/// The identity at the listing and what changed later: sector (6 %), name (5 %), venue (1 % of the junior one).
fn identities(draws: &mut Draws, spec: &SyntheticSpec, number: usize, life: &Range<usize>) -> Vec<Identity> {
    let is_fund = number >= spec.stocks;
    let venue = match (is_fund, draws.chance(0.41)) {
        (true, _) => Venue::Fund,
        (false, true) => Venue::Kospi,
        (false, false) => Venue::Kosdaq,
    };
    let name = if is_fund { format!("펀드{number:05}") } else { format!("회사{number:05}") };
    let sector = sector(draws, spec, number);
    let mut found = vec![Identity { from: life.start, name, venue, sector }];
    let mut changes = [0.06, 0.05, 0.01].map(|share| {
        let happens = draws.chance(share);
        let at = draws.whole(life.start + 1, life.end);
        let other = draws.whole(0, spec.sectors() - 1);
        (happens && at < life.end && !is_fund).then_some((at, other))
    });
    if number == 0 {
        changes[0] = None; // The only member of its sector stays in it.
    }
    let mut ordered =
        changes.iter().enumerate().filter_map(|(kind, c)| Some((kind, (*c)?))).collect::<Vec<_>>();
    ordered.sort_by_key(|(kind, (at, _))| (*at, *kind));
    for (kind, (from, other)) in ordered {
        let mut next = Identity { from, ..found[found.len() - 1].clone() };
        match kind {
            0 => next.sector = Some(other),
            1 => next.name.push_str("홀딩스"),
            _ => next.venue = Venue::Kospi,
        }
        if found[found.len() - 1].from == from {
            found.pop();
        }
        if found.last() != Some(&next) {
            found.push(next);
        }
    }
    found
}

/// Long-tailed sizes; the first company is alone in the last sector; 1 % and all funds have none.
fn sector(draws: &mut Draws, spec: &SyntheticSpec, number: usize) -> Option<usize> {
    let lone = spec.sectors() - 1;
    let weights = (1..=lone).map(|k| 1.0 / libm::pow(k as f64, 0.7)).collect::<Vec<_>>();
    let mut left = draws.uniform() * weights.iter().sum::<f64>();
    let unknown = draws.chance(0.01) || number >= spec.stocks;
    let drawn = weights.iter().position(|weight| {
        left -= weight;
        left < 0.0
    });
    match (number, unknown) {
        (0, _) => Some(lone),
        (_, true) => None,
        (_, false) => Some(drawn.unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn profiles(stocks: usize) -> Vec<Profile> {
        let spec = SyntheticSpec { stocks, sessions: 500, ..SyntheticSpec::default() };
        (0..spec.listed()).map(|number| Profile::new(&spec, number, 500)).collect()
    }

    #[test]
    fn codes_are_distinct_and_have_six_digits() {
        let codes = (0..95_000).map(code).collect::<BTreeSet<_>>();
        assert_eq!(codes.len(), 95_000);
        assert!(codes.iter().all(|code| code.len() == 6));
    }

    #[test]
    fn one_sector_has_one_member_and_some_stocks_have_none() {
        let profiles = profiles(800);
        let members =
            |sector| profiles.iter().flat_map(|p| &p.identities).filter(|i| i.sector == Some(sector)).count();
        assert_eq!(members(29), 1);
        assert!(members(0) > 3 * members(25));
        assert!(profiles.iter().any(|p| p.current().sector.is_none() && p.current().venue != Venue::Fund));
    }

    #[test]
    fn identities_change_within_the_life_and_in_order() {
        let profiles = profiles(800);
        for profile in &profiles {
            assert_eq!(profile.identities[0].from, profile.life.start);
            assert!(profile.identities.windows(2).all(|pair| pair[0].from < pair[1].from));
            assert!(profile.life.contains(&profile.current().from));
            assert_eq!(profile.at(profile.life.end - 1), profile.current());
        }
        assert!(profiles.iter().filter(|profile| profile.identities.len() > 1).count() > 40);
    }
}

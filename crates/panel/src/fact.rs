//! Published values: of which period, known when, how much.

use std::{collections::BTreeMap, fmt};

use crate::{Instrument, Session};

/// How long the periods are that published values describe.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Frequency {
    /// Quarters; a period is written YYYYQQ: 202003 is the third quarter of 2020.
    Quarterly,
    /// Years; a period is written YYYY.
    Annual,
}

impl Frequency {
    /// What names of facts with such periods end with: `_q` or `_a`.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Quarterly => "_q",
            Self::Annual => "_a",
        }
    }

    /// The frequency that the name of a fact ends with.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Quarterly, Self::Annual].into_iter().find(|frequency| name.ends_with(frequency.suffix()))
    }

    /// The period that is written so, if there is one.
    ///
    /// ```
    /// use backstaff_panel::Frequency;
    /// let third = Frequency::Quarterly.period(202_003).unwrap();
    /// assert_eq!(Frequency::Quarterly.code(third.next()), 202_004);
    /// assert_eq!(Frequency::Quarterly.period(202_005), None);
    /// assert_eq!(Frequency::Annual.period(202_003), None);
    /// ```
    pub fn period(self, code: u32) -> Option<Period> {
        let years = 1_000..=9_999;
        match self {
            Self::Quarterly => {
                let (year, quarter) = (code / 100, code % 100);
                let is_one = years.contains(&year) && (1..=4).contains(&quarter);
                is_one.then(|| Period::from_number((4 * year + quarter - 1) as i32))
            }
            Self::Annual => years.contains(&code).then(|| Period::from_number(code as i32)),
        }
    }

    /// How a period is written.
    pub const fn code(self, period: Period) -> u32 {
        let number = period.number().unsigned_abs();
        match self {
            Self::Quarterly => number / 4 * 100 + number % 4 + 1,
            Self::Annual => number,
        }
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quarterly => "quarterly",
            Self::Annual => "annual",
        })
    }
}

/// A quarter or a year, by its number: periods that follow each other have numbers that do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Period(i32);

impl Period {
    /// The period with this number.
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// Years count from year 0, quarters from the first one of year 0.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The period after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// One published value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fact {
    /// The day on which it was published: the first session on or after it knows the value at its close.
    pub known: Session,
    /// What it describes.
    pub period: Period,
    /// How much; NaN if what was published is that there is no value.
    pub value: f64,
}

/// A published quantity of each instrument, in the order of publication.
///
/// A later value of the same period is its revision: until its day the earlier one holds.
#[derive(Clone, PartialEq, Debug)]
pub struct Facts {
    frequency: Frequency,
    by_instrument: BTreeMap<Instrument, Vec<Fact>>,
}

impl Facts {
    /// Facts in any order; of one instrument's facts of one day, the last one of a period counts.
    pub fn new(frequency: Frequency, facts: impl IntoIterator<Item = (Instrument, Fact)>) -> Self {
        let mut by_instrument = BTreeMap::<Instrument, Vec<Fact>>::new();
        for (instrument, fact) in facts {
            by_instrument.entry(instrument).or_default().push(fact);
        }
        for facts in by_instrument.values_mut() {
            facts.sort_by_key(|fact| fact.known);
        }
        Self { frequency, by_instrument }
    }

    /// How long its periods are.
    pub fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// What was published about an instrument, oldest publication first; nothing if it is unknown here.
    pub fn of(&self, instrument: &Instrument) -> &[Fact] {
        self.by_instrument.get(instrument).map_or(&[], Vec::as_slice)
    }

    /// All that was published, instrument by instrument in the order of their names.
    pub fn all(&self) -> impl Iterator<Item = (&Instrument, &[Fact])> {
        self.by_instrument.iter().map(|(instrument, facts)| (instrument, facts.as_slice()))
    }

    /// What was known at the close of a session.
    #[must_use]
    pub fn until(&self, last: Session) -> Self {
        let known = |facts: &Vec<Fact>| facts[..facts.partition_point(|fact| fact.known <= last)].to_vec();
        let by_instrument = self.by_instrument.iter();
        Self {
            frequency: self.frequency,
            by_instrument: by_instrument
                .map(|(instrument, facts)| (instrument.clone(), known(facts)))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_follow_each_other_across_years() {
        let last = Frequency::Quarterly.period(201_904).unwrap();
        assert_eq!(Frequency::Quarterly.code(last.next()), 202_001);
        let year = Frequency::Annual.period(2019).unwrap();
        assert_eq!(Frequency::Annual.code(year.next()), 2020);
        for code in [0, 202_000, 202_005, 99_901, 1_000_001] {
            assert_eq!(Frequency::Quarterly.period(code), None, "{code}");
        }
    }

    #[test]
    fn keeps_the_order_of_publication_within_a_day() {
        let fact =
            |day, value| Fact { known: Session::from_number(day), period: Period::from_number(8_000), value };
        let name = Instrument::new("A");
        let facts = [fact(3, 1.0), fact(1, 2.0), fact(3, 3.0)].map(|fact| (name.clone(), fact));
        let facts = Facts::new(Frequency::Quarterly, facts);
        assert_eq!(facts.of(&name).iter().map(|fact| fact.value).collect::<Vec<_>>(), [2.0, 1.0, 3.0]);
        assert_eq!(facts.until(Session::from_number(2)).of(&name).len(), 1);
        assert!(facts.of(&Instrument::new("B")).is_empty());
    }
}

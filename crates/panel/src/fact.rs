//! Published values: of which period, known when, how much.

use std::collections::BTreeMap;

use crate::{Frequency, Instrument, Period, Session};

/// One published value: of which period, known when, how much.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fact {
    /// The day on which it was published: the first session on or after it knows the value at its close.
    pub known: Session,
    /// The period that the value describes.
    pub period: Period,
    /// The value; NaN if what was published is that there is none.
    pub value: f64,
}

impl Fact {
    /// What was observed on a day and known on the same or another one.
    pub const fn observed(date: Session, known: Session, value: f64) -> Self {
        Self { known, period: Period::of_date(date), value }
    }
}

/// A published quantity, of each instrument or of the whole market, in the order of publication.
///
/// A later value of the same period is its revision: until its day the earlier one holds.
#[derive(Clone, PartialEq, Debug)]
pub struct Facts {
    frequency: Frequency,
    about: About,
}

/// The subject of facts: instruments, or the market as a whole.
#[derive(Clone, PartialEq, Debug)]
enum About {
    /// Facts about all instruments alike.
    Market(Vec<Fact>),
    Each(BTreeMap<Instrument, Vec<Fact>>),
}

impl Facts {
    /// Facts about instruments, in any order; of one instrument's facts of one day, the last one of a period counts.
    pub fn new(frequency: Frequency, facts: impl IntoIterator<Item = (Instrument, Fact)>) -> Self {
        let mut each = BTreeMap::<Instrument, Vec<Fact>>::new();
        for (instrument, fact) in facts {
            each.entry(instrument).or_default().push(fact);
        }
        for facts in each.values_mut() {
            in_order(facts);
        }
        Self { frequency, about: About::Each(each) }
    }

    /// Facts that belong to no instrument, and so to all of them: the closes of an index, a rate, a price level. In any
    /// order; of the facts of one day, the last one of a period counts.
    ///
    /// ```
    /// use backstaff_panel::{Fact, Facts, Frequency, Session};
    /// let day = Session::from_number;
    /// // Seen on the evening of day 3, published on day 5.
    /// let facts = Facts::market(Frequency::Dated, [Fact::observed(day(3), day(5), 1.25)]);
    /// assert!(facts.of_market().is_some());
    /// assert_eq!(facts.of(&"ANY".into()).len(), 1);
    /// ```
    pub fn market(frequency: Frequency, facts: impl IntoIterator<Item = Fact>) -> Self {
        let mut facts = facts.into_iter().collect::<Vec<_>>();
        in_order(&mut facts);
        Self { frequency, about: About::Market(facts) }
    }

    /// How long the periods of the facts are.
    pub fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// What was published about an instrument, oldest publication first; nothing if it is unknown here.
    pub fn of(&self, instrument: &Instrument) -> &[Fact] {
        match &self.about {
            About::Market(facts) => facts,
            About::Each(each) => each.get(instrument).map_or(&[], Vec::as_slice),
        }
    }

    /// What was published, if it is about the whole market.
    pub fn of_market(&self) -> Option<&[Fact]> {
        match &self.about {
            About::Market(facts) => Some(facts),
            About::Each(_) => None,
        }
    }

    /// All that was published: of each instrument, in the order of their names, or of none in particular.
    pub fn all(&self) -> impl Iterator<Item = (Option<&Instrument>, &[Fact])> {
        let (market, each) = match &self.about {
            About::Market(facts) => (Some((None, facts.as_slice())), None),
            About::Each(each) => (None, Some(each)),
        };
        let each = each.into_iter().flatten();
        market.into_iter().chain(each.map(|(instrument, facts)| (Some(instrument), facts.as_slice())))
    }

    /// The same facts with those of each instrument, or of the market, replaced.
    #[must_use]
    pub fn replaced(&self, mut by: impl FnMut(&[Fact]) -> Vec<Fact>) -> Self {
        let mut by = |facts: &[Fact]| {
            let mut facts = by(facts);
            in_order(&mut facts);
            facts
        };
        let about = match &self.about {
            About::Market(facts) => About::Market(by(facts)),
            About::Each(each) => {
                About::Each(each.iter().map(|(instrument, facts)| (instrument.clone(), by(facts))).collect())
            }
        };
        Self { frequency: self.frequency, about }
    }

    /// The facts of these instruments under other names; those of the market stay.
    #[must_use]
    pub fn renamed(&self, names: impl IntoIterator<Item = (Instrument, Instrument)>) -> Self {
        let about = match &self.about {
            About::Market(facts) => About::Market(facts.clone()),
            About::Each(_) => {
                About::Each(names.into_iter().map(|(from, to)| (to, self.of(&from).to_vec())).collect())
            }
        };
        Self { frequency: self.frequency, about }
    }

    /// How many publications differ from those of another in the same place of the order; missing values are equal.
    pub fn n_different(&self, other: &Self) -> usize {
        let of = |facts: &Self| {
            let all = facts.all().flat_map(|(about, facts)| {
                let bits = |value: f64| if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
                facts.iter().map(move |fact| (about.cloned(), fact.known, fact.period, bits(fact.value)))
            });
            all.collect::<Vec<_>>()
        };
        let (own, others) = (of(self), of(other));
        let different = own.iter().zip(&others).filter(|(a, b)| a != b).count();
        different + own.len().abs_diff(others.len())
    }

    /// What was known at the close of a session.
    #[must_use]
    pub fn until(&self, last: Session) -> Self {
        self.replaced(|facts| facts[..facts.partition_point(|fact| fact.known <= last)].to_vec())
    }
}

/// Put facts in the order of publication.
fn in_order(facts: &mut [Fact]) {
    facts.sort_by_key(|fact| fact.known);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(day: i32, value: f64) -> Fact {
        Fact { known: Session::from_number(day), period: Period::from_number(8_000), value }
    }

    #[test]
    fn keeps_the_order_of_publication_within_a_day() {
        let name = Instrument::new("A");
        let facts = [fact(3, 1.0), fact(1, 2.0), fact(3, 3.0)].map(|fact| (name.clone(), fact));
        let facts = Facts::new(Frequency::Quarterly, facts);
        assert_eq!(facts.of(&name).iter().map(|fact| fact.value).collect::<Vec<_>>(), [2.0, 1.0, 3.0]);
        assert_eq!(facts.until(Session::from_number(2)).of(&name).len(), 1);
        assert!(facts.of(&Instrument::new("B")).is_empty());
    }

    #[test]
    fn what_is_about_the_market_is_about_every_instrument() {
        let facts = Facts::market(Frequency::Dated, [fact(2, 1.0), fact(1, 2.0)]);
        assert_eq!(facts.of(&Instrument::new("A")), facts.of_market().unwrap());
        assert_eq!(
            facts.all().map(|(instrument, facts)| (instrument, facts.len())).collect::<Vec<_>>(),
            [(None, 2)]
        );
        assert_eq!(facts.until(Session::from_number(1)).of_market().unwrap().len(), 1);
        assert_eq!(facts.renamed([]), facts);
    }
}

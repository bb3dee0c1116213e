//! What cash earns.

use std::fmt;

use backstaff_portfolio::Rates;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{
        MapAccess, Visitor,
        value::{MapAccessDeserializer, StrDeserializer},
    },
};

use super::DatedRate;

/// What cash earns a year.
///
/// In a file: a fraction (`0.03`), dates with fractions (`{2010-01-01: 0.03, 2020-03-01: 0}`), or a series of the market
/// in per cent (`{series: fedfunds}`).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum CashRate {
    /// What a series of `data.series` says, in per cent, from the day on which it was known.
    Series {
        /// Its name, as in `$$name_d`.
        series: String,
    },
    /// A fraction; may be dated.
    Rate(DatedRate),
}

impl Default for CashRate {
    fn default() -> Self {
        Self::Rate(DatedRate::default())
    }
}

impl CashRate {
    /// The rates, where they are stated and not those of a series.
    pub fn stated(&self) -> Option<Result<Rates, String>> {
        match self {
            Self::Series { .. } => None,
            Self::Rate(rate) => Some(rate.rates(&[])),
        }
    }

    /// Whether cash earns nothing at any time.
    pub fn is_zero(&self) -> bool {
        matches!(self, Self::Rate(rate) if rate.is_zero())
    }
}

impl<'de> Deserialize<'de> for CashRate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyCash)
    }
}

struct AnyCash;

impl<'de> Visitor<'de> for AnyCash {
    type Value = CashRate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, dates with numbers as in {2010-01-01: 0.03}, or {series: name}")
    }

    fn visit_f64<E>(self, rate: f64) -> Result<CashRate, E> {
        Ok(CashRate::Rate(DatedRate::Constant(rate)))
    }

    fn visit_u64<E>(self, rate: u64) -> Result<CashRate, E> {
        Ok(CashRate::Rate(DatedRate::Constant(rate as f64)))
    }

    fn visit_i64<E>(self, rate: i64) -> Result<CashRate, E> {
        Ok(CashRate::Rate(DatedRate::Constant(rate as f64)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CashRate, A::Error> {
        let Some(first) = map.next_key::<String>()? else {
            return Ok(CashRate::default());
        };
        if first == "series" {
            let series = map.next_value()?;
            return match map.next_key::<String>()? {
                None => Ok(CashRate::Series { series }),
                Some(other) => {
                    Err(serde::de::Error::custom(format!("beside `series` there is no key `{other}`")))
                }
            };
        }
        let rest = MapAccessDeserializer::new(Begun { first: Some(first), map });
        DatedRate::deserialize(rest).map(CashRate::Rate)
    }
}

/// A mapping whose first key was read already.
struct Begun<A> {
    first: Option<String>,
    map: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Begun<A> {
    type Error = A::Error;

    fn next_key_seed<K: serde::de::DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        match self.first.take() {
            Some(first) => seed.deserialize(StrDeserializer::new(&first)).map(Some),
            None => self.map.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: serde::de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::document;

    fn read(text: &str) -> Result<CashRate, String> {
        let node = document::read(text).map_err(|problem| problem.to_string())?;
        document::parse(&node).map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn cash_earns_a_rate_dated_rates_or_a_series() {
        assert_eq!(read("0.03"), Ok(CashRate::Rate(DatedRate::Constant(0.03))));
        assert_eq!(read("{series: fedfunds}"), Ok(CashRate::Series { series: "fedfunds".to_owned() }));
        let CashRate::Rate(DatedRate::Dated(dated)) = read("{2020-03-01: 0, 2012-01-01: 0.03}").unwrap()
        else {
            panic!()
        };
        assert_eq!(dated.len(), 2);
        assert!(read("{series: a, other: b}").unwrap_err().contains("other"));
        assert!(read("much").unwrap_err().contains("a number"));
    }
}

//! A number that may change on known dates.

use std::fmt;

use backstaff_panel::Session;
use backstaff_portfolio::Rates;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Visitor},
};

/// A number, a table of dates from which numbers hold, or the name of a table that ships.
///
/// In a file: `20`, `{2010-01-01: 30, 2019-05-30: 25}` (the number of the first date holds before it too) or `krx`.
#[derive(Clone, Debug, PartialEq)]
pub enum DatedRate {
    /// The same at all times.
    Constant(f64),
    /// From each date on; in the order of the dates, at least one.
    Dated(Vec<(Session, f64)>),
    /// A table that ships; which one hangs on the key.
    Named(String),
}

/// A table that ships: its name and how it is had.
pub(super) type Shipped = (&'static str, fn() -> Rates);

impl Default for DatedRate {
    fn default() -> Self {
        Self::Constant(0.0)
    }
}

impl DatedRate {
    /// The rates, where `shipped` are the tables that the key knows; else what is wrong.
    pub fn rates(&self, shipped: &[Shipped]) -> Result<Rates, String> {
        match self {
            Self::Constant(rate) => Ok(Rates::constant(*rate)),
            Self::Dated(dated) => {
                let first = dated.first().map_or(0.0, |&(_, rate)| rate);
                Rates::dated(first, dated.clone()).map_err(|error| error.to_string())
            }
            Self::Named(name) => {
                let known = shipped.iter().find(|(known, _)| known == name);
                known.map(|(_, rates)| rates()).ok_or_else(|| {
                    let names = shipped.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
                    let known = if names.is_empty() { String::new() } else { format!(", or the name of a table: {names}") };
                    format!("{name:?} is not a number; write one, or dates with numbers as in {{2010-01-01: 30}}{known}")
                })
            }
        }
    }

    /// Whether it is zero on all dates.
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Constant(rate) => *rate == 0.0,
            Self::Dated(dated) => dated.iter().all(|&(_, rate)| rate == 0.0),
            Self::Named(_) => false,
        }
    }
}

impl Serialize for DatedRate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Constant(rate) => serializer.serialize_f64(*rate),
            Self::Dated(dated) => {
                serializer.collect_map(dated.iter().map(|(from, rate)| (from.to_string(), rate)))
            }
            Self::Named(name) => serializer.serialize_str(name),
        }
    }
}

impl<'de> Deserialize<'de> for DatedRate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyRate)
    }
}

struct AnyRate;

impl<'de> Visitor<'de> for AnyRate {
    type Value = DatedRate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, dates with numbers as in {2010-01-01: 30}, or the name of a table")
    }

    fn visit_f64<E: Error>(self, rate: f64) -> Result<DatedRate, E> {
        Ok(DatedRate::Constant(rate))
    }

    fn visit_u64<E: Error>(self, rate: u64) -> Result<DatedRate, E> {
        Ok(DatedRate::Constant(rate as f64))
    }

    fn visit_i64<E: Error>(self, rate: i64) -> Result<DatedRate, E> {
        Ok(DatedRate::Constant(rate as f64))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<DatedRate, E> {
        Ok(DatedRate::Named(name.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DatedRate, A::Error> {
        let mut dated = Vec::<(Session, f64)>::new();
        while let Some((date, rate)) = map.next_entry::<String, f64>()? {
            let from = date
                .parse::<Session>()
                .map_err(|_| A::Error::custom(format!("{date:?} is not a date; write YYYY-MM-DD")))?;
            if dated.iter().any(|&(known, _)| known == from) {
                return Err(A::Error::custom(format!("{date} is listed twice")));
            }
            dated.push((from, rate));
        }
        if dated.is_empty() {
            return Err(A::Error::custom("a table of dates needs at least one"));
        }
        dated.sort_by_key(|&(from, _)| from);
        Ok(DatedRate::Dated(dated))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<DatedRate, String> {
        serde_saphyr::from_str(text).map_err(|error: serde_saphyr::Error| error.to_string())
    }

    #[test]
    fn a_rate_is_a_number_a_table_or_a_name() {
        assert_eq!(read("20"), Ok(DatedRate::Constant(20.0)));
        assert_eq!(read("0.5"), Ok(DatedRate::Constant(0.5)));
        assert_eq!(read("krx"), Ok(DatedRate::Named("krx".to_owned())));
        let dated = read("{2019-05-30: 25, 2010-01-01: 30}").unwrap();
        let again = serde_json::from_value::<DatedRate>(serde_json::to_value(&dated).unwrap()).unwrap();
        assert_eq!(dated, again);
        let rates = dated.rates(&[]).unwrap();
        let on = |text: &str| rates.at(text.parse().unwrap());
        assert_eq!([on("2000-01-01"), on("2019-05-29"), on("2019-05-30")], [30.0, 30.0, 25.0]);
    }

    #[test]
    fn says_what_is_wrong() {
        assert!(read("{2019-13-01: 1}").unwrap_err().contains("not a date"));
        assert!(read("{}").unwrap_err().contains("at least one"));
        let zero: Shipped = ("krx", || Rates::ZERO);
        assert!(DatedRate::Named("kx".to_owned()).rates(&[zero]).unwrap_err().contains("krx"));
    }
}

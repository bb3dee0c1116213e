//! The calendar of a study: one for all instruments, or one for each.

use std::{collections::BTreeMap, fmt};

use backstaff_source::{CalendarRule, OwnCalendars, SourceError};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

/// The calendar of a study's sessions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CalendarSpec {
    /// One for all instruments: `union`, or the name of an exchange.
    One(String),
    /// One for each instrument, by its name or a pattern of names; `default` for all others.
    ByInstrument(BTreeMap<String, String>),
}

impl CalendarSpec {
    /// The rule that makes sessions of the dates in the data.
    ///
    /// # Errors
    ///
    /// If a calendar is not known.
    pub fn rule(&self) -> Result<CalendarRule, SourceError> {
        match self {
            Self::One(name) => name.parse(),
            Self::ByInstrument(listed) => {
                let listed = listed.iter().map(|(name, calendar)| (name.as_str(), calendar.as_str()));
                OwnCalendars::new(listed).map(CalendarRule::ByInstrument)
            }
        }
    }
}

impl Default for CalendarSpec {
    fn default() -> Self {
        Self::One("union".to_owned())
    }
}

impl Serialize for CalendarSpec {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(name) => name.serialize(serializer),
            Self::ByInstrument(listed) => listed.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for CalendarSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrByInstrument;

        impl<'de> Visitor<'de> for OneOrByInstrument {
            type Value = CalendarSpec;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a calendar such as `union` or `XNYS`, or one for each instrument")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<CalendarSpec, E> {
                Ok(CalendarSpec::One(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<CalendarSpec, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(map)).map(CalendarSpec::ByInstrument)
            }
        }

        deserializer.deserialize_any(OneOrByInstrument)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_is_one_or_one_for_each_instrument() {
        let read = |text: &str| serde_saphyr::from_str::<CalendarSpec>(text).unwrap().rule();
        assert_eq!(read("union").unwrap(), CalendarRule::default());
        assert_eq!(read("XNYS").unwrap(), "XNYS".parse().unwrap());
        assert_eq!(read("{default: XNYS, BTC: 24/7}").unwrap(), "XNYS,BTC=24/7".parse().unwrap());
        assert!(read("{default: XNYS, BTC: none}").is_err());
    }
}

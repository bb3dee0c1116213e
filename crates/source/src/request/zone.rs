//! The time zone in which dates are meant.

use std::str::FromStr;

use jiff::{Timestamp, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date_text::{self, Stamp},
    error::SourceError,
};

/// The time zone of an exchange, by its name in the IANA database: `Asia/Seoul`.
///
/// Stamps of a table that stand in UTC become dates in this zone. `UTC` takes the dates as they are written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Zone {
    name: String,
}

impl Zone {
    /// The name of the zone.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rules of the zone.
    pub(crate) fn rules(&self) -> TimeZone {
        // The name was found when the zone was made, in the database that ships with the program.
        TimeZone::get(&self.name).unwrap_or(TimeZone::UTC)
    }
}

impl FromStr for Zone {
    type Err = SourceError;

    fn from_str(name: &str) -> Result<Self, SourceError> {
        match TimeZone::get(name) {
            Ok(_) => Ok(Self { name: name.to_owned() }),
            Err(_) => Err(SourceError::UnknownZone { name: name.to_owned() }),
        }
    }
}

impl TryFrom<String> for Zone {
    type Error = SourceError;

    fn try_from(name: String) -> Result<Self, SourceError> {
        name.parse()
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name
    }
}

/// The local stamp of one in UTC; `None` outside of the years 1800 to 2200.
pub(crate) fn local(rules: &TimeZone, Stamp { day, second }: Stamp) -> Option<Stamp> {
    let seconds = i64::from(day) * 86_400 + i64::from(second);
    let offset = rules.to_offset(Timestamp::from_second(seconds).ok()?);
    date_text::from_seconds(seconds + i64::from(offset.seconds()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_of_an_exchange_told_in_utc_is_its_date() {
        let local = |zone: &str, text: &str| {
            let (stamp, _) = date_text::parse(text, crate::DateOrder::Detect).unwrap();
            local(&zone.parse::<Zone>().unwrap().rules(), stamp).unwrap()
        };
        let day = |text: &str| date_text::parse(text, crate::DateOrder::Detect).unwrap().0;
        assert_eq!(local("Asia/Seoul", "2024-03-03 15:00:00"), day("2024-03-04"));
        assert_eq!(local("Asia/Shanghai", "2024-03-03T16:00:00Z"), day("2024-03-04"));
        assert_eq!(local("America/New_York", "2024-03-08 05:00"), day("2024-03-08"));
        // Summer time begins on 2024-03-10.
        assert_eq!(local("America/New_York", "2024-03-11 04:00"), day("2024-03-11"));
        assert_eq!(local("UTC", "2024-03-11 04:00"), day("2024-03-11 04:00"));
    }

    #[test]
    fn unknown_zones_are_refused() {
        let error = "Korea Standard Time".parse::<Zone>().unwrap_err().to_string();
        assert!(error.contains("Korea Standard Time") && error.contains("Asia/Seoul"), "{error}");
    }
}

//! Bars of minutes and hours that become one of a session.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{date_text::time_of_day, error::SourceError};

/// The length that bars get.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resample {
    /// One bar of each date: the first open, the greatest high, the least low, the last close, the sum of volumes; of
    /// other columns the last value.
    Session,
}

impl Resample {
    /// The name of the length in files and keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
        }
    }
}

/// The hours of an exchange, such as `09:30-16:00`: bars that begin in them count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Hours {
    /// The second of the day at which a session begins.
    first: u32,
    /// The second of the day at which it ends.
    end: u32,
}

impl Hours {
    /// Whether a bar that begins at this second of the day counts.
    pub(crate) fn has(self, second: u32) -> bool {
        (self.first..self.end).contains(&second)
    }
}

impl FromStr for Hours {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let hours = text
            .split_once('-')
            .and_then(|(first, end)| Some(Self { first: time_of_day(first)?, end: time_of_day(end)? }));
        let failed = || SourceError::BadHours { text: text.to_owned() };
        hours.filter(|hours| hours.first < hours.end).ok_or_else(failed)
    }
}

impl TryFrom<String> for Hours {
    type Error = SourceError;

    fn try_from(text: String) -> Result<Self, SourceError> {
        text.parse()
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", clock(self.first), clock(self.end))
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> Self {
        hours.to_string()
    }
}

/// A second of the day as `hh:mm`.
pub(crate) fn clock(second: u32) -> String {
    format!("{:02}:{:02}", second / 3_600, second / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_two_times_of_a_day() {
        let hours = "09:30-16:00".parse::<Hours>().unwrap();
        assert!(hours.has(34_200) && hours.has(57_599) && !hours.has(57_600) && !hours.has(34_199));
        assert_eq!(hours.to_string(), "09:30-16:00");
        for text in ["", "9", "16:00-09:30", "09:30", "a-b"] {
            let error = text.parse::<Hours>().unwrap_err().to_string();
            assert!(error.contains("09:30-16:00"), "{error}");
        }
    }
}

//! The rule that makes sessions of the dates in the data.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use backstaff_panel::Session;

use super::exchange::Exchange;
use crate::error::SourceError;

/// The rule by which dates in the data are sessions.
#[derive(Clone, PartialEq, Debug)]
pub enum CalendarRule {
    /// The union of the dates in the data, without those that too few instruments have.
    Union {
        /// A date held by a smaller share than this of the living instruments is not a session; 0 keeps all. An
        /// instrument lives on a date if it has a row then or on one of the nine dates of the data before: a rule
        /// that doesn't look ahead, so that cutting off the future moves no session.
        thin_share: f64,
        /// Dates that are sessions however few instruments have them.
        listed: BTreeSet<Session>,
    },
    /// The sessions of a named exchange. Rows on other dates are dropped and counted. After the last year that is known
    /// of the exchange, the dates in the data are sessions as in a union.
    Exchange(Exchange),
    /// Each instrument has the sessions of its own calendar: a share has no row on the weekends of a coin, so that its
    /// session before Monday is Friday.
    ByInstrument(OwnCalendars),
}

/// The calendar that each instrument has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnCalendars {
    /// The calendar of instruments that nothing else names.
    pub default: NamedCalendar,
    /// Calendars by the name of an instrument, or by a pattern such as `*-USD`, in which a star stands for any letters.
    pub of: BTreeMap<String, NamedCalendar>,
}

/// A calendar that several instruments share.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum NamedCalendar {
    /// The union of the dates of those who share it, without those that too few of them have.
    Union,
    /// The sessions of an exchange.
    Exchange(Exchange),
}

impl NamedCalendar {
    /// The name of the calendar in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Union => UNION,
            Self::Exchange(exchange) => exchange.code(),
        }
    }
}

/// The share of the living instruments below which a date is no session.
pub(crate) const THIN_SHARE: f64 = 0.2;
/// The name of the calendar that is the union of the dates in the data.
const UNION: &str = "union";
/// The key under which the calendar of all other instruments stands.
const DEFAULT: &str = "default";

impl FromStr for NamedCalendar {
    type Err = SourceError;

    fn from_str(name: &str) -> Result<Self, SourceError> {
        if name == UNION { Ok(Self::Union) } else { name.parse().map(Self::Exchange) }
    }
}

impl OwnCalendars {
    /// The calendars of a list of instruments, or patterns of their names, and `default`, which is the union of dates if
    /// the list has none.
    ///
    /// # Errors
    ///
    /// If a calendar is not known.
    pub fn new<'a>(listed: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, SourceError> {
        let mut calendars = Self { default: NamedCalendar::Union, of: BTreeMap::new() };
        for (key, calendar) in listed {
            let calendar = calendar.trim().parse()?;
            match key.trim() {
                DEFAULT => calendars.default = calendar,
                key => _ = calendars.of.insert(key.to_owned(), calendar),
            }
        }
        Ok(calendars)
    }

    /// The key and the calendar of an instrument: its name before patterns, a longer pattern before a shorter one.
    pub(crate) fn of(&self, instrument: &str) -> (Option<&str>, NamedCalendar) {
        if let Some((key, &calendar)) = self.of.get_key_value(instrument) {
            return (Some(key), calendar);
        }
        let fitting = self.of.iter().filter(|(pattern, _)| fits(pattern, instrument));
        match fitting.max_by_key(|(pattern, _)| pattern.len()) {
            Some((pattern, &calendar)) => (Some(pattern), calendar),
            None => (None, self.default),
        }
    }
}

/// Whether a name is a pattern's, in which each star stands for any letters.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(start) else { return false };
    let mut parts = rest.split('*').collect::<Vec<_>>();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = name.find(part) else { return false };
        name = &name[at + part.len()..];
    }
    name.ends_with(end)
}

impl CalendarRule {
    /// Every date in the data is a session.
    pub(crate) fn every_date() -> Self {
        Self::Union { thin_share: 0.0, listed: BTreeSet::new() }
    }

    /// The rule in words for people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Union { thin_share, .. } if *thin_share <= 0.0 => "every date in the data".to_owned(),
            Self::Union { thin_share, listed } => {
                let listed = match listed.len() {
                    0 => String::new(),
                    n => format!(", and {n} listed"),
                };
                let percent = thin_share * 100.0;
                format!("dates that at least {percent:.0} % of the living instruments have{listed}")
            }
            Self::Exchange(exchange) => format!("sessions of {}", exchange.code()),
            Self::ByInstrument(calendars) => {
                let own =
                    calendars.of.iter().map(|(name, calendar)| format!(", {name}: {}", calendar.name()));
                format!("each instrument's own: {}{}", calendars.default.name(), own.collect::<String>())
            }
        }
    }
}

/// A calendar as a command's option says it: `XNYS`, `24/7`, `union`, or by instrument `XNYS,BTC=24/7,*-USD=24/7`.
impl FromStr for CalendarRule {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        if !text.contains([',', '=']) {
            return Ok(match text.trim().parse()? {
                NamedCalendar::Union => Self::default(),
                NamedCalendar::Exchange(exchange) => Self::Exchange(exchange),
            });
        }
        let listed = text.split(',').map(|part| part.split_once('=').unwrap_or((DEFAULT, part)));
        OwnCalendars::new(listed).map(Self::ByInstrument)
    }
}

impl Default for CalendarRule {
    fn default() -> Self {
        Self::Union { thin_share: THIN_SHARE, listed: BTreeSet::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instrument_has_the_calendar_of_the_closest_name() {
        let text = "XNYS, BTC=24/7, *-USD=24/7, *.KS=XKRX, A-USD=union";
        let CalendarRule::ByInstrument(calendars) = text.parse().unwrap() else {
            panic!("calendars by name")
        };
        let name = |instrument| calendars.of(instrument).1.name();
        assert_eq!(
            ["AAPL", "BTC", "ETH-USD", "005930.KS", "A-USD"].map(name),
            ["XNYS", "24/7", "24/7", "XKRX", "union"]
        );
    }

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, name, expected) in [
            ("*-USD", "BTC-USD", true),
            ("*-USD", "-USDT", false),
            ("BTC*", "BTCUSDT", true),
            ("A*B*C", "AxBxC", true),
            ("A*B*C", "AxC", false),
            ("A*A", "A", false),
            ("*", "anything", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn unknown_calendars_are_refused_with_those_there_are() {
        let error = "XXXX".parse::<CalendarRule>().unwrap_err().to_string();
        assert!(error.contains("XXXX") && error.contains("XKRX") && error.contains("24/7"), "{error}");
        assert!("XNYS,BTC=never".parse::<CalendarRule>().is_err());
    }
}

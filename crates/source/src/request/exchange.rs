//! The sessions of named exchanges, which ship with the program.

use std::{str::FromStr, sync::OnceLock};

use backstaff_panel::{Calendar, Session};
use serde::{Deserialize, Serialize};

use crate::error::SourceError;

/// An exchange whose sessions are known: most from 1990 to 2030.
///
/// - Source: the Python package `exchange_calendars` (Apache-2.0); the data files say which version and which years, and
///   `exchange/make.py` writes them.
/// - Years to come are as announced or follow the rule: a special closure can't be known. Shanghai and Mumbai announce
///   their holidays year by year, so that their files end earlier. Saturday sessions are not listed: those that Korea and
///   Taiwan had until 1998, and the special ones of India. Nor are days that a typhoon closed in Hong Kong and Taiwan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Exchange {
    /// The New York Stock Exchange.
    #[serde(rename = "XNYS")]
    Xnys,
    /// Nasdaq, with the sessions of New York.
    #[serde(rename = "XNAS")]
    Xnas,
    /// The Shanghai Stock Exchange.
    #[serde(rename = "XSHG")]
    Xshg,
    /// The Shenzhen Stock Exchange, with the sessions of Shanghai.
    #[serde(rename = "XSHE")]
    Xshe,
    /// The Tokyo Stock Exchange.
    #[serde(rename = "XTKS")]
    Xtks,
    /// The Korea Exchange in Seoul.
    #[serde(rename = "XKRX")]
    Xkrx,
    /// The Stock Exchange of Hong Kong.
    #[serde(rename = "XHKG")]
    Xhkg,
    /// The National Stock Exchange of India, with the sessions of the BSE.
    #[serde(rename = "XNSE")]
    Xnse,
    /// The BSE in Mumbai.
    #[serde(rename = "XBOM")]
    Xbom,
    /// The London Stock Exchange.
    #[serde(rename = "XLON")]
    Xlon,
    /// Euronext in Paris.
    #[serde(rename = "XPAR")]
    Xpar,
    /// Xetra in Frankfurt.
    #[serde(rename = "XETR")]
    Xetr,
    /// The Toronto Stock Exchange.
    #[serde(rename = "XTSE")]
    Xtse,
    /// The Taiwan Stock Exchange.
    #[serde(rename = "XTAI")]
    Xtai,
    /// The SIX Swiss Exchange.
    #[serde(rename = "XSWX")]
    Xswx,
    /// The Australian Securities Exchange.
    #[serde(rename = "XASX")]
    Xasx,
    /// B3 in São Paulo.
    #[serde(rename = "BVMF")]
    Bvmf,
    /// Nasdaq Stockholm.
    #[serde(rename = "XSTO")]
    Xsto,
    /// Every day of the week, as coins trade.
    #[serde(rename = "24/7")]
    Always,
}

/// What is known of an exchange.
struct Known {
    /// The first and the last year whose sessions are known, if they are listed.
    years: Option<(i16, i16)>,
    sessions: Calendar,
}

impl Exchange {
    /// The exchanges whose sessions are known, and the week without an end.
    pub const ALL: [Self; 19] = [
        Self::Xnys,
        Self::Xnas,
        Self::Xshg,
        Self::Xshe,
        Self::Xtks,
        Self::Xkrx,
        Self::Xhkg,
        Self::Xnse,
        Self::Xbom,
        Self::Xlon,
        Self::Xpar,
        Self::Xetr,
        Self::Xtse,
        Self::Xtai,
        Self::Xswx,
        Self::Xasx,
        Self::Bvmf,
        Self::Xsto,
        Self::Always,
    ];

    /// The market identifier code (ISO 10383), or `24/7`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Xnys => "XNYS",
            Self::Xnas => "XNAS",
            Self::Xshg => "XSHG",
            Self::Xshe => "XSHE",
            Self::Xtks => "XTKS",
            Self::Xkrx => "XKRX",
            Self::Xhkg => "XHKG",
            Self::Xnse => "XNSE",
            Self::Xbom => "XBOM",
            Self::Xlon => "XLON",
            Self::Xpar => "XPAR",
            Self::Xetr => "XETR",
            Self::Xtse => "XTSE",
            Self::Xtai => "XTAI",
            Self::Xswx => "XSWX",
            Self::Xasx => "XASX",
            Self::Bvmf => "BVMF",
            Self::Xsto => "XSTO",
            Self::Always => "24/7",
        }
    }

    /// The names of all calendars, for people.
    pub fn codes() -> String {
        Self::ALL.map(Self::code).join(", ")
    }

    /// The sessions of the exchange in all years that are known; of `24/7` those from 1990 to 2030.
    pub fn calendar(self) -> Calendar {
        self.known().sessions.clone()
    }

    /// What is known of the exchange. Its file is read once: it takes longer than a small table of prices.
    fn known(self) -> &'static Known {
        static KNOWN: [OnceLock<Known>; Exchange::ALL.len()] =
            [const { OnceLock::new() }; Exchange::ALL.len()];
        KNOWN[self as usize].get_or_init(|| match self.file() {
            Some(text) => Known { years: years(text), sessions: parse(text) },
            None => Known { years: None, sessions: every_day(FIRST, LAST) },
        })
    }

    /// The first and the last year whose sessions are known; `None` for `24/7`, which has no holidays.
    pub fn years(self) -> Option<(i16, i16)> {
        self.known().years
    }

    /// Whether the exchange announces its holidays year by year, so that no rule tells those of years to come.
    pub fn is_announced(self) -> bool {
        self.file().is_some_and(|text| text.contains("announced year by year"))
    }

    /// The sessions from one date to another, both included, up to the last year that is known.
    ///
    /// # Errors
    ///
    /// If the first date lies before the years that are known.
    pub fn between(self, from: Session, to: Session) -> Result<Calendar, SourceError> {
        let Known { years: Some((first_year, _)), sessions: all } = self.known() else {
            return Ok(every_day(from, to));
        };
        if from.year() < *first_year {
            let (first, last) = (all.session(0), all.session(all.len() - 1));
            return Err(SourceError::OutsideCalendar { exchange: self.code(), first, last, session: from });
        }
        Ok(Calendar::new(all.sessions()[all.between(from, to)].to_vec()))
    }

    /// The list of dates without a session that ships with the program.
    fn file(self) -> Option<&'static str> {
        Some(match self {
            Self::Xnys | Self::Xnas => include_str!("exchange/xnys.txt"),
            Self::Xshg | Self::Xshe => include_str!("exchange/xshg.txt"),
            Self::Xtks => include_str!("exchange/xtks.txt"),
            Self::Xkrx => include_str!("exchange/xkrx.txt"),
            Self::Xhkg => include_str!("exchange/xhkg.txt"),
            Self::Xnse | Self::Xbom => include_str!("exchange/xbom.txt"),
            Self::Xlon => include_str!("exchange/xlon.txt"),
            Self::Xpar => include_str!("exchange/xpar.txt"),
            Self::Xetr => include_str!("exchange/xetr.txt"),
            Self::Xtse => include_str!("exchange/xtse.txt"),
            Self::Xtai => include_str!("exchange/xtai.txt"),
            Self::Xswx => include_str!("exchange/xswx.txt"),
            Self::Xasx => include_str!("exchange/xasx.txt"),
            Self::Bvmf => include_str!("exchange/bvmf.txt"),
            Self::Xsto => include_str!("exchange/xsto.txt"),
            Self::Always => return None,
        })
    }
}

/// The bounds of `24/7` where it stands alone: those of most exchanges.
const FIRST: Session = Session::from_number(7_305);
const LAST: Session = Session::from_number(22_279);

/// All days from one to another, both included.
fn every_day(from: Session, to: Session) -> Calendar {
    Calendar::new((from.number()..=to.number()).map(Session::from_number).collect())
}

impl FromStr for Exchange {
    type Err = SourceError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|exchange| exchange.code().eq_ignore_ascii_case(name))
            .ok_or_else(|| SourceError::UnknownExchange { name: name.to_owned(), known: Self::codes() })
    }
}

/// The sessions in a file of an exchange: weekdays without the listed dates, and the dates marked by `+`. The files
/// ship with the program, so a line that can't be read is our mistake.
fn parse(text: &str) -> Calendar {
    let mut sessions = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (year, dates) = line.split_once(':').expect("each line has a year");
        let year = year.parse().expect("the year is a number");
        let session = |date: &str| {
            let (month, day) = date.split_at(2);
            let (month, day) = (month.parse().expect("a month"), day.parse().expect("a day"));
            Session::from_ymd(year, month, day).expect("a date")
        };
        let (extra, closed): (Vec<_>, Vec<_>) =
            dates.split_whitespace().partition(|date| date.starts_with('+'));
        let closed = closed.into_iter().map(session).collect::<Vec<_>>();
        let days = session("0101").number()..=session("1231").number();
        sessions
            .extend(days.map(Session::from_number).filter(|day| !day.is_weekend() && !closed.contains(day)));
        sessions.extend(extra.into_iter().map(|date| session(&date[1..])));
    }
    Calendar::new(sessions)
}

/// The first and the last year of a file.
fn years(text: &str) -> Option<(i16, i16)> {
    let mut years = text.lines().filter_map(|line| line.split_once(':')?.0.parse().ok());
    let first = years.next()?;
    Some((first, years.next_back().unwrap_or(first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_exchange_has_its_own_sessions() {
        for (place, exchange) in Exchange::ALL.into_iter().enumerate() {
            assert_eq!(exchange as usize, place, "{}", exchange.code());
            let expected = exchange.file().map_or_else(|| every_day(FIRST, LAST), parse);
            assert_eq!(exchange.calendar(), expected, "{}", exchange.code());
        }
    }

    #[test]
    fn knows_the_sessions_of_new_york() {
        let calendar = Exchange::Xnys.calendar();
        assert_eq!(calendar.len(), 10_322);
        assert_eq!(calendar.session(0), Session::from_ymd(1990, 1, 2).unwrap());
        for closed in ["2001-09-11", "2012-10-29", "2018-12-05", "2015-07-03"] {
            assert_eq!(calendar.position(closed.parse().unwrap()), None, "{closed}");
        }
    }

    #[test]
    fn knows_the_sessions_of_korea() {
        let calendar = "xkrx".parse::<Exchange>().unwrap().calendar();
        assert_eq!(calendar.len(), 10_085);
        assert_eq!(calendar.position("2017-10-09".parse().unwrap()), None);
    }

    #[test]
    fn knows_closures_of_every_exchange() {
        // Days off that were announced for themselves, or that other exchanges don't have.
        for (name, closed) in [
            ("XNYS", "2025-01-09"),
            ("XNAS", "2025-01-09"),
            ("XSHG", "2020-01-31"),
            ("XSHE", "2020-01-31"),
            ("XTKS", "2019-05-02"),
            ("XKRX", "2025-01-27"),
            ("XHKG", "2024-05-15"),
            ("XNSE", "2024-05-20"),
            ("XBOM", "2024-05-20"),
            ("XLON", "2022-09-19"),
            ("XPAR", "2024-05-01"),
            ("XETR", "2024-12-24"),
            ("XTSE", "2024-07-01"),
            ("XTAI", "2024-02-08"),
            ("XSWX", "2024-08-01"),
            ("XASX", "2022-09-22"),
            ("BVMF", "2024-11-20"),
            ("XSTO", "2024-06-06"),
        ] {
            let calendar = name.parse::<Exchange>().unwrap().calendar();
            let closed = closed.parse::<Session>().unwrap();
            assert!(!closed.is_weekend() && calendar.position(closed).is_none(), "{name} {closed}");
            // No year has fewer than 230 sessions or more than 262.
            let years = name.parse::<Exchange>().unwrap().years().unwrap();
            let n = calendar.len() / (i32::from(years.1) - i32::from(years.0) + 1) as usize;
            assert!((230..=262).contains(&n), "{name} has {n} sessions a year");
        }
        assert_eq!("24/7".parse::<Exchange>().unwrap().calendar().len(), 14_975);
    }

    /// The year of the clock: this test is the reminder to write the files anew.
    #[test]
    fn calendars_reach_a_year_ahead() {
        let since_1970 = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() / 86_400;
        let this_year = Session::from_number(since_1970 as i32).year();
        for exchange in Exchange::ALL {
            let Some((_, last)) = exchange.years() else { continue };
            // Where holidays are announced year by year, nobody knows the next one yet.
            let ahead = if exchange.is_announced() { this_year } else { this_year + 1 };
            assert!(ahead <= last, "{} ends with {last}: run exchange/make.py again", exchange.code());
        }
    }

    #[test]
    fn refuses_dates_it_does_not_know() {
        let (from, to) = (Session::from_number(0), Session::from_number(9_000));
        assert!(matches!(Exchange::Xnys.between(from, to), Err(SourceError::OutsideCalendar { .. })));
        assert!(matches!("XXXX".parse::<Exchange>(), Err(SourceError::UnknownExchange { .. })));
    }
}

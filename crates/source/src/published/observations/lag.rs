//! Publication lags: the time from the date of a value to its publication.

use std::{fmt, str::FromStr};

use backstaff_panel::{Session, Weekday};
use serde::{Deserialize, Serialize};

/// The time from the date of a value to its publication.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Lag {
    /// The value is known by the close of its own date.
    SameDay,
    /// The value is known on the next day from Monday to Friday.
    NextBusinessDay,
    /// The value is known this many calendar days later.
    Days(u32),
}

impl Lag {
    /// The day on which a value of a date is known.
    ///
    /// ```
    /// use backstaff_panel::Session;
    /// use backstaff_source::Lag;
    /// let friday = Session::from_ymd(2020, 3, 13).unwrap();
    /// assert_eq!(Lag::NextBusinessDay.after(friday).to_string(), "2020-03-16");
    /// assert_eq!("30 days".parse::<Lag>().unwrap().after(friday).to_string(), "2020-04-12");
    /// ```
    pub fn after(self, date: Session) -> Session {
        let days = match self {
            Self::SameDay => 0,
            Self::NextBusinessDay => match date.weekday() {
                Weekday::Friday => 3,
                Weekday::Saturday => 2,
                _ => 1,
            },
            Self::Days(days) => i32::try_from(days).unwrap_or(i32::MAX),
        };
        Session::from_number(date.number().saturating_add(days))
    }
}

impl fmt::Display for Lag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameDay => f.write_str("same_day"),
            Self::NextBusinessDay => f.write_str("next_business_day"),
            Self::Days(1) => f.write_str("1 day"),
            Self::Days(days) => write!(f, "{days} days"),
        }
    }
}

impl From<Lag> for String {
    fn from(lag: Lag) -> Self {
        lag.to_string()
    }
}

impl FromStr for Lag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let days = text.strip_suffix("days").or_else(|| text.strip_suffix("day"));
        match text {
            "same_day" => Ok(Self::SameDay),
            "next_business_day" => Ok(Self::NextBusinessDay),
            _ => days.and_then(|days| days.trim().parse().ok()).map(Self::Days).ok_or_else(|| {
                format!(
                    "{text:?} is no lag; it is `same_day`, `next_business_day` or a number of days: `30 days`"
                )
            }),
        }
    }
}

impl TryFrom<String> for Lag {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Series that are published together, the lag by which they surely are, and the source of this lag.
type Usual = (&'static [&'static str], Lag, &'static str);

/// Names as FRED and the exchanges write them; monthly series are dated by the first day of the month they describe.
const USUAL: [Usual; 9] = [
    (
        &["VIX", "VIXCLS", "VIX_OPEN", "VIX_HIGH", "VIX_LOW", "VIX_CLOSE", "VKOSPI"],
        Lag::SameDay,
        "computed and shown by the exchange (Cboe, KRX) while it trades",
    ),
    (
        &[
            "SP500",
            "SP500_OPEN",
            "SP500_HIGH",
            "SP500_LOW",
            "SP500_CLOSE",
            "SP500_VOLUME",
            "NASDAQ_CLOSE",
            "NASDAQCOM",
        ],
        Lag::SameDay,
        "shown by the exchange while it trades",
    ),
    (
        &[
            "DGS1MO", "DGS3MO", "DGS6MO", "DGS1", "DGS2", "DGS3", "DGS5", "DGS7", "DGS10", "DGS20", "DGS30",
            "T10Y2Y", "T10Y3M", "DFF",
        ],
        Lag::NextBusinessDay,
        "Federal Reserve Board, H.15: each business day for the one before",
    ),
    (
        &["DTWEXBGS", "DTWEXAFEGS", "DTWEXEMEGS"],
        Lag::Days(7),
        "Federal Reserve Board, H.10: each Monday for the week before",
    ),
    (
        &["DCOILWTICO", "DCOILBRENTEU"],
        Lag::Days(7),
        "Energy Information Administration: each Wednesday for the week before",
    ),
    (
        &["FEDFUNDS"],
        Lag::Days(35),
        "Federal Reserve Board, H.15: the mean of a month on its next business day",
    ),
    (
        &["CPIAUCSL", "CPIAUCNS", "CPILFESL"],
        Lag::Days(60),
        "Bureau of Labor Statistics: in the middle of the next month (January 2015 on 26 February)",
    ),
    (&["UNRATE", "PAYEMS"], Lag::Days(60), "Bureau of Labor Statistics: early in the next month"),
    (
        &["USREC"],
        Lag::Days(365),
        "NBER Business Cycle Dating Committee: 4 to 21 months after a turning point",
    ),
];

/// The usual lag of a series, and its source.
pub(super) fn usual(name: &str) -> Option<(Lag, &'static str)> {
    USUAL
        .iter()
        .find(|(names, ..)| names.iter().any(|known| known.eq_ignore_ascii_case(name)))
        .map(|&(_, lag, source)| (lag, source))
}

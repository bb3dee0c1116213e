//! When a portfolio is rebalanced, in a study's words.

use std::fmt;

use backstaff_panel::Weekday;
use backstaff_portfolio::Rebalance;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Visitor},
};

/// The sessions in which a portfolio is rebalanced: a word or a number of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RebalanceSpec {
    /// Every so many sessions, counted from the first; in a study the number, or `daily` for 1.
    Sessions(u32),
    /// `weekly`: the first session of each week.
    Weekly,
    /// `monday` to `sunday`: that day of each week, or the next session after it.
    Weekday(Weekday),
    /// `monthly`: the first session of each month.
    Monthly,
    /// `month_end`: the last weekday of each month, or the next session after it.
    MonthEnd,
}

/// The days of the week, from Monday on, as a study names them.
const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

impl RebalanceSpec {
    /// All words that stand for one.
    pub(crate) const WORDS: [&str; 11] = [
        "daily",
        "weekly",
        "monthly",
        "month_end",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];

    /// The rule of the backtest.
    pub fn rule(self) -> Rebalance {
        match self {
            Self::Sessions(n) => Rebalance::EverySessions(n as usize),
            Self::Weekly => Rebalance::Weekly,
            Self::Weekday(day) => Rebalance::Weekday(day),
            Self::Monthly => Rebalance::Monthly,
            Self::MonthEnd => Rebalance::MonthEnd,
        }
    }

    /// The number of sessions between rebalancings, where it is always the same.
    pub fn sessions(self) -> Option<u32> {
        match self {
            Self::Sessions(n) => Some(n),
            _ => None,
        }
    }

    /// What is wrong with it.
    pub(super) fn problem(self) -> Option<String> {
        (self == Self::Sessions(0)).then(|| "must be 1 or more sessions".to_owned())
    }

    fn of_word(word: &str) -> Option<Self> {
        let day = || DAYS.iter().find(|(name, _)| *name == word).map(|&(_, day)| Self::Weekday(day));
        match word {
            "daily" => Some(Self::Sessions(1)),
            "weekly" => Some(Self::Weekly),
            "monthly" => Some(Self::Monthly),
            "month_end" => Some(Self::MonthEnd),
            _ => day(),
        }
    }
}

impl fmt::Display for RebalanceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sessions(n) => write!(f, "{n}"),
            Self::Weekly => f.write_str("weekly"),
            Self::Weekday(day) => f.write_str(DAYS[day.to_monday_zero_offset() as usize].0),
            Self::Monthly => f.write_str("monthly"),
            Self::MonthEnd => f.write_str("month_end"),
        }
    }
}

impl Serialize for RebalanceSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Sessions(n) => serializer.serialize_u32(*n),
            word => serializer.collect_str(word),
        }
    }
}

impl<'de> Deserialize<'de> for RebalanceSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordOrNumber;

        impl Visitor<'_> for WordOrNumber {
            type Value = RebalanceSpec;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "`daily`, `weekly`, `monthly`, `month_end`, a weekday such as `friday`, or a number of sessions \
                     such as `21`",
                )
            }

            fn visit_u64<E: Error>(self, n: u64) -> Result<RebalanceSpec, E> {
                let n = u32::try_from(n)
                    .map_err(|_| E::custom(format!("{n} sessions are more than any data have")))?;
                Ok(RebalanceSpec::Sessions(n))
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<RebalanceSpec, E> {
                RebalanceSpec::of_word(word)
                    .ok_or_else(|| E::unknown_variant(word, &RebalanceSpec::WORDS))
                    .map_err(|error: E| E::custom(format!("{error}, or a number of sessions such as `21`")))
            }
        }

        deserializer.deserialize_any(WordOrNumber)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_and_written() {
        for word in RebalanceSpec::WORDS {
            let read: RebalanceSpec = serde_saphyr::from_str(word).unwrap();
            let written = if word == "daily" { "1" } else { word };
            assert_eq!(read.to_string(), written);
            assert_eq!(read.rule(), RebalanceSpec::of_word(word).unwrap().rule());
        }
        assert_eq!(serde_saphyr::from_str::<RebalanceSpec>("21").unwrap(), RebalanceSpec::Sessions(21));
        for wrong in ["weekley", "-1", "1.5", "[monday]"] {
            assert!(serde_saphyr::from_str::<RebalanceSpec>(wrong).is_err(), "{wrong}");
        }
    }
}

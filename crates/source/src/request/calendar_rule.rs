//! The rule that makes sessions of the dates in the data.

use std::collections::BTreeSet;

use backstaff_panel::Session;

use super::exchange::Exchange;

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
    /// The sessions of a named exchange. Rows on other dates are dropped and counted.
    Exchange(Exchange),
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
        }
    }
}

impl Default for CalendarRule {
    fn default() -> Self {
        Self::Union { thin_share: 0.2, listed: BTreeSet::new() }
    }
}

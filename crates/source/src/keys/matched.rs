//! How the instruments of two tables meet.

use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
};

use backstaff_words::{count, some_of};
use serde::{Deserialize, Serialize};

use super::mend::{Mend, mend};
use crate::error::SourceError;

/// The number of names that are kept of those without a partner; all of them are counted.
const NAMED: usize = 5;
/// The share of names with a partner below which tables are taken for tables of different things.
const LEAST_SHARE: f64 = 0.5;

/// The side whose names need partners.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    /// The instruments of the prices: the table may be one of a whole market.
    Prices,
    /// The names of the table: it may be about few instruments, such as those that were delisted.
    Table,
}

/// A pair of tables that are joined by the names of instruments: the prices, and a table of this kind.
///
/// To add one: a variant, its side in [`Pair::judged`], [`Match::of`] where it is joined, and its row in the test
/// `crates/study/tests/keys.rs`, which does not compile without it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pair {
    /// A table with one row for each instrument.
    Attributes,
    /// A table of published values, or a folder in Qlib's layout.
    Facts,
    /// A table of texts about instruments, of a database.
    Categories,
    /// A table of reported periods, of a database.
    Statements,
    /// A table of delistings, of a database.
    Delistings,
    /// A table of what delistings bring.
    Recoveries,
    /// A table of scores or weights that were computed elsewhere.
    Given,
}

impl Pair {
    /// All pairs there are.
    pub const ALL: [Self; 7] = [
        Self::Attributes,
        Self::Facts,
        Self::Categories,
        Self::Statements,
        Self::Delistings,
        Self::Recoveries,
        Self::Given,
    ];

    /// The side whose names need partners.
    #[must_use]
    pub fn judged(self) -> Judged {
        match self {
            Self::Attributes | Self::Facts | Self::Categories | Self::Statements => Judged::Prices,
            Self::Delistings | Self::Recoveries | Self::Given => Judged::Table,
        }
    }
}

/// How the instruments of a table meet those of the prices.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Match {
    /// The kind of table beside the prices.
    pub pair: Pair,
    /// The section of the study, or the option of the command, that names the table: `data.facts`.
    pub key: String,
    /// The file, folder or table of a database.
    pub path: PathBuf,
    /// The number of names that both have.
    pub met: usize,
    /// The instruments of the prices that the table has not.
    pub only_prices: Unmet,
    /// The instruments of the table that the prices have not.
    pub only_table: Unmet,
    /// The side whose names need partners.
    pub judged: Judged,
    /// Whether less than half of these names may have one.
    pub allowed: bool,
    /// The rules for names by which more of them would meet, where their spelling shows some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mend: Option<Mend>,
}

/// Names without a partner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Unmet {
    /// The number of all.
    pub count: usize,
    /// The first of them by name.
    pub first: Vec<String>,
}

impl Match {
    /// Count how the names of a table meet those of the prices.
    pub fn of<'a>(
        pair: Pair,
        (key, path): (&str, &Path),
        prices: impl IntoIterator<Item = &'a str>,
        table: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let prices = prices.into_iter().collect::<BTreeSet<_>>();
        let table = table.into_iter().collect::<BTreeSet<_>>();
        Self {
            pair,
            key: key.to_owned(),
            path: path.to_owned(),
            met: prices.intersection(&table).count(),
            only_prices: Unmet::of(prices.difference(&table)),
            only_table: Unmet::of(table.difference(&prices)),
            judged: pair.judged(),
            allowed: false,
            mend: mend(&prices, &table),
        }
    }

    /// The same, where less than half of the names that need a partner may have one, or not.
    #[must_use]
    pub fn allowed(self, allowed: bool) -> Self {
        Self { allowed, ..self }
    }

    /// Refuse tables of which less than half meets, where that is not allowed.
    ///
    /// # Errors
    ///
    /// [`SourceError::Unmatched`], with the names that have no partner and what would mend them.
    pub fn check(&self) -> Result<(), SourceError> {
        if self.allowed || !self.is_refused() {
            return Ok(());
        }
        let key = if self.key.contains(" of the layout") { "data.prices" } else { &self.key };
        Err(SourceError::Unmatched { told: self.to_string(), key: key.to_owned() })
    }

    /// The names that need a partner and have none.
    #[must_use]
    pub fn lacking(&self) -> &Unmet {
        match self.judged {
            Judged::Prices => &self.only_prices,
            Judged::Table => &self.only_table,
        }
    }

    /// The share of the names that need a partner and have one; 1 if none needs one.
    #[must_use]
    pub fn share(&self) -> f64 {
        let all = self.met + self.lacking().count;
        if all == 0 { 1.0 } else { self.met as f64 / all as f64 }
    }

    /// Whether a reader of the results should know: a name lacks its partner, or spellings show that one has it.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        self.lacking().count > 0 || self.mend.is_some()
    }

    /// Whether less than half of the names that need a partner have one.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.share() < LEAST_SHARE
    }

    /// The words to write so that more names meet; empty if none are known.
    #[must_use]
    pub fn advice(&self) -> String {
        let Some(mend) = &self.mend else { return String::new() };
        let more = format!("{} more would meet", count(mend.gain, "name"));
        if self.key.starts_with("--") {
            let both = mend.table.with(&mend.prices);
            return format!("; {more} with `--instrument-names '{both}'`");
        }
        let places = [(&mend.table, self.key.as_str()), (&mend.prices, "data.prices")];
        let rules = places.into_iter().filter(|(rule, _)| !rule.is_idle());
        let rules = rules.map(|(rule, key)| format!("`instrument_names: {rule}` under {key}"));
        format!("; {more} with {}", rules.collect::<Vec<_>>().join(" and "))
    }
}

/// One sentence for people, without an end.
impl fmt::Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, path, met, only_prices, only_table, judged, .. } = self;
        let all = met + self.lacking().count;
        let of = match judged {
            Judged::Prices => "of the prices are in the table",
            Judged::Table => "of the table are in the prices",
        };
        write!(f, "{key} ({}): {met} of {} {of}", path.display(), count(all, "instrument"))?;
        let unmet = [(only_prices, "the table has not"), (only_table, "the prices have not")];
        for (unmet, lack) in unmet.into_iter().filter(|(unmet, _)| unmet.count > 0) {
            write!(f, "; {} that {lack}: {unmet}", unmet.count)?;
        }
        f.write_str(&self.advice())
    }
}

impl Unmet {
    fn of<'a>(names: impl Iterator<Item = &'a &'a str>) -> Self {
        let mut first = Vec::new();
        let mut count = 0;
        for name in names {
            if count < NAMED {
                first.push((*name).to_owned());
            }
            count += 1;
        }
        Self { count, first }
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = self.count.saturating_sub(self.first.len());
        f.write_str(&some_of(self.first.iter().map(String::as_str), NAMED))?;
        if more > 0 { write!(f, " and {more} more") } else { Ok(()) }
    }
}

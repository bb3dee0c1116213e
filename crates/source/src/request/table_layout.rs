//! The meaning of a database's tables: the form of presets and of a user's own layout file.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::halts::Halts;
use crate::keys::name_rule::NameRule;

/// The layouts that ship: name and text.
const PRESETS: [(&str, &str); 1] = [("krx", include_str!("presets/krx.yaml"))];

/// The meaning of a database's tables and columns.
///
/// The same layout reads an SQLite file and a folder of Parquet files that are named after the tables. In `columns` and
/// `names` the database's word comes first and ours second, as in every mapping.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TableLayout {
    /// The version of this form: 1.
    pub(crate) tables: Version,
    /// A description of the database for people.
    #[serde(default)]
    pub(crate) description: String,
    /// The table of daily bars.
    pub(crate) prices: PriceTable,
    /// The tables of texts about instruments, which become categories.
    #[serde(default)]
    pub(crate) categories: Vec<CategoryTable>,
    /// The tables of published statements.
    #[serde(default)]
    pub(crate) statements: Vec<Statements>,
    /// The tables of dated series of the whole market.
    #[serde(default)]
    pub(crate) series: Vec<SeriesTable>,
    /// The table of delistings. A database need not have it; then no delisting is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) delistings: Option<DelistingTable>,
}

/// The version of the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(try_from = "u32", into = "u32")]
pub(crate) struct Version;

impl TryFrom<u32> for Version {
    type Error = String;

    fn try_from(version: u32) -> Result<Self, String> {
        if version == 1 {
            Ok(Self)
        } else {
            Err(format!("tables: {version} is not known; this program reads 1"))
        }
    }
}

impl From<Version> for u32 {
    fn from(_: Version) -> Self {
        1
    }
}

/// A table of daily bars.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceTable {
    /// The name of the table.
    pub table: String,
    /// Its column of instruments.
    pub instrument: String,
    /// Its column of dates.
    pub date: String,
    /// Its number columns and our fields.
    pub columns: BTreeMap<String, String>,
    /// The rows that are read: for each column, the texts that it may have.
    #[serde(default)]
    pub keep: Keep,
    /// The form in which a session without trade is written.
    #[serde(default)]
    pub halts: Halts,
    /// The forms in which dates are written.
    #[serde(default)]
    pub dates: Dates,
    /// The field that holds the change from the base price, in money: the base of a session is close − change. Where
    /// the base differs from the last close, shares were split or rights went ex; prices are adjusted by these factors.
    #[serde(default)]
    pub change: Option<String>,
}

/// For each column, the texts that a row may have there.
pub(crate) type Keep = BTreeMap<String, BTreeSet<String>>;

/// The forms in which the dates of a column are written.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Dates {
    /// All dates have the form of the first one; another is an error with its row.
    #[default]
    OneForm,
    /// Each date has any of the forms that name the year first.
    Mixed,
}

/// A table of texts about instruments.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CategoryTable {
    /// The name of the category in expressions.
    pub name: String,
    /// The name of the table.
    pub table: String,
    /// Its column of instruments.
    pub instrument: String,
    /// The rule by which the names in that column are rewritten.
    #[serde(default, skip_serializing_if = "NameRule::is_idle")]
    pub instrument_names: NameRule,
    /// Its column of texts.
    pub column: String,
    /// Its column of the dates from which rows hold; without one a row holds in all sessions.
    #[serde(default)]
    pub from: Option<String>,
    /// Must be true where there is no `from`: past sessions then see today's text, which the report says.
    #[serde(default, rename = "static")]
    pub is_static: bool,
    /// The category, defined before, that holds for instruments without any row here (and where there is no such
    /// table).
    #[serde(default)]
    pub otherwise: Option<String>,
    /// The forms in which dates are written.
    #[serde(default)]
    pub dates: Dates,
}

/// Statements: a table of periods, and tables of their items.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Statements {
    /// The beginning of these facts' names: `separate_`.
    #[serde(default)]
    pub prefix: String,
    /// The table of the periods that were reported.
    pub periods: PeriodTable,
    /// The tables of the items that were reported.
    pub items: Vec<ItemTable>,
}

/// A table of reported periods.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeriodTable {
    /// The name of the table.
    pub table: String,
    /// Its key, which items refer to.
    pub id: String,
    /// Its column of instruments.
    pub instrument: String,
    /// The rule by which the names in that column are rewritten.
    #[serde(default, skip_serializing_if = "NameRule::is_idle")]
    pub instrument_names: NameRule,
    /// Its column of the days on which reports became known.
    pub known_at: String,
    /// Its column of the last days of the periods.
    pub period_end: String,
    /// Its column of the month (1 to 12) in which the company's fiscal year ends; December if absent.
    #[serde(default)]
    pub fiscal_year_end: Option<String>,
    /// The currency of the amounts; reports in another one are left out and counted.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// The rows that are read.
    #[serde(default)]
    pub keep: Keep,
    /// The forms in which dates are written.
    #[serde(default)]
    pub dates: Dates,
}

/// The currency in which amounts must be.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Currency {
    /// The column that names the currency of a report.
    pub column: String,
    /// The currency that is expected there.
    pub expected: String,
}

/// A table of reported items.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemTable {
    /// The name of the table.
    pub table: String,
    /// Its column of periods: the key of the table of periods.
    pub period: String,
    /// Its column of codes.
    pub item: String,
    /// Its column of amounts.
    pub value: String,
    /// The codes wanted and our names.
    pub names: BTreeMap<String, String>,
}

/// A table of dated series.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeriesTable {
    /// The name of the table.
    pub table: String,
    /// Its column of codes.
    pub key: String,
    /// Its column of dates.
    pub date: String,
    /// Its column of values.
    pub value: String,
    /// The codes wanted and our names.
    pub names: BTreeMap<String, String>,
    /// The number of calendar days after its date on which a value is known: 0 for one that the session's close brings.
    pub lag_days: u16,
    /// The forms in which dates are written.
    #[serde(default)]
    pub dates: Dates,
}

/// A table of delistings.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DelistingTable {
    /// The name of the table.
    pub table: String,
    /// Its column of instruments.
    pub instrument: String,
    /// The rule by which the names in that column are rewritten.
    #[serde(default, skip_serializing_if = "NameRule::is_idle")]
    pub instrument_names: NameRule,
    /// Its column of the first days on which instruments are listed no more.
    pub date: String,
    /// Its column of reasons, which are texts.
    #[serde(default)]
    pub reason: Option<String>,
    /// Its column of recoveries: a holder gets this share of the last close.
    #[serde(default)]
    pub recovery: Option<String>,
    /// The forms in which dates are written.
    #[serde(default)]
    pub dates: Dates,
}

/// The reason why there is no such layout.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum LayoutError {
    #[error("there is no preset {name:?}{hint}; known are {known}")]
    NoPreset { name: String, hint: String, known: String },
    #[error("{0}")]
    Wrong(String),
}

impl TableLayout {
    /// A layout that ships, by its name.
    ///
    /// ```
    /// use backstaff_source::TableLayout;
    /// assert!(TableLayout::preset("krx")?.table_names().contains("daily_prices"));
    /// # Ok::<(), backstaff_source::LayoutError>(())
    /// ```
    pub fn preset(name: &str) -> Result<Self, LayoutError> {
        let names = PRESETS.iter().map(|(name, _)| *name);
        let Some((_, text)) = PRESETS.iter().find(|(known, _)| *known == name) else {
            return Err(LayoutError::NoPreset {
                name: name.to_owned(),
                hint: crate::names::hint(name, names.clone()),
                known: names.collect::<Vec<_>>().join(", "),
            });
        };
        Self::read(text)
    }

    /// The tables that the layout names, each once.
    pub fn table_names(&self) -> BTreeSet<&str> {
        let statements = self.statements.iter().flat_map(|one| {
            one.items.iter().map(|items| items.table.as_str()).chain([one.periods.table.as_str()])
        });
        let categories = self.categories.iter().map(|one| one.table.as_str());
        let series = self.series.iter().map(|one| one.table.as_str());
        let delistings = self.delistings.iter().map(|one| one.table.as_str());
        let prices = [self.prices.table.as_str()];
        statements.chain(categories).chain(series).chain(delistings).chain(prices).collect()
    }

    /// The same layout, in which names of instruments are rewritten by another rule as well, but for those of prices.
    #[must_use]
    pub fn with_instrument_names(mut self, rule: &NameRule) -> Self {
        let categories = self.categories.iter_mut().map(|table| &mut table.instrument_names);
        let statements = self.statements.iter_mut().map(|one| &mut one.periods.instrument_names);
        let delistings = self.delistings.iter_mut().map(|table| &mut table.instrument_names);
        for own in categories.chain(statements).chain(delistings) {
            *own = own.with(rule);
        }
        self
    }

    /// A user's own layout, from the text of its file.
    pub fn read(text: &str) -> Result<Self, LayoutError> {
        let layout: Self =
            serde_saphyr::from_str(text).map_err(|error| LayoutError::Wrong(error.to_string()))?;
        layout.check()?;
        Ok(layout)
    }

    /// Refuse a layout that contradicts itself.
    pub fn check(&self) -> Result<(), LayoutError> {
        let wrong = |message: String| Err(LayoutError::Wrong(message));
        let mut known = BTreeSet::new();
        for table in &self.categories {
            let name = &table.name;
            if table.from.is_none() && !table.is_static {
                return wrong(format!(
                    "the category {name} has no history: name the column of dates as `from`, or say `static: true`, \
                     and the report will say that today's {name} is told to the past"
                ));
            }
            if let Some(other) = table.otherwise.as_ref().filter(|other| !known.contains(*other)) {
                return wrong(format!(
                    "the category {name} falls back to {other}, which is not defined before it"
                ));
            }
            if !known.insert(name.clone()) {
                return wrong(format!("the category {name} is defined twice"));
            }
        }
        let mut facts = BTreeSet::new();
        for statements in &self.statements {
            for name in statements.items.iter().flat_map(|items| items.names.values()) {
                let name = format!("{}{name}", statements.prefix);
                if !facts.insert(name.clone()) {
                    return wrong(format!("the fact {name} is defined twice"));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_reads_and_holds_together() {
        for (name, _) in PRESETS {
            let layout = TableLayout::preset(name).unwrap();
            layout.check().unwrap();
        }
        let error = TableLayout::preset("krz").unwrap_err().to_string();
        assert!(error.contains("did you mean \"krx\""), "{error}");
    }

    #[test]
    fn a_category_without_history_must_admit_it() {
        let mut layout = TableLayout::preset("krx").unwrap();
        layout.categories[0].is_static = false;
        assert!(layout.check().unwrap_err().to_string().contains("static: true"));
    }
}

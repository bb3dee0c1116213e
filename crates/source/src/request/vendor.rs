//! Vendors whose files are known by the names of their columns.
//!
//! To add one: an entry in `vendor/known`, and a sample in `tests/vendors.rs`.

mod known;

use crate::{date_order::DateOrder, names::folded};

/// The layout of a vendor's files of bars, and what their fields mean.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Vendor {
    /// The layout's name for people, such as `Stooq's`.
    pub name: &'static str,
    /// What a reader has to know of the fields, in words for people.
    pub note: &'static str,
    /// The columns by which a file is known, as [`folded`] writes them: one of each group must be there.
    signature: &'static [&'static [&'static str]],
    /// Columns that must be there just as they are written here.
    spelled: &'static [&'static str],
    /// What columns mean whose names don't say it, as [`folded`] writes them.
    columns: &'static [(&'static str, Meaning)],
    /// The order of day and month in the vendor's dates, where it is always the same.
    pub date_order: DateOrder,
    /// The exchange's zone, where stamps are instants in UTC.
    pub zone: Option<&'static str>,
    /// What tells the splits and dividends.
    pub adjusts: Adjusts,
    /// Whether the name of a file is the instrument's only up to the first dash, as in `BTCUSDT-1d-2024-01.csv`.
    pub dashed_names: bool,
}

/// What a vendor's column means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Meaning {
    /// The field of this name.
    Is(&'static str),
    /// The field of this name, in another form.
    In(&'static str, Unit),
    /// Nothing that bars need.
    Nothing,
}

/// The form in which a vendor writes numbers that are meant otherwise than they stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unit {
    /// A price that is negative where it is no trade's but of a bid or an ask: its size counts.
    Size,
    /// A close that is negative where it is the middle of bid and ask, since nothing traded: its size counts, and the row
    /// says that it did not trade.
    Midpoint,
    /// A divisor of prices or shares: its reciprocal counts.
    Divisor,
    /// Thousands.
    Thousands,
    /// A volume that is negative where it is unknown.
    Known,
    /// A return that is a letter or less than −1 where it is unknown.
    Coded,
}

impl Unit {
    /// Whether a number says that the value is unknown.
    pub(crate) fn is_unknown(self, value: f64) -> bool {
        match self {
            Self::Size | Self::Midpoint | Self::Thousands => false,
            Self::Divisor => value == 0.0,
            Self::Known => value < 0.0,
            Self::Coded => value < -1.0,
        }
    }
}

/// What tells the splits and dividends of a vendor's prices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Adjusts {
    /// Columns that are known by their names, if there are any.
    Columns,
    /// Returns that have dividends and delistings in them, in the fields [`RETURN`] and [`DELISTING_RETURN`].
    Returns,
    /// The vendor has adjusted closes and volumes by splits; a column may adjust closes by dividends.
    SplitsDone,
}

/// The field of a vendor's returns.
pub(crate) const RETURN: &str = "ret";
/// The field of a vendor's returns of delistings.
pub(crate) const DELISTING_RETURN: &str = "dlret";

impl Vendor {
    /// An entry of the list, of which nothing but the names is special.
    const fn named(
        name: &'static str,
        signature: &'static [&'static [&'static str]],
        columns: &'static [(&'static str, Meaning)],
        note: &'static str,
    ) -> Self {
        Self {
            name,
            note,
            signature,
            spelled: &[],
            columns,
            date_order: DateOrder::Detect,
            zone: None,
            adjusts: Adjusts::Columns,
            dashed_names: false,
        }
    }

    /// The vendor in whose layout a file is, by the names of its columns.
    pub(crate) fn of(names: &[String]) -> Option<&'static Self> {
        let compared = names.iter().map(|name| folded(name)).collect::<Vec<_>>();
        let has = |group: &[&str]| group.iter().any(|name| compared.iter().any(|other| other == name));
        let is_in_layout = |vendor: &&Self| {
            vendor.signature.iter().all(|group| has(group))
                && vendor.spelled.iter().all(|name| names.iter().any(|other| other == name))
        };
        known::VENDORS.iter().find(is_in_layout)
    }

    /// What a column means, if its name does not say it.
    pub(crate) fn meaning(&self, name: &str) -> Option<Meaning> {
        let name = folded(name);
        self.columns.iter().find(|(other, _)| *other == name).map(|(_, meaning)| *meaning)
    }

    /// Whether a field must be read because the vendor's prices are adjusted by it.
    pub(crate) fn needs(&self, field: &str) -> bool {
        self.adjusts == Adjusts::Returns && [RETURN, DELISTING_RETURN].contains(&field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vendor(header: &str) -> Option<&'static str> {
        let names = header.split(',').map(str::to_owned).collect::<Vec<_>>();
        Vendor::of(&names).map(|vendor| vendor.name)
    }

    #[test]
    fn a_layout_is_known_by_its_columns_and_no_plain_file_is_a_vendors() {
        assert_eq!(vendor("<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>"), Some("Stooq's"));
        assert_eq!(vendor("Date,Open,High,Low,Close,Adj Close,Volume"), Some("Yahoo's"));
        assert_eq!(vendor("date,open,high,low,close,adj_close,volume"), None);
        assert_eq!(vendor("date,symbol,open,high,low,close,volume"), None);
        assert_eq!(vendor("date,ticker,close,price"), None);
    }

    #[test]
    fn every_column_of_the_list_is_written_as_names_are_compared() {
        for vendor in known::VENDORS {
            let columns = vendor.columns.iter().map(|(name, _)| name);
            for name in columns.chain(vendor.signature.iter().copied().flatten()) {
                assert_eq!(folded(name), *name, "{}", vendor.name);
            }
        }
    }
}

//! A table of published values: where it is and how to read it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use backstaff_panel::{Facts, Frequency};

use crate::{
    keys::name_rule::NameRule,
    request::{mapping::Mapping, written::Written},
};

/// Facts by the names that expressions use: `eps_q` for `$$eps_q`.
pub(crate) type FactsByName = BTreeMap<String, Facts>;

/// A table of published values, and the way to read it.
///
/// A Parquet or CSV file, a folder of such files, or a folder in Qlib's layout. A table has a column of instruments
/// (`symbol`, …), one of periods (`period`: 202003, 2020Q3 or 2020) or of their ends (`period_end`), one of days on
/// which a row became known (`known_at`, `published`, `filing_date`, …), and either a column for each quantity or the
/// two columns `field` and `value`. Quarterly quantities are called `<column>_q`, annual ones `<column>_a`. Rows of one
/// day have the order of their publication; several rows of one period are its versions. Empty cells publish nothing.
///
/// - Look-ahead: a value counts from the first session on or after its day, that session's close included. One with a
///   time of day counts from the next day on, since it may have come after the close.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FactSource {
    /// The file or folder.
    pub path: PathBuf,
    /// Columns whose names are not the usual ones.
    pub mapping: Mapping,
    /// The number of calendar days after the end of its period on which a row was surely known, where no column says
    /// when.
    pub lag_days: Option<u32>,
    /// The length of periods that are known by their ends alone: quarters or years.
    pub frequency: Option<Frequency>,
    /// The month in which fiscal years end, where no column `fiscal_year_end` says it.
    pub fiscal_year_end: Option<i8>,
    /// The currency that is expected; rows in others are left out.
    pub currency: Option<String>,
    /// The quantities that are read; all numbers if absent.
    pub fields: Option<BTreeSet<String>>,
    /// The rule by which the names of instruments are rewritten.
    pub instrument_names: NameRule,
    /// Whether less than half of the instruments of the prices may be in the table.
    pub allow_unmatched: bool,
    /// How texts are written.
    pub written: Written,
}

/// The contents of a table of published values.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct ReadFacts {
    /// The values, by name.
    pub facts: FactsByName,
    /// A sentence for each reason why something was left out.
    pub left_out: Vec<String>,
}

impl FactSource {
    /// A source whose table says everything itself.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            mapping: Mapping::default(),
            lag_days: None,
            frequency: None,
            fiscal_year_end: None,
            currency: None,
            fields: None,
            instrument_names: NameRule::default(),
            allow_unmatched: false,
            written: Written::default(),
        }
    }
}

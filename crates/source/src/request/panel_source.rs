//! What is asked of a source.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use backstaff_panel::{Instrument, Session};
use serde::{Deserialize, Serialize};

use crate::{
    error::SourceError,
    provider::{source_files::source_files, tables::table_files},
    request::{exchange::Exchange, table_layout::TableLayout},
};

/// Which column of the user's files is which of our fields: their name to ours.
///
/// Ours are `date`, `instrument`, the prices and any further name. What is not mapped is recognised by its name.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mapping(pub BTreeMap<String, String>);

/// How prices become comparable through time.
///
/// A factor is anchored at 1 at the instrument's first session. Only past events count then, and an appended session
/// never rewrites an older one.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// By the columns that are there: `factor`, else `adj_close`, else [`Adjustment::AsIs`].
    #[default]
    Auto,
    /// As in the file. A back-adjusted level knows later dividends, so the source warns.
    AsIs,
    /// By `adj_close / close`, applied to open, high, low and vwap too. Volume stays as quoted (unless there is a
    /// column `split_factor`), because splits and dividends can't be told apart.
    AdjClose,
    /// By the column `factor`: adjusted = quoted × factor.
    Factor,
    /// Exactly the columns of the file, whatever they are; no price column is needed. For single computations.
    Verbatim,
}

/// Which dates are sessions.
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

impl Default for CalendarRule {
    fn default() -> Self {
        Self::Union { thin_share: 0.2, listed: BTreeSet::new() }
    }
}

/// What to do with an instrument that has duplicate bars or prices that are not positive.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnBadInstrument {
    /// Refuse the data.
    #[default]
    Stop,
    /// Leave the whole instrument out and say so.
    Exclude,
}

/// How dates such as 3/4/2015 are written.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// Find out from a number above 12; refuse if there is none.
    #[default]
    Detect,
    /// 3/4/2015 is the third of April.
    DayFirst,
    /// 3/4/2015 is the fourth of March.
    MonthFirst,
}

/// How the files of a folder are laid out.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// As what is there shows.
    #[default]
    Detect,
    /// In LEAN's: archives in `daily`, `hour` or `minute`, with map and factor files beside them.
    Lean,
    /// In Qlib's: a calendar, and a file for each instrument and field.
    Qlib,
}

/// Daily bars in files: where they are and how to read them.
///
/// ```no_run
/// use backstaff_source::PanelSource;
/// let loaded = PanelSource::new("prices.parquet").load()?;
/// println!("{} rows, {}", loaded.panel.axis().n_rows(), loaded.found.adjustment.why);
/// # Ok::<(), backstaff_source::SourceError>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct PanelSource {
    /// A file, or a folder of files.
    pub path: PathBuf,
    /// How the files are laid out: another layout than the stated one is refused.
    pub format: Format,
    /// The user's word on columns.
    pub mapping: Mapping,
    /// The fields wanted, in our names; `None` is all. Others are not read, but for what adjustment needs.
    pub fields: Option<BTreeSet<String>>,
    /// Text columns (in our names) that become categories. Between rows the last known one holds.
    pub categories: Vec<String>,
    /// The instruments wanted; `None` is all.
    pub instruments: Option<BTreeSet<String>>,
    /// How prices are adjusted.
    pub adjustment: Adjustment,
    /// Which dates are sessions.
    pub calendar: CalendarRule,
    /// What happens to an instrument with impossible rows.
    pub on_bad_instrument: OnBadInstrument,
    /// Rows to leave out: a list frozen in the study, never one made by looking at the data while reading.
    pub drop_rows: Vec<(Instrument, Session)>,
    /// How ambiguous dates are written.
    pub date_order: DateOrder,
    /// What the tables of a database mean; an SQLite file needs it.
    pub tables: Option<TableLayout>,
    /// The published facts wanted of a database, in our names; `None` is all.
    pub facts: Option<BTreeSet<String>>,
}

impl PanelSource {
    /// All there is at a path, with the defaults.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            format: Format::default(),
            mapping: Mapping::default(),
            fields: None,
            categories: Vec::new(),
            instruments: None,
            adjustment: Adjustment::default(),
            calendar: CalendarRule::default(),
            on_bad_instrument: OnBadInstrument::default(),
            drop_rows: Vec::new(),
            date_order: DateOrder::default(),
            tables: None,
            facts: None,
        }
    }

    /// The files that are read: those behind the path, or a database's own.
    pub fn files(&self) -> Result<Vec<PathBuf>, SourceError> {
        match &self.tables {
            Some(layout) => table_files(&self.path, layout),
            None => source_files(&self.path),
        }
    }

    /// Prices exactly as in the file, every date a session: each row of the input is a row of the panel.
    pub fn verbatim(path: impl Into<PathBuf>) -> Self {
        Self {
            adjustment: Adjustment::Verbatim,
            calendar: CalendarRule::Union { thin_share: 0.0, listed: BTreeSet::new() },
            ..Self::new(path)
        }
    }
}

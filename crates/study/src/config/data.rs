//! Where the data come from.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use backstaff_source::{
    Adjustment, DateOrder, Decimal, Format, Halts, Hours, NameRule, OnBadRow, Resample, TableLayout,
    TextEncoding, Written, Zone,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    calendar::CalendarSpec,
    published::{FactTable, SeriesTable, one_or_many},
    schema::OneOrMany,
};

use crate::StudyError;

/// The files that a study reads.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Bars of all instruments.
    pub prices: Prices,
    /// `union` (of the dates in the file), the name of an exchange whose calendar ships (`XNYS`, `XKRX`), or `24/7`; or
    /// one for each instrument by its name or a pattern of names, and `default` for the others.
    #[serde(default)]
    pub calendar: CalendarSpec,
    /// A table of facts about instruments, such as their sectors and dates of entry.
    #[serde(default)]
    pub attributes: Option<Attributes>,
    /// Published values of instruments, for `$$name_q` and `$$name_a`: a table or a list of them.
    #[serde(default, deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany<FactTable>")]
    pub facts: Vec<FactTable>,
    /// Series of the whole market, for `$$name_d`: a table or a list of them.
    #[serde(default, deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany<SeriesTable>")]
    pub series: Vec<SeriesTable>,
    /// A series of prices, such as an index, that portfolios are compared with.
    #[serde(default)]
    pub benchmark: Option<Benchmark>,
}

/// Bars of all instruments.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// A Parquet or CSV file, a folder of them, a folder in Qlib's or LEAN's layout, or a database of tables.
    pub path: PathBuf,
    /// The layout that the folder must have; a folder in another one is an error.
    #[serde(default)]
    pub format: Format,
    /// The name of a layout of tables that ships with the program: `krx`. A layout says what the tables of a database mean.
    #[serde(default)]
    pub preset: Option<String>,
    /// A layout file of your own, in place of `preset`.
    #[serde(default)]
    pub tables: Option<PathBuf>,
    /// Whether only the new rows of an SQLite file's large tables are read, those above the last reading, and the older
    /// ones come from a kept copy. Corrections of older rows are missed, which the report says.
    #[serde(default)]
    pub high_water_mark: bool,
    /// Columns whose names are not the usual ones: the file's name to ours.
    #[serde(default)]
    pub mapping: BTreeMap<String, String>,
    /// The quantity (`close`) that the columns hold where a table has one column for each instrument and one row for each
    /// date.
    #[serde(default)]
    pub wide: Option<String>,
    /// The order of day and month in dates such as 3/4/2015.
    #[serde(default)]
    pub date_order: DateOrder,
    /// The rule by which names of instruments in the file are rewritten, where they are spelled otherwise than in other
    /// tables.
    #[serde(default)]
    pub instrument_names: NameRule,
    /// Whether less than half of the names may meet where the tables of a database are joined.
    #[serde(default)]
    pub allow_unmatched: bool,
    /// The encoding of text files, such as `cp949`, `shift_jis`, `gb18030` or `latin1`; UTF-8 if absent.
    #[serde(default)]
    pub encoding: Option<TextEncoding>,
    /// The decimal mark of numbers in text files: `"."` or `","`; found out if absent.
    #[serde(default)]
    pub decimal: Decimal,
    /// The time zone of the exchange, such as `Asia/Seoul`, if the files tell its midnights in UTC; `UTC` takes dates as
    /// they are written.
    #[serde(default)]
    pub zone: Option<Zone>,
    /// The length that bars of minutes or hours get: `session` joins those of each date into one, with the first open,
    /// the greatest high, the least low, the last close and the sum of volumes.
    #[serde(default)]
    pub resample: Option<Resample>,
    /// The hours, such as `09:30-16:00`, in which bars that are resampled count; bars that begin outside of them are left
    /// out and counted. All bars of a date count if absent.
    #[serde(default)]
    pub hours: Option<Hours>,
    /// The adjustment of prices for splits and dividends.
    #[serde(default)]
    pub adjustment: Adjustment,
    /// The form in which the files write a session without trade. Rows with a volume of 0 then have no prices.
    #[serde(default)]
    pub halts: Halts,
    /// The column of the files that holds the change of the close against the session's base price, in money and with
    /// its sign. Where the base is another price than the last close, shares were split or rights went ex: prices are
    /// adjusted by these ratios.
    #[serde(default)]
    pub change: Option<String>,
    /// Columns of texts (or codes) in the files that become categories (`$sector`), as each row tells them; where a row
    /// or a text is missing, the last one holds.
    #[serde(default)]
    pub categories: Vec<String>,
    /// The treatment of rows that can't be true: two different bars of one session, negative or infinite prices. A price
    /// of 0 is only missing, and rows that are equal in all values count once.
    #[serde(default)]
    pub on_bad_row: OnBadRow,
    /// Rows that you know to be wrong; they are left out.
    #[serde(default)]
    pub drop_rows: Vec<DropRow>,
    /// Instruments that you know to be wrong as a whole; they are left out.
    #[serde(default)]
    pub drop_instruments: Vec<String>,
}

impl Prices {
    /// How the texts of the table are written.
    pub fn written(&self) -> Written {
        let Self { date_order, encoding, decimal, .. } = self;
        Written { date_order: *date_order, encoding: *encoding, decimal: *decimal }
    }
}

/// A row that is known to be wrong.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DropRow {
    /// The name of the instrument.
    pub instrument: String,
    /// The session of the row, YYYY-MM-DD.
    pub date: String,
}

/// A table of facts about instruments.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attributes {
    /// A CSV or Parquet file with one row an instrument.
    pub path: PathBuf,
    /// The column that names the instrument; recognised if absent.
    #[serde(default)]
    pub key: Option<String>,
    /// Columns that become categories (`$sector`).
    #[serde(default)]
    pub categories: Vec<String>,
    /// Must be true: the table has no history, so it tells the past what only later was known.
    #[serde(rename = "static")]
    pub is_static: bool,
    /// The order of day and month in dates such as 3/4/2015.
    #[serde(default)]
    pub date_order: DateOrder,
    /// The rule by which names of instruments in the file are rewritten, where they are spelled otherwise than in other
    /// tables.
    #[serde(default)]
    pub instrument_names: NameRule,
    /// Whether less than half of the instruments of the prices may be in the table.
    #[serde(default)]
    pub allow_unmatched: bool,
    /// The encoding of text files, such as `cp949`, `shift_jis`, `gb18030` or `latin1`; UTF-8 if absent.
    #[serde(default)]
    pub encoding: Option<TextEncoding>,
    /// The decimal mark of numbers in text files: `"."` or `","`; found out if absent.
    #[serde(default)]
    pub decimal: Decimal,
}

impl Attributes {
    /// How the texts of the table are written.
    pub fn written(&self) -> Written {
        let Self { date_order, encoding, decimal, .. } = self;
        Written { date_order: *date_order, encoding: *encoding, decimal: *decimal }
    }
}

/// A series of prices that portfolios are compared with.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Benchmark {
    /// A Parquet or CSV file of bars.
    pub path: PathBuf,
    /// The name of the instrument in that file.
    pub instrument: String,
    /// The order of day and month in dates such as 3/4/2015.
    #[serde(default)]
    pub date_order: DateOrder,
    /// The encoding of text files, such as `cp949`, `shift_jis`, `gb18030` or `latin1`; UTF-8 if absent.
    #[serde(default)]
    pub encoding: Option<TextEncoding>,
    /// The decimal mark of numbers in text files: `"."` or `","`; found out if absent.
    #[serde(default)]
    pub decimal: Decimal,
    /// The time zone of the exchange, such as `Asia/Seoul`, if the file tells its midnights in UTC.
    #[serde(default)]
    pub zone: Option<Zone>,
}

impl Benchmark {
    /// How the texts of the table are written.
    pub fn written(&self) -> Written {
        let Self { date_order, encoding, decimal, .. } = self;
        Written { date_order: *date_order, encoding: *encoding, decimal: *decimal }
    }
}

/// What the tables of a database mean: by a layout that ships, or by a file.
pub fn layout(preset: Option<&str>, file: Option<&Path>) -> Result<Option<TableLayout>, StudyError> {
    let wrong = |key: &str, message: String| StudyError::Value { key: key.to_owned(), message };
    match (preset, file) {
        (Some(name), _) => {
            TableLayout::preset(name).map(Some).map_err(|error| wrong("preset", error.to_string()))
        }
        (None, Some(path)) => {
            let text = fs::read_to_string(path)
                .map_err(|source| StudyError::Read { path: path.to_owned(), source })?;
            let layout = TableLayout::read(&text);
            layout.map(Some).map_err(|error| wrong(&path.display().to_string(), error.to_string()))
        }
        (None, None) => Ok(None),
    }
}

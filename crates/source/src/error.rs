//! The errors of reading foreign bytes.

use std::{
    borrow::Cow,
    fmt, io,
    path::{Path, PathBuf},
};

use backstaff_panel::{Instrument, PanelError, Session};
use backstaff_words::cut;
use serde::{Deserialize, Serialize};

use crate::{date_text, names::hint};

/// A place in the user's data: a row of a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The file that holds the row.
    pub file: PathBuf,
    /// The number of the row. In Parquet the first row is 1; in CSV it is the line, so that the header is 1.
    pub row: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} row {}", self.file.display(), self.row)
    }
}

/// Two rows of one instrument for the same session.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Duplicate {
    pub instrument: Instrument,
    pub session: Session,
    pub first: Place,
    pub second: Place,
}

impl fmt::Display for Duplicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has two bars for session {}: ", self.instrument, self.session)?;
        if self.first.file == self.second.file {
            write!(f, "{} and row {}", self.first, self.second.row)
        } else {
            write!(f, "{} and {}", self.first, self.second)
        }
    }
}

/// An impossible value: a negative or infinite price or volume, a factor that is not above zero, or a high below the low.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub struct BadPrice {
    pub instrument: Instrument,
    pub session: Session,
    pub field: String,
    pub value: f64,
    /// The low of the bar, where the value is a high below it.
    pub low: Option<f64>,
    pub place: Place,
}

impl fmt::Display for BadPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { instrument, session, field, value, low, place } = self;
        let low = low.map_or_else(String::new, |low| format!(" below the low {low}"));
        write!(f, "{instrument} has {field} {value}{low} in session {session} ({place})")
    }
}

/// The reason why data could not be read, or no panel made of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum SourceError {
    #[error("rows of {} were read once and are kept no more; all of it has to be read again", table.display())]
    RowsNotKept { table: PathBuf },

    #[error("there is no file or folder {path}{hint}")]
    Missing { path: PathBuf, hint: String },

    #[error(
        "{path} holds no .parquet, .pq, .arrow, .feather, .csv, .csv.gz or .zip file; point to a file or to a folder of such files"
    )]
    NoFiles { path: PathBuf },

    #[error(
        "{path} is no table by its name; expected the ending .parquet, .pq, .arrow, .feather, .csv, .csv.gz or .zip{hint}"
    )]
    UnknownFormat { path: PathBuf, hint: String },

    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },

    #[error("{path} is not a readable Parquet file: {source}; was its writing or download cut short?")]
    Parquet { path: PathBuf, source: parquet::errors::ParquetError },

    #[error("{path} is not a readable Arrow file: {source}; was its writing or download cut short?")]
    ArrowFile { path: PathBuf, source: arrow_schema::ArrowError },

    #[error("a column of {path} cannot be decoded: {source}")]
    Arrow { path: PathBuf, source: arrow_schema::ArrowError },

    #[error("{path} is not a readable CSV file: {source}")]
    Csv { path: PathBuf, source: csv::Error },

    #[error("{path} is not a readable gzip file: {source}; was its download cut short?")]
    Gzip { path: PathBuf, source: io::Error },

    #[error("{path} is an archive of no file or of several; a table is read from an archive of one file")]
    NotOneFile { path: PathBuf },

    #[error("{place}, column {column}: a byte that is none of {encoding}; {advice}")]
    Encoding { place: Place, column: String, encoding: Cow<'static, str>, advice: String },

    #[error(
        "{path} holds zero bytes, as texts of two bytes a letter do: state `encoding: {guess}` of the table (`--encoding \
         {guess}` where no study says it), or write it in UTF-8"
    )]
    ZeroBytes { path: PathBuf, guess: &'static str },

    #[error(
        "{path}, column {column:?}: it cannot be told whether the comma of {text:?} marks decimals or separates \
         thousands; state `decimal: \".\"` (thousands) or `decimal: \",\"` (`--decimal` where no study says it)"
    )]
    AmbiguousDecimal { path: PathBuf, column: String, text: String },

    #[error(
        "{path}: {point:?} has a decimal point and {comma:?} a decimal comma; state `decimal: \".\"` or \
         `decimal: \",\"` (`--decimal` where no study says it), and correct the cells that are written otherwise"
    )]
    TwoDecimals { path: PathBuf, point: String, comma: String },

    #[error("{path} is empty; was its writing or download cut short?")]
    Empty { path: PathBuf },

    #[error("{path} holds no row")]
    NoRows { path: PathBuf },

    #[error(
        "{path} holds no row with {kept}; texts are compared letter by letter, correct `keep` of the layout"
    )]
    NoRowKept { path: PathBuf, kept: String },

    #[error(
        "{path} has no {what} column among {}{hint}; name it in the mapping, e.g. `mapping: {{ their_name: {what} }}` \
         (`--mapping their_name={what}` where no study says it)",
        list(.found)
    )]
    NoColumn { path: PathBuf, what: &'static str, found: Vec<String>, hint: String },

    #[error(
        "{path} has no column of closes, and {names} look like instruments side by side: say `wide: close` (`--wide close` \
         where no study says it), or name the close in the mapping"
    )]
    LooksWide { path: PathBuf, names: String },

    #[error("{path} has no column {name:?} (found: {}){hint}", list(.found))]
    UnknownColumn { path: PathBuf, name: String, found: Vec<String>, hint: String },

    #[error("{path} has the column {name:?} twice (found: {}); give each its own name", list(.found))]
    RepeatedColumn { path: PathBuf, name: String, found: Vec<String> },

    #[error("{path}: the column {column:?} holds {kind} where numbers are needed; numbers are in: {}", list(.numbers))]
    NotNumbers { path: PathBuf, column: String, kind: String, numbers: Vec<String> },

    #[error(
        "{path}: the column {column:?} has the date {date} in row {first} and in row {second}; each row needs a date of \
         its own: remove one of the two, name the instrument with --instrument if there are several, or write the \
         time of day behind the date"
    )]
    RepeatedDate { path: PathBuf, column: String, date: String, first: u64, second: u64 },

    #[error("{path} has several columns of dates: {}; name that of the rows with --date", list(.found))]
    SeveralDates { path: PathBuf, found: Vec<String> },

    #[error("{path} is a folder of several files; name one of them")]
    SeveralFiles { path: PathBuf },

    #[error(
        "{path} holds {count} instruments below each other in its column {column:?} ({}); name one with --instrument",
        list(.examples)
    )]
    SeveralInstruments { path: PathBuf, column: String, count: usize, examples: Vec<String> },

    #[error(
        "the mapping gives the column {name:?} the name {ours:?}; names are lower-case letters, digits and _, \
         and don't begin with a digit"
    )]
    BadName { name: String, ours: String },

    #[error(
        "{path}: the columns {first:?} and {second:?} would both be called {name}; tell them apart in the mapping \
         (`--mapping {first}=other_name` where no study says it)"
    )]
    Ambiguous { path: PathBuf, first: String, second: String, name: String },

    #[error(
        "{path}: the column {column:?} should hold {what}, but it holds {kind}; \
         convert it, or give it another name in the mapping"
    )]
    WrongType { path: PathBuf, column: String, what: &'static str, kind: String },

    #[error(
        "{place}, column {column:?}: {:?} is not a number; correct it, or leave the cell empty if it is missing",
        cut(.text)
    )]
    BadNumber { place: Place, column: String, text: String },

    #[error(
        "{place}, column {column:?}: {:?} is not a date from 1800 to 2200; expected forms such as 2015-03-31, \
         20150331, 3/31/2015 or 2015-03-31 16:00:00-04:00",
        cut(.text)
    )]
    BadDate { place: Place, column: String, text: String },

    #[error(
        "{place}, column {column:?}: {:?} is not a time of day, such as 09:30, 0930 or 093000; correct it, or give the \
         column another name in the mapping",
        cut(.text)
    )]
    BadTime { place: Place, column: String, text: String },

    #[error(
        "{place}, column {column:?}: it cannot be told whether {text:?} begins with the day or the month; write \
         dates as YYYY-MM-DD, or state `date_order: day_first` or `month_first` (`--date-order` where no study says it)"
    )]
    AmbiguousDate { place: Place, column: String, text: String },

    #[error(
        "{path}, column {column:?}: it cannot be told whether dates such as {example:?} begin with the day or \
         the month; write them as YYYY-MM-DD, or state `date_order: day_first` or `month_first` (`--date-order` where no study says it)"
    )]
    DateOrder { path: PathBuf, column: String, example: String },

    #[error(
        "{place}, column {column:?}: {:?} is not written like the dates before it ({form}); correct it, or say \
         `dates: mixed` of the table",
        cut(.text)
    )]
    MixedDates { place: Place, column: String, text: String, form: &'static str },

    #[error(
        "{place}, column {column:?}: {:?} does not say by itself which number is the month; tables of a database \
         are read with dates as YYYY-MM-DD, YYYYMMDD or time since 1970: write them so",
        cut(.text)
    )]
    TableDate { place: Place, column: String, text: String },

    #[error("{place}, column {column:?}: {:?} is no text in UTF-8", cut(.text))]
    BadText { place: Place, column: String, text: String },

    #[error("{path}: {advice} ({message})")]
    Database { path: PathBuf, advice: &'static str, message: String },

    #[error("{message}")]
    Tables { message: String },

    #[error("{path} has no table {name:?} (found: {}){hint}", list(.found))]
    NoTable { path: PathBuf, name: String, found: Vec<String>, hint: String },

    #[error(
        "{path} is a database of tables: say what they mean with `--preset krx` (in a study `preset: krx`), or with a \
         layout of your own (`tables: FILE.yaml`)"
    )]
    NoLayout { path: PathBuf },

    #[error(
        "{place}, column {column:?}: the recovery of {instrument} is {recovery}, not a share of the last price, 0 or more"
    )]
    Recovery { place: Place, column: String, instrument: String, recovery: f64 },

    #[error("{place}: {:?} is not a period; expected forms such as 202003, 2020Q3 or 2020", cut(.text))]
    BadPeriod { place: Place, text: String },

    #[error("{path}: {problem}")]
    Facts { path: PathBuf, problem: String },

    #[error("{path} is not in Qlib's layout: {reason}")]
    Layout { path: PathBuf, reason: String },

    #[error(
        "{second} and {first} are folders of one instrument, whose names differ in capitals only; keep one of them"
    )]
    Twins { first: PathBuf, second: PathBuf },

    #[error("{path} is not in LEAN's layout: {reason}")]
    Lean { path: PathBuf, reason: &'static str },

    #[error("{path} is not a readable zip file: {source}; was its download cut short?")]
    Zip { path: PathBuf, source: Box<zip::result::ZipError> },

    #[error(
        "{path} holds more than {} MB in its {} bytes, which no ordinary table does; unpack it with another program if \
         it is meant so",
        .most >> 20, .compressed
    )]
    TooLarge { path: PathBuf, compressed: u64, most: u64 },

    #[error(
        "{path} can't be decoded: {}; it is damaged, or of a kind that isn't supported: write it anew",
        cut(.message)
    )]
    Undecodable { path: PathBuf, message: String },

    #[error(
        "the dates of {path} are one day early, on Sundays to Thursdays: stamps such as {example} are midnight of {zone} \
         told in UTC; write `zone: {zone}` (`--zone {zone}`), or `zone: UTC` if the dates are right as they stand"
    )]
    EarlyDates { path: PathBuf, example: String, zone: &'static str },

    #[error(
        "the stamps of {path} say their own zone, so that `zone: {zone}` can't be meant for them; leave it out"
    )]
    OwnZone { path: PathBuf, zone: String },

    #[error("there is no time zone {name:?}; write a name of the IANA database, such as Asia/Seoul or UTC")]
    UnknownZone { name: String },

    #[error("{place}: the {what} is empty; each row needs a date and an instrument")]
    EmptyKey { place: Place, what: &'static str },

    #[error(
        "{instrument} has several bars in session {session} ({first} at {first_time}, row {} at {second_time}); \
         one bar a session is needed: say `resample: session` in `data.prices` (`--resample session` where no study says it)",
        .second.row
    )]
    Intraday {
        instrument: Instrument,
        session: Session,
        first: Box<Place>,
        first_time: String,
        second: Box<Place>,
        second_time: String,
    },

    #[error(
        "{instrument} has two different bars of {stamp} ({first} and row {}); remove one of each two, or say \
         `on_bad_row: drop` in the study's `data.prices`, which leaves both out",
        .second.row
    )]
    RepeatedStamp { instrument: String, stamp: String, first: Place, second: Place },

    #[error("{text:?} are no hours of a day; write them as 09:30-16:00")]
    BadHours { text: String },

    #[error(
        "{path} has no bar that begins in the hours {hours}; are its times those of another zone? Say `zone` then"
    )]
    NoneInHours { path: PathBuf, hours: String },

    /// Two rows claim the same cell; neither is trusted.
    #[error(
        "{count} duplicate bar{}; remove one of each two rows, or say `on_bad_row: drop` in the study's `data.prices`, which \
         leaves both out\n  {}",
        plural(*.count), lines(.examples)
    )]
    Duplicates { count: usize, examples: Vec<Duplicate> },

    #[error(
        "{count} impossible value{} (prices and factors are above 0, volumes 0 or more, none is infinite; only a price of exactly 0 counts as missing); correct or remove them, or say `on_bad_row: drop` \
         in the study's `data.prices`, which leaves these bars out\n  {}",
        plural(*.count), lines(.examples)
    )]
    BadPrices { count: usize, examples: Vec<BadPrice> },

    #[error("every instrument of {path} was excluded or filtered out; nothing is left")]
    NothingLeft { path: PathBuf },

    #[error(
        "{told}\nless than half of the names that need a partner have one: is it the right table? If it is, correct \
         its names, or say `allow_unmatched: true` under {key} (`--allow-unmatched` where no study says it)"
    )]
    Unmatched { told: String, key: String },

    #[error("{path} has no instrument {name:?}{hint}")]
    NoInstrument { path: PathBuf, name: String, hint: String },

    #[error("adjustment {mode} needs the column {column}, which {path} does not have (found: {})", list(.found))]
    NoFactor { path: PathBuf, mode: &'static str, column: &'static str, found: Vec<String> },

    #[error(
        "adjustment {mode} needs {column}, and {path} has instruments with closes and not one value of it: {names}; give \
         them the column, or say `adjustment: auto`, which takes their closes as adjusted already, or `as_is`"
    )]
    Unstated { path: PathBuf, mode: &'static str, column: &'static str, names: String },

    #[error(
        "the column {column} of {path} is no change from the session's base price, in money and with its sign: the close \
         less {column} is another price than the last close in {n_events} of {n_known} sessions; name another column as \
         `change`, or none"
    )]
    NotChange { path: PathBuf, column: String, n_events: usize, n_known: usize },

    #[error(
        "the calendar {exchange} is known from {first} to {last}, but the data have the session {session}; \
         use the union of dates instead"
    )]
    OutsideCalendar { exchange: &'static str, first: Session, last: Session, session: Session },

    #[error("there is no exchange calendar {name:?}; known are {known}")]
    UnknownExchange { name: String, known: String },

    #[error(
        "{path}: {instrument} has two values for {date}, in row {first} and in row {second}; keep the one that counts"
    )]
    TwoValues { path: PathBuf, instrument: String, date: Session, first: u64, second: u64 },

    #[error(
        "{place}, column {column:?}: the value is infinite; leave the cell empty where there is no number"
    )]
    InfiniteValue { place: Place, column: String },

    #[error("{path}: {:?} has two rows ({first} and {second}); a table needs one row for each instrument", cut(.key))]
    DuplicateKey { path: PathBuf, key: String, first: u64, second: u64 },

    #[error("too many rows: {rows}; at most 4294967295 are supported")]
    TooManyRows { rows: usize },

    #[error(transparent)]
    Panel(#[from] PanelError),
}

impl SourceError {
    /// The error for a column that is not in a file, with the most similar of those that are.
    pub(crate) fn unknown_column(path: impl Into<PathBuf>, name: &str, found: Vec<String>) -> Self {
        let hint = hint(name, found.iter().map(String::as_str));
        Self::UnknownColumn { path: path.into(), name: name.to_owned(), found, hint }
    }

    /// The error for a text that is no date, or may be two.
    pub(crate) fn bad_date(place: Place, column: impl Into<String>, text: impl Into<String>) -> Self {
        let (column, text) = (column.into(), text.into());
        if date_text::is_ambiguous(&text) {
            Self::AmbiguousDate { place, column, text }
        } else {
            Self::BadDate { place, column, text }
        }
    }

    /// The error for a file of no known ending; a study and a sheet are told what they are.
    pub(crate) fn unknown_format(path: &Path) -> Self {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let hint = match ending.as_deref() {
            Some("yaml" | "yml") => {
                format!("; it is a study by its name, not data: `backstaff run {}`", path.display())
            }
            Some("xls" | "xlsx" | "ods") => "; save its sheet as CSV".to_owned(),
            _ => String::new(),
        };
        Self::UnknownFormat { path: path.to_owned(), hint }
    }

    /// The error for a file in which no column has a usual name for what is needed.
    pub(crate) fn no_column(path: &Path, found: &[String], what: &'static str) -> Self {
        let hint = hint(what, found.iter().map(String::as_str));
        Self::NoColumn { path: path.to_owned(), what, found: found.to_vec(), hint }
    }
}

/// Names in a message: at most so many, each cut.
const LISTED: usize = 60;

fn list(names: &[String]) -> String {
    let shown = names.iter().take(LISTED).map(|name| cut(name)).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "none".to_owned(),
        n if n > LISTED => format!("{shown} and {} more", n - LISTED),
        _ => shown,
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn lines(examples: &[impl fmt::Display]) -> String {
    examples.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ")
}

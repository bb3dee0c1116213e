//! The dates of a table's rows: the column that holds them, and the order that they give.

use std::{cmp::Ordering, path::Path};

use backstaff_panel::Session;

use crate::{
    date_order::DateOrder,
    date_text,
    error::{Place, SourceError},
    format::{
        coded_texts::CodedTexts,
        header::{ColumnKind, HeaderColumn},
        table_file::TableFile,
    },
    names::{DATE, UNNAMED, find_named, folded},
    request::written::Written,
};

/// Further usual names of a column of dates, where no column has one of [`DATE`].
const DAY: [&str; 4] = ["day", "observationdate", "periodend", "asof"];

/// The names that alone say what a column of numbers is: if it holds no dates, its numbers still tell the order.
const SURE: [&str; 5] = ["date", "datetime", "timestamp", "tradedate", "tradingdate"];

/// What tells the dates of a table's rows.
#[derive(Clone, Debug, Default)]
pub struct DateColumn {
    /// The name of the column; recognised if absent.
    pub name: Option<String>,
    /// How the texts of the table are written.
    pub written: Written,
}

/// The dates of the rows of a table: the name of their column, and the date of each row.
#[derive(Clone, Debug)]
pub struct RowDates {
    column: String,
    stamps: Stamps,
}

#[derive(Clone, Debug)]
enum Stamps {
    /// The day of each row since 1970-01-01, and the second of that day; the seconds are empty if all are the same.
    Dates { days: Vec<i32>, seconds: Vec<u32> },
    /// Numbers that are no dates by themselves, such as those of a spreadsheet or a count of bars.
    Numbers(Vec<f64>),
}

impl RowDates {
    /// Read the dates of the rows of a file: from the column that is named, else from the one that is recognised.
    /// `observed` are the places of the columns of numbers, and `key` is that of instruments.
    ///
    /// Recognised is a column with a usual name, else the only one whose type is that of dates or whose cells all are
    /// dates.
    ///
    /// # Errors
    ///
    /// If a date can't be read, or several columns might be it, or it is one of those that are observed.
    pub(super) fn read(
        path: &Path,
        file: &TableFile<'_>,
        header: &[HeaderColumn],
        dates: &DateColumn,
        observed: &[usize],
        key: Option<usize>,
    ) -> Result<Option<Self>, SourceError> {
        let names = || header.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        let column = match &dates.name {
            Some(named) => Some(
                find_named(&names(), named)
                    .ok_or_else(|| SourceError::unknown_column(path, named, names()))?,
            ),
            None => find(path, file, header, observed, key)?,
        };
        let Some(column) = column else { return Ok(None) };
        let name = &header[column].name;
        if observed.contains(&column) {
            let numbers = header.iter().enumerate().filter(|(at, declared)| {
                *at != column && matches!(declared.kind, ColumnKind::Whole | ColumnKind::Number)
            });
            return Err(SourceError::NotNumbers {
                path: path.to_owned(),
                column: name.clone(),
                kind: "dates".to_owned(),
                numbers: numbers.map(|(_, declared)| declared.name.clone()).collect(),
            });
        }
        let is_number = !is_text(&header[column].kind) && header[column].kind != ColumnKind::Date;
        let stamps = if is_number && !dates_among(file, column)?.contains(&true) {
            Stamps::numbers(path, file, column)?
        } else {
            let read = file.dates(column, name, dates.written.date_order)?;
            Stamps::Dates { days: read.days, seconds: read.seconds }
        };
        Ok(Some(Self { column: name.clone(), stamps }))
    }

    /// The name of the column in the file.
    pub fn column(&self) -> &str {
        &self.column
    }

    /// The day of each row, if rows are dated and differ in nothing but their days.
    pub fn sessions(&self) -> Option<Vec<Session>> {
        match &self.stamps {
            Stamps::Dates { days, seconds } if seconds.is_empty() => {
                Some(days.iter().map(|&day| Session::from_number(day)).collect())
            }
            _ => None,
        }
    }

    /// The date of a row, with the time of day if rows differ in it.
    pub fn text(&self, row: usize) -> String {
        match &self.stamps {
            Stamps::Numbers(numbers) => numbers[row].to_string(),
            Stamps::Dates { days, seconds } => {
                let day = Session::from_number(days[row]);
                seconds.get(row).map_or_else(
                    || day.to_string(),
                    |second| {
                        format!("{day} {:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
                    },
                )
            }
        }
    }

    /// The rows from the oldest to the newest; rows of one date follow each other as they stand.
    pub(super) fn ascending(&self) -> Vec<usize> {
        let mut rows = (0..self.stamps.len()).collect::<Vec<_>>();
        rows.sort_by(|&a, &b| self.stamps.order(a, b));
        rows
    }

    /// The first row that has the date of the row before it.
    pub(super) fn repeated(&self) -> Option<usize> {
        (1..self.stamps.len()).find(|&row| self.stamps.order(row - 1, row).is_eq())
    }

    /// Take some rows, in this order.
    pub(super) fn take(&mut self, rows: &[usize]) {
        match &mut self.stamps {
            Stamps::Numbers(numbers) => *numbers = rows.iter().map(|&row| numbers[row]).collect(),
            Stamps::Dates { days, seconds } => {
                *days = rows.iter().map(|&row| days[row]).collect();
                if !seconds.is_empty() {
                    *seconds = rows.iter().map(|&row| seconds[row]).collect();
                }
            }
        }
    }
}

impl Stamps {
    /// Read a column of numbers that are no dates by themselves.
    fn numbers(path: &Path, file: &TableFile<'_>, column: usize) -> Result<Self, SourceError> {
        let mut cells = file.numbers(&[column], None)?;
        let numbers = cells.numbers.swap_remove(0);
        match numbers.iter().position(|number| number.is_nan()) {
            None => Ok(Self::Numbers(numbers)),
            Some(row) => {
                let place = Place { file: path.to_owned(), row: cells.rows[row] };
                Err(SourceError::EmptyKey { place, what: "date" })
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Dates { days, .. } => days.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }

    fn order(&self, a: usize, b: usize) -> Ordering {
        match self {
            Self::Dates { days, seconds } => (days[a], seconds.get(a)).cmp(&(days[b], seconds.get(b))),
            Self::Numbers(numbers) => numbers[a].total_cmp(&numbers[b]),
        }
    }
}

/// The column of dates by its name, else by its type, else by its cells.
fn find(
    path: &Path,
    file: &TableFile<'_>,
    header: &[HeaderColumn],
    observed: &[usize],
    key: Option<usize>,
) -> Result<Option<usize>, SourceError> {
    for usual in DATE.iter().chain(&DAY).chain(&UNNAMED) {
        for column in (0..header.len()).filter(|&at| folded(&header[at].name) == *usual && Some(at) != key) {
            if is_date_by_name(file, &header[column], column, usual)? {
                return Ok(Some(column));
            }
        }
    }
    let free = || (0..header.len()).filter(|at| !observed.contains(at) && Some(*at) != key);
    let mut dates = free().filter(|&at| header[at].kind == ColumnKind::Date).collect::<Vec<_>>();
    if dates.is_empty() {
        for column in free().filter(|&at| is_text(&header[at].kind)) {
            if holds_dates(file, column)? {
                dates.push(column);
            }
        }
    }
    match dates[..] {
        [] => Ok(None),
        [column] => Ok(Some(column)),
        _ => {
            let found = dates.iter().map(|&at| header[at].name.clone()).collect();
            Err(SourceError::SeveralDates { path: path.to_owned(), found })
        }
    }
}

/// Whether a column with a usual name holds the dates. One whose name may mean something else must hold some.
fn is_date_by_name(
    file: &TableFile<'_>,
    declared: &HeaderColumn,
    column: usize,
    usual: &str,
) -> Result<bool, SourceError> {
    Ok(match &declared.kind {
        ColumnKind::Date => true,
        ColumnKind::Other(_) => false,
        kind if is_text(kind) => !UNNAMED.contains(&usual) || holds_dates(file, column)?,
        _ if SURE.contains(&usual) => true,
        // The numbers may be of anything, if none is a date; if one is, the others must be.
        _ => dates_among(file, column)?.contains(&true),
    })
}

fn is_text(kind: &ColumnKind) -> bool {
    matches!(kind, ColumnKind::Text | ColumnKind::TextCells)
}

/// The distinct texts of a column of which none is empty, and whether each is a date, whichever number is the month.
fn dates_among(file: &TableFile<'_>, column: usize) -> Result<Vec<bool>, SourceError> {
    let texts = file.numbers(&[], Some(column))?.texts.unwrap_or_default();
    let orders = [DateOrder::DayFirst, DateOrder::MonthFirst];
    let is_date = |text: &String| orders.into_iter().any(|order| date_text::parse(text, order).is_some());
    let is_missing = texts.codes.contains(&CodedTexts::MISSING);
    Ok(texts.names.iter().map(is_date).chain(is_missing.then_some(false)).collect())
}

/// Whether a column has cells, and all of them are dates.
fn holds_dates(file: &TableFile<'_>, column: usize) -> Result<bool, SourceError> {
    let dates = dates_among(file, column)?;
    Ok(!dates.is_empty() && !dates.contains(&false))
}

//! Columns of numbers of any table, by name, in the order of its dates.

use std::path::{Path, PathBuf};

use super::row_dates::{DateColumn, RowDates};
use crate::{
    error::{Place, SourceError},
    format::{
        coded_texts::CodedTexts,
        header::{ColumnKind, HeaderColumn},
        table_file::TableFile,
    },
    names::{INSTRUMENT, folded, hint},
    provider::source_files::source_files,
};

/// The number of names that a message lists.
const LISTED: usize = 5;

/// Columns of numbers of a file, the oldest row first, without a calendar.
///
/// - Look-ahead: rows stand in the order of their dates, whatever that of the file. A file without dates is taken as it
///   is: nobody can see whether its first row is the oldest.
/// - NaN: an empty cell, or a word such as `nan`. Infinities stay as they are, for the reader to refuse with their
///   place.
#[derive(Clone, Debug)]
pub struct NumberTable {
    path: PathBuf,
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
    /// The number of each row for people.
    rows: Vec<u64>,
    dates: Option<RowDates>,
}

impl NumberTable {
    /// Read columns of a Parquet or CSV file. A name is taken as it is written, else in whatever case and with whatever
    /// separators one column alone has it.
    ///
    /// Of a file that holds several instruments below each other, one must be named: their rows don't follow each other
    /// in time. Rows are sorted by a column of dates, if there is one.
    ///
    /// # Errors
    ///
    /// If the file can't be read or has no row, a column is not there or holds no numbers, an instrument is not there or
    /// would have to be named, or two rows have one date.
    pub fn read(
        path: &Path,
        names: &[String],
        instrument: Option<&str>,
        dates: &DateColumn,
    ) -> Result<Self, SourceError> {
        let files = source_files(path)?;
        let [path] = &files[..] else {
            return Err(SourceError::SeveralFiles { path: path.to_owned() });
        };
        let file = TableFile::open(path, dates.written)?;
        let header = file.header()?;
        let wanted =
            names.iter().map(|name| find(path, &header, name)).collect::<Result<Vec<_>, SourceError>>()?;
        let key = INSTRUMENT.iter().find_map(|usual| {
            (0..header.len()).find(|at| {
                folded(&header[*at].name) == *usual && !wanted.contains(at) && header[*at].kind.may_be_codes()
            })
        });
        let cells = file.numbers(&wanted, key)?;
        let mut table = Self {
            path: path.clone(),
            names: wanted.iter().map(|&at| header[at].name.clone()).collect(),
            columns: cells.numbers,
            rows: cells.rows,
            dates: RowDates::read(path, &file, &header, dates, &wanted, key)?,
        };
        match (instrument, cells.texts.zip(key)) {
            (None, Some((texts, key))) if texts.names.len() > 1 => {
                let column = header[key].name.clone();
                return Err(several(path, column, &texts));
            }
            (Some(name), Some((texts, _))) => table.keep(name, &texts)?,
            (Some(name), None) => {
                let hint = "; it has no column of instruments".to_owned();
                return Err(SourceError::NoInstrument { path: path.clone(), name: name.to_owned(), hint });
            }
            (None, _) => {}
        }
        if table.rows.is_empty() {
            return Err(SourceError::NoRows { path: path.to_owned() });
        }
        table.sort()?;
        Ok(table)
    }

    /// The dates of the rows; `None` if the file has none, so that rows stand as in the file.
    pub fn dates(&self) -> Option<&RowDates> {
        self.dates.as_ref()
    }

    /// The columns' names in the file, in the order asked for.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The values, a column each.
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    /// The number of rows.
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// The place of a row in the file.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn place(&self, row: usize) -> Place {
        Place { file: self.path.clone(), row: self.rows[row] }
    }

    /// Keep the rows of one instrument only.
    fn keep(&mut self, name: &str, texts: &CodedTexts) -> Result<(), SourceError> {
        let code = texts.names.iter().position(|known| known == name).ok_or_else(|| {
            let hint = hint(name, texts.names.iter().map(String::as_str));
            SourceError::NoInstrument { path: self.path.clone(), name: name.to_owned(), hint }
        })?;
        let rows = (0..self.rows.len()).filter(|&row| texts.codes[row] as usize == code);
        self.take(&rows.collect::<Vec<_>>());
        Ok(())
    }

    /// Bring the rows into the order of their dates.
    fn sort(&mut self) -> Result<(), SourceError> {
        let Some(dates) = &self.dates else { return Ok(()) };
        self.take(&dates.ascending());
        match self.dates.as_ref().and_then(|dates| Some((dates, dates.repeated()?))) {
            None => Ok(()),
            Some((dates, second)) => Err(SourceError::RepeatedDate {
                path: self.path.clone(),
                column: dates.column().to_owned(),
                date: dates.text(second),
                first: self.rows[second - 1],
                second: self.rows[second],
            }),
        }
    }

    /// Take some rows, in this order.
    fn take(&mut self, rows: &[usize]) {
        for column in &mut self.columns {
            *column = rows.iter().map(|&row| column[row]).collect();
        }
        self.rows = rows.iter().map(|&row| self.rows[row]).collect();
        if let Some(dates) = &mut self.dates {
            dates.take(rows);
        }
    }
}

/// The column of a name that holds numbers.
pub(super) fn find(path: &Path, header: &[HeaderColumn], name: &str) -> Result<usize, SourceError> {
    let all =
        |is: &dyn Fn(&str) -> bool| (0..header.len()).filter(|&at| is(&header[at].name)).collect::<Vec<_>>();
    let mut found = all(&|known| known == name);
    if found.is_empty() {
        found = all(&|known| folded(known) == folded(name));
    }
    let names = || header.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    match found[..] {
        [at] => match &header[at].kind {
            // Text files don't declare kinds: a cell that is no number is reported with its row.
            ColumnKind::Whole | ColumnKind::Number | ColumnKind::NumericCells | ColumnKind::TextCells => {
                Ok(at)
            }
            kind => {
                let numbers = header
                    .iter()
                    .filter(|column| matches!(column.kind, ColumnKind::Whole | ColumnKind::Number));
                Err(SourceError::NotNumbers {
                    path: path.to_owned(),
                    column: header[at].name.clone(),
                    kind: match kind {
                        ColumnKind::Date => "dates".to_owned(),
                        ColumnKind::Other(kind) => kind.clone(),
                        _ => "text".to_owned(),
                    },
                    numbers: numbers.map(|column| column.name.clone()).collect(),
                })
            }
        },
        [] => Err(SourceError::unknown_column(path, name, names())),
        _ => {
            Err(SourceError::RepeatedColumn { path: path.to_owned(), name: name.to_owned(), found: names() })
        }
    }
}

fn several(path: &Path, column: String, texts: &CodedTexts) -> SourceError {
    let mut examples = texts.names[..texts.names.len().min(LISTED)].to_vec();
    if texts.names.len() > LISTED {
        examples.push("…".to_owned());
    }
    SourceError::SeveralInstruments { path: path.to_owned(), column, count: texts.names.len(), examples }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, names: &[&str], instrument: Option<&str>) -> Result<NumberTable, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        std::fs::write(&path, text).unwrap();
        let names = names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        NumberTable::read(&path, &names, instrument, &DateColumn::default())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn columns_come_in_the_order_asked_for_with_their_lines() {
        let table = read("t,a,b\n0,1,2\n1,,inf\n", &["b", "A"], None).unwrap();
        assert_eq!(table.names(), ["b", "a"]);
        assert_eq!(table.columns()[0], [2.0, f64::INFINITY]);
        assert!(table.columns()[1][0] == 1.0 && table.columns()[1][1].is_nan());
        assert_eq!(table.place(1).row, 3);
    }

    #[test]
    fn of_several_instruments_one_must_be_named() {
        let text = "symbol,r\nSPY,1\nQQQ,2\nSPY,3\n";
        assert!(read(text, &["r"], None).unwrap_err().contains("SPY, QQQ"));
        let table = read(text, &["r"], Some("SPY")).unwrap();
        assert_eq!((table.columns()[0].as_slice(), table.place(1).row), (&[1.0, 3.0][..], 4));
        assert!(read(text, &["r"], Some("SPYY")).unwrap_err().contains("did you mean \"SPY\"?"));
        assert_eq!(read("symbol,r\nSPY,1\n", &["r"], None).unwrap().n_rows(), 1);
    }

    #[test]
    fn rows_stand_in_the_order_of_their_dates_however_these_are_written() {
        for dates in [
            ["2020-01-31", "2020-02-03", "2020-02-04"],
            ["20200131", "20200203", "20200204"],
            ["31/1/2020", "3/2/2020", "4/2/2020"],
            ["1/31/2020", "2/3/2020", "2/4/2020"],
            ["31.1.2020", "3.2.2020", "4.2.2020"],
            ["Jan 31 2020", "Feb 3 2020", "Feb 4 2020"],
            ["2020-02-03 09:30", "2020-02-03 10:00", "2020-02-03 10:30"],
        ] {
            for name in ["date", "Datum", "Trade Date", ""] {
                let rows = |order: [usize; 3]| order.map(|at| format!("{},{at}\n", dates[at])).concat();
                let header = format!("{name},r\n");
                // Whole numbers are dates by their column's name alone.
                if name == "Datum" && dates[0].parse::<u64>().is_ok() {
                    assert!(read(&(header + &rows([0, 1, 2])), &["r"], None).unwrap().dates().is_none());
                    continue;
                }
                for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
                    let table = read(&(header.clone() + &rows(order)), &["r"], None).unwrap();
                    assert_eq!(table.columns()[0], [0.0, 1.0, 2.0], "{name} {dates:?}");
                    assert_eq!(table.place(0).row, 2 + order.iter().position(|&at| at == 0).unwrap() as u64);
                    assert_eq!(table.dates().unwrap().sessions().is_none(), dates[0].contains(':'));
                }
            }
        }
    }

    #[test]
    fn dates_that_repeat_or_do_not_tell_are_refused() {
        let error = read("date,r\n2020-01-02,1\n2020-01-03,2\n2020-01-02,3\n", &["r"], None).unwrap_err();
        assert!(error.contains("2020-01-02 in row 2 and in row 4"), "{error}");
        assert!(read("date,r\n3/4/2020,1\n5/6/2020,2\n", &["r"], None).unwrap_err().contains("--date-order"));
        assert!(read("date,r\n2020-01-02,1\nsoon,2\n", &["r"], None).unwrap_err().contains("row 3"));
        assert!(read("date,r\n2020-01-02,1\n,2\n", &["r"], None).unwrap_err().contains("the date is empty"));
        let error = read("known,ended,r\n2020-01-02,2019-12-31,1\n", &["r"], None).unwrap_err();
        assert!(error.contains("known, ended; name that of the rows with --date"), "{error}");
        let error = read("date,r\n20200102,1\n", &["date"], None).unwrap_err();
        assert!(error.contains("holds dates where numbers are needed"), "{error}");
    }

    #[test]
    fn numbers_that_are_no_dates_order_rows_in_a_column_called_so_alone() {
        let table = read("date,r\n43833,2\n43832,1\n", &["r"], None).unwrap();
        assert_eq!(
            (table.columns()[0].as_slice(), table.dates().unwrap().text(0)),
            (&[1.0, 2.0][..], "43832".to_owned())
        );
        for text in ["time,r\n0,1\n1,2\n", ",r\n0,1\n1,2\n", "name,r\na,1\nb,2\n"] {
            let table = read(text, &["r"], None).unwrap();
            assert!(table.dates().is_none() && table.columns()[0] == [1.0, 2.0], "{text}");
        }
    }

    #[test]
    fn defects_name_the_column_and_what_is_near() {
        assert!(read("ret,b\n1,2\n", &["rets"], None).unwrap_err().contains("did you mean \"ret\"?"));
        assert!(read("ret,ret\n1,2\n", &["ret"], None).unwrap_err().contains("twice"));
        assert!(read("Ret,ret\n1,2\n", &["ret"], None).is_ok(), "an exact name is clear");
        let error = read("ret\n1\nabc\n", &["ret"], None).unwrap_err();
        assert!(error.contains("row 3") && error.contains("abc"), "{error}");
        assert!(read("ret\n", &["ret"], None).unwrap_err().contains("holds no row"));
        assert!(read("a,r\n1,2\n", &["r"], Some("SPY")).unwrap_err().contains("no column of instruments"));
    }
}

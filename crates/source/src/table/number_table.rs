//! Columns of numbers of any table, by name, in the order of its rows.

use std::path::{Path, PathBuf};

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

/// Columns of numbers as a file holds them, in the order of its rows, without dates or a calendar.
///
/// - NaN: an empty cell, or a word such as `nan`. Infinities stay as they are, for the reader to refuse with their
///   place.
#[derive(Clone, Debug)]
pub struct NumberTable {
    path: PathBuf,
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
    /// The number of each row for people.
    rows: Vec<u64>,
}

impl NumberTable {
    /// Read columns of a Parquet or CSV file. A name is taken as it is written, else in whatever case and with whatever
    /// separators one column alone has it.
    ///
    /// Of a file that holds several instruments below each other, one must be named: their rows don't follow each other
    /// in time.
    ///
    /// # Errors
    ///
    /// If the file can't be read or has no row, a column is not there or holds no numbers, or an instrument is not
    /// there or would have to be named.
    pub fn read(path: &Path, names: &[String], instrument: Option<&str>) -> Result<Self, SourceError> {
        let files = source_files(path)?;
        let [path] = &files[..] else {
            return Err(SourceError::SeveralFiles { path: path.to_owned() });
        };
        let file = TableFile::open(path)?;
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
        Ok(table)
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
        let is_kept = |row: usize| texts.codes[row] as usize == code;
        for column in &mut self.columns {
            *column = kept(column, is_kept);
        }
        self.rows = kept(&self.rows, is_kept);
        Ok(())
    }
}

fn kept<T: Copy>(values: &[T], is_kept: impl Fn(usize) -> bool) -> Vec<T> {
    values.iter().enumerate().filter(|(row, _)| is_kept(*row)).map(|(_, value)| *value).collect()
}

/// The column of a name that holds numbers.
fn find(path: &Path, header: &[HeaderColumn], name: &str) -> Result<usize, SourceError> {
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
        NumberTable::read(&path, &names, instrument).map_err(|error| error.to_string())
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

//! Values that were computed elsewhere: one for an instrument and a date, a row each.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use backstaff_panel::{Axis, Session};

use super::number_table;
use crate::{
    error::{Place, SourceError},
    format::{coded_texts::CodedTexts, header::HeaderColumn, table_file::TableFile},
    keys::name_rule::NameRule,
    names::{DATE, INSTRUMENT, find_usual, folded},
    provider::source_files::source_files,
    request::written::Written,
};

/// The usual names of the day on which a value became known, as they are compared.
const KNOWN_AT: [&str; 5] = ["knownat", "known", "availableat", "publishedat", "asof"];

/// Whether a column of this name tells when the values of its rows became known.
pub fn is_known_at(name: &str) -> bool {
    KNOWN_AT.contains(&folded(name).as_str())
}

/// A table of values that were computed elsewhere, and how it is read.
#[derive(Clone, Debug)]
pub struct GivenSource {
    /// A CSV, Parquet or Arrow file with a date, an instrument and a value a row.
    pub path: PathBuf,
    /// The column of values; one of the usual names if absent.
    pub column: Option<String>,
    /// The usual names of that column, the likeliest first.
    pub usual: &'static [&'static str],
    /// How the texts of the file are written.
    pub written: Written,
    /// The rule by which names of instruments are rewritten.
    pub instrument_names: NameRule,
}

/// A value that somebody computed for an instrument and a date.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Given {
    instrument: usize,
    date: Session,
    /// The day at whose close the value counts: that of the date, or the later one on which it became known.
    known: Session,
    value: f64,
    row: u64,
}

/// Values of a table, by instrument and date.
#[derive(Clone, Debug)]
pub struct GivenValues {
    names: Vec<String>,
    rows: Vec<Given>,
    has_known_at: bool,
    n_merged: usize,
}

/// For how long a value counts after the session at whose close it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holds {
    /// In that session alone.
    Once,
    /// Until the table's next date, or with days of their own on which values become known until the instrument's next
    /// value, and never for more than this many calendar days.
    UntilNext {
        /// The most days.
        days: u32,
    },
}

/// The values of a table on the rows of a panel, and what became of its rows.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The value of each row; NaN where none counts.
    pub values: Vec<f64>,
    /// The number of rows of the table.
    pub rows: usize,
    /// The number of rows of instruments that the panel lacks.
    pub unknown: usize,
    /// The number of rows whose day lies before the first session or after the last.
    pub outside: usize,
    /// The number of rows whose day is no session, so that they count from the next one on.
    pub between: usize,
    /// The number of rows that became known after their date.
    pub late: usize,
    /// The number of rows without a value.
    pub empty: usize,
    /// The number of rows that repeat another one, which count once.
    pub merged: usize,
    /// The first and the last date of the table.
    pub dates: Option<(Session, Session)>,
    /// Whether the table tells when its values became known.
    pub has_known_at: bool,
}

impl GivenSource {
    /// Read the table.
    ///
    /// # Errors
    ///
    /// If the file can't be read or a column is not there, a date or an instrument is empty, a value is infinite, or an
    /// instrument has two values for one date.
    pub fn read(&self) -> Result<GivenValues, SourceError> {
        let files = source_files(&self.path)?;
        let [path] = &files[..] else {
            return Err(SourceError::SeveralFiles { path: self.path.clone() });
        };
        let file = TableFile::open(path, self.written)?;
        let header = file.header()?;
        let names = header.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        let missing = |what| SourceError::no_column(path, &names, what);
        let date = find_usual(&names, &DATE).ok_or_else(|| missing("date"))?;
        let instrument = find_usual(&names, &INSTRUMENT).ok_or_else(|| missing("instrument"))?;
        let known_at = find_usual(&names, &KNOWN_AT);
        let column = self.column_of_values(path, &header, &names)?;
        let cells = file.numbers(&[column], Some(instrument))?;
        let order = self.written.date_order;
        let dates = file.dates(date, &names[date], order)?.days;
        let known = known_at.map(|at| Ok::<_, SourceError>(file.dates(at, &names[at], order)?.days));
        let known = known.transpose()?;
        let texts = cells.texts.unwrap_or_default();
        let mut all = Vec::with_capacity(dates.len());
        for (row, &number) in cells.rows.iter().enumerate() {
            let place = || Place { file: path.clone(), row: number };
            if texts.codes[row] == CodedTexts::MISSING {
                return Err(SourceError::EmptyKey { place: place(), what: "instrument" });
            }
            let value = cells.numbers[0][row];
            if value.is_infinite() {
                return Err(SourceError::InfiniteValue { place: place(), column: names[column].clone() });
            }
            let date = Session::from_number(dates[row]);
            let known = known.as_ref().map_or(date, |known| Session::from_number(known[row]).max(date));
            all.push(Given { instrument: texts.codes[row] as usize, date, known, value, row: number });
        }
        if all.is_empty() {
            return Err(SourceError::NoRows { path: path.clone() });
        }
        self.sorted(path, all, &texts.names, known_at.is_some())
    }

    fn column_of_values(
        &self,
        path: &Path,
        header: &[HeaderColumn],
        names: &[String],
    ) -> Result<usize, SourceError> {
        if let Some(column) = &self.column {
            return number_table::find(path, header, column);
        }
        let found = find_usual(names, self.usual);
        found.ok_or_else(|| SourceError::no_column(path, names, self.usual[0]))
    }

    /// The rows by instrument and date, each once, under the names that the rule makes.
    fn sorted(
        &self,
        path: &Path,
        mut all: Vec<Given>,
        texts: &[String],
        has_known_at: bool,
    ) -> Result<GivenValues, SourceError> {
        let renamed = texts.iter().map(|name| self.instrument_names.apply(name).into_owned());
        let renamed = renamed.collect::<Vec<_>>();
        let names = renamed.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>();
        let number =
            names.iter().enumerate().map(|(number, name)| (name, number)).collect::<BTreeMap<_, _>>();
        for given in &mut all {
            given.instrument = number[&renamed[given.instrument]];
        }
        all.sort_by_key(|given| (given.instrument, given.date, given.row));
        let n_rows = all.len();
        let is_same = |a: &Given, b: &Given| {
            a.known == b.known && (a.value == b.value || a.value.is_nan() && b.value.is_nan())
        };
        let clash = all.windows(2).find(|pair| {
            (pair[0].instrument, pair[0].date) == (pair[1].instrument, pair[1].date)
                && !is_same(&pair[0], &pair[1])
        });
        if let Some([first, second]) = clash {
            return Err(SourceError::TwoValues {
                path: path.to_owned(),
                instrument: names[first.instrument].clone(),
                date: first.date,
                first: first.row,
                second: second.row,
            });
        }
        all.dedup_by_key(|given| (given.instrument, given.date));
        Ok(GivenValues { names, n_merged: n_rows - all.len(), rows: all, has_known_at })
    }
}

impl GivenValues {
    /// The instruments that have a row.
    pub fn instruments(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The same without what became known after a session.
    #[must_use]
    pub fn until(mut self, last: Session) -> Self {
        self.rows.retain(|given| given.known <= last);
        self
    }

    /// The first date whose values add up to more than `most`, and their sum.
    pub fn beyond(&self, most: f64) -> Option<(Session, f64)> {
        let mut sums = BTreeMap::<Session, f64>::new();
        for given in self.rows.iter().filter(|given| given.value.is_finite()) {
            *sums.entry(given.date).or_default() += given.value;
        }
        sums.into_iter().find(|(_, sum)| *sum > most)
    }

    /// Place the values on the rows of a panel.
    ///
    /// - NaN: rows of the panel for which no value counts. A row of the table without a value ends the one before it.
    /// - Look-ahead: none. A value counts from the first session on whose day is not before the one on which it became
    ///   known; what comes later in the table only ends it.
    pub fn on(&self, axis: &Axis, holds: Holds) -> Placed {
        let calendar = axis.calendar();
        let n_sessions = axis.n_sessions();
        let dates = self.rows.iter().map(|given| given.date).collect::<BTreeSet<_>>();
        let mut placed = Placed {
            values: vec![f64::NAN; axis.n_rows()],
            rows: self.rows.len() + self.n_merged,
            unknown: 0,
            outside: 0,
            between: 0,
            late: 0,
            empty: 0,
            merged: self.n_merged,
            dates: dates.first().copied().zip(dates.last().copied()),
            has_known_at: self.has_known_at,
        };
        for own in self.rows.chunk_by(|a, b| a.instrument == b.instrument) {
            let Some(i) = axis.find(&self.names[own[0].instrument]) else {
                placed.unknown += own.len();
                continue;
            };
            // Values that become known together or in another order: the newest date counts.
            let mut starts = BTreeMap::<usize, &Given>::new();
            for given in own {
                let start = calendar.first_at_or_after(given.known);
                placed.late += usize::from(given.known > given.date);
                placed.empty += usize::from(given.value.is_nan());
                if start >= n_sessions || given.known < calendar.session(0) {
                    placed.outside += 1;
                    continue;
                }
                placed.between += usize::from(calendar.session(start) != given.known);
                starts.insert(start, given);
            }
            let mut newest: Option<Session> = None;
            let starts = starts.into_iter().filter(|(_, given)| {
                let is_news = newest.is_none_or(|newest| given.date > newest);
                newest = newest.max(Some(given.date));
                is_news
            });
            let starts = starts.collect::<Vec<_>>();
            for (place, &(start, given)) in starts.iter().enumerate() {
                let next = starts.get(place + 1).map_or(n_sessions, |&(next, _)| next);
                let end = next.min(match holds {
                    Holds::Once => start + 1,
                    Holds::UntilNext { days } => {
                        let last = Session::from_number(given.known.number().saturating_add(days as i32 + 1));
                        let aged = calendar.first_at_or_after(last);
                        let after = dates.range(given.date..).nth(1).filter(|_| !self.has_known_at);
                        after.map_or(aged, |&after| aged.min(calendar.first_at_or_after(after)))
                    }
                });
                for row in (start..end.max(start)).filter_map(|position| axis.row(i, position)) {
                    placed.values[row] = given.value;
                }
            }
        }
        placed
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use backstaff_panel::testing::weekdays;

    use super::*;

    const MONTH: Holds = Holds::UntilNext { days: 31 };

    fn read(text: &str) -> Result<GivenValues, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        fs::write(&path, text).unwrap();
        let source = GivenSource {
            path,
            column: None,
            usual: &["score", "value"],
            written: Written::default(),
            instrument_names: NameRule::default(),
        };
        source.read().map_err(|error| error.to_string())
    }

    /// A and B on six weekdays from Monday, 2010-01-04, on; B is listed a day later.
    fn axis() -> Axis {
        Axis::new(weekdays(6), vec![("A".into(), 0..6), ("B".into(), 1..6)])
    }

    fn shown(placed: &Placed) -> String {
        let show = |value: &f64| if value.is_nan() { "-".to_owned() } else { value.to_string() };
        placed.values.iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_score_counts_until_the_next_date_of_the_table() {
        let text = "date,symbol,score\n2010-01-04,A,1\n2010-01-06,B,3\n2010-01-07,A,2\n2010-01-07,B,\n";
        let placed = read(text).unwrap().on(&axis(), MONTH);
        assert_eq!(shown(&placed), "1 1 - 2 2 2 - 3 - - -");
        assert_eq!((placed.rows, placed.empty, placed.outside, placed.late), (4, 1, 0, 0));
        let once = read(text).unwrap().on(&axis(), Holds::Once);
        assert_eq!(shown(&once), "1 - - 2 - - - 3 - - -");
    }

    #[test]
    fn a_score_grows_too_old() {
        let placed = read("date,symbol,score\n2010-01-04,A,1\n").unwrap();
        let placed = placed.on(&axis(), Holds::UntilNext { days: 2 });
        assert_eq!(shown(&placed), "1 1 1 - - - - - - - -");
    }

    #[test]
    fn a_score_counts_from_the_session_on_at_whose_close_it_is_known() {
        let text = "date,symbol,score,known_at\n2010-01-04,A,1,2010-01-06\n2010-01-05,A,2,2010-01-05\n\
                    2010-01-07,A,3,2010-01-09\n2010-01-04,B,4,2010-01-04\n";
        let placed = read(text).unwrap().on(&axis(), MONTH);
        // The older one comes later and says nothing new; Saturday's counts on Monday; B was not listed on its day.
        assert_eq!(shown(&placed), "- 2 2 2 2 3 4 4 4 4 4");
        assert_eq!((placed.late, placed.between), (2, 1));
    }

    #[test]
    fn what_comes_later_changes_nothing_before() {
        let text = "date,symbol,score\n2010-01-04,A,1\n2010-01-05,B,5\n2010-01-06,A,2\n2010-01-08,B,3\n";
        let whole = read(text).unwrap();
        for last in 0..6 {
            let last = axis().calendar().session(last);
            let (all, cut) = (whole.on(&axis(), MONTH), whole.clone().until(last).on(&axis(), MONTH));
            for row in 0..axis().n_rows() {
                if axis().calendar().session(axis().position_of(row)) <= last {
                    assert_eq!(all.values[row].to_bits(), cut.values[row].to_bits(), "{last} {row}");
                }
            }
        }
    }

    #[test]
    fn rows_that_meet_nothing_are_counted() {
        let text = "date,symbol,score\n2009-12-31,A,1\n2010-01-04,X,1\n2010-01-09,A,2\n2010-01-09,A,2\n2011-01-03,B,1\n";
        let placed = read(text).unwrap().on(&axis(), MONTH);
        assert_eq!((placed.rows, placed.unknown, placed.outside), (5, 1, 2));
        assert_eq!((placed.between, placed.merged), (1, 1));
    }

    #[test]
    fn defects_are_told_with_their_rows() {
        let error = read("date,symbol,score\n2010-01-04,A,1\n2010-01-04,A,2\n").unwrap_err();
        assert!(error.contains("A has two values for 2010-01-04, in row 2 and in row 3"), "{error}");
        assert!(read("date,symbol,score\n2010-01-04,A,inf\n").unwrap_err().contains("row 2"));
        assert!(read("date,symbol,scor\n2010-01-04,A,1\n").unwrap_err().contains("no score column"));
        assert!(read("date,symbol,score\n2010-01-04,,1\n").unwrap_err().contains("instrument is empty"));
        let beyond = read("date,symbol,value\n2010-01-04,A,0.7\n2010-01-04,B,0.4\n").unwrap().beyond(1.0);
        assert_eq!(beyond.unwrap().0.to_string(), "2010-01-04");
    }
}

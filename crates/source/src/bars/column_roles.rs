//! What each column of a file means to us.

use std::path::Path;

use crate::{
    bars::reading::{FoundColumn, Ignored},
    error::SourceError,
    names::{field_name, folded, hint, is_field_name},
    request::panel_source::{Adjustment, PanelSource},
};

/// Names of the date column, the likeliest first.
const DATE: [&str; 8] =
    ["date", "datetime", "timestamp", "time", "tradedate", "tradingdate", "session", "ts"];

/// Names of the instrument column, the likeliest first.
pub(crate) const INSTRUMENT: [&str; 8] =
    ["symbol", "ticker", "instrument", "asset", "code", "stockcode", "sid", "tscode"];

/// Names of a column that its writer left without one.
const UNNAMED: [&str; 4] = ["", "index", "unnamed0", "indexlevel0"];

/// Columns that must hold numbers and, but for the volume, positive ones.
pub(crate) const PRICES: [&str; 8] =
    ["open", "high", "low", "close", "vwap", "adj_close", "factor", "split_factor"];

/// What a column holds as far as the file says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Whole numbers: a number, a date such as 20150331, or a code.
    Whole,
    Number,
    Date,
    Text,
    /// A text file whose first values are numbers.
    Numeric,
    Other(String),
}

/// A column as its file declares it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HeaderColumn {
    pub name: String,
    pub kind: Kind,
}

/// Where the instrument of a row stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Key {
    Column(usize),
    /// The whole file is one instrument.
    Name(String),
}

/// Which columns of a file to read, and as what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    pub date: usize,
    pub instrument: Key,
    pub numbers: Vec<(usize, String)>,
    pub categories: Vec<(usize, String)>,
    pub columns: Vec<FoundColumn>,
    pub ignored: Vec<Ignored>,
    /// The mapped columns that this file has.
    pub mapped: Vec<String>,
}

/// Give each column of a file its meaning: by the mapping, else by its name.
pub(crate) fn resolve(
    file: &Path,
    header: &[HeaderColumn],
    request: &PanelSource,
) -> Result<Layout, SourceError> {
    let mapped = mapped(header, request)?;
    let date = find(header, &mapped, "date", &DATE, |_| true)
        .or_else(|| unnamed_date(header, &mapped))
        .ok_or_else(|| no_column(file, &names_of(header), "date"))?;
    if let Kind::Other(kind) = &header[date].kind {
        return Err(wrong_type(file, &header[date], "dates", kind));
    }
    let is_code = |column: usize| {
        column != date && matches!(header[column].kind, Kind::Text | Kind::Whole | Kind::Numeric)
    };
    let instrument = match find(header, &mapped, "instrument", &INSTRUMENT, is_code) {
        Some(column) => Key::Column(column),
        None => Key::Name(partition_name(file, request).unwrap_or_else(|| stem(file))),
    };
    let mut layout = Layout {
        date,
        instrument,
        numbers: Vec::new(),
        categories: Vec::new(),
        columns: Vec::new(),
        ignored: Vec::new(),
        mapped: (0..header.len()).filter(|&i| mapped[i].is_some()).map(|i| header[i].name.clone()).collect(),
    };
    for (column, declared) in header.iter().enumerate() {
        layout.place(file, column, declared, mapped[column].as_deref(), request)?;
    }
    layout.refuse_ambiguous(file)?;
    Ok(layout)
}

impl Layout {
    /// What becomes of one column.
    fn place(
        &mut self,
        file: &Path,
        column: usize,
        declared: &HeaderColumn,
        mapped: Option<&str>,
        request: &PanelSource,
    ) -> Result<(), SourceError> {
        let source = declared.name.clone();
        if column == self.date {
            self.columns.push(FoundColumn { source, name: "date".to_owned(), role: "date" });
            return Ok(());
        }
        if self.instrument == Key::Column(column) {
            self.columns.push(FoundColumn { source, name: "instrument".to_owned(), role: "instrument" });
            return Ok(());
        }
        let name = mapped.map_or_else(|| our_name(&source), str::to_owned);
        let ignore = |why: &str| Ignored { source: source.clone(), why: why.to_owned() };
        let is_price = PRICES.contains(&name.as_str()) || name == "volume";
        if request.categories.contains(&name)
            && matches!(declared.kind, Kind::Text | Kind::Whole | Kind::Numeric)
        {
            self.categories.push((column, name.clone()));
            self.columns.push(FoundColumn { source, name, role: "category" });
            return Ok(());
        }
        match &declared.kind {
            _ if name.is_empty() || UNNAMED.contains(&folded(&source).as_str()) => {
                self.ignored.push(ignore("it has no name"));
            }
            Kind::Whole | Kind::Number | Kind::Numeric => self.number(column, source, name, request),
            // Text files don't declare types: that a price is no number shall be said with its row.
            Kind::Text if is_price && !crate::provider::source_files::is_columnar(file) => {
                self.number(column, source, name, request);
            }
            Kind::Text if is_price => return Err(wrong_type(file, declared, "numbers", "text")),
            Kind::Text => self.ignored.push(ignore("it holds text; name it under `categories` to use it")),
            Kind::Date => self.ignored.push(ignore("it holds dates, and is not the session")),
            Kind::Other(kind) => self.ignored.push(ignore(&format!("it holds {kind}"))),
        }
        Ok(())
    }

    fn number(&mut self, column: usize, source: String, name: String, request: &PanelSource) {
        if is_wanted(&name, request) {
            self.numbers.push((column, name.clone()));
            self.columns.push(FoundColumn { source, name, role: "number" });
        } else {
            self.ignored.push(Ignored { source, why: "no field asks for it".to_owned() });
        }
    }

    fn refuse_ambiguous(&self, file: &Path) -> Result<(), SourceError> {
        for (later, column) in self.columns.iter().enumerate() {
            if let Some(earlier) = self.columns[..later].iter().find(|earlier| earlier.name == column.name) {
                return Err(SourceError::Ambiguous {
                    path: file.to_owned(),
                    first: earlier.source.clone(),
                    second: column.source.clone(),
                    name: column.name.clone(),
                });
            }
        }
        Ok(())
    }
}

/// Whether a field must be read: asked for itself or as what it was quoted as, or needed for what is derived.
fn is_wanted(name: &str, request: &PanelSource) -> bool {
    let Some(fields) = &request.fields else { return true };
    let adjusts = request.adjustment != Adjustment::Verbatim;
    fields.contains(name)
        || ["close", "volume"].contains(&name)
        || adjusts && ["adj_close", "factor", "split_factor"].contains(&name)
        || adjusts && fields.contains(&format!("raw_{name}"))
}

/// Our names of the columns that the mapping names.
fn mapped(header: &[HeaderColumn], request: &PanelSource) -> Result<Vec<Option<String>>, SourceError> {
    let mut mapped = vec![None; header.len()];
    for (name, ours) in &request.mapping.0 {
        if !is_field_name(ours) {
            return Err(SourceError::BadName { name: name.clone(), ours: ours.clone() });
        }
        let exact = header.iter().position(|column| column.name == *name);
        let found = exact.or_else(|| header.iter().position(|column| folded(&column.name) == folded(name)));
        if let Some(column) = found {
            mapped[column] = Some(match folded(ours).as_str() {
                ours if DATE[..3].contains(&ours) => "date".to_owned(),
                ours if INSTRUMENT[..3].contains(&ours) => "instrument".to_owned(),
                _ => ours.clone(),
            });
        }
    }
    Ok(mapped)
}

/// The column that the mapping gives this meaning, else the one with the likeliest name.
fn find(
    header: &[HeaderColumn],
    mapped: &[Option<String>],
    meaning: &str,
    names: &[&str],
    suits: impl Fn(usize) -> bool,
) -> Option<usize> {
    let stated = mapped.iter().position(|ours| ours.as_deref() == Some(meaning));
    stated.or_else(|| {
        names.iter().find_map(|name| {
            (0..header.len()).find(|&i| mapped[i].is_none() && folded(&header[i].name) == *name && suits(i))
        })
    })
}

/// An index that was written without a name, or the only column that is a date by its type.
fn unnamed_date(header: &[HeaderColumn], mapped: &[Option<String>]) -> Option<usize> {
    let free = || (0..header.len()).filter(|&i| mapped[i].is_none());
    let mut dates = free().filter(|&i| header[i].kind == Kind::Date);
    match (dates.next(), dates.next()) {
        (Some(date), None) => Some(date),
        (Some(_), Some(_)) => None,
        _ => free()
            .find(|&i| header[i].kind == Kind::Text && UNNAMED.contains(&folded(&header[i].name).as_str())),
    }
}

fn our_name(source: &str) -> String {
    match folded(source).as_str() {
        "adjclose" | "adjustedclose" => "adj_close".to_owned(),
        _ => field_name(source),
    }
}

/// The instrument in a folder's name, as in `symbol=AAPL/part-0.parquet`.
fn partition_name(file: &Path, request: &PanelSource) -> Option<String> {
    let below = file.strip_prefix(&request.path).ok()?;
    let folders = below.parent()?.components();
    folders.rev().find_map(|folder| {
        let (key, name) = folder.as_os_str().to_str()?.split_once('=')?;
        INSTRUMENT.contains(&folded(key).as_str()).then(|| name.to_owned())
    })
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

pub(crate) fn no_column(file: &Path, found: &[String], what: &'static str) -> SourceError {
    let found = found.to_vec();
    let hint = hint(what, found.iter().map(String::as_str));
    SourceError::NoColumn { path: file.to_owned(), what, found, hint }
}

fn names_of(header: &[HeaderColumn]) -> Vec<String> {
    header.iter().map(|column| column.name.clone()).collect()
}

fn wrong_type(file: &Path, column: &HeaderColumn, what: &'static str, kind: &str) -> SourceError {
    SourceError::WrongType { path: file.to_owned(), column: column.name.clone(), what, kind: kind.to_owned() }
}

/// Fails if the mapping names a column that no file has.
pub(crate) fn check_mapping(
    request: &PanelSource,
    layouts: &[Layout],
    headers: &[Vec<HeaderColumn>],
) -> Result<(), SourceError> {
    for name in request.mapping.0.keys() {
        let known = |layout: &Layout| layout.mapped.iter().any(|mapped| folded(mapped) == folded(name));
        if !layouts.iter().any(known) {
            let mut found = Vec::<String>::new();
            for column in headers.iter().flatten() {
                if !found.contains(&column.name) {
                    found.push(column.name.clone());
                }
            }
            let hint = hint(name, found.iter().map(String::as_str));
            let (path, name) = (request.path.clone(), name.clone());
            return Err(SourceError::UnknownColumn { path, name, found, hint });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::panel_source::Mapping;

    fn header(names: &[(&str, Kind)]) -> Vec<HeaderColumn> {
        names
            .iter()
            .map(|(name, kind)| HeaderColumn { name: (*name).to_owned(), kind: kind.clone() })
            .collect()
    }

    fn ohlcv() -> Vec<HeaderColumn> {
        header(&[
            ("Trade Date", Kind::Date),
            ("SYMBOL", Kind::Text),
            ("Close", Kind::Number),
            ("Adj Close", Kind::Number),
            ("exchange", Kind::Text),
            ("marketCap", Kind::Whole),
        ])
    }

    fn names(layout: &Layout) -> Vec<&str> {
        layout.numbers.iter().map(|(_, name)| name.as_str()).collect()
    }

    #[test]
    fn recognises_names_in_any_spelling() {
        let layout = resolve(Path::new("x.parquet"), &ohlcv(), &PanelSource::new("x.parquet")).unwrap();
        assert_eq!((layout.date, &layout.instrument), (0, &Key::Column(1)));
        assert_eq!(names(&layout), ["close", "adj_close", "market_cap"]);
        assert_eq!(layout.ignored[0].source, "exchange");
    }

    #[test]
    fn the_mapping_comes_first() {
        let mut request = PanelSource::new("x.parquet");
        request.mapping =
            Mapping([("Adj Close".into(), "close".into()), ("Close".into(), "quoted".into())].into());
        request.categories = vec!["exchange".to_owned()];
        let layout = resolve(Path::new("x.parquet"), &ohlcv(), &request).unwrap();
        assert_eq!(names(&layout), ["quoted", "close", "market_cap"]);
        assert_eq!(layout.categories, [(4, "exchange".to_owned())]);
    }

    #[test]
    fn reads_only_what_is_asked_for() {
        let mut request = PanelSource::new("x.parquet");
        request.fields = Some(["close".to_owned()].into());
        let layout = resolve(Path::new("x.parquet"), &ohlcv(), &request).unwrap();
        assert_eq!(names(&layout), ["close", "adj_close"]);
    }

    #[test]
    fn a_file_without_instruments_is_one_instrument() {
        let columns = header(&[("Date", Kind::Text), ("Close", Kind::Text)]);
        let layout = resolve(Path::new("csv/BRK.B.csv"), &columns, &PanelSource::new("csv")).unwrap();
        assert_eq!(layout.instrument, Key::Name("BRK.B".to_owned()));
        let layout = resolve(Path::new("d/symbol=KO/part-0.csv"), &columns, &PanelSource::new("d")).unwrap();
        assert_eq!(layout.instrument, Key::Name("KO".to_owned()));
    }

    #[test]
    fn refuses_two_columns_of_one_name() {
        let columns = header(&[("date", Kind::Date), ("Close", Kind::Number), ("close", Kind::Number)]);
        let error = resolve(Path::new("x.parquet"), &columns, &PanelSource::new("x.parquet")).unwrap_err();
        assert!(matches!(error, SourceError::Ambiguous { .. }), "{error}");
    }

    #[test]
    fn says_which_columns_there_are_if_none_is_a_date() {
        let columns = header(&[("datum", Kind::Text), ("close", Kind::Number)]);
        let error =
            resolve(Path::new("x.csv"), &columns, &PanelSource::new("x.csv")).unwrap_err().to_string();
        assert!(error.contains("no date column among datum, close; did you mean \"datum\"?"), "{error}");
    }

    #[test]
    fn refuses_a_mapping_of_a_column_that_is_not_there() {
        let mut request = PanelSource::new("x.parquet");
        request.mapping = Mapping([("Closee".into(), "close".into())].into());
        let layout = resolve(Path::new("x.parquet"), &ohlcv(), &request).unwrap();
        let error = check_mapping(&request, &[layout], &[ohlcv()]).unwrap_err().to_string();
        assert!(error.contains("did you mean \"Close\""), "{error}");
    }

    #[test]
    fn takes_an_unnamed_index_as_the_date() {
        let columns = header(&[("", Kind::Text), ("Close", Kind::Number)]);
        assert_eq!(resolve(Path::new("x.csv"), &columns, &PanelSource::new("x.csv")).unwrap().date, 0);
    }
}

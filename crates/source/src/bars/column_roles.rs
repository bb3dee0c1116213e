//! The meaning of each column of a file of bars: by the mapping, else by its name.

use std::path::Path;

use super::vendor_columns::{instrument_of, of_vendor, superseded};
use crate::{
    error::SourceError,
    format::{
        bar_columns::{BarColumns, InstrumentKey},
        header::{ColumnKind, HeaderColumn},
        memory_table::is_memory,
        table_file::table_name,
    },
    names::{DATE, INSTRUMENT, UNNAMED, field_name, find_named, folded, is_field_name},
    provider::decoded_bars::{ColumnRole, FoundColumn, Ignored, Unused},
    request::{
        adjustment::Adjustment,
        panel_source::PanelSource,
        vendor::{Meaning, Unit, Vendor},
    },
};

/// The columns that must hold numbers and, but for the volume, positive ones.
pub(crate) const PRICES: [&str; 8] =
    ["open", "high", "low", "close", "vwap", "adj_close", "factor", "split_factor"];

/// The columns of a file to decode, and what became of each of its columns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ColumnRoles {
    pub columns: BarColumns,
    pub found: Vec<FoundColumn>,
    pub ignored: Vec<Ignored>,
    /// The vendor whose layout the file has.
    pub vendor: Option<&'static Vendor>,
    /// The fields that the vendor writes in another form.
    pub units: Vec<(String, Unit)>,
    /// The mapped columns that this file has.
    mapped: Vec<String>,
}

/// The field that tells by row how many shares became of one.
pub(crate) const SPLIT_RATIO: &str = "split_ratio";

/// The name of a column of times of day beside one of dates.
const TIME: &str = "time";

/// A column and what is known of it before it gets a place.
struct NamedColumn<'a> {
    /// The place of the column in the file.
    at: usize,
    declared: &'a HeaderColumn,
    /// Our name for it.
    name: String,
    /// The form in which its vendor writes the field.
    unit: Option<Unit>,
    /// The reason not to use it, if its name alone is one.
    unused: Option<Unused>,
}

/// Give each column of a file its meaning. A file without a date, with a price that is no number, or with two columns
/// of one meaning is refused.
pub(crate) fn resolve(
    file: &Path,
    header: &[HeaderColumn],
    request: &PanelSource,
) -> Result<ColumnRoles, SourceError> {
    if header.iter().any(|column| column.instrument.is_some()) {
        return beside(file, header, request);
    }
    let stated = mapped(header, request)?;
    let vendor = Vendor::of(&names_of(header));
    let mapped = of_vendor(vendor, header, &stated);
    let date = date_column(header, &mapped)
        .ok_or_else(|| SourceError::no_column(file, &names_of(header), "date"))?;
    if let ColumnKind::Other(kind) = &header[date].kind {
        return Err(wrong_type(file, &header[date], "dates", kind));
    }
    let is_code = |column: usize| column != date && header[column].kind.may_be_codes();
    let instrument = match find(header, &mapped, "instrument", &INSTRUMENT, is_code) {
        Some(column) => InstrumentKey::Column(column),
        None => InstrumentKey::Name(
            partition_name(file, request).unwrap_or_else(|| instrument_of(&table_name(file), vendor)),
        ),
    };
    let mut roles = ColumnRoles {
        columns: BarColumns {
            date,
            time: None,
            instrument,
            numbers: Vec::new(),
            codes: Vec::new(),
            categories: Vec::new(),
        },
        found: Vec::new(),
        ignored: Vec::new(),
        vendor,
        units: Vec::new(),
        mapped: (0..header.len()).filter(|&i| stated[i].is_some()).map(|i| header[i].name.clone()).collect(),
    };
    let named = header.iter().zip(mapped);
    let named = named.map(|(column, name)| name.unwrap_or_else(|| our_name(&column.name, header)));
    let mut names = named.collect::<Vec<_>>();
    let superseded = superseded(&mut names, request.adjustment);
    let is_time = |at: &usize| names[*at] == TIME && *at != date && header[*at].kind.is_cells();
    roles.columns.time = (0..names.len()).find(is_time);
    for (at, (declared, name)) in header.iter().zip(names).enumerate() {
        let meaning = vendor.filter(|_| stated[at].is_none()).and_then(|v| v.meaning(&declared.name));
        let unit = match meaning {
            Some(Meaning::In(field, unit)) if field == name => Some(unit),
            _ => None,
        };
        let unused = match meaning {
            Some(Meaning::Nothing) => Some(Unused::Vendor),
            _ if superseded.contains(&at) && stated[at].is_none() => Some(Unused::Adjusted),
            _ => None,
        };
        roles.place(file, NamedColumn { at, declared, name, unit, unused }, request)?;
    }
    roles.refuse_ambiguous(file)?;
    Ok(roles)
}

/// Give each column of a file its meaning in which instruments stand side by side: to those of one instrument as if the
/// file had no others.
fn beside(file: &Path, header: &[HeaderColumn], request: &PanelSource) -> Result<ColumnRoles, SourceError> {
    let mut names = Vec::<&str>::new();
    for name in header.iter().filter_map(|column| column.instrument.as_deref()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut all = None::<ColumnRoles>;
    let mut instruments = Vec::new();
    for name in names {
        let is_own = |column: &HeaderColumn| column.instrument.as_deref().is_none_or(|own| own == name);
        let places = (0..header.len()).filter(|&at| is_own(&header[at])).collect::<Vec<_>>();
        let own = places.iter().map(|&at| HeaderColumn { instrument: None, ..header[at].clone() });
        let roles = resolve(file, &own.collect::<Vec<_>>(), request)?;
        let numbers = roles.columns.numbers.iter().map(|(at, name)| (places[*at], name.clone()));
        instruments.push((name.to_owned(), roles.columns.numbers.len()));
        match &mut all {
            None => {
                let columns = BarColumns {
                    date: places[roles.columns.date],
                    time: roles.columns.time.map(|time| places[time]),
                    numbers: numbers.collect(),
                    codes: Vec::new(),
                    categories: Vec::new(),
                    instrument: roles.columns.instrument.clone(),
                };
                all = Some(ColumnRoles { columns, ..roles });
            }
            Some(all) => {
                all.columns.numbers.extend(numbers);
                add_new(&mut all.found, roles.found);
                add_new(&mut all.ignored, roles.ignored);
            }
        }
    }
    let mut all = all.ok_or_else(|| SourceError::no_column(file, &names_of(header), "instrument"))?;
    all.columns.instrument = InstrumentKey::Beside(instruments);
    Ok(all)
}

fn add_new<T: PartialEq>(all: &mut Vec<T>, others: Vec<T>) {
    for other in others {
        if !all.contains(&other) {
            all.push(other);
        }
    }
}

/// The header of a file of which a request says that its columns hold one quantity of an instrument each.
pub(crate) fn widened(
    mut header: Vec<HeaderColumn>,
    request: &PanelSource,
) -> Result<Vec<HeaderColumn>, SourceError> {
    let Some(quantity) = &request.wide else { return Ok(header) };
    let mapped = mapped(&header, request)?;
    let date = date_column(&header, &mapped);
    for (at, column) in header.iter_mut().enumerate() {
        let is_unnamed = UNNAMED.contains(&folded(&column.name).as_str());
        if Some(at) != date && mapped[at].is_none() && !is_unnamed && column.instrument.is_none() {
            let name = std::mem::replace(&mut column.name, quantity.clone());
            column.instrument = Some(name);
        }
    }
    Ok(header)
}

/// The first columns of a file whose columns look like instruments side by side, and are read as fields of one.
fn tickers(roles: &ColumnRoles) -> Option<String> {
    let is_bar = |name: &str| PRICES.contains(&name) || name == "volume";
    let is_ticker = |name: &str| {
        name.bytes()
            .next()
            .is_some_and(|first| first.is_ascii_uppercase() || first.is_ascii_digit() || first == b'^')
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b".-=^".contains(&byte))
    };
    let numbers = roles.found.iter().filter(|column| column.role == ColumnRole::Number).collect::<Vec<_>>();
    let is_wide =
        numbers.len() > 1 && numbers.iter().all(|column| !is_bar(&column.name) && is_ticker(&column.source));
    is_wide.then(|| {
        let names =
            numbers.iter().take(3).map(|column| column.source.as_str()).collect::<Vec<_>>().join(", ");
        format!("the columns {names}{}", if numbers.len() > 3 { ", …" } else { "" })
    })
}

/// A sentence about a file whose columns look like instruments side by side, and are read as fields of one instrument;
/// an error where closes are needed.
pub(crate) fn looks_wide(
    roles: &ColumnRoles,
    file: &Path,
    request: &PanelSource,
) -> Result<Option<String>, SourceError> {
    let InstrumentKey::Name(instrument) = &roles.columns.instrument else { return Ok(None) };
    let Some(names) = tickers(roles) else { return Ok(None) };
    if request.adjustment != Adjustment::Verbatim {
        return Err(SourceError::LooksWide { path: file.to_owned(), names });
    }
    Ok(Some(format!(
        "{names} of {} are read as fields of one instrument, {instrument}; if each is an instrument of its own, state \
         `wide: close` (`--wide close` where no study says it)",
        file.display()
    )))
}

/// Fail if a table in memory has no column of instruments: it has no name of a file that could say the instrument.
pub(crate) fn refuse_nameless(
    roles: &ColumnRoles,
    file: &Path,
    header: &[HeaderColumn],
) -> Result<(), SourceError> {
    if !is_memory(file) || !matches!(roles.columns.instrument, InstrumentKey::Name(_)) {
        return Ok(());
    }
    Err(match tickers(roles) {
        Some(names) => SourceError::LooksWide { path: file.to_owned(), names },
        None => SourceError::no_column(file, &names_of(header), "instrument"),
    })
}

impl ColumnRoles {
    /// Decide what becomes of one column.
    fn place(
        &mut self,
        file: &Path,
        column: NamedColumn<'_>,
        request: &PanelSource,
    ) -> Result<(), SourceError> {
        let NamedColumn { at, declared, name, unit, unused } = column;
        let source = declared.name.as_str();
        if at == self.columns.date {
            self.found.push(FoundColumn::new(source, "date", ColumnRole::Date));
            return Ok(());
        }
        if self.columns.time == Some(at) {
            self.found.push(FoundColumn::new(source, TIME, ColumnRole::Date));
            return Ok(());
        }
        if self.columns.instrument == InstrumentKey::Column(at) {
            self.found.push(FoundColumn::new(source, "instrument", ColumnRole::Instrument));
            return Ok(());
        }
        if request.categories.contains(&name) && declared.kind.may_be_codes() {
            self.columns.categories.push((at, name.clone()));
            self.found.push(FoundColumn::new(source, &name, ColumnRole::Category));
            return Ok(());
        }
        let is_price = PRICES.contains(&name.as_str()) || name == "volume" || unit.is_some();
        let is_unnamed = UNNAMED.contains(&folded(source).as_str());
        let mut ignore = |why| self.ignored.push(Ignored { source: source.to_owned(), why });
        match (unused, &declared.kind) {
            (Some(unused), _) => ignore(unused),
            _ if name.is_empty() || is_unnamed => ignore(Unused::Unnamed),
            (None, ColumnKind::Whole | ColumnKind::Number | ColumnKind::NumericCells) => {
                self.number(at, source, name, unit, request);
            }
            // Text files don't declare kinds: that a price is no number is reported with its row.
            (None, ColumnKind::TextCells) if is_price => self.number(at, source, name, unit, request),
            (None, ColumnKind::Text) if is_price => {
                return Err(wrong_type(file, declared, "numbers", "text"));
            }
            (None, ColumnKind::Text | ColumnKind::TextCells) => ignore(Unused::Text),
            (None, ColumnKind::Date) => ignore(Unused::Dates),
            (None, ColumnKind::Other(kind)) => ignore(Unused::Kind(kind.clone())),
        }
        Ok(())
    }

    /// Take a column of numbers in, if a field asks for it.
    fn number(
        &mut self,
        column: usize,
        source: &str,
        name: String,
        unit: Option<Unit>,
        request: &PanelSource,
    ) {
        let is_needed = self.vendor.is_some_and(|vendor| vendor.needs(&name));
        if is_wanted(&name, request) || is_needed && request.adjustment != Adjustment::Verbatim {
            self.found.push(FoundColumn::new(source, &name, ColumnRole::Number));
            if unit == Some(Unit::Coded) {
                self.columns.codes.push(column);
            }
            self.units.extend(unit.map(|unit| (name.clone(), unit)));
            self.columns.numbers.push((column, name));
        } else {
            self.ignored.push(Ignored { source: source.to_owned(), why: Unused::NotAsked });
        }
    }

    /// Fail if two columns have the same meaning.
    fn refuse_ambiguous(&self, file: &Path) -> Result<(), SourceError> {
        for (later, column) in self.found.iter().enumerate() {
            if let Some(earlier) = self.found[..later].iter().find(|earlier| earlier.name == column.name) {
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

/// Whether a field must be read: it is asked for, adjusted or as quoted, or another one is derived from it.
fn is_wanted(name: &str, request: &PanelSource) -> bool {
    let Some(fields) = &request.fields else { return true };
    let adjusts = request.adjustment != Adjustment::Verbatim;
    fields.contains(name)
        || ["close", "volume"].contains(&name)
        || adjusts
            && (["adj_close", "factor", "split_factor", SPLIT_RATIO].contains(&name)
                || request.change.as_deref() == Some(name))
        || adjusts && fields.contains(&format!("raw_{name}"))
}

/// Our name of each column that the mapping names.
fn mapped(header: &[HeaderColumn], request: &PanelSource) -> Result<Vec<Option<String>>, SourceError> {
    let names = names_of(header);
    let mut mapped = vec![None; header.len()];
    for (name, ours) in &request.mapping.0 {
        if !is_field_name(ours) {
            return Err(SourceError::BadName { name: name.clone(), ours: ours.clone() });
        }
        if let Some(column) = find_named(&names, name) {
            mapped[column] = Some(match folded(ours).as_str() {
                ours if DATE[..3].contains(&ours) => "date".to_owned(),
                ours if INSTRUMENT[..3].contains(&ours) => "instrument".to_owned(),
                _ => ours.clone(),
            });
        }
    }
    Ok(mapped)
}

/// The column that has a meaning by the mapping, else the one with the likeliest name among those that suit.
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

/// The column of dates: by the mapping, by its name, by its type, or an index without a name.
fn date_column(header: &[HeaderColumn], mapped: &[Option<String>]) -> Option<usize> {
    find(header, mapped, "date", &DATE, |_| true).or_else(|| unnamed_date(header, mapped))
}

/// The only column that is a date by its type, else an index that was written without a name.
fn unnamed_date(header: &[HeaderColumn], mapped: &[Option<String>]) -> Option<usize> {
    let free = || (0..header.len()).filter(|&i| mapped[i].is_none());
    let mut dates = free().filter(|&i| header[i].kind == ColumnKind::Date);
    match (dates.next(), dates.next()) {
        (Some(date), None) => Some(date),
        (Some(_), Some(_)) => None,
        _ => free().find(|&i| {
            matches!(header[i].kind, ColumnKind::Text | ColumnKind::TextCells)
                && UNNAMED.contains(&folded(&header[i].name).as_str())
        }),
    }
}

/// Our name for a column that is not mapped.
fn our_name(source: &str, header: &[HeaderColumn]) -> String {
    let has = |name: &str| header.iter().any(|column| folded(&column.name) == name);
    match folded(source).as_str() {
        "adjclose" | "adjustedclose" => "adj_close".to_owned(),
        // The words of public files of Korean quotes, which are short for what they mean only beside each other.
        "marcap" if !has("marketcap") => "market_cap".to_owned(),
        "stocks" if has("marcap") && !has("shares") => "shares".to_owned(),
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

fn names_of(header: &[HeaderColumn]) -> Vec<String> {
    header.iter().map(|column| column.name.clone()).collect()
}

fn wrong_type(file: &Path, column: &HeaderColumn, what: &'static str, kind: &str) -> SourceError {
    SourceError::WrongType { path: file.to_owned(), column: column.name.clone(), what, kind: kind.to_owned() }
}

/// Fail if the mapping names a column that no file has.
pub(crate) fn check_mapping(
    request: &PanelSource,
    roles: &[ColumnRoles],
    headers: &[Vec<HeaderColumn>],
) -> Result<(), SourceError> {
    for name in request.mapping.0.keys() {
        let knows = |roles: &ColumnRoles| roles.mapped.iter().any(|mapped| folded(mapped) == folded(name));
        if !roles.iter().any(knows) {
            let mut found = Vec::<String>::new();
            for column in headers.iter().flatten() {
                if !found.contains(&column.name) {
                    found.push(column.name.clone());
                }
            }
            return Err(SourceError::unknown_column(&request.path, name, found));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::mapping::Mapping;

    fn header(names: &[(&str, ColumnKind)]) -> Vec<HeaderColumn> {
        names.iter().map(|(name, kind)| HeaderColumn::new(*name, kind.clone())).collect()
    }

    fn ohlcv() -> Vec<HeaderColumn> {
        header(&[
            ("Trade Date", ColumnKind::Date),
            ("SYMBOL", ColumnKind::Text),
            ("Close", ColumnKind::Number),
            ("Adj Close", ColumnKind::Number),
            ("exchange", ColumnKind::Text),
            ("marketCap", ColumnKind::Whole),
        ])
    }

    fn names(roles: &ColumnRoles) -> Vec<&str> {
        roles.columns.numbers.iter().map(|(_, name)| name.as_str()).collect()
    }

    #[test]
    fn recognises_names_in_any_spelling() {
        let roles = resolve(Path::new("x.parquet"), &ohlcv(), &PanelSource::new("x.parquet")).unwrap();
        assert_eq!((roles.columns.date, &roles.columns.instrument), (0, &InstrumentKey::Column(1)));
        assert_eq!(names(&roles), ["close", "adj_close", "market_cap"]);
        assert_eq!(roles.ignored[0].source, "exchange");
    }

    #[test]
    fn the_mapping_comes_first() {
        let mut request = PanelSource::new("x.parquet");
        request.mapping =
            Mapping([("Adj Close".into(), "close".into()), ("Close".into(), "quoted".into())].into());
        request.categories = vec!["exchange".to_owned()];
        let roles = resolve(Path::new("x.parquet"), &ohlcv(), &request).unwrap();
        assert_eq!(names(&roles), ["quoted", "close", "market_cap"]);
        assert_eq!(roles.columns.categories, [(4, "exchange".to_owned())]);
    }

    #[test]
    fn reads_only_what_is_asked_for() {
        let mut request = PanelSource::new("x.parquet");
        request.fields = Some(["close".to_owned()].into());
        let roles = resolve(Path::new("x.parquet"), &ohlcv(), &request).unwrap();
        assert_eq!(names(&roles), ["close", "adj_close"]);
    }

    #[test]
    fn a_file_without_instruments_is_one_instrument() {
        let columns = header(&[("Date", ColumnKind::TextCells), ("Close", ColumnKind::TextCells)]);
        let roles = resolve(Path::new("csv/BRK.B.csv"), &columns, &PanelSource::new("csv")).unwrap();
        assert_eq!(roles.columns.instrument, InstrumentKey::Name("BRK.B".to_owned()));
        let roles = resolve(Path::new("d/symbol=KO/part-0.csv"), &columns, &PanelSource::new("d")).unwrap();
        assert_eq!(roles.columns.instrument, InstrumentKey::Name("KO".to_owned()));
    }

    #[test]
    fn refuses_two_columns_of_one_name() {
        let columns = header(&[
            ("date", ColumnKind::Date),
            ("Close", ColumnKind::Number),
            ("close", ColumnKind::Number),
        ]);
        let error = resolve(Path::new("x.parquet"), &columns, &PanelSource::new("x.parquet")).unwrap_err();
        assert!(matches!(error, SourceError::Ambiguous { .. }), "{error}");
    }

    #[test]
    fn says_which_columns_there_are_if_none_is_a_date() {
        let columns = header(&[("datum", ColumnKind::TextCells), ("close", ColumnKind::NumericCells)]);
        let error =
            resolve(Path::new("x.csv"), &columns, &PanelSource::new("x.csv")).unwrap_err().to_string();
        assert!(error.contains("no date column among datum, close; did you mean \"datum\"?"), "{error}");
    }

    #[test]
    fn refuses_a_mapping_of_a_column_that_is_not_there() {
        let mut request = PanelSource::new("x.parquet");
        request.mapping = Mapping([("Closee".into(), "close".into())].into());
        let roles = resolve(Path::new("x.parquet"), &ohlcv(), &request).unwrap();
        let error = check_mapping(&request, &[roles], &[ohlcv()]).unwrap_err().to_string();
        assert!(error.contains("did you mean \"Close\""), "{error}");
    }

    #[test]
    fn takes_an_unnamed_index_as_the_date() {
        let columns = header(&[("", ColumnKind::TextCells), ("Close", ColumnKind::NumericCells)]);
        assert_eq!(
            resolve(Path::new("x.csv"), &columns, &PanelSource::new("x.csv")).unwrap().columns.date,
            0
        );
    }
}

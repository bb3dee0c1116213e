//! Tables that were computed elsewhere: Parquet files as pandas writes them, with a date, an instrument, and columns that
//! may have two levels.

use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
};

use arrow_array::{
    Array, ArrayRef, Float32Array, Float64Array, Int64Array, StringArray,
    cast::AsArray as _,
    types::{
        Date32Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
        TimestampSecondType,
    },
};
use arrow_schema::{DataType, TimeUnit};
use backstaff_learn::process::{Table, TableColumn};
use backstaff_panel::{Axis, Column, Session};
use backstaff_study::StudyError;
use backstaff_words::count;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::Rows;
use crate::folder::wrong;

/// Rows of a file: the session and the instrument of each, and columns.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// Position in the calendar and number of the instrument, with the row of the file.
    keys: HashMap<(u32, u32), u32>,
    columns: Vec<(String, String, Vec<f64>, bool)>,
}

/// Read files; columns of a file under a group's name belong to it.
pub(super) fn read(
    files: &[(Option<String>, PathBuf)],
    join: &str,
    axis: &Axis,
    warnings: &mut Vec<String>,
) -> Result<Read, StudyError> {
    let [(group, path)] = files else {
        let message = format!("one table is read here, not {} (join {join:?})", files.len());
        return Err(StudyError::Value { key: "StaticDataLoader.config".to_owned(), message });
    };
    one(group.as_deref(), path, axis, warnings)
}

fn one(
    group: Option<&str>,
    path: &Path,
    axis: &Axis,
    warnings: &mut Vec<String>,
) -> Result<Read, StudyError> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    if ending.as_deref() != Some("parquet") {
        let message = "is no Parquet file; a pickle is a program, which is not run here: write it again with \
                       `frame.to_parquet(...)`";
        return Err(wrong(path, message.to_owned()));
    }
    let file = File::open(path).map_err(|source| StudyError::Read { path: path.to_owned(), source })?;
    let fault = |error: &dyn std::fmt::Display| wrong(path, error.to_string());
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| fault(&error))?;
    let schema = builder.schema().clone();
    let find =
        |names: &[&str]| schema.fields().iter().position(|field| names.contains(&field.name().as_str()));
    let date = find(&["datetime", "date", "__index_level_0__"]);
    let instrument = find(&["instrument", "__index_level_1__"]);
    let (Some(date), Some(instrument)) = (date, instrument) else {
        return Err(wrong(path, "has no columns `datetime` and `instrument`".to_owned()));
    };
    let mut read = Read::default();
    let mut places = Vec::new();
    for (n, field) in schema.fields().iter().enumerate().filter(|(n, _)| *n != date && *n != instrument) {
        let is_narrow = matches!(field.data_type(), DataType::Float32);
        if is_narrow || matches!(field.data_type(), DataType::Float64 | DataType::Int64) {
            let (own, name) = levels(field.name());
            let group = group.map_or(own, str::to_owned);
            read.columns.push((group, name, Vec::new(), is_narrow));
            places.push(n);
        }
    }
    let (mut n_rows, mut unknown) = (0_u32, 0_usize);
    for batch in builder.build().map_err(|error| fault(&error))? {
        let batch = batch.map_err(|error| fault(&error))?;
        let days =
            days(batch.column(date)).ok_or_else(|| wrong(path, "its dates are no dates".to_owned()))?;
        let names = texts(batch.column(instrument))
            .ok_or_else(|| wrong(path, "its instruments are no texts".to_owned()))?;
        for (day, name) in days.iter().zip(names) {
            let position = axis.calendar().sessions().binary_search(&Session::from_number(*day)).ok();
            match position.zip(axis.find(&name)) {
                Some((position, i)) => {
                    if read.keys.insert((position as u32, i as u32), n_rows).is_some() {
                        let session = Session::from_number(*day);
                        return Err(wrong(path, format!("has two rows of {name} on {session}")));
                    }
                }
                None => unknown += 1,
            }
            n_rows += 1;
        }
        for (column, &place) in read.columns.iter_mut().zip(&places) {
            numbers(batch.column(place), &mut column.2);
        }
    }
    if unknown > 0 {
        warnings.push(format!(
            "{} of {} are of instruments or dates without a bar, and are left out",
            count(unknown, "row"),
            path.display()
        ));
    }
    if read.keys.is_empty() {
        return Err(wrong(path, "none of its rows meets a bar of the data".to_owned()));
    }
    Ok(read)
}

/// Rows of a table with a date and an instrument each.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The date of each row.
    pub dates: Vec<Session>,
    /// The instrument of each row.
    pub instruments: Vec<String>,
    /// Columns of numbers by name.
    pub columns: Vec<(String, Vec<f64>)>,
}

const DATES: [&str; 5] = ["known_at", "datetime", "date", "published", "__index_level_0__"];
const INSTRUMENTS: [&str; 5] = ["instrument", "symbol", "ticker", "code", "__index_level_1__"];
const SCORES: [&str; 4] = ["score", "0", "pred", "prediction"];

/// Read a table: Parquet, or CSV.
pub(crate) fn known(path: &Path) -> Result<Known, StudyError> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let known = match ending.as_deref() {
        Some("csv") => of_csv(path)?,
        Some("parquet") => of_parquet(path)?,
        _ => {
            let message = "is neither Parquet nor CSV; a pickle is a program, which is not run here: write it again with \
                           `frame.to_parquet(...)`";
            return Err(wrong(path, message.to_owned()));
        }
    };
    if known.dates.is_empty() { Err(wrong(path, "has no row".to_owned())) } else { Ok(known) }
}

/// Read scores: the column `score`, or the only one.
pub(crate) fn scores(path: &Path) -> Result<Known, StudyError> {
    let mut known = known(path)?;
    let place = match known.columns.as_slice() {
        [_] => Some(0),
        columns => columns.iter().position(|(name, _)| SCORES.contains(&name.as_str())),
    };
    let Some(place) = place else {
        let names = known.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(wrong(path, format!("has no column `score`; its numbers are {names}")));
    };
    known.columns = vec![known.columns.swap_remove(place)];
    Ok(known)
}

/// The places of the date and the instrument among names of columns.
fn places(path: &Path, names: &[&str]) -> Result<(usize, usize), StudyError> {
    let find =
        |wanted: &[&str]| wanted.iter().find_map(|wanted| names.iter().position(|name| name == wanted));
    find(&DATES).zip(find(&INSTRUMENTS)).ok_or_else(|| {
        let message = format!(
            "needs the columns `datetime` (or `known_at`) and `instrument`; it has {}",
            names.join(", ")
        );
        wrong(path, message)
    })
}

fn of_csv(path: &Path) -> Result<Known, StudyError> {
    let text = crate::folder::read(path)?;
    let cells = |line: &'_ str| {
        line.split(',').map(|cell| cell.trim().trim_matches('"').to_owned()).collect::<Vec<_>>()
    };
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let header = lines.next().map(|(_, line)| cells(line)).unwrap_or_default();
    let (date, instrument) = places(path, &header.iter().map(String::as_str).collect::<Vec<_>>())?;
    let others = (0..header.len()).filter(|place| *place != date && *place != instrument).collect::<Vec<_>>();
    let mut known = Known {
        columns: others.iter().map(|&place| (header[place].clone(), Vec::new())).collect(),
        ..Known::default()
    };
    for (n, line) in lines {
        let row = cells(line);
        let bad = |what: &str| wrong(path, format!("row {}: {what}: {line}", n + 1));
        if row.len() != header.len() {
            return Err(bad(&format!("{} cells, and the header has {}", row.len(), header.len())));
        }
        let day = row[date].split([' ', 'T']).next().unwrap_or_default();
        known.dates.push(day.parse::<Session>().map_err(|error| bad(&error.to_string()))?);
        known.instruments.push(row[instrument].clone());
        for (column, &place) in known.columns.iter_mut().zip(&others) {
            // A column of texts is no column of numbers: all of it is missing.
            column.1.push(row[place].parse::<f64>().unwrap_or(f64::NAN));
        }
    }
    Ok(known)
}

fn of_parquet(path: &Path) -> Result<Known, StudyError> {
    let fault = |error: &dyn std::fmt::Display| wrong(path, error.to_string());
    let file = File::open(path).map_err(|source| StudyError::Read { path: path.to_owned(), source })?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| fault(&error))?;
    let schema = builder.schema().clone();
    let names = schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>();
    let (date, instrument) = places(path, &names)?;
    let is_number = |kind: &DataType| matches!(kind, DataType::Float32 | DataType::Float64 | DataType::Int64);
    let others = (0..names.len())
        .filter(|&place| is_number(schema.field(place).data_type()) && place != date && place != instrument);
    let others = others.collect::<Vec<_>>();
    let mut known = Known {
        columns: others.iter().map(|&place| (names[place].to_owned(), Vec::new())).collect(),
        ..Known::default()
    };
    for batch in builder.build().map_err(|error| fault(&error))? {
        let batch = batch.map_err(|error| fault(&error))?;
        let own = days(batch.column(date)).ok_or_else(|| wrong(path, "its dates are no dates".to_owned()))?;
        known.dates.extend(own.into_iter().map(Session::from_number));
        let own = texts(batch.column(instrument))
            .ok_or_else(|| wrong(path, "its instruments are no texts".to_owned()))?;
        known.instruments.extend(own);
        for (column, &place) in known.columns.iter_mut().zip(&others) {
            numbers(batch.column(place), &mut column.1);
        }
    }
    Ok(known)
}

impl Read {
    /// The columns in some rows; missing where the file has no such row.
    pub(super) fn within(self, rows: &Rows) -> Result<Table, StudyError> {
        let keys = rows.sessions.iter().zip(rows.instruments.iter());
        let places = keys.map(|(&session, &i)| self.keys.get(&(session, i)).copied()).collect::<Vec<_>>();
        let columns = self.columns.into_iter().map(|(group, name, values, is_narrow)| {
            let taken = places.iter().map(|place| place.map_or(f64::NAN, |place| values[place as usize]));
            let taken = if is_narrow {
                Column::F32(taken.map(|value| value as f32).collect())
            } else {
                Column::F64(taken.collect())
            };
            TableColumn::new(&group, &name, taken)
        });
        Ok(Table::new(rows.sessions.clone(), rows.instruments.clone(), columns.collect())?)
    }
}

/// The two levels of a column's name as pandas writes them: `('feature', 'x')`; one level alone is a feature.
fn levels(name: &str) -> (String, String) {
    let inner = name.strip_prefix('(').and_then(|name| name.strip_suffix(')'));
    let parts = inner.and_then(|inner| inner.split_once(", "));
    let plain = |text: &str| text.trim().trim_matches(['\'', '"']).to_owned();
    match parts {
        Some((group, name)) => (plain(group), plain(name)),
        None => (TableColumn::FEATURE.to_owned(), name.to_owned()),
    }
}

/// Days since 1970-01-01.
fn days(array: &ArrayRef) -> Option<Vec<i32>> {
    let per_day = |scale: i64| move |value: i64| value.div_euclid(scale * 86_400) as i32;
    Some(match array.data_type() {
        DataType::Date32 => array.as_primitive::<Date32Type>().values().to_vec(),
        DataType::Timestamp(TimeUnit::Second, _) => {
            array.as_primitive::<TimestampSecondType>().values().iter().copied().map(per_day(1)).collect()
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => array
            .as_primitive::<TimestampMillisecondType>()
            .values()
            .iter()
            .copied()
            .map(per_day(1_000))
            .collect(),
        DataType::Timestamp(TimeUnit::Microsecond, _) => array
            .as_primitive::<TimestampMicrosecondType>()
            .values()
            .iter()
            .copied()
            .map(per_day(1_000_000))
            .collect(),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => array
            .as_primitive::<TimestampNanosecondType>()
            .values()
            .iter()
            .copied()
            .map(per_day(1_000_000_000))
            .collect(),
        DataType::Utf8 | DataType::LargeUtf8 => {
            let texts = texts(array)?;
            let day = |text: &String| Some(text.split([' ', 'T']).next()?.parse::<Session>().ok()?.number());
            texts.iter().map(day).collect::<Option<_>>()?
        }
        _ => return None,
    })
}

fn texts(array: &ArrayRef) -> Option<Vec<String>> {
    let of = |array: &StringArray| array.iter().map(|text| text.unwrap_or_default().to_owned()).collect();
    Some(match array.data_type() {
        DataType::Utf8 => of(array.as_string::<i32>()),
        DataType::LargeUtf8 => {
            array.as_string::<i64>().iter().map(|text| text.unwrap_or_default().to_owned()).collect()
        }
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let values = texts(dictionary.values())?;
            dictionary.normalized_keys().into_iter().map(|key| values[key].clone()).collect()
        }
        _ => return None,
    })
}

fn numbers(array: &ArrayRef, out: &mut Vec<f64>) {
    let valid = |n: usize, value: f64| if array.is_null(n) { f64::NAN } else { value };
    if let Some(values) = array.as_any().downcast_ref::<Float32Array>() {
        out.extend(values.values().iter().enumerate().map(|(n, &value)| valid(n, f64::from(value))));
    } else if let Some(values) = array.as_any().downcast_ref::<Float64Array>() {
        out.extend(values.values().iter().enumerate().map(|(n, &value)| valid(n, value)));
    } else if let Some(values) = array.as_any().downcast_ref::<Int64Array>() {
        out.extend(values.values().iter().enumerate().map(|(n, &value)| valid(n, value as f64)));
    }
}

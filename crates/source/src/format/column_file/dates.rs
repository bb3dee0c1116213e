//! The dates of a Parquet column of any type: dates, instants, numbers or texts.

use std::collections::HashMap;

use arrow_array::{
    Array, ArrayRef,
    cast::AsArray,
    types::{Date32Type, Int64Type, TimestampMicrosecondType},
};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use arrow_select::filter::filter;
use jiff::{Timestamp, tz::TimeZone};

use super::column::{ColumnPlace, DecodedDates, dictionary, kind};
use crate::{
    date_order::DateOrder,
    date_text::{self, Shape, Stamp},
    error::SourceError,
    format::header::ColumnKind,
};

/// Decode dates. A missing one is an error with its row.
pub(super) fn dates(
    arrays: &[ArrayRef],
    order: DateOrder,
    place: &ColumnPlace,
) -> Result<DecodedDates, SourceError> {
    let rows = arrays.iter().map(Array::len).sum();
    let days = Vec::with_capacity(rows);
    let mut stamps = Stamps { days, seconds: Vec::new(), shape: Shape::YearFirst, own_zone: false };
    for array in arrays {
        // A text of a dictionary may be the one that is missing.
        if let Some(nulls) = array.logical_nulls().filter(|nulls| nulls.null_count() > 0) {
            let row = stamps.days.len() + (0..array.len()).find(|&row| nulls.is_null(row)).unwrap_or(0);
            return Err(SourceError::EmptyKey { place: place.row(row), what: "date" });
        }
        stamps.extend(array, order, place)?;
    }
    let Stamps { days, mut seconds, shape, own_zone } = stamps;
    if let Some(row) = days.iter().position(|&day| !date_text::is_plausible(day)) {
        let text = format!("day {} since 1970-01-01", days[row]);
        return Err(SourceError::bad_date(place.row(row), place.column, text));
    }
    if !seconds.is_empty() {
        seconds.resize(days.len(), 0);
    }
    if seconds.iter().all(|&second| second == 0) {
        seconds.clear();
    }
    Ok(DecodedDates { days, seconds, own_zone, shape })
}

/// The order of day and month: found from the texts if dates are texts and no order is stated.
pub(super) fn text_order(
    arrays: &[ArrayRef],
    order: DateOrder,
    place: &ColumnPlace,
) -> Result<DateOrder, SourceError> {
    if order != DateOrder::Detect
        || arrays.first().is_none_or(|array| kind(array.data_type()) != ColumnKind::Text)
    {
        return Ok(order);
    }
    let arrays = arrays.iter().map(|array| match array.data_type() {
        DataType::Dictionary(..) => {
            let (keys, texts) = dictionary(array, place)?;
            // A file's list of texts may hold some that no row has.
            let mut used = vec![false; texts.len()];
            keys.iter().flatten().for_each(|key| used[key as usize] = true);
            Ok(filter(&texts, &used.into()).map_err(|source| place.arrow(source))?)
        }
        _ => place.cast(array, &DataType::Utf8),
    });
    let arrays = arrays.collect::<Result<Vec<_>, SourceError>>()?;
    DateOrder::detect(arrays.iter().flat_map(|array| array.as_string::<i32>().iter().flatten())).map_err(
        |example| SourceError::DateOrder {
            path: place.path.to_owned(),
            column: place.column.to_owned(),
            example,
        },
    )
}

/// The stamps of the rows while they are read.
struct Stamps {
    days: Vec<i32>,
    /// Empty for types without a time, and until one is not midnight.
    seconds: Vec<u32>,
    shape: Shape,
    own_zone: bool,
}

impl Stamps {
    fn extend(&mut self, array: &ArrayRef, order: DateOrder, place: &ColumnPlace) -> Result<(), SourceError> {
        match array.data_type() {
            DataType::Date32 => self.days.extend_from_slice(array.as_primitive::<Date32Type>().values()),
            DataType::Date64 => {
                let cast = self.cast(array, &DataType::Date32, place)?;
                self.days.extend_from_slice(cast.as_primitive::<Date32Type>().values());
            }
            DataType::Timestamp(_, zone) => {
                self.own_zone |= zone.as_deref().is_some_and(|name| !date_text::is_utc(name));
                let zone = zone.as_deref().map(|name| zone_of(name, place)).transpose()?;
                let micros = DataType::Timestamp(
                    TimeUnit::Microsecond,
                    match array.data_type() {
                        DataType::Timestamp(_, zone) => zone.clone(),
                        _ => None,
                    },
                );
                let cast = self.cast(array, &micros, place)?;
                self.local(cast.as_primitive::<TimestampMicrosecondType>().values(), zone.as_ref(), place)?;
            }
            integer if integer.is_integer() => {
                let array = self.cast(array, &DataType::Int64, place)?;
                for &number in array.as_primitive::<Int64Type>().values() {
                    let stamp = date_text::from_number(number);
                    self.push(stamp, place, || number.to_string())?;
                }
            }
            DataType::Dictionary(_, values) if kind(values) != ColumnKind::Text => {
                let plain = self.cast(array, values, place)?;
                self.extend(&plain, order, place)?;
            }
            DataType::Dictionary(..) => {
                let (keys, texts) = dictionary(array, place)?;
                let mut known = vec![None; texts.len()];
                for &key in keys.values() {
                    let (key, text) = (key as usize, || texts.value(key as usize));
                    if known[key].is_none() {
                        known[key] = date_text::parse(text(), order);
                        self.own_zone |= date_text::has_own_zone(text());
                    }
                    self.push(known[key], place, || text().to_owned())?;
                }
            }
            _ => {
                let array = place.cast(array, &DataType::Utf8)?;
                for text in array.as_string::<i32>().iter().flatten() {
                    self.own_zone |= date_text::has_own_zone(text);
                    self.push(date_text::parse(text, order), place, || text.to_owned())?;
                }
            }
        }
        Ok(())
    }

    /// The same values in another type. Arrow makes those that don't fit missing: they are errors with their row.
    fn cast(&self, array: &ArrayRef, to: &DataType, place: &ColumnPlace) -> Result<ArrayRef, SourceError> {
        let cast = cast(array, to).map_err(|source| place.arrow(source))?;
        match (0..cast.len()).find(|&row| cast.null_count() > 0 && cast.is_null(row)) {
            None => Ok(cast),
            Some(row) => {
                let text = format!("a number of {} beyond all dates", array.data_type());
                Err(SourceError::bad_date(place.row(self.days.len() + row), place.column, text))
            }
        }
    }

    fn push(
        &mut self,
        stamp: Option<(Stamp, Shape)>,
        place: &ColumnPlace,
        text: impl Fn() -> String,
    ) -> Result<(), SourceError> {
        let (stamp, shape) = stamp.ok_or_else(|| {
            SourceError::bad_date(place.row(self.days.len()), place.column.to_owned(), text())
        })?;
        if stamp.second > 0 {
            self.seconds.resize(self.days.len(), 0);
            self.seconds.push(stamp.second);
        }
        self.days.push(stamp.day);
        self.shape = shape;
        Ok(())
    }

    /// Add the local dates of instants in the zone of their column. The same instants come back for each instrument, so
    /// each is converted once.
    fn local(
        &mut self,
        micros: &[i64],
        zone: Option<&TimeZone>,
        place: &ColumnPlace,
    ) -> Result<(), SourceError> {
        let mut known = HashMap::<i64, Option<Stamp>>::new();
        let mut last = None;
        for &micros in micros {
            let stamp = match last {
                Some((previous, stamp)) if previous == micros => stamp,
                _ => *known.entry(micros).or_insert_with(|| {
                    let seconds = micros.div_euclid(1_000_000);
                    let instant = zone.and_then(|zone| Some((zone, Timestamp::from_second(seconds).ok()?)));
                    let offset = instant.map_or(0, |(zone, instant)| zone.to_offset(instant).seconds());
                    date_text::from_seconds(seconds + i64::from(offset))
                }),
            };
            last = Some((micros, stamp));
            let stamp = stamp.ok_or_else(|| {
                let text = format!("{micros} microseconds since 1970-01-01");
                SourceError::bad_date(place.row(self.days.len()), place.column, text)
            })?;
            self.days.push(stamp.day);
            self.seconds.push(stamp.second);
        }
        Ok(())
    }
}

/// The zone of a name in the IANA database, or of a fixed offset such as `+09:00`.
fn zone_of(name: &str, place: &ColumnPlace) -> Result<TimeZone, SourceError> {
    let offset = || {
        let (sign, rest) = match name.as_bytes().first()? {
            b'+' => (1, &name[1..]),
            b'-' => (-1, &name[1..]),
            _ => return None,
        };
        let digits = rest.replace(':', "");
        let (hours, minutes) =
            (digits.get(..2)?.parse::<i32>().ok()?, digits.get(2..4)?.parse::<i32>().ok()?);
        let offset = jiff::tz::Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()?;
        Some(TimeZone::fixed(offset))
    };
    offset().or_else(|| TimeZone::get(name).ok()).ok_or_else(|| SourceError::WrongType {
        path: place.path.to_owned(),
        column: place.column.to_owned(),
        what: "dates",
        kind: format!("instants in the unknown time zone {name:?}"),
    })
}

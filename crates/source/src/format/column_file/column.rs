//! One column of one row group, decoded from Arrow's arrays.

use std::path::Path;

use arrow_array::{
    Array, ArrayRef, PrimitiveArray, StringArray,
    cast::AsArray,
    make_array,
    types::{Float32Type, Float64Type, Int32Type},
};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType};
use backstaff_panel::{Column, NarrowColumn};

use crate::{
    date_text::Shape,
    error::{Place, SourceError},
    format::{boundary::behind_boundary, coded_texts::CodedTexts, header::ColumnKind, numbers::Numbers},
};

/// The form to which a column is decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CellType {
    /// Days and seconds; no row may lack one.
    Dates,
    /// Texts; no row may lack one.
    Keys,
    /// Texts; empty cells are missing.
    Texts,
    /// Numbers in the width of the file.
    Numbers,
    /// Numbers in four bytes, where that loses nothing in this row group.
    NarrowNumbers,
}

/// A column of a row group, decoded.
pub(crate) enum DecodedColumn {
    Dates(DecodedDates),
    Texts(CodedTexts),
    Numbers(Numbers),
}

/// A column of dates, decoded.
pub(crate) struct DecodedDates {
    /// Days since 1970-01-01.
    pub days: Vec<i32>,
    /// The second of each row's day; empty if all are the same.
    pub seconds: Vec<u32>,
    /// Whether stamps say another zone than UTC.
    pub own_zone: bool,
    pub shape: Shape,
}

/// A column by its name and the number of its first row: what errors name.
pub(super) struct ColumnPlace<'a> {
    pub path: &'a Path,
    pub column: &'a str,
    pub first_row: u64,
}

impl ColumnPlace<'_> {
    pub(super) fn row(&self, row: usize) -> Place {
        Place { file: self.path.to_owned(), row: self.first_row + row as u64 }
    }

    pub(super) fn cast(&self, array: &ArrayRef, to: &DataType) -> Result<ArrayRef, SourceError> {
        // The safe cast would make missing what doesn't fit, such as bytes that are no text.
        let options = CastOptions { safe: false, ..CastOptions::default() };
        let cast = || cast_with_options(array, to, &options).map_err(|source| self.arrow(source));
        behind_boundary(self.path, cast)
    }

    pub(super) fn arrow(&self, source: ArrowError) -> SourceError {
        SourceError::Arrow { path: self.path.to_owned(), source }
    }
}

/// The arrays of a column, in the order of its rows.
pub(super) trait Arrays: Iterator<Item = Result<ArrayRef, SourceError>> {}

impl<T: Iterator<Item = Result<ArrayRef, SourceError>>> Arrays for T {}

/// The kind of column that an Arrow type makes.
pub(super) fn kind(data_type: &DataType) -> ColumnKind {
    match data_type {
        DataType::Float16
        | DataType::Float32
        | DataType::Float64
        | DataType::Boolean
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => ColumnKind::Number,
        integer if integer.is_integer() => ColumnKind::Whole,
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => ColumnKind::Date,
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView => ColumnKind::Text,
        DataType::Dictionary(_, values) => kind(values),
        other => ColumnKind::Other(format!("values of the type {other}")),
    }
}

/// Numbers in the width of the file; whole numbers, booleans and decimals in eight bytes. A single array without a missing
/// number is taken as it is.
pub(super) fn numbers(
    mut arrays: impl Arrays,
    n_rows: usize,
    place: &ColumnPlace,
) -> Result<Numbers, SourceError> {
    let first = arrays.next().transpose()?;
    let second = arrays.next();
    if let (Some(array), None) = (&first, &second)
        && array.null_count() == 0
    {
        match array.data_type() {
            DataType::Float32 => return Ok(Numbers::Lent32(array.as_primitive().clone())),
            DataType::Float64 => return Ok(Numbers::Lent64(array.as_primitive().clone())),
            _ => {}
        }
    }
    let mut values = Column::F32(Vec::new());
    for array in first.map(Ok).into_iter().chain(second).chain(arrays) {
        let array = array?;
        if values.is_empty() {
            values = match array.data_type() {
                DataType::Float32 => Column::F32(Vec::with_capacity(n_rows)),
                _ => Column::F64(Vec::with_capacity(n_rows)),
            };
        }
        match &mut values {
            Column::F32(values) => {
                let array = array.as_primitive::<Float32Type>();
                match array.null_count() {
                    0 => values.extend_from_slice(array.values()),
                    _ => values.extend(array.iter().map(|value| value.unwrap_or(f32::NAN))),
                }
            }
            Column::F64(values) => {
                let array = place.cast(&array, &DataType::Float64)?;
                let array = array.as_primitive::<Float64Type>();
                match array.null_count() {
                    0 => values.extend_from_slice(array.values()),
                    _ => values.extend(array.iter().map(|value| value.unwrap_or(f64::NAN))),
                }
            }
        }
    }
    Ok(values.into())
}

/// Numbers in four bytes each, if that loses nothing for any of them.
pub(super) fn narrow_numbers(
    arrays: impl Arrays,
    n_rows: usize,
    place: &ColumnPlace,
) -> Result<Column, SourceError> {
    let mut values = NarrowColumn::with_capacity(n_rows);
    for array in arrays {
        let array = place.cast(&array?, &DataType::Float64)?;
        let array = array.as_primitive::<Float64Type>();
        match array.null_count() {
            0 => values.extend(array.values()),
            _ => array.iter().for_each(|value| values.push(value.unwrap_or(f64::NAN))),
        }
    }
    Ok(values.finish())
}

/// Texts of any encoding; whole numbers become their digits.
pub(super) fn texts(
    arrays: impl Arrays,
    n_rows: usize,
    place: &ColumnPlace,
) -> Result<CodedTexts, SourceError> {
    let mut coded = CodedTexts::with_capacity(n_rows);
    for array in arrays {
        let array = array?;
        if let DataType::Dictionary(..) = array.data_type() {
            let (keys, names) = dictionary(&array, place)?;
            let codes = names
                .iter()
                .map(|name| name.map(str::trim).filter(|name| !name.is_empty()))
                .map(|name| name.map_or(CodedTexts::MISSING, |name| coded.code(name)))
                .collect::<Vec<_>>();
            match keys.null_count() {
                0 => coded.codes.extend(keys.values().iter().map(|&key| codes[key as usize])),
                _ => coded.codes.extend(
                    keys.iter().map(|key| key.map_or(CodedTexts::MISSING, |key| codes[key as usize])),
                ),
            }
        } else {
            let array = place.cast(&array, &DataType::Utf8)?;
            for text in array.as_string::<i32>() {
                coded.push(text.unwrap_or_default().trim());
            }
        }
    }
    Ok(coded)
}

/// The keys of an array with a dictionary, and the dictionary's texts.
pub(super) fn dictionary(
    array: &ArrayRef,
    place: &ColumnPlace,
) -> Result<(PrimitiveArray<Int32Type>, StringArray), SourceError> {
    let dictionary = array.as_any_dictionary();
    let keys = place.cast(&make_array(dictionary.keys().to_data()), &DataType::Int32)?;
    let texts = place.cast(dictionary.values(), &DataType::Utf8)?;
    Ok((keys.as_primitive::<Int32Type>().clone(), texts.as_string::<i32>().clone()))
}

//! Parquet files: each column of each row group is decoded by itself, so that all threads have something to do.

mod dates;

use std::{fs::File, path::Path, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, PrimitiveArray, StringArray, make_array},
    compute::cast,
    datatypes::{DataType, Fields, Float32Type, Float64Type, Int32Type, Schema},
    error::ArrowError,
};
use backstaff_panel::{Column, NarrowColumn};
use parquet::arrow::{
    ProjectionMask,
    arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
};
use rayon::prelude::*;

use crate::{
    bars::column_roles::{HeaderColumn, Key, Kind, Layout},
    date_text::Shape,
    error::{Place, SourceError},
    format::{
        decoded::{Block, Coded},
        row_numbers::RowNumbers,
    },
    request::panel_source::DateOrder,
    table::attributes::TextTable,
};

/// An opened file: its schema and where its row groups lie.
pub(crate) struct ParquetFile<'a> {
    path: &'a Path,
    metadata: ArrowReaderMetadata,
}

/// What a column was decoded to.
pub(crate) enum Part {
    Days { days: Vec<i32>, seconds: Vec<u32>, shape: Shape },
    Texts(Coded),
    Numbers(Column),
}

impl<'a> ParquetFile<'a> {
    pub(crate) fn open(path: &'a Path) -> Result<Self, SourceError> {
        let failed = |source| SourceError::Parquet { path: path.to_owned(), source };
        let file = open(path)?;
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(failed)?;
        // Texts repeat: so each is looked at once, and rows are codes.
        let fields = metadata.schema().fields().iter().map(|field| match field.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                let coded = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
                Arc::new(field.as_ref().clone().with_data_type(coded))
            }
            _ => field.clone(),
        });
        let schema =
            Schema::new_with_metadata(fields.collect::<Fields>(), metadata.schema().metadata().clone());
        let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
        let metadata = ArrowReaderMetadata::try_new(metadata.metadata().clone(), options).map_err(failed)?;
        Ok(Self { path, metadata })
    }

    pub(crate) fn header(&self) -> Vec<HeaderColumn> {
        let fields = self.metadata.schema().fields().iter();
        fields
            .map(|field| HeaderColumn { name: field.name().clone(), kind: kind(field.data_type()) })
            .collect()
    }

    /// Decode the wanted columns: one block for each row group.
    pub(crate) fn decode(
        &self,
        file: usize,
        layout: &Layout,
        order: DateOrder,
    ) -> Result<(Vec<Block>, Option<Shape>), SourceError> {
        let mut columns = vec![layout.date];
        if let Key::Column(column) = layout.instrument {
            columns.push(column);
        }
        columns.extend(layout.categories.iter().chain(&layout.numbers).map(|(column, _)| *column));
        let n_groups = self.groups();
        let parts = (0..n_groups * columns.len())
            .into_par_iter()
            .map(|task| {
                let (group, which) = (task / columns.len(), task % columns.len());
                self.column(group, columns[which], Role::of(layout, which), order)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut parts = parts.into_iter();
        let mut first_row = 1;
        let mut blocks = Vec::with_capacity(n_groups);
        let mut shape = None;
        for _ in 0..n_groups {
            let parts = parts.by_ref().take(columns.len());
            let (block, group_shape) = block(file, first_row, layout, parts);
            shape = shape.or(group_shape);
            first_row += block.len() as u64;
            blocks.push(block);
        }
        Ok((blocks, shape))
    }

    /// All simple columns as texts, for tables of attributes.
    pub(crate) fn texts(&self) -> Result<TextTable, SourceError> {
        let header = self.header();
        let mut names = Vec::new();
        let mut rows = Vec::<(Vec<String>, u64)>::new();
        for (column, HeaderColumn { name, .. }) in
            header.into_iter().enumerate().filter(|(_, column)| !matches!(column.kind, Kind::Other(_)))
        {
            names.push(name.clone());
            let fault = Fault { path: self.path, column: &name, first_row: 1 };
            let mut row = 0;
            for group in 0..self.groups() {
                for array in self.arrays(group, column)? {
                    let array = array?;
                    let array = fault.cast(&array, &DataType::Utf8)?;
                    for text in array.as_string::<i32>() {
                        if row == rows.len() {
                            rows.push((Vec::new(), row as u64 + 1));
                        }
                        rows[row].0.push(text.unwrap_or_default().trim().to_owned());
                        row += 1;
                    }
                }
            }
        }
        Ok(TextTable { names, rows })
    }

    /// How many row groups it has.
    pub(crate) fn groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    /// Decode a column of a row group.
    pub(crate) fn column(
        &self,
        group: usize,
        column: usize,
        role: Role,
        order: DateOrder,
    ) -> Result<Part, SourceError> {
        let arrays = self.arrays(group, column)?;
        let groups = self.metadata.metadata().row_groups();
        let n_rows = groups[group].num_rows() as usize;
        let rows_before = groups[..group].iter().map(|group| group.num_rows() as u64).sum::<u64>();
        let name = self.metadata.schema().field(column).name();
        let fault = Fault { path: self.path, column: name, first_row: rows_before + 1 };
        match role {
            Role::Date => dates::days(&arrays.collect::<Result<Vec<_>, _>>()?, order, &fault),
            Role::Instrument => {
                let texts = texts(arrays, n_rows, &fault)?;
                match texts.codes.iter().position(|&code| code == Coded::MISSING) {
                    Some(row) => Err(SourceError::EmptyKey { place: fault.place(row), what: "instrument" }),
                    None => Ok(Part::Texts(texts)),
                }
            }
            Role::Category => Ok(Part::Texts(texts(arrays, n_rows, &fault)?)),
            Role::Number => Ok(Part::Numbers(numbers(arrays, n_rows, &fault)?)),
            Role::NarrowNumber => Ok(Part::Numbers(narrow_numbers(arrays, n_rows, &fault)?)),
        }
    }

    /// One column of one row group, some rows after the other. Each task opens the file itself: clones of one handle
    /// share their position.
    fn arrays(
        &self,
        group: usize,
        column: usize,
    ) -> Result<impl Iterator<Item = Result<ArrayRef, SourceError>>, SourceError> {
        let failed = |source| SourceError::Parquet { path: self.path.to_owned(), source };
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), [column]);
        let reader =
            ParquetRecordBatchReaderBuilder::new_with_metadata(open(self.path)?, self.metadata.clone())
                .with_projection(mask)
                .with_row_groups(vec![group])
                .with_batch_size(BATCH)
                .build()
                .map_err(failed)?;
        Ok(reader.map(|batch| match batch {
            Ok(batch) => Ok(batch.column(0).clone()),
            Err(source) => Err(SourceError::Arrow { path: self.path.to_owned(), source }),
        }))
    }
}

/// How many rows are decoded at a time: few enough that they stay in a core's cache until they are where they belong.
const BATCH: usize = 32_768;

/// Some rows of a column after the other.
trait Arrays: Iterator<Item = Result<ArrayRef, SourceError>> {}

impl<T: Iterator<Item = Result<ArrayRef, SourceError>>> Arrays for T {}

/// What a column is decoded as.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    Date,
    Instrument,
    Category,
    /// A number in the width of the file.
    Number,
    /// A number in four bytes where that loses nothing in this row group.
    NarrowNumber,
}

impl Role {
    /// The role of a column in the order in which they are decoded: keys, categories, numbers.
    fn of(layout: &Layout, which: usize) -> Self {
        let keys = 1 + usize::from(matches!(layout.instrument, Key::Column(_)));
        match which {
            0 => Self::Date,
            1 if keys == 2 => Self::Instrument,
            other if other < keys + layout.categories.len() => Self::Category,
            _ => Self::Number,
        }
    }
}

/// What an error in a column says.
struct Fault<'a> {
    path: &'a Path,
    column: &'a str,
    first_row: u64,
}

impl Fault<'_> {
    fn place(&self, row: usize) -> Place {
        Place { file: self.path.to_owned(), row: self.first_row + row as u64 }
    }

    fn cast(&self, array: &ArrayRef, to: &DataType) -> Result<ArrayRef, SourceError> {
        cast(array, to).map_err(|source| self.arrow(source))
    }

    fn arrow(&self, source: ArrowError) -> SourceError {
        SourceError::Arrow { path: self.path.to_owned(), source }
    }
}

fn open(path: &Path) -> Result<File, SourceError> {
    File::open(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })
}

fn kind(data_type: &DataType) -> Kind {
    match data_type {
        DataType::Float16
        | DataType::Float32
        | DataType::Float64
        | DataType::Boolean
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => Kind::Number,
        integer if integer.is_integer() => Kind::Whole,
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Kind::Date,
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView => Kind::Text,
        DataType::Dictionary(_, values) => kind(values),
        other => Kind::Other(format!("values of the type {other}")),
    }
}

fn block(
    file: usize,
    first_row: u64,
    layout: &Layout,
    parts: impl Iterator<Item = Part>,
) -> (Block, Option<Shape>) {
    let mut block = Block {
        file,
        rows: RowNumbers::default(),
        instruments: Coded::default(),
        days: Vec::new(),
        seconds: Vec::new(),
        numbers: Vec::new(),
        categories: Vec::new(),
    };
    let mut shape = None;
    let mut instrument_is_next = matches!(layout.instrument, Key::Column(_));
    for part in parts {
        match part {
            Part::Days { days, seconds, shape: found } => {
                if let Key::Name(name) = &layout.instrument {
                    block.instruments = Coded::constant(name.clone(), days.len());
                }
                block.rows = RowNumbers::following(first_row, days.len());
                (block.days, block.seconds, shape) = (days, seconds, Some(found));
            }
            Part::Texts(texts) if instrument_is_next => {
                block.instruments = texts;
                instrument_is_next = false;
            }
            Part::Texts(texts) => {
                let name = layout.categories[block.categories.len()].1.clone();
                block.categories.push((name, texts));
            }
            Part::Numbers(column) => {
                let name = layout.numbers[block.numbers.len()].1.clone();
                block.numbers.push((name, column));
            }
        }
    }
    (block, shape)
}

/// Numbers in the width of the file; whole numbers, booleans and decimals in eight bytes.
fn numbers(arrays: impl Arrays, n_rows: usize, fault: &Fault) -> Result<Column, SourceError> {
    let mut values = Column::F32(Vec::new());
    for array in arrays {
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
                let array = fault.cast(&array, &DataType::Float64)?;
                let array = array.as_primitive::<Float64Type>();
                match array.null_count() {
                    0 => values.extend_from_slice(array.values()),
                    _ => values.extend(array.iter().map(|value| value.unwrap_or(f64::NAN))),
                }
            }
        }
    }
    Ok(values)
}

/// Numbers in four bytes each, if that loses nothing for any of them.
fn narrow_numbers(arrays: impl Arrays, n_rows: usize, fault: &Fault) -> Result<Column, SourceError> {
    let mut values = NarrowColumn::with_capacity(n_rows);
    for array in arrays {
        let array = fault.cast(&array?, &DataType::Float64)?;
        let array = array.as_primitive::<Float64Type>();
        match array.null_count() {
            0 => values.extend(array.values()),
            _ => array.iter().for_each(|value| values.push(value.unwrap_or(f64::NAN))),
        }
    }
    Ok(values.finish())
}

/// The codes of a column of coded values, and these as texts.
fn coded_texts(
    array: &ArrayRef,
    fault: &Fault,
) -> Result<(PrimitiveArray<Int32Type>, StringArray), SourceError> {
    let dictionary = array.as_any_dictionary();
    let keys = fault.cast(&make_array(dictionary.keys().to_data()), &DataType::Int32)?;
    let texts = fault.cast(dictionary.values(), &DataType::Utf8)?;
    Ok((keys.as_primitive::<Int32Type>().clone(), texts.as_string::<i32>().clone()))
}

/// Texts of any encoding; whole numbers become their digits.
fn texts(arrays: impl Arrays, n_rows: usize, fault: &Fault) -> Result<Coded, SourceError> {
    let mut coded = Coded::for_rows(n_rows);
    for array in arrays {
        let array = array?;
        if let DataType::Dictionary(..) = array.data_type() {
            let (keys, names) = coded_texts(&array, fault)?;
            let codes = names
                .iter()
                .map(|name| name.map(str::trim).filter(|name| !name.is_empty()))
                .map(|name| name.map_or(Coded::MISSING, |name| coded.code(name)))
                .collect::<Vec<_>>();
            match keys.null_count() {
                0 => coded.codes.extend(keys.values().iter().map(|&key| codes[key as usize])),
                _ => coded
                    .codes
                    .extend(keys.iter().map(|key| key.map_or(Coded::MISSING, |key| codes[key as usize]))),
            }
        } else {
            let array = fault.cast(&array, &DataType::Utf8)?;
            for text in array.as_string::<i32>() {
                coded.push(text.unwrap_or_default().trim());
            }
        }
    }
    Ok(coded)
}

//! Tables by columns: Parquet files, Arrow's own files, tables in memory. Each column of each group of rows is decoded by
//! itself, so that all threads have something to do.

pub(crate) mod column;
mod dates;
mod pages;

use std::{fs::File, path::Path, sync::Arc};

use arrow_array::{ArrayRef, RecordBatch, cast::AsArray};
use arrow_schema::{DataType, Fields, Schema, SchemaRef};
use parquet::arrow::{
    ProjectionMask,
    arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
};
use rayon::prelude::*;

use self::column::{CellType, ColumnPlace, DecodedColumn, DecodedDates};
use super::{
    arrow_ipc,
    bar_columns::{BarColumns, InstrumentKey},
    boundary::behind_boundary,
    coded_texts::CodedTexts,
    decoded::Block,
    header::{ColumnKind, HeaderColumn},
    memory_table::{self, Rows, pieces},
    number_cells::NumberCells,
    numbers::Values,
    row_numbers::RowNumbers,
    stacked_header,
    text_table::{TextRow, TextTable},
};
use crate::{date_order::DateOrder, date_text::Shape, error::SourceError, request::written::Written};

/// The number of rows that are decoded at a time: few enough that they stay in a core's cache until they are where they
/// belong.
const BATCH: usize = 32_768;

/// The most rows of a row group for which room is made before they are read.
const MOST_ROWS_AT_ONCE: usize = 1 << 24;

/// An opened table: its schema and where its groups of rows lie.
pub(crate) struct ColumnFile<'a> {
    path: &'a Path,
    pub(super) written: Written,
    schema: SchemaRef,
    groups: Groups,
}

/// The rows of a table, in groups.
enum Groups {
    /// The row groups of a Parquet file, which are decoded when they are wanted.
    Parquet(ArrowReaderMetadata),
    /// The batches of a file in Arrow's own format, or of a table in memory.
    Arrow(Arc<Rows>),
}

impl<'a> ColumnFile<'a> {
    pub(crate) fn open(path: &'a Path, written: Written) -> Result<Self, SourceError> {
        let failed = |source| SourceError::Parquet { path: path.to_owned(), source };
        let file = open(path)?;
        let load = || ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(failed);
        let metadata = behind_boundary(path, load)?;
        // Texts repeat. As a dictionary each is looked at once, and rows are codes.
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
        let coded = || ArrowReaderMetadata::try_new(metadata.metadata().clone(), options).map_err(failed);
        let metadata = behind_boundary(path, coded)?;
        Ok(Self { path, written, schema: metadata.schema().clone(), groups: Groups::Parquet(metadata) })
    }

    /// Read a file in Arrow's own format.
    pub(crate) fn open_arrow(path: &'a Path, written: Written) -> Result<Self, SourceError> {
        let (schema, batches) = behind_boundary(path, || arrow_ipc::read(path))?;
        let rows = Rows { pieces: pieces(&batches), schema: schema.clone() };
        Ok(Self { path, written, schema, groups: Groups::Arrow(Arc::new(rows)) })
    }

    /// Read a table in memory.
    pub(crate) fn open_memory(name: &'a Path, written: Written) -> Result<Self, SourceError> {
        let rows = memory_table::of(name)?;
        Ok(Self { path: name, written, schema: rows.schema.clone(), groups: Groups::Arrow(rows) })
    }

    /// The columns as the file declares them.
    pub(crate) fn header(&self) -> Vec<HeaderColumn> {
        let fields = self.schema.fields().iter();
        let columns = fields.map(|field| {
            let kind = column::kind(field.data_type());
            match stacked_header::of_pair(field.name()) {
                Some((name, instrument)) => HeaderColumn { name, kind, instrument: Some(instrument) },
                None => HeaderColumn::new(field.name(), kind),
            }
        });
        columns.collect()
    }

    /// Decode rows of bars, one block for each row group, and the form in which dates are written.
    pub(crate) fn bars(
        &self,
        file: usize,
        columns: &BarColumns,
    ) -> Result<(Vec<Block>, Option<Shape>), SourceError> {
        let BarColumns { date, time: _, instrument, numbers, codes: _, categories } = columns;
        let mut wanted = vec![(*date, CellType::Dates)];
        if let InstrumentKey::Column(column) = instrument {
            wanted.push((*column, CellType::Keys));
        }
        wanted.extend(categories.iter().map(|(column, _)| (*column, CellType::Texts)));
        wanted.extend(numbers.iter().map(|(column, _)| (*column, CellType::Numbers)));
        let mut first_row = 1;
        let mut blocks = Vec::with_capacity(self.n_groups());
        let mut shape = None;
        for decoded in self.columns(&wanted, self.written.date_order)? {
            let (block, group_shape) = block(file, first_row, columns, decoded);
            shape = shape.or(group_shape);
            first_row += block.len() as u64;
            blocks.push(block);
        }
        Ok((blocks, shape))
    }

    /// Decode columns of numbers, and one of texts, in the order of the rows.
    pub(crate) fn numbers(
        &self,
        numbers: &[usize],
        texts: Option<usize>,
    ) -> Result<NumberCells, SourceError> {
        let mut cells = NumberCells {
            numbers: vec![Vec::new(); numbers.len()],
            texts: texts.map(|_| CodedTexts::default()),
            rows: Vec::new(),
        };
        for group in 0..self.n_groups() {
            for (values, &column) in cells.numbers.iter_mut().zip(numbers) {
                if let DecodedColumn::Numbers(part) =
                    self.column(group, column, CellType::Numbers, DateOrder::Detect)?
                {
                    match part.values() {
                        Values::F32(part) => values.extend(part.iter().copied().map(f64::from)),
                        Values::F64(part) => values.extend_from_slice(part),
                    }
                }
            }
            if let (Some(all), Some(column)) = (&mut cells.texts, texts)
                && let DecodedColumn::Texts(part) =
                    self.column(group, column, CellType::Texts, DateOrder::Detect)?
            {
                (0..part.codes.len()).for_each(|row| all.push(part.text(row).unwrap_or_default()));
            }
        }
        cells.rows = (1..=cells.numbers.first().map_or(0, Vec::len) as u64).collect();
        Ok(cells)
    }

    /// Decode a column of dates as a whole, so that times of day are compared over all row groups.
    pub(crate) fn dates(&self, column: usize, order: DateOrder) -> Result<DecodedDates, SourceError> {
        let order = self.date_order(column, order)?;
        let arrays = (0..self.n_groups()).map(|group| self.arrays(group, column)?.collect());
        let arrays = arrays.collect::<Result<Vec<Vec<_>>, SourceError>>()?.concat();
        let column = self.schema.field(column).name();
        dates::dates(&arrays, order, &ColumnPlace { path: self.path, column, first_row: 1 })
    }

    /// All columns with simple values as texts.
    pub(crate) fn texts(&self) -> Result<TextTable, SourceError> {
        let header = self.header().into_iter().enumerate();
        let mut names = Vec::new();
        let mut rows = Vec::<TextRow>::new();
        for (column, HeaderColumn { name, .. }) in
            header.filter(|(_, column)| !matches!(column.kind, ColumnKind::Other(_)))
        {
            names.push(name.clone());
            let place = ColumnPlace { path: self.path, column: &name, first_row: 1 };
            let mut row = 0;
            for group in 0..self.n_groups() {
                for array in self.arrays(group, column)? {
                    let array = place.cast(&array?, &DataType::Utf8)?;
                    for text in array.as_string::<i32>() {
                        if row == rows.len() {
                            rows.push(TextRow { texts: Vec::new(), number: row as u64 + 1 });
                        }
                        rows[row].texts.push(text.unwrap_or_default().trim().to_owned());
                        row += 1;
                    }
                }
            }
        }
        Ok(TextTable { names, rows, decimal: self.written.decimal })
    }

    /// Decode columns of all row groups: for each group the columns in the order in which they are wanted.
    pub(crate) fn columns(
        &self,
        wanted: &[(usize, CellType)],
        order: DateOrder,
    ) -> Result<Vec<Vec<DecodedColumn>>, SourceError> {
        let orders = wanted.iter().map(|&(column, cell_type)| match cell_type {
            CellType::Dates => self.date_order(column, order),
            _ => Ok(order),
        });
        let orders = orders.collect::<Result<Vec<_>, SourceError>>()?;
        let decoded = (0..self.n_groups() * wanted.len()).into_par_iter().map(|task| {
            let at = task % wanted.len();
            let (column, cell_type) = wanted[at];
            self.column(task / wanted.len(), column, cell_type, orders[at])
        });
        let mut decoded = decoded.collect::<Result<Vec<_>, _>>()?.into_iter();
        Ok((0..self.n_groups()).map(|_| decoded.by_ref().take(wanted.len()).collect()).collect())
    }

    /// The order of day and month in a column of dates: the stated one, else found out over all row groups, if dates are
    /// texts.
    fn date_order(&self, column: usize, stated: DateOrder) -> Result<DateOrder, SourceError> {
        let field = self.schema.field(column);
        if stated != DateOrder::Detect || column::kind(field.data_type()) != ColumnKind::Text {
            return Ok(stated);
        }
        let arrays = (0..self.n_groups()).into_par_iter().map(|group| self.arrays(group, column)?.collect());
        let arrays = arrays.collect::<Result<Vec<Vec<_>>, SourceError>>()?.concat();
        let place = ColumnPlace { path: self.path, column: field.name(), first_row: 1 };
        dates::text_order(&arrays, stated, &place)
    }

    fn n_groups(&self) -> usize {
        match &self.groups {
            Groups::Parquet(metadata) => metadata.metadata().num_row_groups(),
            Groups::Arrow(rows) => rows.pieces.len(),
        }
    }

    fn n_rows(&self, group: usize) -> usize {
        match &self.groups {
            Groups::Parquet(metadata) => metadata.metadata().row_group(group).num_rows() as usize,
            Groups::Arrow(rows) => rows.pieces[group].iter().map(RecordBatch::num_rows).sum(),
        }
    }

    /// Decode a column of a row group.
    fn column(
        &self,
        group: usize,
        column: usize,
        cell_type: CellType,
        order: DateOrder,
    ) -> Result<DecodedColumn, SourceError> {
        let arrays = self.arrays(group, column)?;
        // Room is made on the file's word, which may be any number.
        let n_rows = self.n_rows(group).min(MOST_ROWS_AT_ONCE);
        let rows_before = (0..group).map(|group| self.n_rows(group) as u64).sum::<u64>();
        let name = self.schema.field(column).name();
        let place = ColumnPlace { path: self.path, column: name, first_row: rows_before + 1 };
        Ok(match cell_type {
            CellType::Dates => {
                DecodedColumn::Dates(dates::dates(&arrays.collect::<Result<Vec<_>, _>>()?, order, &place)?)
            }
            CellType::Keys => {
                let texts = column::texts(arrays, n_rows, &place)?;
                if let Some(row) = texts.codes.iter().position(|&code| code == CodedTexts::MISSING) {
                    return Err(SourceError::EmptyKey { place: place.row(row), what: "instrument" });
                }
                DecodedColumn::Texts(texts)
            }
            CellType::Texts => DecodedColumn::Texts(column::texts(arrays, n_rows, &place)?),
            CellType::Numbers => DecodedColumn::Numbers(column::numbers(arrays, n_rows, &place)?),
            CellType::NarrowNumbers => {
                DecodedColumn::Numbers(column::narrow_numbers(arrays, n_rows, &place)?.into())
            }
        })
    }

    /// One column of one row group, in arrays of at most [`BATCH`] rows. Each task opens the file itself: clones of one
    /// handle share their position.
    fn arrays(
        &self,
        group: usize,
        column: usize,
    ) -> Result<impl Iterator<Item = Result<ArrayRef, SourceError>>, SourceError> {
        let failed = |source| SourceError::Parquet { path: self.path.to_owned(), source };
        let (mut reader, mut piece) = match &self.groups {
            Groups::Parquet(metadata) => {
                let file = open(self.path)?;
                let build = || {
                    pages::check_sizes(self.path, &file, metadata.metadata(), group, column)?;
                    let mask = ProjectionMask::roots(metadata.parquet_schema(), [column]);
                    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone());
                    let builder =
                        builder.with_projection(mask).with_row_groups(vec![group]).with_batch_size(BATCH);
                    builder.build().map_err(failed)
                };
                (Some(behind_boundary(self.path, build)?), [].iter())
            }
            Groups::Arrow(rows) => (None, rows.pieces[group].iter()),
        };
        let next = move || match reader.as_mut().and_then(Iterator::next) {
            Some(Ok(batch)) => Ok(Some(batch.column(0).clone())),
            Some(Err(source)) => Err(SourceError::Arrow { path: self.path.to_owned(), source }),
            None => Ok(piece.next().map(|batch| batch.column(column).clone())),
        };
        // A reader that failed is asked no more.
        let mut next = Some(next);
        Ok(std::iter::from_fn(move || {
            let array = behind_boundary(self.path, next.as_mut()?);
            if array.is_err() {
                next = None;
            }
            array.transpose()
        }))
    }
}

fn open(path: &Path) -> Result<File, SourceError> {
    File::open(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })
}

/// The bars of a row group from its decoded columns: dates, instruments, categories, numbers.
fn block(
    file: usize,
    first_row: u64,
    columns: &BarColumns,
    decoded: Vec<DecodedColumn>,
) -> (Block, Option<Shape>) {
    let mut block = Block {
        file,
        rows: RowNumbers::default(),
        instruments: CodedTexts::default(),
        days: Vec::new(),
        seconds: Vec::new(),
        own_zone: false,
        numbers: Vec::new(),
        categories: Vec::new(),
    };
    let mut shape = None;
    let mut instrument_is_next = matches!(columns.instrument, InstrumentKey::Column(_));
    for column in decoded {
        match column {
            DecodedColumn::Dates(dates) => {
                if let InstrumentKey::Name(name) = &columns.instrument {
                    block.instruments = CodedTexts::constant(name.clone(), dates.days.len());
                }
                block.rows = RowNumbers::following(first_row, dates.days.len());
                (block.days, block.seconds, shape) = (dates.days, dates.seconds, Some(dates.shape));
                block.own_zone = dates.own_zone;
            }
            DecodedColumn::Texts(texts) if instrument_is_next => {
                block.instruments = texts;
                instrument_is_next = false;
            }
            DecodedColumn::Texts(texts) => {
                let name = columns.categories[block.categories.len()].1.clone();
                block.categories.push((name, texts));
            }
            DecodedColumn::Numbers(values) => {
                let name = columns.numbers[block.numbers.len()].1.clone();
                block.numbers.push((name, values));
            }
        }
    }
    (block, shape)
}

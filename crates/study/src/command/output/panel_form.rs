//! The form of columns over the rows of an axis as Arrow has it: `instrument`, `date`, then the columns.

use std::{ops::Range, sync::Arc};

use arrow_array::{
    ArrayRef, ArrowPrimitiveType, Date32Array, DictionaryArray, Int32Array, PrimitiveArray, RecordBatch,
    StringArray,
    types::{Float32Type, Float64Type, Int32Type},
};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use backstaff_panel::{Axis, Column, Encoding, Instrument};
use rayon::prelude::*;

/// The schema of columns over the rows of an axis, and the names of its instruments.
#[derive(Clone, Debug)]
pub(crate) struct PanelForm {
    schema: SchemaRef,
    names: ArrayRef,
}

impl PanelForm {
    /// The form of these columns over this axis.
    pub(crate) fn new<'a>(axis: &Axis, columns: impl Iterator<Item = (&'a str, Encoding)>) -> Self {
        let key = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let mut fields =
            vec![Field::new("instrument", key, false), Field::new("date", DataType::Date32, false)];
        fields.extend(columns.map(|(name, encoding)| {
            let kind = match encoding {
                Encoding::F32 => DataType::Float32,
                Encoding::F64 => DataType::Float64,
            };
            Field::new(name, kind, true)
        }));
        let names = axis.instruments().iter().map(Instrument::name);
        let names = Arc::new(StringArray::from_iter_values(names));
        Self { schema: Arc::new(Schema::new(fields)), names }
    }

    /// The schema.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// These rows of the axis, an array a column, in which a missing value is null; each column comes with the range
    /// that these rows have in it.
    pub(crate) fn arrays<'a>(
        &self,
        axis: &Axis,
        rows: &Range<usize>,
        columns: impl IndexedParallelIterator<Item = (&'a Column, Range<usize>)>,
    ) -> impl IndexedParallelIterator<Item = ArrayRef> {
        let (codes, dates) = keys(axis, rows);
        // Codes are numbers of instruments, of which each has its name.
        let instruments = DictionaryArray::<Int32Type>::new(codes, self.names.clone());
        let keys: [ArrayRef; 2] = [Arc::new(instruments), Arc::new(dates)];
        keys.into_par_iter().chain(columns.map(|(column, rows)| slice(column, rows)))
    }

    /// These rows of the axis in memory.
    ///
    /// # Errors
    ///
    /// If the columns are not those of the schema.
    pub(crate) fn batch<'a>(
        &self,
        axis: &Axis,
        rows: &Range<usize>,
        columns: impl IndexedParallelIterator<Item = (&'a Column, Range<usize>)>,
    ) -> Result<RecordBatch, ArrowError> {
        RecordBatch::try_new(self.schema.clone(), self.arrays(axis, rows, columns).collect())
    }
}

fn keys(axis: &Axis, rows: &Range<usize>) -> (Int32Array, Date32Array) {
    let mut codes = Vec::with_capacity(rows.len());
    let mut dates = Vec::with_capacity(rows.len());
    let mut i = if rows.is_empty() { 0 } else { axis.instrument_of(rows.start) };
    while i < axis.n_instruments() && axis.rows(i).start < rows.end {
        let own = axis.rows(i);
        let cut = own.start.max(rows.start)..own.end.min(rows.end);
        codes.extend(std::iter::repeat_n(i as i32, cut.len()));
        let sessions = &axis.sessions(i)[cut.start - own.start..cut.end - own.start];
        dates.extend(sessions.iter().map(|session| session.number()));
        i += 1;
    }
    (codes.into(), dates.into())
}

fn slice(column: &Column, rows: Range<usize>) -> ArrayRef {
    fn array<T: ArrowPrimitiveType>(
        values: &[T::Native],
        is_present: impl Fn(T::Native) -> bool,
    ) -> ArrayRef {
        let present = BooleanBuffer::collect_bool(values.len(), |row| is_present(values[row]));
        let nulls = NullBuffer::new(present);
        let nulls = (nulls.null_count() > 0).then_some(nulls);
        Arc::new(PrimitiveArray::<T>::new(values.to_vec().into(), nulls))
    }
    match column {
        Column::F32(values) => array::<Float32Type>(&values[rows], |value| !value.is_nan()),
        Column::F64(values) => array::<Float64Type>(&values[rows], |value| !value.is_nan()),
    }
}

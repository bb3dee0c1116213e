//! Tables of named columns, as Arrow IPC files.

use std::{
    io::{self, Write},
    sync::Arc,
};

use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, RecordBatch, StringArray,
    cast::AsArray,
    types::{Float32Type, Float64Type, Int32Type, Int64Type, UInt32Type, UInt64Type},
};
use arrow_buffer::{BooleanBuffer, Buffer};
use arrow_ipc::{
    convert::fb_to_schema,
    reader::{FileDecoder, read_footer_length},
    root_as_footer,
    writer::FileWriter,
};
use arrow_schema::{DataType, Field, Schema};

use crate::{Digest, Digester, Mapped, StoreError};

/// Named columns of equal length.
///
/// Written, it is an uncompressed Arrow IPC file with one record batch, which pandas and Polars read as it is.
/// Read from a [`Mapped`] part, its columns are slices of the map: nothing is copied. Missing numbers are NaN, all
/// with the same bits, and never null.
///
/// ```
/// use backstaff_stage::{Store, Table, KeyHasher};
/// # fn main() -> Result<(), backstaff_stage::StoreError> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let store = Store::open(folder.path())?;
/// let table = Table::new().f64("close", vec![1.5, f64::NAN]).u32("instrument", vec![0, 1]);
/// let mut draft = store.draft("panel", 1, KeyHasher::new().finish())?;
/// draft.write_part("bars.arrow", |file| table.write(file))?;
/// let manifest = draft.publish()?;
///
/// let table = Table::read(&store.open_part(&manifest, "bars.arrow")?)?;
/// assert_eq!(table.f64s("close")?[0], 1.5);
/// assert!(table.f64s("close")?[1].is_nan());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Table {
    columns: Vec<(String, ArrayRef)>,
}

/// A column was asked for by a method; these are the type's name and its Arrow form.
macro_rules! number_columns {
    ($($add:ident $get:ident $native:ty, $arrow:ty, $canonical:expr;)+) => {
        $(
            #[doc = concat!("Adds a column of `", stringify!($native), "`.\n\n# Panics\n\n",
                "If the name is taken or the length differs from that of the other columns.")]
            pub fn $add(self, name: &str, mut values: Vec<$native>) -> Self {
                let canonical: fn(&mut [$native]) = $canonical;
                canonical(&mut values);
                self.add(name, Arc::new(PrimitiveArray::<$arrow>::from_iter_values_in_place(values)))
            }

            #[doc = concat!("The `", stringify!($native), "` values of a column.\n\n# Errors\n\n",
                "If there is no column of this name and type.")]
            pub fn $get(&self, name: &str) -> Result<&[$native], StoreError> {
                self.numbers::<$arrow>(name, stringify!($native))
            }
        )+
    };
}

/// Makes an array of a vector without copying it.
trait InPlace<T> {
    fn from_iter_values_in_place(values: Vec<T>) -> Self;
}

impl<A: ArrowPrimitiveType> InPlace<A::Native> for PrimitiveArray<A> {
    fn from_iter_values_in_place(values: Vec<A::Native>) -> Self {
        Self::new(values.into(), None)
    }
}

impl Table {
    /// A table without columns.
    pub fn new() -> Self {
        Self::default()
    }

    number_columns! {
        f64 f64s f64, Float64Type, |values| values.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = f64::NAN);
        f32 f32s f32, Float32Type, |values| values.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = f32::NAN);
        i64 i64s i64, Int64Type, |_| {};
        i32 i32s i32, Int32Type, |_| {};
        u64 u64s u64, UInt64Type, |_| {};
        u32 u32s u32, UInt32Type, |_| {};
    }

    /// Adds a column of yes and no.
    ///
    /// # Panics
    ///
    /// If the name is taken or the length differs from that of the other columns.
    pub fn bool(self, name: &str, values: &[bool]) -> Self {
        self.add(name, Arc::new(BooleanArray::from(values.to_vec())))
    }

    /// Adds a column of texts.
    ///
    /// # Panics
    ///
    /// If the name is taken or the length differs from that of the other columns.
    pub fn str<T: AsRef<str>>(self, name: &str, values: impl IntoIterator<Item = T>) -> Self {
        self.add(name, Arc::new(StringArray::from_iter_values(values)))
    }

    /// The yes and no of a column; `value(i)` and `iter()` read the bits.
    ///
    /// # Errors
    ///
    /// If there is no column of this name and type.
    pub fn bools(&self, name: &str) -> Result<&BooleanBuffer, StoreError> {
        let column = self.column(name).and_then(|column| column.as_boolean_opt());
        Ok(column.ok_or_else(|| self.wrong(name, "bool"))?.values())
    }

    /// The texts of a column.
    ///
    /// # Errors
    ///
    /// If there is no column of this name and type.
    pub fn strs(&self, name: &str) -> Result<Vec<&str>, StoreError> {
        let column = self.column(name).and_then(|column| column.as_string_opt::<i32>());
        let column = column.ok_or_else(|| self.wrong(name, "str"))?;
        Ok((0..column.len()).map(|i| column.value(i)).collect())
    }

    /// Names of the columns, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// The number of rows.
    pub fn n_rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    /// The digest of a column's type and values; neither its name nor its neighbours count.
    ///
    /// # Errors
    ///
    /// If there is no column of this name.
    pub fn digest(&self, name: &str) -> Result<Digest, StoreError> {
        let column = self.column(name).ok_or_else(|| self.wrong(name, "any"))?;
        let mut digester = Digester::new();
        digester.update(format!("backstaff column 1 {} ", column.data_type()).as_bytes());
        digester.update(&(column.len() as u64).to_le_bytes());
        if let Some(bools) = column.as_boolean_opt() {
            let bytes: Vec<u8> = bools.values().iter().map(u8::from).collect();
            digester.update(&bytes);
        } else if let Some(texts) = column.as_string_opt::<i32>() {
            for i in 0..texts.len() {
                let text = texts.value(i);
                digester.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
            }
        } else {
            column.to_data().buffers().iter().for_each(|buffer| {
                digester.update(buffer.as_slice());
            });
        }
        Ok(digester.finish())
    }

    /// Writes the table as an Arrow IPC file.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn write(&self, file: &mut dyn Write) -> io::Result<()> {
        let fields: Vec<Field> = self
            .columns
            .iter()
            .map(|(name, column)| Field::new(name, column.data_type().clone(), false))
            .collect();
        let columns = self.columns.iter().map(|(_, column)| Arc::clone(column)).collect();
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(self.n_rows()));
        let schema = Arc::new(Schema::new(fields));
        let batch =
            RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options).map_err(io_error)?;
        let mut writer = FileWriter::try_new(file, &schema).map_err(io_error)?;
        writer.write(&batch).map_err(io_error)?;
        writer.finish().map_err(io_error)
    }

    /// Reads a table from a part; its columns stay in the map.
    ///
    /// # Errors
    ///
    /// If the bytes are no Arrow IPC file of one record batch with columns of the types above and without nulls.
    pub fn read(mapped: &Mapped) -> Result<Self, StoreError> {
        let table = |reason: String| StoreError::Table { reason };
        let batch = read_batch(&Buffer::from(mapped.bytes().clone())).map_err(table)?;
        let mut columns = Vec::with_capacity(batch.num_columns());
        for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            if column.null_count() > 0 {
                return Err(table(format!("column {:?} has nulls", field.name())));
            }
            if !is_known(column.data_type()) {
                return Err(table(format!("column {:?} has type {}", field.name(), column.data_type())));
            }
            columns.push((field.name().clone(), Arc::clone(column)));
        }
        Ok(Self { columns })
    }

    fn add(mut self, name: &str, column: ArrayRef) -> Self {
        assert!(self.column(name).is_none(), "a table has one column {name:?}");
        assert!(
            self.columns.is_empty() || column.len() == self.n_rows(),
            "column {name:?} has as many rows as the table"
        );
        self.columns.push((name.to_owned(), column));
        self
    }

    fn column(&self, name: &str) -> Option<&ArrayRef> {
        self.columns.iter().find(|(there, _)| there == name).map(|(_, column)| column)
    }

    fn numbers<T: ArrowPrimitiveType>(
        &self,
        name: &str,
        wanted: &'static str,
    ) -> Result<&[T::Native], StoreError> {
        let column = self.column(name).and_then(|column| column.as_primitive_opt::<T>());
        column.map(|column| &column.values()[..]).ok_or_else(|| self.wrong(name, wanted))
    }

    fn wrong(&self, name: &str, wanted: &'static str) -> StoreError {
        let found: Vec<String> =
            self.columns.iter().map(|(name, column)| format!("{name}: {}", column.data_type())).collect();
        StoreError::Column { column: name.to_owned(), wanted, found: found.join(", ") }
    }
}

fn is_known(data_type: &DataType) -> bool {
    use DataType::{Boolean, Float32, Float64, Int32, Int64, UInt32, UInt64, Utf8};
    matches!(data_type, Float64 | Float32 | Int64 | Int32 | UInt64 | UInt32 | Boolean | Utf8)
}

/// Decodes the one record batch of an Arrow IPC file, sharing the file's bytes.
fn read_batch(file: &Buffer) -> Result<RecordBatch, String> {
    let short = || "the file is too short".to_owned();
    let trailer = file.len().checked_sub(10).ok_or_else(short)?;
    let end = file[trailer..].try_into().map_err(|_| short())?;
    let footer = read_footer_length(end).map_err(|error| error.to_string())?;
    let footer = &file[trailer.checked_sub(footer).ok_or_else(short)?..trailer];
    let footer = root_as_footer(footer).map_err(|error| error.to_string())?;
    let schema = fb_to_schema(footer.schema().ok_or("the file has no schema")?);
    let blocks = footer.recordBatches().ok_or("the file has no record batches")?;
    if blocks.len() != 1 {
        return Err(format!("the file has {} record batches instead of one", blocks.len()));
    }
    let block = blocks.get(0);
    let start = usize::try_from(block.offset()).map_err(|_| short())?;
    let length = i64::from(block.metaDataLength()).checked_add(block.bodyLength());
    let length = length.and_then(|length| usize::try_from(length).ok()).ok_or_else(short)?;
    if start.checked_add(length).is_none_or(|end| end > file.len()) {
        return Err(short());
    }
    let data = file.slice_with_length(start, length);
    let decoder = FileDecoder::new(Arc::new(schema), footer.version());
    let batch = decoder.read_record_batch(block, &data).map_err(|error| error.to_string())?;
    batch.ok_or_else(|| "the file's block is no record batch".to_owned())
}

/// An Arrow error as the file error that it wraps, so that a full disk is known as such.
fn io_error(error: arrow_schema::ArrowError) -> io::Error {
    match error {
        arrow_schema::ArrowError::IoError(_, source) => source,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    fn mapped(bytes: &[u8]) -> Mapped {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part");
        std::fs::write(&path, bytes).unwrap();
        Mapped::new(&File::open(&path).unwrap()).unwrap()
    }

    fn written(table: &Table) -> Vec<u8> {
        let mut bytes = Vec::new();
        table.write(&mut bytes).unwrap();
        bytes
    }

    fn table() -> Table {
        Table::new()
            .f64("close", vec![1.5, -f64::NAN, f64::INFINITY])
            .f32("volume", vec![0.25, -f32::NAN, -0.0])
            .i64("instant", vec![i64::MIN, 0, i64::MAX])
            .i32("session", vec![-1, 0, 16_801])
            .u64("big", vec![0, 1, u64::MAX])
            .u32("instrument", vec![0, 1, u32::MAX])
            .bool("traded", &[true, false, true])
            .str("name", ["A", "", "ÉÉ"])
    }

    #[test]
    fn reads_back_what_it_wrote() {
        let read = Table::read(&mapped(&written(&table()))).unwrap();
        assert_eq!(read.n_rows(), 3);
        assert!(read.names().eq(table().names()));
        let close = read.f64s("close").unwrap();
        assert_eq!((close[0], close[2]), (1.5, f64::INFINITY));
        assert_eq!(read.f32s("volume").unwrap()[2].to_bits(), (-0.0_f32).to_bits());
        assert_eq!(read.i64s("instant").unwrap(), [i64::MIN, 0, i64::MAX]);
        assert_eq!(read.i32s("session").unwrap(), [-1, 0, 16_801]);
        assert_eq!(read.u64s("big").unwrap(), [0, 1, u64::MAX]);
        assert_eq!(read.u32s("instrument").unwrap(), [0, 1, u32::MAX]);
        assert_eq!(read.bools("traded").unwrap().iter().collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(read.strs("name").unwrap(), ["A", "", "ÉÉ"]);
        for name in table().names() {
            assert_eq!(read.digest(name).unwrap(), table().digest(name).unwrap(), "{name}");
        }
        assert_eq!(written(&read), written(&table()));
    }

    #[test]
    fn missing_numbers_have_one_pattern_of_bits() {
        let read = Table::read(&mapped(&written(&table()))).unwrap();
        assert_eq!(read.f64s("close").unwrap()[1].to_bits(), f64::NAN.to_bits());
        assert_eq!(read.f32s("volume").unwrap()[1].to_bits(), f32::NAN.to_bits());
    }

    #[test]
    fn columns_are_slices_of_the_map() {
        let map = mapped(&written(&Table::new().f64("x", vec![1.0; 1000]).bool("b", &[true; 1000])));
        let table = Table::read(&map).unwrap();
        let values = table.f64s("x").unwrap().as_ptr() as usize;
        let start = map.as_ptr() as usize;
        assert!((start..start + map.len()).contains(&values));
        drop(map);
        assert_eq!(table.f64s("x").unwrap()[999], 1.0);
    }

    #[test]
    fn a_table_may_be_empty() {
        let read = Table::read(&mapped(&written(&Table::new().f64("x", vec![]).str("s", [""; 0])))).unwrap();
        assert_eq!((read.n_rows(), read.f64s("x").unwrap().len()), (0, 0));
        assert_eq!(Table::read(&mapped(&written(&Table::new()))).unwrap().names().count(), 0);
    }

    #[test]
    fn a_digest_is_of_type_and_values() {
        let one = Table::new().f64("a", vec![0.0, 1.0]).f64("b", vec![0.0, 1.0]).f64("c", vec![1.0, 0.0]);
        assert_eq!(one.digest("a").unwrap(), one.digest("b").unwrap());
        assert_ne!(one.digest("a").unwrap(), one.digest("c").unwrap());
        let zeros = Table::new().u64("u", vec![0, 0]).i64("i", vec![0, 0]).f64("f", vec![0.0, 0.0]);
        assert_ne!(zeros.digest("u").unwrap(), zeros.digest("i").unwrap());
        assert_ne!(zeros.digest("u").unwrap(), zeros.digest("f").unwrap());
        let texts = Table::new().str("a", ["ab", "c"]).str("b", ["a", "bc"]);
        assert_ne!(texts.digest("a").unwrap(), texts.digest("b").unwrap());
        let bools = Table::new().bool("a", &[true, false]);
        assert_ne!(bools.digest("a").unwrap(), Table::new().bool("a", &[true]).digest("a").unwrap());
    }

    #[test]
    fn a_wrong_name_or_type_says_what_there_is() {
        let error = Table::new().f64("close", vec![]).f32s("close").unwrap_err();
        assert_eq!(error.to_string(), "the table has no column \"close\" of type f32; it has close: Float64");
        assert!(
            table().strs("close").is_err() && table().bools("x").is_err() && table().digest("x").is_err()
        );
    }

    #[test]
    #[should_panic(expected = "as many rows")]
    fn columns_have_one_length() {
        let _ = Table::new().f64("a", vec![0.0]).u32("b", vec![]);
    }

    #[test]
    fn half_a_file_is_an_error() {
        let bytes = written(&table());
        for length in 0..bytes.len() {
            assert!(read_batch(&Buffer::from(&bytes[..length])).is_err(), "{length}");
        }
    }
}

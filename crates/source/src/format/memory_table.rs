//! Tables in memory, which are read by a name where a file would be.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use arrow_array::RecordBatch;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, SchemaRef};

use super::boundary::behind_boundary;
use crate::error::SourceError;

/// The folder of all names. It is a device, so that no file of this name can be there.
const FOLDER: &str = "/dev/null";

/// The number of rows that a thread decodes at a time: few enough that all threads have something to do, and so many
/// that what is kept for each piece is nothing beside them.
const PIECE: usize = 1 << 18;

/// The tables that may be read now.
static TABLES: Mutex<BTreeMap<PathBuf, Arc<Rows>>> = Mutex::new(BTreeMap::new());

/// A table in memory. While it lives it is read by its name wherever a file is; when it is dropped nothing of it is kept.
///
/// The memory of its numbers is borrowed: a column without a missing value is read where it lies.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::{Date32Array, Float64Array, RecordBatch, StringArray};
/// use backstaff_source::{MemoryTable, PanelSource};
///
/// let batch = RecordBatch::try_from_iter([
///     ("date", Arc::new(Date32Array::from(vec![16_801, 16_804])) as _),
///     ("instrument", Arc::new(StringArray::from(vec!["A", "A"])) as _),
///     ("close", Arc::new(Float64Array::from(vec![1.0, 1.5])) as _),
/// ])?;
/// let table = MemoryTable::new(batch.schema(), [Ok(batch)])?;
/// let panel = PanelSource::new(table.name()).load()?.panel;
/// assert_eq!(panel.axis().n_rows(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct MemoryTable {
    name: PathBuf,
}

/// The rows of a table, in pieces.
#[derive(Debug)]
pub(super) struct Rows {
    pub schema: SchemaRef,
    pub pieces: Vec<Vec<RecordBatch>>,
}

impl MemoryTable {
    /// Take a table in.
    ///
    /// # Errors
    ///
    /// If a batch is an error.
    pub fn new(
        schema: SchemaRef,
        batches: impl IntoIterator<Item = Result<RecordBatch, ArrowError>>,
    ) -> Result<Self, SourceError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // No two tables of a process ever have one name, whether they live at once or not.
        let name = Path::new(FOLDER).join(format!("table-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        let failed = |source| SourceError::Arrow { path: name.clone(), source };
        let all = || batches.into_iter().collect::<Result<Vec<_>, _>>().map_err(failed);
        let batches = behind_boundary(&name, all)?;
        tables().insert(name.clone(), Arc::new(Rows { schema, pieces: pieces(&batches) }));
        Ok(Self { name })
    }

    /// The name by which the table is read.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// Write the bytes of the table of a name, for a digest; `None` if it is the name of a file.
    ///
    /// # Errors
    ///
    /// If the table is no more, or can't be written.
    pub fn write(name: &Path, out: impl Write) -> Option<Result<(), SourceError>> {
        is_memory(name).then(|| {
            let rows = of(name)?;
            let write = || {
                let mut writer = StreamWriter::try_new(out, &rows.schema)?;
                rows.pieces.iter().flatten().try_for_each(|batch| writer.write(batch))?;
                writer.finish()
            };
            write().map_err(|source| SourceError::Arrow { path: name.to_owned(), source })
        })
    }
}

impl Drop for MemoryTable {
    fn drop(&mut self) {
        let rows = tables().remove(&self.name);
        // What is freed may be another language's, which takes its time: not while the tables are locked.
        drop(rows);
    }
}

/// Whether a path is the name of a table in memory.
pub(crate) fn is_memory(path: &Path) -> bool {
    path.parent() == Some(Path::new(FOLDER))
}

/// The rows of the table of a name.
pub(super) fn of(name: &Path) -> Result<Arc<Rows>, SourceError> {
    let missing = || SourceError::Missing { path: name.to_owned(), hint: String::new() };
    tables().get(name).cloned().ok_or_else(missing)
}

fn tables() -> MutexGuard<'static, BTreeMap<PathBuf, Arc<Rows>>> {
    TABLES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Batches in pieces of rows: large ones are cut, small ones that follow each other are read together.
pub(super) fn pieces(batches: &[RecordBatch]) -> Vec<Vec<RecordBatch>> {
    let mut pieces = Vec::<Vec<RecordBatch>>::new();
    let mut room = 0;
    for batch in batches {
        for start in (0..batch.num_rows()).step_by(PIECE) {
            let part = batch.slice(start, PIECE.min(batch.num_rows() - start));
            if part.num_rows() > room {
                pieces.push(Vec::new());
                room = PIECE;
            }
            room -= part.num_rows();
            pieces.last_mut().into_iter().for_each(|piece| piece.push(part.clone()));
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use arrow_array::{Array, Int32Array, types::Int32Type};

    use super::*;

    fn batch(rows: usize) -> RecordBatch {
        let numbers = Int32Array::from((0..rows as i32).collect::<Vec<_>>());
        RecordBatch::try_from_iter([("x", Arc::new(numbers) as _)]).unwrap()
    }

    #[test]
    fn a_table_is_there_as_long_as_it_lives() {
        let table = MemoryTable::new(batch(3).schema(), [Ok(batch(3))]).unwrap();
        let name = table.name().to_owned();
        let mut bytes = Vec::new();
        MemoryTable::write(&name, &mut bytes).unwrap().unwrap();
        assert!(is_memory(&name) && !name.exists() && bytes.len() > 12);
        let other = MemoryTable::new(batch(3).schema(), [Ok(batch(3))]).unwrap();
        assert_ne!(name, other.name());
        drop(table);
        assert!(of(&name).unwrap_err().to_string().contains("there is no file"));
        assert!(MemoryTable::write(Path::new("prices.parquet"), &mut bytes).is_none());
        let broken = Err(ArrowError::ComputeError("lost".to_owned()));
        assert!(MemoryTable::new(batch(1).schema(), [broken]).unwrap_err().to_string().contains("lost"));
    }

    #[test]
    fn large_batches_are_cut_and_small_ones_are_read_together() {
        let batches = [batch(5), batch(0), batch(7), batch(2 * PIECE + 1), batch(3)];
        let pieces = pieces(&batches);
        let rows = pieces.iter().map(|piece| piece.iter().map(RecordBatch::num_rows).collect::<Vec<_>>());
        assert_eq!(rows.collect::<Vec<_>>(), [vec![5, 7], vec![PIECE], vec![PIECE], vec![1, 3]]);
        let first = pieces[1][0].column(0).as_ref();
        let values = first.as_any().downcast_ref::<arrow_array::PrimitiveArray<Int32Type>>().unwrap();
        let whole = batches[3].column(0).as_any().downcast_ref::<Int32Array>().unwrap();
        assert_eq!(values.values().as_ptr(), whole.values().as_ptr(), "the rows stay where they are");
    }
}

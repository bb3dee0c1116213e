//! Tables as Parquet files.

use std::{collections::BTreeMap, fs::File, path::PathBuf};

use ::parquet::{arrow::ArrowWriter, basic::Compression, file::properties::WriterProperties};

use crate::{GeneratorError, Watcher, tables::Table};

/// The number of rows in a row group.
const ROW_GROUP: usize = 1 << 20;

/// Write each table to its path; the rows of each.
pub(super) fn write(
    paths: &[PathBuf],
    tables: &[Table<'_>],
    progress: &dyn Watcher,
) -> Result<BTreeMap<&'static str, usize>, GeneratorError> {
    let steps = tables.iter().map(|table| table.batches).sum();
    let (mut done, mut total) = (0, 0);
    let mut rows = BTreeMap::new();
    for (path, table) in paths.iter().zip(tables) {
        let failed = |source| GeneratorError::Parquet { path: path.clone(), source };
        let file =
            File::create(path).map_err(|source| GeneratorError::Write { path: path.clone(), source })?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .build();
        let mut writer = ArrowWriter::try_new(file, table.schema(), Some(properties)).map_err(failed)?;
        let mut written = 0;
        for batch in (0..table.batches).map(|number| table.batch(number)) {
            writer.write(&batch).map_err(failed)?;
            written += batch.num_rows();
            total += batch.num_rows();
            done += 1;
            if !progress.advanced("parquet", done, steps, total) {
                return Err(GeneratorError::Interrupted);
            }
        }
        writer.close().map_err(failed)?;
        rows.insert(table.layout.name, written);
    }
    Ok(rows)
}

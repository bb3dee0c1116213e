//! Arrow's own files and streams, which Feather files are too.

use std::{fs::File, io::BufReader, path::Path};

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::SchemaRef;

use crate::error::SourceError;

/// What a file, as opposed to a stream, begins with.
const MAGIC: &[u8] = b"ARROW1";

/// The columns of a file or stream, and all its batches of rows.
pub(super) fn read(path: &Path) -> Result<(SchemaRef, Vec<RecordBatch>), SourceError> {
    let open = || {
        let file = File::open(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
        Ok::<_, SourceError>(BufReader::new(file))
    };
    let failed = |source| SourceError::ArrowFile { path: path.to_owned(), source };
    let mut start = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(open()?, MAGIC.len() as u64), &mut start)
        .map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
    let (schema, batches) = if start == MAGIC {
        let reader = FileReader::try_new(open()?, None).map_err(failed)?;
        (reader.schema(), reader.collect::<Result<Vec<_>, _>>())
    } else {
        let reader = StreamReader::try_new(open()?, None).map_err(failed)?;
        (reader.schema(), reader.collect::<Result<Vec<_>, _>>())
    };
    Ok((schema, batches.map_err(failed)?))
}

//! Tables as CSV files, in which a missing value is an empty cell.

use std::path::Path;

use super::{Cells, OutputError, atomically};

/// Write a table of named columns of equal length. Numbers are written in the fewest digits that give them back to the
/// bit.
pub fn write_csv(path: &Path, columns: &[(&str, Cells)]) -> Result<(), OutputError> {
    let failed = |source: csv::Error| OutputError::Write { path: path.to_owned(), source: source.into() };
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(columns.iter().map(|(name, _)| *name)).map_err(failed)?;
    let rows = columns.first().map_or(0, |(_, cells)| cells.len());
    for row in 0..rows {
        table.write_record(columns.iter().map(|(_, cells)| cells.text(row))).map_err(failed)?;
    }
    let bytes = table.into_inner().map_err(|error| failed(error.into_error().into()))?;
    atomically(path, |file| {
        file.write_all(&bytes).map_err(|source| OutputError::Write { path: path.to_owned(), source })
    })
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Self::Numbers(values) => values.len(),
            Self::Integers(values) => values.len(),
            Self::Texts(values) => values.len(),
            Self::Sessions(values) => values.len(),
        }
    }

    fn text(&self, row: usize) -> String {
        match self {
            Self::Numbers(values) if values[row].is_nan() => String::new(),
            Self::Numbers(values) => format!("{:?}", values[row]),
            Self::Integers(values) => values[row].to_string(),
            Self::Texts(values) => values[row].clone(),
            Self::Sessions(values) => values[row].to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_back_and_missing_ones_are_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let columns = [
            ("p", Cells::Numbers(vec![0.1 + 0.2, f64::NAN, 1e-300])),
            ("a,b", Cells::Texts(["x", "y\"z", ""].map(str::to_owned).to_vec())),
            ("n", Cells::Integers(vec![1, 2, 3])),
        ];
        write_csv(&path, &columns).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "p,\"a,b\",n\n0.30000000000000004,x,1\n,\"y\"\"z\",2\n1e-300,,3\n");
    }
}

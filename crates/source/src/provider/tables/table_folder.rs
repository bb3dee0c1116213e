//! Folders of Parquet files that are named after the tables.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use backstaff_panel::Column;
use rayon::prelude::*;

use super::scan::{Cells, Chunk, Role, Scan};
use crate::{
    date_order::DateOrder,
    date_text::Shape,
    error::{Place, SourceError},
    format::{
        coded_texts::CodedTexts,
        column_file::{
            ColumnFile,
            column::{CellType, DecodedColumn, DecodedDates},
        },
        row_numbers::RowNumbers,
    },
    request::{table_layout::Dates, written::Written},
};

/// A folder with a Parquet file for each table.
pub(crate) struct TableFolder {
    path: PathBuf,
    names: Vec<String>,
    files: BTreeMap<String, PathBuf>,
}

impl TableFolder {
    pub(crate) fn open(path: &Path) -> Result<Self, SourceError> {
        let read = |source| SourceError::Read { path: path.to_owned(), source };
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(path).map_err(read)? {
            let file = entry.map_err(read)?.path();
            let is_table = file.extension().is_some_and(|ending| ending == "parquet" || ending == "pq");
            if let Some(stem) = file.file_stem().filter(|_| is_table) {
                files.insert(stem.to_string_lossy().into_owned(), file);
            }
        }
        if files.is_empty() {
            return Err(SourceError::NoFiles { path: path.to_owned() });
        }
        Ok(Self { path: path.to_owned(), names: files.keys().cloned().collect(), files })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn tables(&self) -> &[String] {
        &self.names
    }

    /// The file of a table, if it is there.
    pub(crate) fn file(&self, table: &str) -> Option<PathBuf> {
        self.files.get(table).cloned()
    }

    pub(crate) fn columns(&self, table: &str) -> Result<Vec<String>, SourceError> {
        let header = ColumnFile::open(&self.files[table], Written::default())?.header();
        Ok(header.into_iter().map(|column| column.name).collect())
    }

    /// Decode the wanted columns of every row group, then keep the rows that are wanted.
    pub(crate) fn scan(&self, scan: &Scan<'_>) -> Result<Vec<Chunk>, SourceError> {
        let path = &self.files[scan.table];
        let file = ColumnFile::open(path, Written::default())?;
        let header = file.header();
        let find = |name: &str| header.iter().position(|column| column.name == name).unwrap_or_default();
        let wanted = scan.columns.iter().map(|&(name, role)| (find(name), cell_type(role)));
        let kept = scan.keep.keys().map(|name| (find(name), CellType::Texts));
        let columns = wanted.chain(kept).collect::<Vec<_>>();
        let mut shapes = vec![None; columns.len()];
        let mut first_row = 1;
        let mut groups = Vec::new();
        for decoded in file.columns(&columns, DateOrder::Detect)? {
            let cells = decoded.into_iter().enumerate().map(|(at, column)| {
                if let DecodedColumn::Dates(dates) = &column {
                    self.check_shape(scan, scan.columns[at].0, dates.shape, &mut shapes[at], first_row)?;
                }
                Ok(cells(column, scan.columns.get(at).map(|column| column.1)))
            });
            let cells = cells.collect::<Result<Vec<_>, SourceError>>()?;
            let length = cells.first().map_or(0, length);
            groups.push((cells, first_row, length));
            first_row += length as u64;
        }
        let chunks = groups.into_par_iter().map(|(mut cells, first_row, length)| {
            let kept = cells.split_off(scan.columns.len());
            keep(cells, &kept, scan, first_row, length)
        });
        Ok(chunks.filter(|chunk| chunk.len() > 0).collect())
    }

    fn check_shape(
        &self,
        scan: &Scan<'_>,
        column: &str,
        shape: Shape,
        first: &mut Option<Shape>,
        row: u64,
    ) -> Result<(), SourceError> {
        let form = *first.get_or_insert(shape);
        if form == shape || scan.dates == Dates::Mixed {
            return Ok(());
        }
        Err(SourceError::MixedDates {
            place: Place { file: scan.place(&self.path), row },
            column: column.to_owned(),
            text: shape.name().to_owned(),
            form: form.name(),
        })
    }
}

fn cell_type(role: Role) -> CellType {
    match role {
        Role::Days | Role::Known => CellType::Dates,
        Role::Keys => CellType::Keys,
        Role::Texts => CellType::Texts,
        Role::Numbers => CellType::NarrowNumbers,
    }
}

fn cells(column: DecodedColumn, role: Option<Role>) -> Cells {
    match column {
        DecodedColumn::Dates(DecodedDates { days, seconds, .. }) if role == Some(Role::Known) => {
            let late = seconds.into_iter().map(|second| i32::from(second > 0)).chain(std::iter::repeat(0));
            Cells::Days(days.into_iter().zip(late).map(|(day, late)| day + late).collect())
        }
        DecodedColumn::Dates(dates) => Cells::Days(dates.days),
        DecodedColumn::Texts(texts) => Cells::Texts(texts),
        DecodedColumn::Numbers(numbers) => Cells::Numbers(numbers.into_column()),
    }
}

fn length(cells: &Cells) -> usize {
    match cells {
        Cells::Days(days) => days.len(),
        Cells::Texts(texts) => texts.codes.len(),
        Cells::Numbers(numbers) => numbers.len(),
    }
}

/// Keep the rows that have a wanted text in each column of `kept`.
fn keep(cells: Vec<Cells>, kept: &[Cells], scan: &Scan<'_>, first_row: u64, length: usize) -> Chunk {
    let all = |cells| Chunk { rows: RowNumbers::following(first_row, length), columns: cells };
    if kept.is_empty() {
        return all(cells);
    }
    let mut is_kept = vec![true; length];
    for (cells, wanted) in kept.iter().zip(scan.keep.values()) {
        let Cells::Texts(texts) = cells else { continue };
        let of_code = texts.names.iter().map(|name| wanted.contains(name)).collect::<Vec<_>>();
        for (is_kept, &code) in is_kept.iter_mut().zip(&texts.codes) {
            *is_kept &= code != CodedTexts::MISSING && of_code[code as usize];
        }
    }
    if is_kept.iter().all(|&is_kept| is_kept) {
        return all(cells);
    }
    let rows = (first_row..).zip(&is_kept).filter(|(_, is_kept)| **is_kept).map(|(row, _)| row).collect();
    let columns = cells.into_iter().map(|cells| match cells {
        Cells::Days(mut days) => {
            retain(&mut days, &is_kept);
            Cells::Days(days)
        }
        Cells::Texts(mut texts) => {
            retain(&mut texts.codes, &is_kept);
            Cells::Texts(texts)
        }
        Cells::Numbers(mut numbers) => {
            match &mut numbers {
                Column::F32(values) => retain(values, &is_kept),
                Column::F64(values) => retain(values, &is_kept),
            }
            Cells::Numbers(numbers)
        }
    });
    Chunk { rows, columns: columns.collect() }
}

fn retain<T>(values: &mut Vec<T>, is_kept: &[bool]) {
    let mut kept = is_kept.iter();
    values.retain(|_| kept.next().is_some_and(|&is_kept| is_kept));
}

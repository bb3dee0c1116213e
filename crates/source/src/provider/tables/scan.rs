//! The reading of one table: the columns that are wanted, and the cells that come back.

use std::path::{Path, PathBuf};

use backstaff_panel::Column;

use crate::{
    date_text::Shape,
    error::{Place, SourceError},
    format::{coded_texts::CodedTexts, row_numbers::RowNumbers},
    request::table_layout::{Dates, Keep},
};

/// The form to which a column is decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Dates, of which none may be missing. What comes after midnight belongs to the same day.
    Days,
    /// Dates on which something became known, of which none may be missing. What comes after midnight counts from the
    /// next day on, since the session of its own day may have closed before.
    Known,
    /// Texts, of which none may be missing.
    Keys,
    /// Texts; empty cells are missing.
    Texts,
    /// Numbers; empty cells are missing.
    Numbers,
}

/// The columns of a table that are wanted.
pub(crate) struct Scan<'a> {
    pub table: &'a str,
    pub columns: Vec<(&'a str, Role)>,
    /// The rows that are read, by the texts in their columns.
    pub keep: &'a Keep,
    pub dates: Dates,
    /// Whether the order of the rows means nothing, so that an index may give them.
    pub any_order: bool,
}

impl<'a> Scan<'a> {
    /// A reading of the kept rows of a table in their order, for now without a column.
    pub(crate) fn new(table: &'a str, keep: &'a Keep, dates: Dates) -> Self {
        Self { table, columns: Vec::new(), keep, dates, any_order: false }
    }

    /// The same reading, but in any order of the rows.
    pub(crate) fn in_any_order(self) -> Self {
        Self { any_order: true, ..self }
    }

    /// Ask for a column too. Returns the column's place in the chunks that come back.
    pub(crate) fn column(&mut self, name: &'a str, role: Role) -> usize {
        self.columns.push((name, role));
        self.columns.len() - 1
    }

    /// The table, as errors name it.
    pub(crate) fn place(&self, path: &Path) -> PathBuf {
        PathBuf::from(format!("{}, table {},", path.display(), self.table))
    }

    /// The error of a reading that finds no row.
    pub(crate) fn no_rows(&self, path: &Path) -> SourceError {
        let path = PathBuf::from(format!("{}, table {}", path.display(), self.table));
        match kept_rows(self.keep) {
            None => SourceError::NoRows { path },
            Some(kept) => SourceError::NoRowKept { path, kept },
        }
    }
}

/// The rows of a table that are kept, for people; `None` if all are.
pub(crate) fn kept_rows(keep: &Keep) -> Option<String> {
    let kept = keep.iter().map(|(column, texts)| {
        format!("{column} {}", texts.iter().map(String::as_str).collect::<Vec<_>>().join(" or "))
    });
    Some(kept.collect::<Vec<_>>().join(" and ")).filter(|kept| !kept.is_empty())
}

/// Decoded rows, and the form of the first date of each column.
pub(crate) struct Decoded {
    pub chunk: Chunk,
    pub shapes: Vec<Option<Shape>>,
}

impl Decoded {
    pub(crate) fn len(&self) -> usize {
        self.chunk.len()
    }
}

/// Some rows of a table, in its order.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    /// The number of each row for people.
    pub rows: RowNumbers,
    /// The cells of each column, in the order of [`Scan::columns`].
    pub columns: Vec<Cells>,
}

/// The decoded cells of a column.
#[derive(Debug)]
pub(crate) enum Cells {
    /// Days since 1970-01-01.
    Days(Vec<i32>),
    Texts(CodedTexts),
    /// NaN is missing; in four bytes each where that loses nothing.
    Numbers(Column),
}

impl Chunk {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The place of a row in the user's data.
    pub(crate) fn place(&self, table: &Path, row: usize) -> Place {
        Place { file: table.to_owned(), row: self.rows.get(row) }
    }

    /// The cells of a column of days.
    ///
    /// # Panics
    ///
    /// If the column was asked for as something else; so do the next two.
    pub(crate) fn days(&self, column: usize) -> &[i32] {
        let Cells::Days(days) = &self.columns[column] else { panic!("column {column} holds no days") };
        days
    }

    /// The cells of a column of texts.
    pub(crate) fn texts(&self, column: usize) -> &CodedTexts {
        let Cells::Texts(texts) = &self.columns[column] else { panic!("column {column} holds no texts") };
        texts
    }

    /// The cells of a column of numbers.
    pub(crate) fn numbers(&self, column: usize) -> &Column {
        let Cells::Numbers(numbers) = &self.columns[column] else {
            panic!("column {column} holds no numbers")
        };
        numbers
    }
}

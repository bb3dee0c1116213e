//! What is asked of a table, and what comes back.

use std::path::{Path, PathBuf};

use backstaff_panel::Column;

use crate::{
    date_text::Shape,
    error::{Place, SourceError},
    format::{decoded::Coded, row_numbers::RowNumbers},
    request::table_layout::{Dates, Keep},
};

/// What a column is decoded to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Dates: none may be missing. What comes after midnight belongs to the same day.
    Days,
    /// Dates on which something became known: none may be missing. What comes after midnight counts from the next day on,
    /// since the session of its own day may have closed before.
    Known,
    /// Texts: none may be missing.
    Keys,
    /// Texts.
    Texts,
    /// Numbers.
    Numbers,
}

/// The columns of a table that are wanted.
pub(crate) struct Scan<'a> {
    pub table: &'a str,
    pub columns: Vec<(&'a str, Role)>,
    /// Which rows.
    pub keep: &'a Keep,
    pub dates: Dates,
    /// Whether the order of the rows means nothing, so that an index may give them.
    pub any_order: bool,
}

impl Scan<'_> {
    /// The table, as errors name it.
    pub(crate) fn place(&self, path: &Path) -> PathBuf {
        PathBuf::from(format!("{}, table {},", path.display(), self.table))
    }

    /// Why there is nothing to read.
    pub(crate) fn no_rows(&self, path: &Path) -> SourceError {
        let path = PathBuf::from(format!("{}, table {}", path.display(), self.table));
        match kept_rows(self.keep) {
            None => SourceError::NoRows { path },
            Some(kept) => SourceError::NoRowKept { path, kept },
        }
    }
}

/// Which rows of a table are kept, for people; `None` is all.
pub(crate) fn kept_rows(keep: &Keep) -> Option<String> {
    let kept = keep.iter().map(|(column, texts)| {
        format!("{column} {}", texts.iter().map(String::as_str).collect::<Vec<_>>().join(" or "))
    });
    Some(kept.collect::<Vec<_>>().join(" and ")).filter(|kept| !kept.is_empty())
}

/// Decoded rows, and how the dates of each column begin.
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
    /// In the order of [`Scan::columns`].
    pub columns: Vec<Cells>,
}

/// A decoded column.
#[derive(Debug)]
pub(crate) enum Cells {
    /// Days since 1970-01-01.
    Days(Vec<i32>),
    Texts(Coded),
    /// NaN is missing; in four bytes each where that loses nothing.
    Numbers(Column),
}

impl Chunk {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Where a row stands.
    pub(crate) fn place(&self, table: &Path, row: usize) -> Place {
        Place { file: table.to_owned(), row: self.rows.get(row) }
    }

    /// A column of days.
    ///
    /// # Panics
    ///
    /// As the next two: if the column was asked for as something else.
    pub(crate) fn days(&self, column: usize) -> &[i32] {
        let Cells::Days(days) = &self.columns[column] else { panic!("column {column} holds no days") };
        days
    }

    pub(crate) fn texts(&self, column: usize) -> &Coded {
        let Cells::Texts(texts) = &self.columns[column] else { panic!("column {column} holds no texts") };
        texts
    }

    pub(crate) fn numbers(&self, column: usize) -> &Column {
        let Cells::Numbers(numbers) = &self.columns[column] else {
            panic!("column {column} holds no numbers")
        };
        numbers
    }
}

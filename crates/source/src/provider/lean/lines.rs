//! Lines and cells of text files without a header.

use std::path::Path;

use crate::{
    date_order::DateOrder,
    date_text,
    error::{Place, SourceError},
};

/// A line, its number and its file.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    file: &'a Path,
    number: u64,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn place(&self) -> Place {
        Place { file: self.file.to_owned(), row: self.number }
    }

    /// The number of the line in the file, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The cells of the line, without the blanks around them.
    pub(super) fn cells(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.text.split(',').map(str::trim)
    }

    /// A cell by its number. An empty or missing one is an error that names its column.
    pub(super) fn cell(&self, at: usize, column: &'static str) -> Result<&'a str, SourceError> {
        let missing = || SourceError::EmptyKey { place: self.place(), what: column };
        self.cells().nth(at).filter(|cell| !cell.is_empty()).ok_or_else(missing)
    }

    /// The number in a cell.
    pub(super) fn float(&self, text: &str, column: &'static str) -> Result<f64, SourceError> {
        text.parse().map_err(|_| SourceError::BadNumber {
            place: self.place(),
            column: column.to_owned(),
            text: text.to_owned(),
        })
    }

    /// The day, and its second, of a text such as 20131007 or 20131007 09:00.
    pub(super) fn stamp(&self, text: &str) -> Result<date_text::Stamp, SourceError> {
        let parsed = date_text::parse(text, DateOrder::Detect).map(|(stamp, _)| stamp);
        parsed.ok_or_else(|| SourceError::bad_date(self.place(), "date".to_owned(), text.to_owned()))
    }
}

/// The lines of a file that hold something.
pub(super) fn lines<'a>(file: &'a Path, bytes: &'a [u8]) -> Result<Vec<Line<'a>>, SourceError> {
    let text = std::str::from_utf8(bytes).map_err(|_| SourceError::Lean {
        path: file.to_owned(),
        reason: "it holds bytes that are no text",
    })?;
    let numbered = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    Ok(numbered.map(|(n, text)| Line { file, number: n as u64 + 1, text }).collect())
}

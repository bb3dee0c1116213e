//! One field of one instrument: 32-bit floats, of which the first is a place in the calendar.

use std::path::Path;

use super::folder::read_bytes;
use crate::error::SourceError;

/// What a file `FIELD.day.bin` holds.
#[derive(Clone, Debug, PartialEq)]
pub struct BinFile {
    /// The place in the calendar of the first value.
    pub first: usize,
    /// The values of the sessions from there on.
    pub values: Vec<f32>,
}

impl BinFile {
    /// Read a file; `None` if it is empty. Whether the calendar reaches as far as the values is not asked.
    ///
    /// # Errors
    ///
    /// If it can't be read, was cut short, or does not begin with a place in a calendar.
    pub fn read(path: &Path) -> Result<Option<Self>, SourceError> {
        let fault = |reason: String| SourceError::Layout { path: path.to_owned(), reason };
        let bytes = read_bytes(path)?;
        let (numbers, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(fault(
                "its length is not a multiple of four bytes; was its writing cut short?".to_owned(),
            ));
        }
        let Some((first, values)) = numbers.split_first() else { return Ok(None) };
        let first = f32::from_le_bytes(*first);
        // Above 2²⁴ a 32-bit float skips whole numbers.
        if !(0.0..16_777_216.0).contains(&first) || first.fract() != 0.0 {
            return Err(fault(format!("its first number, {first}, is no place in the calendar")));
        }
        let values = values.iter().map(|&value| f32::from_le_bytes(value)).collect();
        Ok(Some(Self { first: first as usize, values }))
    }

    /// The place in the calendar behind the last value.
    pub fn end(&self) -> usize {
        self.first + self.values.len()
    }
}

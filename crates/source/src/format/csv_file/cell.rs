//! One cell of a CSV file: a text, a number, or a word for a missing value.

use std::borrow::Cow;

use csv::ByteRecord;

/// The text of a cell; bytes that are no UTF-8 become replacement characters.
pub(super) fn text(cell: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(cell)
}

/// The text of a record's cell without the blanks around it; a record that is too short has an empty one.
pub(super) fn trimmed(record: &ByteRecord, column: usize) -> String {
    text(record.get(column).unwrap_or_default()).trim().to_owned()
}

/// The number in a record's cell, NaN if the cell is missing; or the text that is neither.
pub(super) fn value(record: &ByteRecord, column: usize) -> Result<f64, String> {
    let cell = record.get(column).unwrap_or_default();
    match number(cell) {
        Some(value) => Ok(value),
        None if is_missing(cell) => Ok(f64::NAN),
        None => Err(text(cell).into_owned()),
    }
}

/// The number in a cell; `None` if the cell holds no number or a word for a missing one.
pub(super) fn number(cell: &[u8]) -> Option<f64> {
    let cell = cell.trim_ascii();
    // The parser of the standard library also takes words such as `nan`; those are missing values here.
    if !cell.iter().any(u8::is_ascii_digit) {
        let word = cell.strip_prefix(b"-").or(cell.strip_prefix(b"+")).unwrap_or(cell);
        let infinite = word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"infinity");
        return infinite.then(|| if cell[0] == b'-' { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    std::str::from_utf8(cell).ok()?.parse().ok()
}

/// Whether a cell is one of the ways in which programs write that a value is missing.
pub(super) fn is_missing(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii();
    let words: [&[u8]; 9] = [b"", b"nan", b"na", b"n/a", b"#n/a", b"null", b"none", b"-", b"<na>"];
    words.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_and_missing_values() {
        assert_eq!(number(b" 1.5e3 "), Some(1500.0));
        assert_eq!(number(b"-inf"), Some(f64::NEG_INFINITY));
        for cell in [&b""[..], b"NaN", b"N/A", b"null", b" - "] {
            assert!(number(cell).is_none() && is_missing(cell));
        }
        for cell in [&b"12,5"[..], b"1.2.3", b"$5", b"abc", b"0x10"] {
            assert!(number(cell).is_none() && !is_missing(cell));
        }
    }
}

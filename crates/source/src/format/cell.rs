//! One cell of a table of texts: a number in any usual spelling, or a word for a missing value.

use std::path::Path;

use crate::{error::SourceError, request::written::Decimal};

/// What a cell that should hold a number holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Cell {
    Number(f64),
    Missing,
    /// Neither a number nor a word for a missing one.
    Neither,
}

/// The number in a cell, or what else it holds. [`Decimal::Detect`] reads as a point does.
pub(crate) fn read(cell: &str, decimal: Decimal) -> Cell {
    match number(cell, decimal) {
        Some(value) => Cell::Number(value),
        None if is_missing(cell) => Cell::Missing,
        None => Cell::Neither,
    }
}

/// The number in a cell; `None` if the cell holds no number or a word for a missing one.
///
/// Besides plain numbers: thousands in groups (`1,234,567.5`; in groups as India writes them `12,34,567`), and thousands,
/// millions, billions and trillions by their letter (`68.18K`), and the sign of a currency before it (`$25.86`).
pub(crate) fn number(cell: &str, decimal: Decimal) -> Option<f64> {
    let cell = cell.trim();
    // The parser of the standard library also takes words such as `nan`; those are missing values here.
    if !cell.bytes().any(|byte| byte.is_ascii_digit()) {
        let word = cell.strip_prefix(['-', '+']).unwrap_or(cell);
        let infinite = word.eq_ignore_ascii_case("inf") || word.eq_ignore_ascii_case("infinity");
        return infinite.then(|| if cell.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    if decimal == Decimal::Comma && cell.contains(['.', ',']) {
        return spelled(cell, decimal);
    }
    cell.parse().ok().or_else(|| spelled(cell, decimal))
}

/// Whether a cell is a number with one of the decimal marks.
pub(crate) fn is_number(cell: &str) -> bool {
    [Decimal::Point, Decimal::Comma].into_iter().any(|decimal| number(cell, decimal).is_some())
}

/// Whether a cell is one of the ways in which programs write that a number is missing.
pub(crate) fn is_missing(cell: &str) -> bool {
    let cell = cell.trim();
    let words = ["", "nan", "na", "n/a", "#n/a", "null", "none", "-", "<na>", "."];
    words.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// Whether a cell of texts is one of the ways in which programs write that a value is missing. `NA` is a text: it may
/// stand for North America.
pub(crate) fn is_missing_text(cell: &str) -> bool {
    is_missing(cell) && !cell.trim().eq_ignore_ascii_case("na")
}

/// The signs of currencies that may stand before a number.
const CURRENCIES: [char; 5] = ['$', '€', '£', '¥', '₩'];

/// The number of a text with separators of thousands, a letter for its size or the sign of a currency.
fn spelled(text: &str, decimal: Decimal) -> Option<f64> {
    let (sign, text) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (&text[..1], rest),
        None => ("", text),
    };
    let text = text.strip_prefix(CURRENCIES).unwrap_or(text);
    let (text, exponent) = match text.as_bytes().last()?.to_ascii_uppercase() {
        b'K' => (&text[..text.len() - 1], "e3"),
        b'M' => (&text[..text.len() - 1], "e6"),
        b'B' => (&text[..text.len() - 1], "e9"),
        b'T' => (&text[..text.len() - 1], "e12"),
        _ => (text, ""),
    };
    let (mark, separator) = if decimal == Decimal::Comma { (',', '.') } else { ('.', ',') };
    let (digits, fraction) = text.split_once(mark).unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // An exponent stands behind plain digits only.
    let is_fraction = are_digits(fraction)
        || exponent.is_empty()
            && fraction.split_once(['e', 'E']).is_some_and(|(digits, power)| {
                are_digits(digits) && are_digits(power.strip_prefix(['-', '+']).unwrap_or(power))
            });
    let groups = digits.split(separator).collect::<Vec<_>>();
    if !is_fraction || !are_groups(&groups) {
        return None;
    }
    format!("{sign}{}.{fraction}{exponent}", groups.concat()).parse().ok()
}

/// Whether digits are written in groups as thousands are, or in no groups at all.
fn are_groups(groups: &[&str]) -> bool {
    let are_digits = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_digit()));
    let (first, others) = (groups[0], &groups[1..]);
    let Some((last, middle)) = others.split_last() else { return are_digits };
    let is_first = |most: usize| (1..=most).contains(&first.len()) && !first.starts_with('0');
    let by_thousands = is_first(3) && middle.iter().all(|group| group.len() == 3);
    let by_hundreds = is_first(2) && !middle.is_empty() && middle.iter().all(|group| group.len() == 2);
    are_digits && last.len() == 3 && (by_thousands || by_hundreds)
}

/// The decimal mark that the numbers of a file show; a point if none shows one.
///
/// # Errors
///
/// The cells that contradict each other, or the one that may be read in two ways.
pub(crate) fn detect<'a>(cells: impl Iterator<Item = &'a str>) -> Result<Decimal, DecimalDoubt<'a>> {
    let (mut point, mut comma, mut either) = (None, None, None);
    for cell in cells.filter(|cell| cell.contains(['.', ','])) {
        let (with_point, with_comma) = (number(cell, Decimal::Point), number(cell, Decimal::Comma));
        match (with_point, with_comma) {
            (Some(_), None) => _ = point.get_or_insert(cell),
            (None, Some(_)) => _ = comma.get_or_insert(cell),
            (Some(a), Some(b)) if a != b && cell.contains(',') => _ = either.get_or_insert(cell),
            _ => {}
        }
    }
    match (point, comma, either) {
        (Some(point), Some(comma), _) => Err(DecimalDoubt::Both { point, comma }),
        (None, Some(_), _) => Ok(Decimal::Comma),
        (None, None, Some(cell)) => Err(DecimalDoubt::Either(cell)),
        _ => Ok(Decimal::Point),
    }
}

/// Why the decimal mark of a file can't be told.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum DecimalDoubt<'a> {
    /// One cell has a decimal point, another a decimal comma.
    Both { point: &'a str, comma: &'a str },
    /// The comma of this cell may mark decimals or thousands, and no cell of the file tells.
    Either(&'a str),
}

impl DecimalDoubt<'_> {
    /// The error for a file whose decimal mark can't be told; `column` gives the name of the column that holds a text.
    pub(super) fn error(self, path: &Path, column: impl Fn(&str) -> String) -> SourceError {
        let path = path.to_owned();
        match self {
            Self::Both { point, comma } => {
                SourceError::TwoDecimals { path, point: point.to_owned(), comma: comma.to_owned() }
            }
            Self::Either(text) => {
                SourceError::AmbiguousDecimal { path, column: column(text), text: text.to_owned() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_numbers_and_missing_values() {
        assert_eq!(number(" 1.5e3 ", Decimal::Point), Some(1500.0));
        assert_eq!(number("-inf", Decimal::Point), Some(f64::NEG_INFINITY));
        for cell in ["", "NaN", "N/A", "null", " - ", "None", "."] {
            assert_eq!(read(cell, Decimal::Point), Cell::Missing, "{cell}");
        }
        for cell in [
            "12,5", "1.2.3", "$", "5$", "$-5", "abc", "0x10", "1,23,45", "5%", "1,2345", ",123", "1 234", "K",
        ] {
            assert_eq!(read(cell, Decimal::Point), Cell::Neither, "{cell}");
        }
    }

    #[test]
    fn reads_thousands_and_letters() {
        for (cell, value) in [
            ("1,234", 1234.0),
            ("-1,234,567.25", -1_234_567.25),
            ("12,34,567", 1_234_567.0),
            ("68.18K", 68_180.0),
            ("1.2m", 1.2e6),
            ("3B", 3e9),
            ("1,234.5K", 1_234_500.0),
            ("$25.86", 25.86),
            ("-$1,025.5", -1025.5),
        ] {
            assert_eq!(number(cell, Decimal::Point), Some(value), "{cell}");
            let swapped = cell.replace('.', ";").replace(',', ".").replace(';', ",");
            assert_eq!(number(&swapped, Decimal::Comma), Some(value), "{swapped}");
        }
        assert_eq!(number("1,5e3", Decimal::Comma), Some(1500.0));
        assert_eq!(number("0,123", Decimal::Point), None, "no thousand begins with 0");
        assert_eq!(number("0,123", Decimal::Comma), Some(0.123));
    }

    #[test]
    fn the_numbers_of_a_file_tell_its_decimal_mark() {
        assert_eq!(detect(["1,234", "12.5"].into_iter()), Ok(Decimal::Point));
        assert_eq!(detect(["1,234", "12,5"].into_iter()), Ok(Decimal::Comma));
        assert_eq!(detect(["1,234,567", "1,234"].into_iter()), Ok(Decimal::Point));
        assert_eq!(detect(["1.234", "7"].into_iter()), Ok(Decimal::Point));
        assert_eq!(detect(["1.234", "1,234"].into_iter()), Err(DecimalDoubt::Either("1,234")));
        let both = DecimalDoubt::Both { point: "12.5", comma: "12,5" };
        assert_eq!(detect(["12.5", "12,5"].into_iter()), Err(both));
    }

    proptest! {
        #[test]
        fn every_number_is_read_back_from_each_spelling(value in -10_000_000_i64..10_000_000, cents in 0..100_u32) {
            let expected = format!("{value}.{cents:02}").parse::<f64>().unwrap();
            let mut digits = value.unsigned_abs().to_string();
            let mut at = digits.len();
            while at > 3 {
                at -= 3;
                digits.insert(at, ',');
            }
            let text = format!("{}{digits}.{cents:02}", if value < 0 { "-" } else { "" });
            prop_assert_eq!(number(&text, Decimal::Point), Some(expected));
            let swapped = text.replace('.', ";").replace(',', ".").replace(';', ",");
            prop_assert_eq!(number(&swapped, Decimal::Comma), Some(expected));
        }

        #[test]
        fn never_panics(text in "\\PC{0,24}") {
            let _ = (number(&text, Decimal::Point), number(&text, Decimal::Comma), detect([text.as_str()].into_iter()));
        }
    }
}

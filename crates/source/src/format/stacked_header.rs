//! Headers that name a quantity and an instrument for each column: several instruments side by side.
//!
//! yfinance and pandas write them as lines above each other in CSV, and as names such as `('Close', 'AAPL')` in Parquet.

use crate::names::folded;

/// The quantities of bars, as [`folded`] writes them: where all cells of a line are among them, it names quantities.
const QUANTITIES: [&str; 13] = [
    "open",
    "high",
    "low",
    "close",
    "adjclose",
    "adjustedclose",
    "volume",
    "vwap",
    "amount",
    "dividends",
    "stocksplits",
    "capitalgains",
    "openinterest",
];

/// What pandas calls the levels of such a header.
const LEVELS: [&str; 6] = ["price", "attributes", "ticker", "tickers", "symbols", "symbol"];

/// What the column of dates is called.
const DATE: [&str; 3] = ["date", "datetime", "timestamp"];

/// Lines that together are the header of a CSV file.
#[derive(PartialEq, Debug)]
pub(super) struct StackedHeader {
    /// The quantity of each column; the first is the date.
    pub names: Vec<String>,
    /// The instrument of each column; the date has none.
    pub instruments: Vec<Option<String>>,
    /// How many bytes the lines take.
    pub n_bytes: usize,
    /// How many lines there are.
    pub n_lines: u64,
}

impl StackedHeader {
    /// The header at the beginning of a CSV file, if it is one of lines above each other.
    pub(super) fn find(bytes: &[u8], delimiter: u8) -> Option<Self> {
        let mut lines = bytes.split_inclusive(|&byte| byte == b'\n');
        let lines = [lines.next()?, lines.next()?, lines.next().unwrap_or_default()];
        let [first, second, third] = lines.map(|line| cells(line, delimiter));
        if first.len() < 2 || first.len() != second.len() {
            return None;
        }
        let is_date = |cells: &[String]| cells.first().is_some_and(|cell| is(&DATE, cell));
        let is_index = |cells: &[String]| is_date(cells) && cells[1..].iter().all(String::is_empty);
        let is_level = |cells: &[String]| cells[0].is_empty() || is(&LEVELS, &cells[0]);
        let is_stacked = is_level(&first) && is_level(&second) && is_index(&third);
        // An index that became a column names itself in the first line.
        let is_reset =
            is_date(&first) && second[0].is_empty() && !second[1..].iter().any(|cell| is_number(cell));
        let n_lines = match (is_stacked, is_reset) {
            (true, _) => 3,
            (_, true) => 2,
            _ => return None,
        };
        let are_quantities = |cells: &[String]| cells[1..].iter().all(|cell| is(&QUANTITIES, cell));
        let says_ticker = |cells: &[String]| is(&LEVELS[2..], &cells[0]);
        let (quantities, tickers) = match (are_quantities(&first), are_quantities(&second)) {
            (true, false) => (first, second),
            (false, true) => (second, first),
            (false, false) if says_ticker(&second) => (first, second),
            (false, false) if says_ticker(&first) => (second, first),
            _ => return None,
        };
        if tickers[1..].iter().any(String::is_empty) {
            return None;
        }
        let names = ["Date".to_owned()].into_iter().chain(quantities.into_iter().skip(1));
        Some(Self {
            names: names.collect(),
            instruments: [None].into_iter().chain(tickers.into_iter().skip(1).map(Some)).collect(),
            n_bytes: lines[..n_lines].iter().map(|line| line.len()).sum(),
            n_lines: n_lines as u64,
        })
    }
}

/// The quantity and the instrument in a name such as `('Close', 'AAPL')`.
pub(super) fn of_pair(name: &str) -> Option<(String, String)> {
    let (first, second) = name.strip_prefix("('")?.strip_suffix("')")?.split_once("', '")?;
    match (is(&QUANTITIES, first), is(&QUANTITIES, second)) {
        (true, false) => Some((first.to_owned(), second.to_owned())),
        (false, true) => Some((second.to_owned(), first.to_owned())),
        _ => None,
    }
}

fn is(names: &[&str], cell: &str) -> bool {
    names.contains(&folded(cell).as_str())
}

fn is_number(cell: &str) -> bool {
    cell.parse::<f64>().is_ok()
}

/// The cells of a line, without the blanks around them.
fn cells(line: &[u8], delimiter: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(line);
    let record = reader.records().next().and_then(Result::ok).unwrap_or_default();
    record.iter().map(|cell| cell.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> Option<(String, String, u64)> {
        let header = StackedHeader::find(text.as_bytes(), b',')?;
        assert_eq!(
            header.n_bytes,
            text.split_inclusive('\n').take(header.n_lines as usize).map(str::len).sum::<usize>()
        );
        let instruments = header.instruments.into_iter().flatten().collect::<Vec<_>>();
        Some((header.names.join(" "), instruments.join(" "), header.n_lines))
    }

    #[test]
    fn lines_above_each_other_are_one_header() {
        let expected = ("Date Close Close Open".to_owned(), "A B A".to_owned());
        for (text, n_lines) in [
            ("Price,Close,Close,Open\nTicker,A,B,A\nDate,,,\n2024-01-02,1,2,3\n", 3),
            ("Ticker,A,B,A\nPrice,Close,Close,Open\nDate,,,\n2024-01-02,1,2,3\n", 3),
            (",Close,Close,Open\n,A,B,A\nDate,,,\n2024-01-02,1,2,3\n", 3),
            ("Attributes,Close,Close,Open\r\nSymbols,A,B,A\r\nDate,,,\r\n2024-01-02,1,2,3\r\n", 3),
            ("Date,Close,Close,Open\n,A,B,A\n2024-01-02,1,2,3\n", 2),
        ] {
            assert_eq!(find(text), Some((expected.0.clone(), expected.1.clone(), n_lines)), "{text}");
        }
        for text in [
            "date,close\n2024-01-02,1\n2024-01-03,2\n",
            "Date,A,B\n,1,2\n2024-01-03,1,2\n",
            "a,b\n",
            "",
            ",,\n,,\n",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_may_hold_a_quantity_and_an_instrument() {
        let pair = |quantity: &str, name: &str| Some((quantity.to_owned(), name.to_owned()));
        assert_eq!(of_pair("('Close', 'BRK-B')"), pair("Close", "BRK-B"));
        assert_eq!(of_pair("('BRK-B', 'Adj Close')"), pair("Adj Close", "BRK-B"));
        assert_eq!(of_pair("('Date', '')"), None);
        assert_eq!(of_pair("Close"), None);
    }
}

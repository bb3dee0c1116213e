//! Klines of Binance, which come with a header or without one.

/// The header that files without one would have.
pub(super) const HEADER: &str = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,\
                                 taker_buy_quote_volume,ignore\n";

/// Whether the first line of a file is one of numbers as klines are: twelve of them, of which the first and the seventh
/// are milli- or microseconds since 1970, the one before the other.
pub(super) fn lack_header(first_line: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(first_line) else { return false };
    let cells = line.trim().split(',').collect::<Vec<_>>();
    let instant = |at: usize| cells[at].parse::<u64>().ok().filter(|_| [13, 16].contains(&cells[at].len()));
    cells.len() == HEADER.split(',').count()
        && cells.iter().all(|cell| cell.parse::<f64>().is_ok())
        && instant(0).zip(instant(6)).is_some_and(|(open, close)| open < close)
}

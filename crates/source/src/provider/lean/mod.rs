//! Folders in LEAN's layout.
//!
//! ```text
//! equity/usa/daily/<ticker>.zip                     one CSV: yyyyMMdd HH:mm,open,high,low,close,volume
//! equity/usa/hour/<ticker>.zip                      the same
//! equity/usa/minute/<ticker>/<yyyyMMdd>_trade.zip   one CSV: milliseconds since midnight,open,high,low,close,volume
//! equity/usa/map_files/<instrument>.csv             yyyyMMdd,ticker,exchange: the ticker up to that date
//! equity/usa/factor_files/<instrument>.csv          yyyyMMdd,price factor,split factor,close: those up to that date
//! forex/<market>/…, crypto/<market>/…, cfd/<market>/…   likewise, with quotes or trades, unscaled, without map and factor
//! ```
//!
//! Prices of equities are in ten-thousandths; times are New York's. A path is a folder of one resolution, a market
//! (`equity/usa`: its daily bars if it has some, else hours, else minutes), or the data folder, of which `equity/usa`
//! is read. Bars of hours and minutes become one bar a session, see `bars`.

pub(crate) mod bars;
mod factors;
pub(crate) mod folder;
mod left_out;
mod lines;
mod listings;

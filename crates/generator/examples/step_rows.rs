//! The yardstick of reading a database: how fast connections step its price table and do nothing else.
//!
//! ```text
//! cargo run --release -p backstaff-generator --example step_rows -- market/krx.db [CONNECTIONS]
//! ```
//!
//! Each connection is read-only and steps a range of row ids over seven columns, two of them texts. A reader that also
//! keeps what it reads can hardly be faster; the line says rows, seconds and millions of rows a second.

#![expect(clippy::print_stdout, reason = "an example prints what it did")]

use std::{error::Error, thread, time::Instant};

use rusqlite::{Connection, OpenFlags, types::ValueRef};

const QUERY: &str = "SELECT stock_code, date, opening_price, high_price, low_price, closing_price, volume
    FROM daily_prices WHERE rowid BETWEEN ?1 AND ?2";

fn open(path: &str) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags)?;
    database.execute_batch("PRAGMA mmap_size = 68719476736")?;
    Ok(database)
}

/// Rows of a range, and a sum over what they hold, so that nothing is left out.
fn step(path: &str, from: i64, to: i64) -> rusqlite::Result<(u64, u64)> {
    let database = open(path)?;
    let mut query = database.prepare(QUERY)?;
    let mut rows = query.query([from, to])?;
    let (mut count, mut sum) = (0, 0_u64);
    while let Some(row) = rows.next()? {
        for column in 0..7 {
            sum = sum.wrapping_add(match row.get_ref(column)? {
                ValueRef::Text(text) => u64::from(text[text.len() - 1]),
                ValueRef::Integer(value) => value as u64,
                _ => 1,
            });
        }
        count += 1;
    }
    Ok((count, sum))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: step_rows FILE.db [CONNECTIONS]")?;
    let connections = arguments.next().map_or(Ok(2), |text| text.parse::<i64>())?.max(1);
    let last: i64 = open(&path)?.query_row("SELECT max(rowid) FROM daily_prices", [], |row| row.get(0))?;
    let started = Instant::now();
    let (rows, sum) = thread::scope(|scope| {
        let path = &path;
        let parts = (0..connections).map(|part| {
            let (from, to) = (last * part / connections + 1, last * (part + 1) / connections);
            scope.spawn(move || step(path, from, to))
        });
        let parts = parts.collect::<Vec<_>>().into_iter();
        parts.map(|part| part.join().expect("stepping does not panic")).try_fold((0, 0), |(n, s), part| {
            let (rows, sum) = part?;
            Ok::<_, rusqlite::Error>((n + rows, s ^ sum))
        })
    })?;
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{rows} {seconds:.4} {:.2} connections {connections} checksum {sum:x}",
        rows as f64 / seconds / 1e6
    );
    Ok(())
}

//! The oddities that the tables of a market may have: conditions that rows shouldn't meet.

use std::collections::BTreeSet;

use rusqlite::{Connection, Result};

use super::{
    oddity::{Oddity, first_row},
    table::TableReport,
};
use crate::provider::tables::sqlite::sql_name::quoted;

/// A condition on one table's rows. It is skipped where the table lacks one of the columns.
struct Rule {
    table: &'static str,
    what: &'static str,
    /// The columns that the condition reads.
    reads: &'static [&'static str],
    condition: &'static str,
    /// The columns that identify a row.
    shows: &'static [&'static str],
}

const BAR: &[&str] = &["stock_code", "date"];
const PERIOD: &[&str] = &["stock_code", "fiscal_date", "available_date"];

/// The rules for a market's tables.
const RULES: &[Rule] = &[
    Rule {
        table: "daily_prices",
        what: "sessions without trading (volume 0)",
        reads: &["volume"],
        condition: "volume = 0",
        shows: BAR,
    },
    Rule {
        table: "daily_prices",
        what: "stock or date missing",
        reads: BAR,
        condition: "stock_code IS NULL OR stock_code = '' OR date IS NULL",
        shows: BAR,
    },
    Rule {
        table: "daily_prices",
        what: "volume missing",
        reads: &["volume"],
        condition: "volume IS NULL",
        shows: BAR,
    },
    Rule {
        table: "daily_prices",
        what: "market none of kospi, kosdaq, kodex",
        reads: &["market_type"],
        condition: "market_type IS NULL OR market_type NOT IN ('kospi', 'kosdaq', 'kodex')",
        shows: &["stock_code", "date", "market_type"],
    },
    Rule {
        table: "daily_prices",
        what: "closing price zero, negative or infinite",
        reads: &["closing_price"],
        condition: "closing_price <= 0 OR closing_price > 1e300",
        shows: &["stock_code", "date", "closing_price"],
    },
    Rule {
        table: "daily_prices",
        what: "a price, volume or value is negative",
        reads: &["opening_price", "high_price", "low_price", "volume", "value"],
        condition: "min(opening_price, high_price, low_price, volume, value) < 0",
        shows: BAR,
    },
    Rule {
        table: "daily_prices",
        what: "traded, and the open, high or low is zero",
        reads: &["opening_price", "high_price", "low_price", "volume"],
        condition: "volume > 0 AND min(opening_price, high_price, low_price) = 0",
        shows: BAR,
    },
    Rule {
        table: "daily_prices",
        what: "traded, and the open or close lies outside low and high",
        reads: &["opening_price", "high_price", "low_price", "closing_price", "volume"],
        condition: "volume > 0 AND (max(opening_price, closing_price) > high_price OR min(opening_price, closing_price) < low_price)",
        shows: BAR,
    },
    Rule {
        table: "daily_prices",
        what: "the last close moved by more than 31 % against its base",
        reads: &["change_rate"],
        condition: "abs(change_rate) > 31",
        shows: &["stock_code", "date", "change_rate"],
    },
    Rule {
        table: "daily_prices",
        what: "the stock is not in stocks",
        reads: BAR,
        condition: "stock_code NOT IN (SELECT stock_code FROM stocks)",
        shows: BAR,
    },
    Rule {
        table: "index_daily_prices",
        what: "level zero, negative or infinite",
        reads: &["closing_index"],
        condition: "closing_index <= 0 OR closing_index > 1e300",
        shows: &["index_code", "date", "closing_index"],
    },
    Rule {
        table: "stocks",
        what: "sector missing",
        reads: &["current_sector_type"],
        condition: "current_sector_type IS NULL OR current_sector_type = ''",
        shows: &["stock_code"],
    },
    Rule {
        table: "financial_periods",
        what: "known before its period ended",
        reads: PERIOD,
        condition: "replace(available_date, '-', '') <= replace(fiscal_date, '-', '')",
        shows: PERIOD,
    },
    Rule {
        table: "financial_periods",
        what: "currency other than KRW",
        reads: &["currency"],
        condition: "currency IS NULL OR currency <> 'KRW'",
        shows: &["stock_code", "fiscal_date", "currency"],
    },
    Rule {
        table: "financial_periods",
        what: "neither consolidated nor separate",
        reads: &["consolidation_type"],
        condition: "consolidation_type IS NULL OR consolidation_type NOT IN ('연결', '별도')",
        shows: &["stock_code", "fiscal_date", "consolidation_type"],
    },
    Rule {
        table: "financial_periods",
        what: "known after a newer period of the stock was",
        reads: &["stock_code", "fiscal_date", "available_date", "consolidation_type"],
        condition: "EXISTS (SELECT 1 FROM financial_periods AS newer WHERE newer.stock_code = financial_periods.stock_code
            AND newer.consolidation_type = financial_periods.consolidation_type
            AND newer.fiscal_date > financial_periods.fiscal_date
            AND newer.available_date < financial_periods.available_date)",
        shows: PERIOD,
    },
    Rule {
        table: "financial_items_bs_cf",
        what: "the filing is not in financial_periods",
        reads: &["period_id"],
        condition: "period_id NOT IN (SELECT id FROM financial_periods)",
        shows: &["id", "period_id"],
    },
    Rule {
        table: "financial_items_pl",
        what: "the filing is not in financial_periods",
        reads: &["period_id"],
        condition: "period_id NOT IN (SELECT id FROM financial_periods)",
        shows: &["id", "period_id"],
    },
];

/// Columns that only one row of a table may have together.
const KEYS: &[(&str, &[&str])] = &[
    ("daily_prices", BAR),
    ("stocks", &["stock_code"]),
    ("financial_periods", &["id"]),
    ("financial_periods", &["stock_code", "fiscal_date", "consolidation_type"]),
    ("financial_items_bs_cf", &["period_id", "statement_type", "item_code"]),
    ("financial_items_pl", &["period_id", "item_code"]),
    ("index_daily_prices", &["index_code", "date"]),
];

/// The oddities of the tables that a market has.
pub(super) fn find(database: &Connection, tables: &[TableReport]) -> Result<Vec<Oddity>> {
    let mut found = Vec::new();
    for rule in RULES {
        let Some(table) = with_columns(tables, rule.table, rule.reads.iter().chain(rule.shows)) else {
            continue;
        };
        // The tables that a condition looks up in are there or the rule says nothing.
        let lookup = ["stocks", "financial_periods"];
        let looks_up = |name: &&str| rule.condition.contains(&format!("FROM {name}"));
        if !lookup.iter().filter(|name| looks_up(name)).all(|name| tables.iter().any(|t| t.name == *name)) {
            continue;
        }
        let sql = format!("SELECT count(*) FROM {} WHERE {}", quoted(rule.table), rule.condition);
        let rows = database.query_row(&sql, [], |row| row.get::<_, i64>(0))? as u64;
        if rows > 0 {
            let first = first_row(database, rule.table, rule.condition, rule.shows)?;
            let what = rule.what.to_owned();
            found.push(Oddity { table: rule.table.to_owned(), what, rows, of: table.rows, first });
        }
    }
    for (name, key) in KEYS {
        if let Some(table) = with_columns(tables, name, key.iter()) {
            found.extend(duplicates(database, table, key)?);
        }
    }
    Ok(found)
}

fn with_columns<'t, 'c>(
    tables: &'t [TableReport],
    name: &str,
    mut columns: impl Iterator<Item = &'c &'static str>,
) -> Option<&'t TableReport> {
    let table = tables.iter().find(|table| table.name == name)?;
    columns.all(|wanted| table.columns.iter().any(|column| column.name == **wanted)).then_some(table)
}

/// Rows that repeat a key, unless an index keeps them out.
fn duplicates(database: &Connection, table: &TableReport, key: &[&str]) -> Result<Option<Oddity>> {
    let wanted = key.iter().copied().collect::<BTreeSet<_>>();
    let is_kept =
        |columns: &[String]| columns.iter().map(String::as_str).collect::<BTreeSet<_>>().is_subset(&wanted);
    if table.indexes.iter().any(|index| index.unique && is_kept(&index.columns)) {
        return Ok(None);
    }
    let columns = key.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
    let groups = format!(
        "SELECT {columns}, count(*) AS n FROM {} GROUP BY {columns} HAVING n > 1",
        quoted(&table.name)
    );
    let rows = database
        .query_row(&format!("SELECT total(n - 1) FROM ({groups})"), [], |row| row.get::<_, f64>(0))?
        as u64;
    if rows == 0 {
        return Ok(None);
    }
    let repeated = format!("({columns}) IN (SELECT {columns} FROM ({groups}))");
    let first = first_row(database, &table.name, &repeated, key)?;
    let what = format!("{} repeats", key.join(", "));
    Ok(Some(Oddity { table: table.name.clone(), what, rows, of: table.rows, first }))
}

//! Databases of tables: what a layout makes of them, and what bad ones are answered.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

#[path = "support/export.rs"]
mod export;

use std::collections::BTreeSet;

use backstaff_panel::{Frequency, Instrument, Session};
use backstaff_source::{Loaded, PanelSource, SourceError, TableLayout, make_indexes, try_indexes};
use rusqlite::Connection;
use tempfile::TempDir;

use export::export;

const PRICES: &str = "CREATE TABLE daily_prices (stock_code TEXT NOT NULL, date TEXT NOT NULL, closing_price INTEGER,
    change INTEGER, opening_price INTEGER, high_price INTEGER, low_price INTEGER, volume INTEGER, value INTEGER,
    market_cap INTEGER, market_type TEXT, PRIMARY KEY (stock_code, date))";

const OTHERS: &str = "
    CREATE TABLE stocks (stock_code TEXT PRIMARY KEY, current_sector_type TEXT);
    CREATE TABLE financial_periods (id INTEGER PRIMARY KEY, stock_code TEXT, fiscal_month INTEGER, fiscal_date TEXT,
        available_date TEXT, consolidation_type TEXT, currency TEXT);
    CREATE TABLE financial_items_bs_cf (id INTEGER PRIMARY KEY, period_id INTEGER, item_code_normalized TEXT,
        amount_current REAL);
    CREATE TABLE financial_items_pl (id INTEGER PRIMARY KEY, period_id INTEGER, item_code_normalized TEXT,
        amount_current_ytd REAL);
    CREATE TABLE index_daily_prices (index_code TEXT, date TEXT, closing_index REAL);
    CREATE TABLE deriv_index_daily (index_code TEXT, date TEXT, closing_index REAL);
    CREATE TABLE bond_index_daily (index_code TEXT, date TEXT, total_return_index REAL);";

/// A row of prices: code, date, close, volume; the rest follows from them.
fn insert(connection: &Connection, code: &str, date: &str, close: i64, volume: i64) {
    let open = if volume == 0 { 0 } else { close };
    connection
        .execute(
            "INSERT INTO daily_prices VALUES (?1, ?2, ?3, 0, ?4, ?4, ?4, ?5, ?6, ?7, 'kospi')",
            (code, date, close, open, volume, close * volume, close * 1_000),
        )
        .unwrap();
}

/// A small database; the folder keeps it alive.
fn database(fill: impl Fn(&Connection)) -> (TempDir, PanelSource) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("krx.db");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("PRAGMA synchronous = OFF").unwrap();
    connection.execute_batch(PRICES).unwrap();
    connection.execute_batch(OTHERS).unwrap();
    fill(&connection);
    let source =
        PanelSource { tables: Some(TableLayout::preset("krx").unwrap()), ..PanelSource::verbatim(&path) };
    (folder, source)
}

fn usual(connection: &Connection) {
    for (t, date) in ["20200102", "20200103", "20200106"].iter().enumerate() {
        insert(connection, "000020", date, 100 + t as i64, 10);
        insert(connection, "000010", date, 200, if t == 1 { 0 } else { 5 });
    }
    connection
        .execute(
            "INSERT INTO daily_prices VALUES ('069500', '20200102', 9, 0, 9, 9, 9, 9, 81, 9, 'kodex')",
            [],
        )
        .unwrap();
    connection.execute("INSERT INTO stocks VALUES ('000010', 'Food'), ('000020', NULL)", []).unwrap();
}

fn values(loaded: &Loaded, field: &str) -> Vec<f64> {
    loaded.panel.field(field).unwrap().to_f64()
}

#[test]
fn reads_the_kept_rows_and_takes_prices_of_halts_for_missing() {
    let (_folder, source) = database(usual);
    let loaded = source.load().unwrap();
    let names = loaded.panel.axis().instruments().iter().map(Instrument::name).collect::<Vec<_>>();
    assert_eq!(names, ["000010", "000020"], "funds are no stocks");
    let close = values(&loaded, "close");
    assert_eq!((close[0], close[2], &close[3..]), (200.0, 200.0, &[100.0, 101.0, 102.0][..]));
    assert!(close[1].is_nan());
    assert_eq!(values(&loaded, "traded"), [1.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(values(&loaded, "volume")[1], 0.0);
    let sector = loaded.panel.categories("sector").unwrap();
    assert_eq!((sector.name(0), sector.name(3)), (Some("Food"), None));
    assert_eq!(loaded.found.static_categories, ["current_sector", "sector"]);
}

#[test]
fn the_history_of_sectors_counts_where_there_is_one() {
    let (_folder, source) = database(|connection| {
        usual(connection);
        let sql = "CREATE TABLE stock_history (stock_code TEXT, effective_date TEXT, sector_type TEXT);
                   INSERT INTO stock_history VALUES ('000010', '2020-01-06', 'Drinks'), ('000010', '20190101', 'Toys')";
        connection.execute_batch(sql).unwrap();
    });
    let loaded = source.load().unwrap();
    let sector = loaded.panel.categories("sector").unwrap();
    assert_eq!([0, 1, 2].map(|row| sector.name(row).unwrap()), ["Toys", "Toys", "Drinks"]);
    assert_eq!(loaded.panel.categories("current_sector").unwrap().name(0), Some("Food"));
}

#[test]
fn statements_become_facts_of_fiscal_quarters() {
    let (_folder, source) = database(|connection| {
        usual(connection);
        let sql = "INSERT INTO financial_periods VALUES
                (1, '000010', 12, '2019-12-31', '20200401', '연결', 'KRW'),
                (2, '000010', 3, '2019-06-30', '20190816', '연결', NULL),
                (3, '000010', 12, '2019-09-30', '20191115', '연결', 'USD'),
                (4, '000010', 12, '2019-09-30', '20190901', '연결', 'KRW'),
                (5, '000010', 12, '2019-08-31', '20191015', '연결', 'KRW'),
                (6, '000010', 12, '2019-09-30', '20191115', '별도', 'KRW');
            INSERT INTO financial_items_bs_cf VALUES (1, 1, 'ifrs-full_Equity', NULL), (2, 1, 'ifrs-full_Equity', 7),
                (3, 1, 'ifrs-full_Equity', 8), (4, 2, 'ifrs-full_Equity', 5), (5, 6, 'ifrs-full_Equity', 4),
                (6, 1, 'entity_x', 1)";
        connection.execute_batch(sql).unwrap();
    });
    let wanted = ["equity_q", "separate_equity_q"].map(str::to_owned);
    let source = PanelSource { facts: Some(BTreeSet::from(wanted)), ..source };
    let loaded = source.load().unwrap();
    let shown = |name: &str| {
        let facts = loaded.panel.facts(name).unwrap().of(&Instrument::new("000010")).iter();
        let code = |period| Frequency::Quarterly.code(period);
        facts.map(|fact| (fact.known.to_string(), code(fact.period), fact.value)).collect::<Vec<_>>()
    };
    // The fiscal year of the second ends in March: its June is the first quarter of 2020.
    assert_eq!(shown("equity_q"), [("2019-08-16".into(), 202_001, 5.0), ("2020-04-01".into(), 201_904, 7.0)]);
    assert_eq!(shown("separate_equity_q"), [("2019-11-15".into(), 201_903, 4.0)]);
    let warnings = loaded.found.warnings.join("\n");
    for part in [
        "1 reports in another currency",
        "1 reports known before their period ended",
        "1 reports whose period",
    ] {
        assert!(warnings.contains(part), "{warnings}");
    }
    assert_eq!(loaded.panel.all_facts().count(), 2, "only what is wanted is read");
}

#[test]
fn an_index_changes_nothing_but_the_time() {
    let (_folder, source) = database(|connection| {
        usual(connection);
        let sql = "INSERT INTO financial_periods VALUES
                (1, '000010', 12, '2019-12-31', '20200401', '연결', 'KRW'),
                (2, '000020', 12, '2019-09-30', '20191115', '연결', 'KRW');
            INSERT INTO financial_items_bs_cf VALUES (1, 2, 'ifrs-full_Equity', 9), (2, 1, 'ifrs-full_Equity', NULL),
                (3, 1, 'ifrs-full_Equity', 7), (4, 1, 'ifrs-full_Equity', 5), (5, 1, 'ifrs-full_Assets', 3)";
        connection.execute_batch(sql).unwrap();
    });
    let wanted = ["equity_q", "assets_q"].map(str::to_owned);
    let source = PanelSource { facts: Some(BTreeSet::from(wanted)), ..source };
    let layout = source.tables.clone().unwrap();
    let before = source.load().unwrap().panel;
    let trials = try_indexes(&source.path, &layout).unwrap();
    let names = trials.iter().map(|trial| (trial.table.as_str(), trial.exists)).collect::<Vec<_>>();
    assert!(names.contains(&("financial_items_bs_cf", false)), "{names:?}");
    assert!(trials.iter().all(|trial| trial.wanted <= trial.rows && trial.with >= 0.0));
    make_indexes(&source.path, &trials, &|| false).unwrap();
    assert!(try_indexes(&source.path, &layout).unwrap().iter().all(|trial| trial.exists));
    let after = source.load().unwrap().panel;
    assert_eq!(before.all_facts().count(), 2);
    for (name, facts) in before.all_facts() {
        assert_eq!(facts, after.facts(name).unwrap(), "{name}");
    }
    // Of two amounts the first in the table counts, though the index has the smaller one in front.
    let equity = after.facts("equity_q").unwrap().of(&Instrument::new("000010"));
    assert_eq!(equity.iter().map(|fact| fact.value).collect::<Vec<_>>(), [7.0]);
}

#[test]
fn what_is_published_during_a_day_counts_from_the_next_one_on() {
    let (_folder, source) = database(|connection| {
        usual(connection);
        let sql = "INSERT INTO financial_periods VALUES
                (1, '000010', 12, '2019-12-31', '2020-04-01 17:30:00', '연결', 'KRW'),
                (2, '000010', 12, '2020-03-31', '2020-05-15 00:00:00', '연결', 'KRW');
            INSERT INTO financial_items_bs_cf VALUES (1, 1, 'ifrs-full_Equity', 7), (2, 2, 'ifrs-full_Equity', 8)";
        connection.execute_batch(sql).unwrap();
    });
    let folder = tempfile::tempdir().unwrap();
    export(&source.path, folder.path());
    let facts = Some(BTreeSet::from(["equity_q".to_owned()]));
    let as_folder = PanelSource { path: folder.path().to_owned(), facts: facts.clone(), ..source.clone() };
    for source in [PanelSource { facts, ..source }, as_folder] {
        let loaded = source.load().unwrap();
        let known = loaded.panel.facts("equity_q").unwrap().of(&Instrument::new("000010")).iter();
        let known = known.map(|fact| fact.known.to_string()).collect::<Vec<_>>();
        assert_eq!(known, ["2020-04-02", "2020-05-15"]);
    }
}

#[test]
fn splits_follow_from_the_change_against_the_base_price() {
    let (_folder, source) = database(|connection| {
        insert(connection, "000010", "20200102", 1000, 10);
        insert(connection, "000010", "20200103", 1010, 10);
        // Ten for one: the base is 101, the close 102.
        insert(connection, "000010", "20200106", 102, 100);
        connection
            .execute_batch(
                "UPDATE daily_prices SET change = 10 WHERE date = '20200103';
                                  UPDATE daily_prices SET change = 1 WHERE date = '20200106'",
            )
            .unwrap();
    });
    let source = PanelSource { adjustment: backstaff_source::Adjustment::Auto, ..source };
    let loaded = source.load().unwrap();
    assert_eq!(values(&loaded, "close"), [1000.0, 1010.0, 1020.0]);
    assert_eq!(values(&loaded, "raw_close"), [1000.0, 1010.0, 102.0]);
    assert_eq!(values(&loaded, "volume"), [10.0, 10.0, 10.0]);
}

#[test]
fn the_preset_knows_delistings() {
    let (_folder, source) = database(|connection| {
        usual(connection);
        let sql = "CREATE TABLE delisted_stocks (stock_code TEXT, company_name TEXT, delisting_date TEXT,
                delisting_reason TEXT);
            INSERT INTO delisted_stocks VALUES ('000020', 'Two', '2020-01-06', '피흡수합병')";
        connection.execute_batch(sql).unwrap();
    });
    let verbatim = source.load().unwrap();
    assert_eq!((verbatim.panel.axis().n_rows(), verbatim.delistings), (6, None), "every row stays");
    let source = PanelSource { adjustment: backstaff_source::Adjustment::Auto, ..source };
    let loaded = source.load().unwrap();
    assert_eq!(loaded.panel.axis().n_rows(), 5);
    let delistings = loaded.delistings.unwrap();
    assert_eq!(delistings.of("000020").unwrap().reason.as_deref(), Some("피흡수합병"));
}

#[test]
fn a_folder_of_parquet_tables_says_the_same() {
    let (folder, source) = database(|connection| {
        usual(connection);
        let sql = "INSERT INTO financial_periods VALUES (1, '000010', 12, '2019-12-31', '20200103', '연결', 'KRW');
            INSERT INTO financial_items_bs_cf VALUES (1, 1, 'ifrs-full_Equity', 7);
            INSERT INTO index_daily_prices VALUES ('KOSPI_코스피_200', '20200102', 250.5), ('other', '20200102', 1)";
        connection.execute_batch(sql).unwrap();
    });
    let tables = folder.path().join("tables");
    std::fs::create_dir(&tables).unwrap();
    export(&source.path, &tables);
    let one = source.load().unwrap();
    let other_files = PanelSource { path: tables, ..source };
    let other = other_files.load().unwrap();
    assert_eq!(one.panel.axis(), other.panel.axis());
    for (name, column) in one.panel.fields() {
        assert!(column.same_bits(other.panel.field(name).unwrap()), "{name}");
    }
    for (name, categories) in one.panel.all_categories() {
        assert_eq!(categories, other.panel.categories(name).unwrap(), "{name}");
    }
    for (name, facts) in one.panel.all_facts() {
        assert_eq!(facts, other.panel.facts(name).unwrap(), "{name}");
    }
    // Every table that is read is one of the files, whose digests tell a change.
    let stocks = other_files.path.join("stocks.parquet");
    assert!(other_files.files().unwrap().contains(&stocks));
    let renamed = stocks.with_extension("pq");
    std::fs::rename(&stocks, &renamed).unwrap();
    assert!(other_files.files().unwrap().contains(&renamed));
    assert!(other_files.load().is_ok());
    let close = Session::from_ymd(2020, 1, 2).unwrap();
    assert_eq!(one.panel.facts("kospi200_d").unwrap().all().next().unwrap().1[0].known, close);
}

#[test]
fn threads_and_keys_without_row_numbers_change_nothing() {
    let fill = |connection: &Connection| {
        for stock in 0..50 {
            for day in 1..=28 {
                insert(
                    connection,
                    &format!("{stock:06}"),
                    &format!("202002{day:02}"),
                    100 + stock * day,
                    1 + day,
                );
            }
        }
        // Enough rows to be cut into many parts.
        connection.execute_batch("INSERT INTO daily_prices SELECT 'A' || stock_code, date, closing_price, 0, 1, 1, 1, 5, 5, 5,
            market_type FROM daily_prices; INSERT INTO daily_prices SELECT 'B' || stock_code, date, closing_price, 0, 1, 1, 1,
            5, 5, 5, market_type FROM daily_prices").unwrap();
    };
    let (_folder, source) = database(fill);
    let load = |source: &PanelSource, threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| source.load()).unwrap()
    };
    let one = load(&source, 1);
    let (_other_folder, keyed) = database(|connection| {
        connection.execute_batch("DROP TABLE daily_prices").unwrap();
        connection.execute_batch(&format!("{PRICES} WITHOUT ROWID")).unwrap();
        fill(connection);
    });
    for other in [load(&source, 3), load(&keyed, 2)] {
        assert_eq!(one.panel.axis(), other.panel.axis());
        for (name, column) in one.panel.fields() {
            assert!(column.same_bits(other.panel.field(name).unwrap()), "{name}");
        }
    }
}

#[test]
fn a_writer_beside_does_not_disturb() {
    let (_folder, source) = database(|connection| {
        connection.execute_batch("PRAGMA journal_mode = wal").unwrap();
        usual(connection);
    });
    let writer = Connection::open(&source.path).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE; UPDATE daily_prices SET closing_price = 1").unwrap();
    assert_eq!(values(&source.load().unwrap(), "close")[3], 100.0);
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!(values(&source.load().unwrap(), "close")[3], 1.0);
}

/// What is done to a usual database.
type Fill<'a> = &'a dyn Fn(&Connection);

#[test]
fn bad_databases_get_one_clear_message() {
    let message = |fill: Fill<'_>| {
        let (_folder, source) = database(|connection| {
            usual(connection);
            fill(connection);
        });
        source.load().unwrap_err().to_string()
    };
    let execute = |sql: &'static str| move |connection: &Connection| connection.execute_batch(sql).unwrap();
    let cases: [(Fill<'_>, &str); 10] = [
        (
            &execute("ALTER TABLE daily_prices RENAME TO daily_price"),
            "no table \"daily_prices\" (found: bond_index_daily",
        ),
        (
            &execute("ALTER TABLE daily_prices RENAME COLUMN closing_price TO close_price"),
            "did you mean \"close_price\"",
        ),
        (
            &execute("UPDATE daily_prices SET volume = 'many' WHERE rowid = 3"),
            "row 3, column \"volume\": \"many\" is not a number",
        ),
        (
            &execute("UPDATE daily_prices SET date = '2020-01-07' WHERE rowid = 5"),
            "is not written like the dates before it (YYYYMMDD)",
        ),
        (&execute("UPDATE daily_prices SET date = 'soon' WHERE rowid = 1"), "\"soon\" is not a date"),
        (&execute("UPDATE daily_prices SET date = '20200231' WHERE rowid = 5"), "\"20200231\" is not a date"),
        (&execute("DELETE FROM daily_prices"), "holds no row"),
        (
            &execute("UPDATE daily_prices SET market_type = 'KOSPI'"),
            "table daily_prices holds no row with market_type kosdaq or kospi",
        ),
        (
            &execute(
                "CREATE TABLE copy AS SELECT * FROM stocks; DROP TABLE stocks; ALTER TABLE copy RENAME TO stocks;
                 UPDATE stocks SET current_sector_type = 'Food'; INSERT INTO stocks VALUES ('000010', 'Steel')",
            ),
            "table stocks: \"000010\" has two rows (1 and 3)",
        ),
        (
            &|connection| {
                connection.execute_batch("CREATE TABLE copy AS SELECT * FROM daily_prices; DROP TABLE daily_prices;
                ALTER TABLE copy RENAME TO daily_prices; INSERT INTO daily_prices SELECT * FROM daily_prices LIMIT 1;
                UPDATE daily_prices SET volume = volume + 1 WHERE rowid = 1").unwrap();
            },
            "1 duplicate bar",
        ),
    ];
    for (fill, part) in cases {
        let message = message(fill);
        assert!(message.contains(part), "{message}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no.db");
    std::fs::write(&path, "this is no database, however long it may be; really not").unwrap();
    let source = PanelSource { tables: TableLayout::preset("krx").ok(), ..PanelSource::new(&path) };
    assert!(source.load().unwrap_err().to_string().contains("no SQLite database"));
    let source = PanelSource { path: folder.path().join("none.db"), ..source };
    assert!(matches!(source.load(), Err(SourceError::Missing { .. })));
}

#[test]
fn a_damaged_file_says_so() {
    let (_folder, source) = database(|connection| {
        usual(connection);
        for day in 1..=28 {
            for stock in 0..100 {
                insert(connection, &format!("9{stock:05}"), &format!("202002{day:02}"), 100, 10);
            }
        }
    });
    let mut bytes = std::fs::read(&source.path).unwrap();
    let middle = bytes.len() / 2;
    bytes[8_192..middle].fill(0xAA);
    std::fs::write(&source.path, bytes).unwrap();
    let message = source.load().unwrap_err().to_string();
    assert!(message.contains("damaged"), "{message}");
}

#[test]
fn a_database_without_a_layout_is_told_what_is_missing() {
    let (_folder, source) = database(usual);
    let source = PanelSource { tables: None, ..source };
    assert!(source.load().unwrap_err().to_string().contains("--preset krx"));
}

#[test]
fn prices_that_are_not_positive_are_missing_and_counted() {
    let (_folder, source) = database(|connection| {
        usual(connection);
        connection.execute_batch("UPDATE daily_prices SET closing_price = -5 WHERE rowid = 1").unwrap();
    });
    let loaded = source.load().unwrap();
    assert!(values(&loaded, "close")[3].is_nan());
    assert_eq!(values(&loaded, "traded")[3], 0.0);
    let warnings = loaded.found.warnings.join("\n");
    assert!(warnings.contains("1 value of close not above 0") && warnings.contains("row 1"), "{warnings}");
}

#[test]
fn what_is_told_twice_or_not_at_all_is_counted() {
    let (_folder, source) = database(|connection| {
        usual(connection);
        let sql = "UPDATE daily_prices SET volume = NULL WHERE rowid = 1;
                   INSERT INTO index_daily_prices VALUES ('KOSPI_코스피_200', '20200102', 300.0);
                   INSERT INTO index_daily_prices VALUES ('KOSPI_코스피_200', '20200102', 301.0);
                   INSERT INTO index_daily_prices VALUES ('KOSPI_코스피_200', '20200103', 9e999);
                   CREATE TABLE copy AS SELECT * FROM financial_periods;
                   DROP TABLE financial_periods;
                   ALTER TABLE copy RENAME TO financial_periods;
                   INSERT INTO financial_periods VALUES (7, '000020', 12, '2019-09-30', '20191114', '연결', 'KRW');
                   INSERT INTO financial_periods VALUES (7, '000010', 12, '2019-09-30', '20191115', '연결', 'KRW');
                   INSERT INTO financial_items_bs_cf VALUES (1, 7, 'ifrs-full_Equity', 5000);
                   INSERT INTO financial_items_bs_cf VALUES (2, 7, 'ifrs-full_Assets', 9e999);";
        connection.execute_batch(sql).unwrap();
    });
    let loaded = source.load().unwrap();
    assert!(values(&loaded, "close")[3].is_nan() && values(&loaded, "traded")[3] == 0.0);
    let warnings = loaded.found.warnings.join("\n");
    for told in [
        "1 row without a volume counts as sessions without trade, the first in",
        "1 day has several values of KOSPI_코스피_200, the first 2020-01-02; the last of them in the table counts",
        "index_daily_prices: infinite values of closing_index, which count as missing: 1",
        "financial_items_bs_cf: infinite values of amount_current, which count as missing: 1",
        "reports whose id a later one has too: 1, the first 7",
    ] {
        assert!(warnings.contains(told), "{told} is missing in {warnings}");
    }
    let level = loaded.panel.facts("kospi200_d").unwrap().of_market().unwrap().last().unwrap().value;
    assert!((level - 301.0).abs() < 1e-12);
    let equity = loaded.panel.facts("equity_q").unwrap();
    assert_eq!((equity.of(&"000010".into()).len(), equity.of(&"000020".into()).len()), (1, 0));
}

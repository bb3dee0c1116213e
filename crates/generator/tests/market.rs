//! What a market looks like when it is read back.

use std::{collections::BTreeSet, fs};

use backstaff_generator::{GeneratorError, SyntheticMarket, SyntheticSpec, Unwatched, Watcher};
use proptest::prelude::*;
use rusqlite::Connection;

fn small() -> SyntheticSpec {
    SyntheticSpec { stocks: 120, sessions: 700, seed: 11, signal: 0.0 }
}

fn database(spec: &SyntheticSpec) -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().expect("a folder");
    let market = SyntheticMarket::new(spec, &Unwatched).expect("a market");
    let written = market.write_sqlite(folder.path(), &Unwatched).expect("a database");
    assert_eq!(written.rows["daily_prices"], market.rows());
    let database = Connection::open(folder.path().join("krx.db")).expect("a database");
    (folder, database)
}

fn number(database: &Connection, query: &str) -> f64 {
    database.query_row(query, [], |row| row.get::<_, f64>(0)).expect(query)
}

#[test]
fn bars_are_whole_prices_within_the_limits() {
    let (_folder, database) = database(&small());
    let rows = number(&database, "SELECT 1.0 * count(*) FROM daily_prices");
    let none = [
        "closing_price <= 0",
        "volume > 0 AND (low_price > opening_price OR low_price > closing_price OR high_price < opening_price)",
        "volume > 0 AND (high_price < closing_price OR low_price <= 0 OR value <= 0)",
        "volume = 0 AND (opening_price <> 0 OR high_price <> 0 OR low_price <> 0 OR value <> 0 OR change <> 0)",
        "abs(change_rate) > 30.01 AND closing_price > 150",
        "market_cap % closing_price <> 0",
        "market_type NOT IN ('kospi', 'kosdaq', 'kodex')",
        "length(date) <> 8 OR length(stock_code) <> 6",
    ];
    for condition in none {
        let query = format!("SELECT 1.0 * count(*) FROM daily_prices WHERE {condition}");
        assert_eq!(number(&database, &query), 0.0, "{condition}");
    }
    let halts = number(&database, "SELECT avg(volume = 0) FROM daily_prices");
    assert!((0.02..0.07).contains(&halts), "{halts}");
    let funds = number(&database, "SELECT avg(market_type = 'kodex') FROM daily_prices");
    assert!((0.03..0.06).contains(&funds), "{funds} of {rows}");
}

#[test]
fn a_halt_repeats_the_close_and_a_split_moves_the_base() {
    let (_folder, database) = database(&SyntheticSpec { sessions: 1500, ..small() });
    let pairs = "WITH pairs AS (SELECT *, lag(closing_price) OVER w AS last, lag(market_cap) OVER w AS cap
        FROM daily_prices WINDOW w AS (PARTITION BY stock_code ORDER BY date))";
    let of = |condition: &str| {
        number(&database, &format!("{pairs} SELECT 1.0 * count(*) FROM pairs WHERE {condition}"))
    };
    assert_eq!(of("volume = 0 AND closing_price <> last"), 0.0);
    assert_eq!(of("volume = 0 AND last IS NULL"), 0.0, "the first session is no halt");
    let jumps = of("closing_price < 0.69 * last OR closing_price > 1.31 * last");
    assert!(jumps > 0.0);
    // Where the price jumps beyond the limits, the value of the company does not.
    assert_eq!(
        of(
            "(closing_price < 0.69 * last OR closing_price > 1.31 * last) AND abs(1.0 * market_cap / cap - 1) > 0.31"
        ),
        0.0
    );
    assert!(number(&database, "SELECT 1.0 * count(*) FROM stock_history") > 120.0);
}

#[test]
fn filings_and_their_items_fit_together() {
    let (_folder, database) = database(&small());
    let zero = |query: &str| assert_eq!(number(&database, query), 0.0, "{query}");
    zero(
        "SELECT 1.0 * count(*) FROM financial_items_bs_cf i LEFT JOIN financial_periods p ON p.id = i.period_id WHERE p.id IS NULL",
    );
    zero(
        "SELECT 1.0 * count(*) FROM financial_items_pl i LEFT JOIN financial_periods p ON p.id = i.period_id WHERE p.id IS NULL",
    );
    zero(
        "SELECT 1.0 * count(*) FROM financial_periods WHERE replace(fiscal_date, '-', '') >= available_date",
    );
    zero(
        "SELECT 1.0 * count(*) FROM financial_periods p LEFT JOIN stocks s USING (stock_code) WHERE s.stock_code IS NULL",
    );
    zero("SELECT 1.0 * (max(id) - count(*)) FROM financial_items_pl");
    let positive = |query: &str| assert!(number(&database, query) > 0.0, "{query}");
    positive("SELECT 1.0 * count(*) FROM financial_periods WHERE report_type LIKE '[기재정정]%'");
    positive("SELECT 1.0 * count(*) FROM financial_periods WHERE fiscal_month <> 12");
    positive("SELECT 1.0 * count(*) FROM delisted_stocks");
    positive("SELECT 1.0 * count(*) FROM index_daily_prices WHERE index_code = 'KOSPI_코스피_200'");
    positive("SELECT 1.0 * count(*) FROM index_constituents");
    let lone = "SELECT 1.0 * min(n) FROM (SELECT count(*) AS n FROM stocks GROUP BY current_sector_type)";
    assert_eq!(number(&database, lone), 1.0);
}

#[test]
fn the_database_has_the_keys_and_indexes_of_the_exchange() {
    let (_folder, database) = database(&SyntheticSpec { stocks: 5, sessions: 60, ..small() });
    let mut names = database.prepare("SELECT name FROM sqlite_master WHERE name LIKE 'idx_%'").unwrap();
    let names =
        names.query_map([], |row| row.get(0)).unwrap().collect::<Result<BTreeSet<String>, _>>().unwrap();
    assert_eq!(names.len(), 8);
    assert!(names.contains("idx_daily_prices_date_market") && names.contains("idx_fin_pl_code"));
    let mode: String = database.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete", "no log of writes beside the file");
}

/// Stops at the third step.
struct Impatient;

impl Watcher for Impatient {
    fn advanced(&self, _: &'static str, done: usize, _: usize, _: usize) -> bool {
        done < 3
    }
}

#[test]
fn nothing_is_overwritten_and_nothing_half_written_stays() {
    let folder = tempfile::tempdir().unwrap();
    let market =
        SyntheticMarket::new(&SyntheticSpec { stocks: 5, sessions: 60, ..small() }, &Unwatched).unwrap();
    market.write_parquet(folder.path(), &Unwatched).unwrap();
    let before = fs::read(folder.path().join("stocks.parquet")).unwrap();
    let refused = market.write_parquet(folder.path(), &Unwatched);
    assert!(matches!(refused, Err(GeneratorError::Exists { .. })));
    assert_eq!(fs::read(folder.path().join("stocks.parquet")).unwrap(), before);
    let other = tempfile::tempdir().unwrap();
    assert!(matches!(market.write_sqlite(other.path(), &Impatient), Err(GeneratorError::Interrupted)));
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
}

#[test]
fn a_planted_signal_can_be_found() {
    let slope = |signal| {
        let (_folder, database) = database(&SyntheticSpec { sessions: 500, signal, ..small() });
        let query = "WITH r AS (SELECT stock_code, change_rate AS x, lead(change_rate) OVER w AS y
            FROM daily_prices WHERE volume > 0 WINDOW w AS (PARTITION BY stock_code ORDER BY date))
            SELECT avg(slope) FROM (SELECT (avg(x * y) - avg(x) * avg(y)) / (avg(x * x) - avg(x) * avg(x)) AS slope
            FROM r WHERE y IS NOT NULL GROUP BY stock_code HAVING count(*) > 100)";
        number(&database, query)
    };
    let (planted, none) = (slope(0.5), slope(0.0));
    assert!(planted < none - 0.05, "{planted} {none}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_number_of_threads_changes_no_byte(seed in 0..1000_u64, stocks in 2..30_usize, sessions in 40..200_usize) {
        let spec = SyntheticSpec { stocks, sessions, seed, signal: 0.1 };
        let bytes = |threads: usize| {
            let folder = tempfile::tempdir().unwrap();
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let market = pool.install(|| SyntheticMarket::new(&spec, &Unwatched)).unwrap();
            market.write_sqlite(folder.path(), &Unwatched).unwrap();
            let written = market.write_parquet(folder.path(), &Unwatched).unwrap();
            let mut files = written.files;
            files.push("krx.db".to_owned());
            files.into_iter().map(|file| fs::read(folder.path().join(file)).unwrap()).collect::<Vec<_>>()
        };
        prop_assert!(bytes(1) == bytes(3));
    }
}

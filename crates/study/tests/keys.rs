//! Keys between tables: in every pair of tables that is joined, names that are spelled otherwise are counted, named and
//! mended, and a table of which less than half meets is refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fmt::Write as _, fs, path::Path};

use backstaff_panel::{Session, testing::weekdays_from};
use backstaff_source::{Match, Pair};
use backstaff_study::{Options, RunOutcome, Study, StudyError, progress::Silent};
use rusqlite::Connection;

/// Codes of an exchange, of which most begin with a zero.
const CODES: [&str; 8] = ["000020", "000040", "000070", "003550", "005930", "012330", "207940", "373220"];

/// The rule for names in the table's key, and whether less than half may meet.
#[derive(Clone, Copy)]
struct Keys<'a> {
    rule: &'a str,
    allow: bool,
}

impl Keys<'_> {
    const NONE: Keys<'static> = Keys { rule: "", allow: false };

    /// The keys as they continue a map.
    fn rule(self) -> String {
        if self.rule.is_empty() { String::new() } else { format!(", instrument_names: {}", self.rule) }
    }

    fn both(self) -> String {
        self.rule() + if self.allow { ", allow_unmatched: true" } else { "" }
    }
}

fn sessions() -> impl Iterator<Item = Session> {
    weekdays_from(Session::from_number(17_897)).take(60)
}

/// Write prices of these names into a folder, and a table of a pair with those names; returns the study's text.
fn write(folder: &Path, pair: Pair, names: &[String], in_table: &[String], keys: Keys<'_>) -> String {
    let held = format!("{:?}: 0.5, {:?}: 0.5", names[0], names[1]);
    let rows =
        |row: &dyn Fn(&str) -> String| in_table.iter().map(|name| row(name)).collect::<Vec<_>>().concat();
    let study = |prices: &str, data: &str, more: &str| {
        format!(
            "backstaff: 1\nname: keys\ndata: {{prices: {{path: {prices}, adjustment: as_is}}{data}}}\n\
             portfolio: {{strategy: {{weights: {{instruments: {{{held}}}}}}}{more}}}\n"
        )
    };
    if !matches!(pair, Pair::Categories | Pair::Statements | Pair::Delistings) {
        fs::write(folder.join("prices.csv"), bars(names)).unwrap();
    }
    let both = keys.both();
    match pair {
        Pair::Attributes => {
            fs::write(
                folder.join("table.csv"),
                "symbol,sector\n".to_owned() + &rows(&|name| format!("{name},Energy\n")),
            )
            .unwrap();
            let data = format!(", attributes: {{path: table.csv, categories: [sector], static: true{both}}}");
            study("prices.csv", &data, "")
        }
        Pair::Facts => {
            let row = |name: &str| format!("{name},2018Q4,2019-01-15,1.5\n");
            fs::write(folder.join("table.csv"), "symbol,period,known_at,eps\n".to_owned() + &rows(&row))
                .unwrap();
            study("prices.csv", &format!(", facts: {{path: table.csv{both}}}"), "")
        }
        Pair::Recoveries => {
            fs::write(
                folder.join("table.csv"),
                "symbol,recovery\n".to_owned() + &rows(&|name| format!("{name},0.5\n")),
            )
            .unwrap();
            study("prices.csv", "", &format!(", recovery: {{table: table.csv{both}}}"))
        }
        Pair::Given => {
            let row = |name: &str| format!("2019-01-02,{name},1\n");
            fs::write(folder.join("table.csv"), "date,symbol,score\n".to_owned() + &rows(&row)).unwrap();
            study("prices.csv", "", "")
                .replace(&format!("{{weights: {{instruments: {{{held}}}}}}}"), "{top_n: {n: 1}}")
                + &format!(
                    "models: {{price: {{expression: $close}}, mine: {{scores: {{path: table.csv{both}}}}}}}\n"
                )
        }
        Pair::Categories | Pair::Statements | Pair::Delistings => {
            write_database(folder, pair, names, in_table, keys.rule);
            let allow = if keys.allow { ", allow_unmatched: true" } else { "" };
            let prices = format!("market.db, tables: layout.yaml{allow}");
            study(&prices, "", "")
                + "features: {define: {book: P($$equity_q)}}\n"
                    .repeat(usize::from(pair == Pair::Statements))
                    .as_str()
        }
    }
}

fn bars(names: &[String]) -> String {
    let mut text = String::from("date,symbol,open,high,low,close,volume\n");
    for (n, name) in names.iter().enumerate() {
        for (t, date) in sessions().enumerate() {
            let close = 100.0 + n as f64 + (t % 7) as f64;
            writeln!(text, "{date},{name},{close},{close},{close},{close},1000").unwrap();
        }
    }
    text
}

/// A database of prices and one table of the pair.
fn write_database(folder: &Path, pair: Pair, names: &[String], in_table: &[String], rule: &str) {
    let path = folder.join("market.db");
    let _ = fs::remove_file(&path);
    let mut connection = Connection::open(path).unwrap();
    let made = connection.transaction().unwrap();
    made.execute_batch(
        "CREATE TABLE bars (code TEXT, date TEXT, open REAL, close REAL, volume REAL);
         CREATE TABLE sectors (code TEXT, sector TEXT);
         CREATE TABLE gone (code TEXT, since TEXT);
         CREATE TABLE periods (id INTEGER, code TEXT, known TEXT, ended TEXT);
         CREATE TABLE items (period INTEGER, item TEXT, value REAL)",
    )
    .unwrap();
    for name in names {
        for (t, date) in sessions().enumerate() {
            let close = 100.0 + (t % 7) as f64;
            let row = (name, date.to_string(), close, close, 1000.0);
            made.execute("INSERT INTO bars VALUES (?1, ?2, ?3, ?4, ?5)", row).unwrap();
        }
    }
    for (id, name) in in_table.iter().enumerate() {
        made.execute("INSERT INTO sectors VALUES (?1, 'Energy')", [name]).unwrap();
        made.execute("INSERT INTO gone VALUES (?1, '2030-01-01')", [name]).unwrap();
        let row = (id as i64 + 1, name, "2019-01-15", "2018-12-31");
        made.execute("INSERT INTO periods VALUES (?1, ?2, ?3, ?4)", row).unwrap();
        made.execute("INSERT INTO items VALUES (?1, 'E', 7)", [id as i64 + 1]).unwrap();
    }
    made.commit().unwrap();
    let rule = if rule.is_empty() { String::new() } else { format!(", instrument_names: {rule}") };
    let table = match pair {
        Pair::Categories => {
            format!(
                "categories: [{{name: sector, table: sectors, instrument: code, column: sector, static: true{rule}}}]"
            )
        }
        Pair::Statements => format!(
            "statements: [{{periods: {{table: periods, id: id, instrument: code, known_at: known, period_end: ended{rule}}}, \
             items: [{{table: items, period: period, item: item, value: value, names: {{E: equity}}}}]}}]"
        ),
        Pair::Delistings => format!("delistings: {{table: gone, instrument: code, date: since{rule}}}"),
        Pair::Attributes | Pair::Facts | Pair::Recoveries | Pair::Given => unreachable!("they are files"),
    };
    let prices = "prices: {table: bars, instrument: code, date: date, columns: {open: open, close: close, volume: volume}}";
    fs::write(folder.join("layout.yaml"), format!("tables: 1\n{prices}\n{table}\n")).unwrap();
}

fn run(folder: &Path, text: &str) -> Result<RunOutcome, StudyError> {
    let path = folder.join("study.yaml");
    fs::write(&path, text).unwrap();
    Study::open(&path, &Options { threads: Some(1), ..Options::default() })?.run(&Silent)
}

/// A way to spell a code, and the rule that undoes it.
type Spelling = (fn(&str) -> String, &'static str);

/// How the tables of a study met, what it gave, and its page.
type Outcome = (Match, RunOutcome, String);

/// The outcome of a study of a pair: how its tables met and what the run warned of, or the error's text.
fn outcome(pair: Pair, names: &[String], in_table: &[String], keys: Keys<'_>) -> Result<Outcome, String> {
    let folder = tempfile::tempdir().unwrap();
    let text = write(folder.path(), pair, names, in_table, keys);
    let outcome = run(folder.path(), &text).map_err(|error| error.to_string())?;
    let [found] = &outcome.result.matches[..] else { panic!("{pair:?}: {:?}", outcome.result.matches) };
    assert_eq!(found.pair, pair);
    let page = fs::read_to_string(&outcome.artifacts.report).unwrap();
    Ok((found.clone(), outcome, page))
}

fn owned(names: impl IntoIterator<Item = impl ToString>) -> Vec<String> {
    names.into_iter().map(|name| name.to_string()).collect()
}

#[test]
fn a_table_that_is_spelled_otherwise_is_refused_and_the_key_that_is_told_mends_it() {
    let spellings: [Spelling; 4] = [
        (|code| code.trim_start_matches('0').to_owned(), "{pad: 6}"),
        (|code| format!("A{code}"), "{strip_prefix: [\"A\"]}"),
        (|code| format!("{code}.KS"), "{strip_suffix: [\".KS\"]}"),
        (|code| format!("kr{code}"), "{upper_case: true}"),
    ];
    for pair in Pair::ALL {
        for (spell, rule) in spellings {
            let names =
                CODES.map(|code| if rule.contains("upper") { format!("KR{code}") } else { code.to_owned() });
            let in_table = CODES.map(spell);
            let refused = outcome(pair, &names, &in_table, Keys::NONE).unwrap_err();
            let of = if rule.contains("pad") { "2 of 8" } else { "0 of 8" };
            for words in [rule, "allow_unmatched: true", of, "more would meet with `instrument_names"] {
                assert!(refused.contains(words), "{pair:?} {rule}: {refused}");
            }
            let allowed = Keys { rule: "", allow: true };
            let (found, run, page) = outcome(pair, &names, &in_table, allowed).unwrap();
            let warned = run.result.warnings.iter().filter(|warning| warning.contains(rule)).count();
            assert_eq!((warned, found.allowed), (1, true), "{pair:?} {rule}: {:?}", run.result.warnings);
            assert!(page.contains("Instruments that met between tables"), "{pair:?}");
            let caution = run.result.cautions.iter().find(|caution| caution.text.contains(rule));
            assert!(caution.is_some_and(|caution| caution.severity == "caution"), "{pair:?} {rule}");

            let (found, run, _) = outcome(pair, &names, &in_table, Keys { rule, allow: false }).unwrap();
            assert_eq!(
                (found.met, found.only_prices.count, found.only_table.count),
                (8, 0, 0),
                "{pair:?} {rule}"
            );
            assert!(!found.is_doubtful(), "{found}");
            assert!(
                !run.result.warnings.iter().any(|warning| warning.contains("that the table has not")),
                "{pair:?}: {:?}",
                run.result.warnings
            );
            let json = serde_json::to_value(&run).unwrap();
            assert_eq!(json["matches"][0]["met"], 8);
        }
    }
}

#[test]
fn a_missing_share_is_warned_of_and_the_other_direction_is_a_count() {
    for pair in Pair::ALL {
        let few = owned(&CODES[..6]);
        let whole_market = owned((0..300).map(|n| format!("{:06}", 400_000 + n)).chain(owned(CODES)));
        let lacking = owned(CODES.iter().skip(1).chain(&["999999"]));
        if matches!(pair, Pair::Delistings | Pair::Recoveries | Pair::Given) {
            // Few instruments are ever delisted: the table's own names need partners.
            let (found, run, _) = outcome(pair, &few, &owned(&CODES[..2]), Keys::NONE).unwrap();
            assert!(
                !found.is_doubtful()
                    && run.result.warnings.iter().all(|text| !text.contains("in the prices"))
            );
            assert!(
                outcome(pair, &few, &whole_market, Keys::NONE).unwrap_err().contains("6 of 308"),
                "{pair:?}"
            );
        } else {
            let (found, run, _) = outcome(pair, &few, &whole_market, Keys::NONE).unwrap();
            assert_eq!((found.met, found.only_prices.count, found.only_table.count), (6, 0, 302), "{pair:?}");
            assert!(run.result.warnings.iter().all(|text| !text.contains("in the table")), "{pair:?}");
        }
        let (found, run, _) = outcome(pair, &owned(CODES), &lacking, Keys::NONE).unwrap();
        assert_eq!((found.met, found.only_prices.count, found.only_table.count), (7, 1, 1), "{pair:?}");
        let warning = run.result.warnings.iter().find(|text| text.contains("7 of 8"));
        let warning = warning.unwrap_or_else(|| panic!("{pair:?}: {:?}", run.result.warnings));
        assert!(warning.contains("`000020`") && warning.contains("`999999`"), "{warning}");
    }
}

#[test]
fn a_study_of_few_names_reads_the_recoveries_and_delistings_of_its_whole_file() {
    for pair in [Pair::Delistings, Pair::Recoveries] {
        let folder = tempfile::tempdir().unwrap();
        let text = write(folder.path(), pair, &owned(CODES), &owned(&CODES[3..]), Keys::NONE);
        let text = text + "universe: {instruments: ['000020', '000040']}\n";
        let outcome = run(folder.path(), &text).unwrap();
        assert_eq!(outcome.result.matches[0].met, 5, "{pair:?}");
        assert!(!outcome.result.matches[0].is_doubtful());
    }
}

#[test]
fn the_names_of_prices_are_rewritten_too() {
    for pair in Pair::ALL {
        let folder = tempfile::tempdir().unwrap();
        let suffixed = owned(CODES.map(|code| format!("{code}.KS")));
        let text = write(folder.path(), pair, &suffixed, &owned(CODES), Keys::NONE);
        let error = run(folder.path(), &text).unwrap_err().to_string();
        let key = "`instrument_names: {strip_suffix: [\".KS\"]}` under data.prices";
        assert!(error.contains(key), "{pair:?}: {error}");
        let text =
            text.replace("adjustment: as_is", "adjustment: as_is, instrument_names: {strip_suffix: .KS}");
        let text = text.replace("0.KS\":", "0\":");
        let outcome = run(folder.path(), &text).unwrap();
        assert_eq!(outcome.result.matches[0].met, 8, "{pair:?}");
    }
}

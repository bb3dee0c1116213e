//! The sessions of instruments: their own calendars, and what is said where they share one.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

#[expect(dead_code, reason = "each test file uses a part")]
mod support;

use std::fmt::Write as _;

use backstaff_panel::{Session, Weekday};
use backstaff_source::{CalendarRule, Exchange, Loaded, PanelSource};
use support::{Folder, same, values};

fn day(text: &str) -> Session {
    text.parse().unwrap()
}

/// All days from one to another, both included.
fn days(from: &str, to: &str) -> impl Iterator<Item = Session> {
    (day(from).number()..=day(to).number()).map(Session::from_number)
}

/// Rows of an instrument, with closes that grow by one a row.
fn rows(name: &str, days: impl Iterator<Item = Session>) -> String {
    let mut text = String::new();
    for (n, day) in days.enumerate() {
        let _ = writeln!(text, "{day},{name},{}", 10 + n);
    }
    text
}

fn weekdays(from: &str, to: &str) -> impl Iterator<Item = Session> {
    days(from, to).filter(|day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday))
}

/// A share of New York, which is closed on 15 January, and a coin.
fn share_and_coin() -> String {
    let sessions = Exchange::Xnys.between(day("2024-01-02"), day("2024-02-09")).unwrap();
    let share = rows("SHARE", sessions.sessions().iter().copied());
    format!("date,symbol,close\n{share}{}", rows("BTC", days("2024-01-02", "2024-02-09")))
}

fn load(text: &str, calendar: Option<&str>) -> Loaded {
    let folder = Folder::new();
    let calendar = calendar.map_or_else(CalendarRule::default, |text| text.parse().unwrap());
    PanelSource { calendar, ..PanelSource::new(folder.file("prices.csv", text)) }.load().unwrap()
}

/// What is said about the calendar.
fn told(loaded: &Loaded) -> String {
    let warnings = loaded.found.warnings.iter().filter(|warning| !warning.starts_with("prices are used as"));
    warnings.cloned().collect::<Vec<_>>().join("\n")
}

#[test]
fn a_share_has_the_return_of_its_monday_beside_a_coin() {
    let loaded = load(&share_and_coin(), Some("XNYS,BTC=24/7"));
    let axis = loaded.panel.axis();
    let share = axis.find("SHARE").unwrap();
    let sessions = Exchange::Xnys.between(day("2024-01-02"), day("2024-02-09")).unwrap();
    assert_eq!(axis.sessions(share), sessions.sessions());
    assert_eq!(axis.sessions(axis.find("BTC").unwrap()).len(), 39);
    let returns = &values(&loaded, "return")[axis.rows(share)];
    let expected =
        (0..returns.len()).map(|n| if n == 0 { f64::NAN } else { (10 + n) as f64 / (9 + n) as f64 - 1.0 });
    assert!(same(returns, &expected.collect::<Vec<_>>()));
    let spans = &values(&loaded, "return_sessions")[axis.rows(share)];
    assert!(spans[1..].iter().all(|&span| span == 1.0), "{spans:?}");
    assert_eq!(loaded.found.calendar.lost_returns, 0);
    assert_eq!(told(&loaded), "");
}

#[test]
fn returns_that_are_lost_between_calendars_are_said_with_what_to_write() {
    let loaded = load(&share_and_coin(), None);
    // Four weekends, and the one of 15 January.
    assert_eq!(loaded.found.calendar.lost_returns, 5);
    let said = told(&loaded);
    assert!(said.contains("5 returns") && said.contains("2024-01-06, a Saturday (1 of 2"), "{said}");
    assert!(said.contains("`calendar: {default: XNYS, BTC: 24/7}`"), "{said}");
    assert!(said.contains("`--calendar 'XNYS,BTC=24/7'`"), "{said}");
}

#[test]
fn a_share_that_trades_until_friday_is_not_gone_on_sunday() {
    let text = format!(
        "date,symbol,close\n{}{}{}",
        rows("BTC", days("2024-01-02", "2024-01-28")),
        rows("GONE", weekdays("2024-01-02", "2024-01-11")),
        rows("SHARE", weekdays("2024-01-02", "2024-01-26"))
    );
    let loaded = load(&text, Some("union,BTC=24/7"));
    let axis = loaded.panel.axis();
    let ends = ["BTC", "GONE", "SHARE"].map(|name| axis.life(axis.find(name).unwrap()).end);
    assert_eq!((axis.n_sessions(), ends), (27, [27, 10, 27]));
}

#[test]
fn cutting_off_the_future_changes_no_value_of_own_calendars() {
    let halted = |text: String| {
        text.lines()
            .filter(|line| !line.starts_with("2024-01-18,SHARE"))
            .fold(String::new(), |text, line| text + line + "\n")
    };
    let text = halted(share_and_coin());
    let of = |text: &str| {
        let loaded = load(text, Some("XNYS,BTC=24/7"));
        let axis = loaded.panel.axis().clone();
        let (returns, spans) = (values(&loaded, "return"), values(&loaded, "return_sessions"));
        let row = |i: usize, row: usize| {
            let session = axis.calendar().session(axis.position_in(i, row));
            (axis.instruments()[i].to_string(), session, returns[row].to_bits(), spans[row].to_bits())
        };
        let rows = (0..axis.n_instruments()).flat_map(|i| axis.rows(i).map(move |at| (i, at)));
        rows.map(|(i, at)| row(i, at)).collect::<Vec<_>>()
    };
    let whole = of(&text);
    for last in days("2024-01-03", "2024-02-08") {
        let cut = text.lines().filter(|line| line.starts_with("date") || line[..10] <= *last.to_string());
        let cut = of(&cut.fold(String::new(), |text, line| text + line + "\n"));
        let before = whole.iter().filter(|(_, session, ..)| *session <= last).cloned().collect::<Vec<_>>();
        // A halt at the end is a row of the whole, and none of what was known by then.
        let before = before.into_iter().filter(|row| cut.contains(row) || row.1 != day("2024-01-18"));
        assert_eq!(
            before.collect::<Vec<_>>(),
            cut.into_iter().filter(|row| row.1 <= last).collect::<Vec<_>>(),
            "{last}"
        );
    }
}

#[test]
fn bars_on_the_weekend_of_a_weekday_exchange_are_remarked_on() {
    let text = format!(
        "date,symbol,close\n{}2024-03-03,A,9\n{}{}",
        rows("A", weekdays("2024-03-04", "2024-03-29")),
        rows("B", weekdays("2024-03-01", "2024-03-29")),
        rows("C", weekdays("2024-03-01", "2024-03-29"))
    );
    let loaded = load(&text, None);
    assert_eq!(loaded.found.calendar.weekend_rows, 1);
    let said = told(&loaded);
    assert!(said.contains("1 row of 1 instrument on Saturdays and Sundays"), "{said}");
    assert!(said.contains("A on 2024-03-03, a Sunday"), "{said}");
    // Coins alone have no weekend.
    let coins = format!("date,symbol,close\n{}", rows("BTC", days("2024-03-01", "2024-03-29")));
    assert_eq!([told(&load(&coins, None)), told(&load(&coins, Some("24/7")))], ["", ""]);
}

#[test]
fn dates_that_are_all_a_day_early_are_asked_about() {
    let early = weekdays("2024-03-04", "2024-04-26").map(|day| Session::from_number(day.number() - 1));
    let loaded = load(&format!("date,symbol,close\n{}", rows("A", early)), None);
    assert!(told(&loaded).contains("Sundays to Thursdays"), "{}", told(&loaded));
    let right = rows("A", weekdays("2024-03-04", "2024-04-26"));
    assert_eq!(told(&load(&format!("date,symbol,close\n{right}"), None)), "");
}

#[test]
fn rows_on_no_session_and_sessions_without_rows_are_said() {
    let sessions = weekdays("2024-01-02", "2024-02-09").filter(|session| *session != day("2024-01-23"));
    let text = format!("date,symbol,close\n{}", rows("A", sessions));
    let loaded = load(&text, Some("XNYS"));
    assert_eq!((loaded.found.calendar.dropped_rows, loaded.found.calendar.empty_sessions), (1, 1));
    let said = told(&loaded);
    assert!(
        said.contains("1 row on 1 date lies on no session and is left out, the first on 2024-01-15"),
        "{said}"
    );
    assert!(said.contains("1 session of XNYS without a row of any instrument: `2024-01-23`"), "{said}");
}

#[test]
fn dates_after_the_last_known_year_of_an_exchange_are_sessions_and_said() {
    let (_, last) = Exchange::Xshg.years().unwrap();
    let text = rows("A", weekdays(&format!("{last}-12-28"), &format!("{}-01-08", last + 1)));
    let loaded = load(&format!("date,symbol,close\n{text}"), Some("XSHG"));
    assert_eq!(loaded.found.last, weekdays("2026-01-01", &format!("{}-01-08", last + 1)).last().unwrap());
    assert!(told(&loaded).contains(&format!("known until the end of {last}")), "{}", told(&loaded));
}

#[test]
fn a_name_that_no_instrument_has_is_said() {
    let loaded = load(&share_and_coin(), Some("XNYS,BTC=24/7,ETH*=24/7"));
    assert!(told(&loaded).contains("`ETH*`"), "{}", told(&loaded));
}

#[test]
fn a_holiday_in_the_calendar_of_a_folder_in_qlib_s_layout_is_no_session() {
    let folder = Folder::new();
    folder.file("calendars/day.txt", "2020-01-02\n2020-01-03\n2020-01-06\n2020-01-07\n");
    folder.file("instruments/all.txt", "A\nB\n");
    for (name, first) in [("a", 10.0_f32), ("b", 20.0)] {
        let path = folder.file(&format!("features/{name}/close.day.bin"), "");
        let numbers = [0.0, first, first + 1.0, f32::NAN, first + 2.0];
        std::fs::write(path, numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>())
            .unwrap();
    }
    let loaded = PanelSource::new(folder.path()).load().unwrap();
    let spans = values(&loaded, "return_sessions");
    assert!(same(&spans, &[f64::NAN, 1.0, 1.0, f64::NAN, 1.0, 1.0]), "{spans:?}");
    assert!(
        told(&loaded).contains("the first on 2020-01-06 (0 of 2 instruments have values)"),
        "{}",
        told(&loaded)
    );
    // Where every date is a session, the loss is said.
    let verbatim = PanelSource::verbatim(folder.path()).load().unwrap();
    assert_eq!(verbatim.found.calendar.lost_returns, 2);
}

//! A comparison for a terminal.

use std::fmt;

use backstaff_report::{Cell, Column, Table, text};

use super::{Comparison, Pair, ReturnDifference, Subject};
use crate::{command::runs::Headline, words};

/// The most keys that are listed.
const LISTED: usize = 20;

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = &self.subjects[0];
        for subject in self.subjects.iter().filter(|subject| subject.has_changed) {
            writeln!(f, "note: the study's file says something else by now than for {}\n", subject.label)?;
        }
        for pair in &self.pairs {
            writeln!(f, "{} beside {}", pair.subject, first.label)?;
            for difference in pair.differences.iter().take(LISTED) {
                writeln!(f, "  {difference}")?;
            }
            if pair.differences.len() > LISTED {
                writeln!(f, "  and {} more keys", pair.differences.len() - LISTED)?;
            }
            writeln!(f, "  {}\n  {}\n", pair.parting(), pair.returns.sentence())?;
        }
        f.write_str(&text::render(&numbers(&self.subjects)))?;
        writeln!(f, "\npage: {}", self.out.display())
    }
}

impl Pair {
    /// Where the two part, as a sentence.
    pub(super) fn parting(&self) -> String {
        match (&self.first_stage, self.differences.is_empty()) {
            (None, true) => "the same study, data and results".to_owned(),
            (None, false) => "no stage computes anything else".to_owned(),
            (Some(stage), true) => {
                format!("the same study; the first stage that reads something else is `{stage}`")
            }
            (Some(stage), false) => format!("the first stage that differs is `{stage}`"),
        }
    }
}

impl ReturnDifference {
    /// The difference as a sentence.
    pub(super) fn sentence(&self) -> String {
        let Self { sessions, from, to, annual, t } = self;
        let (Some(from), Some(to), Some(annual)) = (from, to, annual) else {
            return "they have no two sessions in common, so their returns can't be compared".to_owned();
        };
        let over = format!("over {} in common, {from} to {to}", words::count(*sessions, "session"));
        let Some(t) = t else { return format!("the same return in every session, {over}") };
        let (size, t) = (words::percent(annual.abs(), 1), words::number(*t, 2));
        let more = if *annual < 0.0 { "less" } else { "more" };
        format!("earned {size} a year {more} (t {t}, Newey–West), {over}")
    }
}

/// The headlines of the subjects, one column a subject.
pub(super) fn numbers(subjects: &[Subject]) -> Table {
    let columns = subjects.iter().map(|subject| Column::text(subject.label.as_str()));
    let table = columns.fold(Table::new("Numbers").column(Column::text("")), Table::column);
    let percent =
        |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{:.1} %", 100.0 * value));
    let plain = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
    let rows = |headline: &Headline| {
        [
            ("verdict", headline.verdict.clone()),
            ("return a year (CAGR)", percent(headline.cagr)),
            ("excess a year", percent(headline.excess_annual)),
            ("t of the excess", plain(headline.excess_t)),
            ("Sharpe ratio", plain(headline.sharpe)),
            ("largest drawdown", percent(headline.max_drawdown)),
            ("turnover a year", plain(headline.turnover_annual)),
        ]
    };
    let all = subjects.iter().map(|subject| rows(&subject.headline)).collect::<Vec<_>>();
    let n_rows = all.first().map_or(0, |rows| rows.len());
    (0..n_rows).fold(table, |table, row| {
        let cells = all.iter().map(|rows| Cell::from(rows[row].1.clone()));
        table.row(std::iter::once(Cell::from(all[0][row].0)).chain(cells).collect::<Vec<_>>())
    })
}

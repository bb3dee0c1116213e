//! The proof of features as text for a terminal.

use std::{collections::BTreeMap, fmt, fmt::Write as _};

use backstaff_report::{Align, Cell, Column, Table, cells, text::render};

use super::{
    AtLag, Check, FeatureProof, History, Kind, Moved,
    warm_up::{LAGS, SHARE, SMALL},
};
use crate::words::{count, some_of};

/// The number of names in a line.
const MOST_NAMES: usize = 8;
/// The number of moved features that are shown of one check.
const MOST_MOVED: usize = 5;

impl fmt::Display for FeatureProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = &self.data;
        writeln!(
            f,
            "{}: {}, {}, {}, {} to {}; {}\n",
            data.path,
            count(data.rows, "row"),
            count(data.instruments, "instrument"),
            count(data.sessions, "session"),
            data.first,
            data.last,
            count(self.features.len(), "feature"),
        )?;
        for matched in &self.matches {
            writeln!(f, "joined: {matched}\n")?;
        }
        f.write_str(&checks(&self.checks))?;
        for kind in Kind::ALL {
            f.write_str(&not_compared(kind, &self.checks))?;
        }
        let moved = self.checks.iter().filter(|check| !check.moved.is_empty());
        for check in moved {
            writeln!(f, "\n{}, {}:", check.kind, check.what)?;
            check.moved.iter().take(MOST_MOVED).try_for_each(|moved| f.write_str(&place(moved)))?;
            if check.moved.len() > MOST_MOVED {
                writeln!(f, "  and {} more", count(check.moved.len() - MOST_MOVED, "feature"))?;
            }
        }
        write!(f, "\n{}", self.warm_up_text())?;
        let verdict = if self.holds { "nothing moved" } else { "something moved that may not" };
        writeln!(f, "\n{verdict} ({:.1} s)\nnot covered:", self.seconds)?;
        self.not_covered.iter().try_for_each(|line| writeln!(f, "  - {line}"))
    }
}

fn checks(checks: &[Check]) -> String {
    let table = Table::new("Changed, with the bits of these values compared")
        .column(Column::text("check"))
        .column(Column::text("what"))
        .column(Column::integer("values"))
        .column(Column::text("verdict"));
    let table = checks.iter().fold(table, |table, check| {
        let verdict = match (check.values, check.moved.is_empty()) {
            (0, _) => "shows nothing",
            (_, true) => "nothing moved",
            (_, false) => "MOVED",
        };
        table.row(cells![check.kind.to_string(), check.what.clone(), check.values as f64, verdict])
    });
    render(&table)
}

/// The sentences about features of which no check of a kind shows anything, by reason.
fn not_compared(kind: Kind, checks: &[Check]) -> String {
    let mut of_kind = checks.iter().filter(|check| check.kind == kind);
    let Some(first) = of_kind.next() else { return String::new() };
    let mut left = first.not_compared.iter().collect::<Vec<_>>();
    for check in of_kind {
        left.retain(|skipped| check.not_compared.contains(skipped));
    }
    let mut by_reason = BTreeMap::<&str, Vec<&str>>::new();
    for skipped in left {
        by_reason.entry(skipped.why).or_default().push(&skipped.feature);
    }
    by_reason.into_iter().fold(String::new(), |mut out, (why, names)| {
        let _ = writeln!(out, "{kind} says nothing of {}: {why}", some_of(names, MOST_NAMES));
        out
    })
}

fn place(moved: &Moved) -> String {
    let value = |value: Option<f64>| value.map_or_else(|| "missing".to_owned(), |value| value.to_string());
    let mut out = format!(
        "  {} moved: {}, the first of {} on {}: {} became {}\n      {}\n",
        moved.feature,
        count(moved.n_moved, "value"),
        moved.instrument,
        moved.session,
        value(moved.value),
        value(moved.became),
        moved.expression,
    );
    if let Some(part) = &moved.part {
        let _ = writeln!(out, "      the innermost part that moves: {part}");
    }
    out
}

impl FeatureProof {
    fn warm_up_text(&self) -> String {
        let mut exact = BTreeMap::<usize, Vec<&str>>::new();
        let mut table = Table::new(format!(
            "Warm-up: difference to the value with all history, so many sessions after a later start, over the \
             instrument's median absolute value; settled: below {SMALL:e} for {:.0} % of the values",
            100.0 * SHARE
        ))
        .column(Column::text("feature"))
        .column(Column::text("difference"));
        for lag in LAGS {
            table = table.column(Column::text(lag.to_string()).align(Align::Right));
        }
        table = table.column(Column::text("settled after"));
        let mut any = false;
        for warm_up in &self.warm_up {
            match &warm_up.history {
                History::Window { exact_after } => {
                    exact.entry(*exact_after).or_default().push(&warm_up.feature);
                }
                History::All { after, settled_after, measured, .. } => {
                    let settled = settled_after.map_or_else(
                        || format!("never in {}", count(*measured, "session")),
                        |after| count(after, "session"),
                    );
                    for (row, name) in rows(after).into_iter().zip([warm_up.feature.as_str(), "", ""]) {
                        let settled = if name.is_empty() { String::new() } else { settled.clone() };
                        let cells = [Cell::from(name)].into_iter().chain(row).chain([Cell::from(settled)]);
                        table = table.row(cells.collect::<Vec<_>>());
                    }
                    any = true;
                }
            }
        }
        let mut out = if any { render(&table) } else { String::new() };
        for (sessions, names) in exact {
            let names = some_of(names, MOST_NAMES);
            let _ = writeln!(out, "exact after {}: {names}", count(sessions, "session"));
        }
        out
    }
}

/// The rows of a feature: the median, the largest difference, and the missing share if any value is missing.
fn rows(after: &[AtLag]) -> Vec<Vec<Cell>> {
    let row = |name: &str, cell: &dyn Fn(&AtLag) -> String| {
        let cells = LAGS.iter().map(|&lag| {
            let at = after.iter().find(|at| at.sessions == lag);
            Cell::from(at.map_or_else(|| "–".to_owned(), cell))
        });
        [Cell::from(name)].into_iter().chain(cells).collect::<Vec<_>>()
    };
    let mut rows =
        vec![row("median", &|at| difference(at.median)), row("largest", &|at| difference(at.largest))];
    if after.iter().any(|at| at.missing > 0) {
        rows.push(row("missing", &|at| match at.values + at.missing {
            0 => "–".to_owned(),
            all => format!("{:.0}%", 100.0 * at.missing as f64 / all as f64),
        }));
    }
    rows
}

fn difference(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(0.0) => "0".to_owned(),
        Some(value) => format!("{value:.1e}"),
    }
}

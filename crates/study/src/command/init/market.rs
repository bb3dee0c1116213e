//! What of the data decides which study suits them.

use std::collections::BTreeSet;

use backstaff_feature::Schema;
use backstaff_panel::{Column, Panel, Session};
use backstaff_source::{Inspection, Unused, field_name};

use super::pace::Pace;

/// What of the data decides which study suits them.
#[derive(Clone, Debug)]
pub(super) struct Market {
    /// The names of all instruments.
    pub instruments: Vec<String>,
    /// The number of sessions with a close of each.
    lives: Vec<usize>,
    /// The number of instruments with a close in each session.
    counts: Vec<usize>,
    sessions: Vec<Session>,
    /// How far apart the sessions are.
    pub pace: Pace,
    /// The columns that the data have values in, and the categories that their texts can give.
    pub schema: Schema,
    /// The categories among them that come from texts of the files: the study has to name them.
    pub categories: Vec<String>,
    /// Whether nearly all rows with a close have an open.
    pub has_open: bool,
}

/// Names of columns whose texts are categories worth comparing within.
const CATEGORIES: [&str; 3] = ["sector", "industry", "group"];

/// The share of the closes that a column must reach to be counted on.
const USUAL: f64 = 0.9;

impl Market {
    pub(super) fn of(inspection: &Inspection) -> Self {
        let panel = &inspection.panel;
        let axis = panel.axis();
        let close = panel.field("close");
        let (mut counts, mut lives) = (vec![0; axis.n_sessions()], vec![0; axis.n_instruments()]);
        for i in 0..axis.n_instruments() {
            for row in axis.rows(i).filter(|&row| close.is_some_and(|close| close.get(row).is_finite())) {
                counts[axis.position_in(i, row)] += 1;
                lives[i] += 1;
            }
        }
        let n_closes = counts.iter().sum::<usize>();
        let mut schema = Schema::of(panel);
        schema.fields.retain(|name| is_told(panel, name, n_closes));
        let categories =
            texts(inspection).filter(|name| CATEGORIES.contains(&name.as_str())).collect::<Vec<_>>();
        schema.categories.extend(categories.iter().cloned());
        Self {
            instruments: axis.instruments().iter().map(|one| one.name().to_owned()).collect(),
            has_open: schema.fields.contains("open"),
            pace: Pace::new(axis.calendar().sessions_per_year()),
            sessions: axis.calendar().sessions().to_vec(),
            counts,
            lives,
            schema,
            categories,
        }
    }

    /// The number of sessions.
    pub(super) fn n_sessions(&self) -> usize {
        self.sessions.len()
    }

    /// The first session.
    pub(super) fn first(&self) -> Session {
        self.sessions[0]
    }

    /// The last session.
    pub(super) fn last(&self) -> Session {
        self.sessions[self.sessions.len() - 1]
    }

    /// The session at a position.
    pub(super) fn session(&self, position: usize) -> Session {
        self.sessions[position.min(self.sessions.len() - 1)]
    }

    /// The position of the first session on or after a date.
    pub(super) fn position(&self, date: Session) -> usize {
        self.sessions.partition_point(|&session| session < date)
    }

    /// How many instruments there usually are to choose from: the median over the sessions.
    pub(super) fn breadth(&self) -> usize {
        let mut counts = self.counts.clone();
        counts.sort_unstable();
        counts.get(counts.len() / 2).copied().unwrap_or(0)
    }

    /// The rows with a close between two positions.
    pub(super) fn n_rows(&self, positions: std::ops::Range<usize>) -> usize {
        self.counts[positions].iter().sum()
    }

    /// The instruments with the most sessions, at most `n`, each with `least` or more; in the order of the data.
    pub(super) fn longest(&self, n: usize, least: usize) -> Vec<String> {
        let mut order = (0..self.lives.len()).filter(|&i| self.lives[i] >= least).collect::<Vec<_>>();
        order.sort_by_key(|&i| std::cmp::Reverse(self.lives[i]));
        order.truncate(n);
        order.sort_unstable();
        order.into_iter().map(|i| self.instruments[i].clone()).collect()
    }

    /// The position of the first session with so many instruments; 0 if none has.
    pub(super) fn first_with(&self, n: usize) -> usize {
        self.counts.iter().position(|&count| count >= n).unwrap_or(0)
    }
}

/// Whether a field has values that say something: a volume of 0 everywhere is none, and a price has to be there in nearly
/// all rows that have a close.
fn is_told(panel: &Panel, name: &str, n_closes: usize) -> bool {
    let Some(column) = panel.field(name) else { return false };
    let count = |is: &dyn Fn(f64) -> bool, column: &Column| {
        (0..column.len()).filter(|&row| is(column.get(row))).count()
    };
    match name {
        "volume" => count(&|value| value > 0.0, column) * 2 > n_closes,
        "open" | "high" | "low" => count(&f64::is_finite, column) as f64 >= USUAL * n_closes as f64,
        _ => true,
    }
}

/// The columns of texts in the files, by our names.
pub(super) fn texts(inspection: &Inspection) -> impl Iterator<Item = String> {
    let ignored = inspection.found.ignored.iter().filter(|ignored| ignored.why == Unused::Text);
    let names = ignored.map(|ignored| field_name(&ignored.source)).filter(|name| !name.is_empty());
    let mut known = BTreeSet::new();
    names.filter(move |name| known.insert(name.clone()))
}

//! Everything that a regime study gave; the report is a function of it alone.

use std::ops::Range;

use backstaff_panel::Session;

use super::{
    allocate::{Allocation, Book},
    config::RegimeConfig,
    follow::Setting,
    history::History,
};

/// Everything that a regime study gave.
#[derive(Debug)]
pub struct RegimeResults {
    /// The study.
    pub config: RegimeConfig,
    /// The instruments whose regimes are followed under the study's setting.
    pub followed: Vec<FollowedInstrument>,
    /// The setting of the study.
    pub setting: Setting,
    /// The books at the stated costs over the study's sessions: the strategy, the same mean exposures held constantly, the
    /// equal weight, one instrument held.
    pub books: Vec<Allocation>,
    /// The strategy at other costs: the multiple and what became of it.
    pub stressed: Vec<(f64, Allocation)>,
    /// The strategy under all settings over the sessions that all of them know.
    pub spread: Vec<(Setting, Allocation)>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// Sessions a year.
    pub sessions_per_year: f64,
    /// Stage, shard and key of every artifact.
    pub lineage: Vec<(String, String, String)>,
}

/// An instrument and its regimes.
#[derive(Debug)]
pub struct FollowedInstrument {
    /// Its name.
    pub name: String,
    /// The session of each of its rows.
    pub sessions: Vec<Session>,
    /// Its closes.
    pub close: Vec<f64>,
    /// Its regimes.
    pub history: History,
}

impl RegimeResults {
    /// The book of the strategy.
    pub fn strategy(&self) -> Option<&Allocation> {
        self.books.iter().find(|book| matches!(book.shard.book, Book::Strategy(_)))
    }

    /// The book of this name.
    pub fn book(&self, name: &str) -> Option<&Allocation> {
        self.books.iter().find(|book| book.shard.book.to_string() == name)
    }
}

/// The book of the strategy's mean exposures.
pub const CONSTANT: &str = "its mean exposures, constant";
/// The book of all that the strategy may hold.
pub const EQUAL: &str = "equal weight";

/// What a book is called in the report.
pub fn book_name(book: &Book) -> String {
    match book {
        Book::Strategy(_) => "strategy".to_owned(),
        other => other.to_string(),
    }
}

impl FollowedInstrument {
    /// Runs of rows with a regime of one kind, within the rows whose regime is known.
    pub fn runs(&self) -> Vec<Range<usize>> {
        let mut runs = Vec::<Range<usize>>::new();
        for row in self.history.first().unwrap_or(self.sessions.len())..self.sessions.len() {
            match runs.last_mut() {
                Some(run) if self.history.kind[run.start] == self.history.kind[row] => run.end = row + 1,
                _ => runs.push(row..row + 1),
            }
        }
        runs
    }
}

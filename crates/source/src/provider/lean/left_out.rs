//! The bars and files that a reading of LEAN's files left out.

use std::{collections::BTreeMap, path::PathBuf};

use backstaff_panel::Session;

use super::listings::Span;

/// The number of examples that a sentence names.
const EXAMPLES: usize = 5;

/// Counts of what was left out.
#[derive(Default)]
pub(super) struct LeftOut {
    /// The instruments with a ticker that has no archive, and the span of the ticker.
    pub missing: Vec<(String, Span)>,
    /// The instruments without a factor file, where others have one.
    pub without_factors: Vec<String>,
    /// The number of bars outside the regular hours.
    pub outside_hours: usize,
    /// The number of prices of 0 in bars of hours and minutes.
    pub zeros: usize,
    /// For each archive, the number of its sessions, and of those that belong to an instrument.
    claims: BTreeMap<usize, (usize, usize)>,
}

impl LeftOut {
    pub(super) fn claim(&mut self, file: usize, sessions: usize, claimed: usize) {
        self.claims.entry(file).or_insert((sessions, 0)).1 += claimed;
    }

    pub(super) fn add(&mut self, other: Self) {
        self.missing.extend(other.missing);
        self.without_factors.extend(other.without_factors);
        self.outside_hours += other.outside_hours;
        self.zeros += other.zeros;
        for (file, (sessions, claimed)) in other.claims {
            self.claim(file, sessions, claimed);
        }
    }

    pub(super) fn warnings(&self, files: &[PathBuf]) -> Vec<String> {
        let mut warnings = Vec::new();
        for (name, Span { ticker, first, last }) in self.missing.iter().take(EXAMPLES) {
            let (first, last) = (Session::from_number(*first), Session::from_number(*last));
            warnings.push(format!(
                "{name} was {} from {first} to {last}, of which there are no bars: a hole",
                ticker.to_uppercase()
            ));
        }
        if let Some(more) = self.missing.len().checked_sub(EXAMPLES).filter(|more| *more > 0) {
            warnings.push(format!("{more} more holes are of tickers without bars"));
        }
        if !self.without_factors.is_empty() {
            let names = self.without_factors.iter().take(EXAMPLES).map(String::as_str).collect::<Vec<_>>();
            warnings.push(format!(
                "{} instruments have no factor file, so their prices are not adjusted, e.g. {}",
                self.without_factors.len(),
                names.join(", ")
            ));
        }
        if self.outside_hours > 0 {
            warnings.push(format!("{} bars outside the regular hours are left out", self.outside_hours));
        }
        if self.zeros > 0 {
            warnings.push(format!(
                "{} prices of 0 in bars within a session count as missing: the session's range and close are made of the \
                 others",
                self.zeros
            ));
        }
        let unclaimed = self.claims.iter().filter(|(_, (sessions, claimed))| claimed < sessions);
        let unclaimed = unclaimed.map(|(file, (sessions, claimed))| (file, sessions - claimed));
        if let Some((&file, _)) = unclaimed.clone().next() {
            warnings.push(format!(
                "{} sessions of archives belong to no instrument by the map files and are left out, e.g. of {}",
                unclaimed.map(|(_, count)| count).sum::<usize>(),
                files[file].display()
            ));
        }
        warnings
    }
}

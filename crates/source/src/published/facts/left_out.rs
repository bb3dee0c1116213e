//! The rows and columns of tables of facts that publish nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use backstaff_panel::{Fact, Instrument};
use backstaff_words::count;

use crate::published::repeats::{self, Repeats};

/// Rows and columns that were left out, counted by their reason.
#[derive(Default)]
pub(super) struct LeftOut {
    /// The number of rows whose day of publication lies before the end of their period.
    pub early: usize,
    /// The first of these rows, for people.
    pub first_early: Option<String>,
    /// The number of rows in each currency that is not the expected one.
    pub currencies: BTreeMap<String, usize>,
    /// The columns that hold texts.
    pub texts: BTreeSet<String>,
    /// The number of values that repeat an equal one of their period and day.
    merged: usize,
    /// The number of values that differ from another one of their period and day.
    differing: usize,
    /// The first of these, for people.
    first_differing: Option<String>,
}

impl LeftOut {
    /// Take out of the values of a quantity those that are told twice.
    pub(super) fn repeats(&mut self, name: &str, facts: &mut Vec<(Instrument, Fact)>) {
        let Repeats { merged, differing, first } = Repeats::settle(facts);
        self.merged += merged;
        self.differing += differing;
        if let Some((first, second)) = first {
            let (instrument, fact) = &facts[first];
            let words = repeats::pair(fact.known, fact.value, facts[second].1.value);
            self.first_differing.get_or_insert_with(|| format!("{name} of {instrument} is {words}"));
        }
    }

    /// A sentence for each reason.
    pub(super) fn sentences(self, path: &Path) -> Vec<String> {
        let path = path.display();
        let mut sentences = Vec::new();
        if let Some(first) = self.first_early {
            let rows = if self.early == 1 { "1 row".to_owned() } else { format!("{} rows", self.early) };
            sentences.push(format!(
                "{path}: {rows} left out, known before the period had ended, the first {first}; their days of \
                 publication cannot be right"
            ));
        }
        for (currency, rows) in self.currencies {
            let currency = if currency.is_empty() { "no currency".to_owned() } else { currency };
            sentences.push(format!("{path}: {rows} rows left out in {currency}"));
        }
        if self.merged > 0 {
            let values = count(self.merged, "value");
            sentences.push(format!("{path}: {values} told twice for one period and day, and counted once"));
        }
        if let Some(first) = self.first_differing {
            let values = count(self.differing, "value");
            sentences.push(format!(
                "{path}: {values} contradicted by another row of the same period and day, of which the last in the file \
                 counts: {first}"
            ));
        }
        if !self.texts.is_empty() {
            let names = self.texts.into_iter().collect::<Vec<_>>().join(", ");
            sentences.push(format!("{path}: columns without numbers are no facts: {names}"));
        }
        sentences
    }
}

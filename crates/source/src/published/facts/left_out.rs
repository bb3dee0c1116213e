//! The rows and columns of tables of facts that publish nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

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
}

impl LeftOut {
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
        if !self.texts.is_empty() {
            let names = self.texts.into_iter().collect::<Vec<_>>().join(", ");
            sentences.push(format!("{path}: columns without numbers are no facts: {names}"));
        }
        sentences
    }
}

//! What columns an expression may name.

use std::collections::BTreeSet;

use backstaff_panel::Panel;

/// The names of the columns that a panel offers, without its data.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Schema {
    /// The fields: `$close`.
    pub fields: BTreeSet<String>,
    /// The category columns: `by=sector`.
    pub categories: BTreeSet<String>,
}

impl Schema {
    /// The schema of a panel.
    pub fn of(panel: &Panel) -> Self {
        Self {
            fields: panel.fields().map(|(name, _)| name.to_owned()).collect(),
            categories: panel.all_categories().map(|(name, _)| name.to_owned()).collect(),
        }
    }
}

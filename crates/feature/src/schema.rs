//! The columns that an expression may name.

use std::collections::BTreeSet;

use backstaff_panel::Panel;

/// The names of the columns that a panel offers, without its data.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Schema {
    /// The fields, as in `$close`.
    pub fields: BTreeSet<String>,
    /// The category columns, as in `by=sector`.
    pub categories: BTreeSet<String>,
    /// The published facts, whose names end with their frequency: `$$roe_q`.
    pub facts: BTreeSet<String>,
    /// The instruments, if they are known: `ChangeInstrument('SPY', $close)`. If not, any name is taken, and what is
    /// computed of one that is not in the panel is missing.
    pub instruments: Option<BTreeSet<String>>,
}

impl Schema {
    /// The schema of a panel.
    pub fn of(panel: &Panel) -> Self {
        Self {
            fields: panel.fields().map(|(name, _)| name.to_owned()).collect(),
            categories: panel.all_categories().map(|(name, _)| name.to_owned()).collect(),
            facts: panel.all_facts().map(|(name, _)| name.to_owned()).collect(),
            instruments: Some(panel.axis().instruments().iter().map(|one| one.name().to_owned()).collect()),
        }
    }
}

//! A study's table of attributes: categories without history, and dates of entry.

use std::path::{Path, PathBuf};

use backstaff_panel::{Column, Instrument, Panel};
use backstaff_source::{Match, NameRule, Pair, Written, read_attributes};
use backstaff_stage::KeyHasher;

use crate::{
    StudyError,
    config::Attributes,
    steps::published::enter_written,
    stored::{facts::LoadFacts, panel::MEMBER},
};

/// The table of attributes, and how it is read.
#[derive(Clone, Debug)]
pub(super) struct AttributeTable {
    pub path: PathBuf,
    pub key: Option<String>,
    pub categories: Vec<String>,
    pub written: Written,
    pub instrument_names: NameRule,
    pub allow_unmatched: bool,
    /// The section of the study, or the option of the command, that names the table.
    pub named_by: &'static str,
}

impl AttributeTable {
    /// The table that the study's section `data.attributes` names, below the study's folder.
    pub(super) fn new(table: &Attributes, folder: &Path) -> Self {
        Self {
            path: folder.join(&table.path),
            key: table.key.clone(),
            categories: table.categories.clone(),
            written: table.written(),
            instrument_names: table.instrument_names.clone(),
            allow_unmatched: table.allow_unmatched,
            named_by: "data.attributes",
        }
    }

    /// Enter everything into a key that changes what is read from the table, but for its bytes.
    pub(super) fn enter(key: &mut KeyHasher, table: &Self) {
        let Self {
            path: _, // hashed as the bytes behind it
            key: column,
            categories,
            written,
            instrument_names,
            allow_unmatched,
            named_by,
        } = table;
        key.str("key", column.as_deref().unwrap_or_default());
        enter_written(key, *written);
        key.str("instrument_names", &instrument_names.to_string());
        key.bool("allow_unmatched", *allow_unmatched).str("named_by", named_by);
        key.list("categories", categories, |key, name| {
            key.str("", name);
        });
    }

    /// Add the table's categories to a panel, and its membership from the dates of a column, if one is named.
    pub(super) fn add(
        &self,
        member_from: Option<&str>,
        panel: &mut Panel,
        facts: &mut LoadFacts,
    ) -> Result<(), StudyError> {
        let mut columns = self.categories.iter().map(String::as_str).collect::<Vec<_>>();
        columns.extend(member_from);
        let attributes = read_attributes(&self.path, self.key.as_deref(), &columns, self.written)?;
        let attributes = attributes.renamed(&self.instrument_names)?;
        if attributes.n_merged() > 0 {
            let rows = backstaff_words::count(attributes.n_merged(), "row");
            facts.warnings.push(format!(
                "{rows} of {} repeat what another row says, and count once",
                self.path.display()
            ));
        }
        let axis = panel.axis().clone();
        let of_prices = axis.instruments().iter().map(Instrument::name);
        let at = (self.named_by, self.path.as_path());
        let matched = Match::of(Pair::Attributes, at, of_prices, attributes.instruments());
        facts.matches.push(matched.allowed(self.allow_unmatched));
        for name in &self.categories {
            let categories = attributes.categories(name, &axis)?;
            panel.insert_categories(name, categories)?;
            facts.static_categories.push(name.clone());
        }
        if let Some(column) = member_from {
            let since = attributes.since(column, self.written.date_order, &axis)?;
            let members = since.members.members().iter().map(|&member| f32::from(u8::from(member))).collect();
            panel.insert(MEMBER, Column::F32(members))?;
            facts.membership = Some((since.rows_before, since.undated));
        }
        Ok(())
    }
}

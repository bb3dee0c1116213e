//! A user's own columns: from their table to fields and categories of the panel.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use backstaff_panel::{Axis, Categories, Column, Instrument, Panel};
use backstaff_source::{
    ColumnRole, Found, GivenSource, Holds, Match, Pair, PanelSource, Unused, field_name, is_known_at,
};
use backstaff_stage::{Digest, KeyHasher, digest_file};
use backstaff_words::count;

use super::{FileForm, digest_of, key::enter_prices};
use crate::{StudyError, stored::facts::LoadFacts};

/// What messages call the argument that names the table.
const KEY: &str = "columns";

/// A table of values that are joined to prices by instrument and date: each column of numbers becomes a field, each of
/// texts a category.
///
/// A value is taken as known at the close of its date, or of the day in a column `known_at`, if that is later. A row that
/// meets no row of the prices is left out, and told.
#[derive(Clone, Debug)]
pub struct OwnColumns {
    source: PanelSource,
}

/// The rows of a table that meet no row of the prices.
#[derive(Default)]
struct Unmet {
    /// Rows of instruments that the prices lack.
    unknown: usize,
    /// Rows of days on which the instrument has no session in the prices.
    outside: usize,
}

impl OwnColumns {
    /// The table in a file, or in memory under this name, written in this form.
    pub fn new(path: &Path, form: &FileForm) -> Self {
        let mut source = PanelSource::verbatim(path);
        form.lay_over(&mut source);
        Self { source }
    }

    /// The path of the table.
    pub(super) fn path(&self) -> &PathBuf {
        &self.source.path
    }

    /// The digest of the table's bytes.
    pub(super) fn digest(&self) -> Result<Digest, StudyError> {
        digest_of(self.path(), digest_file)
    }

    /// Enter everything into a key that changes what is read from the table, but for its bytes.
    pub(super) fn enter(key: &mut KeyHasher, columns: &Self) {
        enter_prices(key, &columns.source, "");
    }

    /// Add the table's columns to a panel, and say what became of its rows.
    ///
    /// # Errors
    ///
    /// If the table can't be read, has two different rows of an instrument and a date, has a column of a name that the
    /// panel has already, or meets no row of the panel.
    pub(crate) fn add(&self, panel: &mut Panel, facts: &mut LoadFacts) -> Result<(), StudyError> {
        let mut loaded = self.source.load()?;
        let texts = loaded.found.ignored.iter().filter(|column| column.why == Unused::Text);
        let texts = texts.filter(|column| !is_known_at(&column.source));
        let texts = texts.map(|column| field_name(&column.source)).collect::<BTreeSet<_>>();
        if !texts.is_empty() {
            let categories = texts.into_iter().collect();
            loaded = PanelSource { categories, ..self.source.clone() }.load()?;
        }
        let (own, found) = (&loaded.panel, &loaded.found);
        let names = self.names(found, panel)?;
        let axis = panel.axis().clone();
        let listed = axis.instruments().iter().map(Instrument::name);
        let of_table = own.axis().instruments().iter().map(Instrument::name);
        let matched = Match::of(Pair::Given, (KEY, self.path()), listed, of_table);
        let matched = matched.allowed(self.source.allow_unmatched);
        matched.check()?;
        facts.matches.push(matched);
        facts.warnings.extend(found.warnings.iter().map(|told| format!("{KEY}: {told}")));
        let mut told = vec![format!("{KEY}: {} of {} read", count(found.rows, "row"), names.join(", "))];
        let columns = found.columns.iter().filter(|column| names.contains(&column.name));
        if found.ignored.iter().any(|column| is_known_at(&column.source)) {
            for column in columns {
                told.push(self.place_when_known(&column.source, &column.name, column.role, panel)?);
            }
        } else {
            let (rows, unmet) = meet(own, &names, &axis);
            if rows.is_empty() {
                return Err(self.meets_nothing(&axis));
            }
            told.extend(unmet.told());
            for name in &names {
                place(own, name, &rows, panel)?;
            }
            told.push(
                "there is no `known_at`: values are taken as known at the close of their date".to_owned(),
            );
        }
        facts.warnings.push(told.join("; "));
        Ok(())
    }

    /// Our names of the columns that are added.
    fn names(&self, found: &Found, panel: &Panel) -> Result<Vec<String>, StudyError> {
        let is_value = |role| matches!(role, ColumnRole::Number | ColumnRole::Category);
        let values = found.columns.iter().filter(|column| is_value(column.role));
        let names = values.map(|column| column.name.clone()).collect::<Vec<_>>();
        let path = self.path().display();
        if names.is_empty() {
            return Err(invalid(format!(
                "{path} has no column of numbers or texts beside dates and instruments"
            )));
        }
        let is_taken = |name: &&String| panel.field(name).is_some() || panel.categories(name).is_some();
        match names.iter().find(is_taken) {
            Some(name) => {
                Err(invalid(format!("{name} of {path} is a field of the prices already; rename the column")))
            }
            None => Ok(names),
        }
    }

    /// Add a column whose values become known later than at the close of their date; returns what became of its rows.
    fn place_when_known(
        &self,
        source: &str,
        name: &str,
        role: ColumnRole,
        panel: &mut Panel,
    ) -> Result<String, StudyError> {
        if role == ColumnRole::Category {
            let path = self.path().display();
            return Err(invalid(format!(
                "{path}: the texts of {source:?} can't have a `known_at`; drop one of the two"
            )));
        }
        let values = GivenSource {
            path: self.path().clone(),
            column: Some(source.to_owned()),
            usual: &[],
            written: self.source.written,
            instrument_names: self.source.instrument_names.clone(),
        };
        let axis = panel.axis().clone();
        let placed = values.read()?.on(&axis, Holds::Once);
        if placed.values.iter().all(|value| value.is_nan()) {
            return Err(self.meets_nothing(&axis));
        }
        let unmet = Unmet { unknown: placed.unknown, outside: placed.outside };
        let late = format!("{name}: {} known after their date, which count from `known_at` on", placed.late);
        panel.insert(name, Column::F64(placed.values))?;
        Ok([late].into_iter().chain(unmet.told()).collect::<Vec<_>>().join(", "))
    }

    fn meets_nothing(&self, axis: &Axis) -> StudyError {
        let sessions = axis.calendar().sessions();
        invalid(format!(
            "{} has no value for an instrument and a session of the prices, which are from {} to {}",
            self.path().display(),
            sessions[0],
            sessions[sessions.len() - 1]
        ))
    }
}

impl Unmet {
    /// What is told of the rows, if there are any.
    fn told(&self) -> Vec<String> {
        let told = [
            (self.unknown, "of instruments that the prices lack"),
            (self.outside, "of days on which the prices have no session of the instrument"),
        ];
        told.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect()
    }
}

fn invalid(message: String) -> StudyError {
    StudyError::Value { key: KEY.to_owned(), message }
}

/// The rows of a table that have any of some columns, each with the row of the axis that it meets; and those that meet none.
fn meet(own: &Panel, names: &[String], axis: &Axis) -> (Vec<(usize, usize)>, Unmet) {
    let fields = names.iter().filter_map(|name| own.field(name)).collect::<Vec<_>>();
    let categories = names.iter().filter_map(|name| own.categories(name)).collect::<Vec<_>>();
    let has_value = |row: usize| {
        fields.iter().any(|column| !column.get(row).is_nan())
            || categories.iter().any(|categories| categories.codes()[row] != Categories::MISSING)
    };
    let (mut rows, mut unmet) = (Vec::new(), Unmet::default());
    for (i, instrument) in own.axis().instruments().iter().enumerate() {
        let partner = axis.find(instrument.name());
        for (row, position) in own.axis().rows(i).zip(own.axis().positions(i)) {
            if !has_value(row) {
                continue;
            }
            let Some(partner) = partner else {
                unmet.unknown += 1;
                continue;
            };
            let position = axis.calendar().position(own.axis().calendar().session(position));
            match position.and_then(|position| axis.row(partner, position)) {
                Some(met) => rows.push((row, met)),
                None => unmet.outside += 1,
            }
        }
    }
    (rows, unmet)
}

/// Add a column of a table to a panel, whose rows meet as the pairs say.
fn place(own: &Panel, name: &str, rows: &[(usize, usize)], panel: &mut Panel) -> Result<(), StudyError> {
    let n_rows = panel.axis().n_rows();
    if let Some(column) = own.field(name) {
        let mut values = vec![f64::NAN; n_rows];
        for &(row, met) in rows {
            values[met] = column.get(row);
        }
        panel.insert(name, Column::F64(values))?;
    } else if let Some(categories) = own.categories(name) {
        let mut codes = vec![Categories::MISSING; n_rows];
        for &(row, met) in rows {
            codes[met] = categories.codes()[row];
        }
        panel.insert_categories(name, Categories::new(codes, categories.names().to_vec()))?;
    }
    Ok(())
}

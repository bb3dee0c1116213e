//! Columns of published values: at each session the newest that was known by then.

use std::{collections::BTreeMap, path::Path};

use backstaff_learn::process::{Table, TableColumn};
use backstaff_panel::{Column, Panel, Session};
use backstaff_study::StudyError;
use backstaff_words::did_you_mean;

use super::table_file;
use crate::alpha::Named;

/// Put published columns beside computed ones, features in the order of their names.
///
/// # Errors
///
/// If there is no table, a column is not in it, or it is a picture of one day, which says nothing of the days before.
pub(super) fn beside(
    table: Table,
    names: &[String],
    fields: &[Named],
    path: Option<&Path>,
    panel: &Panel,
) -> Result<Table, StudyError> {
    let (sessions, instruments) = (table.sessions().to_vec(), table.instruments().to_vec());
    let mut columns = table.into_columns();
    if let Some(first) = fields.first() {
        let Some(path) = path else {
            let all = fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ");
            let message = format!(
                "{all}: the original tells today's values of these to all of the past. Give a table with the dates on which \
                 values became known: `--facts FILE` with the columns instrument, known_at, {}",
                first.expression
            );
            return Err(StudyError::Value { key: "feature_names".to_owned(), message });
        };
        let known = table_file::known(path)?;
        for field in fields {
            let values = column(path, &known, field, (&sessions, &instruments), panel)?;
            columns.push(TableColumn::new(TableColumn::FEATURE, &field.name, Column::F64(values)));
        }
    }
    let place = |column: &TableColumn| {
        let place = names.iter().position(|name| **name == *column.name);
        (&*column.group != TableColumn::FEATURE, place)
    };
    columns.sort_by_key(place);
    Ok(Table::new(sessions, instruments, columns)?)
}

/// The newest value that was known by each row's session.
fn column(
    path: &Path,
    known: &table_file::Known,
    field: &Named,
    (sessions, instruments): (&[u32], &[u32]),
    panel: &Panel,
) -> Result<Vec<f64>, StudyError> {
    let wrong = |message: String| StudyError::Value { key: path.display().to_string(), message };
    let Some((_, values)) =
        known.columns.iter().find(|(name, _)| *name == field.expression || *name == field.name)
    else {
        let all = known.columns.iter().map(|(name, _)| name.as_str());
        let near = did_you_mean(&field.expression, all);
        return Err(wrong(format!("has no column `{}` for {}{near}", field.expression, field.name)));
    };
    let mut by_name = BTreeMap::<&str, Vec<(Session, f64)>>::new();
    for ((&date, name), &value) in known.dates.iter().zip(&known.instruments).zip(values) {
        if !value.is_nan() {
            by_name.entry(name).or_default().push((date, value));
        }
    }
    for values in by_name.values_mut() {
        values.sort_by_key(|(date, _)| *date);
    }
    let axis = panel.axis();
    let own = axis.instruments().iter().map(|instrument| by_name.get(instrument.name())).collect::<Vec<_>>();
    let of = |(&session, &i): (&u32, &u32)| {
        let date = axis.calendar().session(session as usize);
        let values = own[i as usize]?;
        let n = values.partition_point(|(known, _)| *known <= date);
        n.checked_sub(1).map(|last| values[last].1)
    };
    let found = sessions.iter().zip(instruments).map(|row| of(row).unwrap_or(f64::NAN)).collect::<Vec<_>>();
    let is_snapshot = by_name.values().all(|values| values.len() == 1);
    if found.iter().all(|value| value.is_nan()) || (is_snapshot && by_name.len() > 1) {
        let first = by_name.values().flatten().map(|(date, _)| *date).min();
        let first = first.map_or_else(|| "no date".to_owned(), |first| first.to_string());
        return Err(wrong(format!(
            "{} is known from {first} on, with one value an instrument: a picture of that day says nothing of the days before. \
             Give a table with a row for each publication",
            field.name
        )));
    }
    Ok(found)
}

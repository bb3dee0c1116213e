//! From a handler's loader to a table of rows by session and instrument.

mod published;
pub(crate) mod table_file;

use std::{collections::BTreeSet, path::Path, sync::Arc};

use backstaff_feature::{Catalog, LabelExpression, Plan, Schema};
use backstaff_learn::process::{Table, TableColumn};
use backstaff_panel::{Axis, Column, Encoding, Panel};
use backstaff_study::StudyError;
use backstaff_words::some_of;
use rayon::prelude::*;
use regex::Regex;

use crate::{
    alpha::Named,
    folder::{Folder, Spans},
    workflow::{Filter, Group, Loader, Span, Universe},
};

/// The columns of a handler before any processing, and the market that they are of.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The rows and columns; sessions and instruments are numbered as on the axis of the panel.
    pub table: Table,
    /// The bars that the columns were computed from.
    pub panel: Arc<Panel>,
}

/// The rows of a frame: their places on the axis, by session and instrument.
struct Rows {
    sessions: Arc<[u32]>,
    instruments: Arc<[u32]>,
    /// For each row of the axis its place among these rows; `u32::MAX` if it is none of them.
    places: Vec<u32>,
}

/// Load what a handler loads.
///
/// # Errors
///
/// If the market is unknown, an expression is wrong, or a field that the file's own expressions name is missing.
pub fn load(
    folder: &Folder,
    universe: &Universe,
    span: Span,
    (loader, published): (&Loader, Option<&Path>),
    warnings: &mut Vec<String>,
) -> Result<Frame, StudyError> {
    let spans = folder.spans(&universe.listed)?;
    let names = names(&spans, loader);
    let panel = Arc::new(folder.panel(names.as_ref(), warnings)?);
    let members = members(&panel, &spans, &universe.filters)?;
    let rows = Rows::new(panel.axis(), &members, span);
    if rows.sessions.is_empty() {
        let calendar = folder.calendar();
        let (first, last) = (calendar[0], calendar[calendar.len() - 1]);
        let message = format!(
            "no row: {} in {} have no bar {}; the calendar of {} goes from {first} to {last}",
            backstaff_words::count(spans.len(), "instrument"),
            match &universe.listed {
                crate::workflow::Listed::Market(market) => format!("the market {market:?}"),
                crate::workflow::Listed::Names(_) => "the list".to_owned(),
            },
            text_of(span),
            folder.path().display()
        );
        return Err(StudyError::Value { key: "data_handler_config".to_owned(), message });
    }
    let table = match loader {
        Loader::Quantlab { names, computed, published: fields } => {
            let table = computed_in(&panel, &rows, computed, Encoding::F64, warnings)?;
            published::beside(table, names, fields, published, &panel)?
        }
        loader => columns(&panel, &rows, loader, warnings)?,
    };
    Ok(Frame { table, panel })
}

/// A span in words.
pub(crate) fn text_of(span: Span) -> String {
    match (span.from, span.to) {
        (Some(from), Some(to)) => format!("from {from} to {to}"),
        (Some(from), None) => format!("from {from} on"),
        (None, Some(to)) => format!("to {to}"),
        (None, None) => "at any time".to_owned(),
    }
}

/// The instruments whose bars are read; `None` for all, where an expression looks at others.
fn names(spans: &Spans, loader: &Loader) -> Option<BTreeSet<String>> {
    fn looks_elsewhere(loader: &Loader) -> bool {
        match loader {
            Loader::Expressions(groups) => groups.iter().flat_map(|group| &group.columns).any(|column| {
                ["Mask", "ChangeInstrument", "Cs"].iter().any(|name| column.expression.contains(name))
            }),
            Loader::Table { .. } | Loader::Quantlab { .. } => false,
            Loader::Nested { loaders, .. } => loaders.iter().any(looks_elsewhere),
        }
    }
    (!looks_elsewhere(loader)).then(|| spans.keys().cloned().collect())
}

/// Whether each row of the axis belongs to the universe.
fn members(panel: &Panel, spans: &Spans, filters: &[Filter]) -> Result<Vec<bool>, StudyError> {
    let axis = panel.axis();
    let mut members = vec![false; axis.n_rows()];
    for i in 0..axis.n_instruments() {
        let Some(own) = spans.get(axis.instruments()[i].name()) else { continue };
        for (row, &session) in axis.rows(i).zip(axis.sessions(i)) {
            members[row] = own.iter().any(|span| span.contains(session));
        }
    }
    for filter in filters {
        let (span, passes) = match filter {
            Filter::Name { rule, span } => {
                let regex = Regex::new(&format!("^(?:{rule})")).map_err(|error| StudyError::Value {
                    key: "filter_pipe.name_rule_re".to_owned(),
                    message: error.to_string(),
                })?;
                let mut passes = vec![false; axis.n_rows()];
                for i in 0..axis.n_instruments() {
                    passes[axis.rows(i)].fill(regex.is_match(axis.instruments()[i].name()));
                }
                (span, passes)
            }
            Filter::Expression { rule, span } => {
                let column = expressions(panel, &[Named::new("rule_expression", rule.clone())])?.remove(0);
                let values = Plan::of_labels(&[column]).compute(panel, Encoding::F32, &())?.remove(0);
                // A missing value is true, as NumPy takes it.
                (span, (0..values.len()).map(|row| values.get(row) != 0.0).collect())
            }
        };
        for i in 0..axis.n_instruments() {
            for (row, &session) in axis.rows(i).zip(axis.sessions(i)) {
                members[row] &= !span.contains(session) || passes[row];
            }
        }
    }
    Ok(members)
}

impl Rows {
    fn new(axis: &Axis, members: &[bool], span: Span) -> Self {
        let calendar = axis.calendar();
        let (mut sessions, mut instruments) = (Vec::new(), Vec::new());
        let mut places = vec![u32::MAX; axis.n_rows()];
        let by_session = axis.by_session();
        for position in (0..axis.n_sessions()).filter(|&position| span.contains(calendar.session(position))) {
            for &row in by_session.rows(position).iter().filter(|&&row| members[row as usize]) {
                places[row as usize] = sessions.len() as u32;
                sessions.push(position as u32);
                instruments.push(axis.instrument_of(row as usize) as u32);
            }
        }
        Self { sessions: sessions.into(), instruments: instruments.into(), places }
    }
}

/// The expressions of columns, in Qlib's arithmetic; they may look ahead.
pub(crate) fn expressions(panel: &Panel, columns: &[Named]) -> Result<Vec<LabelExpression>, StudyError> {
    Ok(resolved(panel, columns)?.iter().map(LabelExpression::in_mixed_precision).collect())
}

/// The expressions of columns; they may look ahead.
fn resolved(panel: &Panel, columns: &[Named]) -> Result<Vec<LabelExpression>, StudyError> {
    let schema = Schema::of(panel);
    let catalog = Catalog::new().with_library("technical")?;
    let of = |column: &Named| Ok(catalog.resolve_label(&column.name, &column.expression, &schema)?);
    columns.iter().map(of).collect()
}

fn columns(
    panel: &Panel,
    rows: &Rows,
    loader: &Loader,
    warnings: &mut Vec<String>,
) -> Result<Table, StudyError> {
    match loader {
        Loader::Expressions(groups) => computed_in(panel, rows, groups, Encoding::F32, warnings),
        Loader::Quantlab { .. } => {
            let message = "stands in no other loader".to_owned();
            Err(StudyError::Value { key: "QuantLabFeatureHandler".to_owned(), message })
        }
        Loader::Table { files, join } => table_file::read(files, join, panel.axis(), warnings)?.within(rows),
        Loader::Nested { loaders, join } => nested(panel, rows, loaders, join, warnings),
    }
}

/// Compute expressions; values go to their rows as they are computed, one run of instruments after the other.
fn computed_in(
    panel: &Panel,
    rows: &Rows,
    groups: &[Group],
    encoding: Encoding,
    warnings: &mut Vec<String>,
) -> Result<Table, StudyError> {
    let all = groups
        .iter()
        .flat_map(|group| group.columns.iter().map(move |column| (group, column)))
        .collect::<Vec<_>>();
    let mut panel = panel.clone();
    stand_in_for_vwap(&mut panel, groups, warnings)?;
    let named = all.iter().map(|(_, column)| (*column).clone()).collect::<Vec<_>>();
    let plan = Plan::of_labels(&match encoding {
        Encoding::F32 => expressions(&panel, &named)?,
        Encoding::F64 => resolved(&panel, &named)?,
    });
    let n_rows = rows.sessions.len();
    let empty = || Column::encode(&vec![f64::NAN; n_rows], encoding);
    let mut values = all.iter().map(|_| empty()).collect::<Vec<_>>();
    plan.stream(&panel, encoding, &(), RUN, |run| {
        let places = &rows.places[run.rows.clone()];
        values.par_iter_mut().zip(run.columns).for_each(|(values, column)| scatter(column, places, values));
        Ok::<_, StudyError>(())
    })?;
    let column = |((group, column), values): ((&Group, &Named), Column)| {
        TableColumn::new(group.name.as_deref().unwrap_or_default(), &column.name, values)
    };
    let columns = all.iter().copied().zip(values).map(column).collect();
    Ok(Table::new(rows.sessions.clone(), rows.instruments.clone(), columns)?)
}

/// Put values at their places; those without one are left out.
fn scatter(column: &Column, places: &[u32], values: &mut Column) {
    fn put<T: Copy>(column: &[T], places: &[u32], values: &mut [T]) {
        for (&place, &value) in places.iter().zip(column).filter(|(place, _)| **place != u32::MAX) {
            values[place as usize] = value;
        }
    }
    match (column, values) {
        (Column::F32(column), Column::F32(values)) => put(column, places, values),
        (Column::F64(column), Column::F64(values)) => put(column, places, values),
        _ => unreachable!("a run has the encoding that was asked for"),
    }
}

/// The rows of a run of instruments.
const RUN: usize = 1 << 17;

/// A provider without `vwap` gives Qlib's own sets of features columns without a value; others must find their fields.
fn stand_in_for_vwap(
    panel: &mut Panel,
    groups: &[Group],
    warnings: &mut Vec<String>,
) -> Result<(), StudyError> {
    if panel.field("vwap").is_some() {
        return Ok(());
    }
    let mentions = |column: &&Named| column.expression.contains("$vwap");
    let names =
        groups.iter().flat_map(|group| &group.columns).filter(mentions).map(|column| column.name.as_str());
    let names = names.collect::<Vec<_>>();
    let is_own_set = |name: &&str| name.starts_with("VWAP");
    if !names.is_empty() && names.iter().all(is_own_set) {
        warnings.push(format!("the data have no field vwap: {} has no value, as in Qlib", some_of(names, 3)));
        let column = Column::F32(vec![f32::NAN; panel.axis().n_rows()]);
        panel.insert("vwap", column)?;
    }
    Ok(())
}

/// Columns of several loaders beside each other, in the order of their names; of a name that two have, the later counts.
fn nested(
    panel: &Panel,
    rows: &Rows,
    loaders: &[Loader],
    join: &str,
    warnings: &mut Vec<String>,
) -> Result<Table, StudyError> {
    if join != "left" {
        let message =
            format!("only `left` is joined here, which keeps the rows of the first loader, not {join:?}");
        return Err(StudyError::Value { key: "dataloader_l.join".to_owned(), message });
    }
    let mut all = Vec::<TableColumn>::new();
    for loader in loaders {
        let table = columns(panel, rows, loader, warnings)?;
        for column in table.into_columns() {
            match all.iter_mut().find(|known| known.group == column.group && known.name == column.name) {
                Some(known) => *known = column,
                None => all.push(column),
            }
        }
    }
    all.sort_by(|a, b| (&a.group, &a.name).cmp(&(&b.group, &b.name)));
    Ok(Table::new(rows.sessions.clone(), rows.instruments.clone(), all)?)
}

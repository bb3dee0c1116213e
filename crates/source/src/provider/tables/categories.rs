//! Texts about instruments to categories: with their history where there is one.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use backstaff_panel::{Axis, Categories, Panel, Session};

use super::{
    Tables,
    scan::{Chunk, Role, Scan},
};
use crate::{
    error::SourceError,
    format::decoded::Coded,
    request::{
        panel_source::PanelSource,
        table_layout::{CategoryTable, Keep},
    },
};

/// What a table says of an instrument: texts and the sessions from which they hold, in their order.
type Texts = BTreeMap<String, Vec<(Session, String)>>;

/// Insert all categories; the names of those without history come back.
pub(super) fn insert(
    panel: &mut Panel,
    tables: &Tables,
    layouts: &[CategoryTable],
    request: &PanelSource,
    warnings: &mut Vec<String>,
) -> Result<Vec<String>, SourceError> {
    let mut statics = Vec::new();
    let mut known = BTreeMap::<&str, Texts>::new();
    for layout in layouts {
        let fallback =
            layout.otherwise.as_deref().and_then(|name| known.get(name)).cloned().unwrap_or_default();
        let is_there = tables.has(&layout.table);
        let mut texts =
            if is_there || layout.otherwise.is_none() { read(tables, layout)? } else { Texts::new() };
        let axis = panel.axis().clone();
        let mut taken = 0;
        for instrument in axis.instruments() {
            if !texts.contains_key(instrument.name())
                && let Some(other) = fallback.get(instrument.name())
            {
                texts.insert(instrument.name().to_owned(), other.clone());
                taken += 1;
            }
        }
        if taken > 0 {
            let other = layout.otherwise.as_deref().unwrap_or_default();
            let why = if is_there { "without history" } else { "(there is no table of its history)" };
            warnings.push(format!(
                "{} of {taken} instruments {why} is {other}: today's, told to the past",
                layout.name
            ));
        }
        if layout.is_static || taken > 0 {
            statics.push(layout.name.clone());
        }
        if request.categories.is_empty() || request.categories.contains(&layout.name) {
            let column = on_axis(&texts, &axis);
            let missing = axis.instruments().iter().filter(|one| !texts.contains_key(one.name())).count();
            if missing > 0 {
                warnings.push(format!("{missing} instruments have no {}", layout.name));
            }
            panel.insert_categories(&layout.name, column)?;
        }
        known.insert(&layout.name, texts);
    }
    Ok(statics)
}

fn read(tables: &Tables, layout: &CategoryTable) -> Result<Texts, SourceError> {
    let keep = Keep::new();
    let mut columns = vec![(layout.instrument.as_str(), Role::Keys), (layout.column.as_str(), Role::Texts)];
    columns.extend(layout.from.as_deref().map(|from| (from, Role::Days)));
    let scan = Scan { table: &layout.table, columns, keep: &keep, dates: layout.dates, any_order: false };
    let table = PathBuf::from(format!("{}, table {}", tables.path().display(), layout.table));
    let (mut texts, mut first_rows) = (Texts::new(), HashMap::new());
    for chunk in tables.scan(&scan)? {
        add(&chunk, layout.from.is_some(), &table, &mut texts, &mut first_rows)?;
    }
    for of_instrument in texts.values_mut() {
        of_instrument.sort_by_key(|(from, _)| *from);
    }
    Ok(texts)
}

fn add(
    chunk: &Chunk,
    has_history: bool,
    table: &Path,
    texts: &mut Texts,
    first_rows: &mut HashMap<String, u64>,
) -> Result<(), SourceError> {
    let (instruments, values) = (chunk.texts(0), chunk.texts(1));
    for row in 0..chunk.len() {
        let name = &instruments.names[instruments.codes[row] as usize];
        let code = values.codes[row];
        if code == Coded::MISSING {
            continue;
        }
        let from = if has_history {
            Session::from_number(chunk.days(2)[row])
        } else {
            Session::from_number(i32::MIN)
        };
        let of_instrument = texts.entry(name.clone()).or_default();
        if !has_history && let Some(first) = first_rows.insert(name.clone(), chunk.rows.get(row)) {
            let (path, key, second) = (table.to_owned(), name.clone(), chunk.rows.get(row));
            return Err(SourceError::DuplicateKey { path, key, first, second });
        }
        of_instrument.push((from, values.names[code as usize].clone()));
    }
    Ok(())
}

/// The texts as codes, given by first appearance in time, then in the order of the instruments.
fn on_axis(texts: &Texts, axis: &Axis) -> Categories {
    let mut spans = Vec::<(Session, std::ops::Range<usize>, &str)>::new();
    for (i, instrument) in axis.instruments().iter().enumerate() {
        let Some(of_instrument) = texts.get(instrument.name()) else { continue };
        let (rows, sessions) = (axis.rows(i), axis.sessions(i));
        for (at, (from, text)) in of_instrument.iter().enumerate() {
            let start = sessions.partition_point(|session| session < from);
            let next = of_instrument
                .get(at + 1)
                .map_or(sessions.len(), |(next, _)| sessions.partition_point(|session| session < next));
            if start < next {
                spans.push((sessions[start], rows.start + start..rows.start + next, text));
            }
        }
    }
    spans.sort_by_key(|(first, rows, _)| (*first, rows.start));
    let mut names = Vec::<String>::new();
    let mut known = HashMap::<&str, u32>::new();
    let mut codes = vec![Categories::MISSING; axis.n_rows()];
    for (_, rows, text) in spans {
        let code = *known.entry(text).or_insert_with(|| {
            names.push(text.to_owned());
            names.len() as u32 - 1
        });
        codes[rows].fill(code);
    }
    Categories::new(codes, names)
}

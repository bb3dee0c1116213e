//! Tables of texts about instruments to categories, with their history where there is one.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    path::PathBuf,
};

use backstaff_panel::{Axis, Categories, Instrument, Panel, Session};

use super::{
    database::Database,
    scan::{Role, Scan},
};
use crate::{
    error::SourceError,
    format::cell,
    keys::matched::{Match, Pair},
    request::{
        panel_source::PanelSource,
        table_layout::{CategoryTable, Keep, TableLayout},
    },
};

/// The texts of each instrument and the sessions from which they hold, in their order.
type Texts = BTreeMap<String, Vec<(Session, String)>>;

/// Insert all categories of a layout into a panel; returns the names of those without history.
pub(crate) fn insert(
    panel: &mut Panel,
    database: &Database,
    layout: &TableLayout,
    request: &PanelSource,
    warnings: &mut Vec<String>,
    matches: &mut Vec<Match>,
) -> Result<Vec<String>, SourceError> {
    let mut statics = Vec::new();
    let mut known = BTreeMap::<&str, Texts>::new();
    for category in &layout.categories {
        let name = &category.name;
        let is_there = database.has(&category.table);
        let mut texts =
            if is_there || category.otherwise.is_none() { read(database, category)? } else { Texts::new() };
        let axis = panel.axis().clone();
        let fallback = category.otherwise.as_deref().and_then(|other| known.get(other));
        let n_taken = fallback.map_or(0, |fallback| fill(&mut texts, fallback, &axis));
        if n_taken > 0 {
            let other = category.otherwise.as_deref().unwrap_or_default();
            let why = if is_there { "without history" } else { "(there is no table of its history)" };
            warnings
                .push(format!("{name} of {n_taken} instruments {why} is {other}: today's, told to the past"));
        }
        if category.is_static || n_taken > 0 {
            statics.push(name.clone());
        }
        if request.categories.is_empty() || request.categories.contains(name) {
            let column = on_axis(&texts, &axis);
            let key = format!("categories of the layout, {name}");
            let at = (key.as_str(), &*database.place(&category.table));
            let of_prices = axis.instruments().iter().map(Instrument::name);
            let matched = Match::of(Pair::Categories, at, of_prices, texts.keys().map(String::as_str));
            matches.push(matched.allowed(request.allow_unmatched));
            panel.insert_categories(name, column)?;
        }
        known.insert(name, texts);
    }
    Ok(statics)
}

/// Give instruments of an axis that have no text those of another category; returns how many got one.
fn fill(texts: &mut Texts, fallback: &Texts, axis: &Axis) -> usize {
    let mut n_taken = 0;
    for instrument in axis.instruments() {
        if !texts.contains_key(instrument.name())
            && let Some(other) = fallback.get(instrument.name())
        {
            texts.insert(instrument.name().to_owned(), other.clone());
            n_taken += 1;
        }
    }
    n_taken
}

fn read(database: &Database, layout: &CategoryTable) -> Result<Texts, SourceError> {
    let keep = Keep::new();
    let mut scan = Scan::new(&layout.table, &keep, layout.dates);
    let instrument = scan.column(&layout.instrument, Role::Keys);
    let text = scan.column(&layout.column, Role::Texts);
    let from = layout.from.as_deref().map(|from| scan.column(from, Role::Days));
    let (mut texts, mut first_rows) = (Texts::new(), HashMap::new());
    for chunk in database.scan(&scan)? {
        let (instruments, values) = (chunk.texts(instrument), chunk.texts(text));
        let days = from.map(|from| chunk.days(from));
        for row in 0..chunk.len() {
            let name = layout.instrument_names.apply(&instruments.names[instruments.codes[row] as usize]);
            let Some(text) = values.text(row).filter(|text| !cell::is_missing_text(text)) else { continue };
            // Without history a text holds from the beginning of time.
            let from = Session::from_number(days.map_or(i32::MIN, |days| days[row]));
            let number = chunk.rows.get(row);
            let is_repeated =
                || texts.get(name.as_ref()).is_some_and(|texts| texts.iter().all(|(_, own)| own == text));
            if days.is_none()
                && let Some(first) = first_rows.insert(name.to_string(), number)
                && !is_repeated()
            {
                let path = PathBuf::from(format!("{}, table {}", database.path().display(), layout.table));
                return Err(SourceError::DuplicateKey {
                    path,
                    key: name.into_owned(),
                    first,
                    second: number,
                });
            }
            texts.entry(name.into_owned()).or_default().push((from, text.to_owned()));
        }
    }
    for of_instrument in texts.values_mut() {
        of_instrument.sort_by_key(|(from, _)| *from);
    }
    Ok(texts)
}

/// The texts as codes of an axis' rows. Codes are given by first appearance in time, then in the order of instruments.
fn on_axis(texts: &Texts, axis: &Axis) -> Categories {
    let mut spans = Vec::<(Session, Range<usize>, &str)>::new();
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

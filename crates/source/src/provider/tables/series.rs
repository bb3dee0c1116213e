//! Dated series of the whole market to facts: indices, rates.

use std::collections::BTreeMap;

use backstaff_panel::{Fact, Facts, Frequency, Panel, Session};

use super::{
    database::Database,
    infinite_values,
    scan::{Role, Scan},
};
use crate::{
    error::SourceError,
    request::{
        panel_source::PanelSource,
        table_layout::{Keep, SeriesTable, TableLayout},
    },
};

/// Read the series that are wanted into facts of a panel.
pub(crate) fn insert(
    panel: &mut Panel,
    database: &Database,
    layout: &TableLayout,
    request: &PanelSource,
    warnings: &mut Vec<String>,
) -> Result<(), SourceError> {
    for table in &layout.series {
        insert_table(panel, database, table, request, warnings)?;
    }
    Ok(())
}

fn insert_table(
    panel: &mut Panel,
    database: &Database,
    layout: &SeriesTable,
    request: &PanelSource,
    warnings: &mut Vec<String>,
) -> Result<(), SourceError> {
    let fact_name = |name: &str| format!("{name}{}", Frequency::Dated.suffix());
    let names = layout.names.iter().map(|(code, name)| (code.as_str(), fact_name(name)));
    let names = names.filter(|(_, name)| request.wants_fact(name)).collect::<BTreeMap<_, _>>();
    if names.is_empty() {
        return Ok(());
    }
    let mut observed = read(database, layout, &names, warnings)?;
    for (code, name) in names {
        let facts = observed.remove(code).unwrap_or_default();
        if let Some((count, first)) = repeated(&facts) {
            let days = if count == 1 { "day has" } else { "days have" };
            warnings.push(format!(
                "{}: {count} {days} several values of {code}, the first {first}; the last of them in the table counts",
                layout.table
            ));
        }
        if facts.is_empty() {
            warnings
                .push(format!("{} has no values of {code}, so $${name} is missing throughout", layout.table));
        }
        panel.insert_facts(&name, Facts::market(Frequency::Dated, facts))?;
    }
    Ok(())
}

/// The values of each code, in the order of the table.
fn read<'a>(
    database: &Database,
    layout: &SeriesTable,
    names: &BTreeMap<&'a str, String>,
    warnings: &mut Vec<String>,
) -> Result<BTreeMap<&'a str, Vec<Fact>>, SourceError> {
    let keep = Keep::from([(layout.key.clone(), names.keys().map(|&code| code.to_owned()).collect())]);
    let mut scan = Scan::new(&layout.table, &keep, layout.dates);
    let key = scan.column(&layout.key, Role::Keys);
    let date = scan.column(&layout.date, Role::Days);
    let value = scan.column(&layout.value, Role::Numbers);
    let mut observed = BTreeMap::<&str, Vec<Fact>>::new();
    let mut infinite = 0;
    for chunk in database.scan(&scan)? {
        let (keys, days, values) = (chunk.texts(key), chunk.days(date), chunk.numbers(value));
        for (row, &day) in days.iter().enumerate() {
            let Some((code, _)) = names.get_key_value(keys.names[keys.codes[row] as usize].as_str()) else {
                continue;
            };
            let value = values.get(row);
            infinite += usize::from(value.is_infinite());
            if value.is_finite() {
                let date = Session::from_number(day);
                let known = Session::from_number(day + i32::from(layout.lag_days));
                observed.entry(code).or_default().push(Fact::observed(date, known, value));
            }
        }
    }
    warnings.extend(infinite_values::warning(infinite, &layout.table, &layout.value));
    Ok(observed)
}

/// The number of days with a value that differs from an earlier one of the day, and the first of these days.
fn repeated(facts: &[Fact]) -> Option<(usize, Session)> {
    let mut by_day = BTreeMap::<Session, Vec<f64>>::new();
    for fact in facts {
        by_day.entry(fact.known).or_default().push(fact.value);
    }
    let mut days = by_day.iter().filter(|(_, values)| values.iter().any(|value| *value != values[0]));
    let first = *days.next()?.0;
    Some((1 + days.count(), first))
}

//! Dated series of the whole market: indices, rates.

use std::collections::BTreeMap;

use backstaff_panel::{Fact, Facts, Frequency, Panel, Session};

use super::{
    Tables,
    scan::{Role, Scan},
    warn_infinite,
};
use crate::{
    error::SourceError,
    request::table_layout::{Keep, SeriesTable},
};

/// Read the series that are wanted into facts of a panel.
pub(super) fn insert(
    panel: &mut Panel,
    tables: &Tables,
    layout: &SeriesTable,
    wanted: &dyn Fn(&str) -> bool,
    warnings: &mut Vec<String>,
) -> Result<(), SourceError> {
    let names = layout
        .names
        .iter()
        .map(|(code, name)| (code.as_str(), format!("{name}{}", Frequency::Dated.suffix())));
    let names = names.filter(|(_, name)| wanted(name)).collect::<BTreeMap<_, _>>();
    if names.is_empty() {
        return Ok(());
    }
    let keep = Keep::from([(layout.key.clone(), names.keys().map(|&code| code.to_owned()).collect())]);
    let columns = vec![
        (layout.key.as_str(), Role::Keys),
        (layout.date.as_str(), Role::Days),
        (layout.value.as_str(), Role::Numbers),
    ];
    let scan = Scan { table: &layout.table, columns, keep: &keep, dates: layout.dates, any_order: false };
    let mut observed = BTreeMap::<&str, Vec<Fact>>::new();
    let mut infinite = 0;
    for chunk in tables.scan(&scan)? {
        let (keys, days, values) = (chunk.texts(0), chunk.days(1), chunk.numbers(2));
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
    warnings.extend(warn_infinite(infinite, &layout.table, &layout.value));
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

/// How many days have another value than one that stood before it, and the first of them.
fn repeated(facts: &[Fact]) -> Option<(usize, Session)> {
    let mut by_day = BTreeMap::<Session, Vec<f64>>::new();
    for fact in facts {
        by_day.entry(fact.known).or_default().push(fact.value);
    }
    let mut days = by_day.iter().filter(|(_, values)| values.iter().any(|value| *value != values[0]));
    let first = *days.next()?.0;
    Some((1 + days.count(), first))
}

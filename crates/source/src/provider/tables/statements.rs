//! Published statements to facts: the items of reported periods.

use std::collections::{BTreeMap, HashMap};

use backstaff_panel::{Facts, Frequency, Instrument, Panel};

use super::{
    database::Database,
    infinite_values,
    reports::Reports,
    scan::{Chunk, Role, Scan},
};
use crate::{
    error::SourceError,
    keys::matched::{Match, Pair},
    request::{
        panel_source::PanelSource,
        table_layout::{Dates, ItemTable, Keep, Statements, TableLayout},
    },
};

/// Read the items that are wanted into facts of a panel.
pub(crate) fn insert(
    panel: &mut Panel,
    database: &Database,
    layout: &TableLayout,
    request: &PanelSource,
    warnings: &mut Vec<String>,
    matches: &mut Vec<Match>,
) -> Result<(), SourceError> {
    for statements in &layout.statements {
        insert_statements(panel, database, statements, request, warnings, matches)?;
    }
    Ok(())
}

fn insert_statements(
    panel: &mut Panel,
    database: &Database,
    layout: &Statements,
    request: &PanelSource,
    warnings: &mut Vec<String>,
    matches: &mut Vec<Match>,
) -> Result<(), SourceError> {
    let tables = layout.items.iter().map(|items| {
        let fact_name = |name: &str| format!("{}{name}{}", layout.prefix, Frequency::Quarterly.suffix());
        let names = items.names.iter().map(|(code, name)| (code.as_str(), fact_name(name)));
        (items, names.filter(|(_, name)| request.wants_fact(name)).collect::<BTreeMap<_, _>>())
    });
    let tables = tables.filter(|(_, names)| !names.is_empty()).collect::<Vec<_>>();
    if tables.is_empty() {
        return Ok(());
    }
    let reports = Reports::read(database, &layout.periods, warnings)?;
    let at = ("statements of the layout, periods", &*database.place(&layout.periods.table));
    let of_prices = panel.axis().instruments().iter().map(Instrument::name);
    let matched = Match::of(Pair::Statements, at, of_prices, reports.instruments());
    matches.push(matched.allowed(request.allow_unmatched));
    for (items, names) in tables {
        for (name, facts) in facts(&reports, database, items, &names, warnings)? {
            panel.insert_facts(&name, facts)?;
        }
    }
    Ok(())
}

/// The facts of a table of items; `names` holds the wanted codes and our names.
fn facts(
    reports: &Reports,
    database: &Database,
    layout: &ItemTable,
    names: &BTreeMap<&str, String>,
    warnings: &mut Vec<String>,
) -> Result<Vec<(String, Facts)>, SourceError> {
    let keep = Keep::from([(layout.item.clone(), names.keys().map(|&code| code.to_owned()).collect())]);
    let mut scan = Scan::new(&layout.table, &keep, Dates::OneForm).in_any_order();
    let columns = ItemColumns {
        period: scan.column(&layout.period, Role::Numbers),
        item: scan.column(&layout.item, Role::Keys),
        value: scan.column(&layout.value, Role::Numbers),
    };
    let mut amounts = Amounts {
        reports,
        items: names.keys().enumerate().map(|(at, &code)| (code, at)).collect(),
        values: vec![vec![f64::NAN; reports.len()]; names.len()],
        infinite: 0,
    };
    for chunk in database.scan(&scan)? {
        amounts.add(&chunk, &columns);
    }
    warnings.extend(infinite_values::warning(amounts.infinite, &layout.table, &layout.value));
    let facts = names.iter().zip(amounts.values).map(|((code, name), values)| {
        if values.iter().all(|value| value.is_nan()) {
            warnings.push(format!(
                "{}: no report has the item {code}, so $${name} is missing throughout",
                layout.table
            ));
        }
        (name.clone(), reports.facts(&values))
    });
    Ok(facts.collect())
}

/// The places of the columns of a table of items in a chunk.
struct ItemColumns {
    period: usize,
    item: usize,
    value: usize,
}

/// The amounts of a table of items while they are read.
struct Amounts<'a> {
    reports: &'a Reports,
    /// The place of each wanted code.
    items: HashMap<&'a str, usize>,
    /// For each wanted code its value in each report; NaN while none was read.
    values: Vec<Vec<f64>>,
    infinite: usize,
}

impl Amounts<'_> {
    /// Take in some rows. Of several rows of one item of a report the first with a value counts.
    fn add(&mut self, chunk: &Chunk, columns: &ItemColumns) {
        let (periods, amounts) = (chunk.numbers(columns.period), chunk.numbers(columns.value));
        let items = chunk.texts(columns.item);
        let of_code = items.names.iter().map(|name| self.items.get(name.as_str()).copied());
        let of_code = of_code.collect::<Vec<_>>();
        // The first row is that of the table, also where an index gave the rows.
        let mut rows = (0..chunk.len()).collect::<Vec<_>>();
        if !chunk.rows.iter().is_sorted() {
            rows.sort_unstable_by_key(|&row| chunk.rows.get(row));
        }
        // A report's items mostly stand together, so that its place need not be looked up again.
        let (mut last, mut place) = (f64::NAN, None);
        for row in rows {
            let period = periods.get(row);
            if period != last {
                (last, place) = (period, self.reports.place(period as u64));
            }
            let (Some(report), Some(item)) = (place, of_code[items.codes[row] as usize]) else {
                continue;
            };
            let amount = amounts.get(row);
            self.infinite += usize::from(amount.is_infinite());
            let value = &mut self.values[item][report];
            if value.is_nan() && amount.is_finite() {
                *value = amount;
            }
        }
    }
}

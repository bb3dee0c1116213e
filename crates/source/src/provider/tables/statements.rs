//! Published statements: periods, the days on which they became known, and their items.

use std::collections::{BTreeMap, HashMap};

use backstaff_panel::{Fact, Facts, Frequency, Instrument, Panel, Period, Session};

use super::{
    Tables,
    scan::{Role, Scan, kept_rows},
    warn_infinite,
};
use crate::{
    error::SourceError,
    format::decoded::Coded,
    request::table_layout::{Dates, ItemTable, Keep, PeriodTable, Statements},
};

/// Reported periods in the order of publication; on one day the earlier period stands first.
struct Reports {
    /// Each report's instrument as a place in `names`, the day on which it became known, its period.
    all: Vec<(u32, Session, Period)>,
    names: Vec<Instrument>,
    /// The place of each key.
    places: HashMap<u64, u32>,
}

/// Read the items that are wanted into facts of a panel.
pub(super) fn insert(
    panel: &mut Panel,
    tables: &Tables,
    layout: &Statements,
    wanted: &dyn Fn(&str) -> bool,
    warnings: &mut Vec<String>,
) -> Result<(), SourceError> {
    let fact_name = |name: &str| format!("{}{name}{}", layout.prefix, Frequency::Quarterly.suffix());
    let is_wanted = |items: &ItemTable| items.names.values().any(|name| wanted(&fact_name(name)));
    if !layout.items.iter().any(is_wanted) {
        return Ok(());
    }
    let reports = Reports::read(tables, &layout.periods, warnings)?;
    for items in layout.items.iter().filter(|items| is_wanted(items)) {
        let names = items.names.iter().map(|(code, name)| (code.as_str(), fact_name(name)));
        let names = names.filter(|(_, name)| wanted(name)).collect::<BTreeMap<_, _>>();
        for (name, facts) in reports.facts(tables, items, &names, warnings)? {
            panel.insert_facts(&name, facts)?;
        }
    }
    Ok(())
}

impl Reports {
    fn read(tables: &Tables, layout: &PeriodTable, warnings: &mut Vec<String>) -> Result<Self, SourceError> {
        // Several statements may be kept of one table: of each its own counts are told.
        let kept = kept_rows(&layout.keep).map_or_else(String::new, |kept| format!(" ({kept})"));
        let place = |warning: String| format!("{}{kept}: {warning}", layout.table);
        let has_currency = match &layout.currency {
            Some(currency) => tables.columns(&layout.table)?.contains(&currency.column),
            None => false,
        };
        let mut columns = vec![
            (layout.instrument.as_str(), Role::Keys),
            (layout.known_at.as_str(), Role::Known),
            (layout.period_end.as_str(), Role::Days),
            (layout.id.as_str(), Role::Numbers),
        ];
        columns.extend(layout.fiscal_year_end.as_deref().map(|month| (month, Role::Numbers)));
        let currency = layout.currency.as_ref().filter(|_| has_currency);
        columns.extend(currency.map(|currency| (currency.column.as_str(), Role::Texts)));
        let scan =
            Scan { table: &layout.table, columns, keep: &layout.keep, dates: layout.dates, any_order: true };
        let mut names = Vec::<Instrument>::new();
        let mut known = HashMap::<String, u32>::new();
        let mut reports = Vec::new();
        let (mut foreign, mut early, mut odd) = (0, 0, 0);
        for chunk in tables.scan(&scan)? {
            let (instruments, month) =
                (chunk.texts(0), layout.fiscal_year_end.as_ref().map(|_| chunk.numbers(4)));
            let currency =
                currency.map(|currency| (chunk.texts(chunk.columns.len() - 1), &currency.expected));
            for row in 0..chunk.len() {
                let is_foreign = currency.is_some_and(|(texts, expected)| {
                    let code = texts.codes[row];
                    code != Coded::MISSING && texts.names[code as usize] != *expected
                });
                let (day, end) = (chunk.days(1)[row], Session::from_number(chunk.days(2)[row]));
                let (period, is_end) = fiscal_quarter(end, month.map_or(12.0, |month| month.get(row)));
                odd += usize::from(!is_end);
                if is_foreign {
                    foreign += 1;
                } else if day < end.number() {
                    early += 1;
                } else {
                    let name = &instruments.names[instruments.codes[row] as usize];
                    let instrument = known.get(name).copied().unwrap_or_else(|| {
                        names.push(Instrument::new(name));
                        known.insert(name.clone(), names.len() as u32 - 1);
                        names.len() as u32 - 1
                    });
                    reports.push((day, end, chunk.numbers(3).get(row) as u64, instrument, period));
                }
            }
        }
        for (count, what) in [(foreign, "in another currency"), (early, "known before their period ended")] {
            if count > 0 {
                warnings.push(place(format!("{count} reports {what} are left out")));
            }
        }
        if odd > 0 {
            warnings.push(place(format!(
                "{odd} reports whose period ends within a quarter of the company's fiscal year count for that quarter"
            )));
        }
        reports.sort_unstable_by_key(|&(day, end, id, ..)| (day, end, id));
        let places = reports.iter().enumerate().map(|(at, &(_, _, id, ..))| (id, at as u32));
        let places = places.collect::<HashMap<_, _>>();
        if places.len() < reports.len() {
            let count = reports.len() - places.len();
            let ids = reports.iter().enumerate().filter(|(at, report)| places[&report.2] != *at as u32);
            let first = ids.map(|(_, report)| report.2).min().unwrap_or_default();
            warnings.push(place(format!(
                "reports whose {} a later one has too: {count}, the first {first}; its items count for the later one",
                layout.id
            )));
        }
        let all = reports
            .into_iter()
            .map(|(day, _, _, instrument, period)| (instrument, Session::from_number(day), period))
            .collect();
        Ok(Self { all, names, places })
    }

    /// The facts of a table of items; of several rows of one item of a report, the first with a value counts.
    fn facts(
        &self,
        tables: &Tables,
        layout: &ItemTable,
        names: &BTreeMap<&str, String>,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<(String, Facts)>, SourceError> {
        let keep = Keep::from([(layout.item.clone(), names.keys().map(|&code| code.to_owned()).collect())]);
        let columns = vec![
            (layout.period.as_str(), Role::Numbers),
            (layout.item.as_str(), Role::Keys),
            (layout.value.as_str(), Role::Numbers),
        ];
        let scan =
            Scan { table: &layout.table, columns, keep: &keep, dates: Dates::OneForm, any_order: true };
        let codes = names.keys().enumerate().map(|(at, &code)| (code, at)).collect::<HashMap<_, _>>();
        let mut values = vec![vec![f64::NAN; self.all.len()]; names.len()];
        let mut infinite = 0;
        for chunk in tables.scan(&scan)? {
            let (periods, items, amounts) = (chunk.numbers(0), chunk.texts(1), chunk.numbers(2));
            let columns =
                items.names.iter().map(|name| codes.get(name.as_str()).copied()).collect::<Vec<_>>();
            // Of several amounts of an item the first in the table counts, also where an index gave the rows.
            let mut rows = (0..chunk.len()).collect::<Vec<_>>();
            if !chunk.rows.iter().is_sorted() {
                rows.sort_unstable_by_key(|&row| chunk.rows.get(row));
            }
            // A report's items mostly stand together.
            let (mut last, mut place) = (f64::NAN, None);
            for row in rows {
                let period = periods.get(row);
                if period != last {
                    (last, place) = (period, self.places.get(&(period as u64)));
                }
                let (Some(&at), Some(column)) = (place, columns[items.codes[row] as usize]) else {
                    continue;
                };
                let amount = amounts.get(row);
                infinite += usize::from(amount.is_infinite());
                let value = &mut values[column][at as usize];
                if value.is_nan() && amount.is_finite() {
                    *value = amount;
                }
            }
        }
        warnings.extend(warn_infinite(infinite, &layout.table, &layout.value));
        let facts = names.iter().zip(values).map(|((code, name), values)| {
            if values.iter().all(|value| value.is_nan()) {
                warnings.push(format!(
                    "{}: no report has the item {code}, so $${name} is missing throughout",
                    layout.table
                ));
            }
            (name.clone(), self.of_item(&values))
        });
        Ok(facts.collect())
    }

    fn of_item(&self, values: &[f64]) -> Facts {
        let mut of_instrument = vec![Vec::new(); self.names.len()];
        for (&(instrument, known, period), &value) in self.all.iter().zip(values) {
            if !value.is_nan() {
                of_instrument[instrument as usize].push(Fact { known, period, value });
            }
        }
        let named = self.names.iter().cloned().zip(of_instrument).filter(|(_, facts)| !facts.is_empty());
        Facts::new(
            Frequency::Quarterly,
            named.flat_map(|(name, facts)| facts.into_iter().map(move |fact| (name.clone(), fact))),
        )
    }
}

/// The fiscal quarter in which a day lies, of a company whose fiscal year ends in a month (1 to 12; December if it is
/// none of these), and whether the day's month is the quarter's last one.
///
/// A fiscal year is named after the calendar year in which it ends.
fn fiscal_quarter(end: Session, month: f64) -> (Period, bool) {
    let is_month = (1.0..=12.0).contains(&month);
    let last = if is_month { month as i32 } else { 12 };
    let months = (i32::from(end.month()) - last).rem_euclid(12);
    let months = if months == 0 { 12 } else { months };
    let year = i32::from(end.year()) + i32::from(i32::from(end.month()) > last);
    (Period::from_number(4 * year + (months - 1) / 3), is_month && months % 3 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_count_from_the_end_of_the_fiscal_year() {
        for (end, month, code) in [
            ("2020-03-31", 12.0, (202_001, true)),
            ("2020-12-31", 12.0, (202_004, true)),
            ("2020-03-31", 3.0, (202_004, true)),
            ("2020-06-30", 3.0, (202_101, true)),
            ("2020-12-31", 3.0, (202_103, true)),
            ("2020-09-30", 6.0, (202_101, true)),
            ("2020-02-29", 12.0, (202_001, false)),
            ("2020-11-30", 12.0, (202_004, false)),
            ("2020-03-31", 0.0, (202_001, false)),
            ("2020-03-31", f64::NAN, (202_001, false)),
        ] {
            let (period, is_end) = fiscal_quarter(end.parse().unwrap(), month);
            assert_eq!((Frequency::Quarterly.code(period), is_end), code, "{end} {month}");
        }
    }
}

//! Reported periods, and the days on which they became known.

use std::collections::HashMap;

use backstaff_panel::{Fact, Facts, Frequency, Instrument, Period, Session};

use super::{
    database::Database,
    scan::{Chunk, Role, Scan, kept_rows},
};
use crate::{
    error::SourceError, format::coded_texts::CodedTexts, keys::name_rule::NameRule,
    request::table_layout::PeriodTable,
};

/// Reported periods in the order of publication; on one day the earlier period stands first.
pub(super) struct Reports {
    all: Vec<Report>,
    names: Vec<Instrument>,
    /// The place of each report among all, by its key in the database.
    places: HashMap<u64, u32>,
}

/// One reported period.
struct Report {
    /// The day from which on it counts as known.
    known: Session,
    end: Session,
    id: u64,
    /// The place of its instrument among the names.
    instrument: u32,
    period: Period,
}

impl Reports {
    /// The instruments that the reports are of.
    pub(super) fn instruments(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(Instrument::name)
    }

    /// Read a table of periods. What is left out or odd is counted in the warnings.
    pub(super) fn read(
        database: &Database,
        layout: &PeriodTable,
        warnings: &mut Vec<String>,
    ) -> Result<Self, SourceError> {
        let mut scan = Scan::new(&layout.table, &layout.keep, layout.dates).in_any_order();
        let columns = PeriodColumns::want(layout, database, &mut scan)?;
        let mut rows = PeriodRows::default();
        for chunk in database.scan(&scan)? {
            rows.add(&chunk, &columns, &layout.instrument_names);
        }
        // Several statements may be kept of one table: each warns with its own counts.
        let kept = kept_rows(&layout.keep).map_or_else(String::new, |kept| format!(" ({kept})"));
        let mut warn = |warning: String| warnings.push(format!("{}{kept}: {warning}", layout.table));
        for (count, what) in
            [(rows.foreign, "in another currency"), (rows.early, "known before their period ended")]
        {
            if count > 0 {
                warn(format!("{count} reports {what} are left out"));
            }
        }
        if rows.odd > 0 {
            warn(format!(
                "{} reports whose period ends within a quarter of the company's fiscal year count for that quarter",
                rows.odd
            ));
        }
        let PeriodRows { reports: mut all, names, .. } = rows;
        all.sort_unstable_by_key(|report| (report.known, report.end, report.id));
        let places = all.iter().enumerate().map(|(at, report)| (report.id, at as u32));
        let places = places.collect::<HashMap<_, _>>();
        if places.len() < all.len() {
            let count = all.len() - places.len();
            let repeated = all.iter().enumerate().filter(|(at, report)| places[&report.id] != *at as u32);
            let first = repeated.map(|(_, report)| report.id).min().unwrap_or_default();
            warn(format!(
                "reports whose {} a later one has too: {count}, the first {first}; its items count for the later one",
                layout.id
            ));
        }
        Ok(Self { all, names, places })
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The place of the report with a key.
    pub(super) fn place(&self, id: u64) -> Option<usize> {
        self.places.get(&id).map(|&at| at as usize)
    }

    /// The facts of an item from its value in each report; NaN where a report does not have it.
    pub(super) fn facts(&self, values: &[f64]) -> Facts {
        let mut of_instrument = vec![Vec::new(); self.names.len()];
        for (report, &value) in self.all.iter().zip(values) {
            if !value.is_nan() {
                let fact = Fact { known: report.known, period: report.period, value };
                of_instrument[report.instrument as usize].push(fact);
            }
        }
        let named = self.names.iter().cloned().zip(of_instrument).filter(|(_, facts)| !facts.is_empty());
        Facts::new(
            Frequency::Quarterly,
            named.flat_map(|(name, facts)| facts.into_iter().map(move |fact| (name.clone(), fact))),
        )
    }
}

/// The places of the columns of a table of periods in a chunk.
struct PeriodColumns<'a> {
    instrument: usize,
    known_at: usize,
    period_end: usize,
    id: usize,
    fiscal_year_end: Option<usize>,
    /// The column of currencies, and the one that is expected.
    currency: Option<(usize, &'a str)>,
}

impl<'a> PeriodColumns<'a> {
    /// Ask a scan for the columns of a table; a database may lack the column of currencies.
    fn want(layout: &'a PeriodTable, database: &Database, scan: &mut Scan<'a>) -> Result<Self, SourceError> {
        let has_currency = match &layout.currency {
            Some(currency) => database.columns(&layout.table)?.contains(&currency.column),
            None => false,
        };
        let currency = layout.currency.as_ref().filter(|_| has_currency);
        Ok(Self {
            instrument: scan.column(&layout.instrument, Role::Keys),
            known_at: scan.column(&layout.known_at, Role::Known),
            period_end: scan.column(&layout.period_end, Role::Days),
            id: scan.column(&layout.id, Role::Numbers),
            fiscal_year_end: layout.fiscal_year_end.as_deref().map(|month| scan.column(month, Role::Numbers)),
            currency: currency
                .map(|currency| (scan.column(&currency.column, Role::Texts), currency.expected.as_str())),
        })
    }
}

/// The rows of a table of periods while they are read.
#[derive(Default)]
struct PeriodRows {
    reports: Vec<Report>,
    names: Vec<Instrument>,
    /// The place of each name.
    known: HashMap<String, u32>,
    /// The number of reports in another currency, which are left out.
    foreign: usize,
    /// The number of reports that were known before their period ended, which are left out.
    early: usize,
    /// The number of reports whose period does not end with a fiscal quarter.
    odd: usize,
}

impl PeriodRows {
    fn add(&mut self, chunk: &Chunk, columns: &PeriodColumns, rule: &NameRule) {
        let instruments = chunk.texts(columns.instrument);
        let (known, ends) = (chunk.days(columns.known_at), chunk.days(columns.period_end));
        let ids = chunk.numbers(columns.id);
        let months = columns.fiscal_year_end.map(|column| chunk.numbers(column));
        let currencies = columns.currency.map(|(column, expected)| (chunk.texts(column), expected));
        for row in 0..chunk.len() {
            let end = Session::from_number(ends[row]);
            let (period, is_end) = fiscal_quarter(end, months.map_or(12.0, |months| months.get(row)));
            self.odd += usize::from(!is_end);
            if currencies.is_some_and(|(texts, expected)| is_foreign(texts, row, expected)) {
                self.foreign += 1;
            } else if known[row] < ends[row] {
                self.early += 1;
            } else {
                let known = Session::from_number(known[row]);
                let instrument = self.place(&rule.apply(&instruments.names[instruments.codes[row] as usize]));
                self.reports.push(Report { known, end, id: ids.get(row) as u64, instrument, period });
            }
        }
    }

    /// The place of an instrument among the names; a new one is added.
    fn place(&mut self, name: &str) -> u32 {
        self.known.get(name).copied().unwrap_or_else(|| {
            self.names.push(Instrument::new(name));
            let place = self.names.len() as u32 - 1;
            self.known.insert(name.to_owned(), place);
            place
        })
    }
}

/// Whether a row states another currency than the expected one; an empty cell states none.
fn is_foreign(currencies: &CodedTexts, row: usize, expected: &str) -> bool {
    currencies.text(row).is_some_and(|currency| currency != expected)
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

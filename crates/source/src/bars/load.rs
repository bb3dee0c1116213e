//! From files to a panel: read, order, check, align, adjust, derive.

use std::{path::Path, sync::Arc, time::Instant};

use backstaff_panel::{Axis, Panel, TRADED};
use rayon::prelude::*;

use crate::{
    bars::{
        adjust::{self, Fields},
        align::Alignment,
        bad_rows::exclude_bad,
        derive,
        read::{Read, read},
        reading::{Excluded, Found, FoundCalendar, Loaded},
        rows::{Rows, Stale},
        sessions,
    },
    error::SourceError,
    format::decoded::{Blocks, SourceColumn},
    names::hint,
    provider::{
        source_files::look_at,
        tables::{Delistings, Marks, Tables, complete, factor, is_database, read_delistings, read_prices},
    },
    request::panel_source::{Adjustment, CalendarRule, Mapping, OnBadInstrument, PanelSource},
};

impl PanelSource {
    /// Read, check, align and adjust.
    ///
    /// - Rows: each instrument has one for every session of the calendar from its first to its last.
    /// - Fields: those of the files by our names; `traded`; `return` and `return_sessions` if there is a close and they
    ///   are wanted; the prices as quoted as `raw_*` and the `factor` if prices are adjusted. A field of these names in the file is
    ///   kept instead, except `raw_*`.
    /// - NaN: holes, halts and empty cells; what is infinite in a column that is no price, with a warning.
    /// - Threads: those of the current rayon pool; the result doesn't depend on their number.
    pub fn load(&self) -> Result<Loaded, SourceError> {
        self.load_above(None)
    }

    /// The same; of an SQLite file's tables with marks, only the rows above them are read, and the others come from
    /// where they were kept. The result is that of reading all, as long as nothing below the marks has changed.
    ///
    /// # Errors
    ///
    /// Also [`SourceError::RowsNotKept`], after which everything has to be read anew.
    pub fn load_above(&self, marks: Option<&Arc<Marks>>) -> Result<Loaded, SourceError> {
        let mut clock = Clock::new();
        let tables = self.open_tables(marks)?;
        let mut read = match (&tables, &self.tables) {
            (Some(tables), Some(layout)) => read_prices(tables, &layout.prices, self)?,
            _ => read(self)?,
        };
        let delistings = self.delistings(tables.as_ref())?;
        clock.lap("read prices");
        let (mut rows, unused) = Rows::new(&read.blocks, self)?;
        self.check_instruments(&rows, &read.blocks)?;
        let stale = delistings.as_ref().and_then(|delistings| rows.end(delistings));
        let n_rows = rows.order.len();
        let mut columns = take_columns(&mut read);
        let mut excluded = exclude_bad(&mut rows, &columns, &read, self)?;
        let (calendar, dropped_dates) = sessions::choose(&rows, &self.calendar)?;
        let (alignment, homeless) = Alignment::new(&rows, calendar);
        excluded.extend(homeless.iter().map(|name| Excluded {
            instrument: name.as_str().into(),
            reason: "none of its dates is a session".to_owned(),
            place: None,
        }));
        if alignment.axis.n_instruments() == 0 {
            return Err(SourceError::NothingLeft { path: self.path.clone() });
        }
        // What they say is in the alignment now.
        drop(rows);
        read.blocks.drop_keys();
        clock.lap("order rows");
        let mut warnings = warn_unused(&unused);
        warnings.extend(delistings.as_ref().and_then(Delistings::warning));
        warnings.extend(stale.map(|stale| warn_stale(&stale)));
        warnings.append(&mut read.warnings);
        warnings.extend(warn_partial(&read));
        let mut fields = gather(&mut columns, &alignment, &mut warnings);
        let axis = &alignment.axis;
        self.add_factor(&mut fields, axis);
        let (mode, why) = adjust::choose(self.adjustment, &mut fields, &self.path, &mut warnings)?;
        let adjustment = adjust::describe(mode, why, &fields, axis);
        adjust::adjust(mode, &mut fields, axis, tables.is_some(), &mut warnings);
        let present = alignment.present();
        self.derive_fields(&mut fields, &present, &alignment, &mut warnings);
        clock.lap("align and adjust");
        let coverage = coverage(&fields, &present);
        let mut panel = Panel::new(axis.clone());
        for (name, column) in fields {
            panel.insert(&name, column)?;
        }
        let mut static_categories = Vec::new();
        if let (Some(tables), Some(layout)) = (&tables, &self.tables) {
            static_categories = complete(&mut panel, tables, layout, self, &mut warnings, &mut clock)?;
        }
        for name in self.categories.iter().filter(|_| tables.is_none()) {
            if read.blocks.parts.iter().any(|block| block.categories.iter().any(|(other, _)| other == name)) {
                panel.insert_categories(name, alignment.categories(name, &read.blocks.parts))?;
            } else {
                warnings.push(format!("no text column {name} was found for the categories"));
            }
        }
        let sessions = axis.calendar().sessions();
        let found = Found {
            files: read.blocks.files,
            rows: n_rows,
            instruments: axis.n_instruments(),
            first: sessions[0],
            last: sessions[sessions.len() - 1],
            columns: read.columns,
            ignored: read.ignored,
            date_format: read.date_format,
            instrument_from: read.instrument_from,
            calendar: FoundCalendar {
                rule: rule(&self.calendar),
                sessions: sessions.len(),
                sessions_per_year: axis.calendar().sessions_per_year(),
                resembles: sessions::resembles(axis.calendar()),
                dropped_rows: alignment.dropped_rows,
                dropped_dates,
            },
            coverage,
            adjustment,
            static_categories,
            warnings,
        };
        Ok(Loaded { panel, found, excluded, delistings, seconds: clock.laps })
    }

    /// What the tables tell of delistings. Verbatim every row of the input is one of the panel, so that nothing ends.
    fn delistings(&self, tables: Option<&Tables>) -> Result<Option<Delistings>, SourceError> {
        match (tables, &self.tables) {
            (Some(tables), Some(layout)) if self.adjustment != Adjustment::Verbatim => {
                read_delistings(tables, layout.delistings.as_ref())
            }
            _ => Ok(None),
        }
    }

    /// The tables behind the path, if it is a database.
    fn open_tables(&self, marks: Option<&Arc<Marks>>) -> Result<Option<Tables>, SourceError> {
        match &self.tables {
            None if is_database(&self.path) => Err(SourceError::NoLayout { path: self.path.clone() }),
            None => Ok(None),
            Some(layout) => {
                layout.check().map_err(|error| SourceError::Tables { message: error.to_string() })?;
                look_at(&self.path)?;
                Tables::open(&self.path, marks.cloned()).map(Some)
            }
        }
    }

    /// The factor of splits and rights, where the tables tell changes from the base price and prices are adjusted.
    fn add_factor(&self, fields: &mut Fields, axis: &Axis) {
        let adjusts = matches!(self.adjustment, Adjustment::Auto | Adjustment::Factor);
        let change = self.tables.as_ref().and_then(|layout| layout.prices.change.as_deref());
        if let Some(change) = change.filter(|_| adjusts && !fields.contains_key("factor"))
            && let Some(column) = factor(fields, change, axis)
        {
            fields.insert("split_factor".to_owned(), column.clone());
            fields.insert("factor".to_owned(), column);
        }
    }

    /// Whether each row traded, and returns where they are wanted.
    fn derive_fields(
        &self,
        fields: &mut Fields,
        present: &[bool],
        alignment: &Alignment,
        warnings: &mut Vec<String>,
    ) {
        let traded = derive::traded(fields, present);
        let is_wanted = |name: &str| self.fields.as_ref().is_none_or(|wanted| wanted.contains(name));
        let close = fields.get("close").filter(|_| is_wanted("return") || is_wanted("return_sessions"));
        if let Some(close) = close {
            let (returns, spans) = derive::returns(close, &traded, &alignment.axis);
            for (name, column) in [("return", returns), ("return_sessions", spans)] {
                if fields.contains_key(name) {
                    warnings.push(format!("the field {name} is the file's own column"));
                } else {
                    fields.insert(name.to_owned(), column);
                }
            }
        }
        let silent = (0..alignment.axis.n_instruments())
            .filter(|&i| alignment.axis.rows(i).all(|row| traded.get(row) == 0.0))
            .count();
        if silent > 0 {
            warnings.push(format!(
                "{silent} instruments never trade (no volume above zero); if their volume is unknown, give the column \
                 another name in the mapping"
            ));
        }
        fields.insert(TRADED.to_owned(), traded);
    }

    /// Fails for a wanted instrument that is not there.
    fn check_instruments(&self, rows: &Rows, blocks: &Blocks) -> Result<(), SourceError> {
        let known =
            || blocks.parts.iter().flat_map(|block| block.instruments.names.iter().map(String::as_str));
        let is_known = |name: &&String| rows.instruments.binary_search(&name.as_str().into()).is_ok();
        let missing = self.instruments.iter().flatten().find(|name| !is_known(name));
        match missing {
            Some(name) => Err(SourceError::NoInstrument {
                path: self.path.clone(),
                name: name.clone(),
                hint: hint(name, known()),
            }),
            None if rows.instruments.is_empty() => Err(SourceError::NothingLeft { path: self.path.clone() }),
            None => Ok(()),
        }
    }
}

/// Measures the parts of a reading.
pub(crate) struct Clock {
    last: Instant,
    laps: Vec<(&'static str, f64)>,
}

impl Clock {
    fn new() -> Self {
        Self { last: Instant::now(), laps: Vec::new() }
    }

    /// A part has ended.
    pub(crate) fn lap(&mut self, part: &'static str) {
        let now = Instant::now();
        self.laps.push((part, now.duration_since(self.last).as_secs_f64()));
        self.last = now;
    }
}

/// What is at a path: read as a study would with nothing said, but for the mapping. Instruments with impossible rows
/// are left out and returned.
pub fn inspect(path: &Path, mapping: &Mapping) -> Result<(Found, Vec<Excluded>), SourceError> {
    let source = PanelSource {
        mapping: mapping.clone(),
        on_bad_instrument: OnBadInstrument::Exclude,
        ..PanelSource::new(path)
    };
    let Loaded { found, excluded, .. } = source.load()?;
    Ok((found, excluded))
}

/// All number columns.
fn take_columns(read: &mut Read) -> Vec<(String, SourceColumn)> {
    let names = read.blocks.number_names();
    names.into_iter().map(|name| (name.clone(), read.blocks.take_column(&name))).collect()
}

/// The columns in the rows of the panel. Each source column is given up as soon as it is gathered.
fn gather(
    columns: &mut Vec<(String, SourceColumn)>,
    alignment: &Alignment,
    warnings: &mut Vec<String>,
) -> Fields {
    let gathered = columns
        .par_drain(..)
        .map(|(name, column)| {
            let (gathered, infinite) = alignment.gather(&column);
            (name, gathered, infinite)
        })
        .collect::<Vec<_>>();
    let mut fields = Fields::new();
    for (name, column, infinite) in gathered {
        if infinite > 0 {
            warnings.push(format!("{infinite} infinite values of {name} are missing in the panel"));
        }
        fields.insert(name, column);
    }
    fields
}

/// Add what each panel has: `traded`, `return`, `return_sessions`.
fn coverage(fields: &Fields, present: &[bool]) -> f64 {
    let filled = match fields.get("close") {
        Some(close) => (0..close.len()).into_par_iter().filter(|&row| !close.get(row).is_nan()).count(),
        None => present.iter().filter(|&&present| present).count(),
    };
    filled as f64 / present.len() as f64
}

fn warn_unused(unused: &[String]) -> Vec<String> {
    unused.iter().map(|row| format!("the row {row} of the list drop_rows is not in the data")).collect()
}

fn warn_stale(stale: &Stale) -> String {
    let Stale { n_rows, n_instruments, first: (instrument, day) } = stale;
    let rows = if *n_rows == 1 { "row" } else { "rows" };
    let instruments = if *n_instruments == 1 { "instrument" } else { "instruments" };
    format!(
        "{n_rows} {rows} of {n_instruments} {instruments} on or after their delisting left out, the first of {instrument} \
         on {day}"
    )
}

/// A column that some files have as numbers and others as something else is half missing.
fn warn_partial(read: &Read) -> Vec<String> {
    let used = |source: &str| read.columns.iter().any(|column| column.source == source);
    let partial = read.ignored.iter().filter(|ignored| used(&ignored.source));
    partial
        .map(|ignored| format!("the column {} is missing for some files: {}", ignored.source, ignored.why))
        .collect()
}

fn rule(rule: &CalendarRule) -> String {
    match rule {
        CalendarRule::Union { thin_share, .. } if *thin_share <= 0.0 => "every date in the data".to_owned(),
        CalendarRule::Union { thin_share, listed } => {
            let listed = match listed.len() {
                0 => String::new(),
                n => format!(", and {n} listed"),
            };
            format!("dates that at least {:.0} % of the living instruments have{listed}", thin_share * 100.0)
        }
        CalendarRule::Exchange(exchange) => format!("sessions of {}", exchange.code()),
    }
}

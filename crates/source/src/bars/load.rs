//! Files to a panel: read, order, check, align, adjust, derive.

use std::{collections::BTreeSet, sync::Arc};

use backstaff_panel::{Axis, Panel, TRADED};
use rayon::prelude::*;

use super::{
    adjust::{self, Fields},
    adjustment_looks::Looks,
    align::Alignment,
    base_price::split_factor,
    calendar_remarks::Remarks,
    column_roles::SPLIT_RATIO,
    derive,
    laps::Laps,
    order::order,
    read::read,
    reading::{Found, FoundAdjustment, FoundCalendar, FoundLayout, Loaded},
    sessions,
    split_events::split_events,
    total_returns::adjust_by_returns,
};
use crate::{
    error::SourceError,
    format::decoded::{Blocks, SourceColumn},
    keys::matched::{Match, Pair},
    provider::{
        path::look_at,
        tables::{
            categories,
            database::Database,
            delistings::{self, Delistings},
            kept_rows::Marks,
            prices, series,
            sqlite::is_database,
            statements,
        },
    },
    request::{
        adjustment::Adjustment,
        panel_source::PanelSource,
        table_layout::TableLayout,
        vendor::{Adjusts, DELISTING_RETURN, Vendor},
    },
};

/// The number of instruments that a sentence names.
const NAMED: usize = 5;

impl PanelSource {
    /// Read, check, align and adjust.
    ///
    /// - Rows: each instrument has one for every session of the calendar from its first to its last.
    /// - Fields: those of the files by our names; `traded`; `return` and `return_sessions` if there is a close and they
    ///   are wanted; the prices as quoted as `raw_*` and the `factor` if prices are adjusted. A field of these names in
    ///   the file is kept instead, except `raw_*`.
    /// - NaN: holes, halts and empty cells; infinite values of a column that is no price, with a warning.
    /// - Threads: those of the current rayon pool; the result doesn't depend on their number.
    pub fn load(&self) -> Result<Loaded, SourceError> {
        self.load_above(None)
    }

    /// Load as [`PanelSource::load`] does, but read only the rows above the marks of an SQLite file's tables and take
    /// those below from where they were kept. The result is that of reading all, as long as nothing below the marks has
    /// changed.
    ///
    /// # Errors
    ///
    /// Those of [`PanelSource::load`], and [`SourceError::RowsNotKept`], after which everything has to be read anew.
    pub fn load_above(&self, marks: Option<&Arc<Marks>>) -> Result<Loaded, SourceError> {
        let mut laps = Laps::start();
        let mut warnings = Vec::new();
        let database = self.open_database(marks)?;
        let mut decoded = match &database {
            Some((database, layout)) => prices::read(database, &layout.prices, self)?,
            None => read(self)?,
        };
        decoded.blocks.rename(&self.instrument_names);
        let listed = decoded.blocks.instruments();
        let delistings = self.delistings(database.as_ref())?;
        let mut matches = self.match_delistings(database.as_ref(), delistings.as_ref(), &listed);
        laps.end("read prices");
        let mut ordered = order(self, &mut decoded, delistings.as_ref(), &mut warnings)?;
        laps.end("order rows");
        let alignment = ordered.alignment;
        let axis = &alignment.axis;
        let mut fields = gather(&mut ordered.columns, &alignment, &mut warnings);
        let adjustment = self.adjust(&mut fields, axis, &decoded.vendors, &mut warnings)?;
        let present = alignment.present();
        self.derive_fields(&mut fields, &present, axis, &mut warnings);
        laps.end("align and adjust");
        let coverage = coverage(&fields, &present);
        let mut panel = Panel::new(axis.clone());
        for (name, column) in fields {
            panel.insert(&name, column)?;
        }
        let mut static_categories = Vec::new();
        if let Some((database, layout)) = &database {
            static_categories =
                self.complete(&mut panel, database, layout, &mut warnings, &mut matches, &mut laps)?;
        } else {
            self.insert_categories(&mut panel, &alignment, &decoded.blocks, &mut warnings)?;
        }
        let sessions = axis.calendar().sessions();
        let found = Found {
            files: decoded.blocks.files,
            rows: ordered.n_rows,
            instruments: axis.n_instruments(),
            first: sessions[0],
            last: sessions[sessions.len() - 1],
            columns: decoded.columns,
            ignored: decoded.ignored,
            date_format: decoded.date_format,
            instrument_from: decoded.instrument_from,
            layouts: decoded.vendors.iter().map(|vendor| FoundLayout::of(vendor)).collect(),
            resampled: decoded.resampled,
            dropped: ordered.dropped,
            calendar: self.found_calendar(axis, &alignment, ordered.remarks),
            coverage,
            adjustment,
            static_categories,
            warnings,
        };
        Ok(Loaded {
            panel,
            found,
            excluded: ordered.excluded,
            others: listed.into_iter().filter(|name| axis.find(name).is_none()).collect(),
            matches,
            delistings,
            unpriced: ordered.unpriced,
            seconds: laps.finish(),
        })
    }

    /// The calendar of a panel, and what was found on the way to it.
    fn found_calendar(&self, axis: &Axis, alignment: &Alignment, remarks: Remarks) -> FoundCalendar {
        FoundCalendar {
            rule: self.calendar.describe(),
            sessions: axis.calendar().sessions().len(),
            sessions_per_year: axis.calendar().sessions_per_year(),
            resembles: sessions::resembles(axis.calendar()),
            dropped_rows: alignment.dropped_rows,
            dropped_dates: remarks.dropped_dates,
            empty_sessions: remarks.empty_sessions.len(),
            lost_returns: remarks.lacking.n_returns,
            weekend_rows: remarks.weekend.n_rows,
        }
    }

    /// The database behind the path and its layout, if the path is one.
    fn open_database(
        &self,
        marks: Option<&Arc<Marks>>,
    ) -> Result<Option<(Database, &TableLayout)>, SourceError> {
        match &self.tables {
            None if is_database(&self.path) => Err(SourceError::NoLayout { path: self.path.clone() }),
            None => Ok(None),
            Some(layout) => {
                layout.check().map_err(|error| SourceError::Tables { message: error.to_string() })?;
                look_at(&self.path)?;
                Ok(Some((Database::open(&self.path, marks.cloned())?, layout)))
            }
        }
    }

    /// The delistings of a database. None count where prices are read verbatim: then every row of the input is one of
    /// the panel, so that nothing ends.
    fn delistings(
        &self,
        database: Option<&(Database, &TableLayout)>,
    ) -> Result<Option<Delistings>, SourceError> {
        match database {
            Some((database, layout)) if self.adjustment != Adjustment::Verbatim => {
                delistings::read(database, layout.delistings.as_ref())
            }
            _ => Ok(None),
        }
    }

    /// How the instruments of the table of delistings meet all those of the prices. The table covers few by its nature,
    /// so that its own names need partners.
    fn match_delistings(
        &self,
        database: Option<&(Database, &TableLayout)>,
        delistings: Option<&Delistings>,
        listed: &BTreeSet<String>,
    ) -> Vec<Match> {
        let table = database.and_then(|(database, layout)| Some((database, layout.delistings.as_ref()?)));
        let Some(((database, layout), delistings)) = table.zip(delistings) else { return Vec::new() };
        let at = database.place(&layout.table);
        let listed = listed.iter().map(String::as_str);
        let matched =
            Match::of(Pair::Delistings, ("delistings of the layout", &at), listed, delistings.instruments());
        vec![matched.allowed(self.allow_unmatched)]
    }

    /// Add the factor of base prices where the data have these and prices are adjusted; returns the column of changes
    /// that it comes from.
    fn add_base_prices(
        &self,
        fields: &mut Fields,
        axis: &Axis,
        warnings: &mut Vec<String>,
    ) -> Result<Option<&str>, SourceError> {
        let change = match &self.tables {
            Some(layout) => layout.prices.change.as_deref(),
            None => self.change.as_deref(),
        };
        let adjusts = matches!(self.adjustment, Adjustment::Auto | Adjustment::Factor);
        let Some(change) = change.filter(|_| adjusts) else { return Ok(None) };
        if fields.contains_key("factor") {
            if self.tables.is_none() {
                warnings
                    .push(format!("the changes in {change} are not used, because there is a column factor"));
            }
            return Ok(None);
        }
        if self.tables.is_none() && !fields.contains_key(change) {
            return Err(SourceError::unknown_column(&self.path, change, fields.keys().cloned().collect()));
        }
        let Some(base) = split_factor(fields, change, axis) else { return Ok(None) };
        if base.are_doubtful() {
            let path = self.path.clone();
            let (n_events, n_known) = (base.n_events, base.n_known);
            return Err(SourceError::NotChange { path, column: change.to_owned(), n_events, n_known });
        }
        fields.insert("split_factor".to_owned(), base.factor.clone());
        fields.insert("factor".to_owned(), base.factor);
        Ok(Some(change))
    }

    /// Adjust prices, by the factor of base prices too where the data have these.
    fn adjust(
        &self,
        fields: &mut Fields,
        axis: &Axis,
        vendors: &[&Vendor],
        warnings: &mut Vec<String>,
    ) -> Result<FoundAdjustment, SourceError> {
        let change = self.add_base_prices(fields, axis, warnings)?;
        let events = if change.is_none() { self.add_events(fields, axis, vendors, warnings) } else { None };
        let (mode, why) = adjust::choose(self.adjustment, fields, &self.path, warnings)?;
        let why = match change.filter(|_| self.tables.is_none()) {
            Some(change) => format!("by base prices: the close less {change}"),
            None => events.unwrap_or(why),
        };
        let looks = Looks::of(fields, axis);
        let unstated = adjust::without_factor(mode, fields, axis);
        self.tell_unstated(mode, &unstated, axis, warnings)?;
        // A database's numbers are stored in four bytes where that happens to lose nothing.
        let narrowed = self.tables.is_some();
        let has_split_volumes = vendors.iter().any(|vendor| vendor.adjusts == Adjusts::SplitsDone);
        adjust::adjust(mode, fields, axis, &unstated, narrowed, has_split_volumes, warnings);
        Ok(looks.describe(mode, why, fields, axis))
    }

    /// Add the factors that follow from a vendor's returns, or from a column of splits, where prices are adjusted.
    /// Returns why prices are adjusted by them, if they are.
    fn add_events(
        &self,
        fields: &mut Fields,
        axis: &Axis,
        vendors: &[&Vendor],
        warnings: &mut Vec<String>,
    ) -> Option<String> {
        let is_auto = self.adjustment == Adjustment::Auto;
        if (is_auto || self.adjustment == Adjustment::Factor)
            && vendors.iter().any(|vendor| vendor.adjusts == Adjusts::Returns)
            && let Some(told) = adjust_by_returns(fields, axis)
        {
            warnings.extend(told);
            let delistings = if fields.contains_key(DELISTING_RETURN) { " and of delistings" } else { "" };
            return Some(format!("by the returns of each session{delistings}, which have dividends in them"));
        }
        if matches!(self.adjustment, Adjustment::Verbatim | Adjustment::AsIs)
            || fields.contains_key("split_factor")
        {
            return None;
        }
        let events = split_events(fields, SPLIT_RATIO, axis)?;
        if !events.are_in_closes() {
            warnings.push(events.warning(SPLIT_RATIO));
            return None;
        }
        fields.insert("split_factor".to_owned(), events.factor.clone());
        if !is_auto || fields.contains_key("adj_close") || fields.contains_key("factor") {
            return None;
        }
        fields.insert("factor".to_owned(), events.factor);
        Some(format!("by the splits in {SPLIT_RATIO}; dividends are not in the prices"))
    }

    /// Say which instruments lack the column that adjusts the others; an error where that column was asked for.
    fn tell_unstated(
        &self,
        mode: Adjustment,
        unstated: &[usize],
        axis: &Axis,
        warnings: &mut Vec<String>,
    ) -> Result<(), SourceError> {
        if unstated.is_empty() {
            return Ok(());
        }
        let column = if mode == Adjustment::Factor { "factor" } else { "adj_close" };
        let names = unstated.iter().map(|&i| axis.instruments()[i].name());
        let names = backstaff_words::some_of(names, NAMED);
        if self.adjustment == mode {
            return Err(SourceError::Unstated { path: self.path.clone(), mode: mode.name(), column, names });
        }
        warnings.push(format!(
            "{} of {} have closes and no {column} ({names}): their closes are taken as adjusted already; if they are as \
             quoted, say `adjustment: as_is`, or give them the column",
            unstated.len(),
            backstaff_words::count(axis.n_instruments(), "instrument"),
        ));
        Ok(())
    }

    /// Add whether each row traded, and returns where they are wanted.
    fn derive_fields(&self, fields: &mut Fields, present: &[bool], axis: &Axis, warnings: &mut Vec<String>) {
        let traded = derive::traded(fields, present);
        let close =
            fields.get("close").filter(|_| self.wants_field("return") || self.wants_field("return_sessions"));
        if let Some(close) = close {
            let (returns, spans) = derive::returns(close, &traded, axis);
            for (name, column) in [("return", returns), ("return_sessions", spans)] {
                if fields.contains_key(name) {
                    warnings.push(format!("the field {name} is the file's own column"));
                } else {
                    fields.insert(name.to_owned(), column);
                }
            }
        }
        warnings.extend(derive::silent(fields, &traded, axis));
        fields.insert(TRADED.to_owned(), traded);
    }

    /// Add the categories, statements and series of a database to a panel of its prices; returns the names of
    /// categories without history.
    fn complete(
        &self,
        panel: &mut Panel,
        database: &Database,
        layout: &TableLayout,
        warnings: &mut Vec<String>,
        matches: &mut Vec<Match>,
        laps: &mut Laps,
    ) -> Result<Vec<String>, SourceError> {
        let static_categories = categories::insert(panel, database, layout, self, warnings, matches)?;
        laps.end("read categories");
        statements::insert(panel, database, layout, self, warnings, matches)?;
        laps.end("read statements");
        series::insert(panel, database, layout, self, warnings)?;
        laps.end("read series");
        Ok(static_categories)
    }

    /// Add the categories that are columns of the files of bars.
    fn insert_categories(
        &self,
        panel: &mut Panel,
        alignment: &Alignment,
        blocks: &Blocks,
        warnings: &mut Vec<String>,
    ) -> Result<(), SourceError> {
        for name in &self.categories {
            let is_there = |categories: &[(String, _)]| categories.iter().any(|(other, _)| other == name);
            if blocks.parts.iter().any(|block| is_there(&block.categories)) {
                panel.insert_categories(name, alignment.categories(name, &blocks.parts))?;
            } else {
                warnings.push(format!("no text column {name} was found for the categories"));
            }
        }
        Ok(())
    }
}

/// The columns in the rows of the panel. Each source column gives its memory back as soon as it is gathered.
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

/// The share of rows that have a close, or that are in the files if there is no close.
fn coverage(fields: &Fields, present: &[bool]) -> f64 {
    let filled = match fields.get("close") {
        Some(close) => (0..close.len()).into_par_iter().filter(|&row| !close.get(row).is_nan()).count(),
        None => present.iter().filter(|&&present| present).count(),
    };
    filled as f64 / present.len() as f64
}

//! The files of a single computation, which no study describes.

use std::path::Path;

use backstaff_feature::Schema;
use backstaff_source::{
    CalendarRule, Halts, Hours, Mapping, NameRule, PanelSource, Resample, TableLayout, Written, Zone,
    field_name,
};

use super::{Laps, Load, OwnColumns, attribute_table::AttributeTable, text_of_layout};
use crate::{StudyError, steps::published::Published};

/// The form of the files of a single computation: what a study would say of them.
#[derive(Clone, Debug, Default)]
pub struct FileForm {
    /// How the texts of all files are written.
    pub written: Written,
    /// Columns of prices whose names are not the usual ones.
    pub mapping: Mapping,
    /// The form in which files write a session without trade, if it is stated; a database's layout says its own.
    pub halts: Option<Halts>,
    /// The quantity that the columns of prices hold where a file has one for each instrument.
    pub wide: Option<String>,
    /// The length that bars of minutes or hours get.
    pub resample: Option<Resample>,
    /// The hours in which bars that are resampled count; all if `None`.
    pub hours: Option<Hours>,
    /// The zone in which stamps of prices in UTC are dates; their dates as they are written if `None`.
    pub zone: Option<Zone>,
    /// The calendar of the sessions; if `None`, that of the verb: every date of the data, or, where returns are judged,
    /// those that at least a fifth of the living instruments have.
    pub calendar: Option<CalendarRule>,
    /// The rule by which names of instruments are rewritten, in all files that are read.
    pub instrument_names: NameRule,
    /// Whether less than half of the instruments of two tables may meet.
    pub allow_unmatched: bool,
}

impl FileForm {
    /// Say of prices what is stated.
    pub(crate) fn lay_over(&self, prices: &mut PanelSource) {
        let FileForm {
            written,
            mapping,
            halts,
            wide,
            resample,
            hours,
            zone,
            calendar,
            instrument_names,
            allow_unmatched,
        } = self;
        (prices.resample, prices.hours) = (*resample, *hours);
        prices.written = *written;
        prices.mapping.clone_from(mapping);
        prices.halts = halts.unwrap_or_default();
        prices.wide.clone_from(wide);
        prices.zone.clone_from(zone);
        if let Some(calendar) = calendar {
            prices.calendar = calendar.clone();
        }
        prices.instrument_names = instrument_names.clone();
        prices.allow_unmatched = *allow_unmatched;
    }
}

impl Load {
    /// One file for a single computation, with prices exactly as they are in it.
    pub fn verbatim(path: &Path, categories: Vec<String>) -> Self {
        let prices = PanelSource { categories, ..PanelSource::verbatim(path) };
        Self {
            prices,
            attributes: None,
            member_from: None,
            at_most: None,
            benchmark: None,
            published: Published::default(),
            given: Vec::new(),
            columns: Vec::new(),
            tables_text: String::new(),
            high_water_mark: false,
            is_cut: false,
            laps: Laps::default(),
        }
    }

    /// Read a database by this layout, and only the wanted fields, categories and published quantities of it.
    pub fn of_tables(mut self, layout: TableLayout, wanted: &Schema) -> Result<Self, StudyError> {
        self.tables_text = text_of_layout(&layout)?;
        self.prices.fields = Some(wanted.fields.clone());
        self.prices.categories = wanted.categories.iter().cloned().collect();
        self.prices.facts = Some(wanted.facts.clone());
        self.prices.tables = Some(layout);
        Ok(self)
    }

    /// Read a database by this layout: all that the layout names.
    pub fn of_all_tables(mut self, layout: TableLayout) -> Result<Self, StudyError> {
        self.tables_text = text_of_layout(&layout)?;
        self.prices.tables = Some(layout);
        Ok(self)
    }

    /// One file of prices, adjusted as a study does by default, and a category from a table without history, if any.
    pub fn adjusted(path: &Path, categories: Vec<String>, attributes: Option<(&Path, &str)>) -> Self {
        let attributes = attributes.map(|(path, category)| AttributeTable {
            path: path.to_owned(),
            key: None,
            categories: vec![category.to_owned()],
            instrument_names: NameRule::default(),
            allow_unmatched: false,
            named_by: "--attributes",
            written: Written::default(),
        });
        let prices = PanelSource { categories, ..PanelSource::new(path) };
        Self { prices, attributes, ..Self::verbatim(path, Vec::new()) }
    }

    /// The same files, and a table of published values that describes itself.
    pub fn with_facts(self, path: &Path) -> Self {
        Self { published: Published::table(path), ..self }
    }

    /// The same files, and a user's own columns.
    pub fn with_columns(self, columns: &[OwnColumns]) -> Self {
        Self { columns: columns.to_vec(), ..self }
    }

    /// The same files, adjusted by the base prices that this column of changes tells, if one is named.
    pub fn with_change(mut self, column: Option<&str>) -> Self {
        self.prices.change = column.map(field_name);
        self
    }

    /// The same files, read in this form: all of them by its texts and names, those of prices by the rest.
    pub fn in_form(mut self, form: &FileForm) -> Result<Self, StudyError> {
        form.lay_over(&mut self.prices);
        let FileForm { written, instrument_names, allow_unmatched, .. } = form;
        if let Some(layout) = self.prices.tables.take() {
            let layout = layout.with_instrument_names(instrument_names);
            self.tables_text = text_of_layout(&layout)?;
            self.prices.tables = Some(layout);
        }
        if let Some(table) = &mut self.attributes {
            table.written = *written;
            table.instrument_names = instrument_names.clone();
            table.allow_unmatched = *allow_unmatched;
        }
        self.published = self.published.in_form(*written, instrument_names, *allow_unmatched);
        Ok(self)
    }
}

//! Daily bars in files or a database: where they are and how to read them.

use std::{collections::BTreeSet, path::PathBuf};

use backstaff_panel::{Instrument, Session};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    adjustment::Adjustment,
    calendar_rule::CalendarRule,
    halts::Halts,
    mapping::Mapping,
    resample::{Hours, Resample},
    table_layout::TableLayout,
    written::Written,
    zone::Zone,
};
use crate::keys::name_rule::NameRule;

/// What to do with a row that can't be true: a second bar of a session that differs from the first, a negative or infinite
/// price.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnBadRow {
    /// End with an error.
    #[default]
    Stop,
    /// Leave the row out (of two bars for one session both), count it and list it; a bar with a high below its low too. An
    /// instrument goes as a whole if more than half of its rows are bad.
    Drop,
    /// Leave its whole instrument out, and say so.
    ExcludeInstrument,
}

impl OnBadRow {
    /// The name of the rule in files and keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Drop => "drop",
            Self::ExcludeInstrument => "exclude_instrument",
        }
    }
}

/// The layout of the files in a folder.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// The names in the folder show the layout.
    #[default]
    Detect,
    /// LEAN's layout: archives in `daily`, `hour` or `minute`, with map and factor files beside them.
    Lean,
    /// Qlib's layout: a calendar, and a file for each instrument and field.
    Qlib,
}

/// Daily bars in files: where they are and how to read them.
///
/// ```no_run
/// use backstaff_source::PanelSource;
/// let loaded = PanelSource::new("prices.parquet").load()?;
/// println!("{} rows, {}", loaded.panel.axis().n_rows(), loaded.found.adjustment.why);
/// # Ok::<(), backstaff_source::SourceError>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct PanelSource {
    /// The file, or the folder of files.
    pub path: PathBuf,
    /// The layout of the files; another than the stated one is refused.
    pub format: Format,
    /// Columns whose names are not the usual ones.
    pub mapping: Mapping,
    /// The fields wanted, in our names; `None` is all. Others are read only if adjustment needs them.
    pub fields: Option<BTreeSet<String>>,
    /// Text columns (in our names) that become categories. Between rows the last known one holds.
    pub categories: Vec<String>,
    /// The instruments wanted; `None` is all.
    pub instruments: Option<BTreeSet<String>>,
    /// The adjustment of prices.
    pub adjustment: Adjustment,
    /// The rule by which dates are sessions.
    pub calendar: CalendarRule,
    /// The treatment of rows that can't be true.
    pub on_bad_row: OnBadRow,
    /// Rows to leave out: a list frozen in the study, never one made by looking at the data while reading.
    pub drop_rows: Vec<(Instrument, Session)>,
    /// Instruments to leave out: a list frozen in the study, as `drop_rows` is.
    pub drop_instruments: BTreeSet<String>,
    /// The form in which files write a session without trade; a database's layout says its own.
    pub halts: Halts,
    /// The field of files that holds the change from the session's base price, in money; a database's layout says its
    /// own. Prices are adjusted by these base prices then.
    pub change: Option<String>,
    /// How texts are written where they don't show it.
    pub written: Written,
    /// The quantity that the columns hold where the files have a column for each instrument; `None` where they have not.
    pub wide: Option<String>,
    /// The zone in which stamps of files in UTC are dates; their dates as they are written if `None`.
    pub zone: Option<Zone>,
    /// The length that bars of minutes or hours in files get; those of LEAN's folders become sessions by themselves.
    pub resample: Option<Resample>,
    /// The hours in which bars that are resampled count; all if `None`.
    pub hours: Option<Hours>,
    /// The meaning of a database's tables; an SQLite file needs it.
    pub tables: Option<TableLayout>,
    /// The published facts wanted of a database, in our names; `None` is all.
    pub facts: Option<BTreeSet<String>>,
    /// The rule by which the names of instruments in the files are rewritten.
    pub instrument_names: NameRule,
    /// Whether less than half of the instruments may meet those of a database's other tables.
    pub allow_unmatched: bool,
}

impl PanelSource {
    /// A source that reads everything at a path, with the defaults.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            format: Format::default(),
            mapping: Mapping::default(),
            fields: None,
            categories: Vec::new(),
            instruments: None,
            adjustment: Adjustment::default(),
            calendar: CalendarRule::default(),
            on_bad_row: OnBadRow::default(),
            drop_rows: Vec::new(),
            drop_instruments: BTreeSet::new(),
            halts: Halts::default(),
            change: None,
            written: Written::default(),
            wide: None,
            zone: None,
            resample: None,
            hours: None,
            tables: None,
            facts: None,
            instrument_names: NameRule::default(),
            allow_unmatched: false,
        }
    }

    /// A source that takes prices exactly as in the file and every date as a session: each row of the input is a row of
    /// the panel.
    pub fn verbatim(path: impl Into<PathBuf>) -> Self {
        Self { adjustment: Adjustment::Verbatim, calendar: CalendarRule::every_date(), ..Self::new(path) }
    }

    /// Whether an instrument is wanted.
    pub(crate) fn wants_instrument(&self, name: &str) -> bool {
        self.instruments.as_ref().is_none_or(|wanted| wanted.contains(name))
            && !self.drop_instruments.contains(name)
    }

    /// Whether an instrument is wanted, by its name in the files.
    pub(crate) fn wants_name(&self, name: &str) -> bool {
        self.wants_instrument(&self.instrument_names.apply(name))
    }

    /// Whether a field is asked for; what others are derived from may have to be read all the same.
    pub(crate) fn wants_field(&self, name: &str) -> bool {
        self.fields.as_ref().is_none_or(|wanted| wanted.contains(name))
    }

    /// Whether a published fact of a database is wanted.
    pub(crate) fn wants_fact(&self, name: &str) -> bool {
        self.facts.as_ref().is_none_or(|wanted| wanted.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_study_spells_the_treatment_of_bad_rows() {
        for treatment in [OnBadRow::Stop, OnBadRow::Drop, OnBadRow::ExcludeInstrument] {
            assert_eq!(serde_saphyr::from_str::<OnBadRow>(treatment.name()).unwrap(), treatment);
        }
        assert_eq!(OnBadRow::default(), OnBadRow::Stop);
    }
}

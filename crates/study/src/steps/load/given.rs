//! A study's own scores and weights: from their tables to fields of the panel.

use std::path::Path;

use backstaff_panel::{Column, Instrument, Panel, Session};
use backstaff_source::{GivenSource, Holds, Match, Pair, Placed};
use backstaff_stage::{Digest, KeyHasher, digest_file};
use backstaff_words::count;

use crate::{
    StudyError,
    config::{Config, GivenTable, GivenWeights, ModelSpec, OWN_WEIGHTS, StrategySpec, own_scores},
    steps::published::enter_written,
    stored::facts::LoadFacts,
};

/// The usual names of a column of scores.
const SCORES: &[&str] = &["score", "signal", "prediction", "pred", "alpha", "value"];
/// The usual names of a column of weights.
const WEIGHTS: &[&str] = &["weight", "weights", "targetweight", "target", "value"];
/// What decimal fractions that add up to 1 miss it by.
const ROUNDING: f64 = 1e-6;

/// The source of a table of scores, whose path is relative to a folder, and for how long a score counts.
pub(crate) fn source_of_scores(table: &GivenTable, folder: &Path) -> (GivenSource, Holds) {
    (source(table, SCORES, folder), Holds::UntilNext { days: table.max_age_days })
}

/// The source of a table of values, whose column has one of these names if the table states none.
fn source(table: &GivenTable, usual: &'static [&'static str], folder: &Path) -> GivenSource {
    GivenSource {
        path: folder.join(&table.path),
        column: table.column.clone(),
        usual,
        written: table.written(),
        instrument_names: table.instrument_names.clone(),
    }
}

/// A table of values that become a field of the panel.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// The name of the field.
    field: String,
    /// The key of the study that names the table.
    key: String,
    source: GivenSource,
    holds: Holds,
    allow_unmatched: bool,
    /// What the values of a date may add up to, if there is a limit.
    most: Option<f64>,
    /// The last session of whose values anything is read; `None` for all.
    until: Option<Session>,
}

impl Given {
    /// The tables that a study names.
    pub(super) fn of(config: &Config) -> Vec<Self> {
        let scores = config.models.iter().enumerate().filter_map(|(place, (name, model))| match model {
            ModelSpec::Scores(table) => {
                let key = format!("models.{name}.scores");
                let of = source_of_scores(table, &config.folder);
                Some(Self::new(own_scores(place), key, table, of))
            }
            _ => None,
        });
        let weights = match &config.portfolio.strategy {
            StrategySpec::Weights(GivenWeights::File(table)) => {
                let (field, key) = (OWN_WEIGHTS.to_owned(), "portfolio.strategy.weights.file".to_owned());
                let of = (source(table, WEIGHTS, &config.folder), Holds::Once);
                let own = Self::new(field, key, table, of);
                Some(Self { most: Some(1.0 + ROUNDING), ..own })
            }
            _ => None,
        };
        scores.chain(weights).collect()
    }

    fn new(field: String, key: String, table: &GivenTable, (source, holds): (GivenSource, Holds)) -> Self {
        Self { field, key, source, holds, allow_unmatched: table.allow_unmatched, most: None, until: None }
    }

    /// The same without what became known after a session.
    pub(super) fn until(self, session: Session) -> Self {
        Self { until: Some(session), ..self }
    }

    /// The digest of the table's bytes.
    pub(super) fn digest(&self) -> Result<Digest, StudyError> {
        let path = &self.source.path;
        digest_file(path).map_err(|source| StudyError::Read { path: path.clone(), source })
    }

    /// Enter everything into a key that changes what is read from the table, but for its bytes.
    pub(super) fn enter(key: &mut KeyHasher, given: &Self) {
        let Self { field, key: named_by, source, holds, allow_unmatched, most, until } = given;
        // The usual names of the column follow from the field.
        let GivenSource { path: _, column, usual: _, written, instrument_names } = source;
        key.str("field", field).str("named_by", named_by);
        key.str("column", column.as_deref().unwrap_or_default());
        enter_written(key, *written);
        key.str("instrument_names", &instrument_names.to_string());
        key.bool("allow_unmatched", *allow_unmatched).f64("most", most.unwrap_or(f64::NAN));
        match holds {
            Holds::Once => key.str("holds", "once"),
            Holds::UntilNext { days } => key.str("holds", "until next").u64("days", u64::from(*days)),
        };
        key.list("until", until, |key, session| {
            key.i64("", session.number().into());
        });
    }

    /// Read the table into a field of the panel, and say what became of its rows.
    pub(super) fn add(&self, panel: &mut Panel, told: &mut LoadFacts) -> Result<(), StudyError> {
        let mut values = self.source.read()?;
        if let Some((date, sum)) = self.most.and_then(|most| values.beyond(most)) {
            let message = format!(
                "{}: the weights of {date} add up to {sum}, but nothing is borrowed: the equity is 1",
                self.source.path.display()
            );
            return Err(StudyError::Value { key: self.key.clone(), message });
        }
        let axis = panel.axis().clone();
        let listed = axis.instruments().iter().map(Instrument::name);
        let listed = listed.chain(told.others.iter().map(String::as_str));
        let at = (self.key.as_str(), self.source.path.as_path());
        let matched = Match::of(Pair::Given, at, listed, values.instruments());
        let meets = matched.met > 0;
        told.matches.push(matched.allowed(self.allow_unmatched));
        if let Some(last) = self.until {
            values = values.until(last);
        }
        let placed = values.on(&axis, self.holds);
        // That no names meet is told where all tables are checked.
        if meets && self.until.is_none() && placed.values.iter().all(|value| value.is_nan()) {
            let (first, last) = (axis.calendar().sessions().first(), axis.calendar().sessions().last());
            let message = format!(
                "{} has no value for an instrument and a session of the prices, which are from {} to {}",
                self.source.path.display(),
                first.map_or_else(String::new, ToString::to_string),
                last.map_or_else(String::new, ToString::to_string)
            );
            return Err(StudyError::Value { key: self.key.clone(), message });
        }
        told.warnings.push(self.sentence(&placed, axis.calendar().sessions().last().copied()));
        panel.insert(&self.field, Column::F64(placed.values))?;
        Ok(())
    }

    /// What was read, what was left out and why, and what is taken on trust.
    fn sentence(&self, placed: &Placed, last: Option<Session>) -> String {
        let span = placed.dates.map_or_else(String::new, |(from, to)| format!(" from {from} to {to}"));
        let mut parts = vec![format!("{}: {} read{span}", self.key, count(placed.rows, "row"))];
        let counted = [
            (placed.unknown, "of instruments that the prices lack"),
            (placed.outside, "before the first session or after the last"),
            (placed.between, "not of a session, which count from the next one on"),
            (placed.empty, "without a value"),
            (placed.merged, "that repeat another one, which count once"),
        ];
        parts.extend(counted.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
        parts.push(match (placed.has_known_at, placed.late) {
            (true, late) => format!("{late} known after their date, which count from `known_at` on"),
            (false, _) => {
                "there is no `known_at`: values are taken as known at the close of their date".to_owned()
            }
        });
        if let (Some((_, newest)), Some(last)) = (placed.dates, last)
            && newest < last
        {
            let days = last.number() - newest.number();
            parts.push(format!("the newest are {} older than the prices", count(days as usize, "day")));
        }
        parts.join("; ")
    }
}

//! Published values: from the study's tables into the panel, and to parts of its artifact.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use backstaff_panel::{Facts, Frequency, Instrument, Panel, Session};
use backstaff_source::{
    FactSource, Lags, Mapping, Match, NameRule, Pair, SeriesSource, SourceError, TextEncoding, Written,
};
use backstaff_stage::{Digest, Draft, KeyHasher, StoreError, Table};

use crate::{
    StudyError,
    config::{Data, SeriesLag},
    stored::{
        facts::{LoadFacts, PublishedFacts},
        panel::published_part,
        segment::Segment,
    },
};

/// Enter into a key how the texts of a table are written.
pub(super) fn enter_written(key: &mut KeyHasher, written: Written) {
    let Written { date_order, encoding, decimal } = written;
    key.str("date_order", date_order.name());
    key.str("encoding", &encoding.map_or("".into(), TextEncoding::name));
    key.str("decimal", decimal.name());
}

/// The tables of published values, of instruments and of the market.
#[derive(Clone, Debug, Default)]
pub struct Published {
    tables: Vec<FactSource>,
    series: Vec<SeriesSource>,
    /// The last session whose publications are read; `None` for all.
    until: Option<Session>,
    /// The section of the study, or the option of the command, that names the tables of instruments.
    named_by: &'static str,
}

impl Published {
    /// The tables that the study's `data` section names, below the study's folder.
    pub fn new(data: &Data, folder: &Path) -> Self {
        let at = |path: &Path| folder.join(path);
        let tables = data.facts.iter().map(|table| FactSource {
            path: at(&table.path),
            mapping: Mapping(table.mapping.clone()),
            lag_days: table.lag_days,
            frequency: table.frequency.map(Frequency::from),
            fiscal_year_end: table.fiscal_year_end,
            currency: table.currency.clone(),
            fields: table.fields.clone().map(|fields| fields.into_iter().collect()),
            instrument_names: table.instrument_names.clone(),
            allow_unmatched: table.allow_unmatched,
            written: table.written(),
        });
        let series = data.series.iter().map(|table| SeriesSource {
            path: at(&table.path),
            mapping: Mapping(table.mapping.clone()),
            names: table.names.clone().map(|names| names.into_iter().collect()),
            lags: match &table.lag {
                SeriesLag::Usual => Lags::Usual,
                SeriesLag::All(lag) => Lags::All(*lag),
                SeriesLag::By(lags) => Lags::By(lags.clone()),
            },
            written: table.written(),
        });
        Self { tables: tables.collect(), series: series.collect(), until: None, named_by: "data.facts" }
    }

    /// One table that describes itself.
    pub fn table(path: &Path) -> Self {
        Self { tables: vec![FactSource::new(path)], named_by: "--facts", ..Self::default() }
    }

    /// The same tables, with texts that are written so, names of instruments rewritten by a rule, and with less than half
    /// of them meeting or not.
    pub fn in_form(mut self, written: Written, rule: &NameRule, allow_unmatched: bool) -> Self {
        self.series.iter_mut().for_each(|table| table.written = written);
        for table in &mut self.tables {
            table.written = written;
            table.instrument_names = rule.clone();
            table.allow_unmatched = allow_unmatched;
        }
        self
    }

    /// The same tables without the publications after a session.
    pub fn until(self, session: Session) -> Self {
        Self { until: Some(session), ..self }
    }

    /// The digest of each table's files.
    pub fn digests(&self) -> Result<Vec<Digest>, StudyError> {
        let tables =
            self.tables.iter().map(FactSource::files).chain(self.series.iter().map(SeriesSource::files));
        let digest = |files: Result<Vec<PathBuf>, SourceError>| {
            let mut key = KeyHasher::new();
            for path in files? {
                // A file of a folder in Qlib's layout is named by its instrument and its fact.
                let name = path.iter().rev().take(2).map(|part| part.to_string_lossy().into_owned());
                let name = name.collect::<Vec<_>>().join(" in ");
                let digest = backstaff_stage::digest_file(&path)
                    .map_err(|source| StudyError::Read { path: path.clone(), source })?;
                key.str("name", &name).digest("file", &digest);
            }
            Ok(key.finish_digest())
        };
        tables.map(digest).collect()
    }

    /// Enter everything into a key that changes what is read from the tables, but for their bytes.
    pub fn enter(&self, key: &mut KeyHasher) {
        let Self { tables, series, until, named_by } = self;
        key.str("named_by", named_by);
        let names = |key: &mut KeyHasher, label: &str, names: &Option<BTreeSet<String>>| {
            key.bool("all", names.is_none()).list(label, names.iter().flatten(), |key, name| {
                key.str("", name);
            });
        };
        let columns = |key: &mut KeyHasher, mapping: &Mapping| {
            key.list("columns", &mapping.0, |key, (theirs, ours)| {
                key.str("theirs", theirs).str("ours", ours);
            });
        };
        key.list("facts", tables, |key, table| {
            // The bytes of what the path names are what counts.
            let FactSource {
                path: _,
                mapping,
                lag_days,
                frequency,
                fiscal_year_end,
                currency,
                fields,
                instrument_names,
                allow_unmatched,
                written,
            } = table;
            enter_written(key, *written);
            key.str("instrument_names", &instrument_names.to_string());
            key.bool("allow_unmatched", *allow_unmatched);
            columns(key, mapping);
            names(key, "fields", fields);
            key.list("lag_days", lag_days, |key, &days| {
                key.u64("", days.into());
            });
            key.str("frequency", frequency.map_or("", Frequency::suffix));
            key.i64("fiscal_year_end", fiscal_year_end.unwrap_or(0).into());
            key.str("currency", currency.as_deref().unwrap_or_default());
        });
        key.list("series", series, |key, table| {
            let SeriesSource { path: _, mapping, names: wanted, lags, written } = table;
            enter_written(key, *written);
            columns(key, mapping);
            names(key, "names", wanted);
            match lags {
                Lags::Usual => key.str("lags", "usual"),
                Lags::All(lag) => key.str("lags", &lag.to_string()),
                Lags::By(lags) => key.list("lags", lags, |key, (name, lag)| {
                    key.str("series", name).str("lag", &lag.to_string());
                }),
            };
        });
        key.list("until", until, |key, session| {
            key.i64("", session.number().into());
        });
    }

    /// Read the tables into a panel, and add facts about each quantity, also about those of the panel's own source.
    pub fn read(&self, panel: &mut Panel, told: &mut LoadFacts) -> Result<(), StudyError> {
        let own = panel.all_facts().map(|(name, facts)| (name.to_owned(), facts.clone())).collect::<Vec<_>>();
        for (name, facts) in own {
            self.insert(panel, told, &name, &facts, "as the data say".to_owned())?;
        }
        for table in &self.tables {
            let read = table.read()?;
            told.warnings.extend(read.left_out);
            let how = match table.lag_days {
                Some(days) => format!("{days} days after the end of the period, as stated"),
                None => "as the table says".to_owned(),
            };
            if !read.facts.is_empty() {
                let of_prices = panel.axis().instruments().iter().map(Instrument::name);
                let named = read.facts.values().flat_map(Facts::all);
                let named = named.filter_map(|(instrument, _)| instrument.map(Instrument::name));
                let at = (self.named_by, table.path.as_path());
                let matched = Match::of(Pair::Facts, at, of_prices, named);
                told.matches.push(matched.allowed(table.allow_unmatched));
            }
            for (name, facts) in read.facts {
                self.add(panel, told, &name, &facts, how.clone())?;
            }
        }
        for table in &self.series {
            let read = table.read()?;
            told.warnings.extend(read.left_out);
            for (name, facts) in read.facts {
                let lag = read.lags.iter().find(|(series, ..)| {
                    let series = backstaff_source::field_name(series);
                    name.strip_suffix(Frequency::Dated.suffix()) == Some(&series) || name == series
                });
                let how = lag.map_or_else(
                    || "as the table says".to_owned(),
                    |(_, lag, why)| format!("{} ({why})", lag.to_string().replace('_', " ")),
                );
                self.add(panel, told, &name, &facts, how)?;
            }
        }
        Ok(())
    }

    /// Add a quantity of a table.
    ///
    /// # Errors
    ///
    /// If another table has published a quantity of this name.
    fn add(
        &self,
        panel: &mut Panel,
        told: &mut LoadFacts,
        name: &str,
        facts: &Facts,
        how: String,
    ) -> Result<(), StudyError> {
        if panel.facts(name).is_some() {
            let message = format!(
                "two tables publish $${name}; leave it out of one of them, or rename it in its mapping"
            );
            return Err(StudyError::Value { key: "data.facts".to_owned(), message });
        }
        self.insert(panel, told, name, facts, how)
    }

    /// Insert a quantity and the facts about it.
    fn insert(
        &self,
        panel: &mut Panel,
        told: &mut LoadFacts,
        name: &str,
        facts: &Facts,
        how: String,
    ) -> Result<(), StudyError> {
        let axis = panel.axis().clone();
        let known = facts.all().filter_map(|(instrument, _)| instrument);
        let known = known.filter(|instrument| axis.find(instrument.name()).is_some());
        let known = known.map(|name| (name.clone(), name.clone())).collect::<Vec<_>>();
        let of_market = facts.of_market().is_some();
        let instruments = if of_market { axis.n_instruments() } else { known.len() };
        let facts = facts.renamed(known);
        let facts = self.until.map_or_else(|| facts.clone(), |last| facts.until(last));
        let days = || facts.all().flat_map(|(_, facts)| facts.iter().map(|fact| fact.known));
        told.published.push(PublishedFacts {
            name: name.to_owned(),
            of_market,
            values: facts.all().map(|(_, facts)| facts.len()).sum(),
            instruments,
            known: days().min().zip(days().max()).map(|(first, last)| (first.to_string(), last.to_string())),
            how,
        });
        panel.insert_facts(name, facts)?;
        Ok(())
    }
}

/// Write the part of each segment. A value published after the last session is in none: nobody could know it.
pub fn write(draft: &mut Draft, panel: &Panel, segments: &[Segment]) -> Result<(), StoreError> {
    let calendar = panel.axis().calendar();
    for (name, facts) in panel.all_facts() {
        let mut after = Session::from_number(i32::MIN);
        for segment in segments {
            let last = calendar.session(segment.positions.end - 1);
            let all = facts.all().flat_map(|(about, facts)| {
                let new = facts.iter().filter(|fact| after < fact.known && fact.known <= last);
                new.map(move |fact| (about.map_or("", Instrument::name), fact))
            });
            let all = all.collect::<Vec<_>>();
            let table = Table::new()
                .str("instrument", all.iter().map(|(instrument, _)| *instrument))
                .i64("known", all.iter().map(|(_, fact)| fact.known.number().into()).collect())
                .i64("period", all.iter().map(|(_, fact)| fact.period.number().into()).collect())
                .f64("value", all.iter().map(|(_, fact)| fact.value).collect());
            draft.write_part(&published_part(segment, name), |file| table.write(file))?;
            after = last;
        }
    }
    Ok(())
}

//! The reading of all files of a table of series.

use std::{collections::BTreeMap, path::PathBuf};

use backstaff_panel::{Fact, Facts, Frequency, Session};
use backstaff_words::count;

use super::{
    series_source::{ReadSeries, SeriesSource},
    series_table::{DATE, SeriesTable},
};
use crate::{
    error::SourceError,
    names::{folded, hint},
    provider::source_files::source_files,
    published::{
        dated_tables::DatedTables,
        fact_name::fact_name,
        repeats::{self, Repeats},
    },
};

impl SeriesSource {
    /// The files that are read.
    ///
    /// # Errors
    ///
    /// If there are no such files.
    pub fn files(&self) -> Result<Vec<PathBuf>, SourceError> {
        source_files(&self.path)
    }

    /// Read the series of all files.
    ///
    /// # Errors
    ///
    /// If nobody says when the values of a series became known, a series that was named is not there, or a date or
    /// value can't be read.
    pub fn read(&self) -> Result<ReadSeries, SourceError> {
        let mut all = BTreeMap::<String, Vec<Fact>>::new();
        let mut read = ReadSeries::default();
        let mut early = 0;
        let DatedTables { files, orders } =
            DatedTables::read(&self.path, &self.mapping, self.written, &DATE)?;
        for (file, texts) in &files {
            let table = SeriesTable::new(self, file, texts, orders)?;
            for row in &texts.rows {
                early += table.read(row, &mut all, &mut read.lags)?;
            }
        }
        let found = all.keys().map(String::as_str).collect::<Vec<_>>();
        if let Some(missing) =
            self.names.iter().flatten().find(|name| !found.iter().any(|found| folded(found) == folded(name)))
        {
            return Err(SourceError::Facts {
                path: self.path.clone(),
                problem: format!(
                    "it has no value of a series {missing:?}{}",
                    hint(missing, found.iter().copied())
                ),
            });
        }
        if early > 0 {
            let path = self.path.display();
            read.left_out.push(format!("{path}: {early} values left out, known before their date"));
        }
        for (name, facts) in all {
            let facts = self.settled(&name, facts, &mut read.left_out)?;
            let name = fact_name(&name, Frequency::Dated);
            if read.facts.insert(name.clone(), Facts::market(Frequency::Dated, facts)).is_some() {
                let problem = format!("two series would be called {name}");
                return Err(SourceError::Facts { path: self.path.clone(), problem });
            }
        }
        Ok(read)
    }

    /// The values of a series, each date's once.
    ///
    /// # Errors
    ///
    /// If two rows differ.
    fn settled(
        &self,
        name: &str,
        facts: Vec<Fact>,
        left_out: &mut Vec<String>,
    ) -> Result<Vec<Fact>, SourceError> {
        let mut facts = facts.into_iter().map(|fact| ((), fact)).collect::<Vec<_>>();
        let Repeats { merged, differing: _, first } = Repeats::settle(&mut facts);
        if let Some((first, second)) = first {
            let ((), fact) = facts[first];
            let words = repeats::pair(fact.known, fact.value, facts[second].1.value);
            let date = Session::from_number(fact.period.number());
            let problem =
                format!("the series {name} has two values for {date}, {words}; remove one of the rows");
            return Err(SourceError::Facts { path: self.path.clone(), problem });
        }
        if merged > 0 {
            let (path, values) = (self.path.display(), count(merged, "value"));
            left_out.push(format!("{path}: {values} of {name} told twice, and counted once"));
        }
        Ok(facts.into_iter().map(|((), fact)| fact).collect())
    }
}

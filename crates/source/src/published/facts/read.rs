//! The reading of all files of a table of facts.

use std::path::PathBuf;

use backstaff_panel::Facts;

use super::{
    fact_columns::{FactColumns, PERIOD_END},
    fact_row::{FactRow, Published},
    fact_source::{FactSource, ReadFacts},
    left_out::LeftOut,
};
use crate::{
    error::SourceError,
    provider::{qlib, source_files::source_files},
    published::dated_tables::DatedTables,
};

impl FactSource {
    /// The files that are read.
    ///
    /// # Errors
    ///
    /// If there are no such files.
    pub fn files(&self) -> Result<Vec<PathBuf>, SourceError> {
        if self.is_provider() { qlib::facts::fact_files(&self.path) } else { source_files(&self.path) }
    }

    fn is_provider(&self) -> bool {
        qlib::folder::is_provider(&self.path) || self.path.join("financial").is_dir()
    }

    /// Read the facts of all files.
    ///
    /// # Errors
    ///
    /// If neither a column nor a stated lag says when a row became known (it would otherwise count from the end of its
    /// period), if nothing says what periods are, or a day, a period or a value can't be read.
    pub fn read(&self) -> Result<ReadFacts, SourceError> {
        if self.is_provider() {
            return Ok(ReadFacts {
                facts: qlib::facts::read_facts(&self.path, &self.instrument_names)?,
                left_out: Vec::new(),
            });
        }
        let mut published = Published::new();
        let mut left_out = LeftOut::default();
        let DatedTables { files, orders } =
            DatedTables::read(&self.path, &self.mapping, self.written, &PERIOD_END)?;
        for (file, texts) in &files {
            let columns = FactColumns::find(self, file, texts, orders, &mut left_out)?;
            for row in &texts.rows {
                FactRow { columns: &columns, row }.publish(&mut published, &mut left_out)?;
            }
        }
        for ((name, _), facts) in &mut published {
            left_out.repeats(name, facts);
        }
        let facts =
            published.into_iter().map(|((name, frequency), facts)| (name, Facts::new(frequency, facts)));
        Ok(ReadFacts { facts: facts.collect(), left_out: left_out.sentences(&self.path) })
    }
}

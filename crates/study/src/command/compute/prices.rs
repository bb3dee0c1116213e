//! Prices that are read once and computed from in memory, for programs that ask more than one question.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use backstaff_panel::{Axis, Encoding};
use backstaff_source::{Found, TableLayout};
use backstaff_stage::Budget;
use rayon::prelude::*;

use super::{
    check_halts,
    data::{Origin, ReadBefore, Task, facts_of, text_columns, with_data},
    stream::stream,
    wanted::{Taken, Wanted},
};
use crate::{
    StudyError,
    command::output::{OutputError, PanelForm, PanelWriter},
    flow::{progress::Observer, threads::on_threads},
    steps::{
        Load,
        load::{FileForm, LoadOutput, OwnColumns},
    },
};

/// Prices in memory, as they are in their files. A clone shares them.
#[derive(Clone, Debug)]
pub struct Prices(Arc<ReadBefore>);

/// A computed table in memory: `instrument`, `date`, then a column for each feature, in which a missing value is null.
#[derive(Clone, Debug)]
pub struct Table {
    /// The columns of the table.
    pub schema: SchemaRef,
    /// The rows of the table, in the order of instruments and sessions.
    pub batches: Vec<RecordBatch>,
    /// The entries of libraries that need columns which the data lack: the name and the reason.
    pub left_out: Vec<(String, String)>,
    /// The warnings for the user, in order.
    pub warnings: Vec<String>,
}

impl Prices {
    /// Read prices from files, or all that the layout `tables` names of a database, and published values from the table
    /// `facts`, if one is named.
    ///
    /// # Errors
    ///
    /// If the files can't be read or are no prices; if the form says of a database what its layout says.
    pub fn read(
        data: &Path,
        tables: Option<&TableLayout>,
        facts: Option<&Path>,
        form: &FileForm,
        threads: usize,
    ) -> Result<Self, StudyError> {
        check_halts("halts", tables, form)?;
        let read = |categories| {
            let stage = Load::verbatim(data, categories);
            let stage = match tables {
                Some(layout) => stage.of_all_tables(layout.clone())?,
                None => stage,
            };
            let stage = match facts_of(data, facts) {
                Some(path) => stage.with_facts(path),
                None => stage,
            };
            let mut output = stage.in_form(form)?.read()?;
            output.give_up_source();
            Ok::<_, StudyError>(output)
        };
        on_threads(threads, || {
            let mut output = read(Vec::new())?;
            let texts = text_columns(&output.facts);
            if !texts.is_empty() && tables.is_none() {
                output = read(texts)?;
            }
            let LoadOutput { panel, facts, .. } = output;
            Ok(Self(Arc::new(ReadBefore { panel, facts })))
        })
    }

    /// The same prices with a user's own columns, which become fields and categories; `columns` are joined in this order.
    ///
    /// # Errors
    ///
    /// If a table can't be read, has a column that the prices have already, or meets none of them.
    pub fn with_columns(&self, columns: &[OwnColumns], threads: usize) -> Result<Self, StudyError> {
        on_threads(threads, || {
            let ReadBefore { panel, facts } = &*self.0;
            let (mut panel, mut facts) = (panel.clone(), facts.clone());
            columns.iter().try_for_each(|columns| columns.add(&mut panel, &mut facts))?;
            Ok(Self(Arc::new(ReadBefore { panel, facts })))
        })
    }

    /// How the files were understood.
    pub fn found(&self) -> &Found {
        &self.0.facts.found
    }

    /// What a user of the prices should know of the files.
    pub fn warnings(&self) -> &[String] {
        &self.0.facts.warnings
    }

    /// The names of the fields that expressions may use, without `$`.
    pub fn fields(&self) -> Vec<&str> {
        self.0.panel.fields().map(|(name, _)| name).collect()
    }

    /// The number of rows: one for each session of each instrument's life.
    pub fn n_rows(&self) -> usize {
        self.0.panel.axis().n_rows()
    }

    /// Compute single features, given by name and expression, and built-in libraries, with the same bytes as
    /// [`super::compute`].
    ///
    /// # Errors
    ///
    /// If an expression is wrong or nothing can be computed.
    pub fn compute(
        &self,
        features: &[(String, String)],
        libraries: &[String],
        file: Option<&Path>,
        threads: usize,
        observer: &dyn Observer,
    ) -> Result<Table, StudyError> {
        let asked = Wanted { features, libraries, file }.parse(Taken::Counted, false)?;
        let task = Task {
            name: "compute",
            store: None,
            threads,
            memory: Budget::of_threads(1).memory,
            origin: Origin::Memory(&self.0),
            category: None,
            rows: asked.rows(),
        };
        with_data(&task, &|schema| asked.choose(schema), observer, |flow, data, chosen| {
            let form = PanelForm::new(data.axis(), chosen.names().map(|name| (name, Encoding::F64)));
            let mut batches = Vec::new();
            stream(flow, data, chosen, least_rows(data.axis(), threads), |run| {
                let columns = run.columns.par_iter().map(|column| (column, 0..column.len()));
                let batch = form.batch(data.axis(), &run.rows, columns);
                batches.push(
                    batch.map_err(|source| OutputError::Arrow { path: PathBuf::from("memory"), source })?,
                );
                Ok(())
            })?;
            let schema = form.schema().clone();
            Ok(Table { schema, batches, left_out: chosen.left_out.clone(), warnings: flow.warnings() })
        })
    }
}

/// The rows of a run. Each is there twice for a moment: as it is computed, and in the table. So a run is a small part of
/// the table, but as many rows as keep all threads busy.
fn least_rows(axis: &Axis, threads: usize) -> usize {
    const OF_THREAD: usize = 1 << 14;
    (axis.n_rows() / 16).max(threads.saturating_mul(OF_THREAD)).min(PanelWriter::ROWS)
}

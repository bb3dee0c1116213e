//! A folder in Qlib's layout, and what is loaded from it.

use std::path::PathBuf;

use backstaff_panel::Session;
use backstaff_qlib::{
    alpha::{self, Named},
    folder::Folder,
    frame,
    workflow::{Filter, Group, Listed, Loader, Universe},
};
use backstaff_study::{StudyError, on_threads};
use pyo3::prelude::*;
use serde::Deserialize;

use super::{span, table::QlibTable};
use crate::{
    detached::detached,
    error::{argument, exception},
};

/// An instrument of a market, and the first and the last day of each span in which it belongs to it.
type Member = (String, Vec<(Option<i32>, Option<i32>)>);

/// A folder in Qlib's layout.
#[pyclass(frozen, module = "backstaff._native")]
#[derive(Debug)]
pub(crate) struct QlibFolder {
    pub(super) folder: Folder,
}

/// Instruments, as JSON says them: one of `market` and `names`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    market: Option<String>,
    names: Option<Vec<String>>,
    #[serde(default)]
    filters: Vec<AskedFilter>,
}

/// A filter of instruments; dates are days since 1970.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedFilter {
    /// The regular expression of names.
    name: Option<String>,
    /// The condition.
    expression: Option<String>,
    from: Option<i32>,
    to: Option<i32>,
}

impl Asked {
    fn universe(self) -> Result<Universe, String> {
        let listed = match (self.market, self.names) {
            (Some(market), None) => Listed::Market(market),
            (None, Some(names)) => Listed::Names(names),
            _ => return Err("instruments: say a market or names".to_owned()),
        };
        let filter = |asked: AskedFilter| {
            let span = span(asked.from, asked.to);
            match (asked.name, asked.expression) {
                (Some(rule), None) => Ok(Filter::Name { rule, span }),
                (None, Some(rule)) => Ok(Filter::Expression { rule, span }),
                _ => Err("a filter has one rule".to_owned()),
            }
        };
        Ok(Universe { listed, filters: self.filters.into_iter().map(filter).collect::<Result<_, _>>()? })
    }
}

/// Columns of expressions, each with the name of its group (empty: none), in groups as they follow each other.
fn loader(columns: Vec<(String, String, String)>) -> Loader {
    let mut groups = Vec::<Group>::new();
    for (group, name, expression) in columns {
        let group = (!group.is_empty()).then_some(group);
        let column = Named::new(&name, expression);
        match groups.last_mut().filter(|last| last.name == group) {
            Some(last) => last.columns.push(column),
            None => groups.push(Group { name: group, columns: vec![column] }),
        }
    }
    Loader::Expressions(groups)
}

#[pymethods]
impl QlibFolder {
    #[new]
    fn new(path: PathBuf) -> PyResult<Self> {
        Ok(Self { folder: Folder::open(&path).map_err(|error| exception(&error))? })
    }

    /// The dates of the calendar, as days since 1970.
    fn calendar(&self) -> Vec<i32> {
        self.folder.calendar().iter().map(|session| session.number()).collect()
    }

    /// The names of the markets.
    fn markets(&self) -> PyResult<Vec<String>> {
        self.folder.markets().map_err(|error| exception(&error))
    }

    /// The names of the fields.
    fn fields(&self) -> PyResult<Vec<String>> {
        let fields = self.folder.fields().map_err(|error| exception(&error))?;
        Ok(fields.into_iter().collect())
    }

    /// The instruments of a market, each with the spans in which it belongs to it.
    fn spans(&self, market: String) -> PyResult<Vec<Member>> {
        let spans = self.folder.spans(&Listed::Market(market)).map_err(|error| exception(&error))?;
        let number = |session: Option<Session>| session.map(Session::number);
        let of = |(name, spans): (String, Vec<backstaff_qlib::workflow::Span>)| {
            (name, spans.iter().map(|span| (number(span.from), number(span.to))).collect())
        };
        Ok(spans.into_iter().map(of).collect())
    }

    /// Compute columns (group, name, expression) for instruments, given as JSON, in a span of days; and what a user of the
    /// columns should know.
    fn load(
        &self,
        py: Python<'_>,
        instruments: &str,
        since: Option<i32>,
        until: Option<i32>,
        columns: Vec<(String, String, String)>,
        threads: usize,
    ) -> PyResult<(QlibTable, Vec<String>)> {
        let asked =
            serde_json::from_str::<Asked>(instruments).map_err(|error| argument(error.to_string()))?;
        let universe = asked.universe().map_err(argument)?;
        let loader = loader(columns);
        let span = span(since, until);
        detached(py, |_| {
            on_threads(threads, || {
                let mut warnings = Vec::new();
                let loaded = frame::load(&self.folder, &universe, span, (&loader, None), &mut warnings)?;
                let axis = loaded.panel.axis();
                let names =
                    axis.instruments().iter().map(|instrument| instrument.name().to_owned()).collect();
                let days = axis.calendar().sessions().iter().map(|session| session.number()).collect();
                Ok::<_, StudyError>((QlibTable::new(loaded.table, names, days), warnings))
            })
        })
    }
}

/// The columns of Alpha158 with some settings (JSON; none: Qlib's own), or of Alpha360: names and expressions.
#[pyfunction]
pub(crate) fn qlib_alpha(set: &str, settings: Option<&str>) -> PyResult<Vec<(String, String)>> {
    let columns = if set == "Alpha360" {
        alpha::alpha360()
    } else if let Some(text) = settings {
        let value = serde_json::from_str(text).map_err(|error| argument(error.to_string()))?;
        let settings = alpha::Config::read(&value);
        alpha::alpha158(&settings.map_err(|message| argument(format!("Alpha158: {message}")))?)
    } else {
        alpha::alpha158(&alpha::Config::default())
    };
    Ok(columns.into_iter().map(|Named { name, expression }| (name, expression)).collect())
}

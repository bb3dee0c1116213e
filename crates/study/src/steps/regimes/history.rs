//! The stored regimes of an instrument.

use backstaff_portfolio::regime::{Regime, RegimeInput};
use backstaff_regime::{RegimeKind, walk::FitRecord};
use backstaff_stage::{Manifest, Store, Table};
use serde::{Deserialize, Serialize};

use crate::{StudyError, stored::encoding::read_facts};

/// The regimes of an instrument under one setting, one value for each of its rows. Before the first fit whole numbers
/// are -1 and all others NaN.
#[derive(Clone, Debug)]
pub struct History {
    /// The number of the likeliest state; a state keeps its number over fits.
    pub state: Vec<i32>,
    /// The kind of that state, as its place in [`RegimeKind::ALL`].
    pub kind: Vec<i32>,
    /// The number of bars for which that state has been the likeliest, this one included.
    pub age: Vec<i32>,
    /// The number of the fit that the model comes from, from 0.
    pub fit: Vec<i32>,
    /// The filtered probability of that state.
    pub confidence: Vec<f64>,
    /// The probability that the next bar has a regime of another kind.
    pub leaving: Vec<f64>,
    /// The expected value of the first series at the next bar.
    pub expected_return: Vec<f64>,
    /// The standard deviation of the first series at the next bar.
    pub expected_volatility: Vec<f64>,
    /// The filtered probability of each state, one column a state.
    pub probabilities: Vec<Vec<f64>>,
    /// The fits, in order of time.
    pub fits: Vec<FitFacts>,
    /// The fits that failed: the session (YYYY-MM-DD) and the reason.
    pub failures: Vec<(String, String)>,
}

/// A fit along the way; states are numbered as those of the fit before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FitFacts {
    /// The session at whose close it took place: YYYY-MM-DD.
    pub session: String,
    /// The log-likelihood of the look-back under the model.
    pub log_likelihood: f64,
    /// The number of iterations of the search that led to the fit.
    pub iterations: usize,
    /// Whether the search converged, rather than stop at the most iterations.
    pub converged: bool,
    /// Whether no state is empty or clings to values that hardly differ.
    pub is_sound: bool,
    /// The label of each state, for people.
    pub labels: Vec<String>,
    /// The probability of each next state, one row for each state.
    pub transition: Vec<Vec<f64>>,
    /// The mean of the first series in each state.
    pub means: Vec<f64>,
    /// The standard deviation of the first series in each state.
    pub deviations: Vec<f64>,
    /// The number of bars that each state is expected to last; `None` for a state that is never left.
    pub durations: Vec<Option<f64>>,
}

impl FitFacts {
    /// The facts that are kept of a fit.
    pub fn of(record: &FitRecord) -> Self {
        let model = &record.model;
        let states = 0..model.n_states();
        let durations = model.expected_durations().into_iter();
        Self {
            session: record.session.to_string(),
            log_likelihood: record.fit.log_likelihood,
            iterations: record.fit.iterations,
            converged: record.fit.converged,
            is_sound: record.fit.is_sound(),
            labels: record.labels.iter().map(ToString::to_string).collect(),
            transition: states.clone().map(|state| model.transition(state).to_vec()).collect(),
            means: states.clone().map(|state| model.means(state)[0]).collect(),
            deviations: states.map(|state| model.variance(state, 0).sqrt()).collect(),
            durations: durations.map(|bars| bars.is_finite().then_some(bars)).collect(),
        }
    }
}

/// The kind of regime in the words of strategies.
pub fn regime_of(kind: RegimeKind) -> Regime {
    match kind {
        RegimeKind::Bull => Regime::Bull,
        RegimeKind::Sideways => Regime::Sideways,
        RegimeKind::Bear => Regime::Bear,
        RegimeKind::Crisis => Regime::Crisis,
    }
}

impl History {
    /// Read the regimes from their artifact.
    pub fn read(store: &Store, manifest: &Manifest) -> Result<Self, StudyError> {
        let table = Table::read(&store.open_part(manifest, super::DECISIONS)?)?;
        let whole = |name: &str| Ok::<_, StudyError>(table.i32s(name)?.to_vec());
        let number = |name: &str| Ok::<_, StudyError>(table.f64s(name)?.to_vec());
        let names = table.names().filter(|name| name.starts_with('p')).map(str::to_owned).collect::<Vec<_>>();
        Ok(Self {
            state: whole("state")?,
            kind: whole("kind")?,
            age: whole("age")?,
            fit: whole("fit")?,
            confidence: number("confidence")?,
            leaving: number("leaving")?,
            expected_return: number("expected_return")?,
            expected_volatility: number("expected_volatility")?,
            probabilities: names.iter().map(|name| number(name)).collect::<Result<_, _>>()?,
            fits: serde_json::from_slice(&store.open_part(manifest, "fits.json")?)
                .map_err(|error| StudyError::Internal { what: format!("stored fits: {error}") })?,
            failures: read_facts(manifest, "failures")?,
        })
    }

    /// The kind of regime at a row; `None` before the first fit.
    pub fn kind_of(&self, row: usize) -> Option<RegimeKind> {
        usize::try_from(self.kind[row]).ok().and_then(|code| RegimeKind::ALL.get(code).copied())
    }

    /// The label of the state at a row; `None` before the first fit.
    pub fn label(&self, row: usize) -> Option<&str> {
        let fit = self.fits.get(usize::try_from(self.fit[row]).ok()?)?;
        fit.labels.get(usize::try_from(self.state[row]).ok()?).map(String::as_str)
    }

    /// The regime at a row as a strategy reads it; `None` before the first fit.
    pub fn input(&self, row: usize) -> Option<RegimeInput> {
        let regime = regime_of(self.kind_of(row)?);
        let age = u32::try_from(self.age[row]).unwrap_or_default();
        Some(RegimeInput { regime, confidence: self.confidence[row], age, leaving: self.leaving[row] })
    }

    /// The first row whose regime is known; `None` if there is none.
    pub fn first(&self) -> Option<usize> {
        self.kind.iter().position(|&kind| kind >= 0)
    }
}

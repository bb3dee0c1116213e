//! Regimes: each instrument that a strategy reads is followed through time (`follow.rs`), and its regimes are stored
//! (`history.rs`).

mod follow;
mod history;

use std::fmt;

use backstaff_panel::{Axis, Instrument};
use backstaff_portfolio::regime::Regimes;
use backstaff_stage::{Digest, Manifest, Store, runner::Done};
use serde::{Deserialize, Serialize};

pub use self::{
    follow::{Follow, FollowInputs, FollowShard, Work, leaving},
    history::{FitFacts, History, regime_of},
};
use crate::{
    StudyError,
    config::{Config, Followed, Spread},
    stored::encoding::read_facts,
};
use backstaff_words::{nearest, some_of};

/// A setting under which an instrument is followed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Setting {
    /// The number of states of the model.
    pub states: usize,
    /// The number of bars that a fit sees.
    pub look_back: usize,
    /// The number of bars after the first at which fits every 21 bars begin; `None` for the study's own schedule.
    pub offset: Option<usize>,
}

impl Setting {
    /// The study's own setting.
    pub fn of(followed: &Followed) -> Self {
        Self { states: followed.states, look_back: followed.look_back, offset: None }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} states, {} bars", self.states, self.look_back)?;
        match self.offset {
            None => Ok(()),
            Some(offset) => write!(f, ", every 21 bars from bar {offset}"),
        }
    }
}

impl Setting {
    /// All settings under which a study's results are compared, its own first.
    pub fn all(followed: &Followed, spread: &Spread) -> Vec<Self> {
        let own = Self::of(followed);
        let states = spread.states.iter().flat_map(|&states| {
            spread.look_backs.iter().map(move |&look_back| Self { states, look_back, offset: None })
        });
        let offsets = spread.offsets.iter().map(|&offset| Self { offset: Some(offset), ..own.clone() });
        let mut settings = vec![own.clone()];
        settings.extend(states.chain(offsets).filter(|setting| *setting != own));
        settings
    }

    /// The settings of a study whose strategy reads regimes, its own first; empty for any other study.
    pub fn of_study(config: &Config) -> Vec<Self> {
        let spread = config.spread.clone().unwrap_or_default();
        config.regimes.as_ref().map(|followed| Self::all(followed, &spread)).unwrap_or_default()
    }
}

/// The part of an artifact that holds the regime of each row.
const DECISIONS: &str = "decisions.arrow";

/// The stored regimes of an instrument under a setting.
#[derive(Clone, Debug)]
pub struct Known {
    /// The name of the instrument.
    pub instrument: String,
    /// The setting under which it was followed.
    pub setting: Setting,
    /// The manifest of the artifact that holds its regimes.
    pub manifest: Manifest,
    /// The first of the instrument's rows whose regime is known; `None` if there is none.
    pub first: Option<usize>,
}

impl Known {
    /// Take the result of the stage for one instrument and setting.
    pub fn read(done: Done<FollowShard>) -> Result<Self, StudyError> {
        let FollowShard { instrument, setting } = done.shard;
        let first = read_facts(&done.manifest, "first")?;
        Ok(Self { instrument, setting, manifest: done.manifest, first })
    }

    /// The digest of the decisions, the only stored part that a strategy reads.
    pub fn decisions(&self) -> Result<Digest, StudyError> {
        let missing =
            || StudyError::Internal { what: format!("the regimes of {} hold no decisions", self.instrument) };
        self.manifest.part(DECISIONS).map(|part| part.digest).ok_or_else(missing)
    }
}

/// The regimes under a setting as a strategy reads them, on an axis that begins where that of the histories does.
pub fn regimes_on(
    axis: &Axis,
    known: &[Known],
    setting: &Setting,
    store: &Store,
) -> Result<Regimes, StudyError> {
    let mut inputs = vec![None; axis.n_rows()];
    for known in known.iter().filter(|known| known.setting == *setting) {
        let Some(i) = axis.find(&known.instrument) else { continue };
        let history = History::read(store, &known.manifest)?;
        for (own, row) in axis.rows(i).enumerate() {
            inputs[row] = history.input(own);
        }
    }
    Ok(Regimes::new(axis, inputs)?)
}

/// The number of instruments that an error names where none has a near name.
const NAMED: usize = 5;

/// The error for an instrument that the data lack; it names the nearest one.
pub fn unknown_instrument(axis: &Axis, key: &str, name: &str) -> StudyError {
    let names = || axis.instruments().iter().map(Instrument::name);
    let hint = match nearest(name, names()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("they have {}", some_of(names(), NAMED)),
    };
    let message = format!("the data have no instrument {name:?}; {hint}");
    StudyError::Value { key: key.to_owned(), message }
}

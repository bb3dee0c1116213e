//! Regimes: followed through time for each instrument that a strategy reads (`follow.rs`), and what is stored of them
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

/// How an instrument is followed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Setting {
    /// How many states.
    pub states: usize,
    /// How many bars a fit sees.
    pub look_back: usize,
    /// Fits every 21 bars, begun so many bars after the first one, instead of the study's schedule.
    pub offset: Option<usize>,
}

impl Setting {
    /// What the study says.
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
    /// The settings that a study's results are compared under, its own first.
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

    /// The settings of a study whose strategy reads regimes, its own first; none for any other.
    pub fn of_study(config: &Config) -> Vec<Self> {
        let spread = config.spread.clone().unwrap_or_default();
        config.regimes.as_ref().map(|followed| Self::all(followed, &spread)).unwrap_or_default()
    }
}

/// The part of an artifact that holds the regime of each row.
const DECISIONS: &str = "decisions.arrow";

/// The regimes of an instrument under a setting, as their artifact.
#[derive(Clone, Debug)]
pub struct Known {
    /// The instrument.
    pub instrument: String,
    /// How it was followed.
    pub setting: Setting,
    /// What is stored of its regimes.
    pub manifest: Manifest,
    /// The first of the instrument's rows whose regime is known.
    pub first: Option<usize>,
}

impl Known {
    /// What a stage left.
    pub fn read(done: Done<FollowShard>) -> Result<Self, StudyError> {
        let FollowShard { instrument, setting } = done.shard;
        let first = read_facts(&done.manifest, "first")?;
        Ok(Self { instrument, setting, manifest: done.manifest, first })
    }

    /// The digest of the decisions: of all that is stored the only part that a strategy reads.
    pub fn decisions(&self) -> Result<Digest, StudyError> {
        let missing =
            || StudyError::Internal { what: format!("the regimes of {} hold no decisions", self.instrument) };
        self.manifest.part(DECISIONS).map(|part| part.digest).ok_or_else(missing)
    }
}

/// What a strategy knows of the regimes under a setting, on an axis that begins where that of the histories does.
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

/// Instruments that an error names where none is near.
const NAMED: usize = 5;

/// An error that names the nearest instrument.
pub fn unknown_instrument(axis: &Axis, key: &str, name: &str) -> StudyError {
    let names = || axis.instruments().iter().map(Instrument::name);
    let hint = match nearest(name, names()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("they have {}", some_of(names(), NAMED)),
    };
    let message = format!("the data have no instrument {name:?}; {hint}");
    StudyError::Value { key: key.to_owned(), message }
}

//! Following regimes through time, one instrument and one setting after the other.

use std::{sync::Arc, time::Instant};

use backstaff_panel::Axis;
use backstaff_regime::{
    CacheStatistics, Decision, ModelCache, Observations, Profile, Profiler, RegimeKind, Schedule, Walk,
    WalkOptions, WalkRequest, walk,
};
use backstaff_stage::{Budget, Draft, KeyHasher, Stage, Store, StoreError, Table, digest_bytes};
use serde::{Deserialize, Serialize};

use super::{FitFacts, Setting, unknown_instrument};
use crate::{
    StudyError,
    config::Followed,
    stored::{column::ColumnHandle, fits::StoredFits, panel::PanelHandle},
};

/// The memory for fitted models that a run finds again, for each of the two caches: 64 MiB.
const CACHE_BYTES: usize = 64 << 20;

/// An instrument and the setting under which it is followed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FollowShard {
    /// The name of the instrument.
    pub instrument: String,
    /// The setting under which it is followed.
    pub setting: Setting,
}

/// Follow the regimes of instruments through time.
#[derive(Debug)]
pub struct Follow {
    followed: Followed,
    /// Models of the study's own setting: they are kept in the store, so that a later run with more bars finds them.
    kept: ModelCache,
    /// Models of all other settings: they are kept in memory only.
    cache: ModelCache,
    profiler: Arc<Profiler>,
}

/// The work of following in this run: the hits of the caches, and the time of each operation.
#[derive(Clone, Debug, Serialize)]
pub struct Work {
    /// The counts of the cache for the study's own setting, whose models the store keeps.
    pub kept: CacheStatistics,
    /// The counts of the cache for all other settings.
    pub others: CacheStatistics,
    /// The operations and the time that each took.
    pub profile: Profile,
}

/// The inputs of following.
#[derive(Debug)]
pub struct FollowInputs {
    /// The panel whose instruments are followed.
    pub panel: Arc<PanelHandle>,
    /// The columns that regimes are recognised by; the first is a return.
    pub observed: Vec<Arc<ColumnHandle>>,
    /// The instruments, each with a setting under which it is followed.
    pub shards: Vec<FollowShard>,
}

impl Follow {
    /// Follow as a study asks; models of its own setting are kept in `store`.
    pub fn new(followed: &Followed, store: &Store) -> Self {
        let new = Self::without_store(followed);
        Self { kept: new.kept.over(StoredFits::new(store)), ..new }
    }

    /// Follow as a study asks, with models kept in memory only.
    pub fn without_store(followed: &Followed) -> Self {
        let began = Instant::now();
        let profiler = Arc::new(Profiler::with_clock(move || began.elapsed()));
        let cache = || ModelCache::new(CACHE_BYTES).timed_by(profiler.clone());
        Self { followed: followed.clone(), kept: cache(), cache: cache(), profiler }
    }

    /// The hits of the caches, and the time of each operation, in this run.
    pub fn work(&self) -> Work {
        Work {
            kept: self.kept.statistics(),
            others: self.cache.statistics(),
            profile: self.profiler.profile(),
        }
    }

    /// Follow the `i`-th instrument of an axis. `columns` holds what is observed: one column a series, one value for
    /// each of the instrument's rows.
    ///
    /// # Errors
    ///
    /// If the schedule is wrong, or the observations are refused.
    pub fn walk(
        &self,
        shard: &FollowShard,
        axis: &Axis,
        i: usize,
        columns: &[Vec<f64>],
    ) -> Result<Walk, StudyError> {
        let options = self.options(shard)?;
        let skipped = shard.setting.offset.map_or(0, |offset| {
            let began = |column: &Vec<f64>| column.iter().position(|value| !value.is_nan()).unwrap_or(0);
            columns.iter().map(began).max().unwrap_or(0) + offset
        });
        let skipped = skipped.min(axis.rows(i).len());
        let columns = columns.iter().map(|column| &column[skipped..]).collect::<Vec<_>>();
        let wrong = |error: backstaff_regime::RegimeError| StudyError::Value {
            key: format!("regimes of {} ({})", shard.instrument, shard.setting),
            message: error.to_string(),
        };
        let observations = Observations::from_columns(&columns, options.missing).map_err(wrong)?;
        let request = WalkRequest {
            instrument: &axis.instruments()[i],
            sessions: &axis.sessions(i)[skipped..],
            observations: &observations,
            options: &options,
        };
        let is_own = shard.setting == Setting::of(&self.followed);
        let mut walk = walk(request, if is_own { &self.kept } else { &self.cache }).map_err(wrong)?;
        walk.decisions.splice(0..0, std::iter::repeat_n(None, skipped));
        Ok(walk)
    }

    fn options(&self, shard: &FollowShard) -> Result<WalkOptions, StudyError> {
        let wrong = |message| StudyError::Value { key: "regimes.schedule".to_owned(), message };
        let schedule = match shard.setting.offset {
            Some(_) => EVERY,
            None => self.followed.schedule_of(&shard.instrument).map_err(wrong)?,
        };
        Ok(self.followed.options(shard.setting.states, shard.setting.look_back, schedule))
    }
}

/// The schedule of fits under a setting with an offset: every 21 bars, about a month.
const EVERY: Schedule = match std::num::NonZeroUsize::new(21) {
    Some(bars) => Schedule::EveryBars(bars),
    None => Schedule::Monthly,
};

impl FollowInputs {
    /// The number of an instrument on the axis, by its name.
    fn find(&self, name: &str) -> Result<usize, StudyError> {
        let axis = self.panel.axis();
        axis.find(name).ok_or_else(|| unknown_instrument(axis, "regimes", name))
    }

    /// The observed columns of an instrument, one for each series, with one value for each of its rows.
    fn columns(&self, i: usize) -> Result<Vec<Vec<f64>>, StudyError> {
        let rows = self.panel.axis().rows(i);
        let column = |handle: &Arc<ColumnHandle>| {
            let mut values = vec![0.0; rows.len()];
            handle.column()?.decode(rows.clone(), &mut values);
            Ok(values)
        };
        self.observed.iter().map(column).collect()
    }
}

impl Stage for Follow {
    const NAME: &'static str = "regimes";
    const VERSION: u32 = 2;
    type Inputs = FollowInputs;
    type Shard = FollowShard;
    type Output = Walk;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Followed {
            observe: _, // What they give counts.
            states: _,  // The setting of the shard says it.
            look_back: _,
            covariance,
            schedule,
            schedules,
            refit,
            starts,
            keep,
            max_iterations,
            tolerance,
            seed,
            missing,
        } = &self.followed;
        key.str("covariance", covariance.name()).str("refit", refit.name()).str("missing", missing.name());
        key.str("schedule", schedule).list("schedules", schedules, |key, (name, schedule)| {
            key.str("instrument", name).str("schedule", schedule);
        });
        key.u64("starts", *starts as u64)
            .u64("keep", *keep as u64)
            .u64("max_iterations", *max_iterations as u64);
        key.f64("tolerance", *tolerance).u64("seed", *seed);
    }

    fn hash_inputs(
        &self,
        shard: &FollowShard,
        inputs: &FollowInputs,
        key: &mut KeyHasher,
    ) -> Result<(), StudyError> {
        let axis = inputs.panel.axis();
        let i = inputs.find(&shard.instrument)?;
        let sessions = axis.sessions(i).iter().flat_map(|session| session.number().to_le_bytes());
        key.digest("sessions", &digest_bytes(&sessions.collect::<Vec<_>>()));
        for (number, column) in inputs.columns(i)?.into_iter().enumerate() {
            let bytes = column.iter().flat_map(|value| value.to_bits().to_le_bytes()).collect::<Vec<_>>();
            key.digest(&format!("observed {number}"), &digest_bytes(&bytes));
        }
        Ok(())
    }

    fn shards(&self, inputs: &FollowInputs) -> Vec<FollowShard> {
        inputs.shards.clone()
    }

    fn effort(&self, shard: &FollowShard, _: &FollowInputs) -> usize {
        shard.setting.states * shard.setting.look_back
    }

    fn run(&self, shard: &FollowShard, inputs: &FollowInputs, _: Budget) -> Result<Walk, StudyError> {
        let i = inputs.find(&shard.instrument)?;
        self.walk(shard, inputs.panel.axis(), i, &inputs.columns(i)?)
    }

    fn write(&self, walk: &Walk, draft: &mut Draft) -> Result<(), StoreError> {
        let number = |of: fn(&Decision) -> f64| -> Vec<f64> {
            walk.decisions.iter().map(|decision| decision.as_ref().map_or(f64::NAN, of)).collect()
        };
        let whole = |of: &dyn Fn(&Decision) -> usize| -> Vec<i32> {
            walk.decisions.iter().map(|decision| decision.as_ref().map_or(-1, |d| of(d) as i32)).collect()
        };
        let leaving = (0..walk.decisions.len()).map(|row| leaving(walk, row)).collect();
        let mut table = Table::new()
            .i32("state", whole(&|decision| decision.state))
            .i32("kind", whole(&|decision| kind_code(decision.label.kind())))
            .i32("age", whole(&|decision| decision.age))
            .i32("fit", whole(&|decision| decision.fit))
            .f64("confidence", number(|decision| decision.confidence))
            .f64("leaving", leaving)
            .f64("expected_return", number(|decision| decision.expected_return))
            .f64("expected_volatility", number(|decision| decision.expected_volatility));
        let regimes = walk.regimes();
        for state in 0..regimes.n_states() {
            table = table.f64(&format!("p{state}"), regimes.of_state(state));
        }
        draft.write_part(super::DECISIONS, |file| table.write(file))?;
        let fits = walk.fits.iter().map(FitFacts::of).collect::<Vec<_>>();
        let failures = walk.failures.iter().map(|f| (f.session.to_string(), f.reason.to_string()));
        let failures = failures.collect::<Vec<_>>();
        let first = walk.decisions.iter().position(Option::is_some);
        draft.write_part("fits.json", |file| {
            serde_json::to_writer(file, &fits).map_err(std::io::Error::from)
        })?;
        draft.info(serde_json::json!({ "first": first, "failures": failures }));
        Ok(())
    }
}

/// The number that stands for a kind in the store: its place in [`RegimeKind::ALL`].
pub(super) fn kind_code(kind: RegimeKind) -> usize {
    RegimeKind::ALL.iter().position(|other| *other == kind).unwrap_or_default()
}

/// The probability that the next bar has a regime of another kind; NaN before the first fit.
pub fn leaving(walk: &Walk, row: usize) -> f64 {
    let (Some(decision), Some(next)) = (&walk.decisions[row], walk.forecast(row, 1)) else { return f64::NAN };
    let labels = &walk.fits[decision.fit].labels;
    let stays = labels.iter().enumerate().filter(|(_, label)| label.kind() == decision.label.kind());
    1.0 - stays.map(|(state, _)| next.probabilities[state]).sum::<f64>()
}

//! Boosters: in training, and finished.
#![expect(unsafe_code, reason = "a C library is called here")]

use std::{
    ffi::{CStr, c_int},
    marker::PhantomData,
    ops::Range,
    ptr,
};

use super::{Api, F64, Raw, RawDataset};
use crate::LightGbmError;

/// A booster that LightGBM owns; freed when dropped.
struct RawBooster {
    api: &'static Api,
    raw: Raw,
}

// SAFETY: LightGBM ties a booster to no thread.
unsafe impl Send for RawBooster {}

impl Drop for RawBooster {
    fn drop(&mut self) {
        // SAFETY: the handle is ours and used no more.
        unsafe { (self.api.booster_free)(self.raw) };
    }
}

impl RawBooster {
    fn number(
        &self,
        call: &'static str,
        read: unsafe extern "C" fn(Raw, *mut c_int) -> c_int,
    ) -> Result<c_int, LightGbmError> {
        let mut number = 0;
        // SAFETY: the handle is alive, and one number is written.
        let code = unsafe { read(self.raw, &raw mut number) };
        self.api.check(call, code)?;
        Ok(number)
    }
}

/// A booster in training. It points into its datasets, which it therefore keeps borrowed.
pub(crate) struct RawTrainer<'a> {
    booster: RawBooster,
    n_metrics: usize,
    _datasets: PhantomData<&'a mut RawDataset>,
}

impl<'a> RawTrainer<'a> {
    pub(crate) fn new(
        train: &'a mut RawDataset,
        validation: Option<&'a mut RawDataset>,
        parameters: &CStr,
    ) -> Result<Self, LightGbmError> {
        let api = train.api;
        let mut raw = ptr::null_mut();
        // SAFETY: the dataset outlives the booster, which borrows it.
        let code = unsafe { (api.booster_create)(train.raw, parameters.as_ptr(), &raw mut raw) };
        api.check("starting a booster", code)?;
        let booster = RawBooster { api, raw };
        if let Some(validation) = validation {
            // SAFETY: as above.
            let code = unsafe { (api.booster_add_validation)(booster.raw, validation.raw) };
            api.check("adding validation rows", code)?;
        }
        let n_metrics = booster.number("counting metrics", api.booster_eval_count)?;
        Ok(Self { booster, n_metrics: usize::try_from(n_metrics).unwrap_or(0), _datasets: PhantomData })
    }

    /// Grow the next tree; true if there was nothing left to split.
    pub(crate) fn grow(&mut self) -> Result<bool, LightGbmError> {
        let is_finished = self.booster.number("growing a tree", self.booster.api.booster_update)?;
        Ok(is_finished != 0)
    }

    pub(crate) fn n_rounds(&self) -> Result<usize, LightGbmError> {
        let rounds = self.booster.number("counting rounds", self.booster.api.booster_rounds)?;
        Ok(usize::try_from(rounds).unwrap_or(0))
    }

    pub(crate) fn metric_names(&self) -> Result<Vec<String>, LightGbmError> {
        let api = self.booster.api;
        api.texts("naming metrics", self.n_metrics, |count, found, width, needed, out| {
            // SAFETY: `texts` passes `count` buffers of `width` bytes.
            unsafe { (api.booster_eval_names)(self.booster.raw, count, found, width, needed, out) }
        })
    }

    /// The metrics on the training rows (0) or the validation rows (1); other calls may use `n_threads` before and
    /// after.
    ///
    /// Always on one thread: LightGBM adds up a metric in as many parts as there are threads, also when it is told
    /// to be deterministic, and early stopping would compare the rounding (`threads_and_neighbours_change_no_byte`).
    pub(crate) fn evaluate(&self, rows: c_int, n_threads: usize) -> Result<Vec<f64>, LightGbmError> {
        if n_threads == 1 {
            return self.evaluate_as_set(rows);
        }
        let api = self.booster.api;
        api.set_max_threads(1);
        let values = self.evaluate_as_set(rows);
        api.set_max_threads(n_threads);
        values
    }

    fn evaluate_as_set(&self, rows: c_int) -> Result<Vec<f64>, LightGbmError> {
        let api = self.booster.api;
        let mut values = vec![0.0; self.n_metrics];
        let mut found = 0;
        // SAFETY: one number for each metric is written, and there is room for them.
        let code = unsafe { (api.booster_eval)(self.booster.raw, rows, &raw mut found, values.as_mut_ptr()) };
        api.check("evaluating", code)?;
        Ok(values)
    }

    /// The model's text up to a round.
    pub(crate) fn to_text(&self, n_rounds: usize) -> Result<String, LightGbmError> {
        let api = self.booster.api;
        api.text("writing the model", |length, needed, out| {
            // SAFETY: at most `length` bytes are written.
            unsafe { (api.booster_to_text)(self.booster.raw, 0, n_rounds as c_int, 0, length, needed, out) }
        })
    }
}

/// The handle of a finished model.
pub(crate) struct RawModel {
    booster: RawBooster,
    n_features: c_int,
    n_outputs: usize,
    n_rounds: usize,
}

impl RawModel {
    pub(crate) fn from_text(api: &'static Api, text: &CStr) -> Result<Self, LightGbmError> {
        let (mut raw, mut n_rounds) = (ptr::null_mut(), 0);
        // SAFETY: the text is zero-terminated and copied.
        let code = unsafe { (api.booster_from_text)(text.as_ptr(), &raw mut n_rounds, &raw mut raw) };
        api.check("reading a model", code)?;
        let booster = RawBooster { api, raw };
        let n_features = booster.number("counting features", api.booster_n_features)?;
        let n_outputs = booster.number("counting outputs", api.booster_n_outputs)?;
        Ok(Self {
            booster,
            n_features,
            n_outputs: usize::try_from(n_outputs).unwrap_or(1),
            n_rounds: usize::try_from(n_rounds).unwrap_or(0),
        })
    }

    pub(crate) fn api(&self) -> &'static Api {
        self.booster.api
    }

    pub(crate) fn n_features(&self) -> usize {
        self.n_features as usize
    }

    pub(crate) fn n_outputs(&self) -> usize {
        self.n_outputs
    }

    pub(crate) fn n_rounds(&self) -> usize {
        self.n_rounds
    }

    pub(crate) fn feature_names(&self) -> Result<Vec<String>, LightGbmError> {
        let api = self.booster.api;
        api.texts("naming features", self.n_features(), |count, found, width, needed, out| {
            // SAFETY: `texts` passes `count` buffers of `width` bytes.
            unsafe { (api.booster_names)(self.booster.raw, count, found, width, needed, out) }
        })
    }

    /// One number a feature: splits (0) or gain (1).
    pub(crate) fn importance(&self, kind: c_int) -> Result<Vec<f64>, LightGbmError> {
        let api = self.booster.api;
        let mut out = vec![0.0; self.n_features()];
        // SAFETY: one number for each feature is written, and there is room for them.
        let code = unsafe { (api.booster_importance)(self.booster.raw, -1, kind, out.as_mut_ptr()) };
        api.check("weighing features", code)?;
        Ok(out)
    }

    /// Predict rows given one after the other, `n_outputs` numbers a row, by the trees of these rounds.
    pub(crate) fn predict(
        &mut self,
        values: &[f64],
        rounds: &Range<usize>,
        parameters: &CStr,
        out: &mut [f64],
    ) -> Result<(), LightGbmError> {
        let n = values.len() / self.n_features();
        assert!(n * self.n_features() == values.len() && out.len() == n * self.n_outputs);
        let mut length = 0;
        // SAFETY: `values` holds `n` rows of `n_features` numbers and `out` has room for `n_outputs` a row. Exclusive
        // access matters: LightGBM writes to the booster when it sets up a prediction.
        let code = unsafe {
            (self.booster.api.booster_predict)(
                self.booster.raw,
                values.as_ptr().cast(),
                F64,
                n as i32,
                self.n_features,
                1,
                0,
                rounds.start as c_int,
                rounds.len() as c_int,
                parameters.as_ptr(),
                &raw mut length,
                out.as_mut_ptr(),
            )
        };
        self.booster.api.check("predicting", code)
    }
}

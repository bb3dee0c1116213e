//! A trained model.

use std::{
    ffi::CString,
    ops::Range,
    sync::{Mutex, PoisonError},
};

use crate::{Library, LightGbmError, Matrix, Threads, ffi::RawModel};

/// How the importance of a feature is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportanceBy {
    /// How often the trees split on a feature.
    Split,
    /// By how much those splits reduce the loss, in all.
    Gain,
}

/// A trained model, which is what its text says: one that was just trained and one that was read back predict the
/// same bits.
pub struct Booster {
    text: String,
    raw: Mutex<RawModel>,
}

impl std::fmt::Debug for Booster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Booster").field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}

impl Booster {
    /// The model that a text describes.
    ///
    /// # Errors
    ///
    /// If the text is not a model's.
    pub fn from_text(library: Library, text: String) -> Result<Self, LightGbmError> {
        if !text.starts_with("tree\nversion=v4\n") || !text.contains("\nend of trees\n") {
            return Err(LightGbmError::NotAModel);
        }
        let Ok(zero_terminated) = CString::new(text.as_str()) else {
            return Err(LightGbmError::NotAModel);
        };
        let api = library.api();
        let raw = Threads::ONE.run(api, || RawModel::from_text(api, &zero_terminated))?;
        Ok(Self { text, raw: Mutex::new(raw) })
    }

    /// The model as text, the same for any number of threads it was trained with.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many rounds the model has.
    pub fn n_rounds(&self) -> usize {
        self.with_raw(|raw| raw.n_rounds())
    }

    /// How many features the model reads.
    pub fn n_features(&self) -> usize {
        self.with_raw(|raw| raw.n_features())
    }

    /// How many numbers the booster predicts for a row: one, unless it tells classes apart.
    pub fn n_outputs(&self) -> usize {
        self.with_raw(|raw| raw.n_outputs())
    }

    /// The features' names as LightGBM wrote them: characters that its format can't hold are `_`.
    ///
    /// # Errors
    ///
    /// If LightGBM refuses.
    pub fn feature_names(&self) -> Result<Vec<String>, LightGbmError> {
        self.with_raw(|raw| raw.feature_names())
    }

    /// One number a feature, in the order of the columns.
    ///
    /// # Errors
    ///
    /// If LightGBM refuses.
    pub fn importance(&self, importance: ImportanceBy) -> Result<Vec<f64>, LightGbmError> {
        let kind = match importance {
            ImportanceBy::Split => 0,
            ImportanceBy::Gain => 1,
        };
        self.with_raw(|raw| raw.importance(kind))
    }

    /// Predict each row of the matrix: [`Booster::n_outputs`] numbers a row, one row after the other.
    ///
    /// The rows pass through a small buffer. Calls on the same booster wait for each other.
    ///
    /// # Errors
    ///
    /// If the matrix has another number of columns than the model features.
    pub fn predict(&self, matrix: &Matrix<'_>, threads: Threads) -> Result<Vec<f64>, LightGbmError> {
        self.predict_by(0..self.n_rounds(), matrix, threads)
    }

    /// The part of a prediction that the trees of some rounds make up, counted from 0.
    ///
    /// # Errors
    ///
    /// As of [`Booster::predict`].
    pub fn predict_by(
        &self,
        rounds: Range<usize>,
        matrix: &Matrix<'_>,
        threads: Threads,
    ) -> Result<Vec<f64>, LightGbmError> {
        let api = self.with_raw(|raw| raw.api());
        let parameters =
            CString::new(format!("num_threads={} verbosity=-1", threads.count())).unwrap_or_default();
        threads.run(api, || {
            self.with_raw(|raw| {
                let (expected, found) = (raw.n_features(), matrix.n_columns());
                if found != expected {
                    return Err(LightGbmError::Length { what: "features", expected, found });
                }
                let outputs = raw.n_outputs();
                let mut out = vec![0.0; matrix.n_rows() * outputs];
                matrix.for_each_part(|first, part| {
                    let n = part.len() / expected;
                    raw.predict(part, &rounds, &parameters, &mut out[first * outputs..(first + n) * outputs])
                })?;
                Ok(out)
            })
        })
    }

    fn with_raw<T>(&self, work: impl FnOnce(&mut RawModel) -> T) -> T {
        work(&mut self.raw.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

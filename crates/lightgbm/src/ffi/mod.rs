//! The calls into LightGBM's shared library: the one module with `unsafe`. Here the library and its datasets, in
//! `booster` its boosters.
//!
//! What is checked here is what memory safety needs (lengths, lifetimes); what makes sense is checked above.
#![expect(unsafe_code, reason = "a C library is called here, and nowhere else")]

mod booster;

use std::{
    ffi::{CStr, CString, c_char, c_int, c_void},
    path::Path,
    ptr,
};

use libloading::Library as Shared;

use crate::LightGbmError;

pub(crate) use booster::{RawModel, RawTrainer};

type Raw = *mut c_void;
type Strings = *mut *mut c_char;

const F32: c_int = 0;
const F64: c_int = 1;
const I32: c_int = 2;

/// Declares the functions of the library that we use, by field name, symbol and arguments.
macro_rules! api {
    ($( $name:ident = $symbol:literal ( $($argument:ty),* ); )*) => {
        /// LightGBM's functions. The library stays loaded as long as this lives.
        pub(crate) struct Api {
            $( $name: unsafe extern "C" fn($($argument),*) -> c_int, )*
            last_error: unsafe extern "C" fn() -> *const c_char,
            _shared: Shared,
        }

        impl Api {
            /// Open the library at a path.
            pub(crate) fn load(path: &Path) -> Result<Self, LightGbmError> {
                let failed = |error: libloading::Error| LightGbmError::Load {
                    path: path.to_owned(),
                    message: error.to_string(),
                };
                // SAFETY: loading runs the initialisers of LightGBM and of libgomp, which have no preconditions.
                let shared = unsafe { Shared::new(path) }.map_err(failed)?;
                Ok(Self {
                    // SAFETY: the signatures are those of c_api.h of LightGBM 4.7; `library.rs` checks that the
                    // file is of that version before anything else is called.
                    $( $name: *unsafe { shared.get::<unsafe extern "C" fn($($argument),*) -> c_int>($symbol) }
                        .map_err(failed)?, )*
                    // SAFETY: as above.
                    last_error: *unsafe { shared.get::<unsafe extern "C" fn() -> *const c_char>("LGBM_GetLastError") }
                        .map_err(failed)?,
                    _shared: shared,
                })
            }
        }
    };
}

api! {
    dump_aliases = "LGBM_DumpParamAliases"(i64, *mut i64, *mut c_char);
    register_log = "LGBM_RegisterLogCallback"(extern "C" fn(*const c_char));
    set_threads = "LGBM_SetMaxThreads"(c_int);
    sample_count = "LGBM_GetSampleCount"(i32, *const c_char, *mut c_int);
    sample_rows = "LGBM_SampleIndices"(i32, *const c_char, *mut c_void, *mut i32);
    dataset_from_sample = "LGBM_DatasetCreateFromSampledColumn"(
        *mut *mut f64, *mut *mut c_int, i32, *const c_int, i32, i32, i64, *const c_char, *mut Raw);
    dataset_by_reference = "LGBM_DatasetCreateByReference"(Raw, i64, *mut Raw);
    dataset_push = "LGBM_DatasetPushRows"(Raw, *const c_void, c_int, i32, i32, i32);
    dataset_set_field = "LGBM_DatasetSetField"(Raw, *const c_char, *const c_void, c_int, c_int);
    dataset_set_names = "LGBM_DatasetSetFeatureNames"(Raw, *const *const c_char, c_int);
    dataset_free = "LGBM_DatasetFree"(Raw);
    booster_create = "LGBM_BoosterCreate"(Raw, *const c_char, *mut Raw);
    booster_from_text = "LGBM_BoosterLoadModelFromString"(*const c_char, *mut c_int, *mut Raw);
    booster_free = "LGBM_BoosterFree"(Raw);
    booster_add_validation = "LGBM_BoosterAddValidData"(Raw, Raw);
    booster_update = "LGBM_BoosterUpdateOneIter"(Raw, *mut c_int);
    booster_rounds = "LGBM_BoosterGetCurrentIteration"(Raw, *mut c_int);
    booster_eval_count = "LGBM_BoosterGetEvalCounts"(Raw, *mut c_int);
    booster_eval_names = "LGBM_BoosterGetEvalNames"(Raw, c_int, *mut c_int, usize, *mut usize, Strings);
    booster_eval = "LGBM_BoosterGetEval"(Raw, c_int, *mut c_int, *mut f64);
    booster_n_features = "LGBM_BoosterGetNumFeature"(Raw, *mut c_int);
    booster_n_outputs = "LGBM_BoosterGetNumClasses"(Raw, *mut c_int);
    booster_names = "LGBM_BoosterGetFeatureNames"(Raw, c_int, *mut c_int, usize, *mut usize, Strings);
    booster_importance = "LGBM_BoosterFeatureImportance"(Raw, c_int, c_int, *mut f64);
    booster_predict = "LGBM_BoosterPredictForMat"(
        Raw, *const c_void, c_int, i32, i32, c_int, c_int, c_int, c_int, *const c_char, *mut i64, *mut f64);
    booster_to_text = "LGBM_BoosterSaveModelToString"(Raw, c_int, c_int, c_int, i64, *mut i64, *mut c_char);
}

/// Swallows what LightGBM would print.
extern "C" fn ignore(_: *const c_char) {}

impl Api {
    fn check(&self, call: &'static str, code: c_int) -> Result<(), LightGbmError> {
        if code == 0 {
            return Ok(());
        }
        // SAFETY: the message is a zero-terminated buffer of this thread, copied before any other call.
        let message = unsafe { CStr::from_ptr((self.last_error)()) }.to_string_lossy().trim().to_owned();
        Err(LightGbmError::Call { call, message })
    }

    /// Print nothing from this thread.
    pub(crate) fn silence(&self) {
        // SAFETY: the callback is a function that lives forever. The call only stores it.
        unsafe { (self.register_log)(ignore) };
    }

    /// The most threads that any call uses from now on.
    pub(crate) fn set_max_threads(&self, n: usize) {
        // SAFETY: stores a number. `threads.rs` sees to it that nothing runs meanwhile.
        unsafe { (self.set_threads)(c_int::try_from(n).unwrap_or(c_int::MAX)) };
    }

    /// All parameters and their aliases, as JSON.
    pub(crate) fn parameter_aliases(&self) -> Result<String, LightGbmError> {
        // SAFETY: the callee writes at most the stated length.
        self.text("reading the parameter names", |length, needed, out| unsafe {
            (self.dump_aliases)(length, needed, out)
        })
    }

    /// The rows from which LightGBM finds its bins, ascending.
    pub(crate) fn sample(&self, n_rows: i32, parameters: &CStr) -> Result<Vec<i32>, LightGbmError> {
        let mut length = 0;
        // SAFETY: writes one number.
        let code = unsafe { (self.sample_count)(n_rows, parameters.as_ptr(), &raw mut length) };
        self.check("counting the sampled rows", code)?;
        let mut rows = vec![0_i32; usize::try_from(length).unwrap_or(0)];
        // SAFETY: the callee writes as many numbers as it has just said.
        let code = unsafe {
            (self.sample_rows)(n_rows, parameters.as_ptr(), rows.as_mut_ptr().cast(), &raw mut length)
        };
        self.check("sampling rows", code)?;
        rows.truncate(usize::try_from(length).unwrap_or(0));
        Ok(rows)
    }

    /// Ask for a text whose length is known only afterwards.
    fn text(
        &self,
        call: &'static str,
        write: impl Fn(i64, *mut i64, *mut c_char) -> c_int,
    ) -> Result<String, LightGbmError> {
        let mut buffer = vec![0_u8; 1 << 16];
        loop {
            let mut needed = 0_i64;
            let code = write(buffer.len() as i64, &raw mut needed, buffer.as_mut_ptr().cast());
            self.check(call, code)?;
            let needed = usize::try_from(needed).unwrap_or(0);
            if needed <= buffer.len() {
                let text = CStr::from_bytes_until_nul(&buffer).map_or(&[][..], CStr::to_bytes);
                return Ok(String::from_utf8_lossy(text).into_owned());
            }
            buffer.resize(needed, 0);
        }
    }

    /// Ask for a list of texts.
    fn texts(
        &self,
        call: &'static str,
        count: usize,
        write: impl Fn(c_int, *mut c_int, usize, *mut usize, Strings) -> c_int,
    ) -> Result<Vec<String>, LightGbmError> {
        let mut width = 256;
        loop {
            let mut buffers = vec![vec![0_u8; width]; count];
            let mut pointers =
                buffers.iter_mut().map(|b| b.as_mut_ptr().cast()).collect::<Vec<*mut c_char>>();
            let (mut found, mut needed) = (0, 0);
            let code = write(count as c_int, &raw mut found, width, &raw mut needed, pointers.as_mut_ptr());
            self.check(call, code)?;
            if needed <= width {
                let text =
                    |b: &Vec<u8>| CStr::from_bytes_until_nul(b).map(|t| t.to_string_lossy().into_owned());
                return Ok(buffers.iter().filter_map(|buffer| text(buffer).ok()).collect());
            }
            width = needed;
        }
    }
}

/// The values of the sampled rows of one column: those that are not zero, and their places in the sample.
#[derive(Default)]
pub(crate) struct SampledColumn {
    values: Vec<f64>,
    places: Vec<c_int>,
}

impl SampledColumn {
    pub(crate) fn push(&mut self, place: usize, value: f64) {
        self.values.push(value);
        self.places.push(place as c_int);
    }
}

/// A dataset that LightGBM owns; freed when dropped.
pub(crate) struct RawDataset {
    api: &'static Api,
    raw: Raw,
    n_rows: i32,
    n_columns: i32,
}

// SAFETY: LightGBM ties a dataset to no thread.
unsafe impl Send for RawDataset {}
// SAFETY: through a shared reference a dataset is only read (as a reference for another one's bins), and those of its
// methods are const and cache nothing. Training takes it exclusively.
unsafe impl Sync for RawDataset {}

impl RawDataset {
    /// An empty dataset for `n_rows` rows whose bins come from a sample.
    pub(crate) fn from_sample(
        api: &'static Api,
        columns: &mut [SampledColumn],
        n_sampled: i32,
        n_rows: i32,
        parameters: &CStr,
    ) -> Result<Self, LightGbmError> {
        let lengths = columns.iter().map(|column| column.values.len() as c_int).collect::<Vec<_>>();
        let mut values = columns.iter_mut().map(|column| column.values.as_mut_ptr()).collect::<Vec<_>>();
        let mut places = columns.iter_mut().map(|column| column.places.as_mut_ptr()).collect::<Vec<_>>();
        let n_columns = columns.len() as i32;
        let mut raw = ptr::null_mut();
        // SAFETY: there are `n_columns` pointers of either kind, each to as many numbers as `lengths` says.
        let code = unsafe {
            (api.dataset_from_sample)(
                values.as_mut_ptr(),
                places.as_mut_ptr(),
                n_columns,
                lengths.as_ptr(),
                n_sampled,
                n_rows,
                i64::from(n_rows),
                parameters.as_ptr(),
                &raw mut raw,
            )
        };
        api.check("finding bins", code)?;
        Ok(Self { api, raw, n_rows, n_columns })
    }

    /// An empty dataset for `n_rows` rows with the bins of this one.
    pub(crate) fn sibling(&self, n_rows: i32) -> Result<Self, LightGbmError> {
        let mut raw = ptr::null_mut();
        // SAFETY: the handle is alive, and the callee copies what it needs from it.
        let code = unsafe { (self.api.dataset_by_reference)(self.raw, i64::from(n_rows), &raw mut raw) };
        self.api.check("taking over bins", code)?;
        Ok(Self { api: self.api, raw, n_rows, n_columns: self.n_columns })
    }

    /// Write rows, given one after the other, from `first` on. The dataset is complete with its last row.
    pub(crate) fn push(&mut self, first: usize, values: &[f64]) -> Result<(), LightGbmError> {
        let n = values.len() / self.n_columns as usize;
        assert!(n * self.n_columns as usize == values.len() && first + n <= self.n_rows as usize);
        // SAFETY: `values` holds `n` rows of `n_columns` numbers, and the dataset has room for them.
        let code = unsafe {
            (self.api.dataset_push)(
                self.raw,
                values.as_ptr().cast(),
                F64,
                n as i32,
                self.n_columns,
                first as i32,
            )
        };
        self.api.check("binning rows", code)
    }

    pub(crate) fn set_f32(&mut self, field: &CStr, values: &[f32]) -> Result<(), LightGbmError> {
        self.set_field(field, values.as_ptr().cast(), values.len(), F32)
    }

    pub(crate) fn set_f64(&mut self, field: &CStr, values: &[f64]) -> Result<(), LightGbmError> {
        self.set_field(field, values.as_ptr().cast(), values.len(), F64)
    }

    pub(crate) fn set_i32(&mut self, field: &CStr, values: &[i32]) -> Result<(), LightGbmError> {
        self.set_field(field, values.as_ptr().cast(), values.len(), I32)
    }

    fn set_field(
        &mut self,
        field: &CStr,
        values: *const c_void,
        length: usize,
        kind: c_int,
    ) -> Result<(), LightGbmError> {
        // SAFETY: the three callers above pass a slice's pointer and length with its type; the callee copies.
        let code =
            unsafe { (self.api.dataset_set_field)(self.raw, field.as_ptr(), values, length as c_int, kind) };
        self.api.check("setting labels, weights or groups", code)
    }

    pub(crate) fn set_names(&mut self, names: &[CString]) -> Result<(), LightGbmError> {
        let pointers = names.iter().map(|name| name.as_ptr()).collect::<Vec<_>>();
        // SAFETY: as many zero-terminated names as stated; the callee copies them.
        let code =
            unsafe { (self.api.dataset_set_names)(self.raw, pointers.as_ptr(), pointers.len() as c_int) };
        self.api.check("naming features", code)
    }

    pub(crate) fn api(&self) -> &'static Api {
        self.api
    }

    pub(crate) fn n_columns(&self) -> usize {
        self.n_columns as usize
    }
}

impl Drop for RawDataset {
    fn drop(&mut self) {
        // SAFETY: the handle is ours and used no more.
        unsafe { (self.api.dataset_free)(self.raw) };
    }
}

//! The one LightGBM of a process, loaded and checked.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::{LightGbmError, ffi::Api, parameters, places};

/// LightGBM, loaded and checked. Copies are the same library; it stays loaded until the process ends.
#[derive(Clone, Copy)]
pub struct Library {
    api: &'static Api,
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Library")
    }
}

impl Library {
    /// The library from the first of these places that has it in version 4.7:
    ///
    /// 1. the file or folder that the environment variable `BACKSTAFF_LIGHTGBM` names (then nowhere else),
    /// 2. beside the executable, and in `../lib` from there,
    /// 3. the package `lightgbm` of an installed Python: of the active environment (`VIRTUAL_ENV`, `CONDA_PREFIX`), of
    ///    the one that the executable lies in, of each interpreter on the `PATH`, of the user's own packages.
    ///
    /// A library is code that runs with all rights of its user: it is never taken from the current folder or from one
    /// above it, no interpreter is started, and relative entries of these variables are passed over.
    ///
    /// Loaded once; later calls give the same one.
    ///
    /// # Errors
    ///
    /// If it is nowhere, or those that are there can't be loaded or are of another version than 4.7.
    pub fn open() -> Result<Self, LightGbmError> {
        static LOADED: OnceLock<Library> = OnceLock::new();
        if let Some(library) = LOADED.get() {
            return Ok(*library);
        }
        let library = Self::first_of(places::all())?;
        Ok(*LOADED.get_or_init(|| library))
    }

    /// The first library among files that can be used. If there are some and none can, the error is about the first.
    fn first_of(places: Vec<PathBuf>) -> Result<Self, LightGbmError> {
        let mut unusable = None;
        for path in places.iter().filter(|path| path.is_file()) {
            match Self::load(path) {
                Ok(library) => return Ok(library),
                Err(error) => unusable = unusable.or(Some(error)),
            }
        }
        Err(unusable.unwrap_or(LightGbmError::NotFound { searched: places }))
    }

    fn load(path: &Path) -> Result<Self, LightGbmError> {
        let api = Api::load(path)?;
        check_version(path, &api.parameter_aliases()?)?;
        Ok(Self { api: Box::leak(Box::new(api)) })
    }

    pub(crate) fn api(self) -> &'static Api {
        self.api
    }
}

/// The C API has no version number; the table of parameters changes with every release, so it serves as one.
fn check_version(path: &Path, found: &str) -> Result<(), LightGbmError> {
    let mismatch =
        |parameter: &str| LightGbmError::Version { path: path.to_owned(), parameter: parameter.to_owned() };
    let mut found =
        serde_json::from_str::<BTreeMap<String, Vec<String>>>(found).map_err(|_| mismatch("table"))?;
    for (name, aliases) in parameters::table() {
        let mut theirs = found.remove(name).ok_or_else(|| mismatch(name))?;
        theirs.sort_unstable();
        if theirs != *aliases {
            return Err(mismatch(name));
        }
    }
    found.keys().next().map_or(Ok(()), |name| Err(mismatch(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_refused() {
        let error = check_version(Path::new("x"), r#"{"alpha": ["beta"]}"#).unwrap_err();
        assert!(matches!(error, LightGbmError::Version { parameter, .. } if parameter == "alpha"));
        assert!(matches!(check_version(Path::new("x"), "?"), Err(LightGbmError::Version { .. })));
    }

    #[test]
    fn a_file_that_is_no_library_is_refused() {
        let no_library = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let error = Library::first_of(vec!["/nowhere".into(), no_library.clone()]).unwrap_err();
        assert!(matches!(error, LightGbmError::Load { path, .. } if path == no_library));
        assert!(matches!(Library::first_of(vec!["/nowhere".into()]), Err(LightGbmError::NotFound { .. })));
    }
}

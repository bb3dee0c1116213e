//! Where LightGBM's shared library is found.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::{LightGbmError, ffi::Api, parameters};

/// Names the library's file or folder.
const VARIABLE: &str = "BACKSTAFF_LIGHTGBM";

const FILE: &str = if cfg!(target_os = "macos") {
    "lib_lightgbm.dylib"
} else if cfg!(target_os = "windows") {
    "lib_lightgbm.dll"
} else {
    "lib_lightgbm.so"
};

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
    /// The library from the first of these places that has it:
    ///
    /// 1. the file or folder that the environment variable `BACKSTAFF_LIGHTGBM` names (then nowhere else),
    /// 2. beside the executable, and in `../lib` from there,
    /// 3. `.deps/lightgbm` in a folder above the executable, or above the current folder.
    ///
    /// Loaded once; later calls give the same one.
    ///
    /// # Errors
    ///
    /// If it is nowhere, can't be loaded, or is of another version than 4.7.
    pub fn open() -> Result<Self, LightGbmError> {
        static LOADED: OnceLock<Library> = OnceLock::new();
        if let Some(library) = LOADED.get() {
            return Ok(*library);
        }
        let places = places(env::var_os(VARIABLE).map(PathBuf::from));
        let Some(path) = places.iter().find(|path| path.is_file()) else {
            return Err(LightGbmError::NotFound { searched: places });
        };
        let library = Self::load(path)?;
        Ok(*LOADED.get_or_init(|| library))
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

/// The files to try, in order.
fn places(named: Option<PathBuf>) -> Vec<PathBuf> {
    if let Some(named) = named {
        return if named.is_dir() {
            ["", "lib", "lightgbm/lib"].iter().map(|folder| named.join(folder).join(FILE)).collect()
        } else {
            vec![named]
        };
    }
    let executable = env::current_exe().ok().and_then(|path| path.parent().map(Path::to_owned));
    let mut places = Vec::new();
    if let Some(folder) = &executable {
        places.push(folder.join(FILE));
        places.push(folder.join("../lib").join(FILE));
    }
    for start in executable.into_iter().chain(env::current_dir().ok()) {
        places.extend(start.ancestors().map(|folder| folder.join(".deps/lightgbm").join(FILE)));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_place_is_the_only_one() {
        let named = places(Some("/somewhere/else.so".into()));
        assert_eq!(named, [PathBuf::from("/somewhere/else.so")]);
    }

    #[test]
    fn without_a_name_the_folders_above_are_searched() {
        let found = places(None);
        assert!(found.iter().any(|path| path.ends_with(Path::new(".deps/lightgbm").join(FILE))));
    }

    #[test]
    fn another_version_is_refused() {
        let error = check_version(Path::new("x"), r#"{"alpha": ["beta"]}"#).unwrap_err();
        assert!(matches!(error, LightGbmError::Version { parameter, .. } if parameter == "alpha"));
        assert!(matches!(check_version(Path::new("x"), "?"), Err(LightGbmError::Version { .. })));
    }

    #[test]
    fn a_file_that_is_no_library_is_refused() {
        let error = Library::load(Path::new(file!())).unwrap_err();
        assert!(matches!(error, LightGbmError::Load { .. }));
    }
}

//! Where LightGBM's shared library may lie.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

/// The variable that names the library's file or folder.
const VARIABLE: &str = "BACKSTAFF_LIGHTGBM";

const FILE: &str = if cfg!(target_os = "macos") {
    "lib_lightgbm.dylib"
} else if cfg!(target_os = "windows") {
    "lib_lightgbm.dll"
} else {
    "lib_lightgbm.so"
};

/// The files to try, in order.
pub(crate) fn all() -> Vec<PathBuf> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    if let Some(named) = variable(VARIABLE) {
        return named_by_user(Path::new(&named));
    }
    let executable = env::current_exe().ok().and_then(|path| path.parent().map(Path::to_owned));
    let mut places = Vec::new();
    if let Some(folder) = &executable {
        places.push(folder.join(FILE));
        places.push(folder.join("../lib").join(FILE));
    }
    let environments = environments(&variable, executable.as_deref());
    for folder in environments.iter().flat_map(|environment| package_folders(environment)) {
        let package = folder.join("lightgbm");
        if package.is_dir() {
            places.extend([package.join("lib").join(FILE), package.join(FILE)]);
        }
    }
    places
}

/// What the user named is the only place. The path is made absolute: a bare name would be sought in the system's folders
/// of libraries.
fn named_by_user(named: &Path) -> Vec<PathBuf> {
    let named = std::path::absolute(named).unwrap_or_else(|_| named.to_owned());
    if named.is_dir() {
        ["", "lib", "lightgbm/lib"].iter().map(|folder| named.join(folder).join(FILE)).collect()
    } else {
        vec![named]
    }
}

/// The folders in which Pythons are installed, the active one first. Relative ones depend on the current folder, and are
/// left out.
fn environments(variable: &impl Fn(&str) -> Option<OsString>, executable: Option<&Path>) -> Vec<PathBuf> {
    let mut environments = Vec::<PathBuf>::new();
    let mut add = |folder: &Path| {
        if folder.is_absolute() && !environments.iter().any(|known| known == folder) {
            environments.push(folder.to_owned());
        }
    };
    for name in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        if let Some(folder) = variable(name) {
            add(Path::new(&folder));
        }
    }
    if let Some(folder) = executable.and_then(Path::parent) {
        add(folder);
    }
    let path = variable("PATH").unwrap_or_default();
    for folder in env::split_paths(&path).filter(|folder| folder.is_absolute()) {
        let interpreters = ["python3", "python"].map(|name| folder.join(name));
        for interpreter in interpreters.iter().filter(|interpreter| interpreter.is_file()) {
            // An environment's interpreter is often a link to another one, whose packages it may have as well.
            let linked = fs::canonicalize(interpreter).ok();
            let linked = linked.as_deref().and_then(|linked| linked.parent()?.parent());
            for environment in folder.parent().into_iter().chain(linked) {
                add(environment);
            }
            add(Path::new("/usr/local"));
        }
    }
    if let Some(home) = variable("HOME") {
        add(&Path::new(&home).join(".local"));
    }
    environments
}

/// The folders of packages of an installed Python, the newest version first.
fn package_folders(environment: &Path) -> Vec<PathBuf> {
    let lib = environment.join("lib");
    let entries = fs::read_dir(&lib).into_iter().flatten().flatten();
    let mut versions =
        entries.filter_map(|entry| Some((version(&entry.file_name())?, entry.path()))).collect::<Vec<_>>();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    let named = versions.into_iter().map(|(_, folder)| folder);
    // Debian keeps the packages of all its minor versions in one folder.
    let folders = named.chain([lib.join("python3")]);
    folders.flat_map(|folder| ["site-packages", "dist-packages"].map(|name| folder.join(name))).collect()
}

/// The minor version in a folder's name such as `python3.12`.
fn version(name: &OsStr) -> Option<u32> {
    name.to_str()?.strip_prefix("python3.")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(all: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        move |name| all.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
    }

    #[test]
    fn a_named_place_is_the_only_one() {
        assert_eq!(named_by_user(Path::new("/somewhere/else.so")), [PathBuf::from("/somewhere/else.so")]);
        assert!(named_by_user(Path::new("else.so"))[0].is_absolute());
    }

    #[test]
    fn relative_folders_are_passed_over() {
        let relative = variables(&[("VIRTUAL_ENV", "venv"), ("PATH", ":.:bin"), ("HOME", "home")]);
        assert_eq!(environments(&relative, None), Vec::<PathBuf>::new());
    }

    #[test]
    fn the_active_environment_comes_first() {
        let active = variables(&[("VIRTUAL_ENV", "/venv"), ("HOME", "/home/me")]);
        let found = environments(&active, Some(Path::new("/opt/backstaff/bin")));
        assert_eq!(found, ["/venv", "/opt/backstaff", "/home/me/.local"].map(PathBuf::from));
    }

    #[test]
    fn versions_are_numbers() {
        let folder = env::temp_dir().join(format!("backstaff-lightgbm-{}", std::process::id()));
        for version in ["python3.9", "python3.12", "python2.7", "ruby"] {
            fs::create_dir_all(folder.join("lib").join(version)).unwrap();
        }
        let found = package_folders(&folder);
        fs::remove_dir_all(&folder).unwrap();
        let expected = ["python3.12", "python3.9", "python3"]
            .map(|name| folder.join("lib").join(name).join("site-packages"));
        assert_eq!(found.into_iter().step_by(2).collect::<Vec<_>>(), expected);
    }
}

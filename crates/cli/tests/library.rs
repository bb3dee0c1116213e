//! Where the program looks for LightGBM's library, and where it doesn't.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use support::Workplace;

/// A study whose only model needs the library.
const TREES: &str = "\
backstaff: 1
name: trees
data: {prices: {path: prices.csv, adjustment: as_is}}
features: {define: {mom: '$close / Ref($close, 20) - 1'}}
label: {horizon: 5, target: rank}
folds: {test: {from: 2012-06-01}, train: {years: 1}, validation: {months: 2}}
models: {trees: {lightgbm: {rounds: 2, parameters: {num_leaves: 3, min_data_in_leaf: 20}}}}
portfolio: {strategy: {topk_dropout: {k: 2, n_drop: 1}}}
";

fn place() -> Workplace {
    let place = Workplace::new();
    place.write("study.yaml", TREES);
    place
}

/// The library that the tests use; cargo names its folder.
fn library() -> PathBuf {
    let named = PathBuf::from(std::env::var_os("BACKSTAFF_LIGHTGBM").expect("cargo sets it"));
    let file = if cfg!(target_os = "macos") { "lib_lightgbm.dylib" } else { "lib_lightgbm.so" };
    if named.is_dir() { named.join(file) } else { named }
}

/// A copy of the program in a folder of its own: cargo's folder may have the library beside it.
fn program(place: &Workplace) -> PathBuf {
    let copy = place.path("elsewhere/bin/backstaff");
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_backstaff"), &copy).unwrap();
    copy
}

fn put(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let library = library();
    fs::copy(&library, folder.join(library.file_name().unwrap())).unwrap();
}

/// A run in `folder` without any of the variables that name places: whether it succeeded, and what it said.
fn run(program: &Path, folder: &Path, study: &Path, variables: &[(&str, &Path)]) -> (bool, String) {
    let mut command = Command::new(program);
    for name in ["BACKSTAFF_LIGHTGBM", "VIRTUAL_ENV", "CONDA_PREFIX", "PATH", "HOME"] {
        command.env_remove(name);
    }
    command.envs(variables.iter().map(|(name, value)| (name, value.as_os_str())));
    let store = folder.join("store");
    let _ = fs::remove_dir_all(&store);
    command.current_dir(folder).arg("run").arg(study).arg("--store").arg(store);
    command.arg("--reports").arg(folder.join("reports"));
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn the_current_folder_and_those_above_it_are_never_looked_into() {
    let place = place();
    let program = program(&place);
    let inside = place.path("a/b");
    for folder in ["a", "a/b"] {
        for below in
            ["", ".deps/lightgbm", "lib", "lightgbm/lib", "lib/python3.12/site-packages/lightgbm/lib"]
        {
            put(&place.path(folder).join(below));
        }
    }
    // An interpreter of the folder's own must be neither started nor believed.
    let script = "#!/bin/sh\ntouch started\n";
    fs::create_dir_all(inside.join("bin")).unwrap();
    for name in ["python3", "bin/python3"] {
        fs::write(inside.join(name), script).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(inside.join(name), mode).unwrap();
    }
    for variables in [
        &[][..],
        &[("PATH", Path::new(".:bin:")), ("VIRTUAL_ENV", Path::new(".")), ("HOME", Path::new(".."))][..],
    ] {
        let (succeeded, said) = run(&program, &inside, &place.path("study.yaml"), variables);
        assert!(!succeeded && said.contains("shared library was not found"), "{said}");
        assert!(said.contains("pip install lightgbm==4.7.0") && said.contains("make setup"), "{said}");
        assert!(!inside.join("started").exists());
    }
}

#[test]
fn it_is_found_beside_the_program_in_an_installed_python_and_by_its_variable() {
    let place = place();
    let (program, study) = (program(&place), place.path("study.yaml"));
    let folder = place.path("work");
    fs::create_dir_all(&folder).unwrap();
    let bin = program.parent().unwrap();

    let named = library();
    assert!(run(&program, &folder, &study, &[("BACKSTAFF_LIGHTGBM", &named)]).0);
    assert!(run(&program, &folder, &study, &[("BACKSTAFF_LIGHTGBM", named.parent().unwrap())]).0);

    let venv = place.path("venv");
    put(&venv.join("lib/python3.9/site-packages/lightgbm/lib"));
    let (succeeded, said) = run(&program, &folder, &study, &[("VIRTUAL_ENV", &venv)]);
    assert!(succeeded, "{said}");

    let scripts = venv.join("bin");
    fs::create_dir_all(&scripts).unwrap();
    fs::write(scripts.join("python3"), "").unwrap();
    let (succeeded, said) = run(&program, &folder, &study, &[("PATH", &scripts)]);
    assert!(succeeded, "{said}");

    // Of packages the first that can be used is taken.
    let old = place.path("old/lib/python3.9/site-packages/lightgbm/lib");
    fs::create_dir_all(&old).unwrap();
    fs::write(old.join(named.file_name().unwrap()), "no library").unwrap();
    let old = place.path("old");
    let (succeeded, said) = run(&program, &folder, &study, &[("VIRTUAL_ENV", &old)]);
    assert!(!succeeded && said.contains("cannot load LightGBM from"), "{said}");
    assert!(run(&program, &folder, &study, &[("VIRTUAL_ENV", &old), ("PATH", &scripts)]).0);

    put(&bin.join("../lib"));
    assert!(run(&program, &folder, &study, &[]).0);
    fs::remove_dir_all(bin.join("../lib")).unwrap();
    assert!(!run(&program, &folder, &study, &[]).0);
    put(bin);
    assert!(run(&program, &folder, &study, &[]).0);
}

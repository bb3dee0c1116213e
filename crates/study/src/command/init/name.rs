//! The name of a new study: that of its file or its data, and no other study's in the same folder.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::{StudyError, command::output::OutputError};

/// The name of the study's file that says nothing of the study.
const DEFAULT: &str = "study";

/// The longest name that is made of a file's.
const LONGEST: usize = 60;

/// The name of a study that will lie at `out`: the one that is asked for, else that of its file, else that of its data.
/// Where another study of the folder has it, a number is added.
///
/// # Errors
///
/// If the folder can't be read, or another study has the name that is asked for.
pub(super) fn of(asked: Option<&str>, data: &Path, out: &Path) -> Result<String, StudyError> {
    let taken = names_beside(out)?;
    if let Some(name) = asked {
        if taken.contains(name) {
            let message = format!("another study of this folder is called {name:?}; name this one otherwise");
            return Err(StudyError::Value { key: "--name".to_owned(), message });
        }
        return Ok(name.to_owned());
    }
    let stem = |path: &Path| {
        let mut stem = PathBuf::from(path.file_stem().unwrap_or_default());
        // A compressed file has two endings.
        if path.extension().is_some_and(|ending| ending == "gz" || ending == "zip") {
            stem = stem.file_stem().map(PathBuf::from).unwrap_or_default();
        }
        plain(&stem.to_string_lossy())
    };
    let own = stem(out);
    let name =
        if own == DEFAULT { stem(&fs::canonicalize(data).unwrap_or_else(|_| data.to_owned())) } else { own };
    let name = if name.is_empty() { DEFAULT.to_owned() } else { name };
    let numbered = (2..).map(|n| format!("{name}_{n}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name));
    Ok(free.unwrap_or(name))
}

/// A text made of letters, digits, _ and -: each run of others becomes one _.
fn plain(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        match c {
            c if c.is_ascii_alphanumeric() || c == '-' => name.push(c),
            _ if name.ends_with('_') => {}
            _ => name.push('_'),
        }
    }
    name.truncate(LONGEST);
    name.trim_matches('_').to_owned()
}

/// The names of the studies in the folder of a file.
fn names_beside(out: &Path) -> Result<BTreeSet<String>, StudyError> {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = |source| OutputError::Write { path: out.to_owned(), source };
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(write)? {
        let path = entry.map_err(write)?.path();
        if path.extension().is_none_or(|ending| ending != "yaml" && ending != "yml") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        if text.lines().any(|line| line.starts_with("backstaff:")) {
            names.extend(text.lines().filter_map(|line| line.strip_prefix("name:")).map(value));
        }
    }
    Ok(names)
}

/// The value of a key that stands alone on its line.
fn value(text: &str) -> String {
    let text = text.split(" #").next().unwrap_or_default().trim();
    text.trim_matches(|c| c == '"' || c == '\'').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_of_the_file_and_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("2024 prices (final).csv"), "").unwrap();
        let data = at("2024 prices (final).csv");
        let name = |asked, out: &str| of(asked, &data, &at(out));
        assert_eq!(name(None, "study.yaml").unwrap(), "2024_prices_final");
        assert_eq!(name(None, "my momentum.yaml").unwrap(), "my_momentum");
        fs::write(at("a.yaml"), "backstaff: 1\nname: '2024_prices_final' # mine\n").unwrap();
        fs::write(at("b.yml"), "backstaff: 1\nname: 2024_prices_final_2\n").unwrap();
        fs::write(at("c.yaml"), "name: 2024_prices_final_3\n").unwrap();
        assert_eq!(name(None, "study.yaml").unwrap(), "2024_prices_final_3", "what is no study has no name");
        assert_eq!(name(Some("mine"), "study.yaml").unwrap(), "mine");
        let error = name(Some("2024_prices_final"), "study.yaml").unwrap_err().to_string();
        assert!(error.starts_with("--name: another study"), "{error}");
        fs::write(at("종가.csv"), "").unwrap();
        assert_eq!(of(None, &at("종가.csv"), &at("study.yaml")).unwrap(), "study");
    }
}

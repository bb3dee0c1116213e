//! The store's version, which is also what makes a folder a store.

use std::fs;

use crate::{
    StoreError,
    error::IoContext,
    layout::{Layout, create_whole, names_in},
    manifest::STORE_VERSION,
};

/// Reads the store's version, or makes a store in an empty folder.
pub(crate) fn check_version(layout: &Layout) -> Result<(), StoreError> {
    let (root, path) = (layout.root(), layout.version());
    let not_a_store =
        |reason: &str| StoreError::NotAStore { path: root.to_owned(), reason: reason.to_owned() };
    if !path.exists() {
        if root.exists() && !root.is_dir() {
            return Err(not_a_store("it is a file"));
        }
        // Another process may be making the same store: its temporary file is not foreign.
        let names = names_in(root).at("read", root)?;
        let foreign = names.iter().any(|name| !name.as_encoded_bytes().starts_with(b".backstaff-"));
        // Looked at again, since the other process may have finished between our two looks.
        if foreign && !path.exists() {
            return Err(not_a_store("it has files but no VERSION"));
        }
        fs::create_dir_all(root).at("make the folder", root)?;
        create_whole(&path, format!("backstaff store {STORE_VERSION}\n").as_bytes()).at("write", &path)?;
    }
    let text = fs::read(&path).at("read", &path)?;
    let version = std::str::from_utf8(&text).ok().and_then(|text| text.strip_prefix("backstaff store "));
    match version.and_then(|text| text.trim_end().parse::<u32>().ok()) {
        None => Err(not_a_store("its VERSION says something else")),
        Some(found) if found > STORE_VERSION => {
            Err(StoreError::NewerStore { path: root.to_owned(), found, known: STORE_VERSION })
        }
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::Store;

    #[test]
    fn makes_a_folder_and_opens_it_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        Store::open(&path).unwrap();
        assert_eq!(fs::read(path.join("VERSION")).unwrap(), b"backstaff store 1\n");
        assert_eq!(Store::open(&path).unwrap().path(), path);
    }

    #[test]
    fn many_may_make_the_same_store() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| Store::open(&path).unwrap());
            }
        });
    }

    #[test]
    fn refuses_a_newer_store() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("VERSION"), "backstaff store 2\n").unwrap();
        let error = Store::open(folder.path()).unwrap_err();
        assert!(matches!(error, StoreError::NewerStore { found: 2, known: 1, .. }));
        assert!(error.to_string().contains("has version 2, this program knows versions up to 1"), "{error}");
    }

    #[test]
    fn refuses_what_is_no_store() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.tex"), "text").unwrap();
        let refused = |path: &Path| matches!(Store::open(path), Err(StoreError::NotAStore { .. }));
        assert!(refused(folder.path()));
        assert!(refused(&folder.path().join("thesis.tex")));
        fs::write(folder.path().join("VERSION"), "1.0").unwrap();
        assert!(refused(folder.path()));
        assert!(!folder.path().join("tmp").exists());
    }
}

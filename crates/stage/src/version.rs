//! The store's version, which is also what makes a folder a store.

use std::{ffi::OsString, fs};

use crate::{
    StoreError,
    error::IoContext,
    layout::{Layout, create_whole, names_in},
    manifest::STORE_VERSION,
};

/// The names of a store's folders.
const FOLDERS: [&str; 7] = ["artifacts", "locks", "marks", "reports", "runs", "tmp", "witnesses"];

/// What a store says to Git: nothing in it is worth keeping there, this file included.
const IGNORED: &[u8] = b"*\n";

/// Reads the store's version, or makes a store in an empty folder. A store whose VERSION was lost or damaged gets it back:
/// every artifact has a version of its own.
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
        if foreign && !is_like_a_store(&names) && !path.exists() {
            return Err(not_a_store("it has files but no VERSION"));
        }
        write_version(layout)?;
    }
    let text = fs::read(&path).at("read", &path)?;
    let version = std::str::from_utf8(&text).ok().and_then(|text| text.strip_prefix("backstaff store "));
    match version.and_then(|text| text.trim_end().parse::<u32>().ok()) {
        None if is_like_a_store(&names_in(root).at("read", root)?) => {
            fs::remove_file(&path).at("remove", &path)?;
            write_version(layout)
        }
        None => Err(not_a_store("its VERSION says something else")),
        Some(found) if found > STORE_VERSION => {
            Err(StoreError::NewerStore { path: root.to_owned(), found, known: STORE_VERSION })
        }
        Some(_) => {
            // Stores of before had none. A store that can't be written is read all the same.
            if !layout.ignored().exists() {
                let _ = create_whole(&layout.ignored(), IGNORED);
            }
            Ok(())
        }
    }
}

fn write_version(layout: &Layout) -> Result<(), StoreError> {
    let (root, path) = (layout.root(), layout.version());
    fs::create_dir_all(root).at("make the folder", root)?;
    create_whole(&path, format!("backstaff store {STORE_VERSION}\n").as_bytes()).at("write", &path)?;
    let ignored = layout.ignored();
    create_whole(&ignored, IGNORED).at("write", &ignored)?;
    Ok(())
}

/// Whether a folder has names of a store's folders and no other.
fn is_like_a_store(names: &[OsString]) -> bool {
    let is_folder = |name: &&OsString| name.to_str().is_some_and(|name| FOLDERS.contains(&name));
    let is_ours = |name: &OsString| {
        is_folder(&name)
            || name == "VERSION"
            || name == ".gitignore"
            || name.as_encoded_bytes().starts_with(b".backstaff-")
    };
    names.iter().all(is_ours) && names.iter().any(|name| is_folder(&name))
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
        assert_eq!(fs::read(path.join(".gitignore")).unwrap(), b"*\n");
        fs::remove_file(path.join(".gitignore")).unwrap();
        assert_eq!(Store::open(&path).unwrap().path(), path);
        assert!(path.join(".gitignore").exists(), "a store of before gets one");
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
    fn a_store_that_lost_its_version_gets_it_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("VERSION");
        for name in ["artifacts", "tmp", "locks"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        for damage in [None, Some(""), Some("backst"), Some("\0\0\0")] {
            match damage {
                None => fs::remove_file(&path).unwrap_or_default(),
                Some(text) => fs::write(&path, text).unwrap(),
            }
            Store::open(folder.path()).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"backstaff store 1\n");
        }
        fs::remove_file(&path).unwrap();
        fs::write(folder.path().join("thesis.tex"), "text").unwrap();
        assert!(matches!(Store::open(folder.path()), Err(StoreError::NotAStore { .. })));
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

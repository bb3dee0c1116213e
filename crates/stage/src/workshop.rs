//! A process's own temporary folder within the store.

use std::{
    fs::{self, File},
    path::Path,
};

use tempfile::TempDir;

use crate::{
    StoreError,
    error::IoContext,
    layout::{Layout, names_in},
    lock::{Hold, hold, try_hold},
};

const ALIVE: &str = "alive";
const DOOR: &str = "door";

/// Where a process prepares artifacts: on the store's own file system, so that publishing is one rename.
///
/// The process keeps the file `alive` locked. A folder whose `alive` can be locked belongs to a process that is no
/// more, and is swept away by the next process that opens a workshop.
#[derive(Debug)]
pub(crate) struct Workshop {
    folder: TempDir,
    _alive: File,
}

impl Workshop {
    pub(crate) fn new(layout: &Layout) -> Result<Self, StoreError> {
        let tmp = layout.tmp();
        fs::create_dir_all(&tmp).at("make the folder", &tmp)?;
        // Held while folders come and go, so that nobody sweeps one whose `alive` isn't locked yet.
        let door = open_locked(&tmp.join(DOOR))?;
        sweep(&tmp)?;
        let folder = tempfile::Builder::new().prefix("run-").tempdir_in(&tmp).at("make a folder in", &tmp)?;
        let path = folder.path().join(ALIVE);
        let alive = File::create(&path).at("create", &path)?;
        try_hold(&alive).at("lock", &path)?;
        drop(door);
        Ok(Self { folder, _alive: alive })
    }

    /// Whether it is still there.
    pub(crate) fn exists(&self) -> bool {
        self.folder.path().exists()
    }

    /// A new empty folder, removed when dropped.
    pub(crate) fn folder(&self) -> Result<TempDir, StoreError> {
        let path = self.folder.path();
        tempfile::Builder::new().prefix("draft-").tempdir_in(path).at("make a folder in", path)
    }
}

/// Opens a file and waits for its lock.
fn open_locked(path: &Path) -> Result<File, StoreError> {
    let file = File::options().create(true).truncate(false).write(true).open(path).at("open", path)?;
    hold(&file).at("lock", path)?;
    Ok(file)
}

/// Removes what processes that are no more have left.
fn sweep(tmp: &Path) -> Result<(), StoreError> {
    for name in names_in(tmp).at("read", tmp)? {
        let path = tmp.join(name);
        if path.is_dir() && is_abandoned(&path) {
            // What can't be removed now is tried again by the next process.
            let _ = fs::remove_dir_all(&path);
        }
    }
    Ok(())
}

fn is_abandoned(folder: &Path) -> bool {
    match File::options().write(true).open(folder.join(ALIVE)) {
        Ok(alive) => try_hold(&alive).is_ok_and(|hold| hold == Hold::Ours),
        // Its maker died, under the door's lock, before it was alive.
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweeps_what_the_dead_left_and_spares_the_living() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path().to_owned());
        let living = Workshop::new(&layout).unwrap();
        let draft = living.folder().unwrap();
        fs::write(draft.path().join("half"), b"half").unwrap();
        let (dead, unborn) = (layout.tmp().join("run-dead"), layout.tmp().join("run-unborn"));
        fs::create_dir_all(dead.join("draft-x")).unwrap();
        fs::write(dead.join(ALIVE), b"").unwrap();
        fs::create_dir_all(&unborn).unwrap();

        let _second = Workshop::new(&layout).unwrap();
        assert!(!dead.exists() && !unborn.exists());
        assert!(draft.path().join("half").exists());
    }

    #[test]
    fn leaves_nothing_when_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path().to_owned());
        drop(Workshop::new(&layout).unwrap());
        assert_eq!(names_in(&layout.tmp()).unwrap(), [DOOR]);
    }
}

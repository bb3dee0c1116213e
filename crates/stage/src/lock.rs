//! Advisory locks that die with their process.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use rustix::io::Errno;

/// An exclusive lock: a locked file that is removed when the lock is given back.
///
/// A killed process leaves the file but not the lock, so the next one simply takes it.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    file: File,
}

/// What became of asking for a lock.
#[derive(Debug)]
pub(crate) enum Locking {
    Acquired(Lock),
    /// Another process or thread holds the lock.
    Busy,
}

impl Lock {
    /// Asks for the lock of this path without waiting; the folder must exist.
    ///
    /// A file system without locks grants every lock: work may then be done twice, which costs time and nothing else.
    pub(crate) fn ask(path: &Path) -> io::Result<Locking> {
        loop {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
            if try_hold(&file)? == Hold::Others {
                return Ok(Locking::Busy);
            }
            // The holder before us may have removed the file between our open and our lock; ours would then guard
            // a name that nobody else can find.
            if is_file_at(&file, path)? {
                return Ok(Locking::Acquired(Self { path: path.to_owned(), file }));
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while still locked; the lock itself ends when the file is closed.
        if is_file_at(&self.file, &self.path).unwrap_or(false) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether an open file could be locked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    Ours,
    Others,
    /// The file system has no locks.
    Unsupported,
}

/// Locks an open file, without waiting, until it is closed.
pub(crate) fn try_hold(file: &File) -> io::Result<Hold> {
    match file.try_lock() {
        Ok(()) => Ok(Hold::Ours),
        Err(TryLockError::WouldBlock) => Ok(Hold::Others),
        Err(TryLockError::Error(error)) if is_unsupported(&error) => Ok(Hold::Unsupported),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Locks an open file, waiting for whoever holds it, until it is closed.
pub(crate) fn hold(file: &File) -> io::Result<Hold> {
    match file.lock() {
        Ok(()) => Ok(Hold::Ours),
        Err(error) if is_unsupported(&error) => Ok(Hold::Unsupported),
        Err(error) => Err(error),
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported || Errno::from_io_error(error) == Some(Errno::NOLCK)
}

/// Whether the path still names this open file.
fn is_file_at(file: &File, path: &Path) -> io::Result<bool> {
    let ours = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acquired(locking: Locking) -> Option<Lock> {
        match locking {
            Locking::Acquired(lock) => Some(lock),
            Locking::Busy => None,
        }
    }

    #[test]
    fn one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = acquired(Lock::ask(&path).unwrap()).unwrap();
        assert!(acquired(Lock::ask(&path).unwrap()).is_none());
        drop(first);
        assert!(!path.exists());
        assert!(acquired(Lock::ask(&path).unwrap()).is_some());
    }

    #[test]
    fn what_a_killed_process_left_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        fs::write(&path, b"").unwrap();
        assert!(acquired(Lock::ask(&path).unwrap()).is_some());
    }

    #[test]
    fn holders_never_overlap() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let (inside, rounds) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while rounds.load(Ordering::SeqCst) < 400 {
                        if let Locking::Acquired(lock) = Lock::ask(&path).unwrap() {
                            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                            rounds.fetch_add(1, Ordering::SeqCst);
                            std::thread::yield_now();
                            inside.fetch_sub(1, Ordering::SeqCst);
                            drop(lock);
                        }
                    }
                });
            }
        });
    }
}

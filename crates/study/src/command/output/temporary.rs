//! Files on their way: written under a name of ours, locked as long as their process lives.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use tempfile::NamedTempFile;

const PREFIX: &str = ".backstaff-";
const SUFFIX: &str = ".tmp";

/// A new temporary file in a folder. It is locked, so that nobody takes it for one that a dead process has left.
pub(super) fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    loop {
        let mut builder = tempfile::Builder::new();
        // What is left of these rights is what the user's mask leaves.
        let builder = builder.prefix(PREFIX).suffix(SUFFIX).permissions(fs::Permissions::from_mode(0o666));
        let file = builder.tempfile_in(folder)?;
        // Some file systems have no locks; `sweep` removes nothing there.
        let _ = file.as_file().lock();
        // It may have been swept before it was locked.
        if file.as_file().metadata()?.nlink() > 0 {
            return Ok(file);
        }
    }
}

/// Remove the temporary files that killed processes have left in a folder.
pub(super) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            // Removed while it is locked: its maker, if there is one, sees that and makes another. What can't be removed
            // now is tried again by the next command.
            let locked = File::options().write(true).open(entry.path());
            let locked = locked.and_then(|file| Ok(file.try_lock().map(|()| file)?));
            let _ = locked.and_then(|_file| fs::remove_file(entry.path()));
        }
    }
}

/// Whether a file is a temporary one of ours.
pub(crate) fn is_temporary(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_dead_left_is_swept_and_what_lives_is_spared() {
        let folder = tempfile::tempdir().unwrap();
        let living = temporary_in(folder.path()).unwrap();
        let dead = folder.path().join(".backstaff-abc.tmp");
        for path in [&dead, &folder.path().join(".backstaff-notes"), &folder.path().join("x.tmp")] {
            fs::write(path, "x").unwrap();
        }
        sweep(folder.path());
        assert!(living.path().exists() && !dead.exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}

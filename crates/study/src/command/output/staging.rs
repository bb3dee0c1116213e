//! Files that get their names together: old ones or new ones, never some of each.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::{
    OutputError, sync_folder,
    target::{Target, folder_of},
    whole,
};

/// Files that are written whole under temporary names beside their places, until [`Staging::publish`] names them.
#[derive(Debug, Default)]
pub(crate) struct Staging {
    ready: Vec<(NamedTempFile, PathBuf)>,
}

impl Staging {
    /// Write one more file. Symbolic links are followed: what they name is replaced, not they.
    ///
    /// # Errors
    ///
    /// If it can't be written, or its path names a device or a pipe.
    pub(crate) fn add(
        &mut self,
        path: &Path,
        write: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), OutputError>,
    ) -> Result<(), OutputError> {
        let failed = |source: io::Error| OutputError::Write { path: path.to_owned(), source };
        let Target::File(place) = Target::of(path).map_err(failed)? else {
            return Err(failed(io::Error::other("it is a device or a pipe")));
        };
        let file = whole(&place, path, write)?;
        let kept = fs::metadata(&place).map(|former| former.permissions());
        if let Ok(permissions) = kept {
            file.as_file().set_permissions(permissions).map_err(failed)?;
        }
        self.ready.push((file, place));
        Ok(())
    }

    /// Give all files their names.
    ///
    /// # Errors
    ///
    /// If the file system refuses one; those that follow keep what they were.
    pub(crate) fn publish(self) -> Result<(), OutputError> {
        let mut last = None;
        for (file, place) in self.ready {
            let failed = |source: io::Error| OutputError::Write { path: place.clone(), source };
            file.persist(&place).map_err(|error| failed(error.error))?;
            if last.as_deref() != Some(folder_of(&place)) {
                last = Some(folder_of(&place).to_owned());
                sync_folder(&place);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_fails_leaves_the_others_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), "old").unwrap();
        let text = |text: &'static [u8]| {
            move |file: &mut (dyn Write + Send)| {
                file.write_all(text).map_err(|source| OutputError::Write { path: PathBuf::new(), source })
            }
        };
        let mut staging = Staging::default();
        staging.add(&at("a"), text(b"new")).unwrap();
        assert!(staging.add(&at("none/b"), text(b"new")).is_err());
        drop(staging);
        assert_eq!(fs::read_to_string(at("a")).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
        let mut staging = Staging::default();
        staging.add(&at("a"), text(b"new")).unwrap();
        staging.add(&at("b"), text(b"new")).unwrap();
        assert!(!at("b").exists());
        staging.publish().unwrap();
        assert_eq!(
            (fs::read(at("a")).unwrap(), fs::read(at("b")).unwrap()),
            (b"new".to_vec(), b"new".to_vec())
        );
    }
}

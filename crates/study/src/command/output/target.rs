//! What a path names that is to be written: a file, which is replaced as a whole, or a device or pipe.

use std::{
    ffi::OsStr,
    fs::{self, File, FileType},
    io,
    os::{fd::AsFd as _, unix::fs::FileTypeExt as _},
    path::{Path, PathBuf},
};

/// More symbolic links than this, one leading to the next, are a circle.
const MOST_LINKS: usize = 40;

/// What a path names, after its symbolic links.
#[derive(Debug)]
pub(super) enum Target {
    /// A file, or nothing yet: its own name in its own folder, which no link hides.
    File(PathBuf),
    /// A device, a pipe or an open file of the process: something that has to be written through, for a file of the same
    /// name would take its place.
    Stream(Stream),
}

/// Something that is written through.
#[derive(Debug)]
pub(super) enum Stream {
    /// The standard output of the process.
    Output,
    /// The standard error of the process.
    Errors,
    /// A device or a named pipe, or another open file.
    Named(PathBuf),
}

impl Target {
    /// Find out what a path names. Nothing is opened.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut place = std::path::absolute(path)?;
        for _ in 0..MOST_LINKS {
            if let Some(stream) = descriptor(&place) {
                return Ok(Self::Stream(stream));
            }
            match fs::symlink_metadata(&place) {
                Ok(found) if found.is_symlink() => {
                    let link = fs::read_link(&place)?;
                    place = folder_of(&place).join(link);
                }
                Ok(found) => return Self::existing(place, found.file_type()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Self::File(real(&place)?));
                }
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("its symbolic links lead in a circle"))
    }

    fn existing(place: PathBuf, kind: FileType) -> io::Result<Self> {
        if kind.is_file() {
            Ok(Self::File(real(&place)?))
        } else if kind.is_char_device() || kind.is_fifo() {
            Ok(Self::Stream(Stream::Named(place)))
        } else if kind.is_dir() {
            Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder; name a file"))
        } else {
            Err(io::Error::other("it is a disk or a socket, not a file"))
        }
    }
}

impl Stream {
    pub(super) fn open(&self) -> io::Result<File> {
        match self {
            Self::Output => Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?)),
            Self::Errors => Ok(File::from(io::stderr().as_fd().try_clone_to_owned()?)),
            Self::Named(path) => File::options().append(true).open(path),
        }
    }
}

/// The open file that a path such as `/dev/stdout` or `/dev/fd/3` stands for.
fn descriptor(place: &Path) -> Option<Stream> {
    let folder = fs::canonicalize(folder_of(place)).ok()?;
    if !(folder.starts_with("/proc") && folder.ends_with("fd")) {
        return None;
    }
    let is_ours = folder == Path::new("/proc").join(std::process::id().to_string()).join("fd");
    match place.file_name().and_then(OsStr::to_str) {
        Some("1") if is_ours => Some(Stream::Output),
        Some("2") if is_ours => Some(Stream::Errors),
        _ => Some(Stream::Named(place.to_owned())),
    }
}

/// The path with the real path of its folder, which has to be there.
fn real(place: &Path) -> io::Result<PathBuf> {
    let name = place.file_name().ok_or_else(|| io::Error::other("it has no name; name a file"))?;
    Ok(fs::canonicalize(folder_of(place))?.join(name))
}

/// The folder that holds a path; the current one for a name alone.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_to_what_they_name_even_if_it_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("far")).unwrap();
        symlink("far/new.csv", at("first")).unwrap();
        symlink("first", at("second")).unwrap();
        assert!(
            matches!(Target::of(&at("second")).unwrap(), Target::File(place) if place == real.join("far/new.csv"))
        );
        symlink("round", at("round")).unwrap();
        assert!(Target::of(&at("round")).unwrap_err().to_string().contains("circle"));
    }

    #[test]
    fn devices_and_open_files_are_streams() {
        assert!(matches!(Target::of(Path::new("/dev/null")).unwrap(), Target::Stream(Stream::Named(_))));
        if cfg!(target_os = "linux") {
            for path in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
                assert!(
                    matches!(Target::of(Path::new(path)).unwrap(), Target::Stream(Stream::Output)),
                    "{path}"
                );
            }
        }
        assert!(Target::of(&std::env::temp_dir()).unwrap_err().to_string().contains("folder"));
    }
}

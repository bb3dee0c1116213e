//! Where things lie in a store.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use crate::Key;

/// Name of the file that holds an artifact's manifest.
pub(crate) const MANIFEST: &str = "manifest.json";

/// The paths of a store; it knows names and touches no file.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn version(&self) -> PathBuf {
        self.root.join("VERSION")
    }

    /// What tells Git that nothing in the store is worth keeping.
    pub(crate) fn ignored(&self) -> PathBuf {
        self.root.join(".gitignore")
    }

    pub(crate) fn artifacts(&self) -> PathBuf {
        self.root.join("artifacts")
    }

    pub(crate) fn stage(&self, stage: &str) -> PathBuf {
        self.artifacts().join(file_name_of(stage))
    }

    pub(crate) fn artifact(&self, stage: &str, key: &Key) -> PathBuf {
        let key = key.to_string();
        self.stage(stage).join(&key[..2]).join(key)
    }

    pub(crate) fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(crate) fn locks(&self) -> PathBuf {
        self.root.join("locks")
    }

    pub(crate) fn lock(&self, key: &Key) -> PathBuf {
        self.locks().join(key.to_string())
    }

    pub(crate) fn witnesses(&self) -> PathBuf {
        self.root.join("witnesses")
    }

    pub(crate) fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    pub(crate) fn study_runs(&self, study: &str) -> PathBuf {
        self.runs().join(file_name_of(study))
    }
}

/// Whether a name may be a file's name as it is.
pub(crate) fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && name.len() <= 100 && !name.starts_with('.') && name.chars().all(plain)
}

/// A file name for any text: itself if it is plain, else with other bytes as `%xx`. Different texts give different
/// names, up to where file systems end a name.
pub(crate) fn file_name_of(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut name = String::from(if text.is_empty() { "%" } else { "" });
    for (i, byte) in text.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || (byte == b'.' && i > 0);
        if plain {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "%{byte:02x}");
        }
    }
    if name.len() > 200 {
        name.truncate(160);
        name.push_str(&crate::digest_bytes(text.as_bytes()).to_string()[..32]);
    }
    name
}

/// The text whose name [`file_name_of`] gave; a shortened one stays as it is.
pub(crate) fn text_of(file_name: &OsStr) -> Option<String> {
    let name = file_name.to_str()?;
    let mut bytes = Vec::new();
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = match (first, tail.get(..2)) {
            (b'%', Some(hex)) => {
                std::str::from_utf8(hex).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok())
            }
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    if name == "%" { Some(String::new()) } else { String::from_utf8(bytes).ok() }
}

/// The names in a folder, sorted; an absent folder has none.
pub(crate) fn names_in(folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Whether an error says that there is no such file.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Writes a file so that its name never shows half of it. `false` if a file of that name is there already.
pub(crate) fn create_whole(path: &Path, content: &[u8]) -> io::Result<bool> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".backstaff-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666))
        .tempfile_in(folder)?;
    file.write_all(content)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_has_a_safe_file_name_of_its_own() {
        let texts = ["us_equities", "", "%", ".", "..", "a/b", "a%2fb", "US équities", "-x", "a b", "A.yaml"];
        let mut names = std::collections::HashSet::new();
        for text in texts {
            let name = file_name_of(text);
            assert!(!name.contains('/') && !name.starts_with('.'), "{name}");
            assert_eq!(text_of(OsStr::new(&name)).as_deref(), Some(text));
            assert!(names.insert(name), "{text}");
        }
        let (long, longer) = ("x/".repeat(200), "x/".repeat(201));
        assert!(file_name_of(&long).len() <= 200);
        assert_ne!(file_name_of(&long), file_name_of(&longer));
    }

    #[test]
    fn a_file_is_created_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(create_whole(&path, b"one").unwrap());
        assert!(!create_whole(&path, b"two").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(names_in(folder.path()).unwrap(), ["file"]);
    }
}

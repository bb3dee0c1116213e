//! What is wrong, and where.

use std::{fmt, path::PathBuf};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{Node, Place, Steps};

/// A mistake: the key that it is about, what is wrong, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The keys from the top, as in `folds.validation`; empty if it is about the whole.
    pub key: String,
    /// What is wrong, and what to write instead.
    pub message: String,
    /// Where it stands; absent for what was not read from a text.
    pub place: Option<Place>,
}

impl Problem {
    /// A mistake under a key, whose place is found later.
    pub fn of(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into(), place: None }
    }

    /// The same with its place in a tree, if it has none yet.
    #[must_use]
    pub fn placed(mut self, root: &Node) -> Self {
        let steps = || Steps(self.key.split('.').map(|key| super::Step::Key(key.to_owned())).collect());
        self.place = self.place.take().or_else(|| root.place_of(&steps()));
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => f.write_str(&self.message),
            key => write!(f, "{key}: {}", self.message),
        }
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Problem", 4)?;
        fields.serialize_field("key", &self.key)?;
        fields.serialize_field("message", &self.message)?;
        fields.serialize_field("line", &self.place.as_ref().map(|place| place.line))?;
        fields.serialize_field("column", &self.place.as_ref().map(|place| place.column))?;
        fields.end()
    }
}

/// All mistakes of a text, in the order of their places.
#[derive(Clone, Debug)]
pub struct Problems {
    /// The file, for messages; empty for a study that no file says.
    pub path: PathBuf,
    /// The text, which messages quote.
    pub text: String,
    /// The mistakes.
    pub all: Vec<Problem>,
}

impl Problems {
    /// These mistakes of a text, sorted.
    pub fn new(path: PathBuf, text: String, mut all: Vec<Problem>) -> Self {
        all.sort_by_key(|problem| problem.place.as_ref().map(|place| place.bytes.start));
        Self { path, text, all }
    }

    fn quoted(&self, problem: &Problem, place: &Place) -> String {
        let path = self.path.display().to_string();
        let bytes =
            place.bytes.start.min(self.text.len())..place.bytes.end.clamp(place.bytes.start, self.text.len());
        // An annotation below several lines hides what it is about: the first one is enough.
        let first = self.text[bytes.clone()].lines().next().map_or(0, str::len).max(1);
        let bytes = bytes.start..(bytes.start + first).min(self.text.len());
        let title = problem.to_string();
        let snippet = Snippet::source(&self.text).path(&path).annotation(AnnotationKind::Primary.span(bytes));
        let report: [Group<'_>; 1] = [Level::ERROR.primary_title(&title).element(snippet)];
        let text = Renderer::plain().render(&report);
        text.strip_prefix("error: ").unwrap_or(&text).to_owned()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.all.as_slice() {
            [_] => {}
            all => writeln!(f, "{path}: {} mistakes\n", all.len())?,
        }
        for (n, problem) in self.all.iter().enumerate() {
            if n > 0 {
                f.write_str("\n\n")?;
            }
            match &problem.place {
                Some(place) if !self.text.is_empty() => f.write_str(&self.quoted(problem, place))?,
                _ if self.path.as_os_str().is_empty() => write!(f, "{problem}")?,
                _ => write!(f, "{path}: {problem}")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

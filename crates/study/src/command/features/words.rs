//! The descriptions of features as text for a terminal.

use std::fmt;

use super::{FeatureFacts, Libraries, LibraryEntries, OperatorFacts, Shown};

/// The widest column of names, in characters.
const WIDEST: usize = 28;

impl fmt::Display for Libraries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = width(self.libraries.iter().map(|library| library.name.as_str()));
        for library in &self.libraries {
            writeln!(f, "{:<width$} {:>4}  {}", library.name, library.features, library.description)?;
        }
        writeln!(
            f,
            "\n`backstaff features list NAME` lists one, `backstaff features show NAME` explains an entry"
        )
    }
}

impl fmt::Display for LibraryEntries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} features. {}", self.name, self.features.len(), self.description)?;
        for flaw in &self.known_flaws {
            writeln!(f, "known flaw: {flaw}")?;
        }
        let width = width(self.features.iter().map(|feature| feature.name.as_str()));
        for feature in &self.features {
            writeln!(f, "{:<width$} {:>12}  {}", feature.name, feature.look_back_text, feature.meaning)?;
        }
        Ok(())
    }
}

impl fmt::Display for FeatureFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |title: &str, text: &str| match text {
            "" => Ok(()),
            text => writeln!(f, "  {title:<12} {}", text.trim_end()),
        };
        line("meaning", &self.meaning)?;
        line("formula", &self.formula)?;
        if let Some(expanded) = self.expanded.as_ref().filter(|expanded| **expanded != self.formula) {
            line("written out", expanded)?;
        }
        line("rows", self.rows.as_deref().unwrap_or(""))?;
        line("look-back", &self.look_back_text)?;
        line("reads", &self.reads())?;
        line("features", &self.uses_features.join(", "))?;
        line("operators", &self.uses_operators.join(", "))?;
        let across =
            if self.cross_sectional { ", compared across the session" } else { ", of its own history" };
        line("gives", &format!("a {}{across}", self.output))?;
        line("unit", &self.unit)?;
        line("source", &self.source)?;
        line("library", &self.library)?;
        line("canonical", &self.canonical)
    }
}

impl FeatureFacts {
    /// The columns that the feature reads, as an expression writes them.
    fn reads(&self) -> String {
        let columns = [("$", &self.fields), ("$$", &self.facts), ("by=", &self.categories)];
        let named =
            columns.iter().flat_map(|(sigil, names)| names.iter().map(move |name| format!("{sigil}{name}")));
        named.collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for OperatorFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.usage)?;
        let lines = [
            ("meaning", &self.meaning),
            ("formula", &self.formula),
            ("missing", &self.missing),
            ("differs", &self.differences),
            ("source", &self.source),
        ];
        for (title, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
            writeln!(f, "  {title:<12} {text}")?;
        }
        for (n, example) in self.examples.iter().enumerate() {
            writeln!(f, "  {:<12} {example}", if n == 0 { "examples" } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Features { features } => {
                for feature in features {
                    write!(f, "{}\n{feature}", feature.name)?;
                }
                Ok(())
            }
            Self::Library(library) => library.fmt(f),
            Self::Operator(operator) => operator.fmt(f),
        }
    }
}

fn width<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.map(|name| name.chars().count()).max().unwrap_or(0).min(WIDEST)
}

//! The text of a workflow: rendered by Jinja, parsed as YAML, laid over its base.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use backstaff_study::{
    StudyError,
    config::{
        ConfigError, Problem, Problems,
        document::{self, Node},
    },
};
use minijinja::{Environment, UndefinedBehavior};

/// A workflow as a tree, and the text that its mistakes are shown in.
#[derive(Debug)]
pub(super) struct Document {
    pub path: PathBuf,
    pub text: String,
    pub root: Node,
}

impl Document {
    /// Read a workflow: variables of the environment in place of Jinja's holes, `BASE_CONFIG_PATH` below it.
    pub(super) fn read(path: &Path) -> Result<Self, StudyError> {
        let text = rendered(path, &read(path)?)?;
        let mut document = Self::parsed(path, text)?;
        let base = document.root.get("BASE_CONFIG_PATH").and_then(Node::as_text).map(str::to_owned);
        if let Some(base) = base {
            let base = base_file(path, &base)?;
            // As in Qlib, the base is no template.
            let mut root = Self::parsed(&base, read(&base)?)?.root;
            root.overlay(&document.root);
            root.take("BASE_CONFIG_PATH");
            document.root = root;
        }
        Ok(document)
    }

    fn parsed(path: &Path, text: String) -> Result<Self, StudyError> {
        let document = Self { path: path.to_owned(), root: Node::empty(), text };
        if let Some((line, tag)) = tag(&document.text) {
            let message = format!(
                "line {line}: the tag `{tag}` makes an object of the program that reads it, which could run code; write \
                 plain values"
            );
            return Err(document.problems(vec![Problem::of("", message)]));
        }
        match document::read(&document.text) {
            Ok(root) => Ok(Self { root, ..document }),
            Err(problem) => Err(document.problems(vec![problem])),
        }
    }

    /// The error that these mistakes are.
    pub(super) fn problems(&self, all: Vec<Problem>) -> StudyError {
        let placed = all.into_iter().map(|problem| problem.placed(&self.root)).collect();
        ConfigError::Problems(Problems::new(self.path.clone(), self.text.clone(), placed)).into()
    }
}

fn read(path: &Path) -> Result<String, StudyError> {
    fs::read_to_string(path).map_err(|source| StudyError::Read { path: path.to_owned(), source })
}

/// The text with variables of the environment in place of what is undeclared in it.
fn rendered(path: &Path, text: &str) -> Result<String, StudyError> {
    let wrong = |message: String| StudyError::Value { key: path.display().to_string(), message };
    let mut jinja = Environment::new();
    jinja.set_undefined_behavior(UndefinedBehavior::Strict);
    let template =
        jinja.template_from_str(text).map_err(|error| wrong(format!("as a template of Jinja: {error}")))?;
    let names = template.undeclared_variables(false);
    let known = names.iter().filter_map(|name| Some((name.clone(), env::var(name).ok()?)));
    let known = known.collect::<std::collections::BTreeMap<_, _>>();
    template.render(&known).map_err(|error| {
        let mut missing = names.iter().filter(|name| !known.contains_key(*name)).cloned().collect::<Vec<_>>();
        missing.sort();
        match missing.first() {
            Some(first) => wrong(format!(
                "the environment has no variable {}, which the file asks for; set it, as in `{first}=... backstaff qrun \
                 {}`",
                missing.join(", "),
                path.display()
            )),
            None => wrong(format!("as a template of Jinja: {error}")),
        }
    })
}

/// The file that `BASE_CONFIG_PATH` names: absolute, or from the working directory, or beside the workflow.
fn base_file(path: &Path, base: &str) -> Result<PathBuf, StudyError> {
    let beside = path.parent().unwrap_or(Path::new("")).join(base);
    [PathBuf::from(base), beside].into_iter().find(|path| path.is_file()).ok_or_else(|| StudyError::Value {
        key: "BASE_CONFIG_PATH".to_owned(),
        message: format!(
            "there is no file {base}, neither from the working directory nor beside {}",
            path.display()
        ),
    })
}

/// The first explicit tag of a text outside quotes and comments, with its line.
fn tag(text: &str) -> Option<(usize, &str)> {
    for (number, line) in text.lines().enumerate() {
        let (mut quote, mut before) = (None, ' ');
        for (at, letter) in line.char_indices() {
            match (quote, letter) {
                (None, '#') if before.is_whitespace() => break,
                (None, '\'' | '"') if !before.is_alphanumeric() => quote = Some(letter),
                (None, '!')
                    if (before.is_whitespace() || "[{,:-".contains(before))
                        && begins_tag(&line[at + 1..]) =>
                {
                    let rest = &line[at..];
                    return Some((number + 1, rest.split_whitespace().next().unwrap_or(rest)));
                }
                (Some(open), letter) if open == letter => quote = None,
                _ => {}
            }
            before = letter;
        }
    }
    None
}

/// Whether what follows an exclamation mark makes it a tag, not the operator `!=`.
fn begins_tag(rest: &str) -> bool {
    rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '!' || letter == '<')
}

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn tags_are_found_outside_of_quotes_and_comments() {
        assert_eq!(
            tag("a: 1\nb: !!python/object/apply:os.system [x]"),
            Some((2, "!!python/object/apply:os.system"))
        );
        assert_eq!(tag("a: [!x 1]"), Some((1, "!x")));
        assert_eq!(tag("a: 'not !this' # nor !!this\nb: $close != 1\nc: \"so !fine\""), None);
    }
}

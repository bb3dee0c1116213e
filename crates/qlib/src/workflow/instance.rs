//! `{class, module_path, kwargs}`: how Qlib's files name an object.

use backstaff_study::config::{
    Problem,
    document::{self, Node, Tree},
};
use backstaff_words::did_you_mean;
use serde::de::DeserializeOwned;

/// A place in a workflow: the keys that lead to it, and what stands there.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub key: String,
    pub node: &'a Node,
}

impl<'a> Place<'a> {
    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let node = self.node.get(key).filter(|node| node.value != Tree::Null)?;
        Some(Place { key: self.below(key), node })
    }

    /// The items of a list; a single value is a list of one.
    pub(super) fn items(&self) -> Vec<Self> {
        match &self.node.value {
            Tree::List(items) => {
                let item = |(n, node)| Place { key: format!("{}[{n}]", self.key), node };
                items.iter().enumerate().map(item).collect()
            }
            _ => vec![self.clone()],
        }
    }

    /// The key of something below.
    pub(super) fn below(&self, key: &str) -> String {
        if self.key.is_empty() { key.to_owned() } else { format!("{}.{key}", self.key) }
    }

    /// A mistake here.
    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem { key: self.key.clone(), message: message.into(), place: self.node.place.clone() }
    }

    /// The object that is named here.
    pub(super) fn instance(&self) -> Result<Instance<'a>, Problem> {
        let class = self.node.get("class").and_then(Node::as_text).ok_or_else(|| {
            self.problem("needs `class` (and `module_path`, `kwargs`), as Qlib's files write an object")
        })?;
        let module = self.node.get("module_path").and_then(Node::as_text);
        let (module, class) = match class.rsplit_once('.') {
            Some((module, class)) if self.node.get("module_path").is_none() => (Some(module), class),
            _ => (module, class),
        };
        let kwargs = self.node.get("kwargs").filter(|node| node.value != Tree::Null);
        let place = |node| Place { key: self.below("kwargs"), node };
        Ok(Instance { class, module, kwargs: kwargs.map(place), place: self.clone() })
    }
}

/// An object as a workflow names it.
#[derive(Clone, Debug)]
pub(super) struct Instance<'a> {
    pub class: &'a str,
    pub module: Option<&'a str>,
    pub kwargs: Option<Place<'a>>,
    pub place: Place<'a>,
}

impl<'a> Instance<'a> {
    /// The value of a keyword argument.
    pub(super) fn argument(&self, key: &str) -> Option<Place<'a>> {
        self.kwargs.as_ref()?.get(key)
    }

    /// All keyword arguments as what a type says.
    pub(super) fn arguments<T: DeserializeOwned + Default>(&self) -> Result<T, Vec<Problem>> {
        let Some(kwargs) = &self.kwargs else { return Ok(T::default()) };
        document::parse(kwargs.node).map_err(|problems: Vec<Problem>| {
            let under = |problem: Problem| Problem {
                key: if problem.key.is_empty() { kwargs.key.clone() } else { kwargs.below(&problem.key) },
                ..problem
            };
            problems.into_iter().map(under).collect()
        })
    }

    /// That a class is none of these, with the nearest one and what to do.
    pub(super) fn unknown(&self, noun: &str, known: &[&str], otherwise: &str) -> Problem {
        let near = did_you_mean(self.class, known.iter().copied());
        let message = format!(
            "there is no {noun} `{}` here{near} (known: {}){otherwise}",
            self.class,
            known.join(", ")
        );
        Problem {
            key: self.place.below("class"),
            message,
            place: self.place.node.get("class").and_then(|c| c.place.clone()),
        }
    }
}

/// The plain value of a node.
pub(super) fn value(node: &Node) -> serde_json::Value {
    use backstaff_study::config::document::{Kind, Scalar};
    use serde_json::{Value, json};
    match &node.value {
        Tree::Null => Value::Null,
        Tree::Scalar(Scalar { text, kind }) => match kind {
            Kind::Text => json!(text),
            Kind::Bool(is) => json!(is),
            Kind::Unsigned(number) => json!(number),
            Kind::Negative(number) => json!(number),
            Kind::Float(number) => json!(number),
        },
        Tree::List(items) => Value::Array(items.iter().map(value).collect()),
        Tree::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), value(&entry.value))).collect(),
    }
}

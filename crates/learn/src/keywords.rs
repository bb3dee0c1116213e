//! Keyword arguments, as studies written for Qlib give them.

use serde_json::{Map, Value};

use crate::LearnError;

/// Keyword arguments of a class.
#[derive(Clone, Debug)]
pub(crate) struct Keywords<'a> {
    class: &'a str,
    given: Map<String, Value>,
}

impl<'a> Keywords<'a> {
    /// Arguments that are among `known`, in an object or null; `None` lets all names pass.
    pub(crate) fn new(class: &'a str, kwargs: &Value, known: Option<&[&str]>) -> Result<Self, LearnError> {
        let given = match kwargs {
            Value::Null => Map::new(),
            Value::Object(given) => given.clone(),
            _ => return Err(wrong(class, "kwargs", kwargs, "an object")),
        };
        let is_unknown = |keyword: &&String| known.is_some_and(|known| !known.contains(&keyword.as_str()));
        match given.keys().find(is_unknown) {
            None => Ok(Self { class, given }),
            Some(keyword) => Err(LearnError::UnknownKeyword {
                class: class.to_owned(),
                keyword: keyword.clone(),
                known: known.unwrap_or_default().join(", "),
            }),
        }
    }

    /// An argument, taken out.
    pub(crate) fn take(&mut self, keyword: &str) -> Option<Value> {
        self.given.shift_remove(keyword)
    }

    /// What was not taken.
    pub(crate) fn rest(self) -> Map<String, Value> {
        self.given
    }

    pub(crate) fn wrong(&self, keyword: &str, value: &Value, expected: &'static str) -> LearnError {
        wrong(self.class, keyword, value, expected)
    }

    /// What `read` makes of an argument that is given.
    pub(crate) fn read<T>(
        &mut self,
        keyword: &str,
        expected: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, LearnError> {
        let Some(value) = self.take(keyword) else { return Ok(None) };
        read(&value).map(Some).ok_or_else(|| self.wrong(keyword, &value, expected))
    }

    pub(crate) fn text(&mut self, keyword: &str) -> Result<Option<String>, LearnError> {
        self.read(keyword, "a text", |value| value.as_str().map(str::to_owned))
    }

    /// A text or null; the default where nothing is given.
    pub(crate) fn group(&mut self, default: Option<&str>) -> Result<Option<String>, LearnError> {
        let group =
            self.read("fields_group", "the name of a group, or null", |value| text_or_null(value).ok())?;
        Ok(group.unwrap_or(default.map(str::to_owned)))
    }

    /// One group or a list of them.
    pub(crate) fn groups(&mut self) -> Result<Vec<Option<String>>, LearnError> {
        let groups = self.read("fields_group", "the name of a group, a list of them, or null", |value| {
            match value.as_array() {
                Some(groups) => groups.iter().map(|group| text_or_null(group).ok()).collect(),
                None => Some(vec![text_or_null(value).ok()?]),
            }
        });
        Ok(groups?.unwrap_or_else(|| vec![None]))
    }

    pub(crate) fn names(&mut self, keyword: &str) -> Result<Vec<String>, LearnError> {
        let names = self.read(keyword, "a list of names", |value| {
            value.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
        });
        Ok(names?.unwrap_or_default())
    }

    pub(crate) fn number(&mut self, keyword: &str, default: f64) -> Result<f64, LearnError> {
        Ok(self.read(keyword, "a number", Value::as_f64)?.unwrap_or(default))
    }

    pub(crate) fn numbers(&mut self, keyword: &str) -> Result<Option<Vec<f64>>, LearnError> {
        let numbers = self.read(keyword, "a list of numbers, or null", |value| match value {
            Value::Null => Some(None),
            _ => value.as_array()?.iter().map(Value::as_f64).collect::<Option<Vec<_>>>().map(Some),
        });
        Ok(numbers?.flatten())
    }

    pub(crate) fn flag(&mut self, keyword: &str, default: bool) -> Result<bool, LearnError> {
        Ok(self.read(keyword, "true or false", Value::as_bool)?.unwrap_or(default))
    }

    /// A whole number of 0 or more, or null; the default where nothing is given.
    pub(crate) fn whole(&mut self, keyword: &str, default: Option<u32>) -> Result<Option<u32>, LearnError> {
        let number = self.read(keyword, "a whole number, or null", |value| match value {
            Value::Null => Some(None),
            _ => Some(Some(u32::try_from(value.as_u64()?).ok()?)),
        });
        Ok(number?.unwrap_or(default))
    }
}

/// What is neither a text nor null is nothing.
fn text_or_null(value: &Value) -> Result<Option<String>, ()> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(()),
    }
}

fn wrong(class: &str, keyword: &str, value: &Value, expected: &'static str) -> LearnError {
    let (class, keyword, value) = (class.to_owned(), keyword.to_owned(), value.to_string());
    LearnError::Keyword { class, keyword, value, expected }
}

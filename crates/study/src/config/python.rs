//! Models of the user's own, written in Python.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::text_or_keys::{TextOrKeys, text_or_keys};

/// A model of the user's own, and the form in which it wants its rows. In a study it is the function alone, or these keys.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct PythonModel {
    /// The file, relative to the study, and the name in it, as in `model.py:make`: a function or class that makes the
    /// model.
    pub function: String,
    /// The keyword arguments of the function.
    #[serde(default)]
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// The form in which `fit` and `predict` get the features.
    #[serde(default)]
    pub table: TableForm,
    /// Whether fitted models are kept in the store, pickled; otherwise one is fitted again when new rows are to be scored.
    #[serde(default)]
    pub keep: bool,
}

/// The form in which a model of the user's own gets the features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TableForm {
    /// An array of numpy, rows by features, in 64 bits.
    #[default]
    Numpy,
    /// A frame of pandas, indexed by date and instrument.
    Pandas,
    /// A frame of Polars.
    Polars,
    /// A table of Arrow, for whatever reads one.
    Arrow,
}

impl PythonModel {
    /// What a function makes without arguments.
    pub fn new(function: String) -> Self {
        Self { function, parameters: serde_json::Map::new(), table: TableForm::default(), keep: false }
    }
}

impl Serialize for PythonModel {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self == Self::new(self.function.clone()) {
            return self.function.serialize(serializer);
        }
        Self::serialize(self, serializer)
    }
}

impl TextOrKeys for PythonModel {
    const EXPECTED: &'static str = "a file and a name in it, as in `model.py:make`";

    fn of_text<E: serde::de::Error>(function: &str) -> Result<Self, E> {
        Ok(Self::new(function.to_owned()))
    }

    fn of_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

impl<'de> Deserialize<'de> for PythonModel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text_or_keys(deserializer)
    }
}

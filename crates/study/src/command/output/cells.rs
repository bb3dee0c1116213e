//! One column of a table for users, whatever the form of its file.

use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Float64Array, Int64Array, StringArray};
use arrow_schema::DataType;
use backstaff_panel::Session;

/// One column of a table for users.
#[derive(Clone, Debug)]
pub enum Cells {
    /// Numbers, of which NaN is missing.
    Numbers(Vec<f64>),
    /// Whole numbers, none of which is missing.
    Integers(Vec<i64>),
    /// Texts, none of which is missing.
    Texts(Vec<String>),
    /// Texts from a list, by their places in it; a place behind its end is missing.
    Names {
        /// The place of each row's text.
        codes: Vec<u32>,
        /// The list.
        names: Arc<[String]>,
    },
    /// Sessions, which are written as dates.
    Sessions(Vec<Session>),
    /// Sessions, some of which are missing.
    MaybeSessions(Vec<Option<Session>>),
}

impl Cells {
    /// A column of texts of which many are the same, or missing.
    pub fn of_texts<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut places = std::collections::BTreeMap::<&str, u32>::new();
        let mut names = Vec::new();
        let codes = texts.into_iter().map(|text| {
            let Some(text) = text else { return u32::MAX };
            *places.entry(text).or_insert_with(|| {
                names.push(text.to_owned());
                names.len() as u32 - 1
            })
        });
        let codes = codes.collect();
        Self::Names { codes, names: names.into() }
    }

    /// The number of rows.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Numbers(values) => values.len(),
            Self::Integers(values) => values.len(),
            Self::Texts(values) => values.len(),
            Self::Names { codes, .. } => codes.len(),
            Self::Sessions(values) => values.len(),
            Self::MaybeSessions(values) => values.len(),
        }
    }

    /// The type of the column in a Parquet file.
    pub(super) fn kind(&self) -> DataType {
        match self {
            Self::Numbers(_) => DataType::Float64,
            Self::Integers(_) => DataType::Int64,
            Self::Texts(_) | Self::Names { .. } => DataType::Utf8,
            Self::Sessions(_) | Self::MaybeSessions(_) => DataType::Date32,
        }
    }

    /// The column as Parquet's writer takes it.
    pub(super) fn array(&self) -> ArrayRef {
        match self {
            Self::Numbers(values) => Arc::new(values.iter().map(|&v| present(v)).collect::<Float64Array>()),
            Self::Integers(values) => Arc::new(Int64Array::from(values.clone())),
            Self::Texts(values) => Arc::new(StringArray::from_iter_values(values)),
            Self::Names { codes, names } => {
                Arc::new(codes.iter().map(|&code| names.get(code as usize)).collect::<StringArray>())
            }
            Self::Sessions(values) => {
                Arc::new(values.iter().map(|s| Some(s.number())).collect::<Date32Array>())
            }
            Self::MaybeSessions(values) => {
                Arc::new(values.iter().map(|s| s.map(Session::number)).collect::<Date32Array>())
            }
        }
    }

    /// A row's value as text; a missing one is empty. Numbers have the fewest digits that give them back to the bit.
    pub(super) fn text(&self, row: usize) -> String {
        match self {
            Self::Numbers(values) => number(values[row]),
            Self::Integers(values) => values[row].to_string(),
            Self::Texts(values) => values[row].clone(),
            Self::Names { codes, names } => names.get(codes[row] as usize).cloned().unwrap_or_default(),
            Self::Sessions(values) => values[row].to_string(),
            Self::MaybeSessions(values) => values[row].map_or_else(String::new, |day| day.to_string()),
        }
    }
}

fn present(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}

/// A number of single precision in the fewest digits that give it back to the bit; empty if it is missing.
pub(super) fn short(value: f32) -> String {
    if value.is_nan() { String::new() } else { format!("{value:?}") }
}

/// A number in the fewest digits that give it back to the bit; empty if it is missing.
pub(super) fn number(value: f64) -> String {
    if value.is_nan() { String::new() } else { format!("{value:?}") }
}

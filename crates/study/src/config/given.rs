//! Tables of values that were computed elsewhere: a study's own scores, and its own weights.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    DateOrder, Decimal, NameRule, TextEncoding, Written,
    text_or_keys::{TextOrKeys, text_or_keys},
};

/// A table with a date, an instrument and a value a row, and how it is read. In a study it is the path alone, or these
/// keys.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct GivenTable {
    /// A CSV, Parquet or Arrow file. Its columns are recognised by their usual names: a date, an instrument, the value,
    /// and `known_at` if values became known after their date.
    pub path: PathBuf,
    /// The column of values; `score` or `weight` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The most calendar days for which a score counts after it became known.
    #[serde(default = "forty")]
    pub max_age_days: u32,
    /// The order of day and month in dates such as 3/4/2015.
    #[serde(default)]
    pub date_order: DateOrder,
    /// The rule by which names of instruments in the table are rewritten, where they are spelled otherwise than in the
    /// prices.
    #[serde(default)]
    pub instrument_names: NameRule,
    /// Whether less than half of the instruments of the table may be in the prices.
    #[serde(default)]
    pub allow_unmatched: bool,
    /// The encoding of text files, such as `cp949`, `shift_jis`, `gb18030` or `latin1`; UTF-8 if absent.
    #[serde(default)]
    pub encoding: Option<TextEncoding>,
    /// The decimal mark of numbers in text files: `"."` or `","`; found out if absent.
    #[serde(default)]
    pub decimal: Decimal,
}

/// The days for which a score counts, if the study doesn't say: those of a month and a long holiday.
const FORTY: u32 = 40;

fn forty() -> u32 {
    FORTY
}

impl GivenTable {
    /// A table that is read as its columns tell.
    pub fn new(path: PathBuf) -> Self {
        Self { path, max_age_days: FORTY, ..Self::default() }
    }

    /// How the texts of the table are written.
    pub fn written(&self) -> Written {
        let Self { date_order, encoding, decimal, .. } = self;
        Written { date_order: *date_order, encoding: *encoding, decimal: *decimal }
    }
}

impl Serialize for GivenTable {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self == Self::new(self.path.clone()) {
            return self.path.serialize(serializer);
        }
        Self::serialize(self, serializer)
    }
}

impl TextOrKeys for GivenTable {
    const EXPECTED: &'static str =
        "the path of a table, as in `scores.parquet`, or `{path: ..., column: ...}`";

    fn of_text<E: serde::de::Error>(path: &str) -> Result<Self, E> {
        Ok(Self::new(path.into()))
    }

    fn of_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

impl<'de> Deserialize<'de> for GivenTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text_or_keys(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_its_path_or_its_keys() {
        let read = |text: &str| serde_saphyr::from_str::<GivenTable>(text).unwrap();
        assert_eq!(read("scores.parquet"), GivenTable::new("scores.parquet".into()));
        assert_eq!(read("{path: scores.parquet}"), read("scores.parquet"));
        let table = read("{path: s.csv, column: alpha, max_age_days: 5, date_order: day_first}");
        assert_eq!((table.column.as_deref(), table.max_age_days), (Some("alpha"), 5));
        let text = serde_json::to_string(&read("s.csv")).unwrap();
        assert_eq!(text, "\"s.csv\"");
        assert_eq!(
            serde_json::from_str::<GivenTable>(&serde_json::to_string(&table).unwrap()).unwrap(),
            table
        );
    }
}

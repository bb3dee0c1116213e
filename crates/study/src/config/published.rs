//! Published values: fundamentals of instruments, series of the whole market.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use backstaff_panel::Frequency;
use backstaff_source::{DateOrder, Decimal, Lag, NameRule, TextEncoding, Written};
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{
        MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

/// A table of published values of instruments.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FactTable {
    /// A Parquet or CSV file, a folder of them, or a folder in Qlib's layout.
    pub path: PathBuf,
    /// Columns whose names are not the usual ones: the file's name to ours (`instrument`, `period`, `period_end`,
    /// `known_at`, `fiscal_year_end`, `currency`, `field`, `value`).
    #[serde(default)]
    pub mapping: BTreeMap<String, String>,
    /// The number of calendar days after the end of its period from which on a row is known, where no column says it.
    #[serde(default)]
    pub lag_days: Option<u32>,
    /// The length of periods that are known by their ends alone.
    #[serde(default)]
    pub frequency: Option<PeriodLength>,
    /// The month in which fiscal years end, where no column says it.
    #[serde(default)]
    pub fiscal_year_end: Option<i8>,
    /// The currency that is read; rows in others are left out and counted.
    #[serde(default)]
    pub currency: Option<String>,
    /// The quantities that are read; all numbers if absent.
    #[serde(default)]
    pub fields: Option<Vec<String>>,
    /// The quantities that are for one share: they must not meet adjusted prices in an expression.
    #[serde(default)]
    pub per_share: Vec<String>,
    /// The order of day and month in dates such as 3/4/2015.
    #[serde(default)]
    pub date_order: DateOrder,
    /// The rule by which names of instruments in the file are rewritten, where they are spelled otherwise than in other
    /// tables.
    #[serde(default)]
    pub instrument_names: NameRule,
    /// Whether less than half of the instruments of the prices may be in the table.
    #[serde(default)]
    pub allow_unmatched: bool,
    /// The encoding of text files, such as `cp949`, `shift_jis`, `gb18030` or `latin1`; UTF-8 if absent.
    #[serde(default)]
    pub encoding: Option<TextEncoding>,
    /// The decimal mark of numbers in text files: `"."` or `","`; found out if absent.
    #[serde(default)]
    pub decimal: Decimal,
}

impl FactTable {
    /// How the texts of the table are written.
    pub fn written(&self) -> Written {
        let Self { date_order, encoding, decimal, .. } = self;
        Written { date_order: *date_order, encoding: *encoding, decimal: *decimal }
    }
}

/// How long fiscal periods are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeriodLength {
    /// Quarters.
    Quarterly,
    /// Years.
    Annual,
}

impl From<PeriodLength> for Frequency {
    fn from(length: PeriodLength) -> Self {
        match length {
            PeriodLength::Quarterly => Self::Quarterly,
            PeriodLength::Annual => Self::Annual,
        }
    }
}

/// A table of series of the whole market.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesTable {
    /// A Parquet or CSV file, or a folder of them.
    pub path: PathBuf,
    /// Columns whose names are not the usual ones: the file's name to ours (`date`, `series`, `value`, `known_at`).
    #[serde(default)]
    pub mapping: BTreeMap<String, String>,
    /// The series that are read; all if absent.
    #[serde(default)]
    pub names: Option<Vec<String>>,
    /// The time from the date of a value to its publication, where no column says it: one lag for all series, or one for
    /// each; common series have a usual one.
    #[serde(default)]
    pub lag: SeriesLag,
    /// The order of day and month in dates such as 3/4/2015.
    #[serde(default)]
    pub date_order: DateOrder,
    /// The encoding of text files, such as `cp949`, `shift_jis`, `gb18030` or `latin1`; UTF-8 if absent.
    #[serde(default)]
    pub encoding: Option<TextEncoding>,
    /// The decimal mark of numbers in text files: `"."` or `","`; found out if absent.
    #[serde(default)]
    pub decimal: Decimal,
}

impl SeriesTable {
    /// How the texts of the table are written.
    pub fn written(&self) -> Written {
        let Self { date_order, encoding, decimal, .. } = self;
        Written { date_order: *date_order, encoding: *encoding, decimal: *decimal }
    }
}

/// How long after their dates values became known.
#[derive(Clone, Debug, Default)]
pub enum SeriesLag {
    /// As the table of publication lags says.
    #[default]
    Usual,
    /// All alike.
    All(Lag),
    /// By series.
    By(BTreeMap<String, Lag>),
}

impl Serialize for SeriesLag {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Usual => BTreeMap::<String, Lag>::new().serialize(serializer),
            Self::All(lag) => lag.serialize(serializer),
            Self::By(lags) => lags.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for SeriesLag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrBySeries;

        impl<'de> Visitor<'de> for OneOrBySeries {
            type Value = SeriesLag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a lag such as `next_business_day` or `30 days`, or one for each series")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<SeriesLag, E> {
                text.parse().map(SeriesLag::All).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SeriesLag, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(map)).map(SeriesLag::By)
            }
        }

        deserializer.deserialize_any(OneOrBySeries)
    }
}

/// Read a list, or one thing in place of a list of one.
pub(super) fn one_or_many<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct OneOrMany<T>(std::marker::PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMany<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a table (`path: ...`) or a list of tables")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<T>, A::Error> {
            Ok(vec![T::deserialize(MapAccessDeserializer::new(map))?])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Vec<T>, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(seq))
        }
    }

    deserializer.deserialize_any(OneOrMany(std::marker::PhantomData))
}

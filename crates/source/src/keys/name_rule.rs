//! The rule by which a table's names of instruments are rewritten.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// The rule by which a table's names of instruments are rewritten, so that they meet those of other tables. Its parts
/// are done in the order of these keys.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NameRule {
    /// Whether small letters become capitals.
    #[serde(skip_serializing_if = "is_false")]
    pub upper_case: bool,
    /// Beginnings of names that are taken off, such as `SH` of `SH600000`: the longest that a name has.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    #[schemars(with = "Texts")]
    pub strip_prefix: Vec<String>,
    /// Ends of names that are taken off, such as `.KS` of `005930.KS`: the longest that a name has.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    #[schemars(with = "Texts")]
    pub strip_suffix: Vec<String>,
    /// Texts that become others wherever a name has them, such as `.` in `BRK.B`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub replace: BTreeMap<String, String>,
    /// The length to which names of digits alone are filled with zeros in front: 6 makes `005930` of `5930`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pad: Option<u8>,
}

/// A text, or a list of texts.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match Texts::deserialize(deserializer)? {
        Texts::One(text) => vec![text],
        Texts::Many(texts) => texts,
    })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(value: &bool) -> bool {
    !value
}

impl NameRule {
    /// Whether the rule leaves all names as they are.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        *self == Self::default()
    }

    /// A name as the rule rewrites it. A part is not taken off if nothing would be left.
    #[must_use]
    pub fn apply<'a>(&self, name: &'a str) -> Cow<'a, str> {
        if self.is_idle() {
            return Cow::Borrowed(name);
        }
        let upper = |text: &str| if self.upper_case { text.to_uppercase() } else { text.to_owned() };
        let mut name = upper(name);
        let without = self.strip_prefix.iter().filter_map(|prefix| name.strip_prefix(&upper(prefix)));
        if let Some(rest) = shortest(without) {
            name = rest.to_owned();
        }
        let without = self.strip_suffix.iter().filter_map(|suffix| name.strip_suffix(&upper(suffix)));
        if let Some(rest) = shortest(without) {
            name = rest.to_owned();
        }
        for (from, to) in &self.replace {
            name = name.replace(from, to);
        }
        if let Some(length) = self.pad
            && name.bytes().all(|byte| byte.is_ascii_digit())
        {
            name = format!("{name:0>length$}", length = usize::from(length));
        }
        Cow::Owned(name)
    }

    /// The rule that does what both do.
    pub(crate) fn with(&self, other: &Self) -> Self {
        let union = |a: &[String], b: &[String]| {
            a.iter().chain(b).cloned().collect::<BTreeSet<_>>().into_iter().collect()
        };
        Self {
            upper_case: self.upper_case || other.upper_case,
            strip_prefix: union(&self.strip_prefix, &other.strip_prefix),
            strip_suffix: union(&self.strip_suffix, &other.strip_suffix),
            replace: self.replace.clone().into_iter().chain(other.replace.clone()).collect(),
            pad: self.pad.max(other.pad),
        }
    }
}

/// The shortest text that is not empty.
fn shortest<'a>(texts: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    texts.filter(|text| !text.is_empty()).min_by_key(|text| text.len())
}

/// The rule as a study writes it: `{strip_suffix: [".KS"], pad: 6}`.
impl fmt::Display for NameRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut keys = Vec::new();
        if self.upper_case {
            keys.push("upper_case: true".to_owned());
        }
        for (key, texts) in [("strip_prefix", &self.strip_prefix), ("strip_suffix", &self.strip_suffix)] {
            if !texts.is_empty() {
                keys.push(format!("{key}: {texts:?}"));
            }
        }
        if !self.replace.is_empty() {
            keys.push(format!("replace: {:?}", self.replace));
        }
        keys.extend(self.pad.map(|length| format!("pad: {length}")));
        write!(f, "{{{}}}", keys.join(", "))
    }
}

impl FromStr for NameRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        serde_saphyr::from_str(text).map_err(|error| {
            format!("{error}; a rule for names is written as {{pad: 6}} or {{strip_suffix: [\".KS\"]}}")
        })
    }
}

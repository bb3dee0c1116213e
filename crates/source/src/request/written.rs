//! How the texts of a table are written, where its bytes don't tell.

use std::{borrow::Cow, fmt};

use encoding_rs::Encoding;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{date_order::DateOrder, names::hint};

/// How the texts of a table are written, where its bytes don't tell.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Written {
    /// The order of day and month in dates such as 3/4/2015.
    pub date_order: DateOrder,
    /// The encoding of text files; `None` is UTF-8, or what a byte-order mark says.
    pub encoding: Option<TextEncoding>,
    /// The decimal mark of numbers.
    pub decimal: Decimal,
}

impl From<DateOrder> for Written {
    /// Texts of which only the order of day and month is stated.
    fn from(date_order: DateOrder) -> Self {
        Self { date_order, ..Self::default() }
    }
}

/// The decimal mark of numbers that are written as texts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decimal {
    /// The numbers of a file show it: `1,234.5` and `12.5` a point, `12,5` a comma. Where `1,234` alone may be both, the
    /// file is refused.
    #[default]
    Detect,
    /// `12.5`; a comma between groups of digits separates thousands.
    #[serde(rename = ".")]
    Point,
    /// `12,5`; a point between groups of digits separates thousands.
    #[serde(rename = ",")]
    Comma,
}

impl Decimal {
    /// The name of the mark in files and keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Point => ".",
            Self::Comma => ",",
        }
    }
}

/// A text encoding by one of its names: `cp949`, `shift_jis`, `gb18030`, `latin1`, …
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TextEncoding(&'static Encoding);

/// Names that other programs give to encodings, and those of the encoding standard.
const ALIASES: [(&str, &str); 9] = [
    ("cp949", "euc-kr"),
    ("uhc", "euc-kr"),
    ("cp932", "shift_jis"),
    ("ms932", "shift_jis"),
    ("cp936", "gbk"),
    ("cp950", "big5"),
    ("cp1251", "windows-1251"),
    ("cp1250", "windows-1250"),
    ("utf16", "utf-16"),
];

/// The names that a message lists.
const USUAL: [&str; 9] =
    ["utf-8", "cp949", "shift_jis", "euc-jp", "gb18030", "big5", "latin1", "windows-1251", "utf-16"];

impl TextEncoding {
    pub(crate) fn new(encoding: &'static Encoding) -> Self {
        Self(encoding)
    }

    pub(crate) fn get(self) -> &'static Encoding {
        self.0
    }

    /// The usual name of the encoding, which a study takes.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        match self.0.name() {
            "EUC-KR" => "cp949".into(),
            "windows-1252" => "latin1".into(),
            name => name.to_ascii_lowercase().into(),
        }
    }
}

impl std::str::FromStr for TextEncoding {
    type Err = String;

    /// The encoding of a name, whatever its capitals.
    fn from_str(name: &str) -> Result<Self, String> {
        let folded = name.trim().to_ascii_lowercase();
        let alias = ALIASES.iter().find(|(alias, _)| *alias == folded).map(|&(_, label)| label);
        // `utf-7` and the like are labels of an encoding that refuses all bytes.
        let known = Encoding::for_label_no_replacement(alias.unwrap_or(&folded).as_bytes());
        known.map(Self).ok_or_else(|| {
            let hint = hint(&folded, USUAL.into_iter());
            format!("there is no encoding {name:?}; usual ones are {}{hint}", USUAL.join(", "))
        })
    }
}

impl fmt::Debug for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl Serialize for TextEncoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

impl<'de> Deserialize<'de> for TextEncoding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for TextEncoding {
    fn schema_name() -> Cow<'static, str> {
        "TextEncoding".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "examples": USUAL })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_have_the_names_that_programs_give_them() {
        for (name, encoding) in [
            ("cp949", "EUC-KR"),
            ("CP949", "EUC-KR"),
            ("euc-kr", "EUC-KR"),
            ("cp932", "Shift_JIS"),
            ("Shift_JIS", "Shift_JIS"),
            ("gb18030", "gb18030"),
            ("cp936", "GBK"),
            ("big5", "Big5"),
            ("latin1", "windows-1252"),
            ("iso-8859-15", "ISO-8859-15"),
            ("utf-16", "UTF-16LE"),
            ("utf8", "UTF-8"),
        ] {
            let parsed = name.parse::<TextEncoding>().unwrap();
            assert_eq!(parsed.get().name(), encoding, "{name}");
            assert_eq!(parsed.name().parse::<TextEncoding>().unwrap(), parsed);
        }
        for name in ["cp94", "utf-7", ""] {
            assert!(
                name.parse::<TextEncoding>().unwrap_err().contains("usual ones are utf-8, cp949"),
                "{name}"
            );
        }
    }
}

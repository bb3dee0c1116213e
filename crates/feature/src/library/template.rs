//! Entries that stand for many: `for: {d: [5, 10, 20]}`, and `{d}` in their texts.
//!
//! Each `{name}` of a variable is replaced by its value, wherever it stands in a text: `MA{d}`, `Mean($close, {d})`,
//! `${field}`. Any other `{...}` is an error, but for that of a field, `${pe ratio}`. Of several variables the last one
//! changes first. Values are a list, or whole numbers `{from: 59, to: 1}`, both ends included.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{
        Error as _, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use crate::expression::is_name;

/// How many entries one may stand for.
const MOST: usize = 10_000;

/// The variables of an entry and their values, in the order of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Variables(Vec<(String, Vec<String>)>);

/// The value of each variable in one of the entries.
#[derive(Clone, Default, Debug)]
pub(super) struct Values<'a>(Vec<(&'a str, &'a str)>);

impl Variables {
    /// The values of the variables in each of the entries, in order.
    pub(super) fn choices(&self) -> Result<Vec<Values<'_>>, String> {
        let mut choices = vec![Values::default()];
        for (name, values) in &self.0 {
            if choices.len().saturating_mul(values.len()) > MOST {
                return Err(format!("`for` stands for more than {MOST} entries"));
            }
            let mut extended = Vec::with_capacity(choices.len() * values.len());
            for choice in &choices {
                for value in values {
                    let mut choice = choice.clone();
                    choice.0.push((name, value));
                    extended.push(choice);
                }
            }
            choices = extended;
        }
        Ok(choices)
    }

    /// The variables that a text does not name.
    pub(super) fn not_in<'a>(&'a self, text: &str) -> Option<&'a str> {
        let named = |name: &&str| text.contains(&format!("{{{name}}}"));
        self.0.iter().map(|(name, _)| name.as_str()).find(|name| !named(name))
    }
}

impl Values<'_> {
    /// The text with its placeholders replaced.
    pub(super) fn fill(&self, text: &str) -> Result<String, String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            filled.push_str(before);
            let name = from[1..].split(['{', '}']).next().unwrap_or("");
            let is_closed = from[1 + name.len()..].starts_with('}');
            match self.0.iter().find(|(variable, _)| is_closed && *variable == name) {
                Some((_, value)) => {
                    filled.push_str(value);
                    rest = &from[name.len() + 2..];
                }
                None if before.ends_with('$') => {
                    filled.push('{');
                    rest = &from[1..];
                }
                None => return Err(self.unknown(name)),
            }
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn unknown(&self, name: &str) -> String {
        let known = self.0.iter().map(|(name, _)| format!("`{{{name}}}`")).collect::<Vec<_>>().join(", ");
        format!("`{{{name}}}` stands for nothing; `for` defines {known}")
    }
}

/// The values of one variable, as written.
struct Written(Vec<String>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    from: i64,
    to: i64,
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListOrRange;

        impl<'de> Visitor<'de> for ListOrRange {
            type Value = Written;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of numbers or texts, or {from: 59, to: 1}")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<Written, A::Error> {
                // Texts, whatever they look like: 0.80 stays 0.80.
                Vec::<String>::deserialize(SeqAccessDeserializer::new(sequence)).map(Written)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Written, A::Error> {
                let Range { from, to } = Range::deserialize(MapAccessDeserializer::new(map))?;
                if from.abs_diff(to) >= MOST as u64 {
                    return Err(A::Error::custom(format!("more than {MOST} values from {from} to {to}")));
                }
                let numbers: Vec<i64> =
                    if from <= to { (from..=to).collect() } else { (to..=from).rev().collect() };
                Ok(Written(numbers.iter().map(i64::to_string).collect()))
            }
        }

        deserializer.deserialize_any(ListOrRange)
    }
}

impl<'de> Deserialize<'de> for Variables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Variables;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("variables and their values, as in {d: [5, 10, 20]}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Variables, A::Error> {
                let mut variables = Vec::new();
                while let Some((name, Written(values))) = map.next_entry()? {
                    let name: String = name;
                    if !is_name(&name) {
                        return Err(A::Error::custom(format!("{name:?} of `for` is not a name")));
                    }
                    if values.is_empty() {
                        return Err(A::Error::custom(format!("`{name}` of `for` has no values")));
                    }
                    variables.push((name, values));
                }
                if variables.is_empty() {
                    Err(A::Error::custom("`for` is empty"))
                } else {
                    Ok(Variables(variables))
                }
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(text: &str) -> Variables {
        serde_saphyr::from_str(text).unwrap()
    }

    fn filled(variables: &str, text: &str) -> Vec<String> {
        let variables = self::variables(variables);
        variables.choices().unwrap().iter().map(|values| values.fill(text).unwrap()).collect()
    }

    #[test]
    fn the_last_variable_changes_first() {
        assert_eq!(filled("{a: [1, 2], b: [x, y]}", "{b}{a}{b}"), ["x1x", "y1y", "x2x", "y2y"]);
    }

    #[test]
    fn values_are_written_as_in_the_file() {
        assert_eq!(filled("{q: [0.80, 5, 'a b', -1, y]}", "{q}"), ["0.80", "5", "a b", "-1", "y"]);
        assert_eq!(filled("{i: {from: 2, to: 0}}", "OPEN{i}"), ["OPEN2", "OPEN1", "OPEN0"]);
        assert_eq!(filled("{i: {from: 1, to: 2}}", "{i}"), ["1", "2"]);
    }

    #[test]
    fn the_braces_of_a_field_stay() {
        assert_eq!(filled("{d: [5]}", "Mean(${pe ratio}, {d})"), ["Mean(${pe ratio}, 5)"]);
        assert_eq!(
            filled("{f: [open, pe ratio]}", "${f} + ${{f}}"),
            ["$open + ${open}", "$pe ratio + ${pe ratio}"]
        );
    }

    #[test]
    fn an_unknown_placeholder_is_refused() {
        let variables = variables("{d: [5]}");
        let values = &variables.choices().unwrap()[0];
        assert_eq!(values.fill("{n}").unwrap_err(), "`{n}` stands for nothing; `for` defines `{d}`");
        assert!(values.fill("Mean({d").is_err());
        assert_eq!(variables.not_in("MA"), Some("d"));
        assert_eq!(variables.not_in("MA{d}"), None);
    }

    #[test]
    fn senseless_variables_are_refused() {
        for (text, message) in [
            ("{}", "`for` is empty"),
            ("{d: []}", "has no values"),
            ("{'5 d': [1]}", "is not a name"),
            ("{d: 5}", "a list of numbers or texts"),
            ("{d: {from: 0, to: 99999999}}", "more than 10000 values"),
        ] {
            let error = serde_saphyr::from_str::<Variables>(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
        let many = variables("{a: {from: 1, to: 1000}, b: {from: 1, to: 1000}}");
        assert!(many.choices().unwrap_err().contains("more than"));
    }
}

//! What differs between two studies, key by key.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use serde_json::Value;

use crate::results::StudyResult;

/// A longer value is cut in a line for people.
const LONGEST: usize = 60;

/// A key of the study whose value differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The path of the key, as `portfolio.strategy.topk_dropout.k`.
    pub key: String,
    /// The value in the first study; `None` if it doesn't have the key.
    pub before: Option<Value>,
    /// The value in the second study; `None` if it doesn't have the key.
    pub after: Option<Value>,
}

impl fmt::Display for Difference {
    /// `label.horizon: 5 → 21`, `models.ridge: new`, `models.trees: gone`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, before, after } = self;
        match (before, after) {
            (Some(before), Some(after)) => write!(f, "{key}: {} → {}", brief(before), brief(after)),
            (None, Some(after)) => write!(f, "{key}: new, {}", brief(after)),
            (Some(before), None) => write!(f, "{key}: gone, was {}", brief(before)),
            (None, None) => f.write_str(key),
        }
    }
}

/// A value in a line: texts without quotes, what is long cut.
pub(crate) fn brief(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

/// The keys whose values differ, in the order of their paths. Only the name and what it says about itself are passed
/// over, since they change no number, and so is a key that neither has or that is empty in both.
pub(crate) fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let (before, after) = (flat(before), flat(after));
    let keys = before.keys().chain(after.keys()).collect::<std::collections::BTreeSet<_>>();
    let differs = keys.into_iter().filter(|key| before.get(*key) != after.get(*key));
    let all = differs.map(|key| Difference {
        key: key.clone(),
        before: before.get(key).cloned(),
        after: after.get(key).cloned(),
    });
    all.filter(|difference| !PASSED_OVER.contains(&difference.key.as_str())).collect()
}

/// The first stage, in the order of a run, whose artifacts have other keys; `None` if all are the same.
pub(crate) fn first_stage(before: &StudyResult, after: &StudyResult) -> Option<String> {
    let keys = |result: &StudyResult, stage: &str| {
        let own = result.lineage.iter().filter(|artifact| artifact.stage == stage);
        let mut keys = own.map(|artifact| artifact.key.clone()).collect::<Vec<_>>();
        keys.sort();
        keys
    };
    let stages = before.lineage.iter().chain(&after.lineage).map(|artifact| artifact.stage.as_str());
    let mut seen = std::collections::BTreeSet::new();
    let mut stages = stages.filter(|stage| seen.insert(*stage));
    stages.find(|stage| keys(before, stage) != keys(after, stage)).map(str::to_owned)
}

/// The keys that change no number.
const PASSED_OVER: [&str; 3] = ["name", "about", "outputs"];

/// All values that hold no others, by their paths. Lists of plain values stay whole: their places mean nothing.
fn flat(value: &Value) -> BTreeMap<String, Value> {
    fn add(path: &str, value: &Value, out: &mut BTreeMap<String, Value>) {
        let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        match value {
            Value::Object(map) => {
                for (key, value) in map.iter().filter(|(key, _)| !(path.is_empty() && *key == "profiles")) {
                    add(&below(key), value, out);
                }
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                for (place, value) in items.iter().enumerate() {
                    add(&format!("{path}[{place}]"), value, out);
                }
            }
            Value::Null => {}
            plain => {
                out.insert(path.to_owned(), plain.clone());
            }
        }
    }
    let mut out = BTreeMap::new();
    add("", value, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_the_keys_and_both_values() {
        let one = json!({
            "name": "a", "label": {"horizon": 5}, "models": {"ridge": {"ridge": {"penalties": [1, 2]}}},
            "profiles": {"dev": 1}, "hold": null,
        });
        let other = json!({
            "name": "b", "label": {"horizon": 21, "target": [{"as": "rank"}]},
            "models": {"ridge": {"ridge": {"penalties": [1]}}},
        });
        let told = differences(&one, &other).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            told,
            [
                "label.horizon: 5 → 21",
                "label.target[0].as: new, rank",
                "models.ridge.ridge.penalties: [1,2] → [1]"
            ]
        );
        assert!(differences(&one, &one).is_empty());
    }
}

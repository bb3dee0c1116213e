//! The JSON Schema of study files, made from the types that read them; and the page about their keys.

mod forms;
mod page;
#[cfg(test)]
mod tests;

pub(crate) use forms::{NamedProcessor, OneOrMany, PathOr};
pub use page::page;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::{Config, StrategySpec};

/// The JSON Schema (draft 2020-12) of study files of [`FORMAT`](super::FORMAT), for editors that complete and check
/// them.
///
/// It has the keys of [`Config`], each with its meaning and default, and the short spellings. What hangs on several keys
/// at once, or on the data, only [`Config::checked`] and a run find out.
///
/// ```
/// let schema = backstaff_study::config::schema();
/// assert_eq!(schema["properties"]["label"]["description"], "The return that models predict and scores are judged by.");
/// ```
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let strategy = generator.subschema_for::<StrategySpec>().to_value();
    let mut root = generator.into_root_schema_for::<Config>().to_value();
    root["title"] = json!("A study of Backstaff");
    let Some(properties) = root.get_mut("properties").and_then(Value::as_object_mut) else { return root };
    // A strategy at the top stands for a portfolio that says nothing else.
    let mut short = object(strategy);
    short.insert("description".to_owned(), json!("Short for `portfolio: {strategy: ...}`."));
    properties.insert("strategy".to_owned(), Value::Object(short));
    let score = json!({
        "type": "string",
        "description": "Short for `models: {score: {expression: ...}}`: the score that the strategy ranks.",
    });
    properties.insert("score".to_owned(), score);
    if let Some(required) = root.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|key| key != "portfolio");
    }
    root["anyOf"] = json!([{ "required": ["portfolio"] }, { "required": ["strategy"] }]);
    root
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => Map::from_iter([("const".to_owned(), other)]),
    }
}

use std::path::Path;

use serde_json::Value;

use super::{
    page::{EXAMPLES, page},
    schema,
};
use crate::config::Config;

#[test]
fn the_examples_are_studies() {
    for (name, text) in EXAMPLES {
        if let Err(error) = Config::from_yaml(text, Path::new("."), None) {
            panic!("{name}: {error}");
        }
    }
}

#[test]
fn every_key_has_a_meaning_and_an_example() {
    let page = page();
    let rows = page.lines().filter(|line| line.starts_with("| `")).collect::<Vec<_>>();
    assert!(rows.len() > 150, "{page}");
    let is_silent = |line: &&&str| line.ends_with("|  |") || line.split(" | ").nth(3) == Some("");
    assert_eq!(rows.iter().filter(is_silent).collect::<Vec<_>>(), Vec::<&&str>::new());
}

/// Whether a value is what a schema allows: as much of the vocabulary as our schema uses.
fn allows(root: &Value, schema: &Value, value: &Value) -> bool {
    if schema == &Value::Bool(true) {
        return true;
    }
    let named = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/"));
    let is_type = |name: &str| match name {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    };
    let of_type = match &schema["type"] {
        Value::Null => true,
        Value::String(name) => is_type(name),
        names => names.as_array().into_iter().flatten().filter_map(Value::as_str).any(is_type),
    };
    let any =
        |key: &str| schema[key].as_array().is_none_or(|all| all.iter().any(|one| allows(root, one, value)));
    let members = value.as_array().into_iter().flatten();
    let fields = value.as_object().into_iter().flatten();
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    named.is_none_or(|name| allows(root, &root["$defs"][name], value))
        && of_type
        && any("anyOf")
        && any("oneOf")
        && schema.get("const").is_none_or(|only| only == value)
        && schema["enum"].as_array().is_none_or(|names| names.contains(value))
        && (schema["items"].is_null() || members.into_iter().all(|one| allows(root, &schema["items"], one)))
        && (!value.is_object() || required.into_iter().all(|key| value.get(key).is_some()))
        && fields.into_iter().all(|(key, one)| {
            match (schema["properties"].get(key), &schema["additionalProperties"]) {
                (Some(of_key), _) => allows(root, of_key, one),
                (None, Value::Bool(false)) => {
                    // The only keys that are given by a pattern are dates.
                    schema["patternProperties"].is_object() && key.parse::<backstaff_panel::Session>().is_ok()
                }
                (None, Value::Null) => true,
                (None, of_all) => allows(root, of_all, one),
            }
        })
}

#[test]
fn the_schema_allows_the_examples_and_refuses_slips() {
    let schema = schema();
    for (name, text) in EXAMPLES {
        let study = serde_saphyr::from_str::<Value>(text).unwrap();
        assert!(allows(&schema, &schema, &study), "{name}");
    }
    let study = serde_saphyr::from_str::<Value>(EXAMPLES[0].1).unwrap();
    for (path, value) in [
        ("/folds/evry", Value::from("year")),
        ("/folds/every", Value::from("yearly")),
        ("/label/horizon", Value::from("five")),
        ("/label/target", Value::from("rnk")),
        ("/data/prices/adjustment", Value::from("verbatim")),
        ("/portfolio/strategy", serde_json::json!({ "top": { "n": 5 } })),
        ("/portfolio/cash_rate", serde_json::json!({ "serie": "a" })),
    ] {
        let (parent, key) = path.rsplit_once('/').unwrap();
        let mut wrong = study.clone();
        wrong.pointer_mut(parent).unwrap()[key] = value;
        assert!(!allows(&schema, &schema, &wrong), "{path}");
    }
}

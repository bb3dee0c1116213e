//! The page about the keys of a study, made from the schema and from example studies.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::{Map, Value};

use super::schema;

/// Studies in which each key stands at least once. Tests read them as studies.
pub(super) const EXAMPLES: [(&str, &str); 10] = [
    ("learning", include_str!("examples/learning.yaml")),
    ("database", include_str!("examples/database.yaml")),
    ("ranking", include_str!("examples/ranking.yaml")),
    ("rule", include_str!("examples/rule.yaml")),
    ("weights", include_str!("examples/weights.yaml")),
    ("given", include_str!("examples/given.yaml")),
    ("regimes", include_str!("examples/regimes.yaml")),
    ("qlib", include_str!("examples/qlib.yaml")),
    ("sides", include_str!("examples/sides.yaml")),
    ("processed", include_str!("examples/processed.yaml")),
];

const INTRO: &str = "\
# The keys of a study

A study is a YAML file. Which sections it has says what it is: models that learn need `label` and `folds`; a rule (an
expression, given weights, a strategy that reads regimes) needs neither. `backstaff run study.yaml` runs it,
`backstaff init --data FILE` writes one for your data, `backstaff schema study` prints the JSON Schema by which editors
complete and check it. Every mistake of a file is reported at once, with its line.

Paths are relative to the study's file. A key without a default is required where it says so, else it may be absent.
The examples are parts of studies that the tests read.

This page is made from the types that read a study. `UPDATE_DOCS=1 cargo test -p backstaff-study --test study_page`
writes it again, and a test fails where it is out of date.
";

/// The page, in Markdown.
pub fn page() -> String {
    let root = schema();
    let mut page = Page { root: &root, examples: examples(), text: INTRO.to_owned(), done: BTreeSet::new() };
    page.section(&Path::default(), &root, &Value::Null);
    page.text
}

/// The examples with every strategy in its portfolio.
fn examples() -> Vec<Value> {
    let read = |(_, text): &(&str, &str)| {
        let mut study = serde_saphyr::from_str::<Value>(text).ok()?;
        if let Some(strategy) = study.get("strategy").cloned() {
            study["portfolio"]["strategy"] = strategy;
        }
        Some(study)
    };
    EXAMPLES.iter().filter_map(read).collect()
}

/// The keys from the root to a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// The value of a key.
    Key(String),
    /// The value of any name, which the study chooses.
    Name,
    /// A member of a list.
    Member,
}

impl Path {
    fn with(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// `models.NAME.lightgbm`.
    fn shown(&self) -> String {
        let mut text = String::new();
        for step in &self.0 {
            let gap = if text.is_empty() { "" } else { "." };
            let _ = match step {
                Step::Key(key) => write!(text, "{gap}{key}"),
                Step::Name => write!(text, "{gap}NAME"),
                Step::Member => write!(text, "[]"),
            };
        }
        text
    }

    /// The first value that an example has here.
    fn find<'a>(&self, example: &'a Value) -> Option<&'a Value> {
        fn walk<'a>(steps: &[Step], value: &'a Value) -> Option<&'a Value> {
            let Some((step, rest)) = steps.split_first() else { return Some(value) };
            match (step, value) {
                (Step::Key(key), Value::Object(fields)) => walk(rest, fields.get(key)?),
                (Step::Name, Value::Object(fields)) => fields.values().find_map(|value| walk(rest, value)),
                (Step::Member, Value::Array(members)) => members.iter().find_map(|value| walk(rest, value)),
                // One thing may stand in place of a list of one.
                (Step::Member, value) => walk(rest, value),
                (_, Value::Array(members)) => members.iter().find_map(|value| walk(steps, value)),
                _ => None,
            }
        }
        walk(&self.0, example)
    }
}

struct Page<'a> {
    root: &'a Value,
    examples: Vec<Value>,
    text: String,
    /// The places that have their section already.
    done: BTreeSet<String>,
}

impl<'a> Page<'a> {
    /// A table of the keys of a mapping, and the sections of what lies in them; `given` is the mapping where a study does
    /// not write it.
    fn section(&mut self, path: &Path, schema: &'a Value, given: &Value) {
        let Some(fields) = schema["properties"].as_object() else { return };
        if !path.0.is_empty() {
            let _ = write!(self.text, "\n## `{}`\n\n{}\n", path.shown(), sentence(schema));
        }
        self.text.push_str("\n| Key | Value | Default | Meaning | Example |\n|---|---|---|---|---|\n");
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (key, field) in fields {
            let is_required = required.iter().any(|name| name == key);
            self.row(&path.with(Step::Key(key.clone())), field, &given[key], is_required);
        }
        for (key, field) in fields {
            let given = if field["default"].is_null() { &given[key] } else { &field["default"] };
            self.sections(&path.with(Step::Key(key.clone())), field, given);
        }
    }

    fn row(&mut self, path: &Path, field: &'a Value, given: &Value, is_required: bool) {
        let Some(Step::Key(key)) = path.0.last() else { return };
        let has_section = self.resolved(field)["properties"].is_object();
        let default = match &field["default"] {
            _ if is_required => "required".to_owned(),
            Value::Null => String::new(),
            Value::Object(_) if has_section => String::new(),
            value => format!("`{}`", shortened(value)),
        };
        let example = self.examples.iter().find_map(|example| path.find(example));
        let usual = [&field["default"], given].into_iter().find(|value| !value.is_null());
        let example = example.or(usual);
        let example = example.map_or_else(String::new, |value| format!("`{key}: {}`", shortened(value)));
        let mut meaning = sentence(field);
        for choice in self.choices(field) {
            let _ = write!(meaning, "<br>{choice}");
        }
        let kind = self.kind(field);
        let _ = writeln!(self.text, "| `{key}` | {kind} | {default} | {meaning} | {example} |");
    }

    /// The sections of all mappings that a value may be or hold.
    fn sections(&mut self, path: &Path, field: &'a Value, given: &Value) {
        let field = self.resolved(field);
        if field["properties"].is_object() {
            return self.section_once(path, field, given);
        }
        for part in alternatives(field) {
            let part = self.resolved(part);
            match variant(part) {
                Some((name, rules)) => {
                    self.sections(&path.with(Step::Key(name.to_owned())), rules, &Value::Null);
                }
                None if part["properties"].is_object()
                    && part["properties"].as_object().is_some_and(|p| p.len() > 1) =>
                {
                    self.section_once(path, part, given);
                }
                None => self.sections(path, part, given),
            }
        }
        if field["items"].is_object() {
            self.sections(&path.with(Step::Member), &field["items"], &Value::Null);
        }
        if field["additionalProperties"].is_object() {
            self.sections(&path.with(Step::Name), &field["additionalProperties"], &Value::Null);
        }
    }

    /// A section, unless the mapping had one: a strategy at the top is that of the portfolio, and one thing that may be
    /// several is the member of the list.
    fn section_once(&mut self, path: &Path, schema: &'a Value, given: &Value) {
        let is_at = |place: usize, key: &str| path.0.get(place) == Some(&Step::Key(key.to_owned()));
        // Processors for learning are those for all rows, and `class` with `kwargs` is another spelling of them.
        let is_again =
            is_at(0, "processors") && (is_at(1, "learn") || schema["properties"]["class"].is_object());
        if !is_at(0, "strategy") && !is_again && self.done.insert(path.shown().replace("[]", "")) {
            self.section(path, schema, given);
        }
    }

    /// What a value stands for, through references and the absence of a value.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        if let Some(name) = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
            return self.resolved(&self.root["$defs"][name]);
        }
        let mut present = alternatives(schema).filter(|part| part["type"] != "null");
        match (present.next(), present.next(), schema["anyOf"].as_array().map(Vec::len)) {
            (Some(only), None, Some(2)) => self.resolved(only),
            _ => schema,
        }
    }

    /// The kind of a value in words.
    fn kind(&self, schema: &'a Value) -> String {
        let schema = self.resolved(schema);
        if schema.get("const").is_some() || schema.get("enum").is_some() {
            return "a name".to_owned();
        }
        let parts = alternatives(schema).map(|part| self.kind(part)).collect::<Vec<_>>();
        if !parts.is_empty() {
            let mut kinds = Vec::new();
            for kind in parts {
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
            return kinds.join(" or ");
        }
        let types = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).find(|name| *name != "null"),
            one => one.as_str(),
        };
        match types {
            Some("string") => "a text".to_owned(),
            Some("boolean") => "true or false".to_owned(),
            Some("integer") => "a whole number".to_owned(),
            Some("number") => "a number".to_owned(),
            Some("array") if schema["prefixItems"].is_array() => "a pair".to_owned(),
            Some("array") => format!("a list of {}", plural(&self.kind(&schema["items"]))),
            Some("object") if schema["patternProperties"].is_object() => "dates with numbers".to_owned(),
            Some("object") if schema["additionalProperties"].is_object() => {
                format!("names with {}", plural(&self.kind(&schema["additionalProperties"])))
            }
            Some("object") => "a mapping".to_owned(),
            _ => "any value".to_owned(),
        }
    }

    /// The values among which a key chooses, each with its meaning.
    fn choices(&self, schema: &'a Value) -> Vec<String> {
        let schema = self.resolved(schema);
        if let Some(names) = schema["enum"].as_array() {
            let names = names.iter().map(|name| format!("`{}`", flow(name)));
            return vec![names.collect::<Vec<_>>().join(", ")];
        }
        let mut choices = Vec::new();
        // A list of things of several kinds.
        let of_list = alternatives(&schema["items"]).chain(alternatives(self.resolved(&schema["items"])));
        let mut members = of_list.flat_map(|part| alternatives(self.resolved(part)));
        if members.any(|part| variant(part).is_some()) {
            return self.choices(&schema["items"]);
        }
        for part in alternatives(schema) {
            let meaning = sentence(part);
            let meaning = if meaning.is_empty() { meaning } else { format!(": {meaning}") };
            if let Some(name) = part.get("const") {
                choices.push(format!("`{}`{meaning}", flow(name)));
            } else if let Some((name, rules)) = variant(part) {
                let meaning =
                    if meaning.is_empty() { told(&sentence(self.resolved(rules))) } else { meaning };
                choices.push(format!("`{name}: ...`{meaning}"));
            } else {
                choices.extend(self.choices(part));
            }
        }
        choices
    }
}

fn told(sentence: &str) -> String {
    if sentence.is_empty() { String::new() } else { format!(": {sentence}") }
}

fn plural(kind: &str) -> String {
    let bare = kind.strip_prefix("a ").unwrap_or(kind);
    let is_plain = bare.len() < kind.len() && !bare.contains(' ') || bare == "whole number";
    if is_plain { format!("{bare}s") } else { kind.to_owned() }
}

/// The schemas among which a value chooses.
fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf"]
        .into_iter()
        .filter_map(|key| schema[key].as_array())
        .flatten()
        .filter(|part| part["required"].is_null() || part["properties"].is_object())
}

/// The name and rules of an alternative that is one key with its rules.
fn variant(schema: &Value) -> Option<(&str, &Value)> {
    let fields = schema["properties"].as_object()?;
    let is_required = schema["required"].as_array().is_some_and(|keys| keys.len() == 1);
    let (name, rules) = fields.iter().next().filter(|_| fields.len() == 1 && is_required)?;
    Some((name, rules))
}

/// The documentation of a schema on one line, fit for a table.
fn sentence(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    let first = text.split("\n\n").next().unwrap_or_default();
    let line = first.split_whitespace().collect::<Vec<_>>().join(" ");
    // A link within the code leads nowhere here.
    let mut text = String::new();
    let mut rest = line.as_str();
    while let Some((before, after)) = rest.split_once("`](") {
        text = text + before + "`";
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    (text + rest).replace("[`", "`").replace("`]", "`").replace('|', "\\|")
}

/// A value as YAML writes it on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Array(members) => {
            format!("[{}]", members.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) => format!("{{{}}}", entries(fields)),
        Value::Number(number) => {
            let text = number.to_string();
            text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
        }
        other => other.to_string(),
    }
}

fn entries(fields: &Map<String, Value>) -> String {
    let entry = |(key, value): (&String, &Value)| format!("{key}: {}", flow(value));
    fields.iter().map(entry).collect::<Vec<_>>().join(", ")
}

/// Whether YAML takes a text without quotes for this text.
fn is_plain(text: &str) -> bool {
    let starts = text.starts_with(|first: char| first.is_alphabetic() || first == '$' || first == '/');
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "~"];
    let is_date = text.len() == 10 && text.bytes().filter(|byte| *byte == b'-').count() == 2;
    (starts || is_date)
        && !text.contains(": ")
        && !text.contains([',', '{', '}', '[', ']', '#', '\'', '"', '|'])
        && !is_word.contains(&text.to_lowercase().as_str())
}

/// A value on one line, cut where a table would burst.
fn shortened(value: &Value) -> String {
    const MOST: usize = 60;
    let text = flow(value).replace('|', "\\|");
    match value {
        Value::Object(_) | Value::Array(_) if text.chars().count() > MOST => "...".to_owned(),
        _ => text,
    }
}

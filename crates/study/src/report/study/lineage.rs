//! The section about lineage: the study as it was read, versions, seeds, and the key of every artifact.

use backstaff_report::{Column, Details, Section, Table, cells};
use backstaff_stage::Stage;
use serde_json::Value;

use super::models::described;
use crate::{
    config::Of,
    flow::results::Results,
    steps::{
        Load, backtest::RunBacktests, evaluate::Evaluate, features::Features, folds::MakeFolds,
        labels::MakeLabels, predict::Predict, quality::CollectQuality, regimes::Follow,
        suspects::FindSuspects, train::Train,
    },
    words,
};

pub(super) fn section(results: &Results) -> Section {
    let section = Section::new("lineage", "Lineage")
        .intro(
            "Equal keys mean equal bytes: the same study, program and data give this page again, on any number of \
             threads. A key is a digest of a stage's version, its parameters and the bytes that it reads.",
        )
        .block(stages(results))
        .block(programs(results));
    let section = match processors(results) {
        Some(table) => section.block(table),
        None => section,
    };
    section
        .block(Details::new("The study as it was read, defaults included").block(study(results)))
        .block(Details::new("Keys of all artifacts").block(keys(results)))
}

/// The version of each stage, in the order of the steps.
fn versions() -> [(&'static str, u32); 11] {
    fn of<S: Stage>() -> (&'static str, u32) {
        (S::NAME, S::VERSION)
    }
    [
        of::<Load>(),
        of::<CollectQuality>(),
        of::<Features>(),
        of::<Follow>(),
        of::<MakeLabels>(),
        of::<MakeFolds>(),
        of::<Train>(),
        of::<Predict>(),
        of::<FindSuspects>(),
        of::<Evaluate>(),
        of::<RunBacktests>(),
    ]
}

fn stages(results: &Results) -> Table {
    let mut table = Table::new("Stages")
        .column(Column::text("Stage"))
        .column(Column::integer("Version").note("part of every key"))
        .column(Column::integer("Artifacts"))
        .column(Column::text("First key"));
    for (name, version) in versions() {
        let mut keys = results.lineage.iter().filter(|(stage, _, _)| stage == name);
        let first = keys.clone().next().map(|(_, _, key)| key.short());
        table = table.row(cells![name, version, keys.by_ref().count(), first]);
    }
    table
}

fn programs(results: &Results) -> Table {
    let mut table = Table::new("Programs and seeds")
        .column(Column::text("What"))
        .column(Column::text("Version, seed"))
        .row(cells!["backstaff", env!("CARGO_PKG_VERSION")])
        .row(cells!["LightGBM", "4.7, deterministic; one seed for rows, features and bins"]);
    for (name, spec) in &results.config.models {
        let (kind, parameters) = described(spec);
        let seed = parameters.iter().find(|(parameter, _)| parameter == "seed");
        let seed = seed.map_or("nothing random".to_owned(), |(_, seed)| format!("seed {seed}"));
        table = table.row(cells![format!("{name} ({kind})"), seed]);
    }
    table
}

/// The processors in their order, and the training rows that each was fitted on; none for a study without any.
fn processors(results: &Results) -> Option<Table> {
    let processors = results.config.processors.as_ref()?;
    let mut table = Table::new("Processors")
        .column(Column::text("Processor"))
        .column(Column::text("Changes"))
        .column(Column::text("Of the rows of"))
        .column(Column::text("Fitted on, by fold").note("training rows alone, after purging"))
        .visible_rows(20);
    for (is_learn, _, spec) in processors.all() {
        let (from, to) = spec.fit_span().unwrap_or_default();
        let fitted = results.folds.iter().filter(|_| spec.is_fitted()).map(|fold| {
            let train = &fold.train;
            let from = from.map_or_else(|| train.from.clone(), |session| session.to_string());
            let to = to.map_or_else(|| train.to.clone(), |session| session.to_string());
            let all = words::count(train.rows, "row");
            format!("{}: {from} to {to}, of {all}", fold.number)
        });
        let fitted = fitted.collect::<Vec<_>>().join("; ");
        let fitted = if fitted.is_empty() { "nothing".to_owned() } else { fitted };
        let changes = match spec.changes(is_learn) {
            Of::Features => "features",
            Of::Target => "target",
        };
        let rows = if is_learn { "training, validation" } else { "training, validation, test" };
        table = table.row(cells![spec.name(), changes, rows, fitted]);
    }
    Some(table)
}

fn study(results: &Results) -> Table {
    let mut table =
        Table::new("Study").column(Column::text("Key")).column(Column::text("Value")).visible_rows(20);
    let mut lines = Vec::new();
    match serde_json::to_value(&results.config) {
        Ok(study) => flatten("", &study, &mut lines),
        Err(error) => lines.push(("the study".to_owned(), format!("can't be shown: {error}"))),
    }
    for (key, value) in lines.into_iter().filter(|(key, _)| !key.starts_with("profiles")) {
        table = table.row(cells![key, value]);
    }
    table
}

/// Turn a tree of values into lines of path and value; empty values are left out.
fn flatten(path: &str, value: &Value, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, value, out);
            }
        }
        Value::String(text) => out.push((path.to_owned(), text.clone())),
        Value::Null => {}
        value => out.push((path.to_owned(), value.to_string())),
    }
}

fn keys(results: &Results) -> Table {
    let mut table = Table::new(words::count(results.lineage.len(), "artifact"))
        .column(Column::text("Stage"))
        .column(Column::text("Shard"))
        .column(Column::text("Key").note("the first 16 of 64 digits"))
        .visible_rows(15);
    for (stage, shard, key) in &results.lineage {
        table = table.row(cells![stage, shard, key.to_string().chars().take(16).collect::<String>()]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_becomes_lines() {
        let mut lines = Vec::new();
        let tree = serde_json::json!({ "a": { "b": 1, "c": "x" }, "d": [1, 2], "e": null, "f": {} });
        flatten("", &tree, &mut lines);
        let lines = lines.iter().map(|(path, value)| format!("{path}={value}")).collect::<Vec<_>>();
        assert_eq!(lines, ["a.b=1", "a.c=x", "d=[1,2]", "f={}"]);
    }
}

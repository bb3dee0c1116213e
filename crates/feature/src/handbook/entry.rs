//! The entry of an operator.

use std::fmt::Write as _;

use super::markdown::{code_in_table, escaped};
use crate::{
    Catalog,
    operator::{MAX_LENGTH, Operator, Parameter, ParameterKind, usage},
};

/// Append an operator's entry to the page of its family.
pub(super) fn describe(page: &mut String, operator: &dyn Operator) {
    let documentation = operator.documentation();
    let _ = writeln!(page, "\n## {}\n\n`{}`\n", escaped(documentation.name), usage(operator));
    let _ = writeln!(page, "{}\n", escaped(documentation.meaning));
    for parameter in operator.signature().parameters {
        let _ = writeln!(page, "- `{}`: {}", parameter.name, described(parameter));
    }
    let lines = [
        ("Formula", documentation.formula),
        ("Missing", documentation.missing),
        ("Differences", documentation.differences),
        ("Source", documentation.source),
    ];
    for (title, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
        let _ = writeln!(page, "- {title}: {}", escaped(text));
    }
    let _ = writeln!(page, "- Version: {}\n", documentation.version);
    page.push_str("| example | look-back |\n|---|---|\n");
    for sample in documentation.samples {
        let _ = writeln!(page, "| {} | {} |", code_in_table(sample), look_back(sample));
    }
}

fn described(parameter: &Parameter) -> String {
    let kind = match parameter.kind {
        ParameterKind::Series => "a series".to_owned(),
        ParameterKind::FurtherSeries => "a further series, which may be left out".to_owned(),
        ParameterKind::OverPeriods => "an expression over published facts, period by period".to_owned(),
        ParameterKind::Instrument => "the name of an instrument, in quotes".to_owned(),
        ParameterKind::Choice(words) => {
            let words = words.iter().map(|word| format!("`'{word}'`")).collect::<Vec<_>>();
            return format!("{}; the first if absent", words.join(" or "));
        }
        ParameterKind::Condition => "a condition".to_owned(),
        ParameterKind::OverRows => "a series, computed on the rows where the condition holds".to_owned(),
        ParameterKind::Universe => "a condition: who takes part; everybody if absent".to_owned(),
        ParameterKind::Groups => {
            "a category: its members are compared with each other; all if absent".to_owned()
        }
        ParameterKind::Window => "sessions, or 0 for all so far".to_owned(),
        ParameterKind::WindowOrWeight => {
            "sessions, 0 for all so far, or the weight (below 1) of the newest value".to_owned()
        }
        ParameterKind::Integer { least, most } if most >= MAX_LENGTH && least == -most => {
            "a whole number".to_owned()
        }
        ParameterKind::Integer { least, most } if most >= MAX_LENGTH => {
            format!("a whole number of at least {least}")
        }
        ParameterKind::Integer { least, most } => format!("a whole number from {least} to {most}"),
        ParameterKind::Number { least, most } => format!("a number from {least} to {most}"),
    };
    parameter.default.map_or(kind.clone(), |default| format!("{kind}; {default} if absent"))
}

/// How far back an example reads; the names of the page's columns suffice for it.
fn look_back(sample: &str) -> String {
    let catalog = Catalog::new().with("example", sample);
    let feature = catalog.and_then(|catalog| {
        let schema = catalog.mentioned(&["example"])?;
        catalog.resolve(&["example"], &schema)
    });
    feature
        .ok()
        .and_then(|features| features.first().map(|one| one.look_back().to_string()))
        .unwrap_or_default()
}

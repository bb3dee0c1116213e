//! The reference of all operators as a page, from what they say about themselves.

use std::fmt::Write as _;

use super::{Documentation, Kind, Operator, Parameter, Registry, usage};
use crate::Catalog;

/// What stands above the operators.
const HEAD: &str = "\
# Operators

What expressions may call, by family. This page is made from the code: `UPDATE_DOCS=1 cargo test -p backstaff-feature
--test reference` writes it again, and a test fails where it is out of date. The tests compute every example on it.
`backstaff features show NAME` prints the same for one operator.

- `$name` is a field of the data, a bare name is another feature, `by=name` a category. `+ - * / **`, comparisons, `&`, `|`
  and `~` have Python's meaning and strength, so that `&` and `|` need parentheses around comparisons.
- Parameters are given in order or by name. A `length` counts the sessions of an instrument, its own included; 0 means all
  sessions so far. `min=` says how many values a window needs: 1, unless something else is written.
- Missing is NaN. Windows and cross-sections skip what is missing or infinite; elementwise arithmetic is that of IEEE 754.
  A comparison with a missing value does not hold (`!=` does), and a condition is never missing.
- A value depends on the observations of its own window and on their dates, never on what came before it; nothing but a
  label looks ahead. *Look-back* is how many earlier sessions an example reads.
";

/// What Qlib's users should know beside the operators' own entries.
const QLIB: &str = "\
Plain names are Qlib's where Qlib has the operator, and agree with its output over all of history within single precision.
Where Qlib's own definition is odd but says what it does, it is followed: `WMA` divides by the number of values, `IdxMax`
stops at a missing value, a comparison with a missing value is false. What is not followed depends on something that is no
part of the expression:

- **Where a query starts.** Qlib computes from the first day that was asked for: expanding windows begin there, and an
  `EMA` with a span sees only one span of history before it. Here both begin with the instrument's history.
- **Running sums.** Qlib's `Slope`, `Rsquare` and `Resi` update sums as windows move, so that a value carries the rounding
  of all that passed before it, and pandas does the same in `Mean`, `Std` and others. Here a window is computed by itself.
- **Weights as lengths.** Where Qlib is given a length between 0 and 1, every operator of one series becomes the
  exponential mean, `Max` and `Std` as well. Here `Mean` and `EMA` take a weight, and the others say so.
- **Single precision.** Qlib reads and combines columns as 32-bit numbers, so that `$high-$low+1e-12` loses its last term,
  and ratios of neighbouring prices their last digits before a window sees them. Here everything is computed in 64 bits.

Operator by operator:
";

/// The page that describes all operators of a registry.
pub fn reference(registry: &Registry) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n## By family\n\n");
    let families = registry.families();
    for (family, operators) in &families {
        let links = operators.iter().map(|operator| link(operator.documentation().name));
        let _ = writeln!(page, "- [{family}](#{}): {}", anchor(family), links.collect::<Vec<_>>().join(", "));
    }
    page.push_str("\n## Where we differ from Qlib, and why\n\n");
    page.push_str(QLIB);
    page.push('\n');
    let mut differences = Vec::<(&str, Vec<String>)>::new();
    for operator in registry.all() {
        let Documentation { name, differences: text, .. } = operator.documentation();
        match differences.iter_mut().find(|(known, _)| known == text) {
            _ if text.is_empty() || name.contains('.') => {}
            Some((_, names)) => names.push(link(name)),
            None => differences.push((text, vec![link(name)])),
        }
    }
    for (text, names) in differences {
        let _ = writeln!(page, "- {}: {}", names.join(", "), escaped(text));
    }
    for (family, operators) in &families {
        let _ = writeln!(page, "\n## {family}");
        for operator in operators {
            describe(&mut page, &***operator);
        }
    }
    page
}

fn describe(page: &mut String, operator: &dyn Operator) {
    let documentation = operator.documentation();
    let _ = writeln!(page, "\n### {}\n\n`{}`\n", documentation.name, usage(operator));
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
        let _ = writeln!(page, "| `{}` | {} |", sample.replace('|', "\\|"), look_back(sample));
    }
}

fn described(parameter: &Parameter) -> String {
    let kind = match parameter.kind {
        Kind::Series => "a series".to_owned(),
        Kind::FurtherSeries => "a further series, which may be left out".to_owned(),
        Kind::OverPeriods => "an expression over published facts, period by period".to_owned(),
        Kind::Instrument => "the name of an instrument, in quotes".to_owned(),
        Kind::Choice(words) => {
            let words = words.iter().map(|word| format!("`'{word}'`")).collect::<Vec<_>>();
            return format!("{}; the first if absent", words.join(" or "));
        }
        Kind::Condition => "a condition".to_owned(),
        Kind::OverRows => "a series, computed on the rows where the condition holds".to_owned(),
        Kind::Universe => "a condition: who takes part; everybody if absent".to_owned(),
        Kind::Groups => "a category: its members are compared with each other; all if absent".to_owned(),
        Kind::Window => "sessions, or 0 for all so far".to_owned(),
        Kind::WindowOrWeight => {
            "sessions, 0 for all so far, or the weight (below 1) of the newest value".to_owned()
        }
        Kind::Integer { least, most } if most >= super::MAX_LENGTH && least == -most => {
            "a whole number".to_owned()
        }
        Kind::Integer { least, most } if most >= super::MAX_LENGTH => {
            format!("a whole number of at least {least}")
        }
        Kind::Integer { least, most } => format!("a whole number from {least} to {most}"),
        Kind::Number { least, most } => format!("a number from {least} to {most}"),
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

fn link(name: &str) -> String {
    format!("[{name}](#{})", anchor(name))
}

/// The anchor that Markdown gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// A text in which Markdown sees no markup of its own but that of code.
fn escaped(text: &str) -> String {
    let mut in_code = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        in_code ^= c == '`';
        if !in_code && matches!(c, '*' | '<' | '_' | '|') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

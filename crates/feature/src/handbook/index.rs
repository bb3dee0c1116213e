//! The index: how to read an entry, where operators depart from others', and all of them in a line each.

use std::fmt::Write as _;

use super::{
    Family,
    markdown::{code_in_table, escaped},
};
use crate::operator::{Operator, usage};

/// The text above everything else.
const HEAD: &str = "\
# Operators

What expressions may call. This page and those in `operators/`, one for each family, are made from the code:
`UPDATE_DOCS=1 cargo test -p backstaff-feature --test handbook` writes them again, and a test fails where one is out of
date. The tests compute every example. `backstaff features show NAME` prints the entry of one operator.

## How to read an entry

- `$name` is a field of the data, a bare name is another feature, `by=name` a category. `+ - * / **`, comparisons, `&`, `|`
  and `~` have Python's meaning and strength, so that `&` and `|` need parentheses around comparisons.
- Parameters are given in order or by name. A `length` counts the sessions of an instrument, its own included; 0 means all
  sessions so far. `min=` says how many values a window needs: 1, unless something else is written.
- Missing is NaN. Windows and cross-sections skip what is missing or infinite; elementwise arithmetic is that of IEEE 754.
  A comparison with a missing value does not hold (`!=` does), and a condition is never missing.
- A value depends on the observations of its own window and on their dates, never on what came before it; nothing but a
  label looks ahead. *Look-back* is how many earlier sessions an example reads.
- *Differences* says where values depart from those of Qlib, TA-Lib or pandas. *Version* rises whenever the same arguments
  could give other values: it is part of what names a stored column.
";

/// The text for users of Qlib, TA-Lib and pandas beside the operators' own entries.
const OTHERS: &str = "\
Plain names are Qlib's where Qlib has the operator, and agree with its output over all of history within single precision.
Where Qlib's own definition is odd but says what it does, it is followed: `WMA` divides by the number of values, `IdxMax`
stops at a missing value, a comparison with a missing value is false. Names that begin with `ta.` are TA-Lib's. What is not
followed depends on something that is no part of the expression:

- **Where a query starts.** Qlib computes from the first day that was asked for: expanding windows begin there, and an
  `EMA` with a span sees only one span of history before it. Here both begin with the instrument's history.
- **Running sums.** Qlib's `Slope`, `Rsquare` and `Resi` update sums as windows move, so that a value carries the rounding
  of all that passed before it; pandas does the same in `Mean`, `Std` and others, and TA-Lib in most of its windows. Here a
  window is computed by itself.
- **Weights as lengths.** Where Qlib is given a length between 0 and 1, every operator of one series becomes the
  exponential mean, `Max` and `Std` as well. Here `Mean` and `EMA` take a weight, and the others say so.
- **Single precision.** Qlib reads and combines columns as 32-bit numbers, so that `$high-$low+1e-12` loses its last term,
  and ratios of neighbouring prices their last digits before a window sees them. Here everything is computed in 64 bits.

Operator by operator:
";

/// An operator and the family that it is in.
type Member<'a> = (&'a Family<'a>, &'a dyn Operator);

/// The text of the index.
pub(super) fn text(families: &[Family<'_>]) -> String {
    let mut text = HEAD.to_owned();
    text.push_str("\n## Where we differ from Qlib, TA-Lib and pandas\n\n");
    text.push_str(OTHERS);
    text.push('\n');
    for (difference, members) in differences(families) {
        let _ = writeln!(text, "- {}: {}", named(&members), escaped(difference));
    }
    text.push_str("\n## All operators\n");
    for family in families {
        let _ = writeln!(text, "\n### [{}]({})\n", escaped(family.name), family.path());
        text.push_str("| operator | written | meaning |\n|---|---|---|\n");
        for &operator in &family.operators {
            let (link, written) = (family.link(operator), code_in_table(&usage(operator)));
            let _ = writeln!(text, "| {link} | {written} | {} |", escaped(operator.documentation().meaning));
        }
    }
    text
}

/// Each difference once, and the operators that it is about, in the order of their names.
fn differences<'a>(families: &'a [Family<'a>]) -> Vec<(&'static str, Vec<Member<'a>>)> {
    let members = families.iter().flat_map(|family| family.operators.iter().map(move |&one| (family, one)));
    let mut members = members.filter(|(_, one)| !one.documentation().differences.is_empty());
    let mut members = members.by_ref().collect::<Vec<Member<'_>>>();
    members.sort_by_key(|(_, operator)| operator.documentation().name);
    let mut differences = Vec::<(&str, Vec<Member<'_>>)>::new();
    for member in members {
        let text = member.1.documentation().differences;
        match differences.iter_mut().find(|(known, _)| *known == text) {
            Some((_, members)) => members.push(member),
            None => differences.push((text, vec![member])),
        }
    }
    differences
}

/// Links to operators; to their family where they are most of it.
fn named(members: &[Member<'_>]) -> String {
    let (family, _) = members[0];
    let is_most = members.iter().all(|(of, _)| of.name == family.name) && {
        members.len() > 2 && 2 * members.len() > family.operators.len()
    };
    if is_most {
        return format!("most of [{}]({})", escaped(family.name), family.path());
    }
    members.iter().map(|&(family, one)| family.link(one)).collect::<Vec<_>>().join(", ")
}

//! A feature's description: what can be said about it without data.

use std::collections::BTreeSet;

use super::Catalog;
use crate::{
    Definition, FeatureError, Schema,
    definition::Entry,
    expression::{Syntax, SyntaxKind},
};

/// A definition and what it rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Description {
    /// The definition, as written.
    pub definition: Definition,
    /// The expression with the names of features replaced by what they stand for; `None` if that is too long to read.
    pub expanded: Option<String>,
    /// The features that it uses by name, in the order of the text.
    pub features: Vec<String>,
    /// The operators that it calls itself, in the order of their names; a sign such as `+` is called `Add`.
    pub operators: Vec<String>,
}

/// How long an expanded expression may be, and how often names may stand for names.
const READABLE: usize = 2000;
const DEEPEST: usize = 32;

impl Catalog {
    /// Describe a feature: its definition, and the features and operators that it uses.
    pub fn describe(&self, name: &str) -> Result<Description, FeatureError> {
        let entry = self.entry(name).ok_or_else(|| self.unknown(name))?;
        let mut features = Vec::new();
        let mut operators = BTreeSet::new();
        for syntax in entry.syntaxes() {
            walk(syntax, &mut |syntax, _| match &syntax.kind {
                SyntaxKind::Name(name) if self.entry(name).is_some() && !features.contains(name) => {
                    features.push(name.clone());
                }
                SyntaxKind::Call(call) => {
                    operators.insert(call.name.clone());
                }
                _ => {}
            });
        }
        Ok(Description {
            definition: entry.definition.clone(),
            expanded: self.expanded(entry, DEEPEST),
            features,
            operators: operators.into_iter().collect(),
        })
    }

    /// The columns that a selection (see [`Catalog::select`]) names, itself and through the features that it uses: with
    /// them as its schema it can be checked without data.
    pub fn mentioned(&self, selection: &[&str]) -> Result<Schema, FeatureError> {
        let mut schema = Schema::default();
        let mut pending = self.select(selection)?;
        let mut seen = pending.iter().cloned().collect::<BTreeSet<_>>();
        while let Some(entry) = pending.pop().and_then(|name| self.entry(&name)) {
            for syntax in entry.syntaxes() {
                walk(syntax, &mut |syntax, is_group| match &syntax.kind {
                    SyntaxKind::Name(name) if self.entry(name).is_some() => {
                        pending.extend(seen.insert(name.clone()).then(|| name.clone()));
                    }
                    SyntaxKind::Name(name) | SyntaxKind::Field(name) if is_group => {
                        schema.categories.insert(name.clone());
                    }
                    SyntaxKind::Field(name) => {
                        schema.fields.insert(name.clone());
                    }
                    SyntaxKind::Fact(name) => {
                        schema.facts.insert(name.clone());
                    }
                    _ => {}
                });
            }
        }
        Ok(schema)
    }

    /// The expression of an entry with names replaced by what they stand for, this many levels deep.
    fn expanded(&self, entry: &Entry, deepest: usize) -> Option<String> {
        let text = &entry.definition.expression;
        let mut names = Vec::new();
        walk(&entry.syntax, &mut |syntax, _| {
            if let SyntaxKind::Name(name) = &syntax.kind
                && let Some(used) = self.entry(name)
            {
                names.push((syntax.span, used));
            }
        });
        names.sort_by_key(|(span, _)| span.start);
        let (mut expanded, mut at) = (String::new(), 0);
        for (span, used) in names {
            let inner = self.expanded(used, deepest.checked_sub(1)?)?;
            expanded.push_str(&text[at..span.start]);
            let alone = stands_alone(&text[..span.start], &text[span.end..]);
            let parts = if alone || used.is_one_term() { ["", &inner, ""] } else { ["(", &inner, ")"] };
            expanded.extend(parts);
            at = span.end;
        }
        expanded.push_str(&text[at..]);
        // A comment would swallow what follows it.
        (expanded.len() <= READABLE && !expanded.contains('#')).then_some(expanded)
    }
}

impl Entry {
    /// The expression, and the condition of its rows.
    fn syntaxes(&self) -> impl Iterator<Item = &Syntax> {
        std::iter::once(&self.syntax).chain(self.rows.iter().map(|rows| &rows.syntax))
    }

    /// Whether the expression can stand beside an operator sign as it is.
    fn is_one_term(&self) -> bool {
        match &self.syntax.kind {
            SyntaxKind::Call(call) => self.definition.expression[call.name_span.range()] == call.name,
            _ => true,
        }
    }
}

/// Whether what stands between these texts is a whole argument, or everything.
fn stands_alone(before: &str, after: &str) -> bool {
    let (before, after) = (before.trim_end(), after.trim_start());
    (before.is_empty() || before.ends_with(['(', ','])) && (after.is_empty() || after.starts_with([')', ',']))
}

/// Visit all parts of an expression, each with whether it is the groups of a cross-section.
fn walk<'a>(syntax: &'a Syntax, visit: &mut impl FnMut(&'a Syntax, bool)) {
    fn part<'a>(syntax: &'a Syntax, is_group: bool, visit: &mut impl FnMut(&'a Syntax, bool)) {
        visit(syntax, is_group);
        match &syntax.kind {
            SyntaxKind::Member { of, .. } => part(of, false, visit),
            SyntaxKind::Call(call) => {
                for argument in &call.arguments {
                    let is_group = argument.key.as_ref().is_some_and(|(key, _)| key == "by");
                    part(&argument.value, is_group, visit);
                }
            }
            _ => {}
        }
    }
    part(syntax, false, visit);
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "
rows: $volume > 0
features:
  - {name: ret, expression: '$close / Ref($close, 1) - 1'}
  - {name: calm, expression: 'Std(ret, 20) * ret'}
  - {name: place, expression: 'CsRank(-calm, by=sector, within=ret > 0)', rows: all}
  - {name: line, expression: '-MACDFirst(ret, 12, 26, 9).line'}
";

    fn catalog() -> Catalog {
        Catalog::new().with_file_text("mine.yaml", FILE).unwrap()
    }

    #[test]
    fn names_are_replaced_by_what_they_stand_for() {
        let expanded = |name: &str| catalog().describe(name).unwrap().expanded.unwrap();
        assert_eq!(expanded("ret"), "$close / Ref($close, 1) - 1");
        assert_eq!(expanded("calm"), "Std($close / Ref($close, 1) - 1, 20) * ($close / Ref($close, 1) - 1)");
        assert_eq!(expanded("line"), "-MACDFirst($close / Ref($close, 1) - 1, 12, 26, 9).line");
        let catalog = catalog().with("long", "calm + ".repeat(60).trim_end_matches("+ ")).unwrap();
        assert_eq!(catalog.describe("long").unwrap().expanded, None);
    }

    #[test]
    fn what_a_feature_rests_on_is_listed() {
        let place = catalog().describe("place").unwrap();
        assert_eq!(
            (place.features, place.operators),
            (vec!["calm".into(), "ret".into()], vec!["CsRank".into(), "Gt".into(), "Neg".into()])
        );
        let calm = catalog().describe("calm").unwrap();
        assert_eq!(calm.operators, ["Gt", "Mul", "Std"], "the condition of the rows counts");
        assert!(catalog().describe("clam").unwrap_err().to_string().contains("did you mean \"calm\"?"));
    }

    #[test]
    fn what_is_mentioned_suffices_to_check_a_feature() {
        let catalog = catalog();
        let schema = catalog.mentioned(&["place"]).unwrap();
        assert_eq!(schema.fields, ["close", "volume"].map(str::to_owned).into());
        assert_eq!(schema.categories, ["sector".to_owned()].into());
        assert!(catalog.resolve(&["place"], &schema).is_ok());
        let odd = catalog.with("odd", "CsRank($close, by=calm)").unwrap();
        let error = odd.resolve(&["odd"], &odd.mentioned(&["odd"]).unwrap()).unwrap_err().to_string();
        assert!(error.contains("`calm` is a number, not a category"), "{error}");
    }

    #[test]
    fn everything_that_ships_can_be_looked_at_without_data() {
        for library in Catalog::library_names() {
            let catalog = Catalog::new().with_library(library).unwrap();
            let schema = catalog.mentioned(&[library]).unwrap();
            let features = catalog.resolve(&[library], &schema).unwrap_or_else(|error| panic!("{error}"));
            for feature in features {
                assert!(catalog.describe(feature.name()).unwrap().expanded.is_some(), "{}", feature.name());
            }
        }
    }
}

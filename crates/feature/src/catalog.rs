//! Named expressions, from libraries and from the user.

use std::collections::BTreeMap;

use crate::{
    Feature, FeatureError, LabelExpression, Schema, Type,
    expression::{Fault, Syntax, nearest, parse, same_tokens},
    library,
    operator::Registry,
    resolve::{Purpose, Resolver},
};

/// A named expression and what is known about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Definition {
    /// Its name, and that of its column.
    pub name: String,
    /// Its expression, as written.
    pub expression: String,
    /// What it means on a market.
    pub meaning: String,
    /// Where the definition comes from.
    pub source: String,
    /// The unit of its values.
    pub unit: String,
    /// The condition of the rows that its windows count; without one, all.
    pub rows: Option<String>,
    /// The library or file that defines it.
    pub origin: String,
}

/// Named expressions, from libraries and from the user. A name has one meaning: two may define it only in the same words.
#[derive(Clone, Default, Debug)]
pub struct Catalog {
    registry: Registry,
    entries: BTreeMap<String, Entry>,
    libraries: BTreeMap<String, Library>,
}

/// What is known about a library or a file.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Library {
    /// What it holds, for people.
    pub description: String,
    /// The names that it defines, in its order.
    pub names: Vec<String>,
    /// What is known to be wrong with it, if it repeats somebody else's definitions.
    pub known_flaws: Vec<String>,
}

/// A definition and what its texts say.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) definition: Definition,
    pub(crate) syntax: Syntax,
    pub(crate) rows: Option<Condition>,
}

/// The condition of the rows that an entry counts.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// What names it in messages.
    pub(crate) place: String,
    pub(crate) text: String,
    pub(crate) syntax: Syntax,
}

/// What data suffices for.
#[derive(Clone, Default, Debug)]
pub struct Available {
    /// The features that can be computed.
    pub features: Vec<Feature>,
    /// The names of the others, each with the reason.
    pub left_out: Vec<(String, FeatureError)>,
}

/// Where a definition comes from that was given by itself.
const USER: &str = "the study";

impl Definition {
    /// Whether both name the same expression over the same rows; names in it stand for the same in one catalog.
    fn says_the_same_as(&self, other: &Self) -> bool {
        let rows = match (&self.rows, &other.rows) {
            (Some(one), Some(other)) => same_tokens(one, other),
            (one, other) => one == other,
        };
        rows && same_tokens(&self.expression, &other.expression)
    }
}

impl Catalog {
    /// An empty catalog over the operators of this crate.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty catalog over these operators.
    pub fn with_operators(registry: Registry) -> Self {
        Self { registry, ..Self::default() }
    }

    /// The operators that expressions may use.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The names of the libraries that come with this crate.
    pub fn library_names() -> impl Iterator<Item = &'static str> {
        library::NAMES.iter().map(|(name, _)| *name)
    }

    /// Add a library of this crate. Adding it again changes nothing.
    pub fn with_library(self, name: &str) -> Result<Self, FeatureError> {
        if self.libraries.contains_key(name) {
            return Ok(self);
        }
        let Some((_, text)) = library::NAMES.iter().find(|(known, _)| *known == name) else {
            let known = Self::library_names().collect::<Vec<_>>().join(", ");
            let nearest = nearest(name, Self::library_names()).map(str::to_owned);
            return Err(FeatureError::UnknownLibrary { name: name.to_owned(), known, nearest });
        };
        self.with_file_text(name, text)
    }

    /// Add the definitions of a file of the form of the libraries; `file` names it in messages and selections.
    pub fn with_file_text(mut self, file: &str, text: &str) -> Result<Self, FeatureError> {
        let content = library::read(file, text)?;
        let mut names = Vec::with_capacity(content.definitions.len());
        for definition in content.definitions {
            names.push(definition.name.clone());
            self.add(definition)?;
        }
        let (description, known_flaws) = (content.description, content.known_flaws);
        self.libraries.insert(file.to_owned(), Library { description, names, known_flaws });
        Ok(self)
    }

    /// Add one expression.
    pub fn with(mut self, name: &str, expression: &str) -> Result<Self, FeatureError> {
        self.add(Definition {
            name: name.to_owned(),
            expression: expression.to_owned(),
            meaning: String::new(),
            source: String::new(),
            unit: String::new(),
            rows: None,
            origin: USER.to_owned(),
        })?;
        Ok(self)
    }

    fn add(&mut self, definition: Definition) -> Result<(), FeatureError> {
        let name = definition.name.clone();
        if name.trim().is_empty() {
            return Err(FeatureError::Name { name, reason: "it is empty" });
        }
        if name.chars().any(char::is_control) || name.contains(['$', '*']) {
            return Err(FeatureError::Name {
                name,
                reason: "`$`, `*` and control characters are not allowed",
            });
        }
        if let Some(Entry { definition: first, .. }) = self.entries.get(&name) {
            if first.says_the_same_as(&definition) {
                return Ok(());
            }
            let (first, second) = (first.origin.clone(), definition.origin);
            return Err(FeatureError::Duplicate { name, first, second });
        }
        let syntax =
            parse(&definition.expression).map_err(|fault| fault.within(&name, &definition.expression))?;
        let condition = definition.rows.as_ref().map(|text| Condition::read(&name, text)).transpose()?;
        self.entries.insert(name, Entry { definition, syntax, rows: condition });
        Ok(())
    }

    /// A definition by its name.
    pub fn definition(&self, name: &str) -> Option<&Definition> {
        self.entries.get(name).map(|entry| &entry.definition)
    }

    /// All definitions, in the order of their names.
    pub fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.entries.values().map(|entry| &entry.definition)
    }

    /// A library or file that was added, by its name.
    pub fn library(&self, name: &str) -> Option<&Library> {
        self.libraries.get(name)
    }

    pub(crate) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    pub(crate) fn unknown(&self, name: &str) -> FeatureError {
        let known = self.names().chain(self.libraries.keys().map(String::as_str));
        FeatureError::UnknownFeature {
            name: name.to_owned(),
            nearest: nearest(name, known).map(str::to_owned),
        }
    }

    /// The names that a selection stands for, each once, in its order: names of features, of libraries or files (all
    /// that they define, in their order), and patterns such as `mom_*` (in the order of names).
    pub fn select(&self, selection: &[&str]) -> Result<Vec<String>, FeatureError> {
        let mut selected = Vec::<String>::new();
        let mut seen = std::collections::BTreeSet::new();
        for &item in selection {
            let found: Vec<&str> = if let Some((name, _)) = self.entries.get_key_value(item) {
                vec![name]
            } else if let Some(library) = self.libraries.get(item) {
                library.names.iter().map(String::as_str).collect()
            } else {
                self.names().filter(|name| item.contains('*') && matches_pattern(item, name)).collect()
            };
            if found.is_empty() && !self.libraries.contains_key(item) {
                return Err(self.unknown(item));
            }
            selected
                .extend(found.into_iter().filter(|name| seen.insert(name.to_string())).map(str::to_owned));
        }
        Ok(selected)
    }

    /// The features of a selection (see [`Catalog::select`]), checked against the columns that there are.
    pub fn resolve(&self, selection: &[&str], schema: &Schema) -> Result<Vec<Feature>, FeatureError> {
        let mut resolver = Resolver::new(self, schema, Purpose::Feature);
        let mut features = Vec::new();
        for name in self.select(selection)? {
            let node = resolver.feature(&name)?;
            let expression = &self.entries[&name].definition.expression;
            features.push(Feature::new(&name, expression, resolver.graph().part(node)));
        }
        Ok(features)
    }

    /// The features of a selection that the columns suffice for, and why the others can't be had: for a library on data
    /// that lacks, say, sectors. The caller must say what is left out.
    pub fn resolve_available(&self, selection: &[&str], schema: &Schema) -> Result<Available, FeatureError> {
        let mut available = Available::default();
        for name in self.select(selection)? {
            match self.resolve(&[&name], schema) {
                Ok(found) => available.features.extend(found),
                Err(error) => available.left_out.push((name, error)),
            }
        }
        Ok(available)
    }

    /// A universe: a condition for each row, stored as 1 and 0. A comparison with a missing value is false, so that
    /// what isn't known to be eligible isn't.
    pub fn resolve_universe(
        &self,
        name: &str,
        expression: &str,
        schema: &Schema,
    ) -> Result<Feature, FeatureError> {
        let syntax = parse(expression).map_err(|fault| fault.within(name, expression))?;
        let span = syntax.span;
        let feature = self.resolve_one(name, expression, &syntax, schema, Purpose::Feature)?;
        if feature.value_type() == Type::Boolean {
            return Ok(feature);
        }
        let fault = Fault::new(span, "a universe is a condition, not a number");
        Err(fault.help("compare it, as in `$volume > 0`").within(name, expression).into())
    }

    /// An expression that may look ahead, such as `Ref($close, -2) / Ref($close, -1) - 1`.
    pub fn resolve_label(
        &self,
        name: &str,
        expression: &str,
        schema: &Schema,
    ) -> Result<LabelExpression, FeatureError> {
        let syntax = parse(expression).map_err(|fault| fault.within(name, expression))?;
        self.resolve_one(name, expression, &syntax, schema, Purpose::Label).map(LabelExpression)
    }

    fn resolve_one(
        &self,
        name: &str,
        expression: &str,
        syntax: &Syntax,
        schema: &Schema,
        purpose: Purpose,
    ) -> Result<Feature, FeatureError> {
        let mut resolver = Resolver::new(self, schema, purpose);
        let node = resolver.expression(name, expression, syntax)?;
        Ok(Feature::new(name, expression, resolver.graph().part(node)))
    }
}

impl Condition {
    fn read(name: &str, text: &str) -> Result<Self, FeatureError> {
        let place = format!("rows of {name}");
        let syntax = parse(text).map_err(|fault| fault.within(&place, text))?;
        Ok(Self { place, text: text.to_owned(), syntax })
    }
}

/// Whether a name fits a pattern in which `*` stands for any text.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts = parts.collect::<Vec<_>>();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "
features:
  - name: mom_5d
    expression: $close / Ref($close, 5) - 1
    meaning: Return over five sessions.
  - name: mom_5d_rank
    expression: CsRank(mom_5d)
";

    fn schema() -> Schema {
        Schema { fields: ["close".to_owned()].into(), ..Schema::default() }
    }

    fn catalog() -> Catalog {
        Catalog::new().with_file_text("mine.yaml", FILE).unwrap().with("plain", "$close").unwrap()
    }

    #[test]
    fn selects_names_files_and_patterns_each_once() {
        assert_eq!(catalog().select(&["mine.yaml", "plain"]).unwrap(), ["mom_5d", "mom_5d_rank", "plain"]);
        assert_eq!(catalog().select(&["mom_*", "mom_5d"]).unwrap(), ["mom_5d", "mom_5d_rank"]);
        assert_eq!(catalog().select(&["*_rank", "*"]).unwrap(), ["mom_5d_rank", "mom_5d", "plain"]);
        assert_eq!(catalog().resolve(&["mine.yaml"], &schema()).unwrap().len(), 2);
    }

    #[test]
    fn separates_what_the_data_suffices_for() {
        let catalog = catalog().with("ranked", "CsRank(mom_5d, by=sector)").unwrap();
        let Available { features, left_out } = catalog.resolve_available(&["*"], &schema()).unwrap();
        assert_eq!(
            features.iter().map(Feature::name).collect::<Vec<_>>(),
            ["mom_5d", "mom_5d_rank", "plain"]
        );
        assert_eq!(left_out[0].0, "ranked");
        assert!(left_out[0].1.to_string().contains("there is no category `sector`"));
    }

    #[test]
    fn names_the_nearest_of_unknown_names() {
        let message = |result: Result<Vec<String>, FeatureError>| result.unwrap_err().to_string();
        assert_eq!(
            message(catalog().select(&["mom_5"])),
            "there is no feature or library \"mom_5\"; did you mean \"mom_5d\"?"
        );
        assert!(message(catalog().select(&["zz*"])).starts_with("there is no feature or library \"zz*\""));
        let error = Catalog::new().with_library("tecnical").unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no library \"tecnical\"; the libraries are alpha158, alpha360, krx, technical; did you mean \"technical\"?"
        );
    }

    #[test]
    fn refuses_a_name_twice() {
        let error = catalog().with("mom_5d", "$close").unwrap_err().to_string();
        assert_eq!(
            error,
            "feature \"mom_5d\" is defined twice: in mine.yaml and in the study; rename one of them"
        );
        assert!(Catalog::new().with_library("technical").unwrap().with_library("technical").is_ok());
    }

    #[test]
    fn two_libraries_may_share_what_they_define_alike() {
        let mine =
            "features: [{name: mom_5d, expression: '$close/Ref($close,5)-1'}, {name: b, expression: mom_5d}]";
        let both = catalog().with_file_text("other.yaml", mine).unwrap();
        assert_eq!(both.select(&["other.yaml"]).unwrap(), ["mom_5d", "b"]);
        assert_eq!(both.definition("mom_5d").unwrap().origin, "mine.yaml");
        let over_rows = mine.replacen("features", "rows: $close > 1\nfeatures", 1);
        assert!(catalog().with_file_text("other.yaml", &over_rows).is_err());
    }

    #[test]
    fn refuses_names_that_cannot_be_columns() {
        for name in ["", " ", "a\nb", "$close", "a*"] {
            assert!(
                matches!(Catalog::new().with(name, "$close"), Err(FeatureError::Name { .. })),
                "{name:?}"
            );
        }
    }

    #[test]
    fn says_which_file_is_wrong_and_where() {
        let error = |text: &str| Catalog::new().with_file_text("mine.yaml", text).unwrap_err().to_string();
        let unknown_key = error("features:\n  - name: a\n    expresion: $close\n");
        assert!(unknown_key.contains("mine.yaml") && unknown_key.contains("expresion"), "{unknown_key}");
        assert!(error("features: [").contains("mine.yaml"));
        assert!(error("features:\n  - {name: a, expression: 'Mean('}").contains("--> a:1:5"));
        let template = |entry: &str| error(&format!("features:\n  - {{{entry}}}"));
        assert!(template("name: 'a{d}', expression: $close").contains("say `for:"));
        let unknown = template("for: {d: [5]}, name: 'a{d}', expression: 'Mean($close, {n})'");
        assert!(unknown.contains("entry \"a{d}\": `{n}` stands for nothing"), "{unknown}");
        let same = template("for: {d: [5]}, name: a, expression: 'Mean($close, {d})'");
        assert!(same.contains("`{d}` is not in the name"), "{same}");
    }

    #[test]
    fn an_entry_may_stand_for_several() {
        let file = "features: [{for: {d: [20, 5]}, name: 'm{d}', expression: 'Mean($close, {d})', meaning: '{d} sessions'}]";
        let catalog = Catalog::new().with_file_text("mine.yaml", file).unwrap();
        assert_eq!(catalog.select(&["mine.yaml"]).unwrap(), ["m20", "m5"]);
        let definition = catalog.definition("m5").unwrap();
        assert_eq!(
            (definition.expression.as_str(), definition.meaning.as_str()),
            ("Mean($close, 5)", "5 sessions")
        );
    }

    #[test]
    fn a_universe_is_a_condition() {
        let universe =
            catalog().resolve_universe("liquid", "($close > 5) & (mom_5d > 0)", &schema()).unwrap();
        assert_eq!(universe.value_type(), Type::Boolean);
        let error = catalog().resolve_universe("liquid", "$close", &schema()).unwrap_err().to_string();
        assert!(error.contains("a universe is a condition") && error.contains("--> liquid:1:1"), "{error}");
    }

    #[test]
    fn named_universes_stand_behind_within() {
        let catalog = catalog().with("liquid", "$close > 5").unwrap();
        let catalog = catalog.with("ranked", "CsRank($close, within=liquid)").unwrap();
        let features = catalog.resolve(&["ranked"], &schema()).unwrap();
        assert_eq!(features[0].canonical(), "CsRank@1($close,min=1.0,within=Gt@1($close,5.0))");
    }
}

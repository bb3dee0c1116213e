//! Catalogs: what is added, selected and refused.

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
    assert_eq!(features.iter().map(Feature::name).collect::<Vec<_>>(), ["mom_5d", "mom_5d_rank", "plain"]);
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
        "there is no library \"tecnical\"; the libraries are alpha158, alpha360, krx, krx_canonical, technical; did you mean \"technical\"?"
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
        assert!(matches!(Catalog::new().with(name, "$close"), Err(FeatureError::Name { .. })), "{name:?}");
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
    let universe = catalog().resolve_universe("liquid", "($close > 5) & (mom_5d > 0)", &schema()).unwrap();
    assert_eq!(universe.value_type(), ValueType::Boolean);
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

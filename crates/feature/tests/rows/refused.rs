//! What may not stand in a view, and in which words it is refused.

use backstaff_feature::{Catalog, FeatureError, Schema};

use crate::{compute, feature, market_of, of, same_bits};

/// What is underlined, the message and the help.
fn fault(error: FeatureError) -> (String, String, String) {
    match error {
        FeatureError::Expression(error) => (
            error.text()[error.span().range()].to_owned(),
            error.message().to_owned(),
            error.help().unwrap_or_default().to_owned(),
        ),
        other => panic!("{other}"),
    }
}

fn refused(text: &str) -> (String, String, String) {
    fault(feature(&Catalog::new().with("f", text).unwrap(), "f", &market_of(1)).unwrap_err())
}

fn refused_entry(file: &str, name: &str) -> (String, String, String) {
    let catalog = Catalog::new().with_file_text("mine.yaml", file).unwrap();
    fault(feature(&catalog, name, &market_of(1)).unwrap_err())
}

#[test]
fn refuses_cross_sections_in_a_view() {
    let (place, message, help) = refused("1 + Rows(Mean($close, 5) - CsMean($close), $volume > 0)");
    assert_eq!(
        (place.as_str(), message.as_str()),
        ("CsMean($close)", "`CsMean` compares instruments, which `Rows` can't")
    );
    assert!(help.contains("put the cross-section around it"), "{help}");
    let catalog = Catalog::new().with("r", "CsRank($close)").unwrap().with("s", "r * 2").unwrap();
    let catalog = catalog.with("f", "Rows(Mean(s, 5), $volume > 0)").unwrap();
    let (place, message, _) = fault(feature(&catalog, "f", &market_of(1)).unwrap_err());
    assert_eq!((place.as_str(), message.as_str()), ("s", "`s` compares instruments, which `Rows` can't"));
}

#[test]
fn refuses_views_in_views() {
    let (place, message, help) = refused("Rows(Rows($close, $close > 1), $volume > 0)");
    assert_eq!((place.as_str(), message.as_str()), ("Rows", "`Rows` stands in another one"));
    assert!(help.contains("join both conditions with `&`"), "{help}");
    let file = "{rows: $volume > 0, features: [{name: a, expression: 'CsRank(Rows($close, $close > 1))'}]}";
    let (place, message, help) = refused_entry(file, "a");
    assert_eq!(
        (place.as_str(), message.as_str()),
        ("Rows", "`Rows` stands in an entry that counts rows already")
    );
    assert!(help.contains("rows: all"), "{help}");
    let file = "{rows: $volume > 0, features: [{name: a, expression: $close, rows: $close > 1},
        {name: b, expression: 2 * a, rows: all}, {name: c, expression: 'CsRank(b)'}]}";
    let (place, message, _) = refused_entry(file, "c");
    assert_eq!((place.as_str(), message.as_str()), ("b", "`b` counts the rows of another condition"));
    // The same rows by name are no matter.
    let catalog = Catalog::new().with("a", "Rows(Mean($close, 5), $volume > 0)").unwrap();
    let catalog = catalog.with("b", "a * 2").unwrap().with("c", "Rows(Ref(b, 1), $volume > 0)").unwrap();
    let panel = market_of(1);
    let found = of(&[feature(&catalog, "c", &panel).unwrap()], &panel);
    assert!(same_bits(&found, &compute("Rows(Ref(Mean($close, 5) * 2, 1), $volume > 0)", &panel)));
}

#[test]
fn refuses_what_is_no_condition() {
    assert_eq!(refused("Rows($close, $volume)").0, "$volume");
    assert_eq!(refused("Rows($close)").1, "`Rows` needs a value for `where`");
    assert_eq!(refused("Rows($close, $volume > $clsoe)").0, "$clsoe");
    let file = |rows: &str| format!("features: [{{name: a, expression: $close, rows: '{rows}'}}]");
    let (place, message, help) = refused_entry(&file("$volume * 2"), "a");
    assert_eq!((place.as_str(), message.as_str()), ("$volume * 2", "`rows` needs a condition, not a number"));
    assert!(help.contains("or say `all`"), "{help}");
    let error = Catalog::new().with_file_text("mine.yaml", &file("$volume >")).unwrap_err().to_string();
    assert!(error.contains("--> rows of a:1:10"), "{error}");
    let error = refused_entry(&file("$vlume > 0"), "a");
    assert_eq!((error.0.as_str(), error.2.as_str()), ("$vlume", "did you mean `$volume`?"));
    let unknown = Catalog::new().with_file_text("mine.yaml", "{row: all, features: []}").unwrap_err();
    assert!(unknown.to_string().contains("row"), "{unknown}");
}

#[test]
fn nothing_looks_ahead_in_a_view() {
    let (place, message, _) = refused("Rows(Ref($close, -1), $volume > 0)");
    assert_eq!((place.as_str(), message.as_str()), ("Ref($close, -1)", "`Ref` looks 1 session ahead"));
    let schema = Schema::of(&market_of(1));
    let label = |text: &str| {
        let file = format!("{{features: [], targets: [{{name: y, expression: '{text}'}}]}}");
        let catalog = Catalog::new().with_file_text("mine.yaml", &file).unwrap();
        catalog.resolve_targets("mine.yaml", &schema).remove(0).1
    };
    let (place, message, help) = fault(label("Rows(Ref($close, -1), $volume > 0)").unwrap_err());
    assert_eq!(
        (place.as_str(), message.as_str()),
        ("Ref($close, -1)", "`Ref` looks ahead by rows, not sessions")
    );
    assert!(help.contains("outside of the view"), "{help}");
    assert_eq!(label("Ref(Rows(Mean($close, 5), $volume > 0), -2)").unwrap().look_ahead(), 2);
    assert_eq!(label("Rows($close, Ref($volume, -3) > 0)").unwrap().look_ahead(), 3);
}

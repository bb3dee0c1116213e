//! Expressions that are accepted, those that are refused and in which words, and their canonical form.

use proptest::prelude::*;

use crate::{Catalog, Feature, FeatureError, LookBack, Schema, ValueType};

fn schema() -> Schema {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    Schema {
        fields: names(&["open", "high", "low", "close", "volume", "pe ratio"]),
        categories: names(&["sector", "market"]),
        facts: names(&["eps_q", "sales_q", "equity_a"]),
        instruments: Some(names(&["SPY", "AAPL"])),
    }
}

fn resolve(text: &str) -> Result<Feature, FeatureError> {
    Catalog::new().with("f", text)?.resolve(&["f"], &schema()).map(|mut features| features.remove(0))
}

fn feature(text: &str) -> Feature {
    resolve(text).unwrap_or_else(|error| panic!("{error}"))
}

fn canonical(text: &str) -> String {
    feature(text).canonical().to_owned()
}

/// The underlined text, the message and the help of a fault.
fn fault(text: &str) -> (String, String, String) {
    match resolve(text) {
        Err(FeatureError::Expression(error)) => (
            error.text()[error.span().range()].to_owned(),
            error.message().to_owned(),
            error.help().unwrap_or_default().to_owned(),
        ),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn spells_everything_out() {
    assert_eq!(canonical("Mean($close, 20)"), "Mean@2($close,length=20.0,min=1.0)");
    assert_eq!(canonical("Mean($close, 4*5, min=1)"), canonical("Mean($close, 2e1)"));
    assert_eq!(canonical("Mean(length=20, x=$close)"), canonical("Mean($close, 20)"));
    assert_eq!(canonical("CsRank($close, by=sector)"), "CsRank@1($close,min=1.0,by=%sector)");
    assert_eq!(canonical("CsRank($close, by=$sector)"), canonical("CsRank($close, by=sector)"));
    assert_eq!(
        canonical("CsRank($close, by=sector, within=$volume > 0)"),
        "CsRank@1($close,min=1.0,within=Gt@1($volume,0.0),by=%sector)"
    );
    assert_eq!(canonical("${pe ratio}"), "${pe ratio}");
}

#[test]
fn orders_operands_only_where_that_is_exact() {
    assert_eq!(canonical("$close + $open"), canonical("$open + $close"));
    assert_eq!(canonical("$close * $open"), canonical("Mul($open, $close)"));
    assert_eq!(canonical("($open > 1) & ($close > 1)"), canonical("($close > 1) & ($open > 1)"));
    assert_ne!(canonical("$close - $open"), canonical("$open - $close"));
    assert_ne!(canonical("($open + $high) + $low"), canonical("$open + ($high + $low)"));
}

#[test]
fn writes_names_out() {
    let catalog = Catalog::new().with("r", "$close / Ref($close, 1) - 1").unwrap();
    let catalog =
        catalog.with("a", "Mean(r, 5)").unwrap().with("b", "Mean($close / Ref($close, 1) - 1, 5)").unwrap();
    let features = catalog.resolve(&["a", "b"], &schema()).unwrap();
    assert_eq!(features[0].canonical(), features[1].canonical());
    assert_eq!(features[0].expression(), "Mean(r, 5)");
}

#[test]
fn adds_up_look_back() {
    let look_back = |text| feature(text).look_back();
    assert_eq!(look_back("$close + 1"), LookBack::Sessions(0));
    assert_eq!(look_back("Mean(Ref($close, 5), 20) + Ref($open, 30)"), LookBack::Sessions(30));
    assert_eq!(look_back("Mean(CsRank(Mean($close, 3)), 4)"), LookBack::Sessions(5));
    assert_eq!(look_back("EMA($close, 12)"), LookBack::Recursive);
    assert_eq!(look_back("Mean($close, 0)"), LookBack::Recursive);
    assert_eq!(look_back("RSISimple($close, 14)"), LookBack::Sessions(14));
}

#[test]
fn knows_what_a_feature_reads() {
    let feature = feature("CsZScore(Mean($close / $open, 5), by=sector, within=$volume > 0)");
    assert_eq!(feature.fields().into_iter().collect::<Vec<_>>(), ["close", "open", "volume"]);
    assert_eq!(feature.categories().into_iter().collect::<Vec<_>>(), ["sector"]);
    assert!(feature.is_cross_sectional());
    assert_eq!(feature.value_type(), ValueType::Number);
}

#[test]
fn refuses_what_looks_ahead_and_shows_where() {
    let (place, message, _) = fault("$close / Mean(Ref($close, -2), 5)");
    assert_eq!(place, "Ref($close, -2)");
    assert!(message.contains("looks 2 sessions ahead"), "{message}");
    assert!(fault("Delta($close, -1)").1.contains("1 session ahead"));
}

#[test]
fn lets_a_label_look_ahead() {
    let label =
        Catalog::new().resolve_label("y", "Ref($close, -2) / Ref($close, -1) - 1", &schema()).unwrap();
    assert_eq!((label.look_ahead(), label.look_back()), (2, LookBack::Sessions(0)));
    let nested = Catalog::new().resolve_label("y", "Ref(Ref($close, -2), -3)", &schema()).unwrap();
    assert_eq!(nested.look_ahead(), 5);
}

#[test]
fn names_the_nearest_known() {
    assert_eq!(
        fault("Mean($clsoe, 5)"),
        ("$clsoe".into(), "there is no field `$clsoe`".into(), "did you mean `$close`?".into())
    );
    assert_eq!(fault("Maen($close, 5)").2, "did you mean `Mean`?");
    assert_eq!(fault("mean($close, 5)").2, "did you mean `Mean`?");
    assert_eq!(fault("Mean($close, 5, mim=3)").2, "did you mean `min`?");
    assert_eq!(fault("CsRank($close, by=sektor)").2, "did you mean `sector`?");
    assert_eq!(fault("close + 1").2, "a field is written with `$`: `$close`");
    assert_eq!(fault("sector").2, "a category stands behind `by=`: `by=sector`");
    assert!(fault("$zzz").2.starts_with("the fields are $close, $high"));
}

#[test]
fn checks_arity_and_parameters() {
    assert_eq!(fault("Mean($close)").1, "`Mean` needs a value for `length`");
    assert_eq!(fault("Mean($close)").2, "it is written `Mean(x, length, min=1)`");
    assert_eq!(fault("Abs($close, 1)").0, "1");
    assert_eq!(fault("Mean($close, 5, length=6)").1, "`length` of `Mean` is given twice");
    assert_eq!(fault("Mean($close, $open)").1, "`length` of `Mean` must be a number that is written here");
    assert_eq!(fault("CsZScore($close, 1, sector)").1, "`CsZScore` takes fewer values");
    for (text, place) in [
        ("Mean($close, -5)", "-5"),
        ("Mean($close, 2.5)", "2.5"),
        ("Std($close, 0.5)", "0.5"),
        ("Mean($close, 1e9)", "1e9"),
        ("Skew($close, 2)", "2"),
        ("Mean($close, 5, min=6)", "6"),
        ("Mean($close, 5, min=0)", "0"),
        ("EMAFirst($close, 0)", "0"),
        ("Quantile($close, 5, 1.5)", "1.5"),
        ("Ref($close, 0.5)", "0.5"),
        ("Clip($close, 2, 1)", "1"),
        ("CsQuantile($close, 1)", "1"),
        ("Mean($close, 0/0)", "0/0"),
        ("RSISimple($close, 0)", "0"),
    ] {
        assert_eq!(fault(text).0, place, "{text}");
    }
}

#[test]
fn checks_types() {
    assert_eq!(fault("$close & ($open > 1)").0, "$close");
    assert!(fault("$close > 1 & $open").2.contains("parentheses"));
    assert_eq!(fault("CsRank($close, within=$volume)").0, "$volume");
    assert_eq!(fault("CsRank($close, by=$close)").1, "`close` is a number, not a category");
    assert_eq!(fault("CsRank($close, by=$close > 1)").1, "`by=` needs the name of a category");
    assert_eq!(fault("Mean($sector, 5)").1, "`Mean` needs a number, not a category");
    assert_eq!(fault("$sector").1, "a category is not a value of a feature");
    assert_eq!(feature("0.5 * ($close > $open)").value_type(), ValueType::Number);
    assert_eq!(feature("If($close > 1, $open > 1, $low > 1)").value_type(), ValueType::Boolean);
    assert_eq!(feature("Mean($close > Ref($close, 1), 20)").value_type(), ValueType::Number);
}

#[test]
fn chooses_outputs_by_name() {
    assert_eq!(
        canonical("MACDFirst($close, 12, 26, 9).line"),
        canonical("EMAFirst($close, 12) - EMAFirst($close, 26)")
    );
    assert!(fault("MACDFirst($close, 12, 26, 9)").2.contains("`.line`, `.signal`, `.histogram`"));
    assert_eq!(fault("MACDFirst($close, 12, 26, 9).sgnal").0, "sgnal");
    assert!(fault("Mean($close, 5).line").1.contains("one output"));
    assert!(fault("$close.a").1.contains("no field `$close.a`"));
    assert!(fault("($close).a").1.contains("does not follow an operator"));
}

#[test]
fn names_instruments_in_quotes() {
    let change = canonical("ChangeInstrument('SPY', Mean($close, 5))");
    assert_eq!(change, "ChangeInstrument@1(Mean@2($close,length=5.0,min=1.0),instrument=\"SPY\")");
    assert_eq!(change, canonical("ChangeInstrument(x=Mean($close, 5), instrument=\"SPY\")"));
    assert_ne!(canonical("Mask($close, 'SPY')"), canonical("Mask($close, 'AAPL')"));
    assert!(feature("ChangeInstrument('SPY', $close)").is_cross_sectional());
    assert_eq!(
        fault("ChangeInstrument('SPI', $close)"),
        ("'SPI'".into(), "there is no instrument 'SPI'".into(), "did you mean `SPY`?".into())
    );
    assert!(fault("ChangeInstrument(SPY, $close)").1.contains("in quotes"));
    assert!(fault("Mean('SPY', 5)").1.contains("'SPY' in quotes is not a value"));
    assert!(fault("Mean($close, '5')").1.contains("must be a number"));
    assert_eq!(feature("ChangeInstrument('SPY', $close > 1)").value_type(), ValueType::Boolean);
    let open = Schema { instruments: None, ..schema() };
    assert!(Catalog::new().with("f", "Mask($close, 'X')").unwrap().resolve(&["f"], &open).is_ok());
}

#[test]
fn chooses_among_words() {
    assert_eq!(canonical("CsRank($close, ties='average')"), canonical("CsRank($close)"));
    assert_eq!(canonical("CsRank($close, ties='min')"), "CsRank@1($close,min=1.0,ties='min')");
    assert_eq!(fault("CsRank($close, ties='averge')").2, "did you mean `average`?");
    assert_eq!(fault("CsRank($close, ties='median')").0, "'median'");
    assert!(fault("CsRank($close, ties=min)").1.contains("must be one of 'average', 'min'"));
    assert!(fault("CsRank($close, 1, 2, 3)").2.contains("ties='average'|'min'|'max'|'first'|'dense'"));
}

#[test]
fn takes_as_many_exposures_as_there_are() {
    let one = canonical("CsNeutralize($close, $open, by=sector)");
    assert_eq!(one, "CsNeutralize@1($close,$open,min=1.0,by=%sector)");
    assert_eq!(one, canonical("CsNeutralize($close, y3=$open, by=sector)"));
    assert_eq!(canonical("CsNeutralize($close)"), "CsNeutralize@1($close,min=1.0)");
    assert!(fault("CsNeutralize($close, $sector)").2.contains("behind `by=`"));
}

#[test]
fn reads_facts_over_periods_only() {
    let ttm = feature("$close / P(Sum($$eps_q, 4))");
    assert_eq!(ttm.facts().into_iter().collect::<Vec<_>>(), ["eps_q"]);
    assert_eq!(ttm.fields().into_iter().collect::<Vec<_>>(), ["close"]);
    assert_eq!(ttm.canonical(), "Div@1($close,P@2(Sum@2($$eps_q,length=4.0,min=1.0),stale=0.0))");
    assert_eq!(canonical("PRef($$eps_q, 202003)"), "PRef@2($$eps_q,period=202003.0)");
    assert_eq!(ttm.look_back(), LookBack::Sessions(0));
    assert!(!ttm.is_cross_sectional());
    assert_eq!(
        fault("$$eps_q / $close"),
        (
            "$$eps_q".into(),
            "`$$eps_q` has periods, not sessions".into(),
            "point-in-time facts need `P(...)`, as in `P($$eps_q)`".into()
        )
    );
    for (text, place, message) in [
        ("P($$esp_q)", "$$esp_q", "there is no fact `$$esp_q`"),
        ("P($$eps_q / $close)", "$close", "`$close` has sessions, but what stands in `P` has periods"),
        ("P(CsRank($$eps_q))", "CsRank($$eps_q)", "`CsRank` compares instruments"),
        ("P(Mask($$eps_q, 'SPY'))", "Mask($$eps_q, 'SPY')", "`Mask` compares instruments"),
        ("P(P($$eps_q))", "P", "`P` stands in another operator over periods"),
        ("P(Ref($$eps_q, -1))", "Ref($$eps_q, -1)", "ahead"),
        (
            "P($$eps_q / $$equity_a)",
            "P($$eps_q / $$equity_a)",
            "`$$eps_q` is quarterly and `$$equity_a` is annual",
        ),
        ("P(1 + 2)", "P(1 + 2)", "no fact with a publication day"),
        ("PRef($$eps_q, 202005)", "202005", "there is no period 202005"),
        ("PRef($$equity_a, 202003)", "202003", "there is no period 202003"),
        ("P(Rows($$eps_q, $$eps_q > 0))", "Rows", "`Rows` counts sessions"),
    ] {
        let (found_place, found, _) = fault(text);
        assert_eq!(found_place, place, "{text}");
        assert!(found.contains(message), "{text}: {found}");
    }
    let label = Catalog::new().resolve_label("y", "P(Ref($$eps_q, -1))", &schema()).unwrap_err().to_string();
    assert!(label.contains("periods that are not known yet"), "{label}");
}

#[test]
fn names_among_periods_must_not_have_sessions() {
    let catalog = Catalog::new().with("c", "$close + 1").unwrap().with("two", "1 + 1").unwrap();
    let catalog = catalog.with("a", "P($$eps_q * two)").unwrap().with("b", "P($$eps_q * c)").unwrap();
    assert!(catalog.resolve(&["a"], &schema()).is_ok());
    let error = catalog.resolve(&["b"], &schema()).unwrap_err().to_string();
    assert!(error.contains("`c` has sessions"), "{error}");
}

#[test]
fn shows_faults_of_an_expansion_at_the_call() {
    let (place, message, _) =
        fault("1 + BandsSample($close, 20, 2).upper + ATRSimple($high, $low, $close, 5, min=6)");
    assert_eq!(place, "ATRSimple($high, $low, $close, 5, min=6)");
    assert!(message.contains("6 observations"), "{message}");
}

#[test]
fn shows_the_circle_of_names() {
    let catalog = Catalog::new().with("a", "b + 1").unwrap().with("b", "Mean(c, 5)").unwrap();
    let catalog = catalog.with("c", "CsRank(a)").unwrap().with("d", "a").unwrap();
    let error = catalog.resolve(&["d"], &schema()).unwrap_err();
    assert_eq!(error.to_string(), "features use each other in a circle: a -> b -> c -> a");
    let own = Catalog::new().with("a", "a + 1").unwrap().resolve(&["a"], &schema()).unwrap_err();
    assert_eq!(own.to_string(), "features use each other in a circle: a -> a");
}

#[test]
fn follows_long_chains_of_names() {
    let mut catalog = Catalog::new().with("x0", "$close").unwrap();
    for n in 1..5000 {
        catalog = catalog.with(&format!("x{n}"), &format!("Abs(x{})", n - 1)).unwrap();
    }
    assert!(catalog.resolve(&["x1000"], &schema()).is_ok());
}

#[test]
fn refuses_names_that_stand_for_endless_text() {
    let mut catalog = Catalog::new().with("x0", "$close").unwrap();
    for n in 1..64 {
        catalog = catalog.with(&format!("x{n}"), &format!("x{} + Abs(x{0})", n - 1)).unwrap();
    }
    let error = catalog.resolve(&["x63"], &schema()).unwrap_err().to_string();
    assert!(error.contains("too long once all names are written out"), "{error}");
}

#[test]
fn shows_the_fault_in_the_text_of_the_feature_that_has_it() {
    let catalog = Catalog::new().with("inner", "Mean($clse, 5)").unwrap().with("outer", "inner * 2").unwrap();
    let error = catalog.resolve(&["outer"], &schema()).unwrap_err().to_string();
    assert!(error.contains("--> inner:1:6"), "{error}");
}

proptest! {
    #[test]
    fn never_panics_on_likely_expressions(parts in prop::collection::vec(prop::sample::select(vec![
        "Mean(", "CsRank(", "If(", "MACDFirst(", "Ref(", ")", ")", "$close", "$volume", ",", ",", "20", "0", "-1",
        "0.5", "min=", "by=", "within=", "sector", " + ", " * ", " > ", " & ", "~", ".line", "f", "(",
    ]), 0..24)) {
        let _ = resolve(&parts.concat()).map_err(|error| error.to_string());
    }
}

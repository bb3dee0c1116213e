//! Keys between the files of single computations: what is told in text and JSON, and the options that mend it.

mod support;

use support::Workplace;

/// The market of the tests, with a table of facts and one of sectors whose names have a suffix.
fn place() -> Workplace {
    let place = Workplace::new();
    let names = (0..10).map(|n| format!("S{n:02}.US")).collect::<Vec<_>>();
    let rows = |row: fn(&String) -> String| names.iter().map(row).collect::<Vec<_>>().concat();
    let facts = rows(|name| format!("{name},2009Q4,2010-02-15,1.5\n"));
    place.write("facts.csv", &format!("symbol,period,known_at,eps\n{facts}"));
    place.write("sectors.csv", &format!("symbol,sector\n{}", rows(|name| format!("{name},Energy\n"))));
    place
}

#[test]
fn compute_and_factor_tell_how_instruments_met_and_take_the_rule() {
    let place = place();
    let compute = ["compute", "--data", "prices.csv", "--facts", "facts.csv", "--feature", "e=P($$eps_q)"];
    let compute = [&compute[..], &["--out", "out.parquet"]].concat();
    let factor = ["factor", "--data", "prices.csv", "--facts", "facts.csv", "P($$eps_q) * $close"];
    let sectors =
        ["factor", "--data", "prices.csv", "--attributes", "sectors.csv", "$close / Ref($close, 5)"];
    for verb in [&compute[..], &factor, &sectors] {
        let (code, message) = place.failure(verb);
        let advice = "10 names more would meet with `--instrument-names '{strip_suffix: [\".US\"]}'`";
        assert!(code == 5 && message.contains(advice) && message.contains("--allow-unmatched"), "{message}");
        let mended = [verb, &["--instrument-names", "{strip_suffix: [\".US\"]}"]].concat();
        let text = String::from_utf8_lossy(&place.output(&mended).stdout).into_owned();
        assert!(text.contains("joined: --") && text.contains("10 of 10 instruments"), "{text}");
        let told = place.json(&mended);
        let matches = if verb[0] == "compute" { &told["matches"] } else { &told["data"]["matches"] };
        assert_eq!(matches[0]["met"], 10, "{told}");
    }
    let told = place.json(&[&compute[..], &["--allow-unmatched"]].concat());
    assert_eq!(
        (&told["matches"][0]["met"], &told["matches"][0]["only_table"]["count"]),
        (&0.into(), &10.into())
    );
    assert!(told["warnings"][0].as_str().is_some_and(|text| text.contains("0 of 10 instruments")), "{told}");
    let (code, message) = place.failure(&["prove", "study.yaml", "--allow-unmatched"]);
    assert!(code != 0 && message.contains("instrument_names"), "{message}");
}

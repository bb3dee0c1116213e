//! How names meet, and what would mend them.

use std::path::Path;

use super::{
    matched::{Match, Pair},
    name_rule::NameRule,
};

fn matched(prices: &[&str], table: &[&str]) -> Match {
    let at = ("data.facts", Path::new("facts.csv"));
    Match::of(Pair::Facts, at, prices.iter().copied(), table.iter().copied())
}

#[test]
fn a_rule_is_proposed_for_the_spelling_of_vendors_and_mends_it() {
    let kr: [&str; 4] = ["005930", "000660", "373220", "035720"];
    let us: [&str; 4] = ["AAPL", "BRK.B", "MSFT", "XOM"];
    for (prices, table, advice) in [
        (&kr, &["5930", "660", "373220", "35720"], "{pad: 6}` under data.facts"),
        (&["5930", "660", "373220", "35720"], &kr, "{pad: 6}` under data.prices"),
        (&kr, &["A005930", "A000660", "A373220", "A035720"], "{strip_prefix: [\"A\"]}` under data.facts"),
        (&["A005930", "A000660", "A373220", "A035720"], &kr, "{strip_prefix: [\"A\"]}` under data.prices"),
        (
            &kr,
            &["005930.KS", "000660.KS", "373220.KS", "035720.KQ"],
            "{strip_suffix: [\".KQ\", \".KS\"]}` under data.facts",
        ),
        (
            &kr,
            &["5930.0", "660.0", "373220.0", "35720.0"],
            "{strip_suffix: [\".0\"], pad: 6}` under data.facts",
        ),
        (
            &kr,
            &["KRX:005930", "KRX:000660", "KRX:373220", "KRX:035720"],
            "{strip_prefix: [\"KRX:\"]}` under data.facts",
        ),
        (
            &kr,
            &["=\"005930\"", "=\"000660\"", "=\"373220\"", "=\"035720\""],
            "strip_prefix: [\"=\\\"\"], strip_suffix: [\"\\\"\"]}` under data.facts",
        ),
        (&us, &["aapl", "brk.b", "msft", "xom"], "{upper_case: true}` under data.facts"),
        (&["aapl", "brk.b", "msft", "xom"], &us, "{upper_case: true}` under data.prices"),
        (&us, &["AAPL", "BRK-B", "MSFT", "XOM"], "{replace: {\"-\": \".\"}}` under data.facts"),
        (
            &us,
            &["AAPL US Equity", "BRK.B US Equity", "MSFT US Equity", "XOM US Equity"],
            "{strip_suffix: [\" US Equity\"]}` under data.facts",
        ),
        (
            &us,
            &["AAPL.O", "BRK.B.N", "MSFT.O", "XOM.N"],
            "{strip_suffix: [\".N\", \".O\"]}` under data.facts",
        ),
        (
            &["SH600000", "SZ000001", "SZ000002", "SH600004"],
            &["600000", "1", "2", "600004"],
            "`instrument_names: {pad: 6}` under data.facts and `instrument_names: {strip_prefix: [\"SH\", \"SZ\"]}` under data.prices",
        ),
        (
            &["600000.SH", "000001.SZ", "000002.SZ", "600004.SH"],
            &["sh600000", "sz000001", "sz000002", "sh600004"],
            "{strip_prefix: [\"sh\", \"sz\"]}` under data.facts and `instrument_names: {strip_suffix: [\".SH\", \".SZ\"]}` under data.prices",
        ),
    ] {
        let found = matched(prices, table);
        let told = found.advice();
        assert!(told.contains(advice), "{table:?} for {prices:?}: {told}");
        let mend = found.mend.as_ref().unwrap();
        let rewritten = |names: &[&str], rule: &NameRule| {
            names.iter().map(|name| rule.apply(name).into_owned()).collect::<Vec<_>>()
        };
        let (prices, table) = (rewritten(prices, &mend.prices), rewritten(table, &mend.table));
        assert_eq!(prices, table);
        // The words of the advice are read as the rule that they tell.
        let rule = mend.table.with(&mend.prices);
        assert_eq!(rule.to_string().parse::<NameRule>().unwrap(), rule);
    }
}

#[test]
fn no_rule_is_proposed_where_names_are_others_or_would_become_one() {
    for found in [
        matched(&["AAPL", "MSFT", "XOM"], &["SAP", "BMW", "ALV"]),
        matched(&["AAPL", "BAC", "XOM"], &["AAPL", "XOM", "BAC", "BAC.PR.L", "BA"]),
        matched(&["BRKA", "brka"], &["BRKa", "BRKA"]),
        matched(&["600000", "000001"], &["600000.SH", "000001.SH", "000001.SZ", "600000.SZ"]),
        matched(&[], &["A"]),
        matched(&["A"], &[]),
    ] {
        assert_eq!(found.mend, None, "{found}");
    }
}

#[test]
fn lost_zeros_of_some_rows_are_found_though_every_instrument_has_a_partner() {
    let found = matched(&["005930", "000660"], &["005930", "000660", "5930"]);
    assert_eq!((found.share(), found.only_table.count), (1.0, 1));
    assert!(found.is_doubtful() && !found.is_refused());
    assert!(found.advice().contains("1 name more would meet with `instrument_names: {pad: 6}`"), "{found}");
}

#[test]
fn counts_both_sides_and_judges_the_one_that_needs_partners() {
    let of_market = (0..100).map(|n| format!("S{n:03}")).collect::<Vec<_>>();
    let study = of_market.iter().take(3).map(String::as_str).chain(["ZZZ"]).collect::<Vec<_>>();
    let found = matched(&study, &of_market.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((found.met, found.only_prices.count, found.only_table.count), (3, 1, 97));
    assert_eq!((found.share(), found.is_doubtful(), found.is_refused()), (0.75, true, false));
    assert_eq!(
        found.to_string(),
        "data.facts (facts.csv): 3 of 4 instruments of the prices are in the table; 1 that the table has not: `ZZZ`; \
         97 that the prices have not: `S003`, `S004`, `S005`, `S006`, `S007` and 92 more"
    );
    let at = ("delistings", Path::new("gone.csv"));
    let few = Match::of(Pair::Delistings, at, of_market.iter().map(String::as_str), ["S001", "S002", "X"]);
    assert!((few.share() - 2.0 / 3.0).abs() < 1e-12 && few.is_doubtful() && !few.is_refused());
    assert!(Match::of(Pair::Delistings, at, ["A"], []).share() == 1.0);
    assert!(matched(&["A"], &[]).is_refused());
    assert!(!matched(&["A", "B"], &["A"]).is_refused(), "half is not less than half");
}

#[test]
fn a_rule_does_its_parts_in_order() {
    let rule: NameRule =
        "{upper_case: true, strip_prefix: [s, sh], strip_suffix: .x, replace: {'.': '-'}, pad: 4}"
            .parse()
            .unwrap();
    for (name, expected) in
        [("sh12.x", "0012"), ("S7", "0007"), ("ab.c", "AB-C"), ("12345", "12345"), (".x", "-X"), ("sh", "H")]
    {
        assert_eq!(rule.apply(name), expected, "{name}");
    }
    assert!(NameRule::default().is_idle() && NameRule::default().apply("a") == "a");
    assert!("{padd: 6}".parse::<NameRule>().unwrap_err().contains("{pad: 6}"));
}

//! Tables of published values.

use std::fs;

use backstaff_panel::{Fact, Facts, Frequency, Instrument};

use super::fact_source::{FactSource, FactsByName, ReadFacts};
use crate::error::SourceError;

fn read(text: &str) -> Result<FactsByName, SourceError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("facts.csv");
    fs::write(&path, text).unwrap();
    Ok(FactSource::new(path).read()?.facts)
}

fn shown(facts: &Facts, name: &str) -> Vec<(String, u32, f64)> {
    let code = |fact: &Fact| facts.frequency().code(fact.period);
    let facts = facts.of(&Instrument::new(name)).iter();
    facts.map(|fact| (fact.known.to_string(), code(fact), fact.value)).collect()
}

#[test]
fn reads_a_column_for_each_quantity() {
    let text = "Ticker,period,filing_date,EPS,Total Assets\nA,2020Q1,2020-05-01,1.5,\nA,202001,2020-06-30,1.25,9e9\n\
                B,2019,2020-03-01 17:30:00,,5\n";
    let facts = read(text).unwrap();
    assert_eq!(facts.keys().collect::<Vec<_>>(), ["eps_q", "total_assets_a", "total_assets_q"]);
    assert_eq!(
        shown(&facts["eps_q"], "A"),
        [("2020-05-01".into(), 202_001, 1.5), ("2020-06-30".into(), 202_001, 1.25)]
    );
    // What came with a time of day counts from the next day on.
    assert_eq!(shown(&facts["total_assets_a"], "B"), [("2020-03-02".into(), 2019, 5.0)]);
}

#[test]
fn reads_a_long_table() {
    let text =
        "instrument,field,period,known_at,value\nA,roe_q,202002,20200801,0.1\nA,roe,202001,20200501,0.2\n";
    let facts = read(text).unwrap();
    assert_eq!(facts.len(), 1);
    assert_eq!(
        shown(&facts["roe_q"], "A"),
        [("2020-05-01".into(), 202_001, 0.2), ("2020-08-01".into(), 202_002, 0.1)]
    );
}

#[test]
fn refuses_what_would_look_ahead_or_cannot_be_read() {
    let message = |text: &str| read(text).unwrap_err().to_string();
    assert!(message("symbol,period,eps\nA,202001,1\n").contains("has no known_at column"));
    assert!(
        message("symbol,period,known_at,eps\nA,202005,20200101,1\n").contains("\"202005\" is not a period")
    );
    assert!(message("symbol,period,known_at,eps\nA,202001,soon,1\n").contains("\"soon\" is not a date"));
    assert!(message("symbol,period,known_at,eps\nA,202001,,1\n").contains("day of publication is empty"));
    assert!(
        message("symbol,period,known_at,eps\nA,202001,20200501,1\nA,202002,20200801,x\n")
            .contains("\"x\" is not a number")
    );
}

fn source(text: &str, change: impl FnOnce(&mut FactSource)) -> Result<ReadFacts, SourceError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("facts.csv");
    fs::write(&path, text).unwrap();
    let mut source = FactSource::new(path);
    change(&mut source);
    source.read()
}

#[test]
fn counts_a_stated_lag_from_the_end_of_the_period() {
    let text = "ticker,Period Ending,net income,sector\nA,2015-09-26,5,Tech\nA,2016-01-02,6,Tech\n";
    let read = source(text, |source| {
        source.lag_days = Some(90);
        source.frequency = Some(Frequency::Annual);
    });
    let read = read.unwrap();
    let shown = shown(&read.facts["net_income_a"], "A");
    // A year that ends on the second of January is the one before.
    assert_eq!(shown[0], ("2015-12-25".into(), 2015, 5.0));
    assert_eq!(shown[1], ("2016-04-01".into(), 2015, 6.0));
    assert!(read.left_out[0].contains("columns without numbers are no facts: sector"), "{:?}", read.left_out);
}

#[test]
fn counts_fiscal_quarters_and_leaves_out_other_currencies_and_what_is_known_too_early() {
    let text = "symbol,fiscal_date,fiscal_month,available,currency,item,value\n\
                A,2020-06-30,3,2020-08-16,KRW,sales,1\n\
                A,2020-06-30,3,2020-08-16,USD,sales,2\n\
                B,2020-06-30,12,2020-05-16,KRW,sales,3\n\
                B,2020-06-30,12,2020-08-16,KRW,other,4\n";
    let read = source(text, |source| {
        source.mapping.0.insert("available".to_owned(), "known_at".to_owned());
        source.frequency = Some(Frequency::Quarterly);
        source.currency = Some("KRW".to_owned());
        source.fields = Some(["sales".to_owned()].into());
    });
    let read = read.unwrap();
    assert_eq!(shown(&read.facts["sales_q"], "A"), [("2020-08-16".into(), 202_101, 1.0)]);
    assert!(read.facts.len() == 1 && read.facts["sales_q"].of(&Instrument::new("B")).is_empty());
    assert_eq!(read.left_out.len(), 2);
    assert!(
        read.left_out[0].contains("1 row left out, known before the period had ended"),
        "{:?}",
        read.left_out
    );
    assert!(read.left_out[1].ends_with("1 rows left out in USD"), "{:?}", read.left_out);
}

#[test]
fn says_what_to_write_where_a_table_does_not_say_it() {
    let message = |text: &str, change: fn(&mut FactSource)| source(text, change).unwrap_err().to_string();
    let ends = "symbol,period_end,x\nA,2020-06-30,1\n";
    assert!(message(ends, |_| ()).contains("`frequency: quarterly` or `frequency: annual`"));
    assert!(message(ends, |source| source.frequency = Some(Frequency::Annual)).contains("`lag_days: 90`"));
    assert!(
        message(ends, |source| source.frequency = Some(Frequency::Quarterly))
            .contains("`fiscal_year_end: 12`")
    );
    let both = "symbol,period_end,filed,x\nA,2020-06-30,2020-08-01,1\n";
    let lagged = |source: &mut FactSource| {
        (source.frequency, source.lag_days) = (Some(Frequency::Annual), Some(90));
    };
    assert!(message(both, lagged).contains("leave out `lag_days`"));
    let written = "symbol,period,x\nA,2020,1\n";
    assert!(message(written, |source| source.lag_days = Some(9)).contains("no column `period_end`"));
    let field = |source: &mut FactSource| {
        (source.frequency, source.fields) = (None, Some(["sale".to_owned()].into()));
    };
    let known = "symbol,period,filed,sales\nA,2020,2020-05-05,1\n";
    assert!(message(known, field).contains("did you mean \"sales\"?"));
}

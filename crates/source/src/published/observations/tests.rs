//! Tables of dated series.

use std::fs;

use backstaff_panel::{Facts, Frequency};

use super::{
    lag::Lag,
    series_source::{Lags, ReadSeries, SeriesSource},
};
use crate::error::SourceError;

fn read(text: &str, change: impl FnOnce(&mut SeriesSource)) -> Result<ReadSeries, SourceError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("macro.csv");
    fs::write(&path, text).unwrap();
    let mut source = SeriesSource::new(path);
    change(&mut source);
    source.read()
}

fn shown(facts: &Facts) -> Vec<(u32, String, f64)> {
    let facts = facts.of_market().unwrap().iter();
    facts.map(|fact| (Frequency::Dated.code(fact.period), fact.known.to_string(), fact.value)).collect()
}

#[test]
fn reads_a_long_table_with_the_usual_lags() {
    let text = "date,series,value\n2020-03-13,VIX,57.8\n2020-03-13,DGS10,0.94\n2020-03-16,DGS10,.\n2020-02-01,CPIAUCSL,259\n";
    let read = read(text, |_| ()).unwrap();
    assert_eq!(read.facts.keys().collect::<Vec<_>>(), ["cpiaucsl_d", "dgs10_d", "vix_d"]);
    assert_eq!(shown(&read.facts["vix_d"]), [(20_200_313, "2020-03-13".into(), 57.8)]);
    assert_eq!(shown(&read.facts["dgs10_d"]), [(20_200_313, "2020-03-16".into(), 0.94)]);
    assert_eq!(shown(&read.facts["cpiaucsl_d"]), [(20_200_201, "2020-04-01".into(), 259.0)]);
    assert!(read.lags.iter().any(|(name, lag, _)| name == "CPIAUCSL" && *lag == Lag::Days(60)));
}

#[test]
fn reads_a_wide_table_with_days_of_publication() {
    let text = "Date,known_at,GDP Growth,other\n2020-01-01,2020-04-29,1.5,1\n2020-01-01,2020-05-28 08:30:00,1.25,2\n\
                2020-04-01,2020-01-01,9,3\n";
    let read = read(text, |source| source.names = Some(["gdp_growth".to_owned()].into())).unwrap();
    assert_eq!(read.facts.len(), 1);
    let expected = [(20_200_101, "2020-04-29".into(), 1.5), (20_200_101, "2020-05-29".into(), 1.25)];
    assert_eq!(shown(&read.facts["gdp_growth_d"]), expected);
    assert!(read.left_out[0].contains("1 values left out, known before their date"), "{:?}", read.left_out);
}

#[test]
fn an_unknown_series_needs_a_stated_lag() {
    let text = "date,series,value\n2020-03-13,OURS,1\n2020-03-13,VIX,2\n";
    let error = read(text, |_| ()).unwrap_err().to_string();
    assert!(error.contains("lag: { OURS: next_business_day }"), "{error}");
    let lags = [("ours".to_owned(), Lag::Days(3))].into();
    let read = read(text, |source| source.lags = Lags::By(lags)).unwrap();
    assert_eq!(shown(&read.facts["ours_d"])[0].1, "2020-03-16");
    assert_eq!(shown(&read.facts["vix_d"])[0].1, "2020-03-13");
}

#[test]
fn names_what_is_not_there() {
    let text = "date,series,value\n2020-03-13,VIX,2\n";
    let error = read(text, |source| source.names = Some(["VIXX".to_owned()].into())).unwrap_err();
    assert!(error.to_string().contains("no value of a series \"VIXX\""), "{error}");
    assert!("soon".parse::<Lag>().unwrap_err().contains("30 days"));
}

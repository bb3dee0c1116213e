use std::num::NonZeroU32;

use backstaff_panel::{Calendar, Categories, Column, Session};

use super::*;

const NAN: f64 = f64::NAN;

/// Seven instruments in the first session, three of them in the second; by session, the rows are these.
const ROWS: [u32; 10] = [0, 2, 4, 6, 7, 8, 9, 1, 3, 5];
const RETURNS: [f64; 10] = [0.10, -0.90, 0.02, 0.02, -0.05, 0.80, 0.30, 0.01, -0.02, 0.05];
const BETAS: [f64; 10] = [1.0, 0.5, 1.5, -1.0, NAN, 2.0, 0.0, 1.0, 1.0, 2.0];
const SECTORS: [u32; 10] = [0, 0, 1, 1, 1, 0, 2, 0, 0, Categories::MISSING];

/// Values that are given by session, one a row of the axis.
fn by_row<T: Copy + Default>(values: [T; 10]) -> Vec<T> {
    let mut out = vec![T::default(); 10];
    for (row, value) in ROWS.iter().zip(values) {
        out[*row as usize] = value;
    }
    out
}

fn labels() -> Labels {
    let calendar = Calendar::new((0..2).map(Session::from_number).collect());
    let lives = ["A", "B", "C", "D", "E", "F", "G"].iter().enumerate();
    let lives = lives.map(|(i, &name)| (name.into(), 0..if i < 3 { 2 } else { 1 })).collect();
    Labels {
        axis: Arc::new(Axis::new(calendar, lives)),
        execution: Execution::Open,
        horizon: NonZeroU32::MIN,
        values: by_row(RETURNS),
        spans: vec![LabelSpan { entry: 1, exit: 2 }; 10],
        counts: LabelCounts::default(),
    }
}

fn sectors() -> Categories {
    Categories::new(by_row(SECTORS), ["x", "y", "z"].map(str::to_owned).to_vec())
}

fn agree(target: Target, known: Known<'_>, expected: [f64; 10]) {
    let found = labels().target(&ROWS, &target, &known);
    for (found, expected) in found.iter().zip(expected) {
        let same = (found - expected).abs() < 1e-15 || found.is_nan() && expected.is_nan();
        assert!(same, "{found} is not {expected} in {target:?}");
    }
}

fn cut(basis: Basis, market: MarketReturn, form: TargetForm) -> Target {
    Target { basis, market, form, clip: Some(0.5), limit: None }
}

// The expected values are those of pandas 3.1: groupby of the session, and of session and sector.

#[test]
fn an_excess_is_over_the_median_of_the_cut_returns() {
    agree(
        cut(Basis::Excess, MarketReturn::Median, TargetForm::Value),
        Known::default(),
        [0.08, -0.52, 0.0, 0.0, -0.07, 0.48, 0.28, 0.0, -0.03, 0.04],
    );
}

#[test]
fn a_residual_is_what_beta_leaves_and_its_rank_passes_over_the_missing() {
    let betas = Column::F64(by_row(BETAS));
    let known = Known { beta: Some(&betas), ..Known::default() };
    let residuals = [0.08, -0.51, -0.01, 0.04, NAN, 0.46, 0.3, 0.0, -0.03, 0.03];
    agree(cut(Basis::Residual, MarketReturn::Median, TargetForm::Value), known, residuals);
    let ranks = [4.0 / 6.0, 1.0 / 6.0, 2.0 / 6.0, 3.0 / 6.0, NAN, 1.0, 5.0 / 6.0, 2.0 / 3.0, 1.0 / 3.0, 1.0];
    agree(cut(Basis::Residual, MarketReturn::Median, TargetForm::PercentRank), known, ranks);
}

/// DIFFERENCE: pandas ranks the only member of a sector 1; here nobody is better than nobody.
#[test]
fn ranks_within_a_sector_need_a_second_member() {
    let sectors = sectors();
    let known = Known { within: Some(&sectors), ..Known::default() };
    let third = 1.0 / 3.0;
    let ranks = [2.0 * third, third, 2.5 * third, 2.5 * third, third, 1.0, NAN, 1.0, 0.5, NAN];
    agree(cut(Basis::Return, MarketReturn::Mean, TargetForm::PercentRank), known, ranks);
}

#[test]
fn scores_are_cut_at_their_limit() {
    let target = Target { limit: Some(1.0), ..cut(Basis::Return, MarketReturn::Mean, TargetForm::ZScore) };
    let scores = [
        0.142_245_241_788_447_33,
        -1.0,
        -0.114_713_904_668_102_68,
        -0.114_713_904_668_102_68,
        -0.339_553_157_817_583_94,
        1.0,
        0.784_643_107_929_822_3,
        -0.094_915_799_575_249_93,
        -0.949_157_995_752_499_2,
        1.0,
    ];
    agree(target, Known::default(), scores);
}

#[test]
fn a_neutral_score_is_that_of_the_return_less_its_sector() {
    let sectors = sectors();
    let known = Known { neutral: Some(&sectors), ..Known::default() };
    let half = 0.5_f64.sqrt();
    let scores = [
        0.208_755_074_930_176_5,
        -1.670_040_599_441_411_6,
        0.073_064_276_225_561_76,
        0.073_064_276_225_561_76,
        -0.146_128_552_451_123_52,
        1.461_285_524_511_235_3,
        NAN,
        half,
        -half,
        NAN,
    ];
    agree(cut(Basis::Return, MarketReturn::Mean, TargetForm::ZScore), known, scores);
}

#[test]
fn a_logarithm_keeps_the_sign() {
    let logs = RETURNS.map(|value: f64| value.abs().ln_1p().copysign(value));
    agree(Target::of_return(TargetForm::Log), Known::default(), logs);
}

#[test]
fn a_session_of_one_row_compares_with_nobody() {
    let labels = labels();
    let alone = |target: Target| labels.target(&ROWS[..1], &target, &Known::default())[0];
    assert_eq!(alone(Target::of_return(TargetForm::Value)), 0.1);
    assert!(alone(Target::of_return(TargetForm::Log)) > 0.0);
    for form in [TargetForm::Rank, TargetForm::PercentRank, TargetForm::ZScore] {
        assert!(alone(Target::of_return(form)).is_nan());
    }
    assert!(alone(Target::EXCESS).is_nan());
}

#[test]
fn a_centred_rank_is_the_percent_rank_moved() {
    let labels = labels();
    let ranks = |form| labels.target(&ROWS[..7], &Target::of_return(form), &Known::default());
    for (centred, percent) in ranks(TargetForm::Rank).iter().zip(ranks(TargetForm::PercentRank)) {
        assert!((percent - 0.5 - 0.5 / 7.0 - centred).abs() < 1e-15);
    }
}

#[test]
fn clipping_leaves_the_labels_alone() {
    let labels = labels();
    let cut =
        labels.target(&ROWS, &cut(Basis::Return, MarketReturn::Mean, TargetForm::Value), &Known::default());
    assert_eq!((cut[1], cut[5]), (-0.5, 0.5));
    assert_eq!(labels.values(), by_row(RETURNS));
}

#[test]
fn words_of_study_files_are_read_and_written() {
    let word = |form: TargetForm| serde_json::to_value(form).unwrap();
    let forms =
        [TargetForm::Value, TargetForm::Rank, TargetForm::PercentRank, TargetForm::ZScore, TargetForm::Log];
    assert_eq!(forms.map(word), ["value", "rank", "percent_rank", "zscore", "log"]);
    assert!(forms.into_iter().all(|form| serde_json::from_value::<TargetForm>(word(form)).unwrap() == form));
    let of = |text: &str| serde_json::from_str::<Basis>(text).unwrap();
    assert_eq!(
        [of("\"return\""), of("\"excess\""), of("\"residual\"")],
        [Basis::default(), Basis::Excess, Basis::Residual]
    );
    assert_eq!(serde_json::from_str::<MarketReturn>("\"median\"").unwrap(), MarketReturn::Median);
}

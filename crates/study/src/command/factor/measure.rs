//! From values and prices to a judgement: a function of the panel alone.

use std::path::Path;

use backstaff_learn::{
    evaluate::{Cross, MIN_INSTRUMENTS, Outcome, QuantileMembers, Rankings, SeriesSummary, cross_sections},
    label::{Execution, ExecutionPrices, Horizon},
};
use backstaff_panel::{Axis, Column, Panel, Universe};

use super::{
    Coverage, DataFacts, FeatureFacts, Judgement, Series, Turnover, Verdict,
    horizon::{Basis, Found},
    judgement::{AtAge, Autocorrelation, FORMAT},
    verdict::warnings,
    year::{share_agreeing, years},
};
use crate::{
    StudyError,
    steps::{
        evaluate::{finite, mean},
        suspects::suspects_among,
    },
    stored::facts::LoadFacts,
    words::count,
};

/// The horizon that the verdict is about, if it is among those asked for: a week, as in most studies. To choose the
/// best horizon would be to choose by luck.
const USUAL_HORIZON: u32 = 5;
/// The oldest age of a value, in sessions, whose information is measured.
const AGES: u32 = 20;
/// The lags of the autocorrelation in sessions: a session, a week, a month.
const LAGS: [u32; 3] = [1, 5, 21];

/// The subject of a judgement: a feature's values, and the data that they are judged on.
pub(super) struct Subject<'a> {
    pub feature: FeatureFacts,
    /// The panel with opens, closes, the field that tells where instruments trade, and the category.
    pub panel: Panel,
    pub path: &'a Path,
    pub reading: &'a LoadFacts,
    pub values: &'a Column,
    pub universe: Universe,
    pub universe_text: &'a str,
    pub by: Option<&'a str>,
    pub horizons: &'a [Horizon],
    /// The price of the next session from which returns are taken.
    pub execution: Execution,
    pub n_quantiles: usize,
}

/// Judge a feature's values.
///
/// # Errors
///
/// If there are too few sessions or instruments, or the universe is empty.
pub(super) fn judge_subject(subject: &Subject<'_>) -> Result<Judgement, StudyError> {
    let axis = subject.panel.axis();
    if subject.panel.field(subject.execution.field()).is_none() {
        let message = format!(
            "the data have no {}, from which returns are taken; say `--execution close` if closes are all there is",
            subject.execution
        );
        return Err(StudyError::Value { key: "execution".to_owned(), message });
    }
    check(subject, axis)?;
    let values = subject.values.to_f64();
    let cross = Cross::new(axis, &values, &subject.universe)?;
    let coverage = Coverage::of(axis, &values, &subject.universe, &cross_sections(&cross));
    let basis = Basis {
        cross: &cross,
        prices: &ExecutionPrices::new(&subject.panel, subject.execution)?,
        groups: subject.by.and_then(|name| subject.panel.categories(name)).map(|groups| &**groups),
        members: &QuantileMembers::of(&cross, subject.n_quantiles),
        n_quantiles: subject.n_quantiles,
        sessions_per_year: axis.calendar().sessions_per_year(),
    };
    let windows = subject.horizons.iter().map(|&horizon| of_window(&basis, horizon)).collect();
    let columns = [("factor", subject.values)];
    let suspect = suspects_among(&columns, &subject.panel, &subject.universe, windows)?.into_iter().next();
    let found = subject.horizons.iter().map(|&horizon| basis.judge(horizon)).collect::<Vec<_>>();
    let main = found.iter().find(|found| found.facts.horizon == USUAL_HORIZON).unwrap_or(&found[0]);
    let horizon = Horizon::new(main.facts.horizon).unwrap_or(Horizon::MIN);
    let rankings = Rankings::of(&cross);
    let years = years(axis.calendar(), main, horizon);
    Ok(Judgement {
        factor: FORMAT,
        feature: subject.feature.clone(),
        data: data_facts(subject, axis),
        verdict: Verdict::of(&main.facts, &coverage, suspect.as_ref()),
        warnings: warnings(&coverage, &main.facts, suspect.as_ref(), subject.n_quantiles),
        horizon: horizon.get(),
        execution: subject.execution,
        by: subject.by.map(str::to_owned),
        decay: decay(&basis, &rankings, &subject.universe)?,
        autocorrelation: LAGS.map(|lag| autocorrelation(&rankings, lag)).to_vec(),
        turnover: Turnover {
            top: mean(&basis.members.turnover(subject.n_quantiles - 1, Horizon::MIN)),
            bottom: mean(&basis.members.turnover(0, Horizon::MIN)),
        },
        share_of_years: share_agreeing(&years, main.facts.rank_ic.mean),
        years,
        suspect,
        series: series(&basis, &rankings, main, axis),
        coverage,
        horizons: found.iter().map(|found| found.facts.clone()).collect(),
    })
}

/// Refuse data with too few sessions or instruments for a judgement.
fn check(subject: &Subject<'_>, axis: &Axis) -> Result<(), StudyError> {
    let fail = |key: &str, message: String| Err(StudyError::Value { key: key.to_owned(), message });
    let (n, sessions) = (axis.n_instruments(), axis.n_sessions());
    let held = || format!("{} holds {}", subject.path.display(), count(n, "instrument"));
    if n < MIN_INSTRUMENTS {
        return fail(
            "--data",
            format!("a feature is judged across instruments, {MIN_INSTRUMENTS} at least; {}", held()),
        );
    }
    if n < subject.n_quantiles {
        let message = format!("{} quantiles need as many instruments; {}", subject.n_quantiles, held());
        return fail("--quantiles", message);
    }
    // A position is entered one session after its value is known, and left a horizon later.
    let longest = subject.horizons.iter().max().map_or(0, |horizon| horizon.get() as usize);
    if longest + 2 > sessions {
        return fail(
            "--horizons",
            format!(
                "a return over {} needs {} sessions; {} holds {sessions}",
                count(longest, "session"),
                longest + 2,
                subject.path.display()
            ),
        );
    }
    if subject.universe.n_members() == 0 {
        return Err(StudyError::Universe(format!(
            "the universe is empty: no row satisfies `{}`",
            subject.universe_text
        )));
    }
    Ok(())
}

/// The return over a horizon, as the outcome that the values are looked at with.
fn of_window(basis: &Basis<'_>, horizon: Horizon) -> Outcome {
    let name = format!("the return of the {} that follow", count(horizon.get() as usize, "session"));
    Outcome { name, values: basis.labels(horizon).values().to_vec(), horizon }
}

fn autocorrelation(rankings: &Rankings, lag: u32) -> Autocorrelation {
    Autocorrelation { lag, mean: mean(&rankings.correlation_with(rankings, lag as usize)) }
}

/// The rank IC of ever older values with the return of one session.
fn decay(basis: &Basis<'_>, rankings: &Rankings, universe: &Universe) -> Result<Vec<AtAge>, StudyError> {
    let labels = basis.labels(Horizon::MIN);
    let outcome = Rankings::of(&Cross::new(labels.axis(), labels.values(), universe)?);
    let age = |age: u32| {
        let series = rankings.correlation_with(&outcome, age as usize);
        let summary = SeriesSummary::of(&series, Horizon::MIN);
        AtAge { age, rank_ic: finite(summary.mean), t: finite(summary.newey_west_t) }
    };
    Ok((0..=AGES).map(age).collect())
}

fn series(basis: &Basis<'_>, rankings: &Rankings, main: &Found, axis: &Axis) -> Series {
    Series {
        sessions: axis.calendar().sessions().to_vec(),
        count: main.coefficients.counts.clone(),
        ic: main.coefficients.linear.clone(),
        rank_ic: main.coefficients.rank.clone(),
        spread: main.returns.spread.clone(),
        quantiles: main.returns.returns.clone(),
        top_turnover: basis.members.turnover(basis.n_quantiles - 1, Horizon::MIN),
        autocorrelation: rankings.correlation_with(rankings, 1),
    }
}

fn data_facts(subject: &Subject<'_>, axis: &Axis) -> DataFacts {
    let sessions = axis.calendar().sessions();
    let date =
        |session: Option<&backstaff_panel::Session>| session.map(ToString::to_string).unwrap_or_default();
    let adjustment = &subject.reading.found.adjustment;
    DataFacts {
        path: subject.path.display().to_string(),
        rows: axis.n_rows(),
        instruments: axis.n_instruments(),
        sessions: sessions.len(),
        first: date(sessions.first()),
        last: date(sessions.last()),
        adjustment: adjustment.used.name().to_owned(),
        adjustment_why: adjustment.why.clone(),
        sessions_per_year: axis.calendar().sessions_per_year(),
        universe: subject.universe_text.to_owned(),
        matches: subject.reading.matches.clone(),
        warnings: data_warnings(subject.reading),
    }
}

fn data_warnings(reading: &LoadFacts) -> Vec<String> {
    let told = reading.static_categories.iter().map(|name| {
        format!("{name} comes from a table without history: it tells the past what only later was known")
    });
    reading.warnings.iter().cloned().chain(told).collect()
}

//! Caveats about the test.

use backstaff_report::Caveat;

use super::Case;
use crate::{
    config::{Every, ModelSpec},
    steps::train::FitFacts,
    words,
};

/// The years below which a test is short and deserves a caution.
const SHORT_YEARS: f64 = 5.0;
/// The years below which the length of a test deserves a note.
const FAIR_YEARS: f64 = 10.0;
/// The number of rounds up to which a boosted model has learned next to nothing.
const FEW_ROUNDS: usize = 2;

/// The share of places that ties decide from which on it is mentioned.
const TIED: f64 = 0.05;

/// A portfolio that gains although its scores rank the wrong way: its gain has another source.
pub(super) fn disagreement(case: Case<'_>) -> Option<Caveat> {
    let evidence = &case.verdict.evidence;
    let excess = case.accounts.primary_excess()?;
    (evidence.excess > 0.0 && evidence.rank_ic < 0.0).then(|| {
        let text = format!(
            "`{}` earned {} a year above the {} (information ratio {}), but the mean rank IC of its scores is \
             {} (t {}): what it earned is not what the scores foresee. Look at its beta ({}) and at the few \
             instruments and sessions that made the gain.",
            case.results.config.primary_model().unwrap_or_default(),
            words::difference(excess.annual, 1),
            case.accounts.benchmark_kind().name(),
            words::number(excess.measure("information_ratio"), 2),
            words::number(evidence.rank_ic, 4),
            words::number(evidence.rank_ic_t, 2),
            words::number(excess.measure("beta"), 2)
        );
        Caveat::warning("Portfolio and scores disagree", text)
    })
}

/// The information ratio that a test of this length could show at all.
pub(super) fn short(case: Case<'_>) -> Option<Caveat> {
    let years = case.accounts.primary()?.years();
    let folds = match case.results.folds.len() {
        0 => String::new(),
        n => format!(" in {}", words::count(n, "fold")),
    };
    let text = format!(
        "{}{folds}. In that time an information ratio must exceed {} to be two standard errors above 0, whatever the \
         model.",
        words::years(years),
        words::number(2.0 / years.sqrt(), 1)
    );
    match years {
        years if years < SHORT_YEARS => Some(Caveat::caution("Short test", text)),
        years if years < FAIR_YEARS => Some(Caveat::note("Length of the test", text)),
        _ => None,
    }
}

/// A last year that the data end before.
pub(super) fn incomplete_year(case: Case<'_>) -> Option<Caveat> {
    if case.results.config.folds.as_ref().is_none_or(|folds| folds.every != Every::Year) {
        return None;
    }
    let last = *case.accounts.primary()?.sessions().last()?;
    (last.month() < 12 || last.date().day() < 20).then(|| {
        let text =
            format!("{} is tested until {last} only; its numbers by year are of that part.", last.year());
        Caveat::note("Incomplete year", text)
    })
}

/// Several models on the same sessions: the best of them is flattered by the choice.
pub(super) fn several_models(case: Case<'_>) -> Option<Caveat> {
    let n = case.results.config.models.len();
    (n > 1).then(|| {
        let why = match case.results.config.primary {
            Some(_) => "which the study names as `primary`",
            None => "the first of the file (`primary: NAME` chooses another)",
        };
        let text = format!(
            "{n} models are compared on the same sessions. The verdict is about `{}`, {why}; \
             whoever picks the best of the table afterwards should ask for a higher t. Earlier tries of this study are not \
             counted here.",
            case.results.config.primary_model().unwrap_or_default()
        );
        Caveat::note("Several models", text)
    })
}

/// Features whose look-back reaches before the data at the first training row.
pub(super) fn warm_up(case: Case<'_>) -> Option<Caveat> {
    let first = case.results.folds.first()?.train.from.parse().ok()?;
    let available = case.results.panel.axis().calendar().first_at_or_after(first);
    let look_back = |text: &str| text.split_whitespace().next()?.parse::<usize>().ok();
    let features = &case.results.features;
    let longer = features.iter().filter(|f| look_back(&f.look_back).is_some_and(|n| n > available));
    let longer = longer.map(|feature| feature.name.as_str()).collect::<Vec<_>>();
    if longer.is_empty() {
        return None;
    }
    let text = format!(
        "The data begin {} before the first training row. {} look further back and are missing or partial at the \
         beginning of the first fold: {}.",
        words::count(available, "session"),
        words::count(longer.len(), "feature"),
        words::some_of(longer.iter().copied(), 6)
    );
    Some(Caveat::note("Warm-up", text))
}

/// The models for which something holds in some of their fits, and in how many; there is one fit for each fold and
/// seed.
fn in_fits(case: Case<'_>, holds: impl Fn(&ModelSpec, &FitFacts) -> bool) -> Vec<String> {
    let fits = case.results.fits.iter().filter_map(|(name, fits)| {
        let spec = case.results.config.models.get(name)?;
        let n = fits.iter().filter(|(_, fit)| holds(spec, fit)).count();
        (n > 0).then(|| format!("`{name}` in {n} of {}", words::count(fits.len(), "fit")))
    });
    fits.collect()
}

/// Boosted models that early stopping cut off after a few rounds.
pub(super) fn stumps(case: Case<'_>) -> Option<Caveat> {
    let is_stump = |spec: &ModelSpec, fit: &FitFacts| {
        matches!(spec, ModelSpec::Lightgbm { rounds, .. } if *rounds as usize > FEW_ROUNDS)
            && fit.best_round <= FEW_ROUNDS
            && fit.best_round < fit.n_rounds
    };
    let models = in_fits(case, is_stump);
    (!models.is_empty()).then(|| {
        let text = format!(
            "Early stopping cut {} to {FEW_ROUNDS} rounds or fewer: what more trees learned from the training rows was \
             not so on the validation rows. Such scores are nearly those of a single tree.",
            models.join(", ")
        );
        Caveat::caution("Models that learned little", text)
    })
}

/// Trees without a split: all rows get the same score.
pub(super) fn without_split(case: Case<'_>) -> Option<Caveat> {
    let idle = &case.results.without_split;
    (!idle.is_empty()).then(|| {
        let models = idle.iter().map(|idle| format!("`{}`: {}", idle.model, idle.words()));
        let text = format!("{}. There all rows get the same score.", models.collect::<Vec<_>>().join(". "));
        Caveat::warning("Models that learned nothing", text)
    })
}

/// Scores that tie where the choice is made.
pub(super) fn ties(case: Case<'_>) -> Option<Caveat> {
    let model = case.results.config.primary_model()?;
    let ties = case.results.ties.get(model)?;
    let share = ties.share_by_order();
    if ties.all_equal == 0 && share < TIED {
        return None;
    }
    let text = format!(
        "Of {} with a choice all scores of `{model}` are equal in {}, in which the book stays as it is, and in {} the last \
         score that is chosen equals the first that is not: the order of the instruments fills {} of the places.",
        words::count(ties.sessions, "session"),
        words::count(ties.all_equal, "session"),
        words::count(ties.tied, "session"),
        words::percent(share, 0)
    );
    Some(Caveat::caution("Scores that tie", text))
}

/// A test that begins when there is a choice.
pub(super) fn late_start(case: Case<'_>) -> Option<Caveat> {
    let late = case.results.late_start.as_ref()?;
    Some(Caveat::note("Later start", format!("{}.", words::capitalised(late))))
}

/// Ridge models that chose the largest penalty on offer.
pub(super) fn pressed(case: Case<'_>) -> Option<Caveat> {
    let is_largest = |spec: &ModelSpec, fit: &FitFacts| match spec {
        ModelSpec::Ridge { penalties, .. } if penalties.len() > 1 => {
            fit.penalty.is_some_and(|chosen| penalties.iter().all(|penalty| *penalty <= chosen))
        }
        _ => false,
    };
    let models = in_fits(case, is_largest);
    (!models.is_empty()).then(|| {
        let text = format!(
            "The largest penalty on offer was chosen for {}: its coefficients are pressed towards 0, which the \
             validation rows ask for where there is little to learn.",
            models.join(", ")
        );
        Caveat::note("Largest penalty", text)
    })
}

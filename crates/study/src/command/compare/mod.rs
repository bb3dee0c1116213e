//! Runs beside each other: what differs in their studies, where they part, and how far their results lie apart.

mod page;
mod subject;
mod text;

use std::path::{Path, PathBuf};

use backstaff_portfolio::measure::{newey_west_t, usual_lags};
use serde::Serialize;

pub use self::subject::Subject;
use super::{
    output::{OutputError, Reads, write_bytes},
    runs::{Difference, differences, first_stage},
};
use crate::{
    Options, StudyError,
    results::{Curve, StudyResult},
};

/// Runs beside each other.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// What is compared; the first is what the others are held against.
    pub subjects: Vec<Subject>,
    /// Each of the others beside the first.
    pub pairs: Vec<Pair>,
    /// The page with the curves over each other.
    pub out: PathBuf,
}

/// A subject beside the first.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    /// The label of the subject.
    pub subject: String,
    /// The keys of the study that differ.
    pub differences: Vec<Difference>,
    /// The first stage whose results have other keys; `None` if all are the same.
    pub first_stage: Option<String>,
    /// The difference of the returns.
    pub returns: ReturnDifference,
}

/// The returns of one portfolio less those of another; a number that is not defined is `null`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReturnDifference {
    /// The sessions in which both have a return.
    pub sessions: usize,
    /// The first of these sessions: YYYY-MM-DD.
    pub from: Option<String>,
    /// The last of them.
    pub to: Option<String>,
    /// The mean difference: a fraction a year.
    pub annual: Option<f64>,
    /// Newey and West's t of the mean difference; `null` where the returns are the same.
    pub t: Option<f64>,
}

/// Compare runs, and write a page about them.
///
/// A text of `wanted` is the file of a study (its newest run), a file of results, the name of a study that the store
/// remembers, one of these with `@` and the number of a run, or a number alone. `out` is the page to write; `None` for
/// one in the folder of reports.
///
/// # Errors
///
/// If fewer than two are named, one of them can't be found or has no results, or the page can't be written.
pub fn compare(wanted: &[String], out: Option<&Path>, options: &Options) -> Result<Comparison, StudyError> {
    if wanted.len() < 2 {
        let message = "names one thing; name two or more studies, runs or files of results".to_owned();
        return Err(StudyError::Value { key: "compare".to_owned(), message });
    }
    let found = subject::find(wanted, options)?;
    let subjects = found.iter().map(|(subject, _)| subject.clone()).collect::<Vec<_>>();
    let (_, first) = &found[0];
    let pairs = found[1..].iter().map(|(subject, result)| Pair {
        subject: subject.label.clone(),
        differences: differences(&first.settings, &result.settings),
        first_stage: first_stage(first, result),
        returns: ReturnDifference::of(result, first),
    });
    let pairs = pairs.collect::<Vec<_>>();
    let out = match out {
        Some(out) => {
            let read = subjects.iter().filter_map(|subject| subject.file.clone());
            Reads::of(read).allow("--out", out)?;
            out.to_owned()
        }
        None => own_page(&subjects, options)?,
    };
    let comparison = Comparison { subjects, pairs, out };
    let results = found.iter().map(|(_, result)| result).collect::<Vec<_>>();
    let page = page::page(&comparison, &results);
    let page = page.body()?.page(&page::about(&comparison))?;
    write_bytes(&comparison.out, page.as_bytes())?;
    Ok(comparison)
}

/// The place of a page that nobody has named: beside the reports.
fn own_page(subjects: &[Subject], options: &Options) -> Result<PathBuf, StudyError> {
    let beside = subjects.iter().find_map(|subject| subject.reports.clone());
    let folder = options.reports.clone().or(beside).unwrap_or_else(|| PathBuf::from("reports"));
    std::fs::create_dir_all(&folder).map_err(|source| OutputError::Write { path: folder.clone(), source })?;
    let plain = |label: &String| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '_' | '-');
        label.chars().map(|c| if is_plain(c) { c } else { '_' }).collect::<String>()
    };
    let names = subjects.iter().map(|subject| plain(&subject.label)).collect::<Vec<_>>().join("-");
    let names = names.chars().take(120).collect::<String>();
    let path = folder.join(format!("compare-{names}.html"));
    let is_ours = std::fs::read_to_string(&path).is_ok_and(|text| text.contains("<!-- body -->"));
    if path.exists() && !is_ours {
        let why = "it is there already and is no page of a comparison".to_owned();
        return Err(OutputError::Refused { option: "--out".to_owned(), path, why }.into());
    }
    Ok(path)
}

impl ReturnDifference {
    /// The returns of one study's portfolio less those of another's, between the sessions that both have.
    fn of(one: &StudyResult, other: &StudyResult) -> Self {
        let (Some(a), Some(b)) = (&one.measures.curve, &other.measures.curve) else { return Self::default() };
        let common = in_common(a, b);
        let returns = |of: fn(&(&str, f64, f64)) -> f64| {
            common.windows(2).map(|pair| of(&pair[1]) / of(&pair[0]) - 1.0).collect::<Vec<_>>()
        };
        let pairs = returns(|row| row.1).into_iter().zip(returns(|row| row.2));
        let differences = pairs.map(|(one, other)| one - other).collect::<Vec<_>>();
        let finite = |value: f64| value.is_finite().then_some(value);
        let session = |row: Option<&(&str, f64, f64)>| row.map(|row| row.0.to_owned());
        Self {
            sessions: differences.len(),
            from: session(common.get(1)),
            to: session(common.last().filter(|_| common.len() > 1)),
            annual: finite(backstaff_statistics::mean(&differences) * one.measures.sessions_per_year),
            t: finite(newey_west_t(&differences, usual_lags(differences.len()))),
        }
    }
}

/// The sessions of two curves in common, with both equities.
fn in_common<'a>(a: &'a Curve, b: &'a Curve) -> Vec<(&'a str, f64, f64)> {
    let other = b.sessions.iter().map(String::as_str).zip(b.equity.iter().copied());
    let other = other.collect::<std::collections::BTreeMap<_, _>>();
    let rows = a.sessions.iter().zip(&a.equity);
    rows.filter_map(|(session, &equity)| Some((session.as_str(), equity, *other.get(session.as_str())?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(days: &[(&str, f64)]) -> Curve {
        Curve {
            portfolio: "p".to_owned(),
            sessions: days.iter().map(|(day, _)| (*day).to_owned()).collect(),
            equity: days.iter().map(|(_, equity)| *equity).collect(),
        }
    }

    #[test]
    fn returns_span_the_sessions_that_both_have() {
        let a = curve(&[("2020-01-01", 1.0), ("2020-01-02", 1.1), ("2020-01-03", 1.2)]);
        let b = curve(&[("2020-01-01", 2.0), ("2020-01-03", 2.2), ("2020-01-04", 9.0)]);
        assert_eq!(in_common(&a, &b), [("2020-01-01", 1.0, 2.0), ("2020-01-03", 1.2, 2.2)]);
    }
}

//! The page of a comparison: the curves over each other.

use std::collections::BTreeSet;

use backstaff_panel::Session;
use backstaff_portfolio::measure::all;
use backstaff_report::{
    Cell, Chart, Column, Date, Details, Fact, Format, Line, Lines, Report, Rule, Scale, Section, Table, cells,
};

use super::{Comparison, Pair, text::numbers};
use crate::{
    command::runs::brief,
    results::{Curve, StudyResult},
    words,
};

/// The page: the differences, the numbers, the curves.
pub(super) fn page(comparison: &Comparison, results: &[&StudyResult]) -> Report {
    let names = comparison.subjects.iter().map(|subject| subject.label.as_str()).collect::<Vec<_>>();
    let first = names[0];
    let headline = comparison
        .pairs
        .iter()
        .map(|pair| format!("{} beside {first}: {}.", pair.subject, pair.returns.sentence()));
    Report::new(names.join(" · "))
        .subtitle(format!("{} runs beside each other", names.len()))
        .headline(headline.collect::<Vec<_>>().join(" "))
        .section(summary(comparison))
        .section(curves(comparison, results))
        .section(study(comparison))
        .section(measures(comparison, results))
}

/// Where the page comes from.
pub(super) fn about(comparison: &Comparison) -> Section {
    let of = comparison.subjects.iter().map(|subject| match &subject.started {
        Some(started) => format!("{} of {started} UTC", subject.label),
        None => subject.label.clone(),
    });
    let of = of.collect::<Vec<_>>().join("; ");
    Section::new("run", "This page").text(format!("backstaff {}. {of}.", env!("CARGO_PKG_VERSION")))
}

fn summary(comparison: &Comparison) -> Section {
    let first = &comparison.subjects[0].label;
    let facts = comparison.pairs.iter().flat_map(|pair| {
        let t = pair
            .returns
            .t
            .map_or("the same returns".to_owned(), |t| format!("t {}, Newey–West", words::number(t, 2)));
        let sessions = words::count(pair.returns.sessions, "session");
        [Fact::new(format!("{} less {first}, a year", pair.subject), pair.returns.annual, Format::Percent(1))
            .note(format!("{t}, {sessions} in common"))]
    });
    Section::new("summary", "Summary")
        .intro("The portfolio that each study asks about, after its costs. A t below 2 says that chance alone may have told the two apart.")
        .block(facts.collect::<Vec<_>>())
        .block(numbers(&comparison.subjects))
}

fn date(session: &str) -> Option<Date> {
    session.parse::<Session>().ok().map(words::date)
}

/// All sessions of the curves, and the equity of each curve on them; NaN where it has none.
fn aligned<'a>(curves: &[Option<&'a Curve>]) -> (Vec<&'a str>, Vec<Vec<f64>>) {
    let sessions = curves.iter().flatten().flat_map(|curve| curve.sessions.iter().map(String::as_str));
    let sessions = sessions.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>();
    let on = |curve: Option<&Curve>| {
        let mut values = vec![f64::NAN; sessions.len()];
        for (session, &equity) in curve.iter().flat_map(|curve| curve.sessions.iter().zip(&curve.equity)) {
            if let Ok(place) = sessions.binary_search(&session.as_str()) {
                values[place] = equity;
            }
        }
        values
    };
    let values = curves.iter().copied().map(on).collect();
    (sessions, values)
}

fn curves(comparison: &Comparison, results: &[&StudyResult]) -> Section {
    let curves = results.iter().map(|result| result.measures.curve.as_ref()).collect::<Vec<_>>();
    let (sessions, values) = aligned(&curves);
    // Growth starts where all of them have begun, so that one begun in a better year looks no better for it.
    let start = (0..sessions.len()).find(|&place| values.iter().all(|own| own[place].is_finite()));
    let dates = sessions.iter().filter_map(|session| date(session)).collect::<Vec<_>>();
    let mut growth = Lines::by_date(dates.clone(), Format::Number(2)).scale(Scale::Log).group("sessions");
    let mut apart = Lines::by_date(dates, Format::Percent(1)).group("sessions").rule(Rule::new(0.0, "0"));
    let unit = |own: &[f64]| {
        let base =
            start.or_else(|| own.iter().position(|value| value.is_finite())).map_or(f64::NAN, |at| own[at]);
        own.iter().map(|value| value / base).collect::<Vec<_>>()
    };
    let first = unit(&values[0]);
    for (subject, own) in comparison.subjects.iter().zip(&values) {
        growth = growth.line(Line::new(subject.label.as_str(), unit(own)));
    }
    for (subject, own) in comparison.subjects.iter().zip(&values).skip(1) {
        let ratio = unit(own).iter().zip(&first).map(|(own, first)| own / first - 1.0).collect();
        apart = apart.line(Line::new(subject.label.as_str(), ratio));
    }
    let label = &comparison.subjects[0].label;
    Section::new("curves", "Curves")
        .block(Chart::new("Growth of 1", growth).note(
            "Equity over that of the first session that all have, logarithmic. Click a name to hide it, drag to zoom.",
        ).height(360))
        .block(Chart::new(format!("Ahead of {label}"), apart).note(format!("Equity over that of {label}, less 1.")).height(260))
}

fn study(comparison: &Comparison) -> Section {
    let section = Section::new("study", "What differs").intro(
        "The keys of the studies as they were run, defaults filled in, and the first stage whose results differ.",
    );
    let table = |pair: &Pair| {
        let caption = format!("{} beside {}", pair.subject, comparison.subjects[0].label);
        let mut table = Table::new(caption)
            .column(Column::text("Key"))
            .column(Column::text(comparison.subjects[0].label.as_str()))
            .column(Column::text(pair.subject.as_str()));
        for difference in &pair.differences {
            let value = |value: &Option<serde_json::Value>| value.as_ref().map_or("–".to_owned(), brief);
            table = table.row(cells![
                difference.key.as_str(),
                value(&difference.before),
                value(&difference.after)
            ]);
        }
        table
    };
    comparison.pairs.iter().fold(section, |section, pair| {
        let section = section.text(format!("{}: {}.", pair.subject, pair.parting()));
        if pair.differences.is_empty() { section } else { section.block(table(pair)) }
    })
}

fn measures(comparison: &Comparison, results: &[&StudyResult]) -> Section {
    let columns = comparison.subjects.iter().map(|subject| Column::text(subject.label.as_str()));
    let mut table = columns.fold(Table::new("All measures").column(Column::text("Measure")), Table::column);
    for measure in all() {
        let value = |result: &&StudyResult| {
            let curve = result.measures.curve.as_ref()?;
            result.measures.portfolios.get(&curve.portfolio)?.get(measure.name).copied().flatten()
        };
        let show = |result| Cell::from(words::number(value(result).unwrap_or(f64::NAN), 4));
        table = table.row(
            std::iter::once(Cell::from(measure.title)).chain(results.iter().map(show)).collect::<Vec<_>>(),
        );
    }
    Section::new("measures", "Measures")
        .intro("Fractions, 0.05 for 5 %, where a measure is one; each report defines them.")
        .block(Details::new("All measures").block(table))
}

//! The section about the data: how they were read, what is odd about them, and how much survivorship flatters.

use backstaff_report::{Block, Cell, Column, Details, Emphasis, Fact, Format, Heat, Section, Table, cells};
use backstaff_source::{
    DroppedRows, Found,
    quality::{Check, Quality},
};

use super::{account::Accounts, matches, published, survivorship::Gauge};
use crate::{flow::results::Results, words};

pub(super) fn section(results: &Results, accounts: &Accounts<'_>) -> Section {
    let facts = results.panel.facts();
    let mut section = Section::new("data", "Data")
        .intro(
            "What was read and what is odd about it. Nothing found here changes the data; what a person wants out goes \
             into the study's frozen list `drop_rows`.",
        )
        .block(key_facts(results, accounts))
        .block(survivorship(results, accounts))
        .block(reading(results))
        .block(Details::new("Columns of the price files").block(recognised(&facts.found)))
        .block(quality_counts(results));
    if let Some(table) = matches::table(results) {
        section = section.block(table);
    }
    if let Some(table) = published::table(results) {
        section = section.block(table);
    }
    if !results.quality.broken.is_empty() {
        section = section.block(broken(results));
    }
    if !results.quality.findings.is_empty() {
        section = section.block(findings(results));
    }
    if !facts.excluded.is_empty() {
        section = section.block(excluded(results));
    }
    if facts.found.dropped.rows > 0 {
        section = section.block(dropped(&facts.found.dropped));
    }
    if let Some((_, undated)) = facts.membership.as_ref().filter(|(_, undated)| !undated.is_empty()) {
        let details =
            Details::new(format!("{} without a date of entry", words::count(undated.len(), "instrument")));
        section = section.block(details.block(Block::Text(vec![undated.join(", ")])));
    }
    if !results.warnings.is_empty() {
        let details = Details::new(format!("What the run warned of ({})", results.warnings.len()));
        section = section.block(details.block(Block::Text(results.warnings.clone())));
    }
    section
}

fn key_facts(results: &Results, accounts: &Accounts<'_>) -> Vec<Fact> {
    let axis = results.panel.axis();
    let found = &results.panel.facts().found;
    let sessions = axis.calendar().sessions();
    let date = |session: Option<&backstaff_panel::Session>| session.copied().map(words::date);
    let mut facts = vec![
        Fact::new("Instruments", axis.n_instruments(), Format::Integer),
        Fact::new("Sessions", axis.n_sessions(), Format::Integer).note(format!(
            "{} a year to the end of the test",
            words::number(accounts.sessions_per_year(), 1)
        )),
        Fact::new("First", date(sessions.first()), Format::Text),
        Fact::new("Last", date(sessions.last()), Format::Text),
        Fact::new("Rows", axis.n_rows(), Format::Integer)
            .note(format!("{} have a price", words::percent(found.coverage, 2))),
    ];
    if let Some(labels) = results.labels {
        let count = |n: usize| words::shown(n as f64, Format::Integer);
        facts.push(Fact::new("Labelled rows", labels.labelled, Format::Integer).note(format!(
            "{} end with the data, {} with a delisting",
            count(labels.at_end),
            count(labels.delisted)
        )));
    }
    facts
}

fn count(n: usize) -> String {
    words::shown(n as f64, Format::Integer)
}

fn survivorship(results: &Results, accounts: &Accounts<'_>) -> Table {
    let gauge = Gauge::of(results, accounts);
    let index =
        results.config.data.benchmark.as_ref().map_or("the index", |series| series.instrument.as_str());
    let masked = gauge.test.unmasked.is_some();
    let universe = if masked { "universe, from the dates of entry on" } else { "universe" };
    let told = gauge.n_stated.map_or_else(String::new, |stated| {
        format!(": {stated} by the table of delistings, {} only suspected", gauge.n_suspected())
    });
    let caption = format!(
        "Survivorship gauge: equal weight less {index}, a year ({} of {} {} before the data do{told})",
        gauge.n_ended,
        words::count(gauge.n_instruments, "instrument"),
        if gauge.n_ended == 1 { "ends" } else { "end" }
    );
    let mut table = Table::new(caption)
        .column(Column::text("Equal weight of"))
        .column(Column::text("Since"))
        .column(Column::percent("CAGR", 1).note("after costs"))
        .column(Column::percent(format!("CAGR of {index}"), 1).note("bought once"))
        .column(
            Column::percent("Difference", 1)
                .heat(Heat::Diverging)
                .note("what belonging to this list was worth, without any model"),
        );
    for span in [&gauge.whole, &gauge.test] {
        let from = span.from.as_str();
        table = table.row(cells![universe, from, span.universe, span.index, span.with_mask]);
        if masked {
            let name = "everything that trades, also before its date of entry";
            table = table
                .row_with(Emphasis::Muted, cells![name, from, span.unmasked, span.index, span.without_mask]);
        }
    }
    table
}

fn recognised(found: &Found) -> Table {
    let mut table = Table::new("Columns of the price files")
        .column(Column::text("In the file"))
        .column(Column::text("Used as"))
        .column(Column::text("It is"));
    for column in &found.columns {
        table = table.row(cells![column.source.as_str(), column.name.as_str(), column.role.name()]);
    }
    for column in &found.ignored {
        let why = column.why.to_string();
        table = table.row_with(Emphasis::Muted, cells![column.source.as_str(), "not used", why]);
    }
    table
}

fn reading(results: &Results) -> Table {
    let facts = results.panel.facts();
    let found = &facts.found;
    let (calendar, adjustment) = (&found.calendar, &found.adjustment);
    let mut lines = vec![
        ("files", found.files.len().to_string()),
        ("rows in the files", count(found.rows)),
        ("dates", found.date_format.clone()),
        ("instruments", found.instrument_from.clone()),
        ("layout", found.layouts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
        ("bars joined to sessions", found.resampled.as_ref().map_or_else(String::new, ToString::to_string)),
        ("calendar", calendar.rule.clone()),
        ("same sessions as", calendar.resembles.map_or_else(String::new, |one| one.code().to_owned())),
        ("rows on no session", count(calendar.dropped_rows)),
        ("sessions without a row", count(calendar.empty_sessions)),
        ("returns lost between calendars", count(calendar.lost_returns)),
        ("rows on odd weekends", count(calendar.weekend_rows)),
        ("adjustment", adjustment.used.name().to_owned()),
        ("because", adjustment.why.clone()),
        ("the file looks", adjustment.guess.clone()),
    ];
    if let Some((rows_before, undated)) = &facts.membership {
        let column = results.config.universe.member_from.as_deref().unwrap_or_default();
        let undated = words::count(undated.len(), "instrument");
        lines.push((
            "rows before entry",
            format!("{} out of the universe by {column}", words::count(*rows_before, "row")),
        ));
        lines.push(("without a date", format!("{undated} stay from their first session")));
    }
    let universe = results.config.universe.expression.as_deref().unwrap_or("whatever trades");
    lines.push(("universe", universe.to_owned()));
    lines.push(("categories without history", facts.static_categories.join(", ")));
    let mut table = Table::new("How they were read").column(Column::text("What")).column(Column::text("How"));
    for (what, how) in lines.into_iter().filter(|(_, how)| !how.is_empty()) {
        table = table.row(cells![what, how]);
    }
    table
}

fn quality_counts(results: &Results) -> Table {
    let mut table = Table::new("What the checks of the data found")
        .column(Column::text("Check"))
        .column(Column::text("What it looks for"))
        .column(Column::integer("Found").heat(Heat::Bar));
    for (check, n) in &results.quality.counts {
        let emphasis = if *n == 0 { Emphasis::Muted } else { Emphasis::None };
        table = table.row_with(emphasis, cells![check.name().replace('_', " "), meaning(*check), *n]);
    }
    table
}

/// The oddity that a check looks for, in words.
fn meaning(check: Check) -> &'static str {
    match check {
        Check::Excluded => "an instrument left out for impossible rows",
        Check::SwitchingLevels => "a close that goes to and fro between two levels",
        Check::RevertingJump => "a jump in the close that the next session takes back",
        Check::ChangedUnit => "a lasting jump by a power of ten that the volume does not follow",
        Check::UnadjustedSplit => "a lasting jump overnight of the size of a split",
        Check::ExtremeMove => "a jump in the close that stays",
        Check::InconsistentBar => "a high below open or close, or a low above",
        Check::RepeatedBar => "prices and volume of the bar before",
        Check::StaleRun => "the same close over many sessions",
        Check::StaleStretch => "the same close over very many sessions, although it traded",
        Check::ZeroVolume => "a bar without volume",
        Check::MissingSessions => "a few sessions without a price",
        Check::Gap => "many sessions without a price",
        Check::LateStart => "an instrument that begins after the first session",
        Check::EarlyEnd => "an instrument that ends before the last session",
        Check::DroppedDate => "a date that too few instruments have; its rows were dropped",
        Check::ThinSession => "a session that few of the living instruments have",
        _ => "",
    }
}

/// The instruments whose series look broken, the worst first.
fn broken(results: &Results) -> Table {
    let mut table = Table::new("Series that look broken")
        .column(Column::text("Instrument"))
        .column(Column::text("Check"))
        .column(Column::text("Session"))
        .column(Column::integer("Found"))
        .column(Column::text("The worst of it"))
        .visible_rows(12);
    for broken in &results.quality.broken {
        table = table.row(cells![
            &broken.instrument,
            broken.check.name().replace('_', " "),
            broken.session.map_or(Cell::Missing, |session| Cell::from(session.to_string())),
            broken.n_found,
            &broken.detail
        ]);
    }
    table
}

fn findings(results: &Results) -> Details {
    let quality = &results.quality;
    let mut table = Table::new("Findings")
        .column(Column::text("Check"))
        .column(Column::text("Instrument"))
        .column(Column::text("Session"))
        .column(Column::number("Value", 4))
        .column(Column::text("What"))
        .sortable()
        .visible_rows(18);
    for finding in &quality.findings {
        table = table.row(cells![
            finding.check.name().replace('_', " "),
            finding.instrument.as_ref().map_or(Cell::Missing, Cell::from),
            finding.session.map_or(Cell::Missing, |session| Cell::from(session.to_string())),
            finding.value,
            &finding.detail
        ]);
    }
    let found = quality.counts.iter().map(|(_, n)| n).sum::<usize>();
    let listed = quality.findings.len();
    let all = if listed < found {
        format!("{} of {} findings", count(listed), count(found))
    } else {
        words::count(found, "finding")
    };
    let details = Details::new(format!("List of {all}"));
    match cut_lists(quality) {
        None => details.block(table),
        Some(text) => details.block(Block::Text(vec![text])).block(table),
    }
}

/// The checks of which only the first findings are listed, as a sentence; `None` if all are.
fn cut_lists(quality: &Quality) -> Option<String> {
    let cut = quality.counts.iter().filter_map(|(check, n)| {
        let listed = quality.findings.iter().filter(|finding| finding.check == *check).count();
        let name = check.name().replace('_', " ");
        (listed < *n).then(|| format!("the first {} of {} of `{name}`", count(listed), count(*n)))
    });
    let cut = cut.collect::<Vec<_>>();
    (!cut.is_empty())
        .then(|| format!("The list has {}, and all findings of the other checks.", cut.join(", ")))
}

fn excluded(results: &Results) -> Table {
    let mut table = Table::new("Instruments left out")
        .column(Column::text("Instrument"))
        .column(Column::text("Why"))
        .visible_rows(12);
    for (instrument, reason) in &results.panel.facts().excluded {
        table = table.row(cells![instrument, reason]);
    }
    table
}

/// The rows that were left out because they can't be true.
fn dropped(dropped: &DroppedRows) -> Table {
    let name = match dropped.rows.saturating_sub(dropped.listed.len()) {
        0 => "Rows left out".to_owned(),
        _ => format!("The first {} of {} rows left out", count(dropped.listed.len()), count(dropped.rows)),
    };
    let mut table = Table::new(name)
        .column(Column::text("Instrument"))
        .column(Column::date("Session"))
        .column(Column::text("Why"))
        .visible_rows(12);
    for row in &dropped.listed {
        table = table.row(cells![row.instrument.name(), words::date(row.session), row.reason.as_str()]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::testing::Made;

    #[test]
    fn a_list_that_is_cut_says_which_findings_it_lacks() {
        let mut results = Made::default().results();
        let text = |results: &Results| serde_json::to_string(&findings(results)).unwrap();
        assert!(text(&results).contains("List of 2 findings") && !text(&results).contains("the first"));
        // Of 1,201 thin sessions one is listed.
        results
            .quality
            .counts
            .iter_mut()
            .filter(|(check, _)| *check == Check::ThinSession)
            .for_each(|c| c.1 = 1201);
        let text = text(&results);
        assert!(text.contains("List of 2 of 1,202 findings"), "{text}");
        assert!(
            text.contains(
                "The list has the first 1 of 1,201 of `thin session`, and all findings of the other"
            ),
            "{text}"
        );
    }

    #[test]
    fn the_sessions_of_a_year_are_those_that_numbers_are_annualised_by() {
        let results = Made::default().results();
        let facts = serde_json::to_string(&key_facts(&results, &Accounts::of(&results))).unwrap();
        assert!(facts.contains("252.0 a year to the end of the test"), "{facts}");
    }
}

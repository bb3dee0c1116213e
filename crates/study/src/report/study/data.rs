//! What was read, what is odd about it, and how much a universe of survivors flatters.

use backstaff_report::{Block, Cell, Column, Details, Emphasis, Fact, Format, Heat, Section, Table, cells};
use serde_json::Value;

use super::{account::Accounts, published, survivorship::Gauge};
use crate::{flow::results::Results, words};

pub(super) fn section(results: &Results, accounts: &Accounts<'_>) -> Section {
    let facts = results.panel.facts();
    let mut section = Section::new("data", "Data")
        .intro(
            "What was read and what is odd about it. Nothing found here changes the data; what a person wants out goes \
             into the study's frozen list `drop_rows`.",
        )
        .block(key_facts(results))
        .block(survivorship(results, accounts))
        .block(reading(results))
        .block(Details::new("Columns of the price files").block(recognised(&facts.found)))
        .block(quality_counts(results));
    if let Some(table) = published::table(results) {
        section = section.block(table);
    }
    if !results.quality.findings.is_empty() {
        section = section.block(findings(results));
    }
    if !facts.excluded.is_empty() {
        section = section.block(excluded(results));
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

fn key_facts(results: &Results) -> Vec<Fact> {
    let axis = results.panel.axis();
    let found = &results.panel.facts().found;
    let sessions = axis.calendar().sessions();
    let date = |session: Option<&backstaff_panel::Session>| session.copied().map(words::date);
    let mut facts = vec![
        Fact::new("Instruments", axis.n_instruments(), Format::Integer),
        Fact::new("Sessions", axis.n_sessions(), Format::Integer)
            .note(format!("{} a year", words::number(axis.calendar().sessions_per_year(), 1))),
        Fact::new("First", date(sessions.first()), Format::Text),
        Fact::new("Last", date(sessions.last()), Format::Text),
        Fact::new("Rows", axis.n_rows(), Format::Integer).note(format!(
            "{} have a price",
            words::percent(found["coverage"].as_f64().unwrap_or(f64::NAN), 2)
        )),
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

fn count(value: &Value) -> String {
    words::shown(value.as_u64().map_or(f64::NAN, |n| n as f64), Format::Integer)
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
        "Survivorship gauge: equal weight less {index}, a year ({} of {} end before the data do{told})",
        gauge.n_ended,
        words::count(gauge.n_instruments, "instrument")
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

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn recognised(found: &Value) -> Table {
    let mut table = Table::new("Columns of the price files")
        .column(Column::text("In the file"))
        .column(Column::text("Used as"))
        .column(Column::text("It is"));
    for column in array(&found["columns"]) {
        table = table.row(cells![text(&column["source"]), text(&column["name"]), text(&column["role"])]);
    }
    for column in array(&found["ignored"]) {
        table = table
            .row_with(Emphasis::Muted, cells![text(&column["source"]), "not used", text(&column["why"])]);
    }
    table
}

fn reading(results: &Results) -> Table {
    let facts = results.panel.facts();
    let found = &facts.found;
    let (calendar, adjustment) = (&found["calendar"], &found["adjustment"]);
    let mut lines = vec![
        ("files", array(&found["files"]).count().to_string()),
        ("rows in the files", count(&found["rows"])),
        ("dates", text(&found["date_format"])),
        ("instruments", text(&found["instrument_from"])),
        ("calendar", text(&calendar["rule"])),
        ("same sessions as", text(&calendar["resembles"])),
        ("rows on no session", count(&calendar["dropped_rows"])),
        ("adjustment", text(&adjustment["used"])),
        ("because", text(&adjustment["why"])),
        ("the file looks", text(&adjustment["guess"])),
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
        table = table.row_with(emphasis, cells![check.replace('_', " "), meaning(check), *n]);
    }
    table
}

/// What a check looks for, in words.
fn meaning(check: &str) -> &'static str {
    match check {
        "excluded" => "an instrument left out for impossible rows",
        "reverting_jump" => "a jump in the close that the next session takes back",
        "extreme_move" => "a jump in the close that stays",
        "inconsistent_bar" => "a high below open or close, or a low above",
        "repeated_bar" => "prices and volume of the bar before",
        "stale_run" => "the same close over many sessions",
        "zero_volume" => "a bar without volume",
        "missing_sessions" => "a few sessions without a price",
        "gap" => "many sessions without a price",
        "late_start" => "an instrument that begins after the first session",
        "early_end" => "an instrument that ends before the last session",
        "dropped_date" => "a date that too few instruments have; its rows were dropped",
        "thin_session" => "a session that few of the living instruments have",
        _ => "",
    }
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
        let or_missing = |text: &Option<String>| text.as_ref().map_or(Cell::Missing, Cell::from);
        table = table.row(cells![
            finding.check.replace('_', " "),
            or_missing(&finding.instrument),
            or_missing(&finding.session),
            finding.value,
            &finding.detail
        ]);
    }
    let found = quality.counts.iter().map(|(_, n)| n).sum::<usize>();
    let listed = quality.findings.len();
    let all =
        if listed < found { format!("{listed} of {found} findings") } else { words::count(found, "finding") };
    Details::new(format!("List of {all}")).block(table)
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

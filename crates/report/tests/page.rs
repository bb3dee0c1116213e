//! The page as text: what is digested, what is escaped, how large it is.

use backstaff_report::{
    Band, Block, Body, Chart, Colour, Column, Date, Details, Format, Line, Lines, Report, Section, Table,
    cells,
};

mod demo;

/// What stands between the marks of a page. No text of a report holds one, since `<` is escaped wherever it stands.
fn body_of(page: &str) -> &str {
    let (_, rest) = page.split_once("<!-- body -->").expect("the mark before the body");
    rest.split_once("<!-- /body -->").expect("the mark behind the body").0
}

#[test]
fn the_body_is_a_function_of_the_report_and_the_run_stands_outside() {
    let body = demo::report().body().unwrap();
    assert_eq!(body, demo::report().body().unwrap());
    let other_run = Section::new("run", "Run").text("12 seconds");
    let (first, second) = (body.page(&demo::run()).unwrap(), body.page(&other_run).unwrap());
    assert_ne!(first, second);
    for page in [&first, &second] {
        assert_eq!(body_of(page), body.as_str());
    }
    let (_, run) = second.split_once("<!-- run -->").unwrap();
    assert!(run.contains("12 seconds") && !body.as_str().contains("12 seconds"));
}

#[test]
fn a_stored_body_makes_the_same_page() {
    let body = demo::report().body().unwrap();
    let stored: Body = serde_json::from_str(&serde_json::to_string(&body).unwrap()).unwrap();
    assert_eq!(stored.page(&demo::run()).unwrap(), body.page(&demo::run()).unwrap());
}

/// A text at every place that takes one.
fn report_of(text: &str) -> Report {
    let table = Table::new(text).column(Column::text(text).note(text)).row(cells![text]).sortable();
    let lines = Lines::by_date([Date(0)], Format::Integer).line(Line::new(text, vec![1.0])).group(text);
    let band = Band { span: (0.0, 0.0), name: text.to_owned(), colour: Colour::Neutral };
    let chart = Chart::new(text, lines.band(band)).note(text);
    let fact = backstaff_report::Fact::new(text, text, Format::Text).note(text);
    let caveat = || backstaff_report::Caveat::note(text, text);
    let section = Section::new("all", text)
        .intro(text)
        .text(text)
        .block(vec![fact])
        .block(vec![caveat()])
        .block(Details::new(text).block(Block::Beside(vec![table.into(), chart.into()])));
    Report::new(text).subtitle(text).headline(text).banner(caveat()).section(section)
}

/// The elements of a page: all that stands between `<` and `>`.
fn elements(page: &str) -> Vec<&str> {
    page.split('<').skip(1).map(|rest| rest.split([' ', '>']).next().unwrap_or(rest)).collect()
}

#[test]
fn no_text_changes_the_structure_of_the_page() {
    let plain = report_of("plain").body().unwrap();
    let nasty = [
        "<b>",
        "\"><img src=x onerror=alert(1)>",
        "'",
        "&amp;",
        "</script>",
        "<!--",
        "]]>",
        "{{ x }}",
        "\0\u{2028}",
    ];
    for text in nasty.into_iter().chain([demo::NASTY]) {
        let body = report_of(text).body().unwrap();
        assert_eq!(elements(body.as_str()), elements(plain.as_str()), "{text}");
        let quotes = |html: &str| {
            html.lines()
                .filter(|line| !line.contains("application/json"))
                .map(|line| line.matches('"').count())
                .sum::<usize>()
        };
        assert_eq!(quotes(body.as_str()), quotes(plain.as_str()), "{text}");
        assert_eq!(body_of(&body.page(&Section::new("run", text)).unwrap()), body.as_str());
    }
}

#[test]
fn a_page_of_a_dozen_charts_is_small() {
    let bytes = demo::report().body().unwrap().page(&demo::run()).unwrap().len();
    assert!(bytes < 400_000, "{bytes}");
}

#[test]
fn ten_charts_of_five_lines_of_750_sessions_fit_in_600_kb() {
    let chart = |place: usize| {
        let line = |k: usize| {
            let values = (0..750)
                .map(|t| 1.0 + ((t * 7_919 + k * 104_729 + place) % 10_007) as f64 / 31_337.7)
                .collect();
            Line::new(format!("series {k}"), values)
        };
        (0..5).map(line).fold(Lines::by_date((0..750).map(Date), Format::Percent(2)), Lines::line)
    };
    let section = (0..10)
        .fold(Section::new("all", "All"), |section, place| section.block(Chart::new("Chart", chart(place))));
    let bytes = Report::new("Large").section(section).body().unwrap().page(&demo::run()).unwrap().len();
    assert!(bytes < 600_000, "{bytes}");
}

#[test]
fn the_report_is_json_and_text_too() {
    let json = serde_json::to_value(demo::report()).unwrap();
    assert_eq!(json["sections"][0]["blocks"][1]["block"], "table");
    assert_eq!(json["sections"][0]["blocks"][1]["content"]["rows"][3]["cells"][5], serde_json::Value::Null);
    assert_eq!(json["sections"][1]["blocks"][0]["content"]["drawing"]["kind"], "lines");
    let report = demo::report();
    let text = report.sections.iter().map(backstaff_report::text::render_section).collect::<String>();
    assert!(text.contains("LightGBM"));
    let caveat = backstaff_report::Caveat::warning("The universe knows the future", "By two per cent");
    let text = backstaff_report::text::render_section(&Section::new("a", "A").block(vec![caveat]));
    assert!(text.contains("WARNING: The universe knows the future."), "{text}");
}

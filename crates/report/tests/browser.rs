//! A page in a real browser: it draws its charts, answers the reader and asks nobody for anything.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

mod demo;

/// What the browser made of a page: the document, and what it said on the way.
struct Visit {
    document: String,
    log: String,
}

impl Visit {
    fn to(html: &str, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the page");
        let page = folder.path().join("page.html");
        fs::write(&page, html).expect("the page is written");
        let output = Command::new(chromium())
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
            ])
            .args(["--no-first-run", "--disable-background-networking", "--disable-component-update"])
            .args(["--disable-sync", "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND"])
            .args([
                "--enable-logging=stderr",
                "--v=0",
                "--window-size=1280,2000",
                "--virtual-time-budget=5000",
            ])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .args(flags)
            .arg("--dump-dom")
            .arg(format!("file://{}", page.display()))
            .output()
            .expect("the browser starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let visit = Self { document: text(&output.stdout), log: text(&output.stderr) };
        assert!(visit.document.contains("</html>"), "the browser shows no page: {}", visit.log);
        visit
    }

    /// What the page's scripts said or threw, and what the browser refused.
    fn complaints(&self) -> Vec<&str> {
        self.log.lines().filter(|line| line.contains("CONSOLE")).collect()
    }

    fn count(&self, text: &str) -> usize {
        self.document.matches(text).count()
    }
}

fn chromium() -> PathBuf {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file());
    found.expect("no Chromium in PATH, which this test looks at a report with; `make setup` installs it")
}

fn page() -> String {
    demo::report().body().and_then(|body| body.page(&demo::run())).expect("the demo is a sound report")
}

/// The page with a script at its end that acts as a reader; what it returns is in the attribute `data-seen`. The page's
/// own script defines nothing outside of itself; `inside` hands the reader what it tests.
fn page_read_by(script: &str) -> String {
    let reader = format!(
        "<script>(async () => {{
            const settled = () => new Promise((done) => setTimeout(done, 100));
            await settled();
            document.body.dataset.seen = await (async () => {{ {script} }})();
        }})()</script>"
    );
    let opened = page().replace("const redraw =", "window.inside = { charts, labels };\nconst redraw =");
    opened.replace("</body>", &(reader + "</body>"))
}

fn seen_by(script: &str) -> String {
    let visit = Visit::to(&page_read_by(script), &[]);
    assert_eq!(visit.complaints(), [""; 0]);
    let (_, rest) = visit.document.split_once("data-seen=\"").expect("the script has run to its end");
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[test]
fn every_chart_is_drawn_and_nothing_is_complained_about() {
    let visit = Visit::to(&page(), &[]);
    assert_eq!(visit.complaints(), [""; 0]);
    let n_charts = page().matches("class=\"plot\"").count();
    assert!(n_charts >= 10);
    assert_eq!(visit.count("<canvas"), n_charts);
    assert!(visit.document.contains("There is nothing to draw"), "the chart without values says so");
}

#[test]
fn dark_and_narrow_pages_are_drawn_too() {
    let visit = Visit::to(&page(), &["--blink-settings=preferredColorScheme=0", "--window-size=500,900"]);
    assert_eq!(visit.complaints(), [""; 0]);
    assert_eq!(visit.count("<canvas"), page().matches("class=\"plot\"").count());
}

#[test]
fn a_request_would_be_refused_and_noticed() {
    let with_image = page().replace("</body>", "<img src=\"https://example.org/x.png\"></body>");
    let visit = Visit::to(&with_image, &[]);
    assert!(visit.complaints().iter().any(|line| line.contains("Content Security Policy")), "{}", visit.log);
}

#[test]
fn the_page_names_no_address_to_load_from() {
    let page = page();
    for before in
        ["src=\"", "href=\"", "url(", "@import", "srcset", "fetch(", "XMLHttpRequest", "WebSocket", "import("]
    {
        for (place, _) in page.match_indices(before) {
            let rest: String = page[place + before.len()..].chars().take(60).collect();
            let is_inside = before == "href=\"" && (rest.starts_with('#') || rest.starts_with("data:"));
            assert!(is_inside, "{before}{rest}");
        }
    }
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/uplot/LICENSE").is_file());
}

#[test]
fn a_reader_sorts_a_table_gets_its_order_back_and_sees_missing_values_last() {
    let script = r##"
        const sort = (table, column, row, times) => {
            const cell = () => [...document.querySelector(table).tBodies[0].rows].at(row).cells[column].textContent;
            const seen = [cell()];
            for (let n = 0; n < times; n++) {
                document.querySelector(table).tHead.rows[0].cells[column].querySelector("button").click();
                seen.push(cell());
            }
            return seen;
        };
        return [...sort("#orders table.sortable", 3, 0, 3), ...sort("#summary table.sortable", 5, -1, 2)].join(" ");
    "##;
    assert_eq!(seen_by(script), "0.00 48,145.50 0.00 0.00 – – –");
}

#[test]
fn the_ticks_of_an_axis_are_written_as_they_are() {
    // What uPlot divides an axis into: steps of 1, 2, 2.5 and 5 times a power of ten, with the noise of their sums.
    let script = r#"
        const number = { kind: "number", digits: 2 }, percent = { kind: "percent", digits: 1 };
        const steps = (first, step) => Array.from({ length: 5 }, (_, place) => first + place * step);
        const axes = [
            [number, steps(0, 0.25)], [number, steps(0, 2.5)], [number, steps(-0.05, 0.025)],
            [percent, steps(0, 0.025)], [percent, steps(-0.1, 0.025)], [percent, steps(0, 0.1)],
            [number, steps(0.1, 0.1)], [number, [0.2, 0.5, 1, 2]], [number, steps(1e6, 250)],
            [{ kind: "integer" }, steps(0, 2.5)], [number, [0.3]], [number, []],
            [number, steps(1e6, 0.0001)],
        ];
        return axes.map(([format, ticks]) => inside.labels(format, ticks).join(" ")).join("; ");
    "#;
    let written = [
        "0.00 0.25 0.50 0.75 1.00",
        "0.0 2.5 5.0 7.5 10.0",
        "−0.050 −0.025 0.000 0.025 0.050",
        "0.0% 2.5% 5.0% 7.5% 10.0%",
        "−10.0% −7.5% −5.0% −2.5% 0.0%",
        "0% 10% 20% 30% 40%",
        "0.1 0.2 0.3 0.4 0.5",
        "0.2 0.5 1.0 2.0",
        "1,000,000 1,000,250 1,000,500 1,000,750 1,001,000",
        "0  5  10",
        "0.3",
        "",
        "1,000,000.0000 1,000,000.0001 1,000,000.0002 1,000,000.0003 1,000,000.0004",
    ];
    assert_eq!(seen_by(script), written.join("; "));
}

#[test]
fn every_axis_of_a_page_tells_the_value_of_its_ticks() {
    // Each label, read as a number, is the tick that it stands at.
    let script = r#"
        const read = (text) => {
            const number = Number(text.replace("−", "-").replaceAll(",", "").replace("%", ""));
            return text.endsWith("%") ? number / 100 : number;
        };
        const wrong = inside.charts.flatMap((chart) => chart.drawing.axes.flatMap((axis, place) => {
            const named = place === 0 && (chart.x.time || chart.spec.kind === "bars");
            if (named || !axis._values) return [];
            return axis._values.flatMap((text, tick) => {
                const at = axis._splits[tick];
                const off = text === "" ? 0 : Math.abs(read(text) - at);
                return off > 1e-9 * Math.max(1, Math.abs(at)) ? [`${text} at ${at}`] : [];
            });
        }));
        const ticks = inside.charts.map((chart) => chart.drawing.axes[1]._values?.length ?? 0);
        return `${wrong.join("; ")}|${ticks.every((count) => count > 0)}`;
    "#;
    assert_eq!(seen_by(script), "|true");
}

#[test]
fn the_dashes_of_a_line_are_in_its_legend() {
    let script = r##"
        const marks = [...document.querySelectorAll("#performance figure.chart")[0].querySelectorAll("[aria-pressed] .u-marker")];
        return marks.map((mark) => (mark.style.background.includes("gradient") ? "dashes" : "plain")).join(" ");
    "##;
    assert_eq!(seen_by(script), "plain plain plain dashes plain");
}

#[test]
fn a_reader_hides_a_series_zooms_and_sees_all_again() {
    let script = r##"
        const figure = document.querySelector("#performance figure.chart");
        const others = document.querySelectorAll("#performance figure.chart")[1];
        const name = figure.querySelectorAll(".u-series th")[1];
        name.click();
        const hidden = name.getAttribute("aria-pressed");
        const over = figure.querySelector(".u-over");
        const box = over.getBoundingClientRect();
        const mouse = (type, share) => {
            const at = { clientX: box.left + box.width * share, clientY: box.top + 50, bubbles: true, button: 0, detail: 1, movementX: 9 };
            (type === "mouseup" ? document : over).dispatchEvent(new MouseEvent(type, at));
        };
        mouse("mouseenter", 0.2); mouse("mousemove", 0.2); mouse("mousedown", 0.2);
        mouse("mousemove", 0.5); mouse("mousemove", 0.6); mouse("mouseup", 0.6);
        await settled();
        const resets = [figure, others].map((figure) =>
            [...figure.querySelectorAll(".tools button")].find((button) => button.textContent === "Reset zoom"));
        const zoomed = resets.map((reset) => reset.hidden);
        resets[1].click();
        await settled();
        return [hidden, ...zoomed, ...resets.map((reset) => reset.hidden)].join(" ");
    "##;
    // The name is not pressed; both charts of the group are zoomed and offer a reset, and one reset is for both.
    assert_eq!(seen_by(script), "false false false true true");
}

#[test]
fn a_reader_changes_the_scale_and_the_hidden_series_stays_hidden() {
    let script = r##"
        const figure = document.querySelector("#performance figure.chart");
        figure.querySelectorAll(".u-series th")[2].click();
        await settled();
        const button = [...figure.querySelectorAll(".tools button")].find((button) => button.textContent === "Linear scale");
        button.click();
        await settled();
        const pressed = [...figure.querySelectorAll(".u-series th[aria-pressed]")].map((name) => name.getAttribute("aria-pressed"));
        return [button.textContent, ...pressed, figure.querySelectorAll("canvas").length].join(" ");
    "##;
    assert_eq!(seen_by(script), "Log scale true false true true true 1");
}

#[test]
fn the_pointer_tells_date_and_values_and_a_gap_is_told_as_missing() {
    let script = r##"
        const figure = document.querySelectorAll("#performance figure.chart")[2];
        const over = figure.querySelector(".u-over");
        const box = over.getBoundingClientRect();
        const texts = () => [...figure.querySelectorAll(".u-value")].map((value) => value.textContent).join(" ");
        const seen = [texts()];
        for (const share of [0, 0.42]) {
            const at = { clientX: box.left + box.width * share, clientY: box.top + 20, bubbles: true };
            over.dispatchEvent(new MouseEvent("mouseenter", at));
            over.dispatchEvent(new MouseEvent("mousemove", at));
            await settled();
            seen.push(texts());
        }
        return seen.join("; ");
    "##;
    let seen = seen_by(script);
    assert!(seen.starts_with("2017-11-22 "), "the newest values at rest: {seen}");
    assert!(seen.contains("; 2015-01-02 "), "the first at the left edge: {seen}");
    assert!(seen.ends_with(" –"), "missing in the gap: {seen}");
}

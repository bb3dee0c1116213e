//! Files as vendors write them: halts as rows, base prices, texts, adjusted and quoted closes in one folder, splits.

mod support;

use std::fmt::Write as _;

use support::{Workplace, date, noise, prices};

/// The standard output of a command that must succeed, with what it says beside.
fn said(place: &Workplace, arguments: &[&str]) -> String {
    let output = place.output(arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned() + &errors
}

fn assert_all(text: &str, told: &[&str]) {
    for told in told {
        assert!(text.contains(told), "{told}: {text}");
    }
}

/// Two Korean shares over forty sessions; the second is halted for three of them.
fn halted() -> String {
    let mut text = "date,symbol,open,high,low,close,volume\n".to_owned();
    for t in 0..40_i32 {
        for (i, symbol) in ["005930", "263750"].into_iter().enumerate() {
            let is_halt = i == 1 && (20..23).contains(&t);
            let at = if is_halt { 19 } else { t };
            let close = 50_000 + 100 * ((at * 7 + 3 * i as i32) % 11);
            let (open, volume) = if is_halt { (0, 0) } else { (close - 50, 1_000 + t) };
            let _ = writeln!(text, "{},{symbol},{open},{open},{open},{close},{volume}", date(19_400 + t));
        }
    }
    text
}

#[test]
fn halts_written_as_zeros() {
    let place = Workplace::empty();
    place.write("prices.csv", &halted());
    let compute = ["compute", "--data", "prices.csv", "--feature", "c=$close", "--out", "o.parquet"];
    assert_all(
        &said(&place, &compute),
        &["80 rows", "9 prices of 0 count as missing", "--halts zero_volume"],
    );
    let stated = [&compute[..], &["--halts", "zero_volume"]].concat();
    let text = said(&place, &stated);
    assert!(text.contains("80 rows") && !text.contains("of 0 count"), "{text}");
    let again = [
        "compute",
        "--data",
        "o.parquet",
        "--feature",
        "n=Sum(If($c > 0, 1, 0), 40, min=1)",
        "--out",
        "n.parquet",
    ];
    assert_all(&said(&place, &again), &["80 rows"]);
    let written = said(&place, &["init", "--data", "prices.csv", "--out", "study.yaml"]);
    assert_all(&written, &["halts:      3 rows of 1 instrument", "263750"]);
    let study = std::fs::read_to_string(place.path("study.yaml")).expect("a study");
    assert_all(&study, &["halts: zero_volume", "on_bad_row: stop"]);
    let (code, message) = place.failure(&["prove", "study.yaml", "--halts", "zero_volume"]);
    assert!(code == 4 && message.contains("--halts"), "{message}");
}

/// A file with the columns of public Korean quotes: a 1:5 split of the first share, a halt of the second.
fn korean() -> String {
    let mut text = "Code,Name,Close,ChangeCode,Changes,ChagesRatio,Volume,Amount,Open,High,Low,Marcap,Stocks,Market,Date\n".to_owned();
    for (i, (code, market)) in
        [("900002", "KOSPI"), ("900003", "KOSDAQ"), ("900004", "KOSPI")].into_iter().enumerate()
    {
        let mut last = 60_000.0 + 1_000.0 * i as f64;
        let mut shares = 48_000_000;
        for t in 0..60_i32 {
            let is_split = i == 0 && t == 30;
            let is_halt = i == 1 && (20..27).contains(&t);
            let base = if is_split { last / 5.0 } else { last };
            shares = if is_split { shares * 5 } else { shares };
            let change =
                if is_halt { 0.0 } else { (noise(&[i as u64, t as u64]) * 200.0).round() * 10.0 - 1_000.0 };
            let change = if is_split { 150.0 } else { change };
            let close = base + change;
            let (open, volume) = if is_halt { (0.0, 0) } else { (close, 1_000) };
            let _ = writeln!(
                text,
                "{code},회사{i},{close},2,{change},{:.2},{volume},{},{open},{open},{open},{},{shares},{market},{}",
                change / base * 100.0,
                close * f64::from(volume),
                close * f64::from(shares),
                date(19_786 + t)
            );
            last = close;
        }
    }
    text
}

#[test]
fn columns_of_public_korean_quotes() {
    let place = Workplace::empty();
    place.write("vendor.csv", &korean());
    let text = said(&place, &["init", "--data", "vendor.csv", "--out", "study.yaml"]);
    assert_all(
        &text,
        &[
            "halts:      7 rows of 1 instrument",
            "change: changes",
            "Marcap as market_cap",
            "Stocks as shares",
            "categories",
        ],
    );
    assert!(!text.contains("bad:") && !text.contains("broken:"), "{text}");
    let study = std::fs::read_to_string(place.path("study.yaml")).expect("a study");
    assert_all(
        &study,
        &["halts: zero_volume", "change: changes", "# categories: [name, market]", "on_bad_row: stop"],
    );
    // What the study offers is what it takes: with the categories named, all is read.
    let named = study.replace("# categories: [name, market]", "categories: [name, market]");
    let run = named.split("\nportfolio:").next().expect("a beginning").to_owned()
        + "\nfeatures: {define: {k: 'CsRank($shares, by=name)'}}\nlabel: {horizon: 5, target: rank}\n\
           folds: {test: {from: 2024-05-01}, every: year, train: {sessions: 20}, validation: none, min_rows: {train: 5, test: 5}}\n\
           models: {m: {expression: '-CsRank($market_cap, by=market)'}}\nportfolio: {strategy: {top_n: {n: 1}}}\n";
    place.write("run.yaml", &run);
    let found = place.json(&["run", "run.yaml"]);
    assert_eq!(found["excluded"], serde_json::json!([]));
    let loaded = place.json(&[
        "factor",
        "-$return",
        "--data",
        "vendor.csv",
        "--change",
        "Changes",
        "--halts",
        "zero_volume",
        "--quantiles",
        "2",
    ]);
    assert!(loaded.is_object());
}

#[test]
fn texts_of_a_price_file_are_categories_of_a_study() {
    let place = Workplace::empty();
    let text = prices(10, 300, false);
    let sector = |line: &str| {
        if line.contains(",S0") && line.as_bytes()[13].is_multiple_of(2) { "전자" } else { "화학" }
    };
    let lines = text.lines().enumerate();
    let text =
        lines.map(
            |(at, line)| {
                if at == 0 { format!("{line},sector\n") } else { format!("{line},{}\n", sector(line)) }
            },
        );
    place.write("prices.csv", &text.collect::<String>());
    let written = said(&place, &["init", "--data", "prices.csv", "--out", "s.yaml"]);
    assert_all(&written, &["not used:   sector", "named under `categories` in `data.prices`"]);
    let study = "backstaff: 1\nname: advice\ndata: {prices: {path: prices.csv, adjustment: as_is, categories: [sector]}}\n\
                 features: {define: {k: 'CsRank($close, by=sector)'}}\nlabel: {horizon: 1, target: rank}\n\
                 folds: {test: {from: 2010-06-01}, every: year, train: {sessions: 40}, validation: none, min_rows: {train: 5, test: 5}}\n\
                 models: {m: {expression: k}}\nportfolio: {strategy: {top_n: {n: 2}}}\n";
    place.write("study.yaml", study);
    place.json(&["run", "study.yaml"]);
    place.write("study.yaml", &study.replace("categories: [sector]", "categories: [sektor]"));
    let (code, message) = place.failure(&["run", "study.yaml"]);
    assert!(code == 4, "{message}");
    assert_all(&message, &["data.prices.categories", "sektor", "sector"]);
    place.write("study.yaml", &study.replace("categories: [sector]", "categories: [업종]"));
    let (code, message) = place.failure(&["run", "study.yaml"]);
    assert!(code == 4, "{message}");
    assert_all(&message, &["data.prices.categories", "업종", "`mapping: {업종: our_name}`"]);
}

#[test]
fn adjusted_and_quoted_closes_in_one_folder() {
    let place = Workplace::empty();
    std::fs::create_dir(place.path("prices")).expect("a folder");
    for (i, name) in ["AAA", "BBB", "CCC", "DDD"].into_iter().enumerate() {
        let is_old = i < 2;
        let mut text = if is_old {
            "Date,Open,High,Low,Close,Adj Close,Volume\n".to_owned()
        } else {
            format!(
                "Price,Close,High,Low,Open,Volume\nTicker,{name},{name},{name},{name},{name}\nDate,,,,,\n"
            )
        };
        for t in 0..60 {
            let close = 50.0 + 5.0 * noise(&[i as u64, t]);
            let day = date(19_360 + t as i32);
            let adjusted = if is_old { format!(",{}", close * 0.95) } else { String::new() };
            let _ = writeln!(text, "{day},{close},{close},{close},{close}{adjusted},900");
        }
        place.write(&format!("prices/{name}.csv"), &text);
    }
    let told = ["CCC.csv", "DDD.csv", "taken as adjusted already", "adjustment: as_is"];
    let text = said(&place, &["init", "--data", "prices", "--out", "study.yaml"]);
    assert_all(&text, &told);
    assert_all(&text, &["coverage:   100.00 %"]);
    assert!(!text.contains("without trade"), "{text}");
    assert_all(&said(&place, &["factor", "-$return", "--data", "prices", "--quantiles", "2"]), &told);
    let compute = ["compute", "--data", "prices", "--feature", "r=$return", "--out", "o.parquet"];
    assert_all(&said(&place, &compute), &["CCC.csv", "DDD.csv", "may be adjusted already"]);
}

#[test]
fn broken_series_come_first() {
    let place = Workplace::new();
    let text = prices(10, 900, false);
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let mut cells = line.split(',').map(str::to_owned).collect::<Vec<_>>();
        let factor = match cells[1].as_str() {
            // A consolidation of a hundred that nothing adjusts for, and a decimal point out of its place.
            "S04" if cells[0].as_str() >= "2011-05-02" => 100.0,
            "S05" if cells[0].as_str() == "2011-06-01" => 0.01,
            _ => 1.0,
        };
        for cell in cells.iter_mut().skip(2).take(4).filter(|_| at > 0) {
            *cell = (cell.parse::<f64>().expect("a price") * factor).to_string();
        }
        lines.push(cells.join(","));
    }
    place.write("prices.csv", &lines.join("\n"));
    let output = place.output(&["run", "study.yaml"]);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    let first = errors.lines().find(|line| line.starts_with("warning")).expect("a warning");
    assert_all(first, &["2 series look broken", "S05 2011-06-01", "S04 2011-05-02", "100", "`drop_rows`"]);
    let run = place.json(&["run", "study.yaml"]);
    assert_eq!(run["quality"]["broken"][0]["instrument"], "S05", "{}", run["quality"]["broken"]);
    let page = std::fs::read_to_string(place.path(run["artifacts"]["report"].as_str().expect("a path")))
        .expect("a page");
    assert!(page.contains("Series that look broken"));
    let text = said(&place, &["init", "--data", "prices.csv", "--out", "new.yaml"]);
    assert_all(&text, &["broken:     2 series look broken", "adjustment: ", "S04 2011-05-02 1:100"]);
    let study = std::fs::read_to_string(place.path("new.yaml")).expect("a study");
    assert_all(
        &study,
        &["#   - {instrument: \"S05\", date: 2011-06-01} # ", "# drop_instruments:", "#   - \"S04\" # "],
    );
    // What the study proposes can be taken as it stands.
    let taken = study
        .replace("    # drop_rows:", "    drop_rows:")
        .replace("    # drop_instruments:", "    drop_instruments:");
    place.write("new.yaml", &taken.replace("    #   - ", "      - "));
    let config = place.output(&["status", "new.yaml"]);
    let errors = String::from_utf8_lossy(&config.stderr).into_owned();
    assert!(!errors.contains("drop_"), "{errors}");
    let dropped = support::STUDY.replace(
        "adjustment: as_is",
        "adjustment: as_is, drop_instruments: [S04], drop_rows: [{instrument: S05, date: 2011-06-01}]",
    );
    place.write("study.yaml", &dropped);
    assert_eq!(place.json(&["run", "study.yaml"])["quality"]["broken"], serde_json::json!([]));
}

//! Columns of the bundled panel in memory: nanoseconds per row, and multiples of copying the input.
//!
//! ```text
//! cargo bench -p backstaff-study --bench windows [-- PANEL.parquet [cold:]NAME=EXPRESSION;EXPRESSION... [cold:]LIBRARY ...]
//! ```
//!
//! Without arguments: the columns below, of the bundled panel, which `benches/beside_polars.py` puts beside Polars.
//! `benches/features.py` names a panel and columns of its own. Each line of the output is
//! `name seconds ns_per_row copies`: medians of nine, of five for a panel that is named, on the threads that
//! `RAYON_NUM_THREADS` says. Expressions of one name are computed together; `cold:` reads the panel again each time, and
//! computes 32-bit columns.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::{path::Path, time::Instant};

use backstaff_feature::{Catalog, Plan, Schema};
use backstaff_panel::{Encoding, Panel};
use backstaff_source::{PanelSource, Written, read_attributes};

/// The same names stand in `benches/beside_polars.py`.
const COLUMNS: [(&str, &str); 12] = [
    ("mean_20", "Mean($close, 20)"),
    ("sum_20", "Sum($volume, 20)"),
    ("std_20", "Std($close, 20)"),
    ("std_252", "Std($close, 252)"),
    ("max_252", "Max($high, 252)"),
    ("min_252", "Min($low, 252)"),
    ("median_20", "Med($close, 20)"),
    ("quantile_60", "Quantile($close, 60, 0.8)"),
    ("cov_60", "Cov($close, $volume, 60)"),
    ("ema_12", "EMA($close, 12)"),
    ("shift_ratio", "$close / Ref($close, 20) - 1"),
    ("cross_rank", "CsRank($close)"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = std::env::args().skip(1).filter(|argument| argument != "--bench").collect::<Vec<_>>();
    match arguments.split_first() {
        Some((panel, columns)) => named(Path::new(panel), columns),
        None => bundled(),
    }
}

fn bundled() -> Result<(), Box<dyn std::error::Error>> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data");
    let mut panel = PanelSource::verbatim(examples.join("us_equities.parquet")).load()?.panel;
    let sectors = read_attributes(&examples.join("us_sectors.csv"), None, &["sector"], Written::default())?;
    let sectors = sectors.categories("sector", panel.axis())?;
    panel.insert_categories("sector", sectors)?;
    let rows = panel.axis().n_rows();
    let close = panel.field("close").ok_or("the panel has no close")?.to_f64();
    let copy = median(9, || close.clone().len());
    println!("copy {copy:.6} {:.3} 1.0", copy * 1e9 / rows as f64);
    for (name, expression) in COLUMNS {
        report(name, &panel, &Catalog::new().with(name, expression)?, &[name], (copy, 9))?;
    }
    report("technical", &panel, &Catalog::new().with_library("technical")?, &["technical"], (copy, 9))
}

fn named(path: &Path, columns: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    let panel = PanelSource::verbatim(path).load()?.panel;
    let rows = panel.axis().n_rows() as f64;
    let some = vec![1.0; panel.axis().n_rows()];
    let copy = median(5, || some.clone().len());
    for column in columns {
        let (cold, column) =
            column.strip_prefix("cold:").map_or((false, column.as_str()), |column| (true, column));
        let (name, catalog, selection) = columns_of(column)?;
        let selection = selection.iter().map(String::as_str).collect::<Vec<_>>();
        if !cold {
            report(name, &panel, &catalog, &selection, (copy, 5))?;
            continue;
        }
        let plan = Plan::new(&catalog.resolve(&selection, &Schema::of(&panel))?);
        let seconds = median(5, || {
            let panel = PanelSource::verbatim(path).load().map(|loaded| loaded.panel);
            let columns = panel.ok().and_then(|panel| plan.compute(&panel, Encoding::F32, &()).ok());
            columns.map_or(0, |columns| columns.len())
        });
        println!("{name} {seconds:.6} {:.3} {:.1}", seconds * 1e9 / rows, seconds / copy);
    }
    Ok(())
}

/// What `NAME=EXPRESSION;EXPRESSION...` or the name of a library asks for.
fn columns_of(column: &str) -> Result<(&str, Catalog, Vec<String>), Box<dyn std::error::Error>> {
    let Some((name, expressions)) = column.split_once('=') else {
        return Ok((column, Catalog::new().with_library(column)?, vec![column.to_owned()]));
    };
    let (mut catalog, mut selection) = (Catalog::new(), Vec::new());
    for (n, expression) in expressions.split(';').enumerate() {
        let feature = format!("{name}_{n}");
        catalog = catalog.with(&feature, expression)?;
        selection.push(feature);
    }
    Ok((name, catalog, selection))
}

fn report(
    name: &str,
    panel: &Panel,
    catalog: &Catalog,
    selection: &[&str],
    (copy, runs): (f64, usize),
) -> Result<(), Box<dyn std::error::Error>> {
    let plan = Plan::new(&catalog.resolve(selection, &Schema::of(panel))?);
    let encoding = if name == "technical" { Encoding::F32 } else { Encoding::F64 };
    let seconds = median(runs, || plan.compute(panel, encoding, &()).map_or(0, |columns| columns.len()));
    let rows = panel.axis().n_rows() as f64;
    println!("{name} {seconds:.6} {:.3} {:.1}", seconds * 1e9 / rows, seconds / copy);
    Ok(())
}

fn median(runs: usize, work: impl Fn() -> usize) -> f64 {
    let mut seconds = (0..runs)
        .map(|_| {
            let started = Instant::now();
            std::hint::black_box(work());
            started.elapsed().as_secs_f64()
        })
        .collect::<Vec<_>>();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

//! Columns of the bundled panel in memory: nanoseconds per row, and multiples of copying the input.
//!
//! `benches/beside_polars.py` runs this and Polars on the same data and puts the figures side by side. Each line of the
//! output is `name seconds ns_per_row copies`: medians of nine, on the threads that `RAYON_NUM_THREADS` says.

use std::{path::Path, time::Instant};

use backstaff_feature::{Catalog, Plan, Schema};
use backstaff_panel::{Encoding, Panel};
use backstaff_source::{PanelSource, read_attributes};

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
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data");
    let mut panel = PanelSource::verbatim(examples.join("us_equities.parquet")).load()?.panel;
    let sectors = read_attributes(&examples.join("us_sectors.csv"), None, &["sector"])?;
    let sectors = sectors.categories("sector", panel.axis())?;
    panel.insert_categories("sector", sectors)?;
    let rows = panel.axis().n_rows();
    let close = panel.field("close").ok_or("the panel has no close")?.to_f64();
    let copy = median(|| close.clone().len());
    println!("copy {copy:.6} {:.3} 1.0", copy * 1e9 / rows as f64);
    for (name, expression) in COLUMNS {
        report(name, &panel, &Catalog::new().with(name, expression)?, &[name], copy)?;
    }
    report("technical", &panel, &Catalog::new().with_library("technical")?, &["technical"], copy)
}

fn report(
    name: &str,
    panel: &Panel,
    catalog: &Catalog,
    selection: &[&str],
    copy: f64,
) -> Result<(), Box<dyn std::error::Error>> {
    let plan = Plan::new(&catalog.resolve(selection, &Schema::of(panel))?);
    let encoding = if name == "technical" { Encoding::F32 } else { Encoding::F64 };
    let seconds = median(|| plan.compute(panel, encoding, &()).map_or(0, |columns| columns.len()));
    let rows = panel.axis().n_rows() as f64;
    println!("{name} {seconds:.6} {:.3} {:.1}", seconds * 1e9 / rows, seconds / copy);
    Ok(())
}

fn median(work: impl Fn() -> usize) -> f64 {
    let mut seconds = (0..9)
        .map(|_| {
            let started = Instant::now();
            std::hint::black_box(work());
            started.elapsed().as_secs_f64()
        })
        .collect::<Vec<_>>();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

//! Features from prices in memory: expressions, a library, and a proof by hand that nothing looks ahead.
//!
//! Run it with `cargo run --release --example feature`.

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use std::sync::Arc;

use backstaff_feature::{Catalog, FeatureError, Plan, Schema};
use backstaff_panel::{Axis, Calendar, Column, Encoding, Panel, Session};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let panel = market(60)?;
    let catalog = Catalog::new()
        .with("momentum", "$close / Ref($close, 5) - 1")?
        .with("rank", "CsRank(momentum)")?
        .with("calm", "-Std($close / Ref($close, 1) - 1, 10)")?;
    let values = compute(&catalog, &panel)?;
    let axis = panel.axis();
    let last = axis.n_sessions() - 1;
    println!("{}", axis.calendar().session(last));
    for (i, instrument) in axis.instruments().iter().enumerate() {
        let Some(row) = axis.row(i, last) else { continue };
        let cells = values.iter().map(|column| format!("{:9.5}", column.get(row)));
        println!("{instrument}  {}", cells.collect::<Vec<_>>().join("  "));
    }

    // The same market without its last twenty sessions gives the same bits up to there.
    let shorter = panel.between(0..axis.n_sessions() - 20);
    let (_, kept) = axis.between(0..axis.n_sessions() - 20);
    for (before, after) in values.iter().zip(compute(&catalog, &shorter)?) {
        assert!(before.select(&kept).same_bits(&after), "a value depends on later sessions");
    }
    println!("nothing looks ahead");

    // A misspelling is told with the place and the nearest name.
    let slip = catalog.with("slip", "Mean($clsoe, 20)")?.resolve(&["slip"], &Schema::of(&panel));
    println!("{}", slip.map_or_else(|error| error.to_string(), |_| "no slip".to_owned()));
    Ok(())
}

fn compute(catalog: &Catalog, panel: &Panel) -> Result<Vec<Column>, FeatureError> {
    let features = catalog.resolve(&["momentum", "rank", "calm"], &Schema::of(panel))?;
    Plan::new(&features).compute(panel, Encoding::F64, &())
}

/// Three instruments whose prices are waves of their own.
fn market(n_sessions: usize) -> Result<Panel, Box<dyn std::error::Error>> {
    let monday = "2024-01-01".parse::<Session>()?.number();
    let days = (0..).map(|day| Session::from_number(monday + day)).filter(|day| !day.is_weekend());
    let calendar = Calendar::new(days.take(n_sessions).collect());
    let lives = ["AAA", "BBB", "CCC"].map(|name| (name.into(), 0..n_sessions));
    let axis = Arc::new(Axis::new(calendar, lives.into()));
    let close = (0..3).flat_map(|i| {
        (0..n_sessions).map(move |t| 100.0 + 10.0 * f64::from(i) + (t as f64 / (3.0 + f64::from(i))).sin())
    });
    let mut panel = Panel::new(axis);
    panel.insert("close", Column::F64(close.collect()))?;
    Ok(panel)
}

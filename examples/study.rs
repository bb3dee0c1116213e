//! A study from Rust: settings as a map, a run, its measures, a proof.
//!
//! Run it with `cargo run --release --example study`. Its store and its report lie in a temporary folder.

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use std::path::Path;

use backstaff_study::{Options, Study, config::Config, progress::Silent};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data/thirty.csv.gz");
    let settings = serde_json::json!({
        "backstaff": 1,
        "name": "ridge",
        "data": { "prices": { "path": data } },
        "features": { "define": {
            "reversal": "CsRank($close / Ref($close, 5) - 1)",
            "momentum": "CsRank(Ref($close, 21) / Ref($close, 252) - 1)",
        } },
        "label": { "horizon": 10, "target": "rank" },
        "folds": { "test": { "from": "2015-01-01" }, "train": { "years": 2 }, "validation": { "months": 6 } },
        "models": { "ridge": { "ridge": {} } },
        "strategy": { "top_n": { "n": 5, "keep": 10 } },
        "portfolio": { "rebalance": "weekly", "costs": { "commission_bps": 5 } },
    });
    let folder = tempfile::tempdir()?;
    let config = Config::from_map(&settings, folder.path(), None)?;
    let study = Study::new(config, &Options::default())?;

    let outcome = study.run(&Silent)?;
    println!("{}", outcome.result.measures.verdict.sentence);
    for line in &outcome.result.headlines {
        println!("{line:?}");
    }
    println!("{}", outcome.artifacts.report.display());
    assert!(outcome.artifacts.report.exists());

    let proof = study.prove(1, &Silent)?;
    println!("{proof}");
    assert!(proof.holds());
    Ok(())
}

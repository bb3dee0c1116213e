//! What is in these files, and what looks wrong in them?
//!
//! `cargo run --release -p backstaff-source --example inspect -- PATH [verbatim]`
//!
//! You should see the recognised columns, the calendar, the adjustment, the seconds it took, and the counts of the
//! quality checks with their first findings.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example prints what it found")]

use std::{process::ExitCode, time::Instant};

use backstaff_source::{OnBadRow, PanelSource, SourceError, quality};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        eprintln!("which file or folder?");
        return ExitCode::from(2);
    };
    let mut source = match arguments.next().as_deref() {
        Some("verbatim") => PanelSource::verbatim(path),
        _ => PanelSource::new(path),
    };
    source.on_bad_row = OnBadRow::Drop;
    match show(&source) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn show(source: &PanelSource) -> Result<(), SourceError> {
    let start = Instant::now();
    let loaded = source.load()?;
    let seconds = start.elapsed().as_secs_f64();
    println!("{:#?}", loaded.found);
    for excluded in &loaded.excluded {
        println!("excluded {}: {}", excluded.instrument, excluded.reason);
    }
    for (name, column) in loaded.panel.fields() {
        println!("${name}: {:?}", column.encoding());
    }
    println!("{} rows in {seconds:.3} s", loaded.panel.axis().n_rows());
    let start = Instant::now();
    let quality = quality::check(&loaded, &quality::QualityRules::default());
    println!("checked in {:.3} s", start.elapsed().as_secs_f64());
    for (check, count) in &quality.counts {
        println!("{}: {count}", check.name());
        for finding in quality.findings.iter().filter(|finding| finding.check == *check).take(8) {
            println!("    {}", finding.detail);
        }
    }
    Ok(())
}

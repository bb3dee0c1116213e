//! What does a report look like?
//!
//! `cargo run -p backstaff-report --example demo -- /tmp/demo.html` writes a made-up one; open it in a browser. You
//! should see a summary, charts that follow the pointer together, and no request in the browser's network view.

#![expect(clippy::print_stdout, reason = "an example prints what it did")]

use std::{env, error::Error, fs};

#[path = "../tests/demo/mod.rs"]
mod demo;

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("say where to write the page")?;
    let page = demo::report().body()?.page(&demo::run())?;
    fs::write(&path, &page)?;
    println!("wrote {} bytes to {path}", page.len());
    Ok(())
}

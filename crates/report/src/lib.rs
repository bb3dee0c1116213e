//! Tables, charts and sections as one self-contained HTML file.
//!
//! A [`Report`] is a list of [`Section`]s, a section a list of [`Block`]s: text, caveats, facts, [`Table`]s and
//! [`Chart`]s. The crate knows nothing of where they come from and does no input or output. The same report can be had
//!
//! - as HTML: [`Report::body`] is a function of the report alone and can be digested; [`Body::page`] wraps it, with a
//!   run section that may differ from run to run, into a page that opens offline and makes no request;
//! - as text for a terminal: [`text::render`] and [`text::render_section`];
//! - as JSON: every type is `Serialize`; missing values are `null`, dates are ISO texts.
//!
//! ```
//! use backstaff_report::{Block, Column, Report, Section, Table, cells};
//!
//! let table = Table::new("Return and risk").column(Column::text("Strategy")).column(Column::percent("CAGR", 1));
//! let table = table.row(cells!["Ridge", 0.081]).row(cells!["Equal weight", f64::NAN]);
//! let report = Report::new("Demo").section(Section::new("summary", "Summary").block(table));
//! let page = report.body()?.page(&Section::new("run", "Run"))?;
//! assert!(page.contains("8.1%"));
//! # Ok::<(), backstaff_report::ReportError>(())
//! ```

mod chart;
mod check;
mod date;
mod error;
mod format;
mod html;
mod report;
mod table;
pub mod text;

pub use chart::{
    Band, BarSeries, Bars, Chart, Colour, CountSeries, Direction, Drawing, Histogram, Horizontal, Line,
    Lines, Palette, Rule, Scale, Stroke,
};
pub use date::Date;
pub use error::ReportError;
pub use format::Format;
pub use html::Body;
pub use report::{Block, Caveat, Details, Fact, Report, Section, Severity};
pub use table::{Align, Cell, Column, Emphasis, Heat, HeatScope, Row, Table};

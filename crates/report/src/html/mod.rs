//! The page.

use serde::{Deserialize, Serialize};

use crate::{Report, ReportError, Section, check};

/// The part of a page that is a function of the report alone: the same report gives the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    title: String,
    html: String,
}

impl Report {
    /// Renders all but the run section; what the caller digests.
    ///
    /// # Errors
    ///
    /// If the report contradicts itself: ids of sections, lengths of rows and series, axes that do not ascend.
    pub fn body(&self) -> Result<Body, ReportError> {
        check::report(self)?;
        Ok(Body { title: self.title.clone(), html: crate::text::render_report(self) })
    }
}

impl Body {
    /// The bytes to digest.
    pub fn as_str(&self) -> &str {
        &self.html
    }

    /// The whole page; `run` holds what may differ from run to run: times, found or computed, the machine.
    pub fn page(&self, run: &Section) -> Result<String, ReportError> {
        check::section(run)?;
        Ok(format!("{}{}", self.html, crate::text::render_section(run)))
    }
}

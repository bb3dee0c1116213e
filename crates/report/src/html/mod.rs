//! The page: templates, and the data that its script draws from.
//!
//! To add a kind of block: a variant of [`Block`](crate::Block), a template of its own, and an arm in `block.rs`.

mod block;
mod colour;
mod figure;
mod inline;
#[cfg(test)]
mod palette;
mod rounded;

use askama::Template;
use serde::{Deserialize, Serialize};

use self::block::Writer;
use crate::{Report, ReportError, Section, check};

/// The part of a page that is a function of the report alone: the same report gives the same bytes.
///
/// It can be stored and made a page later, with another run section and without the report it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    title: String,
    html: String,
}

const STYLE: [&str; 3] = [
    include_str!("../../assets/style/page.css"),
    include_str!("../../assets/style/figures.css"),
    include_str!("../../assets/style/media.css"),
];

/// The page's own script, in the order in which its parts need each other.
const SCRIPT: [&str; 4] = [
    include_str!("../../assets/script/show.js"),
    include_str!("../../assets/script/paint.js"),
    include_str!("../../assets/script/chart.js"),
    include_str!("../../assets/script/page.js"),
];

impl Report {
    /// Renders all but the run section; what the caller digests.
    ///
    /// # Errors
    ///
    /// If the report contradicts itself: ids of sections, lengths of rows and series, axes that do not ascend.
    pub fn body(&self) -> Result<Body, ReportError> {
        check::report(self)?;
        let mut writer = Writer::new("", self.sections.iter());
        let banners = self.banners.iter().map(block::CaveatView::of).collect();
        let sections =
            self.sections.iter().map(|section| writer.section(section)).collect::<Result<_, _>>()?;
        let html = BodyTemplate {
            report: self,
            headline: inline::option(self.headline.as_ref()),
            banners,
            sections,
        };
        Ok(Body { title: self.title.clone(), html: html.render()? })
    }
}

impl Body {
    /// The text whose bytes a caller digests.
    pub fn as_str(&self) -> &str {
        &self.html
    }

    /// The whole page; `run` holds what may differ from run to run: times, found or computed, the machine.
    ///
    /// The page holds the run section outside of the body, between `<!-- run -->` and `<!-- /run -->`. The page holds its
    /// styles, scripts and data, and forbids the browser to fetch anything.
    ///
    /// # Errors
    ///
    /// If the run section contradicts itself.
    pub fn page(&self, run: &Section) -> Result<String, ReportError> {
        check::section(run)?;
        let run = Writer::new("run-", [run]).section(run)?;
        let page = PageTemplate {
            title: &self.title,
            body: &self.html,
            run: &run,
            chart_style: include_str!("../../assets/uplot/uPlot.min.css"),
            style: STYLE,
            chart_script: include_str!("../../assets/uplot/uPlot.iife.min.js"),
            script: SCRIPT,
        };
        Ok(page.render()?)
    }
}

#[derive(Template)]
#[template(path = "page.html")]
struct PageTemplate<'a> {
    title: &'a str,
    body: &'a str,
    run: &'a str,
    chart_style: &'a str,
    style: [&'a str; 3],
    chart_script: &'a str,
    script: [&'a str; 4],
}

#[derive(Template)]
#[template(path = "body.html")]
struct BodyTemplate<'a> {
    report: &'a Report,
    headline: Option<String>,
    banners: Vec<block::CaveatView>,
    sections: Vec<String>,
}

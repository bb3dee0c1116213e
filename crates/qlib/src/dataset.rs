//! A handler's rows after its processors, cut into segments.

use std::{ops::RangeInclusive, path::Path};

use backstaff_learn::process::{self, CLASSES, Chain, LearnFrom, Processed, Step, Table};
use backstaff_panel::Calendar;
use backstaff_study::{StudyError, config::Problem};
use backstaff_words::did_you_mean;
use indexmap::IndexMap;

use crate::{
    folder::Folder,
    frame::{Frame, load, text_of},
    workflow::{Handler, ProcessorSpec, Span},
};

/// The rows of a handler: as loaded, to predict, to learn from.
#[derive(Debug)]
pub struct Dataset {
    /// The bars, and the rows before any processing.
    pub frame: Frame,
    /// The rows after the processors.
    pub processed: Processed,
    /// The spans of dates by name.
    pub segments: IndexMap<String, Span>,
}

/// Which rows of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// As loaded: Qlib's `DK_R`.
    Raw,
    /// Processed to predict: Qlib's `DK_I`.
    Infer,
    /// Processed to learn from: Qlib's `DK_L`.
    Learn,
}

impl Dataset {
    /// Load and process what a handler says.
    ///
    /// # Errors
    ///
    /// If it can't be loaded, a processor is unknown or meets no column, or (without `allow_leaks`) one is fitted on dates
    /// behind the training segment.
    pub fn new(
        folder: &Folder,
        handler: &Handler,
        segments: &IndexMap<String, Span>,
        (allow_leaks, facts): (bool, Option<&Path>),
        warnings: &mut Vec<String>,
    ) -> Result<Self, StudyError> {
        check_segments(folder, handler, segments, warnings)?;
        for leak in leaks(handler, segments) {
            if !allow_leaks {
                let message = format!("{}; `--allow-leaks` runs it all the same, and says so", leak.message);
                return Err(StudyError::Value { key: leak.key, message });
            }
            warnings.push(format!("LEAK: {}: {}", leak.key, leak.message));
        }
        let frame = load(folder, &handler.universe, handler.span, (&handler.loader, facts), warnings)?;
        let processed = process(&frame, handler)?;
        Ok(Self { frame, processed, segments: segments.clone() })
    }

    /// The rows of one kind.
    pub fn rows(&self, rows: Rows) -> &Table {
        match rows {
            Rows::Raw => &self.frame.table,
            Rows::Infer => &self.processed.inference,
            Rows::Learn => &self.processed.learning,
        }
    }

    /// The rows of a segment among those of one kind.
    ///
    /// # Errors
    ///
    /// If there is no such segment.
    pub fn segment(&self, name: &str, rows: Rows) -> Result<std::ops::Range<usize>, StudyError> {
        let Some(span) = self.segments.get(name) else {
            let message = format!(
                "there is no segment `{name}` (known: {})",
                self.segments.keys().cloned().collect::<Vec<_>>().join(", ")
            );
            return Err(StudyError::Value { key: "task.dataset.kwargs.segments".to_owned(), message });
        };
        let calendar = self.frame.panel.axis().calendar();
        Ok(positions(calendar, *span).map_or(0..0, |positions| self.rows(rows).rows_within(positions)))
    }
}

/// The positions in a calendar of the dates of a span; `None` if there is none.
pub(crate) fn positions(calendar: &Calendar, span: Span) -> Option<RangeInclusive<u32>> {
    let sessions = calendar.sessions();
    let first = span.from.map_or(0, |from| sessions.partition_point(|&session| session < from));
    let end = span.to.map_or(sessions.len(), |to| sessions.partition_point(|&session| session <= to));
    (first < end).then(|| first as u32..=end as u32 - 1)
}

/// That segments lie in the calendar, and in what is loaded.
fn check_segments(
    folder: &Folder,
    handler: &Handler,
    segments: &IndexMap<String, Span>,
    warnings: &mut Vec<String>,
) -> Result<(), StudyError> {
    let calendar = folder.calendar();
    let (first, last) = (calendar[0], calendar[calendar.len() - 1]);
    for (name, span) in segments {
        let key = format!("task.dataset.kwargs.segments.{name}");
        let meets = |other: Span| {
            other.from.is_none_or(|from| span.to.is_none_or(|to| from <= to))
                && other.to.is_none_or(|to| span.from.is_none_or(|from| from <= to))
        };
        if !meets(Span { from: Some(first), to: Some(last) }) {
            let message = format!(
                "{} lies outside of the calendar of {}, which goes from {first} to {last}",
                text_of(*span),
                folder.path().display()
            );
            return Err(StudyError::Value { key, message });
        }
        if !meets(handler.span) {
            let message = format!(
                "{} is not loaded: the handler's dates are {}",
                text_of(*span),
                text_of(handler.span)
            );
            return Err(StudyError::Value { key, message });
        }
        if span.to.is_some_and(|to| to > last) {
            warnings.push(format!("segment {name} ends on {}, and the data on {last}", text_of(*span)));
        }
    }
    Ok(())
}

/// Processors that are fitted on dates behind the training segment: what is learned there is known too early.
fn leaks(handler: &Handler, segments: &IndexMap<String, Span>) -> Vec<Problem> {
    let Some(train) = segments.get("train") else { return Vec::new() };
    let all = handler.shared.iter().chain(&handler.infer).chain(&handler.learn);
    let leaks = all.filter_map(|spec| {
        let (end, known) = (spec.fit?.to?, train.to?);
        (end > known).then(|| {
            let message = format!(
                "{} is fitted up to {end}, and the training segment ends on {known}: what follows is not known yet when a \
                 model is trained; set fit_end_time to {known} or before",
                spec.class
            );
            Problem::of(spec.key.clone(), message)
        })
    });
    leaks.collect()
}

fn process(frame: &Frame, handler: &Handler) -> Result<Processed, StudyError> {
    let calendar = frame.panel.axis().calendar();
    let steps = |specs: &[ProcessorSpec]| {
        specs.iter().map(|spec| step(spec, calendar)).collect::<Result<Vec<_>, _>>()
    };
    let from = if handler.append { LearnFrom::Inference } else { LearnFrom::Shared };
    let mut chain =
        Chain::new(steps(&handler.shared)?, steps(&handler.infer)?, steps(&handler.learn)?, from)?;
    Ok(chain.fit(frame.table.clone())?)
}

/// A processor with the sessions that it is fitted on.
fn step(spec: &ProcessorSpec, calendar: &Calendar) -> Result<Step, StudyError> {
    let wrong = |message: String| StudyError::Value { key: spec.key.clone(), message };
    if !CLASSES.contains(&spec.class.as_str()) {
        let near = did_you_mean(&spec.class, CLASSES.iter().copied());
        return Err(wrong(format!(
            "there is no processor `{}` here{near} (known: {})",
            spec.class,
            CLASSES.join(", ")
        )));
    }
    if let Some(keyword) = process::keywords(&spec.class)
        .and_then(|known| spec.kwargs.keys().find(|keyword| !known.contains(&keyword.as_str())))
    {
        let known = process::keywords(&spec.class).unwrap_or_default();
        let near = did_you_mean(keyword, known.iter().copied());
        return Err(wrong(format!(
            "{} has no argument `{keyword}`{near} (known: {})",
            spec.class,
            known.join(", ")
        )));
    }
    let mut kwargs = spec.kwargs.clone();
    if spec.class == "TimeRangeFlt" {
        for (key, is_end) in [("start_time", false), ("end_time", true)] {
            let Some(text) = kwargs.get(key).and_then(|value| value.as_str()) else { continue };
            let session = text.parse().map_err(|error| wrong(format!("{key}: {error}")))?;
            let place = calendar
                .sessions()
                .partition_point(|&known| if is_end { known <= session } else { known < session });
            kwargs.insert(
                key.to_owned(),
                serde_json::json!(if is_end { place.saturating_sub(1) } else { place }),
            );
        }
        kwargs.shift_remove("freq");
    }
    let processor = process::make(&spec.class, &kwargs.into()).map_err(|error| wrong(error.to_string()))?;
    let fitted_on = match spec.fit {
        None => 0..=0,
        Some(span) => positions(calendar, span).ok_or_else(|| {
            wrong(format!(
                "{} is fitted on dates {}, on which there is no session",
                spec.class,
                text_of(span)
            ))
        })?,
    };
    Ok(Step { processor, fitted_on })
}

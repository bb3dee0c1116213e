//! Dates that few instruments have.

use super::{
    finding::{Check, Finding},
    quality_rules::QualityRules,
};
use crate::bars::reading::Loaded;

pub(super) fn findings(loaded: &Loaded, rules: &QualityRules) -> Vec<Finding> {
    let dropped = loaded.found.calendar.dropped_dates.iter().map(|dropped| Finding {
        check: Check::DroppedDate,
        instrument: None,
        session: Some(dropped.date),
        value: dropped.held_by as f64,
        detail: format!(
            "{}: {} of {} living instruments have it; not a session, its rows are dropped",
            dropped.date, dropped.held_by, dropped.living
        ),
    });
    dropped.chain(thin_sessions(loaded, rules)).collect()
}

fn thin_sessions(loaded: &Loaded, rules: &QualityRules) -> Vec<Finding> {
    let axis = loaded.panel.axis();
    let Some(close) = loaded.panel.field("close") else { return Vec::new() };
    let sessions = axis.calendar().sessions().iter().enumerate();
    let thin = sessions.filter_map(|(position, &session)| {
        let rows = axis.by_session().rows(position);
        let held_by = rows.iter().filter(|&&row| !close.get(row as usize).is_nan()).count();
        let share = held_by as f64 / rows.len() as f64;
        (share < rules.thin_share || rows.is_empty()).then(|| Finding {
            check: Check::ThinSession,
            instrument: None,
            session: Some(session),
            value: if rows.is_empty() { 0.0 } else { share },
            detail: format!("{session}: {held_by} of {} living instruments have a price", rows.len()),
        })
    });
    thin.collect()
}

//! Computing a history in pieces, each going on from what the one before left.

use backstaff_feature::{Feature, Plan, ResumeFrom, States};
use backstaff_panel::Encoding;

use crate::subject::{Subject, compute, first_difference, panel};

/// Whether the pieces between these cuts, ascending positions of the calendar, have the bits of the whole.
pub fn are_the_whole_at(subject: &Subject, cuts: &[usize]) -> Result<(), String> {
    let panel = panel();
    let carried = |feature: &&Feature| feature.carry().is_some();
    let features = subject.features.iter().filter(carried).cloned().collect::<Vec<_>>();
    let whole = compute(&features, &panel);
    let plan = Plan::new(&features);
    let sessions = features.iter().filter_map(|feature| Some(feature.carry()?.sessions)).max().unwrap_or(0);
    let ends = cuts.iter().copied().chain([panel.axis().n_sessions()]);
    let mut states = None::<Vec<States>>;
    let mut begin = 0;
    for end in ends {
        let first = begin - sessions.min(begin);
        let part = panel.between(first..end);
        let from = states.as_deref().map(|states| ResumeFrom { position: begin - first, states });
        let resumed =
            plan.resume(&part, Encoding::F64, &(), from, &[end - first]).map_err(|e| e.to_string())?;
        for (n, feature) in features.iter().enumerate() {
            let new = |at| at >= begin;
            if let Some(found) = first_difference((&panel, &whole[n]), (&part, &resumed.columns[n]), new) {
                return Err(format!("{} in pieces at {cuts:?}, {begin}..{end}: {found}", feature.name()));
            }
        }
        states = resumed.states.into_iter().next();
        begin = end;
    }
    Ok(())
}

pub fn are_the_whole(subject: &Subject) -> Result<(), String> {
    let every_other = (150..170).collect::<Vec<_>>();
    for cuts in [&[1][..], &[3, 4, 90], &[40, 41, 250, 299], &every_other] {
        are_the_whole_at(subject, cuts)?;
    }
    Ok(())
}

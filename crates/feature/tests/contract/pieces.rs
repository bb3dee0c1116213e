//! A history that is computed in pieces is the whole.

use backstaff_feature::{Feature, FeatureError, Plan};
use backstaff_panel::Encoding;

use crate::subject::{Subject, compute, first_difference, panel};

/// Why pieces are not the whole.
struct Broken(String);

impl From<FeatureError> for Broken {
    fn from(error: FeatureError) -> Self {
        Self(error.to_string())
    }
}

/// Whether the pieces between these cuts, ascending positions of the calendar, have the bits of the whole.
pub(crate) fn are_the_whole_at(subject: &Subject, cuts: &[usize]) -> Result<(), String> {
    let panel = panel();
    let carried = |feature: &&Feature| feature.carry().is_some();
    let features = subject.features.iter().filter(carried).cloned().collect::<Vec<_>>();
    let whole = compute(&features, &panel);
    let pieces = Plan::new(&features).in_pieces(&panel, Encoding::F64, &(), cuts, |piece| {
        let own = |at| at >= piece.sessions.start;
        for (n, feature) in features.iter().enumerate() {
            if let Some(found) = first_difference((&panel, &whole[n]), (piece.panel, &piece.columns[n]), own)
            {
                let (name, sessions) = (feature.name(), &piece.sessions);
                return Err(Broken(format!("{name} in pieces at {cuts:?}, {sessions:?}: {found}")));
            }
        }
        Ok(())
    });
    pieces.map_err(|Broken(message)| message)
}

pub(crate) fn are_the_whole(subject: &Subject) -> Result<(), String> {
    let one_session_each = (150..170).collect::<Vec<_>>();
    for cuts in [&[1][..], &[3, 4, 90], &[40, 41, 250, 299], &one_session_each] {
        are_the_whole_at(subject, cuts)?;
    }
    Ok(())
}
